/* phi(x) = 1 for x > 0, else 0 (step), and phi(x) = 1, 0, -1 (sign), with t = arccos(rho):
 *   step: E[phi phi] = (pi - t) / 2 pi,   sign: E[phi phi] = 1 - 2 t / pi,   E[phi' phi'] = 0      [ChoSaul09]
 * Both are e + o (1 - 2 t / pi), e and o from the even and odd parts of phi (step: 1/4 and 1/4, sign: 0 and 1). In
 * m = 1 - |rho|, with angle = arccos|rho| / pi = sqrt(m) P(m):
 *   rho >= 0:  value = (e + o) - 2 o angle,   gap = 2 o angle
 *   rho <  0:  value = (e - o) + 2 o angle,   sum = 2 e + 2 o angle
 * phi(0) = 0: with an input of s = 0 all four are 0.
 *
 * constants: e + o, e - o, 2 o */
NTKI_INLINE ntki_dual ntki_dual_step(const double *constants, ntki_pair pair) {
    const ntki_real both = NTKI_C(constants[0]), rest = NTKI_C(constants[1]), turn = NTKI_C(constants[2]);
    const ntki_real part = turn * (NTKI_SQRT(pair.near) * ntki_polynomial_p(pair.near));
    const ntki_real smaller = NTKI_BELOW(pair.s, pair.s_other) ? pair.s : pair.s_other;
    const ntki_real live = NTKI_BELOW(0, smaller) ? NTKI_C(1) : NTKI_C(0);
    const bool opposite = NTKI_BELOW(pair.k, 0);
    const ntki_real value = opposite ? rest + part : both - part;
    const ntki_real gap = opposite ? turn - part : part;
    const ntki_real sum = opposite ? both + rest + part : 2 * both - part;
    const ntki_dual dual = {live * value, 0, live * gap, live * sum};
    return dual;
}
