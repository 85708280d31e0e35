/* What the suites of losses share: losses with one line, and targets that a kind allows. */
#ifndef NTK_TESTS_LOSS_TARGETS_H
#define NTK_TESTS_LOSS_TARGETS_H

#include "tests/suite.h"

enum { KINDS = 7 }; /* but for the caller's */

static inline ntk_loss *loss_of(int32_t kind, const double *parameter) {
    ntk_loss *loss = NULL;
    ASSERT_OK(ntk_loss_create(NULL, kind, parameter, parameter != NULL ? 1 : 0, &loss));
    return loss;
}

/* One row. */
static inline double value_at(const ntk_loss *loss, int64_t c, const double *f, const double *y) {
    double value = NAN;
    ASSERT_OK(ntk_loss_evaluate(loss, 1, c, f, c, y, c, &value, NULL, 0));
    return value;
}

static inline void gradient_at(const ntk_loss *loss, int64_t c, const double *f, const double *y, double *gradient) {
    ASSERT_OK(ntk_loss_evaluate(loss, 1, c, f, c, y, c, NULL, gradient, c));
}

static inline double slope_at(const ntk_loss *loss, double f, double y) {
    double slope = NAN;
    gradient_at(loss, 1, &f, &y, &slope);
    return slope;
}

/* Targets that the kind allows. */
static inline void fill_targets(uint64_t *state, int32_t kind, int64_t n, int64_t c, double *y) {
    suite_fill(state, n * c, y);
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t k = 0; k < c; k++)
            sum += fabs(y[i * c + k]);
        for (int64_t k = 0; k < c; k++) {
            double *const target = &y[i * c + k];
            if (kind == NTK_LOSS_CROSS_ENTROPY)
                *target = fabs(*target) / sum;
            else if (kind == NTK_LOSS_LOGISTIC || kind == NTK_LOSS_HINGE || kind == NTK_LOSS_SQUARED_HINGE)
                *target = *target < 0 ? -1 : 1;
        }
    }
}

#endif
