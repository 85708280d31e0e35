/* The Monte-Carlo evaluator for inputs and outputs in single precision: in doubles, and rounded. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/kernel/monte_carlo.h"

typedef struct {
    ntki_rows rows;
    double *x; /* n x d */
    ntki_rows *wide;
    double *tile; /* means of a tile of which these are the rows, beside the double evaluator's room for K_m:
                     allocated before, since tiles must not fail; NULL until then */
    int64_t capacity;
} wide_rows;

static const wide_rows *wide_of(const ntki_rows *rows) { return (const wide_rows *)(const void *)rows; }

static void widen(int64_t rows, int64_t columns, const float *from, int64_t ld, double *to) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            to[i * columns + j] = (double)from[i * ld + j];
}

/* False where a value is none of the float range. */
static bool narrow(int64_t count, const double *from, float *to) {
    bool fits = true;
    for (int64_t j = 0; j < count; j++) {
        fits = fits && fabs(from[j]) <= (double)FLT_MAX;
        to[j] = (float)from[j];
    }
    return fits;
}

static ntk_status out_of_range(const ntk_kernel *kernel, const char *function) {
    return ntki_fail(kernel->context, NTK_ERR_RANGE, function, "a kernel value exceeds the float range");
}

/* ---- rows ---- */

static void release(const ntk_kernel *kernel, ntki_rows *rows) {
    if (rows == NULL)
        return;
    kernel->evaluator->release(kernel, wide_of(rows)->wide);
    ntki_release(kernel->context, wide_of(rows)->tile);
    ntki_release(kernel->context, wide_of(rows)->x);
    ntki_release(kernel->context, rows);
}

static ntk_status prepare(ntk_kernel *kernel, const char *function, const ntki_input_f32 *input, ntki_rows **out) {
    const int64_t d = kernel->input_dimension;
    wide_rows *rows = NULL;
    ntk_status status = ntki_allocate(kernel->context, function, 1, sizeof(*rows), &rows);
    if (status != NTK_SUCCESS)
        return status;
    *rows = (wide_rows){.rows = {input->n}};
    if ((status = ntki_allocate_matrix(kernel->context, function, input->n, d, &rows->x)) == NTK_SUCCESS) {
        widen(input->n, d, input->x, input->ldx, rows->x);
        const ntki_input wide = {input->name, input->first, input->n, rows->x, d};
        status = kernel->evaluator->prepare(kernel, function, &wide, &rows->wide);
    }
    if (status == NTK_SUCCESS)
        *out = &rows->rows;
    else
        release(kernel, &rows->rows);
    return status;
}

static ntk_status match(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b) {
    wide_rows *const own = (wide_rows *)(void *)a;
    const int64_t rows = ntki_smaller(a->n, kernel->panel_rows);
    ntk_status status = kernel->evaluator->match(kernel, function, own->wide, wide_of(b)->wide);
    if (status != NTK_SUCCESS || rows <= own->capacity / b->n)
        return status;
    ntki_release(kernel->context, own->tile);
    own->capacity = 0;
    status = ntki_allocate_matrix(kernel->context, function, rows, b->n, &own->tile);
    if (status == NTK_SUCCESS)
        own->capacity = rows * b->n;
    return status;
}

/* ---- values ---- */

static ntk_status fill_tile(const ntk_kernel *kernel, const char *function, const ntki_tile_f32 *tile) {
    const int64_t rows = tile->i1 - tile->i0, columns = tile->j1 - tile->j0;
    double *const mean = wide_of(tile->a)->tile;
    ntk_status status = kernel->evaluator->tile(kernel, function,
                                                &(ntki_tile){.a = wide_of(tile->a)->wide,
                                                             .b = wide_of(tile->b)->wide,
                                                             .i0 = tile->i0,
                                                             .i1 = tile->i1,
                                                             .j0 = tile->j0,
                                                             .j1 = tile->j1,
                                                             .out = mean,
                                                             .ldo = columns,
                                                             .lower = tile->lower,
                                                             .from = tile->from,
                                                             .to = tile->to});
    for (int64_t i = 0; status == NTK_SUCCESS && i < rows; i++) {
        const int64_t wanted = tile->lower ? ntki_smaller(columns, tile->i0 + i + 1 - tile->j0) : columns;
        if (!narrow(wanted, mean + i * columns, tile->out + i * tile->ldo))
            status = out_of_range(kernel, function);
    }
    return status;
}

static ntk_status diagonal(ntk_kernel *kernel, const char *function, const ntki_rows *rows, float *out) {
    double *values = NULL;
    float *rounded = NULL;
    ntk_status status;
    if ((status = ntki_allocate_matrix(kernel->context, function, 1, rows->n, &values)) == NTK_SUCCESS &&
        (status = ntki_allocate(kernel->context, function, rows->n, sizeof(float), &rounded)) == NTK_SUCCESS &&
        (status = kernel->evaluator->diagonal(kernel, function, wide_of(rows)->wide, values)) == NTK_SUCCESS) {
        if (narrow(rows->n, values, rounded))
            memcpy(out, rounded, (size_t)rows->n * sizeof(float));
        else
            status = out_of_range(kernel, function);
    }
    ntki_release(kernel->context, rounded);
    ntki_release(kernel->context, values);
    return status;
}

static ntk_status multiply(ntk_kernel *kernel, const char *function, const ntki_multiplication_f32 *job) {
    const int64_t d = kernel->input_dimension, n = job->x.n, m = job->z.n;
    ntk_context *const context = kernel->context;
    double *x = NULL, *z = NULL, *a = NULL;
    ntk_status status;
    if ((status = ntki_allocate_matrix(context, function, n, d, &x)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, m, d, &z)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, m, job->c, &a)) == NTK_SUCCESS) {
        widen(n, d, job->x.x, job->x.ldx, x);
        widen(m, d, job->z.x, job->z.ldx, z);
        widen(m, job->c, job->a, job->lda, a);
        const ntki_multiplication wide = {{job->x.name, job->x.first, n, x, d},
                                          {job->z.name, job->z.first, m, z, d},
                                          job->c,
                                          a,
                                          job->c,
                                          job->product};
        status = kernel->evaluator->multiply(kernel, function, &wide);
    }
    ntki_release(context, a);
    ntki_release(context, z);
    ntki_release(context, x);
    return status;
}

const ntki_evaluator_f32 ntki_evaluator_monte_carlo_f32 = {prepare,  release,  match, fill_tile,
                                                           diagonal, multiply, false};
