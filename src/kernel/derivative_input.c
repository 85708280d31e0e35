/* Gradients of the kernel in its first argument, and of what is predicted with it. Rows are taken in blocks, each
 * prepared, used and forgotten; a block's cosines come from one matrix product. With the two scalar fields of
 * derivative_fields.c
 *   sum_j a_jp dK(x_i, z_j)/dx_i = (own a)_ip x_i + sum_j other_ij a_jp z_j + pairs that nearly coincide, one by one,
 * so a block of the sum is a product with a and, for each column of a, one with z. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "src/kernel/derivative.h"
#include "src/kernel/panels.h"

/* One call. cosine, and for the sums other and weighted, are work areas of a block: rows x m. */
typedef struct {
    ntk_kernel *kernel;
    ntki_derivative derivative;
    int64_t n, m;
    const double *x, *z;
    int64_t ldx, ldz;
    int64_t c; /* columns of a; 0 when the gradients themselves are wanted */
    const double *a;
    int64_t lda;
    double *out; /* of the n rows: a row has m or c times d entries */
    bool begun;  /* out may have been written */
    double *cosine, *other, *weighted, *sums;
} gradient_job;

/* A block of rows i0 ... of x. */
typedef struct {
    gradient_job *job;
    int64_t i0, rows;
    const double *rows_x; /* of them, lifted where they are short */
    int64_t ldx;
    ntki_gradient_rows x, z;
} gradient_block;

enum { TURN_COMPONENTS = 64 };

static int64_t row_length(const gradient_job *job) {
    return (job->c > 0 ? job->c : job->m) * job->kernel->input_dimension;
}

/* out += factor times the turn of pair (i, j). */
static void add_turn(const gradient_block *block, int64_t i, int64_t j, double factor, double side, double *out) {
    const int64_t d = block->job->kernel->input_dimension;
    double turn[TURN_COMPONENTS];
    for (int64_t e0 = 0; e0 < d; e0 += TURN_COMPONENTS) {
        const int64_t count = ntki_smaller(TURN_COMPONENTS, d - e0);
        ntki_gradient_turn(&block->x, &block->z, i, j, side, e0, count, turn);
        for (int64_t e = 0; e < count; e++)
            out[e0 + e] += factor * turn[e];
    }
}

static void write_gradients(int64_t i, void *argument) {
    const gradient_block *const block = argument;
    const gradient_job *const job = block->job;
    const int64_t d = job->kernel->input_dimension;
    const double *const x = block->rows_x + i * block->ldx;
    ntki_gradient_fields fields;
    for (int64_t j0 = 0; j0 < job->m; j0 += NTKI_COMPLEX_CHUNK) {
        const int64_t count = ntki_smaller(NTKI_COMPLEX_CHUNK, job->m - j0);
        ntki_gradient_fields_of(&job->derivative, &block->x, &block->z, i, j0, count, job->cosine + i * job->m + j0,
                                &fields);
        for (int64_t j = 0; j < count; j++) {
            double *const out = job->out + ((block->i0 + i) * job->m + j0 + j) * d;
            const double *const z = job->z + (j0 + j) * job->ldz;
            for (int64_t e = 0; e < d; e++)
                out[e] = fields.own[j] * x[e] + fields.other[j] * z[e];
            if (fields.turn[j] != 0)
                add_turn(block, i, j0 + j, fields.turn[j], fields.side[j], out);
        }
    }
}

/* The fields of row i, in place of its cosines and in `other`; the pairs that nearly coincide are added to the sums. */
static void write_fields(int64_t i, void *argument) {
    const gradient_block *const block = argument;
    const gradient_job *const job = block->job;
    const int64_t d = job->kernel->input_dimension;
    double *const out = job->out + (block->i0 + i) * row_length(job);
    ntki_gradient_fields fields;
    for (int64_t e = 0; e < row_length(job); e++)
        out[e] = 0;
    for (int64_t j0 = 0; j0 < job->m; j0 += NTKI_COMPLEX_CHUNK) {
        const int64_t count = ntki_smaller(NTKI_COMPLEX_CHUNK, job->m - j0);
        double *const own = job->cosine + i * job->m + j0;
        ntki_gradient_fields_of(&job->derivative, &block->x, &block->z, i, j0, count, own, &fields);
        memcpy(own, fields.own, (size_t)count * sizeof(double));
        memcpy(job->other + i * job->m + j0, fields.other, (size_t)count * sizeof(double));
        for (int64_t j = 0; j < count; j++)
            for (int64_t p = 0; fields.turn[j] != 0 && p < job->c; p++)
                add_turn(block, i, j0 + j, job->a[(j0 + j) * job->lda + p] * fields.turn[j], fields.side[j],
                         out + p * d);
    }
}

/* The sums of a block from its fields. */
static void add_products(const gradient_block *block) {
    const gradient_job *const job = block->job;
    const ntki_blas_width *const blas = &job->kernel->context->blas;
    const int64_t d = job->kernel->input_dimension, m = job->m, c = job->c;
    double *const out = job->out + block->i0 * row_length(job);
    ntki_dgemm(blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, block->rows, c, m, 1, job->cosine, m, job->a, job->lda, 0,
               job->sums, c);
    for (int64_t p = 0; p < c; p++) {
        for (int64_t i = 0; i < block->rows; i++)
            for (int64_t j = 0; j < m; j++)
                job->weighted[i * m + j] = job->other[i * m + j] * job->a[j * job->lda + p];
        ntki_dgemm(blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, block->rows, d, m, 1, job->weighted, m, job->z, job->ldz,
                   1, out + p * d, c * d);
        for (int64_t i = 0; i < block->rows; i++)
            for (int64_t e = 0; e < d; e++)
                out[(i * c + p) * d + e] += job->sums[i * c + p] * block->rows_x[i * block->ldx + e];
    }
}

static ntk_status check_range(const gradient_block *block) {
    const gradient_job *const job = block->job;
    const int64_t length = row_length(job);
    for (int64_t i = block->i0; i < block->i0 + block->rows; i++)
        for (int64_t e = 0; e < length; e++)
            if (!isfinite(job->out[i * length + e]))
                return ntki_fail(job->kernel->context, NTK_ERR_RANGE, job->derivative.function,
                                 "the gradient at x[%lld] exceeds the double range", (long long)i);
    return NTK_SUCCESS;
}

static ntk_status evaluate_block(gradient_block *block, const ntki_analytic_rows *x, const ntki_analytic_rows *z,
                                 const bool *zero) {
    gradient_job *const job = block->job;
    const int64_t d = job->kernel->input_dimension;
    ntk_status status = ntki_gradient_rows_create(&job->derivative, x, true, zero, &block->x);
    if (status == NTK_SUCCESS)
        status = ntki_gradient_rows_create(&job->derivative, z, false, NULL, &block->z);
    if (status == NTK_SUCCESS) {
        job->begun = true;
        ntki_dgemm(&job->kernel->context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, block->rows, job->m, d, 1, x->unit,
                   d, z->unit, d, 0, job->cosine, job->m);
        ntki_parallel_for(job->kernel->context, block->rows, job->c > 0 ? write_fields : write_gradients, block);
        if (job->c > 0)
            add_products(block);
        status = check_range(block);
    }
    ntki_gradient_rows_destroy(&job->derivative, &block->z);
    ntki_gradient_rows_destroy(&job->derivative, &block->x);
    return status;
}

static ntk_status run_block(gradient_job *job, ntki_rows *z, int64_t i0) {
    ntk_kernel *const kernel = job->kernel;
    const char *const function = job->derivative.function;
    gradient_block block = {.job = job, .i0 = i0, .rows = ntki_smaller(NTKI_PANEL_ROWS, job->n - i0)};
    ntki_input input = {"x", i0, block.rows, job->x + i0 * job->ldx, job->ldx};
    ntki_lifted_rows lifted = {NULL, NULL};
    ntki_rows *x = NULL;
    ntk_status status = ntki_analytic_prepare(kernel, function, &input, &x);
    if (status == NTK_SUCCESS)
        status = ntki_lifted_rows_create(&job->derivative, ntki_analytic_rows_of(x), &lifted);
    if (status == NTK_SUCCESS && lifted.x != NULL) {
        ntki_analytic_release(kernel, x);
        x = NULL;
        input.x = lifted.x;
        input.ldx = kernel->input_dimension;
        status = ntki_analytic_prepare(kernel, function, &input, &x);
    }
    block.rows_x = input.x;
    block.ldx = input.ldx;
    if (status == NTK_SUCCESS)
        status = ntki_analytic_match_series(kernel, function, x, z);
    if (status == NTK_SUCCESS)
        status = evaluate_block(&block, ntki_analytic_rows_of(x), ntki_analytic_rows_of(z), lifted.zero);
    ntki_analytic_release(kernel, x);
    ntki_lifted_rows_destroy(&job->derivative, &lifted);
    if (status == NTK_SUCCESS)
        status = ntki_progress(kernel->context, function, (double)(i0 + block.rows) / (double)job->n, "gradient");
    return status;
}

static ntk_status run_blocks(gradient_job *job) {
    ntk_kernel *const kernel = job->kernel;
    const char *const function = job->derivative.function;
    ntki_rows *z = NULL;
    ntk_status status = ntki_progress(kernel->context, function, 0, "gradient");
    if (status != NTK_SUCCESS)
        return status;
    status = ntki_analytic_prepare(kernel, function, &(ntki_input){"z", 0, job->m, job->z, job->ldz}, &z);
    for (int64_t i0 = 0; status == NTK_SUCCESS && i0 < job->n; i0 += NTKI_PANEL_ROWS)
        status = run_block(job, z, i0);
    ntki_analytic_release(kernel, z);
    if (status != NTK_SUCCESS && job->begun)
        ntki_fill_with_nan(job->n, row_length(job), job->out, row_length(job));
    return status;
}

static ntk_status run(gradient_job *job, const char *function) {
    ntk_context *const context = job->kernel->context;
    const int64_t rows = ntki_smaller(NTKI_PANEL_ROWS, job->n);
    ntk_status status = ntki_derivative_open(job->kernel, function, &job->derivative);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(context, function, rows, job->m, &job->cosine);
    if (status == NTK_SUCCESS && job->c > 0)
        status = ntki_allocate_matrix(context, function, rows, job->m, &job->other);
    if (status == NTK_SUCCESS && job->c > 0)
        status = ntki_allocate_matrix(context, function, rows, job->m, &job->weighted);
    if (status == NTK_SUCCESS && job->c > 0)
        status = ntki_allocate_matrix(context, function, rows, job->c, &job->sums);
    if (status == NTK_SUCCESS)
        status = run_blocks(job);
    ntki_release(context, job->sums);
    ntki_release(context, job->weighted);
    ntki_release(context, job->other);
    ntki_release(context, job->cosine);
    ntki_derivative_close(&job->derivative);
    return status;
}

/* The output: n rows of count times d entries. */
static ntk_status check_output(const gradient_job *job, const char *function, const char *name, int64_t count,
                               const ntki_matrix *inputs, int input_count) {
    ntk_context *const context = job->kernel->context;
    const int64_t d = job->kernel->input_dimension;
    ntk_status status = NTK_SUCCESS;
    if (count > INT64_MAX / d)
        return ntki_fail(context, NTK_ERR_OVERFLOW, function, "%s: rows of %lld times %lld doubles do not fit", name,
                         (long long)count, (long long)d);
    const ntki_matrix out = {name, job->out, job->n, count * d, count * d, "its row length"};
    status = (job->c > 0 ? ntki_check_matrix : ntki_check_extent)(context, function, &out);
    for (int i = 0; status == NTK_SUCCESS && i < input_count; i++)
        status = ntki_check_disjoint(context, function, &out, &inputs[i]);
    for (int i = 0; status == NTK_SUCCESS && i < input_count; i++)
        status = ntki_check_finite(context, function, &inputs[i]);
    return status;
}

ntk_status ntk_kernel_cross_gradient(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                     const double *z, int64_t ldz, double *gradient) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs[2] = {{"x", x, n, d, ldx, "ldx"}, {"z", z, m, d, ldz, "ldz"}};
    gradient_job job = {.kernel = kernel, .n = n, .m = m, .x = x, .z = z, .ldx = ldx, .ldz = ldz, .out = gradient};
    ntk_status status;
    if ((status = ntki_check_size(kernel->context, __func__, "n", n)) != NTK_SUCCESS ||
        (status = ntki_check_size(kernel->context, __func__, "m", m)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(kernel->context, __func__, &inputs[0])) != NTK_SUCCESS ||
        (status = ntki_check_matrix(kernel->context, __func__, &inputs[1])) != NTK_SUCCESS ||
        (status = check_output(&job, __func__, "gradient", m, inputs, 2)) != NTK_SUCCESS)
        return status;
    return run(&job, __func__);
}

ntk_status ntk_kernel_apply_gradient(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                     const double *z, int64_t ldz, int64_t c, const double *a, int64_t lda,
                                     double *out) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs[3] = {{"x", x, n, d, ldx, "ldx"}, {"z", z, m, d, ldz, "ldz"}, {"a", a, m, c, lda, "lda"}};
    gradient_job job = {.kernel = kernel,
                        .n = n,
                        .m = m,
                        .x = x,
                        .z = z,
                        .ldx = ldx,
                        .ldz = ldz,
                        .c = c,
                        .a = a,
                        .lda = lda,
                        .out = out};
    ntk_status status;
    if ((status = ntki_check_size(kernel->context, __func__, "n", n)) != NTK_SUCCESS ||
        (status = ntki_check_size(kernel->context, __func__, "m", m)) != NTK_SUCCESS ||
        (status = ntki_check_size(kernel->context, __func__, "c", c)) != NTK_SUCCESS)
        return status;
    for (int i = 0; i < 3; i++)
        if ((status = ntki_check_matrix(kernel->context, __func__, &inputs[i])) != NTK_SUCCESS)
            return status;
    if ((status = check_output(&job, __func__, "out", c, inputs, 3)) != NTK_SUCCESS)
        return status;
    return run(&job, __func__);
}
