/* Kernel machines: what the flows of flow.h with weight decay end in, by direct solvers.
 *
 *   f(x) = sum_i a_i K(x,x_i) + b       minimises       |f|^2 / 2 + sum_i C_i loss(y_i, f(x_i)),   |f|^2 = a' K a
 *
 * type          loss                              y              solver
 * SVC           max(0, 1 - y f)                   two classes    SMO: second-order working sets, shrinking [Fan05]
 * SVR           max(0, |f - y| - epsilon)         numbers        the same
 * RIDGE         (f - y)^2 / 2                     numbers        Cholesky factorisation of K + diag(1/C_i)
 * LOGISTIC      log(1 + exp(-y f))                two classes    Newton's method
 *
 * Two classes are one machine: the larger label is y = +1, so that -1 and 1 mean what they say. SVC and LOGISTIC with more
 * classes are several machines of two: one for each pair of classes (again the larger label is y = +1; predictions by
 * votes) or for each class (y = +1) against the rest (predictions by the largest f). Ties go to the class that comes
 * first. C_i = C times the factor of its class times the sample's weight. A flow with the same loss and
 * learning rate eta, weight decay lambda and f_0 = 0 converges to the machine without bias with C = eta / (n lambda).
 * Source: docs/theory/kernel-machines.md. */
#ifndef NTK_SVM_H
#define NTK_SVM_H

#include <ntk/kernel.h>

NTK_BEGIN_DECLS

typedef struct ntk_svm ntk_svm;

/* The numbers are pinned. */
enum { NTK_SVM_SVC = 0, NTK_SVM_SVR = 1, NTK_SVM_RIDGE = 2, NTK_SVM_LOGISTIC = 3 };
enum { NTK_SVM_ONE_VS_ONE = 0, NTK_SVM_ONE_VS_REST = 1 };

/* A machine on n samples from a Gram matrix (n x n, ldk >= n, symmetric to 1e-10 of its largest diagonal entry), which is
 * copied, and y, n numbers: for SVC and LOGISTIC a label for each sample, any finite numbers, of which those that are
 * equal are a class, in ascending order. Real-valued y makes as many classes as there are values, and M machines of them
 * (ntk_svm_get_machines()), whose solution is n x M doubles. C = 1, bias on for SVC and SVR and off for RIDGE and
 * LOGISTIC, epsilon = 0.1. Returns NTK_ERR_NULL, NTK_ERR_ENUM, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION, NTK_ERR_OVERFLOW, NTK_ERR_NOT_FINITE,
 * NTK_ERR_NOT_SYMMETRIC, NTK_ERR_NOT_POSITIVE (a negative diagonal entry), NTK_ERR_DOMAIN (one class only),
 * NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_svm_create(ntk_context *context, int32_t type, int64_t n, const double *gram, int64_t ldk,
                                  const double *y, ntk_svm **out);

/* The same from a kernel and the data (x: n x d, ldx >= d), which is copied; the kernel is held and may be destroyed. SVC
 * and SVR make the rows of an analytic kernel when they need them and keep them in the cache; RIDGE, LOGISTIC and the kernels of
 * finite networks, whose rows share most of their work, make the Gram matrix. A kernel with one row for each row of x
 * (ntk_kernel_get_block()): NTK_ERR_UNSUPPORTED for others. Also returns what ntk_kernel_gram() does. Since 0.3. */
NTK_API ntk_status ntk_svm_create_from_kernel(ntk_kernel *kernel, int32_t type, int64_t n, const double *x, int64_t ldx,
                                              const double *y, ntk_svm **out);

/* NULL is allowed. Since 0.3. */
NTK_API void ntk_svm_destroy(ntk_svm *svm);

/* Settings take effect at the next ntk_svm_fit(), and each makes the machine unfitted. All return NTK_ERR_NULL.
 *   cost            C, finite and > 0; NTK_ERR_DOMAIN
 *   class_cost      factor of class 0 <= k < ntk_svm_get_classes(), finite and >= 0; NTK_ERR_SIZE, NTK_ERR_DOMAIN, and
 *                   NTK_ERR_UNSUPPORTED without classes
 *   sample_weights  n numbers, finite and >= 0, copied, or NULL for ones; NTK_ERR_SIZE, NTK_ERR_DOMAIN,
 *                   NTK_ERR_NOT_FINITE, NTK_ERR_NO_MEMORY. A weight of 0 leaves the sample out
 *   bias            0 or 1; NTK_ERR_ENUM
 *   multiclass      one of NTK_SVM_ONE_VS_...; NTK_ERR_ENUM; default one against one
 *   epsilon         of SVR, finite and >= 0; NTK_ERR_DOMAIN
 *   tolerance       the largest violation of the optimality conditions, in units of f, at which SMO ends, and Newton's
 *                   method, 1e-14 ... 1; default 1e-3; NTK_ERR_DOMAIN
 *   cache           bytes for rows of K during a fit, at least two rows are kept; default 256 MiB; NTK_ERR_SIZE. Results do not
 *                   depend on it. Beside it SMO keeps at most 16 MiB of rows in its own order
 *   shrinking       0 or 1 (default); NTK_ERR_ENUM
 *   most_iterations SMO ends with NTK_ERR_CONVERGENCE after so many; default 10^7 or 100 n, what is more; NTK_ERR_SIZE
 * Since 0.3. */
NTK_API ntk_status ntk_svm_set_cost(ntk_svm *svm, double cost);
NTK_API ntk_status ntk_svm_set_class_cost(ntk_svm *svm, int64_t k, double factor);
NTK_API ntk_status ntk_svm_set_sample_weights(ntk_svm *svm, int64_t n, const double *weights);
NTK_API ntk_status ntk_svm_set_bias(ntk_svm *svm, int32_t on);
NTK_API ntk_status ntk_svm_set_multiclass(ntk_svm *svm, int32_t multiclass);
NTK_API ntk_status ntk_svm_set_epsilon(ntk_svm *svm, double epsilon);
NTK_API ntk_status ntk_svm_set_tolerance(ntk_svm *svm, double tolerance);
NTK_API ntk_status ntk_svm_set_cache(ntk_svm *svm, int64_t bytes);
NTK_API ntk_status ntk_svm_set_shrinking(ntk_svm *svm, int32_t on);
NTK_API ntk_status ntk_svm_set_most_iterations(ntk_svm *svm, int64_t iterations);

/* Solves. Cost: SMO O(n) an iteration and a row of K where it is not in the cache; on a K of low rank with classes that
 * overlap, iterations grow in proportion to C; RIDGE n^3/3 flops; LOGISTIC n^3/3 for each
 * of some ten Newton steps; both n^2 doubles besides. Returns NTK_ERR_NULL, NTK_ERR_DOMAIN (a pair of classes or a class
 * without a sample of positive cost), NTK_ERR_NOT_POSITIVE (the Gram is indefinite beyond rounding where it shows: the
 * sentence names the pair of samples, or for RIDGE and LOGISTIC the leading minor), NTK_ERR_RANGE, NTK_ERR_CONVERGENCE (too
 * many iterations, or a tolerance below the rounding of K a: the sentence has the violation reached, of all samples with
 * outputs made anew from a), NTK_ERR_NO_MEMORY,
 * NTK_ERR_CANCELLED, and what the kernel does. A machine whose fit failed is unfitted. Since 0.3. */
NTK_API ntk_status ntk_svm_fit(ntk_svm *svm);

/* The number of classes (0 without them) and their labels (k numbers, k that number). NTK_ERR_NULL, NTK_ERR_SIZE. Since 0.3. */
NTK_API ntk_status ntk_svm_get_classes(const ntk_svm *svm, int64_t *k);
NTK_API ntk_status ntk_svm_get_labels(const ntk_svm *svm, int64_t k, double *labels);

/* The number of machines M: 1 for numbers and for two classes, else k (k - 1) / 2 in the order (0,1), (0,2), ..., or k.
 * NTK_ERR_NULL. Since 0.3. */
NTK_API ntk_status ntk_svm_get_machines(const ntk_svm *svm, int64_t *machines);

/* Of a fitted machine: a (n x M, lda >= M; exactly 0 for samples that are no support vectors or not part of the machine)
 * and b (M); either may be NULL. NTK_ERR_NULL, NTK_ERR_LEADING_DIMENSION, NTK_ERR_OVERFLOW, NTK_ERR_ALIAS (a and b
 * overlap), NTK_ERR_DOMAIN (not fitted). Since 0.3. */
NTK_API ntk_status ntk_svm_get_solution(const ntk_svm *svm, double *a, int64_t lda, double *b);

/* Of machine 0 <= j < M: the value of the cost at the top of this page; the gap, what the dual problem leaves of it (the
 * error of the value is at most that); the largest violation of the optimality conditions, in units of f (RIDGE: of
 * y - f = a / C; LOGISTIC: how much the last Newton step, which was taken, changed f); iterations; support vectors (a != 0).
 * Each may be NULL. NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_DOMAIN (not fitted). Since 0.3. */
NTK_API ntk_status ntk_svm_get_report(const ntk_svm *svm, int64_t j, double *objective, double *gap, double *violation,
                                      int64_t *iterations, int64_t *support_vectors);

/* f (m x M, ldf >= M): the machines' values at m points, from cross = K(Z,X) (m x n, ldk >= n), or at z (m x d, ldz >= d) with
 * K streamed for the support vectors alone. Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION,
 * NTK_ERR_NOT_FINITE, NTK_ERR_ALIAS, NTK_ERR_DOMAIN (not fitted), NTK_ERR_RANGE, NTK_ERR_NO_MEMORY, NTK_ERR_CANCELLED,
 * NTK_ERR_UNSUPPORTED (z without a kernel). Since 0.3. */
NTK_API ntk_status ntk_svm_decide(ntk_svm *svm, int64_t m, const double *cross, int64_t ldk, double *f, int64_t ldf);
NTK_API ntk_status ntk_svm_decide_at(ntk_svm *svm, int64_t m, const double *z, int64_t ldz, double *f, int64_t ldf);

/* y: m labels, or numbers. Otherwise as above. Since 0.3. */
NTK_API ntk_status ntk_svm_predict(ntk_svm *svm, int64_t m, const double *cross, int64_t ldk, double *y);
NTK_API ntk_status ntk_svm_predict_at(ntk_svm *svm, int64_t m, const double *z, int64_t ldz, double *y);

/* A bound on P(y f(x) <= 0) of machine j without bias, of SVC or LOGISTIC, that holds with the probability `confidence`, 0 <
 * confidence < 1, over the samples of that machine drawn independently [BartlettMendelson02]: the mean of
 * min(1, max(0, 1 - y_i f_i)) + 2 B sqrt(sum_i K_ii) / n + 3 sqrt(log(2 / delta) / (2 n)), where B = 2^k is the least
 * power of two >= |f| (k = 0 where f = 0), and delta = (1 - confidence) / ((pi^2/3 - 1) (|k| + 1)^2) is the part of
 * 1 - confidence that this ball has among the balls of all whole k, so that the bound holds although |f| is known from the
 * samples. May be above 1. NTK_ERR_UNSUPPORTED with a bias and for numbers; otherwise as ntk_svm_get_report(). Since 0.3. */
NTK_API ntk_status ntk_svm_get_bound(ntk_svm *svm, int64_t j, double confidence, double *bound);

/* How a certificate bounds <z',x_i> and |z'| over the ball max_j |z'_j - z_j| <= r. The numbers are pinned.
 *   euclidean:  as published, by the Euclidean ball around it: <z,x_i> -+ sqrt(d) r |x_i|_2 and |z| -+ sqrt(d) r
 *   box:        as tight as each can be: <z,x_i> -+ r |x_i|_1, and the norms of the box's nearest and farthest point.
 *               Never a smaller radius */
enum { NTK_CERTIFICATE_EUCLIDEAN = 0, NTK_CERTIFICATE_BOX = 1 };

/* The l-infinity robustness certificate of Chen, Huang, Nguyen and Weng [Chen21, section 5] for
 * f(x) = sum_i a_i K(x,x_i) + b with the NTK or NNGP of a network with one hidden layer of ReLU units and no biases:
 * for each of m points z the largest radius r (within a relative 1e-6, from below) for which interval bounds prove that
 * f keeps its sign for all z' in that ball. 0 where f(z) = 0, or is too small to have a sign beyond rounding; INFINITY
 * where any radius is proved. The bounds allow for their own rounding. K is this kernel's own, with its standard deviations and
 * learning-rate factors; that of [Chen21] has standard deviations of 1, and this library's default 1/d in it. x (n x d,
 * ldx >= d), a (n), z (m x d, ldz >= d); radius has m numbers. Cost 2 m n d flops and some 20 bounds of f a point, each
 * O(d) and two values of h (arccos) for each sample with a_i != 0; memory 67 n + m numbers. NTK_ERR_RANGE for rows of
 * x (with a_i != 0) and z with a Euclidean norm that is not 0 and below 1e-140, or 1e150 or more, and where a_i K overflows.
 * NTK_ERR_UNSUPPORTED for another kernel. Also returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION,
 * NTK_ERR_OVERFLOW, NTK_ERR_ENUM, NTK_ERR_NOT_FINITE, NTK_ERR_ALIAS, NTK_ERR_RANGE, NTK_ERR_BLAS, NTK_ERR_NO_MEMORY,
 * NTK_ERR_CANCELLED. Source: docs/theory/certificate.md. Example: examples/chen_certificates.py. Since 0.3. */
NTK_API ntk_status ntk_kernel_certificate(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, const double *a,
                                          double b, int64_t m, const double *z, int64_t ldz, int32_t bounds,
                                          double *radius);

NTK_END_DECLS

#endif
