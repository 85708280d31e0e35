#include "src/svm/rows.h"

#include <math.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"

static ntk_status allocate(ntki_svm_rows *rows, int64_t bytes) {
    ntk_context *const context = rows->context;
    const int64_t fitting = bytes / (int64_t)sizeof(double) / rows->n;
    ntk_status status;
    rows->capacity = ntki_smaller(fitting > 2 ? fitting : 2, rows->n);
    const size_t integer = sizeof(int64_t);
    if ((status = ntki_allocate(context, rows->function, rows->n, integer, &rows->slot_of)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, rows->function, rows->capacity, integer, &rows->row_of)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, rows->function, rows->capacity + 1, integer, &rows->older)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, rows->function, rows->capacity + 1, integer, &rows->newer)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < rows->n; i++)
        rows->slot_of[i] = -1;
    rows->older[rows->capacity] = rows->newer[rows->capacity] = rows->capacity;
    return ntki_allocate_matrix(context, rows->function, rows->capacity, rows->n, &rows->storage);
}

/* The rows are prepared once; then rows are tiles, whose bits do not depend on what else is made or kept. */
static ntk_status prepare(ntki_svm_rows *rows, const double *x) {
    ntk_kernel *const kernel = rows->kernel;
    const ntki_input input = {"x", 0, rows->n, x, kernel->input_dimension};
    ntk_status status;
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    if ((status = kernel->evaluator->prepare(kernel, rows->function, &input, &rows->prepared)) != NTK_SUCCESS ||
        (status = kernel->evaluator->match(kernel, rows->function, rows->prepared, rows->prepared)) != NTK_SUCCESS)
        return status;
    return kernel->evaluator->diagonal(kernel, rows->function, rows->prepared, rows->diagonal);
}

ntk_status ntki_svm_rows_open(ntki_svm_rows *rows, ntk_context *context, const char *function, int64_t n,
                              const double *gram, ntk_kernel *kernel, const double *x, int64_t bytes) {
    *rows = (ntki_svm_rows){.context = context, .function = function, .n = n, .gram = gram};
    ntk_status status = ntki_allocate_matrix(context, function, n, 1, &rows->diagonal);
    if (status == NTK_SUCCESS && gram != NULL)
        for (int64_t i = 0; i < n; i++)
            rows->diagonal[i] = gram[i * n + i];
    if (status == NTK_SUCCESS && gram == NULL && (status = allocate(rows, bytes)) == NTK_SUCCESS) {
        rows->kernel = kernel;
        status = prepare(rows, x);
    }
    for (int64_t i = 0; status == NTK_SUCCESS && i < n; i++)
        rows->largest = fmax(rows->largest, rows->diagonal[i]);
    return status == NTK_SUCCESS ? status : ntki_svm_rows_close(rows, status);
}

ntk_status ntki_svm_rows_close(ntki_svm_rows *rows, ntk_status status) {
    ntk_context *const context = rows->context;
    if (rows->kernel != NULL) {
        rows->kernel->evaluator->release(rows->kernel, rows->prepared);
        status = ntki_kernel_end(rows->kernel, status);
    }
    ntki_release(context, rows->gathered);
    ntki_release(context, rows->storage);
    ntki_release(context, rows->newer);
    ntki_release(context, rows->older);
    ntki_release(context, rows->row_of);
    ntki_release(context, rows->slot_of);
    ntki_release(context, rows->diagonal);
    *rows = (ntki_svm_rows){.context = context};
    return status;
}

static void take_out(ntki_svm_rows *rows, int64_t slot) {
    rows->newer[rows->older[slot]] = rows->newer[slot];
    rows->older[rows->newer[slot]] = rows->older[slot];
}

/* older[capacity] is the newest slot, newer[capacity] the oldest. */
static void put_in(ntki_svm_rows *rows, int64_t slot) {
    const int64_t end = rows->capacity, newest = rows->older[end];
    rows->older[slot] = newest;
    rows->newer[slot] = end;
    rows->newer[newest] = rows->older[end] = slot;
}

static int64_t free_slot(ntki_svm_rows *rows) {
    if (rows->used < rows->capacity)
        return rows->used++;
    const int64_t slot = rows->newer[rows->capacity];
    take_out(rows, slot);
    rows->slot_of[rows->row_of[slot]] = -1;
    return slot;
}

/* Rows [i0, i1), in tiles whose columns do not depend on what is kept. */
static ntk_status make(ntki_svm_rows *rows, int64_t i0, int64_t i1, double *out) {
    const ntk_kernel *const kernel = rows->kernel;
    ntk_status status = ntki_progress(rows->context, rows->function, rows->fraction, "machine");
    for (int64_t j0 = 0, j1; status == NTK_SUCCESS && j0 < rows->n; j0 = j1) {
        j1 = ntki_smaller(j0 + kernel->tile_columns, rows->n);
        const ntki_tile tile = {.a = rows->prepared,
                                .b = rows->prepared,
                                .i0 = i0,
                                .i1 = i1,
                                .j0 = j0,
                                .j1 = j1,
                                .out = out + j0,
                                .ldo = rows->n,
                                .from = rows->fraction,
                                .to = rows->fraction};
        status = kernel->evaluator->tile(kernel, rows->function, &tile);
    }
    return status;
}

/* Long inputs make a row wait for memory: then four, next to each other, cost little more than one. They are made as long as
 * nothing has to give way for those that nobody has asked for. */
enum { LONG_INPUT = 512, TOGETHER = 4 };

static void choose(const ntki_svm_rows *rows, int64_t i, int64_t *i0, int64_t *i1) {
    *i0 = i;
    *i1 = i + 1;
    if (rows->kernel->input_dimension < LONG_INPUT || rows->capacity - rows->used < TOGETHER)
        return;
    const int64_t first = i / TOGETHER * TOGETHER, end = ntki_smaller(first + TOGETHER, rows->n);
    while (*i0 > first && rows->slot_of[*i0 - 1] < 0)
        --*i0;
    while (*i1 < end && rows->slot_of[*i1] < 0)
        ++*i1;
}

static void keep(ntki_svm_rows *rows, int64_t i, int64_t slot) {
    rows->slot_of[i] = slot;
    rows->row_of[slot] = i;
    put_in(rows, slot);
}

ntk_status ntki_svm_rows_get(ntki_svm_rows *rows, int64_t i, const double **row) {
    if (rows->gram != NULL) {
        *row = rows->gram + i * rows->n;
        return NTK_SUCCESS;
    }
    ntk_status status = NTK_SUCCESS;
    if (rows->slot_of[i] < 0) {
        int64_t i0, i1;
        choose(rows, i, &i0, &i1);
        const int64_t slot = free_slot(rows); /* those of further rows follow */
        rows->used += i1 - i0 - 1;
        for (int64_t k = i0; k < i1; k++)
            keep(rows, k, slot + (k - i0));
        status = make(rows, i0, i1, rows->storage + slot * rows->n);
    }
    take_out(rows, rows->slot_of[i]);
    put_in(rows, rows->slot_of[i]);
    *row = rows->storage + rows->slot_of[i] * rows->n;
    return status;
}
