/* Rectangular kernel matrices, panel by panel. */
#include "lib/arguments/arguments.h"
#include "src/kernel/kernel.h"
#include "src/kernel/panels.h"

void ntki_kernel_panel(const ntk_kernel *kernel, const ntki_rows *a, const ntki_rows *b, int64_t i0, int64_t i1,
                       double *k, int64_t ldk) {
    for (int64_t j0 = 0; j0 < b->n; j0 += NTKI_TILE_COLUMNS) {
        const int64_t j1 = ntki_smaller(j0 + NTKI_TILE_COLUMNS, b->n);
        const ntki_tile tile = {a, b, i0, i1, j0, j1, k + j0, ldk, false};
        kernel->evaluator->tile(kernel, &tile);
    }
}

static ntk_status cross_panels(ntk_kernel *kernel, const char *function, const ntki_rows *a, const ntki_rows *b,
                               double *k, int64_t ldk) {
    ntk_status status = ntki_progress(kernel->context, function, 0, "kernel");
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i0 = 0; i0 < a->n; i0 += NTKI_PANEL_ROWS) {
        const int64_t i1 = ntki_smaller(i0 + NTKI_PANEL_ROWS, a->n);
        ntki_kernel_panel(kernel, a, b, i0, i1, k + i0 * ldk, ldk);
        if ((status = ntki_progress(kernel->context, function, (double)i1 / (double)a->n, "kernel")) != NTK_SUCCESS) {
            ntki_fill_with_nan(a->n, b->n, k, ldk);
            return status;
        }
    }
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_cross(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m, const double *z,
                            int64_t ldz, double *k, int64_t ldk) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const ntki_matrix in_x = {"x", x, n, kernel->input_dimension, ldx, "ldx"};
    const ntki_matrix in_z = {"z", z, m, kernel->input_dimension, ldz, "ldz"}, out = {"k", k, n, m, ldk, "ldk"};
    ntki_rows *a = NULL, *b = NULL;
    ntk_status status;
    if ((status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_kernel_check_rows(kernel, __func__, "z", "m", "ldz", m, z, ldz)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in_x)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in_z)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in_x)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in_z)) != NTK_SUCCESS ||
        (status = kernel->evaluator->prepare(kernel, __func__, &(ntki_input){"x", 0, n, x, ldx}, &a)) != NTK_SUCCESS)
        return status;
    status = kernel->evaluator->prepare(kernel, __func__, &(ntki_input){"z", 0, m, z, ldz}, &b);
    if (status == NTK_SUCCESS)
        status = cross_panels(kernel, __func__, a, b, k, ldk);
    kernel->evaluator->release(kernel, b);
    kernel->evaluator->release(kernel, a);
    return status;
}
