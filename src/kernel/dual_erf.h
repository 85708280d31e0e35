/* phi(x) = a erf(b x) + c, in the terms of arcsine.h with v = 2 b^2 s^2 and g = a^2 2 / pi:
 *   E[phi phi] = c^2 + sign(rho) g f,   E[phi' phi'] = 2 b^2 g / (sqrt(VV') cos f)      [Williams97]
 * With F, F' the arcs of the two inputs, mean = sqrt(F F'), lift = mean - f0 and
 *   shift = m m' - c^2 - g mean = c^2 g (sqrt F - sqrt F')^2 / (m m' + c^2 + g mean),
 *   rho >= 0:  gap = shift + g (lift + (f0 - f))
 *   rho <  0:  gap = shift + g (mean + f),   sum = 2 c^2 + shift + g (lift + (f0 - f)).
 *
 * constants: 2 b^2, g, c^2, c^2 - a^2, and the r from which c^2 - g f is taken as (c^2 - a^2) + g arccos(r), which is
 * accurate where it vanishes with arccos(r): 1/2, or 2 (never) for c^2 < a^2 / 2 */

/* roots: (sqrt F - sqrt F')^2 = roots / sums */
typedef struct {
    ntki_real mean, lift, roots, sums;
} ntki_erf_norms;

/* F F' - f0^2 = lift (mean + f0). Norms alike: F F' = M^2 - D^2 and M = f0 + w make it w y - D^2 with y = M + f0, less
 * sin(w) sin(y) = sin(D)^2, term by term. Norms apart, by a factor of 2 in the sines r: where they are small, with
 * B = F / r - 1, r0^2 ((B + B' - 2 B0) + (B B' - B0^2)); else as it is. */
NTKI_INLINE ntki_erf_norms ntki_erf_norms_of(const ntki_arc_pair *arcs) {
    const ntki_arc_spread spread = ntki_arc_spread_of(arcs);
    const ntki_arc own = arcs->own, other = arcs->other, pole = arcs->pole;
    const ntki_real half = NTKI_C(0.5), f0 = pole.angle, sine = spread.total_sine;
    const ntki_real y = f0 + half * (own.angle + other.angle);
    const bool small_total = NTKI_BELOW(sine, half) && NTKI_BELOW(0, spread.total_cosine);
    const ntki_real y_excess = small_total ? ntki_arcsin_excess(sine) : y - sine;
    const ntki_real alike =
        spread.lift_excess * y + spread.lift_sine * y_excess - spread.excess * (2 * spread.sine + spread.excess);
    const ntki_real b = own.sine * own.sine * own.series, c = other.sine * other.sine * other.series;
    const ntki_real b0 = pole.sine * pole.sine * pole.series, product = own.angle * other.angle;
    const bool small = NTKI_BELOW(own.sine, half) && NTKI_BELOW(other.sine, half);
    const ntki_real apart = small ? pole.sine * pole.sine * ((b + c - 2 * b0) + (b * c - b0 * b0)) : product - f0 * f0;
    const bool close = NTKI_BELOW(own.sine, 2 * other.sine) && NTKI_BELOW(other.sine, 2 * own.sine);
    const ntki_real root = NTKI_SQRT(product), rise = close ? alike : apart;
    const ntki_real lift = (NTKI_BELOW(rise, 0) ? NTKI_C(0) : rise) / (root + f0 + NTKI_TINY);
    const ntki_real difference = close ? 2 * (spread.sine + spread.excess) : own.angle - other.angle;
    const ntki_erf_norms norms = {f0 + lift, lift, difference * difference, own.angle + other.angle + 2 * root};
    return norms;
}

NTKI_INLINE ntki_dual ntki_dual_erf(const double *constants, ntki_pair pair) {
    const ntki_real scale = NTKI_C(constants[0]), g = NTKI_C(constants[1]), even = NTKI_C(constants[2]);
    const ntki_real excess = NTKI_C(constants[3]), limit = NTKI_C(constants[4]);
    const ntki_arc_pair arcs = ntki_arc_pair_of(scale, pair);
    const ntki_erf_norms norms = ntki_erf_norms_of(&arcs);
    const ntki_real odd = g * arcs.here.angle, mean = g * norms.mean, product = pair.m * pair.m_other;
    const ntki_real shift = even * (g * norms.roots) / (norms.sums * (product + even + mean) + NTKI_TINY);
    const ntki_real pole = shift + g * (norms.lift + arcs.turn);
    const bool opposite = NTKI_BELOW(pair.k, 0);
    const ntki_real below = NTKI_BELOW(arcs.here.sine, limit) ? even - odd : excess + g * arcs.here.complement;
    const ntki_real value = opposite ? below : even + odd;
    const ntki_dual dual = {value, scale * g * arcs.inverse / arcs.here.cosine, opposite ? shift + mean + odd : pole,
                            opposite ? 2 * even + pole : product + value};
    return dual;
}
