/* ntk_network_taylor(): against differences of F and of J v, the order of what remains, polynomials, bad input. */
#include "tests/smooth_networks.h"

enum { VALUES = ROWS * OUTPUTS };

typedef struct {
    ntk_network *network;
    int64_t count;
    double *theta, *delta;
} line; /* theta + s delta */

static line begin_line(ntk_network *network, uint64_t seed) {
    line one = {.network = network, .count = network_parameters(network), .theta = network_theta(network)};
    one.delta = suite_doubles(one.count);
    suite_fill(&seed, one.count, one.delta);
    return one;
}

static void end_line(line *one) {
    free(one->delta);
    free(one->theta);
    ntk_network_destroy(one->network);
}

static void move_to(const line *one, double s) {
    double *const theta = suite_doubles(one->count);
    for (int64_t p = 0; p < one->count; p++)
        theta[p] = one->theta[p] + s * one->delta[p];
    ASSERT_OK(ntk_network_set_parameters(one->network, one->count, theta));
    free(theta);
}

static void outputs_at(const line *one, double s, double *f) {
    move_to(one, s);
    ASSERT_OK(ntk_network_forward(one->network, ROWS, &inputs[0][0], INPUTS, f, OUTPUTS));
}

static void slopes_at(const line *one, double s, double *jv) {
    move_to(one, s);
    ASSERT_OK(ntk_network_jvp(one->network, ROWS, &inputs[0][0], INPUTS, one->count, one->delta, jv, OUTPUTS));
}

static void taylor(const line *one, int32_t order, double s, double *f) {
    double *const delta = suite_doubles(one->count);
    for (int64_t p = 0; p < one->count; p++)
        delta[p] = s * one->delta[p];
    move_to(one, 0);
    ASSERT_OK(ntk_network_taylor(one->network, order, ROWS, &inputs[0][0], INPUTS, one->count, delta, f, OUTPUTS));
    free(delta);
}

/* ---- against differences ---- */

/* F'' by differences over h, of order h^4: of F (5 points) or of J delta (4 points). */
static void second_by_differences(const line *one, bool of_slopes, double h, double *second, double *largest) {
    static const double place[] = {-2, -1, 0, 1, 2}, first[] = {1, -8, 0, 8, -1}, twice[] = {-1, 16, -30, 16, -1};
    double f[VALUES];
    memset(second, 0, sizeof(f));
    for (int k = 0; k < 5; k++) {
        (of_slopes ? slopes_at : outputs_at)(one, place[k] * h, f);
        for (int e = 0; e < VALUES; e++) {
            second[e] += of_slopes ? first[k] * f[e] / (12 * h) : twice[k] * f[e] / (12 * h * h);
            *largest = fmax(*largest, fabs(f[e]));
        }
    }
}

/* The change from h to h/2 is 15 times the truncation error that is left with h/2; on top comes the rounding of F and
 * J delta, some 64 operations deep: divided by h, and for F by h^2 with weights whose sum is 64 / 12. */
static void check_second(const line *one, const double *second, bool of_slopes, double h) {
    double coarse[VALUES], fine[VALUES], largest = 0, size = 0, worst = 0;
    second_by_differences(one, of_slopes, h, coarse, &largest);
    second_by_differences(one, of_slopes, h / 2, fine, &largest);
    for (int e = 0; e < VALUES; e++) {
        const double rounding = 64 * DBL_EPSILON * largest * (of_slopes ? 1 / h : 4 * 64 / (12 * h * h));
        const double tolerance = fabs(coarse[e] - fine[e]) + rounding;
        REQUIRE(fabs(second[e] - fine[e]) <= tolerance, "output %d: %.17g, by differences of %s %.17g, allowed %.3g", e,
                second[e], of_slopes ? "slopes" : "outputs", fine[e], tolerance);
        worst = fmax(worst, tolerance);
        size = fmax(size, fmax(fabs(second[e]), largest));
    }
    /* The comparison says something. */
    REQUIRE(worst <= (of_slopes ? 1e-6 : 1e-4) * size, "differences are known to %.3g only, of %.3g", worst, size);
}

static void check_kind(int32_t kind, int options) {
    ntk_activation *const activation = network_activation(kind);
    ntk_mlp *const mlp = network_mlp(activation, options);
    line one = begin_line(smooth_network(mlp, activation, kind), 5);
    double first[VALUES], second[VALUES];
    taylor(&one, 1, 1, first);
    taylor(&one, 2, 1, second);
    for (int e = 0; e < VALUES; e++)
        second[e] = 2 * (second[e] - first[e]);
    check_second(&one, second, true, 0x1p-14);
    check_second(&one, second, false, 0x1p-12);
    end_line(&one);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
}

START_TEST(second_order_by_differences) {
    for (int32_t kind = 0; kind < NTK_ACTIVATION_FUNCTION; kind++)
        for (int options = 0; options < 8; options++)
            if (suite_size(1, 0) || options == (kind & 7))
                check_kind(kind, options);
}
END_TEST

/* ---- against the other functions ---- */

START_TEST(lower_orders_are_forward_and_jvp) {
    for (int32_t kind = 0; kind < NTK_ACTIVATION_DUAL; kind++)
        for (int options = 0; options < ALL_OPTIONS; options++) {
            ntk_activation *const activation = network_activation(kind);
            ntk_mlp *const mlp = network_mlp(activation, options);
            ntk_network *network = NULL;
            ASSERT_OK(ntk_network_create(NULL, mlp, 6, &network));
            line one = begin_line(network, 9);
            double f[VALUES], slope[VALUES], got[VALUES];
            outputs_at(&one, 0, f);
            slopes_at(&one, 0, slope);
            taylor(&one, 0, 1, got);
            ASSERT_SAME_BITS(got, f, VALUES);
            taylor(&one, 1, 1, got);
            for (int e = 0; e < VALUES; e++)
                f[e] += slope[e];
            ASSERT_SAME_BITS(got, f, VALUES);
            end_line(&one);
            ntk_mlp_destroy(mlp);
            ntk_activation_destroy(activation);
        }
}
END_TEST

/* |F(theta + s delta) - T2(s delta)|, 2-norm. */
static double remainder_of(const line *one, double s) {
    double f[VALUES], series[VALUES], sum = 0;
    outputs_at(one, s, f);
    taylor(one, 2, s, series);
    for (int e = 0; e < VALUES; e++)
        sum += (f[e] - series[e]) * (f[e] - series[e]);
    return sqrt(sum);
}

/* A network of the kind whose outputs are below 100, with what remains far above their rounding (64 eps of them): exp of exp
 * of exp often overflows or does not move. */
static line lively_line(const ntk_mlp *mlp, double s) {
    for (uint64_t seed = 1; seed < 1000; seed++) {
        ntk_network *network = NULL;
        double f[VALUES], largest = 0;
        ASSERT_OK(ntk_network_create(NULL, mlp, seed, &network));
        line one = begin_line(network, 11);
        const ntk_status status = ntk_network_forward(network, ROWS, &inputs[0][0], INPUTS, f, OUTPUTS);
        for (int e = 0; status == NTK_SUCCESS && e < VALUES; e++)
            largest = fmax(largest, fabs(f[e]));
        if (status == NTK_SUCCESS && largest < 100 && remainder_of(&one, s / 2) > 1e4 * 64 * DBL_EPSILON * largest)
            return one;
        end_line(&one);
    }
    ck_abort_msg("no network is fit");
    return (line){NULL, 0, NULL, NULL};
}

/* A term of order s^4 as large as 30 times the one of order s^3 changes the exponent by 30 s / 2 log2(e) = 0.085. */
START_TEST(what_remains_is_of_third_order) {
    const double s = 0x1p-8;
    for (int32_t kind = 0; kind < NTK_ACTIVATION_FUNCTION; kind++)
        for (int options = 0; options < 8; options++) {
            if (distance_to_kinks(kind, 1e300) != 1) /* not smooth */
                continue;
            ntk_activation *const activation = network_activation(kind);
            ntk_mlp *const mlp = network_mlp(activation, options);
            line one = lively_line(mlp, s);
            const double whole = remainder_of(&one, s), half = remainder_of(&one, s / 2);
            REQUIRE(fabs(log2(whole / half) - 3) <= 0.1, "kind %d, options %d: order %.4f (%.3g, %.3g)", (int)kind,
                    options, log2(whole / half), whole, half);
            end_line(&one);
            ntk_mlp_destroy(mlp);
            ntk_activation_destroy(activation);
        }
}
END_TEST

/* Of two layers without phi F is of second order in theta: T2 is F. */
START_TEST(polynomial_of_second_order) {
    const int64_t widths[] = {INPUTS, 7, OUTPUTS};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    double f[VALUES], got[VALUES];
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_IDENTITY, &mlp));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.5));
    ASSERT_OK(ntk_network_create(NULL, mlp, 3, &network));
    line one = begin_line(network, 4);
    outputs_at(&one, 1, f);
    taylor(&one, 2, 1, got);
    for (int e = 0; e < VALUES; e++) /* sums of some 8 terms in each of two layers, twice */
        ASSERT_CLOSE(got[e], f[e], 32 * DBL_EPSILON * 4);
    end_line(&one);
    ntk_mlp_destroy(mlp);
}
END_TEST

/* One unit, normalised with epsilon = 0, is 0 whatever its parameters are. */
START_TEST(constant_units) {
    const int64_t widths[] = {1, 1, 1};
    const double x = 0.5, theta[] = {1, 0.3, 2, 0.25}, delta[] = {5, 7, 0.5, 4};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    double f = NAN;
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_SIGMOID, &mlp));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 1));
    ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 1, 1, 0));
    ASSERT_OK(ntk_network_create(NULL, mlp, 3, &network));
    ASSERT_OK(ntk_network_set_parameters(network, 4, theta));
    ASSERT_OK(ntk_network_taylor(network, 2, 1, &x, 1, 4, delta, &f, 1));
    ck_assert(f == 0.5 * 2.5 + 4.25);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
}
END_TEST

/* ---- many rows, floats ---- */

enum { MANY = 1100 }; /* more rows than a block has */

START_TEST(many_rows_and_floats) {
    const int64_t n = suite_size(MANY, 600);
    ntk_activation *const activation = network_activation(NTK_ACTIVATION_GELU);
    ntk_mlp *const mlp = network_mlp(activation, WITH_SKIPS | WITH_NORMALISATION);
    ntk_network *network = NULL;
    uint64_t state = 3;
    ASSERT_OK(ntk_network_create(NULL, mlp, 2, &network));
    line one = begin_line(network, 4);
    double *const x = suite_doubles(n * INPUTS), *const f = suite_doubles(n * (OUTPUTS + 2)), alone[OUTPUTS],
                  largest = 0;
    float *const narrow = malloc(sizeof(float) * (size_t)(n * (INPUTS + OUTPUTS) + one.count));
    ck_assert_ptr_nonnull(narrow);
    float *const narrow_f = narrow + n * INPUTS, *const narrow_delta = narrow_f + n * OUTPUTS;
    suite_fill(&state, n * INPUTS, x);
    for (int64_t i = 0; i < n * INPUTS; i++)
        x[i] = (double)(narrow[i] = (float)x[i]);
    for (int64_t p = 0; p < one.count; p++) {
        one.delta[p] = (double)(narrow_delta[p] = (float)one.delta[p]);
        one.theta[p] = (double)(float)one.theta[p];
    }
    move_to(&one, 0);
    ASSERT_OK(ntk_network_taylor(network, 2, n, x, INPUTS, one.count, one.delta, f, OUTPUTS + 2));
    ASSERT_OK(ntk_network_taylor_f32(network, 2, n, narrow, INPUTS, one.count, narrow_delta, narrow_f, OUTPUTS));
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < OUTPUTS; k++)
            largest = fmax(largest, fabs(f[i * (OUTPUTS + 2) + k]));
    for (int64_t i = 0; i < n; i++) {
        ASSERT_OK(ntk_network_taylor(network, 2, 1, x + i * INPUTS, INPUTS, one.count, one.delta, alone, OUTPUTS));
        for (int k = 0; k < OUTPUTS; k++) {
            const double row = f[i * (OUTPUTS + 2) + k];
            /* Five sums of up to 5 products in each of 5 layers, whose terms are no larger than the largest result. */
            ASSERT_CLOSE(row, alone[k], 4 * DEPTH * WIDEST * DBL_EPSILON * largest);
            ASSERT_CLOSE((double)narrow_f[i * OUTPUTS + k], row, 4 * DEPTH * WIDEST * (double)FLT_EPSILON * largest);
        }
    }
    free(narrow);
    free(f);
    free(x);
    end_line(&one);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
}
END_TEST

/* ---- bad input ---- */

START_TEST(arguments_are_checked) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_network *const network = relu_network(context);
    double x[INPUTS] = {1, 2, 3}, delta[COUNT] = {0}, f[OUTPUTS];
    float single = 0;
    suite_fill_canary(OUTPUTS, f);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_taylor(NULL, 2, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_taylor_f32(NULL, 2, 1, &single, 1, 1, &single, &single, 1));
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_network_taylor(network, -1, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_network_taylor(network, 3, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
    assert_told(context, "ntk_network_taylor: order is 3; it must be 0, 1 or 2");
    for (int32_t order = 0; order <= 2; order++) {
        ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_taylor(network, order, 0, x, INPUTS, COUNT, delta, f, OUTPUTS));
        ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_taylor(network, order, 1, x, INPUTS, COUNT - 1, delta, f, OUTPUTS));
        ASSERT_STATUS(NTK_ERR_NULL, ntk_network_taylor(network, order, 1, NULL, INPUTS, COUNT, delta, f, OUTPUTS));
        ASSERT_STATUS(NTK_ERR_NULL, ntk_network_taylor(network, order, 1, x, INPUTS, COUNT, NULL, f, OUTPUTS));
        assert_told(context, "delta is NULL");
        ASSERT_STATUS(NTK_ERR_NULL, ntk_network_taylor(network, order, 1, x, INPUTS, COUNT, delta, NULL, OUTPUTS));
        ASSERT_STATUS(NTK_ERR_LEADING_DIMENSION,
                      ntk_network_taylor(network, order, 1, x, INPUTS - 1, COUNT, delta, f, OUTPUTS));
        ASSERT_STATUS(NTK_ERR_LEADING_DIMENSION,
                      ntk_network_taylor(network, order, 1, x, INPUTS, COUNT, delta, f, OUTPUTS - 1));
        ASSERT_STATUS(NTK_ERR_OVERFLOW,
                      ntk_network_taylor(network, order, INT64_MAX, x, INPUTS, COUNT, delta, f, OUTPUTS));
        ASSERT_STATUS(NTK_ERR_ALIAS,
                      ntk_network_taylor(network, order, 1, x, INPUTS, COUNT, delta, delta + 3, OUTPUTS));
        assert_told(context, "overlaps delta");
        delta[17] = NAN;
        ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_network_taylor(network, order, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
        assert_told(context, "delta[17] is NaN");
        delta[17] = 0;
        x[1] = INFINITY;
        ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_network_taylor(network, order, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
        x[1] = 2;
    }
    ck_assert(suite_is_canary(OUTPUTS, f));
    ntk_network_destroy(network);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(terms_that_overflow) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_activation *const activation = network_activation(NTK_ACTIVATION_SOFTPLUS);
    ntk_network *const network = network_of(context, activation);
    const double x[INPUTS] = {1, 2, 3};
    double delta[COUNT], f[OUTPUTS];
    for (int p = 0; p < COUNT; p++)
        delta[p] = 1e160;
    suite_fill_canary(OUTPUTS, f);
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_taylor(network, 2, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
    assert_told(context, "f[0][0] exceeds the double range");
    ck_assert(suite_is_canary(OUTPUTS, f));
    ASSERT_OK(ntk_network_taylor(network, 1, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    /* A square that would overflow has no part where phi is straight. */
    const int64_t widths[] = {INPUTS, 4, OUTPUTS}, count = (INPUTS + 1) * 4 + 5 * OUTPUTS;
    ntk_mlp *mlp = NULL;
    ntk_network *straight = NULL;
    memset(delta, 0, sizeof(delta));
    delta[0] = 1e160;
    ASSERT_OK(ntk_mlp_create(context, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_network_create(context, mlp, 1, &straight));
    ASSERT_OK(ntk_network_taylor(straight, 2, 1, x, INPUTS, count, delta, f, OUTPUTS));
    ntk_network_destroy(straight);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(callers_phi_has_no_second_derivative) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_activation *const activation = network_activation(NTK_ACTIVATION_FUNCTION);
    ntk_network *const network = network_of(context, activation);
    const double x[INPUTS] = {1, 2, 3}, delta[COUNT] = {0};
    double f[OUTPUTS];
    suite_fill_canary(OUTPUTS, f);
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_network_taylor(network, 2, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
    assert_told(context, "the activation of layer 1 is the caller's");
    ck_assert(suite_is_canary(OUTPUTS, f));
    ASSERT_OK(ntk_network_taylor(network, 1, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
}
END_TEST

static int32_t stop(double fraction, const char *stage, void *user) {
    (void)stage, (void)user;
    return fraction > 0.5;
}

START_TEST(cancelled) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_network *const network = relu_network(context);
    const double x[INPUTS] = {1, 2, 3}, delta[COUNT] = {0};
    double f[OUTPUTS];
    suite_fill_canary(OUTPUTS, f);
    ASSERT_OK(ntk_context_set_progress(context, stop, NULL));
    ASSERT_STATUS(NTK_ERR_CANCELLED, ntk_network_taylor(network, 2, 1, x, INPUTS, COUNT, delta, f, OUTPUTS));
    ck_assert(suite_is_canary(OUTPUTS, f));
    ntk_network_destroy(network);
    ntk_context_destroy(context);
}
END_TEST

SUITE("taylor", second_order_by_differences, lower_orders_are_forward_and_jvp, what_remains_is_of_third_order,
      polynomial_of_second_order, constant_units, many_rows_and_floats, arguments_are_checked, terms_that_overflow,
      callers_phi_has_no_second_derivative, cancelled)
