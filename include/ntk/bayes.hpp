/* ntk::gp. See ntk.hpp and bayes.h. */
#ifndef NTK_BAYES_HPP
#define NTK_BAYES_HPP

#include <cstdint>
#include <vector>

#include <ntk/bayes.h>
#include <ntk/kernel.hpp>

namespace ntk {

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
        : owner(k.where()), n_(n * k.block()), c_(c), d_(k.input_dimension()), block_(k.block()) {
        check(ntk_gp_create_from_kernel(k.get(), n, x, ldx, c, y, ldy, noise_variance, slot()));
    }
    gp(const kernel &k, const std::vector<double> &x, std::int64_t c, const std::vector<double> &y,
       double noise_variance)
        : owner(k.where()), n_(detail::samples(k, x)), c_(c), d_(k.input_dimension()), block_(k.block()) {
        detail::same(y.size(), n_, c_, "y");
        check(ntk_gp_create_from_kernel(k.get(), n_ / block_, x.data(), d_, c_, y.data(), c_, noise_variance, slot()));
    }
    gp(const kernel &k, const std::vector<double> &x, const std::vector<double> &y, double noise_variance)
        : gp(k, x, detail::columns(y.size(), detail::samples(k, x), "y"), y, noise_variance) {}
    /* From a Gram matrix, n x n. */
    gp(const context &where, std::int64_t n, std::int64_t c, const double *gram, std::int64_t ldk, const double *y,
       std::int64_t ldy, double noise_variance)
        : owner(where), n_(n), c_(c), d_(0), block_(1) {
        check(ntk_gp_create(where.get(), n, c, gram, ldk, y, ldy, noise_variance, slot()));
    }
    gp(const context &where, std::int64_t n, const std::vector<double> &gram, std::int64_t c,
       const std::vector<double> &y, double noise_variance)
        : owner(where), n_(n), c_(c), d_(0), block_(1) {
        detail::same(gram.size(), n, n, "gram");
        detail::same(y.size(), n, c, "y");
        check(ntk_gp_create(where.get(), n, c, gram.data(), n, y.data(), c, noise_variance, slot()));
    }

    /* The rows of y. */
    std::int64_t samples() const noexcept { return n_; }
    std::int64_t outputs() const noexcept { return c_; }

    double log_evidence() { return read(ntk_gp_log_evidence); }

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
        prediction result = {detail::matrix(m * block_, c_), detail::matrix(m * block_, 1)};
        predict_at(m, z.data(), d_, result.mean.data(), c_, result.variance.data());
        return result;
    }

  private:
    std::int64_t n_, c_, d_, block_;
};

} // namespace ntk

#endif
