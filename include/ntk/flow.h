/* Gradient flow in function space.
 *
 * With L(f) = (1/n) sum_i loss(f(x_i), y_i), learning rate eta and weight decay lambda,
 *   f_t(x) = exp(-lambda t) f_0(x) + K(x,X) a(t),   da/dt = -lambda a - (eta/n) dloss/df at f_t(X),   a(0) = 0.
 * All that a flow knows is a(t), an n x c matrix. For the squared loss, loss = |f - y|^2 / 2, it has a closed form at any
 * t in [0, infinity]; with lambda = 0 the limit is kernel regression, and with lambda > 0 kernel ridge regression with
 * the ridge n lambda / eta.
 *
 * Eigenvalues of the Gram matrix below max(n,16) eps times the largest count as zero: what the Gram cannot represent
 * is never learned, and it does not enter predictions. A Gram with an eigenvalue below minus that bound is refused with
 * NTK_ERR_NOT_POSITIVE at any finite t > 0; at t = infinity that goes for K + (n lambda / eta) I. Sizes beyond the integers of
 * the BLAS in use are refused with NTK_ERR_BLAS: with an LP64 LAPACK that is n > 46338 for the eigen-decomposition. When the
 * eigen-decomposition itself fails (NTK_ERR_CONVERGENCE, or NTK_ERR_RANGE for an eigenvalue), the flow can only be
 * destroyed. */
#ifndef NTK_FLOW_H
#define NTK_FLOW_H

#include <ntk/kernel.h>
#include <ntk/loss.h>

NTK_BEGIN_DECLS

typedef struct ntk_flow ntk_flow;

/* A flow on n training samples with c outputs, from a Gram matrix (n x n, ldk >= n, symmetric to 1e-10 of its largest
 * diagonal entry; its lower triangle counts) and targets y (n x c, ldy >= c). Both are copied. eta = 1, lambda = 0, f_0 = 0.
 * Memory: n^2 doubles for t = infinity; 3 n^2 while the eigen-decomposition runs and 2 n^2 after it. It is done once, when a
 * finite t > 0 is first asked for or when the Gram is numerically singular.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION, NTK_ERR_OVERFLOW, NTK_ERR_NOT_FINITE,
 * NTK_ERR_NOT_SYMMETRIC, NTK_ERR_NOT_POSITIVE (a negative diagonal entry), NTK_ERR_ENUM, NTK_ERR_UNSUPPORTED (a loss other
 * than NTK_LOSS_SQUARED: train.h has them for networks), NTK_ERR_NO_MEMORY. Since 0.1. */
NTK_API ntk_status ntk_flow_create(ntk_context *context, int64_t n, int64_t c, const double *gram, int64_t ldk,
                                   const double *y, int64_t ldy, int32_t loss, ntk_flow **out);

/* The same from a kernel and the data (x: n x d, ldx >= d): the Gram is computed in place, without a second copy, and x
 * is kept for ntk_flow_predict_at(). The flow belongs to the kernel's context. Also returns what ntk_kernel_gram()
 * does. With a kernel that has `block` rows for each row of x (ntk_kernel_get_block()), y and all that the flow gives or
 * takes beside x and z have n block or m block rows in place of n or m. For NTK_OUTPUT_FULL, where block is the number
 * of outputs, lay targets (n x block) row after row as n block rows of one column: c is usually 1 there. The 1/n of the
 * loss is then 1/(n block): a learning rate block times as large gives the times of a mean over the n inputs, which are
 * those of ntk_trainer. Since 0.1. */
NTK_API ntk_status ntk_flow_create_from_kernel(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t c,
                                               const double *y, int64_t ldy, int32_t loss, ntk_flow **out);

/* NULL is allowed. Since 0.1. */
NTK_API void ntk_flow_destroy(ntk_flow *flow);

/* eta, finite and > 0; default 1. Returns NTK_ERR_NULL, NTK_ERR_DOMAIN. Since 0.1. */
NTK_API ntk_status ntk_flow_set_learning_rate(ntk_flow *flow, double learning_rate);
NTK_API ntk_status ntk_flow_get_learning_rate(const ntk_flow *flow, double *learning_rate);

/* lambda, finite and >= 0; default 0. Returns NTK_ERR_NULL, NTK_ERR_DOMAIN. Since 0.1. */
NTK_API ntk_status ntk_flow_set_weight_decay(ntk_flow *flow, double weight_decay);
NTK_API ntk_status ntk_flow_get_weight_decay(const ntk_flow *flow, double *weight_decay);

/* The outputs at t = 0 on the training set, n x c with ldf >= c, copied; NULL (then ldf is ignored) for zero, the default.
 * Returns NTK_ERR_NULL, NTK_ERR_LEADING_DIMENSION, NTK_ERR_NOT_FINITE, NTK_ERR_NO_MEMORY. Since 0.1. */
NTK_API ntk_status ntk_flow_set_initial(ntk_flow *flow, const double *f0, int64_t ldf);

/* f = f_t(X), n x c: the outputs on the training set at time t >= 0 (INFINITY allowed). Cost: the first finite t takes
 * the eigen-decomposition, 1.5 to 3 n^3 flops; the first t = infinity a Cholesky factorisation, n^3/3; after that 4 n^2 c + 16 n^2
 * a time. Returns NTK_ERR_NULL, NTK_ERR_LEADING_DIMENSION, NTK_ERR_DOMAIN (t is negative or NaN), NTK_ERR_ALIAS,
 * NTK_ERR_NOT_POSITIVE (an eigenvalue is negative beyond rounding), NTK_ERR_RANGE (the result overflows),
 * NTK_ERR_CONVERGENCE, NTK_ERR_OVERFLOW, NTK_ERR_NO_MEMORY, NTK_ERR_CANCELLED. When the condition of the Gram matrix costs
 * digits at t = infinity, the log callback gets a warning. Since 0.1. */
NTK_API ntk_status ntk_flow_train(ntk_flow *flow, double t, double *f, int64_t ldf);

/* a(t), n x c with lda >= c, up to a vector that the Gram takes to zero and that changes no output. Otherwise as
 * ntk_flow_train(). Since 0.1. */
NTK_API ntk_status ntk_flow_get_coefficients(ntk_flow *flow, double t, double *a, int64_t lda);

/* f = exp(-lambda t) f0 + K(Z,X) a(t): outputs on m other points, from cross = K(Z,X) (m x n, ldk >= n) and their initial
 * outputs f0 (m x c, ldf0 >= c; NULL for zero). f is m x c and may be f0 itself. Otherwise as ntk_flow_train(); also
 * NTK_ERR_SIZE (m) and NTK_ERR_NOT_FINITE (cross, f0, z). Since 0.1. */
NTK_API ntk_status ntk_flow_predict(ntk_flow *flow, double t, int64_t m, const double *cross, int64_t ldk,
                                    const double *f0, int64_t ldf0, double *f, int64_t ldf);

/* The same at the points z (m x d, ldz >= d), with K(Z,X) streamed, for a flow made by ntk_flow_create_from_kernel();
 * NTK_ERR_UNSUPPORTED for another one. Since 0.1. */
NTK_API ntk_status ntk_flow_predict_at(ntk_flow *flow, double t, int64_t m, const double *z, int64_t ldz,
                                       const double *f0, int64_t ldf0, double *f, int64_t ldf);

/* The number of eigenvalues of the Gram matrix that count as positive. Takes the eigen-decomposition; returns as
 * ntk_flow_train(). Since 0.1. */
NTK_API ntk_status ntk_flow_get_rank(ntk_flow *flow, int64_t *rank);

NTK_END_DECLS

#endif
