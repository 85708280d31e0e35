/* Tiles of the analytic kernel: inner products of unit rows by BLAS, then all layers chunk by chunk in cache. */
#include <stdatomic.h>
#include <string.h>

#include "lib/threads/parallel.h"
#include "src/kernel/collapse.h"
#include "src/kernel/panels.h"

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
static void refine_first_layer(const ntki_chunk *chunk, const double *angle) {
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

/* The wanted values of layer l, from column `offset` of row `row` on. */
static void deliver(const ntki_chunk *chunk, int64_t l, const ntki_tile *tile, int64_t place) {
    for (int64_t v = 0; v < tile->output_count; v++) {
        const ntki_layer_output *const output = &tile->outputs[v];
        if (output->layer != l + 1)
            continue;
        if (output->nngp != NULL)
            memcpy(output->nngp + place, chunk->k, (size_t)chunk->count * sizeof(double));
        if (output->ntk != NULL)
            memcpy(output->ntk + place, chunk->theta, (size_t)chunk->count * sizeof(double));
    }
}

/* k holds the cosines and gets the covariances; `compared`: some pairs are near. */
static ntk_status run_layers(const ntki_chunk *chunk, const ntki_tile *tile, int64_t place, bool compared) {
    const ntki_analytic *const analytic = chunk->analytic;
    const bool again = compared && analytic->layer[0].step.bias_variance > 0;
    double angle[NTKI_CHUNK];
    for (int64_t j = 0; again && j < chunk->count; j++)
        angle[j] = chunk->k[j] < 0 ? 2 - chunk->near[j] : chunk->near[j];
    if (chunk->theta != NULL)
        memset(chunk->theta, 0, (size_t)chunk->count * sizeof(double));
    for (int64_t l = 0; l < analytic->kernel.depth; l++) {
        const ntk_status status = ntki_chunk_advance(chunk, l);
        if (status != NTK_SUCCESS)
            return status;
        if (l == 0 && again)
            refine_first_layer(chunk, angle);
        if (tile->output_count > 0)
            deliver(chunk, l, tile, place);
        ntki_chunk_normalise(chunk, l);
    }
    return NTK_SUCCESS;
}

/* All layers at once, where that serves the whole chunk. */
static bool collapse(const ntki_chunk *chunk, double *out) {
    const ntki_analytic *const analytic = chunk->analytic;
    if (!analytic->collapsed)
        return false;
    for (int64_t j = 0; !analytic->collapse->serves_negative && j < chunk->count; j++)
        if (chunk->k[j] < 0)
            return false;
    const ntki_analytic_rows *const a = chunk->a, *const b = chunk->b;
    analytic->operations->collapse(&analytic->collapse->series, chunk->i, a->root, a->diagonal, chunk->j0, b->root,
                                   b->diagonal, chunk->count, chunk->k, chunk->near, out);
    return true;
}

typedef struct {
    const ntki_analytic *analytic;
    const char *function;
    const ntki_tile *tile;
    int64_t rows_per_task;
    atomic_int status;
} tile_job;

/* K(a_i, b_j) for j in [j0, j0 + count); out holds the cosines and gets the kernel, at `place` of the tile. */
static ntk_status evaluate_chunk(const tile_job *job, int64_t i, int64_t j0, int64_t count, int64_t place,
                                 double (*slot)[3][NTKI_CHUNK]) {
    const ntki_tile *const tile = job->tile;
    double k[NTKI_CHUNK], near[NTKI_CHUNK], theta[NTKI_CHUNK];
    const bool tangent = tile->output_count > 0 || job->analytic->kernel.type == NTK_KERNEL_NTK;
    const ntki_chunk chunk = {.analytic = job->analytic,
                              .function = job->function,
                              .a = ntki_analytic_rows_of(tile->a),
                              .b = ntki_analytic_rows_of(tile->b),
                              .i = i,
                              .j0 = j0,
                              .count = count,
                              .k = k,
                              .near = near,
                              .theta = tangent ? theta : NULL,
                              .slot = slot};
    double *const out = tile->out + place;
    memcpy(k, out, (size_t)count * sizeof(double));
    const bool compared = ntki_chunk_compare(&chunk);
    if (tile->output_count == 0 && collapse(&chunk, out))
        return NTK_SUCCESS;
    const ntk_status status = run_layers(&chunk, tile, place, compared);
    if (tile->output_count == 0)
        memcpy(out, tangent ? theta : k, (size_t)count * sizeof(double));
    return status;
}

static ntk_status evaluate_row(const tile_job *job, int64_t i, double (*slot)[3][NTKI_CHUNK]) {
    const ntki_tile *const tile = job->tile;
    const int64_t row = (i - tile->i0) * tile->ldo;
    const int64_t end = tile->lower ? ntki_smaller(tile->j1, i) : tile->j1;
    ntk_status status = NTK_SUCCESS;
    for (int64_t j = tile->j0; status == NTK_SUCCESS && j < end; j += NTKI_CHUNK)
        status = evaluate_chunk(job, i, j, ntki_smaller(NTKI_CHUNK, end - j), row + (j - tile->j0), slot);
    if (!tile->lower || i < tile->j0 || i >= tile->j1)
        return status;
    const ntki_analytic_rows *const a = ntki_analytic_rows_of(tile->a);
    const int64_t place = row + (i - tile->j0);
    if (tile->output_count == 0)
        tile->out[place] = a->diagonal[i];
    for (int64_t v = 0; v < tile->output_count; v++) {
        const ntki_layer_output *const output = &tile->outputs[v];
        if (output->nngp != NULL)
            output->nngp[place] = a->k[output->layer - 1][i];
        if (output->ntk != NULL)
            output->ntk[place] = a->theta[output->layer - 1][i];
    }
    return status;
}

static void evaluate_range(tile_job *job, int64_t index, double (*slot)[3][NTKI_CHUNK]) {
    const int64_t first = job->tile->i0 + index * job->rows_per_task;
    for (int64_t i = first; i < ntki_smaller(first + job->rows_per_task, job->tile->i1); i++) {
        const ntk_status status = evaluate_row(job, i, slot);
        if (status != NTK_SUCCESS)
            atomic_store(&job->status, status);
    }
}

static void evaluate_rows(int64_t index, void *argument) { evaluate_range(argument, index, NULL); }

/* With room for the pairs that wait for a skip: a large frame, which networks without skips need not touch. */
static void evaluate_rows_with_skips(int64_t index, void *argument) {
    double slot[NTKI_MOST_SLOTS][3][NTKI_CHUNK];
    evaluate_range(argument, index, slot);
}

ntk_status ntki_analytic_tile(const ntk_kernel *kernel, const char *function, const ntki_tile *tile) {
    const ntki_analytic *const analytic = ntki_analytic_of(kernel);
    const ntki_analytic_rows *const a = ntki_analytic_rows_of(tile->a), *const b = ntki_analytic_rows_of(tile->b);
    const int64_t d = kernel->input_dimension, rows = tile->i1 - tile->i0;
    ntki_dgemm(&kernel->context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, rows, tile->j1 - tile->j0, d, 1,
               a->unit + tile->i0 * d, d, b->unit + tile->j0 * d, d, 0, tile->out, tile->ldo);
    tile_job job = {.analytic = analytic, .function = function, .tile = tile, .rows_per_task = 8};
    atomic_init(&job.status, NTK_SUCCESS);
    const int64_t tasks = (rows + job.rows_per_task - 1) / job.rows_per_task;
    const ntki_loop_body body = analytic->slots > 0 ? evaluate_rows_with_skips : evaluate_rows;
    if (!analytic->one_thread)
        ntki_parallel_for(kernel->context, tasks, body, &job);
    for (int64_t index = 0; analytic->one_thread && index < tasks; index++)
        if (atomic_load(&job.status) == NTK_SUCCESS)
            body(index, &job);
    return atomic_load(&job.status);
}
