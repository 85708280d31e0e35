/* phi, phi' and phi'' at many points, of a kind or of the caller. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/mlp/activation.h"

static ntk_status unsupported(ntk_context *context, const char *function, const ntki_activation *activation) {
    const bool known_by_duals = activation->kind == NTK_ACTIVATION_DUAL;
    return ntki_fail(context, NTK_ERR_UNSUPPORTED, function, "%s",
                     known_by_duals ? "the activation is known by its duals only, not by its values"
                                    : "dy is wanted, but the activation was created without a derivative");
}

static ntk_status call(ntk_context *context, const char *function, const ntki_activation *activation, bool derivative,
                       int64_t n, const double *x, double *y) {
    const int32_t answer = (derivative ? activation->derivative : activation->function)(activation->user, n, x, y);
    if (answer == 0)
        return NTK_SUCCESS;
    return ntki_fail(context, NTK_ERR_CALLBACK, function, "the caller's %s returned %d", derivative ? "phi'" : "phi",
                     (int)answer);
}

/* The caller's function, which has to give numbers for numbers. */
static ntk_status call_and_check(ntk_context *context, const char *function, const ntki_activation *activation,
                                 bool derivative, int64_t n, const double *x, double *y) {
    const ntk_status status = call(context, function, activation, derivative, n, x, y);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(y[i]) && isfinite(x[i]))
            return ntki_fail(context, NTK_ERR_NOT_FINITE, function, "the caller's %s is %s at %.17g",
                             derivative ? "phi'" : "phi", isnan(y[i]) ? "NaN" : "infinite", x[i]);
    return NTK_SUCCESS;
}

ntk_status ntki_activation_values(ntk_context *context, const char *function, const ntki_activation *activation,
                                  int64_t n, const double *x, double *y) {
    if (activation->kind == NTK_ACTIVATION_FUNCTION)
        return call_and_check(context, function, activation, false, n, x, y);
    const ntki_activation_row *const row = ntki_activation_find(activation->kind);
    if (row->value == NULL)
        return unsupported(context, function, activation);
    for (int64_t i = 0; i < n; i++)
        y[i] = row->value(activation, x[i]);
    return NTK_SUCCESS;
}

ntk_status ntki_activation_derivatives(ntk_context *context, const char *function, const ntki_activation *activation,
                                       int64_t n, const double *x, double *dy) {
    if (activation->kind == NTK_ACTIVATION_FUNCTION && activation->derivative != NULL)
        return call_and_check(context, function, activation, true, n, x, dy);
    const ntki_activation_row *const row = ntki_activation_find(activation->kind);
    if (row->derivative == NULL)
        return unsupported(context, function, activation);
    for (int64_t i = 0; i < n; i++)
        dy[i] = row->derivative(activation, x[i]);
    return NTK_SUCCESS;
}

ntk_status ntki_activation_seconds(ntk_context *context, const char *function, const ntki_activation *activation,
                                   int64_t n, const double *x, double *ddy) {
    const ntki_activation_row *const row = ntki_activation_find(activation->kind);
    if (row->second == NULL)
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, function,
                         "the second derivative of the caller's phi is unknown");
    for (int64_t i = 0; i < n; i++)
        ddy[i] = row->second(activation, x[i]);
    return NTK_SUCCESS;
}

/* ---- ntk_activation_evaluate ---- */

/* By way of a block of its own: the outputs may be x, and are written only when all has gone well. */
static ntk_status evaluate_function(ntk_context *context, const char *function, const ntki_activation *activation,
                                    int64_t n, const double *x, double *y, double *dy) {
    double *value = NULL, *derivative = NULL;
    ntk_status status = NTK_SUCCESS;
    if (y != NULL && ((status = ntki_allocate(context, function, n, sizeof(double), &value)) != NTK_SUCCESS ||
                      (status = call(context, function, activation, false, n, x, value)) != NTK_SUCCESS))
        goto cleanup;
    if (dy != NULL && ((status = ntki_allocate(context, function, n, sizeof(double), &derivative)) != NTK_SUCCESS ||
                       (status = call(context, function, activation, true, n, x, derivative)) != NTK_SUCCESS))
        goto cleanup;
    if (y != NULL)
        memcpy(y, value, (size_t)n * sizeof(double));
    if (dy != NULL)
        memcpy(dy, derivative, (size_t)n * sizeof(double));
cleanup:
    ntki_release(context, derivative);
    ntki_release(context, value);
    return status;
}

static ntk_status check_evaluation(ntk_context *context, const char *function, int64_t n, const double *x,
                                   const double *y, const double *dy) {
    ntk_status status;
    if ((status = ntki_check_size(context, function, "n", n)) != NTK_SUCCESS ||
        (status = ntki_check_pointer(context, function, "x", x)) != NTK_SUCCESS)
        return status;
    const ntki_matrix in = {"x", x, 1, n, n, "n"}, value = {"y", y, 1, n, n, "n"},
                      derivative = {"dy", dy, 1, n, n, "n"};
    if ((status = ntki_check_extent(context, function, &in)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &value, &derivative)) != NTK_SUCCESS ||
        (y != x && (status = ntki_check_disjoint(context, function, &value, &in)) != NTK_SUCCESS) ||
        (dy != x && (status = ntki_check_disjoint(context, function, &derivative, &in)) != NTK_SUCCESS))
        return status;
    return NTK_SUCCESS;
}

ntk_status ntk_activation_evaluate(const ntk_activation *handle, int64_t n, const double *x, double *y, double *dy) {
    if (handle == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = handle->context;
    const ntki_activation *const activation = &handle->activation;
    const bool of_caller = activation->kind == NTK_ACTIVATION_FUNCTION;
    const ntk_status status = check_evaluation(context, __func__, n, x, y, dy);
    if (status != NTK_SUCCESS)
        return status;
    if (activation->kind == NTK_ACTIVATION_DUAL || (of_caller && dy != NULL && activation->derivative == NULL))
        return unsupported(context, __func__, activation);
    if (of_caller)
        return evaluate_function(context, __func__, activation, n, x, y, dy);
    const ntki_activation_row *const row = ntki_activation_find(activation->kind);
    for (int64_t i = 0; i < n; i++) {
        const double point = x[i];
        if (y != NULL)
            y[i] = row->value(activation, point);
        if (dy != NULL)
            dy[i] = row->derivative(activation, point);
    }
    return NTK_SUCCESS;
}
