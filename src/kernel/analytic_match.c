/* Two sets of prepared rows are made to fit each other. */
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "src/kernel/collapse.h"

/* Series of two sets of rows must have the same number of terms. */
ntk_status ntki_analytic_match_series(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b) {
    ntki_analytic *const analytic = (ntki_analytic *)(void *)kernel;
    ntki_analytic_rows *const pair[2] = {(ntki_analytic_rows *)(void *)a, (ntki_analytic_rows *)(void *)b};
    double bound = 0;
    if (!analytic->series)
        return NTK_SUCCESS;
    for (int64_t l = 1; l < kernel->depth; l++)
        for (int i = 0; i < 2; i++) {
            ntki_series *const own = pair[i]->series[l], *const other = pair[1 - i]->series[l];
            if (own == NULL || own->terms >= other->terms)
                continue;
            const ntk_status status =
                ntki_series_extend(kernel->context, function, &analytic->layer[l].activation, l, other->terms, own);
            if (status != NTK_SUCCESS)
                return status;
            pair[i]->side[l].coefficient = own->coefficient;
            pair[i]->side[l].terms = own->terms;
        }
    const ntk_status status = ntki_analytic_bound(analytic, function, pair[0], pair[1], &bound);
    if (status != NTK_SUCCESS)
        return status;
    kernel->call_bound = kernel->call_bound > bound ? kernel->call_bound : bound;
    return NTK_SUCCESS;
}

typedef struct {
    const ntki_analytic_rows *rows;
    int64_t d, panels;
} pack_job;

enum { PANELS_PER_TASK = 4 };

static void pack_panels(int64_t index, void *argument) {
    const pack_job *const job = argument;
    const int64_t first = index * PANELS_PER_TASK;
    ntki_product_pack(job->rows->unit, job->rows->rows.n, job->d, job->d, first,
                      ntki_smaller(first + PANELS_PER_TASK, job->panels), job->rows->packed);
}

/* The columns' unit rows in the form that ntki_multiply_rows() wants, and the work areas of the tiles: these then need no
 * memory when some of the matrix is written. */
static ntk_status pack(ntk_kernel *kernel, const char *function, int64_t n, ntki_analytic_rows *rows) {
    const int64_t d = kernel->input_dimension, panels = ntki_product_panels(rows->rows.n);
    if (rows->packed != NULL)
        return NTK_SUCCESS;
    ntk_status status;
    rows->workers = ntki_tile_workers(ntki_parallel_workers(kernel->context), n, rows->rows.n);
    if ((status = ntki_allocate_matrix(kernel->context, function, rows->workers, NTKI_ANALYTIC_BLOCK, &rows->work)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate_matrix(kernel->context, function, panels * NTKI_PRODUCT_WIDTH, d, &rows->packed)) !=
            NTK_SUCCESS)
        return status;
    pack_job job = {rows, d, panels};
    ntki_parallel_for(kernel->context, (panels + PANELS_PER_TASK - 1) / PANELS_PER_TASK, pack_panels, &job);
    return NTK_SUCCESS;
}

ntk_status ntki_analytic_match(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b) {
    ntki_analytic *const analytic = (ntki_analytic *)(void *)kernel;
    ntki_analytic_rows *const own = (ntki_analytic_rows *)(void *)a, *const other = (ntki_analytic_rows *)(void *)b;
    ntk_status status = ntki_analytic_match_series(kernel, function, a, b);
    if (status == NTK_SUCCESS)
        status = pack(kernel, function, a->n, other);
    return status == NTK_SUCCESS ? ntki_collapse_choose(analytic, function, own, other) : status;
}
