/* Several times in one call, the cost, and paths that stop. */
#include "tests/flow_grams.h"

enum { N = 20, M = 7, C = 3, D = 4, TIMES = 6 };

static const double flow_time[TIMES] = {1, 0, INFINITY, 1e-3, 50, 1};

typedef struct {
    double x[N * D], z[M * D], y[N * C], f0[N * C], g0[M * C], start[N * C], weights[N], gram[N * N], cross[M * N];
    ntk_kernel *kernel;
} data_set;

static void data_create(data_set *data) {
    uint64_t state = 23;
    suite_fill(&state, N * D, data->x);
    suite_fill(&state, M * D, data->z);
    suite_fill(&state, N * C, data->y);
    suite_fill(&state, N * C, data->f0);
    suite_fill(&state, M * C, data->g0);
    suite_fill(&state, N * C, data->start);
    for (int i = 0; i < N; i++)
        data->weights[i] = i % 4;
    data->kernel = suite_kernel(NULL, D, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_kernel_gram(data->kernel, N, data->x, D, data->gram, N));
    ASSERT_OK(ntk_kernel_cross(data->kernel, M, data->z, D, N, data->x, D, data->cross, N));
}

static ntk_flow *flow_of(const data_set *data, int variant) {
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create_from_kernel(data->kernel, N, data->x, D, C, data->y, C, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_weight_decay(flow, 0.05));
    if ((variant & 1) != 0)
        ASSERT_OK(ntk_flow_set_initial(flow, data->f0, C));
    if ((variant & 2) != 0)
        ASSERT_OK(ntk_flow_set_start(flow, data->start, C));
    if ((variant & 4) != 0)
        ASSERT_OK(ntk_flow_set_sample_weights(flow, N, data->weights));
    if ((variant & 8) != 0)
        ASSERT_OK(ntk_flow_set_solver(flow, NTK_FLOW_KRYLOV));
    return flow;
}

/* Rounding of products of size n |K| |a|, and of a Gram with a condition below 1e4. */
static const double IDENTITY_TOLERANCE = 1e-10;

START_TEST(times_are_single_calls) {
    static data_set data;
    static double f[TIMES * N * C], g[TIMES * M * C], h[TIMES * M * (C + 2)], one[N * C];
    data_create(&data);
    for (int variant = 0; variant < 16; variant++) {
        ntk_flow *const several = flow_of(&data, variant), *const single = flow_of(&data, variant);
        const double *const g0 = (variant & 1) != 0 ? data.g0 : NULL;
        ASSERT_OK(ntk_flow_train_times(several, TIMES, flow_time, f, C));
        ASSERT_OK(ntk_flow_predict_times(several, TIMES, flow_time, M, data.cross, N, g0, C, g, C));
        suite_fill_canary(TIMES * M * (C + 2), h);
        ASSERT_OK(ntk_flow_predict_at_times(several, TIMES, flow_time, M, data.z, D, g0, C, h, C + 2));
        for (int s = 0; s < TIMES; s++) {
            ASSERT_OK(ntk_flow_train(single, flow_time[s], one, C));
            for (int i = 0; i < N * C; i++)
                ASSERT_CLOSE(f[s * N * C + i], one[i], IDENTITY_TOLERANCE);
            ASSERT_OK(ntk_flow_predict(single, flow_time[s], M, data.cross, N, g0, C, one, C));
            for (int i = 0; i < M * C; i++)
                ASSERT_CLOSE(g[s * M * C + i], one[i], IDENTITY_TOLERANCE);
            for (int i = 0; i < M; i++) {
                for (int q = 0; q < C; q++)
                    ASSERT_CLOSE(h[(s * M + i) * (C + 2) + q], one[i * C + q], IDENTITY_TOLERANCE);
                ck_assert(suite_is_canary(2, h + (s * M + i) * (C + 2) + C));
            }
        }
        /* only times from which one step to the basis answers all */
        ASSERT_OK(ntk_flow_predict_times(several, 1, flow_time, M, data.cross, N, g0, C, g, C));
        ASSERT_OK(ntk_flow_predict_times(several, 2, flow_time + 4, M, data.cross, N, g0, C, g, C));
        ASSERT_OK(ntk_flow_predict(single, flow_time[4], M, data.cross, N, g0, C, one, C));
        for (int i = 0; i < M * C; i++)
            ASSERT_CLOSE(g[i], one[i], IDENTITY_TOLERANCE);
        ntk_flow_destroy(several);
        ntk_flow_destroy(single);
    }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(times_are_checked) {
    static data_set data;
    static double f[TIMES * N * C];
    data_create(&data);
    ntk_flow *const flow = flow_of(&data, 0);
    const double bad[3] = {1, -2, 3};
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_train_times(NULL, 1, flow_time, f, C));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_train_times(flow, 1, NULL, f, C));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_train_times(flow, 1, flow_time, NULL, C));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_flow_train_times(flow, 0, flow_time, f, C));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_train_times(flow, 3, bad, f, C));
    ASSERT_STATUS(NTK_ERR_LEADING_DIMENSION, ntk_flow_train_times(flow, 1, flow_time, f, C - 1));
    ASSERT_STATUS(NTK_ERR_OVERFLOW,
                  ntk_flow_predict_times(flow, 2, flow_time, INT64_MAX, data.cross, N, NULL, 0, f, C));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_flow_predict_times(flow, 2, flow_time, 0, data.cross, N, NULL, 0, f, C));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_flow_predict_times(flow, 2, flow_time, M, data.cross, N, f, C, f, C));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_flow_predict_times(flow, 2, flow_time, M, f, N, NULL, 0, f, C));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_predict_at_times(flow, 2, flow_time, M, NULL, D, NULL, 0, f, C));
    data.z[3] = NAN;
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_flow_predict_at_times(flow, 2, flow_time, M, data.z, D, NULL, 0, f, C));
    ntk_flow_destroy(flow);
    ntk_flow *given = NULL;
    ASSERT_OK(ntk_flow_create(NULL, N, C, data.gram, N, data.y, C, NTK_LOSS_SQUARED, &given));
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_flow_predict_at_times(given, 1, flow_time, M, data.x, D, NULL, 0, f, C));
    ntk_flow_destroy(given);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(cost_and_gradient) {
    static data_set data;
    data_create(&data);
    for (int variant = 0; variant < 32; variant++) {
        ntk_flow *const flow = flow_of(&data, variant % 16);
        const bool sum = variant >= 16;
        ASSERT_OK(ntk_flow_set_reduction(flow, sum ? NTK_REDUCTION_SUM : NTK_REDUCTION_MEAN));
        for (int s = 0; s < TIMES; s++) {
            double f[N * C], g[N * C], cost = NAN, norm = NAN, expected = 0, square = 0, alone = NAN;
            ASSERT_OK(ntk_flow_train(flow, flow_time[s], f, C));
            ASSERT_OK(ntk_flow_get_cost(flow, flow_time[s], &cost, &norm));
            ASSERT_OK(ntk_flow_get_cost(flow, flow_time[s], NULL, &alone));
            ck_assert(alone == norm);
            for (int i = 0; i < N * C; i++) {
                const double weight = ((variant & 4) != 0 ? data.weights[i / C] : 1) / (sum ? 1 : N);
                expected += weight * (f[i] - data.y[i]) * (f[i] - data.y[i]) / 2;
                g[i] = weight * (f[i] - data.y[i]);
            }
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++)
                    for (int q = 0; q < C; q++)
                        square += g[i * C + q] * data.gram[i * N + j] * g[j * C + q];
            ASSERT_CLOSE(cost, expected, 1e-12 * fmax(1, expected));
            ASSERT_CLOSE(norm, sqrt(square), 1e-11 * fmax(1, sqrt(square)));
        }
        ntk_flow_destroy(flow);
    }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

typedef struct {
    int visits, stop_after;
    double last_time, cost, norm;
    double f[N * C], a[N * C];
} visitor;

static int32_t visit(void *user, double t, int64_t n, int64_t c, const double *f, const double *a, double cost,
                     double gradient_norm) {
    visitor *const v = user;
    ck_assert(n == N && c == C);
    memcpy(v->f, f, sizeof(v->f));
    memcpy(v->a, a, sizeof(v->a));
    v->last_time = t;
    v->cost = cost;
    v->norm = gradient_norm;
    return ++v->visits == v->stop_after;
}

START_TEST(paths_stop) {
    static data_set data;
    data_create(&data);
    const double times[] = {0, 0.5, 1, 10, 100, 1e4, INFINITY}, falling[] = {1, 0.5};
    ntk_flow *const flow = flow_of(&data, 3);
    ASSERT_OK(ntk_flow_set_weight_decay(flow, 0));
    double costs[7], norms[7], f[N * C], a[N * C];
    int64_t last = -1;
    for (int s = 0; s < 7; s++)
        ASSERT_OK(ntk_flow_get_cost(flow, times[s], &costs[s], &norms[s]));
    visitor v = {.stop_after = 4};
    ASSERT_OK(ntk_flow_follow(flow, 7, times, NAN, NAN, visit, &v, &last));
    ck_assert(last == 4 && v.visits == 4 && v.last_time == 10);
    ASSERT_OK(ntk_flow_train(flow, 10, f, C));
    ASSERT_OK(ntk_flow_get_coefficients(flow, 10, a, C));
    ASSERT_SAME_BITS(f, v.f, N * C);
    ASSERT_SAME_BITS(a, v.a, N * C);
    ck_assert(v.cost == costs[3] && v.norm == norms[3]);
    v = (visitor){0};
    ASSERT_OK(ntk_flow_follow(flow, 7, times, (costs[2] + costs[1]) / 2, NAN, visit, &v, &last));
    ck_assert(last == 3 && v.visits == 3);
    ASSERT_OK(ntk_flow_follow(flow, 7, times, NAN, norms[4], NULL, NULL, &last));
    ck_assert(last == 5);
    ASSERT_OK(ntk_flow_follow(flow, 7, times, NAN, NAN, NULL, NULL, &last));
    ck_assert(last == 7);
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_follow(flow, 2, falling, NAN, NAN, visit, &v, &last));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_flow_follow(flow, 0, times, NAN, NAN, visit, &v, &last));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_follow(flow, 1, NULL, NAN, NAN, visit, &v, &last));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_follow(flow, 1, times, NAN, NAN, visit, &v, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_follow(NULL, 1, times, NAN, NAN, visit, &v, &last));
    ck_assert(last == 7);
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

static int32_t half_square(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    (void)user;
    for (int64_t i = 0; i < n * c; i++)
        gradient[i] = f[i] - y[i];
    return 0;
}

START_TEST(cost_without_a_value) {
    static data_set data;
    data_create(&data);
    ntk_flow *const flow = flow_of(&data, 0);
    ntk_loss *loss = NULL;
    double cost = 7, norm = 7, squared = 0, f[N * C], g[N * C];
    int64_t last = 0;
    ASSERT_OK(ntk_flow_set_dynamics(flow, NTK_DYNAMICS_DESCENT));
    ASSERT_OK(ntk_flow_train(flow, 9, f, C));
    ASSERT_OK(ntk_flow_get_cost(flow, 9, NULL, &squared));
    ASSERT_OK(ntk_loss_create_function(NULL, half_square, NULL, NULL, &loss));
    ASSERT_OK(ntk_flow_set_loss(flow, loss));
    ntk_loss_destroy(loss);
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_flow_get_cost(flow, 9, &cost, &norm));
    ck_assert(cost == 7 && norm == 7);
    ASSERT_OK(ntk_flow_get_cost(flow, 9, NULL, &norm));
    ASSERT_CLOSE(norm, squared, IDENTITY_TOLERANCE);
    ASSERT_OK(ntk_flow_train(flow, 9, g, C));
    for (int i = 0; i < N * C; i++)
        ASSERT_CLOSE(f[i], g[i], IDENTITY_TOLERANCE);
    visitor v = {0};
    const double times[] = {1, 2};
    ASSERT_OK(ntk_flow_follow(flow, 2, times, NAN, NAN, visit, &v, &last));
    ck_assert(last == 2 && isnan(v.cost) && v.norm > 0);
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_flow_follow(flow, 2, times, 0.5, NAN, visit, &v, &last));
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

typedef struct {
    int reports, cancel_at;
} reporter;

static int32_t report(double fraction, const char *phase, void *user) {
    reporter *const r = user;
    ck_assert(fraction >= 0 && fraction <= 1 && phase != NULL);
    return r->reports++ == r->cancel_at;
}

enum { CALLS = 8 };

static ntk_status call(ntk_flow *flow, const data_set *data, int number, double *out) {
    const double times[] = {1, 2, INFINITY};
    int64_t last;
    switch (number) {
    case 0:
        return ntk_flow_train_times(flow, 3, times, out, C);
    case 1:
        return ntk_flow_predict_times(flow, 3, times, M, data->cross, N, NULL, 0, out, C);
    case 2:
        return ntk_flow_predict_at_times(flow, 3, times, M, data->z, D, NULL, 0, out, C);
    case 3:
        return ntk_flow_get_cost(flow, 3, out, out + 1);
    case 4:
        return ntk_flow_follow(flow, 3, times, NAN, NAN, NULL, NULL, &last);
    case 5:
        return ntk_flow_get_largest_learning_rate(flow, out);
    case 6:
        return ntk_flow_get_coefficients(flow, 7, out, C);
    default:
        return ntk_flow_train(flow, INFINITY, out, C);
    }
}

/* Each call is cancelled at its first, second, ... report, and goes through after that. */
START_TEST(cancelled_calls_leave_the_flow_usable) {
    static data_set data;
    data_create(&data);
    for (int variant = 0; variant < 16; variant += 4)
        for (int number = 0; number < CALLS; number++) {
            double out[3 * N * C], expected[3 * N * C];
            ntk_context *context = NULL;
            ntk_flow *flow = NULL;
            reporter r = {0, 0};
            ntk_status status = NTK_ERR_CANCELLED;
            ntk_flow *const fresh = flow_of(&data, variant);
            suite_fill_canary(3 * N * C, expected);
            ASSERT_OK(call(fresh, &data, number, expected));
            ntk_flow_destroy(fresh);
            ASSERT_OK(ntk_context_create(&context));
            ntk_kernel *const kernel = suite_kernel(context, D, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NTK);
            ASSERT_OK(ntk_flow_create_from_kernel(kernel, N, data.x, D, C, data.y, C, NTK_LOSS_SQUARED, &flow));
            ASSERT_OK(ntk_flow_set_weight_decay(flow, 0.05));
            if ((variant & 4) != 0)
                ASSERT_OK(ntk_flow_set_sample_weights(flow, N, data.weights));
            ASSERT_OK(ntk_flow_set_solver(flow, (variant & 8) != 0 ? NTK_FLOW_KRYLOV : NTK_FLOW_EIGEN));
            ASSERT_OK(ntk_context_set_progress(context, report, &r));
            for (; status == NTK_ERR_CANCELLED; r.cancel_at++) {
                suite_fill_canary(3 * N * C, out);
                r.reports = 0;
                status = call(flow, &data, number, out);
                ck_assert(status == NTK_SUCCESS || suite_is_canary(3 * N * C, out));
            }
            ASSERT_OK(status);
            ck_assert_int_gt(r.cancel_at, 1);
            for (int i = 0; i < 3 * N * C; i++)
                ck_assert(isnan(expected[i]) ? isnan(out[i]) : fabs(out[i] - expected[i]) <= IDENTITY_TOLERANCE);
            ntk_flow_destroy(flow);
            ntk_kernel_destroy(kernel);
            ntk_context_destroy(context);
        }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

SUITE("flow: times", times_are_single_calls, times_are_checked, cost_and_gradient, paths_stop, cost_without_a_value,
      cancelled_calls_leave_the_flow_usable)
