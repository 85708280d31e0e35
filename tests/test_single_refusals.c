/* Single precision: refusals, cancellation, and memory that runs out. */
#include "tests/suite.h"

/* A network that is evaluated in floats, and one that is rounded from double precision. */
static ntk_kernel *kernel_of(ntk_context *context, bool single, int64_t d) {
    return suite_kernel(context, d, 3, single ? NTK_ACTIVATION_RELU : NTK_ACTIVATION_ERF, 1.4, 0.1, NTK_KERNEL_NTK);
}

static float *random_floats(uint64_t seed, int64_t count) {
    float *const block = malloc(sizeof(float) * (size_t)count);
    ck_assert_ptr_nonnull(block);
    for (int64_t e = 0; e < count; e++)
        block[e] = (float)suite_uniform(&seed);
    return block;
}

/* ---- refusals ---- */

enum { N = 5, M = 4, D = 3, C = 2, OUT = 40 };

static const float untouched = 12345;

static bool all_untouched(const float *out) {
    for (int e = 0; e < OUT; e++)
        if (out[e] != untouched)
            return false;
    return true;
}

#define REFUSE(expected, word, call)                                                                           \
    do {                                                                                                       \
        for (int e_ = 0; e_ < OUT; e_++)                                                                       \
            out[e_] = untouched;                                                                               \
        ASSERT_STATUS(expected, call);                                                                         \
        ck_assert(all_untouched(out));                                                                         \
        REQUIRE(suite_mentions(ntk_context_last_error(context), word), "%s", ntk_context_last_error(context)); \
        REQUIRE(strncmp(ntk_context_last_error(context), #call, strlen("ntk_kernel_gram")) == 0, "%s", #call); \
    } while (0)

START_TEST(bad_arguments) {
    const int64_t huge = INT64_C(1) << 62;
    float x[N * D], z[M * D], a[M * C], out[OUT];
    uint64_t state = 1;
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_kernel *const kernel = kernel_of(context, true, D);
    for (int e = 0; e < N * D; e++) {
        x[e] = (float)suite_uniform(&state);
        z[e % (M * D)] = (float)suite_uniform(&state);
        a[e % (M * C)] = (float)suite_uniform(&state);
    }
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_gram_f32(NULL, N, x, D, out, N));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_cross_f32(NULL, N, x, D, M, z, D, out, M));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_diagonal_f32(NULL, N, x, D, out));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_apply_f32(NULL, N, x, D, M, z, D, C, a, C, out, C));
    REFUSE(NTK_ERR_NULL, "x", ntk_kernel_gram_f32(kernel, N, NULL, D, out, N));
    REFUSE(NTK_ERR_NULL, "k", ntk_kernel_gram_f32(kernel, N, x, D, NULL, N));
    REFUSE(NTK_ERR_SIZE, "n", ntk_kernel_gram_f32(kernel, 0, x, D, out, N));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", ntk_kernel_gram_f32(kernel, N, x, D - 1, out, N));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", ntk_kernel_gram_f32(kernel, N, x, D, out, N - 1));
    REFUSE(NTK_ERR_OVERFLOW, "floats", ntk_kernel_gram_f32(kernel, huge, x, D, out, huge));
    REFUSE(NTK_ERR_OVERFLOW, "k", ntk_kernel_gram_f32(kernel, N, x, D, out, huge));
    REFUSE(NTK_ERR_ALIAS, "x", ntk_kernel_gram_f32(kernel, 3, out + 8, D, out, 3));
    REFUSE(NTK_ERR_NULL, "z", ntk_kernel_cross_f32(kernel, N, x, D, M, NULL, D, out, M));
    REFUSE(NTK_ERR_SIZE, "m", ntk_kernel_cross_f32(kernel, N, x, D, -1, z, D, out, M));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldz", ntk_kernel_cross_f32(kernel, N, x, D, M, z, 0, out, M));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", ntk_kernel_cross_f32(kernel, N, x, D, M, z, D, out, M - 1));
    REFUSE(NTK_ERR_ALIAS, "z", ntk_kernel_cross_f32(kernel, N, x, D, 2, out, D, out + 5, M));
    REFUSE(NTK_ERR_NULL, "diagonal", ntk_kernel_diagonal_f32(kernel, N, x, D, NULL));
    REFUSE(NTK_ERR_SIZE, "n", ntk_kernel_diagonal_f32(kernel, 0, x, D, out));
    REFUSE(NTK_ERR_ALIAS, "diagonal", ntk_kernel_diagonal_f32(kernel, N, out, D, out + 4));
    REFUSE(NTK_ERR_NULL, "a", ntk_kernel_apply_f32(kernel, N, x, D, M, z, D, C, NULL, C, out, C));
    REFUSE(NTK_ERR_SIZE, "c", ntk_kernel_apply_f32(kernel, N, x, D, M, z, D, 0, a, C, out, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "lda", ntk_kernel_apply_f32(kernel, N, x, D, M, z, D, C, a, 1, out, C));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldo", ntk_kernel_apply_f32(kernel, N, x, D, M, z, D, C, a, C, out, 1));
    REFUSE(NTK_ERR_ALIAS, "a", ntk_kernel_apply_f32(kernel, N, x, D, M, z, D, C, out + 9, C, out, C));
    a[3] = NAN;
    REFUSE(NTK_ERR_NOT_FINITE, "a[1][1]", ntk_kernel_apply_f32(kernel, N, x, D, M, z, D, C, a, C, out, C));
    a[3] = FLT_MAX;
    a[1] = FLT_MAX;
    memcpy(z, z + D, sizeof(float) * D);
    memcpy(x, z, sizeof(float) * D);
    x[0] = z[0] = z[D] = 4;
    REFUSE(NTK_ERR_RANGE, "out[0][1]", ntk_kernel_apply_f32(kernel, N, x, D, M, z, D, C, a, C, out, C));
    z[4] = -INFINITY;
    REFUSE(NTK_ERR_NOT_FINITE, "z[1][1]", ntk_kernel_cross_f32(kernel, N, x, D, M, z, D, out, M));
    z[4] = 1e25F;
    REFUSE(NTK_ERR_RANGE, "z[1]", ntk_kernel_cross_f32(kernel, N, x, D, M, z, D, out, M));
    x[5] = NAN;
    REFUSE(NTK_ERR_NOT_FINITE, "x[1][2]", ntk_kernel_gram_f32(kernel, N, x, D, out, N));
    REFUSE(NTK_ERR_NOT_FINITE, "x[1][2]", ntk_kernel_diagonal_f32(kernel, N, x, D, out));
    x[5] = FLT_MAX;
    REFUSE(NTK_ERR_RANGE, "x[1]", ntk_kernel_gram_f32(kernel, N, x, D, out, N));
    REFUSE(NTK_ERR_RANGE, "x[1]", ntk_kernel_diagonal_f32(kernel, N, x, D, out));
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
}
END_TEST

/* ---- progress ---- */

typedef struct {
    int reports, cancel_at;
    double last;
    bool ordered;
} recorder;

static int32_t report(double fraction, const char *phase, void *user) {
    recorder *const record = user;
    (void)phase;
    record->ordered = record->ordered && fraction >= record->last && fraction <= 1;
    record->last = fraction;
    return record->reports++ == record->cancel_at;
}

typedef struct {
    ntk_kernel *kernel;
    int64_t n;
    const float *x;
    float *out;
} work;

static ntk_status run_gram(const work *w) { return ntk_kernel_gram_f32(w->kernel, w->n, w->x, 2, w->out, w->n); }
static ntk_status run_cross(const work *w) {
    return ntk_kernel_cross_f32(w->kernel, w->n, w->x, 2, w->n, w->x, 2, w->out, w->n);
}
static ntk_status run_apply(const work *w) {
    return ntk_kernel_apply_f32(w->kernel, w->n, w->x, 2, w->n, w->x, 2, 1, w->x, 1, w->out, w->n);
}

/* The matrix is untouched when the first report cancels and all NaN when a later one does; the product is untouched. */
static void check_cancellation(ntk_context *context, ntk_status (*run)(const work *), const work *w, bool fills) {
    recorder whole = {0, -1, 0, true};
    ASSERT_OK(ntk_context_set_progress(context, report, &whole));
    ASSERT_OK(run(w));
    ck_assert(whole.ordered && whole.last == 1 && whole.reports >= 2);
    for (int at = 0; at < whole.reports; at += 1 + (at > 2 ? whole.reports / 16 : 0)) {
        recorder record = {0, at, 0, true};
        ASSERT_OK(ntk_context_set_progress(context, report, &record));
        for (int64_t e = 0; e < w->n * w->n; e++)
            w->out[e] = untouched;
        ASSERT_STATUS(NTK_ERR_CANCELLED, run(w));
        ck_assert_int_eq(record.reports, at + 1);
        int64_t as_promised = 0; /* an assertion writes a message to a pipe */
        for (int64_t e = 0; e < w->n * w->n; e++)
            as_promised += at > 0 && fills ? isnan(w->out[e]) != 0 : w->out[e] == untouched;
        ck_assert_int_eq(as_promised, w->n * w->n);
    }
}

START_TEST(cancellation) {
    const int64_t n = suite_size(600, 40);
    float *const x = random_floats(4, n * 2), *const out = random_floats(5, n * n);
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (int v = 0; v < 2; v++) {
        const work w = {kernel_of(context, v == 0, 2), n, x, out};
        check_cancellation(context, run_gram, &w, true);
        check_cancellation(context, run_cross, &w, true);
        check_cancellation(context, run_apply, &w, false);
        ntk_kernel_destroy(w.kernel);
    }
    ntk_context_destroy(context);
    free(out);
    free(x);
}
END_TEST

/* ---- memory ---- */

static ntk_status run_diagonal(const work *w) { return ntk_kernel_diagonal_f32(w->kernel, w->n, w->x, 2, w->out); }

/* Each allocation fails in turn: the output is untouched, and nothing is left behind. */
static void check_memory(suite_tracker *tracker, ntk_status (*run)(const work *), const work *w) {
    const long live = atomic_load(&tracker->live);
    ntk_status status = NTK_ERR_NO_MEMORY;
    long failures = 0;
    for (; status != NTK_SUCCESS; failures++) {
        for (int64_t e = 0; e < w->n * w->n; e++)
            w->out[e] = untouched;
        suite_fail_at(tracker, failures, false);
        status = run(w);
        suite_fail_at(tracker, -1, false);
        ck_assert(status == NTK_SUCCESS || status == NTK_ERR_NO_MEMORY);
        for (int64_t e = 0; status != NTK_SUCCESS && e < w->n * w->n; e++)
            ck_assert(w->out[e] == untouched);
        ck_assert_int_eq(atomic_load(&tracker->live), live);
    }
    ck_assert_int_gt(failures, 4);
}

START_TEST(out_of_memory) {
    enum { ROWS = 20 };
    float *const x = random_floats(6, ROWS * 2), *const out = random_floats(7, ROWS * ROWS);
    suite_tracker tracker;
    ntk_context *context = NULL;
    suite_tracker_init(&tracker);
    ASSERT_OK(ntk_context_create_with_allocator(&tracker.allocator, &context));
    ASSERT_OK(ntk_context_set_threads(context, 1));
    for (int v = 0; v < 2; v++) {
        const work w = {kernel_of(context, v == 0, 2), ROWS, x, out};
        check_memory(&tracker, run_gram, &w);
        check_memory(&tracker, run_cross, &w);
        check_memory(&tracker, run_apply, &w);
        check_memory(&tracker, run_diagonal, &w);
        ntk_kernel_destroy(w.kernel);
    }
    ntk_context_destroy(context);
    ck_assert_int_eq(atomic_load(&tracker.live), 0);
    free(out);
    free(x);
}
END_TEST

SUITE("single: refusals", bad_arguments, cancellation, out_of_memory)
