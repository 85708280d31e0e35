/* A chunk of pairs through the layers, with derivatives: the counterpart of analytic_chunk.c in complex numbers. */
#include <string.h>

#include "src/kernel/derivative.h"

static void keep(const ntki_complex_chunk *chunk, int32_t slot) {
    const size_t bytes = (size_t)chunk->count * sizeof(double _Complex);
    memcpy(chunk->slot[slot][0], chunk->k, bytes);
    memcpy(chunk->slot[slot][1], chunk->near, bytes);
    if (chunk->theta != NULL)
        memcpy(chunk->slot[slot][2], chunk->theta, bytes);
}

/* From S^l to S^{l+1}. */
static void step(const ntki_complex_chunk *chunk, int64_t l) {
    const ntki_pair_operations_complex *const operations = &ntki_pair_operations_complex_baseline;
    const ntki_analytic_layer *const layer = &chunk->derivative->analytic->layer[l];
    const ntki_row_step_complex run = l == 0                            ? operations->first
                                      : layer->form == NTKI_DUAL_SERIES ? operations->series
                                                                        : operations->step[layer->activation.kind];
    run(&chunk->derivative->step[l], &chunk->a->side[l], chunk->i, &chunk->b->side[l], chunk->j0, chunk->count,
        chunk->k, chunk->near, chunk->theta);
}

/* What follows a step: the skip that ends there, the one that begins there, the normalisation. */
static void close_step(const ntki_complex_chunk *chunk, int64_t l) {
    const ntki_analytic *const analytic = chunk->derivative->analytic;
    const ntki_pair_operations_complex *const operations = &ntki_pair_operations_complex_baseline;
    const ntki_analytic_layer *const layer = &analytic->layer[l];
    if (layer->from >= 0) {
        double _Complex(*const slot)[NTKI_COMPLEX_CHUNK] = chunk->slot[analytic->layer[layer->from].keep];
        const ntki_pair_values_complex other = {slot[0], slot[1], slot[2]};
        operations->join(&chunk->a->side[l], &chunk->a->side[layer->from], chunk->i, &chunk->b->side[l],
                         &chunk->b->side[layer->from], chunk->j0, chunk->count, &other, chunk->k, chunk->near,
                         chunk->theta);
    }
    if (layer->keep >= 0)
        keep(chunk, layer->keep);
    if (layer->normalise)
        operations->scale(chunk->a->side[l].factor, chunk->i, chunk->b->side[l].factor, chunk->j0, chunk->count,
                          chunk->k, chunk->theta);
}

void ntki_complex_from_cosines(const ntki_complex_chunk *chunk) {
    for (int64_t j = 0; chunk->theta != NULL && j < chunk->count; j++)
        chunk->theta[j] = 0;
    step(chunk, 0);
    ntki_complex_from_first_layer(chunk);
}

void ntki_complex_from_first_layer(const ntki_complex_chunk *chunk) {
    close_step(chunk, 0);
    for (int64_t l = 1; l < chunk->derivative->analytic->kernel.depth; l++) {
        step(chunk, l);
        close_step(chunk, l);
    }
}
