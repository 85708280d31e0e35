/* Pairs of nearly equal or opposite inputs: from the rows themselves, since an inner product keeps only absolute accuracy. */
#include <math.h>

#include "src/kernel/analytic.h"

/* 1 - |cos| from the rows themselves. Norms whose inverses leave the range belong to kernel values that do, and are served
 * by the rounded unit rows. */
static double compare_rows(const ntki_chunk *chunk, int64_t j, double sign) {
    const ntki_analytic_rows *const a = chunk->a, *const b = chunk->b;
    const ntki_pair_operations *const operations = chunk->analytic->operations;
    const int64_t d = chunk->analytic->kernel.input_dimension, i = chunk->i;
    const double norm = a->side[0].rms[i], other = b->side[0].rms[j];
    const double low = 1e-280, high = 1e280;
    if (norm > low && norm < high && other > low && other < high)
        return operations->angle_gap(d, 1 / norm, a->x + i * a->ldx, sign / other, b->x + j * b->ldx);
    return operations->angle_gap(d, 1, a->unit + i * d, sign, b->unit + j * d);
}

static bool is_near(const ntki_chunk *chunk, int64_t j) {
    return chunk->near[j] * (chunk->k[j] < 0 ? NTKI_OPPOSITE_WEIGHT : 1) < NTKI_NEAR_THRESHOLD;
}

static void refine_near_pairs(const ntki_chunk *chunk) {
    double *const cosine = chunk->k, *const near = chunk->near;
    for (int64_t j = 0; j < chunk->count; j++)
        if (is_near(chunk, j)) {
            const double sign = cosine[j] < 0 ? -1 : 1;
            near[j] = compare_rows(chunk, chunk->j0 + j, sign);
            cosine[j] = sign * (1 - near[j]);
        }
}

/* |x| - |x'| = <x - x', x + x'> / (|x| + |x'|), which keeps digits that the rounded norms have lost. */
static double norm_difference(const ntki_chunk *chunk, int64_t j) {
    const int64_t d = chunk->analytic->kernel.input_dimension;
    const double *const x = chunk->a->x + chunk->i * chunk->a->ldx, *const z = chunk->b->x + j * chunk->b->ldx;
    const double scale = 1 / chunk->a->side[0].rms[chunk->i];
    double sum = 0;
    for (int64_t c = 0; c < d; c++)
        sum += ((x[c] - z[c]) * scale) * ((x[c] + z[c]) * scale);
    return sum / scale / (1 + chunk->b->side[0].rms[j] * scale);
}

/* With a bias, inputs of nearly the same norm and direction keep only as many digits of 1 - rho as |x| - |x'| has: those
 * pairs of the first layer once more. angle[j] is 1 - cos of the inputs. */
void ntki_chunk_refine_first_layer(const ntki_chunk *chunk, const double *angle) {
    const ntki_layer_step *const step = &chunk->analytic->layer[0].step;
    const ntki_layer_side *const a = &chunk->a->side[0], *const b = &chunk->b->side[0];
    const double w = step->weight_variance, bias = step->bias_variance, m = a->rms[chunk->i];
    for (int64_t j = 0; j < chunk->count; j++) {
        const int64_t column = chunk->j0 + j;
        const double n = b->rms[column], low = 1e-150, high = 1e150;
        if (!(angle[j] < NTKI_NEAR_THRESHOLD && fabs(m - n) < 0x1p-10 * m && m > low && m < high))
            continue;
        const double turn = norm_difference(chunk, column), wide = a->next_std[chunk->i] * b->next_std[column];
        const double rest = w * (m * n * angle[j]) + w * (turn * turn) * (bias / (wide + w * (m * n) + bias));
        chunk->near[j] = rest * a->next_inverse[chunk->i] * b->next_inverse[column];
    }
}

bool ntki_chunk_compare(const ntki_chunk *chunk) {
    if (!(chunk->analytic->operations->nearness(chunk->count, chunk->k, chunk->near) < NTKI_NEAR_THRESHOLD))
        return false;
    refine_near_pairs(chunk);
    return true;
}
