/* The empirical evaluator: the handle from a network, and what it costs. */
#include "src/kernel/empirical.h"

#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"

/* ---- cost ---- */

int64_t ntki_empirical_row_length(const ntki_empirical *empirical) {
    const int64_t *const widths = empirical->network->mlp->widths;
    int64_t length = 0;
    for (int64_t l = 1; l <= empirical->kernel.depth; l++) {
        length += ntki_empirical_wants_f(empirical, l) ? widths[l - 1] : 0;
        length += l < empirical->kernel.depth && ntki_empirical_wants(empirical, l) ? empirical->copies * widths[l] : 0;
    }
    return length;
}

ntki_feature_plan ntki_empirical_plan(const ntki_empirical *empirical, size_t size) {
    const int64_t length = ntki_empirical_row_length(empirical);
    const int64_t fit = NTKI_FEATURE_BYTES / (int64_t)size / (length > 0 ? length : 1);
    const int64_t rows = fit < 4 ? 4 : ntki_smaller(fit, NTKI_FEATURE_ROWS);
    const int64_t pass_rows = size == sizeof(double) ? ntki_pass_rows_f64(empirical->network, NTKI_PASS_BACKWARD)
                                                     : ntki_pass_rows_f32(empirical->network, NTKI_PASS_BACKWARD);
    const int64_t batch = ntki_smaller(ntki_smaller(pass_rows, NTKI_BATCH_ROWS), rows / 4);
    return (ntki_feature_plan){rows / batch * batch, batch};
}

bool ntki_empirical_prefers_products(const ntki_empirical *empirical, const ntki_feature_plan *plan, int64_t n,
                                     int64_t m, int64_t c, int64_t group) {
    const int64_t *const widths = empirical->network->mlp->widths;
    const double rows = (double)n, others = (double)m, block = (double)empirical->kernel.block;
    double forward = 0, trained = 0, pair = 0; /* trained: of the layers that a pass back goes through */
    if (!empirical->backward)
        return false;
    for (int64_t l = 1; l <= empirical->kernel.depth; l++) {
        const double copies = (double)empirical->copies * block;
        forward += 2 * (double)widths[l - 1] * (double)widths[l];
        trained += l < empirical->lowest ? 0 : 2 * (double)widths[l - 1] * (double)widths[l];
        pair += ntki_empirical_wants_f(empirical, l) ? 2 * (double)widths[l - 1] : 0;
        pair += l < empirical->kernel.depth && ntki_empirical_wants(empirical, l) ? 2 * copies * (double)widths[l] : 0;
    }
    const double sweeps = m <= plan->most - plan->batch ? 1 : (double)((n - 1) / (plan->most - plan->batch) + 1);
    const double tiles = (rows + sweeps * others) * (forward + trained * (double)empirical->copies) +
                         rows * others * (pair + 2 * block * block * (double)c);
    const double columns = (double)c * (empirical->form == NTK_OUTPUT_TRACE ? (double)empirical->outputs : 1);
    const double products =
        others * (forward * columns / (double)group + 2 * trained * columns) + rows * (forward + 2 * trained) * columns;
    return products < tiles;
}

/* ---- the handle ---- */

void ntki_empirical_end(ntk_kernel *kernel) {
    ntki_empirical *const empirical = (ntki_empirical *)(void *)kernel;
    ntki_feature_work_destroy_f64(empirical->work_f64);
    ntki_feature_work_destroy_f32(empirical->work_f32);
    empirical->work_f64 = NULL;
    empirical->work_f32 = NULL;
}

void ntki_empirical_destroy(ntk_kernel *kernel) {
    ntki_empirical *const empirical = (ntki_empirical *)(void *)kernel;
    ntki_empirical_end(kernel);
    ntki_release(kernel->context, empirical->layer);
    ntk_network_destroy(empirical->network);
}

ntk_status ntki_empirical_check_symmetric(const ntk_kernel *kernel, const char *function) {
    if (ntki_empirical_of(kernel)->form != NTK_OUTPUT_PAIR)
        return NTK_SUCCESS;
    return ntki_fail(
        kernel->context, NTK_ERR_UNSUPPORTED, function,
        "a kernel of NTK_OUTPUT_PAIR is not symmetric: it has cross and apply, no Gram matrix or diagonal");
}

/* The NNGP is the NTK of the last layer with rates of its own. */
static ntki_empirical_layer layer_part(const ntk_network *network, int32_t type, int64_t l) {
    const ntki_mlp_layer *const spec = &network->mlp->layer[l - 1];
    const ntki_dense *const dense = &network->dense[l - 1];
    const bool standard = network->mlp->parameterisation == NTK_PARAMETERISATION_STANDARD;
    ntki_empirical_layer part = {.weight_rate = spec->weight_rate, .bias_rate = spec->bias_rate};
    if (type == NTK_KERNEL_NNGP) {
        const bool last = l == network->mlp->depth;
        part.weight_rate = !last ? 0 : standard ? spec->weight_std * spec->weight_std / (double)dense->inputs : 1;
        part.bias_rate = !last ? 0 : standard ? spec->bias_std * spec->bias_std : 1;
    }
    part.weight = part.weight_rate * dense->weight_scale * dense->weight_scale;
    part.bias = part.bias_rate * dense->bias_scale * dense->bias_scale;
    return part;
}

/* The deltas of all outputs side by side make one row of a product. */
static ntk_status check_widths(const ntki_empirical *empirical, const char *function) {
    const ntk_mlp *const mlp = empirical->network->mlp;
    for (int64_t l = 1; l < mlp->depth; l++)
        if (ntki_empirical_wants(empirical, l) &&
            (mlp->widths[l] > INT64_MAX / 16 / empirical->copies ||
             !ntki_blas_fits(&empirical->kernel.context->blas, mlp->widths[l] * empirical->copies)))
            return ntki_fail(empirical->kernel.context, NTK_ERR_BLAS, function,
                             "%lld outputs times the width %lld of layer %lld exceed the integers of the BLAS in use",
                             (long long)empirical->copies, (long long)mlp->widths[l], (long long)l);
    return NTK_SUCCESS;
}

static ntk_status fill(ntki_empirical *empirical, const char *function) {
    ntk_kernel *const kernel = &empirical->kernel;
    ntk_status status =
        ntki_allocate(kernel->context, function, kernel->depth, sizeof(*empirical->layer), &empirical->layer);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t l = 1; l <= kernel->depth; l++)
        empirical->layer[l - 1] = layer_part(empirical->network, kernel->type, l);
    empirical->lowest = 1;
    while (empirical->lowest < kernel->depth && !ntki_empirical_wants(empirical, empirical->lowest))
        empirical->lowest++;
    empirical->backward = empirical->lowest < kernel->depth;
    if ((empirical->backward &&
         (status = ntki_network_check_derivatives(empirical->network, function, empirical->lowest)) != NTK_SUCCESS) ||
        (status = check_widths(empirical, function)) != NTK_SUCCESS)
        return status;
    const ntki_feature_plan plan = ntki_empirical_plan(empirical, sizeof(double));
    kernel->panel_rows = (plan.most - plan.batch) * kernel->block;
    kernel->stream_rows = kernel->panel_rows;
    return NTK_SUCCESS;
}

ntk_status ntki_empirical_create(ntk_context *context, const char *function, ntk_network *network, int32_t type,
                                 int32_t form, ntk_kernel **out) {
    const int64_t outputs = network->mlp->widths[network->mlp->depth];
    ntki_empirical *empirical = NULL;
    ntk_status status = ntki_allocate(context, function, 1, sizeof(*empirical), &empirical);
    if (status != NTK_SUCCESS) {
        ntk_network_destroy(network);
        return status;
    }
    *empirical = (ntki_empirical){.kernel = {.context = context,
                                             .evaluator = &ntki_evaluator_empirical,
                                             .type = type,
                                             .input_dimension = network->mlp->widths[0],
                                             .depth = network->mlp->depth,
                                             .block = form == NTK_OUTPUT_FULL ? outputs : 1,
                                             .tile_columns = INT64_MAX},
                                  .network = network,
                                  .form = form,
                                  .to = 1,
                                  .outputs = outputs,
                                  .copies = form == NTK_OUTPUT_FULL || form == NTK_OUTPUT_TRACE ? outputs : 1};
    atomic_init(&empirical->kernel.holders, 1);
    if ((status = fill(empirical, function)) != NTK_SUCCESS) {
        ntki_empirical_destroy(&empirical->kernel);
        ntki_release(context, empirical);
        return status;
    }
    *out = &empirical->kernel;
    return NTK_SUCCESS;
}

/* A copy of the network in the kernel's context. */
static ntk_status copy_network(ntk_context *context, const char *function, const ntk_network *network,
                               ntk_network **out) {
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    status = ntki_network_make(held, function, network->mlp, out);
    if (status != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    memcpy((*out)->theta, network->theta, (size_t)network->parameter_count * sizeof(double));
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_create_empirical(ntk_context *context, const ntk_network *network, int32_t type,
                                       int32_t output_form, ntk_kernel **out) {
    ntk_context *held = NULL;
    ntk_network *copy = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if (out == NULL || network == NULL)
        status = ntki_fail(held, NTK_ERR_NULL, __func__, "%s is NULL", out == NULL ? "out" : "network");
    else if (type != NTK_KERNEL_NTK && type != NTK_KERNEL_NNGP)
        status = ntki_fail(held, NTK_ERR_ENUM, __func__, "type is %d; it is no NTK_KERNEL_ number", (int)type);
    else if (output_form < NTK_OUTPUT_TRACE || output_form > NTK_OUTPUT_PAIR)
        status =
            ntki_fail(held, NTK_ERR_ENUM, __func__, "output_form is %d; it is no NTK_OUTPUT_ number", (int)output_form);
    else if ((status = copy_network(held, __func__, network, &copy)) == NTK_SUCCESS)
        status = ntki_empirical_create(held, __func__, copy, type, output_form, out);
    if (status != NTK_SUCCESS)
        ntki_context_release(held);
    return status;
}

void ntki_empirical_randomise(ntk_kernel *kernel, uint64_t seed) {
    const ntki_empirical *const empirical = ntki_empirical_of(kernel);
    ntk_network_randomise(empirical->network, seed);
    for (int i = 0; empirical->work_f64 != NULL && i < 2; i++)
        empirical->work_f64->held[i].x = NULL;
}

ntk_status ntki_empirical_report(const ntki_empirical *empirical, const char *function, double fraction) {
    const double place = empirical->from + (empirical->to - empirical->from) * fraction;
    return ntki_progress(empirical->kernel.context, function, place < empirical->to ? place : empirical->to, "kernel");
}

/* ---- outputs ---- */

ntk_status ntk_kernel_set_outputs(ntk_kernel *kernel, int64_t a, int64_t b) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntki_empirical *const empirical = (ntki_empirical *)(void *)kernel;
    const int64_t outputs[2] = {a, b};
    if (kernel->evaluator != &ntki_evaluator_empirical ||
        (empirical->form != NTK_OUTPUT_ONE && empirical->form != NTK_OUTPUT_PAIR))
        return ntki_fail(kernel->context, NTK_ERR_UNSUPPORTED, __func__,
                         "only empirical kernels of NTK_OUTPUT_ONE and NTK_OUTPUT_PAIR have outputs to choose");
    for (int i = 0; i < 2; i++)
        if (outputs[i] < 0 || outputs[i] >= empirical->outputs)
            return ntki_fail(kernel->context, NTK_ERR_SIZE, __func__, "%s is %lld; the network has outputs 0 to %lld",
                             i == 0 ? "a" : "b", (long long)outputs[i], (long long)(empirical->outputs - 1));
    if (empirical->form == NTK_OUTPUT_ONE && a != b)
        return ntki_fail(kernel->context, NTK_ERR_SIZE, __func__,
                         "b is %lld and a is %lld; NTK_OUTPUT_ONE has one output, a = b", (long long)b, (long long)a);
    memcpy(empirical->chosen, outputs, sizeof(outputs));
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_get_block(const ntk_kernel *kernel, int64_t *block) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(kernel->context, __func__, "block", block);
    if (status == NTK_SUCCESS)
        *block = kernel->block;
    return status;
}
