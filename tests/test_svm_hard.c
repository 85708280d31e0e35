/* Support vector machines: extreme costs, degenerate and indefinite matrices, the smallest and larger problems. */
#include "tests/svm_problems.h"

START_TEST(costs_from_tiny_to_huge) {
    static svm_data data;
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type++)
        for (int32_t bias = 0; bias < 2; bias++)
            for (int e = -300; e <= 6; e += 18) {
                const bool class = type == NTK_SVM_SVC || type == NTK_SVM_LOGISTIC;
                ntk_svm *const svm =
                    svm_on(&data, type, POINTS, class ? data.sign : data.number, pow(10, e), bias, 1e-3);
                double gap;
                const double objective = objective_of(svm, &gap);
                /* a violation of 1e-3 costs at most C times that, for each side of each sample */
                const double error = 2 * POINTS * pow(10, e) * 1e-3 + 1e-10 * objective;
                REQUIRE(isfinite(objective) && objective >= 0 && gap >= 0 && gap <= error,
                        "type %d, bias %d, C = 1e%d: objective %g, gap %g", (int)type, (int)bias, e, objective, gap);
                ntk_svm_destroy(svm);
            }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* Equal samples with opposite labels, and a kernel that is 0. */
START_TEST(curvature_zero) {
    static const double ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, zeros[16] = {0};
    static const double y[4] = {-1, 1, 1, 1};
    for (int k = 0; k < 2; k++)
        for (int32_t bias = 0; bias < 2; bias++) {
            ntk_svm *svm = NULL;
            double a[4], b, objective, gap, sum = 0;
            ASSERT_OK(ntk_svm_create(NULL, NTK_SVM_SVC, 4, k == 0 ? ones : zeros, 4, y, &svm));
            ASSERT_OK(ntk_svm_set_bias(svm, bias));
            ASSERT_OK(ntk_svm_set_tolerance(svm, 1e-12));
            ASSERT_OK(ntk_svm_fit(svm));
            ASSERT_OK(ntk_svm_get_solution(svm, a, 1, &b));
            ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, &gap, NULL, NULL, NULL));
            for (int i = 0; i < 4; i++)
                sum += a[i];
            /* one constant c for all four: c^2/2 (no bias) + max(0, 1 + c) + 3 max(0, 1 - c) is least at c = 1; or losses of 4 */
            const double expected = bias == 1 ? 2 : k == 0 ? 2.5 : 4;
            ASSERT_CLOSE(objective, expected, 1e-11);
            REQUIRE(gap >= 0 && gap <= 1e-11, "gap %g", gap);
            if (bias == 1)
                ASSERT_CLOSE(b + (k == 0 ? sum : 0), 1, 1e-11);
            ntk_svm_destroy(svm);
        }
}
END_TEST

/* More variables than gathered rows that are kept: rows give way, and shrinking changes their order. */
START_TEST(many_variables) {
    const int64_t n = suite_size(1500, 150);
    double *const x = suite_doubles(n * INPUTS), *const y = suite_doubles(n), *const gram = suite_doubles(n * n);
    double value[2], gap[2];
    int64_t iterations[2];
    uint64_t state = 21;
    suite_fill(&state, n * INPUTS, x);
    for (int64_t i = 0; i < n; i++)
        y[i] = sin(3 * x[i * INPUTS]) + suite_uniform(&state);
    ntk_kernel *const kernel = suite_kernel(NULL, INPUTS, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_kernel_gram(kernel, n, x, INPUTS, gram, n));
    for (int32_t shrinking = 0; shrinking < 2; shrinking++) {
        ntk_svm *svm = NULL;
        ASSERT_OK(ntk_svm_create(NULL, NTK_SVM_SVR, n, gram, n, y, &svm));
        ASSERT_OK(ntk_svm_set_shrinking(svm, shrinking));
        ASSERT_OK(ntk_svm_set_tolerance(svm, 1e-8));
        ASSERT_OK(ntk_svm_fit(svm));
        ASSERT_OK(ntk_svm_get_report(svm, 0, &value[shrinking], &gap[shrinking], NULL, &iterations[shrinking], NULL));
        ntk_svm_destroy(svm);
    }
    ASSERT_CLOSE(value[1], value[0], gap[0] + gap[1] + 64 * (double)n * DBL_EPSILON * value[0]);
    REQUIRE(gap[0] + gap[1] <= 4e-8 * (double)n, "gaps %g and %g", gap[0], gap[1]);
    /* rows that were mixed up would lead astray; shrinking costs a few detours */
    REQUIRE(iterations[1] <= iterations[0] * 5 / 4, "%" PRId64 " iterations, and %" PRId64 " with shrinking",
            iterations[0], iterations[1]);
    ntk_kernel_destroy(kernel);
    free(gram);
    free(y);
    free(x);
}
END_TEST

/* The smallest problems: one number, and two samples. */
START_TEST(one_number_and_two_samples) {
    static const double one[1] = {2}, number[1] = {5}, two[4] = {1, 0.5, 0.5, 1}, y[2] = {-1, 1};
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type++)
        for (int32_t bias = 0; bias < 2; bias++) {
            const bool class = type == NTK_SVM_SVC || type == NTK_SVM_LOGISTIC;
            ntk_svm *svm = NULL;
            double a[2], b, objective;
            ASSERT_OK(class ? ntk_svm_create(NULL, type, 2, two, 2, y, &svm)
                            : ntk_svm_create(NULL, type, 1, one, 1, number, &svm));
            ASSERT_OK(ntk_svm_set_bias(svm, bias));
            ASSERT_OK(ntk_svm_set_tolerance(svm, 1e-12));
            ASSERT_OK(ntk_svm_fit(svm));
            ASSERT_OK(ntk_svm_get_solution(svm, a, 1, &b));
            ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, NULL, NULL, NULL, NULL));
            if (type == NTK_SVM_SVC) { /* a_1 = -a_0 = c, f = c / 2 at the second, c^2 / 2 + 2 (1 - c / 2): c = 1 */
                ASSERT_CLOSE(a[1], 1, 1e-11);
                ASSERT_CLOSE(objective, 1.5, 1e-11);
            } else if (class) {
                ASSERT_CLOSE(a[0], -a[1], 1e-11);
            } else if (bias == 1) {
                ASSERT_CLOSE(b, 5, 1e-11);
                ASSERT_CLOSE(objective, 0, 1e-11);
            } else { /* a at C = 1, since 2 a < 5 - 0.1; or 5 / (2 + 1) */
                ASSERT_CLOSE(a[0], type == NTK_SVM_SVR ? 1 : 5.0 / 3, 1e-11);
            }
            ntk_svm_destroy(svm);
        }
}
END_TEST

START_TEST(an_indefinite_gram_is_refused) {
    static const double pair[9] = {1, 0, 2, 0, 1, 0, 2, 0, 1}, y[3] = {1, 1, -1};
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type++)
        for (int32_t bias = 0; bias < 2; bias++) {
            ntk_svm *svm = NULL;
            ntk_context *context = NULL;
            double a[3];
            ASSERT_OK(ntk_context_create(&context));
            ASSERT_OK(ntk_svm_create(context, type, 3, pair, 3, y, &svm));
            ASSERT_OK(ntk_svm_set_bias(svm, bias));
            ASSERT_OK(ntk_svm_set_cost(svm, 100));
            ASSERT_STATUS(NTK_ERR_NOT_POSITIVE, ntk_svm_fit(svm));
            ck_assert(suite_mentions(ntk_context_last_error(context), "2"));
            if (type == NTK_SVM_SVC)
                ck_assert_msg(suite_mentions(ntk_context_last_error(context), "0") ||
                                  suite_mentions(ntk_context_last_error(context), "1"),
                              "%s", ntk_context_last_error(context));
            ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_svm_get_solution(svm, a, 1, NULL));
            ntk_svm_destroy(svm);
            ntk_context_destroy(context);
        }
}
END_TEST

START_TEST(too_few_iterations_are_told) {
    static svm_data data;
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    svm_data_create(context, &data);
    ntk_svm *svm = NULL;
    ASSERT_OK(ntk_svm_create(context, NTK_SVM_SVC, POINTS, data.gram, POINTS, data.sign, &svm));
    ASSERT_OK(ntk_svm_set_most_iterations(svm, 3));
    ASSERT_STATUS(NTK_ERR_CONVERGENCE, ntk_svm_fit(svm));
    ck_assert(suite_mentions(ntk_context_last_error(context), "3"));
    ASSERT_OK(ntk_svm_set_most_iterations(svm, 100000));
    ASSERT_OK(ntk_svm_fit(svm));
    ntk_svm_destroy(svm);
    ntk_kernel_destroy(data.kernel);
    ntk_context_destroy(context);
}
END_TEST

SUITE("svm_hard", costs_from_tiny_to_huge, curvature_zero, many_variables, one_number_and_two_samples,
      an_indefinite_gram_is_refused, too_few_iterations_are_told)
