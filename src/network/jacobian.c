/* Row i c + k of the Jacobian, layer by layer: dF_k/dW^l = s_w f^{l-1} (x) delta^l_k, dF_k/db^l = s_b delta^l_k; and
 * what the units of one layer send on. Both write to the caller's matrix as they go, since it may be large. */
#include "src/network/typed.h"

#include "lib/matrix/matrix.h"

typedef struct {
    const ntk_network *network;
    const char *function;
    int64_t n;
    const double *x;
    int64_t ldx;
    int64_t layer; /* get_layer */
    ntki_matrix output;
    double *out;
    ntki_pass_f64 *pass;
    double **delta;
} job;

static ntk_status check(const job *call) {
    ntk_context *const context = call->network->context;
    const ntki_matrix x = {"x", call->x, call->n, call->network->mlp->widths[0], call->ldx, "ldx"};
    ntk_status status;
    if ((status = ntki_check_extent(context, call->function, &x)) != NTK_SUCCESS ||
        (status = ntki_check_extent(context, call->function, &call->output)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, call->function, &call->output, &x)) != NTK_SUCCESS)
        return status;
    return ntki_check_finite(context, call->function, &x);
}

static ntk_status check_row(const job *call, int64_t i) {
    const double *const row = call->out + i * call->output.ld;
    if (ntki_all_finite(call->output.columns, row))
        return NTK_SUCCESS;
    int64_t j = 0;
    while (isfinite(row[j]))
        j++;
    return ntki_fail(call->network->context, NTK_ERR_RANGE, call->function, "%s[%lld][%lld] exceeds the double range",
                     call->output.name, (long long)i, (long long)j);
}

/* ---- the Jacobian ---- */

/* The derivative of one output for row i of the block, from delta. */
static void write_gradient(const job *call, int64_t i, double *row) {
    const ntki_pass_f64 *const pass = call->pass;
    for (int64_t l = 1; l <= pass->depth; l++) {
        const ntki_pass_layer_f64 *const layer = &pass->layer[l], *const below = &pass->layer[l - 1];
        const double *const delta = call->delta[l] + i * layer->units, *const f = below->f + i * below->units;
        for (int64_t j = 0; j < below->units; j++)
            for (int64_t k = 0; k < layer->units; k++)
                *row++ = layer->weight_scale * f[j] * delta[k];
        for (int64_t k = 0; k < layer->units; k++)
            *row++ = layer->bias_scale * delta[k];
    }
}

static ntk_status jacobian_block(const job *call, const ntki_block_f64 *block) {
    const int64_t outputs = call->pass->layer[call->pass->depth].units;
    ntk_status status = ntki_pass_forward_f64(call->pass, call->function, block);
    for (int64_t a = 0; status == NTK_SUCCESS && a < outputs; a++) {
        ntki_pass_backward_output_f64(call->pass, a, 0, call->delta);
        for (int64_t i = 0; status == NTK_SUCCESS && i < block->rows; i++) {
            const int64_t row = (block->first + i) * outputs + a;
            write_gradient(call, i, call->out + row * call->output.ld);
            status = check_row(call, row);
        }
    }
    return status;
}

/* ---- one layer ---- */

static ntk_status layer_block(const job *call, const ntki_block_f64 *block) {
    const ntki_pass_layer_f64 *const layer = &call->pass->layer[call->layer];
    ntk_status status = ntki_pass_forward_to_f64(call->pass, call->function, block, call->layer);
    if (status != NTK_SUCCESS)
        return status;
    ntki_copy_rows(block->rows, layer->units, call->layer < call->pass->depth ? layer->f : layer->z, layer->units,
                   call->out + block->first * call->output.ld, call->output.ld);
    for (int64_t i = 0; status == NTK_SUCCESS && i < block->rows; i++)
        status = check_row(call, block->first + i);
    return status;
}

/* ---- both ---- */

static ntk_status run(job *call, ntki_pass_purpose purpose, ntk_status (*step)(const job *, const ntki_block_f64 *)) {
    ntk_context *const context = call->network->context;
    const int64_t rows = ntki_smaller(call->n, ntki_pass_rows_f64(call->network, purpose));
    ntk_status status = ntki_pass_create_f64(call->network, call->function, purpose, 1, rows, &call->pass);
    if (status == NTK_SUCCESS && purpose == NTKI_PASS_BACKWARD)
        status = ntki_deltas_create_f64(call->pass, call->function, 1, &call->delta);
    if (status == NTK_SUCCESS)
        status = ntki_progress(context, call->function, 0, "network");
    for (int64_t first = 0; status == NTK_SUCCESS && first < call->n; first += rows) {
        const ntki_block_f64 block = {first, ntki_smaller(rows, call->n - first), call->x + first * call->ldx,
                                      call->ldx};
        status = step(call, &block);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, call->function, (double)(first + block.rows) / (double)call->n, "network");
    }
    if (call->pass != NULL)
        ntki_deltas_destroy_f64(call->pass, call->delta);
    ntki_pass_destroy_f64(call->pass);
    return status;
}

ntk_status ntk_network_jacobian(ntk_network *network, int64_t n, const double *x, int64_t ldx, double *j, int64_t ldj) {
    if (network == NULL)
        return NTK_ERR_NULL;
    const int64_t outputs = network->mlp->widths[network->mlp->depth];
    ntk_status status = ntki_check_size(network->context, __func__, "n", n);
    if (status != NTK_SUCCESS)
        return status;
    if (n > INT64_MAX / outputs)
        return ntki_fail(network->context, NTK_ERR_OVERFLOW, __func__, "%lld rows of %lld outputs exceed 2^63 - 1",
                         (long long)n, (long long)outputs);
    job call = {.network = network,
                .function = __func__,
                .n = n,
                .x = x,
                .ldx = ldx,
                .output = {"j", j, n * outputs, network->parameter_count, ldj, "ldj"},
                .out = j};
    status = check(&call);
    return status != NTK_SUCCESS ? status : run(&call, NTKI_PASS_BACKWARD, jacobian_block);
}

ntk_status ntk_network_get_layer(ntk_network *network, int64_t layer, int64_t n, const double *x, int64_t ldx,
                                 double *f, int64_t ldf) {
    if (network == NULL)
        return NTK_ERR_NULL;
    const int64_t depth = network->mlp->depth;
    if (layer < 0 || layer > depth)
        return ntki_fail(network->context, NTK_ERR_SIZE, __func__, "layer is %lld; it must be from 0 to %lld",
                         (long long)layer, (long long)depth);
    ntk_status status = ntki_check_size(network->context, __func__, "n", n);
    if (status != NTK_SUCCESS)
        return status;
    job call = {.network = network,
                .function = __func__,
                .n = n,
                .x = x,
                .ldx = ldx,
                .layer = layer,
                .output = {"f", f, n, network->mlp->widths[layer], ldf, "ldf"},
                .out = f};
    status = check(&call);
    return status != NTK_SUCCESS ? status : run(&call, NTKI_PASS_FORWARD, layer_block);
}
