/* Calls of Monte-Carlo kernels: refusals, cancellation, failing allocations. */
#include "tests/empirical_networks.h"

enum { N = 12, M = 7, NETWORKS = 3, COUNT = 2, MOST = 2 * COUNT * N * N };

/* ---- calls of every kind ---- */

typedef struct {
    ntk_kernel *kernel;
    ntk_context *context;
    double *x, *z, *a, *out;
    float *narrow_x, *narrow_z, *narrow_a, *narrow_out;
} workplace;

static workplace open_workplace(ntk_context *context) {
    workplace own = {.context = context, .x = inputs_of(N, 1), .z = inputs_of(M, 2), .out = suite_doubles(MOST)};
    own.a = inputs_of(N, 4);
    own.narrow_x = floats_of(N * INPUTS, own.x);
    own.narrow_z = floats_of(M * INPUTS, own.z);
    own.narrow_a = floats_of(N * INPUTS, own.a);
    own.narrow_out = malloc(sizeof(float) * MOST);
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_RELU, 0);
    ASSERT_OK(ntk_kernel_create_monte_carlo(context, mlp, NTK_KERNEL_NTK, NETWORKS, 1, &own.kernel));
    ntk_mlp_destroy(mlp);
    return own;
}

static void close_workplace(workplace *own) {
    ntk_kernel_destroy(own->kernel);
    free(own->narrow_out);
    free(own->narrow_a);
    free(own->narrow_z);
    free(own->narrow_x);
    free(own->out);
    free(own->a);
    free(own->z);
    free(own->x);
}

static const int64_t counts[COUNT] = {2, 3};

static ntk_status gram(const workplace *own) { return ntk_kernel_gram(own->kernel, N, own->x, INPUTS, own->out, N); }
static ntk_status cross(const workplace *own) {
    return ntk_kernel_cross(own->kernel, N, own->x, INPUTS, M, own->z, INPUTS, own->out, M);
}
static ntk_status gram_estimates(const workplace *own) {
    return ntk_kernel_gram_estimates(own->kernel, N, own->x, INPUTS, COUNT, counts, own->out, N,
                                     own->out + COUNT * N * N, N);
}
static ntk_status cross_estimates(const workplace *own) {
    return ntk_kernel_cross_estimates(own->kernel, N, own->x, INPUTS, M, own->z, INPUTS, COUNT, counts, own->out, M,
                                      NULL, 0);
}
static ntk_status diagonal(const workplace *own) {
    return ntk_kernel_diagonal(own->kernel, N, own->x, INPUTS, own->out);
}
static ntk_status packed(const workplace *own) {
    return ntk_kernel_gram_packed(own->kernel, N, own->x, INPUTS, own->out);
}
static ntk_status apply(const workplace *own) {
    return ntk_kernel_apply(own->kernel, M, own->z, INPUTS, N, own->x, INPUTS, 1, own->a, 1, own->out, 1);
}
static ntk_status gram_f32(const workplace *own) {
    return ntk_kernel_gram_f32(own->kernel, N, own->narrow_x, INPUTS, own->narrow_out, N);
}
static ntk_status cross_f32(const workplace *own) {
    return ntk_kernel_cross_f32(own->kernel, N, own->narrow_x, INPUTS, M, own->narrow_z, INPUTS, own->narrow_out, M);
}
static ntk_status diagonal_f32(const workplace *own) {
    return ntk_kernel_diagonal_f32(own->kernel, N, own->narrow_x, INPUTS, own->narrow_out);
}
static ntk_status apply_f32(const workplace *own) {
    return ntk_kernel_apply_f32(own->kernel, M, own->narrow_z, INPUTS, N, own->narrow_x, INPUTS, 1, own->narrow_a, 1,
                                own->narrow_out, 1);
}

/* `spoils`: how many numbers a call cut short leaves as NaN, since it writes into the caller's matrix as it goes. */
static const struct {
    const char *name;
    ntk_status (*run)(const workplace *own);
    int64_t spoils;
    bool single;
} calls[] = {{"gram", gram, N *N, false},
             {"cross", cross, N *M, false},
             {"gram_estimates", gram_estimates, 2 * COUNT *N *N, false},
             {"cross_estimates", cross_estimates, COUNT *N *M, false},
             {"diagonal", diagonal, 0, false},
             {"packed", packed, N *(N + 1) / 2, false},
             {"apply", apply, 0, false},
             {"gram_f32", gram_f32, N *N, true},
             {"cross_f32", cross_f32, N *M, true},
             {"diagonal_f32", diagonal_f32, 0, true},
             {"apply_f32", apply_f32, 0, true}};
enum { CALLS = sizeof(calls) / sizeof(*calls) };

/* ---- cancellation ---- */

/* Cancels at the report number `at`; notes whether fractions ever fall or leave [0, 1]. */
typedef struct {
    int count, at;
    double last;
    bool wrong;
} listener;

static int32_t listen(double fraction, const char *phase, void *user) {
    listener *const own = user;
    own->wrong = own->wrong || !(fraction >= own->last && fraction <= 1) || strcmp(phase, "kernel") != 0 ||
                 (own->count == 0 && fraction != 0);
    own->last = fraction;
    return own->count++ == own->at;
}

/* The first numbers of the outputs are NaN, and all others untouched. */
static bool is_spoilt(const workplace *own, int64_t doubles, int64_t floats) {
    bool right = suite_is_canary(MOST - doubles, own->out + doubles);
    for (int64_t i = 0; i < doubles; i++)
        right = right && isnan(own->out[i]) && !suite_is_canary(1, own->out + i);
    for (int64_t i = 0; i < MOST; i++)
        right = right && (i < floats ? isnan(own->narrow_out[i]) : own->narrow_out[i] == -7);
    return right;
}

/* Every report can cancel, and the handle then serves as before. */
START_TEST(cancellation) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    workplace own = open_workplace(context);
    for (int which = 0; which < CALLS; which++) {
        listener all = {0, -1, 0, false};
        double *const before = suite_doubles(MOST);
        suite_fill_canary(MOST, own.out);
        ASSERT_OK(ntk_context_set_progress(context, listen, &all));
        ASSERT_OK(calls[which].run(&own));
        memcpy(before, own.out, sizeof(double) * MOST);
        REQUIRE(!all.wrong && all.last == 1 && all.count >= NETWORKS, "%s: %d reports, the last %g", calls[which].name,
                all.count, all.last);
        for (int at = 0; at < all.count; at++) {
            listener some = {0, at, 0, false};
            suite_fill_canary(MOST, own.out);
            for (int64_t i = 0; i < MOST; i++)
                own.narrow_out[i] = -7;
            ASSERT_OK(ntk_context_set_progress(context, listen, &some));
            ASSERT_STATUS(NTK_ERR_CANCELLED, calls[which].run(&own));
            const int64_t spoilt = at > 0 ? calls[which].spoils : 0;
            REQUIRE(is_spoilt(&own, calls[which].single ? 0 : spoilt, calls[which].single ? spoilt : 0),
                    "%s, cancelled at report %d", calls[which].name, at);
        }
        ASSERT_OK(ntk_context_set_progress(context, NULL, NULL));
        suite_fill_canary(MOST, own.out);
        ASSERT_OK(calls[which].run(&own));
        ASSERT_SAME_BITS(before, own.out, MOST);
        free(before);
    }
    close_workplace(&own);
    ntk_context_destroy(context);
}
END_TEST

/* ---- memory ---- */

/* Creation and every call with each allocation failing in turn. */
START_TEST(no_memory) {
    suite_tracker tracker;
    ntk_context *context = NULL;
    suite_tracker_init(&tracker);
    ASSERT_OK(ntk_context_create_with_allocator(&tracker.allocator, &context));
    ASSERT_OK(ntk_context_set_threads(context, 1)); /* without a pool a loop goes on */
    const long empty = atomic_load(&tracker.live);
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_ERF, 0); /* of another context */
    ntk_kernel *kernel = NULL;
    ntk_status status = NTK_ERR_NO_MEMORY;
    for (long at = 0; status != NTK_SUCCESS; at++) {
        suite_fail_at(&tracker, at, false);
        status = ntk_kernel_create_monte_carlo(context, mlp, NTK_KERNEL_NTK, 2, 1, &kernel);
        ck_assert(status == NTK_SUCCESS ? at >= 5 : status == NTK_ERR_NO_MEMORY && kernel == NULL);
        ck_assert(status == NTK_SUCCESS || atomic_load(&tracker.live) == empty);
    }
    suite_fail_at(&tracker, -1, false);
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    ck_assert_int_eq(atomic_load(&tracker.live), empty);
    workplace own = open_workplace(context);
    const long live = atomic_load(&tracker.live);
    for (int which = 0; which < CALLS; which++) {
        status = NTK_ERR_NO_MEMORY;
        for (long at = 0; status != NTK_SUCCESS; at++) {
            suite_fill_canary(MOST, own.out);
            suite_fail_at(&tracker, at, false);
            status = calls[which].run(&own);
            ck_assert(status == NTK_SUCCESS ? at > 0 : status == NTK_ERR_NO_MEMORY && suite_is_canary(MOST, own.out));
            ck_assert_int_eq(atomic_load(&tracker.live), live);
        }
    }
    suite_fail_at(&tracker, -1, false);
    close_workplace(&own);
    ntk_context_destroy(context);
    ck_assert_int_eq(atomic_load(&tracker.live), 0);
}
END_TEST

/* ---- refusals ---- */

#define REFUSE(expected, words, call_)                                                                                \
    do {                                                                                                              \
        ASSERT_STATUS(expected, call_);                                                                               \
        const char *const sentence_ = ntk_context_last_error(context);                                                \
        REQUIRE(strstr(sentence_, words) != NULL, "%s\n    \"%s\" says nothing of \"%s\"", #call_, sentence_, words); \
    } while (0)

static int32_t square(void *user, int64_t n, const double *x, double *y) {
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] * x[i];
    return user != NULL && --*(int *)user < 0;
}

START_TEST(refused_creations) {
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    ntk_kernel *kernel = NULL;
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_RELU, 0);
    ASSERT_OK(ntk_context_create(&context));
    REFUSE(NTK_ERR_NULL, "mlp is NULL", ntk_kernel_create_monte_carlo(context, NULL, 0, 2, 1, &kernel));
    REFUSE(NTK_ERR_NULL, "out is NULL", ntk_kernel_create_monte_carlo(context, mlp, 0, 2, 1, NULL));
    REFUSE(NTK_ERR_ENUM, "type is 2", ntk_kernel_create_monte_carlo(context, mlp, 2, 2, 1, &kernel));
    REFUSE(NTK_ERR_SIZE, "networks is 0", ntk_kernel_create_monte_carlo(context, mlp, 0, 0, 1, &kernel));
    REFUSE(NTK_ERR_SIZE, "networks is -1", ntk_kernel_create_monte_carlo(context, mlp, 0, -1, 1, &kernel));
    ASSERT_OK(ntk_activation_create_function(context, square, NULL, NULL, &activation));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 2, activation));
    REFUSE(NTK_ERR_UNSUPPORTED, "ntk_kernel_create_monte_carlo: the activation of layer 2",
           ntk_kernel_create_monte_carlo(context, mlp, NTK_KERNEL_NTK, 2, 1, &kernel));
    ck_assert_ptr_null(kernel);
    ASSERT_OK(ntk_kernel_create_monte_carlo(context, mlp, NTK_KERNEL_NNGP, 2, 1, &kernel));
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(refused_calls) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    workplace own = open_workplace(context);
    ntk_kernel *const k = own.kernel, *const analytic = suite_kernel(context, INPUTS, 2, NTK_ACTIVATION_RELU, 1, 0, 0);
    const ntk_layer_values values = {sizeof(values), 1, own.out, NULL};
    const int64_t falling[] = {3, 2}, too_many[] = {2, 4}, one[] = {1}, none[] = {0}, two[] = {2};
    double *const x = own.x, *const out = own.out;
    int64_t block = 0, inside[4] = {0};
    suite_fill_canary(MOST, out);
    REFUSE(NTK_ERR_UNSUPPORTED, "layers", ntk_kernel_gram_layers(k, 2, x, INPUTS, 1, &values, 6));
    REFUSE(NTK_ERR_UNSUPPORTED, "series", ntk_kernel_set_tolerance(k, 1e-6));
    REFUSE(NTK_ERR_UNSUPPORTED, "analytic", ntk_kernel_gram_derivative(k, 0, 1, 2, x, INPUTS, out, 6));
    REFUSE(NTK_ERR_UNSUPPORTED, "outputs to choose", ntk_kernel_set_outputs(k, 0, 0));
    REFUSE(NTK_ERR_UNSUPPORTED, "ntk_kernel_create_monte_carlo",
           ntk_kernel_gram_estimates(analytic, 2, x, INPUTS, 1, two, out, 2, NULL, 0));
    REFUSE(NTK_ERR_SIZE, "count is 0", ntk_kernel_gram_estimates(k, 2, x, INPUTS, 0, two, out, 2, NULL, 0));
    REFUSE(NTK_ERR_NULL, "networks is NULL", ntk_kernel_gram_estimates(k, 2, x, INPUTS, 1, NULL, out, 2, NULL, 0));
    REFUSE(NTK_ERR_NULL, "mean is NULL", ntk_kernel_gram_estimates(k, 2, x, INPUTS, 1, two, NULL, 2, out, 2));
    REFUSE(NTK_ERR_SIZE, "networks[1] is 2, and the one before it 3; they must ascend",
           ntk_kernel_gram_estimates(k, 2, x, INPUTS, 2, falling, out, 2, NULL, 0));
    REFUSE(NTK_ERR_SIZE, "networks[1] is 4; it must be from 1 to 3",
           ntk_kernel_gram_estimates(k, 2, x, INPUTS, 2, too_many, out, 2, NULL, 0));
    REFUSE(NTK_ERR_SIZE, "networks[0] is 0; it must be from 1 to 3",
           ntk_kernel_gram_estimates(k, 2, x, INPUTS, 1, none, out, 2, NULL, 0));
    REFUSE(NTK_ERR_SIZE, "networks[0] is 1; one network has no error",
           ntk_kernel_gram_estimates(k, 2, x, INPUTS, 1, one, out, 2, out + 8, 2));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldm is 1", ntk_kernel_gram_estimates(k, 2, x, INPUTS, 1, two, out, 1, NULL, 0));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "lde is 2",
           ntk_kernel_cross_estimates(k, 2, x, INPUTS, 3, x, INPUTS, 1, two, out, 3, out + 9, 2));
    REFUSE(NTK_ERR_ALIAS, "error", ntk_kernel_gram_estimates(k, 2, x, INPUTS, 1, two, out, 2, out + 3, 2));
    REFUSE(NTK_ERR_ALIAS, "mean", ntk_kernel_gram_estimates(k, 2, x, INPUTS, 1, two, x, 2, NULL, 0));
    memcpy(inside, two, sizeof(two));
    REFUSE(NTK_ERR_ALIAS, "the output mean overlaps networks",
           ntk_kernel_gram_estimates(k, 2, x, INPUTS, 1, inside, (double *)(void *)inside, 2, NULL, 0));
    REFUSE(NTK_ERR_ALIAS, "the output error overlaps networks",
           ntk_kernel_cross_estimates(k, 2, x, INPUTS, 2, x, INPUTS, 1, inside, out, 2, (double *)(void *)inside, 2));
    ck_assert(memcmp(inside, two, sizeof(two)) == 0);
    REFUSE(NTK_ERR_OVERFLOW, "mean: 4294967296 rows",
           ntk_kernel_gram_estimates(k, INT64_C(1) << 32, x, INPUTS, 1, two, out, INT64_C(1) << 32, NULL, 0));
    REFUSE(NTK_ERR_SIZE, "m is 0", ntk_kernel_cross_estimates(k, 2, x, INPUTS, 0, x, INPUTS, 1, two, out, 3, NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_gram_estimates(NULL, 2, x, INPUTS, 1, two, out, 2, NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_cross_estimates(NULL, 2, x, INPUTS, 2, x, INPUTS, 1, two, out, 2, NULL, 0));
    x[1] = NAN;
    REFUSE(NTK_ERR_NOT_FINITE, "x[0][1]", ntk_kernel_gram_estimates(k, 2, x, INPUTS, 1, two, out, 2, NULL, 0));
    ck_assert(suite_is_canary(MOST, out));
    ASSERT_OK(ntk_kernel_get_block(k, &block));
    ck_assert_int_eq(block, 1);
    ntk_kernel_destroy(analytic);
    close_workplace(&own);
    ntk_context_destroy(context);
}
END_TEST

/* ---- phi that fails, and many rows ---- */

/* At any of the networks. */
START_TEST(failing_phi) {
    int left = 1 << 20;
    ntk_activation *activation = NULL;
    ntk_kernel *kernel = NULL;
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_RELU, 0);
    double *const x = inputs_of(N, 1), *const k = suite_doubles(N * N);
    ASSERT_OK(ntk_activation_create_function(NULL, square, square, &left, &activation));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 0, activation));
    ASSERT_OK(ntk_kernel_create_monte_carlo(NULL, mlp, NTK_KERNEL_NTK, NETWORKS, 1, &kernel));
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, k, N));
    const int of_call = (1 << 20) - left;
    for (int at = 0; at < of_call; at++) {
        left = at;
        ASSERT_STATUS(NTK_ERR_CALLBACK, ntk_kernel_gram(kernel, N, x, INPUTS, k, N));
        ck_assert(isnan(k[0]) && isnan(k[N * N - 1]));
    }
    left = of_call;
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, k, N));
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    free(k);
    free(x);
}
END_TEST

/* Rows of 4 MB of features, of which 45 make a band: networks are drawn for each of two bands. The sum of two networks is
 * that of their kernels, which are cut in the same way; a half and a difference round once. Not for valgrind: it fills
 * 200 MB ten times. */
START_TEST(several_bands) {
    if (suite_size(1, 0) == 0)
        return;
    enum { ROWS = 50, WIDTH = 1 << 18 };
    const int64_t widths[] = {1, WIDTH, 1}, networks = 2;
    double x[ROWS], *const k = suite_doubles(4 * ROWS * ROWS), *const mean = k + 2 * ROWS * ROWS;
    uint64_t seed = 1;
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    suite_fill(&seed, ROWS, x);
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    for (int m = 0; m < 2; m++) {
        ntk_network *network = NULL;
        ASSERT_OK(ntk_network_create(NULL, mlp, (uint64_t)m, &network));
        kernel = kernel_of(network, NTK_KERNEL_NTK, NTK_OUTPUT_TRACE);
        ASSERT_OK(ntk_kernel_gram(kernel, ROWS, x, 1, k + m * ROWS * ROWS, ROWS));
        ntk_kernel_destroy(kernel);
        ntk_network_destroy(network);
    }
    ASSERT_OK(ntk_kernel_create_monte_carlo(NULL, mlp, NTK_KERNEL_NTK, 2, 0, &kernel));
    ASSERT_OK(ntk_kernel_gram_estimates(kernel, ROWS, x, 1, 1, &networks, mean, ROWS, mean + ROWS * ROWS, ROWS));
    for (int64_t i = 0; i < ROWS; i++)
        for (int64_t j = 0; j < ROWS; j++) {
            const double one = k[i * ROWS + j], other = k[(ROWS + i) * ROWS + j];
            ASSERT_CLOSE(mean[i * ROWS + j], 0.5 * (one + other), 4 * DBL_EPSILON * (fabs(one) + fabs(other)));
            ASSERT_CLOSE(mean[(ROWS + i) * ROWS + j], 0.5 * fabs(one - other),
                         4 * DBL_EPSILON * (fabs(one) + fabs(other)));
            ck_assert(mean[i * ROWS + j] == mean[j * ROWS + i]);
        }
    ASSERT_OK(ntk_kernel_gram(kernel, ROWS, x, 1, k, ROWS));
    ASSERT_SAME_BITS(k, mean, ROWS * ROWS);
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    free(k);
}
END_TEST

SUITE("monte_carlo_calls", cancellation, no_memory, refused_creations, refused_calls, failing_phi, several_bands)
