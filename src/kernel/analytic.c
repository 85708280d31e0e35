/* Tiles of the analytic kernel: inner products of unit rows by BLAS, then all layers chunk by chunk in cache.
 *
 * S^{l+1} = sw^2 E[phi(u) phi(v)] + sb^2,  T^{l+1} = T^l sw^2 E[phi'(u) phi'(v)] + S^{l+1}   [Jacot18, Lee18] */
#include "src/kernel/analytic.h"

#include <string.h>

#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "src/kernel/panels.h"

/* 1 - |cos| from the rows themselves. Norms whose inverses leave the range belong to kernel values that do, and are served
 * by the rounded unit rows. */
static double compare_rows(const ntki_analytic *analytic, const ntki_analytic_rows *a, int64_t i,
                           const ntki_analytic_rows *b, int64_t j, double sign) {
    const int64_t d = analytic->kernel.input_dimension;
    const double norm = a->side[0].rms[i], other = b->side[0].rms[j];
    const double low = 1e-280, high = 1e280;
    if (norm > low && norm < high && other > low && other < high)
        return analytic->operations->angle_gap(d, 1 / norm, a->x + i * a->ldx, sign / other, b->x + j * b->ldx);
    return analytic->operations->angle_gap(d, 1, a->unit + i * d, sign, b->unit + j * d);
}

static void refine_near_pairs(const ntki_analytic *analytic, const ntki_analytic_rows *a, int64_t i,
                              const ntki_analytic_rows *b, int64_t j0, int64_t count, double *cosine, double *near) {
    for (int64_t j = 0; j < count; j++)
        if (near[j] * (cosine[j] < 0 ? NTKI_OPPOSITE_WEIGHT : 1) < NTKI_NEAR_THRESHOLD) {
            const double sign = cosine[j] < 0 ? -1 : 1;
            near[j] = compare_rows(analytic, a, i, b, j0 + j, sign);
            cosine[j] = sign * (1 - near[j]);
        }
}

/* K(a_i, b_j) for j in [j0, j0 + count), count <= NTKI_CHUNK; out holds the cosines and gets the kernel. */
static void evaluate_chunk(const ntki_analytic *analytic, const ntki_analytic_rows *a, int64_t i,
                           const ntki_analytic_rows *b, int64_t j0, int64_t count, double *out) {
    const ntki_pair_operations *const operations = analytic->operations;
    double k[NTKI_CHUNK], near[NTKI_CHUNK], theta[NTKI_CHUNK];
    double *const tangent = analytic->kernel.type == NTK_KERNEL_NTK ? theta : NULL;
    memcpy(k, out, (size_t)count * sizeof(double));
    if (tangent != NULL)
        memset(theta, 0, (size_t)count * sizeof(double));
    if (operations->nearness(count, k, near) < NTKI_NEAR_THRESHOLD)
        refine_near_pairs(analytic, a, i, b, j0, count, k, near);
    for (int64_t l = 0; l < analytic->depth; l++) {
        const ntki_layer_step step = ntki_analytic_step(analytic, l);
        const ntki_row_step run = l == 0 ? operations->first : operations->step[analytic->layer[l - 1].activation.kind];
        run(&step, &a->side[l], i, &b->side[l], j0, count, k, near, tangent);
    }
    memcpy(out, tangent != NULL ? theta : k, (size_t)count * sizeof(double));
}

typedef struct {
    const ntki_analytic *analytic;
    const ntki_tile *tile;
    int64_t rows_per_task;
} tile_job;

static void evaluate_rows(int64_t index, void *argument) {
    const tile_job *const job = argument;
    const ntki_tile *const tile = job->tile;
    const ntki_analytic_rows *const a = (const ntki_analytic_rows *)(const void *)tile->a;
    const ntki_analytic_rows *const b = (const ntki_analytic_rows *)(const void *)tile->b;
    const int64_t first = tile->i0 + index * job->rows_per_task;
    for (int64_t i = first; i < ntki_smaller(first + job->rows_per_task, tile->i1); i++) {
        double *const row = tile->out + (i - tile->i0) * tile->ldo;
        const int64_t end = tile->lower ? ntki_smaller(tile->j1, i) : tile->j1;
        for (int64_t j = tile->j0; j < end; j += NTKI_CHUNK)
            evaluate_chunk(job->analytic, a, i, b, j, ntki_smaller(NTKI_CHUNK, end - j), row + (j - tile->j0));
        if (tile->lower && i >= tile->j0 && i < tile->j1)
            row[i - tile->j0] = a->diagonal[i];
    }
}

static void analytic_tile(const ntk_kernel *kernel, const ntki_tile *tile) {
    const ntki_analytic_rows *const a = (const ntki_analytic_rows *)(const void *)tile->a;
    const ntki_analytic_rows *const b = (const ntki_analytic_rows *)(const void *)tile->b;
    const int64_t d = kernel->input_dimension, rows = tile->i1 - tile->i0;
    ntki_dgemm(&kernel->context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, rows, tile->j1 - tile->j0, d, 1,
               a->unit + tile->i0 * d, d, b->unit + tile->j0 * d, d, 0, tile->out, tile->ldo);
    tile_job job = {(const ntki_analytic *)(const void *)kernel, tile, 8};
    ntki_parallel_for(kernel->context, (rows + job.rows_per_task - 1) / job.rows_per_task, evaluate_rows, &job);
}

static void analytic_diagonal(const ntki_rows *rows, double *diagonal) {
    memcpy(diagonal, ((const ntki_analytic_rows *)(const void *)rows)->diagonal, (size_t)rows->n * sizeof(double));
}

static void analytic_destroy(ntk_kernel *kernel) {
    ntki_release(kernel->context, ((ntki_analytic *)(void *)kernel)->layer);
}

static const ntki_evaluator analytic_evaluator = {ntki_analytic_prepare, ntki_analytic_release, analytic_tile,
                                                  analytic_diagonal, analytic_destroy};

static ntk_status create(ntk_context *context, const char *function, const ntk_mlp *mlp, int32_t type,
                         ntk_kernel **out) {
    ntki_analytic *analytic = NULL;
    ntk_status status = ntki_allocate(context, function, 1, sizeof(*analytic), &analytic);
    if (status != NTK_SUCCESS)
        return status;
    *analytic = (ntki_analytic){.kernel = {.context = context,
                                           .evaluator = &analytic_evaluator,
                                           .type = type,
                                           .input_dimension = mlp->widths[0]},
                                .depth = mlp->depth,
                                .operations = ntki_pair_operations_for(context->isa)};
    atomic_init(&analytic->kernel.holders, 1);
    status = ntki_allocate(context, function, mlp->depth, sizeof(ntki_mlp_layer), &analytic->layer);
    if (status != NTK_SUCCESS) {
        ntki_release(context, analytic);
        return status;
    }
    memcpy(analytic->layer, mlp->layer, (size_t)mlp->depth * sizeof(ntki_mlp_layer));
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
