/* K(X,Z) in blocks of rows that are used and forgotten: out = K(X,Z) A, and the predictions of the solvers. */
#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/kernel/kernel.h"
#include "src/kernel/panels.h"

/* Entries of a work area that a stream of a kernel with stream_rows may grow to: 128 MB. */
enum { LARGE_BLOCK = 1 << 24 };

/* Rows of x for a block of the stream: at least one. */
static int64_t points_of_block(const ntk_kernel *kernel, const ntki_stream *stream, int64_t columns) {
    const int64_t room = ntki_smaller(LARGE_BLOCK / columns, kernel->stream_rows);
    const int64_t points = (room > stream->block_rows ? room : stream->block_rows) / kernel->block;
    return ntki_smaller(points > 0 ? points : 1, stream->n);
}

/* Hands on a block in pieces of the size that the consumer has room for. */
static ntk_status consume_block(const ntki_stream *stream, int64_t first, int64_t rows, const double *block, int64_t ld,
                                ntki_consume consume, void *user) {
    ntk_status status = NTK_SUCCESS;
    for (int64_t i = 0; status == NTK_SUCCESS && i < rows; i += stream->block_rows)
        status = consume(user, first + i, ntki_smaller(stream->block_rows, rows - i), block + i * ld, ld);
    return status;
}

static ntk_status stream_blocks(ntk_kernel *kernel, const char *function, ntki_rows *z, const ntki_stream *stream,
                                double *block, ntki_consume consume, void *user) {
    ntk_context *const context = kernel->context;
    const int64_t points = points_of_block(kernel, stream, z->n);
    ntk_status status = ntki_progress(context, function, 0, "kernel");
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < stream->n; i0 = i1) {
        i1 = ntki_cut(i0, points, stream->n);
        const double from = (double)i0 / (double)stream->n, to = (double)i1 / (double)stream->n;
        ntki_rows *x = NULL;
        const ntki_input input = {stream->x_name, i0, i1 - i0, stream->x + i0 * stream->ldx, stream->ldx};
        status = kernel->evaluator->prepare(kernel, function, &input, &x);
        if (status == NTK_SUCCESS)
            status = kernel->evaluator->match(kernel, function, x, z);
        if (status == NTK_SUCCESS)
            status = ntki_kernel_panel(kernel, function, x, z, from, to, block, z->n);
        kernel->evaluator->release(kernel, x);
        if (status == NTK_SUCCESS)
            status = consume_block(stream, i0 * kernel->block, (i1 - i0) * kernel->block, block, z->n, consume, user);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, function, to, "kernel");
    }
    return status;
}

ntk_status ntki_kernel_stream(ntk_kernel *kernel, const char *function, const ntki_stream *stream, ntki_consume consume,
                              void *user) {
    ntk_context *const context = kernel->context;
    ntki_rows *z = NULL;
    double *block = NULL;
    int64_t columns = 0;
    ntk_status status = ntki_kernel_order(kernel, function, "m", stream->m, &columns);
    if (status != NTK_SUCCESS)
        return status;
    const int64_t rows = points_of_block(kernel, stream, columns) * kernel->block;
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    status = ntki_allocate_matrix(context, function, rows, columns, &block);
    const ntki_input input = {stream->z_name, 0, stream->m, stream->z, stream->ldz};
    if (status == NTK_SUCCESS)
        status = kernel->evaluator->prepare(kernel, function, &input, &z);
    if (status == NTK_SUCCESS)
        status = stream_blocks(kernel, function, z, stream, block, consume, user);
    kernel->evaluator->release(kernel, z);
    ntki_release(context, block);
    return ntki_kernel_end(kernel, status);
}

/* The consumer that makes K(X,Z) A. */
typedef struct {
    const ntki_blas_width *blas;
    const ntki_multiplication *job;
} product;

static ntk_status multiply_block(void *user, int64_t i0, int64_t rows, const double *block, int64_t ld) {
    const product *const own = user;
    const ntki_multiplication *const job = own->job;
    ntki_dgemm(own->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows, job->c, ld, 1, block, ld, job->a, job->lda, 0,
               job->product + i0 * job->c, job->c);
    return NTK_SUCCESS;
}

ntk_status ntki_kernel_multiply(ntk_kernel *kernel, const char *function, const ntki_multiplication *job,
                                int64_t block_rows) {
    const ntki_input *const x = &job->x, *const z = &job->z;
    if (kernel->evaluator->multiply == NULL) {
        const ntki_stream stream = {x->name, z->name, x->n, x->x, x->ldx, z->n, z->x, z->ldx, block_rows};
        product own = {&kernel->context->blas, job};
        return ntki_kernel_stream(kernel, function, &stream, multiply_block, &own);
    }
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    return ntki_kernel_end(kernel, kernel->evaluator->multiply(kernel, function, job));
}

/* The checks of ntk_kernel_apply(), out of the order of rows and columns of the kernel matrix. */
static ntk_status check_apply(ntk_kernel *kernel, const char *function, const ntki_multiplication *job,
                              const ntki_matrix *output, int64_t columns) {
    ntk_context *const context = kernel->context;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs[] = {{"x", job->x.x, job->x.n, d, job->x.ldx, "ldx"},
                                  {"z", job->z.x, job->z.n, d, job->z.ldx, "ldz"},
                                  {"a", job->a, columns, job->c, job->lda, "lda"}};
    ntk_status status;
    if ((status = ntki_check_size(context, function, "c", job->c)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, output)) != NTK_SUCCESS)
        return status;
    for (int i = 0; i < 3; i++)
        if ((status = (i < 2 ? ntki_check_extent : ntki_check_matrix)(context, function, &inputs[i])) != NTK_SUCCESS ||
            (status = ntki_check_disjoint(context, function, output, &inputs[i])) != NTK_SUCCESS)
            return status;
    for (int i = 0; i < 3; i++)
        if ((status = ntki_check_finite(context, function, &inputs[i])) != NTK_SUCCESS)
            return status;
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_apply(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m, const double *z,
                            int64_t ldz, int64_t c, const double *a, int64_t lda, double *out, int64_t ldo) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    ntki_multiplication job = {{"x", 0, n, x, ldx}, {"z", 0, m, z, ldz}, c, a, lda, NULL};
    int64_t rows = 0, columns = 0;
    ntk_status status;
    if ((status = ntki_kernel_order(kernel, __func__, "n", n, &rows)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, __func__, "m", m, &columns)) != NTK_SUCCESS)
        return status;
    const ntki_matrix output = {"out", out, rows, c, ldo, "ldo"};
    if ((status = check_apply(kernel, __func__, &job, &output, columns)) != NTK_SUCCESS)
        return status;
    if ((status = ntki_allocate_matrix(context, __func__, rows, c, &job.product)) == NTK_SUCCESS)
        status = ntki_kernel_multiply(kernel, __func__, &job, NTKI_PANEL_ROWS);
    if (status == NTK_SUCCESS)
        status = ntki_deliver(context, __func__, "out", rows, c, job.product, out, ldo);
    ntki_release(context, job.product);
    return status;
}
