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
    ntki_input_f32 x, z;
    int64_t c;
    const float *a;
    int64_t lda;
    ntki_rows *columns; /* z, prepared */
    float *tile;        /* panel rows x tile columns */
    float *part;        /* panel rows x c */
    double *product;    /* n x c */
} apply_call;

/* product += K(x_i, z_j) A_j for the rows of one panel, prepared, and the columns [j0, j1). */
static ntk_status add_tile(const apply_call *call, const ntki_rows *rows, int64_t j0, int64_t j1, double *product) {
    const int64_t ld = j1 - j0, c = call->c;
    const ntki_tile_f32 tile = {
        .a = rows, .b = call->columns, .i1 = rows->n, .j0 = j0, .j1 = j1, .out = call->tile, .ldo = ld};
    const ntk_status status = call->evaluator->tile(call->kernel, call->function, &tile);
    for (int64_t j = 0; status == NTK_SUCCESS && j < ld; j += SUM_LENGTH) {
        ntki_sgemm(&call->kernel->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows->n, c,
                   ntki_smaller(SUM_LENGTH, ld - j), 1, call->tile + j, ld, call->a + (j0 + j) * call->lda, call->lda,
                   0, call->part, c);
        for (int64_t e = 0; e < rows->n * c; e++)
            product[e] += (double)call->part[e];
    }
    return status;
}

static ntk_status add_panel(const apply_call *call, int64_t i0, int64_t count) {
    const ntki_input_f32 input = {call->x.name, i0, count, call->x.x + i0 * call->x.ldx, call->x.ldx};
    ntki_rows *rows = NULL;
    ntk_status status = call->evaluator->prepare(call->kernel, call->function, &input, &rows);
    if (status == NTK_SUCCESS)
        status = call->evaluator->match(call->kernel, call->function, rows, call->columns);
    for (int64_t j0 = 0; status == NTK_SUCCESS && j0 < call->z.n; j0 += NTKI_TILE_COLUMNS)
        status =
            add_tile(call, rows, j0, ntki_smaller(j0 + NTKI_TILE_COLUMNS, call->z.n), call->product + i0 * call->c);
    call->evaluator->release(call->kernel, rows);
    return status;
}

static ntk_status add_panels(apply_call *call) {
    ntk_context *const context = call->kernel->context;
    const int64_t n = call->x.n;
    memset(call->product, 0, (size_t)(n * call->c) * sizeof(double));
    ntk_status status = call->evaluator->prepare(call->kernel, call->function, &call->z, &call->columns);
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

static ntk_status deliver(const apply_call *call, float *out, int64_t ldo) {
    const int64_t n = call->x.n, c = call->c;
    for (int64_t e = 0; e < n * c; e++)
        if (!(fabs(call->product[e]) <= (double)FLT_MAX))
            return ntki_fail(call->kernel->context, NTK_ERR_RANGE, call->function,
                             "out[%lld][%lld] exceeds the float range", (long long)(e / c), (long long)(e % c));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < c; j++)
            out[i * ldo + j] = (float)call->product[i * c + j];
    return NTK_SUCCESS;
}

/* The arguments were checked. */
static ntk_status apply(apply_call *call, float *out, int64_t ldo) {
    ntk_context *const context = call->kernel->context;
    const int64_t rows = ntki_smaller(NTKI_PANEL_ROWS, call->x.n), width = ntki_smaller(NTKI_TILE_COLUMNS, call->z.n);
    ntk_status status;
    ntki_kernel_begin(call->kernel, call->kernel->type == NTK_KERNEL_NTK, false);
    if ((status = ntki_allocate(context, call->function, rows, (size_t)width * sizeof(float), &call->tile)) ==
            NTK_SUCCESS &&
        (status = ntki_allocate(context, call->function, rows, (size_t)call->c * sizeof(float), &call->part)) ==
            NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, call->function, call->x.n, call->c, &call->product)) == NTK_SUCCESS &&
        (status = add_panels(call)) == NTK_SUCCESS)
        status = deliver(call, out, ldo);
    ntki_release(context, call->product);
    ntki_release(context, call->part);
    ntki_release(context, call->tile);
    if (status == NTK_SUCCESS)
        call->kernel->error_bound = call->kernel->call_bound;
    return status;
}

ntk_status ntk_kernel_apply_f32(ntk_kernel *kernel, int64_t n, const float *x, int64_t ldx, int64_t m, const float *z,
                                int64_t ldz, int64_t c, const float *a, int64_t lda, float *out, int64_t ldo) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs[] = {{"x", x, n, d, ldx, "ldx"}, {"z", z, m, d, ldz, "ldz"}, {"a", a, m, c, lda, "lda"}};
    const ntki_matrix output = {"out", out, n, c, ldo, "ldo"};
    ntki_norm_range range = {0};
    ntk_status status;
    if ((status = ntki_check_size(context, __func__, "n", n)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, __func__, "m", m)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, __func__, "c", c)) != NTK_SUCCESS ||
        (status = ntki_check_matrix_f32(context, __func__, &output)) != NTK_SUCCESS)
        return status;
    for (int i = 0; i < 3; i++)
        if ((status = (i < 2 ? ntki_check_extent_f32 : ntki_check_matrix_f32)(context, __func__, &inputs[i])) !=
                NTK_SUCCESS ||
            (status = ntki_check_disjoint_f32(context, __func__, &output, &inputs[i])) != NTK_SUCCESS)
            return status;
    if ((status = ntki_norm_range_add(context, __func__, &inputs[0], &range)) != NTK_SUCCESS ||
        (status = ntki_norm_range_add(context, __func__, &inputs[1], &range)) != NTK_SUCCESS ||
        (status = ntki_check_finite_f32(context, __func__, &inputs[2])) != NTK_SUCCESS)
        return status;
    apply_call call = {.kernel = kernel,
                       .function = __func__,
                       .evaluator = ntki_evaluator_f32_choose(kernel, &range),
                       .x = {"x", 0, n, x, ldx},
                       .z = {"z", 0, m, z, ldz},
                       .c = c,
                       .a = a,
                       .lda = lda};
    return apply(&call, out, ldo);
}
