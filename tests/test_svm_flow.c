/* Flows with weight decay end in kernel machines: C = eta / (n lambda), without bias. */
#include "tests/svm_problems.h"

/* lambda for the machine's C at the rate of 1.5. */
static double decay_of(double cost, int64_t n) { return 1.5 / ((double)n * cost); }

static ntk_flow *flow_of(const svm_data *data, int32_t loss, const double *y, double cost) {
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(NULL, POINTS, 1, data->gram, POINTS, y, 1, loss, &flow));
    ASSERT_OK(ntk_flow_set_learning_rate(flow, 1.5));
    ASSERT_OK(ntk_flow_set_weight_decay(flow, decay_of(cost, POINTS)));
    return flow;
}

static void compare(int32_t loss, int32_t type, const double *costs, const double *weights) {
    static svm_data data;
    svm_data_create(NULL, &data);
    const double *const y = type == NTK_SVM_SVC || type == NTK_SVM_LOGISTIC ? data.sign : data.number;
    for (int c = 0; c < 3; c++) {
        double f[OTHERS], g[OTHERS], trained[POINTS], fitted[POINTS];
        ntk_flow *const flow = flow_of(&data, loss, y, costs[c]);
        ntk_svm *const svm = svm_on(&data, type, POINTS, y, costs[c], 0, 1e-10);
        if (weights != NULL) {
            ASSERT_OK(ntk_flow_set_sample_weights(flow, POINTS, weights));
            ASSERT_OK(ntk_svm_set_sample_weights(svm, POINTS, weights));
        }
        ASSERT_OK(ntk_svm_fit(svm));
        ASSERT_OK(ntk_svm_decide(svm, OTHERS, data.cross, POINTS, f, 1));
        ASSERT_OK(ntk_svm_decide(svm, POINTS, data.gram, POINTS, fitted, 1));
        ASSERT_OK(ntk_flow_predict(flow, INFINITY, OTHERS, data.cross, POINTS, NULL, 0, g, 1));
        ASSERT_OK(ntk_flow_train(flow, INFINITY, trained, 1));
        /* a violation of 1e-10 times a condition below 100 (where C is large, of what the machine has left free) */
        for (int i = 0; i < OTHERS; i++)
            ASSERT_CLOSE(g[i], f[i], 1e-8);
        for (int i = 0; i < POINTS; i++)
            ASSERT_CLOSE(trained[i], fitted[i], 1e-8);
        ntk_flow_destroy(flow);
        ntk_svm_destroy(svm);
    }
    ntk_kernel_destroy(data.kernel);
}

static const double few_costs[3] = {0.05, 1, 20};

START_TEST(hinge_ends_in_the_support_vector_machine) { compare(NTK_LOSS_HINGE, NTK_SVM_SVC, few_costs, NULL); }
END_TEST

START_TEST(epsilon_insensitive_ends_in_support_vector_regression) {
    compare(NTK_LOSS_EPSILON_INSENSITIVE, NTK_SVM_SVR, few_costs, NULL);
}
END_TEST

START_TEST(squared_ends_in_ridge_regression) { compare(NTK_LOSS_SQUARED, NTK_SVM_RIDGE, few_costs, NULL); }
END_TEST

START_TEST(logistic_ends_in_logistic_regression) { compare(NTK_LOSS_LOGISTIC, NTK_SVM_LOGISTIC, few_costs, NULL); }
END_TEST

START_TEST(weights_mean_the_same) {
    double weights[POINTS];
    for (int i = 0; i < POINTS; i++)
        weights[i] = i % 5 == 0 ? 0 : 0.5 + 0.25 * (i % 3);
    compare(NTK_LOSS_HINGE, NTK_SVM_SVC, few_costs, weights);
    compare(NTK_LOSS_LOGISTIC, NTK_SVM_LOGISTIC, few_costs, weights);
    compare(NTK_LOSS_SQUARED, NTK_SVM_RIDGE, few_costs, weights);
}
END_TEST

/* A late time is near the limit: exp(-lambda t) is what is left of the start, and here 8e-10. */
START_TEST(a_late_time_is_near_the_limit) {
    static svm_data data;
    double f[OTHERS], g[OTHERS];
    svm_data_create(NULL, &data);
    ntk_flow *const flow = flow_of(&data, NTK_LOSS_HINGE, data.sign, 1);
    ASSERT_OK(ntk_flow_predict(flow, INFINITY, OTHERS, data.cross, POINTS, NULL, 0, f, 1));
    ASSERT_OK(ntk_flow_predict(flow, 21 / decay_of(1, POINTS), OTHERS, data.cross, POINTS, NULL, 0, g, 1));
    for (int i = 0; i < OTHERS; i++)
        ASSERT_CLOSE(g[i], f[i], 1e-8);
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

SUITE("svm_flow", hinge_ends_in_the_support_vector_machine, epsilon_insensitive_ends_in_support_vector_regression,
      squared_ends_in_ridge_regression, logistic_ends_in_logistic_regression, weights_mean_the_same,
      a_late_time_is_near_the_limit)
