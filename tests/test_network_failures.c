/* What may go wrong in the middle of a call of a network, and what it leaves: overflow, the caller's phi,
 * cancellation, memory. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */

#include "tests/networks.h"

#include <pthread.h>
#include <time.h>

static const double x[2][INPUTS] = {{0.9, -0.3, 0.5}, {-0.7, 1.1, 0.2}};

/* ---- overflow ---- */

START_TEST(overflow_is_told) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_activation *const exponential = network_activation(NTK_ACTIVATION_EXP);
    ntk_network *const network = network_of(context, exponential);
    double theta[COUNT], *const out = suite_doubles(2 * OUTPUTS * COUNT), in[COUNT] = {0}, large[2][INPUTS];
    float single[2][INPUTS] = {{1e30f, 1e30f, 1e30f}, {0, 0, 0}}, single_out[2][OUTPUTS] = {{0}};
    memcpy(large, x, sizeof(large));
    large[1][0] = large[1][1] = 1e305;
    ASSERT_OK(ntk_network_get_parameters(network, COUNT, theta));
    for (int p = 0; p < 20; p++)
        theta[p] = 1e10;
    ASSERT_OK(ntk_network_set_parameters(network, COUNT, theta));
    for (int which = 0; which < CALLS; which++) {
        const arguments a = {1, large[1], INPUTS, in, OUTPUTS, COUNT, out, which == JACOBIAN ? COUNT : OUTPUTS};
        refuse(context, network, which, &a, NTK_ERR_RANGE,
               "in layer 1 the sums for row 0 of x exceed the double range");
    }
    /* exp(z) alone overflows: the layer itself is refused, and so is what follows it. */
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_get_layer(network, 1, 1, x[0], INPUTS, out, OUTPUTS));
    assert_told(context, "f[0][0] exceeds");
    const arguments a = {2, &x[0][0], INPUTS, in, OUTPUTS, COUNT, out, OUTPUTS};
    refuse(context, network, FORWARD, &a, NTK_ERR_RANGE, "in layer 2 the sums for row 0 of x");
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_forward_f32(network, 2, single[0], INPUTS, single_out[0], OUTPUTS));
    assert_told(context, "exceed the float range");
    ck_assert(single_out[0][0] == 0);
    /* A row of a later block. */
    double *const rows = suite_doubles(700 * INPUTS), *const f = suite_doubles(700 * OUTPUTS);
    ntk_network *const relu = relu_network(context);
    memset(rows, 0, sizeof(double) * 700 * INPUTS);
    rows[650 * INPUTS] = rows[677 * INPUTS] = 1e308;
    ASSERT_OK(ntk_network_get_parameters(relu, COUNT, theta));
    for (int p = 0; p < 20; p++)
        theta[p] = 100;
    ASSERT_OK(ntk_network_set_parameters(relu, COUNT, theta));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_forward(relu, 700, rows, INPUTS, f, OUTPUTS));
    assert_told(context, "in layer 1 the sums for row 650 of x");
    ntk_network_destroy(relu);
    free(f);
    free(rows);
    free(out);
    ntk_network_destroy(network);
    ntk_activation_destroy(exponential);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(overflow_of_products) {
    /* Finite outputs, and derivatives that are not: F = W2 W1 x with numbers of 1e200. */
    static const double huge[] = {1e200, 0, 1e-200, 0}, one = 1e150;
    ntk_context *context = NULL;
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    double out[4];
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_mlp_create(NULL, 2, (const int64_t[]){1, 1, 1}, NTK_ACTIVATION_IDENTITY, &mlp));
    ASSERT_OK(ntk_network_create(context, mlp, 0, &network));
    ASSERT_OK(ntk_network_set_parameters(network, 4, (const double[]){1e-200, 0, 1e200, 0}));
    suite_fill_canary(4, out);
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_jvp(network, 1, &one, 1, 4, huge, out, 1));
    assert_told(context, "ntk_network_jvp: jv[0][0] exceeds the double range");
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_vjp(network, 1, &one, 1, huge, 1, 4, out));
    assert_told(context, "ntk_network_vjp: g[0] exceeds");
    ck_assert(suite_is_canary(4, out));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_jacobian(network, 1, &one, 1, out, 4));
    assert_told(context, "j[0][0] exceeds");
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
}
END_TEST

/* ---- the caller's phi ---- */

typedef struct {
    pthread_t thread;
    int calls, fail_at;
    bool elsewhere, nothing, slow;
} watch;

static int32_t watched(void *user, int64_t n, const double *in, double *out) {
    watch *const w = user;
    if (w->slow) /* other threads have time to wake up */
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    w->elsewhere = w->elsewhere || !pthread_equal(pthread_self(), w->thread);
    for (int64_t i = 0; i < n; i++)
        out[i] = w->nothing ? NAN : 0.5 * in[i];
    return ++w->calls == w->fail_at ? 7 : 0;
}

/* A layer wide enough to be shared by threads. */
static void callers_thread(ntk_context *context, const ntk_activation *activation, int64_t n, const double *rows,
                           watch *w) {
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    double *const f = suite_doubles(n);
    ASSERT_OK(ntk_mlp_create(NULL, 2, (const int64_t[]){INPUTS, 1000, 1}, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 1, activation));
    ASSERT_OK(ntk_network_create(context, mlp, 0, &network));
    w->calls = 0;
    w->slow = true;
    ASSERT_OK(ntk_network_forward(network, n, rows, INPUTS, f, 1));
    ck_assert(w->calls > 10 && !w->elsewhere);
    free(f);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
}

START_TEST(callers_function) {
    const int64_t n = 400;
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    watch w = {.thread = pthread_self(), .fail_at = -1};
    double *const rows = suite_doubles(n * INPUTS), *const f = suite_doubles(n * OUTPUTS), theta[COUNT] = {0};
    uint64_t state = 5;
    suite_fill(&state, n * INPUTS, rows);
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_context_set_threads(context, 4));
    ASSERT_OK(ntk_activation_create_function(NULL, watched, NULL, &w, &activation));
    ntk_network *const network = network_of(context, activation);
    ASSERT_OK(ntk_network_forward(network, n, rows, INPUTS, f, OUTPUTS));
    ck_assert_int_ge(w.calls, 3);
    callers_thread(context, activation, n, rows, &w);
    suite_fill_canary(n * OUTPUTS, f);
    w = (watch){.thread = pthread_self(), .fail_at = 2};
    ASSERT_STATUS(NTK_ERR_CALLBACK, ntk_network_forward(network, n, rows, INPUTS, f, OUTPUTS));
    assert_told(context, "the caller's phi returned 7");
    w = (watch){.thread = pthread_self(), .fail_at = -1, .nothing = true};
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_network_forward(network, n, rows, INPUTS, f, OUTPUTS));
    assert_told(context, "the caller's phi is NaN");
    /* Without phi' there are no derivatives. */
    const int calls = w.calls;
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_network_jvp(network, 1, x[0], INPUTS, COUNT, theta, f, OUTPUTS));
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_network_vjp(network, 1, x[0], INPUTS, x[0], OUTPUTS, COUNT, f));
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_network_jacobian(network, 1, x[0], INPUTS, f, COUNT));
    assert_told(context, "layer 1 was created without a derivative");
    ck_assert(w.calls == calls && suite_is_canary(n * OUTPUTS, f));
    free(f);
    free(rows);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
}
END_TEST

/* ---- progress ---- */

typedef struct {
    int reports, cancel_at;
    double last;
} progress;

static int32_t follow(double fraction, const char *phase, void *user) {
    progress *const p = user;
    ck_assert_str_eq(phase, "network");
    REQUIRE(p->reports == 0 ? fraction == 0 : fraction > p->last && fraction <= 1, "%g after %g", fraction, p->last);
    p->last = fraction;
    return p->reports++ == p->cancel_at;
}

START_TEST(progress_and_cancellation) {
    const int64_t n = 1200;
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_network *const network = relu_network(context);
    double *const rows = suite_doubles(n * INPUTS), *const out = suite_doubles(n * OUTPUTS * COUNT), in[COUNT] = {0};
    double *const u = suite_doubles(n * OUTPUTS);
    uint64_t state = 5;
    suite_fill(&state, n * INPUTS, rows);
    suite_fill(&state, n * OUTPUTS, u);
    for (int which = 0; which < CALLS; which++) {
        const arguments a = {n,       rows,  INPUTS, which == JVP ? in : u,
                             OUTPUTS, COUNT, out,    which == JACOBIAN ? COUNT : OUTPUTS};
        progress p = {.cancel_at = -1};
        ASSERT_OK(ntk_context_set_progress(context, follow, &p));
        ASSERT_OK(call(network, which, &a));
        ck_assert(p.last == 1 && p.reports >= 3); /* several blocks */
        const int reports = p.reports;
        for (int at = 0; at < reports; at++) {
            const bool kept = at == 0 || which == FORWARD || which == JVP || which == VJP;
            p = (progress){.cancel_at = at};
            suite_fill_canary(COUNT, out);
            ASSERT_STATUS(NTK_ERR_CANCELLED, call(network, which, &a));
            ck_assert(p.reports == at + 1 && (!kept || suite_is_canary(COUNT, out)));
        }
        ASSERT_OK(ntk_context_set_progress(context, NULL, NULL));
        ntk_context_cancel(context);
        ASSERT_STATUS(NTK_ERR_CANCELLED, call(network, which, &a));
        ASSERT_OK(call(network, which, &a));
    }
    free(u);
    free(out);
    free(rows);
    ntk_network_destroy(network);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(every_allocation_may_fail) {
    suite_tracker tracker;
    ntk_context *context = NULL;
    double in[COUNT] = {0}, *const out = suite_doubles(2 * OUTPUTS * COUNT);
    suite_tracker_init(&tracker);
    ASSERT_OK(ntk_context_create_with_allocator(&tracker.allocator, &context));
    ASSERT_OK(ntk_context_set_threads(context, 1));
    ntk_network *const network = relu_network(context);
    const long live = atomic_load(&tracker.live);
    for (int which = 0; which < CALLS; which++) {
        const arguments a = {2, &x[0][0], INPUTS, in, OUTPUTS, COUNT, out, which == JACOBIAN ? COUNT : OUTPUTS};
        ntk_status status = NTK_ERR_NO_MEMORY;
        for (long k = 0; status != NTK_SUCCESS; k++) {
            suite_fail_at(&tracker, k, false);
            suite_fill_canary(COUNT, out);
            status = call(network, which, &a);
            ck_assert(atomic_load(&tracker.live) == live && k < 20);
            if (status == NTK_SUCCESS)
                break;
            ck_assert(status == NTK_ERR_NO_MEMORY && suite_is_canary(COUNT, out));
        }
        suite_fail_at(&tracker, -1, false);
    }
    for (long k = 0; k < 20; k++) {
        ntk_network *copy = NULL;
        suite_fail_at(&tracker, k, false);
        const ntk_status status = ntk_network_copy(network, &copy);
        ck_assert(status == NTK_SUCCESS ? copy != NULL : status == NTK_ERR_NO_MEMORY && copy == NULL);
        ntk_network_destroy(copy);
        ck_assert(atomic_load(&tracker.live) == live);
    }
    suite_fail_at(&tracker, -1, false);
    ntk_network_destroy(network);
    ntk_context_destroy(context);
    ck_assert(atomic_load(&tracker.live) == 0);
    free(out);
}
END_TEST

SUITE("network_failures", overflow_is_told, overflow_of_products, callers_function, progress_and_cancellation,
      every_allocation_may_fail)
