/* The table of activations, and their handle. */
#include "src/mlp/activation.h"

#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"

static double identity_value(const double *parameters, double x) {
    (void)parameters;
    return x;
}

static double identity_derivative(const double *parameters, double x) {
    (void)parameters;
    return isnan(x) ? x : 1;
}

static double relu_value(const double *parameters, double x) {
    (void)parameters;
    return x < 0 ? 0 : x;
}

static double relu_derivative(const double *parameters, double x) {
    (void)parameters;
    return isnan(x) ? x : x > 0;
}

static double leaky_relu_value(const double *parameters, double x) { return x < 0 ? parameters[0] * x : x; }

static double leaky_relu_derivative(const double *parameters, double x) {
    if (isnan(x))
        return x;
    return x < 0 ? parameters[0] : x > 0;
}

static double erf_value(const double *parameters, double x) {
    (void)parameters;
    return erf(x);
}

static double erf_derivative(const double *parameters, double x) {
    (void)parameters;
    const double two_over_sqrt_pi = 1.1283791670955125739;
    return two_over_sqrt_pi * exp(-x * x);
}

/* Indexed by the pinned numbers of the kinds. */
static const ntki_activation_row activation_table[] = {
    [NTK_ACTIVATION_IDENTITY] = {"identity", 0, {0}, identity_value, identity_derivative},
    [NTK_ACTIVATION_RELU] = {"relu", 0, {0}, relu_value, relu_derivative},
    [NTK_ACTIVATION_LEAKY_RELU] = {"leaky_relu", 1, {0.01}, leaky_relu_value, leaky_relu_derivative},
    [NTK_ACTIVATION_ERF] = {"erf", 0, {0}, erf_value, erf_derivative},
};

enum { KINDS = sizeof(activation_table) / sizeof(activation_table[0]) };

const ntki_activation_row *ntki_activation_find(int32_t kind) {
    return kind >= 0 && kind < KINDS ? &activation_table[kind] : NULL;
}

const char *ntk_activation_kind_name(int32_t kind) {
    const ntki_activation_row *row = ntki_activation_find(kind);
    return row != NULL ? row->name : NULL;
}

ntk_status ntk_activation_kind_from_name(const char *name, int32_t *kind) {
    if (name == NULL || kind == NULL)
        return NTK_ERR_NULL;
    for (int32_t i = 0; i < KINDS; i++)
        if (strcmp(activation_table[i].name, name) == 0) {
            *kind = i;
            return NTK_SUCCESS;
        }
    return NTK_ERR_ENUM;
}

static ntk_status check_parameters(ntk_context *context, const char *function, int32_t kind, const double *params,
                                   int64_t n) {
    const ntki_activation_row *row = ntki_activation_find(kind);
    if (row == NULL)
        return ntki_fail(context, NTK_ERR_ENUM, function, "kind is %d; it is no NTK_ACTIVATION_ number", (int)kind);
    if (n != 0 && n != row->parameter_count)
        return ntki_fail(context, NTK_ERR_SIZE, function, "n is %lld; %s takes %lld parameters (or 0 for the defaults)",
                         (long long)n, row->name, (long long)row->parameter_count);
    if (n == 0)
        return NTK_SUCCESS;
    const ntk_status status = ntki_check_pointer(context, function, "params", params);
    return status != NTK_SUCCESS ? status : ntki_check_finite_vector(context, function, "params", n, params);
}

ntk_status ntk_activation_create(ntk_context *context, int32_t kind, const double *params, int64_t n,
                                 ntk_activation **out) {
    ntk_context *held = NULL;
    ntk_activation *activation = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "out", out)) != NTK_SUCCESS ||
        (status = check_parameters(held, __func__, kind, params, n)) != NTK_SUCCESS ||
        (status = ntki_allocate(held, __func__, 1, sizeof(*activation), &activation)) != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    activation->context = held;
    activation->activation.kind = kind;
    memcpy(activation->activation.parameters, ntki_activation_find(kind)->defaults,
           sizeof(activation->activation.parameters));
    if (n > 0)
        memcpy(activation->activation.parameters, params, (size_t)n * sizeof(double));
    *out = activation;
    return NTK_SUCCESS;
}

void ntk_activation_destroy(ntk_activation *activation) {
    if (activation == NULL)
        return;
    ntk_context *const context = activation->context;
    ntki_release(context, activation);
    ntki_context_release(context);
}

ntk_status ntk_activation_evaluate(const ntk_activation *activation, int64_t n, const double *x, double *y,
                                   double *dy) {
    if (activation == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = activation->context;
    ntk_status status;
    if ((status = ntki_check_size(context, __func__, "n", n)) != NTK_SUCCESS ||
        (status = ntki_check_pointer(context, __func__, "x", x)) != NTK_SUCCESS)
        return status;
    const ntki_matrix in = {"x", x, 1, n, n, "n"}, value = {"y", y, 1, n, n, "n"},
                      derivative = {"dy", dy, 1, n, n, "n"};
    if ((status = ntki_check_extent(context, __func__, &in)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &value, &derivative)) != NTK_SUCCESS ||
        (y != x && (status = ntki_check_disjoint(context, __func__, &value, &in)) != NTK_SUCCESS) ||
        (dy != x && (status = ntki_check_disjoint(context, __func__, &derivative, &in)) != NTK_SUCCESS))
        return status;
    const ntki_activation_row *const row = ntki_activation_find(activation->activation.kind);
    const double *const parameters = activation->activation.parameters;
    for (int64_t i = 0; i < n; i++) {
        const double point = x[i];
        if (y != NULL)
            y[i] = row->value(parameters, point);
        if (dy != NULL)
            dy[i] = row->derivative(parameters, point);
    }
    return NTK_SUCCESS;
}
