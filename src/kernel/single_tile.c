/* Tiles in single precision: inner products of unit rows, then all layers, block by block in cache.
 *
 * An inner product of unit rows in floats is off by 2^-24.5 as a rule and by 2^-20.5 at worst (measured on rows of many
 * sorts, any d, in sums of at most 64 terms: lib/product). Three quarters of 64 ulp allow that to count 5 times, relative to K.
 * It does but for two sorts of pairs, which therefore go back to the rows in double precision:
 * - near 1 or -1, K depends on the root of 1 - |cos|, and the more the deeper the network: |d log K / d cos| is at most 5
 *   where 1 - |cos| >= L^2 / 4096, for ReLU and L <= 10. Below, 1 - |cos| is made from differences.
 * - where K is less than a sixteenth of sqrt(K(x,x) K(x',x')), near a change of sign or the zero at cos = -1, all of the
 *   pair is made again in double precision. */
#include <math.h>
#include <string.h>

#include "lib/cpu/isa.h"
#include "lib/threads/parallel.h"
#include "src/kernel/panels.h"
#include "src/kernel/single.h"

NTKI_STRICT_ARITHMETIC

_Static_assert(NTKI_BLOCK_COLUMNS <= NTKI_CHUNK && NTKI_BLOCK_COLUMNS % NTKI_PRODUCT_WIDTH_F32 == 0,
               "see evaluate_row()");

/* The small part of sqrt(K(x,x) K(x',x')). */
static const float small_part = 0x1p-4F;

/* The threshold of 1 - |cos|. */
static float near_threshold(int64_t depth) {
    const double wanted = (double)(depth * depth) * 0x1p-12;
    return wanted < 0x1p-4 ? (float)wanted : 0x1p-4F;
}

typedef struct {
    const ntki_analytic *analytic;
    const ntki_pair_operations_f32 *operations;
    const ntki_tile_f32 *tile;
    const ntki_single_rows *a, *b;
    float threshold;
    float small;
    bool tangent;
    int64_t row_blocks;
    int64_t first; /* where the first block of columns begins: with a packed panel */
} tile_job;

/* 1 - cos of the rows, of one of them and minus the other with sign = -1. */
static double compare_rows(const tile_job *job, int64_t i, int64_t j, double sign) {
    const double norm = job->a->wide[0].rms[i], other = job->b->wide[0].rms[j];
    return job->operations->angle_gap(job->analytic->kernel.input_dimension, 1 / norm, job->a->x + i * job->a->ldx,
                                      sign / other, job->b->x + j * job->b->ldx);
}

static void refine_near_pairs(const tile_job *job, int64_t i, int64_t j0, int64_t count, float *cosine, float *near) {
    for (int64_t j = 0; j < count; j++)
        if (near[j] < job->threshold) {
            const float sign = cosine[j] < 0 ? -1 : 1;
            near[j] = (float)compare_rows(job, i, j0 + j, (double)sign);
            cosine[j] = sign * (1 - near[j]);
        }
}

/* Pairs (i, column[j]) on their way through the layers in double precision. */
typedef struct {
    int64_t count;
    int64_t column[NTKI_CHUNK];
    double k[NTKI_CHUNK], near[NTKI_CHUNK], theta[NTKI_CHUNK];
    double std[NTKI_CHUNK], rms[NTKI_CHUNK], next_std[NTKI_CHUNK], next_inverse[NTKI_CHUNK];
} wide_pairs;

/* Pair j of them from the rows. Far from both poles a plain inner product has all the digits that count. */
static void start_pair(const tile_job *job, int64_t i, int64_t j, wide_pairs *pairs) {
    const int64_t column = pairs->column[j];
    const double scale = job->a->wide[0].rms[i] * job->b->wide[0].rms[column];
    const double product = job->operations->inner_product(
        job->analytic->kernel.input_dimension, job->a->x + i * job->a->ldx, job->b->x + column * job->b->ldx);
    const double cosine = scale > 0 ? product / scale : 0, sign = cosine < 0 ? -1 : 1, far = 1 - fabs(cosine);
    pairs->near[j] = far < 0.125 ? compare_rows(job, i, column, sign) : far;
    pairs->k[j] = sign * (1 - pairs->near[j]);
    pairs->theta[j] = 0;
}

static void run_wide(const tile_job *job, int64_t i, wide_pairs *pairs) {
    for (int64_t l = 0; l < job->analytic->kernel.depth; l++) {
        const ntki_analytic_layer *const layer = &job->analytic->layer[l];
        const ntki_layer_side *const from = &job->b->wide[l];
        for (int64_t j = 0; j < pairs->count; j++) {
            const int64_t column = pairs->column[j];
            pairs->std[j] = from->std[column];
            pairs->rms[j] = from->rms[column];
            pairs->next_std[j] = from->next_std[column];
            pairs->next_inverse[j] = from->next_inverse[column];
        }
        const ntki_layer_side side = {
            .std = pairs->std, .rms = pairs->rms, .next_std = pairs->next_std, .next_inverse = pairs->next_inverse};
        layer->run(&layer->step, &job->a->wide[l], i, &side, 0, pairs->count, pairs->k, pairs->near,
                   job->tangent ? pairs->theta : NULL);
    }
}

/* Makes the small values of a chunk anew; a NaN, from a cosine beyond -1, counts as small. */
static void refine_small_values(const tile_job *job, int64_t i, int64_t j0, int64_t count, float *value) {
    const float part = job->small * job->a->root[i];
    const float *const root = job->b->root + j0;
    wide_pairs pairs;
    pairs.count = 0;
    for (int64_t j = 0; j < count; j++) { /* without a branch, which would be mispredicted */
        pairs.column[pairs.count] = j0 + j;
        pairs.count += !(fabsf(value[j]) >= part * root[j]);
    }
    for (int64_t j = 0; j < pairs.count; j++)
        start_pair(job, i, j, &pairs);
    run_wide(job, i, &pairs);
    for (int64_t j = 0; j < pairs.count; j++)
        value[pairs.column[j] - j0] = (float)(job->tangent ? pairs.theta : pairs.k)[j];
}

static bool has_small_values(const tile_job *job, int64_t i, int64_t j0, int64_t count, const float *value) {
    const float part = job->small * job->a->root[i];
    const float *const root = job->b->root + j0;
    int small = 0;
    for (int64_t j = 0; j < count; j++)
        small |= !(fabsf(value[j]) >= part * root[j]);
    return small != 0;
}

/* K(a_i, b_j) for j in [j0, j0 + count), count <= NTKI_CHUNK; out holds the cosines and gets the kernel. */
static void evaluate_chunk(const tile_job *job, int64_t i, int64_t j0, int64_t count, float *out) {
    float k[NTKI_CHUNK], near[NTKI_CHUNK], theta[NTKI_CHUNK];
    const size_t bytes = (size_t)count * sizeof(float);
    memcpy(k, out, bytes);
    memset(theta, 0, bytes);
    if (job->operations->nearness(count, k, near) < job->threshold)
        refine_near_pairs(job, i, j0, count, k, near);
    for (int64_t l = 0; l < job->analytic->kernel.depth; l++) {
        const ntki_analytic_layer *const layer = &job->analytic->layer[l];
        const ntki_layer_step_f32 step = ntki_single_step(&layer->step);
        const ntki_row_step_f32 run = l == 0 ? job->operations->first : job->operations->step[layer->activation.kind];
        run(&step, &job->a->side[l], i, &job->b->side[l], j0, count, k, near, job->tangent ? theta : NULL);
    }
    float *const value = job->tangent ? theta : k;
    if (has_small_values(job, i, j0, count, value))
        refine_small_values(job, i, j0, count, value);
    memcpy(out, value, bytes);
}

/* Rows [i0, i1) and columns [j0, j1), of which the first lies j0 - first into the work area. */
typedef struct {
    int64_t i0, i1, first, j0, j1;
    float *work;
} block;

/* The cosines of the block. */
static void multiply(const tile_job *job, const block *own) {
    const int64_t d = job->analytic->kernel.input_dimension;
    ntki_multiply_rows_f32(job->analytic->kernel.context->isa,
                           &(ntki_product_block_f32){.rows = own->i1 - own->i0,
                                                     .d = d,
                                                     .a = job->a->unit + own->i0 * d,
                                                     .lda = d,
                                                     .packed = job->b->packed + own->first * d,
                                                     .panels = ntki_product_panels_f32(own->j1 - own->first),
                                                     .lower = job->tile->lower,
                                                     .shift = own->i0 - own->first,
                                                     .c = own->work,
                                                     .ldc = NTKI_WORK_COLUMNS_F32});
}

/* K(j, i) = K(i, j), along the rows of the upper triangle. */
static void mirror_block(const ntki_tile_f32 *tile, const block *own) {
    for (int64_t j = own->j0; j < own->j1; j++) {
        const int64_t start = own->i0 > j ? own->i0 : j + 1;
        if (start >= own->i1)
            continue;
        float *const to = tile->mirror + (j - tile->j0) * tile->ldo + (start - tile->i0);
        const float *const from = own->work + (start - own->i0) * NTKI_WORK_COLUMNS_F32 + (j - own->first);
        for (int64_t i = 0; i < own->i1 - start; i++)
            to[i] = from[i * NTKI_WORK_COLUMNS_F32];
    }
}

static void evaluate_row(const tile_job *job, const block *own, int64_t i) {
    const ntki_tile_f32 *const tile = job->tile;
    const int64_t end = tile->lower ? ntki_smaller(own->j1, i) : own->j1;
    float *const row = own->work + (i - own->i0) * NTKI_WORK_COLUMNS_F32 + (own->j0 - own->first);
    float *const out = tile->out + (i - tile->i0) * tile->ldo + (own->j0 - tile->j0);
    if (own->j0 < end) {
        evaluate_chunk(job, i, own->j0, end - own->j0, row);
        memcpy(out, row, (size_t)(end - own->j0) * sizeof(float));
    }
    if (tile->lower && i >= own->j0 && i < own->j1)
        out[i - own->j0] = job->a->diagonal[i];
}

static void evaluate_block(int64_t index, int32_t worker, void *argument) {
    const tile_job *const job = argument;
    const ntki_tile_f32 *const tile = job->tile;
    const int64_t i0 = tile->i0 + index % job->row_blocks * NTKI_BLOCK_ROWS;
    const int64_t i1 = ntki_smaller(i0 + NTKI_BLOCK_ROWS, tile->i1);
    const int64_t first = job->first + index / job->row_blocks * NTKI_BLOCK_COLUMNS;
    const int64_t end = ntki_smaller(first + NTKI_BLOCK_COLUMNS, tile->lower ? ntki_smaller(tile->j1, i1) : tile->j1);
    const block own = {
        i0, i1, first, first > tile->j0 ? first : tile->j0, end, job->b->work + worker * NTKI_SINGLE_BLOCK};
    if (own.j0 >= own.j1)
        return;
    multiply(job, &own);
    for (int64_t i = i0; i < i1; i++)
        evaluate_row(job, &own, i);
    if (tile->mirror != NULL)
        mirror_block(tile, &own);
}

ntk_status ntki_single_tile(const ntk_kernel *kernel, const char *function, const ntki_tile_f32 *tile) {
    (void)function;
    tile_job job = {.analytic = ntki_analytic_of(kernel),
                    .operations = ntki_pair_operations_f32_for(kernel->context->isa),
                    .tile = tile,
                    .a = ntki_single_rows_of(tile->a),
                    .b = ntki_single_rows_of(tile->b),
                    .threshold = near_threshold(kernel->depth),
                    .small = small_part,
                    .tangent = kernel->type == NTK_KERNEL_NTK,
                    .row_blocks = (tile->i1 - tile->i0 + NTKI_BLOCK_ROWS - 1) / NTKI_BLOCK_ROWS,
                    .first = tile->j0 / NTKI_PRODUCT_WIDTH_F32 * NTKI_PRODUCT_WIDTH_F32};
    const int64_t column_blocks = (tile->j1 - job.first + NTKI_BLOCK_COLUMNS - 1) / NTKI_BLOCK_COLUMNS;
    ntki_parallel_for_workers(kernel->context, job.row_blocks * column_blocks, job.b->workers, evaluate_block, &job);
    return NTK_SUCCESS;
}
