/* phi and phi' of every kind against values made with 60 digits (tests/reference/activations.py), at infinities and
 * kinks; what is refused. test_caller_activation.c has the caller's functions. */
#include "tests/suite.h"

#include "src/mlp/activation.h"
#include "tests/reference/activation_values.h"

static ntk_activation *activation_of(int32_t kind, const double *params, int64_t n) {
    ntk_activation *activation = NULL;
    ASSERT_OK(ntk_activation_create(NULL, kind, params, n, &activation));
    ck_assert_ptr_nonnull(activation);
    return activation;
}

static double value_at(const ntk_activation *activation, double x) {
    double y = NAN;
    ASSERT_OK(ntk_activation_evaluate(activation, 1, &x, &y, NULL));
    return y;
}

static double slope_at(const ntk_activation *activation, double x) {
    double dy = NAN;
    ASSERT_OK(ntk_activation_evaluate(activation, 1, &x, NULL, &dy));
    return dy;
}

/* ---- against the table ---- */

/* 8 eps of the size of the terms: the functions of a libm are good to 1 or 2 eps (erfc to 5), and at most four of
 * them and of products come together. Below the normal numbers half of the last bit is more than that. */
static void compare(double got, double expected, double size, int32_t kind, double x, const char *what) {
    const double allowed = 8 * DBL_EPSILON * size + 4.94e-324 * (1 + fabs(x));
    REQUIRE(size < 0 || fabs(got - expected) <= allowed,
            "%s of %s at %.17g is %.17g, expected %.17g: off by %.3g, allowed %.3g", what,
            ntk_activation_kind_name(kind), x, got, expected, fabs(got - expected), allowed);
}

START_TEST(evaluate_matches_reference) {
    const double *parameters = activation_parameters;
    for (int c = 0; c < ACTIVATION_CASES; c++) {
        const int32_t kind = activation_case[2 * c], count = activation_case[2 * c + 1];
        ntk_activation *const activation = activation_of(kind, parameters, count);
        double y[ACTIVATION_POINTS], dy[ACTIVATION_POINTS];
        ASSERT_OK(ntk_activation_evaluate(activation, ACTIVATION_POINTS, activation_x, y, dy));
        for (int i = 0; i < ACTIVATION_POINTS; i++) {
            const double *const expected = activation_values + 2 * (c * ACTIVATION_POINTS + i);
            const double *const size = activation_sizes + 2 * (c * ACTIVATION_POINTS + i);
            compare(y[i], expected[0], size[0], kind, activation_x[i], "phi");
            compare(dy[i], expected[1], size[1], kind, activation_x[i], "phi'");
        }
        ntk_activation_destroy(activation);
        parameters += count;
    }
}
END_TEST

/* Some choice of parameters for each kind; the plain ones stand in the table as well. */
static const double unusual[][4] = {
    [NTK_ACTIVATION_LEAKY_RELU] = {1, -0.3},
    [NTK_ACTIVATION_ERF] = {3, 1.2, -0.8, 2},
    [NTK_ACTIVATION_TWO_SLOPE] = {2, 1.1, -0.6},
    [NTK_ACTIVATION_SIN] = {3, 0.4, 1.5, -1},
    [NTK_ACTIVATION_COS] = {3, 0.4, 1.5, -1},
    [NTK_ACTIVATION_RBF] = {1, 0.7},
    [NTK_ACTIVATION_EXP] = {2, -0.2, 0.9},
    [NTK_ACTIVATION_GAUSSIAN] = {2, 3, 0.2},
    [NTK_ACTIVATION_MONOMIAL] = {1, 5},
    [NTK_ACTIVATION_RECTIFIED_MONOMIAL] = {1, 3},
    [NTK_ACTIVATION_POLYNOMIAL] = {3, 0.5, -1, 0.25},
    [NTK_ACTIVATION_HERMITE] = {1, 7},
    [NTK_ACTIVATION_NORMALISED_EXP] = {2, 0.4, -0.3},
    [NTK_ACTIVATION_ELU] = {1, 0.3},
    [NTK_ACTIVATION_RELU6] = {0},
};

/* Differences over 2^-13: their error is 2^-26 phi''' / 6, some 3e-9 phi''', and eps phi / 2^-13, some 2e-12 phi. */
START_TEST(slope_is_the_derivative) {
    const double step = 0x1p-13, x[] = {-5.3, -2.2, -1.4, -0.6, -0.2, 0.3, 0.8, 1.7, 2.4, 4.1, 7.3};
    for (int32_t kind = 0; kind <= NTK_ACTIVATION_RELU6; kind++)
        for (int plain = 0; plain < 2; plain++) {
            ntk_activation *const activation =
                activation_of(kind, unusual[kind] + 1, plain ? 0 : (int64_t)unusual[kind][0]);
            for (size_t i = 0; i < sizeof(x) / sizeof(*x); i++) {
                const double before = value_at(activation, x[i] - step), after = value_at(activation, x[i] + step);
                const double scale = 1 + fabs(after) + fabs(slope_at(activation, x[i]));
                REQUIRE(fabs((after - before) / (2 * step) - slope_at(activation, x[i])) <= 3e-7 * scale,
                        "%s at %g: phi' is %.17g, differences give %.17g", ntk_activation_kind_name(kind), x[i],
                        slope_at(activation, x[i]), (after - before) / (2 * step));
            }
            ntk_activation_destroy(activation);
        }
}
END_TEST

/* ---- where a formula may fail ---- */

static bool same(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

START_TEST(special_values_pass) {
    /* phi(-inf), phi(inf), phi'(-inf), phi'(inf); NaN: there is no limit. */
    static const double limits[][4] = {
        {-INFINITY, INFINITY, 1, 1},                                                 /* identity */
        {0, INFINITY, 0, 1},                                                         /* relu */
        {-INFINITY, INFINITY, 0.01, 1},                                              /* leaky_relu */
        {-1, 1, 0, 0},                                                               /* erf */
        {INFINITY, INFINITY, -1, 1},                                                 /* abs */
        {0, INFINITY, 0, 1},                                                         /* two_slope */
        {0, 1, 0, 0},                                                                /* step */
        {-1, 1, 0, 0},                                                               /* sign */
        {0, 1, 0, 0},                                                                /* sigmoid_erf */
        {NAN, NAN, NAN, NAN},                                                        /* sin */
        {NAN, NAN, NAN, NAN},                                                        /* cos */
        {NAN, NAN, NAN, NAN},                                                        /* rbf */
        {0, INFINITY, 0, 1},                                                         /* gelu */
        {0, INFINITY, 0, INFINITY},                                                  /* exp */
        {0, 0, 0, 0},                                                                /* gaussian */
        {0, 0, 0, 0},                                                                /* gabor */
        {INFINITY, INFINITY, -INFINITY, INFINITY},                                   /* monomial */
        {0, INFINITY, 0, INFINITY},                                                  /* rectified_monomial */
        {-INFINITY, INFINITY, 1, 1},                                                 /* polynomial */
        {INFINITY, INFINITY, -INFINITY, INFINITY},                                   /* hermite */
        {0, INFINITY, 0, INFINITY},                                                  /* normalised_exp */
        {-1, 1, 0, 0},                                                               /* tanh */
        {0, 1, 0, 0},                                                                /* sigmoid */
        {0, INFINITY, 0, 1},                                                         /* softplus */
        {0, INFINITY, 0, 1},                                                         /* silu */
        {0, INFINITY, 0, 1},                                                         /* mish */
        {0, INFINITY, 0, 1},                                                         /* gelu_tanh */
        {-1, INFINITY, 0, 1},                                                        /* elu */
        {-1.0507009873554805 * 1.6732632423543772, INFINITY, 0, 1.0507009873554805}, /* selu */
        {-1, 1, 0, 0},                                                               /* hard_tanh */
        {0, 1, 0, 0},                                                                /* hard_sigmoid */
        {0, 6, 0, 0},                                                                /* relu6 */
    };
    for (int32_t kind = 0; kind <= NTK_ACTIVATION_RELU6; kind++) {
        ntk_activation *const activation = activation_of(kind, NULL, 0);
        const char *const name = ntk_activation_kind_name(kind);
        ck_assert_msg(isnan(value_at(activation, NAN)) && isnan(slope_at(activation, NAN)), "%s loses NaN", name);
        for (int side = 0; side < 2; side++) {
            const double x = side ? INFINITY : -INFINITY;
            ck_assert_msg(same(value_at(activation, x), limits[kind][side]), "%s(%g) is %g", name, x,
                          value_at(activation, x));
            ck_assert_msg(same(slope_at(activation, x), limits[kind][2 + side]), "%s'(%g) is %g", name, x,
                          slope_at(activation, x));
        }
        ntk_activation_destroy(activation);
    }
}
END_TEST

typedef struct {
    int32_t kind;
    int64_t count;
    double parameters[5];
    double x, value, slope;
} single;

START_TEST(constants_and_powers_at_infinity) {
    const single cases[] = {
        {NTK_ACTIVATION_LEAKY_RELU, 1, {0}, -INFINITY, 0, 0},
        {NTK_ACTIVATION_TWO_SLOPE, 2, {1, 0}, INFINITY, 0, 0},
        {NTK_ACTIVATION_ERF, 3, {2, 0, 3}, INFINITY, 3, 0},
        {NTK_ACTIVATION_SIN, 3, {2, 0, 0}, INFINITY, 0, 0},
        {NTK_ACTIVATION_EXP, 2, {2, 0}, -INFINITY, 2, 0},
        {NTK_ACTIVATION_EXP, 2, {0, 1}, INFINITY, 0, 0},
        {NTK_ACTIVATION_GAUSSIAN, 2, {2, 0}, INFINITY, 2, 0},
        {NTK_ACTIVATION_MONOMIAL, 1, {0}, INFINITY, 1, 0},
        {NTK_ACTIVATION_MONOMIAL, 1, {3}, -INFINITY, -INFINITY, INFINITY},
        {NTK_ACTIVATION_HERMITE, 1, {0}, INFINITY, 1, 0},
        {NTK_ACTIVATION_HERMITE, 1, {1}, -INFINITY, -INFINITY, 1},
        {NTK_ACTIVATION_HERMITE, 1, {63}, -1e300, -INFINITY, INFINITY},
        {NTK_ACTIVATION_POLYNOMIAL, 5, {1, 2, -3, 0, 0}, -INFINITY, -INFINITY, INFINITY},
        {NTK_ACTIVATION_POLYNOMIAL, 2, {4, 0}, INFINITY, 4, 0},
        {NTK_ACTIVATION_ELU, 1, {0}, -INFINITY, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const single *const c = &cases[i];
        ntk_activation *const activation = activation_of(c->kind, c->parameters, c->count);
        const double value = value_at(activation, c->x), slope = slope_at(activation, c->x);
        ck_assert_msg(value == c->value && slope == c->slope, "%s at %g: %g and %g", ntk_activation_kind_name(c->kind),
                      c->x, value, slope);
        ntk_activation_destroy(activation);
    }

    /* h_64 at -1e5 does not overflow: x^64 / sqrt(64!) within n^2 / (2 x^2), though x^64 alone is beyond the range. */
    const double degree = 64, x = -1e5;
    ntk_activation *const activation = activation_of(NTK_ACTIVATION_HERMITE, &degree, 1);
    double power = 1;
    for (int k = 1; k <= 64; k++)
        power *= x / sqrt(k);
    ASSERT_RELATIVE(value_at(activation, x), power, 1e-6);
    ntk_activation_destroy(activation);
}
END_TEST

START_TEST(slopes_at_kinks) {
    const single cases[] = {
        {NTK_ACTIVATION_RELU, 0, {0}, 0, 0, 0},
        {NTK_ACTIVATION_LEAKY_RELU, 1, {0.5}, 0, 0, 0},
        {NTK_ACTIVATION_ABS, 0, {0}, 0, 0, 0},
        {NTK_ACTIVATION_TWO_SLOPE, 2, {2, 3}, -0.0, 0, 0},
        {NTK_ACTIVATION_STEP, 0, {0}, 0, 0, 0},
        {NTK_ACTIVATION_STEP, 0, {0}, 5e-324, 1, 0},
        {NTK_ACTIVATION_SIGN, 0, {0}, -0.0, 0, 0},
        {NTK_ACTIVATION_RECTIFIED_MONOMIAL, 1, {0}, 0, 0, 0},
        {NTK_ACTIVATION_RECTIFIED_MONOMIAL, 1, {1}, 0, 0, 0},
        {NTK_ACTIVATION_ELU, 1, {0.25}, 0, 0, 0.25},
        {NTK_ACTIVATION_SELU, 0, {0}, 0, 0, 1.0507009873554805 * 1.6732632423543772},
        {NTK_ACTIVATION_HARD_TANH, 0, {0}, -1, -1, 0},
        {NTK_ACTIVATION_HARD_TANH, 0, {0}, 1, 1, 1},
        {NTK_ACTIVATION_HARD_SIGMOID, 0, {0}, -3, 0, 0},
        {NTK_ACTIVATION_HARD_SIGMOID, 0, {0}, 3, 1, 1.0 / 6},
        {NTK_ACTIVATION_RELU6, 0, {0}, 0, 0, 0},
        {NTK_ACTIVATION_RELU6, 0, {0}, 6, 6, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const single *const c = &cases[i];
        ntk_activation *const activation = activation_of(c->kind, c->parameters, c->count);
        ck_assert_msg(value_at(activation, c->x) == c->value && slope_at(activation, c->x) == c->slope,
                      "%s at %g: %.17g and %.17g", ntk_activation_kind_name(c->kind), c->x, value_at(activation, c->x),
                      slope_at(activation, c->x));
        ntk_activation_destroy(activation);
    }
}
END_TEST

/* ---- what the kernels are told of a kind ---- */

START_TEST(kinks_and_parity_of_kinds) {
    const struct {
        int32_t kind, count;
        double kinks[2];
    } kinked[] = {{NTK_ACTIVATION_RELU, 1, {0}},          {NTK_ACTIVATION_LEAKY_RELU, 1, {0}},
                  {NTK_ACTIVATION_ABS, 1, {0}},           {NTK_ACTIVATION_TWO_SLOPE, 1, {0}},
                  {NTK_ACTIVATION_STEP, 1, {0}},          {NTK_ACTIVATION_SIGN, 1, {0}},
                  {NTK_ACTIVATION_ELU, 1, {0}},           {NTK_ACTIVATION_SELU, 1, {0}},
                  {NTK_ACTIVATION_HARD_TANH, 2, {-1, 1}}, {NTK_ACTIVATION_HARD_SIGMOID, 2, {-3, 3}},
                  {NTK_ACTIVATION_RELU6, 2, {0, 6}},      {NTK_ACTIVATION_RECTIFIED_MONOMIAL, 1, {0}}};
    enum { KINKED = sizeof(kinked) / sizeof(*kinked) };
    for (int32_t kind = 0; kind <= NTK_ACTIVATION_RELU6; kind++) {
        const ntki_activation told = ntki_activation_plain(kind);
        int at = 0;
        while (at < KINKED && kinked[at].kind != kind)
            at++;
        ck_assert_int_eq(told.kink_count, at < KINKED ? kinked[at].count : 0);
        for (int32_t i = 0; i < told.kink_count; i++)
            ck_assert(told.kinks[i] == kinked[at].kinks[i]);

        bool even = true, odd = true;
        ntk_activation *const activation = activation_of(kind, NULL, 0);
        for (double x = 0; x < 8; x += 0.375) {
            even = even && value_at(activation, -x) == value_at(activation, x);
            odd = odd && value_at(activation, -x) == -value_at(activation, x);
        }
        ntk_activation_destroy(activation);
        /* Told only where it holds, and wherever it does unless parameters could change that. */
        ck_assert(told.parity != NTK_PARITY_EVEN || even);
        ck_assert(told.parity != NTK_PARITY_ODD || odd);
        ck_assert_msg(told.parity != NTK_PARITY_NONE || told.parameter_count > 0 || (!even && !odd), "%s",
                      ntk_activation_kind_name(kind));
    }
}
END_TEST

/* ---- arrays ---- */

enum { POINTS = 25 };

static void check_arrays(const ntk_activation *activation) {
    double value[POINTS], slope[POINTS], in[POINTS], out[POINTS];
    const double *const points = activation_x;
    for (int64_t n = 1; n <= POINTS; n++) {
        double y[POINTS + 1], dy[POINTS + 1];
        suite_fill_canary(POINTS + 1, y);
        suite_fill_canary(POINTS + 1, dy);
        ASSERT_OK(ntk_activation_evaluate(activation, n, points, y, dy));
        ck_assert(suite_is_canary(POINTS + 1 - n, y + n) && suite_is_canary(POINTS + 1 - n, dy + n));
        ck_assert(y[n - 1] == value_at(activation, points[n - 1]) && dy[n - 1] == slope_at(activation, points[n - 1]));
    }
    ASSERT_OK(ntk_activation_evaluate(activation, POINTS, points, value, slope));
    memcpy(in, points, sizeof(in));
    ASSERT_OK(ntk_activation_evaluate(activation, POINTS, in, in, out));
    ASSERT_SAME_BITS(in, value, POINTS);
    ASSERT_SAME_BITS(out, slope, POINTS);
    memcpy(in, points, sizeof(in));
    ASSERT_OK(ntk_activation_evaluate(activation, POINTS, in, out, in));
    ASSERT_SAME_BITS(in, slope, POINTS);
    ASSERT_SAME_BITS(out, value, POINTS);
    ASSERT_OK(ntk_activation_evaluate(activation, POINTS, points, NULL, out));
    ASSERT_SAME_BITS(out, slope, POINTS);
    ASSERT_OK(ntk_activation_evaluate(activation, POINTS, points, NULL, NULL));
    memcpy(in, points, sizeof(in));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_activation_evaluate(activation, POINTS - 1, in, in + 1, NULL));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_activation_evaluate(activation, POINTS, points, in, in));
    ASSERT_SAME_BITS(in, points, POINTS);
}

START_TEST(evaluate_in_place_and_in_part) {
    ntk_activation *const activation = activation_of(NTK_ACTIVATION_ERF, NULL, 0);
    check_arrays(activation);
    ntk_activation_destroy(activation);
}
END_TEST

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

/* ---- creation ---- */

typedef struct {
    int32_t kind;
    int64_t count;
    double parameters[2];
    ntk_status status;
    const char *words[2];
} refusal;

START_TEST(creation_is_checked) {
    static const refusal cases[] = {
        {-1, 0, {0}, NTK_ERR_ENUM, {"kind is -1", ""}},
        {34, 0, {0}, NTK_ERR_ENUM, {"kind is 34", ""}},
        {NTK_ACTIVATION_FUNCTION, 0, {0}, NTK_ERR_ENUM, {"kind is 32", "ntk_activation_create_function()"}},
        {NTK_ACTIVATION_DUAL, 0, {0}, NTK_ERR_ENUM, {"kind is 33", "ntk_activation_create_dual()"}},
        {NTK_ACTIVATION_RELU, 1, {0}, NTK_ERR_SIZE, {"n is 1", "relu takes 0"}},
        {NTK_ACTIVATION_ERF, 1, {1}, NTK_ERR_SIZE, {"n is 1", "erf takes 3"}},
        {NTK_ACTIVATION_ERF, -3, {1}, NTK_ERR_SIZE, {"n is -3", "erf takes 3"}},
        {NTK_ACTIVATION_POLYNOMIAL, 34, {1}, NTK_ERR_SIZE, {"n is 34", "1 to 33"}},
        {NTK_ACTIVATION_LEAKY_RELU, 1, {NAN}, NTK_ERR_NOT_FINITE, {"params[0] is NaN", ""}},
        {NTK_ACTIVATION_EXP, 2, {1, -INFINITY}, NTK_ERR_NOT_FINITE, {"params[1] is -infinity", ""}},
        {NTK_ACTIVATION_MONOMIAL, 1, {-1}, NTK_ERR_DOMAIN, {"params is {-1}", "whole number from 0 to 64"}},
        {NTK_ACTIVATION_MONOMIAL, 1, {2.5}, NTK_ERR_DOMAIN, {"params is {2.5}", "monomial"}},
        {NTK_ACTIVATION_MONOMIAL, 1, {65}, NTK_ERR_DOMAIN, {"params is {65}", "monomial"}},
        {NTK_ACTIVATION_RECTIFIED_MONOMIAL, 1, {17}, NTK_ERR_DOMAIN, {"params is {17}", "whole number from 0 to 16"}},
        {NTK_ACTIVATION_HERMITE, 1, {65}, NTK_ERR_DOMAIN, {"params is {65}", "whole number from 0 to 64"}},
        {NTK_ACTIVATION_GAUSSIAN, 2, {1, -0.5}, NTK_ERR_DOMAIN, {"params is {1, -0.5}", "b, params[1]"}},
        {NTK_ACTIVATION_RBF, 1, {-1}, NTK_ERR_DOMAIN, {"params is {-1}", "gamma"}},
        {NTK_ACTIVATION_NORMALISED_EXP, 2, {-1, 0}, NTK_ERR_DOMAIN, {"params is {-1, 0}", "gamma"}},
    };
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const refusal *const c = &cases[i];
        char nothing;
        ntk_activation *activation = (ntk_activation *)(void *)&nothing;
        ASSERT_STATUS(c->status, ntk_activation_create(context, c->kind, c->parameters, c->count, &activation));
        ck_assert_ptr_eq((void *)activation, &nothing);
        ASSERT_SENTENCE(context, "ntk_activation_create: ", c->words[0], c->words[1]);
    }
    ntk_activation *activation = NULL;
    const double limits[] = {0, 64};
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(ntk_activation_create(context, NTK_ACTIVATION_HERMITE, &limits[i], 1, &activation));
        ntk_activation_destroy(activation);
    }
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_create(context, NTK_ACTIVATION_ERF, NULL, 3, &activation));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_activation_create(context, NTK_ACTIVATION_ERF, NULL, 0, NULL));
    ntk_activation_destroy(NULL);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(names_round_trip) {
    const char *const names[] = {"identity",     "relu",    "leaky_relu",     "erf",   "abs",      "two_slope",
                                 "step",         "sign",    "sigmoid_erf",    "sin",   "cos",      "rbf",
                                 "gelu",         "exp",     "gaussian",       "gabor", "monomial", "rectified_monomial",
                                 "polynomial",   "hermite", "normalised_exp", "tanh",  "sigmoid",  "softplus",
                                 "silu",         "mish",    "gelu_tanh",      "elu",   "selu",     "hard_tanh",
                                 "hard_sigmoid", "relu6",   "function",       "dual"};
    for (int32_t kind = 0; kind <= NTK_ACTIVATION_DUAL; kind++) {
        int32_t back = -1;
        ck_assert_str_eq(ntk_activation_kind_name(kind), names[kind]);
        ASSERT_OK(ntk_activation_kind_from_name(names[kind], &back));
        ck_assert_int_eq(back, kind);
    }
    ck_assert_ptr_null(ntk_activation_kind_name(-1));
    ck_assert_ptr_null(ntk_activation_kind_name(NTK_ACTIVATION_DUAL + 1));
    ck_assert_ptr_null(ntk_activation_kind_name(INT32_MAX));
    const char *const wrong[] = {"", "Relu", "RELU", "relu ", "rel", "leaky", "swish", "unknown"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        int32_t kind = 77;
        ASSERT_STATUS(NTK_ERR_ENUM, ntk_activation_kind_from_name(wrong[i], &kind));
        ck_assert_int_eq(kind, 77);
    }
}
END_TEST

SUITE("activation", evaluate_matches_reference, slope_is_the_derivative, special_values_pass,
      constants_and_powers_at_infinity, slopes_at_kinks, kinks_and_parity_of_kinds, evaluate_in_place_and_in_part,
      creation_is_checked, names_round_trip)
