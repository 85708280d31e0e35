/* K(X,Z) in blocks of rows that are used and forgotten: out = K(X,Z) A, and the predictions of the solvers. */
#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/kernel/kernel.h"
#include "src/kernel/panels.h"

static ntk_status stream_blocks(ntk_kernel *kernel, const char *function, ntki_rows *z, const ntki_stream *stream,
                                double *block, ntki_consume consume, void *user) {
    ntk_context *const context = kernel->context;
    ntk_status status = ntki_progress(context, function, 0, "kernel");
    for (int64_t i0 = 0; status == NTK_SUCCESS && i0 < stream->n; i0 += stream->block_rows) {
        const int64_t count = ntki_smaller(stream->block_rows, stream->n - i0);
        ntki_rows *x = NULL;
        const ntki_input input = {stream->x_name, i0, count, stream->x + i0 * stream->ldx, stream->ldx};
        status = kernel->evaluator->prepare(kernel, function, &input, &x);
        if (status == NTK_SUCCESS)
            status = kernel->evaluator->match(kernel, function, x, z);
        if (status == NTK_SUCCESS)
            status = ntki_kernel_panel(kernel, function, x, z, 0, count, block, z->n);
        kernel->evaluator->release(kernel, x);
        if (status == NTK_SUCCESS)
            status = consume(user, i0, count, block, z->n);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, function, (double)(i0 + count) / (double)stream->n, "kernel");
    }
    return status;
}

ntk_status ntki_kernel_stream(ntk_kernel *kernel, const char *function, const ntki_stream *stream, ntki_consume consume,
                              void *user) {
    ntk_context *const context = kernel->context;
    ntki_rows *z = NULL;
    double *block = NULL;
    const int64_t rows = ntki_smaller(stream->block_rows, stream->n);
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    ntk_status status = ntki_allocate_matrix(context, function, rows, stream->m, &block);
    const ntki_input input = {stream->z_name, 0, stream->m, stream->z, stream->ldz};
    if (status == NTK_SUCCESS)
        status = kernel->evaluator->prepare(kernel, function, &input, &z);
    if (status == NTK_SUCCESS)
        status = stream_blocks(kernel, function, z, stream, block, consume, user);
    kernel->evaluator->release(kernel, z);
    ntki_release(context, block);
    return ntki_kernel_end(kernel, status);
}

ntk_status ntki_multiply_block(void *user, int64_t i0, int64_t rows, const double *block, int64_t ld) {
    const ntki_product *const job = user;
    ntki_dgemm(job->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows, job->c, ld, 1, block, ld, job->a, job->lda, 0,
               job->product + i0 * job->c, job->c);
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_apply(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m, const double *z,
                            int64_t ldz, int64_t c, const double *a, int64_t lda, double *out, int64_t ldo) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs[] = {{"x", x, n, d, ldx, "ldx"}, {"z", z, m, d, ldz, "ldz"}, {"a", a, m, c, lda, "lda"}};
    const ntki_matrix output = {"out", out, n, c, ldo, "ldo"};
    ntk_status status;
    if ((status = ntki_check_size(context, __func__, "n", n)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, __func__, "m", m)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, __func__, "c", c)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, __func__, &output)) != NTK_SUCCESS)
        return status;
    for (int i = 0; i < 3; i++)
        if ((status = (i < 2 ? ntki_check_extent : ntki_check_matrix)(context, __func__, &inputs[i])) != NTK_SUCCESS ||
            (status = ntki_check_disjoint(context, __func__, &output, &inputs[i])) != NTK_SUCCESS)
            return status;
    for (int i = 0; i < 3; i++)
        if ((status = ntki_check_finite(context, __func__, &inputs[i])) != NTK_SUCCESS)
            return status;
    ntki_product job = {&context->blas, c, a, lda, NULL};
    const ntki_stream stream = {"x", "z", n, x, ldx, m, z, ldz, NTKI_PANEL_ROWS};
    if ((status = ntki_allocate_matrix(context, __func__, n, c, &job.product)) == NTK_SUCCESS)
        status = ntki_kernel_stream(kernel, __func__, &stream, ntki_multiply_block, &job);
    if (status == NTK_SUCCESS)
        status = ntki_deliver(context, __func__, "out", n, c, job.product, out, ldo);
    ntki_release(context, job.product);
    return status;
}
