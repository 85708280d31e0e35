/* The handle of a loss: by kind, or by the caller's functions. */
#include "src/loss/loss.h"

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/loss/kinds.h"

/* The loss of that kind with n parameters, as far as a kind decides it. */
static ntk_status fill(ntk_context *context, const char *function, int32_t kind, const double *params, int64_t n,
                       ntk_loss *loss) {
    const ntki_loss_row *const row = ntki_loss_find(kind);
    if (row == NULL)
        return ntki_fail(context, NTK_ERR_ENUM, function, "kind is %d; it is no NTK_LOSS_ number", (int)kind);
    if (kind == NTK_LOSS_FUNCTION)
        return ntki_fail(context, NTK_ERR_ENUM, function, "kind is %d; ntk_loss_create_function() makes that",
                         (int)kind);
    const int64_t most = row->parameter != NULL ? 1 : 0;
    if (n != 0 && n != most)
        return ntki_fail(context, NTK_ERR_SIZE, function, "n is %lld; %s takes %s", (long long)n, row->name,
                         most == 0 ? "no parameters" : "1 parameter (or 0 for the default)");
    *loss = (ntk_loss){.kind = kind, .parameter = row->parameter_default};
    if (n == 0)
        return NTK_SUCCESS;
    ntk_status status;
    if ((status = ntki_check_pointer(context, function, "params", params)) != NTK_SUCCESS ||
        (status = ntki_check_finite_vector(context, function, "params", n, params)) != NTK_SUCCESS)
        return status;
    loss->parameter = params[0];
    return row->parameter_may_be_zero ? ntki_check_nonnegative(context, function, row->parameter, params[0])
                                      : ntki_check_positive(context, function, row->parameter, params[0]);
}

/* Takes over the hold on the context, also on failure. */
static ntk_status make_handle(ntk_context *held, const char *function, const ntk_loss *loss, ntk_loss **out) {
    ntk_loss *handle = NULL;
    const ntk_status status = ntki_allocate(held, function, 1, sizeof(*handle), &handle);
    if (status != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    *handle = *loss;
    handle->context = held;
    *out = handle;
    return NTK_SUCCESS;
}

ntk_status ntk_loss_create(ntk_context *context, int32_t kind, const double *params, int64_t n, ntk_loss **out) {
    ntk_context *held = NULL;
    ntk_loss loss;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "out", out)) != NTK_SUCCESS ||
        (status = fill(held, __func__, kind, params, n, &loss)) != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    return make_handle(held, __func__, &loss, out);
}

ntk_status ntk_loss_create_function(ntk_context *context, ntk_loss_gradient_function gradient,
                                    ntk_loss_value_function value, void *user, ntk_loss **out) {
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "out", out)) == NTK_SUCCESS && gradient == NULL)
        status = ntki_fail(held, NTK_ERR_NULL, __func__, "gradient is NULL");
    if (status != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    const ntk_loss loss = {.kind = NTK_LOSS_FUNCTION, .gradient = gradient, .value = value, .user = user};
    return make_handle(held, __func__, &loss, out);
}

ntk_status ntki_loss_copy(ntk_context *context, const char *function, const ntk_loss *loss, ntk_loss **out) {
    ntk_context *held = NULL;
    const ntk_status status = ntki_context_acquire(context, &held);
    return status != NTK_SUCCESS ? status : make_handle(held, function, loss, out);
}

void ntki_loss_release(ntk_loss *loss) {
    if (loss == NULL)
        return;
    ntk_context *const context = loss->context;
    ntki_release(context, loss);
    ntki_context_release(context);
}

void ntk_loss_destroy(ntk_loss *loss) { ntki_loss_release(loss); }

ntk_status ntk_loss_get_kind(const ntk_loss *loss, int32_t *kind) {
    if (loss == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(loss->context, __func__, "kind", kind);
    if (status == NTK_SUCCESS)
        *kind = loss->kind;
    return status;
}

double ntki_loss_curvature(const ntk_loss *loss) { return ntki_loss_find(loss->kind)->curvature; }
