/* ntk::network. See ntk.hpp and network.h. */
#ifndef NTK_NETWORK_HPP
#define NTK_NETWORK_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <ntk/mlp.hpp>
#include <ntk/network.h>

namespace ntk {

/* A network of real width with its parameters. See network.h. */
class network : public detail::owner<ntk_network, ntk_network_destroy> {
  public:
    explicit network(const mlp &specification, std::uint64_t seed = 0) : owner(specification.where()) {
        check(ntk_network_create(where().get(), specification.get(), seed, slot()));
    }
    static network load(const context &where, const std::string &path) {
        network result(where);
        result.check(ntk_network_load(where.get(), path.c_str(), result.slot()));
        return result;
    }
    network copy() const {
        network result(where());
        check(ntk_network_copy(get(), result.slot()));
        return result;
    }
    mlp specification() const {
        mlp result(where());
        check(ntk_network_get_mlp(get(), result.slot()));
        return result;
    }
    void randomise(std::uint64_t seed) { check(ntk_network_randomise(get(), seed)); }

    /* P, N_0, N_L. */
    std::int64_t parameter_count() const { return sizes().parameters; }
    std::int64_t inputs() const { return sizes().inputs; }
    std::int64_t outputs() const { return sizes().outputs; }

    void forward(std::int64_t n, const double *x, std::int64_t ldx, double *f, std::int64_t ldf) {
        check(ntk_network_forward(get(), n, x, ldx, f, ldf));
    }
    void forward_f32(std::int64_t n, const float *x, std::int64_t ldx, float *f, std::int64_t ldf) {
        check(ntk_network_forward_f32(get(), n, x, ldx, f, ldf));
    }
    void layer(std::int64_t which, std::int64_t n, const double *x, std::int64_t ldx, double *f, std::int64_t ldf) {
        check(ntk_network_get_layer(get(), which, n, x, ldx, f, ldf));
    }
    void jacobian(std::int64_t n, const double *x, std::int64_t ldx, double *j, std::int64_t ldj) {
        check(ntk_network_jacobian(get(), n, x, ldx, j, ldj));
    }
    void jvp(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t p, const double *v, double *jv,
             std::int64_t ldj) {
        check(ntk_network_jvp(get(), n, x, ldx, p, v, jv, ldj));
    }
    void jvp_f32(std::int64_t n, const float *x, std::int64_t ldx, std::int64_t p, const float *v, float *jv,
                 std::int64_t ldj) {
        check(ntk_network_jvp_f32(get(), n, x, ldx, p, v, jv, ldj));
    }
    void vjp(std::int64_t n, const double *x, std::int64_t ldx, const double *u, std::int64_t ldu, std::int64_t p,
             double *g) {
        check(ntk_network_vjp(get(), n, x, ldx, u, ldu, p, g));
    }
    void vjp_f32(std::int64_t n, const float *x, std::int64_t ldx, const float *u, std::int64_t ldu, std::int64_t p,
                 float *g) {
        check(ntk_network_vjp_f32(get(), n, x, ldx, u, ldu, p, g));
    }
    void taylor(std::int32_t order, std::int64_t n, const double *x, std::int64_t ldx, std::int64_t p,
                const double *delta, double *f, std::int64_t ldf) {
        check(ntk_network_taylor(get(), order, n, x, ldx, p, delta, f, ldf));
    }

    void taylor_f32(std::int32_t order, std::int64_t n, const float *x, std::int64_t ldx, std::int64_t p,
                    const float *delta, float *f, std::int64_t ldf) {
        check(ntk_network_taylor_f32(get(), order, n, x, ldx, p, delta, f, ldf));
    }

    /* theta, P entries. */
    std::vector<double> parameters() const {
        std::vector<double> theta = detail::matrix(parameter_count(), 1);
        check(ntk_network_get_parameters(get(), parameter_count(), theta.data()));
        return theta;
    }
    void set_parameters(const std::vector<double> &theta) {
        check(ntk_network_set_parameters(get(), static_cast<std::int64_t>(theta.size()), theta.data()));
    }
    std::vector<float> parameters_f32() const {
        std::vector<float> theta = detail::matrix<float>(parameter_count(), 1);
        check(ntk_network_get_parameters_f32(get(), parameter_count(), theta.data()));
        return theta;
    }
    void set_parameters_f32(const std::vector<float> &theta) {
        check(ntk_network_set_parameters_f32(get(), static_cast<std::int64_t>(theta.size()), theta.data()));
    }

    /* F(x_i), n x c. */
    std::vector<double> forward(const std::vector<double> &x) {
        const dimensions size = sizes();
        const std::int64_t n = detail::rows(x.size(), size.inputs, "x");
        std::vector<double> f = detail::matrix(n, size.outputs);
        forward(n, x.data(), size.inputs, f.data(), size.outputs);
        return f;
    }
    std::vector<float> forward_f32(const std::vector<float> &x) {
        const dimensions size = sizes();
        const std::int64_t n = detail::rows(x.size(), size.inputs, "x");
        std::vector<float> f = detail::matrix<float>(n, size.outputs);
        forward_f32(n, x.data(), size.inputs, f.data(), size.outputs);
        return f;
    }
    /* J, (n c) x P. */
    std::vector<double> jacobian(const std::vector<double> &x) {
        const dimensions size = sizes();
        const std::int64_t n = detail::rows(x.size(), size.inputs, "x");
        std::vector<double> j = detail::matrix(n * size.outputs, size.parameters);
        jacobian(n, x.data(), size.inputs, j.data(), size.parameters);
        return j;
    }
    /* J v, n x c, for v of P entries. */
    std::vector<double> jvp(const std::vector<double> &x, const std::vector<double> &v) {
        const dimensions size = sizes();
        const std::int64_t n = detail::rows(x.size(), size.inputs, "x");
        std::vector<double> product = detail::matrix(n, size.outputs);
        jvp(n, x.data(), size.inputs, static_cast<std::int64_t>(v.size()), v.data(), product.data(), size.outputs);
        return product;
    }
    /* J' u, P entries, for u of n x c. */
    std::vector<double> vjp(const std::vector<double> &x, const std::vector<double> &u) {
        const dimensions size = sizes();
        const std::int64_t n = detail::rows(x.size(), size.inputs, "x");
        detail::same(u.size(), n, size.outputs, "u");
        std::vector<double> product = detail::matrix(size.parameters, 1);
        vjp(n, x.data(), size.inputs, u.data(), size.outputs, size.parameters, product.data());
        return product;
    }
    /* The Taylor series in the parameters, n x c, to order 0, 1 or 2 in delta of P entries. */
    std::vector<double> taylor(std::int32_t order, const std::vector<double> &x, const std::vector<double> &delta) {
        const dimensions size = sizes();
        const std::int64_t n = detail::rows(x.size(), size.inputs, "x");
        std::vector<double> f = detail::matrix(n, size.outputs);
        taylor(order, n, x.data(), size.inputs, static_cast<std::int64_t>(delta.size()), delta.data(), f.data(),
               size.outputs);
        return f;
    }

    void save(const std::string &path) const { check(ntk_network_save(get(), path.c_str())); }
    /* names: null, or weight and bias of each layer by turns. */
    void import_safetensors(const std::string &path, const char *const *names = nullptr) {
        check(ntk_network_import_safetensors(get(), path.c_str(), names));
    }
    void export_safetensors(const std::string &path, const char *const *names = nullptr, bool single = false) const {
        check(ntk_network_export_safetensors(get(), path.c_str(), names, single ? 1 : 0));
    }

  private:
    friend class trainer;
    explicit network(const context &where) : owner(where) {}

    struct dimensions {
        std::int64_t parameters, inputs, outputs;
    };
    dimensions sizes() const {
        dimensions size = {0, 0, 0};
        check(ntk_network_get_sizes(get(), &size.parameters, &size.inputs, &size.outputs));
        return size;
    }
};

} // namespace ntk

#endif
