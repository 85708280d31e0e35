/* The specification of a network: what is set is read back, and what is refused changes nothing. */
#include "tests/suite.h"

static const int64_t widths[] = {3, 5, 7, 2};

static ntk_activation *activation_of(int32_t kind, const double *params, int64_t n) {
    ntk_activation *activation = NULL;
    ASSERT_OK(ntk_activation_create(NULL, kind, params, n, &activation));
    ck_assert_ptr_nonnull(activation);
    return activation;
}

static ntk_mlp *network(void) {
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, 3, widths, NTK_ACTIVATION_RELU, &mlp));
    ck_assert_ptr_nonnull(mlp);
    return mlp;
}

/* ---- the specification ---- */

START_TEST(defaults) {
    ntk_mlp *const mlp = network();
    int64_t depth = 0, width = 0;
    int32_t kind = -1;
    double std = -1;
    ASSERT_OK(ntk_mlp_get_depth(mlp, &depth));
    ck_assert_int_eq(depth, 3);
    for (int64_t l = 0; l <= 3; l++) {
        ASSERT_OK(ntk_mlp_get_width(mlp, l, &width));
        ck_assert_int_eq(width, widths[l]);
    }
    for (int64_t l = 1; l <= 3; l++) {
        ASSERT_OK(ntk_mlp_get_layer_weight_std(mlp, l, &std));
        ck_assert(std == 1);
        ASSERT_OK(ntk_mlp_get_layer_bias_std(mlp, l, &std));
        ck_assert(std == 0);
    }
    for (int64_t l = 1; l <= 2; l++) {
        ASSERT_OK(ntk_mlp_get_activation_kind(mlp, l, &kind));
        ck_assert_int_eq(kind, NTK_ACTIVATION_RELU);
    }
    ntk_mlp_destroy(mlp);
}
END_TEST

static void check_stds(const ntk_mlp *mlp, const double *weight, const double *bias) {
    for (int64_t l = 1; l <= 3; l++) {
        double std = -1;
        ASSERT_OK(ntk_mlp_get_layer_weight_std(mlp, l, &std));
        ck_assert(std == weight[l - 1]);
        ASSERT_OK(ntk_mlp_get_layer_bias_std(mlp, l, &std));
        ck_assert(std == bias[l - 1]);
    }
}

START_TEST(setters_are_read_back) {
    ntk_mlp *const mlp = network();
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 1.5));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.25));
    check_stds(mlp, (const double[]){1.5, 1.5, 1.5}, (const double[]){0.25, 0.25, 0.25});
    ASSERT_OK(ntk_mlp_set_layer_weight_std(mlp, 2, 0.1));
    ASSERT_OK(ntk_mlp_set_layer_bias_std(mlp, 3, 0));
    ASSERT_OK(ntk_mlp_set_layer_bias_std(mlp, 1, 7));
    check_stds(mlp, (const double[]){1.5, 0.1, 1.5}, (const double[]){7, 0.25, 0});
    const double bad[] = {-1, NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 4; i++) {
        ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_mlp_set_weight_std(mlp, bad[i]));
        ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_mlp_set_bias_std(mlp, bad[i]));
        ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_mlp_set_layer_weight_std(mlp, 1, bad[i]));
        ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_mlp_set_layer_bias_std(mlp, 1, bad[i]));
    }
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_mlp_set_weight_std(mlp, 0));
    check_stds(mlp, (const double[]){1.5, 0.1, 1.5}, (const double[]){7, 0.25, 0});
    ntk_mlp_destroy(mlp);
}
END_TEST

static void check_kinds(const ntk_mlp *mlp, int32_t first, int32_t second) {
    int32_t kind = -1;
    ASSERT_OK(ntk_mlp_get_activation_kind(mlp, 1, &kind));
    ck_assert_int_eq(kind, first);
    ASSERT_OK(ntk_mlp_get_activation_kind(mlp, 2, &kind));
    ck_assert_int_eq(kind, second);
}

START_TEST(activations_by_layer) {
    ntk_mlp *const mlp = network();
    ntk_activation *const error_function = activation_of(NTK_ACTIVATION_ERF, NULL, 0);
    ntk_activation *const leaky = activation_of(NTK_ACTIVATION_LEAKY_RELU, NULL, 0);
    ASSERT_OK(ntk_mlp_set_activation(mlp, 2, error_function));
    check_kinds(mlp, NTK_ACTIVATION_RELU, NTK_ACTIVATION_ERF);
    ASSERT_OK(ntk_mlp_set_activation(mlp, 0, leaky));
    ntk_activation_destroy(leaky);
    check_kinds(mlp, NTK_ACTIVATION_LEAKY_RELU, NTK_ACTIVATION_LEAKY_RELU);
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_mlp_set_activation(mlp, 3, error_function)); /* the head is linear */
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_mlp_set_activation(mlp, -1, error_function));
    check_kinds(mlp, NTK_ACTIVATION_LEAKY_RELU, NTK_ACTIVATION_LEAKY_RELU);
    ntk_activation_destroy(error_function);
    ntk_mlp_destroy(mlp);
}
END_TEST

START_TEST(kernel_keeps_a_copy) {
    /* What is done to the network after the kernel was made does not change the kernel. */
    ntk_mlp *const mlp = network();
    ntk_kernel *kernel = NULL;
    const double x[] = {1, 2, 3};
    double before = 0, after = 0;
    ASSERT_OK(ntk_kernel_create_analytic(NULL, mlp, NTK_KERNEL_NTK, &kernel));
    ASSERT_OK(ntk_kernel_diagonal(kernel, 1, x, 3, &before));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 3));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 3));
    ntk_mlp_destroy(mlp);
    ASSERT_OK(ntk_kernel_diagonal(kernel, 1, x, 3, &after));
    ck_assert(before == after && before > 0);
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(depth_limits) {
    int64_t *const ones = malloc(sizeof(int64_t) * 10002);
    ck_assert_ptr_nonnull(ones);
    for (int i = 0; i < 10002; i++)
        ones[i] = 1;
    ntk_mlp *mlp = NULL;
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_mlp_create(NULL, 10001, ones, NTK_ACTIVATION_ERF, &mlp));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_mlp_create(NULL, 0, ones, NTK_ACTIVATION_ERF, &mlp));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_mlp_create(NULL, INT64_MIN, ones, NTK_ACTIVATION_ERF, &mlp));
    ck_assert_ptr_null(mlp);
    int64_t depth = 0;
    ASSERT_OK(ntk_mlp_create(NULL, 10000, ones, NTK_ACTIVATION_ERF, &mlp));
    ASSERT_OK(ntk_mlp_get_depth(mlp, &depth));
    ck_assert_int_eq(depth, 10000);
    ntk_mlp_destroy(mlp);
    free(ones);
}
END_TEST

START_TEST(parameter_count) {
    ntk_mlp *mlp = network();
    int64_t count = 0;
    ASSERT_OK(ntk_mlp_get_parameter_count(mlp, &count));
    ck_assert_int_eq(count, (3 + 1) * 5 + (5 + 1) * 7 + (7 + 1) * 2);
    ntk_mlp_destroy(mlp);

    /* 2^62 + 2^31 parameters are counted; 2^63 + 2^32 are not. */
    const int64_t large[] = {INT64_C(1) << 31, INT64_C(1) << 31, 1};
    ASSERT_OK(ntk_mlp_create(NULL, 1, large, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_get_parameter_count(mlp, &count));
    ck_assert_int_eq(count, (INT64_C(1) << 62) + (INT64_C(1) << 31));
    ntk_mlp_destroy(mlp);

    const int64_t too_large[][3] = {{INT64_C(1) << 31, INT64_C(1) << 32, 1},
                                    {INT64_MAX, 1, 1},
                                    {INT64_MAX - 1, 1, 1}, /* the first layer alone fits, the sum does not */
                                    {INT64_MAX, INT64_MAX, INT64_MAX},
                                    {1, INT64_C(1) << 62, 1}};
    for (size_t i = 0; i < sizeof(too_large) / sizeof(*too_large); i++) {
        count = 77;
        ASSERT_OK(ntk_mlp_create(NULL, 2, too_large[i], NTK_ACTIVATION_RELU, &mlp));
        ASSERT_STATUS(NTK_ERR_OVERFLOW, ntk_mlp_get_parameter_count(mlp, &count));
        ck_assert_int_eq(count, 77);
        ntk_mlp_destroy(mlp);
    }
}
END_TEST

/* ---- options ---- */

static const int64_t even_widths[] = {4, 6, 6, 5, 6, 2};
enum { DEPTH = 5 };

static ntk_mlp *deep_network(ntk_context *context) {
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(context, DEPTH, even_widths, NTK_ACTIVATION_TANH, &mlp));
    return mlp;
}

/* The last sentence names the function and holds the words. */
static void assert_told(ntk_context *context, const char *function, const char *words) {
    const char *const sentence = ntk_context_last_error(context);
    REQUIRE(strstr(sentence, function) == sentence && strstr(sentence, words) != NULL, "no \"%s: ... %s\" in \"%s\"",
            function, words, sentence);
}

typedef struct {
    int32_t parameterisation, on[DEPTH];
    double weight_rate[DEPTH], bias_rate[DEPTH], epsilon[DEPTH], dropout[DEPTH];
    int64_t skip[DEPTH];
} options;

/* The options of the layers; of the last one there is no normalisation and no dropout. */
static options options_of(const ntk_mlp *mlp) {
    options all;
    memset(&all, 0, sizeof(all));
    ASSERT_OK(ntk_mlp_get_parameterisation(mlp, &all.parameterisation));
    for (int64_t l = 1; l <= DEPTH; l++) {
        ASSERT_OK(ntk_mlp_get_learning_rates(mlp, l, &all.weight_rate[l - 1], &all.bias_rate[l - 1]));
        ASSERT_OK(ntk_mlp_get_skip(mlp, l, &all.skip[l - 1]));
        if (l < DEPTH) {
            ASSERT_OK(ntk_mlp_get_layer_normalisation(mlp, l, &all.on[l - 1], &all.epsilon[l - 1]));
            ASSERT_OK(ntk_mlp_get_dropout(mlp, l, &all.dropout[l - 1]));
        }
    }
    return all;
}

static void assert_options(const ntk_mlp *mlp, const options *expected) {
    const options got = options_of(mlp);
    ck_assert_int_eq(got.parameterisation, expected->parameterisation);
    for (int l = 0; l < DEPTH; l++)
        REQUIRE(got.weight_rate[l] == expected->weight_rate[l] && got.bias_rate[l] == expected->bias_rate[l] &&
                    got.on[l] == expected->on[l] && got.epsilon[l] == expected->epsilon[l] &&
                    got.dropout[l] == expected->dropout[l] && got.skip[l] == expected->skip[l],
                "layer %d: rates %g %g, normalisation %d %g, dropout %g, skip %d", l + 1, got.weight_rate[l],
                got.bias_rate[l], (int)got.on[l], got.epsilon[l], got.dropout[l], (int)got.skip[l]);
}

START_TEST(options_are_read_back) {
    ntk_mlp *const mlp = deep_network(NULL);
    options expected = {.weight_rate = {1, 1, 1, 1, 1}, .bias_rate = {1, 1, 1, 1, 1}};
    assert_options(mlp, &expected); /* the defaults */

    ASSERT_OK(ntk_mlp_set_parameterisation(mlp, NTK_PARAMETERISATION_STANDARD));
    expected.parameterisation = NTK_PARAMETERISATION_STANDARD;
    assert_options(mlp, &expected);

    ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 0, 0.5, 2));
    ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 5, 0, 1e100));
    ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 1, 3, 0));
    for (int l = 0; l < DEPTH; l++) {
        expected.weight_rate[l] = l == 0 ? 3 : l == 4 ? 0 : 0.5;
        expected.bias_rate[l] = l == 0 ? 0 : l == 4 ? 1e100 : 2;
    }
    assert_options(mlp, &expected);

    ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 0, 1, 1e-5));
    ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 2, 0, 0));
    for (int l = 0; l < DEPTH - 1; l++) {
        expected.on[l] = l != 1;
        expected.epsilon[l] = l != 1 ? 1e-5 : 0;
    }
    assert_options(mlp, &expected);

    ASSERT_OK(ntk_mlp_set_dropout(mlp, 0, 0.25));
    ASSERT_OK(ntk_mlp_set_dropout(mlp, 3, 0));
    for (int l = 0; l < DEPTH - 1; l++)
        expected.dropout[l] = l == 2 ? 0 : 0.25;
    assert_options(mlp, &expected);

    ASSERT_OK(ntk_mlp_set_skip(mlp, 2, 1));
    ASSERT_OK(ntk_mlp_set_skip(mlp, 4, 3));
    ASSERT_OK(ntk_mlp_set_skip(mlp, 4, 2));
    expected.skip[1] = 1;
    expected.skip[3] = 2;
    assert_options(mlp, &expected);
    ASSERT_OK(ntk_mlp_set_skip(mlp, 2, 0));
    expected.skip[1] = 0;
    assert_options(mlp, &expected);

    /* Half of a getter may be left out. */
    double rate = -1;
    int32_t on = -1;
    ASSERT_OK(ntk_mlp_get_learning_rates(mlp, 1, NULL, NULL));
    ASSERT_OK(ntk_mlp_get_learning_rates(mlp, 2, NULL, &rate));
    ASSERT_OK(ntk_mlp_get_layer_normalisation(mlp, 1, &on, NULL));
    ck_assert(rate == 2 && on == 1);
    ntk_mlp_destroy(mlp);
}
END_TEST

#define REFUSED(status, words, call)               \
    do {                                           \
        const char *const text_ = #call;           \
        char name_[64] = "";                       \
        ASSERT_STATUS(status, call);               \
        memcpy(name_, text_, strcspn(text_, "(")); \
        assert_told(context, name_, words);        \
        assert_options(mlp, &before);              \
    } while (0)

START_TEST(bad_options_are_refused) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_mlp *const mlp = deep_network(context);
    ASSERT_OK(ntk_mlp_set_skip(mlp, 4, 2));
    ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 2, 1, 0.5));
    const options before = options_of(mlp);
    const double bad[] = {-1e-300, NAN, INFINITY, -INFINITY};

    REFUSED(NTK_ERR_ENUM, "parameterisation is 2", ntk_mlp_set_parameterisation(mlp, 2));
    REFUSED(NTK_ERR_ENUM, "parameterisation is -1", ntk_mlp_set_parameterisation(mlp, -1));
    for (int i = 0; i < 4; i++) {
        REFUSED(NTK_ERR_DOMAIN, "weight_rate is ", ntk_mlp_set_learning_rates(mlp, 0, bad[i], 1));
        REFUSED(NTK_ERR_DOMAIN, "bias_rate is ", ntk_mlp_set_learning_rates(mlp, 1, 1, bad[i]));
        REFUSED(NTK_ERR_DOMAIN, "epsilon is ", ntk_mlp_set_layer_normalisation(mlp, 1, 1, bad[i]));
        REFUSED(NTK_ERR_DOMAIN, "rate is ", ntk_mlp_set_dropout(mlp, 0, bad[i]));
    }
    REFUSED(NTK_ERR_DOMAIN, "weight_rate is 2e+100", ntk_mlp_set_learning_rates(mlp, 0, 2e100, 1));
    REFUSED(NTK_ERR_DOMAIN, "rate is 1;", ntk_mlp_set_dropout(mlp, 0, 1));
    REFUSED(NTK_ERR_SIZE, "layer is 6", ntk_mlp_set_learning_rates(mlp, 6, 1, 1));
    REFUSED(NTK_ERR_SIZE, "layer is -1", ntk_mlp_set_learning_rates(mlp, -1, 1, 1));
    REFUSED(NTK_ERR_SIZE, "layer is 5", ntk_mlp_set_layer_normalisation(mlp, 5, 1, 1));
    REFUSED(NTK_ERR_SIZE, "layer is 5", ntk_mlp_set_dropout(mlp, 5, 0.5));
    REFUSED(NTK_ERR_SIZE, "layer is -1", ntk_mlp_set_dropout(mlp, -1, 0.5));
    REFUSED(NTK_ERR_SIZE, "layer is 1", ntk_mlp_set_skip(mlp, 1, 0));
    REFUSED(NTK_ERR_SIZE, "layer is 6", ntk_mlp_set_skip(mlp, 6, 1));
    REFUSED(NTK_ERR_SIZE, "distance is 4", ntk_mlp_set_skip(mlp, 4, 4));
    REFUSED(NTK_ERR_SIZE, "distance is -1", ntk_mlp_set_skip(mlp, 4, -1));
    REFUSED(NTK_ERR_SHAPE, "layer 3 has 5 units and layer 4 has 6", ntk_mlp_set_skip(mlp, 4, 1));
    REFUSED(NTK_ERR_SHAPE, "layer 1 has 6 units and layer 5 has 2", ntk_mlp_set_skip(mlp, 5, 4));

    double real = 3;
    int32_t small = 3;
    int64_t large = 3;
    REFUSED(NTK_ERR_SIZE, "layer is 0", ntk_mlp_get_learning_rates(mlp, 0, &real, &real));
    REFUSED(NTK_ERR_SIZE, "layer is 6", ntk_mlp_get_learning_rates(mlp, 6, &real, NULL));
    REFUSED(NTK_ERR_SIZE, "layer is 5", ntk_mlp_get_layer_normalisation(mlp, 5, &small, &real));
    REFUSED(NTK_ERR_SIZE, "layer is 0", ntk_mlp_get_skip(mlp, 0, &large));
    REFUSED(NTK_ERR_SIZE, "layer is 5", ntk_mlp_get_dropout(mlp, 5, &real));
    REFUSED(NTK_ERR_NULL, "distance", ntk_mlp_get_skip(mlp, 2, NULL));
    REFUSED(NTK_ERR_NULL, "rate", ntk_mlp_get_dropout(mlp, 2, NULL));
    REFUSED(NTK_ERR_NULL, "parameterisation", ntk_mlp_get_parameterisation(mlp, NULL));
    ck_assert(real == 3 && small == 3 && large == 3);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(options_of_nothing) {
    double real;
    int32_t small;
    int64_t large;
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_set_parameterisation(NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_set_learning_rates(NULL, 1, 1, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_set_layer_normalisation(NULL, 1, 1, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_set_skip(NULL, 2, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_set_dropout(NULL, 1, 0.5));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_set_initialisation(NULL, NTK_INITIALISATION_HE));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_get_parameterisation(NULL, &small));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_get_learning_rates(NULL, 1, &real, &real));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_get_layer_normalisation(NULL, 1, &small, &real));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_get_skip(NULL, 2, &large));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_mlp_get_dropout(NULL, 1, &real));

    /* A linear model has no hidden layer: every one of them is nothing, and there is none by number. */
    ntk_mlp *linear = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, 1, widths, NTK_ACTIVATION_RELU, &linear));
    ASSERT_OK(ntk_mlp_set_dropout(linear, 0, 0.5));
    ASSERT_OK(ntk_mlp_set_layer_normalisation(linear, 0, 1, 0));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_mlp_set_dropout(linear, 1, 0.5));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_mlp_set_layer_normalisation(linear, 1, 1, 0));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_mlp_set_skip(linear, 1, 1));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_mlp_get_dropout(linear, 1, &real));
    ntk_mlp_destroy(linear);
}
END_TEST

START_TEST(kinds_that_need_functions) {
    ntk_context *context = NULL;
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (int32_t kind = 0; kind <= NTK_ACTIVATION_RELU6; kind++) {
        int32_t back = -1;
        ASSERT_OK(ntk_mlp_create(context, 3, widths, kind, &mlp));
        ASSERT_OK(ntk_mlp_get_activation_kind(mlp, 2, &back));
        ck_assert_int_eq(back, kind);
        ntk_mlp_destroy(mlp);
    }
    mlp = NULL;
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_mlp_create(context, 3, widths, NTK_ACTIVATION_FUNCTION, &mlp));
    assert_told(context, "ntk_mlp_create: activation is 32", "ntk_activation_create_function()");
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_mlp_create(context, 3, widths, NTK_ACTIVATION_DUAL, &mlp));
    assert_told(context, "ntk_mlp_create: activation is 33", "ntk_activation_create_dual()");
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_mlp_create(context, 3, widths, NTK_ACTIVATION_DUAL + 1, &mlp));
    ck_assert_ptr_null(mlp);
    ntk_context_destroy(context);
}
END_TEST

SUITE("mlp", defaults, setters_are_read_back, activations_by_layer, kernel_keeps_a_copy, depth_limits, parameter_count,
      options_are_read_back, bad_options_are_refused, options_of_nothing, kinds_that_need_functions)
