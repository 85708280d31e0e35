/* phi(x) = erf(x), with Q = 1 + 2 s^2, r = 2 k / sqrt(Q Q'):
 *   E[phi phi] = (2 / pi) arcsin r,   E[phi' phi'] = (4 / pi) / sqrt(Q Q' (1 - r^2))      [Williams97]
 * The distance of |r| from 1 comes from near: h = ((1 + 2 s^2 + 2 s'^2) / (sqrt(QQ') + 2 s s') + 2 s s' near) / sqrt(QQ').
 * gap = (sqrt(f f') - arcsin r0) + (arcsin r0 - arcsin |r|) in units of 2/pi, where r0 = 2 s s' / sqrt(QQ') belongs to
 * rho = 1 and f = arcsin(2 s^2 / Q). Each is built from accurate differences. */

/* arcsin of r in [0, 1] given h = 1 - r. */
NTKI_INLINE double ntki_arcsin(double r, double h) {
    const double z = r < 0.5 ? r * r : 0.5 * h;
    const double base = r < 0.5 ? r : __builtin_sqrt(z);
    const double value = base + base * z * ntki_polynomial_r(z);
    return r < 0.5 ? value : 1.57079632679489661923 - 2 * value;
}

/* arcsin(x) - arcsin(y) for x^2 - y^2 = difference, with the cosines of both angles: exact to rounding where it is small,
 * and `coarse` (the plain difference) where nothing cancels. */
NTKI_INLINE double ntki_arcsin_difference(double difference, double x, double y, double cos_x, double cos_y,
                                          double coarse) {
    const double sine = difference / (x * cos_y + y * cos_x + DBL_MIN);
    const double size = sine < 0 ? -sine : sine;
    const double angle = ntki_arcsin(size, 1 - size);
    return size < 0.5 ? (sine < 0 ? -angle : angle) : coarse;
}

/* arcsin(r) / r - 1, with relative accuracy for small r; h = 1 - r. */
NTKI_INLINE double ntki_arcsin_excess(double r, double h) {
    const double z = r * r;
    return r < 0.5 ? z * ntki_polynomial_r(r < 0.5 ? z : 0) : ntki_arcsin(r, h) / (r < 0.5 ? 1 : r) - 1;
}

/* sqrt(f f') - f0 >= 0 for f = arcsin r, f' = arcsin r', f0 = arcsin r0, r0^2 = r r', in one of two forms.
 * Norms alike: f = f0 + u, f' = f0 + v, gap = (f0 (u + v) + u v) / (sqrt(f f') + f0), where u and v come from
 * r - r' = 2 (s^2 - s'^2) / (Q Q').
 * Norms apart: with B = arcsin(r) / r - 1, gap = r0 ((B + B' - 2 B0) + (B B' - B0^2)) / (sqrt((1+B)(1+B')) + 1 + B0). */
NTKI_INLINE double ntki_erf_norm_gap(double s2, double t2, double mean, double f0, double r0, double h0, double cos0) {
    const double q = 1 + 2 * s2, p = 1 + 2 * t2;
    const double x = 2 * s2 / q, y = 2 * t2 / p;
    const double cos_x = __builtin_sqrt(1 + 4 * s2) / q, cos_y = __builtin_sqrt(1 + 4 * t2) / p;
    const double difference = 2 * (s2 - t2) / q / p;
    const double u = ntki_arcsin_difference(x * difference, x, r0, cos_x, cos0, ntki_arcsin(x, 1 / q) - f0);
    const double v = ntki_arcsin_difference(-y * difference, y, r0, cos_y, cos0, ntki_arcsin(y, 1 / p) - f0);
    const double alike = (f0 * (u + v) + u * v) / (mean + f0 + DBL_MIN);
    const double b = ntki_arcsin_excess(x, 1 / q), c = ntki_arcsin_excess(y, 1 / p), b0 = ntki_arcsin_excess(r0, h0);
    const double apart = r0 * ((b + c - 2 * b0) + (b * c - b0 * b0)) / (__builtin_sqrt((1 + b) * (1 + c)) + (1 + b0));
    const double gap = x < 2 * y && y < 2 * x ? alike : apart;
    return gap > 0 ? gap : 0;
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
    const double cos0 = __builtin_sqrt(c0), cos1 = __builtin_sqrt(c);
    const double turn = ntki_arcsin_difference(r0 * pair.near * (r0 + r), r0, r, cos0, cos1, f0 - f);
    const double mean = pair.m * pair.m_other;
    const double gap = two_over_pi * (ntki_erf_norm_gap(s2, t2, mean / two_over_pi, f0, r0, h0, cos0) + turn);
    const double value = two_over_pi * f, other = mean + value;
    const ntki_dual dual = {pair.k < 0 ? -value : value, 2 * two_over_pi / (root * cos1), pair.k < 0 ? other : gap,
                            pair.k < 0 ? gap : other};
    return dual;
}
