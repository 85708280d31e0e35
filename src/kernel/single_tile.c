/* Tiles in single precision: inner products of unit rows by BLAS, then all layers chunk by chunk in cache.
 *
 * An inner product of unit rows in floats is off by 2^-24.5 as a rule and by 2^-20.5 at worst (measured on rows of many
 * sorts, any d, in sums of at most DEPTH_OF_SUM terms). Three quarters of 64 ulp allow that to count 5 times, relative to K.
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

/* BLAS gets the inner products in parts of this many terms, since the rounding of a long sum grows with its length: 64
 * instead of some 390, as OpenBLAS sums 784 terms, takes the worst error from 2^-19.4 to 2^-21, for 3 % of the time. A strip
 * of that many columns stays in the second-level cache meanwhile. */
enum { DEPTH_OF_SUM = 64, STRIP_COLUMNS = 1024 };

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
    int64_t rows_per_task;
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

static void evaluate_rows(int64_t index, void *argument) {
    const tile_job *const job = argument;
    const ntki_tile_f32 *const tile = job->tile;
    const int64_t first = tile->i0 + index * job->rows_per_task;
    for (int64_t i = first; i < ntki_smaller(first + job->rows_per_task, tile->i1); i++) {
        float *const row = tile->out + (i - tile->i0) * tile->ldo;
        const int64_t end = tile->lower ? ntki_smaller(tile->j1, i) : tile->j1;
        for (int64_t j = tile->j0; j < end; j += NTKI_CHUNK)
            evaluate_chunk(job, i, j, ntki_smaller(NTKI_CHUNK, end - j), row + (j - tile->j0));
        if (tile->lower && i >= tile->j0 && i < tile->j1)
            row[i - tile->j0] = job->a->diagonal[i];
    }
}

/* The cosines of the tile, in strips that stay in cache while the parts of their sums are added. */
static void multiply_rows(const ntk_kernel *kernel, const ntki_tile_f32 *tile) {
    const ntki_single_rows *const a = ntki_single_rows_of(tile->a), *const b = ntki_single_rows_of(tile->b);
    const int64_t d = kernel->input_dimension, parts = (d + DEPTH_OF_SUM - 1) / DEPTH_OF_SUM;
    const int64_t length = (d + parts - 1) / parts;
    for (int64_t j0 = tile->j0; j0 < tile->j1; j0 += STRIP_COLUMNS)
        for (int64_t p = 0; p < d; p += length)
            ntki_sgemm(&kernel->context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, tile->i1 - tile->i0,
                       ntki_smaller(STRIP_COLUMNS, tile->j1 - j0), ntki_smaller(length, d - p), 1,
                       a->unit + tile->i0 * d + p, d, b->unit + j0 * d + p, d, p == 0 ? 0 : 1,
                       tile->out + (j0 - tile->j0), tile->ldo);
}

ntk_status ntki_single_tile(const ntk_kernel *kernel, const char *function, const ntki_tile_f32 *tile) {
    (void)function;
    multiply_rows(kernel, tile);
    tile_job job = {.analytic = ntki_analytic_of(kernel),
                    .operations = ntki_pair_operations_f32_for(kernel->context->isa),
                    .tile = tile,
                    .a = ntki_single_rows_of(tile->a),
                    .b = ntki_single_rows_of(tile->b),
                    .threshold = near_threshold(kernel->depth),
                    .small = small_part,
                    .tangent = kernel->type == NTK_KERNEL_NTK,
                    .rows_per_task = 8};
    const int64_t tasks = (tile->i1 - tile->i0 + job.rows_per_task - 1) / job.rows_per_task;
    ntki_parallel_for(kernel->context, tasks, evaluate_rows, &job);
    return NTK_SUCCESS;
}
