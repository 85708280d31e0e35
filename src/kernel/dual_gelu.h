/* phi(x) = x Phi(x) = x / 2 + x erf(x / sqrt 2) / 2, in the terms of arcsine.h with v = s^2 (b^2 = 1/2), R = sqrt(VV'):
 *   E[phi phi]   = k / 4 + E / 2 pi,              E  = |k| f + R r0^2 cos f + r^2 / (R cos f)      [Tsuchida21]
 *   E[phi' phi'] = 1/4 + sign(rho) E' / 2 pi,     E' = f + r (cos f0)^2 / cos f + (2 + (r / cos f)^2) r / (R^2 cos f)
 * (E[erf erf] = (2 / pi) arcsin r, by parts). E and E' are sums of positive terms. For rho < 0 and r >= 1/2, where they
 * cancel, with a = pi/2 - f, w = sin(a/2), v = cos(a/2) and arcsin(w) = w + w^3 S(w),
 *   E[phi phi] = (R (sin a - a cos a - (cos f0)^2 sin a) + r^2 / (R cos f)) / 2 pi,
 *   sin a - a cos a = 2 w^3 (2 - 1 / (1 + v) - S cos a),      a - sin a cos a = 2 w^3 (S + 1 / (1 + v) + 2 v).
 * The gap is a part of the norms, s s' (sqrt(H H') - H0), and a part of rho, s s' near / 4 + (E0 - E) / 2 pi. The first
 * has relative accuracy unless the arcs of the norms differ by 60 degrees or more, and then it is not small. */

/* (sin x - x cos x) / sin(x)^3 for x <= 30 degrees, from sine and cosine. */
NTKI_INLINE ntki_real ntki_gelu_bend(ntki_real sine, ntki_real cosine) {
    return 1 / (1 + cosine) - cosine * ntki_polynomial_r(sine * sine);
}

/* E0 - E, with d = r0 - r and the turn 2 D = f0 - f:
 *   r <  1/2:  R d f0 + R r 2 D - R r0^2 (cos f - cos f0) + third
 *   r >= 1/2:  R d (pi/2 - A) - 2 R cos A (sin D - D cos D) + R (cos f0)^2 (cos f - cos f0) + third,  A = (a + a0) / 2
 *   third = r0^2 / (R cos f0) - r^2 / (R cos f). */
NTKI_INLINE ntki_real ntki_gelu_turn(const ntki_arc_pair *arcs, ntki_real fall) {
    const ntki_arc here = arcs->here, pole = arcs->pole;
    const ntki_real sines = here.sine + pole.sine, share = 1 / (here.cosine + pole.cosine);
    const ntki_real cosine = here.half_cosine * pole.half_cosine + here.half_sine * pole.half_sine; /* cos D */
    const ntki_real mean_cosine = here.half_cosine * pole.half_cosine - here.half_sine * pole.half_sine;
    const ntki_real sine = arcs->half_turn_sine, rise = fall * sines * share; /* R (cos f - cos f0); fall = R d */
    const ntki_real third =
        arcs->drop * sines * (arcs->inverse / pole.cosine) * (1 + here.sine * here.sine * (share / here.cosine));
    const ntki_real bent = arcs->root * sine * sine * sine * ntki_gelu_bend(sine, cosine);
    const ntki_real high =
        fall * (NTKI_C(0.5) * (here.angle + pole.angle)) - 2 * mean_cosine * bent + pole.cosine * pole.cosine * rise;
    const ntki_real low = fall * pole.angle + arcs->root * here.sine * arcs->turn - pole.sine * pole.sine * rise;
    return (NTKI_BELOW(here.sine, NTKI_C(0.5)) ? low : high) + third;
}

/* For an input alone E[phi^2] = s^2 H with H = 1/4 + J / 2 pi, J = f + sin f cos f + g, g = r (1 - r)^2 / cos f. H0 and
 * J0 are the same of the pole, but for g0 = r0 (1 - r) (1 - r') / cos f0. Returned: (J + J') / 2 - J0 and |J - J'| / 2,
 * for arcs that are not far apart. In the terms of ntki_arc_spread, with y = M + f0:
 *   (f + f') / 2 - f0 + (sin f cos f + sin f' cos f') / 2 - sin f0 cos f0 = w + cos y sin w - sin 2M sin^2 D,
 *   (g + g') / 2 - g0 = (sqrt g - sqrt g')^2 / 2 + g0 (cos f0 - root) / root,   root = sqrt(cos f cos f'),
 *   cos^2 f0 - root^2 = 2 sin^2 D,   |J - J'| / 2 = D + cos 2M sin D cos D +- (g - g') / 2,
 * and g - g' from g^2 = r^2 (1 - r)^3 / (1 + r). */
typedef struct {
    ntki_real middle, half;
} ntki_gelu_spread;

NTKI_INLINE ntki_real ntki_gelu_tail(ntki_arc arc) { return arc.sine * arc.rest * arc.rest / arc.cosine; }

NTKI_INLINE ntki_gelu_spread ntki_gelu_spread_of(const ntki_arc_pair *arcs, ntki_arc_spread spread, ntki_real g0) {
    const ntki_arc own = arcs->own, other = arcs->other, pole = arcs->pole;
    const ntki_real half = NTKI_C(0.5), squared = spread.sine * spread.sine;
    const ntki_real a = own.rest, b = other.rest, p = 1 + own.sine, q = 1 + other.sine;
    const ntki_real level = (own.sine + other.sine) * (a * a * a * q + b * b * b * p);
    const ntki_real slope =
        (own.sine * own.sine + other.sine * other.sine) * (2 * (a * a + b * b + a * b) - a * b * (a + b));
    const ntki_real both = ntki_gelu_tail(own) + ntki_gelu_tail(other);
    const ntki_real difference = half * arcs->apart * (level - slope) / (both * (p * q) + NTKI_TINY); /* |g - g'| */
    const ntki_real root = NTKI_SQRT(own.cosine * other.cosine), share = g0 / root;
    const ntki_real roots = difference * difference / (both + 2 * pole.cosine * share + NTKI_TINY);
    const ntki_real y = spread.total_cosine, y_sine = spread.total_sine;
    const ntki_real versed = NTKI_BELOW(y, 0) ? y_sine * y_sine / (1 - y) : 1 + y; /* 1 + cos y */
    const ntki_real middle = spread.lift_excess + versed * spread.lift_sine -
                             2 * spread.mean_sine * spread.mean_cosine * squared + half * roots +
                             2 * squared * (share / (pole.cosine + root));
    const ntki_real mean = spread.mean_cosine * spread.mean_cosine - spread.mean_sine * spread.mean_sine;
    const ntki_gelu_spread result = {middle, (spread.sine + spread.excess) + mean * spread.sine * spread.cosine +
                                                 half * difference};
    return result;
}

/* lift = sqrt(H H') - H0 and even = sqrt(H H') - 1/4. */
typedef struct {
    ntki_real lift, even;
} ntki_gelu_norms;

NTKI_INLINE ntki_gelu_norms ntki_gelu_norms_of(const ntki_arc_pair *arcs) {
    const ntki_arc own = arcs->own, other = arcs->other, pole = arcs->pole;
    const ntki_arc_spread spread = ntki_arc_spread_of(arcs);
    const ntki_real unit = NTKI_C(0.15915494309189533577), half = NTKI_C(0.5), quarter = NTKI_C(0.25);
    const ntki_real j = own.angle + own.sine * own.cosine + ntki_gelu_tail(own);
    const ntki_real i = other.angle + other.sine * other.cosine + ntki_gelu_tail(other);
    const ntki_real g0 = pole.sine * arcs->inverse * (arcs->inverse / pole.cosine);
    const ntki_real j0 = pole.angle + pole.sine * pole.cosine + g0;
    const ntki_gelu_spread near = ntki_gelu_spread_of(arcs, spread, g0);
    const bool close = NTKI_BELOW(spread.sine, half);
    const ntki_real middle = close ? near.middle : half * (i + j) - j0, away = close ? near.half : half * (i - j);
    const ntki_real root = NTKI_SQRT((quarter + unit * i) * (quarter + unit * j));
    const ntki_real excess = half * unit * middle + unit * unit * (middle * (2 * j0 + middle) - away * away);
    const ntki_real lift = excess / (root + (quarter + unit * j0));
    const ntki_gelu_norms norms = {NTKI_BELOW(lift, 0) ? NTKI_C(0) : lift,
                                   unit * (quarter * (i + j) + unit * (i * j)) / (root + quarter)};
    return norms;
}

NTKI_INLINE ntki_dual ntki_dual_gelu(const double *constants, ntki_pair pair) {
    (void)constants;
    const ntki_arc_pair arcs = ntki_arc_pair_of(1, pair);
    const ntki_gelu_norms norms = ntki_gelu_norms_of(&arcs);
    const ntki_real unit = NTKI_C(0.15915494309189533577), quarter = NTKI_C(0.25); /* unit: 1 / 2 pi */
    const ntki_real inverse = arcs.inverse;
    const ntki_arc here = arcs.here, pole = arcs.pole;
    const ntki_real product = pair.s * pair.s_other, fall = product * pair.near;
    const ntki_real wide = arcs.root * here.cosine, ratio = here.sine / here.cosine, last = ratio * inverse;
    const bool opposite = NTKI_BELOW(pair.k, 0), low = NTKI_BELOW(here.sine, NTKI_C(0.5));
    const ntki_real size = opposite ? -pair.k : pair.k, level = pole.cosine * pole.cosine;
    const ntki_real w = here.half_sine, v = here.half_cosine, share = 1 / (1 + v);
    const ntki_real even = unit * (size * here.angle + pole.sine * pole.sine * wide + here.sine * last);
    const ntki_real tail = 2 * (arcs.root * w * w * w) * (2 - share - here.series * here.sine);
    const ntki_real below = unit * (tail - level * wide + here.sine * last);
    const ntki_real value = opposite ? (low ? even - quarter * size : below) : quarter * size + even;
    const ntki_real rest = 2 * last * inverse + (ratio * last) * (ratio * inverse);
    const ntki_real sector = 2 * w * w * w * (here.series + share + 2 * v);
    const ntki_real slope_below =
        low ? here.complement - level * ratio : sector + ratio * arcs.drop * (here.sine + pole.sine);
    const ntki_real slope =
        opposite ? unit * (slope_below - rest) : quarter + unit * (here.angle + (level * ratio + rest));
    const ntki_real gap = product * norms.lift + unit * ntki_gelu_turn(&arcs, fall);
    const ntki_real near = quarter * fall, far = quarter * (product + size);
    const ntki_dual dual = {value, slope, gap + (opposite ? far : near),
                            opposite ? near + product * norms.even + even : pair.m * pair.m_other + value};
    return dual;
}
