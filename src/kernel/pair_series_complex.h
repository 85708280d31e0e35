/* The row step of pair_series.h for complex numbers: the same sums, term by term. Equal inputs need no case of their
 * own: with the remainder the series are exact there, and one of two equal inputs may have a derivative without the
 * other. */
#include "src/kernel/hermite.h"

/* V, dV/drho and rho of the pairs of a chunk. */
typedef struct {
    ntki_real rho[NTKI_CHUNK], power[NTKI_CHUNK], sum[NTKI_CHUNK], derivative[NTKI_CHUNK];
    ntki_real value[NTKI_CHUNK], slope[NTKI_CHUNK], distance[NTKI_CHUNK];
} ntki_series_chunk;

/* P and P' by Horner's scheme, from the remainder on. */
static void series_sum(const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0, int64_t count, int64_t step,
                       ntki_series_chunk *chunk) {
    const int64_t all = a->terms;
    const ntki_real t = a->coefficient[all * a->stride + i],
                    d = a->coefficient[(all + 1) * a->stride + i] / (double)step;
    for (int64_t j = 0; j < count; j++) {
        chunk->sum[j] = t * b->coefficient[all * b->stride + j0 + j];
        chunk->derivative[j] = d * b->coefficient[(all + 1) * b->stride + j0 + j];
    }
    for (int64_t r = all - 1; r >= 2; r--) {
        const ntki_real own = a->coefficient[r * a->stride + i];
        const ntki_real *const other = b->coefficient + r * b->stride + j0;
        for (int64_t j = 0; j < count; j++) {
            chunk->derivative[j] = chunk->derivative[j] * chunk->power[j] + chunk->sum[j];
            chunk->sum[j] = chunk->sum[j] * chunk->power[j] + own * other[j];
        }
    }
}

/* 1 - |V| near a pole without cancellation: pair_series.h has the formula. `side` is the sign of V, `turned` that times
 * the sign of rho. */
static ntki_real series_distance(const ntki_side *a, int64_t i, const ntki_side *b, int64_t c, const double *powers,
                                 ntki_real near, double side, double turned) {
    const bool even = powers[1] > 1.5, third = powers[0] > 2.5;
    const ntki_real size = 1 - near, two = near * (2 - near), three = near * (3 - two - near);
    const ntki_real x = even ? size * size : size;
    ntki_real quotient = 0, whole = 0, squares = 0;
    for (int64_t r = a->terms; r >= 2; r--) {
        const int64_t j = (int64_t)powers[0] + (r - 2) * (int64_t)powers[1];
        const ntki_real own = a->coefficient[r * a->stride + i];
        const ntki_real other = (j % 2 == 0 ? side : turned) * b->coefficient[r * b->stride + c];
        const ntki_real difference = own - other;
        quotient = quotient * x + whole;
        whole += own * other;
        squares += difference * difference;
    }
    const ntki_real a0 = a->coefficient[i], a1 = a->coefficient[a->stride + i];
    const ntki_real y0 = side * b->coefficient[c], y1 = turned * b->coefficient[b->stride + c];
    const ntki_real along = (even ? two : near) * quotient;
    return 0.5 * (squares + (a0 - y0) * (a0 - y0) + (a1 - y1) * (a1 - y1)) + a1 * y1 * near + along +
           (third ? three : two) * (whole - along);
}

static void series_evaluate(const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0, int64_t count,
                            const double *powers, const ntki_real *k, const ntki_real *near, ntki_series_chunk *chunk) {
    const bool even = powers[1] > 1.5, third = powers[0] > 2.5;
    for (int64_t j = 0; j < count; j++) {
        chunk->rho[j] = NTKI_BELOW(k[j], 0) ? near[j] - 1 : 1 - near[j];
        chunk->power[j] = even ? chunk->rho[j] * chunk->rho[j] : chunk->rho[j];
    }
    series_sum(a, i, b, j0, count, (int64_t)powers[1], chunk);
    const ntki_real a0 = a->coefficient[i], a1 = a->coefficient[a->stride + i];
    for (int64_t j = 0; j < count; j++) {
        const ntki_real rho = chunk->rho[j], lower = third ? rho * rho : rho, sum = chunk->sum[j];
        const ntki_real linear = a1 * b->coefficient[b->stride + j0 + j];
        const ntki_real value = a0 * b->coefficient[j0 + j] + rho * (linear + lower * sum);
        const bool below = NTKI_BELOW(value, 0), opposite = NTKI_BELOW(k[j], 0);
        const ntki_real plain = below ? 1 + value : 1 - value;
        chunk->value[j] = value;
        chunk->slope[j] = linear + lower * (powers[0] * sum + powers[1] * chunk->power[j] * chunk->derivative[j]);
        chunk->distance[j] =
            !NTKI_BELOW(plain, NTKI_NEAR_THRESHOLD)
                ? plain
                : series_distance(a, i, b, j0 + j, powers, near[j], below ? -1 : 1, below == opposite ? 1 : -1);
    }
}

static void row_series(const ntki_step *step, const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0,
                       int64_t count, ntki_real *k, ntki_real *near, ntki_real *theta) {
    const ntki_real smallest = NTKI_SMALLEST_STD, s = a->std[i], m = a->rms[i];
    const ntki_real rate = m / (NTKI_BELOW(s, smallest) ? smallest : s);
    const ntki_extent all = {theta != NULL, true, true};
    ntki_series_chunk chunk;
    series_evaluate(a, i, b, j0, count, step->constants, k, near, &chunk);
    for (int64_t j = 0; j < count; j++) {
        const int64_t c = j0 + j;
        const ntki_real t = b->std[c], other = b->rms[c], product = m * other;
        const ntki_real other_rate = other / (NTKI_BELOW(t, smallest) ? smallest : t);
        const ntki_real value = product * chunk.value[j], close = product * chunk.distance[j];
        const bool below = NTKI_BELOW(value, 0);
        const ntki_real far = product + (below ? -value : value);
        const ntki_dual dual = {value, rate * other_rate * chunk.slope[j], below ? far : close, below ? close : far};
        const ntki_advanced after = ntki_advance(step, dual, m, other, a->next_std[i], b->next_std[c],
                                                 a->next_inverse[i], b->next_inverse[c], all);
        k[j] = after.k;
        near[j] = after.near;
        if (theta != NULL)
            theta[j] = ntki_advance_tangent(step, dual, theta[j]);
    }
}
