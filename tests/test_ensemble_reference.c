/* Ensembles of trained networks against values computed with 60 digits (tests/reference). */
#include "tests/suite.h"

#include "tests/reference/ensemble_values.h"

typedef struct {
    const char *name;
    int n, m, c, last_layer, dynamics;
    double rate, decay, momentum, condition;
    const double *ntk, *ntk_cross, *nngp, *nngp_cross, *prior, *y; /* inputs */
    const double *times, *values; /* per time: mean, covariance, mean and covariance elsewhere */
} ensemble_case;

static int values_per_time(const ensemble_case *one) { return one->n * (one->c + one->n) + one->m * (one->c + one->m); }

static ensemble_case case_of(int index) {
    const double *inputs = ensemble_inputs, *values = ensemble_values;
    ensemble_case one = {0};
    for (int i = 0; i <= index; i++) {
        const int *const size = ensemble_sizes + 5 * i;
        const double *const setting = ensemble_settings + 4 * i;
        const int n = size[0], m = size[1];
        one = (ensemble_case){.name = ensemble_name[i],
                              .n = n,
                              .m = m,
                              .c = size[2],
                              .last_layer = size[3],
                              .dynamics = size[4],
                              .rate = setting[0],
                              .decay = setting[1],
                              .momentum = setting[2],
                              .condition = setting[3],
                              .times = ensemble_time + TIMES * i,
                              .values = values};
        one.ntk = inputs;
        one.ntk_cross = one.ntk + n * n;
        one.nngp = one.ntk_cross + m * n;
        one.nngp_cross = one.nngp + n * n;
        one.prior = one.nngp_cross + m * n;
        one.y = one.prior + m * m;
        inputs = one.y + n * one.c;
        values += TIMES * values_per_time(&one);
    }
    return one;
}

static ntk_ensemble *ensemble_of(const ensemble_case *one) {
    ntk_ensemble *ensemble = NULL;
    ASSERT_OK(ntk_ensemble_create(NULL, one->n, one->c, one->last_layer ? NULL : one->ntk, one->n, one->nngp, one->n,
                                  one->y, one->c, &ensemble));
    ASSERT_OK(ntk_ensemble_set_learning_rate(ensemble, one->rate));
    ASSERT_OK(ntk_ensemble_set_weight_decay(ensemble, one->decay));
    ASSERT_OK(ntk_ensemble_set_momentum(ensemble, one->momentum));
    ASSERT_OK(ntk_ensemble_set_dynamics(ensemble, one->dynamics));
    return ensemble;
}

static double magnitude(const double *a, int count) {
    double largest = 0;
    for (int i = 0; i < count; i++)
        largest = fmax(largest, fabs(a[i]));
    return largest;
}

/* 4 n eps cond: rounding moves a mode by n eps of the largest eigenvalue over its own one, and what follows is of the
 * size of the targets (means) or of the prior (covariances). */
static double tolerance_of(const ensemble_case *one) { return 4 * one->n * DBL_EPSILON * one->condition; }

static void compare(const ensemble_case *one, double t, const char *what, const double *expected, const double *got,
                    int rows, int columns, int ld, double allowed) {
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            const double off = fabs(expected[i * columns + j] - got[i * ld + j]);
            REQUIRE(off <= allowed, "%s, t = %g: %s[%d][%d] is %.17g, expected %.17g: off by %.3g, allowed %.3g",
                    one->name, t, what, i, j, got[i * ld + j], expected[i * columns + j], off, allowed);
        }
    for (int i = 0; i < rows; i++)
        ck_assert(suite_is_canary(ld - columns, got + i * ld + columns));
}

/* Exactly symmetric, with the variances on the diagonal, and none of them negative. */
static void check_form(int n, const double *covariance, int ld, const double *variance) {
    for (int i = 0; i < n; i++) {
        ck_assert(variance[i] >= 0 && variance[i] == covariance[i * ld + i]);
        for (int j = 0; j < i; j++)
            ck_assert(covariance[i * ld + j] == covariance[j * ld + i]);
    }
}

enum { ROOM = 128 };

static void compare_time(const ensemble_case *one, ntk_ensemble *ensemble, int k) {
    const int n = one->n, m = one->m, c = one->c;
    const double t = one->times[k], allowed = tolerance_of(one);
    const double *const mean = one->values + k * values_per_time(one), *const covariance = mean + n * c;
    const double *const other_mean = covariance + n * n, *const other_covariance = other_mean + m * c;
    const double size_y = magnitude(one->y, n * c);
    const double size_s = fmax(magnitude(one->nngp, n * n), magnitude(one->prior, m * m));
    double got[ROOM], spread[ROOM], variance[ROOM];
    ck_assert_int_le(n * (n + c + 3), ROOM);
    suite_fill_canary(ROOM, got);
    suite_fill_canary(ROOM, spread);
    ASSERT_OK(ntk_ensemble_train(ensemble, t, got, c + 1, spread, n + 2, variance));
    compare(one, t, "mean", mean, got, n, c, c + 1, allowed * size_y);
    compare(one, t, "covariance", covariance, spread, n, n, n + 2, allowed * size_s);
    check_form(n, spread, n + 2, variance);
    suite_fill_canary(ROOM, got);
    suite_fill_canary(ROOM, spread);
    ASSERT_OK(ntk_ensemble_predict(ensemble, t, m, one->last_layer ? NULL : one->ntk_cross, n, one->nngp_cross, n,
                                   one->prior, m, NULL, got, c + 1, spread, m + 2, variance));
    compare(one, t, "mean elsewhere", other_mean, got, m, c, c + 1, allowed * size_y);
    compare(one, t, "covariance elsewhere", other_covariance, spread, m, m, m + 2, allowed * size_s);
    check_form(m, spread, m + 2, variance);
}

START_TEST(reference_values) {
    for (int i = 0; i < ENSEMBLES; i++) {
        const ensemble_case one = case_of(i);
        ntk_ensemble *const ensemble = ensemble_of(&one);
        for (int k = 0; k < TIMES; k++)
            compare_time(&one, ensemble, k);
        for (int k = TIMES - 1; k >= 0; k--) /* in any order */
            compare_time(&one, ensemble, k);
        ntk_ensemble_destroy(ensemble);
    }
}
END_TEST

/* The regular cases keep ten digits and more at any time. */
START_TEST(regular_cases_keep_ten_digits) {
    int regular = 0;
    for (int i = 0; i < ENSEMBLES; i++) {
        const ensemble_case one = case_of(i);
        if (one.condition < 1e3)
            ck_assert(tolerance_of(&one) < 1e-11);
        regular += one.condition < 1e3;
    }
    ck_assert_int_ge(regular, 8);
}
END_TEST

SUITE("ensemble reference", reference_values, regular_cases_keep_ten_digits)
