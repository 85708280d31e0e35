/* A network: creation, random parameters, life. */
#include "src/network/network.h"

#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/random/random.h"
#include "lib/threads/parallel.h"

/* Other streams of a seed are free for other uses. */
enum { PARAMETER_STREAM = 0, PARAMETERS_AT_A_TIME = 8192 };

/* ---- creation ---- */

static ntk_status check_values(ntk_context *context, const char *function, const ntk_mlp *mlp) {
    for (int64_t l = 1; l < mlp->depth; l++)
        if (mlp->layer[l - 1].activation.kind == NTK_ACTIVATION_DUAL)
            return ntki_fail(context, NTK_ERR_UNSUPPORTED, function,
                             "the activation of layer %lld is known by its duals only, not by its values",
                             (long long)l);
    return NTK_SUCCESS;
}

ntk_status ntki_network_check_derivatives(const ntk_network *network, const char *function, int64_t lowest) {
    const ntk_mlp *const mlp = network->mlp;
    for (int64_t l = lowest; l < mlp->depth; l++) {
        const ntki_activation *const activation = &mlp->layer[l - 1].activation;
        if (activation->kind == NTK_ACTIVATION_FUNCTION && activation->derivative == NULL)
            return ntki_fail(network->context, NTK_ERR_UNSUPPORTED, function,
                             "the activation of layer %lld was created without a derivative", (long long)l);
    }
    return NTK_SUCCESS;
}

ntk_status ntki_network_check_seconds(const ntk_network *network, const char *function) {
    const ntk_mlp *const mlp = network->mlp;
    for (int64_t l = 1; l < mlp->depth; l++)
        if (mlp->layer[l - 1].activation.kind == NTK_ACTIVATION_FUNCTION)
            return ntki_fail(network->context, NTK_ERR_UNSUPPORTED, function,
                             "the activation of layer %lld is the caller's, whose second derivative is not known",
                             (long long)l);
    return NTK_SUCCESS;
}

static void describe_layers(const ntk_network *network) {
    const ntk_mlp *const mlp = network->mlp;
    const bool standard = mlp->parameterisation == NTK_PARAMETERISATION_STANDARD;
    int64_t at = 0;
    for (int64_t l = 1; l <= mlp->depth; l++) {
        const int64_t inputs = mlp->widths[l - 1], units = mlp->widths[l];
        const ntki_mlp_layer *const layer = &mlp->layer[l - 1];
        network->dense[l - 1] = (ntki_dense){.inputs = inputs,
                                             .units = units,
                                             .weight_scale = standard ? 1 : layer->weight_std / sqrt((double)inputs),
                                             .bias_scale = standard ? 1 : layer->bias_std,
                                             .weights = at,
                                             .bias = at + inputs * units};
        at += (inputs + 1) * units;
    }
}

static void release_network(ntk_network *network) {
    ntk_context *const context = network->context;
    ntki_release(context, network->theta);
    ntki_release(context, network->dense);
    ntk_mlp_destroy(network->mlp);
    ntki_release(context, network);
}

ntk_status ntki_network_make(ntk_context *context, const char *function, const ntk_mlp *mlp, ntk_network **out) {
    int64_t count = 0;
    ntk_network *network = NULL;
    ntk_status status;
    if ((status = check_values(context, function, mlp)) != NTK_SUCCESS ||
        (status = ntki_mlp_parameter_count(mlp, context, function, &count)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, 1, sizeof(*network), &network)) != NTK_SUCCESS)
        return status;
    *network = (ntk_network){.context = context, .parameter_count = count};
    if ((status = ntki_mlp_copy(mlp, context, function, &network->mlp)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, mlp->depth, sizeof(ntki_dense), &network->dense)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, count, sizeof(double), &network->theta)) != NTK_SUCCESS) {
        release_network(network);
        return status;
    }
    memset(network->theta, 0, (size_t)count * sizeof(double));
    describe_layers(network);
    *out = network;
    return NTK_SUCCESS;
}

/* ---- random parameters ---- */

typedef struct {
    ntk_network *network;
    uint64_t seed;
} draw_job;

static void draw_some(int64_t index, void *argument) {
    const draw_job *const job = argument;
    const int64_t first = index * PARAMETERS_AT_A_TIME;
    ntki_random_normals(job->seed, PARAMETER_STREAM, first,
                        ntki_smaller(PARAMETERS_AT_A_TIME, job->network->parameter_count - first),
                        job->network->theta + first);
}

/* Standard deviations in place of scales. A standard deviation of 0 leaves 0 and never -0. */
static void scale_parameters(ntk_network *network) {
    for (int64_t l = 1; l <= network->mlp->depth; l++) {
        const ntki_dense *const dense = &network->dense[l - 1];
        const ntki_mlp_layer *const layer = &network->mlp->layer[l - 1];
        const double weight_std = layer->weight_std / sqrt((double)dense->inputs);
        for (int64_t p = dense->weights; p < dense->bias; p++)
            network->theta[p] *= weight_std;
        for (int64_t p = dense->bias; p < dense->bias + dense->units; p++)
            network->theta[p] = layer->bias_std * network->theta[p] + 0.0;
    }
}

static void draw_parameters(ntk_network *network, uint64_t seed) {
    draw_job job = {network, seed};
    ntki_parallel_for(network->context, (network->parameter_count - 1) / PARAMETERS_AT_A_TIME + 1, draw_some, &job);
    if (network->mlp->parameterisation == NTK_PARAMETERISATION_STANDARD)
        scale_parameters(network);
}

/* ---- the handle ---- */

ntk_status ntk_network_create(ntk_context *context, const ntk_mlp *mlp, uint64_t seed, ntk_network **out) {
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "mlp", mlp)) != NTK_SUCCESS ||
        (status = ntki_check_pointer(held, __func__, "out", out)) != NTK_SUCCESS ||
        (status = ntki_network_make(held, __func__, mlp, out)) != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    draw_parameters(*out, seed);
    return NTK_SUCCESS;
}

ntk_status ntk_network_copy(const ntk_network *network, ntk_network **out) {
    if (network == NULL)
        return NTK_ERR_NULL;
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(network->context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "out", out)) != NTK_SUCCESS ||
        (status = ntki_network_make(held, __func__, network->mlp, out)) != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    memcpy((*out)->theta, network->theta, (size_t)network->parameter_count * sizeof(double));
    return NTK_SUCCESS;
}

void ntk_network_destroy(ntk_network *network) {
    if (network == NULL)
        return;
    ntk_context *const context = network->context;
    release_network(network);
    ntki_context_release(context);
}

ntk_status ntk_network_randomise(ntk_network *network, uint64_t seed) {
    if (network == NULL)
        return NTK_ERR_NULL;
    draw_parameters(network, seed);
    return NTK_SUCCESS;
}

ntk_status ntk_network_get_mlp(const ntk_network *network, ntk_mlp **out) {
    if (network == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(network->context, __func__, "out", out);
    return status != NTK_SUCCESS ? status : ntki_mlp_copy(network->mlp, network->context, __func__, out);
}

ntk_status ntk_network_get_sizes(const ntk_network *network, int64_t *parameters, int64_t *inputs, int64_t *outputs) {
    if (network == NULL)
        return NTK_ERR_NULL;
    if (parameters != NULL)
        *parameters = network->parameter_count;
    if (inputs != NULL)
        *inputs = network->mlp->widths[0];
    if (outputs != NULL)
        *outputs = network->mlp->widths[network->mlp->depth];
    return NTK_SUCCESS;
}
