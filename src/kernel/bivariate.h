/* Integrals of the bivariate normal distribution, for activations with kinks.
 *
 * (x, y) are standard normal with correlation r, v = (1 - r) / 2, and phi2 is their density. With
 * c^2 = 1 - r^2 = 4 v (1 - v),
 *   phi2(h, k; r) = exp(-(h - k)^2 / 8 v - (h + k)^2 / 8 (1 - v)) / (2 pi c),
 * and d P(x > h, y > k) / dr = phi2(h, k; r) [Plackett54]: probabilities are integrals of phi2 over r, which become
 * integrals over p = sqrt(v), dr / c = 2 dp / sqrt(1 - p^2). They are taken
 *   far from r = 1 by Gauss's rule of 10 nodes between p(r) and p(0) = 1 / sqrt 2 (near > 0.3),
 *   close to r = 1 from 0 to p(r), term by term (near <= 0.3): with X = (h + k)^2 / 8,
 *     exp(-X / (1 - v)) / sqrt(1 - v) = sum over n of exp(-X) L_n(X) v^n,       L_n: Laguerre's, of order -1/2
 *     integral of p^2n exp(-z v / p^2) dp = p^(2n+1) I_n(z) up to p = sqrt v,   z = (h - k)^2 / 8 v
 *     I_0 = exp(-z) - sqrt(pi z) erfc(sqrt z),  (2n + 3) I_(n+1) = exp(-z) - 2 z I_n,   I_n = E_(n+3/2)(z) / 2
 *   with 15 terms; the error is below 2^-49 of the leading one. [Genz04] takes his first three terms so. */
#ifndef NTKI_BIVARIATE_H
#define NTKI_BIVARIATE_H

#include <stdbool.h>

#include "lib/polynomials/exponential.h"
#include "lib/polynomials/normal.h"
#include "src/kernel/real.h"

/* Where the two ways meet. */
#define NTKI_BIVARIATE_NEAR 0.3

#define NTKI_PI 3.14159265358979323846
#define NTKI_ROOT_PI 1.77245385090551602730
#define NTKI_ROOT_HALF 0.70710678118654752440
#define NTKI_DENSITY 0.39894228040143267794 /* 1 / sqrt(2 pi) */

#ifdef NTKI_COMPLEX
static inline double _Complex ntki_complex_erfcx(double _Complex x) {
    const double value = ntki_erfcx(creal(x));
    return ntki_complex(value, cimag(x) * (2 * creal(x) * value - 2 / NTKI_ROOT_PI));
}
static inline double _Complex ntki_complex_erfcx_fall(double _Complex x, double _Complex y, double _Complex step,
                                                      double _Complex *at_y) {
    double last;
    const double value = ntki_erfcx_fall(creal(x), creal(y), creal(step), &last);
    *at_y = ntki_complex_erfcx(y);
    /* the derivative 2 x erfcx(x) - 2 / sqrt(pi), and the difference of two of them */
    const double at_x = 2 * creal(x) * ntki_erfcx(creal(x)) - 2 / NTKI_ROOT_PI;
    const double change = 2 * (creal(x) * value - creal(step) * last);
    return ntki_complex(value, cimag(x) * change + (cimag(x) - cimag(y)) * (at_x - change));
}
static inline double _Complex ntki_complex_excess(double _Complex z) {
    const double step = 0x1p-20, re = creal(z);
    const double rise = ntki_polynomial_excess(re + step) - ntki_polynomial_excess(re - step);
    return ntki_complex(ntki_polynomial_excess(re), cimag(z) * rise / (2 * step));
}
#define NTKI_ERFCX(x) ntki_complex_erfcx(x)
#define NTKI_ERFCX_FALL(x, y, step, at_y) ntki_complex_erfcx_fall(x, y, step, at_y)
#define NTKI_EXCESS(z) ntki_complex_excess(z)
#else
#define NTKI_ERFCX(x) ntki_erfcx(x)
#define NTKI_ERFCX_FALL(x, y, step, at_y) ntki_erfcx_fall(x, y, step, at_y)
#define NTKI_EXCESS(z) ntki_polynomial_excess(z)
#endif

/* What a selection by h < k gives where h = k: for complex numbers the mean of both derivatives. */
#ifdef NTKI_COMPLEX
NTKI_INLINE ntki_real ntki_tied(ntki_real h, ntki_real k, ntki_real at_h, ntki_real at_k) {
    return NTKI_BELOW(k, h) ? at_k : NTKI_C(0.5) * (at_h + at_k);
}
#else
NTKI_INLINE ntki_real ntki_tied(ntki_real h, ntki_real k, ntki_real at_h, ntki_real at_k) {
    (void)h;
    (void)k;
    (void)at_h;
    return at_k;
}
#endif

NTKI_INLINE ntki_real ntki_smaller(ntki_real a, ntki_real b) { return NTKI_BELOW(a, b) ? a : ntki_tied(a, b, a, b); }

NTKI_INLINE ntki_real ntki_larger(ntki_real a, ntki_real b) { return NTKI_BELOW(b, a) ? a : ntki_tied(b, a, a, b); }

/* What one threshold h >= 0 needs. */
typedef struct {
    ntki_real fall;   /* 1 - exp(-h^2/2) */
    ntki_real outer;  /* P(|x| > h) */
    ntki_real inner;  /* P(|x| < h), with relative accuracy */
    ntki_real excess; /* P(|x| < h) - 2 h / sqrt(2 pi), likewise */
} ntki_tail;

NTKI_INLINE ntki_tail ntki_tail_at(ntki_real h) {
    const ntki_real square = h * h, small = ntki_smaller(square, NTKI_C(1)), flat = h * NTKI_C(2 * NTKI_DENSITY);
    const ntki_real fall = -NTKI_EXPM1(NTKI_C(-0.5) * square);
    const ntki_real outer = (1 - fall) * NTKI_ERFCX(h * NTKI_C(NTKI_ROOT_HALF));
    const ntki_real series = h * small * NTKI_EXCESS(small);
    const ntki_tail tail = {fall, outer, NTKI_BELOW(h, NTKI_C(1)) ? flat + series : 1 - outer,
                            NTKI_BELOW(h, NTKI_C(1)) ? series : 1 - outer - flat};
    return tail;
}

/* at_h where h < k, else at_k; member by member, which the compiler needs to vectorise it. */
NTKI_INLINE ntki_tail ntki_tail_of_smaller(ntki_real h, ntki_real k, ntki_tail at_h, ntki_tail at_k) {
    const ntki_tail tail = {NTKI_BELOW(h, k) ? at_h.fall : ntki_tied(h, k, at_h.fall, at_k.fall),
                            NTKI_BELOW(h, k) ? at_h.outer : ntki_tied(h, k, at_h.outer, at_k.outer),
                            NTKI_BELOW(h, k) ? at_h.inner : ntki_tied(h, k, at_h.inner, at_k.inner),
                            NTKI_BELOW(h, k) ? at_h.excess : ntki_tied(h, k, at_h.excess, at_k.excess)};
    return tail;
}

#define NTKI_GAUSS_10(X)                                \
    X(0.013046735741414139961, 0.033335672154344068797) \
    X(0.067468316655507744634, 0.074725674575290296573) \
    X(0.16029521585048779688, 0.109543181257991022)     \
    X(0.2833023029353764046, 0.13463335965499817755)    \
    X(0.42556283050918439456, 0.14776211235737643509)   \
    X(0.57443716949081560544, 0.14776211235737643509)   \
    X(0.7166976970646235954, 0.13463335965499817755)    \
    X(0.83970478414951220312, 0.109543181257991022)     \
    X(0.93253168334449225537, 0.074725674575290296573)  \
    X(0.98695326425858586004, 0.033335672154344068797)

#define NTKI_TERMS_15(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)

/* The rectangle |x| < h, |y| < k, for h, k >= 0 and r = 1 - near >= 0:
 *   inside = P(|x| < h, |y| < k),   rise = E[c_h(x) c_k(y)], c_h(x) = min(max(x, -h), h),   d rise / dr = inside
 *   fall = (rise(1) - rise(r)) / (1 - r), with relative accuracy.
 * d inside / dr = 2 (phi2(h, k) - phi2(h, -k)) > 0. */
typedef struct {
    ntki_real inside;
    ntki_real rise; /* of the far way only */
    ntki_real fall; /* of the near way only */
} ntki_rectangle;

/* Both with exponents lower = (h - k)^2 / 8, upper = (h + k)^2 / 8, apart = upper - lower = h k / 2. */
typedef struct {
    ntki_real lower, upper, apart;
    ntki_real start, length; /* of p */
    ntki_real v;
    ntki_real inside, rise;
} ntki_rectangle_sum;

NTKI_INLINE ntki_rectangle_sum ntki_rectangle_add(ntki_rectangle_sum s, const double node, const double weight) {
    const ntki_real p = s.start + s.length * NTKI_C(node), q = p * p, inverse = 1 / (q * (1 - q));
    const ntki_real exponent = -(s.lower * (1 - q) + s.upper * q) * inverse;
    const ntki_real difference = -NTKI_EXPM1(-s.apart * (1 - 2 * q) * inverse);
    const ntki_real add = NTKI_C(2 / NTKI_PI * weight) * s.length * NTKI_EXP(exponent) * difference / NTKI_SQRT(1 - q);
    s.inside += add;
    s.rise += 2 * (q - s.v) * add;
    return s;
}

NTKI_INLINE ntki_rectangle ntki_rectangle_far(ntki_real h, ntki_real k, ntki_tail at_h, ntki_tail at_k,
                                              ntki_real near) {
    const ntki_real v = NTKI_C(0.5) * near, start = NTKI_SQRT(v), difference = h - k, sum = h + k;
    const ntki_real independent = at_h.inner * at_k.inner;
    ntki_rectangle_sum s = {NTKI_C(0.125) * difference * difference,
                            NTKI_C(0.125) * sum * sum,
                            NTKI_C(0.5) * h * k,
                            start,
                            NTKI_C(NTKI_ROOT_HALF) - start,
                            v,
                            independent,
                            (1 - near) * independent};
#define NTKI_ADD(node, weight) s = ntki_rectangle_add(s, node, weight);
    NTKI_GAUSS_10(NTKI_ADD)
#undef NTKI_ADD
    const ntki_rectangle rectangle = {s.inside, s.rise, 0};
    return rectangle;
}

/* The terms n of both pairs: the density at (h, k) minus that at (h, -k), held as a value and a difference, so that
 * thin rectangles keep their relative accuracy. g: exp(-X) L_n(X) at `upper`; I: at z = upper / v. */
typedef struct {
    ntki_real lower, upper, apart;   /* X */
    ntki_real low_z, apart_z;        /* lower / v, apart / v */
    ntki_real edge, edge_fall;       /* exp(-upper / v), exp(-lower / v) - edge */
    ntki_real g, g_before;           /* of n and n - 1 */
    ntki_real g_rise, g_rise_before; /* g at lower - g at upper */
    ntki_real i, i_fall;             /* I_n at upper / v; I_n at lower / v - that */
    ntki_real j, j_fall;             /* the same or its regular part */
    ntki_real power;                 /* p^(2n+1) */
    ntki_real v;
    ntki_real inside, fall;
} ntki_rectangle_series;

NTKI_INLINE ntki_rectangle_series ntki_rectangle_term(ntki_rectangle_series s, const int n) {
    s.inside -= s.power * (s.g * s.j_fall - s.g_rise * s.j);
    const ntki_real over = NTKI_C(1.0 / (2 * n + 3)), high_z = s.low_z + s.apart_z;
    const ntki_real i_fall = (s.edge_fall - 2 * (s.low_z * s.i_fall - s.apart_z * s.i)) * over;
    const ntki_real j_fall = (s.edge_fall - 2 * (s.low_z * s.j_fall - s.apart_z * s.j)) * over;
    s.i = (s.edge - 2 * high_z * s.i) * over;
    s.j = (s.edge - 2 * high_z * s.j) * over;
    s.i_fall = i_fall;
    s.j_fall = j_fall;
    s.fall += s.power * (s.g * s.i_fall - s.g_rise * s.i);
    const double a = 2 * n + 0.5, b = n - 0.5, next = 1.0 / (n + 1);
    const ntki_real g = ((NTKI_C(a) - s.upper) * s.g - NTKI_C(b) * s.g_before) * NTKI_C(next);
    const ntki_real g_rise =
        ((NTKI_C(a) - s.lower) * s.g_rise + s.apart * s.g - NTKI_C(b) * s.g_rise_before) * NTKI_C(next);
    s.g_before = s.g;
    s.g_rise_before = s.g_rise;
    s.g = g;
    s.g_rise = g_rise;
    s.power *= s.v;
    return s;
}

/* inside = P(|x| < min(h, k)) - (2 / pi) sum. For small thresholds (both below 1, and below some c) that would cancel,
 * and the sum is taken with the regular parts of I_n, I_n - Gamma(-n - 1/2) z^(n + 1/2) / 2, which alone make
 * `inside`: the other parts add up to P(|x| < min(h, k)). */
NTKI_INLINE ntki_rectangle ntki_rectangle_near(ntki_real h, ntki_real k, ntki_tail at_least, ntki_real near) {
    const ntki_real most_z = NTKI_C(1000); /* exp(-z) is 0 there */
    const ntki_real v = ntki_larger(NTKI_C(0.5) * near, NTKI_C(1e-300)), p = NTKI_SQRT(v), over = 1 / v;
    const ntki_real difference = h - k, sum = h + k;
    const ntki_real lower = NTKI_C(0.125) * difference * difference, upper = NTKI_C(0.125) * sum * sum;
    const ntki_real apart = NTKI_C(0.5) * h * k;
    const ntki_real low_z = ntki_smaller(lower * over, most_z), high_z = ntki_smaller(upper * over, most_z);
    const ntki_real apart_z = ntki_smaller(apart * over, most_z);
    const ntki_real low_root = NTKI_SQRT(low_z), high_root = NTKI_SQRT(high_z);
    const ntki_real plain_step = NTKI_C(NTKI_ROOT_HALF) * (ntki_smaller(h, k) / p);
    const ntki_real step = NTKI_BELOW(plain_step, NTKI_C(1)) ? plain_step : high_root - low_root;
    const ntki_real low_edge = NTKI_EXP(-low_z), drop = -NTKI_EXPM1(-apart_z), edge = NTKI_EXP(-high_z);
    ntki_real high_erfcx;
    const ntki_real erfcx_fall = NTKI_ERFCX_FALL(low_root, high_root, step, &high_erfcx);
    const ntki_real high_erfc = edge * high_erfcx, erfc_fall = low_edge * (erfcx_fall + drop * high_erfcx);
    const ntki_real edge_fall = low_edge * drop;
    const ntki_real i = edge - NTKI_C(NTKI_ROOT_PI) * high_root * high_erfc;
    const ntki_real i_fall = edge_fall + NTKI_C(NTKI_ROOT_PI) * (step * high_erfc - low_root * erfc_fall);
    const ntki_real small = ntki_smaller(high_root, NTKI_C(NTKI_ROOT_HALF));
    const ntki_real erf_small =
        2 * small *
        (NTKI_C(1 / NTKI_ROOT_PI) + NTKI_C(2 * NTKI_ROOT_HALF) * small * small * NTKI_EXCESS(2 * small * small));
    const ntki_real high_erf = NTKI_BELOW(high_root, NTKI_C(NTKI_ROOT_HALF)) ? erf_small : 1 - high_erfc;
    const ntki_real regular = i + NTKI_C(NTKI_ROOT_PI) * high_root;
    const ntki_real regular_fall = edge_fall - NTKI_C(NTKI_ROOT_PI) * (step * high_erf + low_root * erfc_fall);
    const ntki_real most = ntki_larger(ntki_larger(h, k), NTKI_C(0.25) * high_root);
    const ntki_real g = NTKI_EXP(-upper), g_rise = NTKI_EXP(-lower) * -NTKI_EXPM1(-apart);
    ntki_rectangle_series s = {lower,
                               upper,
                               apart,
                               low_z,
                               apart_z,
                               edge,
                               edge_fall,
                               g,
                               0,
                               g_rise,
                               0,
                               i,
                               i_fall,
                               NTKI_BELOW(most, NTKI_C(1)) ? regular : i,
                               NTKI_BELOW(most, NTKI_C(1)) ? regular_fall : i_fall,
                               p,
                               v,
                               0,
                               0};
#define NTKI_ADD(n) s = ntki_rectangle_term(s, n);
    NTKI_TERMS_15(NTKI_ADD)
#undef NTKI_ADD
    const ntki_real sloped =
        NTKI_C(2 / NTKI_PI) * s.inside + (NTKI_BELOW(most, NTKI_C(1)) ? NTKI_C(0) : at_least.inner);
    /* v has a floor, which thresholds of 1e-150 come near */
    const ntki_real inside = NTKI_BELOW(near, NTKI_C(2e-300)) ? at_least.inner : sloped;
    const ntki_rectangle rectangle = {inside, 0, inside + NTKI_C(2 / NTKI_PI) * s.fall};
    return rectangle;
}

#endif
