/* G by sampling all layers at Chebyshev points. */
#include "src/kernel/collapse.h"

#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"

/* Below this number of pairs the series would cost more than it saves. */
enum { LEAST_PAIRS = 4096, LEAST_TERMS = 16 };

/* Series are compared with G down to w = 2^-LEAST_ANGLE. */
enum { LEAST_ANGLE = 60 };

/* Norms that differ by no more than a few units in the last place count as one: normalised data. */
static const double NORM_TOLERANCE = 0x1p-50;
/* Series end where the coefficients have fallen to rounding. */
static const double COEFFICIENT_TOLERANCE = 0x1p-53;
/* A kernel that falls below this part of its diagonal would lose relative accuracy. */
static const double LEAST_VALUE = 0x1p-3;

bool ntki_collapse_homogeneous(const ntk_mlp *mlp) {
    static const bool degree_one[] = {[NTK_ACTIVATION_IDENTITY] = true,
                                      [NTK_ACTIVATION_RELU] = true,
                                      [NTK_ACTIVATION_LEAKY_RELU] = true,
                                      [NTK_ACTIVATION_ABS] = true,
                                      [NTK_ACTIVATION_TWO_SLOPE] = true};
    const int32_t kinds = sizeof(degree_one) / sizeof(degree_one[0]);
    for (int64_t l = 0; l < mlp->depth; l++) {
        const ntki_mlp_layer *const layer = &mlp->layer[l];
        if (layer->bias_std != 0 || (mlp->parameterisation == NTK_PARAMETERISATION_STANDARD && layer->bias_rate != 0))
            return false;
        if (l + 1 == mlp->depth)
            break;
        if (layer->activation.kind >= kinds || !degree_one[layer->activation.kind] || layer->normalise)
            return false;
    }
    return true;
}

/* G(cos) / G(1) at 1 - |cos| = w^2, by all layers, for inputs like row `row`. */
static ntk_status sample(const ntki_analytic *analytic, const char *function, const ntki_analytic_rows *rows,
                         int64_t row, double w, bool negative, double *value) {
    double slot[NTKI_MOST_SLOTS][3][NTKI_CHUNK];
    double near = w * w, k = negative ? near - 1 : 1 - near, theta = 0;
    const ntki_chunk chunk = {.analytic = analytic,
                              .function = function,
                              .a = rows,
                              .b = rows,
                              .i = row,
                              .j0 = row,
                              .count = 1,
                              .k = &k,
                              .near = &near,
                              .theta = &theta,
                              .slot = slot};
    for (int64_t l = 0; l < analytic->kernel.depth; l++) {
        const ntk_status status = ntki_chunk_advance(&chunk, l);
        if (status != NTK_SUCCESS)
            return status;
        ntki_chunk_normalise(&chunk, l);
    }
    *value = (analytic->kernel.type == NTK_KERNEL_NTK ? theta : k) / rows->diagonal[row];
    return NTK_SUCCESS;
}

/* Coefficients of the interpolant at the n Chebyshev points of [0, 1]; the smallest |value| seen. */
static ntk_status interpolate(const ntki_analytic *analytic, const char *function, const ntki_analytic_rows *rows,
                              int64_t row, bool negative, int64_t n, double *coefficient, double *least) {
    const double pi = 3.14159265358979323846;
    double value[NTKI_COLLAPSE_TERMS];
    for (int64_t i = 0; i < n; i++) {
        const double w = 0.5 + 0.5 * cos(pi * ((double)i + 0.5) / (double)n);
        const ntk_status status = sample(analytic, function, rows, row, w, negative, &value[i]);
        if (status != NTK_SUCCESS)
            return status;
        *least = fabs(value[i]) < *least ? fabs(value[i]) : *least;
    }
    for (int64_t j = 0; j < n; j++) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++) /* the angle reduced to keep its accuracy */
            sum += value[i] * cos(pi * (double)(j * (2 * i + 1) % (4 * n)) / (double)(2 * n));
        coefficient[j] = sum * (j == 0 ? 1 : 2) / (double)n;
    }
    return NTK_SUCCESS;
}

/* How many coefficients count; n when the last ones have not settled. */
static int64_t settled(const double *coefficient, int64_t n) {
    double largest = 0;
    for (int64_t j = 0; j < n; j++)
        largest = fabs(coefficient[j]) > largest ? fabs(coefficient[j]) : largest;
    int64_t count = n;
    while (count > 0 && fabs(coefficient[count - 1]) <= 4 * COEFFICIENT_TOLERANCE * largest)
        count--;
    return count;
}

static double evaluate(const double *coefficient, int64_t terms, double w) {
    double one = 0, two = 0;
    for (int64_t j = terms - 1; j > 0; j--) {
        const double next = coefficient[j] + (4 * w - 2) * one - two;
        two = one;
        one = next;
    }
    return coefficient[0] + (2 * w - 1) * one - two;
}

/* Whether the series is G where it was not sampled: between the points, and towards w = 0, where a G that changes within a
 * small angle (large norms, chaotic networks) has its whole change between w = 0 and the first point. */
static ntk_status verify(const ntki_analytic *analytic, const char *function, const ntki_analytic_rows *rows,
                         int64_t row, bool negative, const double *coefficient, int64_t terms, int64_t n, bool *holds) {
    const double pi = 3.14159265358979323846;
    const double allowed = 0x1p-53 * (32 + (double)analytic->kernel.depth); /* the rounding of both */
    *holds = true;
    for (int64_t i = 0; *holds && i < n + LEAST_ANGLE; i++) {
        const double w = i < n ? 0.5 + 0.5 * cos(pi * (double)i / (double)n) : ldexp(1, (int)(n - i - 1));
        double value = 0;
        const ntk_status status = sample(analytic, function, rows, row, w, negative, &value);
        if (status != NTK_SUCCESS)
            return status;
        *holds = fabs(value - evaluate(coefficient, terms, w)) <= allowed;
    }
    return NTK_SUCCESS;
}

/* One side's series in *terms coefficients, 0 when there is none short enough. */
static ntk_status fit(const ntki_analytic *analytic, const char *function, const ntki_analytic_rows *rows, int64_t row,
                      bool negative, double *coefficient, int64_t *terms, double *least) {
    *terms = 0;
    for (int64_t n = 2 * LEAST_TERMS; n <= NTKI_COLLAPSE_TERMS; n *= 2) {
        *least = HUGE_VAL;
        memset(coefficient, 0, NTKI_COLLAPSE_TERMS * sizeof(double));
        ntk_status status = interpolate(analytic, function, rows, row, negative, n, coefficient, least);
        if (status != NTK_SUCCESS)
            return status;
        const int64_t count = settled(coefficient, n) > 1 ? settled(coefficient, n) : 1;
        bool holds = count <= n - 3;
        if (holds &&
            (status = verify(analytic, function, rows, row, negative, coefficient, count, n, &holds)) != NTK_SUCCESS)
            return status;
        if (holds) {
            *terms = count;
            return NTK_SUCCESS;
        }
    }
    return NTK_SUCCESS;
}

/* Powers in place of Chebyshev polynomials; false, and nothing done, when the powers' coefficients are so large that
 * their terms would cancel. */
static bool make_powers(double *coefficient, int64_t terms) {
    long double power[NTKI_COLLAPSE_TERMS] = {0}, before[NTKI_COLLAPSE_TERMS] = {0}, last[NTKI_COLLAPSE_TERMS] = {0};
    long double size = 0;
    before[0] = 1; /* T_{j-1} and T_j, for j = 1 */
    last[1] = 1;
    power[0] = coefficient[0];
    for (int64_t j = 1; j < terms; j++) {
        long double next[NTKI_COLLAPSE_TERMS] = {0};
        for (int64_t p = 0; p <= j; p++)
            power[p] += coefficient[j] * last[p];
        for (int64_t p = 0; p <= j + 1 && p < NTKI_COLLAPSE_TERMS; p++)
            next[p] = (p > 0 ? 2 * last[p - 1] : 0) - before[p];
        memcpy(before, last, sizeof(before));
        memcpy(last, next, sizeof(last));
    }
    for (int64_t p = 0; p < terms; p++)
        size += fabsl(power[p]);
    if (size > 2)
        return false;
    for (int64_t p = 0; p < terms; p++)
        coefficient[p] = (double)power[p];
    return true;
}

/* Both series must change, or neither. */
static void choose_powers(ntki_collapse *own) {
    ntki_collapse_series powers = own->series;
    powers.powers = make_powers(powers.positive, powers.terms) &&
                    (!own->serves_negative || make_powers(powers.negative, powers.terms));
    if (powers.powers)
        own->series = powers;
}

typedef struct {
    double low, high;
    int64_t largest; /* the row with the largest norm */
} norm_range;

static norm_range range_of(const ntki_analytic_rows *rows) {
    const double *const norm = rows->side[0].rms;
    norm_range range = {norm[0], norm[0], 0};
    for (int64_t i = 1; i < rows->rows.n; i++) {
        if (norm[i] > range.high) {
            range.high = norm[i];
            range.largest = i;
        }
        range.low = norm[i] < range.low ? norm[i] : range.low;
    }
    return range;
}

static bool applies(const ntki_analytic *analytic, const ntki_analytic_rows *a, const ntki_analytic_rows *b,
                    norm_range of_a, norm_range of_b) {
    if (analytic->one_thread || analytic->dropout || analytic->kernel.call_layers ||
        a->rows.n < LEAST_PAIRS / b->rows.n)
        return false;
    if (!(b->diagonal[of_b.largest] > 0))
        return false;
    const double low = of_a.low < of_b.low ? of_a.low : of_b.low, high = of_a.high > of_b.high ? of_a.high : of_b.high;
    return analytic->homogeneous || high - low <= NORM_TOLERANCE * high;
}

/* Samples G with inputs like row `row` and makes the series of both sides. */
static ntk_status make_series(const ntki_analytic *analytic, const char *function, const ntki_analytic_rows *rows,
                              int64_t row, ntki_collapse *own) {
    int64_t positive = 0, negative = 0;
    double least_positive = 0, least_negative = 0;
    own->norm = -1;
    ntk_status status = fit(analytic, function, rows, row, false, own->series.positive, &positive, &least_positive);
    if (status == NTK_SUCCESS)
        status = fit(analytic, function, rows, row, true, own->series.negative, &negative, &least_negative);
    if (status != NTK_SUCCESS)
        return status;
    own->serves_positive = positive > 0 && least_positive >= LEAST_VALUE;
    own->serves_negative = negative > 0 && least_negative >= LEAST_VALUE;
    own->series.powers = false;
    own->series.terms = own->serves_negative && negative > positive ? negative : positive;
    choose_powers(own);
    own->norm = rows->side[0].rms[row];
    return NTK_SUCCESS;
}

/* The columns' largest norm is taken: a stream of row blocks keeps its columns, and what the layers make of an input, but for
 * series, depends on its norm alone. So the same norm needs no new samples, and gives the same bits as new ones. */
ntk_status ntki_collapse_choose(ntki_analytic *analytic, const char *function, const ntki_analytic_rows *a,
                                const ntki_analytic_rows *b) {
    analytic->collapsed = false;
    const norm_range of_a = range_of(a), of_b = range_of(b);
    if (!applies(analytic, a, b, of_a, of_b))
        return NTK_SUCCESS;
    ntk_status status = NTK_SUCCESS;
    if (analytic->collapse == NULL) {
        status = ntki_allocate(analytic->kernel.context, function, 1, sizeof(*analytic->collapse), &analytic->collapse);
        if (status != NTK_SUCCESS)
            return status;
        analytic->collapse->norm = -1;
    }
    if (analytic->series || analytic->collapse->norm != of_b.high)
        status = make_series(analytic, function, b, of_b.largest, analytic->collapse);
    if (status == NTK_SUCCESS)
        analytic->collapsed = analytic->collapse->serves_positive;
    return status;
}
