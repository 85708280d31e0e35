/* ntk::flow. See ntk.hpp and flow.h. */
#ifndef NTK_FLOW_HPP
#define NTK_FLOW_HPP

#include <cstdint>
#include <limits>
#include <vector>

#include <ntk/flow.h>
#include <ntk/kernel.hpp>
#include <ntk/loss.hpp>

namespace ntk {

/* The time at which training has ended. */
constexpr double infinity = std::numeric_limits<double>::infinity();

/* Gradient flow in function space. See flow.h. */
class flow : public detail::owner<ntk_flow, ntk_flow_destroy> {
  public:
    /* From a kernel and the data: x is n x d, y is n x c. */
    flow(const kernel &k, std::int64_t n, const double *x, std::int64_t ldx, std::int64_t c, const double *y,
         std::int64_t ldy, std::int32_t loss = NTK_LOSS_SQUARED)
        : owner(k.where()), n_(n * k.block()), c_(c), d_(k.input_dimension()), block_(k.block()) {
        check(ntk_flow_create_from_kernel(k.get(), n, x, ldx, c, y, ldy, loss, slot()));
    }
    flow(const kernel &k, const std::vector<double> &x, std::int64_t c, const std::vector<double> &y,
         std::int32_t loss = NTK_LOSS_SQUARED)
        : owner(k.where()), n_(detail::samples(k, x)), c_(c), d_(k.input_dimension()), block_(k.block()) {
        detail::same(y.size(), n_, c_, "y");
        check(ntk_flow_create_from_kernel(k.get(), n_ / block_, x.data(), d_, c_, y.data(), c_, loss, slot()));
    }
    flow(const kernel &k, const std::vector<double> &x, const std::vector<double> &y,
         std::int32_t loss = NTK_LOSS_SQUARED)
        : flow(k, x, detail::columns(y.size(), detail::samples(k, x), "y"), y, loss) {}
    /* From a Gram matrix, n x n. */
    flow(const context &where, std::int64_t n, std::int64_t c, const double *gram, std::int64_t ldk, const double *y,
         std::int64_t ldy, std::int32_t loss = NTK_LOSS_SQUARED)
        : owner(where), n_(n), c_(c), d_(0), block_(1) {
        check(ntk_flow_create(where.get(), n, c, gram, ldk, y, ldy, loss, slot()));
    }
    flow(const context &where, std::int64_t n, const std::vector<double> &gram, std::int64_t c,
         const std::vector<double> &y, std::int32_t loss = NTK_LOSS_SQUARED)
        : owner(where), n_(n), c_(c), d_(0), block_(1) {
        detail::same(gram.size(), n, n, "gram");
        detail::same(y.size(), n, c, "y");
        check(ntk_flow_create(where.get(), n, c, gram.data(), n, y.data(), c, loss, slot()));
    }

    /* The rows of y. */
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
    /* Copied. */
    void set_loss(const loss &with) { check(ntk_flow_set_loss(get(), with.get())); }
    /* NTK_REDUCTION_..., NTK_DYNAMICS_..., NTK_FLOW_... */
    void set_reduction(std::int32_t reduction) { check(ntk_flow_set_reduction(get(), reduction)); }
    void set_dynamics(std::int32_t dynamics) { check(ntk_flow_set_dynamics(get(), dynamics)); }
    void set_solver(std::int32_t solver) { check(ntk_flow_set_solver(get(), solver)); }
    void set_momentum(double momentum) { check(ntk_flow_set_momentum(get(), momentum)); }
    void set_tolerance(double tolerance) { check(ntk_flow_set_tolerance(get(), tolerance)); }
    /* n entries; an empty vector stands for ones. */
    void set_sample_weights(const std::vector<double> &w) {
        if (!w.empty())
            detail::same(w.size(), n_, "w");
        check(ntk_flow_set_sample_weights(get(), n_, w.empty() ? nullptr : w.data()));
    }
    void set_start(const double *a, std::int64_t lda) { check(ntk_flow_set_start(get(), a, lda)); }
    /* a(0), n x c; an empty vector stands for zero. */
    void set_start(const std::vector<double> &a) {
        if (!a.empty())
            detail::same(a.size(), n_ * c_, "a");
        set_start(a.empty() ? nullptr : a.data(), c_);
    }
    double tolerance() const { return read(ntk_flow_get_tolerance); }
    /* Of stable descent. */
    double largest_learning_rate() { return read(ntk_flow_get_largest_learning_rate); }
    double learning_rate() const { return read(ntk_flow_get_learning_rate); }
    double weight_decay() const { return read(ntk_flow_get_weight_decay); }
    std::int64_t rank() { return read(ntk_flow_get_rank); }

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

    void train(std::int64_t count, const double *times, double *f, std::int64_t ldf) {
        check(ntk_flow_train_times(get(), count, times, f, ldf));
    }
    void predict(std::int64_t count, const double *times, std::int64_t m, const double *cross, std::int64_t ldk,
                 const double *f0, std::int64_t ldf0, double *f, std::int64_t ldf) {
        check(ntk_flow_predict_times(get(), count, times, m, cross, ldk, f0, ldf0, f, ldf));
    }
    void predict_at(std::int64_t count, const double *times, std::int64_t m, const double *z, std::int64_t ldz,
                    const double *f0, std::int64_t ldf0, double *f, std::int64_t ldf) {
        check(ntk_flow_predict_at_times(get(), count, times, m, z, ldz, f0, ldf0, f, ldf));
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
        std::vector<double> f = initial(f0, m * block_);
        predict_at(t, m, z.data(), d_, f0.empty() ? nullptr : f0.data(), c_, f.data(), c_);
        return f;
    }

    /* The same at several times: one n x c or m x c matrix for each. */
    std::vector<double> train(const std::vector<double> &times) {
        const std::int64_t count = static_cast<std::int64_t>(times.size());
        std::vector<double> f = detail::matrix(count * n_, c_);
        train(count, times.data(), f.data(), c_);
        return f;
    }
    std::vector<double> predict(const std::vector<double> &times, const std::vector<double> &cross,
                                const std::vector<double> &f0 = {}) {
        const std::int64_t count = static_cast<std::int64_t>(times.size()), m = detail::rows(cross.size(), n_, "cross");
        std::vector<double> f = initial(f0, m, count);
        predict(count, times.data(), m, cross.data(), n_, f0.empty() ? nullptr : f0.data(), c_, f.data(), c_);
        return f;
    }
    std::vector<double> predict_at(const std::vector<double> &times, const std::vector<double> &z,
                                   const std::vector<double> &f0 = {}) {
        const std::int64_t count = static_cast<std::int64_t>(times.size());
        const std::int64_t m = d_ ? detail::rows(z.size(), d_, "z") : 1;
        std::vector<double> f = initial(f0, m * block_, count);
        predict_at(count, times.data(), m, z.data(), d_, f0.empty() ? nullptr : f0.data(), c_, f.data(), c_);
        return f;
    }

    /* L(f_t(X)), and the size of its gradient. */
    double cost(double t) {
        double value = 0;
        check(ntk_flow_get_cost(get(), t, &value, nullptr));
        return value;
    }
    double gradient_norm(double t) {
        double value = 0;
        check(ntk_flow_get_cost(get(), t, nullptr, &value));
        return value;
    }

    struct effort {
        double error; /* estimated */
        std::int64_t steps, factorisations;
    };
    /* Of the latest call that took a time. */
    effort work() const {
        effort value = {0, 0, 0};
        check(ntk_flow_get_work(get(), &value.error, &value.steps, &value.factorisations));
        return value;
    }

    /* Through ascending times; how many were visited. `visit` is a C function, which must not throw, or NULL; NaN as a
     * criterion asks for nothing. */
    std::int64_t follow(const std::vector<double> &times, ntk_flow_visit_function visit = nullptr, void *user = nullptr,
                        double cost = std::numeric_limits<double>::quiet_NaN(),
                        double gradient_norm = std::numeric_limits<double>::quiet_NaN()) {
        std::int64_t last = 0;
        check(ntk_flow_follow(get(), static_cast<std::int64_t>(times.size()), times.data(), cost, gradient_norm, visit,
                              user, &last));
        return last;
    }

  private:
    std::vector<double> initial(const std::vector<double> &f0, std::int64_t m, std::int64_t count = 1) const {
        if (!f0.empty())
            detail::same(f0.size(), m * c_, "f0");
        return detail::matrix(count * m, c_);
    }

    std::int64_t n_, c_, d_, block_;
};

} // namespace ntk

#endif
