/* A chunk of pairs through one layer. */
#include <math.h>
#include <string.h>

#include "src/kernel/analytic.h"

/* The dual from the caller. gap and sum are plain differences: nothing else is known of it. */
static ntk_status advance_caller(const ntki_chunk *chunk, int64_t l) {
    const ntki_analytic_layer *const layer = &chunk->analytic->layer[l];
    const ntki_layer_side *const a = &chunk->a->side[l], *const b = &chunk->b->side[l];
    double q[NTKI_CHUNK], r[NTKI_CHUNK], value[NTKI_CHUNK], slope[NTKI_CHUNK], gap[NTKI_CHUNK], sum[NTKI_CHUNK];
    for (int64_t j = 0; j < chunk->count; j++) {
        q[j] = a->std[chunk->i] * a->std[chunk->i];
        r[j] = b->std[chunk->j0 + j] * b->std[chunk->j0 + j];
    }
    if (layer->activation.dual(layer->activation.user, chunk->count, q, r, chunk->k, value, slope) != 0)
        return ntki_fail(chunk->analytic->kernel.context, NTK_ERR_CALLBACK, chunk->function,
                         "the caller's duals of layer %lld reported failure", (long long)l);
    for (int64_t j = 0; j < chunk->count; j++) {
        if (!isfinite(value[j]) || !isfinite(slope[j]))
            return ntki_fail(chunk->analytic->kernel.context, NTK_ERR_NOT_FINITE, chunk->function,
                             "the caller's duals of layer %lld gave %g and %g for q = %g, q' = %g, k = %g",
                             (long long)l, value[j], slope[j], q[j], r[j], chunk->k[j]);
        const double most = a->rms[chunk->i] * b->rms[chunk->j0 + j];
        gap[j] = most > value[j] ? most - value[j] : 0;
        sum[j] = most > -value[j] ? most + value[j] : 0;
        if (chunk->near[j] == 0 && chunk->k[j] >= 0 && a->std[chunk->i] == b->std[chunk->j0 + j]) {
            value[j] = a->mean_square[chunk->i];
            slope[j] = a->mean_slope[chunk->i];
            gap[j] = 0;
        }
    }
    const ntki_dual_values dual = {value, slope, gap, sum};
    chunk->analytic->operations->finish(&layer->step, a, chunk->i, b, chunk->j0, chunk->count, &dual, chunk->k,
                                        chunk->near, chunk->theta);
    return NTK_SUCCESS;
}

static void keep(const ntki_chunk *chunk, int32_t slot) {
    const size_t bytes = (size_t)chunk->count * sizeof(double);
    memcpy(chunk->slot[slot][0], chunk->k, bytes);
    memcpy(chunk->slot[slot][1], chunk->near, bytes);
    if (chunk->theta != NULL)
        memcpy(chunk->slot[slot][2], chunk->theta, bytes);
}

ntk_status ntki_chunk_advance(const ntki_chunk *chunk, int64_t l) {
    const ntki_analytic *const analytic = chunk->analytic;
    const ntki_analytic_layer *const layer = &analytic->layer[l];
    if (layer->form == NTKI_DUAL_CALLER) {
        const ntk_status status = advance_caller(chunk, l);
        if (status != NTK_SUCCESS)
            return status;
    } else {
        layer->run(&layer->step, &chunk->a->side[l], chunk->i, &chunk->b->side[l], chunk->j0, chunk->count, chunk->k,
                   chunk->near, chunk->theta);
    }
    if (layer->from >= 0) {
        double(*const slot)[NTKI_CHUNK] = chunk->slot[analytic->layer[layer->from].keep];
        const ntki_pair_values other = {slot[0], slot[1], slot[2]};
        analytic->operations->join(&chunk->a->side[l], &chunk->a->side[layer->from], chunk->i, &chunk->b->side[l],
                                   &chunk->b->side[layer->from], chunk->j0, chunk->count, &other, chunk->k, chunk->near,
                                   chunk->theta);
    }
    if (layer->keep >= 0)
        keep(chunk, layer->keep);
    return NTK_SUCCESS;
}

void ntki_chunk_normalise(const ntki_chunk *chunk, int64_t l) {
    if (chunk->analytic->layer[l].normalise)
        chunk->analytic->operations->scale(chunk->a->side[l].factor, chunk->i, chunk->b->side[l].factor, chunk->j0,
                                           chunk->count, chunk->k, chunk->theta);
}
