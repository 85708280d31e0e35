/* Calls of losses: shapes, the caller's functions, names, and what is refused. */
#include "src/loss/loss.h"
#include "tests/loss_targets.h"

/* ---- shapes ---- */

START_TEST(rows_with_gaps_and_in_place) {
    enum { ROWS = 5, C = 3, LDF = 4, LDY = 5, LDG = 6 };
    uint64_t state = 8;
    for (int32_t kind = 0; kind < KINDS; kind++) {
        ntk_loss *const loss = loss_of(kind, NULL);
        double f[ROWS * C], y[ROWS * C], value[ROWS], gradient[ROWS * C];
        double wide_f[ROWS * LDF], wide_y[ROWS * LDY], again[ROWS], wide_gradient[ROWS * LDG];
        suite_fill(&state, ROWS * C, f);
        fill_targets(&state, kind, ROWS, C, y);
        suite_fill_canary(ROWS * LDF, wide_f);
        suite_fill_canary(ROWS * LDY, wide_y);
        suite_fill_canary(ROWS * LDG, wide_gradient);
        for (int64_t i = 0; i < ROWS; i++) {
            memcpy(wide_f + i * LDF, f + i * C, sizeof(double) * C);
            memcpy(wide_y + i * LDY, y + i * C, sizeof(double) * C);
        }
        ASSERT_OK(ntk_loss_evaluate(loss, ROWS, C, f, C, y, C, value, gradient, C));
        ASSERT_OK(ntk_loss_evaluate(loss, ROWS, C, wide_f, LDF, wide_y, LDY, again, wide_gradient, LDG));
        ASSERT_SAME_BITS(value, again, ROWS);
        for (int64_t i = 0; i < ROWS; i++) {
            ASSERT_SAME_BITS(wide_gradient + i * LDG, gradient + i * C, C);
            ck_assert(suite_is_canary(LDG - C, wide_gradient + i * LDG + C));
        }
        ASSERT_OK(ntk_loss_evaluate(loss, ROWS, C, wide_f, LDF, wide_y, LDY, NULL, wide_f, LDF));
        for (int64_t i = 0; i < ROWS; i++) {
            ASSERT_SAME_BITS(wide_f + i * LDF, gradient + i * C, C);
            ck_assert(suite_is_canary(LDF - C, wide_f + i * LDF + C));
        }
        ASSERT_OK(ntki_loss_gradient(loss, loss->context, __func__, ROWS, C, f, y, f));
        ASSERT_SAME_BITS(f, gradient, ROWS * C);
        ntk_loss_destroy(loss);
    }
}
END_TEST

/* ---- the caller's loss ---- */

/* log cosh(f - y), what it is given, and how it fails. */
typedef struct {
    int64_t n, c;
    int gradients, values;
    int32_t answer;
    double spoil; /* added to the last number */
} trace;

static int32_t log_cosh_gradient(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    trace *const seen = user;
    seen->n = n;
    seen->c = c;
    seen->gradients++;
    for (int64_t i = 0; i < n * c; i++)
        gradient[i] = tanh(f[i] - y[i]);
    gradient[n * c - 1] += seen->spoil;
    return seen->answer;
}

static int32_t log_cosh_value(void *user, int64_t n, int64_t c, const double *f, const double *y, double *value) {
    trace *const seen = user;
    seen->values++;
    for (int64_t i = 0; i < n; i++) {
        value[i] = 0;
        for (int64_t k = 0; k < c; k++)
            value[i] += log(cosh(f[i * c + k] - y[i * c + k]));
    }
    value[n - 1] += seen->spoil;
    return seen->answer;
}

START_TEST(the_callers_loss) {
    ntk_context *context = NULL;
    ntk_loss *loss = NULL;
    trace seen = {0};
    int32_t kind = -1;
    double f[] = {1, 2, 99, 3, 4, 99}, value[2], gradient[4];
    const double y[] = {1, 0, 5, 1e3, 4, 5};
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_loss_create_function(context, log_cosh_gradient, log_cosh_value, &seen, &loss));
    ASSERT_OK(ntk_loss_get_kind(loss, &kind));
    ck_assert_int_eq(kind, NTK_LOSS_FUNCTION);
    ck_assert(ntki_loss_curvature(loss) == 1);
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_loss_evaluate(loss, 2, 2, f, 3, y, 3, value, NULL, 0)); /* cosh(997) */
    ck_assert(suite_mentions(ntk_context_last_error(context), "value"));
    seen = (trace){0};
    ASSERT_OK(ntk_loss_evaluate(loss, 2, 2, f, 3, y, 3, NULL, gradient, 2));
    ck_assert(seen.gradients == 1 && seen.values == 0 && seen.n == 2 && seen.c == 2);
    ck_assert(gradient[0] == 0 && gradient[1] == tanh(2) && gradient[2] == -1 && gradient[3] == 0);
    ASSERT_OK(ntk_loss_evaluate(loss, 2, 1, f, 3, y, 3, NULL, f, 3)); /* in place: it never sees its own output */
    ck_assert(f[0] == 0 && f[1] == 2 && f[3] == -1 && f[4] == 4);
    ntk_loss_destroy(loss);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(failures_of_the_callers_loss) {
    ntk_context *context = NULL;
    ntk_loss *loss = NULL, *no_value = NULL;
    trace seen = {.answer = -7};
    const double f[] = {1, 2, 3, 4}, y[] = {0, 0, 0, 0};
    double value[2], gradient[4];
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_loss_create_function(context, log_cosh_gradient, log_cosh_value, &seen, &loss));
    ASSERT_OK(ntk_loss_create_function(context, log_cosh_gradient, NULL, &seen, &no_value));
    suite_fill_canary(2, value);
    suite_fill_canary(4, gradient);
    ASSERT_STATUS(NTK_ERR_CALLBACK, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, value, NULL, 0));
    ck_assert(suite_mentions(ntk_context_last_error(context), "value") &&
              suite_mentions(ntk_context_last_error(context), "-7"));
    ASSERT_STATUS(NTK_ERR_CALLBACK, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, NULL, gradient, 2));
    ck_assert(suite_mentions(ntk_context_last_error(context), "gradient"));
    const double spoils[] = {NAN, INFINITY};
    for (int i = 0; i < 2; i++) {
        seen = (trace){.spoil = spoils[i]};
        ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, value, NULL, 0));
        ck_assert(suite_mentions(ntk_context_last_error(context), i == 0 ? "NaN" : "infinite"));
        ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, NULL, gradient, 2));
    }
    seen = (trace){0};
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_loss_evaluate(no_value, 2, 2, f, 2, y, 2, value, gradient, 2));
    ck_assert(suite_is_canary(2, value) && suite_is_canary(4, gradient));
    ASSERT_OK(ntk_loss_evaluate(no_value, 2, 2, f, 2, y, 2, NULL, gradient, 2));
    ck_assert(gradient[3] == tanh(4));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_create_function(context, NULL, log_cosh_value, &seen, &loss));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_create_function(context, log_cosh_gradient, NULL, NULL, NULL));
    ntk_loss_destroy(no_value);
    ntk_loss_destroy(loss);
    ntk_context_destroy(context);
}
END_TEST

/* ---- refusals ---- */

START_TEST(creation_refused) {
    ntk_context *context = NULL;
    ntk_loss *loss = NULL;
    const double half = 0.5, zero = 0, negative = -1, nan = NAN, two[] = {1, 2};
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_create(context, NTK_LOSS_HUBER, &half, 1, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_create(context, NTK_LOSS_HUBER, NULL, 1, &loss));
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_loss_create(context, -1, NULL, 0, &loss));
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_loss_create(context, NTK_LOSS_FUNCTION + 1, NULL, 0, &loss));
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_loss_create(context, NTK_LOSS_FUNCTION, NULL, 0, &loss));
    ck_assert(suite_mentions(ntk_context_last_error(context), "ntk_loss_create_function"));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_loss_create(context, NTK_LOSS_SQUARED, &half, 1, &loss));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_loss_create(context, NTK_LOSS_HUBER, two, 2, &loss));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_loss_create(context, NTK_LOSS_HUBER, two, -1, &loss));
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_loss_create(context, NTK_LOSS_HUBER, &nan, 1, &loss));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_loss_create(context, NTK_LOSS_HUBER, &zero, 1, &loss));
    ck_assert(suite_mentions(ntk_context_last_error(context), "delta"));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_loss_create(context, NTK_LOSS_EPSILON_INSENSITIVE, &negative, 1, &loss));
    ck_assert(suite_mentions(ntk_context_last_error(context), "epsilon"));
    ck_assert_ptr_null(loss);
    ASSERT_OK(ntk_loss_create(context, NTK_LOSS_EPSILON_INSENSITIVE, &zero, 1, &loss));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_get_kind(loss, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_get_kind(NULL, NULL));
    ntk_loss_destroy(loss);
    ntk_loss_destroy(NULL);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(names) {
    for (int32_t kind = 0; kind <= NTK_LOSS_FUNCTION; kind++) {
        int32_t found = -1;
        ASSERT_OK(ntk_loss_kind_from_name(ntk_loss_kind_name(kind), &found));
        ck_assert_int_eq(found, kind);
    }
    ck_assert_str_eq(ntk_loss_kind_name(NTK_LOSS_CROSS_ENTROPY), "cross_entropy");
    ck_assert_ptr_null(ntk_loss_kind_name(-1));
    ck_assert_ptr_null(ntk_loss_kind_name(NTK_LOSS_FUNCTION + 1));
    int32_t kind = 77;
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_loss_kind_from_name("Squared", &kind));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_kind_from_name(NULL, &kind));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_kind_from_name("squared", NULL));
    ck_assert_int_eq(kind, 77);
}
END_TEST

static void refuse(ntk_context *context, int32_t kind, ntk_status status, int64_t c, const double *y,
                   const char *word) {
    const double f[] = {0, 0, 0, 0};
    double value[2], gradient[4];
    ntk_loss *loss = NULL;
    suite_fill_canary(2, value);
    suite_fill_canary(4, gradient);
    ASSERT_OK(ntk_loss_create(context, kind, NULL, 0, &loss));
    ASSERT_STATUS(status, ntk_loss_evaluate(loss, 2, c, f, c, y, c, value, gradient, c));
    REQUIRE(strstr(ntk_context_last_error(context), word) != NULL, "no \"%s\" in \"%s\"", word,
            ntk_context_last_error(context));
    ck_assert(suite_is_canary(2, value) && suite_is_canary(4, gradient));
    ntk_loss_destroy(loss);
}

START_TEST(domains) {
    const int32_t of_signs[] = {NTK_LOSS_LOGISTIC, NTK_LOSS_HINGE, NTK_LOSS_SQUARED_HINGE};
    const double zero[] = {1, -1, 1, 0}, huge[] = {1, DBL_MAX, 1, 1}, nan[] = {0, 0, NAN, 0};
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (int i = 0; i < 3; i++) {
        refuse(context, of_signs[i], NTK_ERR_DOMAIN, 2, zero, "y[1][1] is 0");
        refuse(context, of_signs[i], NTK_ERR_DOMAIN, 2, huge, "y[0][1] is 1.79");
    }
    const double negative[] = {1, 0, -0.5, 1.5}, low[] = {0.5, 0.5, 0.5, 0.499998}, ones[] = {1, 1};
    refuse(context, NTK_LOSS_CROSS_ENTROPY, NTK_ERR_DOMAIN, 2, negative, "y[1][0] is -0.5");
    refuse(context, NTK_LOSS_CROSS_ENTROPY, NTK_ERR_DOMAIN, 2, low, "row 1 of y");
    refuse(context, NTK_LOSS_CROSS_ENTROPY, NTK_ERR_DOMAIN, 2, huge, "row 0 of y");
    refuse(context, NTK_LOSS_CROSS_ENTROPY, NTK_ERR_SIZE, 1, ones, "2 classes");
    for (int32_t kind = 0; kind < KINDS; kind++)
        refuse(context, kind, NTK_ERR_NOT_FINITE, 2, nan, "y");
    ntk_context_destroy(context);
}
END_TEST

START_TEST(bad_matrices) {
    ntk_context *context = NULL;
    ntk_loss *loss = NULL;
    double f[] = {1, 2, 3, 4, 5, 6}, y[] = {1, 1, 1, 1, 1, 1}, value[2] = {7, 8}, gradient[4];
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_loss_create(context, NTK_LOSS_SQUARED, NULL, 0, &loss));
    suite_fill_canary(4, gradient);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_evaluate(NULL, 2, 2, f, 2, y, 2, value, gradient, 2));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_evaluate(loss, 2, 2, NULL, 2, y, 2, value, gradient, 2));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_loss_evaluate(loss, 2, 2, f, 2, NULL, 2, value, gradient, 2));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_loss_evaluate(loss, 0, 2, f, 2, y, 2, value, gradient, 2));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_loss_evaluate(loss, 2, -1, f, 2, y, 2, value, gradient, 2));
    ASSERT_STATUS(NTK_ERR_LEADING_DIMENSION, ntk_loss_evaluate(loss, 2, 2, f, 1, y, 2, value, gradient, 2));
    ASSERT_STATUS(NTK_ERR_LEADING_DIMENSION, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 1, value, gradient, 2));
    ASSERT_STATUS(NTK_ERR_LEADING_DIMENSION, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, value, gradient, 1));
    ASSERT_STATUS(NTK_ERR_OVERFLOW, ntk_loss_evaluate(loss, INT64_MAX / 2, 4, f, 4, y, 4, value, gradient, 4));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, f, gradient, 2));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, y, gradient, 2));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, gradient, gradient, 2));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, value, y, 2));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, value, f, 3));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, value, f + 1, 2));
    f[3] = INFINITY;
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, value, gradient, 2));
    f[3] = 4;
    ck_assert(f[0] == 1 && y[0] == 1 && value[0] == 7 && suite_is_canary(4, gradient));
    ASSERT_OK(ntk_loss_evaluate(loss, 2, 2, f, 2, f, 2, value, gradient, 2)); /* inputs may be one */
    ck_assert(value[0] == 0 && value[1] == 0 && gradient[3] == 0);
    ASSERT_OK(ntk_loss_evaluate(loss, 2, 2, f, 2, y, 2, NULL, NULL, 0));
    ntk_loss_destroy(loss);
    ntk_context_destroy(context);
}
END_TEST

/* A copy lives in its own context, and outlives the first. */
START_TEST(copies) {
    const double delta = 2, f = 5, y = 0;
    ntk_context *context = NULL;
    ntk_loss *copy = NULL, *const loss = loss_of(NTK_LOSS_HUBER, &delta);
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntki_loss_copy(context, __func__, loss, &copy));
    ntk_loss_destroy(loss);
    ck_assert_ptr_eq(copy->context, context);
    ntk_context_destroy(context);
    ck_assert(value_at(copy, 1, &f, &y) == 8 && slope_at(copy, f, y) == 2);
    ntki_loss_release(copy);
    ntki_loss_release(NULL);
}
END_TEST

SUITE("loss_calls", rows_with_gaps_and_in_place, the_callers_loss, failures_of_the_callers_loss, creation_refused,
      names, domains, bad_matrices, copies)
