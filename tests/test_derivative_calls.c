/* Derivatives of the kernel: predictors and threads, memory, bad input, cancellation. */
#include "tests/derivative_networks.h"

/* ---- predictors ---- */

enum { LONG = 300, WIDE_D = 70, OUTPUTS = 3, PAD = 2 };

/* The sum over pairs, among them equal and near ones, in several blocks and chunks, whatever the number of threads. A
 * sum of 300 terms, in another order. */
START_TEST(predictors) {
    ntk_context *const context = make_context();
    const int64_t n = suite_size(LONG, 70), m = suite_size(90, 20);
    double *const x = suite_doubles(LONG * (WIDE_D + PAD)), *const z = suite_doubles(90 * (WIDE_D + PAD));
    double *const a = suite_doubles(90 * (OUTPUTS + PAD)), *const gradient = suite_doubles(LONG * 90 * WIDE_D);
    double *const out = suite_doubles(LONG * OUTPUTS * WIDE_D), *const again = suite_doubles(LONG * OUTPUTS * WIDE_D);
    uint64_t seed = 46;
    suite_fill(&seed, LONG * (WIDE_D + PAD), x);
    suite_fill(&seed, 90 * (WIDE_D + PAD), z);
    suite_fill(&seed, 90 * (OUTPUTS + PAD), a);
    for (int i = 0; i < WIDE_D; i++) {
        z[i] = x[i];
        z[WIDE_D + PAD + i] = x[i] + (i % 7) * 1e-7;
        z[2 * (WIDE_D + PAD) + i] = -x[i] + (i % 5) * 1e-3;
    }
    for (int32_t type = 0; type < 2; type++) {
        ntk_kernel *const kernel = suite_kernel(context, WIDE_D, 3, NTK_ACTIVATION_RELU, 1.5, 0, type);
        ASSERT_OK(ntk_context_set_threads(context, 1));
        ASSERT_OK(ntk_kernel_cross_gradient(kernel, n, x, WIDE_D + PAD, m, z, WIDE_D + PAD, gradient));
        ASSERT_OK(
            ntk_kernel_apply_gradient(kernel, n, x, WIDE_D + PAD, m, z, WIDE_D + PAD, OUTPUTS, a, OUTPUTS + PAD, out));
        for (int64_t i = 0; i < n * OUTPUTS * WIDE_D; i++) {
            const int64_t row = i / (OUTPUTS * WIDE_D), p = i / WIDE_D % OUTPUTS, e = i % WIDE_D;
            double sum = 0, size = 0;
            for (int64_t j = 0; j < m; j++) {
                const double term = a[j * (OUTPUTS + PAD) + p] * gradient[(row * m + j) * WIDE_D + e];
                sum += term;
                size += fabs(term);
            }
            /* the two parts of a gradient may each be some times as large as it is */
            ASSERT_CLOSE(out[i], sum, 64 * DBL_EPSILON * (size + 1));
        }
        ASSERT_OK(ntk_context_set_threads(context, 3));
        ASSERT_OK(ntk_kernel_apply_gradient(kernel, n, x, WIDE_D + PAD, m, z, WIDE_D + PAD, OUTPUTS, a, OUTPUTS + PAD,
                                            again));
        ASSERT_SAME_BITS(out, again, n * OUTPUTS * WIDE_D);
        ntk_kernel_destroy(kernel);
    }
    free(x);
    free(z);
    free(a);
    free(gradient);
    free(out);
    free(again);
    ntk_context_destroy(context);
}
END_TEST

/* ---- what is refused ---- */

typedef struct {
    ntk_context *context;
    ntk_kernel *kernel;
    double x[N * D], z[M * D], a[M], out[N * M * D];
} world;

static void world_create(world *w, ntk_context *context) {
    w->context = context;
    w->kernel = make_kernel(context, NTK_ACTIVATION_TANH, NTK_KERNEL_NTK, &usual);
    make_rows(47, w->x, w->z);
    suite_fill(&(uint64_t){48}, M, w->a);
    suite_fill_canary(N * M * D, w->out);
}

enum { CALLS = 5 };

static ntk_status call(world *w, int which) {
    ntk_kernel *const kernel = w->kernel;
    switch (which) {
    case 0:
        return ntk_kernel_cross_gradient(kernel, N, w->x, D, M, w->z, D, w->out);
    case 1:
        return ntk_kernel_apply_gradient(kernel, N, w->x, D, M, w->z, D, 1, w->a, 1, w->out);
    case 2:
        return ntk_kernel_cross_derivative(kernel, NTK_STD_WEIGHT, 1, N, w->x, D, M, w->z, D, w->out, M);
    case 3:
        return ntk_kernel_gram_derivative(kernel, NTK_STD_BIAS, 2, N, w->x, D, w->out, N);
    default:
        return ntk_kernel_diagonal_derivative(kernel, NTK_STD_WEIGHT, DEPTH, N, w->x, D, w->out);
    }
}

/* Each allocation fails in turn: nothing is written, nothing leaks, and the same call then works. */
START_TEST(out_of_memory) {
    for (int which = 0; which < CALLS; which++) {
        suite_tracker tracker;
        ntk_context *context = NULL;
        world w;
        suite_tracker_init(&tracker);
        ASSERT_OK(ntk_context_create_with_allocator(&tracker.allocator, &context));
        ASSERT_OK(ntk_context_set_threads(context, 1));
        world_create(&w, context);
        const long live = atomic_load(&tracker.live);
        long at = 0;
        for (;; at++) {
            suite_fail_at(&tracker, at, false);
            const ntk_status status = call(&w, which);
            suite_fail_at(&tracker, -1, false);
            if (status == NTK_SUCCESS)
                break;
            ck_assert_int_eq(status, NTK_ERR_NO_MEMORY);
            ck_assert(suite_is_canary(N * M * D, w.out));
            ck_assert_int_eq(atomic_load(&tracker.live), live);
        }
        ck_assert_int_gt(at, 10);
        ck_assert(!suite_is_canary(1, w.out));
        ntk_kernel_destroy(w.kernel);
        ntk_context_destroy(context);
        ck_assert_int_eq(atomic_load(&tracker.live), 0);
    }
}
END_TEST

#define REFUSE(expected, word, call)                                                                       \
    do {                                                                                                   \
        ASSERT_STATUS(expected, call);                                                                     \
        ck_assert(suite_is_canary(N *M *D, w.out));                                                        \
        REQUIRE(suite_mentions(ntk_context_last_error(w.context), word), "\"%s\" does not mention \"%s\"", \
                ntk_context_last_error(w.context), word);                                                  \
    } while (0)

START_TEST(bad_gradients) {
    world w;
    world_create(&w, make_context());
    double *const x = w.x, *const z = w.z, *const a = w.a, *const out = w.out;
    ntk_kernel *const k = w.kernel;
    ck_assert_int_eq(ntk_kernel_cross_gradient(NULL, N, x, D, M, z, D, out), NTK_ERR_NULL);
    ck_assert_int_eq(ntk_kernel_apply_gradient(NULL, N, x, D, M, z, D, 1, a, 1, out), NTK_ERR_NULL);
    REFUSE(NTK_ERR_NULL, "x", ntk_kernel_cross_gradient(k, N, NULL, D, M, z, D, out));
    REFUSE(NTK_ERR_NULL, "z", ntk_kernel_cross_gradient(k, N, x, D, M, NULL, D, out));
    REFUSE(NTK_ERR_NULL, "gradient", ntk_kernel_cross_gradient(k, N, x, D, M, z, D, NULL));
    REFUSE(NTK_ERR_SIZE, "n", ntk_kernel_cross_gradient(k, 0, x, D, M, z, D, out));
    REFUSE(NTK_ERR_SIZE, "m", ntk_kernel_cross_gradient(k, N, x, D, -1, z, D, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", ntk_kernel_cross_gradient(k, N, x, D - 1, M, z, D, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldz", ntk_kernel_cross_gradient(k, N, x, D, M, z, D - 1, out));
    REFUSE(NTK_ERR_OVERFLOW, "gradient", ntk_kernel_cross_gradient(k, INT32_MAX, x, D, INT32_MAX, z, D, out));
    REFUSE(NTK_ERR_ALIAS, "gradient", ntk_kernel_cross_gradient(k, 1, x, D, M, z, D, z + 1));
    REFUSE(NTK_ERR_NULL, "a", ntk_kernel_apply_gradient(k, N, x, D, M, z, D, 1, NULL, 1, out));
    REFUSE(NTK_ERR_NULL, "out", ntk_kernel_apply_gradient(k, N, x, D, M, z, D, 1, a, 1, NULL));
    REFUSE(NTK_ERR_SIZE, "c", ntk_kernel_apply_gradient(k, N, x, D, M, z, D, 0, a, 1, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "lda", ntk_kernel_apply_gradient(k, N, x, D, M, z, D, 2, a, 1, out));
    REFUSE(NTK_ERR_ALIAS, "a", ntk_kernel_apply_gradient(k, 1, x, D, 2, z, D, 1, out, 1, out));
    a[1] = NAN;
    REFUSE(NTK_ERR_NOT_FINITE, "a[1][0]", ntk_kernel_apply_gradient(k, N, x, D, M, z, D, 1, a, 1, out));
    z[D + 2] = INFINITY;
    REFUSE(NTK_ERR_NOT_FINITE, "z[1][2]", ntk_kernel_cross_gradient(k, N, x, D, M, z, D, out));
    x[D] = 1e200;
    z[D + 2] = 0;
    REFUSE(NTK_ERR_RANGE, "range", ntk_kernel_cross_gradient(k, N, x, D, M, z, D, out));
    ntk_kernel_destroy(k);
    ntk_context_destroy(w.context);
}
END_TEST

START_TEST(bad_std_derivatives) {
    world w;
    world_create(&w, make_context());
    double *const x = w.x, *const z = w.z, *const out = w.out;
    ntk_kernel *const k = w.kernel;
    ck_assert_int_eq(ntk_kernel_gram_derivative(NULL, 0, 1, N, x, D, out, N), NTK_ERR_NULL);
    ck_assert_int_eq(ntk_kernel_cross_derivative(NULL, 0, 1, N, x, D, M, z, D, out, M), NTK_ERR_NULL);
    ck_assert_int_eq(ntk_kernel_diagonal_derivative(NULL, 0, 1, N, x, D, out), NTK_ERR_NULL);
    REFUSE(NTK_ERR_ENUM, "which", ntk_kernel_gram_derivative(k, 2, 1, N, x, D, out, N));
    REFUSE(NTK_ERR_ENUM, "which", ntk_kernel_diagonal_derivative(k, -1, 1, N, x, D, out));
    REFUSE(NTK_ERR_SIZE, "layer", ntk_kernel_gram_derivative(k, NTK_STD_BIAS, 0, N, x, D, out, N));
    REFUSE(NTK_ERR_SIZE, "layer", ntk_kernel_cross_derivative(k, NTK_STD_BIAS, DEPTH + 1, N, x, D, M, z, D, out, M));
    REFUSE(NTK_ERR_SIZE, "n", ntk_kernel_diagonal_derivative(k, NTK_STD_BIAS, 1, 0, x, D, out));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", ntk_kernel_gram_derivative(k, NTK_STD_BIAS, 1, N, x, D, out, N - 1));
    REFUSE(NTK_ERR_ALIAS, "dk", ntk_kernel_diagonal_derivative(k, NTK_STD_BIAS, 1, N, x, D, x));
    REFUSE(NTK_ERR_ALIAS, "dk", ntk_kernel_cross_derivative(k, NTK_STD_BIAS, 1, 1, x, D, M, z, D, z, M));
    x[2] = NAN;
    REFUSE(NTK_ERR_NOT_FINITE, "x[0][2]", ntk_kernel_gram_derivative(k, NTK_STD_BIAS, 1, N, x, D, out, N));
    ntk_kernel_destroy(k);
    ntk_context_destroy(w.context);
}
END_TEST

static int32_t some_dual(void *user, int64_t n, const double *q, const double *q_other, const double *k, double *value,
                         double *slope) {
    (void)user, (void)q, (void)q_other;
    for (int64_t i = 0; i < n; i++) {
        value[i] = k[i];
        slope[i] = 1;
    }
    return 0;
}

START_TEST(callers_duals) {
    const int64_t widths[] = {D, 4, 1};
    ntk_activation *activation = NULL;
    ntk_mlp *mlp = NULL;
    world w;
    world_create(&w, make_context());
    ntk_kernel_destroy(w.kernel);
    ASSERT_OK(ntk_activation_create_dual(w.context, some_dual, NULL, &activation));
    ASSERT_OK(ntk_mlp_create(w.context, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 1, activation));
    ASSERT_OK(ntk_kernel_create_analytic(w.context, mlp, NTK_KERNEL_NTK, &w.kernel));
    for (int which = 0; which < CALLS - 1; which++)
        REFUSE(NTK_ERR_UNSUPPORTED, "layer 1", call(&w, which));
    ntk_kernel_destroy(w.kernel);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    ntk_context_destroy(w.context);
}
END_TEST

static int32_t stop_at_the_second(double fraction, const char *phase, void *user) {
    (void)phase, (void)user;
    return fraction > 0;
}

/* Stopped after the first block: what was written must not pass for a result. */
START_TEST(cancelled) {
    ntk_context *const context = make_context();
    ntk_kernel *const kernel = make_kernel(context, NTK_ACTIVATION_RELU, NTK_KERNEL_NTK, &usual);
    static double x[LONG * D], out[LONG * LONG];
    suite_fill(&(uint64_t){49}, LONG * D, x);
    ASSERT_OK(ntk_context_set_progress(context, stop_at_the_second, NULL));
    suite_fill_canary(LONG * LONG, out);
    ASSERT_STATUS(NTK_ERR_CANCELLED, ntk_kernel_cross_gradient(kernel, LONG, x, D, M, x, D, out));
    for (int i = 0; i < LONG * M * D; i++)
        ck_assert(isnan(out[i]));
    ck_assert(suite_is_canary(LONG * LONG - LONG * M * D, out + LONG * M * D));
    ASSERT_STATUS(NTK_ERR_CANCELLED, ntk_kernel_gram_derivative(kernel, NTK_STD_WEIGHT, 1, LONG, x, D, out, LONG));
    for (int i = 0; i < LONG * LONG; i++)
        ck_assert(isnan(out[i]));
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
}
END_TEST

SUITE("derivative_calls", predictors, out_of_memory, bad_gradients, bad_std_derivatives, callers_duals, cancelled)
