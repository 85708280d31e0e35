/* phi(x) = max(x, 0) + a min(x, 0) = (1 - a) max(x, 0) + a x:
 *   E[phi phi] = (1 - a)^2 R + a k,   E[phi' phi'] = (1 - a)^2 R' + a,   R, R' those of ReLU.
 * With c = (1 - a)^2 / 2, m = 1 - |rho| and tail as in dual_relu.h, in units of s s' (m m' = (1 + a^2) / 2):
 *   rho >= 0:  gap = m (1 + a^2) / 2 - c tail
 *   rho <  0:  gap = (1 + a)^2 / 2 - a m - c tail,   sum = c (1 + tail) + a m */
NTKI_INLINE ntki_dual ntki_dual_leaky_relu(const double *parameters, ntki_pair pair) {
    const double a = parameters[0], near = pair.near;
    const double c = 0.5 * ((1 - a) * (1 - a));
    const double root = __builtin_sqrt(near);
    const double angle = root * ntki_polynomial_p(near);
    const double tail = root * near * ntki_polynomial_q(near);
    const double scale = pair.s * pair.s_other;
    const double value = scale * (c * (pair.k < 0 ? tail : (1 - near) + tail)) + a * pair.k;
    const double slope = c * (pair.k < 0 ? angle : 1 - angle) + a;
    const double gap =
        pair.k < 0 ? 0.5 * ((1 + a) * (1 + a)) - a * near - c * tail : 0.5 * (1 + a * a) * near - c * tail;
    const double sum = pair.k < 0 ? c * (1 + tail) + a * near : 1 + a * a - gap;
    const ntki_dual dual = {value, slope, scale * gap, scale * sum};
    return dual;
}
