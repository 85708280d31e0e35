/* The row step of activations with kinks: kinks.h has the sum. With tau the sign of V = E[phi phi'] / (m m'), sigma that of
 * rho, e_j = tau sigma^j, w~(z) = tau w'(sigma z), all scaled as there, and a line over w for what is left of it from the
 * J-th coefficient on,
 *   1 - |V| = 1/2 [sum_j (x_j - e_j x_j')^2 + E[(w - w~)^2 over J]]
 *             + sum_j e_j (x_j x_j' - k_j k_j') (1 - |rho|^j) + tau (E[w w'](sigma) - E[w w'](rho)):
 * nothing cancels, as E[(w - w~)^2] is made from differences of thresholds, and the last term by `bend`. */
#include <string.h>

#include "src/kernel/bivariate_kinks.h"
#include "src/kernel/kinks.h"

/* E[max(z - h, 0) max(z - k, 0)] for h <= k of any sign. */
NTKI_INLINE double kinked_parallel(double h, double k) {
    return (1 + h * k) * ntki_above(k) - h * (NTKI_DENSITY * NTKI_EXP(-0.5 * k * k));
}

/* Sums over all pairs of kinks, jumps included, for a chunk of pairs of inputs. */
typedef struct {
    double ramps[NTKI_CHUNK]; /* E[w w'] */
    double steps[NTKI_CHUNK]; /* its derivative by rho */
    double drop[NTKI_CHUNK];  /* from the pole on rho's side to rho */
} kinked_sums;

typedef struct {
    double ramps, steps, drop;
} kinked_term;

/* sign: of rho and of both sides. */
NTKI_INLINE kinked_term kinked_pair(double h, double k, double near, double sign) {
    const ntki_kinks kinks = ntki_kinks_of(h, k, near, sign);
    const double end = sign < 0 ? 0 : kinked_parallel(ntki_smaller(h, k), ntki_larger(h, k));
    const double drop = near > NTKI_BIVARIATE_NEAR ? end - kinks.ramps : sign * near * kinks.steps + kinks.bend;
    const kinked_term term = {kinks.ramps, kinks.steps, drop};
    return term;
}

/* The kinks p and q of either input with each other: in an order that both inputs agree on. */
static void kinked_add(const ntki_kink *p, const ntki_kink *q, double inverse, const double *restrict inverses,
                       int64_t count, const double *restrict k, const double *restrict near,
                       kinked_sums *restrict sums) {
    const double far = NTKI_FARTHEST_KINK, own = ntki_smaller(p->size * inverse, far);
    const double own_q = ntki_smaller(q->size * inverse, far), sides = p->side * q->side;
    const double jumps = p->jump * q->jump, both = p == q ? 0 : jumps, p_size = p->size, q_size = q->size;
    NTKI_VECTORISE
    for (int64_t j = 0; j < count; j++) {
        const double sign = k[j] < 0 ? -sides : sides;
        const double other = ntki_smaller(q_size * inverses[j], far), other_p = ntki_smaller(p_size * inverses[j], far);
        const kinked_term one = kinked_pair(own, other, near[j], sign),
                          two = kinked_pair(own_q, other_p, near[j], sign);
        sums->ramps[j] += jumps * one.ramps + both * two.ramps;
        sums->steps[j] += sides * (jumps * one.steps + both * two.steps);
        sums->drop[j] += jumps * one.drop + both * two.drop;
    }
}

static void kinked_sum(const ntki_kink_set *kinks, double inverse, const double *inverses, int64_t count,
                       const double *k, const double *near, kinked_sums *sums) {
    for (int64_t j = 0; j < count; j++)
        sums->ramps[j] = sums->steps[j] = sums->drop[j] = 0;
    for (int p = 0; p < (int)kinks->count; p++)
        for (int q = p; q < (int)kinks->count; q++)
            kinked_add(&kinks->kink[p], &kinks->kink[q], inverse, inverses, count, k, near, sums);
}

/* The thresholds of one kink in both inputs. */
typedef struct {
    double low, high;
} kinked_shift;

/* E[f g] for f = min(max(z - low, 0), high - low) of p and q. */
static double kinked_shifts(kinked_shift p, kinked_shift q) {
    const double begin = p.low > q.low ? p.low : q.low, end = p.high > q.high ? p.high : q.high;
    const double least = p.high < q.high ? p.high : q.high, middle = least > begin ? least : begin;
    if (end - begin > 1)
        return kinked_parallel(p.low < q.low ? p.low : q.low, begin) + kinked_parallel(least, end) -
               kinked_parallel(p.low < q.high ? p.low : q.high, p.low < q.high ? q.high : p.low) -
               kinked_parallel(q.low < p.high ? q.low : p.high, q.low < p.high ? p.high : q.low);
    const double p_width = p.high - p.low, q_width = q.high - q.low;
    double sum = p_width * q_width * ntki_above(end);
    for (int part = 0; part < 2; part++) {
        const double start = part == 0 ? begin : middle, length = part == 0 ? middle - begin : end - middle;
#define NTKI_ADD(node, weight)                                                         \
    {                                                                                  \
        const double z = start + (node)*length, f = z - p.low, g = z - q.low;          \
        const double both = (f < p_width ? f : p_width) * (g < q_width ? g : q_width); \
        sum += (weight)*length * NTKI_DENSITY * both * NTKI_EXP(-0.5 * z * z);         \
    }
        NTKI_GAUSS_10(NTKI_ADD)
#undef NTKI_ADD
    }
    return sum;
}

/* E[(w - w~)^2]. */
static double kinked_apart(const ntki_kink_set *kinks, double inverse, double other, double tau, double sigma) {
    const bool matched = sigma > 0 ? tau > 0 : tau * kinks->parity > 0;
    const double far = NTKI_FARTHEST_KINK;
    double sum = 0;
    if (matched && !(inverse < other) && !(inverse > other))
        return 0;
    for (int p = 0; p < (int)kinks->count; p++)
        for (int q = 0; q < (int)kinks->count; q++) {
            const ntki_kink *const a = &kinks->kink[p], *const b = &kinks->kink[q];
            const double jumps = a->jump * b->jump, sides = a->side * b->side;
            const double a1 = ntki_smaller(a->size * inverse, far), a2 = ntki_smaller(a->size * other, far);
            const double b1 = ntki_smaller(b->size * inverse, far), b2 = ntki_smaller(b->size * other, far);
            if (matched && sides > 0)
                sum += jumps * kinked_shifts((kinked_shift){ntki_smaller(a1, a2), ntki_larger(a1, a2)},
                                             (kinked_shift){ntki_smaller(b1, b2), ntki_larger(b1, b2)});
            if (!matched && sides > 0)
                sum += jumps * (kinked_parallel(ntki_smaller(a1, b1), ntki_larger(a1, b1)) +
                                kinked_parallel(ntki_smaller(a2, b2), ntki_larger(a2, b2)));
            if (!matched && sides * sigma > 0)
                sum -= tau * jumps *
                       (kinked_parallel(ntki_smaller(a1, b2), ntki_larger(a1, b2)) +
                        kinked_parallel(ntki_smaller(b1, a2), ntki_larger(b1, a2)));
        }
    return sum;
}

/* A pair of inputs: the coefficients of both. */
typedef struct {
    const double *a, *b;
    int64_t a_stride, b_stride, terms;
} kinked_coefficients;

/* 1 - |V|, rho near a pole or not. */
static double kinked_distance(const kinked_coefficients *pair, const ntki_kink_set *kinks, double drop, double near,
                              double tau, double sigma) {
    const int64_t terms = pair->terms, as = pair->a_stride, bs = pair->b_stride;
    const double *const a = pair->a, *const b = pair->b;
    const double *const own = a + ntki_kinked_row(terms, 0) * as, *const other = b + ntki_kinked_row(terms, 0) * bs;
    const double scale = own[NTKI_KINKED_SCALE * as], scale_b = other[NTKI_KINKED_SCALE * bs];
    const double size = 1 - near, turned = tau * sigma, product = scale * scale_b;
    const double last = (terms % 2 == 0 ? tau : turned) * b[terms * bs];
    double whole = a[terms * as] * last, quotient = whole;
    double squares = (a[terms * as] - last) * (a[terms * as] - last), kink_squares = 0;
    for (int64_t r = terms - 1; r >= 0; r--) {
        const double e = r % 2 == 0 ? tau : turned;
        const double x = a[r * as], y = e * b[r * bs], k = a[(terms + 1 + r) * as], l = e * b[(terms + 1 + r) * bs];
        squares += (x - y) * (x - y);
        kink_squares += (k - l) * (k - l);
        whole += x * y - product * (k * l);
        if (r > 0)
            quotient = quotient * size + whole;
    }
    const double inverse = own[NTKI_KINKED_INVERSE * as], inverse_b = other[NTKI_KINKED_INVERSE * bs];
    const double apart = kinked_apart(kinks, inverse, inverse_b, tau, sigma) - kink_squares;
    const double rescaled =
        (scale - scale_b) * (scale * own[NTKI_KINKED_TAIL * as] - scale_b * other[NTKI_KINKED_TAIL * bs]);
    const double distance = 0.5 * (squares + product * apart + rescaled) + near * quotient + product * tau * drop;
    return distance > 0 ? distance : 0;
}

/* Horner's scheme for the sums over j, and the slope's; c_j = x_j y_j - g g' k_j l_j. */
static void kinked_horner(const kinked_coefficients *pair, int64_t count, const double *restrict rho,
                          double *restrict value, double *restrict slope) {
    const int64_t terms = pair->terms, as = pair->a_stride, bs = pair->b_stride;
    const double *const a = pair->a, *const b = pair->b;
    const int64_t at = ntki_kinked_row(terms, 0);
    const double rest = a[terms * as], slope_rest = a[at * as];
    const double scale = a[(at + NTKI_KINKED_SCALE) * as], slope_scale = a[(at + NTKI_KINKED_SLOPE_SCALE) * as];
    const double *const scales = b + (at + NTKI_KINKED_SCALE) * bs;
    const double *const slope_scales = b + (at + NTKI_KINKED_SLOPE_SCALE) * bs;
    NTKI_VECTORISE
    for (int64_t j = 0; j < count; j++) {
        value[j] = rest * b[terms * bs + j];
        slope[j] = slope_rest * b[at * bs + j];
    }
    for (int64_t r = terms - 1; r >= 0; r--) {
        const double x = a[r * as], k = a[(terms + 1 + r) * as], power = (double)r;
        const double *const y = b + r * bs, *const l = b + (terms + 1 + r) * bs;
        NTKI_VECTORISE
        for (int64_t j = 0; j < count; j++) {
            const double both = x * y[j], kinks = k * l[j];
            const double own = power * (both - slope_scale * slope_scales[j] * kinks);
            value[j] = value[j] * rho[j] + (both - scale * scales[j] * kinks);
            slope[j] = r > 0 ? slope[j] * rho[j] + own : slope[j];
        }
    }
}

static void row_kinked(const ntki_step *step, const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0,
                       int64_t count, double *k, double *near, double *theta) {
    const int64_t at = ntki_kinked_row(a->terms, 0), as = a->stride, bs = b->stride;
    const double *const own = a->coefficient + at * as + i, *const other = b->coefficient + at * bs + j0;
    ntki_kink_set kinks;
    kinked_sums sums;
    ntki_series_chunk chunk;
    double rho[NTKI_CHUNK];
    kinked_coefficients pair = {a->coefficient + i, b->coefficient + j0, as, bs, a->terms};
    memcpy(&kinks, a->coefficient + ntki_kinked_row(a->terms, NTKI_KINKED_ROWS) * as, sizeof(kinks));
    for (int64_t j = 0; j < count; j++) {
        chunk.k[j] = k[j];
        chunk.near[j] = near[j];
        rho[j] = k[j] < 0 ? near[j] - 1 : 1 - near[j];
    }
    kinked_sum(&kinks, own[NTKI_KINKED_INVERSE * as], other + NTKI_KINKED_INVERSE * bs, count, k, near, &sums);
    kinked_horner(&pair, count, rho, chunk.value, chunk.slope);
    const double scale = own[NTKI_KINKED_SCALE * as], slope_scale = own[NTKI_KINKED_SLOPE_SCALE * as];
    for (int64_t j = 0; j < count; j++) {
        chunk.value[j] += scale * other[NTKI_KINKED_SCALE * bs + j] * sums.ramps[j];
        chunk.slope[j] += slope_scale * other[NTKI_KINKED_SLOPE_SCALE * bs + j] * sums.steps[j];
        const double side = chunk.value[j] < 0 ? -1 : 1;
        chunk.distance[j] = 1 - side * chunk.value[j];
        if (chunk.distance[j] < NTKI_NEAR_THRESHOLD) {
            pair.b = b->coefficient + j0 + j;
            chunk.distance[j] = kinked_distance(&pair, &kinks, sums.drop[j], near[j], side, k[j] < 0 ? -1 : 1);
        }
    }
    series_finish(step, a, i, b, j0, count, &chunk, k, near, theta);
}
