/* Monte-Carlo kernels: the mean over random networks of their empirical kernels, behind the kernel handle of kernel.h.
 *
 * Network m = 0 ... M-1 is ntk_network_create(mlp, seed + m), modulo 2^64. With K_m its empirical kernel (empirical.h,
 * NTK_OUTPUT_TRACE),
 *   mean(x,x') = (1/M) sum of K_m,   error(x,x') = sqrt( sum of (K_m - mean)^2 / (M (M - 1)) ).
 * The mean estimates the expectation for networks of the real widths, which differs from the kernel of infinite width by
 * O(1/width) (not at all for one hidden layer without normalisation); the error is that of the mean and falls as (M width)^(-1/2).
 * docs/theory/empirical-kernels.md has both. */
#ifndef NTK_MONTE_CARLO_H
#define NTK_MONTE_CARLO_H

#include <ntk/empirical.h>

NTK_BEGIN_DECLS

/* A kernel handle for the mean of M = `networks` >= 1 kernels of `type`. The specification is copied; dropout, which acts
 * while a network is trained only, does nothing here. gram, cross, diagonal, apply, flows and processes work as for an
 * empirical kernel: a Gram matrix is exactly symmetric and has ntk_kernel_diagonal() on its diagonal. Networks are added in
 * their order, and M does not enter a network: the same call gives the same bits.
 *
 * Cost: M times that of the empirical kernel, and of drawing P parameters (10 to 20 ns each, divided by the threads). All
 * networks go over a band of so many rows of the matrix as there are features held of (empirical.h) before the next band.
 * ntk_kernel_gram_packed() goes over smaller pieces, the blocks of 384 rows on the diagonal and what stands beside them,
 * and for each draws all networks anew and passes over its rows: about n / 192 times (15 for n = 3000). Memory: that of
 * one empirical kernel, 8 P bytes, and a second output, but of the rows of a band only.
 *
 * In single precision: computed in doubles and rounded, so there are also x and z and another band, in doubles.
 * ntk_kernel_set_outputs(), ntk_kernel_set_tolerance(), ntk_kernel_set_most_terms(), the functions _layers and
 * derivatives return NTK_ERR_UNSUPPORTED.
 * Returns NTK_ERR_NULL, NTK_ERR_ENUM (type), NTK_ERR_SIZE (networks), NTK_ERR_OVERFLOW (P too large),
 * NTK_ERR_UNSUPPORTED (an activation known by its duals only; the caller's phi of a hidden layer, not below the
 * lowest one that trains, has no phi'), NTK_ERR_BLAS (c N_l exceeds the integers of the BLAS), NTK_ERR_NO_MEMORY.
 * Reference: Jacot et al. 2018; Novak et al. 2022. Since 0.3. */
NTK_API ntk_status ntk_kernel_create_monte_carlo(ntk_context *context, const ntk_mlp *mlp, int32_t type,
                                                 int64_t networks, uint64_t seed, ntk_kernel **out);

/* Mean and standard error of each entry after the first networks[0] < networks[1] < ... < networks[count-1] <= M networks,
 * in one pass over networks[count-1] of them: count matrices n x n, one below the other: entry (i, j) of estimate s at
 * mean[(s n + i) ldm + j], and error likewise (NULL: not wanted). Exactly symmetric. An estimate has the bits of a
 * call with it alone, and the mean those of ntk_kernel_gram() with as many networks. The sums are Welford's (no
 * cancellation). The root of the sum of the squared deviations of an entry must stay below 1e154 (NTK_ERR_RANGE);
 * deviations below 1e-154 lose digits, and count as 0 below 1e-162.
 * Memory beside the outputs: as ntk_kernel_gram(), which also tells when the outputs are filled with NaN, and what is
 * returned; also NTK_ERR_SIZE (count, or networks; one network has no error), NTK_ERR_ALIAS (an output overlaps
 * networks, too), NTK_ERR_UNSUPPORTED (another kernel).
 * Reference: Welford 1962. Since 0.3. */
NTK_API ntk_status ntk_kernel_gram_estimates(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t count,
                                             const int64_t *networks, double *mean, int64_t ldm, double *error,
                                             int64_t lde);

/* The same for K(X,Z), count matrices n x m. Since 0.3. */
NTK_API ntk_status ntk_kernel_cross_estimates(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                              const double *z, int64_t ldz, int64_t count, const int64_t *networks,
                                              double *mean, int64_t ldm, double *error, int64_t lde);

NTK_END_DECLS

#endif
