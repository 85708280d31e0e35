/* Gram matrix: the lower triangle panel by panel, mirrored while the tile is in cache. */
#include "lib/arguments/arguments.h"
#include "lib/threads/parallel.h"
#include "src/kernel/kernel.h"
#include "src/kernel/panels.h"

typedef struct {
    double *k;
    int64_t ldk;
    int64_t i0, i1; /* the panel */
} mirror_job;

enum { MIRROR_BLOCK = 64, LINE = 8 };

/* k[j][i] = k[i][j] for the rows i of the panel and one block of columns j < i; a cache line of the upper triangle at a
 * time. */
static void mirror_block(int64_t index, void *argument) {
    const mirror_job *const job = argument;
    const int64_t j0 = index * MIRROR_BLOCK;
    for (int64_t i0 = job->i0; i0 < job->i1; i0 += LINE) {
        const int64_t i1 = ntki_smaller(i0 + LINE, job->i1);
        for (int64_t j = j0; j < ntki_smaller(j0 + MIRROR_BLOCK, i1 - 1); j++)
            for (int64_t i = i0 > j ? i0 : j + 1; i < i1; i++)
                job->k[j * job->ldk + i] = job->k[i * job->ldk + j];
    }
}

/* The panel is mirrored when all its tiles are made: tiles may write above the diagonal. */
static void gram_panel(const ntk_kernel *kernel, const ntki_rows *rows, int64_t i0, int64_t i1, double *k,
                       int64_t ldk) {
    for (int64_t j0 = 0; j0 < i1; j0 += NTKI_TILE_COLUMNS) {
        const int64_t j1 = ntki_smaller(j0 + NTKI_TILE_COLUMNS, i1);
        const ntki_tile tile = {rows, rows, i0, i1, j0, j1, k + i0 * ldk + j0, ldk, true};
        kernel->evaluator->tile(kernel, &tile);
    }
    mirror_job job = {k, ldk, i0, i1};
    ntki_parallel_for(kernel->context, (i1 + MIRROR_BLOCK - 1) / MIRROR_BLOCK, mirror_block, &job);
}

static ntk_status gram_panels(ntk_kernel *kernel, const char *function, const ntki_rows *rows, double *k, int64_t ldk) {
    const int64_t n = rows->n;
    ntk_status status = ntki_progress(kernel->context, function, 0, "kernel");
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i0 = 0; i0 < n; i0 += NTKI_PANEL_ROWS) {
        const int64_t i1 = ntki_smaller(i0 + NTKI_PANEL_ROWS, n);
        gram_panel(kernel, rows, i0, i1, k, ldk);
        const double done = (double)i1 / (double)n;
        if ((status = ntki_progress(kernel->context, function, done * done, "kernel")) != NTK_SUCCESS) {
            ntki_fill_with_nan(n, n, k, ldk);
            return status;
        }
    }
    return NTK_SUCCESS;
}

ntk_status ntki_kernel_gram(ntk_kernel *kernel, const char *function, int64_t n, const double *x, int64_t ldx,
                            double *k, int64_t ldk) {
    ntk_context *const context = kernel->context;
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"}, out = {"k", k, n, n, ldk, "ldk"};
    ntki_rows *rows = NULL;
    ntk_status status;
    if ((status = ntki_kernel_check_rows(kernel, function, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &in)) != NTK_SUCCESS ||
        (status = kernel->evaluator->prepare(kernel, function, &(ntki_input){"x", 0, n, x, ldx}, &rows)) != NTK_SUCCESS)
        return status;
    status = gram_panels(kernel, function, rows, k, ldk);
    kernel->evaluator->release(kernel, rows);
    return status;
}

ntk_status ntk_kernel_gram(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, double *k, int64_t ldk) {
    return kernel == NULL ? NTK_ERR_NULL : ntki_kernel_gram(kernel, __func__, n, x, ldx, k, ldk);
}
