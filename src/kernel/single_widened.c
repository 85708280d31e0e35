/* Single precision by rounding what the kernel's own evaluator makes in double precision: it gets the rows widened. */
#include <float.h>
#include <math.h>

#include "lib/memory/memory.h"
#include "src/kernel/panels.h"
#include "src/kernel/single.h"

enum { STRIP_COLUMNS = 1024 };

typedef struct {
    ntki_rows rows;
    double *x; /* n x d */
    double *diagonal;
    double *work; /* a strip of a tile of which these are the rows: allocated here, since tiles must not fail */
    ntki_rows *inner;
} widened_rows;

static const widened_rows *widened(const ntki_rows *rows) { return (const widened_rows *)(const void *)rows; }

static void release(const ntk_kernel *kernel, ntki_rows *rows) {
    if (rows == NULL)
        return;
    widened_rows *const own = (widened_rows *)(void *)rows;
    kernel->evaluator->release(kernel, own->inner);
    ntki_release(kernel->context, own->work);
    ntki_release(kernel->context, own->diagonal);
    ntki_release(kernel->context, own->x);
    ntki_release(kernel->context, own);
}

/* A diagonal in the float range bounds the entries of positive semi-definite kernels; tile() sees to the others. */
static ntk_status check_range(const ntk_kernel *kernel, const char *function, const ntki_input_f32 *input,
                              const double *diagonal) {
    for (int64_t i = 0; i < input->n; i++)
        if (!(fabs(diagonal[i]) <= (double)FLT_MAX))
            return ntki_fail(kernel->context, NTK_ERR_RANGE, function,
                             "%s[%lld] has the kernel value %g, which exceeds the float range", input->name,
                             (long long)(input->first + i), diagonal[i]);
    return NTK_SUCCESS;
}

static ntk_status fill(ntk_kernel *kernel, const char *function, const ntki_input_f32 *input, widened_rows *rows) {
    const int64_t n = input->n, d = kernel->input_dimension;
    ntk_status status;
    if ((status = ntki_allocate_matrix(kernel->context, function, n, d, &rows->x)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(kernel->context, function, 1, n, &rows->diagonal)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(kernel->context, function, ntki_smaller(NTKI_PANEL_ROWS, n), STRIP_COLUMNS,
                                       &rows->work)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++)
            rows->x[i * d + j] = (double)input->x[i * input->ldx + j];
    const ntki_input wide = {input->name, input->first, n, rows->x, d};
    if ((status = kernel->evaluator->prepare(kernel, function, &wide, &rows->inner)) != NTK_SUCCESS)
        return status;
    if ((status = kernel->evaluator->diagonal(kernel, function, rows->inner, rows->diagonal)) != NTK_SUCCESS)
        return status;
    return check_range(kernel, function, input, rows->diagonal);
}

static ntk_status prepare(ntk_kernel *kernel, const char *function, const ntki_input_f32 *input, ntki_rows **out) {
    widened_rows *rows = NULL;
    ntk_status status = ntki_allocate(kernel->context, function, 1, sizeof(*rows), &rows);
    if (status != NTK_SUCCESS)
        return status;
    *rows = (widened_rows){.rows = {input->n}};
    status = fill(kernel, function, input, rows);
    if (status == NTK_SUCCESS)
        *out = &rows->rows;
    else
        release(kernel, &rows->rows);
    return status;
}

static ntk_status match(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b) {
    return kernel->evaluator->match(kernel, function, widened(a)->inner, widened(b)->inner);
}

/* Rounds the columns [j0, j1) of the tile, as far as they are wanted. */
static ntk_status round_strip(const ntk_kernel *kernel, const char *function, const ntki_tile_f32 *tile, int64_t j0,
                              int64_t j1) {
    for (int64_t i = tile->i0; i < tile->i1; i++) {
        const double *const from = widened(tile->a)->work + (i - tile->i0) * (j1 - j0);
        float *const to = tile->out + (i - tile->i0) * tile->ldo + (j0 - tile->j0);
        const int64_t end = tile->lower ? ntki_smaller(j1, i + 1) : j1;
        int beyond = 0;
        for (int64_t j = j0; j < end; j++) {
            to[j - j0] = (float)from[j - j0];
            beyond |= !(fabs(from[j - j0]) <= (double)FLT_MAX);
        }
        if (beyond)
            return ntki_fail(kernel->context, NTK_ERR_RANGE, function, "a kernel value exceeds the float range");
    }
    return NTK_SUCCESS;
}

static ntk_status tile_of(const ntk_kernel *kernel, const char *function, const ntki_tile_f32 *tile) {
    ntk_status status = NTK_SUCCESS;
    for (int64_t j0 = tile->j0; status == NTK_SUCCESS && j0 < tile->j1; j0 += STRIP_COLUMNS) {
        const int64_t j1 = ntki_smaller(j0 + STRIP_COLUMNS, tile->j1);
        status = kernel->evaluator->tile(kernel, function,
                                         &(ntki_tile){.a = widened(tile->a)->inner,
                                                      .b = widened(tile->b)->inner,
                                                      .i0 = tile->i0,
                                                      .i1 = tile->i1,
                                                      .j0 = j0,
                                                      .j1 = j1,
                                                      .out = widened(tile->a)->work,
                                                      .ldo = j1 - j0,
                                                      .lower = tile->lower,
                                                      .from = tile->from,
                                                      .to = tile->from});
        if (status == NTK_SUCCESS)
            status = round_strip(kernel, function, tile, j0, j1);
    }
    return status;
}

static ntk_status diagonal_of(ntk_kernel *kernel, const char *function, const ntki_rows *rows, float *diagonal) {
    (void)kernel;
    (void)function;
    for (int64_t i = 0; i < rows->n; i++)
        diagonal[i] = (float)widened(rows)->diagonal[i];
    return NTK_SUCCESS;
}

const ntki_evaluator_f32 ntki_evaluator_widened = {prepare, release, match, tile_of, diagonal_of, NULL, false};
