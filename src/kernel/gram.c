/* Gram matrix: the lower triangle panel by panel, mirrored while the tile is in cache. */
#include "lib/arguments/arguments.h"
#include "src/kernel/kernel.h"
#include "src/kernel/mirror.h"
#include "src/kernel/panels.h"

/* What the evaluator does not mirror is mirrored when all tiles of the panel are made: they may write above the diagonal. */
static ntk_status gram_panel(const ntk_kernel *kernel, const char *function, const ntki_rows *rows, int64_t i0,
                             int64_t i1, const ntki_result *result) {
    const bool mirrors = kernel->evaluator->mirrors && result->k != NULL;
    const double n = (double)rows->n, before = (double)i0 / n, after = (double)i1 / n;
    const double from = before * before, step = (after * after - from) / (double)i1;
    ntk_status status = NTK_SUCCESS;
    for (int64_t j0 = 0, j1; status == NTK_SUCCESS && j0 < i1; j0 = j1) {
        j1 = ntki_cut(j0, kernel->tile_columns, i1);
        status = ntki_result_tile(kernel, function, result,
                                  &(ntki_tile){.a = rows,
                                               .b = rows,
                                               .i0 = i0,
                                               .i1 = i1,
                                               .j0 = j0,
                                               .j1 = j1,
                                               .lower = true,
                                               .mirror = mirrors ? result->k + j0 * result->ldk + i0 : NULL,
                                               .from = from + step * (double)j0,
                                               .to = from + step * (double)j1});
    }
    if (status != NTK_SUCCESS)
        return status;
    if (result->k != NULL && !mirrors)
        ntki_mirror(kernel->context, result->k, result->ldk, i0, i1);
    for (int64_t v = 0; v < result->output_count; v++) {
        if (result->outputs[v].nngp != NULL)
            ntki_mirror(kernel->context, result->outputs[v].nngp, result->ldk, i0, i1);
        if (result->outputs[v].ntk != NULL)
            ntki_mirror(kernel->context, result->outputs[v].ntk, result->ldk, i0, i1);
    }
    return NTK_SUCCESS;
}

static ntk_status all_panels(ntk_kernel *kernel, const char *function, const ntki_rows *rows,
                             const ntki_result *result) {
    const int64_t n = rows->n;
    ntk_status status = ntki_progress(kernel->context, function, 0, "kernel");
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < n; i0 = i1) {
        i1 = ntki_cut(i0, kernel->panel_rows, n);
        const double done = (double)i1 / (double)n;
        status = gram_panel(kernel, function, rows, i0, i1, result);
        if (status == NTK_SUCCESS)
            status = ntki_progress(kernel->context, function, done * done, "kernel");
    }
    if (status != NTK_SUCCESS)
        ntki_result_spoil(result, n, n);
    return status;
}

ntk_status ntki_kernel_gram_panels(ntk_kernel *kernel, const char *function, const ntki_input *x,
                                   const ntki_result *result) {
    ntki_rows *rows = NULL;
    ntki_kernel_begin(kernel, ntki_result_wants_tangent(kernel, result), result->output_count > 0);
    ntk_status status = kernel->evaluator->prepare(kernel, function, x, &rows);
    if (status == NTK_SUCCESS)
        status = kernel->evaluator->match(kernel, function, rows, rows);
    if (status == NTK_SUCCESS)
        status = all_panels(kernel, function, rows, result);
    kernel->evaluator->release(kernel, rows);
    return ntki_kernel_end(kernel, status);
}

ntk_status ntki_kernel_gram(ntk_kernel *kernel, const char *function, int64_t n, const double *x, int64_t ldx,
                            double *k, int64_t ldk) {
    ntk_context *const context = kernel->context;
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"};
    int64_t order = 0;
    ntk_status status;
    if ((status = ntki_kernel_check_rows(kernel, function, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, function, "n", n, &order)) != NTK_SUCCESS)
        return status;
    const ntki_matrix out = {"k", k, order, order, ldk, "ldk"};
    if ((status = ntki_check_matrix(context, function, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &in)) != NTK_SUCCESS)
        return status;
    const ntki_result result = {.k = k, .ldk = ldk};
    return ntki_kernel_gram_panels(kernel, function, &(ntki_input){"x", 0, n, x, ldx}, &result);
}

ntk_status ntk_kernel_gram(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, double *k, int64_t ldk) {
    return kernel == NULL ? NTK_ERR_NULL : ntki_kernel_gram(kernel, __func__, n, x, ldx, k, ldk);
}
