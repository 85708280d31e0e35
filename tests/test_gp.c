/* Gaussian process regression: against values computed with 60 digits (tests/reference), and by its limits. */
#include "tests/suite.h"

#include "tests/reference/process_values.h"

/* ---- reference values ---- */

typedef struct {
    const char *name;
    int n, m, c;
    double noise, condition;
    const double *gram, *cross, *prior, *y;   /* inputs */
    const double *mean, *variance, *evidence; /* values */
} process_case;

static process_case case_of(int index) {
    const double *inputs = process_inputs, *values = process_values;
    process_case one = {0};
    for (int i = 0; i <= index; i++) {
        one.name = process_name[i];
        one.n = process_sizes[3 * i], one.m = process_sizes[3 * i + 1], one.c = process_sizes[3 * i + 2];
        one.noise = process_settings[2 * i], one.condition = process_settings[2 * i + 1];
        one.gram = inputs;
        one.cross = one.gram + one.n * one.n;
        one.prior = one.cross + one.m * one.n;
        one.y = one.prior + one.m;
        inputs = one.y + one.n * one.c;
        one.mean = values;
        one.variance = one.mean + one.m * one.c;
        one.evidence = one.variance + one.m;
        values = one.evidence + 1;
    }
    return one;
}

START_TEST(reference_values) {
    for (int i = 0; i < PROCESSES; i++) {
        const process_case one = case_of(i);
        ntk_gp *gp = NULL;
        double mean[32], variance[8], evidence;
        ASSERT_OK(ntk_gp_create(NULL, one.n, one.c, one.gram, one.n, one.y, one.c, one.noise, &gp));
        ASSERT_OK(ntk_gp_predict(gp, one.m, one.cross, one.n, one.prior, mean, one.c, variance));
        ASSERT_OK(ntk_gp_log_evidence(gp, &evidence));
        /* Cholesky's backward error n eps times the condition of K + s^2 I, times the size of what is solved for: the
         * targets are below 2, the variances below the prior. */
        const double allowed = 4 * one.n * DBL_EPSILON * one.condition;
        for (int j = 0; j < one.m * one.c; j++)
            REQUIRE(fabs(mean[j] - one.mean[j]) <= 4 * allowed, "%s: mean[%d] is %.17g, expected %.17g", one.name, j,
                    mean[j], one.mean[j]);
        for (int j = 0; j < one.m; j++)
            REQUIRE(fabs(variance[j] - one.variance[j]) <= allowed * one.prior[j],
                    "%s: variance[%d] is %.17g, expected %.17g", one.name, j, variance[j], one.variance[j]);
        REQUIRE(fabs(evidence - *one.evidence) <= 4 * allowed * fabs(*one.evidence),
                "%s: log evidence is %.17g, expected %.17g", one.name, evidence, *one.evidence);
        ntk_gp_destroy(gp);
    }
}
END_TEST

/* ---- identities ---- */

enum { N = 30, M = 11, C = 2, D = 5 };

typedef struct {
    double x[N * D], z[M * D], y[N * C], gram[N * N], cross[M * N], prior[M];
    ntk_kernel *kernel;
} data_set;

static void data_create(data_set *data) {
    uint64_t state = 23;
    suite_fill(&state, N * D, data->x);
    suite_fill(&state, M * D, data->z);
    suite_fill(&state, N * C, data->y);
    memcpy(data->z, data->x + 3 * D, sizeof(double) * D); /* one of the points is a training row */
    data->kernel = suite_kernel(NULL, D, 3, NTK_ACTIVATION_RELU, 1.4, 0.2, NTK_KERNEL_NNGP);
    ASSERT_OK(ntk_kernel_gram(data->kernel, N, data->x, D, data->gram, N));
    ASSERT_OK(ntk_kernel_cross(data->kernel, M, data->z, D, N, data->x, D, data->cross, N));
    ASSERT_OK(ntk_kernel_diagonal(data->kernel, M, data->z, D, data->prior));
}

static ntk_gp *process_of(const data_set *data, double noise) {
    ntk_gp *gp = NULL;
    ASSERT_OK(ntk_gp_create(NULL, N, C, data->gram, N, data->y, C, noise, &gp));
    return gp;
}

START_TEST(predict_at_equals_predict) {
    data_set data;
    data_create(&data);
    const double noises[] = {1e-3, 0.1, 10};
    for (int k = 0; k < 3; k++) {
        ntk_gp *const from = process_of(&data, noises[k]), *at = NULL;
        double mean[M * (C + 1)], variance[M], mean_at[M * (C + 1)], variance_at[M], value, value_at;
        ASSERT_OK(ntk_gp_create_from_kernel(data.kernel, N, data.x, D, C, data.y, C, noises[k], &at));
        suite_fill_canary(M * (C + 1), mean);
        suite_fill_canary(M * (C + 1), mean_at);
        ASSERT_OK(ntk_gp_predict(from, M, data.cross, N, data.prior, mean, C + 1, variance));
        ASSERT_OK(ntk_gp_predict_at(at, M, data.z, D, mean_at, C + 1, variance_at));
        ASSERT_OK(ntk_gp_log_evidence(from, &value));
        ASSERT_OK(ntk_gp_log_evidence(at, &value_at));
        ASSERT_RELATIVE(value_at, value, 1e-11);
        /* n eps cond = 30 eps 1e5 at most */
        for (int i = 0; i < M; i++) {
            ASSERT_CLOSE(variance_at[i], variance[i], 1e-9);
            for (int q = 0; q < C; q++)
                ASSERT_CLOSE(mean_at[i * (C + 1) + q], mean[i * (C + 1) + q], 1e-9);
            ck_assert(suite_is_canary(1, mean + i * (C + 1) + C) && suite_is_canary(1, mean_at + i * (C + 1) + C));
        }
        ntk_gp_destroy(from);
        ntk_gp_destroy(at);
    }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(outputs_may_be_left_out) {
    data_set data;
    data_create(&data);
    ntk_gp *const gp = process_of(&data, 0.1), *at = NULL;
    ASSERT_OK(ntk_gp_create_from_kernel(data.kernel, N, data.x, D, C, data.y, C, 0.1, &at));
    double mean[M * C], variance[M], only_mean[M * C], only_variance[M];
    ASSERT_OK(ntk_gp_predict(gp, M, data.cross, N, data.prior, mean, C, variance));
    ASSERT_OK(ntk_gp_predict(gp, M, data.cross, N, NULL, only_mean, C, NULL)); /* the prior is for the variance only */
    ASSERT_OK(ntk_gp_predict(gp, M, data.cross, N, data.prior, NULL, 0, only_variance));
    ASSERT_SAME_BITS(mean, only_mean, M * C);
    ASSERT_SAME_BITS(variance, only_variance, M);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_gp_predict(gp, M, data.cross, N, NULL, mean, C, variance));
    ASSERT_OK(ntk_gp_predict(gp, M, data.cross, N, NULL, NULL, 0, NULL));
    ASSERT_OK(ntk_gp_predict_at(at, M, data.z, D, mean, C, variance));
    ASSERT_OK(ntk_gp_predict_at(at, M, data.z, D, only_mean, C, NULL));
    ASSERT_OK(ntk_gp_predict_at(at, M, data.z, D, NULL, 0, only_variance));
    ASSERT_SAME_BITS(mean, only_mean, M * C);
    ASSERT_SAME_BITS(variance, only_variance, M);
    ntk_gp_destroy(gp);
    ntk_gp_destroy(at);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(noise_limits) {
    data_set data;
    data_create(&data);
    double mean[M * C], variance[M];
    /* hardly any noise: the mean interpolates, and the variance at a training row is below the noise */
    ntk_gp *gp = process_of(&data, 1e-9);
    ASSERT_OK(ntk_gp_predict(gp, M, data.cross, N, data.prior, mean, C, variance));
    for (int q = 0; q < C; q++)
        ASSERT_CLOSE(mean[q], data.y[3 * C + q], 1e-6); /* s^2 |(K + s^2)^-1 y| <= 1e-9 * 1e2 * |y| */
    ASSERT_CLOSE(variance[0], 0, 2e-9);
    ntk_gp_destroy(gp);
    /* nothing but noise: the mean is 0 and the variance that of the prior, both to |K| / s^2 */
    gp = process_of(&data, 1e12);
    ASSERT_OK(ntk_gp_predict(gp, M, data.cross, N, data.prior, mean, C, variance));
    for (int i = 0; i < M; i++) {
        ASSERT_RELATIVE(variance[i], data.prior[i], 1e-10);
        for (int q = 0; q < C; q++)
            ASSERT_CLOSE(mean[i * C + q], 0, 1e-10);
    }
    double value;
    ASSERT_OK(ntk_gp_log_evidence(gp, &value)); /* c n normal densities of variance s^2 around 0 */
    ASSERT_RELATIVE(value, -C * N * (0.5 * log(2 * 3.141592653589793) + 0.5 * log(1e12)), 1e-9);
    ntk_gp_destroy(gp);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(variance_is_between_zero_and_prior) {
    data_set data;
    data_create(&data);
    for (double noise = 1e-14; noise < 1e3; noise *= 100) {
        ntk_gp *const gp = process_of(&data, noise);
        double variance[M];
        ASSERT_OK(ntk_gp_predict(gp, M, data.cross, N, data.prior, NULL, 0, variance));
        for (int i = 0; i < M; i++)
            REQUIRE(variance[i] >= 0 && variance[i] <= data.prior[i], "noise %g: variance[%d] is %.17g, prior %.17g",
                    noise, i, variance[i], data.prior[i]);
        ntk_gp_destroy(gp);
    }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(mean_is_the_end_of_a_flow_with_decay) {
    /* Ridge n lambda / eta = s^2. */
    data_set data;
    data_create(&data);
    const double noise = 0.3;
    ntk_gp *const gp = process_of(&data, noise);
    ntk_flow *flow = NULL;
    double mean[M * C], f[M * C];
    ASSERT_OK(ntk_flow_create(NULL, N, C, data.gram, N, data.y, C, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_weight_decay(flow, noise / N));
    ASSERT_OK(ntk_flow_predict(flow, INFINITY, M, data.cross, N, NULL, 0, f, C));
    ASSERT_OK(ntk_gp_predict(gp, M, data.cross, N, data.prior, mean, C, NULL));
    for (int i = 0; i < M * C; i++)
        ASSERT_CLOSE(f[i], mean[i], 1e-11); /* n eps cond, cond below 1e3 */
    ntk_flow_destroy(flow);
    ntk_gp_destroy(gp);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(evidence_adds_up_by_conditioning) {
    /* log p(y_1..y_n) = log p(y_1..y_{n-1}) + log N(y_n; mean, variance + s^2): the chain rule, row by row. */
    data_set data;
    data_create(&data);
    const double noise = 0.2;
    double sum = 0, value;
    for (int n = 0; n < N; n++) {
        double mean[C] = {0}, variance = data.gram[n * N + n];
        if (n > 0) {
            ntk_gp *gp = NULL;
            ASSERT_OK(ntk_gp_create(NULL, n, C, data.gram, N, data.y, C, noise, &gp));
            ASSERT_OK(ntk_gp_predict(gp, 1, data.gram + n * N, N, &data.gram[n * N + n], mean, C, &variance));
            ntk_gp_destroy(gp);
        }
        for (int q = 0; q < C; q++) {
            const double off = data.y[n * C + q] - mean[q];
            sum -= 0.5 * (off * off / (variance + noise) + log(2 * 3.141592653589793 * (variance + noise)));
        }
    }
    ntk_gp *const gp = process_of(&data, noise);
    ASSERT_OK(ntk_gp_log_evidence(gp, &value));
    ASSERT_RELATIVE(value, sum, 1e-11); /* n eps cond, cond below 1e3 */
    ntk_gp_destroy(gp);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(inputs_are_copied) {
    data_set data;
    data_create(&data);
    ntk_gp *const gp = process_of(&data, 0.5), *at = NULL;
    ASSERT_OK(ntk_gp_create_from_kernel(data.kernel, N, data.x, D, C, data.y, C, 0.5, &at));
    double before[M * C], after[M * C], value[4];
    ASSERT_OK(ntk_gp_predict_at(at, M, data.z, D, before, C, NULL));
    ASSERT_OK(ntk_gp_log_evidence(gp, &value[0]));
    ASSERT_OK(ntk_gp_log_evidence(at, &value[1]));
    memset(data.gram, 0, sizeof(data.gram));
    memset(data.x, 0, sizeof(data.x));
    memset(data.y, 0, sizeof(data.y));
    ntk_kernel_destroy(data.kernel); /* the process keeps it alive */
    ASSERT_OK(ntk_gp_predict_at(at, M, data.z, D, after, C, NULL));
    ASSERT_OK(ntk_gp_log_evidence(gp, &value[2]));
    ASSERT_OK(ntk_gp_log_evidence(at, &value[3]));
    ASSERT_SAME_BITS(before, after, M * C);
    ASSERT_SAME_BITS(value, value + 2, 2);
    ntk_gp_destroy(gp);
    ntk_gp_destroy(at);
}
END_TEST

START_TEST(indefinite_matrix_is_refused) {
    const double gram[] = {1, 2, 2, 1}, y[] = {1, 1}; /* eigenvalues 3 and -1 */
    ntk_gp *gp = NULL;
    ASSERT_STATUS(NTK_ERR_NOT_POSITIVE, ntk_gp_create(NULL, 2, 1, gram, 2, y, 1, 0.5, &gp));
    ck_assert_ptr_null(gp);
}
END_TEST

START_TEST(overflow_is_reported) {
    const double gram[] = {1, 1 - 1e-9, 1 - 1e-9, 1}, large[] = {1e308, 0}, y[] = {1, 0};
    const double cross[] = {1e200, 0}, prior[] = {1}, negative[] = {-5};
    ntk_gp *gp = NULL;
    double mean[1] = {7}, variance[1] = {7};
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_gp_create(NULL, 2, 1, gram, 2, large, 1, 1e-9, &gp));
    ASSERT_OK(ntk_gp_create(NULL, 2, 1, gram, 2, y, 1, 0.1, &gp));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_gp_predict(gp, 1, cross, 2, prior, mean, 1, variance));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_gp_predict(gp, 1, gram, 2, negative, mean, 1, variance));
    ck_assert(mean[0] == 7 && variance[0] == 7);
    ntk_gp_destroy(gp);
}
END_TEST

SUITE("gp", reference_values, predict_at_equals_predict, outputs_may_be_left_out, noise_limits,
      variance_is_between_zero_and_prior, mean_is_the_end_of_a_flow_with_decay, evidence_adds_up_by_conditioning,
      inputs_are_copied, indefinite_matrix_is_refused, overflow_is_reported)
