/* Kernels of finite networks, behind the kernel handle of kernel.h: gram, cross, diagonal, apply, flows and processes
 * work with them as with the others.
 *
 *   NTK    T((x,a),(x',b)) = sum over parameters p of r_p dF_a(x)/dtheta_p dF_b(x')/dtheta_p
 *          = sum over l of <delta^l_a, delta'^l_b> (r_w (sw^2/N_{l-1}) <f^{l-1}, f'^{l-1}> + r_b sb^2)
 *          for outputs a and b, with learning-rate factors r and delta^l_a = dF_a/dz^l
 *   NNGP   (sw_L^2/N_{L-1}) <f^{L-1}, f'^{L-1}> + sb_L^2, the covariance of an output when the last layer alone is
 *          random
 * Products of Gram matrices of f and delta, layer by layer; the Jacobian is never formed. In the standard
 * parameterisation r_w <f, f'> + r_b is in place of the bracket of the NTK. Where layer l has a skip or a
 * normalisation, delta^l is dF_a/dz^l for z^l before it is normalised. */
#ifndef NTK_EMPIRICAL_H
#define NTK_EMPIRICAL_H

#include <ntk/kernel.h>
#include <ntk/network.h>

NTK_BEGIN_DECLS

/* Which outputs. The numbers are pinned. */
enum {
    NTK_OUTPUT_TRACE = 0, /* the mean over the c outputs of T((x,a),(x',a)): n x m */
    NTK_OUTPUT_FULL = 1,  /* all: (n c) x (m c), row i c + a, column j c + b */
    NTK_OUTPUT_ONE = 2,   /* a = b = one output, 0 unless set: n x m */
    NTK_OUTPUT_PAIR = 3   /* output a of x with output b of x', n x m, not symmetric: cross and apply only */
};

/* The NTK (NTK_KERNEL_NTK) or NNGP (NTK_KERNEL_NNGP) of a network as it is now: the parameters are copied, 8 P bytes.
 * For NTK_OUTPUT_FULL everything that the functions of kernel.h say of n x m matrices and n values holds with n c and m
 * c in their places, while n and m still count rows of x and z: leading dimensions are at least m c, ntk_kernel_apply()
 * takes A with m c rows and gives n c, a flow has n c rows of targets (so the 1/n of its loss is 1/(n c): a learning
 * rate c times as large is that of a mean over inputs). The NNGP is the same for every output: T((x,a),(x',b)) = 0 for
 * a != b. Layers whose learning-rate factors are 0 are left out.
 *
 * Cost of a Gram matrix, with k = c for TRACE and FULL and 1 otherwise, in flops:
 *   2 n (1 + k) (sum over l of N_{l-1} N_l)                    passes through the network, forwards and backwards
 *   n^2 (sum over l of N_{l-1} + q sum over l < L of N_l)      products; q = c for TRACE, c^2 for FULL, else 1
 * (cross: n + m and 2 n m in place of n and n^2). Memory beside the output: f and delta, sum over l of N_{l-1} + k N_l
 * numbers a row, of as many rows as 256 MB hold, but 4 rows at least and 4096 at most; and a pass of up to 256 rows.
 * What does not fit is made again: with R rows held, the passes of a Gram matrix cost 1 + n / (2 R) times as much,
 * those of z in a rectangular one n / R times.
 *
 * ntk_kernel_apply() and the predictions of flows take the way of fewer flops: tiles of K(X,Z), at the cost of cross;
 * or, for an NTK, matrix-free J(X) r J(Z)' A, by one vjp and one jvp for each column of A (TRACE: and output), which is
 * linear in n and m: (2 to 3) m + 3 n times 2 (sum over l of N_{l-1} N_l) flops a column, and beside two passes 2^24
 * numbers, or P if that is more.
 *
 * What differs from kernel.h:
 * - A Gram matrix is exactly symmetric and has ntk_kernel_diagonal() on its diagonal, to the bit. Other entries of
 *   equal rows differ from it by the rounding of an inner product, c eps |J_a(x)| |J_b(x')|: they come from BLAS.
 * - ntk_kernel_diagonal() makes passes, reports progress and can be cancelled.
 * - Single precision is floats throughout, from parameters rounded to floats: errors of some eps |J_a(x)| |J_b(x')|,
 *   times what the network makes of the rounding of its parameters.
 * - NTK_ERR_RANGE: a kernel value or an output of a layer overflows.
 * - NTK_ERR_UNSUPPORTED: ntk_kernel_set_tolerance(), ntk_kernel_set_most_terms(), the functions _layers, derivatives;
 *   with NTK_OUTPUT_PAIR all but cross and apply.
 * Returns NTK_ERR_NULL, NTK_ERR_ENUM, NTK_ERR_UNSUPPORTED (the caller's phi of a hidden layer, not below the lowest
 * one that trains, has no phi'), NTK_ERR_BLAS (c N_l exceeds the integers of the BLAS), NTK_ERR_NO_MEMORY.
 * Reference: Jacot et al. 2018; Novak et al. 2022. Since 0.3. */
NTK_API ntk_status ntk_kernel_create_empirical(ntk_context *context, const ntk_network *network, int32_t type,
                                               int32_t output_form, ntk_kernel **out);

/* The outputs a and b of NTK_OUTPUT_PAIR, or a = b of NTK_OUTPUT_ONE; 0 and 0 before. Flows and processes made from the
 * kernel follow it: they are not to be used on after a change. Returns NTK_ERR_NULL, NTK_ERR_SIZE (an output outside 0
 * ... c-1, or two of them for NTK_OUTPUT_ONE), NTK_ERR_UNSUPPORTED (another form or kernel). Since 0.3. */
NTK_API ntk_status ntk_kernel_set_outputs(ntk_kernel *kernel, int64_t a, int64_t b);

/* How many rows of the kernel matrix a row of x has: c for NTK_OUTPUT_FULL, else 1. Returns NTK_ERR_NULL. Since 0.3. */
NTK_API ntk_status ntk_kernel_get_block(const ntk_kernel *kernel, int64_t *block);

NTK_END_DECLS

#endif
