/* What the analytic evaluator keeps of its inputs: unit rows, norms, and per layer the standard deviations. */
#include <math.h>
#include <string.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "lib/cpu/isa.h"
#include "src/kernel/analytic.h"

NTKI_STRICT_ARITHMETIC /* the first layer here and in pair_steps.h must agree to the bit */

    /* Pairwise summation: the rounding grows with the logarithm of the length. */
    static double
    sum_of_squares(const double *x, int64_t n) {
    if (n <= 32) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += x[i] * x[i];
        return sum;
    }
    const int64_t half = n / 2;
    return sum_of_squares(x, half) + sum_of_squares(x + half, n - half);
}

/* unit = x / |x| (0 for a zero row); returns |x|. The power of two keeps the squares away from overflow and underflow. */
static double normalise(const double *x, int64_t d, double *unit) {
    double largest = 0;
    for (int64_t j = 0; j < d; j++)
        largest = fabs(x[j]) > largest ? fabs(x[j]) : largest;
    if (largest == 0) {
        memset(unit, 0, (size_t)d * sizeof(double));
        return 0;
    }
    int exponent;
    (void)frexp(largest, &exponent);
    if (exponent > -400 && exponent < 400)
        exponent = 0;
    if (exponent == 0)
        memcpy(unit, x, (size_t)d * sizeof(double));
    else
        for (int64_t j = 0; j < d; j++)
            unit[j] = ldexp(x[j], -exponent);
    const double norm = sqrt(sum_of_squares(unit, d));
    for (int64_t j = 0; j < d; j++)
        unit[j] /= norm;
    return ldexp(norm, exponent);
}

typedef struct {
    const ntki_input *input;
    int64_t d;
    double *unit;
    double *norm;
} normalise_job;

enum { ROWS_PER_TASK = 32 };

static void normalise_rows(int64_t index, void *argument) {
    const normalise_job *const job = argument;
    const int64_t first = index * ROWS_PER_TASK, end = ntki_smaller(first + ROWS_PER_TASK, job->input->n);
    for (int64_t i = first; i < end; i++)
        job->norm[i] = normalise(job->input->x + i * job->input->ldx, job->d, job->unit + i * job->d);
}

enum { VECTORS_PER_LAYER = 3 }; /* next_std, next_inverse, rms; std is the previous layer's next_std */

static ntk_status allocate_rows(ntk_context *context, const char *function, int64_t n, int64_t d, int64_t depth,
                                ntki_analytic_rows **out) {
    ntki_analytic_rows *rows = NULL;
    ntk_status status = ntki_allocate(context, function, 1, sizeof(*rows), &rows);
    if (status != NTK_SUCCESS)
        return status;
    *rows = (ntki_analytic_rows){.rows = {n}};
    if ((status = ntki_allocate_matrix(context, function, n, d, &rows->unit)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, VECTORS_PER_LAYER * depth + 2, n, &rows->block)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate(context, function, depth, sizeof(ntki_layer_side), &rows->side)) != NTK_SUCCESS) {
        ntki_release(context, rows->block);
        ntki_release(context, rows->unit);
        ntki_release(context, rows);
        return status;
    }
    *out = rows;
    return NTK_SUCCESS;
}

/* Standard deviations from the covariances of the inputs with themselves. */
static void close_layer(const ntki_analytic_rows *rows, const double *k, double *next_std, double *next_inverse) {
    for (int64_t i = 0; i < rows->rows.n; i++) {
        next_std[i] = sqrt(k[i]);
        next_inverse[i] = next_std[i] > 0 ? 1 / next_std[i] : 0;
    }
}

/* Runs every input through the layers on its own: k = S(x,x), theta = T(x,x). */
static void run_layers(const ntki_analytic *analytic, ntki_analytic_rows *rows, double *k, double *theta) {
    const int64_t n = rows->rows.n;
    for (int64_t l = 0; l < analytic->depth; l++) {
        double *const vectors = rows->block + VECTORS_PER_LAYER * l * n;
        double *const next_std = vectors, *const next_inverse = vectors + n, *const rms = vectors + 2 * n;
        const ntki_layer_step step = ntki_analytic_step(analytic, l);
        const double *const std = l == 0 ? rms : rows->side[l - 1].next_std;
        if (l == 0) {
            for (int64_t i = 0; i < n; i++)
                theta[i] = k[i] = step.weight_variance * (rms[i] * rms[i]) + step.bias_variance;
        } else {
            const ntki_diagonal_step run = analytic->operations->diagonal[analytic->layer[l - 1].activation.kind];
            const ntki_layer_step plain = {1, 0, step.parameters};
            memcpy(rms, k, (size_t)n * sizeof(double));
            memset(next_inverse, 0, (size_t)n * sizeof(double));
            run(&plain, std, n, rms, next_inverse);
            for (int64_t i = 0; i < n; i++)
                rms[i] = sqrt(rms[i]);
            run(&step, std, n, k, theta);
        }
        close_layer(rows, k, next_std, next_inverse);
        rows->side[l] = (ntki_layer_side){std, rms, next_std, next_inverse};
    }
}

/* A finite diagonal bounds every entry (Cauchy-Schwarz). */
static ntk_status check_range(const ntki_analytic *analytic, const char *function, const ntki_input *input,
                              const ntki_analytic_rows *rows, const double *k, const double *theta) {
    const bool tangent = analytic->kernel.type == NTK_KERNEL_NTK;
    for (int64_t i = 0; i < rows->rows.n; i++)
        if (!isfinite(k[i]) || (tangent && !isfinite(theta[i])))
            return ntki_fail(analytic->kernel.context, NTK_ERR_RANGE, function,
                             "%s[%lld] has the norm %g: its kernel value exceeds the double range", input->name,
                             (long long)(input->first + i), rows->side[0].rms[i]);
    return NTK_SUCCESS;
}

ntk_status ntki_analytic_prepare(const ntk_kernel *kernel, const char *function, const ntki_input *input,
                                 ntki_rows **out) {
    const ntki_analytic *const analytic = (const ntki_analytic *)(const void *)kernel;
    const int64_t n = input->n, d = kernel->input_dimension;
    ntki_analytic_rows *rows = NULL;
    ntk_status status = allocate_rows(kernel->context, function, n, d, analytic->depth, &rows);
    if (status != NTK_SUCCESS)
        return status;
    rows->x = input->x;
    rows->ldx = input->ldx;
    normalise_job job = {input, d, rows->unit, rows->block + 2 * n};
    ntki_parallel_for(kernel->context, (n + ROWS_PER_TASK - 1) / ROWS_PER_TASK, normalise_rows, &job);
    double *const k = rows->block + VECTORS_PER_LAYER * analytic->depth * n, *const theta = k + n;
    run_layers(analytic, rows, k, theta);
    rows->diagonal = kernel->type == NTK_KERNEL_NTK ? theta : k;
    status = check_range(analytic, function, input, rows, k, theta);
    if (status != NTK_SUCCESS)
        ntki_analytic_release(kernel, &rows->rows);
    else
        *out = &rows->rows;
    return status;
}

void ntki_analytic_release(const ntk_kernel *kernel, ntki_rows *rows) {
    if (rows == NULL)
        return;
    ntki_analytic_rows *const own = (ntki_analytic_rows *)(void *)rows;
    ntki_release(kernel->context, own->side);
    ntki_release(kernel->context, own->block);
    ntki_release(kernel->context, own->unit);
    ntki_release(kernel->context, own);
}
