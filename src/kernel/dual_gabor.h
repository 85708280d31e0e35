/* phi(x) = exp(-x^2) sin x. exp(-u^2 - v^2) turns N(0, S) into D^{-1/2} N(0, S (1 + 2S)^{-1}), D = det(1 + 2S), and for
 * N(0, S) E[sin u sin v] = exp(-(q + q') / 2) sinh k. So with J = q q' - k^2 = q q' near (2 - near),
 * D = 1 + 2 (q + q') + 4J, K = k / D and T = (q + q' + 4J) / (2D):
 *   E[phi phi]   = exp(-T) sinh(K) / sqrt(D),
 *   E[phi' phi'] = exp(-T) (4 K sinh(K) (1 + (1 + q + q') / D) + cosh(K) (1 / D + 8 K^2)) / sqrt(D)  (derivative in k),
 * all terms of one sign; |K| <= 1/4 and T <= 1/2. E[phi^2] is the first with D = M = 1 + 4q and K = T = h = q / M.
 *
 * |E[phi phi]| / (m m') is a product of four factors below 1, and 1 - product is a sum of positive terms:
 *   sqrt(sqrt(M M') / D):          D - sqrt(M M') = 8 (q - q')^2 / (sqrt M + sqrt M')^2 + 4J,
 *   exp(-(T - (h + h') / 2)):      the difference is (q - q')^2 / (M M' D0) + 2 (1 + q + q') J / (D D0),
 *   sinh K / sinh g:               1 - K / g = (sqrt M - sqrt M')^2 / (M + M') + (sqrt(M M') / D0) (near D0 + 4J) / D,
 *   sinh g / sqrt(sinh h sinh h'): hyperbolic.h,
 * where D0 = 1 + 2 (q + q') and g = sqrt(h h'). phi is odd: for k < 0 gap and sum change places. Everything is divided
 * by powers of R = (1 + 2q) (1 + 2q'), so that nothing overflows. All four are accurate. No constants. */
#include "src/kernel/hyperbolic.h"

/* sinh(x) / x for x^2 = z <= 1/16 */
NTKI_INLINE ntki_real ntki_sinh_ratio(ntki_real z) {
    return 1 + z * (1.0 / 6 + z * (1.0 / 120 + z * (1.0 / 5040 + z * (1.0 / 362880 + z * (1.0 / 39916800)))));
}

/* 1 - sinh(x) / sinh(y) for x <= y <= 1/4, given c = 1 - x / y */
NTKI_INLINE ntki_real ntki_sinh_loss(ntki_real x, ntki_real y, ntki_real c) {
    const ntki_real x2 = x * x, y2 = y * y, x4 = x2 * x2, y4 = y2 * y2, sum = x2 + y2;
    const ntki_real terms =
        1.0 / 6 +
        (sum * (1.0 / 120) + ((x4 + x2 * y2 + y4) * (1.0 / 5040) +
                              (sum * (x4 + y4) * (1.0 / 362880) +
                               (x4 * x4 + x4 * x2 * y2 + x4 * y4 + x2 * y4 * y2 + y4 * y4) * (1.0 / 39916800))));
    const ntki_real slower = c * (x + y) * y * terms / ntki_sinh_ratio(y2); /* 1 - (sinh(x) / x) / (sinh(y) / y) */
    return c + slower - c * slower;
}

/* 1 - sinh(g) / sqrt(sinh x sinh y) for g = sqrt(x y), x, y <= 1/4, given x - y */
NTKI_INLINE ntki_real ntki_sinh_mean_loss(ntki_real x, ntki_real y, ntki_real g, ntki_real apart) {
    const ntki_real x2 = x * x, y2 = y * y, g2 = g * g;
    const ntki_real mean = NTKI_SQRT(ntki_sinh_ratio(x2) * ntki_sinh_ratio(y2));
    return 2 * (apart * apart) * ntki_cosh_excess(4 * g2, apart * apart) / (mean * (mean + ntki_sinh_ratio(g2)));
}

NTKI_INLINE ntki_dual ntki_dual_gabor(const double *constants, ntki_pair pair) {
    (void)constants;
    const ntki_real q = pair.s * pair.s, p = pair.s_other * pair.s_other, product = pair.s * pair.s_other;
    const ntki_real unit = 1 / (NTKI_SQRT(1 + 2 * q) * NTKI_SQRT(1 + 2 * p)), part = product * unit; /* R^{-1/2} */
    const ntki_real j = 4 * (part * part) * (pair.near * (2 - pair.near)), d0 = 1 + 2 * (q + p);
    const ntki_real ratio0 = d0 * unit * unit, inverse = 1 / (ratio0 + j); /* 4J / R, D0 / R, R / D */
    const ntki_real size = NTKI_BELOW(pair.k, 0) ? -pair.k : pair.k, k = size * unit * unit * inverse;
    const ntki_real exponent = 0.5 * ((q + p) * unit * unit + j) * inverse;
    const ntki_real scale = NTKI_EXP(-exponent) * unit * NTKI_SQRT(inverse);
    const ntki_real odd = k * ntki_sinh_ratio(k * k), even = NTKI_SQRT(1 + odd * odd); /* sinh K, cosh K */
    const ntki_real once = unit * unit * inverse, rest = (1 + (q + p)) * unit * unit * inverse;
    const ntki_real value = scale * odd;
    const ntki_real slope = scale * (4 * odd * k * (1 + rest) + even * (once + 8 * k * k));

    const ntki_real m = NTKI_SQRT(1 + 4 * q), n = NTKI_SQRT(1 + 4 * p), ends = 1 / (m * n), half = 1 / d0;
    const ntki_real apart = (pair.s - pair.s_other) * (pair.s + pair.s_other), g = product * ends;
    const ntki_real split = 2 * apart / (m + n), slant = split * unit; /* (sqrt M - sqrt M') / 2 */
    const ntki_real share = j * inverse;                               /* 4J / D */
    const ntki_real mean0 = m * n * unit * unit * inverse;             /* sqrt(M M') / D */
    const ntki_real a1 = (2 * slant * (slant * inverse) + share) / (1 + NTKI_SQRT(mean0));
    const ntki_real sides = apart * ends;
    const ntki_real a2 = -NTKI_EXPM1(-(sides * (sides * half) + 0.5 * ((1 + (q + p)) * half) * share));
    const ntki_real c = 2 * split * (split * half) + m * n * half * (pair.near * (ratio0 * inverse) + share);
    const ntki_real a3 = ntki_sinh_loss(k, g, c);
    const ntki_real a4 = ntki_sinh_mean_loss(q / (m * m), p / (n * n), g, sides * ends);
    const ntki_real a12 = a1 + a2 - a1 * a2, a34 = a3 + a4 - a3 * a4;
    const ntki_real mean = pair.m * pair.m_other, gap = mean * (a12 + a34 - a12 * a34), sum = mean + value;
    const ntki_dual dual = {NTKI_BELOW(pair.k, 0) ? -value : value, slope, NTKI_BELOW(pair.k, 0) ? sum : gap,
                            NTKI_BELOW(pair.k, 0) ? gap : sum};
    return dual;
}
