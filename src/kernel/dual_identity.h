/* phi(x) = x: E[phi phi] = k, E[phi' phi'] = 1. */
NTKI_INLINE ntki_dual ntki_dual_identity(const double *parameters, ntki_pair pair) {
    (void)parameters;
    const double scale = pair.s * pair.s_other;
    const double close = scale * pair.near, far = scale * (2 - pair.near);
    const ntki_dual dual = {pair.k, 1, pair.k < 0 ? far : close, pair.k < 0 ? close : far};
    return dual;
}
