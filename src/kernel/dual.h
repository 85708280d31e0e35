/* The dual of an activation: what a layer does to a pair. One file dual_NAME.h an activation (or a family); NTKI_DUALS lists
 * them.
 *
 * A dual gets s = std and s' of both inputs, m = rms and m' (sqrt(E[phi^2])), the covariance k and near = 1 - |rho|, and
 * returns four numbers, each without cancellation:
 *   value = E[phi(u) phi(v)],  slope = E[phi'(u) phi'(v)],  gap = m m' - value,  sum = m m' + value.
 * `sum` matters only for a negative value, `gap` only for one that is not negative. For the pair of an input with itself,
 * value and slope must not depend on m. All four are symmetric in the inputs, to the bit.
 *
 * `constants` are what the activation's row in duals.c makes of its parameters.
 *
 * These are inlined into vectorised loops: no branches on data, no calls, no tables; selections by ?: with NTKI_BELOW only,
 * constants as NTKI_C(0.5). Both sides of a selection are evaluated: neither may be a NaN that is then selected. */
#ifndef NTKI_DUAL_H
#define NTKI_DUAL_H

#include "src/kernel/real.h"

typedef struct {
    ntki_real s, s_other;
    ntki_real m, m_other;
    ntki_real k;
    ntki_real near;
} ntki_pair;

typedef struct {
    ntki_real value;
    ntki_real slope;
    ntki_real gap;
    ntki_real sum;
} ntki_dual;

/* The functions ntki_dual_NAME, X(name): the family that is compiled for float too; further closed forms; and those whose
 * loops are so long that one variant of each must do. */
#define NTKI_FAMILY_FUNCTIONS(X) X(identity) X(relu) X(two_slope)
#define NTKI_CLOSED_FUNCTIONS(X) X(erf) X(step) X(rbf) X(exp) X(normalised_exp)
#define NTKI_LARGE_FUNCTIONS(X) \
    X(sin) X(gelu) X(gaussian) X(gabor) X(rectified_monomial) X(elu) X(hard_tanh) X(hard_sigmoid) X(relu6)

/* Which kind uses which: X(kind, name). What the constants are made of is in duals.c. */
#define NTKI_FAMILY_KINDS(X)                \
    X(NTK_ACTIVATION_IDENTITY, identity)    \
    X(NTK_ACTIVATION_RELU, relu)            \
    X(NTK_ACTIVATION_LEAKY_RELU, two_slope) \
    X(NTK_ACTIVATION_ABS, two_slope)        \
    X(NTK_ACTIVATION_TWO_SLOPE, two_slope)

#define NTKI_CLOSED_KINDS(X)                                 \
    X(NTK_ACTIVATION_ERF, erf)                               \
    X(NTK_ACTIVATION_SIGMOID_ERF, erf)                       \
    X(NTK_ACTIVATION_STEP, step)                             \
    X(NTK_ACTIVATION_SIGN, step)                             \
    X(NTK_ACTIVATION_SIN, sin)                               \
    X(NTK_ACTIVATION_COS, sin)                               \
    X(NTK_ACTIVATION_RBF, rbf)                               \
    X(NTK_ACTIVATION_GELU, gelu)                             \
    X(NTK_ACTIVATION_EXP, exp)                               \
    X(NTK_ACTIVATION_GAUSSIAN, gaussian)                     \
    X(NTK_ACTIVATION_GABOR, gabor)                           \
    X(NTK_ACTIVATION_NORMALISED_EXP, normalised_exp)         \
    X(NTK_ACTIVATION_RECTIFIED_MONOMIAL, rectified_monomial) \
    X(NTK_ACTIVATION_ELU, elu)                               \
    X(NTK_ACTIVATION_SELU, elu)                              \
    X(NTK_ACTIVATION_HARD_TANH, hard_tanh)                   \
    X(NTK_ACTIVATION_HARD_SIGMOID, hard_sigmoid)             \
    X(NTK_ACTIVATION_RELU6, relu6)

#endif
