/* phi(x) = a exp(-b x^2). With w = 2b and D = (1 + w q) (1 + w q') - w^2 k^2:
 *   E[phi phi] = a^2 / sqrt(D),   E[phi' phi'] = w^2 a^2 k / D^{3/2},   E[phi^2] = a^2 / sqrt(1 + 2 w q)
 * (D is the determinant of 1 + w times the covariance matrix; the second is the derivative of the first in k.)
 * D = 1 + w (q + q') + w^2 q q' near (2 - near) has no cancellation. With M = 1 + 2 w q
 *   D - sqrt(M M') = 2 w^2 (q - q')^2 / (sqrt M + sqrt M')^2 + w^2 q q' near (2 - near),
 *   gap = m m' (1 - sqrt(sqrt(M M') / D)),  sqrt(sqrt(M M') / D) = E[phi phi] / (m m').
 * Everything is divided by R = (1 + w q) (1 + w q'), so that nothing overflows. phi is even: the gap is that of |k|.
 * All four are accurate for all pairs. constants: a^2, 2b. */
NTKI_INLINE ntki_dual ntki_dual_gaussian(const double *constants, ntki_pair pair) {
    const double w = constants[1];
    const ntki_real q = pair.s * pair.s, p = pair.s_other * pair.s_other;
    const ntki_real root = NTKI_SQRT(1 + w * q) * NTKI_SQRT(1 + w * p); /* sqrt R */
    const ntki_real part = w * (pair.s * pair.s_other) / root;
    const ntki_real turn = part * part * (pair.near * (2 - pair.near));
    const ntki_real ratio = (1 + w * (q + p)) / root / root + turn; /* D / R */
    const ntki_real apart = w * ((pair.s - pair.s_other) * (pair.s + pair.s_other)) /
                            (NTKI_SQRT(1 + 2 * w * q) + NTKI_SQRT(1 + 2 * w * p)) / root;
    const ntki_real lost = 2 * apart * (apart / ratio) + turn / ratio; /* 1 - sqrt(M M') / D */
    const ntki_real value = constants[0] / (root * NTKI_SQRT(ratio));
    const ntki_real slope = value * (w * pair.k / root) * (w / root / ratio);
    const ntki_real mean = pair.m * pair.m_other;
    const ntki_dual dual = {value, slope, mean * lost * (mean / (NTKI_BELOW(0, value) ? mean + value : 1)),
                            mean + value};
    return dual;
}
