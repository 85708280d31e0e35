/* Kernel ridge and logistic regression: the normal equations, the conditions of optimality, the conjugate's gap. */
#include "tests/svm_problems.h"

/* f = K a + b on the training set. */
static void outputs(const svm_data *data, const double *a, double b, double *f) {
    for (int i = 0; i < POINTS; i++) {
        f[i] = b;
        for (int j = 0; j < POINTS; j++)
            f[i] += data->gram[i * POINTS + j] * a[j];
    }
}

static void weights_of(double *weights) {
    uint64_t state = 9;
    for (int i = 0; i < POINTS; i++)
        weights[i] = i % 11 == 3 ? 0 : 1 + suite_uniform(&state) / 2;
}

START_TEST(ridge_solves_its_equations) {
    static svm_data data;
    static const double costs[] = {1e-8, 1e-2, 1, 1e3, 1e8};
    svm_data_create(NULL, &data);
    for (int c = 0; c < 5; c++)
        for (int32_t bias = 0; bias < 2; bias++) {
            double a[POINTS], b, f[POINTS], weights[POINTS], objective, gap, violation, expected = 0, sum = 0;
            weights_of(weights);
            ntk_svm *const svm = svm_on(&data, NTK_SVM_RIDGE, POINTS, data.number, costs[c], bias, 1e-3);
            ASSERT_OK(ntk_svm_set_sample_weights(svm, POINTS, weights));
            ASSERT_OK(ntk_svm_fit(svm));
            ASSERT_OK(ntk_svm_get_solution(svm, a, 1, &b));
            ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, &gap, &violation, NULL, NULL));
            outputs(&data, a, b, f);
            double size = 0;
            for (int i = 0; i < POINTS; i++)
                size = fmax(size, fabs(a[i]));
            /* n eps for each of Cholesky and the sum, times the terms of f */
            const double rounding = 32 * POINTS * DBL_EPSILON * (1 + POINTS * size * 4 * data.gram[0]);
            for (int i = 0; i < POINTS; i++) {
                const double cost = costs[c] * weights[i], r = data.number[i] - f[i];
                if (weights[i] == 0) {
                    ck_assert(a[i] == 0);
                    continue;
                }
                ASSERT_CLOSE(r, a[i] / cost, rounding);
                expected += cost * r * r / 2 + a[i] * (f[i] - b) / 2;
                sum += a[i];
            }
            REQUIRE(violation <= rounding, "violation %g", violation);
            ASSERT_CLOSE(objective, expected, 64 * POINTS * DBL_EPSILON * (1 + POINTS * size * size * data.gram[0]));
            REQUIRE(gap >= 0 && gap <= POINTS * costs[c] * rounding * rounding, "gap %g", gap);
            if (bias == 1)
                ASSERT_CLOSE(sum, 0, 64 * POINTS * DBL_EPSILON * size);
            else
                ck_assert(b == 0);
            ntk_svm_destroy(svm);
        }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* The limit of the flow with weight decay, which has a solver of its own. */
START_TEST(ridge_is_the_limit_of_the_flow) {
    static svm_data data;
    svm_data_create(NULL, &data);
    const double decay = 0.02, rate = 1.5;
    ntk_svm *const svm = svm_on(&data, NTK_SVM_RIDGE, POINTS, data.number, rate / (POINTS * decay), 0, 1e-3);
    ntk_flow *flow = NULL;
    double f[OTHERS], g[OTHERS];
    ASSERT_OK(ntk_flow_create(NULL, POINTS, 1, data.gram, POINTS, data.number, 1, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_learning_rate(flow, rate));
    ASSERT_OK(ntk_flow_set_weight_decay(flow, decay));
    ASSERT_OK(ntk_flow_predict(flow, INFINITY, OTHERS, data.cross, POINTS, NULL, 0, f, 1));
    ASSERT_OK(ntk_svm_fit(svm));
    ASSERT_OK(ntk_svm_decide(svm, OTHERS, data.cross, POINTS, g, 1));
    for (int i = 0; i < OTHERS; i++)
        ASSERT_CLOSE(g[i], f[i], 1e-11); /* n eps times a condition below 1e3 */
    ntk_flow_destroy(flow);
    ntk_svm_destroy(svm);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

START_TEST(logistic_meets_its_conditions) {
    static svm_data data;
    static const double costs[] = {1e-8, 1e-2, 1, 1e3, 1e6};
    svm_data_create(NULL, &data);
    for (int c = 0; c < 5; c++)
        for (int32_t bias = 0; bias < 2; bias++) {
            double a[POINTS], b, f[POINTS], weights[POINTS], objective, gap, violation, expected = 0, sum = 0;
            int64_t iterations;
            weights_of(weights);
            ntk_svm *const svm = svm_on(&data, NTK_SVM_LOGISTIC, POINTS, data.sign, costs[c], bias, 1e-10);
            ASSERT_OK(ntk_svm_set_sample_weights(svm, POINTS, weights));
            ASSERT_OK(ntk_svm_fit(svm));
            ASSERT_OK(ntk_svm_get_solution(svm, a, 1, &b));
            ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, &gap, &violation, &iterations, NULL));
            outputs(&data, a, b, f);
            double size = 0;
            for (int i = 0; i < POINTS; i++)
                size = fmax(size, fabs(a[i]));
            /* Newton's last step was below 1e-10, so what is left is its square and the rounding of f */
            const double rounding = 32 * POINTS * DBL_EPSILON * (1 + POINTS * size * 4 * data.gram[0]);
            for (int i = 0; i < POINTS; i++) {
                const double y = data.sign[i], cost = costs[c] * weights[i], share = 1 / (1 + exp(y * f[i]));
                ASSERT_CLOSE(a[i], cost * y * share, cost * share * (1e-10 + rounding) + rounding * size);
                expected += cost * softplus(-y * f[i]) + a[i] * (f[i] - b) / 2;
                sum += a[i];
            }
            ASSERT_RELATIVE(objective, expected, 1e4 * POINTS * DBL_EPSILON);
            /* a second-order term of what f is off, with the curvature C / 4 at most */
            REQUIRE(gap >= 0 && gap <= POINTS * costs[c] * rounding * rounding, "gap %g of %g", gap, objective);
            REQUIRE(violation <= 1e-10 && iterations <= 40, "violation %g, %d steps", violation, (int)iterations);
            if (bias == 1)
                ASSERT_CLOSE(sum, 0, 64 * POINTS * DBL_EPSILON * size);
            ntk_svm_destroy(svm);
        }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* log x for 1e-300 <= x needs no care here: the shares of the points are not that small. */
START_TEST(the_gap_is_that_of_the_dual_problem) {
    static svm_data data;
    svm_data_create(NULL, &data);
    double a[POINTS], b, f[POINTS], objective, gap, dual = 0;
    ntk_svm *const svm = svm_on(&data, NTK_SVM_LOGISTIC, POINTS, data.sign, 1, 0, 1); /* ends after one step */
    ASSERT_OK(ntk_svm_set_tolerance(svm, 1));
    ASSERT_OK(ntk_svm_set_cost(svm, 0.05));
    ASSERT_OK(ntk_svm_fit(svm));
    ASSERT_OK(ntk_svm_get_solution(svm, a, 1, &b));
    ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, &gap, NULL, NULL, NULL));
    outputs(&data, a, b, f);
    for (int i = 0; i < POINTS; i++) {
        const double t = data.sign[i] * a[i] / 0.05;
        dual -= 0.05 * (t * log(t) + (1 - t) * log1p(-t)) + a[i] * f[i] / 2;
    }
    REQUIRE(gap > 1e-12, "gap %g", gap);
    ASSERT_CLOSE(objective - dual, gap, 64 * POINTS * DBL_EPSILON * objective);
    ntk_svm_destroy(svm);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* Without a point in common the cost has its minimum far out; |f|^2 keeps it finite. */
START_TEST(separable_classes_are_no_trouble) {
    enum { N = 20 };
    double gram[N * N], y[N], gap, objective;
    for (int i = 0; i < N; i++) {
        y[i] = i < N / 2 ? 3 : 4;
        for (int j = 0; j < N; j++)
            gram[i * N + j] = (i == j) + ((i < N / 2) == (j < N / 2) ? 1 : -1);
    }
    for (int e = -6; e <= 12; e += 3)
        for (int32_t bias = 0; bias < 2; bias++) {
            ntk_svm *svm = NULL;
            ASSERT_OK(ntk_svm_create(NULL, NTK_SVM_LOGISTIC, N, gram, N, y, &svm));
            ASSERT_OK(ntk_svm_set_cost(svm, pow(10, e)));
            ASSERT_OK(ntk_svm_set_bias(svm, bias));
            ASSERT_OK(ntk_svm_fit(svm));
            ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, &gap, NULL, NULL, NULL));
            REQUIRE(gap >= 0 && gap <= 1e-6 * objective, "C = 1e%d: gap %g of %g", e, gap, objective);
            ntk_svm_destroy(svm);
        }
}
END_TEST

SUITE("svm_newton", ridge_solves_its_equations, ridge_is_the_limit_of_the_flow, logistic_meets_its_conditions,
      the_gap_is_that_of_the_dual_problem, separable_classes_are_no_trouble)
