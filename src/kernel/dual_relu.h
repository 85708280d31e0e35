/* phi(x) = max(x, 0), with t = arccos(rho):
 *   E[phi phi] = s s' (sin t + (pi - t) cos t) / 2 pi,   E[phi' phi'] = (pi - t) / 2 pi      [ChoSaul09]
 * In m = 1 - |rho|, for rho >= 0 (and the mirror image for rho < 0):
 *   t / pi = sqrt(m) P(m),   (sin t - t cos t) / pi = m sqrt(m) Q(m) = tail
 *   value = s s' (1 - m + tail) / 2,  gap = s s' (m - tail) / 2, in which tail <= m / pi: nothing cancels. */
NTKI_INLINE ntki_dual ntki_dual_relu(const double *parameters, ntki_pair pair) {
    (void)parameters;
    const double near = pair.near;
    const double root = __builtin_sqrt(near);
    const double angle = root * ntki_polynomial_p(near);
    const double tail = root * near * ntki_polynomial_q(near);
    const double half = 0.5 * (pair.s * pair.s_other);
    const double value = half * (pair.k < 0 ? tail : (1 - near) + tail);
    const double gap = half * (pair.k < 0 ? 1 - tail : near - tail);
    const ntki_dual dual = {value, pair.k < 0 ? 0.5 * angle : 0.5 - 0.5 * angle, gap, 2 * half + value};
    return dual;
}
