/* phi(x) = a exp(b x). With b = 1 (s stands for |b| s):
 *   E[phi phi] = a^2 exp((q + q') / 2 + k),   E[phi' phi'] = b^2 E[phi phi],   E[phi^2] = a^2 exp(2q)
 * With y = (s - s')^2 / 2 and 1 -+ rho = near or 2 - near, (q + q') / 2 + k = y + s s' (1 + rho), also for opposite
 * inputs, and gap = E[phi phi] (exp(y + s s' (1 - rho)) - 1). constants: |b|, a^2.
 * The exponent brings its rounding, relative to its size, into value and slope. */
NTKI_INLINE ntki_dual ntki_dual_exp(const double *constants, ntki_pair pair) {
    const double b = constants[0];
    const ntki_real apart = b * (pair.s - pair.s_other); /* of the unrounded norms */
    const ntki_real y = 0.5 * (apart * apart), square = (b * pair.s) * (b * pair.s_other);
    const ntki_real product = NTKI_BELOW(square, DBL_MAX) ? square : DBL_MAX; /* finite, so that 0 near is 0 */
    const ntki_real close = y + product * pair.near, far = y + product * (2 - pair.near);
    const ntki_real value = constants[1] * NTKI_EXP(NTKI_BELOW(pair.k, 0) ? close : far);
    const ntki_real excess = NTKI_EXPM1(NTKI_BELOW(pair.k, 0) ? far : close);
    /* 0 also where the value is infinite */
    const ntki_real gap = NTKI_BELOW(0, excess) ? value * excess : 0;
    const ntki_dual dual = {value, b * b * value, gap, pair.m * pair.m_other + value};
    return dual;
}
