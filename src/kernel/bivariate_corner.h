/* The corners of bivariate.h's rectangle: one quarter of it, of which one edge pair goes through the mean. */
#ifndef NTKI_BIVARIATE_CORNER_H
#define NTKI_BIVARIATE_CORNER_H

#include "src/kernel/bivariate.h"

/* The corner 0 < x < h, 0 < y < k, for h, k >= 0:
 *   inside = P(0 < x < h, 0 < y < k),   rise = E[c_h(x) c_k(y)], c_h(x) = min(max(x, 0), h),   d rise / dr = inside;
 * both vanish at r = -1, and d inside / dr = phi2(0, 0) - phi2(0, k) - phi2(h, 0) + phi2(h, k). With (h, k) -> (h, -k)
 * and r -> -r the same holds for the corner 0 < x < h, -k < y < 0. */
typedef struct {
    ntki_real inside;
    ntki_real rise;
} ntki_corner;

/* phi2's exponents at h, at k, and what h and k have in common, all times c^2. */
typedef struct {
    ntki_real at_h, at_k, shared;
    ntki_real sign; /* of the correlation */
    ntki_real start, length, v;
    ntki_real inside, rise;
} ntki_corner_sum;

NTKI_INLINE ntki_corner_sum ntki_corner_add(ntki_corner_sum s, const double node, const double weight) {
    const ntki_real p = s.start + s.length * NTKI_C(node), q = p * p, inverse = 1 / (q * (1 - q));
    const ntki_real a = s.at_h * inverse, b = s.at_k * inverse, shared = s.shared * (1 - 2 * q) * inverse;
    const ntki_real outer = NTKI_EXP((NTKI_BELOW(s.sign, NTKI_C(0)) ? NTKI_C(0) : shared) - a - b);
    const ntki_real bracket = NTKI_EXPM1(-a) * NTKI_EXPM1(-b) - s.sign * outer * NTKI_EXPM1(-shared);
    const ntki_real add = NTKI_C(weight / NTKI_PI) * s.length * bracket / NTKI_SQRT(1 - q);
    s.inside += s.sign * add;
    s.rise += 2 * (q - s.v) * add;
    return s;
}

/* For correlation sign (1 - near), sign = 1 or -1. */
NTKI_INLINE ntki_corner ntki_corner_far(ntki_real h, ntki_real k, ntki_tail at_h, ntki_tail at_k, ntki_real near,
                                        ntki_real sign) {
    const ntki_real v = NTKI_C(0.5) * near, start = NTKI_SQRT(v), eighth = NTKI_C(0.125), half = NTKI_C(0.5);
    const ntki_real inside = NTKI_C(0.25) * at_h.inner * at_k.inner;
    const ntki_real mean_h = NTKI_C(NTKI_DENSITY) * at_h.fall + half * h * at_h.outer;
    const ntki_real mean_k = NTKI_C(NTKI_DENSITY) * at_k.fall + half * k * at_k.outer;
    ntki_corner_sum s = {eighth * h * h,
                         eighth * k * k,
                         NTKI_C(0.25) * h * k,
                         sign,
                         start,
                         NTKI_C(NTKI_ROOT_HALF) - start,
                         v,
                         inside,
                         mean_h * mean_k + sign * (1 - near) * inside};
#define NTKI_ADD(node, weight) s = ntki_corner_add(s, node, weight);
    NTKI_GAUSS_10(NTKI_ADD)
#undef NTKI_ADD
    const ntki_corner corner = {s.inside, s.rise};
    return corner;
}

/* Terms of f(0) - f(a) - f(b) + f(a + b), held as a value at a + b, two differences from it and the second one. */
typedef struct {
    ntki_real a, b, cross;                       /* z at h, at k; z at h + k is a + b + cross */
    ntki_real edge, edge_a, edge_b, edge_second; /* exp(-z) */
    ntki_real i, i_a, i_b, i_second;
    ntki_real x_h, x_k, x, x_shared; /* X = h^2 / 8, k^2 / 8, (h - k)^2 / 8 = x_h + x_k - x_shared */
    ntki_real g, g_h, g_k, g_second, before, before_h, before_k, before_second;
    ntki_real power, v;
    ntki_real inside, rise;
} ntki_corner_series;

/* T(f g) of the two series' terms. */
NTKI_INLINE ntki_real ntki_corner_bracket(const ntki_corner_series *s) {
    return s->g * s->i_second + s->g_second * (((s->i_second + s->i_a) + s->i_b) + s->i) +
           (s->g_k * (s->i_second + s->i_a) + s->g_h * (s->i_second + s->i_b));
}

NTKI_INLINE ntki_corner_series ntki_corner_term(ntki_corner_series s, const int n) {
    const ntki_real over = NTKI_C(1.0 / (2 * n + 3)), bracket = ntki_corner_bracket(&s);
    s.inside += s.power * bracket;
    const ntki_real i = (s.edge - 2 * (s.a + s.b + s.cross) * s.i) * over;
    const ntki_real i_a = (s.edge_a - 2 * (s.a * s.i_a - (s.b + s.cross) * s.i)) * over;
    const ntki_real i_b = (s.edge_b - 2 * (s.b * s.i_b - (s.a + s.cross) * s.i)) * over;
    s.i_second = (s.edge_second - 2 * (s.cross * s.i - (s.a * s.i_a + s.b * s.i_b))) * over;
    s.i = i;
    s.i_a = i_a;
    s.i_b = i_b;
    s.rise += s.power * (bracket - ntki_corner_bracket(&s));
    const ntki_real a = NTKI_C(2 * n + 0.5), b = NTKI_C(n - 0.5), next = NTKI_C(1.0 / (n + 1));
    const ntki_real g = ((a - s.x) * s.g - b * s.before) * next;
    const ntki_real g_h = ((a - s.x_h) * s.g_h - (s.x_shared - s.x_k) * s.g - b * s.before_h) * next;
    const ntki_real g_k = ((a - s.x_k) * s.g_k - (s.x_shared - s.x_h) * s.g - b * s.before_k) * next;
    const ntki_real g_second =
        (a * s.g_second + (s.x_h * s.g_h + s.x_k * s.g_k) + s.x_shared * s.g - b * s.before_second) * next;
    s.before = s.g;
    s.before_h = s.g_h;
    s.before_k = s.g_k;
    s.before_second = s.g_second;
    s.g = g;
    s.g_h = g_h;
    s.g_k = g_k;
    s.g_second = g_second;
    s.power *= s.v;
    return s;
}

/* exp(-x) - exp(-y) for x, y >= 0 and rise = y - x, with relative accuracy for small differences. */
NTKI_INLINE ntki_real ntki_edge_fall(ntki_real x, ntki_real y, ntki_real rise) {
    const ntki_real one = NTKI_C(1), at_x = NTKI_EXP(-x), small = ntki_larger(ntki_smaller(rise, one), -one);
    const ntki_real size = ntki_larger(rise, -rise);
    return NTKI_BELOW(size, one) ? -at_x * NTKI_EXPM1(-small) : at_x - NTKI_EXP(-y);
}

/* The corner 0 < x < h, -k < y < 0 for r = 1 - near; rise is divided by near. */
NTKI_INLINE ntki_corner ntki_corner_near(ntki_real h, ntki_real k, ntki_real near) {
    const ntki_real most_z = NTKI_C(1000), eighth = NTKI_C(0.125), difference = h - k; /* exp(-z) is 0 there */
    const ntki_real v = ntki_larger(NTKI_C(0.5) * near, NTKI_C(1e-300)), p = NTKI_SQRT(v), over = 1 / v;
    const ntki_real x_h = eighth * h * h, x_k = eighth * k * k, x = eighth * difference * difference;
    const ntki_real x_shared = NTKI_C(0.25) * h * k;
    const ntki_real a = ntki_smaller(x_h * over, most_z), b = ntki_smaller(x_k * over, most_z);
    const ntki_real cross = ntki_smaller(x_shared * over, most_z), both = ntki_smaller(a + b + cross, most_z);
    const ntki_real root_a = NTKI_SQRT(a), root_b = NTKI_SQRT(b), root = NTKI_SQRT(both), one = NTKI_C(1);
    const ntki_real step_a = NTKI_BELOW(root_b, one) ? root_b : root - root_a; /* from a to a + b */
    const ntki_real step_b = NTKI_BELOW(root_a, one) ? root_a : root - root_b;
    const ntki_real less_a = NTKI_EXPM1(-a), less_b = NTKI_EXPM1(-b), at_a = 1 + less_a, at_b = 1 + less_b;
    const ntki_real edge = NTKI_EXP(-both);
    ntki_real erfcx;
    const ntki_real drop_a = -NTKI_EXPM1(-(b + cross)), drop_b = -NTKI_EXPM1(-(a + cross));
    const ntki_real erfcx_a = NTKI_ERFCX_FALL(root_a, root, step_a, &erfcx), fall_a = at_a * (erfcx_a + drop_a * erfcx);
    const ntki_real erfcx_b = NTKI_ERFCX_FALL(root_b, root, step_b, &erfcx), fall_b = at_b * (erfcx_b + drop_b * erfcx);
    const ntki_real edge_a = at_a * drop_a, edge_b = at_b * drop_b, pi = NTKI_C(NTKI_ROOT_PI);
    const ntki_real second = less_a * less_b + at_a * at_b * NTKI_EXPM1(-cross);
    const ntki_real g = NTKI_EXP(-x), g_h = -ntki_edge_fall(x, x_h, x_shared - x_k);
    const ntki_real g_k = -ntki_edge_fall(x, x_k, x_shared - x_h);
    const ntki_real g_second = NTKI_EXPM1(-x_h) * NTKI_EXPM1(-x_k) - g * NTKI_EXPM1(-x_shared);
    ntki_corner_series s = {a,
                            b,
                            cross,
                            edge,
                            edge_a,
                            edge_b,
                            second,
                            edge - pi * root * edge * erfcx,
                            edge_a + pi * (root_b * edge * erfcx - root_a * fall_a),
                            edge_b + pi * (root_a * edge * erfcx - root_b * fall_b),
                            second + pi * (root_a * fall_a + root_b * fall_b),
                            x_h,
                            x_k,
                            x,
                            x_shared,
                            g,
                            g_h,
                            g_k,
                            g_second,
                            0,
                            0,
                            0,
                            0,
                            p,
                            v,
                            0,
                            0};
#define NTKI_ADD(n) s = ntki_corner_term(s, n);
    NTKI_TERMS_15(NTKI_ADD)
#undef NTKI_ADD
    const ntki_real inside = NTKI_BELOW(near, NTKI_C(2e-300)) ? NTKI_C(0) : NTKI_C(1 / NTKI_PI) * s.inside;
    const ntki_corner corner = {inside, NTKI_C(1 / NTKI_PI) * s.rise};
    return corner;
}

#endif
