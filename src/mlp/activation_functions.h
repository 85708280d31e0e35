/* phi, phi' and phi'' of the kinds: ntki_NAME_value, ntki_NAME_derivative and ntki_NAME_second, in piecewise.c, smooth.c,
 * sigmoids.c and polynomial.c. NaN passes through; at an infinity they give the limit, where there is one. */
#ifndef NTKI_ACTIVATION_FUNCTIONS_H
#define NTKI_ACTIVATION_FUNCTIONS_H

#include <math.h>

#include "src/mlp/activation.h"

#define NTKI_ACTIVATION_FUNCTIONS(X) \
    X(identity)                      \
    X(relu)                          \
    X(leaky_relu)                    \
    X(erf)                           \
    X(abs)                           \
    X(two_slope)                     \
    X(step)                          \
    X(sign)                          \
    X(sigmoid_erf)                   \
    X(sin)                           \
    X(cos)                           \
    X(rbf)                           \
    X(gelu)                          \
    X(exp)                           \
    X(gaussian)                      \
    X(gabor)                         \
    X(monomial)                      \
    X(rectified_monomial)            \
    X(polynomial)                    \
    X(hermite)                       \
    X(normalised_exp)                \
    X(tanh)                          \
    X(sigmoid)                       \
    X(softplus)                      \
    X(silu)                          \
    X(mish)                          \
    X(gelu_tanh)                     \
    X(elu)                           \
    X(selu)                          \
    X(hard_tanh)                     \
    X(hard_sigmoid)                  \
    X(relu6)

#define NTKI_DECLARE_ACTIVATION(name)                                             \
    double ntki_##name##_value(const ntki_activation *activation, double x);      \
    double ntki_##name##_derivative(const ntki_activation *activation, double x); \
    double ntki_##name##_second(const ntki_activation *activation, double x);

NTKI_ACTIVATION_FUNCTIONS(NTKI_DECLARE_ACTIVATION)

/* factor * x, and 0 for the factor 0 also where x is infinite: the limit of a constant. */
static inline double ntki_scaled(double factor, double x) { return factor == 0 && isinf(x) ? 0 : factor * x; }

#endif
