/* Sample weights, reduction, start, loss: identities, and that nothing of an earlier setting is left behind. */
#include "tests/flow_grams.h"

enum { N = 14, C = 2, D = 3, M = 5, MOST = 40 };

typedef struct {
    double x[N * D], z[M * D], y[N * C], f0[N * C], g0[M * C], start[N * C], gram[N * N], cross[M * N];
    double weights[N];
} data_set;

/* A kernel of degree two and an identity: full rank, condition below 1e4. */
static double kernel(const double *a, const double *b) {
    double product = 0, distance = 0;
    for (int p = 0; p < D; p++) {
        product += a[p] * b[p];
        distance += (a[p] - b[p]) * (a[p] - b[p]);
    }
    return (1 + product) * (1 + product) + 2 * exp(-4 * distance);
}

static void data_create(data_set *data) {
    uint64_t state = 77;
    suite_fill(&state, N * D, data->x);
    suite_fill(&state, M * D, data->z);
    suite_fill(&state, N * C, data->y);
    suite_fill(&state, N * C, data->f0);
    suite_fill(&state, M * C, data->g0);
    suite_fill(&state, N * C, data->start);
    for (int i = 0; i < N; i++)
        data->weights[i] = i == 3 || i == 9 ? 0 : 1 + i % 3;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            data->gram[i * N + j] = kernel(data->x + (i > j ? i : j) * D, data->x + (i > j ? j : i) * D);
    for (int p = 0; p < M; p++)
        for (int j = 0; j < N; j++)
            data->cross[p * N + j] = kernel(data->z + p * D, data->x + j * D);
}

/* n eps cond. */
static const double IDENTITY_TOLERANCE = 1e-9;

static ntk_flow *flow_from(int n, const double *gram, const double *y, const double *f0, double decay) {
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(NULL, n, C, gram, n, y, C, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_reduction(flow, NTK_REDUCTION_SUM));
    ASSERT_OK(ntk_flow_set_learning_rate(flow, 0.1));
    ASSERT_OK(ntk_flow_set_weight_decay(flow, decay));
    ASSERT_OK(ntk_flow_set_initial(flow, f0, C));
    return flow;
}

/* Whole weights are repeated rows, with a sum of losses; rows of weight 0 are not there, but have outputs. */
START_TEST(weights_are_repeated_rows) {
    static data_set data;
    static double gram[MOST * MOST], y[MOST * C], f0[MOST * C], cross[M * MOST];
    int rows[MOST], n = 0;
    data_create(&data);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < (int)data.weights[i]; k++)
            rows[n++] = i;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            gram[i * n + j] = data.gram[rows[i] * N + rows[j]];
        for (int p = 0; p < M; p++)
            cross[p * n + i] = data.cross[p * N + rows[i]];
        memcpy(y + i * C, data.y + rows[i] * C, sizeof(double) * C);
        memcpy(f0 + i * C, data.f0 + rows[i] * C, sizeof(double) * C);
    }
    const double times[] = {0.1, 3, 100, INFINITY};
    for (int k = 0; k < 8; k++) {
        const double decay = (k & 1) != 0 ? 0.05 : 0;
        ntk_flow *const repeated = flow_from(n, gram, y, f0, decay);
        ntk_flow *const weighted = flow_from(N, data.gram, data.y, data.f0, decay);
        if ((k & 2) != 0)
            ASSERT_OK(ntk_flow_set_dynamics(repeated, NTK_DYNAMICS_DESCENT));
        if ((k & 2) != 0)
            ASSERT_OK(ntk_flow_set_dynamics(weighted, NTK_DYNAMICS_DESCENT));
        if ((k & 2) != 0)
            for (int q = 0; q < 2; q++)
                ASSERT_OK(ntk_flow_set_learning_rate(q == 0 ? repeated : weighted, 0.005));
        if ((k & 4) != 0)
            ASSERT_OK(ntk_flow_set_solver(weighted, NTK_FLOW_KRYLOV));
        ASSERT_OK(ntk_flow_set_tolerance(weighted, 1e-12));
        ASSERT_OK(ntk_flow_set_sample_weights(weighted, N, data.weights));
        for (int s = 0; s < 4; s++) {
            const double t = (k & 2) != 0 ? ceil(times[s]) : times[s];
            double f[M * C], g[M * C], train[N * C], at[MOST * C], own[N * C], a[N * C];
            ASSERT_OK(ntk_flow_predict(repeated, t, M, cross, n, data.g0, C, f, C));
            ASSERT_OK(ntk_flow_predict(weighted, t, M, data.cross, N, data.g0, C, g, C));
            for (int i = 0; i < M * C; i++)
                ASSERT_CLOSE(g[i], f[i], IDENTITY_TOLERANCE);
            ASSERT_OK(ntk_flow_train(repeated, t, at, C));
            ASSERT_OK(ntk_flow_train(weighted, t, train, C));
            for (int i = 0; i < n; i++)
                for (int q = 0; q < C; q++)
                    ASSERT_CLOSE(train[rows[i] * C + q], at[i * C + q], IDENTITY_TOLERANCE);
            ASSERT_OK(ntk_flow_predict(weighted, t, N, data.gram, N, data.f0, C, own, C));
            for (int i = 0; i < N * C; i++)
                ASSERT_CLOSE(train[i], own[i], IDENTITY_TOLERANCE);
            ASSERT_OK(ntk_flow_get_coefficients(weighted, t, a, C));
            for (int q = 0; q < C; q++)
                ck_assert(a[3 * C + q] == 0 && a[9 * C + q] == 0);
        }
        ntk_flow_destroy(repeated);
        ntk_flow_destroy(weighted);
    }
}
END_TEST

START_TEST(weights_scale_like_the_rate) {
    static data_set data;
    double weights[N], f[N * C], g[N * C];
    data_create(&data);
    for (int i = 0; i < N; i++)
        weights[i] = 0.25;
    ntk_flow *const plain = flow_from(N, data.gram, data.y, data.f0, 0.3);
    ntk_flow *const weighted = flow_from(N, data.gram, data.y, data.f0, 0.3);
    ASSERT_OK(ntk_flow_set_sample_weights(weighted, N, weights));
    ASSERT_OK(ntk_flow_set_learning_rate(plain, 0.1));
    ASSERT_OK(ntk_flow_set_learning_rate(weighted, 0.4));
    ASSERT_OK(ntk_flow_train(plain, 2, f, C));
    ASSERT_OK(ntk_flow_train(weighted, 2, g, C));
    for (int i = 0; i < N * C; i++)
        ASSERT_CLOSE(g[i], f[i], IDENTITY_TOLERANCE);
    /* and a mean is a sum with a rate n times as small */
    ASSERT_OK(ntk_flow_set_reduction(weighted, NTK_REDUCTION_MEAN));
    ASSERT_OK(ntk_flow_set_learning_rate(weighted, 0.4 * N));
    ASSERT_OK(ntk_flow_train(weighted, INFINITY, f, C));
    ASSERT_OK(ntk_flow_train(plain, INFINITY, g, C));
    for (int i = 0; i < N * C; i++)
        ASSERT_CLOSE(g[i], f[i], IDENTITY_TOLERANCE);
    ntk_flow_destroy(plain);
    ntk_flow_destroy(weighted);
}
END_TEST

/* From a(t1) and what is left of f_0 the flow goes on to a(t1 + t2). */
START_TEST(start_continues_a_flow) {
    static data_set data;
    data_create(&data);
    for (int k = 0; k < 16; k++) {
        const double decay = (k & 1) != 0 ? 0.2 : 0, first = (k & 8) != 0 ? 3 : 0.7, second = (k & 8) != 0 ? 5 : 40;
        double a[N * C], left[N * C], left_elsewhere[M * C], f[N * C], g[N * C];
        ntk_flow *const flow = flow_from(N, data.gram, data.y, data.f0, decay);
        double share = exp(-decay * first);
        if ((k & 8) != 0) {
            ASSERT_OK(ntk_flow_set_dynamics(flow, NTK_DYNAMICS_DESCENT));
            ASSERT_OK(ntk_flow_set_learning_rate(flow, 0.01));
            share = pow(1 - decay, first);
        }
        if ((k & 2) != 0)
            ASSERT_OK(ntk_flow_set_sample_weights(flow, N, data.weights));
        if ((k & 4) != 0)
            ASSERT_OK(ntk_flow_set_solver(flow, NTK_FLOW_KRYLOV));
        ASSERT_OK(ntk_flow_set_tolerance(flow, 1e-12));
        ASSERT_OK(ntk_flow_set_start(flow, data.start, C));
        ASSERT_OK(ntk_flow_get_coefficients(flow, 0, a, C));
        ASSERT_SAME_BITS(a, data.start, N * C);
        ASSERT_OK(ntk_flow_train(flow, first + second, f, C));
        double elsewhere[M * C], there[M * C];
        ASSERT_OK(ntk_flow_predict(flow, first + second, M, data.cross, N, data.g0, C, elsewhere, C));
        ASSERT_OK(ntk_flow_get_coefficients(flow, first, a, C));
        for (int i = 0; i < N * C; i++)
            left[i] = share * data.f0[i];
        for (int i = 0; i < M * C; i++)
            left_elsewhere[i] = share * data.g0[i];
        ASSERT_OK(ntk_flow_set_start(flow, a, C));
        ASSERT_OK(ntk_flow_set_initial(flow, left, C));
        ASSERT_OK(ntk_flow_train(flow, second, g, C));
        for (int i = 0; i < N * C; i++)
            ASSERT_CLOSE(g[i], f[i], IDENTITY_TOLERANCE);
        ASSERT_OK(ntk_flow_predict(flow, second, M, data.cross, N, left_elsewhere, C, there, C));
        for (int i = 0; i < M * C; i++)
            ASSERT_CLOSE(there[i], elsewhere[i], IDENTITY_TOLERANCE);
        ntk_flow_destroy(flow);
    }
}
END_TEST

typedef struct {
    double decay;
    bool weights, initial, start, krylov, logistic, sum;
} settings;

static ntk_loss *squared_loss, *huber_loss;

static void apply(ntk_flow *flow, const data_set *data, const settings *now) {
    ASSERT_OK(ntk_flow_set_weight_decay(flow, now->decay));
    ASSERT_OK(ntk_flow_set_sample_weights(flow, N, now->weights ? data->weights : NULL));
    ASSERT_OK(ntk_flow_set_initial(flow, now->initial ? data->f0 : NULL, C));
    ASSERT_OK(ntk_flow_set_start(flow, now->start ? data->start : NULL, C));
    ASSERT_OK(ntk_flow_set_solver(flow, now->krylov ? NTK_FLOW_KRYLOV : NTK_FLOW_EIGEN));
    ASSERT_OK(ntk_flow_set_loss(flow, now->logistic ? huber_loss : squared_loss));
    ASSERT_OK(ntk_flow_set_dynamics(flow, now->logistic ? NTK_DYNAMICS_DESCENT : NTK_DYNAMICS_GRADIENT));
    ASSERT_OK(ntk_flow_set_reduction(flow, now->sum ? NTK_REDUCTION_SUM : NTK_REDUCTION_MEAN));
}

/* K comes back from its eigenvectors where it must: n eps of its largest eigenvalue. */
START_TEST(history_does_not_matter) {
    static data_set data;
    const double delta = 0.3, times[] = {0, 2, 30, INFINITY};
    uint64_t state = 12;
    ntk_flow *flow = NULL;
    data_create(&data);
    ASSERT_OK(ntk_loss_create(NULL, NTK_LOSS_SQUARED, NULL, 0, &squared_loss));
    ASSERT_OK(ntk_loss_create(NULL, NTK_LOSS_HUBER, &delta, 1, &huber_loss));
    ASSERT_OK(ntk_flow_create(NULL, N, C, data.gram, N, data.y, C, NTK_LOSS_SQUARED, &flow));
    for (int step = 0; step < suite_size(300, 40); step++) {
        const uint64_t dice = suite_bits(&state);
        const settings now = {(dice & 1) != 0 ? 0.1 : 0, (dice & 2) != 0,  (dice & 4) != 0, (dice & 8) != 0,
                              (dice & 16) != 0,          (dice & 32) != 0, (dice & 64) != 0};
        const double t = times[now.logistic ? dice >> 8 & 1 : dice >> 8 & 3];
        double f[N * C], g[N * C], a[M * C], b[M * C];
        ntk_flow *fresh = NULL;
        ASSERT_OK(ntk_flow_create(NULL, N, C, data.gram, N, data.y, C, NTK_LOSS_SQUARED, &fresh));
        ASSERT_OK(ntk_flow_set_tolerance(flow, 1e-12));
        ASSERT_OK(ntk_flow_set_tolerance(fresh, 1e-12));
        ASSERT_OK(ntk_flow_set_learning_rate(flow, 0.05));
        ASSERT_OK(ntk_flow_set_learning_rate(fresh, 0.05));
        apply(flow, &data, &now);
        apply(fresh, &data, &now);
        ASSERT_OK(ntk_flow_train(flow, t, f, C));
        ASSERT_OK(ntk_flow_train(fresh, t, g, C));
        ASSERT_OK(ntk_flow_predict(flow, t, M, data.cross, N, data.g0, C, a, C));
        ASSERT_OK(ntk_flow_predict(fresh, t, M, data.cross, N, data.g0, C, b, C));
        ck_assert_msg(flow_distance(N * C, f, g) <= IDENTITY_TOLERANCE &&
                          flow_distance(M * C, a, b) <= IDENTITY_TOLERANCE,
                      "step %d: %g, %g", step, flow_distance(N * C, f, g), flow_distance(M * C, a, b));
        if ((dice >> 12 & 3) == 0) {
            int64_t rank = 0;
            ASSERT_OK(ntk_flow_get_rank(flow, &rank));
            ck_assert_int_eq(rank, now.weights ? N - 2 : N);
        }
        ntk_flow_destroy(fresh);
    }
    ntk_flow_destroy(flow);
    ntk_loss_destroy(squared_loss);
    ntk_loss_destroy(huber_loss);
}
END_TEST

static void refuse(ntk_context *context, ntk_status expected, ntk_status got, const char *name, const char *value) {
    const char *const sentence = ntk_context_last_error(context);
    ck_assert_int_eq(got, expected);
    ck_assert_msg(strstr(sentence, name) != NULL && strstr(sentence, value) != NULL, "\"%s\" lacks \"%s\" or \"%s\"",
                  sentence, name, value);
}

START_TEST(bad_settings_are_refused) {
    static data_set data;
    ntk_context *context = NULL;
    ntk_flow *flow = NULL;
    ntk_loss *hinge = NULL;
    double weights[N] = {0}, a[N * C] = {0}, f[N * C], again[N * C];
    data_create(&data);
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_flow_create(context, N, C, data.gram, N, data.y, C, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_train(flow, 1, f, C));
    refuse(context, NTK_ERR_DOMAIN, ntk_flow_set_sample_weights(flow, N, weights), "weights", "0");
    refuse(context, NTK_ERR_SIZE, ntk_flow_set_sample_weights(flow, N - 1, weights), "n is 13", "14");
    weights[2] = -1.5;
    refuse(context, NTK_ERR_DOMAIN, ntk_flow_set_sample_weights(flow, N, weights), "weights[2]", "-1.5");
    weights[2] = NAN;
    refuse(context, NTK_ERR_NOT_FINITE, ntk_flow_set_sample_weights(flow, N, weights), "weights[2]", "NaN");
    a[C + 1] = INFINITY;
    refuse(context, NTK_ERR_NOT_FINITE, ntk_flow_set_start(flow, a, C), "a[1][1]", "inf");
    refuse(context, NTK_ERR_LEADING_DIMENSION, ntk_flow_set_start(flow, a, 1), "lda", "1");
    refuse(context, NTK_ERR_ENUM, ntk_flow_set_reduction(flow, 2), "reduction", "2");
    refuse(context, NTK_ERR_ENUM, ntk_flow_set_solver(flow, 7), "solver", "7");
    refuse(context, NTK_ERR_ENUM, ntk_flow_set_dynamics(flow, -3), "dynamics", "-3");
    refuse(context, NTK_ERR_DOMAIN, ntk_flow_set_momentum(flow, 1.5), "momentum", "1.5");
    refuse(context, NTK_ERR_DOMAIN, ntk_flow_set_tolerance(flow, 0.5), "tolerance", "0.5");
    refuse(context, NTK_ERR_NULL, ntk_flow_set_loss(flow, NULL), "loss", "NULL");
    ASSERT_OK(ntk_loss_create(context, NTK_LOSS_HINGE, NULL, 0, &hinge));
    refuse(context, NTK_ERR_DOMAIN, ntk_flow_set_loss(flow, hinge), "y[0][0]", "hinge");
    ntk_loss_destroy(hinge);
    ASSERT_OK(ntk_flow_train(flow, 1, again, C)); /* none of it has changed anything */
    ASSERT_SAME_BITS(f, again, N * C);
    for (int i = 0; i < N; i++)
        weights[i] = 1e308;
    ASSERT_OK(ntk_flow_set_sample_weights(flow, N, weights));
    refuse(context, NTK_ERR_RANGE, ntk_flow_train(flow, 1, again, C), "weights[0]", "1e+308");
    ASSERT_OK(ntk_flow_set_sample_weights(flow, 0, NULL));
    ASSERT_OK(ntk_flow_train(flow, 1, again, C));
    for (int i = 0; i < N * C; i++)
        ASSERT_CLOSE(again[i], f[i], IDENTITY_TOLERANCE);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_set_loss(NULL, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_set_start(NULL, NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_set_sample_weights(NULL, 0, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_get_work(NULL, NULL, NULL, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_flow_get_cost(NULL, 0, NULL, NULL));
    ntk_flow_destroy(flow);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(work_is_counted) {
    static data_set data;
    double f[N * C], error = -1;
    int64_t steps = -1, factorisations = -1;
    data_create(&data);
    ntk_flow *const flow = flow_from(N, data.gram, data.y, data.f0, 0);
    ASSERT_OK(ntk_flow_train(flow, INFINITY, f, C));
    ASSERT_OK(ntk_flow_get_work(flow, &error, &steps, &factorisations));
    ck_assert(error == 0 && steps == 0 && factorisations == 1);
    ASSERT_OK(ntk_flow_train(flow, 1, f, C));
    ASSERT_OK(ntk_flow_train(flow, 2, f, C));
    ASSERT_OK(ntk_flow_get_work(flow, NULL, NULL, &factorisations));
    ck_assert_int_eq(factorisations, 2);
    ASSERT_OK(ntk_flow_get_work(flow, NULL, NULL, NULL));
    ntk_flow_destroy(flow);
}
END_TEST

SUITE("flow: settings", weights_are_repeated_rows, weights_scale_like_the_rate, start_continues_a_flow,
      history_does_not_matter, bad_settings_are_refused, work_is_counted)
