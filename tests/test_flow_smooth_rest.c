/* Flows of smooth losses that come to rest without decay, and times next to 0 and to the end of the double range. */
#include "tests/flow_smooth.h"

static ntk_loss *loss_with(int32_t kind, double parameter) {
    ntk_loss *loss = NULL;
    ASSERT_OK(ntk_loss_create(NULL, kind, kind == NTK_LOSS_HUBER ? &parameter : NULL, kind == NTK_LOSS_HUBER, &loss));
    return loss;
}

/* ---- t = infinity ---- */

static const int32_t kinds[] = {NTK_LOSS_SQUARED, NTK_LOSS_SQUARED_HINGE, NTK_LOSS_HUBER};
enum { KINDS = sizeof(kinds) / sizeof(*kinds), TWO = 2, MANY = 40 };

START_TEST(test_small_weights_only_take_longer) {
    const double gram[TWO * TWO] = {1, 0.25, 0.25, 1}, y[TWO] = {1, -1};
    static const double weights[][TWO] = {{1e-9, 1e-9}, {1, 1e-9}, {1e-150, 1e-150}};
    const double tolerance = 1e-6;
    world w;
    double f[TWO];
    world_create(&w);
    for (int j = 0; j < KINDS; j++)
        for (size_t i = 0; i < sizeof(weights) / sizeof(*weights); i++) {
            ntk_loss *const loss = smooth_loss(kinds[j]);
            ntki_flow_problem problem = smooth_problem(w.context, TWO, 1, gram, loss, y, tolerance);
            problem.weights = weights[i];
            ntki_smooth *const solver = smooth_solver(&problem);
            const ntki_flow_work work = smooth_outputs(solver, &problem, INFINITY, f);
            REQUIRE(smooth_distance(TWO, f, y) <= 2 * tolerance, "%s, weights %zu: f = (%g, %g)",
                    ntk_loss_kind_name(kinds[j]), i, f[0], f[1]);
            REQUIRE(work.error <= 2 * tolerance, "reported %g", work.error);
            ntki_smooth_destroy(solver);
            ntk_loss_destroy(loss);
        }
    world_destroy(&w);
}
END_TEST

/* The gradient is delta = 1 at most, far from y and from a start that is far. */
START_TEST(test_huber_goes_all_the_way) {
    static const struct { double initial, y; } cases[] = {{0, 1e10}, {0, -1e4}, {1e30, 0}, {-3e12, 1e12}};
    const double gram = 1, tolerance = 1e-6;
    world w;
    world_create(&w);
    ntk_loss *const loss = loss_with(NTK_LOSS_HUBER, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        double f = 0;
        ntki_flow_problem problem = smooth_problem(w.context, 1, 1, &gram, loss, &cases[i].y, tolerance);
        problem.initial = &cases[i].initial;
        ntki_smooth *const solver = smooth_solver(&problem);
        const ntki_flow_work work = smooth_outputs(solver, &problem, INFINITY, &f);
        /* A f_0 that is far cancels: its rounding stays. */
        const double size = fmax(1, fabs(cases[i].y)), rounding = 16 * DBL_EPSILON * fabs(cases[i].initial);
        REQUIRE(fabs(f - cases[i].y) <= 2 * tolerance * size + rounding, "from %g to %g: %g", cases[i].initial,
                cases[i].y, f);
        REQUIRE(fabs(f - cases[i].y) <= 2 * work.error * size + rounding, "reported %g", work.error);
        ntki_smooth_destroy(solver);
    }
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

/* A regular K with eigenvalues from 5 down to 1e-8 or so: the rounding of K a comes to exceed a tenth of the tolerance, long
 * before F has arrived. */
START_TEST(test_rounding_is_not_taken_for_rest) {
    world w;
    double gram[MANY * MANY], y[MANY], f[MANY];
    world_create(&w);
    for (int i = 0; i < MANY; i++) {
        y[i] = i * 7 % 5 < 2 ? 1 : -1;
        for (int j = 0; j < MANY; j++)
            gram[i * MANY + j] = exp(-(i - j) * (i - j) / 8.0);
    }
    for (int j = 0; j < KINDS; j++) {
        ntk_loss *const loss = smooth_loss(kinds[j]);
        const ntki_flow_problem problem = smooth_problem(w.context, MANY, 1, gram, loss, y, 1e-9);
        ntki_smooth *const solver = smooth_solver(&problem);
        const ntki_flow_work work = smooth_outputs(solver, &problem, INFINITY, f);
        double residual = 0;
        for (int i = 0; i < MANY; i++)
            residual =
                fmax(residual, kinds[j] == NTK_LOSS_SQUARED_HINGE ? fmax(0, 1 - y[i] * f[i]) : fabs(f[i] - y[i]));
        REQUIRE(residual <= 2 * work.error, "%s: residual %g, reported %g", ntk_loss_kind_name(kinds[j]), residual,
                work.error);
        /* eps |K^{-1}| is 1e-7 at most; the largest |a| is that of K^{-1} y */
        REQUIRE(residual <= 1e-6, "%s: residual %g", ntk_loss_kind_name(kinds[j]), residual);
        ntki_smooth_destroy(solver);
        ntk_loss_destroy(loss);
    }
    world_destroy(&w);
}
END_TEST

/* Two samples at one place with targets that contradict each other: their outputs end in between, and a grows for ever. */
START_TEST(test_contradictions_come_to_rest) {
    const double gram[9] = {1, 1, 0.5, 1, 1, 0.5, 0.5, 0.5, 1}, y[3] = {1, -1, 1}, expected[3] = {0, 0, 1};
    const double weights[3] = {1, 1 + DBL_EPSILON * 4096, 1}; /* so that K g is not zero but rounding */
    const double tolerance = 1e-6;
    world w;
    double f[3];
    world_create(&w);
    for (int j = 0; j < KINDS; j++) {
        ntk_loss *const loss = smooth_loss(kinds[j]);
        ntki_flow_problem problem = smooth_problem(w.context, 3, 1, gram, loss, y, tolerance);
        problem.weights = weights;
        ntki_smooth *const solver = smooth_solver(&problem);
        const ntki_flow_work work = smooth_outputs(solver, &problem, INFINITY, f);
        REQUIRE(smooth_distance(3, f, expected) <= 2 * tolerance, "%s: f = (%g, %g, %g), error %g, steps %" PRId64,
                ntk_loss_kind_name(kinds[j]), f[0], f[1], f[2], work.error, work.steps);
        ntki_smooth_destroy(solver);
        ntk_loss_destroy(loss);
    }
    world_destroy(&w);
}
END_TEST

static int32_t count_calls(double fraction, const char *phase, void *user) {
    (void)fraction, (void)phase;
    ++*(int *)user;
    return 0;
}

/* So many numbers that points are forgotten; a second call repeats what lies between two that are kept. */
START_TEST(test_where_it_rests_is_remembered) {
    if (suite_size(1, 0) == 0) /* minutes under valgrind; the sanitizers see it */
        return;
    enum { WIDE = 20000 };
    const double gram[TWO * TWO] = {1, 0.999999, 0.999999, 1};
    world w;
    int first = 0, second = 0;
    world_create(&w);
    double *const y = suite_doubles(TWO * WIDE), *const a = suite_doubles(TWO * WIDE);
    double *const again = suite_doubles(TWO * WIDE);
    smooth_targets(NTK_LOSS_SQUARED_HINGE, TWO, WIDE, y);
    ntk_loss *const loss = smooth_loss(NTK_LOSS_SQUARED_HINGE);
    const ntki_flow_problem problem = smooth_problem(w.context, TWO, WIDE, gram, loss, y, 1e-6);
    ntki_smooth *const solver = smooth_solver(&problem);
    ntki_flow_work work;
    ASSERT_OK(ntk_context_set_progress(w.context, count_calls, &first));
    ASSERT_OK(ntki_smooth_solve(solver, "test", INFINITY, a, &work));
    REQUIRE(work.steps * TWO * WIDE > 1 << 20, "%" PRId64 " steps: all points are kept", work.steps);
    ASSERT_OK(ntki_smooth_solve(solver, "test", 1e12, again, &work));
    ASSERT_OK(ntk_context_set_progress(w.context, count_calls, &second));
    ASSERT_OK(ntki_smooth_solve(solver, "test", INFINITY, again, &work));
    ASSERT_SAME_BITS(a, again, TWO * WIDE);
    REQUIRE(second < first / 4, "%d calls of progress, then %d", first, second);
    ntki_smooth_destroy(solver);
    ntk_loss_destroy(loss);
    free(again);
    free(a);
    free(y);
    world_destroy(&w);
}
END_TEST

/* ---- lambda > 0: large outputs ---- */

/* Huber with a delta that is never reached is ridge regression. */
START_TEST(test_minimum_with_large_outputs) {
    const double gram[TWO * TWO] = {2e8, 1e8, 1e8, 2e8}, y[TWO] = {3e8, -1e8};
    world w;
    double f[TWO];
    world_create(&w);
    ntk_loss *const loss = loss_with(NTK_LOSS_HUBER, 1e9);
    ntki_flow_problem problem = smooth_problem(w.context, TWO, 1, gram, loss, y, 1e-6);
    problem.decay = 1e8;
    ntki_smooth *const solver = smooth_solver(&problem);
    const ntki_flow_work work = smooth_outputs(solver, &problem, INFINITY, f);
    /* Eigenvectors (1, 1) and (1, -1), eigenvalues 3e8 and 1e8: shares 3/4 and 1/2 of y's parts 1e8 and 2e8 */
    const double expected[TWO] = {0.75e8 + 1e8, 0.75e8 - 1e8};
    ASSERT_CLOSE(smooth_distance(TWO, f, expected), 0, 100 * DBL_EPSILON);
    REQUIRE(work.error <= 100 * DBL_EPSILON, "reported %g", work.error);
    ntki_smooth_destroy(solver);
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

/* ---- the smallest and the largest times ---- */

/* F + e^F = 1 + k rho t */
static double logistic_from_zero(double time) {
    double f = log1p(time);
    for (int i = 0; i < 100; i++)
        f -= (f + exp(f) - 1 - time) / (1 + exp(f));
    return f;
}

START_TEST(test_times_at_both_ends_of_the_range) {
    static const struct {
        double rate, t;
    } cases[] = {{1e270, 1e-260}, {1e260, 1e-260}, {2e257, 1e-260}, {1e250, 1e-260}, {1, 1e-300},
                 {1, 1e299},      {1, 1e305},      {1, DBL_MAX},    {1e-5, 1e308},   {100, 1e305}};
    const double gram = 1, y = 1, tolerance = 1e-9;
    world w;
    world_create(&w);
    ntk_loss *const loss = smooth_loss(NTK_LOSS_LOGISTIC);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        double f = 0;
        ntki_flow_problem problem = smooth_problem(w.context, 1, 1, &gram, loss, &y, tolerance);
        problem.rate = cases[i].rate;
        ntki_smooth *const solver = smooth_solver(&problem);
        smooth_outputs(solver, &problem, cases[i].t, &f);
        const double time = cases[i].rate * cases[i].t;
        const double truth = time > 1e15 ? log(time) : logistic_from_zero(time);
        REQUIRE(fabs(f - truth) <= 2 * tolerance * fmax(1, truth), "rate %g, t = %g: %g, not %g", cases[i].rate,
                cases[i].t, f, truth);
        ntki_smooth_destroy(solver);
    }
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

/* ---- a loss that ends ---- */

static const double barrier = 1e-3;

/* f - barrier log f, for f > 0 alone */
static int32_t barred(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    (void)user, (void)y;
    for (int64_t i = 0; i < n * c; i++)
        gradient[i] = f[i] > 0 ? 1 - barrier / f[i] : NAN;
    return 0;
}

/* F falls evenly from 1 until it is stopped short; what earlier stages extrapolate to is beyond the loss's end.
 * F + barrier log(F - barrier) = 1 + barrier log(1 - barrier) - t. */
START_TEST(test_a_guess_beyond_the_end_of_a_loss) {
    const double gram = 1, y = 0, initial = 1, tolerance = 1e-4;
    world w;
    ntk_loss *loss = NULL;
    world_create(&w);
    ASSERT_OK(ntk_loss_create_function(NULL, barred, NULL, NULL, &loss));
    ntki_flow_problem problem = smooth_problem(w.context, 1, 1, &gram, loss, &y, tolerance);
    problem.initial = &initial;
    ntki_smooth *const solver = smooth_solver(&problem);
    for (double t = 0.125; t < 1e4; t *= 2) {
        double f = 0, low = barrier, high = 1;
        smooth_outputs(solver, &problem, t, &f);
        for (int i = 0; i < 100; i++) {
            const double middle = (low + high) / 2;
            if (middle + barrier * log(middle - barrier) < 1 + barrier * log(1 - barrier) - t)
                low = middle;
            else
                high = middle;
        }
        REQUIRE(fabs(f - low) <= 2 * tolerance, "t = %g: %g, not %g", t, f, low);
    }
    ntki_smooth_destroy(solver);
    ntk_loss_destroy(loss);
    world_destroy(&w);
}
END_TEST

SUITE("flow_smooth_rest", test_small_weights_only_take_longer, test_huber_goes_all_the_way,
      test_rounding_is_not_taken_for_rest, test_contradictions_come_to_rest, test_where_it_rests_is_remembered,
      test_minimum_with_large_outputs, test_times_at_both_ends_of_the_range, test_a_guess_beyond_the_end_of_a_loss)
