/* Clipped lines, with c(x) = min(max(x, -1), 1):
 *   hard tanh c(x),  hard sigmoid (1 + c(x / 3)) / 2,  ReLU6 6 max(c(x / 6), 0).
 * With h = 1/s, k = 1/s' (rectangle: bivariate.h; tails: Phi, phi of the normal distribution):
 *   E[c c] = s s' rise,  E[c' c'] = P(|x| < h, |y| < k),
 *   at rho = 1, for l = min(h, k), b = max(h, k):  E[c c] = s s' (P(|x| < l) - 2 l phi(b) + 2 l b Phi(-b)).
 * E[c c] is odd in rho. gap = (m m' - E[c c](1)) + s s' near fall; the first, of the norms alone, is for norms alike
 *   E[(c(u) - c(v))^2] / 2 - (m - m')^2 / 2  at rho = 1,
 * for norms apart and for small ones sqrt((1 - e) (1 - e')) - (1 - e0) with E[c c] = s s' (1 - e0); it is never above
 * s s' - E[c c](1). So its error is some 2^-52 of m m', and less for norms alike.
 *
 * Against 40 digits, norms from 1e-3 to 1e9, near from 1e-18 to 1: value and gap within 3e-15 of m m', slope within
 * 1e-14 of sqrt(slope(u,u) slope(v,v)), gap of equal norms within 6e-15 of itself. */

/* What both norms alone determine. */
typedef struct {
    ntki_real h, k;
    ntki_tail at_h, at_k, at_least; /* at_least: of min(h, k) */
    ntki_real m, m_other;           /* sqrt(E[c^2]) */
    ntki_real parallel;             /* E[c c] at rho = 1 */
    ntki_real gap;                  /* m m' - parallel */
} ntki_clipped_norms;

/* E[c c] / (s s') at rho = 1, which is 1 - rest. */
NTKI_INLINE ntki_real ntki_clipped_parallel(ntki_real least, ntki_real most, ntki_tail at_least, ntki_tail at_most) {
    const ntki_real beyond = most * at_most.outer;
    return at_least.excess + least * (NTKI_C(2 * NTKI_DENSITY) * at_most.fall + beyond);
}

NTKI_INLINE ntki_real ntki_clipped_rest(ntki_real least, ntki_real most, ntki_tail at_least, ntki_tail at_most) {
    const ntki_real beyond = NTKI_C(2 * NTKI_DENSITY) * (1 - at_most.fall) - most * at_most.outer;
    return at_least.outer + least * (NTKI_BELOW(beyond, NTKI_C(0)) ? NTKI_C(0) : beyond);
}

/* m m' - E[c c] at rho = 1, in units of s s': sqrt((1 - e) (1 - e')) - (1 - e0), for small e and e' without cancellation. */
NTKI_INLINE ntki_real ntki_clipped_apart(ntki_real e, ntki_real e_other, ntki_real e0, ntki_real root,
                                         ntki_real parallel) {
    const ntki_real rest = ((e0 - e) + (e0 - e_other)) + (e * e_other - e0 * e0);
    const bool small = NTKI_BELOW(ntki_larger(e, e_other), NTKI_C(0.5));
    return small ? rest / (root + parallel) : root - parallel;
}

/* E[(c(u) - c(v))^2] / 2 at rho = 1: (s - s')^2 x^2 up to l, then (1 - x / b)^2 up to b, by Gauss's rule of 5 nodes for
 * the weight (1 - t)^2. */
NTKI_INLINE ntki_real ntki_clipped_distance(ntki_real difference, ntki_real least, ntki_real most, ntki_tail at_least) {
    const ntki_real inner = NTKI_C(0.5) * at_least.excess + NTKI_C(NTKI_DENSITY) * least * at_least.fall;
    const ntki_real share = difference * least; /* (b - l) / b */
    const ntki_real width = share * most;
    ntki_real outer = 0;
#define NTKI_ADD(node, weight)                                                   \
    {                                                                            \
        const ntki_real x = least + NTKI_C(node) * width;                        \
        outer += NTKI_C(weight * NTKI_DENSITY) * NTKI_EXP(NTKI_C(-0.5) * x * x); \
    }
    NTKI_ADD(0.034578939918215091524, 0.081764784285770917905)
    NTKI_ADD(0.1734803207716957231, 0.12619896189991148803)
    NTKI_ADD(0.38988638706551932824, 0.089200161221590000186)
    NTKI_ADD(0.63433347263088677235, 0.032055600722961919255)
    NTKI_ADD(0.85105421294701641812, 0.0041138252030990079586)
#undef NTKI_ADD
    return difference * difference * inner + share * share * width * outer;
}

NTKI_INLINE ntki_clipped_norms ntki_clipped_norms_of(ntki_real s, ntki_real s_other) {
    const ntki_real floor = NTKI_C(0.015625); /* below, P(|u| > 1) is 0 */
    const ntki_real h = 1 / ntki_larger(s, floor), k = 1 / ntki_larger(s_other, floor);
    const ntki_tail at_h = ntki_tail_at(h), at_k = ntki_tail_at(k);
    const ntki_tail at_least = ntki_tail_of_smaller(h, k, at_h, at_k), at_most = ntki_tail_of_smaller(k, h, at_h, at_k);
    const ntki_real least = ntki_smaller(h, k), most = ntki_larger(h, k), product = s * s_other;
    const ntki_real root = NTKI_SQRT(ntki_clipped_parallel(h, h, at_h, at_h));
    const ntki_real root_other = NTKI_SQRT(ntki_clipped_parallel(k, k, at_k, at_k));
    const ntki_real m = s * root, m_other = s_other * root_other;
    const ntki_real share = ntki_clipped_parallel(least, most, at_least, at_most), parallel = product * share;
    const ntki_real e0 = ntki_clipped_rest(least, most, at_least, at_most), rest = product * e0;
    const ntki_real e = ntki_clipped_rest(h, h, at_h, at_h), e_other = ntki_clipped_rest(k, k, at_k, at_k);
    const ntki_real unlike = ntki_clipped_apart(e, e_other, e0, root * root_other, share);
    const ntki_real difference = NTKI_BELOW(s, s_other) ? s_other - s : s - s_other, turn = m - m_other;
    const ntki_real alike = ntki_clipped_distance(difference, least, most, at_least) - NTKI_C(0.5) * turn * turn;
    /* the smaller of the errors of the two: that of `unlike` is some 2^-52 e, that of `alike` 2^-52 (1 - s'/s)^2 */
    const ntki_real share_apart = difference / ntki_larger(ntki_larger(s, s_other), NTKI_C(1e-300));
    const ntki_real bound = NTKI_BELOW(NTKI_C(0.2), share_apart) ? NTKI_C(1) : share_apart * share_apart;
    const bool apart = NTKI_BELOW(ntki_larger(e, e_other), bound);
    const ntki_real gap = ntki_larger(ntki_smaller(apart ? product * unlike : alike, rest), NTKI_C(0));
    const ntki_clipped_norms norms = {h, k, at_h, at_k, at_least, m, m_other, parallel, gap};
    return norms;
}

/* E[c c], E[c' c'] and m m' - E[c c] for |rho|. */
typedef struct {
    ntki_real value, slope, gap;
    ntki_real m, m_other;
} ntki_clipped;

NTKI_INLINE ntki_clipped ntki_clip(ntki_real s, ntki_real s_other, ntki_real near) {
    const ntki_clipped_norms norms = ntki_clipped_norms_of(s, s_other);
    const ntki_real limit = NTKI_C(NTKI_BIVARIATE_NEAR), product = s * s_other;
    const ntki_rectangle close = ntki_rectangle_near(norms.h, norms.k, norms.at_least, ntki_smaller(near, limit));
    const ntki_rectangle far = ntki_rectangle_far(norms.h, norms.k, norms.at_h, norms.at_k, near);
    const bool is_far = NTKI_BELOW(limit, near);
    const ntki_real rise = product * far.rise, fall = is_far ? norms.parallel - rise : product * near * close.fall;
    const ntki_clipped clipped = {is_far ? rise : norms.parallel - fall, is_far ? far.inside : close.inside,
                                  norms.gap + fall, norms.m, norms.m_other};
    return clipped;
}

NTKI_INLINE ntki_dual ntki_dual_hard_tanh(const double *constants, ntki_pair pair) {
    (void)constants;
    const ntki_clipped clip = ntki_clip(pair.s, pair.s_other, pair.near);
    const ntki_real other = pair.m * pair.m_other + clip.value;
    const ntki_dual dual = {NTKI_BELOW(pair.k, NTKI_C(0)) ? -clip.value : clip.value, clip.slope,
                            NTKI_BELOW(pair.k, NTKI_C(0)) ? other : clip.gap,
                            NTKI_BELOW(pair.k, NTKI_C(0)) ? clip.gap : other};
    return dual;
}

/* 1/2 is the even part of the hard sigmoid: with e = E[c c] / 4 and o = m_c / 2,
 *   gap = gap_c / 4 + (o - o')^2 / 4 (m m' + 1/4 + o o'). */
NTKI_INLINE ntki_dual ntki_dual_hard_sigmoid(const double *constants, ntki_pair pair) {
    (void)constants;
    const ntki_real third = NTKI_C(1.0 / 3);
    const ntki_clipped clip = ntki_clip(third * pair.s, third * pair.s_other, pair.near);
    const ntki_real quarter = NTKI_C(0.25), mean = pair.m * pair.m_other, odd = quarter * clip.m * clip.m_other;
    const ntki_real turn = clip.m - clip.m_other;
    const ntki_real apart = NTKI_C(0.0625) * turn * turn / (mean + quarter + odd);
    const ntki_real part = quarter * clip.value;
    const ntki_real value = NTKI_BELOW(pair.k, NTKI_C(0)) ? quarter - part : quarter + part;
    const ntki_real gap = NTKI_BELOW(pair.k, NTKI_C(0)) ? odd + part : quarter * clip.gap;
    const ntki_dual dual = {value, NTKI_C(1.0 / 36) * clip.slope, gap + apart, mean + value};
    return dual;
}

/* 6 max(c, 0) is half odd (3 c) and half even, for which the corners stand: with u and v in units of 6, for rho >= 0
 *   E[phi phi] / 36 = E[c c] / 2 + s s' near rise,   E[phi' phi'] = P(|x| < h, |y| < k) / 2 - inside,
 * and `rise` and `inside` alone for rho < 0 (near); far from both ends the corner itself is taken. m^2 is 18 E[c^2]. */
NTKI_INLINE ntki_dual ntki_dual_relu6(const double *constants, ntki_pair pair) {
    (void)constants;
    const ntki_real sixth = NTKI_C(1.0 / 6), half = NTKI_C(0.5), zero = NTKI_C(0), limit = NTKI_C(NTKI_BIVARIATE_NEAR);
    const ntki_real s = sixth * pair.s, s_other = sixth * pair.s_other, product = s * s_other, near = pair.near;
    const ntki_clipped_norms norms = ntki_clipped_norms_of(s, s_other);
    const ntki_real h = norms.h, k = norms.k, close_near = ntki_smaller(near, limit);
    const bool below = NTKI_BELOW(pair.k, zero), is_far = NTKI_BELOW(limit, near);
    const ntki_rectangle both = ntki_rectangle_near(h, k, norms.at_least, close_near);
    const ntki_corner close = ntki_corner_near(h, k, close_near);
    const ntki_corner far = ntki_corner_far(h, k, norms.at_h, norms.at_k, near, below ? NTKI_C(-1) : NTKI_C(1));
    const ntki_real across = product * near * close.rise, turn = product * near * both.fall;
    const ntki_real rise = is_far ? product * far.rise : across + (below ? zero : half * (norms.parallel - turn));
    const ntki_real slope = is_far ? far.inside : below ? close.inside : half * both.inside - close.inside;
    const ntki_real fall = is_far ? half * norms.parallel - rise : half * turn - across;
    const ntki_real mean = pair.m * pair.m_other, value = 36 * rise;
    const ntki_dual dual = {value, slope, below ? mean - value : 18 * norms.gap + 36 * fall, mean + value};
    return dual;
}
