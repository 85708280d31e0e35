/* Options of single layers: parameterisation, learning-rate factors, layer normalisation, skips, dropout. */
#include "lib/arguments/arguments.h"
#include "src/mlp/layer.h"

/* ---- parameterisation ---- */

ntk_status ntk_mlp_set_parameterisation(ntk_mlp *mlp, int32_t parameterisation) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    if (parameterisation != NTK_PARAMETERISATION_NTK && parameterisation != NTK_PARAMETERISATION_STANDARD)
        return ntki_fail(mlp->context, NTK_ERR_ENUM, __func__,
                         "parameterisation is %d; it is no NTK_PARAMETERISATION_ number", (int)parameterisation);
    mlp->parameterisation = parameterisation;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_get_parameterisation(const ntk_mlp *mlp, int32_t *parameterisation) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(mlp->context, __func__, "parameterisation", parameterisation);
    if (status == NTK_SUCCESS)
        *parameterisation = mlp->parameterisation;
    return status;
}

/* ---- learning-rate factors ---- */

static ntk_status check_rate(ntk_context *context, const char *function, const char *name, double rate) {
    const double most = 1e100;
    if (rate >= 0 && rate <= most)
        return NTK_SUCCESS;
    return ntki_fail(context, NTK_ERR_DOMAIN, function, "%s is %g; it must be from 0 to %g", name, rate, most);
}

ntk_status ntk_mlp_set_learning_rates(ntk_mlp *mlp, int64_t layer, double weight_rate, double bias_rate) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    ntk_status status;
    if ((status = ntki_check_layer(mlp, __func__, layer, 0, mlp->depth)) != NTK_SUCCESS ||
        (status = check_rate(mlp->context, __func__, "weight_rate", weight_rate)) != NTK_SUCCESS ||
        (status = check_rate(mlp->context, __func__, "bias_rate", bias_rate)) != NTK_SUCCESS)
        return status;
    const ntki_layer_range range = ntki_layers(layer, mlp->depth);
    for (int64_t l = range.first; l <= range.last; l++) {
        mlp->layer[l - 1].weight_rate = weight_rate;
        mlp->layer[l - 1].bias_rate = bias_rate;
    }
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_get_learning_rates(const ntk_mlp *mlp, int64_t layer, double *weight_rate, double *bias_rate) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_layer(mlp, __func__, layer, 1, mlp->depth);
    if (status != NTK_SUCCESS)
        return status;
    if (weight_rate != NULL)
        *weight_rate = mlp->layer[layer - 1].weight_rate;
    if (bias_rate != NULL)
        *bias_rate = mlp->layer[layer - 1].bias_rate;
    return NTK_SUCCESS;
}

/* ---- layer normalisation ---- */

ntk_status ntk_mlp_set_layer_normalisation(ntk_mlp *mlp, int64_t layer, int32_t on, double epsilon) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    ntk_status status;
    if ((status = ntki_check_layer(mlp, __func__, layer, 0, mlp->depth - 1)) != NTK_SUCCESS ||
        (status = ntki_check_nonnegative(mlp->context, __func__, "epsilon", epsilon)) != NTK_SUCCESS)
        return status;
    const ntki_layer_range range = ntki_layers(layer, mlp->depth - 1);
    for (int64_t l = range.first; l <= range.last; l++) {
        mlp->layer[l - 1].normalise = on != 0;
        mlp->layer[l - 1].epsilon = epsilon;
    }
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_get_layer_normalisation(const ntk_mlp *mlp, int64_t layer, int32_t *on, double *epsilon) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_layer(mlp, __func__, layer, 1, mlp->depth - 1);
    if (status != NTK_SUCCESS)
        return status;
    if (on != NULL)
        *on = mlp->layer[layer - 1].normalise;
    if (epsilon != NULL)
        *epsilon = mlp->layer[layer - 1].epsilon;
    return NTK_SUCCESS;
}

/* ---- skips ---- */

ntk_status ntk_mlp_set_skip(ntk_mlp *mlp, int64_t layer, int64_t distance) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_layer(mlp, __func__, layer, 2, mlp->depth);
    if (status != NTK_SUCCESS)
        return status;
    if (distance < 0 || distance > layer - 1)
        return ntki_fail(mlp->context, NTK_ERR_SIZE, __func__,
                         "distance is %lld; a skip to layer %lld spans 1 to %lld layers (0: no skip)",
                         (long long)distance, (long long)layer, (long long)(layer - 1));
    const int64_t from = mlp->widths[layer - distance], to = mlp->widths[layer];
    if (from != to)
        return ntki_fail(mlp->context, NTK_ERR_SHAPE, __func__,
                         "distance is %lld, but layer %lld has %lld units and layer %lld has %lld", (long long)distance,
                         (long long)(layer - distance), (long long)from, (long long)layer, (long long)to);
    mlp->layer[layer - 1].skip = distance;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_get_skip(const ntk_mlp *mlp, int64_t layer, int64_t *distance) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    ntk_status status;
    if ((status = ntki_check_pointer(mlp->context, __func__, "distance", distance)) != NTK_SUCCESS ||
        (status = ntki_check_layer(mlp, __func__, layer, 1, mlp->depth)) != NTK_SUCCESS)
        return status;
    *distance = mlp->layer[layer - 1].skip;
    return NTK_SUCCESS;
}

/* ---- dropout ---- */

ntk_status ntk_mlp_set_dropout(ntk_mlp *mlp, int64_t layer, double rate) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_layer(mlp, __func__, layer, 0, mlp->depth - 1);
    if (status != NTK_SUCCESS)
        return status;
    if (!(rate >= 0 && rate < 1))
        return ntki_fail(mlp->context, NTK_ERR_DOMAIN, __func__, "rate is %.17g; it must be from 0 to below 1", rate);
    const ntki_layer_range range = ntki_layers(layer, mlp->depth - 1);
    for (int64_t l = range.first; l <= range.last; l++)
        mlp->layer[l - 1].dropout = rate;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_get_dropout(const ntk_mlp *mlp, int64_t layer, double *rate) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    ntk_status status;
    if ((status = ntki_check_pointer(mlp->context, __func__, "rate", rate)) != NTK_SUCCESS ||
        (status = ntki_check_layer(mlp, __func__, layer, 1, mlp->depth - 1)) != NTK_SUCCESS)
        return status;
    *rate = mlp->layer[layer - 1].dropout;
    return NTK_SUCCESS;
}
