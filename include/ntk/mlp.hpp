/* ntk::activation and ntk::mlp. See ntk.hpp and mlp.h. */
#ifndef NTK_MLP_HPP
#define NTK_MLP_HPP

#include <cstdint>
#include <vector>

#include <ntk/mlp.h>
#include <ntk/owner.hpp>

namespace ntk {

/* An activation with parameters, or by functions of the caller; the plain kinds need none of this. See mlp.h. */
class activation : public detail::owner<ntk_activation, ntk_activation_destroy> {
  public:
    activation(const context &where, std::int32_t kind, const std::vector<double> &parameters = {}) : owner(where) {
        check(ntk_activation_create(where.get(), kind, parameters.data(), static_cast<std::int64_t>(parameters.size()),
                                    slot()));
    }
    /* From the caller's phi and, unless null, phi'. The functions are C functions and must not throw; `user` must
     * outlive every kernel made with the activation. */
    static activation from_function(const context &where, ntk_activation_function function,
                                    ntk_activation_function derivative = nullptr, void *user = nullptr) {
        activation result(where);
        result.check(ntk_activation_create_function(where.get(), function, derivative, user, result.slot()));
        return result;
    }
    /* From the caller's duals; likewise. */
    static activation from_dual(const context &where, ntk_dual_function dual, void *user = nullptr) {
        activation result(where);
        result.check(ntk_activation_create_dual(where.get(), dual, user, result.slot()));
        return result;
    }
    void set_kinks(const std::vector<double> &x) {
        check(ntk_activation_set_kinks(get(), static_cast<std::int64_t>(x.size()), x.data()));
    }
    /* NTK_PARITY_NONE, _EVEN or _ODD. */
    void set_parity(std::int32_t parity) { check(ntk_activation_set_parity(get(), parity)); }
    /* y = phi(x), dy = phi'(x), n entries each; y or dy may be null. */
    void evaluate(std::int64_t n, const double *x, double *y, double *dy) const {
        check(ntk_activation_evaluate(get(), n, x, y, dy));
    }

  private:
    explicit activation(const context &where) : owner(where) {}
};

/* The specification of a network. See mlp.h. */
class mlp : public detail::owner<ntk_mlp, ntk_mlp_destroy> {
  public:
    /* widths are N_0 ... N_L. */
    mlp(const context &where, const std::vector<std::int64_t> &widths, std::int32_t activation_kind) : owner(where) {
        check(ntk_mlp_create(where.get(), static_cast<std::int64_t>(widths.size()) - 1, widths.data(), activation_kind,
                             slot()));
    }
    void set_weight_std(double weight_std) { check(ntk_mlp_set_weight_std(get(), weight_std)); }
    void set_bias_std(double bias_std) { check(ntk_mlp_set_bias_std(get(), bias_std)); }
    void set_layer_weight_std(std::int64_t layer, double weight_std) {
        check(ntk_mlp_set_layer_weight_std(get(), layer, weight_std));
    }
    void set_layer_bias_std(std::int64_t layer, double bias_std) {
        check(ntk_mlp_set_layer_bias_std(get(), layer, bias_std));
    }
    /* After layer 1 <= layer <= L-1, or after every hidden layer with layer = 0. */
    void set_activation(std::int64_t layer, const activation &value) {
        check(ntk_mlp_set_activation(get(), layer, value.get()));
    }
    /* NTK_PARAMETERISATION_NTK or _STANDARD. */
    void set_parameterisation(std::int32_t value) { check(ntk_mlp_set_parameterisation(get(), value)); }
    /* Of one layer, or of every one with layer = 0; so for the next two, of hidden layers. */
    void set_learning_rates(std::int64_t layer, double weight_rate, double bias_rate) {
        check(ntk_mlp_set_learning_rates(get(), layer, weight_rate, bias_rate));
    }
    void set_layer_normalisation(std::int64_t layer, bool on, double epsilon) {
        check(ntk_mlp_set_layer_normalisation(get(), layer, on ? 1 : 0, epsilon));
    }
    void set_dropout(std::int64_t layer, double rate) { check(ntk_mlp_set_dropout(get(), layer, rate)); }
    /* distance = 0: no skip. */
    void set_skip(std::int64_t layer, std::int64_t distance) { check(ntk_mlp_set_skip(get(), layer, distance)); }
    /* NTK_INITIALISATION_LECUN, _HE or _CRITICAL. */
    void set_initialisation(std::int32_t rule) { check(ntk_mlp_set_initialisation(get(), rule)); }
    std::int64_t depth() const { return read(ntk_mlp_get_depth); }
    std::int64_t parameter_count() const { return read(ntk_mlp_get_parameter_count); }
    std::int64_t width(std::int64_t layer) const { return read(ntk_mlp_get_width, layer); }
    double layer_weight_std(std::int64_t layer) const { return read(ntk_mlp_get_layer_weight_std, layer); }
    double layer_bias_std(std::int64_t layer) const { return read(ntk_mlp_get_layer_bias_std, layer); }
    std::int32_t activation_kind(std::int64_t layer) const { return read(ntk_mlp_get_activation_kind, layer); }
    std::int32_t parameterisation() const { return read(ntk_mlp_get_parameterisation); }
    struct learning_rates {
        double weight, bias;
    };
    learning_rates layer_learning_rates(std::int64_t layer) const {
        learning_rates rates = {0, 0};
        check(ntk_mlp_get_learning_rates(get(), layer, &rates.weight, &rates.bias));
        return rates;
    }
    struct normalisation {
        bool on;
        double epsilon;
    };
    normalisation layer_normalisation(std::int64_t layer) const {
        std::int32_t on = 0;
        double epsilon = 0;
        check(ntk_mlp_get_layer_normalisation(get(), layer, &on, &epsilon));
        return {on != 0, epsilon};
    }
    std::int64_t skip(std::int64_t layer) const { return read(ntk_mlp_get_skip, layer); }
    double dropout(std::int64_t layer) const { return read(ntk_mlp_get_dropout, layer); }

  private:
    friend class network;
    explicit mlp(const context &where) : owner(where) {}
};

} // namespace ntk

#endif
