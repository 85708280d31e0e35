/* Standard deviations and activations of the layers. */
#include "src/mlp/layer.h"

#include "lib/arguments/arguments.h"

ntk_status ntki_check_layer(const ntk_mlp *mlp, const char *function, int64_t layer, int64_t low, int64_t high) {
    if (layer >= low && layer <= high)
        return NTK_SUCCESS;
    if (low > high)
        return ntki_fail(mlp->context, NTK_ERR_SIZE, function, "layer is %lld; this network has no hidden layer",
                         (long long)layer);
    return ntki_fail(mlp->context, NTK_ERR_SIZE, function,
                     "layer is %lld; this network of depth %lld has %lld to %lld here", (long long)layer,
                     (long long)mlp->depth, (long long)low, (long long)high);
}

ntk_status ntk_mlp_set_layer_weight_std(ntk_mlp *mlp, int64_t layer, double weight_std) {
    ntk_status status;
    if (mlp == NULL)
        return NTK_ERR_NULL;
    if ((status = ntki_check_layer(mlp, __func__, layer, 1, mlp->depth)) != NTK_SUCCESS ||
        (status = ntki_check_std(mlp->context, __func__, "weight_std", weight_std, false)) != NTK_SUCCESS)
        return status;
    mlp->layer[layer - 1].weight_std = weight_std;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_set_layer_bias_std(ntk_mlp *mlp, int64_t layer, double bias_std) {
    ntk_status status;
    if (mlp == NULL)
        return NTK_ERR_NULL;
    if ((status = ntki_check_layer(mlp, __func__, layer, 1, mlp->depth)) != NTK_SUCCESS ||
        (status = ntki_check_std(mlp->context, __func__, "bias_std", bias_std, true)) != NTK_SUCCESS)
        return status;
    mlp->layer[layer - 1].bias_std = bias_std;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_set_weight_std(ntk_mlp *mlp, double weight_std) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_std(mlp->context, __func__, "weight_std", weight_std, false);
    for (int64_t l = 0; status == NTK_SUCCESS && l < mlp->depth; l++)
        mlp->layer[l].weight_std = weight_std;
    return status;
}

ntk_status ntk_mlp_set_bias_std(ntk_mlp *mlp, double bias_std) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_std(mlp->context, __func__, "bias_std", bias_std, true);
    for (int64_t l = 0; status == NTK_SUCCESS && l < mlp->depth; l++)
        mlp->layer[l].bias_std = bias_std;
    return status;
}

ntk_status ntk_mlp_set_activation(ntk_mlp *mlp, int64_t layer, const ntk_activation *activation) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    ntk_status status;
    if ((status = ntki_check_layer(mlp, __func__, layer, 0, mlp->depth - 1)) != NTK_SUCCESS ||
        (status = ntki_check_pointer(mlp->context, __func__, "activation", activation)) != NTK_SUCCESS)
        return status;
    const ntki_layer_range range = ntki_layers(layer, mlp->depth);
    for (int64_t l = range.first; l <= range.last; l++)
        mlp->layer[l - 1].activation = activation->activation;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_get_layer_weight_std(const ntk_mlp *mlp, int64_t layer, double *weight_std) {
    ntk_status status;
    if (mlp == NULL)
        return NTK_ERR_NULL;
    if ((status = ntki_check_pointer(mlp->context, __func__, "weight_std", weight_std)) != NTK_SUCCESS ||
        (status = ntki_check_layer(mlp, __func__, layer, 1, mlp->depth)) != NTK_SUCCESS)
        return status;
    *weight_std = mlp->layer[layer - 1].weight_std;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_get_layer_bias_std(const ntk_mlp *mlp, int64_t layer, double *bias_std) {
    ntk_status status;
    if (mlp == NULL)
        return NTK_ERR_NULL;
    if ((status = ntki_check_pointer(mlp->context, __func__, "bias_std", bias_std)) != NTK_SUCCESS ||
        (status = ntki_check_layer(mlp, __func__, layer, 1, mlp->depth)) != NTK_SUCCESS)
        return status;
    *bias_std = mlp->layer[layer - 1].bias_std;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_get_activation_kind(const ntk_mlp *mlp, int64_t layer, int32_t *kind) {
    ntk_status status;
    if (mlp == NULL)
        return NTK_ERR_NULL;
    if ((status = ntki_check_pointer(mlp->context, __func__, "kind", kind)) != NTK_SUCCESS ||
        (status = ntki_check_layer(mlp, __func__, layer, 1, mlp->depth - 1)) != NTK_SUCCESS)
        return status;
    *kind = mlp->layer[layer - 1].activation.kind;
    return NTK_SUCCESS;
}
