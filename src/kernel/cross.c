/* Rectangular kernel matrices, panel by panel. */
#include "lib/arguments/arguments.h"
#include "src/kernel/kernel.h"
#include "src/kernel/panels.h"

/* Rows [i0, i1), tile by tile, either of a result or (result = NULL) at k. */
static ntk_status fill_rows(const ntk_kernel *kernel, const char *function, const ntki_result *result,
                            const ntki_tile *rows, int64_t m) {
    const double step = (rows->to - rows->from) / (double)m;
    ntk_status status = NTK_SUCCESS;
    for (int64_t j0 = 0, j1; status == NTK_SUCCESS && j0 < m; j0 = j1) {
        ntki_tile tile = *rows;
        j1 = ntki_cut(j0, kernel->tile_columns, m);
        tile.j0 = j0;
        tile.j1 = j1;
        tile.from = rows->from + step * (double)j0;
        tile.to = rows->from + step * (double)j1;
        if (result == NULL)
            tile.out = rows->out + j0;
        status = result == NULL ? kernel->evaluator->tile(kernel, function, &tile)
                                : ntki_result_tile(kernel, function, result, &tile);
    }
    return status;
}

ntk_status ntki_kernel_panel(const ntk_kernel *kernel, const char *function, const ntki_rows *a, const ntki_rows *b,
                             double from, double to, double *k, int64_t ldk) {
    const ntki_tile rows = {.a = a, .b = b, .i0 = 0, .i1 = a->n, .out = k, .ldo = ldk, .from = from, .to = to};
    return fill_rows(kernel, function, NULL, &rows, b->n);
}

static ntk_status all_panels(ntk_kernel *kernel, const char *function, const ntki_rows *a, const ntki_rows *b,
                             const ntki_result *result) {
    ntk_status status = ntki_progress(kernel->context, function, 0, "kernel");
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < a->n; i0 = i1) {
        i1 = ntki_cut(i0, kernel->panel_rows, a->n);
        const double from = (double)i0 / (double)a->n, to = (double)i1 / (double)a->n;
        const ntki_tile rows = {.a = a, .b = b, .i0 = i0, .i1 = i1, .from = from, .to = to};
        status = fill_rows(kernel, function, result, &rows, b->n);
        if (status == NTK_SUCCESS)
            status = ntki_progress(kernel->context, function, to, "kernel");
    }
    if (status != NTK_SUCCESS)
        ntki_result_spoil(result, a->n, b->n);
    return status;
}

ntk_status ntki_kernel_cross_panels(ntk_kernel *kernel, const char *function, const ntki_input *x, const ntki_input *z,
                                    const ntki_result *result) {
    ntki_rows *a = NULL, *b = NULL;
    ntki_kernel_begin(kernel, ntki_result_wants_tangent(kernel, result), result->output_count > 0);
    ntk_status status = kernel->evaluator->prepare(kernel, function, x, &a);
    if (status == NTK_SUCCESS)
        status = kernel->evaluator->prepare(kernel, function, z, &b);
    if (status == NTK_SUCCESS)
        status = kernel->evaluator->match(kernel, function, a, b);
    if (status == NTK_SUCCESS)
        status = all_panels(kernel, function, a, b, result);
    kernel->evaluator->release(kernel, b);
    kernel->evaluator->release(kernel, a);
    return ntki_kernel_end(kernel, status);
}

ntk_status ntk_kernel_cross(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m, const double *z,
                            int64_t ldz, double *k, int64_t ldk) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const ntki_matrix in_x = {"x", x, n, kernel->input_dimension, ldx, "ldx"};
    const ntki_matrix in_z = {"z", z, m, kernel->input_dimension, ldz, "ldz"};
    int64_t rows = 0, columns = 0;
    ntk_status status;
    if ((status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_kernel_check_rows(kernel, __func__, "z", "m", "ldz", m, z, ldz)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, __func__, "n", n, &rows)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, __func__, "m", m, &columns)) != NTK_SUCCESS)
        return status;
    const ntki_matrix out = {"k", k, rows, columns, ldk, "ldk"};
    if ((status = ntki_check_matrix(context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in_x)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in_z)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in_x)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in_z)) != NTK_SUCCESS)
        return status;
    const ntki_result result = {.k = k, .ldk = ldk};
    return ntki_kernel_cross_panels(kernel, __func__, &(ntki_input){"x", 0, n, x, ldx},
                                    &(ntki_input){"z", 0, m, z, ldz}, &result);
}
