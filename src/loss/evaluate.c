/* Values and gradients of a loss at many rows. */
#include <math.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "lib/matrix/matrix.h"
#include "src/loss/kinds.h"
#include "src/loss/loss.h"

/* How far the sum of probabilities may be from 1. */
static const double probability_slack = 1e-6;

/* ---- targets ---- */

static ntk_status check_sign(ntk_context *context, const char *function, const char *name, int64_t i, int64_t c,
                             const double *y) {
    for (int64_t k = 0; k < c; k++)
        if (y[k] != 1 && y[k] != -1)
            return ntki_fail(context, NTK_ERR_DOMAIN, function, "y[%lld][%lld] is %.17g; %s takes -1 and 1",
                             (long long)i, (long long)k, y[k], name);
    return NTK_SUCCESS;
}

static ntk_status check_distribution(ntk_context *context, const char *function, const char *name, int64_t i, int64_t c,
                                     const double *y) {
    double sum = 0;
    for (int64_t k = 0; k < c; k++) {
        if (y[k] < 0)
            return ntki_fail(context, NTK_ERR_DOMAIN, function, "y[%lld][%lld] is %.17g; %s takes probabilities",
                             (long long)i, (long long)k, y[k], name);
        sum += y[k];
    }
    if (fabs(sum - 1) <= probability_slack)
        return NTK_SUCCESS;
    return ntki_fail(context, NTK_ERR_DOMAIN, function, "row %lld of y has the sum %.17g; for %s it must be 1",
                     (long long)i, sum, name);
}

ntk_status ntki_loss_check_targets(const ntk_loss *loss, ntk_context *context, const char *function, int64_t n,
                                   int64_t c, const double *y, int64_t ldy) {
    const ntki_loss_row *const row = ntki_loss_find(loss->kind);
    const ntki_matrix matrix = {"y", y, n, c, ldy, "ldy"};
    if (row->target == NTKI_TARGET_PROBABILITY && c < 2)
        return ntki_fail(context, NTK_ERR_SIZE, function, "c is %lld; %s needs 2 classes at least", (long long)c,
                         row->name);
    ntk_status status = ntki_check_finite(context, function, &matrix);
    for (int64_t i = 0; i < n && status == NTK_SUCCESS && row->target != NTKI_TARGET_REAL; i++)
        status = (row->target == NTKI_TARGET_SIGN ? check_sign : check_distribution)(context, function, row->name, i, c,
                                                                                     y + i * ldy);
    return status;
}

/* ---- without gaps ---- */

static double value_of_row(const ntki_loss_row *row, double parameter, int64_t c, const double *f, const double *y) {
    if (row->row_value != NULL)
        return row->row_value(c, f, y);
    double sum = 0;
    for (int64_t k = 0; k < c; k++)
        sum += row->value(parameter, f[k], y[k]);
    return sum;
}

static void gradient_of_row(const ntki_loss_row *row, double parameter, int64_t c, const double *f, const double *y,
                            double *gradient) {
    if (row->row_gradient != NULL) {
        row->row_gradient(c, f, y, gradient);
        return;
    }
    for (int64_t k = 0; k < c; k++)
        gradient[k] = row->slope(parameter, f[k], y[k]);
}

/* The caller's answer, and n c numbers that he gave. */
static ntk_status check_caller(ntk_context *context, const char *function, const char *what, int32_t answer,
                               int64_t count, const double *given) {
    if (answer != 0)
        return ntki_fail(context, NTK_ERR_CALLBACK, function, "the caller's %s returned %d", what, (int)answer);
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(given[i]))
            return ntki_fail(context, NTK_ERR_NOT_FINITE, function, "the caller's %s[%lld] is %s", what, (long long)i,
                             isnan(given[i]) ? "NaN" : "infinite");
    return NTK_SUCCESS;
}

static ntk_status out_of_range(ntk_context *context, const char *function, const char *what, int64_t i) {
    return ntki_fail(context, NTK_ERR_RANGE, function, "the loss's %s at row %lld exceeds the double range", what,
                     (long long)i);
}

ntk_status ntki_loss_values(const ntk_loss *loss, ntk_context *context, const char *function, int64_t n, int64_t c,
                            const double *f, const double *y, double *value) {
    const ntki_loss_row *const row = ntki_loss_find(loss->kind);
    if (loss->kind == NTK_LOSS_FUNCTION && loss->value == NULL)
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, function,
                         "the loss's value is needed, but the loss was created without one");
    if (loss->kind == NTK_LOSS_FUNCTION)
        return check_caller(context, function, "value", loss->value(loss->user, n, c, f, y, value), n, value);
    for (int64_t i = 0; i < n; i++) {
        value[i] = value_of_row(row, loss->parameter, c, f + i * c, y + i * c);
        if (!isfinite(value[i]))
            return out_of_range(context, function, "value", i);
    }
    return NTK_SUCCESS;
}

ntk_status ntki_loss_gradient(const ntk_loss *loss, ntk_context *context, const char *function, int64_t n, int64_t c,
                              const double *f, const double *y, double *gradient) {
    const ntki_loss_row *const row = ntki_loss_find(loss->kind);
    if (loss->kind == NTK_LOSS_FUNCTION)
        return check_caller(context, function, "gradient", loss->gradient(loss->user, n, c, f, y, gradient), n * c,
                            gradient);
    for (int64_t i = 0; i < n; i++) {
        gradient_of_row(row, loss->parameter, c, f + i * c, y + i * c, gradient + i * c);
        for (int64_t k = 0; k < c; k++)
            if (!isfinite(gradient[i * c + k]))
                return out_of_range(context, function, "gradient", i);
    }
    return NTK_SUCCESS;
}

/* ---- ntk_loss_evaluate ---- */

/* The arguments, all but the numbers in them. */
typedef struct {
    int64_t n, c;
    ntki_matrix f, y, value, gradient;
} evaluation;

static ntk_status check_overlaps(ntk_context *context, const char *function, const evaluation *call) {
    const bool in_place = call->gradient.data == call->f.data && call->gradient.ld == call->f.ld;
    ntk_status status;
    if ((status = ntki_check_disjoint(context, function, &call->value, &call->f)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &call->value, &call->y)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &call->value, &call->gradient)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &call->gradient, &call->y)) != NTK_SUCCESS)
        return status;
    return in_place ? NTK_SUCCESS : ntki_check_disjoint(context, function, &call->gradient, &call->f);
}

static ntk_status check_evaluation(const ntk_loss *loss, const char *function, const evaluation *call) {
    ntk_context *const context = loss->context;
    ntk_status status;
    if ((status = ntki_check_size(context, function, "n", call->n)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, function, "c", call->c)) != NTK_SUCCESS ||
        (status = ntki_check_extent(context, function, &call->f)) != NTK_SUCCESS ||
        (status = ntki_check_extent(context, function, &call->y)) != NTK_SUCCESS ||
        (call->value.data != NULL && (status = ntki_check_extent(context, function, &call->value)) != NTK_SUCCESS) ||
        (call->gradient.data != NULL &&
         (status = ntki_check_extent(context, function, &call->gradient)) != NTK_SUCCESS) ||
        (status = check_overlaps(context, function, call)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &call->f)) != NTK_SUCCESS)
        return status;
    return ntki_loss_check_targets(loss, context, function, call->n, call->c, call->y.data, call->y.ld);
}

/* The matrix without gaps: itself, or a copy to be released by the caller. */
static ntk_status without_gaps(ntk_context *context, const char *function, const ntki_matrix *matrix, double **copy,
                               const double **rows) {
    *rows = matrix->data;
    if (matrix->ld == matrix->columns)
        return NTK_SUCCESS;
    const ntk_status status = ntki_allocate_matrix(context, function, matrix->rows, matrix->columns, copy);
    if (status != NTK_SUCCESS)
        return status;
    ntki_copy_rows(matrix->rows, matrix->columns, matrix->data, matrix->ld, *copy, matrix->columns);
    *rows = *copy;
    return NTK_SUCCESS;
}

ntk_status ntk_loss_evaluate(const ntk_loss *loss, int64_t n, int64_t c, const double *f, int64_t ldf, const double *y,
                             int64_t ldy, double *value, double *gradient, int64_t ldg) {
    if (loss == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = loss->context;
    const evaluation call = {n,
                             c,
                             {"f", f, n, c, ldf, "ldf"},
                             {"y", y, n, c, ldy, "ldy"},
                             {"value", value, 1, n, n, "n"},
                             {"gradient", gradient, n, c, ldg, "ldg"}};
    double *f_copy = NULL, *y_copy = NULL, *values = NULL, *slopes = NULL;
    const double *f_rows = NULL, *y_rows = NULL;
    ntk_status status;
    if ((status = check_evaluation(loss, __func__, &call)) != NTK_SUCCESS ||
        (status = without_gaps(context, __func__, &call.f, &f_copy, &f_rows)) != NTK_SUCCESS ||
        (status = without_gaps(context, __func__, &call.y, &y_copy, &y_rows)) != NTK_SUCCESS)
        goto cleanup;
    if (value != NULL &&
        ((status = ntki_allocate_matrix(context, __func__, 1, n, &values)) != NTK_SUCCESS ||
         (status = ntki_loss_values(loss, context, __func__, n, c, f_rows, y_rows, values)) != NTK_SUCCESS))
        goto cleanup;
    if (gradient != NULL &&
        ((status = ntki_allocate_matrix(context, __func__, n, c, &slopes)) != NTK_SUCCESS ||
         (status = ntki_loss_gradient(loss, context, __func__, n, c, f_rows, y_rows, slopes)) != NTK_SUCCESS))
        goto cleanup;
    if (value != NULL)
        ntki_copy_rows(1, n, values, n, value, n);
    if (gradient != NULL)
        ntki_copy_rows(n, c, slopes, c, gradient, ldg);
cleanup:
    ntki_release(context, slopes);
    ntki_release(context, values);
    ntki_release(context, y_copy);
    ntki_release(context, f_copy);
    return status;
}
