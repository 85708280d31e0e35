/* ntk::kernel. See ntk.hpp, kernel.h, empirical.h, monte_carlo.h and derivative.h. */
#ifndef NTK_KERNEL_HPP
#define NTK_KERNEL_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ntk/derivative.h>
#include <ntk/empirical.h>
#include <ntk/kernel.h>
#include <ntk/monte_carlo.h>
#include <ntk/network.hpp>

namespace ntk {

/* A kernel. See kernel.h, derivative.h, empirical.h and monte_carlo.h. */
class kernel : public detail::owner<ntk_kernel, ntk_kernel_destroy> {
  public:
    /* The kernel of the infinitely wide network, NTK_KERNEL_NTK or NTK_KERNEL_NNGP. */
    static kernel analytic(const mlp &specification, std::int32_t type) {
        kernel result(specification.where());
        result.check(ntk_kernel_create_analytic(specification.where().get(), specification.get(), type, result.slot()));
        return result;
    }
    /* The kernel of a network as it is now. For NTK_OUTPUT_FULL n, m and the rows of A and y become block() times as
     * many in what is said of matrices below, in flows and in processes. */
    static kernel empirical(const network &of, std::int32_t type, std::int32_t output_form = NTK_OUTPUT_TRACE) {
        kernel result(of.where());
        result.check(ntk_kernel_create_empirical(of.where().get(), of.get(), type, output_form, result.slot()));
        return result;
    }
    /* The mean over random networks. */
    static kernel monte_carlo(const mlp &specification, std::int32_t type, std::int64_t networks,
                              std::uint64_t seed = 0) {
        kernel result(specification.where());
        result.check(ntk_kernel_create_monte_carlo(specification.where().get(), specification.get(), type, networks,
                                                   seed, result.slot()));
        return result;
    }
    /* The outputs of NTK_OUTPUT_PAIR, or a = b of NTK_OUTPUT_ONE. */
    void set_outputs(std::int64_t a, std::int64_t b) { check(ntk_kernel_set_outputs(get(), a, b)); }
    /* How many rows of the matrix a row of x has. */
    std::int64_t block() const { return read(ntk_kernel_get_block); }
    std::int32_t type() const { return read(ntk_kernel_get_type); }
    std::int64_t input_dimension() const { return read(ntk_kernel_get_input_dimension); }

    void gram(std::int64_t n, const double *x, std::int64_t ldx, double *k, std::int64_t ldk) {
        check(ntk_kernel_gram(get(), n, x, ldx, k, ldk));
    }
    void cross(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t m, const double *z, std::int64_t ldz,
               double *k, std::int64_t ldk) {
        check(ntk_kernel_cross(get(), n, x, ldx, m, z, ldz, k, ldk));
    }
    void diagonal(std::int64_t n, const double *x, std::int64_t ldx, double *out) {
        check(ntk_kernel_diagonal(get(), n, x, ldx, out));
    }
    void apply(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t m, const double *z, std::int64_t ldz,
               std::int64_t c, const double *a, std::int64_t lda, double *out, std::int64_t ldo) {
        check(ntk_kernel_apply(get(), n, x, ldx, m, z, ldz, c, a, lda, out, ldo));
    }

    /* The same in single precision. */
    void gram_f32(std::int64_t n, const float *x, std::int64_t ldx, float *k, std::int64_t ldk) {
        check(ntk_kernel_gram_f32(get(), n, x, ldx, k, ldk));
    }
    void cross_f32(std::int64_t n, const float *x, std::int64_t ldx, std::int64_t m, const float *z, std::int64_t ldz,
                   float *k, std::int64_t ldk) {
        check(ntk_kernel_cross_f32(get(), n, x, ldx, m, z, ldz, k, ldk));
    }
    void diagonal_f32(std::int64_t n, const float *x, std::int64_t ldx, float *out) {
        check(ntk_kernel_diagonal_f32(get(), n, x, ldx, out));
    }
    void apply_f32(std::int64_t n, const float *x, std::int64_t ldx, std::int64_t m, const float *z, std::int64_t ldz,
                   std::int64_t c, const float *a, std::int64_t lda, float *out, std::int64_t ldo) {
        check(ntk_kernel_apply_f32(get(), n, x, ldx, m, z, ldz, c, a, lda, out, ldo));
    }

    /* Several layers in one pass. */
    void gram_layers(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t count,
                     const ntk_layer_values *values, std::int64_t ldk) {
        check(ntk_kernel_gram_layers(get(), n, x, ldx, count, values, ldk));
    }
    void cross_layers(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t m, const double *z,
                      std::int64_t ldz, std::int64_t count, const ntk_layer_values *values, std::int64_t ldk) {
        check(ntk_kernel_cross_layers(get(), n, x, ldx, m, z, ldz, count, values, ldk));
    }
    void diagonal_layers(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t count,
                         const ntk_layer_values *values) {
        check(ntk_kernel_diagonal_layers(get(), n, x, ldx, count, values));
    }
    /* n (n + 1) / 2 entries. */
    void gram_packed(std::int64_t n, const double *x, std::int64_t ldx, double *k) {
        check(ntk_kernel_gram_packed(get(), n, x, ldx, k));
    }

    /* Derivatives: see derivative.h. `which` is NTK_STD_WEIGHT or NTK_STD_BIAS. */
    void cross_gradient(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t m, const double *z,
                        std::int64_t ldz, double *gradient) {
        check(ntk_kernel_cross_gradient(get(), n, x, ldx, m, z, ldz, gradient));
    }
    void apply_gradient(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t m, const double *z,
                        std::int64_t ldz, std::int64_t c, const double *a, std::int64_t lda, double *out) {
        check(ntk_kernel_apply_gradient(get(), n, x, ldx, m, z, ldz, c, a, lda, out));
    }
    void gram_derivative(std::int32_t which, std::int64_t layer, std::int64_t n, const double *x, std::int64_t ldx,
                         double *dk, std::int64_t ldk) {
        check(ntk_kernel_gram_derivative(get(), which, layer, n, x, ldx, dk, ldk));
    }
    void cross_derivative(std::int32_t which, std::int64_t layer, std::int64_t n, const double *x, std::int64_t ldx,
                          std::int64_t m, const double *z, std::int64_t ldz, double *dk, std::int64_t ldk) {
        check(ntk_kernel_cross_derivative(get(), which, layer, n, x, ldx, m, z, ldz, dk, ldk));
    }
    void diagonal_derivative(std::int32_t which, std::int64_t layer, std::int64_t n, const double *x, std::int64_t ldx,
                             double *dk) {
        check(ntk_kernel_diagonal_derivative(get(), which, layer, n, x, ldx, dk));
    }

    /* Activations without a closed form. */
    void set_tolerance(double tolerance) { check(ntk_kernel_set_tolerance(get(), tolerance)); }
    void set_most_terms(std::int64_t terms) { check(ntk_kernel_set_most_terms(get(), terms)); }
    double error_bound() const { return read(ntk_kernel_get_error_bound); }

    /* K(X,X), n x n. */
    std::vector<double> gram(const std::vector<double> &x) { return gram_by(ntk_kernel_gram, x); }
    /* K(X,Z), n x m. */
    std::vector<double> cross(const std::vector<double> &x, const std::vector<double> &z) {
        return cross_by(ntk_kernel_cross, x, z);
    }
    /* K(x_i,x_i), n entries. */
    std::vector<double> diagonal(const std::vector<double> &x) { return diagonal_by(ntk_kernel_diagonal, x); }
    /* K(X,Z) A, n x c, for A of m x c. */
    std::vector<double> apply(const std::vector<double> &x, const std::vector<double> &z,
                              const std::vector<double> &a) {
        return apply_by(ntk_kernel_apply, x, z, a);
    }

    /* The same in single precision. */
    std::vector<float> gram_f32(const std::vector<float> &x) { return gram_by(ntk_kernel_gram_f32, x); }
    std::vector<float> cross_f32(const std::vector<float> &x, const std::vector<float> &z) {
        return cross_by(ntk_kernel_cross_f32, x, z);
    }
    std::vector<float> diagonal_f32(const std::vector<float> &x) { return diagonal_by(ntk_kernel_diagonal_f32, x); }
    std::vector<float> apply_f32(const std::vector<float> &x, const std::vector<float> &z,
                                 const std::vector<float> &a) {
        return apply_by(ntk_kernel_apply_f32, x, z, a);
    }

    /* The Gram matrix in LAPACK's rectangular full packed format, n (n + 1) / 2 entries. */
    std::vector<double> gram_packed(const std::vector<double> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x"), order = n * block();
        std::vector<double> k =
            order % 2 == 0 ? detail::matrix(order / 2, order + 1) : detail::matrix(order, (order + 1) / 2);
        gram_packed(n, x.data(), d, k.data());
        return k;
    }

    /* dK(x_i,z_j)/dx_i, n x m x d. */
    std::vector<double> cross_gradient(const std::vector<double> &x, const std::vector<double> &z) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z");
        std::vector<double> gradient = detail::matrix(n, m * d);
        cross_gradient(n, x.data(), d, m, z.data(), d, gradient.data());
        return gradient;
    }
    /* The input gradient of K(.,Z) A, n x c x d. */
    std::vector<double> apply_gradient(const std::vector<double> &x, const std::vector<double> &z,
                                       const std::vector<double> &a) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z"), c = detail::columns(a.size(), m, "a");
        std::vector<double> out = detail::matrix(n, c * d);
        apply_gradient(n, x.data(), d, m, z.data(), d, c, a.data(), c, out.data());
        return out;
    }
    /* dK/d sw or dK/d sb of a layer, n x n, n x m, n. */
    std::vector<double> gram_derivative(std::int32_t which, std::int64_t layer, const std::vector<double> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        std::vector<double> dk = detail::matrix(n, n);
        gram_derivative(which, layer, n, x.data(), d, dk.data(), n);
        return dk;
    }
    std::vector<double> cross_derivative(std::int32_t which, std::int64_t layer, const std::vector<double> &x,
                                         const std::vector<double> &z) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z");
        std::vector<double> dk = detail::matrix(n, m);
        cross_derivative(which, layer, n, x.data(), d, m, z.data(), d, dk.data(), m);
        return dk;
    }
    std::vector<double> diagonal_derivative(std::int32_t which, std::int64_t layer, const std::vector<double> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        std::vector<double> dk = detail::matrix(n, 1);
        diagonal_derivative(which, layer, n, x.data(), d, dk.data());
        return dk;
    }

    void gram_estimates(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t count,
                        const std::int64_t *networks, double *mean, std::int64_t ldm, double *standard_error,
                        std::int64_t lde) {
        check(ntk_kernel_gram_estimates(get(), n, x, ldx, count, networks, mean, ldm, standard_error, lde));
    }
    void cross_estimates(std::int64_t n, const double *x, std::int64_t ldx, std::int64_t m, const double *z,
                         std::int64_t ldz, std::int64_t count, const std::int64_t *networks, double *mean,
                         std::int64_t ldm, double *standard_error, std::int64_t lde) {
        check(ntk_kernel_cross_estimates(get(), n, x, ldx, m, z, ldz, count, networks, mean, ldm, standard_error, lde));
    }
    /* Mean and standard error of a Monte-Carlo kernel after networks[0] < networks[1] < ... of its networks: as many
     * n x n matrices, one after the other. */
    struct estimates {
        std::vector<double> mean, standard_error;
    };
    estimates gram_estimates(const std::vector<double> &x, const std::vector<std::int64_t> &networks) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t count = static_cast<std::int64_t>(networks.size());
        estimates result = {detail::matrix(count * n, n), detail::matrix(count * n, n)};
        gram_estimates(n, x.data(), d, count, networks.data(), result.mean.data(), n, result.standard_error.data(), n);
        return result;
    }
    /* n x m matrices. */
    estimates cross_estimates(const std::vector<double> &x, const std::vector<double> &z,
                              const std::vector<std::int64_t> &networks) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z");
        const std::int64_t count = static_cast<std::int64_t>(networks.size());
        estimates result = {detail::matrix(count * n, m), detail::matrix(count * n, m)};
        cross_estimates(n, x.data(), d, m, z.data(), d, count, networks.data(), result.mean.data(), m,
                        result.standard_error.data(), m);
        return result;
    }

    /* NNGP and NTK of one layer. */
    struct layer_values {
        std::vector<double> nngp, ntk;
    };
    /* Of each of the layers, in one pass: n x n matrices. */
    std::vector<layer_values> gram_layers(const std::vector<double> &x, const std::vector<std::int64_t> &layers) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        return fill(layers, n, n, [&](std::int64_t count, const ntk_layer_values *values) {
            gram_layers(n, x.data(), d, count, values, n);
        });
    }
    /* n x m matrices. */
    std::vector<layer_values> cross_layers(const std::vector<double> &x, const std::vector<double> &z,
                                           const std::vector<std::int64_t> &layers) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z");
        return fill(layers, n, m, [&](std::int64_t count, const ntk_layer_values *values) {
            cross_layers(n, x.data(), d, m, z.data(), d, count, values, m);
        });
    }
    /* n entries. */
    std::vector<layer_values> diagonal_layers(const std::vector<double> &x, const std::vector<std::int64_t> &layers) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        return fill(layers, n, 1, [&](std::int64_t count, const ntk_layer_values *values) {
            diagonal_layers(n, x.data(), d, count, values);
        });
    }

  private:
    explicit kernel(const context &where) : owner(where) {}

    /* By a C function of doubles or of floats. */
    template <typename Call, typename Real> std::vector<Real> gram_by(Call call, const std::vector<Real> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t order = n * block();
        std::vector<Real> k = detail::matrix<Real>(order, order);
        check(call(get(), n, x.data(), d, k.data(), order));
        return k;
    }
    template <typename Call, typename Real>
    std::vector<Real> cross_by(Call call, const std::vector<Real> &x, const std::vector<Real> &z) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z");
        const std::int64_t width = m * block();
        std::vector<Real> k = detail::matrix<Real>(n * block(), width);
        check(call(get(), n, x.data(), d, m, z.data(), d, k.data(), width));
        return k;
    }
    template <typename Call, typename Real> std::vector<Real> diagonal_by(Call call, const std::vector<Real> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        std::vector<Real> out = detail::matrix<Real>(n * block(), 1);
        check(call(get(), n, x.data(), d, out.data()));
        return out;
    }
    template <typename Call, typename Real>
    std::vector<Real> apply_by(Call call, const std::vector<Real> &x, const std::vector<Real> &z,
                               const std::vector<Real> &a) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z"), c = detail::columns(a.size(), m * block(), "a");
        std::vector<Real> out = detail::matrix<Real>(n * block(), c);
        check(call(get(), n, x.data(), d, m, z.data(), d, c, a.data(), c, out.data(), c));
        return out;
    }

    template <typename Call>
    static std::vector<layer_values> fill(const std::vector<std::int64_t> &layers, std::int64_t n, std::int64_t m,
                                          Call call) {
        std::vector<layer_values> result(layers.size());
        std::vector<ntk_layer_values> values(layers.size());
        for (std::size_t i = 0; i < layers.size(); i++) {
            result[i].nngp = detail::matrix(n, m);
            result[i].ntk = detail::matrix(n, m);
            values[i].struct_size = sizeof(ntk_layer_values);
            values[i].layer = layers[i];
            values[i].nngp = result[i].nngp.data();
            values[i].ntk = result[i].ntk.data();
        }
        call(static_cast<std::int64_t>(layers.size()), values.data());
        return result;
    }
};

namespace detail {

/* The rows of K(X,X), and so of y. */
inline std::int64_t samples(const kernel &k, const std::vector<double> &x) {
    return rows(x.size(), k.input_dimension(), "x") * k.block();
}

} // namespace detail

} // namespace ntk

#endif
