/* Kernels: one interface for every way to evaluate K(x, x').
 *
 * Matrices are row-major with a leading dimension in elements; row i of an n x d matrix x starts at x + i*ldx. Outputs
 * must not overlap inputs. Every input entry must be finite. Outputs are untouched unless the call succeeds, with one
 * exception: gram and cross write into the caller's matrix as they go, so when they are cancelled after their first
 * progress report they fill it with NaN. Work is done by the context's threads and by the BLAS's own. Sizes beyond the
 * integers of the BLAS in use (2^31 - 1 for LP64) are refused with NTK_ERR_BLAS. */
#ifndef NTK_KERNEL_H
#define NTK_KERNEL_H

#include <ntk/mlp.h>

NTK_BEGIN_DECLS

typedef struct ntk_kernel ntk_kernel;

/* Types of kernels. The numbers are pinned. */
enum {
    NTK_KERNEL_NTK = 0, /* the neural tangent kernel: all layers train */
    NTK_KERNEL_NNGP = 1 /* the covariance of the outputs at initialisation: only the last layer trains */
};

/* The kernel of the infinitely wide network:
 *   S^1 = sw_1^2 <x,x'>/N_0 + sb_1^2,   S^{l+1} = sw^2 E[phi(u) phi(v)] + sb^2,   (u,v) ~ N(0, S^l)   (NNGP)
 *   T^1 = S^1,   T^{l+1} = T^l sw^2 E[phi'(u) phi'(v)] + S^{l+1}                                       (NTK)
 * at layer L. The network may be destroyed afterwards. A pair costs one inner product and O(L) elementwise work.
 * Pairs that nearly coincide (1 - cos < 1/256) or are nearly opposite (1 + cos < 1/8) get that number from the difference
 * (sum) of the rows, at O(d) more for each, and layers hand on 1 - |cos|, not cos: the kernels keep full relative accuracy
 * at any depth. Data with a large common offset make every pair such a pair: centre them. Rows of a norm below 1e-150 may
 * count as zero.
 * Returns NTK_ERR_NULL, NTK_ERR_ENUM, NTK_ERR_NO_MEMORY.
 * Reference: Jacot, Gabriel, Hongler 2018; Lee et al. 2018; Cho and Saul 2009 (ReLU); Williams 1997 (erf).
 * Example: examples/digits.c. Since 0.1. */
NTK_API ntk_status ntk_kernel_create_analytic(ntk_context *context, const ntk_mlp *mlp, int32_t type, ntk_kernel **out);

/* Gives up the caller's hold: flows and processes made from the kernel keep it alive. NULL is allowed. Since 0.1. */
NTK_API void ntk_kernel_destroy(ntk_kernel *kernel);

/* NTK_KERNEL_NTK or NTK_KERNEL_NNGP. Returns NTK_ERR_NULL. Since 0.1. */
NTK_API ntk_status ntk_kernel_get_type(const ntk_kernel *kernel, int32_t *type);

/* N_0, the number of entries d of an input row. Returns NTK_ERR_NULL. Since 0.1. */
NTK_API ntk_status ntk_kernel_get_input_dimension(const ntk_kernel *kernel, int64_t *dimension);

/* k[i*ldk + j] = K(x_i, x_j), n x n, both triangles, exactly symmetric; equal rows give exactly the diagonal value.
 * x is n x d with d = N_0; n >= 1, ldx >= d, ldk >= n. Cost n^2 d + O(n^2 L) flops; memory beside k: n (d + 3 L + 2) doubles.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION, NTK_ERR_OVERFLOW, NTK_ERR_ALIAS, NTK_ERR_NOT_FINITE,
 * NTK_ERR_RANGE (a kernel value exceeds the double range), NTK_ERR_NO_MEMORY, NTK_ERR_CANCELLED. Since 0.1. */
NTK_API ntk_status ntk_kernel_gram(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, double *k, int64_t ldk);

/* k[i*ldk + j] = K(x_i, z_j), n x m with ldk >= m. x and z may be the same. Otherwise as ntk_kernel_gram(). Since 0.1. */
NTK_API ntk_status ntk_kernel_cross(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                    const double *z, int64_t ldz, double *k, int64_t ldk);

/* diagonal[i] = K(x_i, x_i), n values; O(n d). Statuses as ntk_kernel_gram(), without cancellation. Since 0.1. */
NTK_API ntk_status ntk_kernel_diagonal(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, double *diagonal);

/* out = K(X, Z) A without forming K: x is n x d, z is m x d, a is m x c, out is n x c. The kernel is made tile by tile in
 * a work area of 256 rows of K(X,Z), beside m (d + 3 L + 2) doubles and a copy of out; out is written at the end. Statuses
 * as ntk_kernel_gram(); NTK_ERR_RANGE also when the product overflows. Since 0.1. */
NTK_API ntk_status ntk_kernel_apply(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                    const double *z, int64_t ldz, int64_t c, const double *a, int64_t lda, double *out,
                                    int64_t ldo);

NTK_END_DECLS

#endif
