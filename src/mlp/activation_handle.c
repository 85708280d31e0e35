/* The handle of an activation: by kind, by the caller's phi, by the caller's duals. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/mlp/activation.h"

/* ---- creation ---- */

static ntk_status check_kind(ntk_context *context, const char *function, int32_t kind) {
    const ntki_activation_row *const row = ntki_activation_find(kind);
    if (row == NULL)
        return ntki_fail(context, NTK_ERR_ENUM, function, "kind is %d; it is no NTK_ACTIVATION_ number", (int)kind);
    if (row->value == NULL)
        return ntki_fail(context, NTK_ERR_ENUM, function, "kind is %d; ntk_activation_create_%s() makes that",
                         (int)kind, row->name);
    return NTK_SUCCESS;
}

static ntk_status check_count(ntk_context *context, const char *function, const ntki_activation_row *row, int64_t n) {
    if (n == 0 || (n >= row->least_parameters && n <= row->most_parameters))
        return NTK_SUCCESS;
    if (row->least_parameters != row->most_parameters)
        return ntki_fail(context, NTK_ERR_SIZE, function,
                         "n is %lld; %s takes %d to %d parameters (or 0 for the defaults)", (long long)n, row->name,
                         (int)row->least_parameters, (int)row->most_parameters);
    return ntki_fail(context, NTK_ERR_SIZE, function, "n is %lld; %s takes %d parameters (or 0 for the defaults)",
                     (long long)n, row->name, (int)row->most_parameters);
}

/* Parameters that do not go together are told as a list. */
static ntk_status refuse_parameters(ntk_context *context, const char *function, const ntki_activation *activation,
                                    const char *name, const char *rule) {
    char list[128] = "";
    size_t length = 0;
    for (int32_t i = 0; i < activation->parameter_count && length < sizeof(list); i++)
        length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%.10g", i > 0 ? ", " : "",
                                   activation->parameters[i]);
    return ntki_fail(context, NTK_ERR_DOMAIN, function, "params is {%s}; %s: %s", list, name, rule);
}

/* The activation of that kind with n parameters. */
static ntk_status fill(ntk_context *context, const char *function, int32_t kind, const double *params, int64_t n,
                       ntki_activation *activation) {
    ntk_status status = check_kind(context, function, kind);
    if (status != NTK_SUCCESS)
        return status;
    const ntki_activation_row *const row = ntki_activation_find(kind);
    if ((status = check_count(context, function, row, n)) != NTK_SUCCESS)
        return status;
    *activation = ntki_activation_plain(kind);
    if (n == 0)
        return NTK_SUCCESS;
    if ((status = ntki_check_pointer(context, function, "params", params)) != NTK_SUCCESS ||
        (status = ntki_check_finite_vector(context, function, "params", n, params)) != NTK_SUCCESS)
        return status;
    activation->parameter_count = (int32_t)n;
    memcpy(activation->parameters, params, (size_t)n * sizeof(double));
    const char *rule = NULL;
    if (row->allows == NULL || row->allows(activation, &rule))
        return NTK_SUCCESS;
    return refuse_parameters(context, function, activation, row->name, rule);
}

/* Takes over the hold on the context, also on failure. */
static ntk_status make_handle(ntk_context *held, const char *function, const ntki_activation *activation,
                              ntk_activation **out) {
    ntk_activation *handle = NULL;
    const ntk_status status = ntki_allocate(held, function, 1, sizeof(*handle), &handle);
    if (status != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    handle->context = held;
    handle->activation = *activation;
    *out = handle;
    return NTK_SUCCESS;
}

ntk_status ntk_activation_create(ntk_context *context, int32_t kind, const double *params, int64_t n,
                                 ntk_activation **out) {
    ntk_context *held = NULL;
    ntki_activation activation;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "out", out)) != NTK_SUCCESS ||
        (status = fill(held, __func__, kind, params, n, &activation)) != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    return make_handle(held, __func__, &activation, out);
}

ntk_status ntk_activation_create_function(ntk_context *context, ntk_activation_function function,
                                          ntk_activation_function derivative, void *user, ntk_activation **out) {
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "out", out)) == NTK_SUCCESS && function == NULL)
        status = ntki_fail(held, NTK_ERR_NULL, __func__, "function is NULL");
    if (status != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    ntki_activation activation = ntki_activation_plain(NTK_ACTIVATION_FUNCTION);
    activation.function = function;
    activation.derivative = derivative;
    activation.user = user;
    return make_handle(held, __func__, &activation, out);
}

ntk_status ntk_activation_create_dual(ntk_context *context, ntk_dual_function dual, void *user, ntk_activation **out) {
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "out", out)) == NTK_SUCCESS && dual == NULL)
        status = ntki_fail(held, NTK_ERR_NULL, __func__, "dual is NULL");
    if (status != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    ntki_activation activation = ntki_activation_plain(NTK_ACTIVATION_DUAL);
    activation.dual = dual;
    activation.user = user;
    return make_handle(held, __func__, &activation, out);
}

void ntk_activation_destroy(ntk_activation *activation) {
    if (activation == NULL)
        return;
    ntk_context *const context = activation->context;
    ntki_release(context, activation);
    ntki_context_release(context);
}

/* ---- what is known of the caller's phi ---- */

static ntk_status check_is_function(const ntk_activation *activation, const char *function, const char *what) {
    const int32_t kind = activation->activation.kind;
    if (kind == NTK_ACTIVATION_FUNCTION)
        return NTK_SUCCESS;
    return ntki_fail(activation->context, NTK_ERR_UNSUPPORTED, function,
                     "the activation is %s; %s is set for one from ntk_activation_create_function() only",
                     ntk_activation_kind_name(kind), what);
}

/* Ascending, by insertion: there are few. */
static void sort(int32_t n, double *x) {
    for (int32_t i = 1; i < n; i++) {
        const double point = x[i];
        int32_t j = i;
        for (; j > 0 && x[j - 1] > point; j--)
            x[j] = x[j - 1];
        x[j] = point;
    }
}

ntk_status ntk_activation_set_kinks(ntk_activation *activation, int64_t n, const double *x) {
    if (activation == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = activation->context;
    double sorted[NTKI_ACTIVATION_KINKS] = {0};
    ntk_status status = check_is_function(activation, __func__, "kinks");
    if (status != NTK_SUCCESS)
        return status;
    if (n < 0 || n > NTKI_ACTIVATION_KINKS)
        return ntki_fail(context, NTK_ERR_SIZE, __func__, "n is %lld; there can be 0 to %d kinks", (long long)n,
                         (int)NTKI_ACTIVATION_KINKS);
    if (n > 0 && ((status = ntki_check_pointer(context, __func__, "x", x)) != NTK_SUCCESS ||
                  (status = ntki_check_finite_vector(context, __func__, "x", n, x)) != NTK_SUCCESS))
        return status;
    for (int64_t i = 0; i < n; i++)
        sorted[i] = x[i];
    sort((int32_t)n, sorted);
    for (int64_t i = 1; i < n; i++)
        if (sorted[i] == sorted[i - 1])
            return ntki_fail(context, NTK_ERR_DOMAIN, __func__, "x holds the kink %.17g twice", sorted[i]);
    memcpy(activation->activation.kinks, sorted, sizeof(sorted));
    activation->activation.kink_count = (int32_t)n;
    return NTK_SUCCESS;
}

ntk_status ntk_activation_set_parity(ntk_activation *activation, int32_t parity) {
    if (activation == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = check_is_function(activation, __func__, "parity");
    if (status != NTK_SUCCESS)
        return status;
    if (parity != NTK_PARITY_NONE && parity != NTK_PARITY_EVEN && parity != NTK_PARITY_ODD)
        return ntki_fail(activation->context, NTK_ERR_ENUM, __func__, "parity is %d; it is no NTK_PARITY_ number",
                         (int)parity);
    activation->activation.parity = parity;
    return NTK_SUCCESS;
}
