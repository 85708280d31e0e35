/* phi(x) = sqrt(2) sin(sqrt(2 gamma) x + pi/4), whose even and odd parts weigh the same:
 *   E[phi phi] = exp(-gamma (q + q' - 2k)),   E[phi' phi'] = 2 gamma E[phi phi],   E[phi^2] = 1      [RahRec07]
 * q + q' - 2k = (s - s')^2 + 2 s s' (1 - rho) has no cancellation, and gap = 1 - E[phi phi]. constants: gamma.
 * The exponent brings its rounding, relative to its size, into value and slope. */
NTKI_INLINE ntki_dual ntki_dual_rbf(const double *constants, ntki_pair pair) {
    const double gamma = constants[0];
    const ntki_real apart = pair.s - pair.s_other;
    const ntki_real turn = NTKI_BELOW(pair.k, 0) ? 2 - pair.near : pair.near;
    const ntki_real exponent = gamma * (apart * apart + 2 * (pair.s * pair.s_other) * turn);
    const ntki_real value = NTKI_EXP(-exponent);
    const ntki_dual dual = {value, 2 * gamma * value, -NTKI_EXPM1(-exponent), 1 + value};
    return dual;
}
