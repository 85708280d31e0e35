/* phi(x) = max(x, 0), with t = arccos(rho):
 *   E[phi phi] = s s' (sin t + (pi - t) cos t) / 2 pi,   E[phi' phi'] = (pi - t) / 2 pi      [ChoSaul09]
 * In m = 1 - |rho|, for rho >= 0 (and the mirror image for rho < 0):
 *   t / pi = sqrt(m) P(m),   (sin t - t cos t) / pi = m sqrt(m) Q(m) = tail
 *   value = s s' (1 - m + tail) / 2,  gap = s s' (m - tail) / 2, in which tail <= m / pi: nothing cancels. */
NTKI_INLINE ntki_dual ntki_dual_relu(const double *constants, ntki_pair pair) {
    (void)constants;
    const ntki_real near = pair.near, half = NTKI_C(0.5);
    const ntki_real root = NTKI_SQRT(near);
    const ntki_real angle = root * ntki_polynomial_p(near);
    const ntki_real tail = root * near * ntki_polynomial_q(near);
    const ntki_real scale = half * (pair.s * pair.s_other);
    const bool opposite = NTKI_BELOW(pair.k, 0);
    const ntki_real value = scale * (opposite ? tail : (1 - near) + tail);
    const ntki_real gap = scale * (opposite ? 1 - tail : near - tail);
    const ntki_dual dual = {value, opposite ? half * angle : half - half * angle, gap, scale + value};
    return dual;
}
