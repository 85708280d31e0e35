/* Small problems for kernel machines, and a solver that shares nothing with the library: it tries every way in which
 * variables can be at a bound or free. */
#ifndef NTK_TESTS_SVM_PROBLEMS_H
#define NTK_TESTS_SVM_PROBLEMS_H

#include "tests/suite.h"

enum { SMALL = 6 };

/* Solves the dense system m x = r of `count` equations by elimination with pivots; false when it is singular. */
static inline bool small_solve(int count, double m[SMALL + 1][SMALL + 1], double *r) {
    for (int k = 0; k < count; k++) {
        int pivot = k;
        for (int i = k + 1; i < count; i++)
            if (fabs(m[i][k]) > fabs(m[pivot][k]))
                pivot = i;
        if (fabs(m[pivot][k]) < 1e-13)
            return false;
        for (int j = 0; j < count; j++) {
            const double kept = m[k][j];
            m[k][j] = m[pivot][j];
            m[pivot][j] = kept;
        }
        const double kept = r[k];
        r[k] = r[pivot];
        r[pivot] = kept;
        for (int i = k + 1; i < count; i++) {
            const double factor = m[i][k] / m[k][k];
            for (int j = k; j < count; j++)
                m[i][j] -= factor * m[k][j];
            r[i] -= factor * r[k];
        }
    }
    for (int k = count; k-- > 0;) {
        for (int j = k + 1; j < count; j++)
            r[k] -= m[k][j] * r[j];
        r[k] /= m[k][k];
    }
    return true;
}

/* min a' K a / 2 - y' a + epsilon |a|_1 over lower <= a <= upper, and sum a = 0 with a bias. A variable is at its lower
 * bound, 0 or upper bound, or free on the negative or positive side: 5^n cases. Returns the least value. */
typedef struct {
    int n;
    const double *k; /* n x n */
    const double *y, *lower, *upper;
    double epsilon;
    bool bias;
} small_problem;

static inline double small_value(const small_problem *own, const double *a) {
    double value = 0;
    for (int i = 0; i < own->n; i++) {
        value += own->epsilon * fabs(a[i]) - own->y[i] * a[i];
        for (int j = 0; j < own->n; j++)
            value += a[i] * own->k[i * own->n + j] * a[j] / 2;
    }
    return value;
}

static inline bool small_candidate(const small_problem *own, int code, double *a) {
    double m[SMALL + 1][SMALL + 1] = {{0}}, r[SMALL + 1] = {0};
    int free[SMALL], sign[SMALL], count = 0;
    for (int i = 0; i < own->n; i++, code /= 5) {
        const int state = code % 5;
        a[i] = state == 0 ? own->lower[i] : state == 1 ? own->upper[i] : 0;
        if (state >= 3) {
            sign[count] = state == 3 ? 1 : -1;
            free[count++] = i;
        }
    }
    const int equations = count + (own->bias && count > 0 ? 1 : 0);
    for (int p = 0; p < count; p++) {
        r[p] = own->y[free[p]] - sign[p] * own->epsilon;
        for (int j = 0; j < own->n; j++)
            r[p] -= own->k[free[p] * own->n + j] * a[j];
        for (int q = 0; q < count; q++)
            m[p][q] = own->k[free[p] * own->n + free[q]];
        m[p][count] = m[count][p] = 1;
    }
    for (int i = 0; i < own->n; i++)
        r[count] -= a[i];
    if (count > 0 && !small_solve(equations, m, r))
        return false;
    double sum = 0;
    for (int p = 0; p < count; p++) {
        const int i = free[p];
        a[i] = r[p];
        if (a[i] < own->lower[i] || a[i] > own->upper[i] || a[i] * sign[p] < 0)
            return false;
    }
    for (int i = 0; i < own->n; i++)
        sum += a[i];
    return !own->bias || fabs(sum) < 1e-12;
}

static inline double small_minimum(const small_problem *own, double *best) {
    double value = INFINITY, a[SMALL];
    int codes = 1;
    for (int i = 0; i < own->n; i++)
        codes *= 5;
    for (int code = 0; code < codes; code++)
        if (small_candidate(own, code, a) && small_value(own, a) < value) {
            value = small_value(own, a);
            memcpy(best, a, sizeof(double) * (size_t)own->n);
        }
    return value;
}

/* ---- data ---- */

enum { POINTS = 60, OTHERS = 23, INPUTS = 3 };

/* Two overlapping clouds; labels 0 and 1, numbers, and a third class. */
typedef struct {
    double x[POINTS * INPUTS], z[OTHERS * INPUTS];
    double sign[POINTS], number[POINTS], three[POINTS];
    double gram[POINTS * POINTS], cross[OTHERS * POINTS];
    ntk_kernel *kernel;
} svm_data;

static inline void svm_data_create(ntk_context *context, svm_data *data) {
    uint64_t state = 77;
    suite_fill(&state, POINTS * INPUTS, data->x);
    suite_fill(&state, OTHERS * INPUTS, data->z);
    for (int i = 0; i < POINTS; i++) {
        const double *const x = data->x + INPUTS * i, noise = suite_uniform(&state);
        data->sign[i] = x[0] + 0.5 * x[1] * x[2] + 0.5 * noise > 0 ? 1 : -1;
        data->number[i] = sin(3 * x[0]) + x[1] + 0.2 * noise;
        data->three[i] = x[0] + 0.3 * noise > 0.3 ? 9 : x[1] > 0 ? 3 : 7;
    }
    data->kernel = suite_kernel(context, INPUTS, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_kernel_gram(data->kernel, POINTS, data->x, INPUTS, data->gram, POINTS));
    ASSERT_OK(ntk_kernel_cross(data->kernel, OTHERS, data->z, INPUTS, POINTS, data->x, INPUTS, data->cross, POINTS));
}

/* A machine on the first n points. */
static inline ntk_svm *svm_on(const svm_data *data, int32_t type, int64_t n, const double *y, double cost, int32_t bias,
                              double tolerance) {
    ntk_svm *svm = NULL;
    ASSERT_OK(ntk_svm_create(NULL, type, n, data->gram, POINTS, y, &svm));
    ASSERT_OK(ntk_svm_set_cost(svm, cost));
    ASSERT_OK(ntk_svm_set_bias(svm, bias));
    ASSERT_OK(ntk_svm_set_tolerance(svm, tolerance));
    return svm;
}

/* Fits, and gives the cost. */
static inline double objective_of(ntk_svm *svm, double *gap) {
    double objective;
    ASSERT_OK(ntk_svm_fit(svm));
    ASSERT_OK(ntk_svm_get_report(svm, 0, &objective, gap, NULL, NULL, NULL));
    return objective;
}

#endif
