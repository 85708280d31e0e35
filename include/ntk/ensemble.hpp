/* ntk::ensemble. See ntk.hpp and ensemble.h. */
#ifndef NTK_ENSEMBLE_HPP
#define NTK_ENSEMBLE_HPP

#include <cstdint>
#include <vector>

#include <ntk/ensemble.h>
#include <ntk/kernel.hpp>

namespace ntk {

/* Trained networks of infinite width, as a Gaussian process. See ensemble.h. */
class ensemble : public detail::owner<ntk_ensemble, ntk_ensemble_destroy> {
  public:
    struct moments {
        std::vector<double> mean;       /* m x c */
        std::vector<double> covariance; /* m x m, where it was asked for */
        std::vector<double> variance;   /* m, the same for all c */
    };

    /* From kernels, which must outlive the ensemble, and the data: x is n x d, y is n x c. */
    ensemble(const kernel &ntk, const kernel &nngp, const std::vector<double> &x, std::int64_t c,
             const std::vector<double> &y)
        : ensemble(ntk.get(), nngp, x, c, y) {}
    ensemble(const kernel &ntk, const kernel &nngp, const std::vector<double> &x, const std::vector<double> &y)
        : ensemble(ntk.get(), nngp, x, detail::columns(y.size(), detail::samples(nngp, x), "y"), y) {}
    /* Networks whose last layer alone is trained. */
    ensemble(const kernel &nngp, const std::vector<double> &x, const std::vector<double> &y)
        : ensemble(nullptr, nngp, x, detail::columns(y.size(), detail::samples(nngp, x), "y"), y) {}
    /* From Gram matrices, n x n; ntk is empty for networks whose last layer alone is trained. */
    ensemble(const context &where, std::int64_t n, const std::vector<double> &ntk, const std::vector<double> &nngp,
             std::int64_t c, const std::vector<double> &y)
        : owner(where), n_(n), c_(c), d_(0) {
        if (!ntk.empty())
            detail::same(ntk.size(), n, n, "ntk");
        detail::same(nngp.size(), n, n, "nngp");
        detail::same(y.size(), n, c, "y");
        check(ntk_ensemble_create(where.get(), n, c, data(ntk), n, nngp.data(), n, y.data(), c, slot()));
    }

    std::int64_t samples() const noexcept { return n_; }
    std::int64_t outputs() const noexcept { return c_; }

    void set_learning_rate(double learning_rate) { check(ntk_ensemble_set_learning_rate(get(), learning_rate)); }
    void set_weight_decay(double weight_decay) { check(ntk_ensemble_set_weight_decay(get(), weight_decay)); }
    /* NTK_REDUCTION_..., NTK_DYNAMICS_... */
    void set_reduction(std::int32_t reduction) { check(ntk_ensemble_set_reduction(get(), reduction)); }
    void set_dynamics(std::int32_t dynamics) { check(ntk_ensemble_set_dynamics(get(), dynamics)); }
    void set_momentum(double momentum) { check(ntk_ensemble_set_momentum(get(), momentum)); }

    void train(double t, double *mean, std::int64_t ldm, double *covariance, std::int64_t ldc, double *variance) {
        check(ntk_ensemble_train(get(), t, mean, ldm, covariance, ldc, variance));
    }
    void predict(double t, std::int64_t m, const double *ntk, std::int64_t ldk, const double *nngp, std::int64_t lds,
                 const double *prior, std::int64_t ldp, const double *prior_variance, double *mean, std::int64_t ldm,
                 double *covariance, std::int64_t ldc, double *variance) {
        check(ntk_ensemble_predict(get(), t, m, ntk, ldk, nngp, lds, prior, ldp, prior_variance, mean, ldm, covariance,
                                   ldc, variance));
    }
    void predict_at(double t, std::int64_t m, const double *z, std::int64_t ldz, double *mean, std::int64_t ldm,
                    double *covariance, std::int64_t ldc, double *variance) {
        check(ntk_ensemble_predict_at(get(), t, m, z, ldz, mean, ldm, covariance, ldc, variance));
    }

    /* On the training samples; the covariance stays empty unless it is wanted. */
    moments train(double t, bool covariance = false) {
        moments result = room(n_, covariance);
        train(t, result.mean.data(), c_, data(result.covariance), n_, result.variance.data());
        return result;
    }
    /* At the points z, m x d. For an ensemble made from kernels. */
    moments predict_at(double t, const std::vector<double> &z, bool covariance = false) {
        const std::int64_t m = d_ ? detail::rows(z.size(), d_, "z") : 1;
        moments result = room(m, covariance);
        predict_at(t, m, z.data(), d_, result.mean.data(), c_, data(result.covariance), m, result.variance.data());
        return result;
    }
    /* At m points from ntk = K(Z,X), empty for an ensemble without, nngp = S(Z,X), both m x n, and prior = S(Z,Z), m x
     * m. */
    moments predict(double t, const std::vector<double> &ntk, const std::vector<double> &nngp,
                    const std::vector<double> &prior) {
        const std::int64_t m = detail::rows(nngp.size(), n_, "nngp");
        if (!ntk.empty())
            detail::same(ntk.size(), m, n_, "ntk");
        detail::same(prior.size(), m, m, "prior");
        moments result = room(m, true);
        predict(t, m, data(ntk), n_, nngp.data(), n_, prior.data(), m, nullptr, result.mean.data(), c_,
                result.covariance.data(), m, result.variance.data());
        return result;
    }

  private:
    ensemble(ntk_kernel *ntk, const kernel &nngp, const std::vector<double> &x, std::int64_t c,
             const std::vector<double> &y)
        : owner(nngp.where()), n_(detail::samples(nngp, x)), c_(c), d_(nngp.input_dimension()) {
        detail::same(y.size(), n_, c_, "y");
        check(ntk_ensemble_create_from_kernels(ntk, nngp.get(), n_, x.data(), d_, c_, y.data(), c_, slot()));
    }

    static const double *data(const std::vector<double> &values) { return values.empty() ? nullptr : values.data(); }
    static double *data(std::vector<double> &values) { return values.empty() ? nullptr : values.data(); }
    moments room(std::int64_t m, bool covariance) const {
        return {detail::matrix(m, c_), detail::matrix(covariance ? m : 0, m), detail::matrix(m, 1)};
    }

    std::int64_t n_, c_, d_;
};

} // namespace ntk

#endif
