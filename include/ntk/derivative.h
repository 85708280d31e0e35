/* Derivatives of the analytic kernel: with respect to an input, and to the standard deviations of a layer. The theory
 * is in docs/theory/kernel-derivatives.md.
 *
 * All kinds of activations and all options of a network are served, but for the caller's duals
 * (ntk_activation_create_dual()) and the caller's phi with kinks (ntk_activation_set_kinks()): those return
 * NTK_ERR_UNSUPPORTED. No differences are taken: derivatives are accurate
 * to some 1e-15 of the largest of the terms that they are summed from. One case has less: the NTK has a kink where two
 * rows coincide when an activation has one, and in networks with biases or normalisation the gradient beside it, at an
 * angle t, is off by some 1e-16 / t, from the rounding of the norms. Kinds whose duals are series give the derivative
 * of the truncated series, whose error may exceed the tolerance of ntk_kernel_set_tolerance() by a factor up to the
 * number of terms. */
#ifndef NTK_DERIVATIVE_H
#define NTK_DERIVATIVE_H

#include <ntk/kernel.h>

NTK_BEGIN_DECLS

/* Which of a layer's standard deviations. The numbers are pinned. */
enum {
    NTK_STD_WEIGHT = 0, /* sw */
    NTK_STD_BIAS = 1    /* sb */
};

/* gradient[(i*m + j)*d + e] = dK(x_i, z_j) / dx_ie: n x m x d numbers without gaps, K of the kernel's type, d = N_0. x
 * is n x d, z is m x d; n, m >= 1, ldx, ldz >= d. x and z may be the same: the gradient is in the first argument only,
 * and at equal rows it is half of that of K(x,x) (without dropout).
 *
 * Where K has a kink (the NTK of a ReLU network at equal or, without bias, collinear and opposite rows) the entry is
 * the mean of the one-sided derivatives. In a network whose first layer has no bias, rows with sw_1 |x| / sqrt(N_0)
 * below 1e-100 are taken at that length, and a row of zeros as a short row at a right angle to z, less what points
 * along the row: the gradient of K where it has one; 0 where K depends on no more than the direction of a short x
 * (STEP, SIGN, or a normalisation with epsilon = 0 behind the first layer). Angles below 1e-45 count as 0.
 *
 * Cost: 15 to 50 times that of the kernel, and 4 n m d flops; on the context's threads. Memory beside gradient: m (d +
 * 35 L) + 256 (m + d + 60 L) doubles, and twice the series of the kinds TANH to GELU_TANH for each row. gradient is
 * filled with NaN when the call fails after it began. Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION,
 * NTK_ERR_OVERFLOW, NTK_ERR_BLAS, NTK_ERR_ALIAS, NTK_ERR_NOT_FINITE, NTK_ERR_UNSUPPORTED (the caller's duals or kinks; a kernel
 * that is not analytic), NTK_ERR_RANGE, NTK_ERR_ACCURACY, NTK_ERR_CALLBACK, NTK_ERR_NO_MEMORY, NTK_ERR_CANCELLED.
 * Reference: Squire and Trapp 1998 (complex step). Since 0.2. */
NTK_API ntk_status ntk_kernel_cross_gradient(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                             const double *z, int64_t ldz, double *gradient);

/* out[(i*c + p)*d + e] = sum_j a_jp dK(x_i, z_j) / dx_ie: the input gradient of the predictor sum_j a_jp K(., z_j), n x
 * c x d numbers without gaps. a is m x c with lda >= c, c >= 1; else as ntk_kernel_cross_gradient(). No gradient of a
 * pair is formed: two scalars a pair go into matrix products of 2 n m c (d + 1) flops. Pairs with 1 - |cos| < 1/256
 * after the first layer (which counts the bias as an input) are added one by one, at O(c d) each. Memory beside out: as
 * there, and 512 m + 256 c doubles. out is filled with NaN when the call fails after it began. Returns what that
 * function does. Since 0.2. */
NTK_API ntk_status ntk_kernel_apply_gradient(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                             const double *z, int64_t ldz, int64_t c, const double *a, int64_t lda,
                                             double *out);

/* dk[i*ldk + j] = dK(x_i, x_j) / d sw_layer (which = NTK_STD_WEIGHT) or / d sb_layer (NTK_STD_BIAS), 1 <= layer <= L: n
 * x n, exactly symmetric, its diagonal that of ntk_kernel_diagonal_derivative(). For a parameter that layers share, add
 * their matrices. The derivative with respect to sb is 0 at sb = 0, since K depends on its square. ldk >= n; x as for
 * ntk_kernel_gram(). Cost: 8 to 20 times that of the kernel, on the context's threads; memory beside dk: n (d + 35 L)
 * doubles, and twice the series of the kinds TANH to GELU_TANH. Returns NTK_ERR_ENUM (which), NTK_ERR_SIZE (also
 * layer), and what ntk_kernel_cross_gradient() does. Since 0.2. */
NTK_API ntk_status ntk_kernel_gram_derivative(ntk_kernel *kernel, int32_t which, int64_t layer, int64_t n,
                                              const double *x, int64_t ldx, double *dk, int64_t ldk);

/* The same for K(X,Z): n x m with ldk >= m. Since 0.2. */
NTK_API ntk_status ntk_kernel_cross_derivative(ntk_kernel *kernel, int32_t which, int64_t layer, int64_t n,
                                               const double *x, int64_t ldx, int64_t m, const double *z, int64_t ldz,
                                               double *dk, int64_t ldk);

/* The same for K(x_i, x_i): n values, O(n (d + L)). Since 0.2. */
NTK_API ntk_status ntk_kernel_diagonal_derivative(ntk_kernel *kernel, int32_t which, int64_t layer, int64_t n,
                                                  const double *x, int64_t ldx, double *dk);

NTK_END_DECLS

#endif
