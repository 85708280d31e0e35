/* Flows of smooth losses: the end of training, and that results depend on t alone. */
#include "tests/flow_smooth.h"

/* ---- t = infinity ---- */

static const int32_t kinds[] = {NTK_LOSS_LOGISTIC, NTK_LOSS_CROSS_ENTROPY, NTK_LOSS_SQUARED_HINGE, NTK_LOSS_HUBER,
                                NTK_LOSS_SQUARED};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

/* a = -(rate / lambda) dloss/df(K a) in every entry, also with next to no decay. */
START_TEST(test_limit_with_decay_is_optimal) {
    world w;
    double a[ALL], f[ALL], slopes[ALL];
    world_create(&w);
    for (int j = 0; j < KINDS; j++)
        for (double decay = 1; decay > 1e-7; decay /= 100) {
            ntk_loss *const loss = smooth_loss(kinds[j]);
            ntki_flow_work work;
            smooth_targets(kinds[j], N, C, w.y);
            ntki_flow_problem problem = smooth_problem(w.context, N, C, w.gram, loss, w.y, 1e-6);
            problem.decay = decay;
            ntki_smooth *const solver = smooth_solver(&problem);
            smooth_outputs(solver, &problem, INFINITY, f);
            ASSERT_OK(ntki_smooth_solve(solver, "test", INFINITY, a, &work));
            ASSERT_OK(ntk_loss_evaluate(loss, N, C, f, C, w.y, C, NULL, slopes, C));
            double largest = 0;
            for (int i = 0; i < ALL; i++)
                largest = fmax(largest, fabs(a[i]));
            /* What is reported is mostly the rounding of K a: 16 eps max K_ii |a|, and |a| <= sqrt(N) max |a_i|. */
            REQUIRE(work.error <= 1e-12 + 20 * DBL_EPSILON * 4 * sqrt(N) * largest, "reported %g", work.error);
            /* K a is right to some 100 eps |K| |a|; the slope follows it with a second derivative of at most 1. */
            const double size = fmax(1, fabs(a[0]));
            for (int i = 0; i < ALL; i++)
                ASSERT_CLOSE(decay * a[i], -slopes[i], 200 * DBL_EPSILON * 4 * size * fmax(1, 1 / decay));
            ntki_smooth_destroy(solver);
            ntk_loss_destroy(loss);
        }
    world_destroy(&w);
}
END_TEST

START_TEST(test_limit_with_decay_is_reached_in_time) {
    world w;
    double end[ALL], late[ALL], initial[ALL];
    world_create(&w);
    for (int i = 0; i < ALL; i++)
        initial[i] = i % 3 - 1;
    for (int j = 0; j < KINDS; j++) {
        ntk_loss *const loss = smooth_loss(kinds[j]);
        smooth_targets(kinds[j], N, C, w.y);
        ntki_flow_problem problem = smooth_problem(w.context, N, C, w.gram, loss, w.y, 1e-8);
        problem.decay = 1e-3;
        problem.initial = initial;
        ntki_smooth *const solver = smooth_solver(&problem);
        const ntki_flow_work work = smooth_outputs(solver, &problem, 1e9, late);
        smooth_outputs(solver, &problem, INFINITY, end);
        REQUIRE(smooth_distance(ALL, late, end) <= 1e-8, "%s: t = 1e9 is off by %g", ntk_loss_kind_name(kinds[j]),
                smooth_distance(ALL, late, end));
        REQUIRE(work.steps < 2500, "%s: %" PRId64 " steps", ntk_loss_kind_name(kinds[j]), work.steps);
        ntki_smooth_destroy(solver);
        ntk_loss_destroy(loss);
    }
    world_destroy(&w);
}
END_TEST

/* Regular Gram matrix: Huber and squared end at y, the squared hinge with margins of 1 at least. */
START_TEST(test_limit_without_decay) {
    world w;
    double f[ALL];
    world_create(&w);
    for (int j = 0; j < KINDS; j++) {
        ntk_loss *const loss = smooth_loss(kinds[j]);
        ntki_flow_work work;
        double a[ALL];
        smooth_targets(kinds[j], N, C, w.y);
        const ntki_flow_problem problem = smooth_problem(w.context, N, C, w.gram, loss, w.y, 1e-6);
        ntki_smooth *const solver = smooth_solver(&problem);
        if (kinds[j] == NTK_LOSS_LOGISTIC || kinds[j] == NTK_LOSS_CROSS_ENTROPY) {
            suite_fill_canary(ALL, a);
            ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntki_smooth_solve(solver, "test", INFINITY, a, &work));
            ck_assert(suite_mentions(ntk_context_last_error(w.context), "limit"));
            ck_assert(suite_is_canary(ALL, a));
        } else {
            work = smooth_outputs(solver, &problem, INFINITY, f);
            REQUIRE(work.error <= 2e-6, "reported %g", work.error);
            for (int i = 0; i < ALL; i++) {
                const double gap = kinds[j] == NTK_LOSS_SQUARED_HINGE ? fmax(0, 1 - w.y[i] * f[i]) : f[i] - w.y[i];
                ASSERT_CLOSE(gap, 0, 2e-6);
            }
        }
        ntki_smooth_destroy(solver);
        ntk_loss_destroy(loss);
    }
    world_destroy(&w);
}
END_TEST

/* ---- t alone ---- */

START_TEST(test_results_depend_on_t_alone) {
    static const double times[] = {3e4, 1e-5, 0.7, 0, 1e8, 20, 19.999, 5, 0.7};
    enum { TIMES = sizeof(times) / sizeof(*times) };
    world w;
    double a[ALL], alone[ALL];
    world_create(&w);
    for (int j = 0; j < KINDS; j++) {
        ntk_loss *const loss = smooth_loss(kinds[j]);
        smooth_targets(kinds[j], N, C, w.y);
        ntki_flow_problem problem = smooth_problem(w.context, N, C, w.gram, loss, w.y, 1e-5);
        problem.decay = 1e-4;
        ntki_smooth *const solver = smooth_solver(&problem);
        for (int i = 0; i < TIMES; i++) {
            ntki_flow_work work, work_alone;
            ntki_smooth *const fresh = smooth_solver(&problem);
            ASSERT_OK(ntki_smooth_solve(solver, "test", times[i], a, &work));
            ASSERT_OK(ntki_smooth_solve(fresh, "test", times[i], alone, &work_alone));
            ASSERT_SAME_BITS(a, alone, ALL);
            ck_assert_int_eq(work.steps, work_alone.steps);
            ASSERT_SAME_BITS(&work.error, &work_alone.error, 1);
            ntki_smooth_destroy(fresh);
        }
        ntki_smooth_destroy(solver);
        ntk_loss_destroy(loss);
    }
    world_destroy(&w);
}
END_TEST

/* So many numbers that only some of the points are kept: earlier ones come out of a step again. */
START_TEST(test_points_that_were_forgotten_are_found_again) {
    if (suite_size(1, 0) == 0) /* minutes under valgrind; the sanitizers see it */
        return;
    enum { WIDE = 2000, ROWS = 2 };
    static const double times[] = {0.001, 5, 300, 1e4};
    enum { TIMES = sizeof(times) / sizeof(*times) };
    const double gram[ROWS * ROWS] = {2, 1, 1, 3};
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    double *const y = suite_doubles(ROWS * WIDE), *const a = suite_doubles(ROWS * WIDE);
    double *const before = suite_doubles(TIMES * ROWS * WIDE);
    smooth_targets(NTK_LOSS_LOGISTIC, ROWS, WIDE, y);
    ntk_loss *const loss = smooth_loss(NTK_LOSS_LOGISTIC);
    const ntki_flow_problem problem = smooth_problem(context, ROWS, WIDE, gram, loss, y, 1e-8);
    ntki_smooth *const solver = smooth_solver(&problem);
    ntki_flow_work work;
    for (int i = 0; i < TIMES; i++)
        ASSERT_OK(ntki_smooth_solve(solver, "test", times[i], before + i * ROWS * WIDE, &work));
    ASSERT_OK(ntki_smooth_solve(solver, "test", 1e9, a, &work));
    REQUIRE(work.steps * ROWS * WIDE > 1 << 20, "%" PRId64 " steps: all points are kept", work.steps);
    for (int i = 0; i < TIMES; i++) {
        ASSERT_OK(ntki_smooth_solve(solver, "test", times[i], a, &work));
        ASSERT_SAME_BITS(a, before + i * ROWS * WIDE, ROWS * WIDE);
    }
    ntki_smooth_destroy(solver);
    ntk_loss_destroy(loss);
    free(before);
    free(a);
    free(y);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(test_a_sample_of_weight_zero_is_not_there) {
    const double weights[N] = {1, 2, 0, 1, 0.5, 1};
    world w;
    double less[(N - 1) * (N - 1)], y[N - 1], weight[N - 1], a[N], b[N - 1];
    ntki_flow_work work;
    world_create(&w);
    smooth_targets(NTK_LOSS_LOGISTIC, N, 1, w.y);
    for (int i = 0; i < N - 1; i++) {
        const int from = i < 2 ? i : i + 1;
        y[i] = w.y[from];
        weight[i] = weights[from];
        for (int j = 0; j < N - 1; j++)
            less[i * (N - 1) + j] = w.gram[from * N + (j < 2 ? j : j + 1)];
    }
    ntk_loss *const loss = smooth_loss(NTK_LOSS_LOGISTIC);
    ntki_flow_problem with = smooth_problem(w.context, N, 1, w.gram, loss, w.y, 1e-9);
    ntki_flow_problem without = smooth_problem(w.context, N - 1, 1, less, loss, y, 1e-9);
    with.weights = weights;
    without.weights = weight;
    ntki_smooth *const one = smooth_solver(&with), *const other = smooth_solver(&without);
    ASSERT_OK(ntki_smooth_solve(one, "test", 50, a, &work));
    ASSERT_OK(ntki_smooth_solve(other, "test", 50, b, &work));
    ck_assert(a[2] == 0);
    /* 1e-9 of outputs up to 4, and the condition 1e4 of the Gram matrix between outputs and coefficients */
    for (int i = 0; i < N - 1; i++)
        ASSERT_CLOSE(a[i < 2 ? i : i + 1], b[i], 4e-5);
    ntki_smooth_destroy(other);
    ntki_smooth_destroy(one);
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

SUITE("flow_smooth_limits", test_limit_with_decay_is_optimal, test_limit_with_decay_is_reached_in_time,
      test_limit_without_decay, test_results_depend_on_t_alone, test_points_that_were_forgotten_are_found_again,
      test_a_sample_of_weight_zero_is_not_there)
