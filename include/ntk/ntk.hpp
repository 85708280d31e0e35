/* libntk for C++11 and later: thin owners of the C handles, whose methods throw where the C functions return a status.
 *
 *     ntk::context context;
 *     ntk::mlp mlp(context, {2, 512, 512, 1}, NTK_ACTIVATION_RELU);
 *     mlp.set_weight_std(std::sqrt(2.0));
 *     ntk::kernel kernel = ntk::kernel::analytic(mlp, NTK_KERNEL_NTK);
 *     ntk::flow flow(kernel, x, y);                       // std::vector<double>, rows one after the other
 *     std::vector<double> f = flow.predict_at(ntk::infinity, z);
 *
 * - Every class owns one handle, can be moved and not copied; get() gives the handle for use with the C functions. A
 *   moved-from object can be destroyed or assigned to; its methods throw NTK_ERR_NULL.
 * - Methods that take pointers allocate nothing of their own and follow the C functions argument by argument. Methods
 *   that take vectors expect densely packed rows, find the number of rows by division, and return a new vector. So do
 *   the constructors, where the number of outputs c can be given, and y must then hold n x c entries. Without it c is
 *   what the entries of y leave for each of the n rows of x, and a y that cannot be divided so is refused.
 * - ntk::error carries the status and the library's sentence. std::bad_alloc comes from the vectors only.
 * - An object keeps its context alive: a context is one small shared block, and copies of ntk::context share it. One
 *   context, with all that was made in it, is used by one thread at a time. Only cancel() may come from another thread.
 *
 * Nothing of this header is compiled into the library, so it is no part of the ABI. Example: examples/quickstart.cpp.
 * Since 0.1. */
#ifndef NTK_NTK_HPP
#define NTK_NTK_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ntk/ntk.h>

namespace ntk {

/* The time at which training has ended. */
constexpr double infinity = std::numeric_limits<double>::infinity();

/* What a failed call throws: what() is the library's sentence, status() its code. */
class error : public std::runtime_error {
  public:
    error(ntk_status status, const std::string &sentence) : std::runtime_error(sentence), status_(status) {}
    ntk_status status() const noexcept { return status_; }

  private:
    ntk_status status_;
};

/* The version of the library that runs. */
inline std::string version() { return ntk_version(); }

/* Where memory comes from, how many threads work, who hears of progress. Copies share one ntk_context. */
class context {
  public:
    context() : shared_(create(nullptr)) {}
    explicit context(const ntk_allocator &allocator) : shared_(create(&allocator)) {}

    void set_threads(std::int32_t threads) { check(ntk_context_set_threads(get(), threads)); }
    std::int32_t threads() const {
        std::int32_t value = 0;
        check(ntk_context_get_threads(get(), &value));
        return value;
    }
    /* The callbacks are C functions and must not throw. */
    void set_log(ntk_log_callback callback, void *user) { check(ntk_context_set_log(get(), callback, user)); }
    void set_progress(ntk_progress_callback callback, void *user) {
        check(ntk_context_set_progress(get(), callback, user));
    }
    void cancel() noexcept { ntk_context_cancel(get()); }
    void clear_cancel() noexcept { ntk_context_clear_cancel(get()); }

    std::int32_t blas_integer_bits() const {
        std::int32_t value = 0;
        check(ntk_context_get_blas_integer_bits(get(), &value));
        return value;
    }
    std::string blas_description() const { return ntk_context_blas_description(get()); }
    std::string cpu_path() const { return ntk_context_cpu_path(get()); }

    ntk_context *get() const noexcept { return shared_.get(); }

    /* Throws ntk::error unless `status` is NTK_SUCCESS: for calls of the C functions with this context's handles. */
    void check(ntk_status status) const {
        if (status != NTK_SUCCESS)
            throw error(status, ntk_context_last_status(get()) == status ? ntk_context_last_error(get())
                                                                         : ntk_status_string(status));
    }

  private:
    static std::shared_ptr<ntk_context> create(const ntk_allocator *allocator) {
        ntk_context *raw = nullptr;
        const ntk_status status =
            allocator ? ntk_context_create_with_allocator(allocator, &raw) : ntk_context_create(&raw);
        if (status != NTK_SUCCESS)
            throw error(status, std::string("ntk_context_create: ") + ntk_status_string(status));
        return std::shared_ptr<ntk_context>(raw, ntk_context_destroy);
    }

    std::shared_ptr<ntk_context> shared_;
};

namespace detail {

/* One handle with the context that explains its failures. Destroy is the C function that takes the handle. */
template <typename Handle, void (*Destroy)(Handle *)> class owner {
  public:
    explicit owner(const context &where) : context_(where), handle_(nullptr) {}
    owner(owner &&other) noexcept : context_(other.context_), handle_(other.handle_) { other.handle_ = nullptr; }
    owner &operator=(owner &&other) noexcept {
        std::swap(handle_, other.handle_);
        std::swap(context_, other.context_);
        return *this;
    }
    owner(const owner &) = delete;
    owner &operator=(const owner &) = delete;
    ~owner() { Destroy(handle_); }

    Handle *get() const noexcept { return handle_; }
    const context &where() const noexcept { return context_; }

  protected:
    void check(ntk_status status) const { context_.check(status); }
    Handle **slot() noexcept { return &handle_; }

  private:
    context context_;
    Handle *handle_;
};

/* The number of rows of `width` entries in `size` entries. */
inline std::int64_t rows(std::size_t size, std::int64_t width, const char *name) {
    if (width < 1 || size % static_cast<std::size_t>(width) != 0)
        throw error(NTK_ERR_SHAPE, std::string("ntk.hpp: ") + name + " holds " + std::to_string(size) +
                                       " entries, which is no multiple of the row length " + std::to_string(width));
    return static_cast<std::int64_t>(size / static_cast<std::size_t>(width));
}

/* The number of columns of a matrix of `size` entries in `count` rows. */
inline std::int64_t columns(std::size_t size, std::int64_t count, const char *name) {
    if (count < 1 || size % static_cast<std::size_t>(count) != 0)
        throw error(NTK_ERR_SHAPE, std::string("ntk.hpp: ") + name + " holds " + std::to_string(size) +
                                       " entries, which is no multiple of the " + std::to_string(count) + " rows");
    return static_cast<std::int64_t>(size / static_cast<std::size_t>(count));
}

inline void same(std::size_t size, std::int64_t wanted, const char *name) {
    if (size != static_cast<std::size_t>(wanted))
        throw error(NTK_ERR_SHAPE, std::string("ntk.hpp: ") + name + " holds " + std::to_string(size) +
                                       " entries; expected " + std::to_string(wanted));
}

inline void same(std::size_t size, std::int64_t rows, std::int64_t columns, const char *name) {
    if (rows < 1 || columns < 1 || size / static_cast<std::size_t>(rows) != static_cast<std::size_t>(columns) ||
        size % static_cast<std::size_t>(rows) != 0)
        throw error(NTK_ERR_SHAPE, std::string("ntk.hpp: ") + name + " holds " + std::to_string(size) +
                                       " entries; expected " + std::to_string(rows) + " x " + std::to_string(columns));
}

template <typename Real = double> std::vector<Real> matrix(std::int64_t n, std::int64_t m) {
    return std::vector<Real>(static_cast<std::size_t>(n) * static_cast<std::size_t>(m));
}

} // namespace detail

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
    std::int64_t depth() const { return number(ntk_mlp_get_depth); }
    std::int64_t parameter_count() const { return number(ntk_mlp_get_parameter_count); }
    std::int64_t width(std::int64_t layer) const {
        std::int64_t value = 0;
        check(ntk_mlp_get_width(get(), layer, &value));
        return value;
    }
    double layer_weight_std(std::int64_t layer) const { return real(ntk_mlp_get_layer_weight_std, layer); }
    double layer_bias_std(std::int64_t layer) const { return real(ntk_mlp_get_layer_bias_std, layer); }
    std::int32_t activation_kind(std::int64_t layer) const {
        std::int32_t value = 0;
        check(ntk_mlp_get_activation_kind(get(), layer, &value));
        return value;
    }
    std::int32_t parameterisation() const {
        std::int32_t value = 0;
        check(ntk_mlp_get_parameterisation(get(), &value));
        return value;
    }
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
    std::int64_t skip(std::int64_t layer) const {
        std::int64_t value = 0;
        check(ntk_mlp_get_skip(get(), layer, &value));
        return value;
    }
    double dropout(std::int64_t layer) const { return real(ntk_mlp_get_dropout, layer); }

  private:
    std::int64_t number(ntk_status (*getter)(const ntk_mlp *, std::int64_t *)) const {
        std::int64_t value = 0;
        check(getter(get(), &value));
        return value;
    }
    double real(ntk_status (*getter)(const ntk_mlp *, std::int64_t, double *), std::int64_t layer) const {
        double value = 0;
        check(getter(get(), layer, &value));
        return value;
    }
};

/* A kernel. See kernel.h and derivative.h. */
class kernel : public detail::owner<ntk_kernel, ntk_kernel_destroy> {
  public:
    /* The kernel of the infinitely wide network, NTK_KERNEL_NTK or NTK_KERNEL_NNGP. */
    static kernel analytic(const mlp &network, std::int32_t type) {
        kernel result(network.where());
        result.check(ntk_kernel_create_analytic(network.where().get(), network.get(), type, result.slot()));
        return result;
    }
    std::int32_t type() const {
        std::int32_t value = 0;
        check(ntk_kernel_get_type(get(), &value));
        return value;
    }
    std::int64_t input_dimension() const {
        std::int64_t value = 0;
        check(ntk_kernel_get_input_dimension(get(), &value));
        return value;
    }

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
    double error_bound() const {
        double value = 0;
        check(ntk_kernel_get_error_bound(get(), &value));
        return value;
    }

    /* K(X,X), n x n. */
    std::vector<double> gram(const std::vector<double> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        std::vector<double> k = detail::matrix(n, n);
        gram(n, x.data(), d, k.data(), n);
        return k;
    }
    /* K(X,Z), n x m. */
    std::vector<double> cross(const std::vector<double> &x, const std::vector<double> &z) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z");
        std::vector<double> k = detail::matrix(n, m);
        cross(n, x.data(), d, m, z.data(), d, k.data(), m);
        return k;
    }
    /* K(x_i,x_i), n entries. */
    std::vector<double> diagonal(const std::vector<double> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        std::vector<double> out = detail::matrix(n, 1);
        diagonal(n, x.data(), d, out.data());
        return out;
    }
    /* K(X,Z) A, n x c, for A of m x c. */
    std::vector<double> apply(const std::vector<double> &x, const std::vector<double> &z,
                              const std::vector<double> &a) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z"), c = detail::columns(a.size(), m, "a");
        std::vector<double> out = detail::matrix(n, c);
        apply(n, x.data(), d, m, z.data(), d, c, a.data(), c, out.data(), c);
        return out;
    }

    /* The same in single precision. */
    std::vector<float> gram_f32(const std::vector<float> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        std::vector<float> k = detail::matrix<float>(n, n);
        gram_f32(n, x.data(), d, k.data(), n);
        return k;
    }
    std::vector<float> cross_f32(const std::vector<float> &x, const std::vector<float> &z) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z");
        std::vector<float> k = detail::matrix<float>(n, m);
        cross_f32(n, x.data(), d, m, z.data(), d, k.data(), m);
        return k;
    }
    std::vector<float> diagonal_f32(const std::vector<float> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        std::vector<float> out = detail::matrix<float>(n, 1);
        diagonal_f32(n, x.data(), d, out.data());
        return out;
    }
    std::vector<float> apply_f32(const std::vector<float> &x, const std::vector<float> &z,
                                 const std::vector<float> &a) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        const std::int64_t m = detail::rows(z.size(), d, "z"), c = detail::columns(a.size(), m, "a");
        std::vector<float> out = detail::matrix<float>(n, c);
        apply_f32(n, x.data(), d, m, z.data(), d, c, a.data(), c, out.data(), c);
        return out;
    }

    /* The Gram matrix in LAPACK's rectangular full packed format, n (n + 1) / 2 entries. */
    std::vector<double> gram_packed(const std::vector<double> &x) {
        const std::int64_t d = input_dimension(), n = detail::rows(x.size(), d, "x");
        std::vector<double> k = n % 2 == 0 ? detail::matrix(n / 2, n + 1) : detail::matrix(n, (n + 1) / 2);
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

/* Gradient flow in function space. See flow.h. */
class flow : public detail::owner<ntk_flow, ntk_flow_destroy> {
  public:
    /* From a kernel and the data: x is n x d, y is n x c. */
    flow(const kernel &k, std::int64_t n, const double *x, std::int64_t ldx, std::int64_t c, const double *y,
         std::int64_t ldy, std::int32_t loss = NTK_LOSS_SQUARED)
        : owner(k.where()), n_(n), c_(c), d_(k.input_dimension()) {
        check(ntk_flow_create_from_kernel(k.get(), n, x, ldx, c, y, ldy, loss, slot()));
    }
    flow(const kernel &k, const std::vector<double> &x, std::int64_t c, const std::vector<double> &y,
         std::int32_t loss = NTK_LOSS_SQUARED)
        : owner(k.where()), n_(detail::rows(x.size(), k.input_dimension(), "x")), c_(c), d_(k.input_dimension()) {
        detail::same(y.size(), n_, c_, "y");
        check(ntk_flow_create_from_kernel(k.get(), n_, x.data(), d_, c_, y.data(), c_, loss, slot()));
    }
    flow(const kernel &k, const std::vector<double> &x, const std::vector<double> &y,
         std::int32_t loss = NTK_LOSS_SQUARED)
        : flow(k, x, detail::columns(y.size(), detail::rows(x.size(), k.input_dimension(), "x"), "y"), y, loss) {}
    /* From a Gram matrix, n x n. */
    flow(const context &where, std::int64_t n, std::int64_t c, const double *gram, std::int64_t ldk, const double *y,
         std::int64_t ldy, std::int32_t loss = NTK_LOSS_SQUARED)
        : owner(where), n_(n), c_(c), d_(0) {
        check(ntk_flow_create(where.get(), n, c, gram, ldk, y, ldy, loss, slot()));
    }
    flow(const context &where, std::int64_t n, const std::vector<double> &gram, std::int64_t c,
         const std::vector<double> &y, std::int32_t loss = NTK_LOSS_SQUARED)
        : owner(where), n_(n), c_(c), d_(0) {
        detail::same(gram.size(), n, n, "gram");
        detail::same(y.size(), n, c, "y");
        check(ntk_flow_create(where.get(), n, c, gram.data(), n, y.data(), c, loss, slot()));
    }

    std::int64_t samples() const noexcept { return n_; }
    std::int64_t outputs() const noexcept { return c_; }

    void set_learning_rate(double learning_rate) { check(ntk_flow_set_learning_rate(get(), learning_rate)); }
    void set_weight_decay(double weight_decay) { check(ntk_flow_set_weight_decay(get(), weight_decay)); }
    void set_initial(const double *f0, std::int64_t ldf) { check(ntk_flow_set_initial(get(), f0, ldf)); }
    /* f0 is n x c; an empty vector stands for zero. */
    void set_initial(const std::vector<double> &f0) {
        if (!f0.empty())
            detail::same(f0.size(), n_ * c_, "f0");
        set_initial(f0.empty() ? nullptr : f0.data(), c_);
    }
    double learning_rate() const {
        double value = 0;
        check(ntk_flow_get_learning_rate(get(), &value));
        return value;
    }
    double weight_decay() const {
        double value = 0;
        check(ntk_flow_get_weight_decay(get(), &value));
        return value;
    }
    std::int64_t rank() {
        std::int64_t value = 0;
        check(ntk_flow_get_rank(get(), &value));
        return value;
    }

    void train(double t, double *f, std::int64_t ldf) { check(ntk_flow_train(get(), t, f, ldf)); }
    void coefficients(double t, double *a, std::int64_t lda) { check(ntk_flow_get_coefficients(get(), t, a, lda)); }
    void predict(double t, std::int64_t m, const double *cross, std::int64_t ldk, const double *f0, std::int64_t ldf0,
                 double *f, std::int64_t ldf) {
        check(ntk_flow_predict(get(), t, m, cross, ldk, f0, ldf0, f, ldf));
    }
    void predict_at(double t, std::int64_t m, const double *z, std::int64_t ldz, const double *f0, std::int64_t ldf0,
                    double *f, std::int64_t ldf) {
        check(ntk_flow_predict_at(get(), t, m, z, ldz, f0, ldf0, f, ldf));
    }

    /* f_t(X), n x c. */
    std::vector<double> train(double t) {
        std::vector<double> f = detail::matrix(n_, c_);
        train(t, f.data(), c_);
        return f;
    }
    /* a(t), n x c. */
    std::vector<double> coefficients(double t) {
        std::vector<double> a = detail::matrix(n_, c_);
        coefficients(t, a.data(), c_);
        return a;
    }
    /* f_t at the points of cross = K(Z,X), m x n; the result is m x c. f0 is m x c or empty, for zero. */
    std::vector<double> predict(double t, const std::vector<double> &cross, const std::vector<double> &f0 = {}) {
        const std::int64_t m = detail::rows(cross.size(), n_, "cross");
        std::vector<double> f = initial(f0, m);
        predict(t, m, cross.data(), n_, f0.empty() ? nullptr : f0.data(), c_, f.data(), c_);
        return f;
    }
    /* f_t at the points z, m x d; the result is m x c. For a flow made from a kernel. */
    std::vector<double> predict_at(double t, const std::vector<double> &z, const std::vector<double> &f0 = {}) {
        const std::int64_t m = d_ ? detail::rows(z.size(), d_, "z") : 1;
        std::vector<double> f = initial(f0, m);
        predict_at(t, m, z.data(), d_, f0.empty() ? nullptr : f0.data(), c_, f.data(), c_);
        return f;
    }

  private:
    std::vector<double> initial(const std::vector<double> &f0, std::int64_t m) const {
        if (!f0.empty())
            detail::same(f0.size(), m * c_, "f0");
        return detail::matrix(m, c_);
    }

    std::int64_t n_, c_, d_;
};

/* Gaussian process regression. See bayes.h. */
class gp : public detail::owner<ntk_gp, ntk_gp_destroy> {
  public:
    struct prediction {
        std::vector<double> mean;     /* m x c */
        std::vector<double> variance; /* m, of f, the same for all c */
    };

    /* From a kernel and the data: x is n x d, y is n x c. */
    gp(const kernel &k, std::int64_t n, const double *x, std::int64_t ldx, std::int64_t c, const double *y,
       std::int64_t ldy, double noise_variance)
        : owner(k.where()), n_(n), c_(c), d_(k.input_dimension()) {
        check(ntk_gp_create_from_kernel(k.get(), n, x, ldx, c, y, ldy, noise_variance, slot()));
    }
    gp(const kernel &k, const std::vector<double> &x, std::int64_t c, const std::vector<double> &y,
       double noise_variance)
        : owner(k.where()), n_(detail::rows(x.size(), k.input_dimension(), "x")), c_(c), d_(k.input_dimension()) {
        detail::same(y.size(), n_, c_, "y");
        check(ntk_gp_create_from_kernel(k.get(), n_, x.data(), d_, c_, y.data(), c_, noise_variance, slot()));
    }
    gp(const kernel &k, const std::vector<double> &x, const std::vector<double> &y, double noise_variance)
        : gp(k, x, detail::columns(y.size(), detail::rows(x.size(), k.input_dimension(), "x"), "y"), y,
             noise_variance) {}
    /* From a Gram matrix, n x n. */
    gp(const context &where, std::int64_t n, std::int64_t c, const double *gram, std::int64_t ldk, const double *y,
       std::int64_t ldy, double noise_variance)
        : owner(where), n_(n), c_(c), d_(0) {
        check(ntk_gp_create(where.get(), n, c, gram, ldk, y, ldy, noise_variance, slot()));
    }
    gp(const context &where, std::int64_t n, const std::vector<double> &gram, std::int64_t c,
       const std::vector<double> &y, double noise_variance)
        : owner(where), n_(n), c_(c), d_(0) {
        detail::same(gram.size(), n, n, "gram");
        detail::same(y.size(), n, c, "y");
        check(ntk_gp_create(where.get(), n, c, gram.data(), n, y.data(), c, noise_variance, slot()));
    }

    std::int64_t samples() const noexcept { return n_; }
    std::int64_t outputs() const noexcept { return c_; }

    double log_evidence() {
        double value = 0;
        check(ntk_gp_log_evidence(get(), &value));
        return value;
    }

    void predict(std::int64_t m, const double *cross, std::int64_t ldk, const double *prior_diagonal, double *mean,
                 std::int64_t ldm, double *variance) {
        check(ntk_gp_predict(get(), m, cross, ldk, prior_diagonal, mean, ldm, variance));
    }
    void predict_at(std::int64_t m, const double *z, std::int64_t ldz, double *mean, std::int64_t ldm,
                    double *variance) {
        check(ntk_gp_predict_at(get(), m, z, ldz, mean, ldm, variance));
    }

    /* Posterior from cross = K(Z,X), m x n, and the m entries K(z_i,z_i). */
    prediction predict(const std::vector<double> &cross, const std::vector<double> &prior_diagonal) {
        const std::int64_t m = detail::rows(cross.size(), n_, "cross");
        detail::same(prior_diagonal.size(), m, "prior_diagonal");
        prediction result = {detail::matrix(m, c_), detail::matrix(m, 1)};
        predict(m, cross.data(), n_, prior_diagonal.data(), result.mean.data(), c_, result.variance.data());
        return result;
    }
    /* Posterior at the points z, m x d. For a process made from a kernel. */
    prediction predict_at(const std::vector<double> &z) {
        const std::int64_t m = d_ ? detail::rows(z.size(), d_, "z") : 1;
        prediction result = {detail::matrix(m, c_), detail::matrix(m, 1)};
        predict_at(m, z.data(), d_, result.mean.data(), c_, result.variance.data());
        return result;
    }

  private:
    std::int64_t n_, c_, d_;
};

} // namespace ntk

#endif
