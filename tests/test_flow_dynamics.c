/* Steps of descent and momentum: closed forms against loops and the equation; the largest stable learning rate. */
#include "tests/flow_grams.h"

enum { N = 12, C = 2, M = 3, COUNT = N * C };

typedef struct {
    double gram[N * N], cross[M * N], y[COUNT], f0[COUNT], g0[M * C], start[COUNT], weights[N];
} data_set;

static void data_create(data_set *data) {
    double values[N], combine[M * N];
    uint64_t state = 3;
    flow_log_spectrum(N, 1e-3, values);
    for (int i = 0; i < N; i++)
        values[i] *= N; /* rates of 1 and below with a mean over the samples */
    flow_gram(N, values, 5, data->gram);
    suite_fill(&state, M * N, combine);
    suite_fill(&state, COUNT, data->y);
    suite_fill(&state, COUNT, data->f0);
    suite_fill(&state, M * C, data->g0);
    suite_fill(&state, COUNT, data->start);
    for (int i = 0; i < N; i++)
        data->weights[i] = i == 4 ? 0 : 0.5 + i % 3 * 0.25;
    for (int p = 0; p < M; p++)
        for (int j = 0; j < N; j++) {
            data->cross[p * N + j] = 0;
            for (int i = 0; i < N; i++)
                data->cross[p * N + j] += combine[p * N + i] * data->gram[i * N + j] / N;
        }
}

typedef struct {
    int32_t dynamics;
    double rate, decay, momentum;
    bool initial, start, weights;
} options;

static ntk_flow *flow_of(const data_set *data, const options *with) {
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(NULL, N, C, data->gram, N, data->y, C, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_dynamics(flow, with->dynamics));
    ASSERT_OK(ntk_flow_set_learning_rate(flow, with->rate));
    ASSERT_OK(ntk_flow_set_weight_decay(flow, with->decay));
    ASSERT_OK(ntk_flow_set_momentum(flow, with->momentum));
    if (with->initial)
        ASSERT_OK(ntk_flow_set_initial(flow, data->f0, C));
    if (with->start)
        ASSERT_OK(ntk_flow_set_start(flow, data->start, C));
    if (with->weights)
        ASSERT_OK(ntk_flow_set_sample_weights(flow, N, data->weights));
    return flow;
}

/* One network, linear in its parameters: coefficients a and the share g of f_0, with their velocities. */
typedef struct {
    double a[COUNT], v[COUNT], g, h;
} course;

static void course_outputs(const data_set *data, const options *with, const course *at, double *f) {
    for (int i = 0; i < N; i++)
        for (int q = 0; q < C; q++) {
            f[i * C + q] = with->initial ? at->g * data->f0[i * C + q] : 0;
            for (int j = 0; j < N; j++)
                f[i * C + q] += data->gram[i * N + j] * at->a[j * C + q];
        }
}

static void course_step(const data_set *data, const options *with, double (*slope)(double f, double y), course *at) {
    double f[COUNT];
    course_outputs(data, with, at, f);
    for (int i = 0; i < COUNT; i++) {
        const double weight = with->weights ? data->weights[i / C] : 1;
        at->v[i] =
            with->momentum * at->v[i] - with->decay * at->a[i] - with->rate / N * weight * slope(f[i], data->y[i]);
        at->a[i] += at->v[i];
    }
    at->h = with->momentum * at->h - with->decay * at->g;
    at->g += at->h;
}

static double squared_slope(double f, double y) { return f - y; }

/* Rounding: n eps a step in products of size 1, over 60 steps; a(t) is determined up to the least eigenvalue, 1e-3 of the
 * largest, but not in a direction that the Gram takes to zero (there is none here). */
START_TEST(descent_is_a_loop) {
    static data_set data;
    data_create(&data);
    const double rates[] = {0.3, 1.7}, decays[] = {0, 0.1}, momenta[] = {0, 0.6};
    for (int k = 0; k < 64; k++) {
        const options with = {NTK_DYNAMICS_DESCENT, rates[k & 1],      decays[k >> 1 & 1], momenta[k >> 2 & 1],
                              (k >> 3 & 1) != 0,    (k >> 4 & 1) != 0, (k >> 5 & 1) != 0};
        ntk_flow *const flow = flow_of(&data, &with);
        course at = {.g = 1};
        if (with.start)
            memcpy(at.a, data.start, sizeof(at.a));
        for (int step = 0; step <= 60; step++) {
            double f[COUNT], expected[COUNT], a[COUNT], g[M * C];
            course_outputs(&data, &with, &at, expected);
            if (step % 7 < 2) {
                ASSERT_OK(ntk_flow_train(flow, step, f, C));
                for (int i = 0; i < COUNT; i++)
                    ASSERT_CLOSE(f[i], expected[i], 1e-11);
                ASSERT_OK(ntk_flow_get_coefficients(flow, step, a, C));
                for (int i = 0; i < COUNT; i++)
                    ASSERT_CLOSE(a[i], at.a[i], 1e-10);
                ASSERT_OK(ntk_flow_predict(flow, step, M, data.cross, N, data.g0, C, g, C));
                for (int i = 0; i < M * C; i++) {
                    double sum = at.g * data.g0[i];
                    for (int j = 0; j < N; j++)
                        sum += data.cross[i / C * N + j] * at.a[j * C + i % C];
                    ASSERT_CLOSE(g[i], sum, 1e-10);
                }
            }
            course_step(&data, &with, squared_slope, &at);
        }
        ntk_flow_destroy(flow);
    }
}
END_TEST

START_TEST(heavy_ball_obeys_its_equation) {
    /* Differences of fourth order; derivatives of f are below (1/0.3)^6 here, and eps / h^2 from the second difference. */
    static data_set data;
    data_create(&data);
    const double h = 4e-3, times[] = {0.1, 2, 9};
    const options with = {NTK_DYNAMICS_GRADIENT, 0.8, 0.2, 0.7, true, true, true};
    ntk_flow *const flow = flow_of(&data, &with);
    for (int k = 0; k < 3; k++) {
        double f[5][COUNT];
        for (int s = 0; s < 5; s++)
            ASSERT_OK(ntk_flow_train(flow, times[k] + (s - 2) * h, f[s], C));
        for (int i = 0; i < COUNT; i++) {
            const double first = (f[0][i] - 8 * f[1][i] + 8 * f[3][i] - f[4][i]) / (12 * h);
            const double second = (-f[0][i] + 16 * f[1][i] - 30 * f[2][i] + 16 * f[3][i] - f[4][i]) / (12 * h * h);
            double right = -with.decay * f[2][i];
            for (int j = 0; j < N; j++)
                right -= with.rate / N * data.gram[i / C * N + j] * data.weights[j] *
                         (f[2][j * C + i % C] - data.y[j * C + i % C]);
            ASSERT_CLOSE((1 - with.momentum) * first + with.momentum * second, right, 1e-8);
        }
    }
    double early[COUNT], at_zero[COUNT];
    ASSERT_OK(ntk_flow_train(flow, 0, at_zero, C));
    ASSERT_OK(ntk_flow_train(flow, 1e-6, early, C)); /* no velocity: it moves by t^2 */
    ck_assert(flow_distance(COUNT, early, at_zero) < 1e-10);
    ntk_flow_destroy(flow);
}
END_TEST

/* Small steps follow the flow: errors of descent are O(rate), so those of the extrapolation from two rates O(rate^2). */
START_TEST(small_steps_become_the_flow) {
    static data_set data;
    data_create(&data);
    const double rates[] = {1e-4, 5e-5};
    double f[2][COUNT], flowing[COUNT];
    for (int k = 0; k < 2; k++) {
        const options with = {NTK_DYNAMICS_DESCENT, rates[k], 0, 0, true, false, false};
        ntk_flow *const flow = flow_of(&data, &with);
        ASSERT_OK(ntk_flow_train(flow, round(3 / rates[k]), f[k], C));
        ntk_flow_destroy(flow);
    }
    const options with = {NTK_DYNAMICS_GRADIENT, 1, 0, 0, true, false, false};
    ntk_flow *const flow = flow_of(&data, &with);
    ASSERT_OK(ntk_flow_train(flow, 3, flowing, C));
    ntk_flow_destroy(flow);
    for (int i = 0; i < COUNT; i++)
        ASSERT_CLOSE(2 * f[1][i] - f[0][i], flowing[i], 1e-7);
    ck_assert(flow_distance(COUNT, f[0], flowing) > 1e-7);
}
END_TEST

START_TEST(largest_learning_rate_is_the_border) {
    static data_set data;
    data_create(&data);
    for (int k = 0; k < 8; k++) {
        options with = {NTK_DYNAMICS_DESCENT, 1, (k & 1) != 0 ? 0.3 : 0, (k & 2) != 0 ? 0.5 : 0, true, false,
                        (k & 4) != 0};
        ntk_flow *flow = flow_of(&data, &with);
        double largest = 0, krylov = 0, f[COUNT], limit[COUNT];
        ASSERT_OK(ntk_flow_get_largest_learning_rate(flow, &largest));
        ASSERT_OK(ntk_flow_set_learning_rate(flow, 0.999 * largest));
        ASSERT_OK(ntk_flow_train(flow, INFINITY, limit, C));
        ASSERT_OK(ntk_flow_train(flow, 0x1p30, f, C));
        for (int i = 0; i < COUNT; i++)
            ASSERT_CLOSE(f[i], limit[i], 1e-9);
        ASSERT_OK(ntk_flow_set_learning_rate(flow, 1.001 * largest));
        ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_train(flow, INFINITY, f, C));
        ASSERT_OK(ntk_flow_train(flow, 3000, f, C));
        ck_assert(flow_distance(COUNT, f, limit) > 1);
        ASSERT_STATUS(NTK_ERR_RANGE, ntk_flow_train(flow, 0x1p40, f, C));
        ntk_flow_destroy(flow);
        flow = flow_of(&data, &with);
        ASSERT_OK(ntk_flow_set_solver(flow, NTK_FLOW_KRYLOV));
        ASSERT_OK(ntk_flow_get_largest_learning_rate(flow, &krylov));
        ASSERT_RELATIVE(krylov, largest, 1e-9);
        ntk_flow_destroy(flow);
    }
    const double zero[1] = {0}, one[1] = {1};
    ntk_flow *flow = NULL;
    double largest = 0;
    ASSERT_OK(ntk_flow_create(NULL, 1, 1, zero, 1, one, 1, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_get_largest_learning_rate(flow, &largest));
    ck_assert(largest == INFINITY);
    ASSERT_OK(ntk_flow_set_weight_decay(flow, 2));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_get_largest_learning_rate(flow, &largest));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_get_largest_learning_rate(flow, NULL));
    ntk_flow_destroy(flow);
}
END_TEST

static double sign(double y) { return y < 0 ? -1 : 1; }
static double logistic_slope(double f, double y) { return -sign(y) / (1 + exp(sign(y) * f)); }
static double hinge_slope(double f, double y) { return sign(y) * f < 1 ? -sign(y) : 0; }

START_TEST(descent_of_other_losses_is_a_loop) {
    static data_set data;
    data_create(&data);
    const int32_t kinds[] = {NTK_LOSS_LOGISTIC, NTK_LOSS_HINGE};
    double (*const slopes[])(double, double) = {logistic_slope, hinge_slope};
    double signs[COUNT];
    for (int i = 0; i < COUNT; i++)
        signs[i] = sign(data.y[i]);
    for (int k = 0; k < 2; k++) {
        const options with = {NTK_DYNAMICS_DESCENT, 0.7, 0.05, 0.4, true, true, true};
        ntk_flow *flow = NULL;
        ASSERT_OK(ntk_flow_create(NULL, N, C, data.gram, N, signs, C, kinds[k], &flow));
        ASSERT_OK(ntk_flow_set_dynamics(flow, with.dynamics));
        ASSERT_OK(ntk_flow_set_learning_rate(flow, with.rate));
        ASSERT_OK(ntk_flow_set_weight_decay(flow, with.decay));
        ASSERT_OK(ntk_flow_set_momentum(flow, with.momentum));
        ASSERT_OK(ntk_flow_set_initial(flow, data.f0, C));
        ASSERT_OK(ntk_flow_set_start(flow, data.start, C));
        ASSERT_OK(ntk_flow_set_sample_weights(flow, N, data.weights));
        course at = {.g = 1};
        double f[COUNT], expected[COUNT], again[COUNT];
        memcpy(at.a, data.start, sizeof(at.a));
        for (int step = 0; step <= 40; step++) {
            if (step % 5 == 0) {
                course_outputs(&data, &with, &at, expected);
                ASSERT_OK(ntk_flow_train(flow, step, f, C));
                for (int i = 0; i < COUNT; i++)
                    ASSERT_CLOSE(f[i], expected[i], 1e-11);
            }
            course_step(&data, &with, slopes[k], &at);
        }
        int64_t steps = 0;
        ASSERT_OK(ntk_flow_get_work(flow, NULL, &steps, NULL));
        ck_assert_int_eq(steps, 40);
        ASSERT_OK(ntk_flow_train(flow, 7, again, C)); /* back, and forth again: the same bits */
        ASSERT_OK(ntk_flow_train(flow, 40, again, C));
        ASSERT_SAME_BITS(f, again, COUNT);
        ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_flow_train(flow, INFINITY, f, C));
        ASSERT_OK(ntk_flow_set_dynamics(flow, NTK_DYNAMICS_GRADIENT));
        ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_flow_train(flow, 1, f, C));
        ASSERT_OK(ntk_flow_train(flow, 0, f, C));
        ntk_flow_destroy(flow);
    }
}
END_TEST

START_TEST(diverging_descent_of_other_losses_is_out_of_range) {
    const double gram[1] = {1}, y[1] = {0.5};
    ntk_loss *loss = NULL;
    ntk_flow *flow = NULL;
    double f = 7;
    const double delta = 1e300;
    ASSERT_OK(ntk_loss_create(NULL, NTK_LOSS_HUBER, &delta, 1, &loss));
    ASSERT_OK(ntk_flow_create(NULL, 1, 1, gram, 1, y, 1, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_loss(flow, loss));
    ntk_loss_destroy(loss);
    ASSERT_OK(ntk_flow_set_dynamics(flow, NTK_DYNAMICS_DESCENT));
    ASSERT_OK(ntk_flow_set_weight_decay(flow, 1e10));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_flow_train(flow, 1000, &f, 1));
    ck_assert(f == 7);
    ASSERT_OK(ntk_flow_train(flow, 2, &f, 1));
    ck_assert(f != 7);
    ntk_flow_destroy(flow);
}
END_TEST

START_TEST(steps_are_whole_numbers) {
    static data_set data;
    data_create(&data);
    const options with = {NTK_DYNAMICS_DESCENT, 1, 0, 0, false, false, false};
    ntk_flow *const flow = flow_of(&data, &with);
    double f[COUNT];
    const double bad[] = {0.5, 1e-300, 0x1.8p53, 1e300, -1, NAN};
    for (int i = 0; i < 6; i++)
        ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_train(flow, bad[i], f, C));
    ASSERT_OK(ntk_flow_train(flow, 0x1p53, f, C));
    for (int i = 0; i < COUNT; i++)
        ASSERT_CLOSE(f[i], data.y[i], 1e-9);
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_flow_set_dynamics(flow, 2));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_set_momentum(flow, 1));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_set_momentum(flow, -0.1));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_flow_set_momentum(flow, NAN));
    ntk_flow_destroy(flow);
}
END_TEST

SUITE("flow: dynamics", descent_is_a_loop, heavy_ball_obeys_its_equation, small_steps_become_the_flow,
      largest_learning_rate_is_the_border, descent_of_other_losses_is_a_loop,
      diverging_descent_of_other_losses_is_out_of_range, steps_are_whole_numbers)
