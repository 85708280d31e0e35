/* Backwards: from seeds to the delta^l of every layer, and from these to gradients. */
#include "lib/threads/parallel.h"
#include "src/network/typed.h"

typedef struct {
    const NTKI_PASS *pass;
    int64_t l, first, group;
    NTKI_REAL *const *delta;
} backward_job;

/* Row i of delta^l from dF_u/df^l, which is there: slope, normalisation, skips that begin in layer l. */
static void backward_row(const backward_job *job, int64_t i) {
    const NTKI_PASS_LAYER *const layer = &job->pass->layer[job->l];
    const int64_t units = layer->units, at = (job->first + i) * units;
    NTKI_REAL *const delta = job->delta[job->l] + at;
    const NTKI_REAL *const slope = layer->slope + i * units;
    for (int64_t j = 0; j < units; j++)
        delta[j] *= slope[j];
    if (layer->options->normalise)
        normalise_derivative(units, layer->normalised + i * units, layer->deviation[i], delta, delta);
    for (int64_t m = layer->first_skip; m > 0; m = job->pass->layer[m].next_skip) {
        const NTKI_REAL *const other = job->delta[m] + at;
        for (int64_t j = 0; j < units; j++)
            delta[j] += other[j];
    }
}

static void backward_group(int64_t index, void *argument) {
    const backward_job *const job = argument;
    const int64_t end = ntki_smaller((index + 1) * job->group, job->pass->used);
    for (int64_t i = index * job->group; i < end; i++)
        backward_row(job, i);
}

/* delta^l from s_w W^{l+1} delta^{l+1}, which is there. */
static void backward_layer(const NTKI_PASS *pass, int64_t l, int64_t first, NTKI_REAL *const *delta) {
    backward_job job = {pass, l, first, group_rows(pass->layer[l].units), delta};
    ntki_parallel_for(pass->network->context, (pass->used + job.group - 1) / job.group, backward_group, &job);
}

/* All layers below `top`, whose delta is there, down to the lowest one. */
static void backward_below(const NTKI_PASS *pass, int64_t top, int64_t first, NTKI_REAL *const *delta) {
    for (int64_t l = top - 1; l >= pass->lowest; l--) {
        const NTKI_PASS_LAYER *const above = &pass->layer[l + 1];
        const int64_t units = pass->layer[l].units;
        NTKI_GEMM(&pass->network->context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, pass->used, units, above->units,
                  above->weight_scale, delta[l + 1] + first * above->units, above->units, above->weights, above->units,
                  0, delta[l] + first * units, units);
        backward_layer(pass, l, first, delta);
    }
}

void NTKI_TYPED(ntki_pass_backward)(const NTKI_PASS *pass, const NTKI_REAL *u, int64_t ldu, int64_t first,
                                    NTKI_REAL *const *delta) {
    const int64_t outputs = pass->layer[pass->depth].units;
    for (int64_t i = 0; i < pass->used; i++)
        memcpy(delta[pass->depth] + (first + i) * outputs, u + i * ldu, (size_t)outputs * sizeof(NTKI_REAL));
    backward_below(pass, pass->depth, first, delta);
}

/* delta^L is a unit vector in every row, so that W^L delta^L is a column of W^L. */
void NTKI_TYPED(ntki_pass_backward_output)(const NTKI_PASS *pass, int64_t output, int64_t first,
                                           NTKI_REAL *const *delta) {
    const int64_t depth = pass->depth, outputs = pass->layer[depth].units;
    const NTKI_PASS_LAYER *const last = &pass->layer[depth];
    NTKI_REAL *const seeds = delta[depth] + first * outputs;
    memset(seeds, 0, (size_t)(pass->used * outputs) * sizeof(NTKI_REAL));
    for (int64_t i = 0; i < pass->used; i++)
        seeds[i * outputs + output] = 1;
    if (depth == pass->lowest)
        return;
    const int64_t units = pass->layer[depth - 1].units;
    NTKI_REAL *const below = delta[depth - 1] + first * units;
    for (int64_t j = 0; j < units; j++)
        below[j] = last->weight_scale * last->weights[j * outputs + output];
    for (int64_t i = 1; i < pass->used; i++)
        memcpy(below + i * units, below, (size_t)units * sizeof(NTKI_REAL));
    backward_layer(pass, depth - 1, first, delta);
    backward_below(pass, depth - 1, first, delta);
}

void NTKI_TYPED(ntki_pass_gradient)(const NTKI_PASS *pass, int64_t first, NTKI_REAL *const *delta, NTKI_REAL *g) {
    for (int64_t l = pass->lowest; l <= pass->depth; l++) {
        const NTKI_PASS_LAYER *const layer = &pass->layer[l], *const below = &pass->layer[l - 1];
        const ntki_dense *const dense = &pass->network->dense[l - 1];
        const int64_t units = layer->units;
        const NTKI_REAL *const rows = delta[l] + first * units;
        NTKI_GEMM(&pass->network->context->blas, NTKI_TRANSPOSE, NTKI_NO_TRANSPOSE, below->units, units, pass->used,
                  layer->weight_scale, below->f, below->units, rows, units, 1, g + dense->weights, units);
        for (int64_t i = 0; layer->bias_scale != 0 && i < pass->used; i++)
            for (int64_t j = 0; j < units; j++)
                g[dense->bias + j] += layer->bias_scale * rows[i * units + j];
    }
}
