/* E[f(x) g(y)] for steps and ramps f and g with thresholds of any sign: what a pair of kinks contributes to a dual. The
 * integrals of phi2 are those of bivariate.h; the first moments follow by parts:
 *   E[1(x > h) max(y - k, 0)] = phi(k) P(x > h | y = k) + r phi(h) P(y > k | x = h) - k steps,
 *   E[max(x - h, 0) max(y - k, 0)]
 *       = (r + h k) steps - k phi(h) P(y > k | x = h) - h phi(k) P(x > h | y = k) + c^2 phi2. */
#ifndef NTKI_BIVARIATE_KINKS_H
#define NTKI_BIVARIATE_KINKS_H

#include "src/kernel/bivariate.h"

/* P(x > h) for any h. */
NTKI_INLINE ntki_real ntki_above(ntki_real h) {
    const ntki_real size = NTKI_BELOW(h, NTKI_C(0)) ? -h : h;
    const ntki_real tail =
        NTKI_C(0.5) * NTKI_EXP(NTKI_C(-0.5) * size * size) * NTKI_ERFCX(size * NTKI_C(NTKI_ROOT_HALF));
    return NTKI_BELOW(h, NTKI_C(0)) ? 1 - tail : tail;
}

/* One pair of thresholds of any sign, for correlation sign (1 - near), sign = 1 or -1:
 *   steps = P(x > h, y > k),             ramps = E[max(x - h, 0) max(y - k, 0)],
 *   step_ramp = E[1(x > h) max(y - k, 0)],   ramp_step = E[max(x - h, 0) 1(y > k)],
 *   bend: ramps(sign) - ramps = sign near steps + bend for near <= NTKI_BIVARIATE_NEAR, without cancellation for sign = 1:
 *   d ramps / dr = steps, and bend is the integral of (1 - |r|) phi2 from here to the end. For h, k >= 0.
 * Errors are some 2^-52 (1 + |h|)(1 + |k|). For u = s x and thresholds t = s h, multiply ramps by s s', step_ramp by
 * s'. */
typedef struct {
    ntki_real steps, step_ramp, ramp_step, ramps, bend;
} ntki_kinks;

typedef struct {
    ntki_real z, edge, i, x, g, before, power, v, sum, bend;
} ntki_kink_series;

NTKI_INLINE ntki_kink_series ntki_kink_term(ntki_kink_series s, const int n) {
    s.sum += s.power * s.g * s.i;
    s.i = (s.edge - 2 * s.z * s.i) * NTKI_C(1.0 / (2 * n + 3));
    s.bend += s.power * s.v * s.g * s.i;
    const ntki_real g = ((NTKI_C(2 * n + 0.5) - s.x) * s.g - NTKI_C(n - 0.5) * s.before) * NTKI_C(1.0 / (n + 1));
    s.before = s.g;
    s.g = g;
    s.power *= s.v;
    return s;
}

/* The integral of phi2(h, k; r) over r from 1 - near to 1, and that of (1 - r) phi2. */
NTKI_INLINE ntki_real ntki_kink_near(ntki_real lower, ntki_real upper, ntki_real near, ntki_real *bend) {
    const ntki_real v = ntki_larger(NTKI_C(0.5) * near, NTKI_C(1e-300));
    const ntki_real z = ntki_smaller(lower / v, NTKI_C(1000)), root = NTKI_SQRT(z), edge = NTKI_EXP(-z);
    ntki_kink_series s = {z,
                          edge,
                          edge * (1 - NTKI_C(NTKI_ROOT_PI) * root * NTKI_ERFCX(root)),
                          upper,
                          NTKI_EXP(-upper),
                          0,
                          NTKI_SQRT(v),
                          v,
                          0,
                          0};
#define NTKI_ADD(n) s = ntki_kink_term(s, n);
    NTKI_TERMS_15(NTKI_ADD)
#undef NTKI_ADD
    *bend = NTKI_C(2 / NTKI_PI) * s.bend;
    return NTKI_C(1 / NTKI_PI) * s.sum;
}

/* The same from 0 to 1 - near. */
NTKI_INLINE ntki_real ntki_kink_far(ntki_real lower, ntki_real upper, ntki_real near) {
    const ntki_real start = NTKI_SQRT(NTKI_C(0.5) * near), length = NTKI_C(NTKI_ROOT_HALF) - start;
    ntki_real sum = 0;
#define NTKI_ADD(node, weight)                                                                         \
    {                                                                                                  \
        const ntki_real p = start + NTKI_C(node) * length, q = p * p;                                  \
        sum += NTKI_C(weight / NTKI_PI) * NTKI_EXP(-(lower / q + upper / (1 - q))) / NTKI_SQRT(1 - q); \
    }
    NTKI_GAUSS_10(NTKI_ADD)
#undef NTKI_ADD
    return length * sum;
}

NTKI_INLINE ntki_kinks ntki_kinks_of(ntki_real first, ntki_real second, ntki_real near, ntki_real sign) {
    const ntki_real bound = NTKI_C(40), limit = NTKI_C(NTKI_BIVARIATE_NEAR), eighth = NTKI_C(0.125), one = NTKI_C(1);
    const ntki_real h = ntki_larger(ntki_smaller(first, bound), -bound);
    const ntki_real k = ntki_larger(ntki_smaller(second, bound), -bound), turned = sign * k;
    const ntki_real lower = eighth * (h - turned) * (h - turned), upper = eighth * (h + turned) * (h + turned);
    const ntki_real c = ntki_larger(NTKI_SQRT(near * (2 - near)), NTKI_C(1e-150)), rho = sign * (1 - near);
    const ntki_real above_h = ntki_above(h), above_k = ntki_above(k), between = above_h - ntki_above(-k);
    const ntki_real opposite = NTKI_BELOW(between, NTKI_C(0)) ? NTKI_C(0) : between;
    const ntki_real end = NTKI_BELOW(sign, NTKI_C(0)) ? opposite : ntki_smaller(above_h, above_k);
    ntki_real bend;
    const ntki_real close = end - sign * ntki_kink_near(lower, upper, ntki_smaller(near, limit), &bend);
    const ntki_real far = above_h * above_k + sign * ntki_kink_far(lower, upper, near);
    const ntki_real steps = NTKI_BELOW(limit, near) ? far : close;
    /* rho h - k = sign ((h - sign k) - h near), without cancellation near the ends */
    const ntki_real past_k =
        NTKI_C(NTKI_DENSITY) * NTKI_EXP(NTKI_C(-0.5) * h * h) * ntki_above(-sign * ((h - turned) - h * near) / c);
    const ntki_real past_h =
        NTKI_C(NTKI_DENSITY) * NTKI_EXP(NTKI_C(-0.5) * k * k) * ntki_above(((h - turned) + turned * near) / c);
    const ntki_real v = NTKI_C(0.5) * ntki_larger(near, NTKI_C(1e-300));
    const ntki_real peak = NTKI_C(0.5 / NTKI_PI) * c * NTKI_EXP(-(lower / v + upper / (one - v)));
    const ntki_kinks kinks = {steps, past_h + rho * past_k - second * steps, past_k + rho * past_h - first * steps,
                              (rho + first * second) * steps - (second * past_k + first * past_h) + peak, bend};
    return kinks;
}

#endif
