/* phi(x) = a sin(b x + c), and a cos(b x + c) with its own constants. With b = 1 (s stands for |b| s):
 *   E[phi phi]   = (a^2 / 2) (exp(-(q + q' - 2k) / 2) - cos(2c) exp(-(q + q' + 2k) / 2)),
 *   E[phi' phi'] = (a^2 / 2) (exp(-(q + q' - 2k) / 2) + cos(2c) exp(-(q + q' + 2k) / 2))      [RahRec07]
 * phi is an even part a sin c cos x and an odd part a cos c sin x. constants: |b|, E = a^2 sin^2(c) / 2,
 * O = a^2 cos^2(c) / 2, O - E = a^2 cos(2c) / 2.
 *
 * With r = s s', y = (s - s')^2 / 2, d = r near, X = exp(-y - d) and Y = X exp(-2|k|) the parts of E[phi phi] are
 * E (X + Y) and, with the sign of k, O (X - Y); those of E[phi^2] are E (1 + exp(-2q)) and O (1 - exp(-2q)). So with
 *   P = sqrt((1 + exp(-2q)) (1 + exp(-2q'))),   Q = sqrt((1 - exp(-2q)) (1 - exp(-2q')))
 * and m m' = (E P + O Q) + cross, for k >= 0:
 *   gap = E (P - X - Y) + O (Q - X + Y) + cross,
 *   P - X - Y = (P - exp(-y) (1 + exp(-2r))) + exp(-y) (1 - exp(-d)) (1 - exp(d - 2r)),
 *   Q - X + Y = (Q - exp(-y) (1 - exp(-2r))) + exp(-y) (1 - exp(-d)) (1 + exp(d - 2r)),
 * in which the first terms depend on the norms only. With x = (s + s')^2 / 2 and z = |q - q'|
 *   P^2 - (...)^2 = (1 - exp(-2x)) (1 - exp(-2y)) + (exp(-q) - exp(-q'))^2,
 *   Q^2 - (...)^2 = (1 - exp(-2x)) (1 - exp(-2y)) - (exp(-q) - exp(-q'))^2,
 * the former without cancellation. The latter serves for larger norms alike (it loses less than a factor 50), the plain
 * difference for larger norms apart (likewise), and the series of hyperbolic.h for q + q' < 1.
 * The functions 1 - exp(-u) of one norm or of both come from each other by 1 - (1 - u)(1 - v) = u + v - u v.
 *
 * Everything is accurate but: a value that is 0 for some k < 0 is so relative to m m'; exponents bring their rounding,
 * relative to their size, into the result. */
#include "src/kernel/hyperbolic.h"

/* u = 1 - exp(-a), v = 1 - exp(-b): 1 - exp(-a - b) */
NTKI_INLINE ntki_real ntki_loss_of_both(ntki_real u, ntki_real v) { return u + v - u * v; }

/* For a denominator that is 0 only where its numerator is. */
NTKI_INLINE ntki_real ntki_one_for_zero(ntki_real x) { return NTKI_BELOW(0, x) ? x : 1; }

/* P, Q, and of m m' - E[phi phi] at rho = 1: the parts that E, O and E O multiply. */
typedef struct {
    ntki_real even_mean, odd_mean;
    ntki_real even, odd, cross;
} ntki_sine_norms;

/* low = min(s, s'), sum = s + s', apart = |s - s'|, loss_y = 1 - exp(-y), loss_r = 1 - exp(-2r) */
NTKI_INLINE ntki_sine_norms ntki_sine_norms_of(ntki_real low, ntki_real sum, ntki_real apart, ntki_real r,
                                               ntki_real loss_y, ntki_real loss_r) {
    const ntki_real z = sum * apart, loss_z = -NTKI_EXPM1(-z), loss_low = -NTKI_EXPM1(-2 * low * low);
    const ntki_real step = (1 - loss_low) * loss_z, spread = step * loss_z, rise = step * (2 - loss_z);
    const ntki_real loss_high = loss_low + rise;
    const ntki_real loss_2y = ntki_loss_of_both(loss_y, loss_y), loss_2r = ntki_loss_of_both(loss_r, loss_r);
    const ntki_real both = loss_2y * ntki_loss_of_both(loss_2y, loss_2r);
    const ntki_real even_mean = NTKI_SQRT((2 - loss_low) * (2 - loss_high));
    const ntki_real odd_mean = NTKI_SQRT(loss_low) * NTKI_SQRT(loss_high);
    const ntki_real even_pole = (1 - loss_y) * (2 - loss_r), odd_pole = (1 - loss_y) * loss_r;
    const ntki_real odd_sum = ntki_one_for_zero(odd_mean + odd_pole);
    const ntki_real small =
        8 * (r / odd_sum) * r * (z * z) * ((1 - loss_low) * (1 - loss_z)) * ntki_cosh_excess(4 * r * r, z * z);
    const ntki_real large = NTKI_BELOW(4.5 * low, sum) ? odd_mean - odd_pole : (both - spread) / odd_sum;
    const ntki_real odd = NTKI_BELOW(2 * low * low + z, 1) ? small : large;
    const ntki_real turn = (2 - loss_low) * loss_high + (2 - loss_high) * loss_low + 2 * even_mean * odd_mean;
    const ntki_sine_norms norms = {even_mean, odd_mean, (both + spread) / (even_mean + even_pole),
                                   NTKI_BELOW(odd, 0) ? 0 : odd, 4 * rise * (rise / ntki_one_for_zero(turn))};
    return norms;
}

NTKI_INLINE ntki_dual ntki_dual_sin(const double *constants, ntki_pair pair) {
    const double b = constants[0], even = constants[1], odd = constants[2], balance = constants[3];
    const ntki_real s = pair.s, t = pair.s_other, product = (b * s) * (b * t);
    /* differences of the unrounded norms */
    const ntki_real low = b * (NTKI_BELOW(s, t) ? s : t), apart = b * (NTKI_BELOW(s, t) ? t - s : s - t);
    /* finite, so that 0 near is 0 */
    const ntki_real r = NTKI_BELOW(product, DBL_MAX) ? product : DBL_MAX;
    const ntki_real k = b * b * (NTKI_BELOW(pair.k, 0) ? -pair.k : pair.k);
    const ntki_real y = 0.5 * (apart * apart), d = r * pair.near;
    const ntki_real loss_y = -NTKI_EXPM1(-y), loss_d = -NTKI_EXPM1(-d), loss_k = -NTKI_EXPM1(-2 * k);
    const ntki_real far = ntki_loss_of_both(loss_d, loss_k); /* 1 - exp(d - 2r) */
    const ntki_sine_norms norms =
        ntki_sine_norms_of(low, b * (s + t), apart, r, loss_y, ntki_loss_of_both(loss_d, far));

    const ntki_real fade_y = NTKI_EXP(-y), x = fade_y * NTKI_EXP(-d), other = x * NTKI_EXP(-2 * k);
    const ntki_real difference = x * loss_k, toward = NTKI_BELOW(pair.k, 0) ? other : x;
    const ntki_real tilt = balance * (NTKI_BELOW(pair.k, 0) ? -difference : difference);
    const ntki_real value = 2 * even * toward + tilt, slope = b * b * (2 * odd * toward - tilt);

    const ntki_real turn = fade_y * loss_d, mean = pair.m * pair.m_other;
    const ntki_real means = even * norms.even_mean + odd * norms.odd_mean;
    const ntki_real cross = even * odd * (norms.cross / ntki_one_for_zero(mean + means));
    const ntki_real even_gap = even * (norms.even + turn * far), odd_gap = odd * (norms.odd + turn * (2 - far));
    const ntki_real even_sum = even * (norms.even_mean + (x + other)), odd_sum = odd * (norms.odd_mean + difference);
    const ntki_dual dual = {value, slope, cross + even_gap + (NTKI_BELOW(pair.k, 0) ? odd_sum : odd_gap),
                            NTKI_BELOW(pair.k, 0) ? cross + even_sum + odd_gap : mean + value};
    return dual;
}
