/* The kinds of losses. With m = y f, the margin, and r = f - y, the residual, of one output:
 *   logistic       log(1 + e^-m), slope -y / (1 + e^m)
 *   cross-entropy  sum_k y_k (log sum_j e^(f_j) - f_k), gradient (sum_j y_j) softmax(f)_k - y_k
 * Written such that a small loss has as many digits as a large one [Blanchard21]. */
#include "src/loss/kinds.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* ---- of one output ---- */

static double squared_value(double unused, double f, double y) {
    (void)unused;
    const double r = f - y;
    return r / 2 * r;
}

static double squared_slope(double unused, double f, double y) {
    (void)unused;
    return f - y;
}

static double logistic_value(double unused, double f, double y) {
    (void)unused;
    const double m = y * f;
    return m > 0 ? log1p(exp(-m)) : log1p(exp(m)) - m;
}

static double logistic_slope(double unused, double f, double y) {
    (void)unused;
    const double m = y * f, e = exp(-fabs(m));
    return m > 0 ? -y * (e / (1 + e)) : -y / (1 + e);
}

static double hinge_value(double unused, double f, double y) {
    (void)unused;
    const double m = y * f;
    return m < 1 ? 1 - m : 0;
}

static double hinge_slope(double unused, double f, double y) {
    (void)unused;
    return y * f < 1 ? -y : 0;
}

static double squared_hinge_value(double unused, double f, double y) {
    const double gap = hinge_value(unused, f, y);
    return gap / 2 * gap;
}

static double squared_hinge_slope(double unused, double f, double y) { return -y * hinge_value(unused, f, y); }

/* factor (|f - y| - less): the residual of two numbers of opposite sign may overflow where this does not. */
static double residual_above(double factor, double f, double y, double less) {
    const double r = fabs(f - y);
    return isfinite(r) ? factor * (r - less) : 2 * (factor * (fabs(f / 2 - y / 2) - less / 2));
}

static double epsilon_insensitive_value(double epsilon, double f, double y) {
    return fabs(f - y) > epsilon ? residual_above(1, f, y, epsilon) : 0;
}

static double epsilon_insensitive_slope(double epsilon, double f, double y) {
    const double r = f - y;
    return fabs(r) > epsilon ? copysign(1, r) : 0;
}

static double huber_value(double delta, double f, double y) {
    const double r = f - y;
    return fabs(r) <= delta ? r / 2 * r : residual_above(delta, f, y, delta / 2);
}

static double huber_slope(double delta, double f, double y) {
    const double r = f - y;
    return fabs(r) <= delta ? r : copysign(delta, r);
}

/* ---- cross-entropy ---- */

/* a, with f_a the largest output. */
static int64_t largest_of(int64_t c, const double *f) {
    int64_t largest = 0;
    for (int64_t k = 1; k < c; k++)
        if (f[k] > f[largest])
            largest = k;
    return largest;
}

/* sum over k != a of e^(f_k - f_a) */
static double others(int64_t c, const double *f, int64_t a) {
    double sum = 0;
    for (int64_t k = 0; k < c; k++)
        if (k != a)
            sum += exp(f[k] - f[a]);
    return sum;
}

/* y (top - f) for y >= 0, top >= f; their difference may overflow where this does not. */
static double weighted_gap(double y, double top, double f) {
    const double gap = top - f;
    return isfinite(gap) ? y * gap : y * top - y * f;
}

/* With the largest output f_a, log sum_j e^(f_j) - f_k = (f_a - f_k) + log(1 + sum over j != a of e^(f_j - f_a)): two
 * terms that are not negative. */
static double cross_entropy_value(int64_t c, const double *f, const double *y) {
    const int64_t a = largest_of(c, f);
    const double rest = log1p(others(c, f, a));
    double sum = 0;
    for (int64_t k = 0; k < c; k++)
        sum += weighted_gap(y[k], f[a], f[k]) + y[k] * rest;
    return sum;
}

/* For the largest output, with s = sum_j y_j and 1 - softmax_a = others / (1 + others), s softmax_a - y_a is
 * (s - y_a) - s (1 - softmax_a): no difference of two numbers near 1. */
static void cross_entropy_gradient(int64_t c, const double *f, const double *y, double *gradient) {
    const int64_t a = largest_of(c, f);
    const double top = f[a], rest = others(c, f, a);
    double remaining = 0;
    for (int64_t k = 0; k < c; k++)
        if (k != a)
            remaining += y[k];
    const double share = (remaining + y[a]) / (1 + rest);
    for (int64_t k = 0; k < c; k++)
        gradient[k] = k == a ? remaining - share * rest : share * exp(f[k] - top) - y[k];
}

/* ---- the table ---- */

static const ntki_loss_row loss_table[] = {
    [NTK_LOSS_SQUARED] =
        {.name = "squared", .target = NTKI_TARGET_REAL, .curvature = 1, .value = squared_value, .slope = squared_slope},
    [NTK_LOSS_LOGISTIC] = {.name = "logistic",
                           .target = NTKI_TARGET_SIGN,
                           .curvature = 0.25,
                           .value = logistic_value,
                           .slope = logistic_slope},
    [NTK_LOSS_CROSS_ENTROPY] = {.name = "cross_entropy",
                                .target = NTKI_TARGET_PROBABILITY,
                                .curvature = 0.5,
                                .row_value = cross_entropy_value,
                                .row_gradient = cross_entropy_gradient},
    [NTK_LOSS_HINGE] =
        {.name = "hinge", .target = NTKI_TARGET_SIGN, .curvature = 1, .value = hinge_value, .slope = hinge_slope},
    [NTK_LOSS_SQUARED_HINGE] = {.name = "squared_hinge",
                                .target = NTKI_TARGET_SIGN,
                                .curvature = 1,
                                .value = squared_hinge_value,
                                .slope = squared_hinge_slope},
    [NTK_LOSS_EPSILON_INSENSITIVE] = {.name = "epsilon_insensitive",
                                      .parameter = "epsilon",
                                      .parameter_default = 0.1,
                                      .parameter_may_be_zero = true,
                                      .target = NTKI_TARGET_REAL,
                                      .curvature = 1,
                                      .value = epsilon_insensitive_value,
                                      .slope = epsilon_insensitive_slope},
    [NTK_LOSS_HUBER] = {.name = "huber",
                        .parameter = "delta",
                        .parameter_default = 1,
                        .target = NTKI_TARGET_REAL,
                        .curvature = 1,
                        .value = huber_value,
                        .slope = huber_slope},
    [NTK_LOSS_FUNCTION] = {.name = "function", .target = NTKI_TARGET_REAL, .curvature = 1},
};

enum { KINDS = sizeof(loss_table) / sizeof(*loss_table) };

const ntki_loss_row *ntki_loss_find(int32_t kind) { return kind >= 0 && kind < KINDS ? &loss_table[kind] : NULL; }

const char *ntk_loss_kind_name(int32_t kind) {
    const ntki_loss_row *const row = ntki_loss_find(kind);
    return row != NULL ? row->name : NULL;
}

ntk_status ntk_loss_kind_from_name(const char *name, int32_t *kind) {
    if (name == NULL || kind == NULL)
        return NTK_ERR_NULL;
    for (int32_t i = 0; i < KINDS; i++)
        if (strcmp(loss_table[i].name, name) == 0) {
            *kind = i;
            return NTK_SUCCESS;
        }
    return NTK_ERR_ENUM;
}
