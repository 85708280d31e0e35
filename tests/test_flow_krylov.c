/* The squared loss by Lanczos processes against the eigen-decomposition, and their error estimate against the error. */
#include "tests/flow_grams.h"

enum { N = 150, C = 2, COUNT = N * C };

static double gram[N * N], y[COUNT], f0[COUNT], start[COUNT], weights[N];

static void data_create(int rank) {
    double values[N] = {0};
    uint64_t state = 9;
    flow_log_spectrum(rank, 1e-8, values);
    for (int i = 0; i < rank; i++)
        values[i] *= N;
    flow_gram(N, values, 2, gram);
    suite_fill(&state, COUNT, y);
    suite_fill(&state, COUNT, f0);
    suite_fill(&state, COUNT, start);
    for (int i = 0; i < N; i++)
        weights[i] = i % 7 == 0 ? 0 : 0.25 * (1 + i % 5);
}

typedef struct {
    int32_t dynamics;
    double decay, momentum;
    bool initial, start, weights;
} options;

static ntk_flow *flow_of(const options *with, int32_t solver, double tolerance) {
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(NULL, N, C, gram, N, y, C, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_dynamics(flow, with->dynamics));
    ASSERT_OK(ntk_flow_set_weight_decay(flow, with->decay));
    ASSERT_OK(ntk_flow_set_momentum(flow, with->momentum));
    if (with->initial)
        ASSERT_OK(ntk_flow_set_initial(flow, f0, C));
    if (with->start)
        ASSERT_OK(ntk_flow_set_start(flow, start, C));
    if (with->weights)
        ASSERT_OK(ntk_flow_set_sample_weights(flow, N, weights));
    ASSERT_OK(ntk_flow_set_solver(flow, solver));
    ASSERT_OK(ntk_flow_set_tolerance(flow, tolerance));
    return flow;
}

/* 2-norm of W^(1/2) (a - b) for one column. */
static double column_norm(const options *with, int column, const double *a, const double *b) {
    double sum = 0;
    for (int i = 0; i < N; i++) {
        const double difference = a[i * C + column] - b[i * C + column];
        sum += (with->weights ? weights[i] : 1) * difference * difference;
    }
    return sqrt(sum);
}

/* The error is below the estimate, the estimate below the tolerance. Beside it comes what both solvers round: some eps of the largest
 * rate, 1, move a mode with the rate kappa by that times min(t, 1 / kappa) of |y - f_0|, and 1 / kappa is at most 1e8, and
 * with decay 1 / decay; momentum makes it 1 / (1 - momentum) times as fast. */
static void compare(const options *with, double t, double tolerance, int64_t *steps) {
    static double exact[COUNT], f[COUNT], first[COUNT];
    ntk_flow *const eigen = flow_of(with, NTK_FLOW_EIGEN, tolerance);
    ntk_flow *const krylov = flow_of(with, NTK_FLOW_KRYLOV, tolerance);
    double estimate = NAN;
    int64_t factorisations = -1;
    ASSERT_OK(ntk_flow_train(eigen, 0, first, C));
    ASSERT_OK(ntk_flow_train(eigen, t, exact, C));
    ASSERT_OK(ntk_flow_train(krylov, t, f, C));
    ASSERT_OK(ntk_flow_get_work(krylov, &estimate, steps, &factorisations));
    ck_assert_int_eq(factorisations, 0);
    REQUIRE(estimate <= tolerance, "the estimate at t = %g is %g, above %g", t, estimate, tolerance);
    for (int q = 0; q < C; q++) {
        const double error = column_norm(with, q, f, exact), moved = column_norm(with, q, exact, first);
        const double longest = fmin(fmax(1, t) / (1 - with->momentum), with->decay > 0 ? 1 / with->decay : 1e8);
        const double rounding = (N + 8 * longest) * DBL_EPSILON * (column_norm(with, q, first, y) + moved);
        REQUIRE(error <= estimate * moved * 1.001 + rounding,
                "t = %g, decay %g, momentum %g, tolerance %g, %d steps: error %g, estimate %g, rounding %g", t,
                with->decay, with->momentum, tolerance, (int)*steps, error, estimate * moved, rounding);
    }
    ntk_flow_destroy(krylov);
    ntk_flow_destroy(eigen);
}

START_TEST(estimate_bounds_the_error) {
    const double times[] = {1e-3, 0.1, 1, 30, 1e3, 1e6, INFINITY}, tolerances[] = {1e-3, 1e-6, 1e-10};
    data_create(N);
    for (int k = 0; k < 16; k += (int)suite_size(1, 5))
        for (int i = 0; i < 7; i += (int)suite_size(1, 3))
            for (int l = 0; l < 3; l += (int)suite_size(1, 2)) {
                const options with = {NTK_DYNAMICS_GRADIENT, (k & 1) != 0 ? 0.01 : 0, 0, (k & 2) != 0, (k & 4) != 0,
                                      (k & 8) != 0};
                int64_t steps = 0;
                compare(&with, times[i], tolerances[l], &steps);
                if (times[i] <= 1)
                    ck_assert_int_lt(steps, 40);
            }
}
END_TEST

START_TEST(steps_and_momentum) {
    const double times[] = {1, 5, 40, 1000, 1e6};
    data_create(N);
    for (int k = 0; k < 16; k += (int)suite_size(1, 5))
        for (int i = 0; i < 5; i += (int)suite_size(1, 3)) {
            const options with = {(k & 1) != 0 ? NTK_DYNAMICS_DESCENT : NTK_DYNAMICS_GRADIENT,
                                  (k & 2) != 0 ? 0.05 : 0,
                                  (k & 4) != 0 ? 0.9 : 0,
                                  (k & 8) != 0,
                                  false,
                                  false};
            int64_t steps = 0;
            compare(&with, times[i], 1e-7, &steps);
            if (with.dynamics == NTK_DYNAMICS_DESCENT &&
                with.decay == 0) /* k steps are a polynomial of degree k - 1; looks come every 2 */
                ck_assert(steps <= 6 || times[i] > 5);
        }
}
END_TEST

START_TEST(singular_grams) {
    const double times[] = {1e-3, 10, 1e5, INFINITY};
    data_create(40);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 4; i++) {
            const options with = {NTK_DYNAMICS_GRADIENT, (k & 1) != 0 ? 0.01 : 0, 0, (k & 2) != 0, false, false};
            int64_t steps = 0;
            compare(&with, times[i], 1e-6, &steps);
            ck_assert_int_le(steps, 60); /* not far beyond the rank */
        }
    memset(gram, 0, sizeof(gram));
    const options with = {NTK_DYNAMICS_GRADIENT, 0, 0, true, false, false};
    int64_t steps = 0;
    compare(&with, 3, 1e-6, &steps);
}
END_TEST

START_TEST(nothing_to_learn) {
    const options with = {NTK_DYNAMICS_GRADIENT, 0, 0, false, false, false};
    data_create(N);
    memset(y, 0, sizeof(y));
    int64_t steps = -1;
    compare(&with, 5, 1e-6, &steps);
    ck_assert_int_eq(steps, 0);
}
END_TEST

START_TEST(indefinite_and_unstable_are_refused) {
    double f[COUNT];
    data_create(N);
    memset(gram, 0, sizeof(gram));
    for (int i = 0; i < N; i++)
        gram[i * N + i] = 1;
    gram[1] = gram[N] = 1.5; /* an eigenvalue of -1/2 */
    options with = {NTK_DYNAMICS_GRADIENT, 0, 0, false, false, false};
    ntk_flow *flow = flow_of(&with, NTK_FLOW_KRYLOV, 1e-6);
    ASSERT_STATUS(NTK_ERR_NOT_POSITIVE, ntk_flow_train(flow, 1, f, C));
    ntk_flow_destroy(flow);
    data_create(N);
    with.dynamics = NTK_DYNAMICS_DESCENT;
    flow = flow_of(&with, NTK_FLOW_KRYLOV, 1e-6);
    ASSERT_OK(ntk_flow_set_learning_rate(flow, 2.01));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_train(flow, INFINITY, f, C));
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_flow_set_solver(flow, -1));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_set_tolerance(flow, 1e-13));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_set_tolerance(flow, 0.2));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_set_tolerance(flow, NAN));
    double tolerance = 0;
    ASSERT_OK(ntk_flow_get_tolerance(flow, &tolerance));
    ck_assert(tolerance == 1e-6);
    ntk_flow_destroy(flow);
}
END_TEST

SUITE("flow: Krylov", estimate_bounds_the_error, steps_and_momentum, singular_grams, nothing_to_learn,
      indefinite_and_unstable_are_refused)
