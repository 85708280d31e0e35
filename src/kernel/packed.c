/* Gram matrix in rectangular full packed format, TRANSR = 'N' and UPLO = 'L'  [Gustavson10].
 *
 * With m = ceil(n / 2), K = [K11 K21'; K21 K22] is kept in m columns of n (n odd) or n + 1 (n even) numbers. What LAPACK
 * calls column j is row j here, and K is symmetric: row j holds K(j, i) for i = j .. n - 1 (K11 and K21 at once), and
 * before that, where the square has room, a row of the lower triangle of K22:
 *     n = 5:  00  01  02  03  04      n = 6:  33  00  01  02  03  04  05
 *             33  11  12  13  14              43  44  11  12  13  14  15
 *             43  44  22  23  24              53  54  55  22  23  24  25
 * So panels beside the diagonals are written in place. The blocks on the diagonals go through a work area, since a tile
 * may write above its diagonal, which is the other triangle here. */
#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/kernel/kernel.h"
#include "src/kernel/panels.h"

typedef struct {
    ntk_kernel *kernel;
    const char *function;
    const ntki_rows *rows;
    int64_t n;
    int64_t m;  /* rows of K11 */
    int64_t ld; /* n or n + 1: m of these rows make the whole */
    double *k;
    double *first;  /* K(j, i), j < m, j <= i, is first[j * ld + i] */
    double *second; /* K(m + i, m + j), j <= i, is second[i * ld + j] */
    double *block;  /* the work area: NTKI_PANEL_ROWS squared, or n squared */
    double from;    /* progress before the panel under way */
} packed_gram;

/* K(i, j) for i in [i0, i1), j in [j0, j1), none of them on the diagonal, to out[(i - i0) * ld + (j - j0)]. */
static ntk_status fill_beside(const packed_gram *job, int64_t i0, int64_t i1, int64_t j0, int64_t j1, double *out) {
    ntk_status status = NTK_SUCCESS;
    for (int64_t j = j0, end; status == NTK_SUCCESS && j < j1; j = end) {
        end = ntki_cut(j, job->kernel->tile_columns, j1);
        status = job->kernel->evaluator->tile(job->kernel, job->function,
                                              &(ntki_tile){.a = job->rows,
                                                           .b = job->rows,
                                                           .i0 = i0,
                                                           .i1 = i1,
                                                           .j0 = j,
                                                           .j1 = end,
                                                           .out = out + (j - j0),
                                                           .ldo = job->ld,
                                                           .from = job->from,
                                                           .to = job->from});
    }
    return status;
}

/* The lower triangle of K(i, j), i and j in [i0, i1), in the work area with the leading dimension i1 - i0. */
static ntk_status fill_diagonal_block(const packed_gram *job, int64_t i0, int64_t i1) {
    return job->kernel->evaluator->tile(job->kernel, job->function,
                                        &(ntki_tile){.a = job->rows,
                                                     .b = job->rows,
                                                     .i0 = i0,
                                                     .i1 = i1,
                                                     .j0 = i0,
                                                     .j1 = i1,
                                                     .out = job->block,
                                                     .ldo = i1 - i0,
                                                     .lower = true,
                                                     .from = job->from,
                                                     .to = job->from});
}

/* K11: K(j, i) for j in [j0, j1) and j1 > i >= j, a strip of the panel at a time. */
static ntk_status first_triangle(const packed_gram *job, int64_t j0, int64_t j1) {
    ntk_status status = NTK_SUCCESS;
    for (int64_t s0 = j0, s1; status == NTK_SUCCESS && s0 < j1; s0 = s1) {
        s1 = ntki_cut(s0, NTKI_PANEL_ROWS, j1);
        const int64_t count = s1 - s0;
        status = fill_beside(job, s0, s1, s1, j1, job->first + s0 * job->ld + s1);
        if (status == NTK_SUCCESS)
            status = fill_diagonal_block(job, s0, s1);
        for (int64_t j = 0; status == NTK_SUCCESS && j < count; j++)
            for (int64_t i = j; i < count; i++)
                job->first[(s0 + j) * job->ld + s0 + i] = job->block[i * count + j];
    }
    return status;
}

/* K11 and K21: K(j, i) for j in [j0, j1) and i >= j. */
static ntk_status first_panel(const packed_gram *job, int64_t j0, int64_t j1) {
    const ntk_status status = fill_beside(job, j0, j1, j1, job->n, job->first + j0 * job->ld + j1);
    return status != NTK_SUCCESS ? status : first_triangle(job, j0, j1);
}

/* K22: K(m + i, m + j) for i in [i0, i1) and i0 <= j <= i, a strip of the panel at a time. */
static ntk_status second_triangle(const packed_gram *job, int64_t i0, int64_t i1) {
    const int64_t m = job->m;
    ntk_status status = NTK_SUCCESS;
    for (int64_t s0 = i0, s1; status == NTK_SUCCESS && s0 < i1; s0 = s1) {
        s1 = ntki_cut(s0, NTKI_PANEL_ROWS, i1);
        const int64_t count = s1 - s0;
        status = fill_beside(job, m + s0, m + s1, m + i0, m + s0, job->second + s0 * job->ld + i0);
        if (status == NTK_SUCCESS)
            status = fill_diagonal_block(job, m + s0, m + s1);
        for (int64_t i = 0; status == NTK_SUCCESS && i < count; i++)
            ntki_copy_rows(1, i + 1, job->block + i * count, count, job->second + (s0 + i) * job->ld + s0, job->ld);
    }
    return status;
}

/* K22: K(m + i, m + j) for i in [i0, i1) and j <= i. */
static ntk_status second_panel(const packed_gram *job, int64_t i0, int64_t i1) {
    const int64_t m = job->m;
    const ntk_status status = fill_beside(job, m + i0, m + i1, m, m + i0, job->second + i0 * job->ld);
    return status != NTK_SUCCESS ? status : second_triangle(job, i0, i1);
}

/* Entries made when `first` rows of the upper half and `second` rows of the lower are done, as a part of all. */
static double fraction_of(const packed_gram *job, int64_t first, int64_t second) {
    const double n = (double)job->n, a = (double)first, b = (double)second;
    const double all = n * (n + 1) / 2, made = a * n - a * (a - 1) / 2 + b * (b + 1) / 2;
    return first == job->m && second == job->n - job->m ? 1 : made / all;
}

static ntk_status fill_panels(packed_gram *job) {
    ntk_context *const context = job->kernel->context;
    const int64_t most = job->kernel->panel_rows;
    ntk_status status = ntki_progress(context, job->function, 0, "kernel");
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t j0 = 0, j1; status == NTK_SUCCESS && j0 < job->m; j0 = j1) {
        j1 = ntki_cut(j0, most, job->m);
        status = first_panel(job, j0, j1);
        job->from = fraction_of(job, j1, 0);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, job->function, job->from, "kernel");
    }
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < job->n - job->m; i0 = i1) {
        i1 = ntki_cut(i0, most, job->n - job->m);
        status = second_panel(job, i0, i1);
        job->from = fraction_of(job, job->m, i1);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, job->function, job->from, "kernel");
    }
    if (status != NTK_SUCCESS)
        ntki_fill_with_nan(job->m, job->ld, job->k, job->ld);
    return status;
}

/* The arguments were checked. */
static ntk_status fill(ntk_kernel *kernel, const char *function, const ntki_input *input, int64_t n, double *k) {
    const int64_t even = n % 2 == 0, ld = n + even, side = ntki_smaller(NTKI_PANEL_ROWS, n);
    packed_gram job = {.kernel = kernel,
                       .function = function,
                       .n = n,
                       .m = n - n / 2,
                       .ld = ld,
                       .k = k,
                       .first = k + even,
                       .second = k + (1 - even) * ld};
    ntki_rows *rows = NULL;
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    ntk_status status = ntki_allocate_matrix(kernel->context, function, side, side, &job.block);
    if (status == NTK_SUCCESS)
        status = kernel->evaluator->prepare(kernel, function, input, &rows);
    if (status == NTK_SUCCESS)
        status = kernel->evaluator->match(kernel, function, rows, rows);
    job.rows = rows;
    if (status == NTK_SUCCESS)
        status = fill_panels(&job);
    kernel->evaluator->release(kernel, rows);
    ntki_release(kernel->context, job.block);
    return ntki_kernel_end(kernel, status);
}

ntk_status ntk_kernel_gram_packed(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, double *k) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = kernel->context;
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"};
    int64_t order = 0;
    ntk_status status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx);
    if (status == NTK_SUCCESS)
        status = ntki_kernel_order(kernel, __func__, "n", n, &order);
    if (status != NTK_SUCCESS)
        return status;
    const int64_t ld = order + (order % 2 == 0);
    const ntki_matrix out = {"k", k, order - order / 2, ld, ld, "row length"};
    if ((status = ntki_check_matrix(context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in)) != NTK_SUCCESS)
        return status;
    return fill(kernel, __func__, &(ntki_input){"x", 0, n, x, ldx}, order, k);
}
