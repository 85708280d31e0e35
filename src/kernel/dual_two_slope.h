/* phi(x) = a min(x, 0) + b max(x, 0) = (b - a) max(x, 0) + a x, with R and R' of ReLU:
 *   E[phi phi] = (a - b)^2 R + a b k,   E[phi' phi'] = (a - b)^2 R' + a b,   m m' = s s' (a^2 + b^2) / 2.
 * Leaky ReLU has b = 1, |x| has a = -1, b = 1. With c = (a - b)^2 / 2, m = 1 - |rho| and tail as in dual_relu.h, in
 * units of s s':
 *   rho >= 0:  gap = (a^2 + b^2) / 2 m - c tail
 *   rho <  0:  gap = (a + b)^2 / 2 - a b m - c tail,   sum = c (1 + tail) + a b m
 * In the odd and even parts of phi, with p = (a + b)^2 / 4 and e = (a - b)^2 / 4 (a b = p - e, c = 2 e), these are
 *   p m + e (m - 2 tail),   p (2 - m) + e (m - 2 tail),   p m + e (2 - m + 2 tail):
 * as tail <= m / pi, no term exceeds a small multiple of the result, and nothing cancels whatever the signs of a and b.
 *
 * constants: c, a b, (a + b)^2 / 2, (a^2 + b^2) / 2 */
NTKI_INLINE ntki_dual ntki_dual_two_slope(const double *constants, ntki_pair pair) {
    const ntki_real c = NTKI_C(constants[0]), product = NTKI_C(constants[1]);
    const ntki_real apart = NTKI_C(constants[2]), mean = NTKI_C(constants[3]);
    const ntki_real near = pair.near, root = NTKI_SQRT(near);
    const ntki_real angle = root * ntki_polynomial_p(near);
    const ntki_real tail = root * near * ntki_polynomial_q(near);
    const ntki_real scale = pair.s * pair.s_other;
    const bool opposite = NTKI_BELOW(pair.k, 0);
    const ntki_real value = scale * (c * (opposite ? tail : (1 - near) + tail)) + product * pair.k;
    const ntki_real slope = c * (opposite ? angle : 1 - angle) + product;
    const ntki_real gap = opposite ? apart - product * near - c * tail : mean * near - c * tail;
    const ntki_real sum = opposite ? c * (1 + tail) + product * near : 2 * mean - gap;
    const ntki_dual dual = {value, slope, scale * gap, scale * sum};
    return dual;
}
