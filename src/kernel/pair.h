/* The state of a pair of inputs on its way through the layers, and the operations on it.
 *
 * A pair carries its covariance k = S^l(x,x') and `near` = 1 - |rho|, the distance of its correlation from the pole on
 * its side. near, not rho, is handed from layer to layer: every term of its recursion has one sign, so its relative
 * accuracy survives any depth (docs/theory/analytic-kernels.md). The operations work on chunks of pairs of one row with
 * many columns, in arrays that stay in the first-level cache, and exist once for each instruction set and number type. */
#ifndef NTKI_PAIR_H
#define NTKI_PAIR_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/cpu/cpu.h"
#include "lib/cpu/isa.h"

enum { NTKI_CHUNK = 256, NTKI_CONSTANTS = 96 };

/* Below this 1 - |cos| the rows are compared directly. A kernel value at cos near 1 depends on the root of 1 - cos, so
 * 2^-8 leaves an error of a few ulp; near -1 it may vanish like its power 3/2, and the comparison begins earlier. */
#define NTKI_NEAR_THRESHOLD 0x1p-8
#define NTKI_OPPOSITE_WEIGHT 0x1p-5

/* The types for one number type:
 *
 * layer_side: what one layer needs to know of the inputs of a set. For input i, with S without what a skip adds,
 *   std[i] = sqrt(S^l(x_i,x_i)) as the activation sees it,  rms[i] = sqrt(E[phi_l(u)^2]),
 *   next_std[i] = sqrt(S^{l+1}(x_i,x_i)),  next_inverse[i] = 1 / next_std[i], or 0 where that is 0;
 *   total_std, total_inverse: the same with the skip; factor[i]: of layer normalisation; both only where there is one.
 * For the first layer, rms[i] = |x_i| and std is not used. The series kinds have coefficient[j * stride + i] = a_j(std[i]),
 * j < terms, and the diagonal's mean_square[i] = E[phi_l(u)^2] and mean_slope[i] = E[phi_l'(u)^2].
 *
 * layer_step: S^{l+1} = weight_variance E[phi_l phi_l] + bias_variance; for the first layer E[..] stands for <x,x'>.
 * T^{l+1} = T^l weight_variance E[phi_l' phi_l'] + weight_tangent E[phi_l phi_l] + bias_tangent. Dropout divides an input's
 * own E[phi_l^2] by 1 - rate: 1 + spread is that factor.
 *
 * row_step: row i of one set with columns j0 .. j0 + count - 1 of the other. theta is NULL when only S is wanted.
 *
 * dual_diagonal: value = E[phi(u)^2] and slope = E[phi'(u)^2] for the n inputs of a set, k = std^2 up to rounding. */
#define NTKI_DEFINE_PAIR_TYPES(real, suffix)                                                                       \
    typedef struct {                                                                                               \
        const real *std, *rms, *next_std, *next_inverse;                                                           \
        const real *total_std, *total_inverse, *factor;                                                            \
        const real *coefficient, *mean_square, *mean_slope;                                                        \
        int64_t terms, stride;                                                                                     \
    } ntki_layer_side##suffix;                                                                                     \
    typedef struct {                                                                                               \
        real weight_variance, bias_variance, weight_tangent, bias_tangent, spread;                                 \
        const double *constants;                                                                                   \
    } ntki_layer_step##suffix;                                                                                     \
    typedef void (*ntki_row_step##suffix)(const ntki_layer_step##suffix *step, const ntki_layer_side##suffix *a,   \
                                          int64_t i, const ntki_layer_side##suffix *b, int64_t j0, int64_t count,  \
                                          real *k, real *near, real *theta);                                       \
    typedef void (*ntki_dual_diagonal##suffix)(const double *constants, int64_t n, const real *std, const real *k, \
                                               real *value, real *slope);                                          \
    typedef struct {                                                                                               \
        const real *value, *slope, *gap, *sum;                                                                     \
    } ntki_dual_values##suffix;                                                                                    \
    typedef struct {                                                                                               \
        real *k, *near, *theta;                                                                                    \
    } ntki_pair_values##suffix;

NTKI_DEFINE_PAIR_TYPES(double, )
NTKI_DEFINE_PAIR_TYPES(float, _f32)
NTKI_DEFINE_PAIR_TYPES(double _Complex, _complex)

/* G(cos) / G(1) as a series in y = 2 sqrt(1 - |cos|) - 1 for each sign of the cosine, in Chebyshev polynomials or, where
 * that loses no digits, in powers: see collapse.h. */
enum { NTKI_COLLAPSE_TERMS = 128 };
typedef struct {
    double positive[NTKI_COLLAPSE_TERMS], negative[NTKI_COLLAPSE_TERMS];
    int64_t terms; /* of the longer one */
    bool powers;
} ntki_collapse_series;

/* Everything that exists once for each instruction set and number type; `step` and `diagonal` are indexed by the kind of
 * activation, NULL where there is none. */
#define NTKI_DEFINE_PAIR_OPERATIONS(real, suffix)                                                                        \
    typedef struct {                                                                                                     \
        /* cosine[j] stays, near[j] = 1 - |cosine[j]|; returns the smallest, negative cosines weighed. */                \
        real (*nearness)(int64_t count, const real *cosine, real *near);                                                 \
        /* 1 - cos of the angle between u and v (of u and -v) for a = 1/|u| and b = 1/|v| (-1/|v|), accurate however   \
         * small: the products a u_j and b v_j are taken exactly. */ \
        double (*angle_gap)(int64_t d, double a, const real *u, double b, const real *v);                                \
        /* u . v in double precision. */                                                                                 \
        double (*inner_product)(int64_t d, const real *u, const real *v);                                                \
        /* From cosines and nearness in k and near. */                                                                   \
        ntki_row_step##suffix first;                                                                                     \
        const ntki_row_step##suffix *step;                                                                               \
        const ntki_dual_diagonal##suffix *diagonal;                                                                      \
        ntki_row_step##suffix series; /* of the kinds with Hermite coefficients */                                       \
        ntki_row_step##suffix kinked; /* of the caller's phi with kinks */                                               \
        /* The rest of a step when the dual of the activation was made elsewhere. */                                     \
        void (*finish)(const ntki_layer_step##suffix *step, const ntki_layer_side##suffix *a, int64_t i,                 \
                       const ntki_layer_side##suffix *b, int64_t j0, int64_t count,                                      \
                       const ntki_dual_values##suffix *dual, real *k, real *near, real *theta);                          \
        /* Adds an earlier layer's pairs (a skip): `own` and `other` are the sides of the two layers. */                 \
        void (*join)(const ntki_layer_side##suffix *a, const ntki_layer_side##suffix *a_other, int64_t i,                \
                     const ntki_layer_side##suffix *b, const ntki_layer_side##suffix *b_other, int64_t j0,               \
                     int64_t count, const ntki_pair_values##suffix *other, real *k, real *near, real *theta);            \
        /* k and theta times factor[i] factor[j] (layer normalisation). */                                               \
        void (*scale)(const real *a, int64_t i, const real *b, int64_t j0, int64_t count, real *k, real *theta);         \
        /* All layers at once, for row i and the columns from `first` on: see collapse.h. */                             \
        void (*collapse)(const ntki_collapse_series *series, int64_t i, const real *root_a, const real *diagonal_a,      \
                         int64_t first, const real *root_b, const real *diagonal_b, int64_t count, const real *cosine,   \
                         const real *near, real *out);                                                                   \
    } ntki_pair_operations##suffix;

NTKI_DEFINE_PAIR_OPERATIONS(double, )
NTKI_DEFINE_PAIR_OPERATIONS(float, _f32)
NTKI_DEFINE_PAIR_OPERATIONS(double _Complex, _complex) /* without what comes before the first layer, and collapse */

extern const ntki_pair_operations ntki_pair_operations_baseline;
extern const ntki_pair_operations_f32 ntki_pair_operations_f32_baseline;
extern const ntki_pair_operations_complex ntki_pair_operations_complex_baseline;
#if NTKI_X86_PATHS
extern const ntki_pair_operations ntki_pair_operations_avx2;
extern const ntki_pair_operations ntki_pair_operations_avx512;
extern const ntki_pair_operations_f32 ntki_pair_operations_f32_avx2;
extern const ntki_pair_operations_f32 ntki_pair_operations_f32_avx512;
#endif

const ntki_pair_operations *ntki_pair_operations_for(ntki_isa isa);
const ntki_pair_operations_f32 *ntki_pair_operations_f32_for(ntki_isa isa);

#endif
