/* Gradient flow in function space, for any kernel and any loss.
 *
 * With the cost L(f) = s sum_i w_i loss(f(x_i), y_i), s = 1/n (or 1: ntk_flow_set_reduction()), sample weights w_i = 1,
 * learning rate eta and weight decay lambda,
 *   f_t(x) = exp(-lambda t) f_0(x) + K(x,X) a(t),   da/dt = -lambda a - eta s w_i dloss/df at f_t(X),   a(0) = 0.
 * All that a flow knows is a(t), an n x c matrix. A method that takes t allows t = INFINITY, the end of training.
 *
 * For the squared loss, loss = |f - y|^2 / 2, a(t) has a closed form at any t, also for discrete descent and with
 * momentum (ntk_flow_set_dynamics()); with lambda = 0 the limit is kernel regression, and with lambda > 0 kernel ridge
 * regression with the ridge n lambda / eta.
 *
 * For the hinge and the epsilon-insensitive loss the gradient is piecewise constant, and the flow, a differential
 * inclusion, is solved exactly from one event to the next (a sample reaches its kink, rests on it, or leaves it). Its
 * limit with lambda > 0 is the support vector machine with C = eta / (n lambda). The other losses are integrated by an
 * L-stable implicit method whose steps follow the solution and not the largest eigenvalue, to ntk_flow_set_tolerance();
 * with lambda > 0 their limit is the minimum of the regularised cost, found directly. With lambda = 0 the squared hinge and
 * Huber's loss are followed until they rest. The logistic loss has no limit then, and t = infinity returns
 * NTK_ERR_UNSUPPORTED. So it does for the cross-entropy. The caller's loss may have none, and returns it too. Results depend
 * on t alone, not on the times that were asked for before.
 *
 * Squared loss: eigenvalues of the Gram matrix below max(n,16) eps times the largest count as zero: what the Gram cannot
 * represent is never learned, and it does not enter predictions. A Gram with an eigenvalue below minus that bound is
 * refused with NTK_ERR_NOT_POSITIVE at any finite t > 0; at t = infinity that goes for K + (n lambda / eta) I. Sizes
 * beyond the integers of the BLAS in use are refused with NTK_ERR_BLAS: with an LP64 LAPACK that is n > 46338 for the
 * eigen-decomposition. When the eigen-decomposition itself fails (NTK_ERR_CONVERGENCE, or NTK_ERR_RANGE for an
 * eigenvalue), the flow can only be destroyed. */
#ifndef NTK_FLOW_H
#define NTK_FLOW_H

#include <ntk/kernel.h>
#include <ntk/loss.h>

NTK_BEGIN_DECLS

typedef struct ntk_flow ntk_flow;

/* A flow on n training samples with c outputs, from a Gram matrix (n x n, ldk >= n, symmetric to 1e-10 of its largest
 * diagonal entry; its lower triangle counts) and targets y (n x c, ldy >= c). Both are copied. eta = 1, lambda = 0, f_0 = 0.
 * Memory: n^2 doubles for t = infinity; 3 n^2 while the eigen-decomposition runs and 2 n^2 after it. It is done once, when a
 * finite t > 0 is first asked for or when the Gram is numerically singular. It takes the place of K: what needs K after it
 * (sample weights, another loss, NTK_FLOW_KRYLOV) makes K from it again, 8 n^3 flops, 3 n^2 doubles for a while, and rounding.
 * The flow of the hinge or the epsilon-insensitive loss keeps up to c n^2 doubles besides K. Losses that are integrated take
 * c n^2 besides K, (c + 1) n^2 for the cross-entropy and (n c)^2 for the caller's loss with c > 1, some 36 n c for a step, and
 * for the course that they keep up to c n^2 or 2^20 doubles, whichever is more.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION, NTK_ERR_OVERFLOW, NTK_ERR_NOT_FINITE,
 * NTK_ERR_NOT_SYMMETRIC, NTK_ERR_NOT_POSITIVE (a negative diagonal entry), NTK_ERR_ENUM (also NTK_LOSS_FUNCTION: see
 * ntk_flow_set_loss()), NTK_ERR_DOMAIN (a target outside the loss's domain), NTK_ERR_NO_MEMORY. Since 0.1. */
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

/* The loss, copied; the one given at the creation with its default parameter otherwise. Returns NTK_ERR_NULL,
 * NTK_ERR_SIZE (one output with the cross-entropy), NTK_ERR_DOMAIN (a target outside the loss's domain),
 * NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_flow_set_loss(ntk_flow *flow, const ntk_loss *loss);

/* s: a mean over the samples (default) or a sum. The numbers are pinned. */
enum { NTK_REDUCTION_MEAN = 0, NTK_REDUCTION_SUM = 1 };

/* Returns NTK_ERR_NULL, NTK_ERR_ENUM. Since 0.3. */
NTK_API ntk_status ntk_flow_set_reduction(ntk_flow *flow, int32_t reduction);

/* w_i, n numbers, finite and >= 0, not all zero, copied; NULL (then n is ignored) for ones, the default. s stays 1/n.
 * n is the number of rows of y. A sample of weight 0 teaches nothing (its a_i stays g a_i(0)), has
 * outputs all the same, and no part in the cost. For the squared loss W^(1/2) K W^(1/2) is solved for, n^2 doubles more; its
 * eigenvalues below max(n,16) eps of the largest count as zero, so that a weight of that share of the largest may too. Returns NTK_ERR_NULL, NTK_ERR_SIZE,
 * NTK_ERR_NOT_FINITE, NTK_ERR_DOMAIN, NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_flow_set_sample_weights(ntk_flow *flow, int64_t n, const double *weights);

/* What time means. With momentum beta (ntk_flow_set_momentum()) and the right-hand side
 * R(f) = -lambda f - eta s K w dloss/df of all of f:
 *   gradient:   (1 - beta) df/dt + beta d2f/dt2 = R(f), df/dt = 0 at t = 0 where beta > 0: gradient flow at beta = 0,
 *               and the heavy ball with friction otherwise; t counts what t steps of descent do
 *   descent:    f_{k+1} = f_k + v_{k+1}, v_{k+1} = beta v_k + R(f_k), v_0 = 0, at t = k = 0, 1, 2, ... (t a whole
 *               number, at most 2^53): descent in the parameters of a linearised network
 * Descent diverges beyond the largest stable learning rate (ntk_flow_get_largest_learning_rate()): then NTK_ERR_RANGE
 * when a result overflows, and NTK_ERR_DOMAIN at t = infinity. Momentum and descent are for the squared loss, and, with
 * steps made one by one, descent for the others (O(n^2 c) a step; NTK_ERR_UNSUPPORTED at t = infinity). With descent every
 * call that takes a time returns NTK_ERR_DOMAIN for a t that is no whole number. f_0(x) keeps the share g(t), which is
 * exp(-lambda t) for the gradient flow and the solution with eta = 0 for the others. The numbers are pinned. */
enum { NTK_DYNAMICS_GRADIENT = 0, NTK_DYNAMICS_DESCENT = 1 };

/* Returns NTK_ERR_NULL, NTK_ERR_ENUM. Since 0.3. */
NTK_API ntk_status ntk_flow_set_dynamics(ntk_flow *flow, int32_t dynamics);

/* beta, 0 <= beta < 1; default 0. Returns NTK_ERR_NULL, NTK_ERR_DOMAIN; with NTK_DYNAMICS_GRADIENT another loss than the
 * squared one then returns NTK_ERR_UNSUPPORTED when it is asked for t > 0. Since 0.3. */
NTK_API ntk_status ntk_flow_set_momentum(ntk_flow *flow, double momentum);

/* The learning rate below which descent of the squared loss is stable,
 *   (2 (1 + beta) - lambda) / (s kappa), kappa the largest eigenvalue of W^(1/2) K W^(1/2);
 * INFINITY where there is no kappa > 0. NTK_ERR_DOMAIN where lambda alone makes descent diverge. Takes the eigen-decomposition,
 * or with NTK_FLOW_KRYLOV a Lanczos process, to 1e-9. Otherwise as ntk_flow_train(). Since 0.3. */
NTK_API ntk_status ntk_flow_get_largest_learning_rate(ntk_flow *flow, double *learning_rate);

/* How the squared loss is solved. The numbers are pinned.
 *   eigen:    one eigen-decomposition, after which each time costs O(n^2 c); the default
 *   krylov:   no decomposition, at any t up to infinity: Lanczos processes with K, one for each output and time (two where there
 *             are both decay and an f_0(X) or a(0)), until the estimated error of f_t(X) is below the tolerance times
 *             |f_t(X) - f_0(X)| in the 2-norm of the column, weighted by w; O(n^2 + n j) for step j, at most n steps; K stays
 *             as it is, so memory is n^2 doubles and the j n + j^2 numbers of the process. For the gradient flow without momentum
 *             the estimate is a bound; rounding, some eps kappa_max t, comes on top */
enum { NTK_FLOW_EIGEN = 0, NTK_FLOW_KRYLOV = 1 };

/* Returns NTK_ERR_NULL, NTK_ERR_ENUM. Since 0.3. */
NTK_API ntk_status ntk_flow_set_solver(ntk_flow *flow, int32_t solver);

/* What is asked of integrators and Krylov processes, 1e-12 ... 1e-1, default 1e-6: the error that they may make, relative
 * to max(1, |f_t(X)|) in the largest entry for integrators. Closed forms ignore it; the exact flow of the hinge and the
 * epsilon-insensitive loss returns NTK_ERR_ACCURACY where rounding left more than that. Returns NTK_ERR_NULL, NTK_ERR_DOMAIN. Since 0.3. */
NTK_API ntk_status ntk_flow_set_tolerance(ntk_flow *flow, double tolerance);
NTK_API ntk_status ntk_flow_get_tolerance(const ntk_flow *flow, double *tolerance);

/* Of the latest call that took a time: an estimate of the error of f_t(X) in the same measure (0 for closed forms; what
 * rounding has left of f - exp(-lambda t) f_0 - K a for the exact flow), the steps from 0 to t (steps of the
 * integrator, events of the exact flow in all outputs, or of the Lanczos process of the slowest column; 0 for closed
 * forms), and the matrix factorisations or eigen-decompositions in all since the flow's creation. Each may be NULL.
 * NTK_ERR_NULL for the flow. Since 0.3. */
NTK_API ntk_status ntk_flow_get_work(const ntk_flow *flow, double *error, int64_t *steps, int64_t *factorisations);

/* a(0), n x c with lda >= c, copied; NULL (then lda is ignored) for zero, the default: a flow that goes on where another one
 * ended. Then f_0(X) above becomes f_0(X) + K a(0), and predictions contain K(x,X) a(t) as ever. Returns
 * NTK_ERR_NULL, NTK_ERR_LEADING_DIMENSION, NTK_ERR_NOT_FINITE, NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_flow_set_start(ntk_flow *flow, const double *a, int64_t lda);

/* The outputs at t = 0 on the training set, n x c with ldf >= c, copied; NULL (then ldf is ignored) for zero, the default.
 * Returns NTK_ERR_NULL, NTK_ERR_LEADING_DIMENSION, NTK_ERR_NOT_FINITE, NTK_ERR_NO_MEMORY. Since 0.1. */
NTK_API ntk_status ntk_flow_set_initial(ntk_flow *flow, const double *f0, int64_t ldf);

/* f = f_t(X), n x c: the outputs on the training set at time t >= 0 (INFINITY allowed). Cost: the first finite t takes
 * the eigen-decomposition, 1.5 to 3 n^3 flops; the first t = infinity a Cholesky factorisation, n^3/3; after that 4 n^2 c + 16 n^2
 * a time. Returns NTK_ERR_NULL, NTK_ERR_LEADING_DIMENSION, NTK_ERR_DOMAIN (t is negative or NaN), NTK_ERR_ALIAS,
 * NTK_ERR_NOT_POSITIVE (an eigenvalue is negative beyond rounding), NTK_ERR_RANGE (the result overflows),
 * NTK_ERR_CONVERGENCE, NTK_ERR_UNSUPPORTED (t = infinity of the logistic loss, the cross-entropy or the caller's loss with
 * lambda = 0), NTK_ERR_OVERFLOW, NTK_ERR_NO_MEMORY, NTK_ERR_CANCELLED. When the condition of the Gram matrix costs
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

/* Several times in one call: times (count numbers, any order). Row s n + i of f (count n x c; s m + i of count m x c) is
 * row i at times[s]. Each is what the call for one time gives, up to rounding; K(Z,X) is read or made once. Otherwise
 * as ntk_flow_train(), ntk_flow_predict() and ntk_flow_predict_at(). Since 0.3. */
NTK_API ntk_status ntk_flow_train_times(ntk_flow *flow, int64_t count, const double *times, double *f, int64_t ldf);
NTK_API ntk_status ntk_flow_predict_times(ntk_flow *flow, int64_t count, const double *times, int64_t m,
                                          const double *cross, int64_t ldk, const double *f0, int64_t ldf0, double *f,
                                          int64_t ldf);
NTK_API ntk_status ntk_flow_predict_at_times(ntk_flow *flow, int64_t count, const double *times, int64_t m,
                                             const double *z, int64_t ldz, const double *f0, int64_t ldf0, double *f,
                                             int64_t ldf);

/* The cost L(f_t(X)), without the decay's part, and the size of its gradient there,
 * (sum_k g_k' K g_k)^(1/2) with g = s w dloss/df: that of dL/dtheta of a network with this kernel. Either may be NULL.
 * Otherwise as ntk_flow_train(); also NTK_ERR_UNSUPPORTED for the cost where the caller's loss has no value. Since 0.3. */
NTK_API ntk_status ntk_flow_get_cost(ntk_flow *flow, double t, double *cost, double *gradient_norm);

/* A path with stop criteria: calls `visit` at the times (ascending, count of them) until it returns non-zero, or until
 * L <= cost or the gradient's size is <= gradient_norm (NAN: not asked for), which are looked at after each call. `last`
 * becomes the number of times visited. f and a are n x c, ld = c, valid during the call; visit must not use the flow.
 * visit may be NULL. NTK_ERR_DOMAIN for times that do not ascend. Otherwise as ntk_flow_get_cost(). Since 0.3. */
typedef int32_t (*ntk_flow_visit_function)(void *user, double t, int64_t n, int64_t c, const double *f, const double *a,
                                           double cost, double gradient_norm);
NTK_API ntk_status ntk_flow_follow(ntk_flow *flow, int64_t count, const double *times, double cost,
                                   double gradient_norm, ntk_flow_visit_function visit, void *user, int64_t *last);

/* The number of eigenvalues of the Gram matrix (with sample weights, of W^(1/2) K W^(1/2)) that count as positive. Takes the
 * eigen-decomposition; returns as ntk_flow_train(). Since 0.1. */
NTK_API ntk_status ntk_flow_get_rank(ntk_flow *flow, int64_t *rank);

NTK_END_DECLS

#endif
