/* Flows of smooth losses: the caller's loss, failures, cancellation, memory. */
#include "tests/flow_smooth.h"

/* ---- the caller's loss ---- */

typedef struct {
    const ntk_loss *same; /* what it gives */
    int calls, fail_at;   /* fails from that call on; 0: never */
    double bad;           /* what it then gives; 0: it returns 7 */
} callers;

static int32_t gradient_of(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    callers *const own = user;
    own->calls++;
    if (ntk_loss_evaluate(own->same, n, c, f, c, y, c, NULL, gradient, c) != NTK_SUCCESS)
        return 1;
    if (own->fail_at == 0 || own->calls < own->fail_at)
        return 0;
    gradient[0] = own->bad;
    return own->bad != 0 ? 0 : 7;
}

START_TEST(test_the_callers_loss_is_as_the_built_in_one) {
    static const struct {
        int32_t kind;
        int64_t c;
    } cases[] = {{NTK_LOSS_LOGISTIC, 1}, {NTK_LOSS_LOGISTIC, C}, {NTK_LOSS_CROSS_ENTROPY, C}, {NTK_LOSS_SQUARED, C}};
    static const double times[] = {1e-3, 1, 30, 1e5, INFINITY};
    world w;
    double weights[N] = {1, 2, 0, 1, 0.5, 1}, f[ALL], expected[ALL];
    world_create(&w);
    for (size_t j = 0; j < sizeof(cases) / sizeof(*cases); j++) {
        const int64_t c = cases[j].c;
        ntk_loss *const built_in = smooth_loss(cases[j].kind), *caller = NULL;
        callers own = {.same = built_in};
        ASSERT_OK(ntk_loss_create_function(NULL, gradient_of, NULL, &own, &caller));
        smooth_targets(cases[j].kind, N, c, w.y);
        ntki_flow_problem problem = smooth_problem(w.context, N, c, w.gram, built_in, w.y, 1e-8), same = problem;
        problem.weights = same.weights = weights;
        problem.decay = same.decay = 1e-3;
        same.loss = caller;
        ntki_smooth *const solver = smooth_solver(&problem), *const with_caller = smooth_solver(&same);
        for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
            smooth_outputs(solver, &problem, times[i], expected);
            smooth_outputs(with_caller, &same, times[i], f);
            REQUIRE(smooth_distance(N * c, f, expected) <= 2e-8, "case %zu, t = %g: %g", j, times[i],
                    smooth_distance(N * c, f, expected));
        }
        ntki_smooth_destroy(with_caller);
        ntki_smooth_destroy(solver);
        ntk_loss_destroy(caller);
        ntk_loss_destroy(built_in);
    }
    world_destroy(&w);
}
END_TEST

START_TEST(test_failures_of_the_callers_loss) {
    static const struct {
        double bad;
        ntk_status status;
    } cases[] = {{0, NTK_ERR_CALLBACK}, {NAN, NTK_ERR_NOT_FINITE}};
    world w;
    double a[N], expected[N];
    world_create(&w);
    ntk_loss *const built_in = smooth_loss(NTK_LOSS_LOGISTIC);
    smooth_targets(NTK_LOSS_LOGISTIC, N, 1, w.y);
    for (size_t j = 0; j < sizeof(cases) / sizeof(*cases); j++)
        for (int fail_at = 1; fail_at < 40; fail_at += 7) {
            ntk_loss *caller = NULL;
            callers own = {.same = built_in, .fail_at = fail_at, .bad = cases[j].bad};
            ntki_flow_work work;
            ASSERT_OK(ntk_loss_create_function(NULL, gradient_of, NULL, &own, &caller));
            const ntki_flow_problem problem = smooth_problem(w.context, N, 1, w.gram, caller, w.y, 1e-6);
            ntki_smooth *const solver = smooth_solver(&problem), *const whole = smooth_solver(&problem);
            suite_fill_canary(N, a);
            ASSERT_STATUS(cases[j].status, ntki_smooth_solve(solver, "test", 10, a, &work));
            ck_assert(suite_is_canary(N, a));
            own.fail_at = 0; /* nothing is remembered of it */
            ASSERT_OK(ntki_smooth_solve(solver, "test", 10, a, &work));
            ASSERT_OK(ntki_smooth_solve(whole, "test", 10, expected, &work));
            ASSERT_SAME_BITS(a, expected, N);
            ntki_smooth_destroy(whole);
            ntki_smooth_destroy(solver);
            ntk_loss_destroy(caller);
        }
    ntk_loss_destroy(built_in);
    world_destroy(&w);
}
END_TEST

/* 1 - cos(f): not convex. dF/dt = -k sin F has tan(F/2) = e^{-k t} tan(F_0 / 2). */
static int32_t sine(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    (void)user, (void)y;
    for (int64_t i = 0; i < n * c; i++)
        gradient[i] = sin(f[i]);
    return 0;
}

START_TEST(test_a_loss_that_is_not_convex) {
    const double k = 2, y = 0, initial = 3.1; /* near the top */
    world w;
    ntk_loss *loss = NULL;
    world_create(&w);
    ASSERT_OK(ntk_loss_create_function(NULL, sine, NULL, NULL, &loss));
    for (double tolerance = 1e-4; tolerance > 1e-9; tolerance /= 100) {
        ntki_flow_problem problem = smooth_problem(w.context, 1, 1, &k, loss, &y, tolerance);
        problem.initial = &initial;
        ntki_smooth *const solver = smooth_solver(&problem);
        for (double t = 1e-3; t < 1e6; t *= 3) {
            double f;
            smooth_outputs(solver, &problem, t, &f);
            /* An error made at the top has grown by up to sin(F) / sin(3.1) < 25 on the way down. */
            ASSERT_CLOSE(f, 2 * atan(exp(-k * t) * tan(initial / 2)), 25 * tolerance);
        }
        ntki_smooth_destroy(solver);
    }
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

/* |f|^2 / 2 + (sum f)^2 / 5 over the rows: with K = I, F decays like e^{-t}, and its mean over N rows like e^{-(1 + 2 N / 5) t}. */
static int32_t coupled(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    (void)user, (void)y;
    for (int64_t k = 0; k < c; k++) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += f[i * c + k];
        for (int64_t i = 0; i < n; i++)
            gradient[i * c + k] = f[i * c + k] + 0.4 * sum;
    }
    return 0;
}

START_TEST(test_a_loss_whose_rows_depend_on_each_other) {
    const double tolerance = 1e-7;
    double identity[N * N] = {0}, initial[N * 2], f[N * 2], mean[2] = {0, 0};
    world w;
    ntk_loss *loss = NULL;
    uint64_t state = 5;
    world_create(&w);
    ASSERT_OK(ntk_loss_create_function(NULL, coupled, NULL, NULL, &loss));
    suite_fill(&state, N * 2, initial);
    for (int i = 0; i < N; i++) {
        identity[i * N + i] = 1;
        mean[0] += initial[i * 2] / N;
        mean[1] += initial[i * 2 + 1] / N;
    }
    ntki_flow_problem problem = smooth_problem(w.context, N, 2, identity, loss, initial, tolerance);
    problem.initial = initial;
    ntki_smooth *const solver = smooth_solver(&problem);
    for (double t = 1e-3; t < 1e4; t *= 5) {
        smooth_outputs(solver, &problem, t, f);
        for (int i = 0; i < N * 2; i++)
            ASSERT_CLOSE(f[i], (initial[i] - mean[i % 2]) * exp(-t) + mean[i % 2] * exp(-(1 + 0.4 * N) * t),
                         2 * tolerance);
    }
    ntki_smooth_destroy(solver);
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

/* ---- refusals, cancellation, memory ---- */

START_TEST(test_losses_whose_gradient_jumps_are_refused) {
    static const int32_t jump[] = {NTK_LOSS_HINGE, NTK_LOSS_EPSILON_INSENSITIVE};
    world w;
    world_create(&w);
    smooth_targets(NTK_LOSS_LOGISTIC, N, 1, w.y);
    for (int j = 0; j < 2; j++) {
        ntki_smooth *solver = NULL;
        ntk_loss *const loss = smooth_loss(jump[j]);
        const ntki_flow_problem problem = smooth_problem(w.context, N, 1, w.gram, loss, w.y, 1e-6);
        ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntki_smooth_create(&problem, "test", &solver));
        ntk_loss_destroy(loss);
    }
    world_destroy(&w);
}
END_TEST

START_TEST(test_what_exceeds_the_range_is_refused) {
    const double gram = 1e200, y = 1e200;
    world w;
    double a = suite_canary();
    ntki_flow_work work;
    world_create(&w);
    ntk_loss *const loss = smooth_loss(NTK_LOSS_SQUARED);
    const ntki_flow_problem problem = smooth_problem(w.context, 1, 1, &gram, loss, &y, 1e-6);
    ntki_smooth *const solver = smooth_solver(&problem);
    ASSERT_STATUS(NTK_ERR_RANGE, ntki_smooth_solve(solver, "test", 1, &a, &work));
    ck_assert(suite_is_canary(1, &a));
    ntki_smooth_destroy(solver);
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

static int32_t stop_after(double fraction, const char *phase, void *user) {
    (void)fraction, (void)phase;
    int *const left = user;
    return --*left < 0;
}

START_TEST(test_cancelled_work_goes_on_as_if_nothing_had_been) {
    world w;
    double a[N], expected[N];
    ntki_flow_work work;
    world_create(&w);
    smooth_targets(NTK_LOSS_LOGISTIC, N, 1, w.y);
    ntk_loss *const loss = smooth_loss(NTK_LOSS_LOGISTIC);
    const ntki_flow_problem problem = smooth_problem(w.context, N, 1, w.gram, loss, w.y, 1e-6);
    ntki_smooth *const solver = smooth_solver(&problem), *const whole = smooth_solver(&problem);
    ASSERT_OK(ntki_smooth_solve(whole, "test", 100, expected, &work));
    for (int steps = 0; steps < 60; steps += 13) {
        int left = steps;
        ASSERT_OK(ntk_context_set_progress(w.context, stop_after, &left));
        ASSERT_STATUS(NTK_ERR_CANCELLED, ntki_smooth_solve(solver, "test", 100, a, &work));
    }
    ASSERT_OK(ntk_context_set_progress(w.context, NULL, NULL));
    ASSERT_OK(ntki_smooth_solve(solver, "test", 100, a, &work));
    ASSERT_SAME_BITS(a, expected, N);
    ntki_smooth_destroy(whole);
    ntki_smooth_destroy(solver);
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

START_TEST(test_out_of_memory_at_every_allocation) {
    world w;
    double a[ALL], expected[ALL];
    ntki_flow_work work;
    world_create(&w);
    smooth_targets(NTK_LOSS_CROSS_ENTROPY, N, C, w.y);
    ntk_loss *const loss = smooth_loss(NTK_LOSS_CROSS_ENTROPY);
    const ntki_flow_problem problem = smooth_problem(w.context, N, C, w.gram, loss, w.y, 1e-4);
    ntki_smooth *solver = smooth_solver(&problem);
    ASSERT_OK(ntki_smooth_solve(solver, "test", 50, expected, &work));
    ntki_smooth_destroy(solver);
    bool done = false;
    for (long k = 0; !done; k++) {
        const long live = w.tracker.live;
        solver = NULL;
        suite_fail_at(&w.tracker, k, false);
        ntk_status status = ntki_smooth_create(&problem, "test", &solver);
        suite_fill_canary(ALL, a);
        if (status == NTK_SUCCESS)
            status = ntki_smooth_solve(solver, "test", 50, a, &work);
        suite_fail_at(&w.tracker, -1, false);
        done = status == NTK_SUCCESS;
        if (!done) {
            ASSERT_STATUS(NTK_ERR_NO_MEMORY, status);
            ck_assert(suite_is_canary(ALL, a));
        }
        if (solver != NULL) {
            ASSERT_OK(ntki_smooth_solve(solver, "test", 50, a, &work));
            ASSERT_SAME_BITS(a, expected, ALL);
        }
        ntki_smooth_destroy(solver);
        ck_assert_int_eq(w.tracker.live, live);
    }
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

SUITE("flow_smooth_calls", test_the_callers_loss_is_as_the_built_in_one, test_failures_of_the_callers_loss,
      test_a_loss_that_is_not_convex, test_a_loss_whose_rows_depend_on_each_other,
      test_losses_whose_gradient_jumps_are_refused, test_what_exceeds_the_range_is_refused,
      test_cancelled_work_goes_on_as_if_nothing_had_been, test_out_of_memory_at_every_allocation)
