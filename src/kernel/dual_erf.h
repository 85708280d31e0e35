/* phi(x) = erf(x), with Q = 1 + 2 s^2, r = 2 k / sqrt(Q Q'):
 *   E[phi phi] = (2 / pi) arcsin r,   E[phi' phi'] = (4 / pi) / sqrt(Q Q' (1 - r^2))      [Williams97]
 * The distance of |r| from 1 comes from near: h = ((1 + 2 s^2 + 2 s'^2) / (sqrt(QQ') + 2 s s') + 2 s s' near) / sqrt(QQ').
 * gap = (sqrt(f f') - arcsin r0) + (arcsin r0 - arcsin |r|) in units of 2/pi, where r0 = 2 s s' / sqrt(QQ') belongs to
 * rho = 1 and f = arcsin(2 s^2 / Q). The second bracket is the arcsine of a quotient of positive terms; the first is of
 * second order in the logarithm of s / s' and is taken from its series where the difference would cancel. */

/* arcsin of r in [0, 1] given h = 1 - r. */
NTKI_INLINE double ntki_arcsin(double r, double h) {
    const double z = r < 0.5 ? r * r : 0.5 * h;
    const double base = r < 0.5 ? r : __builtin_sqrt(z);
    const double value = base + base * z * ntki_polynomial_r(z);
    return r < 0.5 ? value : 1.57079632679489661923 - 2 * value;
}

/* sqrt(f f') - arcsin(r0) >= 0; v = tanh of half of ln(r_q / r_q'), c0 = 1 - r0^2. For small v it is f v^2 / 2 times the
 * second derivative of ln arcsin(exp x), whose terms are kept in an order that cannot overflow. */
NTKI_INLINE double ntki_erf_norm_gap(double v, double mean, double f, double r0, double c0) {
    const double root = __builtin_sqrt(c0), wide = r0 * (v / root);
    const double first = r0 / (root * (f + DBL_MIN));
    const double slope = first * v;
    const double series = 0.5 * f * (first * (v * v) + first * (wide * wide) - slope * slope);
    const double direct = mean - f;
    const double positive = direct > 0 ? direct : 0;
    return v * v < 1e-8 ? series : positive;
}

NTKI_INLINE ntki_dual ntki_dual_erf(const double *parameters, ntki_pair pair) {
    (void)parameters;
    const double two_over_pi = 0.63661977236758134308;
    const double s = pair.s, t = pair.s_other;
    const double s2 = s * s, t2 = t * t, product = s * t;
    const double root = __builtin_sqrt(1 + 2 * s2) * __builtin_sqrt(1 + 2 * t2);
    const double r0 = 2 * product / root;
    const double h0 = (1 + 2 * (s2 + t2)) / (root + 2 * product) / root;
    const double h = h0 + r0 * pair.near;
    const double size = pair.k < 0 ? -pair.k : pair.k;
    const double r = 2 * size / root;
    const double f = ntki_arcsin(r, h), f0 = ntki_arcsin(r0, h0);
    const double c = h * (2 - h), c0 = h0 * (2 - h0);
    const double sine = r0 * pair.near * (r0 + r) / (r0 * __builtin_sqrt(c) + r * __builtin_sqrt(c0) + DBL_MIN);
    const double turn = sine < 0.5 ? ntki_arcsin(sine, 1 - sine) : f0 - f;
    const double v = (s2 - t2) / (s2 + t2 + 4 * s2 * t2 + DBL_MIN);
    const double mean = pair.m * pair.m_other;
    const double gap = two_over_pi * (ntki_erf_norm_gap(v, mean / two_over_pi, f0, r0, c0) + turn);
    const double value = two_over_pi * f, other = mean + value;
    const ntki_dual dual = {pair.k < 0 ? -value : value, 2 * two_over_pi / (root * __builtin_sqrt(c)),
                            pair.k < 0 ? other : gap, pair.k < 0 ? gap : other};
    return dual;
}
