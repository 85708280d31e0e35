/* Duals by series against integrals over the plane, within the bounds that they claim. */
#include "tests/series_set.h"

static const int32_t smooth_kinds[] = {NTK_ACTIVATION_TANH, NTK_ACTIVATION_SIGMOID, NTK_ACTIVATION_SOFTPLUS,
                                       NTK_ACTIVATION_SILU, NTK_ACTIVATION_MISH,    NTK_ACTIVATION_GELU_TANH};
enum { SMOOTH_KINDS = sizeof(smooth_kinds) / sizeof(smooth_kinds[0]) };

/* E[phi(u) phi(v)] and E[phi'(u) phi'(v)] by the trapezoid rule in the plane: u = s x, v = t (rho x + sqrt(1 - rho^2) y).
 * phi has its nearest singularity at a distance above 1.2, so a frequency w in x costs exp(-1.2 w / s). */
static dual plane_integral(const ntk_activation *activation, double s, double t, double rho) {
    const double step = 6.283185307179586 / (30 + 32 * fmax(s, t)), rest = sqrt((1 - rho) * (1 + rho));
    const int reach = (int)(12.5 / step) + 1, count = 2 * reach + 1; /* the density is 1e-34 there */
    double *const work = suite_doubles(6 * (int64_t)count), *const weight = work + count, *const point = weight + count;
    double *const outer = point + count, *const outer_slope = outer + count, *const inner_slope = outer_slope + count;
    double value = 0, slope = 0;
    for (int i = 0; i < count; i++) {
        const double x = step * (i - reach);
        weight[i] = step * 0.3989422804014327 * exp(-0.5 * x * x);
        point[i] = s * x;
    }
    ASSERT_OK(ntk_activation_evaluate(activation, count, point, outer, outer_slope));
    for (int i = 0; i < count; i++) {
        double along = 0, across = 0;
        for (int j = 0; j < count; j++)
            point[j] = t * step * (rho * (i - reach) + rest * (j - reach));
        ASSERT_OK(ntk_activation_evaluate(activation, count, point, work, inner_slope));
        for (int j = 0; j < count; j++) {
            along += weight[j] * work[j];
            across += weight[j] * inner_slope[j];
        }
        value += weight[i] * outer[i] * along;
        slope += weight[i] * outer_slope[i] * across;
    }
    free(work);
    return (dual){value, slope, 0};
}

static const double stds[] = {1e-3, 0.3, 1, 3, 10};
typedef struct {
    int i, j;
    double rho;
} place;
static const place places[] = {{0, 2, 0.5},  {1, 1, -0.999}, {1, 2, 0.95}, {1, 3, 0.2}, {2, 2, 0.999},
                               {2, 2, -0.6}, {2, 3, -0.999}, {3, 3, 0.99}, {4, 4, 0.9}, {4, 2, -0.5}};
enum { PLACES = sizeof(places) / sizeof(places[0]) };

START_TEST(test_within_the_bounds) {
    /* Beyond truncation: roundings of the two sums and of a million points of the integral. */
    const double tolerances[] = {1e-6, 1e-10, 1e-13}, rounding = 2e-14;
    for (int c = 0; c < SMOOTH_KINDS; c += (int)suite_size(1, 3)) {
        ntk_activation *activation = NULL;
        const ntki_activation own = ntki_activation_plain(smooth_kinds[c]);
        ASSERT_OK(ntk_activation_create(NULL, smooth_kinds[c], NULL, 0, &activation));
        dual expected[PLACES];
        for (int p = 0; p < PLACES; p++)
            expected[p] = plane_integral(activation, stds[places[p].i], stds[places[p].j], places[p].rho);
        for (int e = 0; e < 3; e++) {
            prepared *const set = prepare(&own, tolerances[e], 5, stds);
            double value_bound, slope_bound;
            ntki_series_bounds(set->series, set->series, &value_bound, &slope_bound);
            ck_assert(value_bound <= tolerances[e] && slope_bound <= tolerances[e]);
            ck_assert(value_bound >= 0 && slope_bound > 0);
            for (int p = 0; p < PLACES; p++) {
                const int i = places[p].i, j = places[p].j;
                const dual got = evaluate_at(set, i, j, places[p].rho);
                const double most = set->rms[i] * set->rms[j];
                const double steepest = sqrt(set->series->slope[i] * set->series->slope[j]);
                ASSERT_CLOSE(got.value, expected[p].value, most * (value_bound + rounding));
                ASSERT_CLOSE(got.slope, expected[p].slope, steepest * (slope_bound + rounding));
                ASSERT_CLOSE(got.near, most - fabs(expected[p].value), most * (value_bound + rounding));
            }
            discard(set);
        }
        ntk_activation_destroy(activation);
    }
}
END_TEST

/* m m' - |V| = near s^2 E[phi'^2] (1 + O(near)) for equal norms. For others it is m m' E[(phi(s z) / m - phi(t z) / m')^2] / 2
 * at rho = 1, a sum of squares of differences, each wrong by some 8 eps. */
START_TEST(test_near_pairs) {
    const double s[] = {1e-3, 1e-3 * 1.001, 0.5, 0.5 * 1.001, 2, 2 * 1.001}, near = 1e-13;
    for (int c = 0; c < SMOOTH_KINDS; c += (int)suite_size(1, 3)) {
        const ntki_activation own = ntki_activation_plain(smooth_kinds[c]);
        const ntki_activation_row *const row = ntki_activation_find(own.kind);
        prepared *const set = prepare(&own, 1e-13, 6, s);
        for (int i = 0; i < 6; i++) {
            const double square = set->series->value[i], rise = s[i] * s[i] * set->series->slope[i];
            ASSERT_RELATIVE(evaluate(set, set->context->isa, i, i, 1, near).near, near * rise, 1e-11);
            if (smooth_kinds[c] == NTK_ACTIVATION_TANH)
                ASSERT_RELATIVE(evaluate(set, set->context->isa, i, i, -1, near).near, near * rise, 1e-11);
            const int j = i ^ 1;
            double apart = 0;
            for (int k = -600; k <= 600; k++) {
                const double z = k / 48.0, u = row->value(&own, s[i] * z) / sqrt(square);
                const double v = row->value(&own, s[j] * z) / set->rms[j];
                apart += 0.5 / 48 * 0.3989422804014327 * exp(-0.5 * z * z) * (u - v) * (u - v);
            }
            const double expected = set->rms[i] * set->rms[j] * apart;
            ASSERT_CLOSE(evaluate(set, set->context->isa, i, j, 1, 0).near, expected, 2e-15 * sqrt(square * expected));
        }
        discard(set);
    }
}
END_TEST

START_TEST(test_equal_inputs_give_the_diagonal) {
    const double s[] = {0, 1e-150, 1e-3, 0.7, 0.7, 4};
    for (int c = 0; c < SMOOTH_KINDS; c += (int)suite_size(1, 3)) {
        const ntki_activation own = ntki_activation_plain(smooth_kinds[c]);
        prepared *const set = prepare(&own, 1e-8, 6, s);
        prepared *const alone = prepare(&own, 1e-8, 1, &s[3]);
        ASSERT_SAME_BITS(alone->series->value, set->series->value + 3, 1);
        ASSERT_SAME_BITS(alone->series->slope, set->series->slope + 3, 1);
        for (int isa = 0; isa <= (int)set->context->isa; isa++)
            for (int i = 0; i < 6; i++)
                for (int j = 0; j < 6; j++) {
                    const dual got = evaluate(set, (ntki_isa)isa, i, j, 1, 0),
                               back = evaluate(set, (ntki_isa)isa, j, i, 1, 0);
                    ck_assert(isfinite(got.value) && isfinite(got.slope) && isfinite(got.near) && got.near >= 0);
                    ASSERT_SAME_BITS(&got, &back, 3);
                    if (s[i] == s[j]) {
                        const double square = s[i] > 0 || set->rms[i] > NTKI_LEAST_RMS ? set->series->value[i] : 0;
                        ASSERT_SAME_BITS(&got.value, &square, 1);
                        ASSERT_SAME_BITS(&got.slope, &set->series->slope[i], 1);
                        ck_assert(got.near == 0);
                    }
                    for (double rho = -1; rho <= 1; rho += 0.125) {
                        const dual one = evaluate(set, NTKI_ISA_BASELINE, i, j, rho, 1 - fabs(rho));
                        const dual other = evaluate(set, (ntki_isa)isa, i, j, rho, 1 - fabs(rho));
                        const double most = set->rms[i] * set->rms[j], rounding = 1e-14;
                        ASSERT_CLOSE(other.value, one.value, rounding * most);
                        ASSERT_CLOSE(other.near, one.near, rounding * most);
                        ASSERT_CLOSE(other.slope, one.slope,
                                     rounding * sqrt(set->series->slope[i] * set->series->slope[j]));
                    }
                }
        discard(alone);
        discard(set);
    }
}
END_TEST

/* phi(s z) is phi(0) + phi'(0) s z for a small s: no digit of the slope is lost in phi(0). */
START_TEST(test_zero_rows) {
    const double s[] = {0, 1e-150, 1e-12};
    for (int c = 0; c < SMOOTH_KINDS; c += (int)suite_size(1, 3)) {
        const ntki_activation own = ntki_activation_plain(smooth_kinds[c]);
        const ntki_activation_row *const row = ntki_activation_find(own.kind);
        const double value = row->value(&own, 0), slope = row->derivative(&own, 0);
        prepared *const set = prepare(&own, 1e-10, 3, s);
        for (int i = 0; i < 3; i++) {
            ASSERT_RELATIVE(set->series->slope[i], slope * slope, 1e-11); /* s phi''(0) / phi'(0) */
            ASSERT_CLOSE(set->series->value[i], value * value, 1e-11);
            for (int j = 0; j < 3; j++)
                ASSERT_RELATIVE(evaluate_at(set, i, j, 0.25).slope, slope * slope, 1e-11);
        }
        discard(set);
    }
}
END_TEST

/* Truncation leaves the matrix positive semidefinite: K + 1e-13 trace K has a Cholesky factor. Inputs on a short arc. */
START_TEST(test_semidefinite) {
    enum { N = MOST_INPUTS };
    double s[N], k[N][N], trace = 0;
    for (int i = 0; i < N; i++)
        s[i] = 0.5 + 0.125 * (i % 7);
    const ntki_activation own = ntki_activation_plain(NTK_ACTIVATION_MISH);
    prepared *const set = prepare(&own, 0.01, N, s);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            const double half = sin(0.005 * (i - j)), near = 2 * half * half; /* angles of 0.01 |i - j| */
            k[i][j] = evaluate(set, set->context->isa, i, j, 1 - near, near).value;
        }
    for (int i = 0; i < N; i++)
        trace += k[i][i];
    for (int i = 0; i < N; i++)
        k[i][i] += 1e-13 * trace;
    for (int j = 0; j < N; j++) {
        REQUIRE(k[j][j] > 0, "pivot %d is %g of a trace of %g", j, k[j][j], trace);
        for (int i = j + 1; i < N; i++) {
            const double factor = k[i][j] / k[j][j];
            for (int l = j + 1; l <= i; l++)
                k[i][l] -= factor * k[l][j];
        }
    }
    discard(set);
}
END_TEST

START_TEST(test_budget) {
    const double s[] = {1, 10};
    const ntki_activation own = ntki_activation_plain(NTK_ACTIVATION_TANH);
    ntk_context *context = NULL;
    ntki_series *series = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_STATUS(NTK_ERR_ACCURACY, ntki_series_create(context, "test", &own, 3, 1e-10, true, 300, 2, s, &series));
    ck_assert_ptr_null(series);
    const char *const sentence = ntk_context_last_error(context);
    REQUIRE(suite_mentions(sentence, "layer 3") && suite_mentions(sentence, "300") && suite_mentions(sentence, "1e-10"),
            "%s", sentence);
    /* as many terms as are needed, and no more */
    ASSERT_OK(ntki_series_create(context, "test", &own, 3, 1e-10, true, 300, 1, s, &series));
    const int64_t terms = series->terms;
    ASSERT_STATUS(NTK_ERR_ACCURACY,
                  ntki_series_create(context, "test", &own, 3, 1e-10, true, terms - 1, 1, s, &series));
    const double value = series->value[0], value_tail = series->tail_value[terms];
    ASSERT_OK(ntki_series_extend(context, "test", &own, 3, terms + 100, series));
    ck_assert_int_eq(series->terms, terms + 100);
    ck_assert(series->value[0] == value && series->tail_value[terms + 100] < value_tail);
    ntki_series_destroy(context, series);
    ntk_context_destroy(context);
}
END_TEST

/* Every allocation fails once: a status, nothing left behind. */
START_TEST(test_without_memory) {
    const double s[] = {0.5, 1, 2};
    const ntki_activation own = ntki_activation_plain(NTK_ACTIVATION_SILU);
    suite_tracker tracker;
    suite_tracker_init(&tracker);
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create_with_allocator(&tracker.allocator, &context));
    ASSERT_OK(ntk_context_set_threads(context, 1)); /* so that there is no pool of threads */
    const long before = atomic_load(&tracker.live);
    ntk_status status = NTK_ERR_NO_MEMORY;
    long fail_at = 0;
    for (; status != NTK_SUCCESS && fail_at < 1000; fail_at++) {
        ntki_series *series = NULL;
        suite_fail_at(&tracker, fail_at, false);
        status = ntki_series_create(context, "test", &own, 1, 1e-10, true, 2048, 3, s, &series);
        ck_assert(status == NTK_SUCCESS || status == NTK_ERR_NO_MEMORY);
        ck_assert((status == NTK_SUCCESS) == (series != NULL));
        ntki_series_destroy(context, series);
        ck_assert_int_eq(atomic_load(&tracker.live), before);
    }
    ck_assert(status == NTK_SUCCESS && fail_at > 10);
    suite_fail_at(&tracker, -1, false);
    ntki_series *series = NULL;
    ASSERT_OK(ntki_series_create(context, "test", &own, 1, 1e-10, true, 2048, 3, s, &series));
    const ntki_series kept = *series;
    status = NTK_ERR_NO_MEMORY;
    for (fail_at = 0; status != NTK_SUCCESS && fail_at < 1000; fail_at++) {
        suite_fail_at(&tracker, fail_at, false);
        status = ntki_series_extend(context, "test", &own, 1, kept.terms + 8, series);
        ck_assert_int_eq(series->terms, kept.terms + (status == NTK_SUCCESS ? 8 : 0));
        ck_assert((series->coefficient == kept.coefficient) == (status != NTK_SUCCESS));
    }
    ck_assert(status == NTK_SUCCESS && fail_at > 5);
    ntki_series_destroy(context, series);
    ck_assert_int_eq(atomic_load(&tracker.live), before);
    ntk_context_destroy(context);
}
END_TEST

SUITE("series", test_within_the_bounds, test_near_pairs, test_equal_inputs_give_the_diagonal, test_zero_rows,
      test_semidefinite, test_budget, test_without_memory)
