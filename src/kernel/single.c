/* Gram and rectangular matrices and diagonals in single precision, panel by panel. */
#define NTKI_SINGLE

#include "src/kernel/single.h"

#include <math.h>

#include "lib/memory/memory.h"
#include "src/kernel/mirror.h"
#include "src/kernel/panels.h"

/* A call that fills an n x m matrix from rows of x and z; for a Gram matrix z is x. */
typedef struct {
    ntk_kernel *kernel;
    const char *function;
    const ntki_evaluator_f32 *evaluator;
    ntki_rows *a, *b;
    float *k;
    int64_t ldk;
    bool gram;
} matrix_call;

static void spoil(const matrix_call *call) {
    for (int64_t i = 0; i < call->a->n; i++)
        for (int64_t j = 0; j < call->b->n; j++)
            call->k[i * call->ldk + j] = NAN;
}

/* The part of the work that the rows before i are. */
static double fraction_of(const matrix_call *call, int64_t i) {
    const double done = (double)i / (double)call->a->n;
    return call->gram ? done * done : done;
}

/* Rows [i0, i1); of a Gram matrix, their lower triangle and its mirror image. */
static ntk_status fill_panel(const matrix_call *call, int64_t i0, int64_t i1) {
    const int64_t end = call->gram ? i1 : call->b->n;
    const bool mirrors = call->gram && call->evaluator->mirrors;
    const double from = fraction_of(call, i0), step = (fraction_of(call, i1) - from) / (double)end;
    ntk_status status = NTK_SUCCESS;
    for (int64_t j0 = 0, j1; status == NTK_SUCCESS && j0 < end; j0 = j1) {
        j1 = ntki_cut(j0, call->kernel->tile_columns, end);
        status = call->evaluator->tile(call->kernel, call->function,
                                       &(ntki_tile_f32){.a = call->a,
                                                        .b = call->b,
                                                        .i0 = i0,
                                                        .i1 = i1,
                                                        .j0 = j0,
                                                        .j1 = j1,
                                                        .out = call->k + i0 * call->ldk + j0,
                                                        .ldo = call->ldk,
                                                        .lower = call->gram,
                                                        .mirror = mirrors ? call->k + j0 * call->ldk + i0 : NULL,
                                                        .from = from + step * (double)j0,
                                                        .to = from + step * (double)j1});
    }
    if (status == NTK_SUCCESS && call->gram && !mirrors)
        ntki_mirror(call->kernel->context, call->k, call->ldk, i0, i1);
    return status;
}

static ntk_status fill_panels(const matrix_call *call) {
    ntk_context *const context = call->kernel->context;
    const int64_t n = call->a->n;
    ntk_status status = ntki_progress(context, call->function, 0, "kernel");
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < n; i0 = i1) {
        i1 = ntki_cut(i0, call->kernel->panel_rows, n);
        status = fill_panel(call, i0, i1);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, call->function, fraction_of(call, i1), "kernel");
    }
    if (status != NTK_SUCCESS)
        spoil(call);
    return status;
}

/* The arguments were checked. */
static ntk_status fill_matrix(matrix_call *call, const ntki_input_f32 *x, const ntki_input_f32 *z) {
    ntk_kernel *const kernel = call->kernel;
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    ntk_status status = call->evaluator->prepare(kernel, call->function, x, &call->a);
    if (status == NTK_SUCCESS && !call->gram)
        status = call->evaluator->prepare(kernel, call->function, z, &call->b);
    if (call->gram)
        call->b = call->a;
    if (status == NTK_SUCCESS)
        status = call->evaluator->match(kernel, call->function, call->a, call->b);
    if (status == NTK_SUCCESS)
        status = fill_panels(call);
    if (!call->gram)
        call->evaluator->release(kernel, call->b);
    call->evaluator->release(kernel, call->a);
    return ntki_kernel_end(kernel, status);
}

/* Size, extent and place of the rows that a call reads. */
static ntk_status check_rows(ntk_kernel *kernel, const char *function, const char *size_name, const ntki_matrix *rows) {
    const ntk_status status = ntki_check_size(kernel->context, function, size_name, rows->rows);
    return status != NTK_SUCCESS ? status : ntki_check_extent_f32(kernel->context, function, rows);
}

ntk_status ntk_kernel_gram_f32(ntk_kernel *kernel, int64_t n, const float *x, int64_t ldx, float *k, int64_t ldk) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"};
    ntki_norm_range range = {0};
    int64_t order = 0;
    ntk_status status;
    if ((status = check_rows(kernel, __func__, "n", &in)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, __func__, "n", n, &order)) != NTK_SUCCESS)
        return status;
    const ntki_matrix out = {"k", k, order, order, ldk, "ldk"};
    if ((status = ntki_check_matrix_f32(context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint_f32(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_norm_range_add(context, __func__, &in, &range)) != NTK_SUCCESS)
        return status;
    const ntki_evaluator_f32 *const evaluator = ntki_evaluator_f32_choose(kernel, &range);
    matrix_call call = {kernel, __func__, evaluator, NULL, NULL, k, ldk, true};
    return fill_matrix(&call, &(ntki_input_f32){"x", 0, n, x, ldx}, NULL);
}

ntk_status ntk_kernel_cross_f32(ntk_kernel *kernel, int64_t n, const float *x, int64_t ldx, int64_t m, const float *z,
                                int64_t ldz, float *k, int64_t ldk) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix in_x = {"x", x, n, d, ldx, "ldx"}, in_z = {"z", z, m, d, ldz, "ldz"};
    ntki_norm_range range = {0};
    int64_t rows = 0, columns = 0;
    ntk_status status;
    if ((status = check_rows(kernel, __func__, "n", &in_x)) != NTK_SUCCESS ||
        (status = check_rows(kernel, __func__, "m", &in_z)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, __func__, "n", n, &rows)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, __func__, "m", m, &columns)) != NTK_SUCCESS)
        return status;
    const ntki_matrix out = {"k", k, rows, columns, ldk, "ldk"};
    if ((status = ntki_check_matrix_f32(context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint_f32(context, __func__, &out, &in_x)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint_f32(context, __func__, &out, &in_z)) != NTK_SUCCESS ||
        (status = ntki_norm_range_add(context, __func__, &in_x, &range)) != NTK_SUCCESS ||
        (status = ntki_norm_range_add(context, __func__, &in_z, &range)) != NTK_SUCCESS)
        return status;
    const ntki_evaluator_f32 *const evaluator = ntki_evaluator_f32_choose(kernel, &range);
    matrix_call call = {kernel, __func__, evaluator, NULL, NULL, k, ldk, false};
    return fill_matrix(&call, &(ntki_input_f32){"x", 0, n, x, ldx}, &(ntki_input_f32){"z", 0, m, z, ldz});
}

ntk_status ntk_kernel_diagonal_f32(ntk_kernel *kernel, int64_t n, const float *x, int64_t ldx, float *diagonal) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"};
    ntki_norm_range range = {0};
    ntki_rows *rows = NULL;
    int64_t order = 0;
    ntk_status status;
    if ((status = check_rows(kernel, __func__, "n", &in)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, __func__, "n", n, &order)) != NTK_SUCCESS)
        return status;
    const ntki_matrix out = {"diagonal", diagonal, order, 1, 1, "1"};
    if ((status = ntki_check_matrix_f32(context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint_f32(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_norm_range_add(context, __func__, &in, &range)) != NTK_SUCCESS)
        return status;
    const ntki_evaluator_f32 *const evaluator = ntki_evaluator_f32_choose(kernel, &range);
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    status = evaluator->prepare(kernel, __func__, &(ntki_input_f32){"x", 0, n, x, ldx}, &rows);
    if (status == NTK_SUCCESS)
        status = evaluator->diagonal(kernel, __func__, rows, diagonal);
    evaluator->release(kernel, rows);
    return ntki_kernel_end(kernel, status);
}
