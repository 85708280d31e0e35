/* Ensembles of infinitely wide networks, trained on the squared loss from random starts: at any time a Gaussian
 * process, of which this gives mean and covariance [Lee19, section 2.3].
 *
 * With Theta the NTK, S the NNGP, and a flow (flow.h) in Theta, whose coefficients are a(t) = P y - Q f_0(X) with
 * matrices P(t) and Q(t) that are functions of Theta(X,X), and g(t) what is left of an output that Theta(X,X) does not
 * see, exp(-lambda t) for the gradient flow:
 *   mean_t(x)    = Theta(x,X) P y
 *   cov_t(x,x')  = g^2 S(x,x') + Theta(x,X) Q S(X,X) Q Theta(X,x') - g [Theta(x,X) Q S(X,x') + S(x,X) Q Theta(X,x')]
 * Without weight decay P = Q = Theta^{-1} (I - exp(-eta Theta t / n)), made without inverting Theta. Every output has
 * this covariance, and outputs are independent. Training the last layer only is the same with Theta = S. At t = 0 this
 * is the prior; networks in the NTK parameterisation, trained by descent, follow it as they grow wide.
 *
 * Covariances are exactly symmetric, and positive semi-definite up to rounding: they are made as sums of squares. The
 * diagonal of a covariance is the variances of the same call, bit for bit, and none is negative: what rounding alone
 * makes negative becomes 0. t in [0, INFINITY].
 *
 * Eigenvalues of NTK and NNGP below max(n,16) eps times their largest count as zero, as in flow.h; one below minus that
 * bound is refused with NTK_ERR_NOT_POSITIVE at any t > 0 where the matrix is needed: that of the NNGP, in an ensemble
 * with NTK, for covariances and variances, not for the mean. How this is done and what it keeps of the digits:
 * docs/theory/ensembles.md. */
#ifndef NTK_ENSEMBLE_H
#define NTK_ENSEMBLE_H

#include <ntk/flow.h>

NTK_BEGIN_DECLS

typedef struct ntk_ensemble ntk_ensemble;

/* An ensemble on n training samples with c outputs: the Gram matrices of the NTK (n x n, ldk >= n; NULL for networks
 * whose last layer alone is trained, then ldk is ignored) and of the NNGP (n x n, lds >= n), both symmetric to 1e-10
 * of their largest diagonal entry, and the targets y (n x c, ldy >= c). All are copied; of the Grams the lower
 * triangles count. eta = 1, lambda = 0. Memory: 2 n^2 doubles (n^2 without NTK), 4 n^2 from the first covariance or
 * variance on (2 n^2 without NTK), and 4 n^2 while the NTK is decomposed, 5 n^2 while a singular NNGP is. Returns
 * NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION, NTK_ERR_OVERFLOW, NTK_ERR_NOT_FINITE, NTK_ERR_NOT_SYMMETRIC,
 * NTK_ERR_NOT_POSITIVE (a negative diagonal entry), NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_ensemble_create(ntk_context *context, int64_t n, int64_t c, const double *ntk, int64_t ldk,
                                       const double *nngp, int64_t lds, const double *y, int64_t ldy,
                                       ntk_ensemble **out);

/* The same from two kernels of the same context and input dimension (`ntk` NULL as above) and the data x (n x d, ldx
 * >= d), which is copied for ntk_ensemble_predict_at(); the kernels are held and may be destroyed. Kernels with one
 * row for each row of x only (ntk_kernel_get_block()). Also returns NTK_ERR_SHAPE (dimensions differ), NTK_ERR_DOMAIN
 * (two contexts), NTK_ERR_UNSUPPORTED (a block) and what ntk_kernel_gram() does. Since 0.3. */
NTK_API ntk_status ntk_ensemble_create_from_kernels(ntk_kernel *ntk, ntk_kernel *nngp, int64_t n, const double *x,
                                                    int64_t ldx, int64_t c, const double *y, int64_t ldy,
                                                    ntk_ensemble **out);

/* NULL is allowed. Since 0.3. */
NTK_API void ntk_ensemble_destroy(ntk_ensemble *ensemble);

/* As the setters of ntk_flow of the same names, with the same defaults and errors. Since 0.3. */
NTK_API ntk_status ntk_ensemble_set_learning_rate(ntk_ensemble *ensemble, double learning_rate);
NTK_API ntk_status ntk_ensemble_set_weight_decay(ntk_ensemble *ensemble, double weight_decay);
NTK_API ntk_status ntk_ensemble_set_reduction(ntk_ensemble *ensemble, int32_t reduction);
NTK_API ntk_status ntk_ensemble_set_dynamics(ntk_ensemble *ensemble, int32_t dynamics);
NTK_API ntk_status ntk_ensemble_set_momentum(ntk_ensemble *ensemble, double momentum);

/* On the training samples: mean (n x c, ldm >= c), covariance (n x n, ldc >= n) and variance (n), each of which may be
 * NULL, but not all. Cost: the first t > 0 takes an eigen-decomposition with its vectors (3.5 to 5 n^3 flops), the
 * first covariance or variance a factorisation of S (n^3/3, or as much again where S is singular) and 2 n^3; after
 * that a mean takes 4 n^2 c, variances 2 n^3, a covariance 3 n^3; without NTK a mean 4 n^2 c, variances 2 n^2, a
 * covariance n^3. Memory for a covariance: 2 n^2 doubles. Returns NTK_ERR_NULL (nothing is asked for),
 * NTK_ERR_LEADING_DIMENSION, NTK_ERR_DOMAIN (t is negative or NaN, or not whole or beyond 2^53 for descent, or t =
 * infinity of a descent that diverges), NTK_ERR_ALIAS, NTK_ERR_NOT_POSITIVE (an eigenvalue of NTK or NNGP is negative
 * beyond rounding), NTK_ERR_RANGE (a result, or eta s times an eigenvalue, overflows), NTK_ERR_CONVERGENCE,
 * NTK_ERR_OVERFLOW, NTK_ERR_BLAS, NTK_ERR_NO_MEMORY, NTK_ERR_CANCELLED. When the eigen-decomposition of the NTK (of the
 * NNGP without it) itself fails, with NTK_ERR_CONVERGENCE or with NTK_ERR_RANGE for an eigenvalue, the ensemble can only
 * be destroyed: each later call at t > 0 returns the same. Since 0.3. */
NTK_API ntk_status ntk_ensemble_train(ntk_ensemble *ensemble, double t, double *mean, int64_t ldm, double *covariance,
                                      int64_t ldc, double *variance);

/* At m other points: ntk = Theta(Z,X) (m x n, ldk >= n; NULL for an ensemble without NTK), nngp = S(Z,X) (m x n, lds
 * >= n) and S(Z,Z): prior (m x m, ldp >= m; its lower triangle counts) for a covariance, and for variances
 * prior_variance (m), its diagonal, or where that is NULL prior. What is not needed may be NULL and is not read: nngp
 * and both priors where the mean alone is asked for (of an ensemble with NTK), prior where no covariance is. Cost: 2 m
 * n c a mean, 5 m n^2 variances (2 m n^2 without NTK), 2 m^2 n more a covariance, which takes m (m + 2 n) doubles.
 * Returns as ntk_ensemble_train(), also NTK_ERR_SIZE, NTK_ERR_NOT_FINITE, NTK_ERR_NOT_POSITIVE (a negative prior
 * variance, or one below what the training samples explain of it by more than rounding), NTK_ERR_UNSUPPORTED (ntk for
 * an ensemble without). Since 0.3. */
NTK_API ntk_status ntk_ensemble_predict(ntk_ensemble *ensemble, double t, int64_t m, const double *ntk, int64_t ldk,
                                        const double *nngp, int64_t lds, const double *prior, int64_t ldp,
                                        const double *prior_variance, double *mean, int64_t ldm, double *covariance,
                                        int64_t ldc, double *variance);

/* The same at the points z (m x d, ldz >= d); mean and variance stream over z in blocks of 192 rows. Also returns what
 * ntk_kernel_gram() and ntk_kernel_cross() do; NTK_ERR_UNSUPPORTED for an ensemble that was made from matrices. Since
 * 0.3. */
NTK_API ntk_status ntk_ensemble_predict_at(ntk_ensemble *ensemble, double t, int64_t m, const double *z, int64_t ldz,
                                           double *mean, int64_t ldm, double *covariance, int64_t ldc,
                                           double *variance);

NTK_END_DECLS

#endif
