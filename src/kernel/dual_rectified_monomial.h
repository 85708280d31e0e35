/* phi(x) = max(x, 0)^n: E[phi phi] = (s s')^n F_n(rho), E[phi' phi'] = n^2 (s s')^{n-1} F_{n-1}(rho)      [ChoSaul09]
 * In m = 1 - |rho|:
 *   F_n(-|rho|) = tail_n = m^{n+1/2} K_n(m),   K_n(m) = n! / (2 pi sqrt 2) B(1/2, n + 1) 2F1(1/2, 1/2; n + 3/2; m / 2)
 *   F_n(|rho|)  = M_n(|rho|) / 2 - (-1)^n tail_n,   M_n(rho) = E[z^n z'^n] = rho^p E_n(rho^2),   p = n mod 2
 *   F_n(1) - F_n(|rho|) = (m (2 - m) D_n(rho^2) + p m E_n(rho^2)) / 2 + (-1)^n tail_n,
 *   D_n(x) = (E_n(1) - E_n(x)) / (1 - x).
 * (K_n is Cho and Saul's integral, after cos x = (1 - t^2) / (1 + t^2) and Pfaff's transformation.) The series of K_n
 * and D_n and E_n have positive coefficients only; the differences that are left lose a factor of 3 at most. phi(0) = 0
 * for n = 0 too.
 *
 * constants: see rectified.h. */
#include "src/kernel/rectified.h"

NTKI_INLINE ntki_real ntki_rectified_polynomial(const double *coefficients, const int count, ntki_real x) {
    ntki_real sum = NTKI_C(coefficients[count - 1]);
    for (int i = count - 2; i >= 0; i--)
        sum = NTKI_FMA(sum, x, NTKI_C(coefficients[i]));
    return sum;
}

/* The sum of even and odd powers: shorter chains, and loops that the compiler unrolls. */
NTKI_INLINE ntki_real ntki_rectified_tail(const double *coefficients, ntki_real near) {
    const ntki_real square = near * near;
    const ntki_real even = ntki_rectified_polynomial(coefficients, NTKI_RECTIFIED_HALF, square);
    return NTKI_FMA(ntki_rectified_polynomial(coefficients + NTKI_RECTIFIED_HALF, NTKI_RECTIFIED_HALF, square), near,
                    even);
}

/* x^e, e = 0 .. 15 in binary. */
NTKI_INLINE ntki_real ntki_rectified_power(const double *bits, ntki_real x) {
    const ntki_real x2 = x * x, x4 = x2 * x2, x8 = x4 * x4, one = 1;
    const ntki_real low = (NTKI_BELOW(0, bits[0]) ? x : one) * (NTKI_BELOW(0, bits[1]) ? x2 : one);
    return low * ((NTKI_BELOW(0, bits[2]) ? x4 : one) * (NTKI_BELOW(0, bits[3]) ? x8 : one));
}

NTKI_INLINE ntki_dual ntki_dual_rectified_monomial(const double *constants, ntki_pair pair) {
    const double *const bits = constants + NTKI_RECTIFIED_BITS;
    const ntki_real near = pair.near, rho = 1 - near, square = rho * rho, product = pair.s * pair.s_other;
    const bool any = NTKI_BELOW(0, constants[NTKI_RECTIFIED_POSITIVE]);
    const bool odd = NTKI_BELOW(0, constants[NTKI_RECTIFIED_ODD]);
    const ntki_real half_mean = NTKI_C(constants[NTKI_RECTIFIED_MEAN]);
    const ntki_real smaller = NTKI_BELOW(pair.s, pair.s_other) ? pair.s : pair.s_other;
    const ntki_real live = NTKI_BELOW(0, smaller) ? NTKI_C(1) : NTKI_C(0);
    const ntki_real slope_scale = ntki_rectified_power(bits, product), scale = any ? slope_scale * product : live;
    const ntki_real slope_power = NTKI_SQRT(near) * ntki_rectified_power(bits, near);
    const ntki_real power = any ? slope_power * near : slope_power;
    const ntki_real tail = power * ntki_rectified_tail(constants + NTKI_RECTIFIED_TAIL, near);
    const ntki_real slope_tail = slope_power * ntki_rectified_tail(constants + NTKI_RECTIFIED_SLOPE_TAIL, near);
    const ntki_real e = ntki_rectified_polynomial(constants + NTKI_RECTIFIED_E, NTKI_RECTIFIED_TERMS, square);
    const ntki_real d = ntki_rectified_polynomial(constants + NTKI_RECTIFIED_D, NTKI_RECTIFIED_TERMS - 1, square);
    const ntki_real slope_e =
        ntki_rectified_polynomial(constants + NTKI_RECTIFIED_SLOPE_E, NTKI_RECTIFIED_TERMS, square);
    const ntki_real mirrored = odd ? tail : -tail, slope_mirrored = odd ? -slope_tail : slope_tail;
    const bool opposite = NTKI_BELOW(pair.k, 0);
    const ntki_real value = opposite ? tail : (odd ? rho * e : e) + mirrored;
    const ntki_real slope = opposite ? slope_tail : (odd ? slope_e : rho * slope_e) + slope_mirrored;
    const ntki_real rise = near * ((2 - near) * d + (odd ? e : NTKI_C(0)));
    const ntki_real gap = opposite ? half_mean - tail : rise - mirrored;
    const ntki_dual dual = {scale * value, slope_scale * slope, scale * gap, scale * (half_mean + value)};
    return dual;
}
