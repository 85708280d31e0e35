/* out = K(X,Z) A in single precision, without forming K. The products of each tile are summed in floats over SUM_LENGTH
 * columns at a time, and those sums in double precision. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/kernel/panels.h"
#include "src/kernel/single.h"

enum { SUM_LENGTH = 512 };

typedef struct {
    ntk_kernel *kernel;
    const char *function;
    const ntki_evaluator_f32 *evaluator;
    ntki_multiplication_f32 job; /* the product is n x c */
    ntki_rows *columns;          /* z, prepared */
    float *tile;                 /* panel rows x tile columns */
    float *part;                 /* panel rows x c */
} apply_call;

/* product += K(x_i, z_j) A_j for the rows of one panel, prepared, and the columns [j0, j1). */
static ntk_status add_tile(const apply_call *call, const ntki_rows *rows, int64_t j0, int64_t j1, double *product) {
    const int64_t ld = j1 - j0, c = call->job.c;
    const ntki_tile_f32 tile = {
        .a = rows, .b = call->columns, .i1 = rows->n, .j0 = j0, .j1 = j1, .out = call->tile, .ldo = ld};
    const ntk_status status = call->evaluator->tile(call->kernel, call->function, &tile);
    for (int64_t j = 0; status == NTK_SUCCESS && j < ld; j += SUM_LENGTH) {
        ntki_sgemm(&call->kernel->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows->n, c,
                   ntki_smaller(SUM_LENGTH, ld - j), 1, call->tile + j, ld, call->job.a + (j0 + j) * call->job.lda,
                   call->job.lda, 0, call->part, c);
        for (int64_t e = 0; e < rows->n * c; e++)
            product[e] += (double)call->part[e];
    }
    return status;
}

static ntk_status add_panel(const apply_call *call, int64_t i0, int64_t count) {
    const ntki_input_f32 *const x = &call->job.x, input = {x->name, i0, count, x->x + i0 * x->ldx, x->ldx};
    const int64_t m = call->job.z.n;
    ntki_rows *rows = NULL;
    ntk_status status = call->evaluator->prepare(call->kernel, call->function, &input, &rows);
    if (status == NTK_SUCCESS)
        status = call->evaluator->match(call->kernel, call->function, rows, call->columns);
    for (int64_t j0 = 0; status == NTK_SUCCESS && j0 < m; j0 += NTKI_TILE_COLUMNS)
        status =
            add_tile(call, rows, j0, ntki_smaller(j0 + NTKI_TILE_COLUMNS, m), call->job.product + i0 * call->job.c);
    call->evaluator->release(call->kernel, rows);
    return status;
}

static ntk_status add_panels(apply_call *call) {
    ntk_context *const context = call->kernel->context;
    const int64_t n = call->job.x.n;
    memset(call->job.product, 0, (size_t)(n * call->job.c) * sizeof(double));
    ntk_status status = call->evaluator->prepare(call->kernel, call->function, &call->job.z, &call->columns);
    if (status == NTK_SUCCESS)
        status = ntki_progress(context, call->function, 0, "kernel");
    for (int64_t i0 = 0; status == NTK_SUCCESS && i0 < n; i0 += NTKI_PANEL_ROWS) {
        const int64_t count = ntki_smaller(NTKI_PANEL_ROWS, n - i0);
        status = add_panel(call, i0, count);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, call->function, (double)(i0 + count) / (double)n, "kernel");
    }
    call->evaluator->release(call->kernel, call->columns);
    return status;
}

static ntk_status deliver(const apply_call *call, int64_t rows, float *out, int64_t ldo) {
    const int64_t c = call->job.c;
    const double *const product = call->job.product;
    for (int64_t e = 0; e < rows * c; e++)
        if (!(fabs(product[e]) <= (double)FLT_MAX))
            return ntki_fail(call->kernel->context, NTK_ERR_RANGE, call->function,
                             "out[%lld][%lld] exceeds the float range", (long long)(e / c), (long long)(e % c));
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < c; j++)
            out[i * ldo + j] = (float)product[i * c + j];
    return NTK_SUCCESS;
}

/* By tiles of K(X,Z). */
static ntk_status multiply_tiles(apply_call *call) {
    ntk_context *const context = call->kernel->context;
    const int64_t rows = ntki_smaller(NTKI_PANEL_ROWS, call->job.x.n);
    const int64_t width = ntki_smaller(NTKI_TILE_COLUMNS, call->job.z.n);
    ntk_status status;
    if ((status = ntki_allocate(context, call->function, rows, (size_t)width * sizeof(float), &call->tile)) ==
            NTK_SUCCESS &&
        (status = ntki_allocate(context, call->function, rows, (size_t)call->job.c * sizeof(float), &call->part)) ==
            NTK_SUCCESS)
        status = add_panels(call);
    ntki_release(context, call->part);
    ntki_release(context, call->tile);
    return status;
}

static ntk_status apply(apply_call *call, int64_t rows, float *out, int64_t ldo) {
    ntk_kernel *const kernel = call->kernel;
    ntk_status status = ntki_allocate_matrix(kernel->context, call->function, rows, call->job.c, &call->job.product);
    if (status != NTK_SUCCESS)
        return status;
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    status = ntki_kernel_end(kernel, call->evaluator->multiply != NULL
                                         ? call->evaluator->multiply(kernel, call->function, &call->job)
                                         : multiply_tiles(call));
    if (status == NTK_SUCCESS)
        status = deliver(call, rows, out, ldo);
    ntki_release(kernel->context, call->job.product);
    return status;
}

/* The checks of ntk_kernel_apply_f32(), and the range of the rows' norms. */
static ntk_status check_apply(ntk_kernel *kernel, const char *function, const ntki_multiplication_f32 *job,
                              const ntki_matrix *output, int64_t columns, ntki_norm_range *range) {
    ntk_context *const context = kernel->context;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs[] = {{"x", job->x.x, job->x.n, d, job->x.ldx, "ldx"},
                                  {"z", job->z.x, job->z.n, d, job->z.ldx, "ldz"},
                                  {"a", job->a, columns, job->c, job->lda, "lda"}};
    ntk_status status;
    if ((status = ntki_check_size(context, function, "c", job->c)) != NTK_SUCCESS ||
        (status = ntki_check_matrix_f32(context, function, output)) != NTK_SUCCESS)
        return status;
    for (int i = 0; i < 3; i++)
        if ((status = (i < 2 ? ntki_check_extent_f32 : ntki_check_matrix_f32)(context, function, &inputs[i])) !=
                NTK_SUCCESS ||
            (status = ntki_check_disjoint_f32(context, function, output, &inputs[i])) != NTK_SUCCESS)
            return status;
    if ((status = ntki_norm_range_add(context, function, &inputs[0], range)) != NTK_SUCCESS ||
        (status = ntki_norm_range_add(context, function, &inputs[1], range)) != NTK_SUCCESS)
        return status;
    return ntki_check_finite_f32(context, function, &inputs[2]);
}

ntk_status ntk_kernel_apply_f32(ntk_kernel *kernel, int64_t n, const float *x, int64_t ldx, int64_t m, const float *z,
                                int64_t ldz, int64_t c, const float *a, int64_t lda, float *out, int64_t ldo) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    apply_call call = {
        .kernel = kernel, .function = __func__, .job = {{"x", 0, n, x, ldx}, {"z", 0, m, z, ldz}, c, a, lda, NULL}};
    ntki_norm_range range = {0};
    int64_t rows = 0, columns = 0;
    ntk_status status;
    if ((status = ntki_kernel_order(kernel, __func__, "n", n, &rows)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, __func__, "m", m, &columns)) != NTK_SUCCESS)
        return status;
    const ntki_matrix output = {"out", out, rows, c, ldo, "ldo"};
    if ((status = check_apply(kernel, __func__, &call.job, &output, columns, &range)) != NTK_SUCCESS)
        return status;
    call.evaluator = ntki_evaluator_f32_choose(kernel, &range);
    return apply(&call, rows, out, ldo);
}
