/* phi(x) = x: E[phi phi] = k, E[phi' phi'] = 1. */
NTKI_INLINE ntki_dual ntki_dual_identity(const double *constants, ntki_pair pair) {
    (void)constants;
    const ntki_real scale = pair.s * pair.s_other;
    const ntki_real close = scale * pair.near, far = scale * (2 - pair.near);
    const bool opposite = NTKI_BELOW(pair.k, 0);
    const ntki_dual dual = {pair.k, 1, opposite ? far : close, opposite ? close : far};
    return dual;
}
