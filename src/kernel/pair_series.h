/* The row step of activations whose duals are series (hermite.h). With x_r, y_r the coefficients of both inputs and
 * X = rho^step, P(X) = sum_{r >= 2} x_r y_r X^(r-2):
 *   E[phi phi] / (m m') = V = x_0 y_0 + x_1 y_1 rho + rho^first P,   dV/drho = x_1 y_1 + rho^(first-1) (first P + step X P')
 * by Horner's scheme. Where V is near 1 or -1, with tau its sign, sigma that of rho and e_j = tau sigma^j,
 *   1 - |V| = 1/2 sum_j (x_j - e_j y_j)^2 + sum_j e_j x_j y_j (1 - |rho|^j),
 * where the second sum is P again, divided by 1 - X: nothing cancels. */
#include "src/kernel/hermite.h"

/* Horner's scheme keeps four vectors of pairs in registers. */
#if defined(__AVX512F__)
enum { NTKI_SERIES_WIDTH = 8 };
#elif defined(NTKI_FUSED)
enum { NTKI_SERIES_WIDTH = 4 };
#else
enum { NTKI_SERIES_WIDTH = 2 };
#endif
enum { NTKI_SERIES_VECTORS = 4, NTKI_SERIES_LANES = NTKI_SERIES_VECTORS * NTKI_SERIES_WIDTH };

/* Sums of products may be fused here: every pair passes through the one loop. */
#if defined(__clang__)
typedef double ntki_vector __attribute__((vector_size(8 * NTKI_SERIES_WIDTH), aligned(8), may_alias));
#define NTKI_FUSE
#define NTKI_FUSE_HERE _Pragma("clang fp contract(fast)")
#elif defined(__GNUC__)
typedef double ntki_vector __attribute__((vector_size(8 * NTKI_SERIES_WIDTH), aligned(8), may_alias));
#define NTKI_FUSE __attribute__((optimize("fp-contract=fast")))
#define NTKI_FUSE_HERE
#else
typedef double ntki_vector; /* the loops below then take lanes one by one */
#define NTKI_FUSE
#define NTKI_FUSE_HERE
#endif
enum { NTKI_VECTOR_DOUBLES = sizeof(ntki_vector) / sizeof(double) };
enum { NTKI_SERIES_PARTS = NTKI_SERIES_LANES / NTKI_VECTOR_DOUBLES };

/* Coefficients of one input and of the first of the lanes' inputs. */
typedef struct {
    const double *a, *b;
    int64_t a_stride, b_stride;
    int64_t terms, all; /* how many are summed, how many there are */
    int64_t first, step;
} ntki_series_pair;

/* P and P' with the remainder, if all terms are summed. */
NTKI_FUSE static void series_sum(const ntki_series_pair *pair, const double *power, double *sum, double *derivative) {
    NTKI_FUSE_HERE
    ntki_vector x[NTKI_SERIES_PARTS], p[NTKI_SERIES_PARTS], d[NTKI_SERIES_PARTS];
    const bool closed = pair->terms == pair->all;
    const double *const a = pair->a + pair->all * pair->a_stride, *const b = pair->b + pair->all * pair->b_stride;
    const double value = closed ? a[0] : 0, slope = closed ? a[pair->a_stride] / (double)pair->step : 0;
    for (int v = 0; v < NTKI_SERIES_PARTS; v++) {
        x[v] = *(const ntki_vector *)(power + v * NTKI_VECTOR_DOUBLES);
        p[v] = value * *(const ntki_vector *)(b + v * NTKI_VECTOR_DOUBLES);
        d[v] = slope * *(const ntki_vector *)(b + pair->b_stride + v * NTKI_VECTOR_DOUBLES);
    }
    for (int64_t r = pair->terms - 1; r >= 2; r--) {
        const double own = pair->a[r * pair->a_stride];
        const double *const other = pair->b + r * pair->b_stride;
        for (int v = 0; v < NTKI_SERIES_PARTS; v++) {
            d[v] = d[v] * x[v] + p[v];
            p[v] = p[v] * x[v] + own * *(const ntki_vector *)(other + v * NTKI_VECTOR_DOUBLES);
        }
    }
    for (int v = 0; v < NTKI_SERIES_PARTS; v++) {
        *(ntki_vector *)(sum + v * NTKI_VECTOR_DOUBLES) = p[v];
        *(ntki_vector *)(derivative + v * NTKI_VECTOR_DOUBLES) = d[v];
    }
}

/* For r >= 2 and the remainder, with c_r = e_j x_r y_r: squares = sum (x_r - e_j y_r)^2, whole = sum c_r, and
 * quotient = (P(1) - P(X)) / (1 - X) of P with these c_r. sign[0] has e_j for even j, sign[1] for odd j. */
NTKI_FUSE static void series_differences(const ntki_series_pair *pair, const double *power,
                                         double (*sign)[NTKI_SERIES_LANES], double *squares, double *whole,
                                         double *quotient) {
    NTKI_FUSE_HERE
    for (int v = 0; v < NTKI_SERIES_LANES; v += NTKI_VECTOR_DOUBLES) {
        const ntki_vector x = *(const ntki_vector *)(power + v);
        ntki_vector q = x * 0, sum = q, square = q;
        for (int64_t r = pair->all; r >= 2; r--) {
            const int64_t j = pair->first + (r - 2) * pair->step;
            const ntki_vector other =
                *(const ntki_vector *)(sign[j % 2] + v) * *(const ntki_vector *)(pair->b + r * pair->b_stride + v);
            const double own = pair->a[r * pair->a_stride];
            const ntki_vector difference = own - other;
            q = q * x + sum;
            sum = sum + own * other;
            square = square + difference * difference;
        }
        *(ntki_vector *)(squares + v) = square;
        *(ntki_vector *)(whole + v) = sum;
        *(ntki_vector *)(quotient + v) = q;
    }
}

/* A chunk of pairs, filled up to whole vectors. */
enum { NTKI_SERIES_ROOM = NTKI_CHUNK + NTKI_SERIES_LANES };
typedef struct {
    double k[NTKI_SERIES_ROOM], near[NTKI_SERIES_ROOM];
    double value[NTKI_SERIES_ROOM];    /* V */
    double slope[NTKI_SERIES_ROOM];    /* dV/drho */
    double distance[NTKI_SERIES_ROOM]; /* 1 - |V| */
} ntki_series_chunk;

/* Counted rather than asked one by one: vectorised. */
NTKI_INLINE bool series_any_below(const double *values, double bound) {
    int64_t count = 0;
    for (int l = 0; l < NTKI_SERIES_LANES; l++)
        count += values[l] < bound;
    return count > 0;
}

/* 1 - |V| of pairs near the poles, for the lanes from `at` on. */
static void series_distance(const ntki_series_pair *pair, ntki_series_chunk *chunk, int64_t at) {
    double power[NTKI_SERIES_LANES], sign[2][NTKI_SERIES_LANES];
    double squares[NTKI_SERIES_LANES], whole[NTKI_SERIES_LANES], quotient[NTKI_SERIES_LANES];
    for (int l = 0; l < NTKI_SERIES_LANES; l++) {
        const double size = 1 - chunk->near[at + l], side = chunk->value[at + l] < 0 ? -1 : 1;
        power[l] = pair->step == 2 ? size * size : size;
        sign[0][l] = side;
        sign[1][l] = chunk->k[at + l] < 0 ? -side : side;
    }
    series_differences(pair, power, sign, squares, whole, quotient);
    const double a0 = pair->a[0], a1 = pair->a[pair->a_stride];
    const double *const b1 = pair->b + pair->b_stride;
    for (int l = 0; l < NTKI_SERIES_LANES; l++) {
        const double near = chunk->near[at + l], two = near * (2 - near), three = near * (3 - two - near);
        const double y0 = sign[0][l] * pair->b[l], y1 = sign[1][l] * b1[l];
        const double along = (pair->step == 2 ? two : near) * quotient[l];
        const double exact = 0.5 * (squares[l] + (a0 - y0) * (a0 - y0) + (a1 - y1) * (a1 - y1)) + a1 * y1 * near +
                             along + (pair->first == 3 ? three : two) * (whole[l] - along);
        chunk->distance[at + l] = chunk->distance[at + l] < NTKI_NEAR_THRESHOLD ? exact : chunk->distance[at + l];
    }
}

/* The terms that the nearest of the pairs needs: the thresholds fall with the number of terms. */
static int64_t series_terms(const ntki_side *a, const ntki_side *b, const double *near) {
    const double *const own = a->coefficient + (a->terms + 2) * a->stride;
    const double *const other = b->coefficient + (b->terms + 2) * b->stride;
    int64_t low = 1, high = (a->terms + NTKI_SERIES_LADDER - 1) / NTKI_SERIES_LADDER;
    while (low < high) {
        const int64_t g = (low + high) / 2;
        if (series_any_below(near, own[g] > other[g] ? own[g] : other[g]))
            low = g + 1;
        else
            high = g;
    }
    return NTKI_SERIES_LADDER * low < a->terms ? NTKI_SERIES_LADDER * low : a->terms;
}

static void series_evaluate(const ntki_series_pair *pair, ntki_series_chunk *chunk, int64_t at) {
    double rho[NTKI_SERIES_LANES], power[NTKI_SERIES_LANES], sum[NTKI_SERIES_LANES], derivative[NTKI_SERIES_LANES];
    const bool squared = pair->step == 2, cubic = pair->first == 3;
    for (int l = 0; l < NTKI_SERIES_LANES; l++) {
        const double size = 1 - chunk->near[at + l];
        rho[l] = chunk->k[at + l] < 0 ? -size : size;
        power[l] = squared ? size * size : rho[l];
    }
    series_sum(pair, power, sum, derivative);
    const double a0 = pair->a[0], a1 = pair->a[pair->a_stride];
    const double *const b0 = pair->b, *const b1 = pair->b + pair->b_stride;
    const double first = (double)pair->first, step = (double)pair->step;
    double *const value = chunk->value + at, *const slope = chunk->slope + at, *const distance = chunk->distance + at;
    for (int l = 0; l < NTKI_SERIES_LANES; l++) {
        const double linear = a1 * b1[l], lower = cubic ? rho[l] * rho[l] : rho[l];
        value[l] = a0 * b0[l] + rho[l] * (linear + lower * sum[l]);
        slope[l] = linear + lower * (first * sum[l] + step * power[l] * derivative[l]);
        distance[l] = 1 - (value[l] < 0 ? -value[l] : value[l]);
    }
    if (series_any_below(distance, NTKI_NEAR_THRESHOLD))
        series_distance(pair, chunk, at);
}

/* From the shares of m m' and of m m' / (s s') to the next layer. */
NTKI_INLINE void series_advance(const ntki_step *step, const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0,
                                int64_t count, const ntki_series_chunk *restrict chunk, double *restrict k,
                                double *restrict near, double *restrict theta, const ntki_extent extent) {
    const ntki_step local = *step;
    const double smallest = NTKI_SMALLEST_STD, s = a->std[i], m = a->rms[i], rate = m / (s > smallest ? s : smallest);
    const double next = a->next_std[i], inverse = a->next_inverse[i];
    const double whole =
        s > 0 || m > NTKI_LEAST_RMS ? m : 0; /* a zero row is one of std NTKI_SMALLEST_STD in the series */
    const double square = whole > 0 ? a->mean_square[i] : 0, mean_slope = a->mean_slope[i];
    const double *const sb = b->std + j0, *const mb = b->rms + j0;
    const double *const nb = b->next_std + j0, *const ib = b->next_inverse + j0;
    NTKI_VECTORISE
    for (int64_t j = 0; j < count; j++) {
        const bool equal = !(chunk->near[j] > 0) && !(chunk->k[j] < 0) && s == sb[j];
        const double product = m * mb[j], other_rate = mb[j] / (sb[j] > smallest ? sb[j] : smallest);
        const double scaled = sb[j] > 0 ? whole : mb[j] > NTKI_LEAST_RMS ? whole : 0;
        const double value = equal ? square : scaled * mb[j] * chunk->value[j];
        const double close = equal ? 0 : product * chunk->distance[j], far = product + (value < 0 ? -value : value);
        const double slope = equal ? mean_slope : rate * other_rate * chunk->slope[j];
        const ntki_dual dual = {value, slope, value < 0 ? far : close, value < 0 ? close : far};
        const ntki_advanced after = ntki_advance(&local, dual, m, mb[j], next, nb[j], inverse, ib[j], extent);
        k[j] = after.k;
        near[j] = after.near;
        if (extent.tangent)
            theta[j] = ntki_advance_tangent(&local, dual, theta[j]);
    }
}

static void series_finish(const ntki_step *step, const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0,
                          int64_t count, const ntki_series_chunk *chunk, double *k, double *near, double *theta) {
    if (step->spread > 0 && theta != NULL)
        series_advance(step, a, i, b, j0, count, chunk, k, near, theta, NTKI_EXTENT(true, true, true));
    else if (step->spread > 0)
        series_advance(step, a, i, b, j0, count, chunk, k, near, NULL, NTKI_EXTENT(false, true, true));
    else if (theta != NULL && step->bias_variance > 0)
        series_advance(step, a, i, b, j0, count, chunk, k, near, theta, NTKI_EXTENT(true, true, false));
    else if (theta != NULL)
        series_advance(step, a, i, b, j0, count, chunk, k, near, theta, NTKI_EXTENT(true, false, false));
    else if (step->bias_variance > 0)
        series_advance(step, a, i, b, j0, count, chunk, k, near, NULL, NTKI_EXTENT(false, true, false));
    else
        series_advance(step, a, i, b, j0, count, chunk, k, near, NULL, NTKI_EXTENT(false, false, false));
}

static void row_series(const ntki_step *step, const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0,
                       int64_t count, double *k, double *near, double *theta) {
    ntki_series_chunk chunk;
    ntki_series_pair pair = {
        a->coefficient + i,         NULL, a->stride, b->stride, a->terms, a->terms, (int64_t)step->constants[0],
        (int64_t)step->constants[1]};
    for (int64_t j = 0; j < count; j++) {
        chunk.k[j] = k[j];
        chunk.near[j] = near[j];
    }
    for (int64_t j = count; j < count + NTKI_SERIES_LANES; j++) {
        chunk.k[j] = 0;
        chunk.near[j] = 1;
    }
    for (int64_t j = 0; j < count; j += NTKI_SERIES_LANES) {
        pair.b = b->coefficient + j0 + j;
        pair.terms = series_terms(a, b, chunk.near + j);
        series_evaluate(&pair, &chunk, j);
    }
    series_finish(step, a, i, b, j0, count, &chunk, k, near, theta);
}
