/* The exact flow's solver as a handle: results depend on t alone, stops and failures leave it usable. */
#include "tests/flow_events.h"

enum { N = 150, C = 3 };

static flow_case many_events(double epsilon) {
    flow_case the = case_random(61, N, C, epsilon);
    the.rate = 1.0 / N;
    the.decay = 1e-4;
    return the;
}

static ntki_events *open_solver(const flow_case *the) {
    const ntki_flow_problem problem = case_problem(the);
    ntki_events *solver = NULL;
    ASSERT_OK(ntki_events_create(&problem, __func__, &solver));
    return solver;
}

/* Times in any order, with several snapshots between them: the bits of a solver that is asked for one time only. */
START_TEST(test_times_in_any_order) {
    const double times[] = {3, 1e3, 30, 0, INFINITY, 30, 100, 1e5, 0.5, 1e3, 1e9, INFINITY, 3, 200, 0};
    for (int loss = 0; loss < 2; loss++) {
        flow_case the = many_events(loss == 0 ? -1 : 0.05);
        ntki_events *const solver = open_solver(&the);
        double a[N * C], fresh[N * C];
        ntki_flow_work work, alone;
        for (size_t s = 0; s < sizeof(times) / sizeof(*times); s++) {
            ASSERT_OK(ntki_events_solve(solver, __func__, times[s], a, &work));
            case_solve(&the, times[s], fresh, &alone);
            ASSERT_SAME_BITS(a, fresh, N * C);
            ck_assert_int_eq(work.steps, alone.steps);
            ck_assert_int_ge(work.factorisations, alone.factorisations);
            ASSERT_SAME_BITS(&work.error, &alone.error, 1);
        }
        REQUIRE(work.steps == 0, "%lld events at t = 0", (long long)work.steps);
        ASSERT_OK(ntki_events_solve(solver, __func__, INFINITY, a, &work));
        REQUIRE(work.steps > 3 * 64 * C, "%lld events are too few for snapshots to matter", (long long)work.steps);
        ntki_events_destroy(solver);
        case_destroy(&the);
    }
}
END_TEST

/* Outputs do not see each other. */
START_TEST(test_outputs_alone) {
    flow_case the = many_events(-1);
    double a[N * C], one[N];
    case_solve(&the, 50, a, NULL);
    for (int k = 0; k < C; k++) {
        flow_case single = many_events(-1);
        single.c = 1;
        for (int i = 0; i < N; i++)
            single.y[i] = the.y[i * C + k];
        case_solve(&single, 50, one, NULL);
        for (int i = 0; i < N; i++)
            ck_assert(one[i] == a[i * C + k]);
        case_destroy(&single);
    }
    case_destroy(&the);
}
END_TEST

/* Rows of K are added up in blocks of columns, so threads do not change a bit. */
START_TEST(test_threads) {
    const int64_t n = suite_size(1100, 60);
    double *const a = suite_doubles(n), *const b = suite_doubles(n);
    flow_case the = case_random(71, n, 1, -1);
    the.rate = 1.0 / (double)n;
    ASSERT_OK(ntk_context_set_threads(the.context, 1));
    case_solve(&the, 10, a, NULL);
    ASSERT_OK(ntk_context_set_threads(the.context, 4));
    case_solve(&the, 10, b, NULL);
    ASSERT_SAME_BITS(a, b, n);
    free(a);
    free(b);
    case_destroy(&the);
}
END_TEST

typedef struct {
    int64_t calls, stop_at;
    double last;
} stopper;

static int32_t stop(double fraction, const char *phase, void *user) {
    stopper *const state = user;
    REQUIRE(fraction >= state->last && fraction <= 1 && strcmp(phase, "flow") == 0, "%g after %g", fraction,
            state->last);
    state->last = fraction;
    return state->calls++ == state->stop_at;
}

START_TEST(test_cancel) {
    flow_case the = many_events(0.05);
    double a[N * C], expected[N * C];
    case_solve(&the, 1e4, expected, NULL);
    ntki_events *const solver = open_solver(&the);
    stopper state = {0, 0, 0};
    ASSERT_OK(ntk_context_set_progress(the.context, stop, &state));
    int64_t stops = 0;
    for (;; stops++) {
        suite_fill_canary(N * C, a);
        state = (stopper){0, stops, 0};
        const ntk_status status = ntki_events_solve(solver, __func__, 1e4, a, NULL);
        if (status == NTK_SUCCESS)
            break;
        ck_assert_int_eq(status, NTK_ERR_CANCELLED);
        ck_assert(suite_is_canary(N * C, a));
        if (stops % 5 == 0) { /* also after a stop on the way elsewhere */
            state.stop_at = -1;
            state.last = 0;
            ASSERT_OK(ntki_events_solve(solver, __func__, 1, a, NULL));
        }
    }
    ck_assert_int_ge(stops, 4);
    ASSERT_SAME_BITS(a, expected, N * C);
    ntki_events_destroy(solver);
    case_destroy(&the);
}
END_TEST

/* Every allocation fails in turn, alone and with all later ones; then the same solver gives the right result. */
START_TEST(test_out_of_memory) {
    enum { FEW = 50 };
    flow_case the = case_random(62, FEW, 2, -1);
    the.rate = 1.0 / FEW;
    the.decay = 1e-4;
    ntk_context *const context = the.context;
    suite_tracker tracker;
    double a[FEW * 2], expected[FEW * 2];
    case_solve(&the, INFINITY, expected, NULL);
    for (int on = 0; on < 2; on++)
        for (long number = 0;; number++) {
            ntki_events *solver = NULL;
            suite_tracker_init(&tracker);
            ASSERT_OK(ntk_context_create_with_allocator(&tracker.allocator, &the.context));
            const ntki_flow_problem problem = case_problem(&the);
            const long before = atomic_load(&tracker.live);
            suite_fail_at(&tracker, number, on == 1);
            ntk_status status = ntki_events_create(&problem, __func__, &solver);
            if (status != NTK_SUCCESS) {
                ck_assert_int_eq(status, NTK_ERR_NO_MEMORY);
                ck_assert_ptr_null(solver);
                ck_assert_int_eq(atomic_load(&tracker.live), before);
                ntk_context_destroy(the.context);
                continue;
            }
            suite_fill_canary(FEW * 2, a);
            status = ntki_events_solve(solver, __func__, INFINITY, a, NULL);
            const bool failed = status != NTK_SUCCESS;
            if (failed) {
                ck_assert_int_eq(status, NTK_ERR_NO_MEMORY);
                ck_assert(suite_is_canary(FEW * 2, a));
                suite_fail_at(&tracker, -1, false);
                ASSERT_OK(ntki_events_solve(solver, __func__, INFINITY, a, NULL));
            }
            ASSERT_SAME_BITS(a, expected, FEW * 2);
            ntki_events_destroy(solver);
            ck_assert_int_eq(atomic_load(&tracker.live), before);
            ntk_context_destroy(the.context);
            ck_assert_int_eq(atomic_load(&tracker.live), 0);
            if (!failed)
                break;
        }
    the.context = context;
    case_destroy(&the);
}
END_TEST

START_TEST(test_refusals) {
    flow_case the = case_random(81, 5, 1, -1);
    ntki_flow_problem problem = case_problem(&the);
    ntki_events *solver = NULL;
    ntk_loss *logistic = NULL;
    double a[5];
    ASSERT_OK(ntk_loss_create(the.context, NTK_LOSS_LOGISTIC, NULL, 0, &logistic));
    problem.loss = logistic;
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntki_events_create(&problem, __func__, &solver));
    ck_assert(suite_mentions(ntk_context_last_error(the.context), "logistic"));
    ntk_loss_destroy(logistic);
    for (int i = 0; i < 25; i++)
        the.gram[i] *= 1e200;
    the.rate = 1e200;
    solver = open_solver(&the);
    suite_fill_canary(5, a);
    ASSERT_STATUS(NTK_ERR_RANGE, ntki_events_solve(solver, __func__, 1, a, NULL));
    ck_assert(suite_is_canary(5, a));
    ntki_events_destroy(solver);
    case_destroy(&the);
}
END_TEST

/* Extremes of scale and time give finite results of small error. */
START_TEST(test_scales) {
    const double scales[] = {1e-100, 1e-8, 1, 1e8, 1e100}, times[] = {1e-300, 1e-6, 1, 1e9, 1e300, INFINITY};
    for (size_t k = 0; k < sizeof(scales) / sizeof(*scales); k++)
        for (int decays = 0; decays < 2; decays++) {
            flow_case the = case_random(91, 20, 1, -1);
            for (int i = 0; i < 400; i++)
                the.gram[i] *= scales[k];
            the.decay = decays ? 1e-3 : 0;
            for (size_t s = 0; s < sizeof(times) / sizeof(*times); s++) {
                double a[20];
                ntki_flow_work work;
                case_solve(&the, times[s], a, &work);
                /* 1e-12: rounding of sums of |a| K, and of velocities without decay */
                REQUIRE(work.error <= 1e-12, "scale %g, t = %g: error %g", scales[k], times[s], work.error);
            }
            case_destroy(&the);
        }
}
END_TEST

/* Without decay, targets that the Gram matrix cannot represent in floating point: at the end rounding is all, and what it
 * left is no result. At t = 1 there is nothing to say. A tolerance above it is an answer. */
START_TEST(test_accuracy) {
    const int64_t n = 100;
    double *const a = suite_doubles(n), *const f = suite_doubles(n);
    double told[2];
    uint64_t state = 5;
    ntki_flow_work work;
    ntk_flow *flow = NULL;
    flow_case the = case_create(n, 1, 0.1);
    case_fill_gram(&the, &state, 2, 0);
    case_fill_targets(&the, &state);
    case_solve(&the, 1, a, &work);
    REQUIRE(work.error < 1e-12, "error %g", work.error);
    ASSERT_OK(ntk_flow_create(the.context, n, 1, the.gram, n, the.y, 1, NTK_LOSS_EPSILON_INSENSITIVE, &flow));
    ASSERT_OK(ntk_flow_set_loss(flow, the.loss));
    ASSERT_OK(ntk_flow_set_reduction(flow, NTK_REDUCTION_SUM));
    suite_fill_canary(n, f);
    ASSERT_STATUS(NTK_ERR_ACCURACY, ntk_flow_train(flow, INFINITY, f, 1));
    ck_assert(suite_is_canary(n, f));
    const char *const sentence = ntk_context_last_error(the.context), *const figure = strstr(sentence, "by about ");
    REQUIRE(figure != NULL && sscanf(figure, "by about %lf of their size; the tolerance is %lf", told, told + 1) == 2,
            "\"%s\"", sentence);
    REQUIRE(told[0] > 1e-6 && told[1] == 1e-6, "\"%s\"", sentence);
    ASSERT_OK(ntk_flow_train(flow, 1, f, 1)); /* the flow goes on */
    ntki_flow_problem problem = case_problem(&the);
    problem.tolerance = 1;
    ntki_events *events = NULL;
    ASSERT_OK(ntki_events_create(&problem, "test", &events));
    ASSERT_OK(ntki_events_solve(events, "test", INFINITY, a, &work));
    ASSERT_RELATIVE(work.error, told[0], 0.06); /* two digits are told */
    ntki_events_destroy(events);
    ntk_flow_destroy(flow);
    free(f);
    free(a);
    case_destroy(&the);
}
END_TEST

SUITE("flow_events_calls", test_times_in_any_order, test_outputs_alone, test_threads, test_cancel, test_out_of_memory,
      test_refusals, test_accuracy, test_scales)
