/* Support vector machines: against a solver of small problems, and the conditions of optimality. */
#include "tests/svm_problems.h"

/* ---- small problems ---- */

/* The bounds of a for SVC (class = true) or SVR. */
static void small_bounds(int n, const double *y, const double *cost, bool class, double *lower, double *upper) {
    for (int i = 0; i < n; i++) {
        lower[i] = class && y[i] > 0 ? 0 : -cost[i];
        upper[i] = class && y[i] < 0 ? 0 : cost[i];
    }
}

static void compare_small(const svm_data *data, bool class, int offset, double cost, int32_t bias, double epsilon) {
    enum { N = 5 };
    double k[N * N], y[N], each[N], lower[N], upper[N], best[N], a[N], b, objective, gap, violation;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++)
            k[i * N + j] = data->gram[(offset + i) * POINTS + offset + j];
        y[i] = class ? (i % 2 == 0 ? 1 : -1) : data->number[offset + i];
        each[i] = cost * (1 + 0.5 * i);
    }
    double weights[N];
    for (int i = 0; i < N; i++)
        weights[i] = each[i] / cost;
    small_bounds(N, y, each, class, lower, upper);
    const small_problem problem = {N, k, y, lower, upper, class ? 0 : epsilon, bias == 1};
    const double least = small_minimum(&problem, best);
    ntk_svm *svm = NULL;
    ASSERT_OK(ntk_svm_create(NULL, class ? NTK_SVM_SVC : NTK_SVM_SVR, N, k, N, y, &svm));
    ASSERT_OK(ntk_svm_set_cost(svm, cost));
    ASSERT_OK(ntk_svm_set_bias(svm, bias));
    ASSERT_OK(ntk_svm_set_epsilon(svm, epsilon));
    ASSERT_OK(ntk_svm_set_sample_weights(svm, N, weights));
    ASSERT_OK(ntk_svm_set_tolerance(svm, 1e-12));
    ASSERT_OK(ntk_svm_fit(svm));
    ASSERT_OK(ntk_svm_get_solution(svm, a, 1, &b));
    ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, &gap, &violation, NULL, NULL));
    /* The condition of five distinct points is below 1e3: violations of 1e-12 and rounding stay below 1e-9 of the costs */
    for (int i = 0; i < N; i++)
        ASSERT_CLOSE(a[i], best[i], 1e-9 * fmax(1, cost));
    /* strong duality; the cost of a violation is at most C times itself, for each side of each sample */
    const double error = 1e-10 * fmax(1, fabs(least)) + 2 * N * 3 * cost * 1e-12;
    ASSERT_CLOSE(objective, -least, error);
    REQUIRE(gap >= 0 && gap <= error, "gap %g", gap);
    REQUIRE(violation >= 0 && violation <= 1e-12, "violation %g", violation);
    if (bias == 0)
        ck_assert(b == 0);
    ntk_svm_destroy(svm);
}

START_TEST(small_problems_are_solved_exactly) {
    static svm_data data;
    static const double costs[] = {1e-3, 0.1, 1, 30, 1e4};
    svm_data_create(NULL, &data);
    for (int c = 0; c < 5; c++)
        for (int offset = 0; offset < 30; offset += 5)
            for (int32_t bias = 0; bias < 2; bias++) {
                compare_small(&data, true, offset, costs[c], bias, 0.1);
                compare_small(&data, false, offset, costs[c], bias, 0.1);
            }
    compare_small(&data, false, 0, 1, 1, 0);
    compare_small(&data, false, 0, 1, 1, 100); /* wider than the numbers: a = 0 */
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* ---- the conditions from outside ---- */

/* How far a (n) and b are from the conditions of optimality at f, in units of f. */
static double conditions(int32_t type, int64_t n, const double *gram, const double *y, const double *cost,
                         double epsilon, const double *a, double b) {
    double worst = 0;
    for (int64_t i = 0; i < n; i++) {
        double f = b;
        for (int64_t j = 0; j < n; j++)
            f += gram[i * POINTS + j] * a[j];
        const double r = y[i] - f, share = type == NTK_SVM_SVC ? y[i] * a[i] : fabs(a[i]);
        /* what the residual must reach for a to be at C, and stay below for it to be 0 */
        const double excess = type == NTK_SVM_SVC ? y[i] * r : (a[i] < 0 || (a[i] == 0 && r < 0) ? -r : r) - epsilon;
        REQUIRE(share >= 0 && share <= cost[i], "a[%" PRId64 "] is %g", i, a[i]);
        if (share > 0)
            worst = fmax(worst, -excess);
        if (share < cost[i])
            worst = fmax(worst, excess);
    }
    return worst;
}

static void check_conditions(const svm_data *data, int32_t type, double cost, int32_t bias, double tolerance) {
    const double *const y = type == NTK_SVM_SVC ? data->sign : data->number;
    double a[POINTS], b, weights[POINTS], costs[POINTS], violation, gap, objective;
    int64_t support;
    uint64_t state = 5;
    for (int i = 0; i < POINTS; i++) {
        weights[i] = i % 7 == 0 ? 0 : 1 + suite_uniform(&state) / 2;
        costs[i] = cost * weights[i];
    }
    ntk_svm *const svm = svm_on(data, type, POINTS, y, cost, bias, tolerance);
    ASSERT_OK(ntk_svm_set_sample_weights(svm, POINTS, weights));
    ASSERT_OK(ntk_svm_fit(svm));
    ASSERT_OK(ntk_svm_get_solution(svm, a, 1, &b));
    ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, &gap, &violation, NULL, &support));
    double sum = 0, size = 0;
    int64_t count = 0;
    for (int i = 0; i < POINTS; i++) {
        if (weights[i] == 0)
            ck_assert(a[i] == 0);
        sum += a[i];
        size += fabs(a[i]);
        count += a[i] != 0;
    }
    ck_assert_int_eq(count, support);
    REQUIRE(violation <= tolerance, "violation %g, tolerance %g", violation, tolerance);
    /* n eps times the size of the terms of f, for the order of additions */
    const double rounding = 4 * POINTS * DBL_EPSILON * (size * data->gram[0] * 4 + 10);
    const double left = conditions(type, POINTS, data->gram, y, costs, 0.1, a, b);
    REQUIRE(left <= violation + rounding, "the conditions are violated by %g, told was %g", left, violation);
    /* a step changes two variables by the same number, up to the rounding of both */
    if (bias == 1)
        ASSERT_CLOSE(sum, 0, 1e4 * DBL_EPSILON * cost);
    REQUIRE(gap >= 0 && gap <= (violation + rounding) * POINTS * cost * 3, "gap %g at violation %g", gap, violation);
    ntk_svm_destroy(svm);
}

START_TEST(conditions_of_optimality_hold) {
    static svm_data data;
    static const double costs[] = {1e-6, 0.1, 1, 100}, tolerances[] = {1e-1, 1e-3, 1e-6, 1e-12};
    svm_data_create(NULL, &data);
    for (int c = 0; c < 4; c++)
        for (int t = 0; t < 4; t++)
            for (int32_t bias = 0; bias < 2; bias++) {
                check_conditions(&data, NTK_SVM_SVC, costs[c], bias, tolerances[t]);
                check_conditions(&data, NTK_SVM_SVR, costs[c], bias, tolerances[t]);
            }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(the_gap_bounds_the_error) {
    static svm_data data;
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_SVR; type++)
        for (int32_t bias = 0; bias < 2; bias++) {
            const double *const y = type == NTK_SVM_SVC ? data.sign : data.number;
            double gap, none;
            ntk_svm *const loose = svm_on(&data, type, POINTS, y, 10, bias, 0.3);
            ntk_svm *const sharp = svm_on(&data, type, POINTS, y, 10, bias, 1e-11);
            const double error = objective_of(loose, &gap) - objective_of(sharp, &none);
            REQUIRE(error >= -none && error <= gap && gap > 0, "error %g, gap %g", error, gap);
            ntk_svm_destroy(loose);
            ntk_svm_destroy(sharp);
        }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* ---- what must not matter ---- */

START_TEST(shrinking_changes_nothing_beyond_the_gap) {
    static svm_data data;
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_SVR; type++)
        for (int32_t bias = 0; bias < 2; bias++) {
            const double *const y = type == NTK_SVM_SVC ? data.sign : data.number;
            double gap[2];
            ntk_svm *const on = svm_on(&data, type, POINTS, y, 5, bias, 1e-10);
            ntk_svm *const off = svm_on(&data, type, POINTS, y, 5, bias, 1e-10);
            ASSERT_OK(ntk_svm_set_shrinking(off, 0));
            const double one = objective_of(on, &gap[0]), other = objective_of(off, &gap[1]);
            ASSERT_CLOSE(one, other, gap[0] + gap[1] + 64 * POINTS * DBL_EPSILON * one);
            ntk_svm_destroy(on);
            ntk_svm_destroy(off);
        }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

START_TEST(the_cache_does_not_change_a_bit) {
    static svm_data data;
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_SVR; type++)
        for (int32_t bias = 0; bias < 2; bias++) {
            const double *const y = type == NTK_SVM_SVC ? data.sign : data.number;
            double a[3][POINTS], b[3];
            static const int64_t bytes[] = {1, 8 * POINTS * 7, INT64_C(1) << 28};
            for (int k = 0; k < 3; k++) {
                ntk_svm *svm = NULL;
                ASSERT_OK(ntk_svm_create_from_kernel(data.kernel, type, POINTS, data.x, INPUTS, y, &svm));
                ASSERT_OK(ntk_svm_set_bias(svm, bias));
                ASSERT_OK(ntk_svm_set_cache(svm, bytes[k]));
                ASSERT_OK(ntk_svm_fit(svm));
                ASSERT_OK(ntk_svm_get_solution(svm, a[k], 1, &b[k]));
                ASSERT_OK(ntk_svm_fit(svm)); /* and neither does another fit */
                double again[POINTS];
                ASSERT_OK(ntk_svm_get_solution(svm, again, 1, NULL));
                ASSERT_SAME_BITS(again, a[k], POINTS);
                ntk_svm_destroy(svm);
            }
            for (int k = 1; k < 3; k++) {
                ASSERT_SAME_BITS(a[0], a[k], POINTS);
                ASSERT_SAME_BITS(&b[0], &b[k], 1);
            }
        }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* Inputs so long that several rows are made at once where there is room. */
START_TEST(nor_do_rows_that_are_made_together) {
    enum { D = 600, N = 43 };
    static double x[N * D];
    double y[N], a[3][N], b[3];
    static const int64_t bytes[] = {1, 8 * N * 9, INT64_C(1) << 28};
    uint64_t state = 3;
    suite_fill(&state, N * D, x);
    for (int i = 0; i < N; i++)
        y[i] = x[i * D] + x[i * D + 1] > 0;
    ntk_kernel *const kernel = suite_kernel(NULL, D, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NTK);
    for (int k = 0; k < 3; k++) {
        ntk_svm *svm = NULL;
        ASSERT_OK(ntk_svm_create_from_kernel(kernel, NTK_SVM_SVC, N, x, D, y, &svm));
        ASSERT_OK(ntk_svm_set_cache(svm, bytes[k]));
        ASSERT_OK(ntk_svm_fit(svm));
        ASSERT_OK(ntk_svm_get_solution(svm, a[k], 1, &b[k]));
        ntk_svm_destroy(svm);
    }
    for (int k = 1; k < 3; k++) {
        ASSERT_SAME_BITS(a[0], a[k], N);
        ASSERT_SAME_BITS(&b[0], &b[k], 1);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(a_kernel_gives_what_its_gram_gives) {
    static svm_data data;
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type++) {
        const bool class = type == NTK_SVM_SVC || type == NTK_SVM_LOGISTIC;
        ntk_svm *at = NULL, *const from = svm_on(&data, type, POINTS, class ? data.three : data.number, 2, 1, 1e-11);
        ASSERT_OK(ntk_svm_create_from_kernel(data.kernel, type, POINTS, data.x, INPUTS,
                                             class ? data.three : data.number, &at));
        ASSERT_OK(ntk_svm_set_cost(at, 2));
        ASSERT_OK(ntk_svm_set_bias(at, 1));
        ASSERT_OK(ntk_svm_set_tolerance(at, 1e-11));
        ASSERT_OK(ntk_svm_fit(from));
        ASSERT_OK(ntk_svm_fit(at));
        double f[OTHERS * 3], g[OTHERS * 3], h[OTHERS * 3], y[OTHERS], z[OTHERS];
        const int64_t machines = class ? 3 : 1;
        ASSERT_OK(ntk_svm_decide(from, OTHERS, data.cross, POINTS, f, machines));
        ASSERT_OK(ntk_svm_decide(at, OTHERS, data.cross, POINTS, g, machines));
        ASSERT_OK(ntk_svm_decide_at(at, OTHERS, data.z, INPUTS, h, machines));
        /* 1e-11 of violation, times a condition below 1e3 */
        for (int i = 0; i < OTHERS * machines; i++) {
            ASSERT_CLOSE(g[i], f[i], 1e-8);
            ASSERT_CLOSE(h[i], g[i], 1e4 * POINTS * DBL_EPSILON);
        }
        ASSERT_OK(ntk_svm_predict(at, OTHERS, data.cross, POINTS, y));
        ASSERT_OK(ntk_svm_predict_at(at, OTHERS, data.z, INPUTS, z));
        for (int i = 0; i < OTHERS; i++)
            ASSERT_CLOSE(z[i], y[i], 1e4 * POINTS * DBL_EPSILON);
        ntk_svm_destroy(at);
        ntk_svm_destroy(from);
    }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

/* A sample of weight 2 is that sample twice, also where the Gram is then singular. */
START_TEST(weights_are_repetitions) {
    static svm_data data;
    enum { N = 20, TWICE = N + 5 };
    svm_data_create(NULL, &data);
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type++)
        for (int32_t bias = 0; bias < 2; bias++) {
            const bool class = type == NTK_SVM_SVC || type == NTK_SVM_LOGISTIC;
            const double *const y = class ? data.sign : data.number;
            double gram[TWICE * TWICE], repeated[TWICE], weights[N], a[N], f[OTHERS], g[OTHERS];
            double cross[OTHERS * TWICE];
            for (int i = 0; i < TWICE; i++) {
                repeated[i] = y[i % N];
                for (int j = 0; j < TWICE; j++)
                    gram[i * TWICE + j] = data.gram[i % N * POINTS + j % N];
                for (int m = 0; m < OTHERS; m++)
                    cross[m * TWICE + i] = data.cross[m * POINTS + i % N];
            }
            for (int i = 0; i < N; i++)
                weights[i] = i < TWICE - N ? 2 : 1;
            ntk_svm *const one = svm_on(&data, type, N, y, 3, bias, 1e-12);
            ntk_svm *two = NULL;
            ASSERT_OK(ntk_svm_create(NULL, type, TWICE, gram, TWICE, repeated, &two));
            ASSERT_OK(ntk_svm_set_cost(two, 3));
            ASSERT_OK(ntk_svm_set_bias(two, bias));
            ASSERT_OK(ntk_svm_set_tolerance(two, 1e-12));
            ASSERT_OK(ntk_svm_set_sample_weights(one, N, weights));
            double gap, other;
            const double value = objective_of(one, &gap);
            ASSERT_CLOSE(objective_of(two, &other), value, 1e-10 * value);
            ASSERT_OK(ntk_svm_get_solution(one, a, 1, NULL));
            ASSERT_OK(ntk_svm_decide(one, OTHERS, data.cross, POINTS, f, 1));
            ASSERT_OK(ntk_svm_decide(two, OTHERS, cross, TWICE, g, 1));
            for (int m = 0; m < OTHERS; m++)
                ASSERT_CLOSE(f[m], g[m], 1e-8);
            ntk_svm_destroy(one);
            ntk_svm_destroy(two);
        }
    ntk_kernel_destroy(data.kernel);
}
END_TEST

SUITE("svm", small_problems_are_solved_exactly, conditions_of_optimality_hold, the_gap_bounds_the_error,
      shrinking_changes_nothing_beyond_the_gap, the_cache_does_not_change_a_bit, nor_do_rows_that_are_made_together,
      a_kernel_gives_what_its_gram_gives, weights_are_repetitions)
