/* K(x, x). */
#include "lib/arguments/arguments.h"
#include "src/kernel/kernel.h"

ntk_status ntki_kernel_diagonal(ntk_kernel *kernel, const char *function, const char *name, int64_t n, const double *x,
                                int64_t ldx, double *diagonal) {
    const ntki_input input = {name, 0, n, x, ldx};
    ntki_rows *rows = NULL;
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    ntk_status status = kernel->evaluator->prepare(kernel, function, &input, &rows);
    if (status == NTK_SUCCESS)
        status = kernel->evaluator->diagonal(kernel, function, rows, diagonal);
    kernel->evaluator->release(kernel, rows);
    kernel->call_bound = 0; /* an input with itself needs no series */
    return ntki_kernel_end(kernel, status);
}

ntk_status ntk_kernel_diagonal(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, double *diagonal) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"};
    int64_t order = 0;
    ntk_status status;
    if ((status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, __func__, "n", n, &order)) != NTK_SUCCESS)
        return status;
    const ntki_matrix out = {"diagonal", diagonal, order, 1, 1, "1"};
    if ((status = ntki_check_matrix(context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in)) != NTK_SUCCESS)
        return status;
    return ntki_kernel_diagonal(kernel, __func__, "x", n, x, ldx, diagonal);
}
