/* The loops of smooth.h for one instruction set: included by smooth_{baseline,avx2,avx512}.c, each of which defines
 * NTKI_FMA(a, b, c) = a b + c and NTKI_SMOOTH_TABLE. */
#include <ntk/mlp.h>

#include "lib/cpu/isa.h"
#include "src/network/smooth.h"

NTKI_STRICT_ARITHMETIC

#include "lib/polynomials/exponential.h"
#include "lib/polynomials/normal.h"

NTKI_INLINE double magnitude(double x) { return x < 0 ? -x : x; }

/* ---- from exp(-|x|) ---- */

NTKI_INLINE double sigmoid(double x) {
    const double e = ntki_exp(-magnitude(x));
    return (x < 0 ? e : 1) / (1 + e);
}

NTKI_INLINE double sigmoid_slope(double x) {
    const double e = ntki_exp(-magnitude(x));
    return e / ((1 + e) * (1 + e));
}

/* tanh |x| = -E / (2 + E), E = exp(-2 |x|) - 1 */
NTKI_INLINE double tanh_value(const double *p, double x) {
    (void)p;
    const double fall = ntki_expm1(-2 * magnitude(x)), value = -fall / (2 + fall);
    return x < 0 ? -value : value;
}

NTKI_INLINE double tanh_derivative(const double *p, double x) {
    (void)p;
    return 4 * sigmoid_slope(2 * x);
}

NTKI_INLINE double sigmoid_value(const double *p, double x) {
    (void)p;
    return sigmoid(x);
}

NTKI_INLINE double sigmoid_derivative(const double *p, double x) {
    (void)p;
    return sigmoid_slope(x);
}

NTKI_INLINE double silu_value(const double *p, double x) {
    (void)p;
    return x * sigmoid(x);
}

NTKI_INLINE double silu_derivative(const double *p, double x) {
    (void)p;
    return sigmoid(x) + x * sigmoid_slope(x);
}

/* The sigmoid of u = 2 sqrt(2 / pi) (x + 0.044715 x^3), which is 0 or 1 for |x| > 40. */
NTKI_INLINE double cubic(double x) {
    const double near = x < -40 ? -40 : x > 40 ? 40 : x;
    return 1.5957691216057307118 * near * (1 + 0.044715 * near * near);
}

NTKI_INLINE double gelu_tanh_value(const double *p, double x) {
    (void)p;
    return x * sigmoid(cubic(x));
}

NTKI_INLINE double gelu_tanh_derivative(const double *p, double x) {
    (void)p;
    const double near = x < -40 ? -40 : x > 40 ? 40 : x, u = cubic(x);
    return sigmoid(u) + sigmoid_slope(u) * 1.5957691216057307118 * near * (1 + 3 * 0.044715 * near * near);
}

/* ---- from exp(-x^2) ---- */

/* erf x: x sqrt(4 / pi) + y^3 Q(y^2) for y = sqrt 2 |x| <= 1, else 1 - erfc |x|. */
NTKI_INLINE double error_function(double x) {
    const double size = magnitude(x), z = size < 40 ? size : 40, y = 1.4142135623730950488 * z;
    const double tail = 1 - ntki_exp(-z * z) * ntki_erfcx(z);
    const double small = y < 1 ? y : 1, square = small * small;
    const double middle = small * (0.79788456080286535588 + square * ntki_polynomial_excess(square));
    const double value = y < 1 ? middle : tail;
    return x < 0 ? -value : value;
}

NTKI_INLINE double erf_value(const double *p, double x) { return p[0] * error_function(p[1] * x) + p[2]; }

NTKI_INLINE double erf_derivative(const double *p, double x) {
    const double size = magnitude(p[1] * x), z = size < 40 ? size : 40;
    return 1.1283791670955125739 * (p[0] * p[1]) * ntki_exp(-z * z);
}

/* The normal distribution function, with relative accuracy for x < 0; *density is exp(-x^2 / 2) / sqrt(2 pi). */
NTKI_INLINE double normal_distribution(double x, double *density) {
    const double size = magnitude(x), z = size < 40 ? size : 40, bell = ntki_exp(-0.5 * z * z);
    const double tail = 0.5 * bell * ntki_erfcx(0.70710678118654752440 * z);
    *density = 0.39894228040143267794 * bell;
    return x < 0 ? tail : 1 - tail;
}

NTKI_INLINE double gelu_value(const double *p, double x) {
    (void)p;
    double density;
    return x * normal_distribution(x, &density);
}

NTKI_INLINE double gelu_derivative(const double *p, double x) {
    (void)p;
    double density;
    const double distribution = normal_distribution(x, &density);
    return distribution + x * density;
}

/* ---- exponential linear units ---- */

NTKI_INLINE double elu_value(const double *p, double x) {
    const double below = p[0] * ntki_expm1(x < 0 ? x : 0);
    return x > 0 ? x : below;
}

NTKI_INLINE double elu_derivative(const double *p, double x) {
    const double below = p[0] * ntki_exp(x < 0 ? x : 0);
    return x > 0 ? 1 : below;
}

static const double selu_scale = 1.0507009873554805, selu_alpha = 1.6732632423543772;

NTKI_INLINE double selu_value(const double *p, double x) {
    (void)p;
    return selu_scale * elu_value(&selu_alpha, x);
}

NTKI_INLINE double selu_derivative(const double *p, double x) {
    (void)p;
    return selu_scale * elu_derivative(&selu_alpha, x);
}

/* ---- loops ---- */

#define LOOPS(name)                                                                                                \
    static void name##_values(const double *parameters, int64_t n, const double *restrict x, double *restrict y) { \
        const double p[3] = {parameters[0], parameters[1], parameters[2]};                                         \
        for (int64_t i = 0; i < n; i++)                                                                            \
            y[i] = name##_value(p, x[i]);                                                                          \
    }                                                                                                              \
    static void name##_derivatives(const double *parameters, int64_t n, const double *restrict x,                  \
                                   double *restrict y) {                                                           \
        const double p[3] = {parameters[0], parameters[1], parameters[2]};                                         \
        for (int64_t i = 0; i < n; i++)                                                                            \
            y[i] = name##_derivative(p, x[i]);                                                                     \
    }

LOOPS(tanh)
LOOPS(sigmoid)
LOOPS(silu)
LOOPS(gelu_tanh)
LOOPS(erf)
LOOPS(gelu)
LOOPS(elu)
LOOPS(selu)

#define ROW(kind, name) \
    { NTK_ACTIVATION_##kind, name##_values, name##_derivatives }

const ntki_smooth_row NTKI_SMOOTH_TABLE[NTKI_SMOOTH_KINDS] = {
    ROW(TANH, tanh), ROW(SIGMOID, sigmoid), ROW(SILU, silu), ROW(GELU_TANH, gelu_tanh),
    ROW(ERF, erf),   ROW(GELU, gelu),       ROW(ELU, elu),   ROW(SELU, selu)};
