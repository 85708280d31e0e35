/* Kernel machines where numbers come to their ends: samples that are left out, losses beyond the range of exp, tolerances
 * below rounding, and handles whose kernel has gone. */
#include "tests/svm_problems.h"

/* Half of the samples have weight 0: SVR then has as many variables as K has rows, and it is the machine of the others. */
START_TEST(half_of_the_numbers_left_out) {
    enum { N = 20, HALF = N / 2 };
    double gram[N * N], y[N], w[N], small[HALF * HALF], small_y[HALF], a[N], small_a[HALF], value, small_value, gap;
    for (int i = 0; i < N; i++) {
        w[i] = i % 2;
        y[i] = sin(0.7 * i) + 0.1 * i;
        for (int j = 0; j < N; j++)
            gram[i * N + j] = exp(-(i - j) * (i - j) / 8.0);
    }
    for (int i = 0; i < HALF; i++) {
        small_y[i] = y[2 * i + 1];
        for (int j = 0; j < HALF; j++)
            small[i * HALF + j] = gram[(2 * i + 1) * N + 2 * j + 1];
    }
    for (int32_t bias = 0; bias < 2; bias++)
        for (int32_t shrinking = 0; shrinking < 2; shrinking++) {
            ntk_svm *all = NULL, *part = NULL;
            ASSERT_OK(ntk_svm_create(NULL, NTK_SVM_SVR, N, gram, N, y, &all));
            ASSERT_OK(ntk_svm_create(NULL, NTK_SVM_SVR, HALF, small, HALF, small_y, &part));
            ASSERT_OK(ntk_svm_set_sample_weights(all, N, w));
            ntk_svm *const both[] = {all, part};
            for (int k = 0; k < 2; k++) {
                ASSERT_OK(ntk_svm_set_bias(both[k], bias));
                ASSERT_OK(ntk_svm_set_shrinking(both[k], shrinking));
                ASSERT_OK(ntk_svm_set_tolerance(both[k], 1e-11));
                ASSERT_OK(ntk_svm_fit(both[k]));
            }
            ASSERT_OK(ntk_svm_get_solution(all, a, 1, NULL));
            ASSERT_OK(ntk_svm_get_solution(part, small_a, 1, NULL));
            ASSERT_OK(ntk_svm_get_report(all, 0, &value, &gap, NULL, NULL, NULL));
            ASSERT_OK(ntk_svm_get_report(part, 0, &small_value, NULL, NULL, NULL, NULL));
            REQUIRE(gap >= 0 && gap <= 1e-9, "gap %g", gap); /* C v for each of ten samples, and some room */
            ASSERT_CLOSE(value, small_value, 1e-9);
            for (int i = 0; i < N; i++)
                ASSERT_CLOSE(a[i], i % 2 == 1 ? small_a[i / 2] : 0, 1e-8); /* 1e-11 times a condition below 1e3 */
            ntk_svm_destroy(part);
            ntk_svm_destroy(all);
        }
}
END_TEST

/* x about +-1, and an outlier of the wrong label and next to no weight, where |f| is beyond 745 and exp(-|f|) is 0. */
START_TEST(an_output_beyond_the_range_of_exp) {
    enum { N = 21 };
    double x[N], y[N], w[N], gram[N * N], a[N], objective, gap, dual;
    for (int i = 0; i < N; i++) {
        x[i] = i == N - 1 ? 3000 : (i % 2 ? 1 : -1) * (1 + 0.01 * i);
        y[i] = i == N - 1 ? -1 : i % 2 ? 1 : -1;
        w[i] = i == N - 1 ? 1e-9 : 1;
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            gram[i * N + j] = x[i] * x[j];
    for (int e = 2; e <= 6; e += 2) {
        const double cost = pow(10, e);
        ntk_svm *svm = NULL;
        ASSERT_OK(ntk_svm_create(NULL, NTK_SVM_LOGISTIC, N, gram, N, y, &svm));
        ASSERT_OK(ntk_svm_set_cost(svm, cost));
        ASSERT_OK(ntk_svm_set_sample_weights(svm, N, w));
        ASSERT_OK(ntk_svm_set_tolerance(svm, 1e-6));
        ASSERT_OK(ntk_svm_fit(svm));
        ASSERT_OK(ntk_svm_get_solution(svm, a, 1, NULL));
        ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, &gap, NULL, NULL, NULL));
        double slope = 0, square;
        for (int i = 0; i < N; i++)
            slope += a[i] * x[i];
        dual = -slope * slope / 2;
        square = slope * slope / 2;
        for (int i = 0; i < N; i++) {
            const double m = y[i] * slope * x[i], t = fmin(1, fmax(0, y[i] * a[i] / (cost * w[i])));
            square += cost * w[i] * (m > 0 ? log1p(exp(-m)) : log1p(exp(m)) - m);
            dual -= t > 0 && t < 1 ? cost * w[i] * (t * log(t) + (1 - t) * log1p(-t)) : 0;
        }
        REQUIRE(3000 * slope > 745, "f is %g", 3000 * slope);
        ASSERT_RELATIVE(objective, square, 1e-12);
        REQUIRE(isfinite(gap) && gap >= 0, "gap %g", gap);
        ASSERT_CLOSE(gap, square - dual, 1e-10 * square); /* a difference of numbers of that size */
        ntk_svm_destroy(svm);
    }
}
END_TEST

/* The number in the sentence of the last failure that follows `words`. */
static double told(const ntk_context *context, const char *words) {
    const char *const sentence = ntk_context_last_error(context), *const at = strstr(sentence, words);
    double value = NAN;
    REQUIRE(at != NULL && sscanf(at + strlen(words), "%lf", &value) == 1, "no \"%s\" in \"%s\"", words, sentence);
    return value;
}

/* Newton's method with a tolerance below the rounding of f: it ends after a few steps that better nothing, with what it has
 * reached, which is a tolerance that it meets. */
START_TEST(newton_ends_at_rounding) {
    static svm_data data;
    static const double costs[] = {1, 1e4, 1e8};
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    svm_data_create(context, &data);
    for (int i = 0; i < POINTS * POINTS; i++)
        data.gram[i] *= 1e4;
    for (int c = 0; c < 3; c++)
        for (int32_t bias = 0; bias < 2; bias++) {
            ntk_svm *svm = NULL;
            ASSERT_OK(ntk_svm_create(context, NTK_SVM_LOGISTIC, POINTS, data.gram, POINTS, data.sign, &svm));
            ASSERT_OK(ntk_svm_set_bias(svm, bias));
            ASSERT_OK(ntk_svm_set_cost(svm, costs[c]));
            ASSERT_OK(ntk_svm_set_tolerance(svm, 1e-14));
            ASSERT_STATUS(NTK_ERR_CONVERGENCE, ntk_svm_fit(svm));
            const double steps = told(context, "after "), reached = told(context, "changed the outputs by ");
            /* some 25 steps far out at the largest cost, six of quadratic convergence, five in vain, and chance */
            REQUIRE(steps <= 60 && reached > 1e-14 && reached < 1e-3, "C = %g: %g steps to %g", costs[c], steps,
                    reached);
            ASSERT_OK(ntk_svm_set_tolerance(svm, 100 * reached));
            ASSERT_OK(ntk_svm_fit(svm));
            ntk_svm_destroy(svm);
        }
    ntk_kernel_destroy(data.kernel);
    ntk_context_destroy(context);
}
END_TEST

/* SMO likewise, whether rounding is blamed or the iterations run out. What it tells is the violation of all samples with
 * outputs made anew: some eps times the sum of |a| K, a up to C, and a tolerance that it meets. */
START_TEST(smo_ends_at_rounding) {
    static svm_data data;
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    svm_data_create(context, &data);
    for (int i = 0; i < POINTS; i++)
        data.number[i] *= 1e5;
    for (int32_t bias = 0; bias < 2; bias++)
        for (int32_t shrinking = 0; shrinking < 2; shrinking++) {
            ntk_svm *svm = NULL;
            ASSERT_OK(ntk_svm_create(context, NTK_SVM_SVR, POINTS, data.gram, POINTS, data.number, &svm));
            ASSERT_OK(ntk_svm_set_bias(svm, bias));
            ASSERT_OK(ntk_svm_set_shrinking(svm, shrinking));
            ASSERT_OK(ntk_svm_set_cost(svm, 1e8));
            ASSERT_OK(ntk_svm_set_tolerance(svm, 1e-14));
            ASSERT_OK(ntk_svm_set_most_iterations(svm, 100000));
            ASSERT_STATUS(NTK_ERR_CONVERGENCE, ntk_svm_fit(svm));
            const bool blamed = suite_mentions(ntk_context_last_error(context), "rounding");
            const double reached = told(context, blamed ? "violation of " : "violation is ");
            const double rounding = 8 * POINTS * DBL_EPSILON * POINTS * 1e8 * data.gram[0];
            REQUIRE(reached > 1e-14 && reached < rounding, "bias %d: %g", (int)bias, reached);
            ASSERT_OK(ntk_svm_set_tolerance(svm, 2 * reached));
            ASSERT_OK(ntk_svm_fit(svm));
            ntk_svm_destroy(svm);
        }
    ntk_kernel_destroy(data.kernel);
    ntk_context_destroy(context);
}
END_TEST

/* The machine holds an analytic kernel too, whose rows it makes during the fit. */
START_TEST(the_kernel_may_be_destroyed) {
    static svm_data data;
    ntk_svm *svm = NULL;
    double f[OTHERS], g[OTHERS];
    svm_data_create(NULL, &data);
    ASSERT_OK(ntk_svm_create_from_kernel(data.kernel, NTK_SVM_SVC, POINTS, data.x, INPUTS, data.sign, &svm));
    ntk_kernel_destroy(data.kernel);
    ASSERT_OK(ntk_svm_fit(svm));
    ASSERT_OK(ntk_svm_decide_at(svm, OTHERS, data.z, INPUTS, f, 1));
    ASSERT_OK(ntk_svm_decide(svm, OTHERS, data.cross, POINTS, g, 1));
    for (int i = 0; i < OTHERS; i++)
        ASSERT_CLOSE(f[i], g[i], 1e4 * POINTS * DBL_EPSILON);
    ntk_svm_destroy(svm);
}
END_TEST

START_TEST(a_and_b_may_not_overlap) {
    static svm_data data;
    ntk_context *context = NULL;
    double out[3 * POINTS + 3], b[3];
    ASSERT_OK(ntk_context_create(&context));
    svm_data_create(context, &data);
    ntk_svm *svm = NULL;
    ASSERT_OK(ntk_svm_create(context, NTK_SVM_SVC, POINTS, data.gram, POINTS, data.three, &svm));
    ASSERT_OK(ntk_svm_fit(svm));
    suite_fill_canary(3 * POINTS + 3, out);
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_svm_get_solution(svm, out, 3, out));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_svm_get_solution(svm, out, 3, out + 3 * POINTS - 1));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_svm_get_solution(svm, out + 2, 3, out));
    ck_assert(suite_mentions(ntk_context_last_error(context), "b"));
    ck_assert(suite_is_canary(3 * POINTS + 3, out));
    ASSERT_OK(ntk_svm_get_solution(svm, out, 3, out + 3 * POINTS));
    ASSERT_OK(ntk_svm_get_solution(svm, NULL, 0, b));
    ASSERT_SAME_BITS(out + 3 * POINTS, b, 3);
    ntk_svm_destroy(svm);
    ntk_kernel_destroy(data.kernel);
    ntk_context_destroy(context);
}
END_TEST

SUITE("svm_edges", half_of_the_numbers_left_out, an_output_beyond_the_range_of_exp, newton_ends_at_rounding,
      smo_ends_at_rounding, the_kernel_may_be_destroyed, a_and_b_may_not_overlap)
