/* Activations by functions of the caller: what they see, what comes back, what is refused. */
#include "tests/suite.h"

/* What the caller's functions see. */
typedef struct {
    double factor;
    int calls, derivative_calls;
    int32_t fail_at; /* the number of the call that fails, from 1 */
} trace;

static int32_t softened(void *user, int64_t n, const double *x, double *y) {
    trace *const seen = user;
    if (++seen->calls == seen->fail_at)
        return 7;
    for (int64_t i = 0; i < n; i++)
        y[i] = seen->factor * tanh(x[i]);
    return 0;
}

static int32_t softened_derivative(void *user, int64_t n, const double *x, double *y) {
    trace *const seen = user;
    seen->derivative_calls++;
    if (++seen->calls == seen->fail_at)
        return -3;
    for (int64_t i = 0; i < n; i++)
        y[i] = seen->factor * (1 - tanh(x[i]) * tanh(x[i]));
    return 0;
}

static void assert_sentence(ntk_context *context, const char *const *words, int count) {
    for (int i = 0; i < count; i++)
        REQUIRE(strstr(ntk_context_last_error(context), words[i]) != NULL, "no \"%s\" in \"%s\"", words[i],
                ntk_context_last_error(context));
}

#define ASSERT_SENTENCE(context, ...)                                              \
    do {                                                                           \
        const char *const words_[] = {__VA_ARGS__};                                \
        assert_sentence(context, words_, (int)(sizeof(words_) / sizeof(*words_))); \
    } while (0)

/* ---- phi ---- */

START_TEST(in_place) {
    const double x[] = {-2, -0.5, 0, 1, 3};
    double in[5], value[5], slope[5], out[5];
    ntk_activation *activation = NULL;
    trace seen = {.factor = 2};
    ASSERT_OK(ntk_activation_create_function(NULL, softened, softened_derivative, &seen, &activation));
    ASSERT_OK(ntk_activation_evaluate(activation, 5, x, value, slope));
    memcpy(in, x, sizeof(in));
    ASSERT_OK(ntk_activation_evaluate(activation, 5, in, in, out));
    ASSERT_SAME_BITS(in, value, 5);
    ASSERT_SAME_BITS(out, slope, 5);
    memcpy(in, x, sizeof(in));
    ASSERT_OK(ntk_activation_evaluate(activation, 5, in, out, in));
    ASSERT_SAME_BITS(in, slope, 5);
    ASSERT_SAME_BITS(out, value, 5);
    ASSERT_OK(ntk_activation_evaluate(activation, 5, x, NULL, NULL));
    memcpy(in, x, sizeof(in));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_activation_evaluate(activation, 4, in, in + 1, NULL));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_activation_evaluate(activation, 5, x, in, in));
    ASSERT_SAME_BITS(in, x, 5);
    ntk_activation_destroy(activation);
}
END_TEST

START_TEST(the_callers_phi) {
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    trace seen = {.factor = 3};
    const double x[] = {-0.5, 0, 1, 2};
    double y[4], dy[4];
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_activation_create_function(context, softened, softened_derivative, &seen, &activation));
    ck_assert_int_eq(seen.calls, 0);
    ASSERT_OK(ntk_activation_evaluate(activation, 4, x, y, dy));
    ck_assert(seen.calls == 2 && seen.derivative_calls == 1);
    for (int i = 0; i < 4; i++)
        ck_assert(y[i] == 3 * tanh(x[i]) && dy[i] == 3 * (1 - tanh(x[i]) * tanh(x[i])));

    /* A failure of either leaves both outputs as they were. */
    for (int32_t at = 1; at <= 2; at++) {
        seen.calls = 0;
        seen.fail_at = at;
        suite_fill_canary(4, y);
        suite_fill_canary(4, dy);
        ASSERT_STATUS(NTK_ERR_CALLBACK, ntk_activation_evaluate(activation, 4, x, y, dy));
        ck_assert(suite_is_canary(4, y) && suite_is_canary(4, dy));
        ASSERT_SENTENCE(context, "ntk_activation_evaluate: ", at == 1 ? "phi " : "phi' ", at == 1 ? "7" : "-3");
    }
    seen.fail_at = 0;

    /* Infinities reach the function, and what is no number comes back. */
    const double special[] = {INFINITY, -INFINITY, NAN};
    ASSERT_OK(ntk_activation_evaluate(activation, 3, special, y, NULL));
    ck_assert(y[0] == 3 && y[1] == -3 && isnan(y[2]));
    seen.factor = NAN;
    ASSERT_OK(ntk_activation_evaluate(activation, 1, x, y, NULL));
    ck_assert(isnan(y[0]));
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(phi_without_a_derivative) {
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    trace seen = {.factor = 3};
    double x = 1, y = 0, dy = 5;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_activation_create_function(context, softened, NULL, &seen, &activation));
    ASSERT_OK(ntk_activation_evaluate(activation, 1, &x, &y, NULL));
    ck_assert(y == 3 * tanh(1));
    y = 4;
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_activation_evaluate(activation, 1, &x, &y, &dy));
    ck_assert(y == 4 && dy == 5 && seen.calls == 1);
    ASSERT_SENTENCE(context, "ntk_activation_evaluate: ", "dy", "derivative");
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
}
END_TEST

static int32_t linear_dual(void *user, int64_t n, const double *q, const double *q_other, const double *k,
                           double *value, double *slope) {
    (void)user, (void)q, (void)q_other;
    for (int64_t i = 0; i < n; i++) {
        value[i] = k[i];
        slope[i] = 1;
    }
    return 0;
}

START_TEST(an_activation_known_by_its_duals) {
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    double x = 1, y = 4;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_activation_create_dual(context, linear_dual, NULL, &activation));
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_activation_evaluate(activation, 1, &x, &y, NULL));
    ASSERT_SENTENCE(context, "ntk_activation_evaluate: ", "duals");
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_activation_evaluate(activation, 1, &x, NULL, &y));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_evaluate(activation, 1, NULL, &y, NULL));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_activation_evaluate(activation, 0, &x, &y, NULL));
    ck_assert(y == 4);
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(kinks_and_parity) {
    ntk_context *context = NULL;
    ntk_activation *of_caller = NULL, *of_kind = NULL, *of_duals = NULL;
    trace seen = {.factor = 1};
    const double kinks[] = {3, -1, 0, 2, 5, -7, 11, 1, 12, -12, 20, 21, 22, 23, 24, 25, 26};
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_activation_create_function(context, softened, NULL, &seen, &of_caller));
    ASSERT_OK(ntk_activation_create(context, NTK_ACTIVATION_TANH, NULL, 0, &of_kind));
    ASSERT_OK(ntk_activation_create_dual(context, linear_dual, NULL, &of_duals));

    ASSERT_OK(ntk_activation_set_kinks(of_caller, 0, NULL));
    ASSERT_OK(ntk_activation_set_kinks(of_caller, 16, kinks));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_activation_set_kinks(of_caller, 17, kinks));
    ASSERT_SENTENCE(context, "ntk_activation_set_kinks: ", "n is 17", "16");
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_activation_set_kinks(of_caller, -1, kinks));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_set_kinks(of_caller, 1, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_set_kinks(NULL, 1, kinks));
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_activation_set_kinks(of_caller, 2, (const double[]){1, NAN}));
    ASSERT_SENTENCE(context, "x[1] is NaN");
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_activation_set_kinks(of_caller, 1, (const double[]){-INFINITY}));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_activation_set_kinks(of_caller, 4, (const double[]){2.5, 1, 0, 2.5}));
    ASSERT_SENTENCE(context, "ntk_activation_set_kinks: ", "x ", "2.5");
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_activation_set_kinks(of_caller, 2, (const double[]){0.0, -0.0}));
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_activation_set_kinks(of_kind, 1, kinks));
    ASSERT_SENTENCE(context, "ntk_activation_set_kinks: ", "tanh");
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_activation_set_kinks(of_duals, 1, kinks));

    for (int32_t parity = NTK_PARITY_NONE; parity <= NTK_PARITY_ODD; parity++)
        ASSERT_OK(ntk_activation_set_parity(of_caller, parity));
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_activation_set_parity(of_caller, 3));
    ASSERT_SENTENCE(context, "ntk_activation_set_parity: parity is 3");
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_activation_set_parity(of_caller, -1));
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_activation_set_parity(of_kind, NTK_PARITY_ODD));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_set_parity(NULL, NTK_PARITY_ODD));
    ntk_activation_destroy(of_caller);
    ntk_activation_destroy(of_kind);
    ntk_activation_destroy(of_duals);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(missing_functions) {
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_create_function(context, NULL, softened, NULL, &activation));
    ASSERT_SENTENCE(context, "ntk_activation_create_function: function is NULL");
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_create_function(context, softened, softened, NULL, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_create_dual(context, NULL, NULL, &activation));
    ASSERT_SENTENCE(context, "ntk_activation_create_dual: dual is NULL");
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_create_dual(context, linear_dual, NULL, NULL));
    ck_assert_ptr_null(activation);
    ntk_context_destroy(context);
}
END_TEST

SUITE("caller_activation", in_place, the_callers_phi, phi_without_a_derivative, an_activation_known_by_its_duals,
      kinks_and_parity, missing_functions)
