/* Calls of empirical kernels: refusals, cancellation, overflow, failing allocations, threads. */
#include "tests/empirical_networks.h"

enum { N = 12, M = 7 };

/* ---- calls of every kind ---- */

typedef struct {
    ntk_kernel *kernel;
    ntk_context *context;
    double *x, *z, *a, *out;
    float *narrow_x, *narrow_z, *narrow_a, *narrow_out;
} workplace;

enum { MOST = N * N * OUTPUTS * OUTPUTS };

static workplace open_workplace(ntk_context *context, int32_t kind, int32_t form) {
    workplace own = {.context = context, .x = inputs_of(N, 1), .z = inputs_of(M, 2), .out = suite_doubles(MOST)};
    uint64_t seed = 4;
    own.a = suite_doubles(N * OUTPUTS);
    suite_fill(&seed, N * OUTPUTS, own.a);
    own.narrow_x = floats_of(N * INPUTS, own.x);
    own.narrow_z = floats_of(M * INPUTS, own.z);
    own.narrow_a = floats_of(N * OUTPUTS, own.a);
    own.narrow_out = malloc(sizeof(float) * MOST);
    ntk_network *const network = network_of(kind, 0);
    ASSERT_OK(ntk_kernel_create_empirical(context, network, NTK_KERNEL_NTK, form, &own.kernel));
    ntk_network_destroy(network);
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

enum { GRAM, CROSS, DIAGONAL, PACKED, APPLY, GRAM_F32, CROSS_F32, DIAGONAL_F32, APPLY_F32, CALLS };

static ntk_status call(const workplace *own, int which) {
    const int64_t block = block_of(own->kernel), n = N * block, m = M * block;
    switch (which) {
    case GRAM:
        return ntk_kernel_gram(own->kernel, N, own->x, INPUTS, own->out, n);
    case CROSS:
        return ntk_kernel_cross(own->kernel, N, own->x, INPUTS, M, own->z, INPUTS, own->out, m);
    case DIAGONAL:
        return ntk_kernel_diagonal(own->kernel, N, own->x, INPUTS, own->out);
    case PACKED:
        return ntk_kernel_gram_packed(own->kernel, N, own->x, INPUTS, own->out);
    case APPLY:
        return ntk_kernel_apply(own->kernel, M, own->z, INPUTS, N, own->x, INPUTS, 1, own->a, 1, own->out, 1);
    case GRAM_F32:
        return ntk_kernel_gram_f32(own->kernel, N, own->narrow_x, INPUTS, own->narrow_out, n);
    case CROSS_F32:
        return ntk_kernel_cross_f32(own->kernel, N, own->narrow_x, INPUTS, M, own->narrow_z, INPUTS, own->narrow_out,
                                    m);
    case DIAGONAL_F32:
        return ntk_kernel_diagonal_f32(own->kernel, N, own->narrow_x, INPUTS, own->narrow_out);
    default:
        return ntk_kernel_apply_f32(own->kernel, M, own->narrow_z, INPUTS, N, own->narrow_x, INPUTS, 1, own->narrow_a,
                                    1, own->narrow_out, 1);
    }
}

/* Calls that write into the caller's matrix as they go. */
static bool writes_as_it_goes(int which) {
    return which == GRAM || which == CROSS || which == PACKED || which == GRAM_F32 || which == CROSS_F32;
}

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

static const int32_t all_forms[] = {NTK_OUTPUT_TRACE, NTK_OUTPUT_FULL, NTK_OUTPUT_ONE};

START_TEST(cancellation) {
    for (int f = 0; f < 3; f++) {
        ntk_context *context = NULL;
        ASSERT_OK(ntk_context_create(&context));
        workplace own = open_workplace(context, NTK_ACTIVATION_RELU, all_forms[f]);
        for (int which = 0; which < CALLS; which++) {
            listener all = {0, -1, 0, false};
            ASSERT_OK(ntk_context_set_progress(context, listen, &all));
            ASSERT_OK(call(&own, which));
            REQUIRE(!all.wrong && all.last == 1 && all.count >= 2, "call %d: %d reports, the last %g", which, all.count,
                    all.last);
            for (int at = 0; at < all.count; at++) {
                listener some = {0, at, 0, false};
                suite_fill_canary(MOST, own.out);
                ASSERT_OK(ntk_context_set_progress(context, listen, &some));
                ASSERT_STATUS(NTK_ERR_CANCELLED, call(&own, which));
                ck_assert(at > 0 && writes_as_it_goes(which) ? isnan(own.out[0]) : suite_is_canary(MOST, own.out));
            }
            ASSERT_OK(ntk_context_set_progress(context, NULL, NULL));
            ASSERT_OK(call(&own, which)); /* usable as before */
        }
        close_workplace(&own);
        ntk_context_destroy(context);
    }
}
END_TEST

/* Creation and every call with each allocation failing in turn. */
START_TEST(no_memory) {
    for (int f = 0; f < 3; f++) {
        suite_tracker tracker;
        ntk_context *context = NULL;
        suite_tracker_init(&tracker);
        ASSERT_OK(ntk_context_create_with_allocator(&tracker.allocator, &context));
        ASSERT_OK(ntk_context_set_threads(context, 1)); /* without a pool a loop goes on */
        const long empty = atomic_load(&tracker.live);
        ntk_network *const network = network_of(NTK_ACTIVATION_ERF, 0);
        ntk_kernel *kernel = NULL;
        ntk_status status = NTK_ERR_NO_MEMORY;
        for (long at = 0; status != NTK_SUCCESS; at++) {
            suite_fail_at(&tracker, at, false);
            status = ntk_kernel_create_empirical(context, network, NTK_KERNEL_NTK, all_forms[f], &kernel);
            ck_assert(status == NTK_SUCCESS || (status == NTK_ERR_NO_MEMORY && kernel == NULL && at < 100));
            ck_assert(status == NTK_SUCCESS || atomic_load(&tracker.live) == empty);
        }
        ntk_kernel_destroy(kernel);
        ntk_network_destroy(network);
        suite_fail_at(&tracker, -1, false);
        workplace own = open_workplace(context, NTK_ACTIVATION_ERF, all_forms[f]);
        const long live = atomic_load(&tracker.live);
        for (int which = 0; which < CALLS; which++) {
            status = NTK_ERR_NO_MEMORY;
            for (long at = 0; status != NTK_SUCCESS; at++) {
                suite_fill_canary(MOST, own.out);
                suite_fail_at(&tracker, at, false);
                status = call(&own, which);
                ck_assert(status == NTK_SUCCESS || (status == NTK_ERR_NO_MEMORY && at < 100));
                ck_assert(status == NTK_SUCCESS || suite_is_canary(MOST, own.out));
                ck_assert_int_eq(atomic_load(&tracker.live), live);
            }
        }
        suite_fail_at(&tracker, -1, false);
        close_workplace(&own);
        ntk_context_destroy(context);
        ck_assert_int_eq(atomic_load(&tracker.live), 0);
    }
}
END_TEST

/* ---- refusals ---- */

#define REFUSE(expected, words, call_)                                                                                \
    do {                                                                                                              \
        ASSERT_STATUS(expected, call_);                                                                               \
        const char *const sentence_ = ntk_context_last_error(own.context);                                            \
        REQUIRE(strstr(sentence_, words) != NULL, "%s\n    \"%s\" says nothing of \"%s\"", #call_, sentence_, words); \
    } while (0)

START_TEST(refused_creations) {
    workplace own = {0};
    ntk_network *const network = network_of(NTK_ACTIVATION_RELU, 0);
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_context_create(&own.context));
    REFUSE(NTK_ERR_NULL, "network is NULL", ntk_kernel_create_empirical(own.context, NULL, 0, 0, &kernel));
    REFUSE(NTK_ERR_NULL, "out is NULL", ntk_kernel_create_empirical(own.context, network, 0, 0, NULL));
    REFUSE(NTK_ERR_ENUM, "type is 2", ntk_kernel_create_empirical(own.context, network, 2, 0, &kernel));
    REFUSE(NTK_ERR_ENUM, "output_form is 4", ntk_kernel_create_empirical(own.context, network, 0, 4, &kernel));
    REFUSE(NTK_ERR_ENUM, "output_form is -1", ntk_kernel_create_empirical(own.context, network, 1, -1, &kernel));
    ck_assert_ptr_null(kernel);
    ntk_network_destroy(network);
    ntk_context_destroy(own.context);
}
END_TEST

static int32_t square(void *user, int64_t n, const double *x, double *y) {
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] * x[i];
    return user != NULL && --*(int *)user < 0;
}

/* With the first layer frozen its phi' plays no part: nothing changes where there is none, in a matrix and in products
 * (few columns), and of the next layer it is wanted. */
START_TEST(phi_without_derivative_below) {
    ntk_activation *plain = NULL, *full = NULL;
    ntk_network *network = NULL;
    ntk_kernel *kernel = NULL;
    double *const x = inputs_of(N, 1), *const k = suite_doubles(2 * (N * N + N));
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_TANH, BELOW | SKIPS);
    ASSERT_OK(ntk_activation_create_function(NULL, square, NULL, NULL, &plain));
    ASSERT_OK(ntk_activation_create_function(NULL, square, square, NULL, &full));
    for (int s = 0; s < 2; s++) {
        double *const out = k + s * (N * N + N);
        ASSERT_OK(ntk_mlp_set_activation(mlp, 1, s == 0 ? plain : full));
        ASSERT_OK(ntk_network_create(NULL, mlp, 1, &network));
        kernel = kernel_of(network, NTK_KERNEL_NTK, NTK_OUTPUT_TRACE);
        ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, out, N));
        ASSERT_OK(ntk_kernel_apply(kernel, N, x, INPUTS, N, x, INPUTS, 1, x, 1, out + N * N, 1));
        ntk_kernel_destroy(kernel);
        ntk_network_destroy(network);
    }
    ASSERT_SAME_BITS(k, k + N * N + N, N * N + N);
    ASSERT_OK(ntk_mlp_set_activation(mlp, 2, plain));
    ASSERT_OK(ntk_network_create(NULL, mlp, 1, &network));
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_kernel_create_empirical(NULL, network, NTK_KERNEL_NTK, 0, &kernel));
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(full);
    ntk_activation_destroy(plain);
    free(k);
    free(x);
}
END_TEST

/* phi' is wanted for the NTK alone, and where a hidden layer trains. */
START_TEST(phi_without_derivative) {
    workplace own = {0};
    ntk_activation *activation = NULL;
    ntk_network *network = NULL;
    ntk_kernel *kernel = NULL;
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_RELU, 0), *const frozen = mlp_of(NTK_ACTIVATION_RELU, FROZEN);
    ASSERT_OK(ntk_context_create(&own.context));
    ASSERT_OK(ntk_activation_create_function(own.context, square, NULL, NULL, &activation));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 2, activation));
    ASSERT_OK(ntk_mlp_set_activation(frozen, 2, activation));
    ASSERT_OK(ntk_network_create(own.context, mlp, 1, &network));
    REFUSE(NTK_ERR_UNSUPPORTED, "layer 2",
           ntk_kernel_create_empirical(own.context, network, NTK_KERNEL_NTK, 0, &kernel));
    ASSERT_OK(ntk_kernel_create_empirical(own.context, network, NTK_KERNEL_NNGP, 0, &kernel));
    ntk_kernel_destroy(kernel);
    ntk_network_destroy(network);
    ASSERT_OK(ntk_network_create(own.context, frozen, 1, &network));
    ASSERT_OK(ntk_kernel_create_empirical(own.context, network, NTK_KERNEL_NTK, 0, &kernel));
    double *const x = inputs_of(N, 1), *const k = suite_doubles(N * N);
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, k, N));
    ntk_kernel_destroy(kernel);
    ntk_network_destroy(network);
    ntk_mlp_destroy(frozen);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    ntk_context_destroy(own.context);
    free(k);
    free(x);
}
END_TEST

/* What the caller's phi reports ends the call, after which the matrix holds NaN. */
START_TEST(failing_phi) {
    int calls = 1000;
    ntk_activation *activation = NULL;
    ntk_network *network = NULL;
    ntk_kernel *kernel = NULL;
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_RELU, 0);
    double *const x = inputs_of(N, 1), *const k = suite_doubles(N * N);
    ASSERT_OK(ntk_activation_create_function(NULL, square, square, &calls, &activation));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 0, activation));
    ASSERT_OK(ntk_network_create(NULL, mlp, 1, &network));
    ASSERT_OK(ntk_kernel_create_empirical(NULL, network, NTK_KERNEL_NTK, NTK_OUTPUT_TRACE, &kernel));
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, k, N));
    calls = 1;
    ASSERT_STATUS(NTK_ERR_CALLBACK, ntk_kernel_gram(kernel, N, x, INPUTS, k, N));
    ck_assert(isnan(k[0]) && isnan(k[N * N - 1]));
    ck_assert_int_eq(calls, -1);
    ntk_kernel_destroy(kernel);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    free(k);
    free(x);
}
END_TEST

START_TEST(refused_calls) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    workplace own = open_workplace(context, NTK_ACTIVATION_RELU, NTK_OUTPUT_FULL);
    ntk_kernel *const k = own.kernel;
    const ntk_layer_values values = {sizeof(values), 1, own.out, NULL};
    double *const x = own.x, *const out = own.out;
    int64_t block = 0;
    suite_fill_canary(MOST, out);
    REFUSE(NTK_ERR_UNSUPPORTED, "finite network", ntk_kernel_gram_layers(k, 2, x, INPUTS, 1, &values, 6));
    REFUSE(NTK_ERR_UNSUPPORTED, "layers", ntk_kernel_cross_layers(k, 2, x, INPUTS, 2, x, INPUTS, 1, &values, 6));
    REFUSE(NTK_ERR_UNSUPPORTED, "layers", ntk_kernel_diagonal_layers(k, 2, x, INPUTS, 1, &values));
    REFUSE(NTK_ERR_UNSUPPORTED, "series", ntk_kernel_set_tolerance(k, 1e-6));
    REFUSE(NTK_ERR_UNSUPPORTED, "series", ntk_kernel_set_most_terms(k, 100));
    REFUSE(NTK_ERR_UNSUPPORTED, "analytic", ntk_kernel_gram_derivative(k, 0, 1, 2, x, INPUTS, out, 6));
    REFUSE(NTK_ERR_UNSUPPORTED, "outputs to choose", ntk_kernel_set_outputs(k, 0, 0));
    REFUSE(NTK_ERR_NULL, "block is NULL", ntk_kernel_get_block(k, NULL));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk is 5; it must be at least 6", ntk_kernel_gram(k, 2, x, INPUTS, out, 5));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk is 8", ntk_kernel_cross(k, 2, x, INPUTS, 3, x, INPUTS, out, 8));
    REFUSE(NTK_ERR_ALIAS, "out overlaps a",
           ntk_kernel_apply(k, 1, x, INPUTS, 1, x, INPUTS, 1, out + 2, 1, out, 1)); /* a has 3 rows */
    REFUSE(NTK_ERR_OVERFLOW, "k: 3298534883328 rows",
           ntk_kernel_gram(k, INT64_C(1) << 40, x, INPUTS, out, INT64_C(1) << 50));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_get_block(NULL, &block));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_set_outputs(NULL, 0, 0));
    ck_assert(suite_is_canary(MOST, out));
    close_workplace(&own);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(outputs) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    workplace own = open_workplace(context, NTK_ACTIVATION_RELU, NTK_OUTPUT_PAIR);
    ntk_flow *flow = NULL;
    const char *const symmetric = "not symmetric";
    suite_fill_canary(MOST, own.out);
    REFUSE(NTK_ERR_UNSUPPORTED, symmetric, call(&own, GRAM));
    REFUSE(NTK_ERR_UNSUPPORTED, symmetric, call(&own, PACKED));
    REFUSE(NTK_ERR_UNSUPPORTED, symmetric, call(&own, DIAGONAL));
    REFUSE(NTK_ERR_UNSUPPORTED, symmetric, call(&own, GRAM_F32));
    REFUSE(NTK_ERR_UNSUPPORTED, symmetric, call(&own, DIAGONAL_F32));
    REFUSE(NTK_ERR_UNSUPPORTED, symmetric,
           ntk_flow_create_from_kernel(own.kernel, N, own.x, INPUTS, 1, own.a, 1, NTK_LOSS_SQUARED, &flow));
    ck_assert(suite_is_canary(MOST, own.out));
    ASSERT_OK(call(&own, CROSS));
    REFUSE(NTK_ERR_SIZE, "a is 3; the network has outputs 0 to 2", ntk_kernel_set_outputs(own.kernel, 3, 0));
    REFUSE(NTK_ERR_SIZE, "b is -1", ntk_kernel_set_outputs(own.kernel, 0, -1));
    close_workplace(&own);
    own = open_workplace(context, NTK_ACTIVATION_RELU, NTK_OUTPUT_ONE);
    REFUSE(NTK_ERR_SIZE, "NTK_OUTPUT_ONE has one output", ntk_kernel_set_outputs(own.kernel, 0, 1));
    close_workplace(&own);
    ntk_kernel *const analytic = suite_kernel(context, INPUTS, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NTK);
    REFUSE(NTK_ERR_UNSUPPORTED, "empirical", ntk_kernel_set_outputs(analytic, 0, 0));
    ck_assert_int_eq(block_of(analytic), 1);
    ntk_kernel_destroy(analytic);
    ntk_context_destroy(context);
}
END_TEST

/* ---- overflow ---- */

START_TEST(overflow) {
    const int64_t widths[] = {2, 1};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    ntk_kernel *kernel = NULL;
    const double x[] = {1e160, 1e160, 1, 1};
    const float narrow[] = {1e25f, 1e25f, 1, 1};
    double k[4];
    float k_f32[4], diagonal_f32[2] = {0};
    ASSERT_OK(ntk_mlp_create(NULL, 1, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_network_create(NULL, mlp, 1, &network));
    ASSERT_OK(ntk_kernel_create_empirical(NULL, network, NTK_KERNEL_NTK, NTK_OUTPUT_TRACE, &kernel));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_gram(kernel, 2, x, 2, k, 2));
    ck_assert(isnan(k[0]) && isnan(k[3]));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_gram_f32(kernel, 2, narrow, 2, k_f32, 2));
    ck_assert(isnan(k_f32[0]) && isnan(k_f32[3]));
    suite_fill_canary(4, k);
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_diagonal(kernel, 2, x, 2, k));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_apply(kernel, 2, x, 2, 2, x, 2, 1, x, 2, k, 1));
    ck_assert(suite_is_canary(4, k));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_diagonal_f32(kernel, 2, narrow, 2, diagonal_f32));
    ck_assert(diagonal_f32[0] == 0 && diagonal_f32[1] == 0);
    ASSERT_OK(ntk_kernel_gram(kernel, 1, x + 2, 2, k, 1));
    ASSERT_CLOSE(k[0], 1, 4 * DBL_EPSILON);
    ntk_kernel_destroy(kernel);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
}
END_TEST

/* The number of threads changes no bit of what this library does itself; the BLAS's threads are its own. */
START_TEST(any_number_of_threads) {
    double *const first = suite_doubles(MOST);
    for (int32_t threads = 1; threads <= 3; threads++) {
        ntk_context *context = NULL;
        ASSERT_OK(ntk_context_create(&context));
        ASSERT_OK(ntk_context_set_threads(context, threads));
        workplace own = open_workplace(context, NTK_ACTIVATION_GELU, NTK_OUTPUT_FULL);
        ASSERT_OK(call(&own, GRAM));
        if (threads == 1)
            memcpy(first, own.out, sizeof(double) * MOST);
        ASSERT_SAME_BITS(first, own.out, MOST);
        close_workplace(&own);
        ntk_context_destroy(context);
    }
    free(first);
}
END_TEST

SUITE("empirical_calls", cancellation, no_memory, refused_creations, phi_without_derivative,
      phi_without_derivative_below, failing_phi, refused_calls, outputs, overflow, any_number_of_threads)
