/* The specification of a network: depth, widths and their number of parameters. */
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/mlp/layer.h"

static ntk_status check_spec(ntk_context *context, const char *function, int64_t depth, const int64_t *widths,
                             int32_t activation) {
    if (depth < 1 || depth > NTKI_MLP_MOST_LAYERS)
        return ntki_fail(context, NTK_ERR_SIZE, function, "depth is %lld; it must be from 1 to %d", (long long)depth,
                         (int)NTKI_MLP_MOST_LAYERS);
    const ntk_status status = ntki_check_pointer(context, function, "widths", widths);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t l = 0; l <= depth; l++)
        if (widths[l] < 1)
            return ntki_fail(context, NTK_ERR_SIZE, function, "widths[%lld] is %lld; it must be at least 1",
                             (long long)l, (long long)widths[l]);
    const ntki_activation_row *const row = ntki_activation_find(activation);
    if (row == NULL)
        return ntki_fail(context, NTK_ERR_ENUM, function, "activation is %d; it is no NTK_ACTIVATION_ number",
                         (int)activation);
    if (row->value == NULL)
        return ntki_fail(context, NTK_ERR_ENUM, function,
                         "activation is %d; ntk_activation_create_%s() and ntk_mlp_set_activation() set that",
                         (int)activation, row->name);
    return NTK_SUCCESS;
}

static ntk_status allocate_mlp(ntk_context *context, const char *function, int64_t depth, ntk_mlp **out) {
    ntk_mlp *mlp = NULL;
    ntk_status status = ntki_allocate(context, function, 1, sizeof(*mlp), &mlp);
    if (status != NTK_SUCCESS)
        return status;
    *mlp = (ntk_mlp){.context = context, .depth = depth};
    if ((status = ntki_allocate(context, function, depth + 1, sizeof(int64_t), &mlp->widths)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, depth, sizeof(ntki_mlp_layer), &mlp->layer)) != NTK_SUCCESS) {
        ntki_release(context, mlp->widths);
        ntki_release(context, mlp);
        return status;
    }
    *out = mlp;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_create(ntk_context *context, int64_t depth, const int64_t *widths, int32_t activation,
                          ntk_mlp **out) {
    ntk_context *held = NULL;
    ntk_mlp *mlp = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "out", out)) != NTK_SUCCESS ||
        (status = check_spec(held, __func__, depth, widths, activation)) != NTK_SUCCESS ||
        (status = allocate_mlp(held, __func__, depth, &mlp)) != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    memcpy(mlp->widths, widths, (size_t)(depth + 1) * sizeof(int64_t));
    const ntki_mlp_layer layer = {
        .weight_std = 1, .weight_rate = 1, .bias_rate = 1, .activation = ntki_activation_plain(activation)};
    for (int64_t l = 0; l < depth; l++)
        mlp->layer[l] = layer;
    *out = mlp;
    return NTK_SUCCESS;
}

ntk_status ntki_mlp_copy(const ntk_mlp *mlp, ntk_context *context, const char *function, ntk_mlp **out) {
    ntk_context *held = NULL;
    ntk_mlp *copy = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = allocate_mlp(held, function, mlp->depth, &copy)) != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    memcpy(copy->widths, mlp->widths, (size_t)(mlp->depth + 1) * sizeof(int64_t));
    memcpy(copy->layer, mlp->layer, (size_t)mlp->depth * sizeof(ntki_mlp_layer));
    copy->parameterisation = mlp->parameterisation;
    *out = copy;
    return NTK_SUCCESS;
}

void ntk_mlp_destroy(ntk_mlp *mlp) {
    if (mlp == NULL)
        return;
    ntk_context *const context = mlp->context;
    ntki_release(context, mlp->layer);
    ntki_release(context, mlp->widths);
    ntki_release(context, mlp);
    ntki_context_release(context);
}

ntk_status ntk_mlp_get_depth(const ntk_mlp *mlp, int64_t *depth) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(mlp->context, __func__, "depth", depth);
    if (status == NTK_SUCCESS)
        *depth = mlp->depth;
    return status;
}

ntk_status ntk_mlp_get_width(const ntk_mlp *mlp, int64_t layer, int64_t *width) {
    ntk_status status;
    if (mlp == NULL)
        return NTK_ERR_NULL;
    if ((status = ntki_check_pointer(mlp->context, __func__, "width", width)) != NTK_SUCCESS ||
        (status = ntki_check_layer(mlp, __func__, layer, 0, mlp->depth)) != NTK_SUCCESS)
        return status;
    *width = mlp->widths[layer];
    return NTK_SUCCESS;
}

ntk_status ntki_mlp_parameter_count(const ntk_mlp *mlp, ntk_context *context, const char *function, int64_t *count) {
    int64_t sum = 0;
    for (int64_t l = 1; l <= mlp->depth; l++) {
        const int64_t in = mlp->widths[l - 1], units = mlp->widths[l];
        if (in == INT64_MAX || in + 1 > (INT64_MAX - sum) / units)
            return ntki_fail(context, NTK_ERR_OVERFLOW, function, "the parameters up to layer %lld exceed 2^63 - 1",
                             (long long)l);
        sum += (in + 1) * units;
    }
    *count = sum;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_get_parameter_count(const ntk_mlp *mlp, int64_t *count) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(mlp->context, __func__, "count", count);
    return status != NTK_SUCCESS ? status : ntki_mlp_parameter_count(mlp, mlp->context, __func__, count);
}
