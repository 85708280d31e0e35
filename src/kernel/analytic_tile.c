/* Tiles of the analytic kernel: inner products of unit rows, then all layers, block by block in cache. */
#include <stdatomic.h>
#include <string.h>

#include "lib/threads/parallel.h"
#include "src/kernel/collapse.h"
#include "src/kernel/panels.h"

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
            ntki_chunk_refine_first_layer(chunk, angle);
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

/* A tile in blocks, each a task: its inner products to a work area of the thread, then row by row through the layers. */
typedef struct {
    const ntki_analytic *analytic;
    const char *function;
    const ntki_tile *tile;
    const ntki_analytic_rows *a, *b;
    int64_t row_blocks;
    int64_t first; /* where the first block of columns begins: with a packed panel */
    atomic_int status;
} tile_job;

_Static_assert(NTKI_BLOCK_COLUMNS <= NTKI_CHUNK && NTKI_BLOCK_COLUMNS % NTKI_PRODUCT_WIDTH == 0, "see evaluate_row()");

typedef struct {
    int64_t i0, i1; /* rows */
    int64_t first;  /* the column of work[0] */
    int64_t j0, j1; /* columns that are wanted */
    double *work;
} block;

/* K(a_i, b_j) for j in [j0, j1); `cosine` holds the cosines and gets the kernel too. */
static ntk_status evaluate_row(const tile_job *job, int64_t i, int64_t j0, int64_t j1, double *cosine,
                               double (*slot)[3][NTKI_CHUNK]) {
    const ntki_tile *const tile = job->tile;
    const int64_t count = j1 - j0, place = (i - tile->i0) * tile->ldo + (j0 - tile->j0);
    const size_t bytes = (size_t)count * sizeof(double);
    double k[NTKI_CHUNK], near[NTKI_CHUNK], theta[NTKI_CHUNK];
    const bool tangent = tile->output_count > 0 || job->analytic->kernel.type == NTK_KERNEL_NTK;
    const ntki_chunk chunk = {.analytic = job->analytic,
                              .function = job->function,
                              .a = job->a,
                              .b = job->b,
                              .i = i,
                              .j0 = j0,
                              .count = count,
                              .k = k,
                              .near = near,
                              .theta = tangent ? theta : NULL,
                              .slot = slot};
    memcpy(k, cosine, bytes);
    const bool compared = ntki_chunk_compare(&chunk);
    if (tile->output_count > 0)
        return run_layers(&chunk, tile, place, compared);
    ntk_status status = NTK_SUCCESS;
    if (!collapse(&chunk, cosine)) {
        status = run_layers(&chunk, tile, place, compared);
        memcpy(cosine, tangent ? theta : k, bytes);
    }
    memcpy(tile->out + place, cosine, bytes);
    return status;
}

static void deliver_diagonal(const tile_job *job, int64_t i) {
    const ntki_tile *const tile = job->tile;
    const int64_t place = (i - tile->i0) * tile->ldo + (i - tile->j0);
    if (tile->output_count == 0)
        tile->out[place] = job->a->diagonal[i];
    for (int64_t v = 0; v < tile->output_count; v++) {
        const ntki_layer_output *const output = &tile->outputs[v];
        if (output->nngp != NULL)
            output->nngp[place] = job->a->k[output->layer - 1][i];
        if (output->ntk != NULL)
            output->ntk[place] = job->a->theta[output->layer - 1][i];
    }
}

/* K(j, i) = K(i, j), along the rows of the upper triangle. */
static void mirror_block(const tile_job *job, const block *own) {
    const ntki_tile *const tile = job->tile;
    for (int64_t j = own->j0; j < own->j1; j++) {
        const int64_t start = own->i0 > j ? own->i0 : j + 1;
        if (start >= own->i1)
            continue;
        double *const to = tile->mirror + (j - tile->j0) * tile->ldo + (start - tile->i0);
        const double *const from = own->work + (start - own->i0) * NTKI_WORK_COLUMNS + (j - own->first);
        for (int64_t i = 0; i < own->i1 - start; i++)
            to[i] = from[i * NTKI_WORK_COLUMNS];
    }
}

static void multiply(const tile_job *job, const block *own) {
    const int64_t d = job->analytic->kernel.input_dimension;
    ntki_multiply_rows(job->analytic->kernel.context->isa,
                       &(ntki_product_block){.rows = own->i1 - own->i0,
                                             .d = d,
                                             .a = job->a->unit + own->i0 * d,
                                             .lda = d,
                                             .packed = job->b->packed + own->first * d,
                                             .panels = ntki_product_panels(own->j1 - own->first),
                                             .lower = job->tile->lower,
                                             .shift = own->i0 - own->first,
                                             .c = own->work,
                                             .ldc = NTKI_WORK_COLUMNS});
}

static void evaluate_block(tile_job *job, int64_t index, int32_t worker, double (*slot)[3][NTKI_CHUNK]) {
    const ntki_tile *const tile = job->tile;
    const int64_t i0 = tile->i0 + index % job->row_blocks * NTKI_BLOCK_ROWS;
    const int64_t i1 = ntki_smaller(i0 + NTKI_BLOCK_ROWS, tile->i1);
    const int64_t first = job->first + index / job->row_blocks * NTKI_BLOCK_COLUMNS;
    const int64_t end = ntki_smaller(first + NTKI_BLOCK_COLUMNS, tile->lower ? ntki_smaller(tile->j1, i1) : tile->j1);
    const block own = {
        i0, i1, first, first > tile->j0 ? first : tile->j0, end, job->b->work + worker * NTKI_ANALYTIC_BLOCK};
    if (own.j0 >= own.j1)
        return;
    multiply(job, &own);
    for (int64_t i = i0; i < i1; i++) {
        const int64_t j1 = tile->lower ? ntki_smaller(end, i) : end;
        double *const row = own.work + (i - i0) * NTKI_WORK_COLUMNS;
        const ntk_status status =
            own.j0 < j1 ? evaluate_row(job, i, own.j0, j1, row + (own.j0 - first), slot) : NTK_SUCCESS;
        if (status != NTK_SUCCESS) {
            atomic_store(&job->status, status);
            return;
        }
        if (tile->lower && i >= own.j0 && i < end)
            deliver_diagonal(job, i);
    }
    if (tile->mirror != NULL)
        mirror_block(job, &own);
}

static void evaluate_plainly(int64_t index, int32_t worker, void *argument) {
    evaluate_block(argument, index, worker, NULL);
}

/* With room for the pairs that wait for a skip: a large frame, which networks without skips need not touch. */
static void evaluate_with_skips(int64_t index, int32_t worker, void *argument) {
    double slot[NTKI_MOST_SLOTS][3][NTKI_CHUNK];
    evaluate_block(argument, index, worker, slot);
}

static void run_blocks(tile_job *job) {
    const ntki_analytic *const analytic = job->analytic;
    const int64_t columns = job->tile->j1 - job->first;
    const int64_t tasks = job->row_blocks * ((columns + NTKI_BLOCK_COLUMNS - 1) / NTKI_BLOCK_COLUMNS);
    const ntki_worker_body body = analytic->slots > 0 ? evaluate_with_skips : evaluate_plainly;
    if (!analytic->one_thread)
        ntki_parallel_for_workers(analytic->kernel.context, tasks, job->b->workers, body, job);
    for (int64_t index = 0; analytic->one_thread && index < tasks; index++)
        if (atomic_load(&job->status) == NTK_SUCCESS)
            body(index, 0, job);
}

ntk_status ntki_analytic_tile(const ntk_kernel *kernel, const char *function, const ntki_tile *tile) {
    tile_job job = {.analytic = ntki_analytic_of(kernel),
                    .function = function,
                    .tile = tile,
                    .a = ntki_analytic_rows_of(tile->a),
                    .b = ntki_analytic_rows_of(tile->b),
                    .row_blocks = (tile->i1 - tile->i0 + NTKI_BLOCK_ROWS - 1) / NTKI_BLOCK_ROWS,
                    .first = tile->j0 / NTKI_PRODUCT_WIDTH * NTKI_PRODUCT_WIDTH};
    atomic_init(&job.status, NTK_SUCCESS);
    run_blocks(&job);
    return atomic_load(&job.status);
}
