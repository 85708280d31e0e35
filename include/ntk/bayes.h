/* Bayesian inference: Gaussian process regression with any kernel; with the NNGP kernel it is the exact posterior of the
 * infinitely wide network. Targets y = f(X) + noise, f ~ GP(0, K), noise ~ N(0, s^2); c outputs share K and s^2. */
#ifndef NTK_BAYES_H
#define NTK_BAYES_H

#include <ntk/kernel.h>

NTK_BEGIN_DECLS

typedef struct ntk_gp ntk_gp;

/* Conditions on n samples: factors K + s^2 I (n^3/3 flops, n^2 doubles). gram is n x n (ldk >= n, symmetric to 1e-10 of
 * its largest diagonal entry; its lower triangle counts), y is n x c (ldy >= c); noise_variance = s^2 is finite and > 0.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION, NTK_ERR_OVERFLOW, NTK_ERR_NOT_FINITE, NTK_ERR_DOMAIN,
 * NTK_ERR_NOT_SYMMETRIC, NTK_ERR_NOT_POSITIVE, NTK_ERR_RANGE (the log evidence overflows), NTK_ERR_BLAS (sizes beyond the
 * integers of the BLAS), NTK_ERR_NO_MEMORY, NTK_ERR_CANCELLED.
 * Reference: Rasmussen and Williams 2006, algorithm 2.1. Since 0.1. */
NTK_API ntk_status ntk_gp_create(ntk_context *context, int64_t n, int64_t c, const double *gram, int64_t ldk,
                                 const double *y, int64_t ldy, double noise_variance, ntk_gp **out);

/* The same from a kernel and the data (x: n x d, ldx >= d): the Gram is computed in place, and x is kept for
 * ntk_gp_predict_at(). The process belongs to the kernel's context. Also returns what ntk_kernel_gram() does.
 * With a kernel that has `block` rows for each row of x (ntk_kernel_get_block()), y, means and variances have n block or
 * m block rows in place of n or m. Since 0.1. */
NTK_API ntk_status ntk_gp_create_from_kernel(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t c,
                                             const double *y, int64_t ldy, double noise_variance, ntk_gp **out);

/* NULL is allowed. Since 0.1. */
NTK_API void ntk_gp_destroy(ntk_gp *gp);

/* Posterior at m points from cross = K(Z,X) (m x n, ldk >= n) and prior_diag[i] = K(z_i, z_i):
 *   mean = K(Z,X) (K + s^2 I)^{-1} y   (m x c, ldm >= c),
 *   variance[i] = prior_diag[i] - K(z_i,X) (K + s^2 I)^{-1} K(X,z_i)   (of f, so without s^2; the same for all c).
 * mean or variance may be NULL when not wanted; prior_diag is needed for the variance only. A variance that rounding
 * makes negative is returned as 0. Cost 2 m n c, and m n^2 for the variance.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION, NTK_ERR_OVERFLOW, NTK_ERR_ALIAS, NTK_ERR_NOT_FINITE,
 * NTK_ERR_DOMAIN (a negative prior_diag), NTK_ERR_RANGE (a result overflows), NTK_ERR_NO_MEMORY, NTK_ERR_CANCELLED. Since 0.1. */
NTK_API ntk_status ntk_gp_predict(ntk_gp *gp, int64_t m, const double *cross, int64_t ldk, const double *prior_diag,
                                  double *mean, int64_t ldm, double *variance);

/* The same at the points z (m x d, ldz >= d), with K(Z,X) streamed, for a process made by ntk_gp_create_from_kernel();
 * NTK_ERR_UNSUPPORTED for another one. Since 0.1. */
NTK_API ntk_status ntk_gp_predict_at(ntk_gp *gp, int64_t m, const double *z, int64_t ldz, double *mean, int64_t ldm,
                                     double *variance);

/* log p(y) summed over the c outputs: sum_c -1/2 y_c' (K + s^2 I)^{-1} y_c - 1/2 log det(K + s^2 I) - n/2 log 2 pi.
 * Returns NTK_ERR_NULL. Since 0.1. */
NTK_API ntk_status ntk_gp_log_evidence(ntk_gp *gp, double *value);

NTK_END_DECLS

#endif
