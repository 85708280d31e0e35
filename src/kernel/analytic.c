/* The analytic evaluator: the handle, made from a specification.
 *
 * S^{l+1} = sw^2 E[phi(u) phi(v)] + sb^2,
 * T^{l+1} = T^l sw^2 E[phi'(u) phi'(v)] + r_w (S^{l+1} - sb^2) + r_b sb^2   [Jacot18, Lee18] */
#include "src/kernel/analytic.h"

#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/kernel/collapse.h"
#include "src/kernel/panels.h"

static ntk_status analytic_diagonal(ntk_kernel *kernel, const char *function, const ntki_rows *rows, double *diagonal) {
    (void)kernel;
    (void)function;
    memcpy(diagonal, ntki_analytic_rows_of(rows)->diagonal, (size_t)rows->n * sizeof(double));
    return NTK_SUCCESS;
}

static void analytic_layer_diagonal(const ntki_rows *rows, int64_t layer, bool tangent, double *diagonal) {
    const ntki_analytic_rows *const own = ntki_analytic_rows_of(rows);
    memcpy(diagonal, (tangent ? own->theta : own->k)[layer - 1], (size_t)rows->n * sizeof(double));
}

static void analytic_destroy(ntk_kernel *kernel) {
    ntki_analytic *const analytic = (ntki_analytic *)(void *)kernel;
    ntki_release(kernel->context, analytic->collapse);
    ntki_release(kernel->context, analytic->constants);
    ntki_release(kernel->context, analytic->layer);
}

static const ntki_evaluator analytic_evaluator = {.prepare = ntki_analytic_prepare,
                                                  .release = ntki_analytic_release,
                                                  .match = ntki_analytic_match,
                                                  .tile = ntki_analytic_tile,
                                                  .diagonal = analytic_diagonal,
                                                  .layer_diagonal = analytic_layer_diagonal,
                                                  .destroy = analytic_destroy,
                                                  .mirrors = true};

/* In the standard parameterisation a weight's gradient lacks the factor sw / sqrt(N), and a bias's the factor sb. */
static ntki_layer_step layer_step(const ntk_mlp *mlp, int64_t l) {
    const ntki_mlp_layer *const to = &mlp->layer[l];
    const double fan_in = l == 0 ? (double)mlp->widths[0] : 1;
    const double weight = to->weight_std * to->weight_std / fan_in, bias = to->bias_std * to->bias_std;
    const bool standard = mlp->parameterisation == NTK_PARAMETERISATION_STANDARD;
    return (ntki_layer_step){.weight_variance = weight,
                             .bias_variance = bias,
                             .weight_tangent = to->weight_rate * (!standard ? weight
                                                                  : l == 0  ? 1
                                                                            : (double)mlp->widths[l]),
                             .bias_tangent = to->bias_rate * (standard ? 1 : bias),
                             .spread = l == 0 ? 0 : mlp->layer[l - 1].dropout / (1 - mlp->layer[l - 1].dropout)};
}

/* The activation's part of layer l > 0. */
static ntk_status choose_dual(ntki_analytic *analytic, const char *function, const ntki_activation *activation,
                              int64_t l) {
    ntki_analytic_layer *const layer = &analytic->layer[l];
    const ntki_dual_row *const row = ntki_dual_find(activation->kind);
    if (row == NULL)
        return ntki_fail(analytic->kernel.context, NTK_ERR_UNSUPPORTED, function,
                         "the activation of layer %lld has no infinitely wide kernel", (long long)l);
    double *const constants = analytic->constants + l * NTKI_CONSTANTS;
    layer->activation = *activation;
    layer->form = row->form;
    memset(constants, 0, NTKI_CONSTANTS * sizeof(double));
    if (row->constants != NULL)
        row->constants(activation, constants);
    layer->step.constants = constants;
    layer->run = row->form == NTKI_DUAL_CALLER ? NULL
                 : row->form == NTKI_DUAL_SERIES
                     ? (ntki_series_kinked(activation) ? analytic->operations->kinked : analytic->operations->series)
                     : analytic->operations->step[activation->kind];
    layer->diagonal = row->form == NTKI_DUAL_CLOSED ? analytic->operations->diagonal[activation->kind] : NULL;
    analytic->series = analytic->series || row->form == NTKI_DUAL_SERIES;
    analytic->one_thread = analytic->one_thread || row->form == NTKI_DUAL_CALLER;
    return NTK_SUCCESS;
}

/* Gives the layers where a skip begins a slot until the last of their skips ends. */
static ntk_status assign_slots(ntki_analytic *analytic, const char *function) {
    int64_t until[NTKI_MOST_SLOTS] = {0};
    const int64_t depth = analytic->kernel.depth;
    for (int64_t l = 0; l < depth; l++)
        if (analytic->layer[l].from >= 0)
            analytic->layer[analytic->layer[l].from].keep = (int32_t)l;
    for (int64_t l = 0; l < depth; l++) {
        if (analytic->layer[l].keep < 0)
            continue;
        int32_t slot = 0;
        while (slot < NTKI_MOST_SLOTS && until[slot] > l)
            slot++;
        if (slot == NTKI_MOST_SLOTS)
            return ntki_fail(analytic->kernel.context, NTK_ERR_UNSUPPORTED, function,
                             "more than %d skips pass over layer %lld", (int)NTKI_MOST_SLOTS, (long long)(l + 1));
        until[slot] = analytic->layer[l].keep;
        analytic->layer[l].keep = slot;
        analytic->slots = slot >= analytic->slots ? slot + 1 : analytic->slots;
    }
    return NTK_SUCCESS;
}

static ntk_status fill(ntki_analytic *analytic, const char *function, const ntk_mlp *mlp) {
    bool skips = false;
    for (int64_t l = 0; l < mlp->depth; l++) {
        const ntki_mlp_layer *const spec = &mlp->layer[l];
        analytic->layer[l] = (ntki_analytic_layer){.step = layer_step(mlp, l),
                                                   .form = NTKI_DUAL_CLOSED,
                                                   .run = analytic->operations->first,
                                                   .from = spec->skip > 0 ? l - spec->skip : -1,
                                                   .keep = -1,
                                                   .normalise = spec->normalise && l + 1 < mlp->depth,
                                                   .epsilon = spec->epsilon};
        skips = skips || spec->skip > 0;
        analytic->dropout = analytic->dropout || (l + 1 < mlp->depth && spec->dropout > 0);
        const ntk_status status =
            l == 0 ? NTK_SUCCESS : choose_dual(analytic, function, &mlp->layer[l - 1].activation, l);
        if (status != NTK_SUCCESS)
            return status;
    }
    analytic->standard = mlp->parameterisation == NTK_PARAMETERISATION_STANDARD;
    analytic->homogeneous = ntki_collapse_homogeneous(mlp);
    return skips ? assign_slots(analytic, function) : NTK_SUCCESS;
}

static ntk_status create(ntk_context *context, const char *function, const ntk_mlp *mlp, int32_t type,
                         ntk_kernel **out) {
    ntki_analytic *analytic = NULL;
    ntk_status status = ntki_allocate(context, function, 1, sizeof(*analytic), &analytic);
    if (status != NTK_SUCCESS)
        return status;
    *analytic = (ntki_analytic){.kernel = {.context = context,
                                           .evaluator = &analytic_evaluator,
                                           .type = type,
                                           .input_dimension = mlp->widths[0],
                                           .depth = mlp->depth,
                                           .block = 1,
                                           .panel_rows = NTKI_PANEL_ROWS,
                                           .tile_columns = NTKI_TILE_COLUMNS,
                                           .tolerance = NTKI_DEFAULT_TOLERANCE,
                                           .most_terms = NTKI_DEFAULT_MOST_TERMS},
                                .operations = ntki_pair_operations_for(context->isa)};
    atomic_init(&analytic->kernel.holders, 1);
    if ((status = ntki_allocate(context, function, mlp->depth, sizeof(ntki_analytic_layer), &analytic->layer)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, mlp->depth, NTKI_CONSTANTS, &analytic->constants)) !=
            NTK_SUCCESS ||
        (status = fill(analytic, function, mlp)) != NTK_SUCCESS) {
        analytic_destroy(&analytic->kernel);
        ntki_release(context, analytic);
        return status;
    }
    *out = &analytic->kernel;
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_create_analytic(ntk_context *context, const ntk_mlp *mlp, int32_t type, ntk_kernel **out) {
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if (out == NULL || mlp == NULL)
        status = ntki_fail(held, NTK_ERR_NULL, __func__, "%s is NULL", out == NULL ? "out" : "mlp");
    else if (type != NTK_KERNEL_NTK && type != NTK_KERNEL_NNGP)
        status = ntki_fail(held, NTK_ERR_ENUM, __func__, "type is %d; it is no NTK_KERNEL_ number", (int)type);
    else
        status = create(held, __func__, mlp, type, out);
    if (status != NTK_SUCCESS)
        ntki_context_release(held);
    return status;
}
