/* Defined by its dual, with rho = k / (s s'):
 *   value = s s' exp(gamma (rho + shift)),   slope = d value / dk at fixed norms = gamma exp(gamma (rho + shift)),
 *   m^2 = s^2 exp(gamma (1 + shift))      [Shankar20]
 * exp(gamma (rho + shift)) = exp(gamma (1 + shift)) exp(-gamma (1 - rho)), 1 - rho = near or 2 - near: nothing cancels, and
 * gap = m m' (1 - exp(-gamma (1 - rho))). constants: gamma, exp(gamma (1 + shift)). */
NTKI_INLINE ntki_dual ntki_dual_normalised_exp(const double *constants, ntki_pair pair) {
    const double gamma = constants[0];
    const ntki_real turn = gamma * (NTKI_BELOW(pair.k, 0) ? 2 - pair.near : pair.near);
    const ntki_real fade = constants[1] * NTKI_EXP(-turn), product = pair.s * pair.s_other;
    const ntki_real mean = pair.m * pair.m_other, value = product * fade;
    const ntki_dual dual = {value, gamma * fade, -mean * NTKI_EXPM1(-turn), mean + value};
    return dual;
}
