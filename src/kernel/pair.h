/* The state of a pair of inputs on its way through the layers, and the operations on it.
 *
 * A pair carries its covariance k = S^l(x,x') and `near` = 1 - |rho|, the distance of its correlation from the pole on
 * its side. near, not rho, is handed from layer to layer: every term of its recursion has one sign, so its relative
 * accuracy survives any depth (docs/theory/analytic-kernels.md). The operations work on chunks of pairs of one row with
 * many columns, in arrays that stay in the first-level cache, and exist once for each instruction set. */
#ifndef NTKI_PAIR_H
#define NTKI_PAIR_H

#include <stdint.h>

#include "lib/cpu/cpu.h"
#include "lib/cpu/isa.h"

enum { NTKI_CHUNK = 256 };

/* Below this 1 - |cos| the rows are compared directly. A kernel value at cos near 1 depends on the root of 1 - cos, so
 * 2^-8 leaves an error of a few ulp; near -1 it may vanish like its power 3/2, and the comparison begins earlier. */
#define NTKI_NEAR_THRESHOLD 0x1p-8
#define NTKI_OPPOSITE_WEIGHT 0x1p-5

/* What one layer needs to know of the inputs of a set: for input i,
 *   std[i] = sqrt(S^l(x_i,x_i)),  rms[i] = sqrt(E[phi_l(u)^2]),
 *   next_std[i] = sqrt(S^{l+1}(x_i,x_i)),  next_inverse[i] = 1 / next_std[i], or 0 where that is 0.
 * For the first layer, rms[i] = |x_i| and std is not used. */
typedef struct {
    const double *std;
    const double *rms;
    const double *next_std;
    const double *next_inverse;
} ntki_layer_side;

/* S^{l+1} = weight_variance E[phi_l phi_l] + bias_variance; for the first layer E[..] stands for <x,x'>. */
typedef struct {
    double weight_variance;
    double bias_variance;
    const double *parameters; /* of phi_l */
} ntki_layer_step;

/* Row i of one set with columns j0 .. j0 + count - 1 of the other. theta is NULL when only S is wanted. */
typedef void (*ntki_row_step)(const ntki_layer_step *step, const ntki_layer_side *a, int64_t i,
                              const ntki_layer_side *b, int64_t j0, int64_t count, double *k, double *near,
                              double *theta);

/* The same for the pairs (i, i) of one set, i < n: near = 0, k and theta in place. Only step, std and k are used. */
typedef void (*ntki_diagonal_step)(const ntki_layer_step *step, const double *std, int64_t n, double *k, double *theta);

/* Everything that exists once for each instruction set. `step` and `diagonal` are indexed by the kind of activation. */
typedef struct {
    /* cosine[j] stays, near[j] = 1 - |cosine[j]|; returns the smallest, negative cosines weighed. */
    double (*nearness)(int64_t count, const double *cosine, double *near);
    /* 1 - cos of the angle between u and v (of u and -v) for a = 1/|u| and b = 1/|v| (-1/|v|), accurate however small: the
     * products a u_j and b v_j are taken exactly. */
    double (*angle_gap)(int64_t d, double a, const double *u, double b, const double *v);
    /* From cosines and nearness in k and near. */
    ntki_row_step first;
    const ntki_row_step *step;
    const ntki_diagonal_step *diagonal;
} ntki_pair_operations;

extern const ntki_pair_operations ntki_pair_operations_baseline;
#if NTKI_X86_PATHS
extern const ntki_pair_operations ntki_pair_operations_avx2;
extern const ntki_pair_operations ntki_pair_operations_avx512;
#endif

const ntki_pair_operations *ntki_pair_operations_for(ntki_isa isa);

#endif
