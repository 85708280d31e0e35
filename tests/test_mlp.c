/* Activations and the specification of a network. */
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

/* ---- activations ---- */

static const double points[] = {0,       -0.0,   1,   -1,   0.5,   -0.5,   1e-8,  -1e-8, 1e-300,
                                -1e-300, 5e-324, 0.1, -0.3, 0.843, -0.848, 1.25,  -1.26, 2.85,
                                -2.86,   5.9,    -6,  27,   -30,   1e300,  -1e300};

enum { POINTS = sizeof(points) / sizeof(*points) };

static double plain_value(int32_t kind, double slope, double x) {
    if (kind == NTK_ACTIVATION_IDENTITY)
        return x;
    if (kind == NTK_ACTIVATION_ERF)
        return erf(x);
    return x > 0 ? x : slope * x;
}

static double plain_derivative(int32_t kind, double slope, double x) {
    if (kind == NTK_ACTIVATION_IDENTITY)
        return 1;
    if (kind == NTK_ACTIVATION_ERF)
        return 1.1283791670955126 * exp(-x * x); /* 2 / sqrt(pi) */
    return x > 0 ? 1 : x < 0 ? slope : 0;
}

static void check_activation(int32_t kind, const double *params, int64_t count, double slope) {
    ntk_activation *const activation = activation_of(kind, params, count);
    /* erf: an ulp or two of a libm; its derivative: x*x rounded to half an ulp moves exp by x^2 eps. Others: exact. */
    const bool smooth = kind == NTK_ACTIVATION_ERF;
    for (int64_t n = 1; n <= POINTS; n++) { /* every length, so that vector remainders are seen */
        double y[POINTS + 1], dy[POINTS + 1];
        suite_fill_canary(POINTS + 1, y);
        suite_fill_canary(POINTS + 1, dy);
        ASSERT_OK(ntk_activation_evaluate(activation, n, points, y, dy));
        for (int64_t i = 0; i < n; i++) {
            const double x = points[i], d = plain_derivative(kind, slope, x);
            ASSERT_RELATIVE(y[i], plain_value(kind, slope, x), smooth ? 4 * DBL_EPSILON : 0);
            ASSERT_CLOSE(dy[i], d, smooth ? (4 + fmin(x * x, 1000)) * DBL_EPSILON * d + DBL_MIN : 0);
        }
        ck_assert(suite_is_canary(POINTS + 1 - n, y + n) && suite_is_canary(POINTS + 1 - n, dy + n));
    }
    ntk_activation_destroy(activation);
}

START_TEST(evaluate_matches_libm) {
    const double slopes[] = {0.01, 0.3, 0, 1, -0.5, -1};
    check_activation(NTK_ACTIVATION_IDENTITY, NULL, 0, 1);
    check_activation(NTK_ACTIVATION_RELU, NULL, 0, 0);
    check_activation(NTK_ACTIVATION_ERF, NULL, 0, 0);
    check_activation(NTK_ACTIVATION_LEAKY_RELU, NULL, 0, 0.01);
    for (size_t i = 0; i < sizeof(slopes) / sizeof(*slopes); i++)
        check_activation(NTK_ACTIVATION_LEAKY_RELU, &slopes[i], 1, slopes[i]);
}
END_TEST

START_TEST(evaluate_passes_special_values) {
    const double special[] = {NAN, INFINITY, -INFINITY};
    double y[3];
    for (int32_t kind = NTK_ACTIVATION_IDENTITY; kind <= NTK_ACTIVATION_ERF; kind++) {
        ntk_activation *const activation = activation_of(kind, NULL, 0);
        ASSERT_OK(ntk_activation_evaluate(activation, 3, special, y, NULL));
        ck_assert_msg(isnan(y[0]), "%s(NaN) is %g", ntk_activation_kind_name(kind), y[0]);
        ck_assert(y[1] == (kind == NTK_ACTIVATION_ERF ? 1 : INFINITY));
        const double low[] = {-INFINITY, 0, -INFINITY, -1};
        ck_assert_msg(y[2] == low[kind], "%s(-infinity) is %g", ntk_activation_kind_name(kind), y[2]);
        ntk_activation_destroy(activation);
    }
}
END_TEST

START_TEST(evaluate_in_place_and_in_part) {
    ntk_activation *const activation = activation_of(NTK_ACTIVATION_ERF, NULL, 0);
    double value[POINTS], slope[POINTS], in[POINTS], out[POINTS];
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
    ntk_activation_destroy(activation);
}
END_TEST

START_TEST(names_round_trip) {
    const char *const names[] = {"identity", "relu", "leaky_relu", "erf"};
    for (int32_t kind = 0; kind < 4; kind++) {
        int32_t back = -1;
        ck_assert_str_eq(ntk_activation_kind_name(kind), names[kind]);
        ASSERT_OK(ntk_activation_kind_from_name(names[kind], &back));
        ck_assert_int_eq(back, kind);
    }
    ck_assert_ptr_null(ntk_activation_kind_name(-1));
    ck_assert_ptr_null(ntk_activation_kind_name(4));
    ck_assert_ptr_null(ntk_activation_kind_name(INT32_MAX));
    const char *const wrong[] = {"", "Relu", "RELU", "relu ", "rel", "leaky", "unknown"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        int32_t kind = 77;
        ASSERT_STATUS(NTK_ERR_ENUM, ntk_activation_kind_from_name(wrong[i], &kind));
        ck_assert_int_eq(kind, 77);
    }
}
END_TEST

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

SUITE("mlp", evaluate_matches_libm, evaluate_passes_special_values, evaluate_in_place_and_in_part, names_round_trip,
      defaults, setters_are_read_back, activations_by_layer, kernel_keeps_a_copy, depth_limits, parameter_count)
