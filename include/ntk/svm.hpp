/* ntk::svm, and the certificate of a kernel machine. See ntk.hpp and svm.h. */
#ifndef NTK_SVM_HPP
#define NTK_SVM_HPP

#include <cstdint>
#include <vector>

#include <ntk/kernel.hpp>
#include <ntk/svm.h>

namespace ntk {

/* Support vector machines, ridge and logistic regression. See svm.h. */
class svm : public detail::owner<ntk_svm, ntk_svm_destroy> {
  public:
    /* From a kernel, which must outlive the machine, and the data: x is n x d, y has n entries. Type: NTK_SVM_... */
    svm(const kernel &k, const std::vector<double> &x, const std::vector<double> &y, std::int32_t type = NTK_SVM_SVC)
        : owner(k.where()), n_(detail::samples(k, x)), d_(k.input_dimension()) {
        detail::same(y.size(), n_, "y");
        check(ntk_svm_create_from_kernel(k.get(), type, n_ / k.block(), x.data(), d_, y.data(), slot()));
    }
    /* From a Gram matrix, n x n. */
    svm(const context &where, std::int64_t n, const std::vector<double> &gram, const std::vector<double> &y,
        std::int32_t type = NTK_SVM_SVC)
        : owner(where), n_(n), d_(0) {
        detail::same(gram.size(), n, n, "gram");
        detail::same(y.size(), n, "y");
        check(ntk_svm_create(where.get(), type, n, gram.data(), n, y.data(), slot()));
    }

    void set_cost(double cost) { check(ntk_svm_set_cost(get(), cost)); }
    void set_class_cost(std::int64_t k, double factor) { check(ntk_svm_set_class_cost(get(), k, factor)); }
    /* n entries; an empty vector stands for ones. */
    void set_sample_weights(const std::vector<double> &w) {
        if (!w.empty())
            detail::same(w.size(), n_, "w");
        check(ntk_svm_set_sample_weights(get(), n_, w.empty() ? nullptr : w.data()));
    }
    void set_bias(bool on) { check(ntk_svm_set_bias(get(), on ? 1 : 0)); }
    /* NTK_SVM_ONE_VS_... */
    void set_multiclass(std::int32_t multiclass) { check(ntk_svm_set_multiclass(get(), multiclass)); }
    void set_epsilon(double epsilon) { check(ntk_svm_set_epsilon(get(), epsilon)); }
    void set_tolerance(double tolerance) { check(ntk_svm_set_tolerance(get(), tolerance)); }
    void set_cache(std::int64_t bytes) { check(ntk_svm_set_cache(get(), bytes)); }
    void set_shrinking(bool on) { check(ntk_svm_set_shrinking(get(), on ? 1 : 0)); }
    void set_most_iterations(std::int64_t most) { check(ntk_svm_set_most_iterations(get(), most)); }

    void fit() { check(ntk_svm_fit(get())); }

    std::int64_t samples() const noexcept { return n_; }
    std::int64_t machines() const { return read(ntk_svm_get_machines); }
    /* The classes in ascending order; empty for numbers. */
    std::vector<double> labels() const {
        std::vector<double> result = detail::matrix(read(ntk_svm_get_classes), 1);
        if (!result.empty())
            check(ntk_svm_get_labels(get(), static_cast<std::int64_t>(result.size()), result.data()));
        return result;
    }

    struct coefficients {
        std::vector<double> a; /* n x M */
        std::vector<double> b; /* M */
    };
    coefficients solution() const {
        const std::int64_t m = machines();
        coefficients result = {detail::matrix(n_, m), detail::matrix(m, 1)};
        check(ntk_svm_get_solution(get(), result.a.data(), m, result.b.data()));
        return result;
    }

    struct outcome {
        double objective, gap, violation;
        std::int64_t iterations, support_vectors;
    };
    outcome report(std::int64_t machine = 0) const {
        outcome value = {0, 0, 0, 0, 0};
        check(ntk_svm_get_report(get(), machine, &value.objective, &value.gap, &value.violation, &value.iterations,
                                 &value.support_vectors));
        return value;
    }
    /* On the probability of an error. */
    double bound(double confidence, std::int64_t machine = 0) {
        double value = 0;
        check(ntk_svm_get_bound(get(), machine, confidence, &value));
        return value;
    }

    void decide(std::int64_t m, const double *cross, std::int64_t ldk, double *f, std::int64_t ldf) {
        check(ntk_svm_decide(get(), m, cross, ldk, f, ldf));
    }
    void decide_at(std::int64_t m, const double *z, std::int64_t ldz, double *f, std::int64_t ldf) {
        check(ntk_svm_decide_at(get(), m, z, ldz, f, ldf));
    }
    void predict(std::int64_t m, const double *cross, std::int64_t ldk, double *y) {
        check(ntk_svm_predict(get(), m, cross, ldk, y));
    }
    void predict_at(std::int64_t m, const double *z, std::int64_t ldz, double *y) {
        check(ntk_svm_predict_at(get(), m, z, ldz, y));
    }
    /* The machines' values, m x M: from cross = K(Z,X), m x n, or at z, m x d. */
    std::vector<double> decide(const std::vector<double> &cross) {
        const std::int64_t m = detail::rows(cross.size(), n_, "cross"), width = machines();
        std::vector<double> f = detail::matrix(m, width);
        decide(m, cross.data(), n_, f.data(), width);
        return f;
    }
    std::vector<double> decide_at(const std::vector<double> &z) {
        const std::int64_t m = points(z), width = machines();
        std::vector<double> f = detail::matrix(m, width);
        decide_at(m, z.data(), d_, f.data(), width);
        return f;
    }
    /* Labels, or numbers. */
    std::vector<double> predict(const std::vector<double> &cross) {
        const std::int64_t m = detail::rows(cross.size(), n_, "cross");
        std::vector<double> y = detail::matrix(m, 1);
        predict(m, cross.data(), n_, y.data());
        return y;
    }
    std::vector<double> predict_at(const std::vector<double> &z) {
        std::vector<double> y = detail::matrix(points(z), 1);
        predict_at(static_cast<std::int64_t>(y.size()), z.data(), d_, y.data());
        return y;
    }

  private:
    /* A machine from a Gram matrix has no points; the library refuses them. */
    std::int64_t points(const std::vector<double> &z) const { return d_ ? detail::rows(z.size(), d_, "z") : 1; }

    std::int64_t n_, d_;
};

/* For each row of z (m x d) the radius in which the sign of K(.,X) a + b is proved; bounds: NTK_CERTIFICATE_... */
inline std::vector<double> certificate(const kernel &k, const std::vector<double> &x, const std::vector<double> &a,
                                       double b, const std::vector<double> &z,
                                       std::int32_t bounds = NTK_CERTIFICATE_EUCLIDEAN) {
    const std::int64_t d = k.input_dimension(), n = detail::rows(x.size(), d, "x"), m = detail::rows(z.size(), d, "z");
    detail::same(a.size(), n, "a");
    std::vector<double> radius = detail::matrix(m, 1);
    k.where().check(
        ntk_kernel_certificate(k.get(), n, x.data(), d, a.data(), b, m, z.data(), d, bounds, radius.data()));
    return radius;
}

} // namespace ntk

#endif
