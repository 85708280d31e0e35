/* dK/dsw and dK/dsb of a layer. They are the matrices of an evaluator of its own, so that panels, symmetry, progress
 * and cancellation are those of gram.c and cross.c: the cosines are found as for the kernel, and go through all layers
 * in complex numbers. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "src/kernel/derivative.h"

typedef struct {
    ntk_kernel kernel; /* first, so that the handle is the evaluator */
    ntk_kernel *of;
    ntki_derivative derivative;
} std_kernel;

typedef struct {
    ntki_rows rows;
    ntki_rows *real;
    ntki_complex_rows lifted;
} std_rows;

static const std_kernel *kernel_of(const ntk_kernel *kernel) { return (const std_kernel *)(const void *)kernel; }
static const std_rows *rows_of(const ntki_rows *rows) { return (const std_rows *)(const void *)rows; }

static void std_release(const ntk_kernel *kernel, ntki_rows *rows) {
    std_rows *const own = (std_rows *)(void *)rows;
    if (own == NULL)
        return;
    ntki_complex_rows_destroy(&kernel_of(kernel)->derivative, &own->lifted);
    ntki_analytic_release(kernel_of(kernel)->of, own->real);
    ntki_release(kernel->context, own);
}

static ntk_status std_prepare(ntk_kernel *kernel, const char *function, const ntki_input *input, ntki_rows **out) {
    std_rows *rows = NULL;
    ntk_status status = ntki_allocate(kernel->context, function, 1, sizeof(*rows), &rows);
    if (status != NTK_SUCCESS)
        return status;
    *rows = (std_rows){.rows = {input->n}};
    status = ntki_analytic_prepare(kernel_of(kernel)->of, function, input, &rows->real);
    if (status == NTK_SUCCESS)
        *out = &rows->rows;
    else
        std_release(kernel, &rows->rows);
    return status;
}

/* The complex rows wait for the series of both sets to have as many terms. */
static ntk_status std_match(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b) {
    std_rows *const pair[2] = {(std_rows *)(void *)a, (std_rows *)(void *)b};
    const ntki_derivative *const derivative = &kernel_of(kernel)->derivative;
    ntk_status status = ntki_analytic_match_series(kernel_of(kernel)->of, function, pair[0]->real, pair[1]->real);
    for (int i = 0; status == NTK_SUCCESS && i < (a == b ? 1 : 2); i++)
        status = ntki_complex_rows_create(derivative, ntki_analytic_rows_of(pair[i]->real), NTKI_ALONG_STEPS,
                                          &pair[i]->lifted);
    return status;
}

typedef struct {
    const ntk_kernel *kernel;
    const ntki_tile *tile;
    const std_rows *a, *b;
} tile_job;

/* out holds the cosines of row i with the columns j0 ... and gets the derivatives. */
static void evaluate_chunk(const tile_job *job, int64_t i, int64_t j0, int64_t count,
                           double _Complex (*slot)[3][NTKI_COMPLEX_CHUNK], double *out) {
    const std_kernel *const own = kernel_of(job->kernel);
    double cosine[NTKI_COMPLEX_CHUNK], real_near[NTKI_COMPLEX_CHUNK] = {0};
    double _Complex k[NTKI_COMPLEX_CHUNK], near[NTKI_COMPLEX_CHUNK], theta[NTKI_COMPLEX_CHUNK];
    const bool tangent = job->kernel->type == NTK_KERNEL_NTK;
    memcpy(cosine, out, (size_t)count * sizeof(double));
    (void)ntki_chunk_compare(&(ntki_chunk){.analytic = own->derivative.analytic,
                                           .a = ntki_analytic_rows_of(job->a->real),
                                           .b = ntki_analytic_rows_of(job->b->real),
                                           .i = i,
                                           .j0 = j0,
                                           .count = count,
                                           .k = cosine,
                                           .near = real_near});
    for (int64_t j = 0; j < count; j++) {
        k[j] = cosine[j];
        near[j] = real_near[j];
    }
    ntki_complex_from_cosines(&(ntki_complex_chunk){.derivative = &own->derivative,
                                                    .a = &job->a->lifted,
                                                    .b = &job->b->lifted,
                                                    .i = i,
                                                    .j0 = j0,
                                                    .count = count,
                                                    .k = k,
                                                    .near = near,
                                                    .theta = tangent ? theta : NULL,
                                                    .slot = slot});
    for (int64_t j = 0; j < count; j++)
        out[j] = cimag(tangent ? theta[j] : k[j]) / NTKI_STEP / own->derivative.unit;
}

static double diagonal_entry(const ntk_kernel *kernel, const std_rows *rows, int64_t i) {
    const double lifted = cimag(kernel->type == NTK_KERNEL_NTK ? rows->lifted.theta[i] : rows->lifted.k[i]);
    return lifted / NTKI_STEP / kernel_of(kernel)->derivative.unit;
}

static void evaluate_row(int64_t index, void *argument) {
    const tile_job *const job = argument;
    const ntki_tile *const tile = job->tile;
    const int64_t i = tile->i0 + index, end = tile->lower ? ntki_smaller(tile->j1, i) : tile->j1;
    double *const out = tile->out + index * tile->ldo;
    ntki_complex_slots slot;
    for (int64_t j = tile->j0; j < end; j += NTKI_COMPLEX_CHUNK)
        evaluate_chunk(job, i, j, ntki_smaller(NTKI_COMPLEX_CHUNK, end - j), slot, out + (j - tile->j0));
    if (tile->lower && i >= tile->j0 && i < tile->j1)
        out[i - tile->j0] = diagonal_entry(job->kernel, job->a, i);
}

/* A derivative may leave the range where the kernel does not. */
static ntk_status check_range(const ntk_kernel *kernel, const char *function, const ntki_tile *tile) {
    for (int64_t i = tile->i0; i < tile->i1; i++) {
        const int64_t end = tile->lower ? ntki_smaller(tile->j1, i + 1) : tile->j1;
        for (int64_t j = tile->j0; j < end; j++)
            if (!isfinite(tile->out[(i - tile->i0) * tile->ldo + (j - tile->j0)]))
                return ntki_fail(kernel->context, NTK_ERR_RANGE, function, "dk[%lld][%lld] exceeds the double range",
                                 (long long)i, (long long)j);
    }
    return NTK_SUCCESS;
}

static ntk_status std_tile(const ntk_kernel *kernel, const char *function, const ntki_tile *tile) {
    const tile_job job = {kernel, tile, rows_of(tile->a), rows_of(tile->b)};
    const ntki_analytic_rows *const a = ntki_analytic_rows_of(job.a->real), *const b =
                                                                                ntki_analytic_rows_of(job.b->real);
    const int64_t d = kernel->input_dimension, rows = tile->i1 - tile->i0;
    ntki_dgemm(&kernel->context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, rows, tile->j1 - tile->j0, d, 1,
               a->unit + tile->i0 * d, d, b->unit + tile->j0 * d, d, 0, tile->out, tile->ldo);
    ntki_parallel_for(kernel->context, rows, evaluate_row, (void *)(uintptr_t)&job);
    return check_range(kernel, function, tile);
}

/* What gram.c and cross.c ask for. */
static const ntki_evaluator std_evaluator = {
    .prepare = std_prepare, .release = std_release, .match = std_match, .tile = std_tile};

static ntk_status open_kernel(ntk_kernel *kernel, const char *function, int32_t which, int64_t layer, std_kernel *out) {
    *out = (std_kernel){.kernel = {.context = kernel->context,
                                   .evaluator = &std_evaluator,
                                   .type = kernel->type,
                                   .input_dimension = kernel->input_dimension,
                                   .depth = kernel->depth,
                                   .block = kernel->block,
                                   .panel_rows = kernel->panel_rows,
                                   .tile_columns = kernel->tile_columns},
                        .of = kernel};
    const ntk_status status = ntki_derivative_open(kernel, function, &out->derivative);
    return status != NTK_SUCCESS ? status : ntki_derivative_of_std(&out->derivative, which, layer);
}

ntk_status ntk_kernel_gram_derivative(ntk_kernel *kernel, int32_t which, int64_t layer, int64_t n, const double *x,
                                      int64_t ldx, double *dk, int64_t ldk) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"}, out = {"dk", dk, n, n, ldk, "ldk"};
    std_kernel own;
    ntk_status status;
    if ((status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in)) != NTK_SUCCESS)
        return status;
    const ntki_result result = {.k = dk, .ldk = ldk};
    if ((status = open_kernel(kernel, __func__, which, layer, &own)) == NTK_SUCCESS)
        status = ntki_kernel_gram_panels(&own.kernel, __func__, &(ntki_input){"x", 0, n, x, ldx}, &result);
    ntki_derivative_close(&own.derivative);
    return status;
}

ntk_status ntk_kernel_cross_derivative(ntk_kernel *kernel, int32_t which, int64_t layer, int64_t n, const double *x,
                                       int64_t ldx, int64_t m, const double *z, int64_t ldz, double *dk, int64_t ldk) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs[2] = {{"x", x, n, d, ldx, "ldx"}, {"z", z, m, d, ldz, "ldz"}};
    const ntki_matrix out = {"dk", dk, n, m, ldk, "ldk"};
    std_kernel own;
    ntk_status status;
    if ((status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_kernel_check_rows(kernel, __func__, "z", "m", "ldz", m, z, ldz)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, __func__, &out)) != NTK_SUCCESS)
        return status;
    for (int i = 0; i < 2; i++)
        if ((status = ntki_check_disjoint(context, __func__, &out, &inputs[i])) != NTK_SUCCESS ||
            (status = ntki_check_finite(context, __func__, &inputs[i])) != NTK_SUCCESS)
            return status;
    const ntki_result result = {.k = dk, .ldk = ldk};
    if ((status = open_kernel(kernel, __func__, which, layer, &own)) == NTK_SUCCESS)
        status = ntki_kernel_cross_panels(&own.kernel, __func__, &(ntki_input){"x", 0, n, x, ldx},
                                          &(ntki_input){"z", 0, m, z, ldz}, &result);
    ntki_derivative_close(&own.derivative);
    return status;
}

static ntk_status diagonal(std_kernel *own, const char *function, const ntki_input *input, double *dk) {
    ntki_rows *rows = NULL;
    double *values = NULL;
    ntk_status status = std_prepare(&own->kernel, function, input, &rows);
    if (status == NTK_SUCCESS)
        status = ntki_complex_rows_create(&own->derivative, ntki_analytic_rows_of(rows_of(rows)->real),
                                          NTKI_ALONG_STEPS, &((std_rows *)(void *)rows)->lifted);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(own->kernel.context, function, input->n, 1, &values);
    for (int64_t i = 0; status == NTK_SUCCESS && i < input->n; i++)
        values[i] = diagonal_entry(&own->kernel, rows_of(rows), i);
    if (status == NTK_SUCCESS)
        status = ntki_deliver(own->kernel.context, function, "dk", input->n, 1, values, dk, 1);
    ntki_release(own->kernel.context, values);
    std_release(&own->kernel, rows);
    return status;
}

ntk_status ntk_kernel_diagonal_derivative(ntk_kernel *kernel, int32_t which, int64_t layer, int64_t n, const double *x,
                                          int64_t ldx, double *dk) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"}, out = {"dk", dk, n, 1, 1, "1"};
    std_kernel own;
    ntk_status status;
    if ((status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_check_extent(context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in)) != NTK_SUCCESS)
        return status;
    if ((status = open_kernel(kernel, __func__, which, layer, &own)) == NTK_SUCCESS)
        status = diagonal(&own, __func__, &(ntki_input){"x", 0, n, x, ldx}, dk);
    ntki_derivative_close(&own.derivative);
    return status;
}
