/* Kernels: one interface for every way to evaluate K(x, x'). What follows is said of the kernel of the infinitely wide
 * network, ntk_kernel_create_analytic(); empirical.h says how the kernels of finite networks differ.
 *
 * Matrices are row-major with a leading dimension in elements; row i of an n x d matrix x starts at x + i*ldx. Outputs
 * must not overlap inputs. Every input entry must be finite. Outputs are untouched unless the call succeeds, with one
 * exception: gram and cross, and their forms _layers, _packed and _f32, write into the caller's matrices as they go, so
 * when they are cancelled after their first progress report, or a function of the caller fails by then, they fill them
 * with NaN. Work is done by the context's threads and by the BLAS's own. Sizes beyond the integers of the BLAS in use
 * (2^31 - 1 for LP64) are refused with NTK_ERR_BLAS. */
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
 * Returns NTK_ERR_NULL, NTK_ERR_ENUM, NTK_ERR_NO_MEMORY, NTK_ERR_UNSUPPORTED (more than 16 skips over one layer).
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
 * x is n x d with d = N_0; n >= 1, ldx >= d, ldk >= n. Cost n^2 d + O(n^2 L) flops; memory beside k: n (d + 7 L + 4) doubles (4 n
 * more for each layer with a skip or a normalisation),
 * and for each activation by series n (terms + 2) more.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION, NTK_ERR_OVERFLOW, NTK_ERR_ALIAS, NTK_ERR_NOT_FINITE,
 * NTK_ERR_RANGE (a kernel value exceeds an eighth of the double range), NTK_ERR_NO_MEMORY, NTK_ERR_CANCELLED, NTK_ERR_BLAS,
 * NTK_ERR_ACCURACY (ntk_kernel_set_most_terms()), NTK_ERR_CALLBACK. Since 0.1. */
NTK_API ntk_status ntk_kernel_gram(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, double *k, int64_t ldk);

/* k[i*ldk + j] = K(x_i, z_j), n x m with ldk >= m. x and z may be the same. Otherwise as ntk_kernel_gram(). Since 0.1. */
NTK_API ntk_status ntk_kernel_cross(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                    const double *z, int64_t ldz, double *k, int64_t ldk);

/* diagonal[i] = K(x_i, x_i), n values; O(n d). Statuses as ntk_kernel_gram(), without cancellation. Since 0.1. */
NTK_API ntk_status ntk_kernel_diagonal(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, double *diagonal);

/* out = K(X, Z) A without forming K: x is n x d, z is m x d, a is m x c, out is n x c. The kernel is made tile by tile in
 * a work area of 256 rows of K(X,Z), beside m (d + 7 L + 4) doubles and a copy of out; out is written at the end. Statuses
 * as ntk_kernel_gram(); NTK_ERR_RANGE also when the product overflows. Since 0.1. */
NTK_API ntk_status ntk_kernel_apply(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                    const double *z, int64_t ldz, int64_t c, const double *a, int64_t lda, double *out,
                                    int64_t ldo);

/* Accuracy of the activations without a closed form (TANH to GELU_TANH and the caller's phi): their duals are
 * truncated series. */

/* The tolerance, 1e-14 <= tolerance < 1, default 1e-10: each layer's E[phi(u) phi(v)] is made to that times
 * sqrt(E[phi(u)^2] E[phi(v)^2]), and E[phi'(u) phi'(v)] likewise. What that means for the kernel is
 * ntk_kernel_get_error_bound(). Returns NTK_ERR_NULL, NTK_ERR_DOMAIN, NTK_ERR_UNSUPPORTED (the kernel of a finite network).
 * Since 0.2. */
NTK_API ntk_status ntk_kernel_set_tolerance(ntk_kernel *kernel, double tolerance);

/* The budget: the most terms that a series may have, 8 <= terms <= 65536, default 2048. A call that would need more returns
 * NTK_ERR_ACCURACY with a sentence that names the layer and the accuracy that the budget allows. Returns NTK_ERR_NULL,
 * NTK_ERR_SIZE, NTK_ERR_UNSUPPORTED (the kernel of a finite network). Since 0.2. */
NTK_API ntk_status ntk_kernel_set_most_terms(ntk_kernel *kernel, int64_t terms);

/* A bound for what truncation did to the kernel values (of all layers, for the calls that deliver layers) of the last
 * successful call, as a multiple of
 * sqrt(K(x,x) K(x',x')), the error of every layer carried through those above it; 0 when all activations have closed forms.
 * Rounding (some 1e-15) comes on top; where a kinked activation stands above a series, the bound grows to the root of its
 * rounding. Derivatives (derivative.h) leave it as it was: they have no bound. After a solver's call it is that of the last
 * kernel matrix made. Returns NTK_ERR_NULL. Since 0.2. */
NTK_API ntk_status ntk_kernel_get_error_bound(const ntk_kernel *kernel, double *bound);

/* Several layers, and both types of kernel, in one pass. */

/* One layer's values: NNGP S^layer and NTK T^layer, 1 <= layer <= L; a NULL matrix is not wanted. */
typedef struct {
    size_t struct_size; /* sizeof(ntk_layer_values), also the distance between the entries of an array */
    int64_t layer;
    double *nngp;
    double *ntk;
} ntk_layer_values;

/* As ntk_kernel_gram() for `count` layers at once (any order, none twice), whatever the kernel's type: every matrix is
 * n x n with the one ldk. At least one is wanted; none may overlap another. With an L-layer network, layer = L gives NNGP
 * and NTK together. Costs one inner product a pair, like a single Gram matrix. Returns what ntk_kernel_gram() does, and
 * NTK_ERR_UNSUPPORTED for the kernel of a finite network. Since 0.2. */
NTK_API ntk_status ntk_kernel_gram_layers(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t count,
                                          const ntk_layer_values *values, int64_t ldk);

/* The same for K(X,Z), n x m. Since 0.2. */
NTK_API ntk_status ntk_kernel_cross_layers(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                           const double *z, int64_t ldz, int64_t count, const ntk_layer_values *values,
                                           int64_t ldk);

/* The same for K(x_i, x_i): vectors of n values. Since 0.2. */
NTK_API ntk_status ntk_kernel_diagonal_layers(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx,
                                              int64_t count, const ntk_layer_values *values);

/* The Gram matrix in n (n + 1) / 2 doubles: LAPACK's rectangular full packed format with TRANSR = 'N' and UPLO = 'L' (as
 * dpftrf takes it, column-major). Panels are written straight into its blocks: memory beside k as ntk_kernel_gram() and
 * one panel of 256 rows. The entries are those of ntk_kernel_gram() up to the rounding of one inner product. Returns what
 * ntk_kernel_gram() does. Reference: Gustavson et al. 2010. Since 0.2. */
NTK_API ntk_status ntk_kernel_gram_packed(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, double *k);

/* Single precision: inputs and outputs are floats. Networks of the ReLU family (kinds IDENTITY, RELU, LEAKY_RELU, ABS,
 * TWO_SLOPE, not all IDENTITY; no skip, normalisation or dropout; variances from 1e-24 to 1e24) are evaluated in single
 * precision, with double precision for 1 - |cos| of near pairs and for pairs whose value is small; all others in double
 * precision, and rounded. Memory beside the result: some n (d + 9 L + 15) floats, or as in double precision. Entries are within 64 ulp of the double-precision kernel of the
 * same inputs up to depth 10, where that is not smaller than 2^-10 of sqrt(K(x,x) K(x',x')). Otherwise as the functions
 * without the suffix; NTK_ERR_RANGE when a value exceeds the float range. Since 0.2. */
NTK_API ntk_status ntk_kernel_gram_f32(ntk_kernel *kernel, int64_t n, const float *x, int64_t ldx, float *k,
                                       int64_t ldk);
NTK_API ntk_status ntk_kernel_cross_f32(ntk_kernel *kernel, int64_t n, const float *x, int64_t ldx, int64_t m,
                                        const float *z, int64_t ldz, float *k, int64_t ldk);
NTK_API ntk_status ntk_kernel_diagonal_f32(ntk_kernel *kernel, int64_t n, const float *x, int64_t ldx, float *diagonal);
NTK_API ntk_status ntk_kernel_apply_f32(ntk_kernel *kernel, int64_t n, const float *x, int64_t ldx, int64_t m,
                                        const float *z, int64_t ldz, int64_t c, const float *a, int64_t lda, float *out,
                                        int64_t ldo);

NTK_END_DECLS

#endif
