/* ELU and SELU: phi(x) = lambda (x for x > 0, alpha (exp x - 1) for x <= 0). [Tsuchida21] reduce its dual to the
 * bivariate normal distribution. With f(x) = exp(x) - 1 and u, v = s x, s' y,
 *   E[phi phi] / lambda^2 = E[u v; ++] + alpha (B + B') + alpha^2 C,   B = E[u f(v); +-],  C = E[f(u) f(v); --],
 *   E[phi' phi'] / lambda^2 = P(++) + alpha (T + T') + alpha^2 I,      T = E[exp v; +-],   I = E[exp(u + v); --].
 * By parts, with c^2 = 1 - rho^2, F(x) = exp(x^2) erfc x, H(z) = 1 - sqrt(pi/2) z F(z / sqrt 2) and
 *   t(r) = H(s' c(r)) / 2 pi c(r),  t'(r) = H(s c(r)) / 2 pi c(r),  g = 1 / 2 pi c(r) - t - t':
 *   dB/dk = T, dT/dk = -t / s s', dI/dk = I - g / s s', dC/dk = C + (P(--) - E[1 - exp u; --] - E[1 - exp v; --]).
 *
 * Close (s c, s' c <= 6 and s s' near <= 2): integrated over r between |rho| and 1, d = r - |rho|, every term positive
 * or of the order of the result, so that small norms and small `near` keep their relative accuracy. For rho >= 0
 *   T = int t,  B = -s s' int d t,  I = exp(-w) F((s + s') / sqrt 2) / 2 + int exp(-s s' d) g,  w = s s' near,
 *   C(1) - C = (1 - exp(-w)) F((s + s') / sqrt 2) / 2 + int (1 - exp(-s s' d)) g,
 * and for rho < 0
 *   T = F(s' / sqrt 2) / 2 - int t,  B = -s s' (|rho| F(s' / sqrt 2) / 2 + int d t),
 *   I = -int exp(s s' d) g,  C = -int (exp(s s' d) - 1) g.
 * Gauss's rule of 14 nodes in p = sqrt((1 - r) / 2), dr / c = 2 dp / sqrt(1 - p^2).
 *
 * Elsewhere: in polar coordinates the integrals of exp(u), exp(v) and exp(u + v) over a quadrant are integrals of H(A
 * sin) over an angle (ntki_elu_sector), A = s, s' or the standard deviation of u + v, and
 *   B = s (F(s' c / sqrt 2) - 1) / 2 sqrt(2 pi) + k T,   C = I - E[exp u; --] - E[exp v; --] + P(--).
 * Where s s' < 1/64 that C would cancel, and exp(v) - 1 of the smaller one is expanded: C = sum s'^j K_j / j! with
 *   K_j = E[y^j f(u); --],  K_j = (j - 1) K_(j-2) + rho s E[y^(j-1) exp u; --] (j > 1),  y = v / s'.
 *
 * gap has the norm part m m' - E(rho = 1): E[(phi(u) - phi(v))^2] / 2 - (m - m')^2 / 2 for norms alike, the plain
 * difference (an error of some 2^-52 m m') for norms apart; `sum` has the plain m m' + E(rho = -1) for rho < 0.
 *
 * Against 30 digits, norms from 1e-6 to 1e5, near from 1e-18 to 1, alpha 1 and 1.67: value and gap within 2e-15 of m
 * m', slope within 1e-15 of sqrt(slope(u,u) slope(v,v)), gap of equal norms within 1e-15 of itself for rho >= 0. */

#define NTKI_ELU_CLOSE 6
#define NTKI_ELU_TURN 2

#define NTKI_GAUSS_11(X)                                \
    X(0.010885670926971503598, 0.027834283558086833241) \
    X(0.056468700115952350462, 0.062790184732452312317) \
    X(0.13492399721297533795, 0.093145105463867125713)  \
    X(0.24045193539659409204, 0.11659688229599523996)   \
    X(0.36522842202382751383, 0.13140227225512333109)   \
    X(0.5, 0.13646254338895031536)                      \
    X(0.63477157797617248617, 0.13140227225512333109)   \
    X(0.75954806460340590796, 0.11659688229599523996)   \
    X(0.86507600278702466205, 0.093145105463867125713)  \
    X(0.94353129988404764954, 0.062790184732452312317)  \
    X(0.9891143290730284964, 0.027834283558086833241)

#define NTKI_GAUSS_14(X)                                 \
    X(0.0068580956515938305792, 0.017559730165875931516) \
    X(0.035782558168213241332, 0.040079043579880104903)  \
    X(0.086399342465117503405, 0.060759285343951592345)  \
    X(0.15635354759415726493, 0.078601583579096767285)   \
    X(0.24237568182092295402, 0.092769198738968906871)   \
    X(0.34044381553605511978, 0.10259923186064780198)    \
    X(0.44597252564632816897, 0.1076319267315788951)     \
    X(0.55402747435367183103, 0.1076319267315788951)     \
    X(0.65955618446394488022, 0.10259923186064780198)    \
    X(0.75762431817907704598, 0.092769198738968906871)   \
    X(0.84364645240584273507, 0.078601583579096767285)   \
    X(0.91360065753488249659, 0.060759285343951592345)   \
    X(0.96421744183178675867, 0.040079043579880104903)   \
    X(0.99314190434840616942, 0.017559730165875931516)

#define NTKI_GAUSS_8(X)                                 \
    X(0.019855071751231884158, 0.050614268145188129576) \
    X(0.1016667612931866302, 0.11119051722668723527)    \
    X(0.23723379504183550709, 0.15685332293894364367)   \
    X(0.40828267875217509753, 0.18134189168918099148)   \
    X(0.59171732124782490247, 0.18134189168918099148)   \
    X(0.76276620495816449291, 0.15685332293894364367)   \
    X(0.8983332387068133698, 0.11119051722668723527)    \
    X(0.98014492824876811584, 0.050614268145188129576)

#define NTKI_GAUSS_5(X)                                \
    X(0.046910077030668003601, 0.11846344252809454376) \
    X(0.23076534494715845448, 0.23931433524968323402)  \
    X(0.5, 0.28444444444444444444)                     \
    X(0.76923465505284154552, 0.23931433524968323402)  \
    X(0.9530899229693319964, 0.11846344252809454376)

/* F(x) - F(x + a) - F(x + b) + F(x + a + b), a >= b, with relative accuracy for small a and b: F' = 2 x F - 2 /
 * sqrt(pi) integrated over b, node by node. */
NTKI_INLINE ntki_real ntki_elu_bend(ntki_real x, ntki_real a, ntki_real b, const double node, const double weight) {
    const ntki_real y = x + NTKI_C(node) * b, z = y + a;
    ntki_real at_z;
    const ntki_real fall = NTKI_ERFCX_FALL(y, z, a, &at_z);
    return NTKI_C(2 * weight) * b * (a * at_z - y * fall);
}

/* The same at x = 0 for any a and b: 8 nodes for b < 1, else nothing cancels. F at a, b and a + b are at hand. */
NTKI_INLINE ntki_real ntki_elu_parallel(ntki_real a, ntki_real b, ntki_real at_a, ntki_real at_b, ntki_real at_sum) {
    const ntki_real shorter = ntki_smaller(a, b), longer = ntki_larger(a, b), one = NTKI_C(1);
    const ntki_real length = ntki_smaller(shorter, one);
    ntki_real sum = 0;
#define NTKI_ADD(node, weight) sum += ntki_elu_bend(0, longer, length, node, weight);
    NTKI_GAUSS_8(NTKI_ADD)
#undef NTKI_ADD
    return NTKI_BELOW(shorter, one) ? sum : (1 + at_sum) - (at_a + at_b);
}

/* For a = b, small beside 1 + x. */
NTKI_INLINE ntki_real ntki_elu_distance(ntki_real x, ntki_real step) {
    ntki_real sum = 0;
#define NTKI_ADD(node, weight) sum += ntki_elu_bend(x, step, step, node, weight);
    NTKI_GAUSS_5(NTKI_ADD)
#undef NTKI_ADD
    return sum;
}

/* The integrals over r. */
typedef struct {
    ntki_real s, s_other, product, sign; /* product > 0 */
    ntki_real v, start;                  /* near / 2 and its root */
    ntki_real angle, tail;               /* int 1 / 2 pi c, int d / 2 pi c */
    ntki_real t, t_other, turn;          /* int t, int t', int d (t + t') */
    ntki_real both, rise;                /* int exp(-sign s s' d) g, int (1 - exp(-sign s s' d)) g / (sign s s') */
} ntki_elu_sum;

NTKI_INLINE ntki_elu_sum ntki_elu_add(ntki_elu_sum e, const double node, const double weight) {
    const ntki_real p = e.start * NTKI_C(node), q = p * p, rest = NTKI_SQRT(1 - q), d = 2 * (e.v - q);
    const ntki_real c = 2 * p * rest, flat = NTKI_C(weight / NTKI_PI) * e.start / rest;
    const ntki_real width = NTKI_C(weight * NTKI_DENSITY * 2) * p * e.start;
    const ntki_real take = width * e.s_other * NTKI_ERFCX(NTKI_C(NTKI_ROOT_HALF) * e.s_other * c);
    const ntki_real take_other = width * e.s * NTKI_ERFCX(NTKI_C(NTKI_ROOT_HALF) * e.s * c);
    const ntki_real t = flat - take, t_other = flat - take_other, g = take + take_other - flat;
    const ntki_real fall = -NTKI_EXPM1(-e.sign * e.product * d);
    e.angle += flat;
    e.tail += d * flat;
    e.t += t;
    e.t_other += t_other;
    e.turn += d * (t + t_other);
    e.both += (1 - fall) * g;
    e.rise += fall * g;
    return e;
}

/* int from 0 to eta of H(A sin) / 2 pi, tan eta = sine / cosine, 0 <= eta <= pi / 2: over x = tan up to 3 / 2 A, else
 * from the other end over x = cot; 11 nodes leave 5e-15. */
NTKI_INLINE ntki_real ntki_elu_sector(ntki_real a, ntki_real at_a, ntki_real sine, ntki_real cosine) {
    const bool thin = !NTKI_BELOW(cosine, sine * ntki_larger(a * NTKI_C(2.0 / 3), NTKI_C(1)));
    const ntki_real up = thin ? sine : cosine, down = thin ? cosine : sine;
    const ntki_real limit = up / ntki_larger(down, NTKI_C(NTKI_TINY));
    ntki_real sum = 0;
#define NTKI_ADD(node, weight)                                                             \
    {                                                                                      \
        const ntki_real x = NTKI_C(node) * limit, over = 1 / (1 + x * x);                  \
        const ntki_real z = (thin ? a * x : a) * NTKI_SQRT(over) * NTKI_C(NTKI_ROOT_HALF); \
        sum += NTKI_C(weight) * over * (1 - NTKI_C(NTKI_ROOT_PI) * z * NTKI_ERFCX(z));     \
    }
    NTKI_GAUSS_11(NTKI_ADD)
#undef NTKI_ADD
    const ntki_real part = NTKI_C(0.5 / NTKI_PI) * limit * sum;
    return thin ? part : NTKI_C(0.25) * at_a - part;
}

/* Up to j = 5, with k_j = s'^j K_j, l_j = s'^j E[y^j; --] of the smaller norm s' and the moments
 * n_j = E[delta(x) y^j; y < 0]; fall = 1 - F(s c / sqrt 2), e0 = E[exp u; --], l0 = P(--), turn = rho s s'. */
NTKI_INLINE ntki_real ntki_elu_expansion(ntki_real turn, ntki_real small, ntki_real rho, ntki_real c, ntki_real fall,
                                         ntki_real e0, ntki_real l0) {
    const ntki_real n0 = NTKI_C(0.5 * NTKI_DENSITY), n1 = NTKI_C(-NTKI_DENSITY * NTKI_DENSITY) * c;
    const ntki_real n2 = n0 * c * c, n3 = 2 * n1 * c * c, square = small * small;
    const ntki_real k1 = small * n0 * fall + turn * e0, l1 = -small * n0 * (1 + rho);
    const ntki_real k2 = square * (e0 - l0) + turn * (k1 + l1), l2 = square * (l0 - rho * n1);
    const ntki_real k3 = 2 * square * k1 + turn * (k2 + l2), l3 = square * (2 * l1 - small * rho * n2);
    const ntki_real k4 = 3 * square * k2 + turn * (k3 + l3), l4 = square * (3 * l2 - square * rho * n3);
    const ntki_real k5 = 4 * square * k3 + turn * (k4 + l4);
    return k1 + NTKI_C(0.5) * (k2 + NTKI_C(1.0 / 3) * (k3 + NTKI_C(0.25) * (k4 + NTKI_C(0.2) * k5)));
}

/* F at s, s' and s + s', each over sqrt 2, and what the norms alone determine. */
typedef struct {
    ntki_real at_s, at_other, at_sum;
    ntki_real parallel, opposite; /* E[phi phi] at rho = 1 and at rho = -1 */
    ntki_real gap;                /* m m' - parallel */
} ntki_elu_norms;

NTKI_INLINE ntki_elu_norms ntki_elu_norms_of(ntki_real alpha, ntki_real s, ntki_real s_other, ntki_real mean,
                                             ntki_real turn) {
    const ntki_real root = NTKI_C(NTKI_ROOT_HALF), a = root * s, b = root * s_other, half = NTKI_C(0.5);
    const ntki_real squared = alpha * alpha, product = s * s_other;
    const ntki_real at_s = NTKI_ERFCX(a), at_other = NTKI_ERFCX(b), at_sum = NTKI_ERFCX(a + b);
    const ntki_real parallel = half * (product + squared * ntki_elu_parallel(a, b, at_s, at_other, at_sum));
    const ntki_real difference = NTKI_BELOW(s, s_other) ? s_other - s : s - s_other, step = root * difference;
    const ntki_real least = 2 * ntki_smaller(a, b);
    const ntki_real distance = half * (difference * difference + squared * ntki_elu_distance(least, step));
    const bool apart = NTKI_BELOW(NTKI_C(0.2) * ntki_larger(s, s_other), difference);
    const ntki_real gap = apart ? mean - parallel : half * (distance - turn * turn);
    const ntki_elu_norms norms = {
        at_s, at_other, at_sum, parallel, -half * alpha * product * (at_s + at_other), ntki_larger(gap, NTKI_C(0))};
    return norms;
}

/* E[phi phi] and E[phi' phi'], and how far the former is from its value at rho = 1 (rho >= 0) or at -1. */
typedef struct {
    ntki_real value, slope, change;
} ntki_elu_result;

NTKI_INLINE ntki_elu_result ntki_elu_close(ntki_real alpha, const ntki_elu_norms *norms, const ntki_elu_sum *e,
                                           ntki_real product, ntki_real near, const bool below) {
    const ntki_real half = NTKI_C(0.5), squared = alpha * alpha, w = e->product * near;
    const ntki_real less = -NTKI_EXPM1(-w), rise = e->sign * e->rise / e->product;
    const ntki_real singles = half * (norms->at_s + norms->at_other), t = e->t + e->t_other;
    const ntki_real both = e->sign * e->both + (below ? NTKI_C(0) : half * (1 - less) * norms->at_sum);
    const ntki_real down =
        half * near - e->tail + alpha * e->turn + squared * (half * less / e->product * norms->at_sum + rise);
    const ntki_real up = e->tail + alpha * (near * singles - e->turn) - squared * rise;
    const ntki_real change = product * (below ? up : down);
    const ntki_elu_result result = {
        below ? norms->opposite + change : norms->parallel - change,
        (below ? e->angle : half - e->angle) + alpha * (below ? singles - t : t) + squared * both, change};
    return result;
}

/* E[exp(u + v); --]: the two angles that u = 0 and v = 0 leave of the half-plane around the direction of u + v. */
NTKI_INLINE ntki_real ntki_elu_both(ntki_real s, ntki_real s_other, ntki_real near, ntki_real c, const bool below) {
    const ntki_real product = s * s_other, sum = s + s_other, difference = s - s_other;
    const ntki_real square = below ? difference * difference + 2 * product * near : sum * sum - 2 * product * near;
    const ntki_real a = NTKI_SQRT(square), at_a = NTKI_ERFCX(NTKI_C(NTKI_ROOT_HALF) * a), half = NTKI_C(0.5) * at_a;
    const ntki_real along = below ? s_other - s + s * near : s_other + s - s * near;
    const ntki_real along_other = below ? s - s_other + s_other * near : s + s_other - s_other * near;
    const ntki_real first = ntki_elu_sector(a, at_a, s * c, ntki_larger(along, -along));
    const ntki_real other = ntki_elu_sector(a, at_a, s_other * c, ntki_larger(along_other, -along_other));
    const ntki_real taken = (NTKI_BELOW(along, NTKI_C(0)) ? half - first : first) +
                            (NTKI_BELOW(along_other, NTKI_C(0)) ? half - other : other);
    return half - taken;
}

NTKI_INLINE ntki_elu_result ntki_elu_apart(ntki_real alpha, const ntki_elu_norms *norms, const ntki_elu_sum *e,
                                           ntki_real near, ntki_real c, const bool below) {
    const ntki_real s = e->s, s_other = e->s_other, product = s * s_other, root = NTKI_C(NTKI_ROOT_HALF);
    const ntki_real half = NTKI_C(0.5), density = half * NTKI_C(NTKI_DENSITY), size = 1 - near;
    const ntki_real rho = below ? -size : size, quadrant = below ? e->angle : half - e->angle;
    const ntki_real thin = ntki_elu_sector(s_other, norms->at_other, c, size);
    const ntki_real thin_other = ntki_elu_sector(s, norms->at_s, c, size);
    const ntki_real rest = half * norms->at_other - thin, rest_other = half * norms->at_s - thin_other;
    const ntki_real t = below ? rest : thin, t_other = below ? rest_other : thin_other;
    const ntki_real single = below ? thin : rest, single_other = below ? thin_other : rest_other;
    const ntki_real cut = root * s_other * c, cut_other = root * s * c, zero = NTKI_C(0);
    ntki_real at_cut, at_other;
    const ntki_real fall = NTKI_ERFCX_FALL(zero, cut, cut, &at_cut);
    const ntki_real fall_other = NTKI_ERFCX_FALL(zero, cut_other, cut_other, &at_other);
    const ntki_real turn = product * rho * (t + t_other) - density * (s * fall + s_other * fall_other);
    const ntki_real both = ntki_elu_both(s, s_other, near, c, below);
    const bool first = NTKI_BELOW(s_other, s);
    const ntki_real expansion = ntki_elu_expansion(product * rho, first ? s_other : s, rho, c,
                                                   first ? fall_other : fall, first ? single_other : single, quadrant);
    const ntki_real plain = (both + quadrant) - (single + single_other);
    const ntki_real third = NTKI_BELOW(product, NTKI_C(0.015625)) ? expansion : plain;
    const ntki_real relu = product * (e->tail + (below ? zero : half * size));
    const ntki_real value = relu + alpha * turn + alpha * alpha * third;
    const ntki_elu_result result = {value, quadrant + alpha * (t + t_other) + alpha * alpha * both,
                                    below ? value - norms->opposite : norms->parallel - value};
    return result;
}

/* constants: alpha, lambda^2, 1 / lambda^2 */
NTKI_INLINE ntki_dual ntki_dual_elu(const double *constants, ntki_pair pair) {
    const ntki_real alpha = NTKI_C(constants[0]), scale = NTKI_C(constants[1]), inverse = NTKI_C(constants[2]);
    const ntki_real s = pair.s, s_other = pair.s_other, near = pair.near, product = s * s_other,
                    turn = pair.m - pair.m_other;
    const ntki_real c = NTKI_SQRT(near * (2 - near)), v = NTKI_C(0.5) * near, zero = NTKI_C(0);
    const ntki_real mean = inverse * (pair.m * pair.m_other), tiny = NTKI_C(1e-100);
    const bool below = NTKI_BELOW(pair.k, zero);
    const ntki_elu_norms norms = ntki_elu_norms_of(alpha, s, s_other, mean, turn * NTKI_SQRT(inverse));
    /* the upper bound changes nothing where the integrals count */
    const ntki_real bounded = ntki_smaller(ntki_larger(product, tiny), 4 / ntki_larger(near, tiny));
    ntki_elu_sum e = {s, s_other, bounded, below ? NTKI_C(-1) : NTKI_C(1), v, NTKI_SQRT(v), 0, 0, 0, 0, 0, 0, 0};
#define NTKI_ADD(node, weight) e = ntki_elu_add(e, node, weight);
    NTKI_GAUSS_14(NTKI_ADD)
#undef NTKI_ADD
    const ntki_elu_result close = ntki_elu_close(alpha, &norms, &e, product, near, below);
    const ntki_elu_result apart = ntki_elu_apart(alpha, &norms, &e, near, c, below);
    const ntki_real reach = ntki_larger(ntki_larger(s, s_other) * c * NTKI_C(1.0 / NTKI_ELU_CLOSE),
                                        product * near * NTKI_C(1.0 / NTKI_ELU_TURN));
    const bool is_close = NTKI_BELOW(reach, NTKI_C(1));
    const ntki_real value = is_close ? close.value : apart.value, change = is_close ? close.change : apart.change;
    const ntki_real slope = is_close ? close.slope : apart.slope;
    const ntki_real gap = below ? mean - value : norms.gap + change;
    const ntki_real base = ntki_larger(mean + norms.opposite, zero);
    const ntki_dual dual = {scale * value, scale * slope, scale * gap, scale * (below ? base + change : mean + value)};
    return dual;
}
