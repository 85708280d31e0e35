/* The geometry of activations that are made of the error function. With v = 2 b^2 s^2 for erf(b x), V = 1 + v and
 * k = rho s s', their duals are functions of the sines
 *   r = 2 b^2 |k| / sqrt(V V'),   r0 = r at |rho| = 1,   v / V and v' / V' of the inputs alone,
 * and of the arcs f = arcsin(r), ... that belong to them. The distances of these sines from 1 are known exactly,
 *   1 - r0 = (1 + v + v') / (sqrt(V V') + sqrt(v v')) / sqrt(V V'),   1 - r = 1 - r0 + r0 near,   1 - v / V = 1 / V,
 * and so are the differences that the gaps are made of. */
#ifndef NTKI_ARCSINE_H
#define NTKI_ARCSINE_H

/* The arc of a sine r >= 0, from r, rest = 1 - r and half_sine = sqrt(rest / 2): f = arcsin(r) and a = arccos(r), each
 * accurate however small. `series` is what ntki_polynomial_r() gave. */
typedef struct {
    ntki_real sine, cosine, rest;     /* sin f, cos f, 1 - sin f */
    ntki_real half_sine, half_cosine; /* of a / 2 */
    ntki_real angle, complement;      /* f, a */
    ntki_real series;
} ntki_arc;

NTKI_INLINE ntki_arc ntki_arc_of(ntki_real r, ntki_real rest, ntki_real half_sine) {
    const ntki_real right_angle = NTKI_C(1.57079632679489661923), half = NTKI_C(0.5);
    const bool low = NTKI_BELOW(r, half);
    const ntki_real half_cosine = NTKI_SQRT(1 - half * rest);
    const ntki_real z = low ? r * r : half * rest, base = low ? r : half_sine;
    const ntki_real series = ntki_polynomial_r(z), part = base + base * z * series;
    const ntki_real angle = low ? part : right_angle - 2 * part, complement = low ? right_angle - part : 2 * part;
    const ntki_arc arc = {r, 2 * half_sine * half_cosine, rest, half_sine, half_cosine, angle, complement, series};
    return arc;
}

/* arcsin(x) - x for x <= 1/2; finite up to 1. */
NTKI_INLINE ntki_real ntki_arcsin_excess(ntki_real x) {
    const ntki_real z = x * x;
    return x * z * ntki_polynomial_r(z);
}

/* A pair: the arcs of both inputs, that of r0 (`pole`), and that of r (`here`). */
typedef struct {
    ntki_real root, inverse; /* sqrt(V V') and 1 / sqrt(V V') */
    ntki_arc own, other, pole, here;
    ntki_real apart; /* |v / V - v' / V'| */
    ntki_real drop;  /* r0 - r */
    ntki_real turn;  /* f0 - f */
    ntki_real half_turn_sine;
} ntki_arc_pair;

/* The turn: a - a0 from sin((a - a0) / 2) = (sin(a/2)^2 - sin(a0/2)^2) / (sum of mixed products), and as it is where it
 * exceeds 60 degrees. */
NTKI_INLINE ntki_arc_pair ntki_arc_pair_of(ntki_real square_scale, ntki_pair pair) {
    const ntki_real s = pair.s, t = pair.s_other, half = NTKI_C(0.5), root_half = NTKI_C(0.70710678118654752440);
    const ntki_real v = square_scale * (s * s), u = square_scale * (t * t), product = square_scale * (s * t);
    const ntki_real own_root = NTKI_SQRT(1 + v), other_root = NTKI_SQRT(1 + u), root = own_root * other_root;
    const ntki_real own_inverse = 1 / own_root, other_inverse = 1 / other_root, inverse = own_inverse * other_inverse;
    const ntki_real own_rest = own_inverse * own_inverse, other_rest = other_inverse * other_inverse;
    const ntki_real size = NTKI_BELOW(pair.k, 0) ? -pair.k : pair.k;
    const ntki_real pole_rest = (1 + (v + u)) / (root + product) * inverse, r0 = product * inverse;
    const ntki_real drop = r0 * pair.near, rest = pole_rest + drop;
    const ntki_real steps = square_scale * ((s - t) * (s + t)) * (own_rest * other_rest);
    ntki_arc_pair arcs = {.root = root, .inverse = inverse, .drop = drop};
    arcs.own = ntki_arc_of(v * own_rest, own_rest, root_half * own_inverse);
    arcs.other = ntki_arc_of(u * other_rest, other_rest, root_half * other_inverse);
    arcs.pole = ntki_arc_of(r0, pole_rest, NTKI_SQRT(half * pole_rest));
    arcs.here = ntki_arc_of(square_scale * size * inverse, rest, NTKI_SQRT(half * rest));
    arcs.apart = NTKI_BELOW(steps, 0) ? -steps : steps;
    const ntki_real sine =
        half * drop / (arcs.here.half_sine * arcs.pole.half_cosine + arcs.here.half_cosine * arcs.pole.half_sine);
    arcs.half_turn_sine = sine;
    arcs.turn = NTKI_BELOW(half, sine) ? arcs.pole.angle - arcs.here.angle : 2 * (sine + ntki_arcsin_excess(sine));
    return arcs;
}

/* How the arcs F, F' of the two inputs lie about f0, where sin(f0)^2 = sin(F) sin(F'). With M = (F + F') / 2,
 *   D = |F - F'| / 2:  sin(D) = |sin F - sin F'| / (2 cos M),   sin(M) = (sin F + sin F') / (2 cos D),
 *   w = M - f0 >= 0:   sin(w) = sin(D)^2 / sin(M + f0),   since sin(M)^2 - sin(f0)^2 = sin(D)^2.
 * The angles D and w hold up to 30 degrees, their sines always. */
typedef struct {
    ntki_real sine, cosine, excess;     /* sin D, cos D, D - sin D */
    ntki_real lift_sine, lift_excess;   /* sin w, w - sin w */
    ntki_real mean_sine, mean_cosine;   /* of M */
    ntki_real total_sine, total_cosine; /* of M + f0 */
} ntki_arc_spread;

NTKI_INLINE ntki_arc_spread ntki_arc_spread_of(const ntki_arc_pair *arcs) {
    const ntki_arc own = arcs->own, other = arcs->other, pole = arcs->pole;
    const ntki_real mean_cosine = own.half_sine * other.half_cosine + own.half_cosine * other.half_sine;
    const ntki_real cosine = own.half_cosine * other.half_cosine + own.half_sine * other.half_sine;
    const ntki_real share = NTKI_C(0.5) / (mean_cosine * cosine), sine = arcs->apart * (cosine * share);
    const ntki_real mean_sine = (own.sine + other.sine) * (mean_cosine * share);
    const ntki_real total_sine = mean_sine * pole.cosine + mean_cosine * pole.sine;
    const ntki_real total_cosine = mean_cosine * pole.cosine - mean_sine * pole.sine;
    const ntki_real lift_sine = sine * sine / (total_sine + NTKI_TINY);
    const ntki_arc_spread spread = {sine,
                                    cosine,
                                    ntki_arcsin_excess(sine),
                                    lift_sine,
                                    ntki_arcsin_excess(lift_sine),
                                    mean_sine,
                                    mean_cosine,
                                    total_sine,
                                    total_cosine};
    return spread;
}

#endif
