/* Flows of smooth losses against closed forms and against an explicit method; their steps and errors. */
#include "src/loss/loss.h"
#include "tests/flow_smooth.h"

/* An integrator makes the error that it is asked for, not more, as an estimate: twice that is allowed. */
static const double slack = 2;

/* ---- second derivatives ---- */

START_TEST(test_second_derivatives_are_differences_of_gradients) {
    enum { ROWS = 5, OUTPUTS = 3, ENTRIES = ROWS * OUTPUTS };
    static const int32_t kinds[] = {NTK_LOSS_SQUARED, NTK_LOSS_LOGISTIC, NTK_LOSS_CROSS_ENTROPY, NTK_LOSS_SQUARED_HINGE,
                                    NTK_LOSS_HUBER};
    const double step = 1e-5;
    uint64_t state = 1;
    double f[ENTRIES], y[ENTRIES], second[ENTRIES], up[ENTRIES], down[ENTRIES], moved[ENTRIES];
    for (size_t j = 0; j < sizeof(kinds) / sizeof(*kinds); j++) {
        ntk_loss *const loss = smooth_loss(kinds[j]);
        suite_fill(&state, ENTRIES, f);
        smooth_targets(kinds[j], ROWS, OUTPUTS, y);
        ntki_loss_second_derivatives(loss, ROWS, OUTPUTS, f, y, second);
        for (int l = 0; l < OUTPUTS; l++) {
            for (int i = 0; i < ENTRIES; i++)
                moved[i] = f[i] + (i % OUTPUTS == l ? step : 0);
            ASSERT_OK(ntk_loss_evaluate(loss, ROWS, OUTPUTS, moved, OUTPUTS, y, OUTPUTS, NULL, up, OUTPUTS));
            for (int i = 0; i < ENTRIES; i++)
                moved[i] = f[i] - (i % OUTPUTS == l ? step : 0);
            ASSERT_OK(ntk_loss_evaluate(loss, ROWS, OUTPUTS, moved, OUTPUTS, y, OUTPUTS, NULL, down, OUTPUTS));
            for (int i = 0; i < ENTRIES; i++) {
                double expected = i % OUTPUTS == l ? second[i] : 0;
                if (kinds[j] == NTK_LOSS_CROSS_ENTROPY)
                    expected -= second[i] * second[i - i % OUTPUTS + l];
                /* step^2 times a third derivative below 1, and eps / step */
                ASSERT_CLOSE((up[i] - down[i]) / (2 * step), expected, step * step + 4 * DBL_EPSILON / step);
            }
        }
        ntk_loss_destroy(loss);
    }
}
END_TEST

/* ---- one sample: logistic, dF/dt = k / (1 + e^F), has F + e^F = F_0 + e^{F_0} + k t ---- */

static double logistic_truth(double k, double first, double t) {
    const long double sum = (long double)first + expl((long double)first) + (long double)k * (long double)t;
    long double f = t < 1 ? (long double)first : logl(1 + sum);
    for (int i = 0; i < 200; i++)
        f -= (f + expl(f) - sum) / (1 + expl(f));
    return (double)f;
}

START_TEST(test_logistic_of_one_sample_at_any_time) {
    const double k = 2.5, y = -1, first = 0.75; /* y F starts at -0.75 */
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_loss *const loss = smooth_loss(NTK_LOSS_LOGISTIC);
    for (double tolerance = 1e-3; tolerance > 0.9e-11; tolerance /= 100) {
        ntki_flow_problem problem = smooth_problem(context, 1, 1, &k, loss, &y, tolerance);
        problem.initial = &first;
        ntki_smooth *const solver = smooth_solver(&problem);
        for (double t = 1e-12; t < 2e15; t *= 10) {
            double f = 0;
            const ntki_flow_work work = smooth_outputs(solver, &problem, t, &f);
            const double truth = -logistic_truth(k, -first, t), error = fabs(f - truth) / fmax(1, fabs(truth));
            REQUIRE(error <= slack * tolerance, "t = %g: error %g, tolerance %g", t, error, tolerance);
            /* The estimate is of the order below, so it may be large, but the error may not be much larger than it. */
            REQUIRE(error <= 5 * work.error + tolerance / 20, "t = %g: error %g, reported %g", t, error, work.error);
            REQUIRE(work.error <= 10 * tolerance, "t = %g: reported %g", t, work.error);
            /* 35 decades: some steps for each, in proportion to tolerance^(-1/5). */
            REQUIRE((double)work.steps <= 15 * pow(tolerance, -0.2) + 60, "t = %g: %" PRId64 " steps", t, work.steps);
        }
        ntki_smooth_destroy(solver);
    }
    ntk_loss_destroy(loss);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(test_error_falls_with_fifth_order) {
    const double k = 1, y = 1, t = 10;
    double errors[2];
    int64_t steps[2];
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_loss *const loss = smooth_loss(NTK_LOSS_LOGISTIC);
    for (int i = 0; i < 2; i++) {
        const ntki_flow_problem problem = smooth_problem(context, 1, 1, &k, loss, &y, i == 0 ? 1e-5 : 1e-9);
        ntki_smooth *const solver = smooth_solver(&problem);
        steps[i] = smooth_outputs(solver, &problem, t, &errors[i]).steps;
        errors[i] = fabs(errors[i] - logistic_truth(k, 0, t));
        ntki_smooth_destroy(solver);
    }
    const double order = log(errors[0] / errors[1]) / log((double)steps[1] / (double)steps[0]);
    REQUIRE(order > 4.2, "errors %g and %g in %" PRId64 " and %" PRId64 " steps: order %g", errors[0], errors[1],
            steps[0], steps[1], order);
    ntk_loss_destroy(loss);
    ntk_context_destroy(context);
}
END_TEST

/* ---- closed forms, one sample each, through a diagonal Gram matrix ---- */

enum { DIAGONAL = 4 };
static const double diagonal[DIAGONAL] = {100, 3, 0.2, 1e-3};
static const double times[] = {1e-9, 1e-3, 0.4, 1, 2.5, 9, 70, 1e4, 1e7};

typedef double (*one_sample)(double k, double t);

static void check_diagonal(int32_t kind, const double *y, const double *initial, double decay, one_sample truth) {
    double gram[DIAGONAL * DIAGONAL] = {0}, f[DIAGONAL];
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_loss *const loss = smooth_loss(kind);
    for (int i = 0; i < DIAGONAL; i++)
        gram[i * DIAGONAL + i] = diagonal[i];
    for (double tolerance = 1e-4; tolerance > 1e-9; tolerance /= 100) {
        ntki_flow_problem problem = smooth_problem(context, DIAGONAL, 1, gram, loss, y, tolerance);
        problem.initial = initial;
        problem.decay = decay;
        ntki_smooth *const solver = smooth_solver(&problem);
        for (size_t j = 0; j < sizeof(times) / sizeof(*times); j++) {
            const ntki_flow_work work = smooth_outputs(solver, &problem, times[j], f);
            for (int i = 0; i < DIAGONAL; i++)
                ASSERT_CLOSE(f[i], truth(diagonal[i], times[j]), slack * tolerance * 5); /* |f| is up to 5 */
            REQUIRE(work.steps < 2000, "%" PRId64 " steps", work.steps);
        }
        ntki_smooth_destroy(solver);
    }
    ntk_loss_destroy(loss);
    ntk_context_destroy(context);
}

/* y = 2, f_0 = -1, lambda = 1/4 */
static double squared_truth(double k, double t) {
    const double end = 2 * k / (k + 0.25);
    return end + (-1 - end) * exp(-(k + 0.25) * t);
}

START_TEST(test_squared_loss_with_decay) {
    const double y[DIAGONAL] = {2, 2, 2, 2}, initial[DIAGONAL] = {-1, -1, -1, -1};
    check_diagonal(NTK_LOSS_SQUARED, y, initial, 0.25, squared_truth);
}
END_TEST

/* y = 1, f_0 = 3, lambda = 1/4: free until 3 e^{-t/4} = 1, then drawn to k / (k + 1/4). */
static double squared_hinge_truth(double k, double t) {
    const double kink = 4 * log(3), end = k / (k + 0.25);
    return t < kink ? 3 * exp(-t / 4) : end + (1 - end) * exp(-(k + 0.25) * (t - kink));
}

START_TEST(test_squared_hinge_that_becomes_active) {
    const double y[DIAGONAL] = {1, 1, 1, 1}, initial[DIAGONAL] = {3, 3, 3, 3};
    check_diagonal(NTK_LOSS_SQUARED_HINGE, y, initial, 0.25, squared_hinge_truth);
}
END_TEST

/* y = 5, f_0 = 0, delta = 1: at the speed k until 4, then 5 - e^{-k (t - 4 / k)}. */
static double huber_truth(double k, double t) { return k * t < 4 ? k * t : 5 - exp(-(k * t - 4)); }

START_TEST(test_huber_from_far_away) {
    const double y[DIAGONAL] = {5, 5, 5, 5};
    check_diagonal(NTK_LOSS_HUBER, y, NULL, 0, huber_truth);
}
END_TEST

/* ---- against the classical Runge-Kutta method ---- */

static void slope(const ntki_flow_problem *problem, double t, const double *a, double *f, double *slopes) {
    const int64_t n = problem->n, c = problem->c;
    const double decay = exp(-problem->decay * t);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < c; k++) {
            f[i * c + k] = decay * problem->initial[i * c + k];
            for (int64_t j = 0; j < n; j++)
                f[i * c + k] += problem->gram[i * n + j] * a[j * c + k];
        }
    ASSERT_OK(ntk_loss_evaluate(problem->loss, n, c, f, c, problem->y, c, NULL, slopes, c));
    for (int64_t i = 0; i < n * c; i++)
        slopes[i] = -problem->decay * a[i] - problem->rate * problem->weights[i / c] * slopes[i];
}

enum { SMALL = 4, CLASSES = 3, SMALL_ALL = SMALL * CLASSES };

static void runge_kutta(const ntki_flow_problem *problem, double t, int steps, double *a) {
    static const double node[] = {0, 0.5, 0.5, 1}, weight[] = {1. / 6, 1. / 3, 1. / 3, 1. / 6};
    double k[SMALL_ALL] = {0}, f[SMALL_ALL], at[SMALL_ALL], sum[SMALL_ALL];
    const double h = t / steps;
    memcpy(a, problem->start, sizeof(k));
    for (int step = 0; step < steps; step++) {
        memcpy(sum, a, sizeof(sum));
        for (int stage = 0; stage < 4; stage++) {
            for (int i = 0; i < SMALL_ALL; i++)
                at[i] = a[i] + node[stage] * h * k[i];
            slope(problem, (step + node[stage]) * h, at, f, k);
            for (int i = 0; i < SMALL_ALL; i++)
                sum[i] += weight[stage] * h * k[i];
        }
        memcpy(a, sum, sizeof(sum));
    }
}

START_TEST(test_start_weights_decay_against_runge_kutta) {
    static const int32_t kinds[] = {NTK_LOSS_LOGISTIC, NTK_LOSS_CROSS_ENTROPY, NTK_LOSS_SQUARED};
    const double weights[SMALL] = {1, 0.25, 0, 3};
    double gram[SMALL * SMALL], y[SMALL_ALL], initial[SMALL_ALL], start[SMALL_ALL], a[SMALL_ALL], expected[SMALL_ALL];
    uint64_t state = 11;
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    smooth_gram(SMALL, 3, 10, gram);
    suite_fill(&state, SMALL_ALL, initial);
    suite_fill(&state, SMALL_ALL, start);
    for (size_t j = 0; j < sizeof(kinds) / sizeof(*kinds); j++) {
        ntk_loss *const loss = smooth_loss(kinds[j]);
        smooth_targets(kinds[j], SMALL, CLASSES, y);
        ntki_flow_problem problem = smooth_problem(context, SMALL, CLASSES, gram, loss, y, 1e-9);
        problem.weights = weights;
        problem.initial = initial;
        problem.start = start;
        problem.rate = 0.7;
        problem.decay = 0.3;
        ntki_smooth *const solver = smooth_solver(&problem);
        for (double t = 0.3; t < 6; t *= 4) {
            ntki_flow_work work = {0};
            runge_kutta(&problem, t, 20000, expected);
            ASSERT_OK(ntki_smooth_solve(solver, "test", t, a, &work));
            for (int i = 0; i < SMALL_ALL; i++)
                ASSERT_CLOSE(a[i], expected[i], 1e-8); /* 1e-9 of F, and the condition of the Gram matrix */
        }
        ntki_smooth_destroy(solver);
        ntk_loss_destroy(loss);
    }
    ntk_context_destroy(context);
}
END_TEST

/* ---- stiffness ---- */

START_TEST(test_steps_do_not_grow_with_stiffness) {
    static const int32_t kinds[] = {NTK_LOSS_LOGISTIC, NTK_LOSS_CROSS_ENTROPY};
    const int64_t n = suite_size(30, 10), c = 3;
    double *const gram = suite_doubles(n * n), *const y = suite_doubles(n * c);
    double *const f = suite_doubles(n * c), *const truth = suite_doubles(n * c);
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    smooth_gram(n, (double)n, 1e8, gram);
    for (int j = 0; j < 2; j++) {
        ntk_loss *const loss = smooth_loss(kinds[j]);
        smooth_targets(kinds[j], n, c, y);
        ntki_flow_problem problem = smooth_problem(context, n, c, gram, loss, y, 1e-5), finer = problem;
        problem.rate = finer.rate = 1 / (double)n;
        finer.tolerance = 1e-9;
        ntki_smooth *const solver = smooth_solver(&problem), *const fine = smooth_solver(&finer);
        for (double t = 1e-6; t < 2e9; t *= 10) {
            smooth_outputs(fine, &finer, t, truth);
            const ntki_flow_work work = smooth_outputs(solver, &problem, t, f);
            const double error = smooth_distance(n * c, f, truth);
            REQUIRE(error <= slack * problem.tolerance, "t = %g: error %g", t, error);
            REQUIRE(error <= 5 * work.error + problem.tolerance / 20, "t = %g: error %g, reported %g", t, error,
                    work.error);
            REQUIRE(work.steps <= 250, "t = %g: %" PRId64 " steps", t, work.steps);
            REQUIRE(work.factorisations <= 10 * c * work.steps + 300, "t = %g: %" PRId64 " factorisations", t,
                    work.factorisations);
        }
        ntki_smooth_destroy(fine);
        ntki_smooth_destroy(solver);
        ntk_loss_destroy(loss);
    }
    ntk_context_destroy(context);
    free(truth);
    free(f);
    free(y);
    free(gram);
}
END_TEST

/* Three equal inputs, two of one class: F ends at log 2, while the coefficients grow for ever. */
START_TEST(test_singular_gram_with_contradictions) {
    double gram[9], f[3];
    const double y[3] = {1, 1, -1};
    for (int i = 0; i < 9; i++)
        gram[i] = 2;
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_loss *const loss = smooth_loss(NTK_LOSS_LOGISTIC);
    const ntki_flow_problem problem = smooth_problem(context, 3, 1, gram, loss, y, 1e-6);
    ntki_smooth *const solver = smooth_solver(&problem);
    for (double t = 100; t < 2e8; t *= 100) {
        const ntki_flow_work work = smooth_outputs(solver, &problem, t, f);
        /* The coefficients are of the size of t; K a is a small difference of them. */
        for (int i = 0; i < 3; i++)
            ASSERT_CLOSE(f[i], log(2), 1e-6 + 16 * DBL_EPSILON * t);
        REQUIRE(work.steps <= 120, "%" PRId64 " steps", work.steps);
    }
    ntki_smooth_destroy(solver);
    ntk_loss_destroy(loss);
    ntk_context_destroy(context);
}
END_TEST

SUITE("flow_smooth", test_second_derivatives_are_differences_of_gradients, test_logistic_of_one_sample_at_any_time,
      test_error_falls_with_fifth_order, test_squared_loss_with_decay, test_squared_hinge_that_becomes_active,
      test_huber_from_far_away, test_start_weights_decay_against_runge_kutta, test_steps_do_not_grow_with_stiffness,
      test_singular_gram_with_contradictions)
