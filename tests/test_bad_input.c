/* Bad arguments: each public function, each argument. A refusal is a status, a sentence that names the function, the
 * argument and its value, outputs and inputs as they were, and handles that work afterwards. */
#include "tests/suite.h"

enum { N = 4, M = 3, C = 2, D = 3, OUT = 40 };

typedef struct {
    double x[N * D], z[M * D], y[N * C], a[N * C], f0[N * C], gram[N * N], cross[M * N], prior[M];
} inputs;

typedef struct {
    ntk_context *context;
    ntk_activation *activation;
    ntk_mlp *mlp;
    ntk_kernel *kernel;
    ntk_flow *flow, *flow_at;
    ntk_gp *gp, *gp_at;
    inputs in, before;              /* what the calls get, and a copy to compare with */
    double out[OUT], variance[OUT]; /* outputs, full of canaries */
    void *made;                     /* what create functions write to, &nothing at first */
    int64_t integer;
    int32_t small;
} world;

static char nothing;

static void world_create(world *w) {
    const int64_t widths[] = {D, 5, C};
    uint64_t state = 40;
    memset(w, 0, sizeof(*w));
    suite_fill(&state, N * D, w->in.x);
    suite_fill(&state, M * D, w->in.z);
    suite_fill(&state, N * C, w->in.y);
    suite_fill(&state, N * C, w->in.a);
    suite_fill(&state, N * C, w->in.f0);
    ASSERT_OK(ntk_context_create(&w->context));
    ASSERT_OK(ntk_activation_create(w->context, NTK_ACTIVATION_RELU, NULL, 0, &w->activation));
    ASSERT_OK(ntk_mlp_create(w->context, 2, widths, NTK_ACTIVATION_ERF, &w->mlp));
    ASSERT_OK(ntk_kernel_create_analytic(w->context, w->mlp, NTK_KERNEL_NTK, &w->kernel));
    ASSERT_OK(ntk_kernel_gram(w->kernel, N, w->in.x, D, w->in.gram, N));
    ASSERT_OK(ntk_kernel_cross(w->kernel, M, w->in.z, D, N, w->in.x, D, w->in.cross, N));
    ASSERT_OK(ntk_kernel_diagonal(w->kernel, M, w->in.z, D, w->in.prior));
    ASSERT_OK(ntk_flow_create(w->context, N, C, w->in.gram, N, w->in.y, C, NTK_LOSS_SQUARED, &w->flow));
    ASSERT_OK(ntk_flow_create_from_kernel(w->kernel, N, w->in.x, D, C, w->in.y, C, NTK_LOSS_SQUARED, &w->flow_at));
    ASSERT_OK(ntk_gp_create(w->context, N, C, w->in.gram, N, w->in.y, C, 0.1, &w->gp));
    ASSERT_OK(ntk_gp_create_from_kernel(w->kernel, N, w->in.x, D, C, w->in.y, C, 0.1, &w->gp_at));
    suite_fill_canary(OUT, w->out);
    suite_fill_canary(OUT, w->variance);
    w->made = &nothing;
    w->integer = 12345;
    w->small = 12345;
    w->before = w->in;
}

/* Every handle still does its work. */
static void world_destroy(world *w) {
    double value;
    ASSERT_OK(ntk_activation_evaluate(w->activation, 1, w->in.x, w->out, NULL));
    ASSERT_OK(ntk_mlp_get_parameter_count(w->mlp, &w->integer));
    ck_assert_int_eq(w->integer, (D + 1) * 5 + (5 + 1) * C);
    ASSERT_OK(ntk_kernel_gram(w->kernel, N, w->in.x, D, w->out, N));
    ASSERT_SAME_BITS(w->out, w->in.gram, N * N);
    ASSERT_OK(ntk_flow_train(w->flow, INFINITY, w->out, C));
    for (int i = 0; i < N * C; i++)
        ASSERT_CLOSE(w->out[i], w->in.y[i], 1e-10);
    ASSERT_OK(ntk_flow_predict(w->flow, 1, M, w->in.cross, N, w->in.f0, C, w->out, C));
    ASSERT_OK(ntk_flow_predict_at(w->flow_at, 1, M, w->in.z, D, NULL, 0, w->out, C));
    ASSERT_OK(ntk_gp_predict(w->gp, M, w->in.cross, N, w->in.prior, w->out, C, w->variance));
    ASSERT_OK(ntk_gp_predict_at(w->gp_at, M, w->in.z, D, w->out, C, w->variance));
    ASSERT_OK(ntk_gp_log_evidence(w->gp, &value));
    ntk_activation_destroy(w->activation);
    ntk_mlp_destroy(w->mlp);
    ntk_kernel_destroy(w->kernel);
    ntk_flow_destroy(w->flow);
    ntk_flow_destroy(w->flow_at);
    ntk_gp_destroy(w->gp);
    ntk_gp_destroy(w->gp_at);
    ntk_context_destroy(w->context);
}

/* ---- a refusal ---- */

static void check_refusal(world *w, ntk_status got, ntk_status expected, const char *call, const char *name,
                          const char *value) {
    const char *const message = ntk_context_last_error(w->context);
    const size_t length = strcspn(call, "(");
    REQUIRE(got == expected, "%s\n    returned %s, expected %s; last error \"%s\"", call, ntk_status_name(got),
            ntk_status_name(expected), message);
    REQUIRE(ntk_context_last_status(w->context) == expected, "%s\n    last status %s", call,
            ntk_status_name(ntk_context_last_status(w->context)));
    REQUIRE(strncmp(message, call, length) == 0 && strncmp(message + length, ": ", 2) == 0,
            "%s\n    the sentence does not begin with the function: \"%s\"", call, message);
    REQUIRE(suite_mentions(message + length, name), "%s\n    the sentence does not name %s: \"%s\"", call, name,
            message);
    REQUIRE(suite_mentions(message + length, value), "%s\n    the sentence does not tell %s: \"%s\"", call, value,
            message);
    REQUIRE(suite_is_canary(OUT, w->out) && suite_is_canary(OUT, w->variance), "%s\n    touched an output", call);
    REQUIRE(w->made == &nothing && w->integer == 12345 && w->small == 12345, "%s\n    touched an output", call);
    REQUIRE(memcmp(&w->in, &w->before, sizeof(w->in)) == 0, "%s\n    touched an input", call);
}

/* `name` and `value` have to stand in the sentence. */
#define REFUSE(expected, name, value, call) check_refusal(&w, (call), expected, #call, name, value)

/* A NULL handle has no context to tell. */
#define REFUSE_NULL(call) ASSERT_STATUS(NTK_ERR_NULL, call)

#define MADE(type) ((type **)(void *)&w.made)

/* Runs `statement` while `place` holds a value that is not finite. */
#define WITH(place, value, statement) \
    do {                              \
        const double kept_ = place;   \
        place = value;                \
        w.before = w.in;              \
        statement;                    \
        place = kept_;                \
        w.before = w.in;              \
    } while (0)

#define REFUSE_NOT_FINITE(place, name, call)                                         \
    do {                                                                             \
        WITH(place, NAN, REFUSE(NTK_ERR_NOT_FINITE, name, "NaN", call));             \
        WITH(place, INFINITY, REFUSE(NTK_ERR_NOT_FINITE, name, "infinity", call));   \
        WITH(place, -INFINITY, REFUSE(NTK_ERR_NOT_FINITE, name, "-infinity", call)); \
    } while (0)

static const int64_t HUGE_SIZE = INT64_MAX;
static const int64_t LARGEST_INT32 = INT32_MAX; /* its square times 8 bytes exceeds any address space */

/* ---- context ---- */

START_TEST(context_functions) {
    world w;
    world_create(&w);
    REFUSE(NTK_ERR_DOMAIN, "threads", "-4", ntk_context_set_threads(w.context, -4));
    REFUSE_NULL(ntk_context_get_threads(w.context, NULL)); /* a const context records nothing */
    REFUSE_NULL(ntk_context_get_blas_integer_bits(w.context, NULL));
    REFUSE_NULL(ntk_context_get_blas_integer_bits(NULL, &w.small));
    REFUSE_NULL(ntk_context_get_threads(NULL, &w.small));
    REFUSE_NULL(ntk_context_set_threads(NULL, 1));
    REFUSE_NULL(ntk_context_set_log(NULL, NULL, NULL));
    REFUSE_NULL(ntk_context_set_progress(NULL, NULL, NULL));
    REFUSE_NULL(ntk_context_create(NULL));
    REFUSE_NULL(ntk_context_create_with_allocator(NULL, MADE(ntk_context)));
    ck_assert_ptr_eq(w.made, &nothing);
    ck_assert_int_eq(w.small, 12345);
    world_destroy(&w);
}
END_TEST

/* ---- mlp ---- */

START_TEST(activation_create) {
    world w;
    world_create(&w);
    ntk_context *const ctx = w.context;
    ntk_activation **const out = MADE(ntk_activation);
    const double good[] = {0.5, 0.5}, bad[] = {NAN}, infinite[] = {-INFINITY};
    REFUSE(NTK_ERR_ENUM, "kind", "-1", ntk_activation_create(ctx, -1, NULL, 0, out));
    REFUSE(NTK_ERR_ENUM, "kind", "34", ntk_activation_create(ctx, 34, NULL, 0, out));
    REFUSE(NTK_ERR_ENUM, "kind", "2147483647", ntk_activation_create(ctx, INT32_MAX, NULL, 0, out));
    REFUSE(NTK_ERR_SIZE, "n", "-1", ntk_activation_create(ctx, NTK_ACTIVATION_LEAKY_RELU, good, -1, out));
    REFUSE(NTK_ERR_SIZE, "n", "2", ntk_activation_create(ctx, NTK_ACTIVATION_LEAKY_RELU, good, 2, out));
    REFUSE(NTK_ERR_SIZE, "n", "1", ntk_activation_create(ctx, NTK_ACTIVATION_RELU, good, 1, out));
    REFUSE(NTK_ERR_SIZE, "n", "1", ntk_activation_create(ctx, NTK_ACTIVATION_ERF, good, 1, out));
    REFUSE(NTK_ERR_SIZE, "n", "1", ntk_activation_create(ctx, NTK_ACTIVATION_IDENTITY, good, 1, out));
    REFUSE(NTK_ERR_NULL, "params", "NULL", ntk_activation_create(ctx, NTK_ACTIVATION_LEAKY_RELU, NULL, 1, out));
    REFUSE(NTK_ERR_NOT_FINITE, "params[0]", "NaN", ntk_activation_create(ctx, NTK_ACTIVATION_LEAKY_RELU, bad, 1, out));
    REFUSE(NTK_ERR_NOT_FINITE, "params[0]", "-infinity",
           ntk_activation_create(ctx, NTK_ACTIVATION_LEAKY_RELU, infinite, 1, out));
    REFUSE(NTK_ERR_NULL, "out", "NULL", ntk_activation_create(ctx, NTK_ACTIVATION_RELU, NULL, 0, NULL));
    ASSERT_STATUS(NTK_ERR_ENUM,
                  ntk_activation_create(NULL, 34, NULL, 0, out)); /* without a context: the status alone */
    ck_assert_ptr_eq(w.made, &nothing);
    world_destroy(&w);
}
END_TEST

START_TEST(activation_evaluate_and_names) {
    world w;
    world_create(&w);
    ntk_activation *const phi = w.activation;
    REFUSE_NULL(ntk_activation_evaluate(NULL, 1, w.in.x, w.out, NULL));
    REFUSE(NTK_ERR_NULL, "x", "NULL", ntk_activation_evaluate(phi, 1, NULL, w.out, NULL));
    REFUSE(NTK_ERR_SIZE, "n", "0", ntk_activation_evaluate(phi, 0, w.in.x, w.out, NULL));
    REFUSE(NTK_ERR_SIZE, "n", "-2", ntk_activation_evaluate(phi, -2, w.in.x, w.out, NULL));
    REFUSE(NTK_ERR_ALIAS, "y", "dy", ntk_activation_evaluate(phi, 4, w.in.x, w.out, w.out));
    REFUSE(NTK_ERR_ALIAS, "y", "dy", ntk_activation_evaluate(phi, 4, w.in.x, w.out, w.out + 3));
    REFUSE(NTK_ERR_ALIAS, "y", "x", ntk_activation_evaluate(phi, 4, w.in.x, w.in.x + 1, NULL));
    REFUSE(NTK_ERR_ALIAS, "dy", "x", ntk_activation_evaluate(phi, 4, w.in.x + 1, NULL, w.in.x));
    REFUSE_NULL(ntk_activation_kind_from_name(NULL, &w.small));
    REFUSE_NULL(ntk_activation_kind_from_name("relu", NULL));
    ck_assert_int_eq(w.small, 12345);
    world_destroy(&w);
}
END_TEST

START_TEST(mlp_create) {
    world w;
    world_create(&w);
    ntk_context *const ctx = w.context;
    ntk_mlp **const out = MADE(ntk_mlp);
    const int64_t good[] = {3, 2, 1}, zero[] = {3, 0, 1}, negative[] = {3, 2, -5}, no_input[] = {0, 2, 1};
    REFUSE(NTK_ERR_SIZE, "depth", "0", ntk_mlp_create(ctx, 0, good, NTK_ACTIVATION_RELU, out));
    REFUSE(NTK_ERR_SIZE, "depth", "-3", ntk_mlp_create(ctx, -3, good, NTK_ACTIVATION_RELU, out));
    REFUSE(NTK_ERR_SIZE, "depth", "10001", ntk_mlp_create(ctx, 10001, good, NTK_ACTIVATION_RELU, out));
    REFUSE(NTK_ERR_SIZE, "depth", "9223372036854775807",
           ntk_mlp_create(ctx, INT64_MAX, good, NTK_ACTIVATION_RELU, out));
    REFUSE(NTK_ERR_NULL, "widths", "NULL", ntk_mlp_create(ctx, 2, NULL, NTK_ACTIVATION_RELU, out));
    REFUSE(NTK_ERR_SIZE, "widths[0]", "0", ntk_mlp_create(ctx, 2, no_input, NTK_ACTIVATION_RELU, out));
    REFUSE(NTK_ERR_SIZE, "widths[1]", "0", ntk_mlp_create(ctx, 2, zero, NTK_ACTIVATION_RELU, out));
    REFUSE(NTK_ERR_SIZE, "widths[2]", "-5", ntk_mlp_create(ctx, 2, negative, NTK_ACTIVATION_RELU, out));
    REFUSE(NTK_ERR_ENUM, "activation", "34", ntk_mlp_create(ctx, 2, good, 34, out));
    REFUSE(NTK_ERR_ENUM, "activation", "-1", ntk_mlp_create(ctx, 2, good, -1, out));
    REFUSE(NTK_ERR_NULL, "out", "NULL", ntk_mlp_create(ctx, 2, good, NTK_ACTIVATION_RELU, NULL));
    world_destroy(&w);
}
END_TEST

START_TEST(mlp_setters) {
    world w;
    world_create(&w);
    const struct {
        double value;
        const char *text;
    } bad[] = {{-1, "-1"}, {INFINITY, "inf"}, {-INFINITY, "-inf"}, {NAN, ""}, {1e101, "1e+101"}, {1e-101, "1e-101"}};
    for (int i = 0; i < 6; i++) {
        const double v = bad[i].value;
        REFUSE(NTK_ERR_DOMAIN, "weight_std", bad[i].text, ntk_mlp_set_weight_std(w.mlp, v));
        REFUSE(NTK_ERR_DOMAIN, "bias_std", bad[i].text, ntk_mlp_set_bias_std(w.mlp, v));
        REFUSE(NTK_ERR_DOMAIN, "weight_std", bad[i].text, ntk_mlp_set_layer_weight_std(w.mlp, 1, v));
        REFUSE(NTK_ERR_DOMAIN, "bias_std", bad[i].text, ntk_mlp_set_layer_bias_std(w.mlp, 1, v));
    }
    REFUSE(NTK_ERR_DOMAIN, "weight_std", "0", ntk_mlp_set_weight_std(w.mlp, 0));
    REFUSE(NTK_ERR_DOMAIN, "weight_std", "0", ntk_mlp_set_layer_weight_std(w.mlp, 2, 0));
    REFUSE(NTK_ERR_SIZE, "layer", "0", ntk_mlp_set_layer_weight_std(w.mlp, 0, 1));
    REFUSE(NTK_ERR_SIZE, "layer", "3", ntk_mlp_set_layer_weight_std(w.mlp, 3, 1));
    REFUSE(NTK_ERR_SIZE, "layer", "-1", ntk_mlp_set_layer_bias_std(w.mlp, -1, 1));
    REFUSE(NTK_ERR_SIZE, "layer", "3", ntk_mlp_set_layer_bias_std(w.mlp, 3, 1));
    REFUSE(NTK_ERR_SIZE, "layer", "2", ntk_mlp_set_activation(w.mlp, 2, w.activation));
    REFUSE(NTK_ERR_SIZE, "layer", "-1", ntk_mlp_set_activation(w.mlp, -1, w.activation));
    REFUSE(NTK_ERR_NULL, "activation", "NULL", ntk_mlp_set_activation(w.mlp, 1, NULL));
    REFUSE_NULL(ntk_mlp_set_weight_std(NULL, 1));
    REFUSE_NULL(ntk_mlp_set_bias_std(NULL, 1));
    REFUSE_NULL(ntk_mlp_set_layer_weight_std(NULL, 1, 1));
    REFUSE_NULL(ntk_mlp_set_layer_bias_std(NULL, 1, 1));
    REFUSE_NULL(ntk_mlp_set_activation(NULL, 1, w.activation));
    world_destroy(&w);
}
END_TEST

START_TEST(mlp_getters) {
    world w;
    world_create(&w);
    REFUSE(NTK_ERR_NULL, "depth", "NULL", ntk_mlp_get_depth(w.mlp, NULL));
    REFUSE(NTK_ERR_NULL, "width", "NULL", ntk_mlp_get_width(w.mlp, 1, NULL));
    REFUSE(NTK_ERR_NULL, "weight_std", "NULL", ntk_mlp_get_layer_weight_std(w.mlp, 1, NULL));
    REFUSE(NTK_ERR_NULL, "bias_std", "NULL", ntk_mlp_get_layer_bias_std(w.mlp, 1, NULL));
    REFUSE(NTK_ERR_NULL, "kind", "NULL", ntk_mlp_get_activation_kind(w.mlp, 1, NULL));
    REFUSE(NTK_ERR_NULL, "count", "NULL", ntk_mlp_get_parameter_count(w.mlp, NULL));
    REFUSE(NTK_ERR_SIZE, "layer", "-1", ntk_mlp_get_width(w.mlp, -1, &w.integer));
    REFUSE(NTK_ERR_SIZE, "layer", "3", ntk_mlp_get_width(w.mlp, 3, &w.integer));
    REFUSE(NTK_ERR_SIZE, "layer", "0", ntk_mlp_get_layer_weight_std(w.mlp, 0, w.out));
    REFUSE(NTK_ERR_SIZE, "layer", "3", ntk_mlp_get_layer_weight_std(w.mlp, 3, w.out));
    REFUSE(NTK_ERR_SIZE, "layer", "0", ntk_mlp_get_layer_bias_std(w.mlp, 0, w.out));
    REFUSE(NTK_ERR_SIZE, "layer", "3", ntk_mlp_get_layer_bias_std(w.mlp, 3, w.out));
    REFUSE(NTK_ERR_SIZE, "layer", "0", ntk_mlp_get_activation_kind(w.mlp, 0, &w.small));
    REFUSE(NTK_ERR_SIZE, "layer", "2", ntk_mlp_get_activation_kind(w.mlp, 2, &w.small));
    REFUSE_NULL(ntk_mlp_get_depth(NULL, &w.integer));
    REFUSE_NULL(ntk_mlp_get_width(NULL, 1, &w.integer));
    REFUSE_NULL(ntk_mlp_get_layer_weight_std(NULL, 1, w.out));
    REFUSE_NULL(ntk_mlp_get_layer_bias_std(NULL, 1, w.out));
    REFUSE_NULL(ntk_mlp_get_activation_kind(NULL, 1, &w.small));
    REFUSE_NULL(ntk_mlp_get_parameter_count(NULL, &w.integer));
    ck_assert(w.integer == 12345 && w.small == 12345);
    world_destroy(&w);
}
END_TEST

/* ---- kernel ---- */

START_TEST(kernel_create_and_getters) {
    world w;
    world_create(&w);
    ntk_kernel **const out = MADE(ntk_kernel);
    REFUSE(NTK_ERR_NULL, "mlp", "NULL", ntk_kernel_create_analytic(w.context, NULL, NTK_KERNEL_NTK, out));
    REFUSE(NTK_ERR_NULL, "out", "NULL", ntk_kernel_create_analytic(w.context, w.mlp, NTK_KERNEL_NTK, NULL));
    REFUSE(NTK_ERR_ENUM, "type", "2", ntk_kernel_create_analytic(w.context, w.mlp, 2, out));
    REFUSE(NTK_ERR_ENUM, "type", "-1", ntk_kernel_create_analytic(w.context, w.mlp, -1, out));
    REFUSE(NTK_ERR_NULL, "type", "NULL", ntk_kernel_get_type(w.kernel, NULL));
    REFUSE(NTK_ERR_NULL, "dimension", "NULL", ntk_kernel_get_input_dimension(w.kernel, NULL));
    REFUSE_NULL(ntk_kernel_get_type(NULL, &w.small));
    REFUSE_NULL(ntk_kernel_get_input_dimension(NULL, &w.integer));
    world_destroy(&w);
}
END_TEST

START_TEST(kernel_gram) {
    world w;
    world_create(&w);
    ntk_kernel *const kernel = w.kernel;
    double *const x = w.in.x;
    REFUSE_NULL(ntk_kernel_gram(NULL, N, x, D, w.out, N));
    REFUSE(NTK_ERR_NULL, "x", "NULL", ntk_kernel_gram(kernel, N, NULL, D, w.out, N));
    REFUSE(NTK_ERR_NULL, "k", "NULL", ntk_kernel_gram(kernel, N, x, D, NULL, N));
    REFUSE(NTK_ERR_SIZE, "n", "0", ntk_kernel_gram(kernel, 0, x, D, w.out, N));
    REFUSE(NTK_ERR_SIZE, "n", "-7", ntk_kernel_gram(kernel, -7, x, D, w.out, N));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", "2", ntk_kernel_gram(kernel, N, x, D - 1, w.out, N));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", "-3", ntk_kernel_gram(kernel, N, x, -D, w.out, N));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", "3", ntk_kernel_gram(kernel, N, x, D, w.out, N - 1));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", "0", ntk_kernel_gram(kernel, N, x, D, w.out, 0));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows", ntk_kernel_gram(kernel, HUGE_SIZE, x, D, w.out, HUGE_SIZE));
    REFUSE(NTK_ERR_OVERFLOW, "x", "", ntk_kernel_gram(kernel, N, x, HUGE_SIZE, w.out, N));
    REFUSE(NTK_ERR_OVERFLOW, "k", "", ntk_kernel_gram(kernel, N, x, D, w.out, HUGE_SIZE));
    REFUSE(NTK_ERR_OVERFLOW, "k", "2147483647", ntk_kernel_gram(kernel, LARGEST_INT32, x, D, w.out, LARGEST_INT32));
    REFUSE(NTK_ERR_ALIAS, "k", "x", ntk_kernel_gram(kernel, N, x, D, x, N));
    REFUSE(NTK_ERR_ALIAS, "k", "x", ntk_kernel_gram(kernel, 2, x, D, x + D + 2, 2)); /* the last entry of x */
    REFUSE_NOT_FINITE(x[2 * D + 1], "x[2][1]", ntk_kernel_gram(kernel, N, x, D, w.out, N));
    REFUSE_NOT_FINITE(x[(N - 1) * D + D - 1], "x[3][2]", ntk_kernel_gram(kernel, N, x, D, w.out, N));
    WITH(x[D], 1e200, REFUSE(NTK_ERR_RANGE, "x", "", ntk_kernel_gram(kernel, N, x, D, w.out, N)));
    WITH(x[3 * D], -1e308, REFUSE(NTK_ERR_RANGE, "x", "", ntk_kernel_gram(kernel, N, x, D, w.out, N)));
    world_destroy(&w);
}
END_TEST

START_TEST(kernel_cross) {
    world w;
    world_create(&w);
    ntk_kernel *const kernel = w.kernel;
    double *const x = w.in.x, *const z = w.in.z;
    REFUSE_NULL(ntk_kernel_cross(NULL, N, x, D, M, z, D, w.out, M));
    REFUSE(NTK_ERR_NULL, "x", "NULL", ntk_kernel_cross(kernel, N, NULL, D, M, z, D, w.out, M));
    REFUSE(NTK_ERR_NULL, "z", "NULL", ntk_kernel_cross(kernel, N, x, D, M, NULL, D, w.out, M));
    REFUSE(NTK_ERR_NULL, "k", "NULL", ntk_kernel_cross(kernel, N, x, D, M, z, D, NULL, M));
    REFUSE(NTK_ERR_SIZE, "n", "0", ntk_kernel_cross(kernel, 0, x, D, M, z, D, w.out, M));
    REFUSE(NTK_ERR_SIZE, "n", "-1", ntk_kernel_cross(kernel, -1, x, D, M, z, D, w.out, M));
    REFUSE(NTK_ERR_SIZE, "m", "0", ntk_kernel_cross(kernel, N, x, D, 0, z, D, w.out, M));
    REFUSE(NTK_ERR_SIZE, "m", "-9", ntk_kernel_cross(kernel, N, x, D, -9, z, D, w.out, M));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", "2", ntk_kernel_cross(kernel, N, x, 2, M, z, D, w.out, M));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldz", "2", ntk_kernel_cross(kernel, N, x, D, M, z, 2, w.out, M));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", "2", ntk_kernel_cross(kernel, N, x, D, M, z, D, w.out, 2));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows",
           ntk_kernel_cross(kernel, HUGE_SIZE, x, D, M, z, D, w.out, M));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows",
           ntk_kernel_cross(kernel, N, x, D, HUGE_SIZE, z, D, w.out, HUGE_SIZE));
    REFUSE(NTK_ERR_OVERFLOW, "z", "", ntk_kernel_cross(kernel, N, x, D, M, z, HUGE_SIZE, w.out, M));
    REFUSE(NTK_ERR_OVERFLOW, "k", "",
           ntk_kernel_cross(kernel, LARGEST_INT32, x, D, LARGEST_INT32, z, D, w.out, LARGEST_INT32));
    REFUSE(NTK_ERR_ALIAS, "k", "x", ntk_kernel_cross(kernel, N, x, D, M, z, D, x, M));
    REFUSE(NTK_ERR_ALIAS, "k", "z", ntk_kernel_cross(kernel, N, x, D, M, z, D, z + 1, M));
    REFUSE_NOT_FINITE(x[2 * D + 1], "x[2][1]", ntk_kernel_cross(kernel, N, x, D, M, z, D, w.out, M));
    REFUSE_NOT_FINITE(z[D + 2], "z[1][2]", ntk_kernel_cross(kernel, N, x, D, M, z, D, w.out, M));
    WITH(x[D], 1e200, REFUSE(NTK_ERR_RANGE, "x", "", ntk_kernel_cross(kernel, N, x, D, M, z, D, w.out, M)));
    WITH(z[D], 1e200, REFUSE(NTK_ERR_RANGE, "z", "", ntk_kernel_cross(kernel, N, x, D, M, z, D, w.out, M)));
    world_destroy(&w);
}
END_TEST

START_TEST(kernel_diagonal) {
    world w;
    world_create(&w);
    ntk_kernel *const kernel = w.kernel;
    double *const x = w.in.x;
    REFUSE_NULL(ntk_kernel_diagonal(NULL, N, x, D, w.out));
    REFUSE(NTK_ERR_NULL, "x", "NULL", ntk_kernel_diagonal(kernel, N, NULL, D, w.out));
    REFUSE(NTK_ERR_NULL, "diagonal", "NULL", ntk_kernel_diagonal(kernel, N, x, D, NULL));
    REFUSE(NTK_ERR_SIZE, "n", "0", ntk_kernel_diagonal(kernel, 0, x, D, w.out));
    REFUSE(NTK_ERR_SIZE, "n", "-1", ntk_kernel_diagonal(kernel, -1, x, D, w.out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", "1", ntk_kernel_diagonal(kernel, N, x, 1, w.out));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows", ntk_kernel_diagonal(kernel, HUGE_SIZE, x, D, w.out));
    REFUSE(NTK_ERR_OVERFLOW, "x", "", ntk_kernel_diagonal(kernel, N, x, HUGE_SIZE, w.out));
    REFUSE(NTK_ERR_ALIAS, "diagonal", "x", ntk_kernel_diagonal(kernel, N, x, D, x + 2));
    REFUSE_NOT_FINITE(x[0], "x[0][0]", ntk_kernel_diagonal(kernel, N, x, D, w.out));
    WITH(x[2 * D], 1e200, REFUSE(NTK_ERR_RANGE, "x", "", ntk_kernel_diagonal(kernel, N, x, D, w.out)));
    world_destroy(&w);
}
END_TEST

START_TEST(kernel_apply) {
    world w;
    world_create(&w);
    ntk_kernel *const kernel = w.kernel;
    double *const x = w.in.x, *const z = w.in.z, *const a = w.in.a, *const out = w.out;
    REFUSE_NULL(ntk_kernel_apply(NULL, N, x, D, M, z, D, C, a, C, out, C));
    REFUSE(NTK_ERR_NULL, "x", "NULL", ntk_kernel_apply(kernel, N, NULL, D, M, z, D, C, a, C, out, C));
    REFUSE(NTK_ERR_NULL, "z", "NULL", ntk_kernel_apply(kernel, N, x, D, M, NULL, D, C, a, C, out, C));
    REFUSE(NTK_ERR_NULL, "a", "NULL", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, NULL, C, out, C));
    REFUSE(NTK_ERR_NULL, "out", "NULL", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, NULL, C));
    REFUSE(NTK_ERR_SIZE, "n", "0", ntk_kernel_apply(kernel, 0, x, D, M, z, D, C, a, C, out, C));
    REFUSE(NTK_ERR_SIZE, "m", "-1", ntk_kernel_apply(kernel, N, x, D, -1, z, D, C, a, C, out, C));
    REFUSE(NTK_ERR_SIZE, "c", "0", ntk_kernel_apply(kernel, N, x, D, M, z, D, 0, a, C, out, C));
    REFUSE(NTK_ERR_SIZE, "c", "-6", ntk_kernel_apply(kernel, N, x, D, M, z, D, -6, a, C, out, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", "2", ntk_kernel_apply(kernel, N, x, 2, M, z, D, C, a, C, out, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldz", "2", ntk_kernel_apply(kernel, N, x, D, M, z, 2, C, a, C, out, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "lda", "1", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, 1, out, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldo", "1", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, out, 1));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows",
           ntk_kernel_apply(kernel, HUGE_SIZE, x, D, M, z, D, C, a, C, out, C));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows",
           ntk_kernel_apply(kernel, N, x, D, HUGE_SIZE, z, D, C, a, C, out, C));
    REFUSE(NTK_ERR_OVERFLOW, "a", "", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, HUGE_SIZE, out, C));
    REFUSE(NTK_ERR_OVERFLOW, "out", "", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, out, HUGE_SIZE));
    REFUSE(NTK_ERR_ALIAS, "out", "x", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, x, C));
    REFUSE(NTK_ERR_ALIAS, "out", "z", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, z, C));
    REFUSE(NTK_ERR_ALIAS, "out", "a", ntk_kernel_apply(kernel, M, x, D, M, z, D, C, a, C, a, C));
    REFUSE_NOT_FINITE(x[2 * D + 1], "x[2][1]", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, out, C));
    REFUSE_NOT_FINITE(z[D], "z[1][0]", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, out, C));
    REFUSE_NOT_FINITE(a[2 * C + 1], "a[2][1]", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, out, C));
    WITH(x[D], 1e200, REFUSE(NTK_ERR_RANGE, "x", "", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, out, C)));
    WITH(z[D], 1e200, REFUSE(NTK_ERR_RANGE, "z", "", ntk_kernel_apply(kernel, N, x, D, M, z, D, C, a, C, out, C)));
    world_destroy(&w);
}
END_TEST

START_TEST(kernel_values_out_of_range) {
    /* Rows of norm 1 whose kernel leaves the range at a deep layer: seen before anything is written. */
    world w;
    world_create(&w);
    for (int32_t kind = NTK_ACTIVATION_IDENTITY; kind < NTK_ACTIVATION_ERF; kind++) {
        ntk_kernel *const kernel = suite_kernel(w.context, D, 40, kind, 1e5, 0, NTK_KERNEL_NNGP);
        REFUSE(NTK_ERR_RANGE, "x", "", ntk_kernel_gram(kernel, N, w.in.x, D, w.out, N));
        REFUSE(NTK_ERR_RANGE, "x", "", ntk_kernel_cross(kernel, N, w.in.x, D, M, w.in.z, D, w.out, M));
        REFUSE(NTK_ERR_RANGE, "x", "", ntk_kernel_diagonal(kernel, N, w.in.x, D, w.out));
        ntk_kernel_destroy(kernel);
    }
    /* The NTK of this network overflows and its NNGP, at most 25, does not: only what was asked for counts. */
    ntk_kernel *const nngp = suite_kernel(w.context, D, 1000, NTK_ACTIVATION_ERF, 5, 0, NTK_KERNEL_NNGP);
    double diagonal[N];
    ASSERT_OK(ntk_kernel_diagonal(nngp, N, w.in.x, D, diagonal));
    ck_assert(diagonal[0] > 0 && diagonal[0] <= 25);
    ntk_kernel_destroy(nngp);
    world_destroy(&w);
}
END_TEST

START_TEST(product_out_of_range) {
    const double x[] = {1}, a[] = {1e308};
    double out[] = {7};
    ntk_kernel *const kernel = suite_kernel(NULL, 1, 1, NTK_ACTIVATION_RELU, 10, 0, NTK_KERNEL_NTK);
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_apply(kernel, 1, x, 1, 1, x, 1, 1, a, 1, out, 1));
    ck_assert(out[0] == 7);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* ---- flow ---- */

START_TEST(flow_create) {
    world w;
    world_create(&w);
    ntk_context *const ctx = w.context;
    double *const gram = w.in.gram, *const y = w.in.y;
    ntk_flow **const out = MADE(ntk_flow);
    const int32_t loss = NTK_LOSS_SQUARED;
    REFUSE(NTK_ERR_NULL, "gram", "NULL", ntk_flow_create(ctx, N, C, NULL, N, y, C, loss, out));
    REFUSE(NTK_ERR_NULL, "y", "NULL", ntk_flow_create(ctx, N, C, gram, N, NULL, C, loss, out));
    REFUSE(NTK_ERR_NULL, "out", "NULL", ntk_flow_create(ctx, N, C, gram, N, y, C, loss, NULL));
    REFUSE(NTK_ERR_SIZE, "n", "0", ntk_flow_create(ctx, 0, C, gram, N, y, C, loss, out));
    REFUSE(NTK_ERR_SIZE, "n", "-1", ntk_flow_create(ctx, -1, C, gram, N, y, C, loss, out));
    REFUSE(NTK_ERR_SIZE, "c", "0", ntk_flow_create(ctx, N, 0, gram, N, y, C, loss, out));
    REFUSE(NTK_ERR_SIZE, "c", "-2", ntk_flow_create(ctx, N, -2, gram, N, y, C, loss, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", "3", ntk_flow_create(ctx, N, C, gram, 3, y, C, loss, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldy", "1", ntk_flow_create(ctx, N, C, gram, N, y, 1, loss, out));
    REFUSE(NTK_ERR_OVERFLOW, "gram", "", ntk_flow_create(ctx, LARGEST_INT32, 1, gram, LARGEST_INT32, y, 1, loss, out));
    REFUSE(NTK_ERR_OVERFLOW, "gram", "", ntk_flow_create(ctx, N, C, gram, HUGE_SIZE, y, C, loss, out));
    REFUSE(NTK_ERR_OVERFLOW, "y", "", ntk_flow_create(ctx, N, C, gram, N, y, HUGE_SIZE, loss, out));
    REFUSE(NTK_ERR_OVERFLOW, "y", "", ntk_flow_create(ctx, N, HUGE_SIZE, gram, N, y, HUGE_SIZE, loss, out));
    REFUSE(NTK_ERR_ENUM, "loss", "99", ntk_flow_create(ctx, N, C, gram, N, y, C, 99, out));
    REFUSE(NTK_ERR_ENUM, "loss", "-1", ntk_flow_create(ctx, N, C, gram, N, y, C, -1, out));
    REFUSE_NOT_FINITE(gram[2 * N + 1], "gram[2][1]", ntk_flow_create(ctx, N, C, gram, N, y, C, loss, out));
    REFUSE_NOT_FINITE(y[3 * C + 1], "y[3][1]", ntk_flow_create(ctx, N, C, gram, N, y, C, loss, out));
    WITH(gram[3 * N + 1], gram[3 * N + 1] + 1e-6,
         REFUSE(NTK_ERR_NOT_SYMMETRIC, "gram[3][1]", "gram[1][3]",
                ntk_flow_create(ctx, N, C, gram, N, y, C, loss, out)));
    WITH(gram[2 * N + 2], -0.5,
         REFUSE(NTK_ERR_NOT_POSITIVE, "gram[2][2]", "-0.5", ntk_flow_create(ctx, N, C, gram, N, y, C, loss, out)));
    world_destroy(&w);
}
END_TEST

START_TEST(flow_create_from_kernel) {
    world w;
    world_create(&w);
    ntk_kernel *const kernel = w.kernel;
    double *const x = w.in.x, *const y = w.in.y;
    ntk_flow **const out = MADE(ntk_flow);
    const int32_t loss = NTK_LOSS_SQUARED;
    REFUSE_NULL(ntk_flow_create_from_kernel(NULL, N, x, D, C, y, C, loss, out));
    REFUSE(NTK_ERR_NULL, "x", "NULL", ntk_flow_create_from_kernel(kernel, N, NULL, D, C, y, C, loss, out));
    REFUSE(NTK_ERR_NULL, "y", "NULL", ntk_flow_create_from_kernel(kernel, N, x, D, C, NULL, C, loss, out));
    REFUSE(NTK_ERR_NULL, "out", "NULL", ntk_flow_create_from_kernel(kernel, N, x, D, C, y, C, loss, NULL));
    REFUSE(NTK_ERR_SIZE, "n", "0", ntk_flow_create_from_kernel(kernel, 0, x, D, C, y, C, loss, out));
    REFUSE(NTK_ERR_SIZE, "c", "-1", ntk_flow_create_from_kernel(kernel, N, x, D, -1, y, C, loss, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", "2", ntk_flow_create_from_kernel(kernel, N, x, 2, C, y, C, loss, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldy", "1", ntk_flow_create_from_kernel(kernel, N, x, D, C, y, 1, loss, out));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows",
           ntk_flow_create_from_kernel(kernel, HUGE_SIZE, x, D, C, y, C, loss, out));
    REFUSE(NTK_ERR_OVERFLOW, "", "", ntk_flow_create_from_kernel(kernel, LARGEST_INT32, x, D, 1, y, 1, loss, out));
    REFUSE(NTK_ERR_OVERFLOW, "y", "", ntk_flow_create_from_kernel(kernel, N, x, D, C, y, HUGE_SIZE, loss, out));
    REFUSE(NTK_ERR_ENUM, "loss", "8", ntk_flow_create_from_kernel(kernel, N, x, D, C, y, C, 8, out));
    REFUSE(NTK_ERR_ENUM, "loss", "7", ntk_flow_create_from_kernel(kernel, N, x, D, C, y, C, NTK_LOSS_FUNCTION, out));
    REFUSE(NTK_ERR_DOMAIN, "y[0][0]", "hinge",
           ntk_flow_create_from_kernel(kernel, N, x, D, C, y, C, NTK_LOSS_HINGE, out));
    REFUSE_NOT_FINITE(x[2 * D + 1], "x[2][1]", ntk_flow_create_from_kernel(kernel, N, x, D, C, y, C, loss, out));
    REFUSE_NOT_FINITE(y[1], "y[0][1]", ntk_flow_create_from_kernel(kernel, N, x, D, C, y, C, loss, out));
    WITH(x[D], 1e200, REFUSE(NTK_ERR_RANGE, "x", "", ntk_flow_create_from_kernel(kernel, N, x, D, C, y, C, loss, out)));
    world_destroy(&w);
}
END_TEST

START_TEST(flow_settings) {
    world w;
    world_create(&w);
    double *const f0 = w.in.f0;
    const struct {
        double value;
        const char *text;
    } bad[] = {{-2, "-2"}, {INFINITY, "inf"}, {-INFINITY, "-inf"}, {NAN, ""}};
    for (int i = 0; i < 4; i++) {
        REFUSE(NTK_ERR_DOMAIN, "learning_rate", bad[i].text, ntk_flow_set_learning_rate(w.flow, bad[i].value));
        REFUSE(NTK_ERR_DOMAIN, "weight_decay", bad[i].text, ntk_flow_set_weight_decay(w.flow, bad[i].value));
    }
    REFUSE(NTK_ERR_DOMAIN, "learning_rate", "0", ntk_flow_set_learning_rate(w.flow, 0));
    REFUSE(NTK_ERR_NULL, "learning_rate", "NULL", ntk_flow_get_learning_rate(w.flow, NULL));
    REFUSE(NTK_ERR_NULL, "weight_decay", "NULL", ntk_flow_get_weight_decay(w.flow, NULL));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldf", "1", ntk_flow_set_initial(w.flow, f0, 1));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldf", "-2", ntk_flow_set_initial(w.flow, f0, -2));
    REFUSE_NOT_FINITE(f0[2 * C + 1], "f0[2][1]", ntk_flow_set_initial(w.flow, f0, C));
    REFUSE_NULL(ntk_flow_set_learning_rate(NULL, 1));
    REFUSE_NULL(ntk_flow_set_weight_decay(NULL, 1));
    REFUSE_NULL(ntk_flow_get_learning_rate(NULL, w.out));
    REFUSE_NULL(ntk_flow_get_weight_decay(NULL, w.out));
    REFUSE_NULL(ntk_flow_set_initial(NULL, f0, C));
    world_destroy(&w);
}
END_TEST

START_TEST(flow_outputs) {
    world w;
    world_create(&w);
    REFUSE_NULL(ntk_flow_train(NULL, 1, w.out, C));
    REFUSE(NTK_ERR_NULL, "f", "NULL", ntk_flow_train(w.flow, 1, NULL, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldf", "1", ntk_flow_train(w.flow, 1, w.out, 1));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldf", "-1", ntk_flow_train(w.flow, 1, w.out, -1));
    REFUSE(NTK_ERR_DOMAIN, "t", "-1", ntk_flow_train(w.flow, -1, w.out, C));
    REFUSE(NTK_ERR_DOMAIN, "t", "-inf", ntk_flow_train(w.flow, -INFINITY, w.out, C));
    REFUSE(NTK_ERR_DOMAIN, "t", "", ntk_flow_train(w.flow, NAN, w.out, C));
    REFUSE_NULL(ntk_flow_get_coefficients(NULL, 1, w.out, C));
    REFUSE(NTK_ERR_NULL, "a", "NULL", ntk_flow_get_coefficients(w.flow, 1, NULL, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "lda", "0", ntk_flow_get_coefficients(w.flow, 1, w.out, 0));
    REFUSE(NTK_ERR_DOMAIN, "t", "-0.25", ntk_flow_get_coefficients(w.flow, -0.25, w.out, C));
    REFUSE(NTK_ERR_DOMAIN, "t", "", ntk_flow_get_coefficients(w.flow, NAN, w.out, C));
    REFUSE_NULL(ntk_flow_get_rank(NULL, &w.integer));
    REFUSE(NTK_ERR_NULL, "rank", "NULL", ntk_flow_get_rank(w.flow, NULL));
    world_destroy(&w);
}
END_TEST

START_TEST(flow_predict) {
    world w;
    world_create(&w);
    ntk_flow *const flow = w.flow;
    double *const cross = w.in.cross, *const f0 = w.in.f0, *const f = w.out;
    REFUSE_NULL(ntk_flow_predict(NULL, 1, M, cross, N, f0, C, f, C));
    REFUSE(NTK_ERR_NULL, "cross", "NULL", ntk_flow_predict(flow, 1, M, NULL, N, f0, C, f, C));
    REFUSE(NTK_ERR_NULL, "f", "NULL", ntk_flow_predict(flow, 1, M, cross, N, f0, C, NULL, C));
    REFUSE(NTK_ERR_SIZE, "m", "0", ntk_flow_predict(flow, 1, 0, cross, N, f0, C, f, C));
    REFUSE(NTK_ERR_SIZE, "m", "-4", ntk_flow_predict(flow, 1, -4, cross, N, f0, C, f, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", "3", ntk_flow_predict(flow, 1, M, cross, 3, f0, C, f, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldf0", "1", ntk_flow_predict(flow, 1, M, cross, N, f0, 1, f, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldf", "1", ntk_flow_predict(flow, 1, M, cross, N, f0, C, f, 1));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows",
           ntk_flow_predict(flow, 1, HUGE_SIZE, cross, N, NULL, 0, f, C));
    REFUSE(NTK_ERR_OVERFLOW, "cross", "", ntk_flow_predict(flow, 1, M, cross, HUGE_SIZE, f0, C, f, C));
    REFUSE(NTK_ERR_OVERFLOW, "f0", "", ntk_flow_predict(flow, 1, M, cross, N, f0, HUGE_SIZE, f, C));
    REFUSE(NTK_ERR_OVERFLOW, "f", "", ntk_flow_predict(flow, 1, M, cross, N, f0, C, f, HUGE_SIZE));
    REFUSE(NTK_ERR_DOMAIN, "t", "-1e-300", ntk_flow_predict(flow, -1e-300, M, cross, N, f0, C, f, C));
    REFUSE(NTK_ERR_DOMAIN, "t", "", ntk_flow_predict(flow, NAN, M, cross, N, f0, C, f, C));
    REFUSE(NTK_ERR_ALIAS, "f", "cross", ntk_flow_predict(flow, 1, M, cross, N, f0, C, cross, C));
    REFUSE(NTK_ERR_ALIAS, "f", "f0", ntk_flow_predict(flow, 1, M, cross, N, f0, C, f0 + 1, C));
    REFUSE(NTK_ERR_ALIAS, "f", "f0", ntk_flow_predict(flow, 1, 2, cross, N, f0, C, f0, C + 1));
    REFUSE_NOT_FINITE(cross[2 * N + 1], "cross[2][1]", ntk_flow_predict(flow, 1, M, cross, N, f0, C, f, C));
    REFUSE_NOT_FINITE(f0[C], "f0[1][0]", ntk_flow_predict(flow, 1, M, cross, N, f0, C, f, C));
    world_destroy(&w);
}
END_TEST

START_TEST(flow_predict_at) {
    world w;
    world_create(&w);
    ntk_flow *const flow = w.flow_at;
    double *const z = w.in.z, *const f0 = w.in.f0, *const f = w.out;
    REFUSE_NULL(ntk_flow_predict_at(NULL, 1, M, z, D, f0, C, f, C));
    REFUSE(NTK_ERR_UNSUPPORTED, "", "", ntk_flow_predict_at(w.flow, 1, M, z, D, f0, C, f, C));
    REFUSE(NTK_ERR_NULL, "z", "NULL", ntk_flow_predict_at(flow, 1, M, NULL, D, f0, C, f, C));
    REFUSE(NTK_ERR_NULL, "f", "NULL", ntk_flow_predict_at(flow, 1, M, z, D, f0, C, NULL, C));
    REFUSE(NTK_ERR_SIZE, "m", "0", ntk_flow_predict_at(flow, 1, 0, z, D, f0, C, f, C));
    REFUSE(NTK_ERR_SIZE, "m", "-1", ntk_flow_predict_at(flow, 1, -1, z, D, f0, C, f, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldz", "2", ntk_flow_predict_at(flow, 1, M, z, 2, f0, C, f, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldf0", "0", ntk_flow_predict_at(flow, 1, M, z, D, f0, 0, f, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldf", "1", ntk_flow_predict_at(flow, 1, M, z, D, f0, C, f, 1));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows",
           ntk_flow_predict_at(flow, 1, HUGE_SIZE, z, D, NULL, 0, f, C));
    REFUSE(NTK_ERR_OVERFLOW, "f", "", ntk_flow_predict_at(flow, 1, M, z, D, NULL, 0, f, HUGE_SIZE));
    REFUSE(NTK_ERR_DOMAIN, "t", "-3", ntk_flow_predict_at(flow, -3, M, z, D, f0, C, f, C));
    REFUSE(NTK_ERR_DOMAIN, "t", "", ntk_flow_predict_at(flow, NAN, M, z, D, f0, C, f, C));
    REFUSE(NTK_ERR_ALIAS, "f", "z", ntk_flow_predict_at(flow, 1, M, z, D, f0, C, z + 1, C));
    REFUSE(NTK_ERR_ALIAS, "f", "f0", ntk_flow_predict_at(flow, 1, M, z, D, f0 + 1, C, f0, C));
    REFUSE_NOT_FINITE(z[2 * D + 1], "z[2][1]", ntk_flow_predict_at(flow, 1, M, z, D, f0, C, f, C));
    REFUSE_NOT_FINITE(f0[2 * C + 1], "f0[2][1]", ntk_flow_predict_at(flow, 1, M, z, D, f0, C, f, C));
    WITH(z[D], 1e200, REFUSE(NTK_ERR_RANGE, "z", "", ntk_flow_predict_at(flow, 1, M, z, D, f0, C, f, C)));
    world_destroy(&w);
}
END_TEST

START_TEST(flow_values) {
    world w;
    world_create(&w);
    const double indefinite[] = {1, 2, 2, 1}, tiny[] = {1e-200}, targets[] = {1e200, 1};
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(w.context, 2, 1, indefinite, 2, w.in.y, 1, NTK_LOSS_SQUARED, &flow));
    REFUSE(NTK_ERR_NOT_POSITIVE, "", "-1", ntk_flow_train(flow, 1, w.out, 1));
    REFUSE(NTK_ERR_NOT_POSITIVE, "", "", ntk_flow_train(flow, INFINITY, w.out, 1));
    REFUSE(NTK_ERR_NOT_POSITIVE, "", "-1", ntk_flow_get_rank(flow, &w.integer));
    REFUSE(NTK_ERR_NOT_POSITIVE, "", "", ntk_flow_get_coefficients(flow, 1, w.out, 1));
    ntk_flow_destroy(flow);
    /* a = y / K is out of range, though f = y is not */
    ASSERT_OK(ntk_flow_create(w.context, 1, 1, tiny, 1, targets, 1, NTK_LOSS_SQUARED, &flow));
    REFUSE(NTK_ERR_RANGE, "", "", ntk_flow_get_coefficients(flow, INFINITY, w.out, 1));
    ntk_flow_destroy(flow);
    ASSERT_OK(ntk_flow_train(w.flow, -0.0, w.out, C)); /* -0 is 0 */
    world_destroy(&w);
}
END_TEST

/* ---- Gaussian process ---- */

START_TEST(gp_create) {
    world w;
    world_create(&w);
    ntk_context *const ctx = w.context;
    double *const gram = w.in.gram, *const y = w.in.y;
    ntk_gp **const out = MADE(ntk_gp);
    const double indefinite[] = {1, 2, 2, 1};
    REFUSE(NTK_ERR_NULL, "gram", "NULL", ntk_gp_create(ctx, N, C, NULL, N, y, C, 0.1, out));
    REFUSE(NTK_ERR_NULL, "y", "NULL", ntk_gp_create(ctx, N, C, gram, N, NULL, C, 0.1, out));
    REFUSE(NTK_ERR_NULL, "out", "NULL", ntk_gp_create(ctx, N, C, gram, N, y, C, 0.1, NULL));
    REFUSE(NTK_ERR_SIZE, "n", "0", ntk_gp_create(ctx, 0, C, gram, N, y, C, 0.1, out));
    REFUSE(NTK_ERR_SIZE, "n", "-1", ntk_gp_create(ctx, -1, C, gram, N, y, C, 0.1, out));
    REFUSE(NTK_ERR_SIZE, "c", "0", ntk_gp_create(ctx, N, 0, gram, N, y, C, 0.1, out));
    REFUSE(NTK_ERR_SIZE, "c", "-1", ntk_gp_create(ctx, N, -1, gram, N, y, C, 0.1, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", "3", ntk_gp_create(ctx, N, C, gram, 3, y, C, 0.1, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldy", "1", ntk_gp_create(ctx, N, C, gram, N, y, 1, 0.1, out));
    REFUSE(NTK_ERR_OVERFLOW, "gram", "", ntk_gp_create(ctx, LARGEST_INT32, 1, gram, LARGEST_INT32, y, 1, 0.1, out));
    REFUSE(NTK_ERR_OVERFLOW, "gram", "", ntk_gp_create(ctx, N, C, gram, HUGE_SIZE, y, C, 0.1, out));
    REFUSE(NTK_ERR_OVERFLOW, "y", "", ntk_gp_create(ctx, N, C, gram, N, y, HUGE_SIZE, 0.1, out));
    REFUSE(NTK_ERR_DOMAIN, "noise_variance", "0", ntk_gp_create(ctx, N, C, gram, N, y, C, 0, out));
    REFUSE(NTK_ERR_DOMAIN, "noise_variance", "-0.1", ntk_gp_create(ctx, N, C, gram, N, y, C, -0.1, out));
    REFUSE(NTK_ERR_DOMAIN, "noise_variance", "inf", ntk_gp_create(ctx, N, C, gram, N, y, C, INFINITY, out));
    REFUSE(NTK_ERR_DOMAIN, "noise_variance", "", ntk_gp_create(ctx, N, C, gram, N, y, C, NAN, out));
    REFUSE_NOT_FINITE(gram[2 * N + 1], "gram[2][1]", ntk_gp_create(ctx, N, C, gram, N, y, C, 0.1, out));
    REFUSE_NOT_FINITE(y[2 * C + 1], "y[2][1]", ntk_gp_create(ctx, N, C, gram, N, y, C, 0.1, out));
    WITH(gram[2 * N], gram[2 * N] - 1e-6,
         REFUSE(NTK_ERR_NOT_SYMMETRIC, "gram[2][0]", "gram[0][2]", ntk_gp_create(ctx, N, C, gram, N, y, C, 0.1, out)));
    REFUSE(NTK_ERR_NOT_POSITIVE, "", "", ntk_gp_create(ctx, 2, 1, indefinite, 2, y, 1, 0.5, out));
    world_destroy(&w);
}
END_TEST

START_TEST(gp_create_from_kernel) {
    world w;
    world_create(&w);
    ntk_kernel *const kernel = w.kernel;
    double *const x = w.in.x, *const y = w.in.y;
    ntk_gp **const out = MADE(ntk_gp);
    REFUSE_NULL(ntk_gp_create_from_kernel(NULL, N, x, D, C, y, C, 0.1, out));
    REFUSE(NTK_ERR_NULL, "x", "NULL", ntk_gp_create_from_kernel(kernel, N, NULL, D, C, y, C, 0.1, out));
    REFUSE(NTK_ERR_NULL, "y", "NULL", ntk_gp_create_from_kernel(kernel, N, x, D, C, NULL, C, 0.1, out));
    REFUSE(NTK_ERR_NULL, "out", "NULL", ntk_gp_create_from_kernel(kernel, N, x, D, C, y, C, 0.1, NULL));
    REFUSE(NTK_ERR_SIZE, "n", "-1", ntk_gp_create_from_kernel(kernel, -1, x, D, C, y, C, 0.1, out));
    REFUSE(NTK_ERR_SIZE, "c", "0", ntk_gp_create_from_kernel(kernel, N, x, D, 0, y, C, 0.1, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", "2", ntk_gp_create_from_kernel(kernel, N, x, 2, C, y, C, 0.1, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldy", "1", ntk_gp_create_from_kernel(kernel, N, x, D, C, y, 1, 0.1, out));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows",
           ntk_gp_create_from_kernel(kernel, HUGE_SIZE, x, D, C, y, C, 0.1, out));
    REFUSE(NTK_ERR_OVERFLOW, "", "", ntk_gp_create_from_kernel(kernel, LARGEST_INT32, x, D, 1, y, 1, 0.1, out));
    REFUSE(NTK_ERR_DOMAIN, "noise_variance", "-2", ntk_gp_create_from_kernel(kernel, N, x, D, C, y, C, -2, out));
    REFUSE_NOT_FINITE(x[2 * D + 1], "x[2][1]", ntk_gp_create_from_kernel(kernel, N, x, D, C, y, C, 0.1, out));
    REFUSE_NOT_FINITE(y[2 * C + 1], "y[2][1]", ntk_gp_create_from_kernel(kernel, N, x, D, C, y, C, 0.1, out));
    WITH(x[D], 1e200, REFUSE(NTK_ERR_RANGE, "x", "", ntk_gp_create_from_kernel(kernel, N, x, D, C, y, C, 0.1, out)));
    world_destroy(&w);
}
END_TEST

START_TEST(gp_predict) {
    world w;
    world_create(&w);
    ntk_gp *const gp = w.gp;
    double *const cross = w.in.cross, *const prior = w.in.prior, *const mean = w.out, *const variance = w.variance;
    REFUSE_NULL(ntk_gp_predict(NULL, M, cross, N, prior, mean, C, variance));
    REFUSE(NTK_ERR_NULL, "cross", "NULL", ntk_gp_predict(gp, M, NULL, N, prior, mean, C, variance));
    REFUSE(NTK_ERR_NULL, "prior_diag", "NULL", ntk_gp_predict(gp, M, cross, N, NULL, mean, C, variance));
    REFUSE(NTK_ERR_SIZE, "m", "0", ntk_gp_predict(gp, 0, cross, N, prior, mean, C, variance));
    REFUSE(NTK_ERR_SIZE, "m", "-1", ntk_gp_predict(gp, -1, cross, N, prior, mean, C, variance));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", "3", ntk_gp_predict(gp, M, cross, 3, prior, mean, C, variance));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldm", "1", ntk_gp_predict(gp, M, cross, N, prior, mean, 1, variance));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows",
           ntk_gp_predict(gp, HUGE_SIZE, cross, N, prior, mean, C, variance));
    REFUSE(NTK_ERR_OVERFLOW, "cross", "", ntk_gp_predict(gp, M, cross, HUGE_SIZE, prior, mean, C, variance));
    REFUSE(NTK_ERR_OVERFLOW, "mean", "", ntk_gp_predict(gp, M, cross, N, prior, mean, HUGE_SIZE, variance));
    REFUSE(NTK_ERR_ALIAS, "mean", "cross", ntk_gp_predict(gp, M, cross, N, prior, cross, C, variance));
    REFUSE(NTK_ERR_ALIAS, "variance", "cross", ntk_gp_predict(gp, M, cross, N, prior, mean, C, cross + 3));
    REFUSE(NTK_ERR_ALIAS, "mean", "prior_diag", ntk_gp_predict(gp, M, cross, N, prior, prior, C, variance));
    REFUSE(NTK_ERR_ALIAS, "variance", "mean", ntk_gp_predict(gp, M, cross, N, prior, mean, C, mean + 1));
    REFUSE_NOT_FINITE(cross[2 * N + 1], "cross[2][1]", ntk_gp_predict(gp, M, cross, N, prior, mean, C, variance));
    REFUSE_NOT_FINITE(prior[2], "prior_diag[2]", ntk_gp_predict(gp, M, cross, N, prior, mean, C, variance));
    world_destroy(&w);
}
END_TEST

START_TEST(gp_predict_at_and_evidence) {
    world w;
    world_create(&w);
    ntk_gp *const gp = w.gp_at;
    double *const z = w.in.z, *const mean = w.out, *const variance = w.variance;
    REFUSE_NULL(ntk_gp_predict_at(NULL, M, z, D, mean, C, variance));
    REFUSE(NTK_ERR_UNSUPPORTED, "", "", ntk_gp_predict_at(w.gp, M, z, D, mean, C, variance));
    REFUSE(NTK_ERR_NULL, "z", "NULL", ntk_gp_predict_at(gp, M, NULL, D, mean, C, variance));
    REFUSE(NTK_ERR_SIZE, "m", "0", ntk_gp_predict_at(gp, 0, z, D, mean, C, variance));
    REFUSE(NTK_ERR_SIZE, "m", "-1", ntk_gp_predict_at(gp, -1, z, D, mean, C, variance));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldz", "2", ntk_gp_predict_at(gp, M, z, 2, mean, C, variance));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldm", "1", ntk_gp_predict_at(gp, M, z, D, mean, 1, variance));
    REFUSE(NTK_ERR_OVERFLOW, "9223372036854775807", "rows", ntk_gp_predict_at(gp, HUGE_SIZE, z, D, mean, C, variance));
    REFUSE(NTK_ERR_OVERFLOW, "mean", "", ntk_gp_predict_at(gp, M, z, D, mean, HUGE_SIZE, variance));
    REFUSE(NTK_ERR_ALIAS, "mean", "z", ntk_gp_predict_at(gp, M, z, D, z, C, variance));
    REFUSE(NTK_ERR_ALIAS, "variance", "z", ntk_gp_predict_at(gp, M, z, D, mean, C, z));
    REFUSE(NTK_ERR_ALIAS, "variance", "mean", ntk_gp_predict_at(gp, M, z, D, mean, C, mean));
    REFUSE_NOT_FINITE(z[2 * D + 1], "z[2][1]", ntk_gp_predict_at(gp, M, z, D, mean, C, variance));
    WITH(z[D], 1e200, REFUSE(NTK_ERR_RANGE, "z", "", ntk_gp_predict_at(gp, M, z, D, mean, C, variance)));
    REFUSE_NULL(ntk_gp_log_evidence(NULL, mean));
    REFUSE(NTK_ERR_NULL, "value", "NULL", ntk_gp_log_evidence(gp, NULL));
    world_destroy(&w);
}
END_TEST

SUITE("bad input", context_functions, activation_create, activation_evaluate_and_names, mlp_create, mlp_setters,
      mlp_getters, kernel_create_and_getters, kernel_gram, kernel_cross, kernel_diagonal, kernel_apply,
      kernel_values_out_of_range, product_out_of_range, flow_create, flow_create_from_kernel, flow_settings,
      flow_outputs, flow_predict, flow_predict_at, flow_values, gp_create, gp_create_from_kernel, gp_predict,
      gp_predict_at_and_evidence)
