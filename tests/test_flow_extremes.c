/* Rates, targets and weights at the ends of the double range, and what a flow does not do twice. */
#include "tests/flow_grams.h"

#include "src/flow/flow.h"

enum { N = 8, C = 1 };

static ntk_flow *scalar(double k, double y, double rate) {
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(NULL, 1, 1, &k, 1, &y, 1, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_learning_rate(flow, rate));
    return flow;
}

typedef struct {
    double gram[N * N], y[N];
} data_set;

static void data_create(data_set *data) {
    double values[N];
    uint64_t state = 4;
    flow_log_spectrum(N, 1e-2, values);
    flow_gram(N, values, 6, data->gram);
    suite_fill(&state, N, data->y);
    for (int i = 0; i < N; i++)
        data->y[i] = data->y[i] < 0 ? -1 : 1;
}

static ntk_flow *flow_of(const data_set *data, int32_t loss) {
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(NULL, N, C, data->gram, N, data->y, C, loss, &flow));
    return flow;
}

/* eta K beyond the double range: learned at once, or in its own unit of time where t is as small as that. */
START_TEST(rates_beyond_the_range) {
    const double grams[] = {1e200, 0x1p30}, rates[] = {1e200, 0x1p1020}, times[] = {1, 0x1p-1060};
    const double expected[] = {1, -expm1(-0x1p-10)};
    for (int k = 0; k < 4; k++) {
        ntk_flow *const flow = scalar(grams[k & 1], 1, rates[k & 1]);
        const double cross = grams[k & 1] / 2;
        double f = 7, limit = 7;
        ASSERT_OK(ntk_flow_set_solver(flow, k < 2 ? NTK_FLOW_EIGEN : NTK_FLOW_KRYLOV));
        ASSERT_OK(ntk_flow_train(flow, times[k & 1], &f, 1));
        ASSERT_RELATIVE(f, expected[k & 1], 8 * DBL_EPSILON);
        ASSERT_OK(ntk_flow_predict(flow, times[k & 1], 1, &cross, 1, NULL, 0, &f, 1));
        ASSERT_RELATIVE(f, expected[k & 1] / 2, 8 * DBL_EPSILON);
        ASSERT_OK(ntk_flow_train(flow, INFINITY, &limit, 1));
        ASSERT_RELATIVE(limit, 1, 8 * DBL_EPSILON);
        ASSERT_OK(ntk_flow_set_dynamics(flow, NTK_DYNAMICS_DESCENT));
        ASSERT_STATUS(NTK_ERR_RANGE, ntk_flow_train(flow, 2, &f, 1));
        ntk_flow_destroy(flow);
    }
}
END_TEST

/* The same bits but for the scale: 2^664 squared is out of range, and 2^-664 squared is zero. */
START_TEST(krylov_does_not_see_the_scale) {
    static data_set data;
    data_create(&data);
    const double scales[] = {1, 0x1p664, 0x1p-664};
    double f[3][N];
    int64_t steps[3];
    for (int k = 0; k < 3; k++) {
        double y[N], error = NAN;
        ntk_flow *flow = NULL;
        for (int i = 0; i < N; i++)
            y[i] = scales[k] * data.y[i];
        ASSERT_OK(ntk_flow_create(NULL, N, C, data.gram, N, y, C, NTK_LOSS_SQUARED, &flow));
        ASSERT_OK(ntk_flow_set_solver(flow, NTK_FLOW_KRYLOV));
        ASSERT_OK(ntk_flow_set_tolerance(flow, 0.01));
        ASSERT_OK(ntk_flow_train(flow, 5, f[k], C));
        ASSERT_OK(ntk_flow_get_work(flow, &error, &steps[k], NULL));
        ck_assert(error >= 0 && error <= 0.01);
        for (int i = 0; i < N; i++)
            f[k][i] /= scales[k];
        ntk_flow_destroy(flow);
    }
    ck_assert_int_lt(steps[0], N);
    for (int k = 1; k < 3; k++) {
        ASSERT_SAME_BITS(f[k], f[0], N);
        ck_assert_int_eq(steps[k], steps[0]);
    }
}
END_TEST

START_TEST(gradients_that_overflow_are_out_of_range) {
    double gram[9], cost = 7, size = 7;
    const double y[3] = {0}, f0[3] = {1, 1, 0};
    ntk_flow *flow = NULL;
    for (int i = 0; i < 9; i++)
        gram[i] = 1.7e308;
    ASSERT_OK(ntk_flow_create(NULL, 3, 1, gram, 3, y, 1, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_initial(flow, f0, 1));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_flow_get_cost(flow, 0, &cost, &size));
    ck_assert(cost == 7 && size == 7);
    ntk_flow_destroy(flow);
}
END_TEST

/* beta f'' is nothing beside f' there. */
START_TEST(hardly_any_momentum_is_none) {
    const double momenta[] = {1e-100, 1e-160, 1e-200, 1e-280};
    for (int k = 0; k < 4; k++) {
        ntk_flow *const flow = scalar(1, 1, 1);
        double f = 7;
        ASSERT_OK(ntk_flow_set_momentum(flow, momenta[k]));
        ASSERT_OK(ntk_flow_train(flow, 1, &f, 1));
        ASSERT_RELATIVE(f, -expm1(-1), 8 * DBL_EPSILON);
        ASSERT_OK(ntk_flow_set_weight_decay(flow, 0.5));
        ASSERT_OK(ntk_flow_train(flow, 2, &f, 1));
        ASSERT_RELATIVE(f, -expm1(-3) / 1.5, 8 * DBL_EPSILON);
        ntk_flow_destroy(flow);
    }
}
END_TEST

START_TEST(limits_do_not_depend_on_earlier_times) {
    const double rates[] = {1e-200, 5e-324};
    for (int k = 0; k < 4; k++) {
        ntk_flow *const flow = scalar(1e-200, 1, rates[k & 1]);
        double f[2] = {7, 7};
        ASSERT_OK(ntk_flow_set_dynamics(flow, k < 2 ? NTK_DYNAMICS_GRADIENT : NTK_DYNAMICS_DESCENT));
        ASSERT_OK(ntk_flow_train(flow, INFINITY, &f[0], 1));
        ASSERT_OK(ntk_flow_train(flow, 1, &f[1], 1));
        ASSERT_OK(ntk_flow_train(flow, INFINITY, &f[1], 1));
        ck_assert(f[0] == 1 && f[1] == 1);
        ASSERT_OK(ntk_flow_set_weight_decay(flow, 1));
        ASSERT_OK(ntk_flow_set_learning_rate(flow, 5e-324)); /* a ridge of 2e323 */
        ASSERT_STATUS(NTK_ERR_RANGE, ntk_flow_train(flow, INFINITY, &f[0], 1));
        ASSERT_OK(ntk_flow_set_solver(flow, NTK_FLOW_KRYLOV));
        ASSERT_STATUS(NTK_ERR_RANGE, ntk_flow_train(flow, INFINITY, &f[0], 1));
        ntk_flow_destroy(flow);
    }
}
END_TEST

START_TEST(samples_without_weight_stand_apart) {
    const double gram[4] = {1, 0.5, 0.5, 1}, y[2] = {1, 1e200}, weights[2] = {1, 0};
    double f[2], cost = NAN, size = NAN;
    int64_t factorisations = -1;
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(NULL, 2, 1, gram, 2, y, 1, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_sample_weights(flow, 2, weights));
    ASSERT_OK(ntk_flow_train(flow, INFINITY, f, 1));
    ASSERT_OK(ntk_flow_get_work(flow, NULL, NULL, &factorisations));
    ck_assert(factorisations == 1); /* not singular: no eigen-decomposition after it */
    ASSERT_CLOSE(f[0], 1, 4 * DBL_EPSILON);
    ASSERT_CLOSE(f[1], 0.5, 4 * DBL_EPSILON);
    ASSERT_OK(ntk_flow_get_cost(flow, 0, &cost, &size)); /* 1e200 squared is not in it */
    ck_assert(cost == 0.25 && size == 0.5);
    ntk_flow_destroy(flow);
}
END_TEST

START_TEST(weighted_systems_are_symmetric) {
    static data_set data;
    data_create(&data);
    double weights[N];
    for (int i = 0; i < N; i++)
        weights[i] = 0.1 + i / 7.0;
    ntk_flow *const flow = flow_of(&data, NTK_LOSS_SQUARED);
    ASSERT_OK(ntk_flow_set_sample_weights(flow, N, weights));
    ASSERT_OK(ntki_flow_update_system(flow, "test"));
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            ck_assert(flow->system.matrix[i * N + j] == flow->system.matrix[j * N + i]);
    ntk_flow_destroy(flow);
}
END_TEST

/* g = (1 - lambda)^1000 overflows; nothing of it is in these outputs. */
START_TEST(absent_initial_outputs_do_not_overflow) {
    for (int k = 0; k < 2; k++) {
        ntk_flow *const flow = scalar(0, 1, 1);
        const double zero = 0, one = 1, t = 1000;
        double f = 7;
        ASSERT_OK(ntk_flow_set_dynamics(flow, NTK_DYNAMICS_DESCENT));
        ASSERT_OK(ntk_flow_set_weight_decay(flow, 1e10));
        ASSERT_OK(ntk_flow_set_solver(flow, k == 0 ? NTK_FLOW_EIGEN : NTK_FLOW_KRYLOV));
        ASSERT_OK(ntk_flow_set_initial(flow, &zero, 1));
        ASSERT_OK(ntk_flow_train(flow, t, &f, 1));
        ck_assert(f == 0);
        ASSERT_OK(ntk_flow_train_times(flow, 1, &t, &f, 1));
        ASSERT_OK(ntk_flow_predict(flow, t, 1, &zero, 1, &zero, 1, &f, 1));
        ASSERT_OK(ntk_flow_predict_times(flow, 1, &t, 1, &zero, 1, &zero, 1, &f, 1));
        ck_assert(f == 0);
        ASSERT_STATUS(NTK_ERR_RANGE, ntk_flow_predict(flow, t, 1, &zero, 1, &one, 1, &f, 1));
        ntk_flow_destroy(flow);
    }
}
END_TEST

static int32_t counted(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    ++*(int *)user;
    for (int64_t i = 0; i < n * c; i++)
        gradient[i] = f[i] - y[i];
    return 0;
}

START_TEST(falling_times_make_each_step_once) {
    static data_set data;
    data_create(&data);
    enum { TIMES = 10 };
    double times[TIMES], f[TIMES * N], one[N];
    int calls = 0;
    ntk_loss *loss = NULL;
    ntk_flow *const flow = flow_of(&data, NTK_LOSS_SQUARED);
    ASSERT_OK(ntk_loss_create_function(NULL, counted, NULL, &calls, &loss));
    ASSERT_OK(ntk_flow_set_loss(flow, loss));
    ntk_loss_destroy(loss);
    ASSERT_OK(ntk_flow_set_dynamics(flow, NTK_DYNAMICS_DESCENT));
    for (int s = 0; s < TIMES; s++)
        times[s] = 10 * (TIMES - s);
    ASSERT_OK(ntk_flow_train_times(flow, TIMES, times, f, C));
    ck_assert_int_eq(calls, 10 * TIMES);
    for (int s = 0; s < TIMES; s++) {
        ASSERT_OK(ntk_flow_train(flow, times[s], one, C));
        ASSERT_SAME_BITS(one, f + s * N, N);
    }
    calls = 0;
    ASSERT_OK(ntk_flow_predict_times(flow, TIMES, times, N, data.gram, N, NULL, 0, f, C));
    ck_assert_int_eq(calls, 9 * TIMES); /* on from 10, the latest of the single calls */
    ntk_flow_destroy(flow);
}
END_TEST

START_TEST(work_is_that_of_the_time) {
    static data_set data;
    data_create(&data);
    const int32_t losses[] = {NTK_LOSS_LOGISTIC, NTK_LOSS_HINGE};
    for (int k = 0; k < 2; k++) {
        ntk_flow *const flow = flow_of(&data, losses[k]);
        double f[N], error[2];
        int64_t steps[2], made[3];
        ASSERT_OK(ntk_flow_train(flow, 300, f, C));
        ASSERT_OK(ntk_flow_get_work(flow, &error[0], &steps[0], &made[0]));
        ck_assert(steps[0] > 0 && made[0] > 0);
        ASSERT_OK(ntk_flow_train(flow, 0, f, C));
        ASSERT_OK(ntk_flow_get_work(flow, NULL, NULL, &made[1]));
        ck_assert(made[1] == made[0]);
        ASSERT_OK(ntk_flow_train(flow, 300, f, C));
        ASSERT_OK(ntk_flow_get_work(flow, &error[1], &steps[1], &made[1]));
        ck_assert(error[1] == error[0] && steps[1] == steps[0] && made[1] == made[0]);
        ASSERT_OK(ntk_flow_train(flow, 0, f, C));
        ASSERT_OK(ntk_flow_set_tolerance(flow, 1e-5)); /* drops the solver, not its count */
        ASSERT_OK(ntk_flow_train(flow, 300, f, C));
        ASSERT_OK(ntk_flow_get_work(flow, NULL, NULL, &made[2]));
        ck_assert(made[2] > made[0]);
        ntk_flow_destroy(flow);
    }
}
END_TEST

START_TEST(decomposing_starts_the_course_anew) {
    static data_set data;
    data_create(&data);
    double f[2][N];
    int64_t rank = 0;
    for (int k = 0; k < 2; k++) {
        ntk_flow *const flow = flow_of(&data, NTK_LOSS_LOGISTIC);
        if (k == 0)
            ASSERT_OK(ntk_flow_train(flow, 3, f[k], C));
        ASSERT_OK(ntk_flow_get_rank(flow, &rank));
        ASSERT_OK(ntk_flow_train(flow, 9, f[k], C));
        ntk_flow_destroy(flow);
    }
    ASSERT_SAME_BITS(f[0], f[1], N);
    double rate = 0;
    ntk_flow *const flow = flow_of(&data, NTK_LOSS_SQUARED);
    ASSERT_OK(ntk_flow_train(flow, 3, f[0], C));
    ASSERT_OK(ntk_flow_set_solver(flow, NTK_FLOW_KRYLOV));
    ASSERT_OK(ntk_flow_get_largest_learning_rate(flow, &rate));
    ck_assert(flow->system.state == NTKI_FLOW_BASIS); /* which knew it */
    ntk_flow_destroy(flow);
}
END_TEST

SUITE("flow: extremes", rates_beyond_the_range, krylov_does_not_see_the_scale, gradients_that_overflow_are_out_of_range,
      hardly_any_momentum_is_none, limits_do_not_depend_on_earlier_times, samples_without_weight_stand_apart,
      weighted_systems_are_symmetric, absent_initial_outputs_do_not_overflow, falling_times_make_each_step_once,
      work_is_that_of_the_time, decomposing_starts_the_course_anew)
