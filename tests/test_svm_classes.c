/* Machines of several classes: labels, pairs, votes, the rest; class costs; the bound. */
#include "tests/svm_problems.h"

START_TEST(labels_are_classes) {
    static svm_data data;
    static const double sets[3][3] = {{-1, 1, 0}, {0, 1, 0}, {7, 3, 9}};
    svm_data_create(NULL, &data);
    for (int s = 0; s < 3; s++) {
        double y[POINTS], labels[3], f[POINTS], predicted[POINTS];
        int64_t classes, machines;
        const int64_t expected = s == 2 ? 3 : 2;
        int right = 0;
        for (int i = 0; i < POINTS; i++)
            y[i] = s == 2 ? data.three[i] : sets[s][data.sign[i] > 0 ? 1 : 0];
        ntk_svm *const svm = svm_on(&data, NTK_SVM_SVC, POINTS, y, 1e4, 1, 1e-6);
        ASSERT_OK(ntk_svm_get_classes(svm, &classes));
        ck_assert_int_eq(classes, expected);
        ASSERT_OK(ntk_svm_get_labels(svm, expected, labels));
        for (int k = 1; k < expected; k++)
            ck_assert(labels[k - 1] < labels[k]);
        ASSERT_OK(ntk_svm_get_machines(svm, &machines));
        ck_assert_int_eq(machines, s == 2 ? 3 : 1);
        ASSERT_OK(ntk_svm_fit(svm));
        ASSERT_OK(ntk_svm_predict(svm, POINTS, data.gram, POINTS, predicted));
        for (int i = 0; i < POINTS; i++)
            right += predicted[i] == y[i];
        ck_assert_int_ge(right, POINTS * 9 / 10); /* C is large: nearly all of the training set is separated */
        if (s < 2) {
            ASSERT_OK(ntk_svm_decide(svm, POINTS, data.gram, POINTS, f, 1));
            for (int i = 0; i < POINTS; i++)
                ck_assert(predicted[i] == (f[i] > 0 ? labels[1] : labels[0]));
        }
        ntk_svm_destroy(svm);
    }
    /* -0 and 0 are one label */
    static const double zeros[4] = {0.0, -0.0, 1, 1};
    ntk_svm *svm = NULL;
    int64_t classes;
    ASSERT_OK(ntk_svm_create(NULL, NTK_SVM_SVC, 4, data.gram, POINTS, zeros, &svm));
    ASSERT_OK(ntk_svm_get_classes(svm, &classes));
    ck_assert_int_eq(classes, 2);
    ntk_svm_destroy(svm);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* The pair's samples as a problem of its own. */
static void check_pair(const svm_data *data, int32_t type, const double *a, double b, int64_t lda, double minus,
                       double plus) {
    double gram[POINTS * POINTS], y[POINTS], own[POINTS], own_b;
    int index[POINTS], n = 0;
    for (int i = 0; i < POINTS; i++)
        if (data->three[i] == minus || data->three[i] == plus)
            index[n++] = i;
        else
            ck_assert(a[i * lda] == 0);
    for (int i = 0; i < n; i++) {
        y[i] = data->three[index[i]] == plus ? 1 : -1;
        for (int j = 0; j < n; j++)
            gram[i * n + j] = data->gram[index[i] * POINTS + index[j]];
    }
    ntk_svm *svm = NULL;
    ASSERT_OK(ntk_svm_create(NULL, type, n, gram, n, y, &svm));
    ASSERT_OK(ntk_svm_set_bias(svm, 1));
    ASSERT_OK(ntk_svm_set_cost(svm, 3));
    ASSERT_OK(ntk_svm_fit(svm));
    ASSERT_OK(ntk_svm_get_solution(svm, own, 1, &own_b));
    /* the same operations on the same numbers; LAPACK may see another alignment */
    for (int i = 0; i < n; i++)
        ASSERT_CLOSE(a[index[i] * lda], own[i], 1e-11);
    ASSERT_CLOSE(b, own_b, 1e-11);
    ntk_svm_destroy(svm);
}

START_TEST(pairs_are_machines_of_their_own) {
    static svm_data data;
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type += NTK_SVM_LOGISTIC) {
        enum { LDA = 5 };
        double a[POINTS * LDA], b[3], f[OTHERS * 3], y[OTHERS];
        ntk_svm *const svm = svm_on(&data, type, POINTS, data.three, 3, 1, 1e-3);
        ASSERT_OK(ntk_svm_fit(svm));
        suite_fill_canary(POINTS * LDA, a);
        ASSERT_OK(ntk_svm_get_solution(svm, a, LDA, b));
        for (int i = 0; i < POINTS; i++)
            ck_assert(suite_is_canary(LDA - 3, a + i * LDA + 3));
        check_pair(&data, type, a, b[0], LDA, 3, 7);
        check_pair(&data, type, a + 1, b[1], LDA, 3, 9);
        check_pair(&data, type, a + 2, b[2], LDA, 7, 9);
        ASSERT_OK(ntk_svm_decide(svm, OTHERS, data.cross, POINTS, f, 3));
        ASSERT_OK(ntk_svm_predict(svm, OTHERS, data.cross, POINTS, y));
        for (int i = 0; i < OTHERS; i++) {
            const double *const own = f + 3 * i;
            const int three = (own[0] <= 0) + (own[1] <= 0), seven = (own[0] > 0) + (own[2] <= 0);
            const int nine = (own[1] > 0) + (own[2] > 0);
            const double expected = three >= seven && three >= nine ? 3 : seven >= nine ? 7 : 9;
            ck_assert(y[i] == expected);
        }
        ntk_svm_destroy(svm);
    }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(one_class_against_the_rest) {
    static svm_data data;
    static const double labels[3] = {3, 7, 9};
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type += NTK_SVM_LOGISTIC) {
        double a[POINTS * 3], b[3], f[OTHERS * 3], y[OTHERS];
        ntk_svm *const svm = svm_on(&data, type, POINTS, data.three, 3, 0, 1e-3);
        ASSERT_OK(ntk_svm_set_multiclass(svm, NTK_SVM_ONE_VS_REST));
        ASSERT_OK(ntk_svm_fit(svm));
        ASSERT_OK(ntk_svm_get_solution(svm, a, 3, b));
        for (int k = 0; k < 3; k++) {
            double sign[POINTS], own[POINTS];
            for (int i = 0; i < POINTS; i++)
                sign[i] = data.three[i] == labels[k] ? 1 : -1;
            ntk_svm *const one = svm_on(&data, type, POINTS, sign, 3, 0, 1e-3);
            ASSERT_OK(ntk_svm_fit(one));
            ASSERT_OK(ntk_svm_get_solution(one, own, 1, NULL));
            for (int i = 0; i < POINTS; i++)
                ASSERT_CLOSE(a[3 * i + k], own[i], 1e-11);
            ck_assert(b[k] == 0);
            ntk_svm_destroy(one);
        }
        ASSERT_OK(ntk_svm_decide(svm, OTHERS, data.cross, POINTS, f, 3));
        ASSERT_OK(ntk_svm_predict(svm, OTHERS, data.cross, POINTS, y));
        for (int i = 0; i < OTHERS; i++) {
            int best = 0;
            for (int k = 1; k < 3; k++)
                best = f[3 * i + k] > f[3 * i + best] ? k : best;
            ck_assert(y[i] == labels[best]);
        }
        ntk_svm_destroy(svm);
    }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* No information at all: every value is 0, and the first class gets all. */
START_TEST(ties_go_to_the_class_that_comes_first) {
    static const double gram[36] = {0}, y[6] = {7, 3, 9, 9, 3, 7};
    for (int32_t multiclass = 0; multiclass < 2; multiclass++) {
        ntk_svm *svm = NULL;
        double predicted[6];
        ASSERT_OK(ntk_svm_create(NULL, NTK_SVM_SVC, 6, gram, 6, y, &svm));
        ASSERT_OK(ntk_svm_set_bias(svm, 0));
        ASSERT_OK(ntk_svm_set_multiclass(svm, multiclass));
        ASSERT_OK(ntk_svm_fit(svm));
        ASSERT_OK(ntk_svm_predict(svm, 6, gram, 6, predicted));
        for (int i = 0; i < 6; i++)
            ck_assert(predicted[i] == 3);
        ntk_svm_destroy(svm);
    }
}
END_TEST

START_TEST(class_costs_are_weights) {
    static svm_data data;
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type += NTK_SVM_LOGISTIC) {
        double weights[POINTS], a[2][POINTS], b[2];
        ntk_svm *svm[2];
        for (int s = 0; s < 2; s++)
            svm[s] = svm_on(&data, type, POINTS, data.sign, 2, 1, 1e-6);
        for (int i = 0; i < POINTS; i++)
            weights[i] = data.sign[i] > 0 ? 0.25 : 3;
        ASSERT_OK(ntk_svm_set_sample_weights(svm[0], POINTS, weights));
        ASSERT_OK(ntk_svm_set_class_cost(svm[1], 0, 3));
        ASSERT_OK(ntk_svm_set_class_cost(svm[1], 1, 0.25));
        for (int s = 0; s < 2; s++) {
            ASSERT_OK(ntk_svm_fit(svm[s]));
            ASSERT_OK(ntk_svm_get_solution(svm[s], a[s], 1, &b[s]));
            ntk_svm_destroy(svm[s]);
        }
        ASSERT_SAME_BITS(a[0], a[1], POINTS);
        ASSERT_SAME_BITS(&b[0], &b[1], 1);
    }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(a_class_may_be_left_out_only_where_none_needs_it) {
    static svm_data data;
    ntk_context *context = NULL;
    ntk_svm *svm = NULL;
    ASSERT_OK(ntk_context_create(&context));
    svm_data_create(context, &data);
    ASSERT_OK(ntk_svm_create(context, NTK_SVM_SVC, POINTS, data.gram, POINTS, data.three, &svm));
    ASSERT_OK(ntk_svm_set_class_cost(svm, 1, 0));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_svm_fit(svm));
    ck_assert(suite_mentions(ntk_context_last_error(context), "7"));
    ASSERT_OK(ntk_svm_set_multiclass(svm, NTK_SVM_ONE_VS_REST));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_svm_fit(svm));
    ck_assert(suite_mentions(ntk_context_last_error(context), "7"));
    double weights[POINTS];
    for (int i = 0; i < POINTS; i++)
        weights[i] = data.three[i] == 9;
    ASSERT_OK(ntk_svm_set_class_cost(svm, 1, 1));
    ASSERT_OK(ntk_svm_set_sample_weights(svm, POINTS, weights));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_svm_fit(svm));
    ASSERT_OK(ntk_svm_set_sample_weights(svm, 0, NULL));
    ASSERT_OK(ntk_svm_fit(svm));
    ntk_svm_destroy(svm);
    ASSERT_OK(ntk_svm_create(context, NTK_SVM_RIDGE, POINTS, data.gram, POINTS, data.number, &svm));
    memset(weights, 0, sizeof(weights));
    ASSERT_OK(ntk_svm_set_sample_weights(svm, POINTS, weights));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_svm_fit(svm));
    ntk_svm_destroy(svm);
    ntk_kernel_destroy(data.kernel);
    ntk_context_destroy(context);
}
END_TEST

/* The bound of the smallest ball 2^k that holds f, with that ball's part of delta. */
static double bound_in_ball(int n, double loss, double norm, double trace, double delta) {
    double radius = 1, chances = 1, k = 0;
    while (norm > 0 && norm > radius) {
        radius *= 2;
        k++;
    }
    while (norm > 0 && norm <= radius / 2) {
        radius /= 2;
        k++;
    }
    chances = (acos(-1) * acos(-1) / 3 - 1) * (k + 1) * (k + 1) / delta;
    return loss + 2 * radius * sqrt(trace) / n + 3 * sqrt(log(2 * chances) / (2 * n));
}

/* |f| on the edge of a ball and beside it, far out and far in, and 0. The parts of all balls are delta together. */
START_TEST(the_bound_is_that_of_the_smallest_ball) {
    static const double norms[] = {0, 1e-30, 0.25, 0.250001, 0.5, 0.6, 1, 1.000001, 2, 3, 1000};
    double parts = 1;
    for (int k = 1; k < 1000000; k++)
        parts += 2 / ((k + 1.0) * (k + 1.0));
    ASSERT_CLOSE(acos(-1) * acos(-1) / 3 - 1, parts, 4e-6); /* the rest of the sum is 2e-6 */
    for (size_t s = 0; s < sizeof(norms) / sizeof(*norms); s++) {
        /* K = norm^2 yy' / (4 C^2), a = y C: all a are at their bounds where C, a power of two, is above norm^2 / 2, as then
         * f = y norm^2 / (2 C) is below 1; and |f| is the norm, without rounding where that is a power of two */
        double cost = 1;
        const double norm = norms[s], y[2] = {-1, 1};
        while (cost < norm * norm)
            cost *= 2;
        const double k = norm * norm / (4 * cost * cost), f = 2 * cost * k, gram[4] = {k, -k, -k, k};
        ntk_svm *svm = NULL;
        double bound;
        ASSERT_OK(ntk_svm_create(NULL, NTK_SVM_SVC, 2, gram, 2, y, &svm));
        ASSERT_OK(ntk_svm_set_cost(svm, cost));
        ASSERT_OK(ntk_svm_set_bias(svm, 0));
        ASSERT_OK(ntk_svm_fit(svm));
        ASSERT_OK(ntk_svm_get_bound(svm, 0, 0.9, &bound));
        ASSERT_RELATIVE(bound, bound_in_ball(2, 1 - f, norm, 2 * k, 0.1), 64 * DBL_EPSILON);
        ntk_svm_destroy(svm);
    }
}
END_TEST

START_TEST(the_bound_is_its_formula) {
    static svm_data data;
    static const double confidences[] = {0.5, 0.95, 1 - 1e-9};
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type += NTK_SVM_LOGISTIC)
        for (int k = 0; k < 3; k++) {
            double a[POINTS], bound, loss = 0, square = 0, trace = 0;
            ntk_svm *const svm = svm_on(&data, type, POINTS, data.sign, 0.7, 0, 1e-3);
            ASSERT_OK(ntk_svm_fit(svm));
            ASSERT_OK(ntk_svm_get_solution(svm, a, 1, NULL));
            for (int i = 0; i < POINTS; i++) {
                double f = 0;
                for (int j = 0; j < POINTS; j++)
                    f += data.gram[i * POINTS + j] * a[j];
                loss += fmin(1, fmax(0, 1 - data.sign[i] * f)) / POINTS;
                square += a[i] * f;
                trace += data.gram[i * (POINTS + 1)];
            }
            const double expected = bound_in_ball(POINTS, loss, sqrt(square), trace, 1 - confidences[k]);
            ASSERT_OK(ntk_svm_get_bound(svm, 0, confidences[k], &bound));
            ASSERT_RELATIVE(bound, expected, 64 * POINTS * DBL_EPSILON);
            ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_svm_get_bound(svm, 0, 1, &bound));
            ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_svm_get_bound(svm, 0, 0, &bound));
            ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_svm_get_bound(svm, 0, NAN, &bound));
            ASSERT_STATUS(NTK_ERR_SIZE, ntk_svm_get_bound(svm, 1, 0.5, &bound));
            ASSERT_OK(ntk_svm_set_bias(svm, 1));
            ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_svm_get_bound(svm, 0, 0.5, &bound));
            ntk_svm_destroy(svm);
        }
    ntk_svm *const numbers = svm_on(&data, NTK_SVM_RIDGE, POINTS, data.number, 1, 0, 1e-3);
    double bound;
    ASSERT_OK(ntk_svm_fit(numbers));
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_svm_get_bound(numbers, 0, 0.5, &bound));
    ntk_svm_destroy(numbers);
    ntk_kernel_destroy(data.kernel);
}
END_TEST

SUITE("svm_classes", labels_are_classes, pairs_are_machines_of_their_own, one_class_against_the_rest,
      ties_go_to_the_class_that_comes_first, class_costs_are_weights, a_class_may_be_left_out_only_where_none_needs_it,
      the_bound_is_that_of_the_smallest_ball, the_bound_is_its_formula)
