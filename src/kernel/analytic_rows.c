/* What the analytic evaluator keeps of its inputs: unit rows, norms, and per layer the standard deviations. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
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

/* next_std, next_inverse, rms, mean_square, mean_slope, k, theta; with a skip or a normalisation also total_std,
 * total_inverse, factor, and the std that the activation sees. */
enum { VECTORS = 7, MORE_VECTORS = 4 };

static bool wants_more(const ntki_analytic_layer *layer) { return layer->from >= 0 || layer->normalise; }

static ntk_status allocate_rows(const ntki_analytic *analytic, const char *function, int64_t n,
                                ntki_analytic_rows **out) {
    ntk_context *const context = analytic->kernel.context;
    const int64_t depth = analytic->kernel.depth;
    ntki_analytic_rows *rows = NULL;
    ntk_status status = ntki_allocate(context, function, 1, sizeof(*rows), &rows);
    if (status != NTK_SUCCESS)
        return status;
    *rows = (ntki_analytic_rows){.rows = {n}};
    int64_t vectors = 1; /* root */
    for (int64_t l = 0; l < depth; l++)
        vectors += VECTORS + (wants_more(&analytic->layer[l]) ? MORE_VECTORS : 0);
    if ((status = ntki_allocate_matrix(context, function, n, analytic->kernel.input_dimension, &rows->unit)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, vectors, n, &rows->block)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, depth, sizeof(ntki_layer_side), &rows->side)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, depth, sizeof(double *), &rows->k)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, depth, sizeof(double *), &rows->theta)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, depth, sizeof(ntki_series *), &rows->series)) != NTK_SUCCESS) {
        ntki_analytic_release(&analytic->kernel, &rows->rows);
        return status;
    }
    for (int64_t l = 0; l < depth; l++)
        rows->series[l] = NULL;
    *out = rows;
    return NTK_SUCCESS;
}

/* Where the vectors of one layer are; those of MORE_VECTORS are NULL where there are none. */
typedef struct {
    double *next_std, *next_inverse, *rms, *mean_square, *mean_slope, *k, *theta;
    double *total_std, *total_inverse, *factor, *seen_std;
} layer_vectors;

static layer_vectors take_vectors(const ntki_analytic_layer *layer, int64_t n, double **next) {
    double *const first = *next;
    layer_vectors own = {.next_std = first,
                         .next_inverse = first + n,
                         .rms = first + 2 * n,
                         .mean_square = first + 3 * n,
                         .mean_slope = first + 4 * n,
                         .k = first + 5 * n,
                         .theta = first + 6 * n};
    *next = first + VECTORS * n;
    if (!wants_more(layer))
        return own;
    double *const more = *next;
    own.total_std = more;
    own.total_inverse = more + n;
    own.factor = more + 2 * n;
    own.seen_std = more + 3 * n;
    *next = more + MORE_VECTORS * n;
    return own;
}

/* Standard deviations from the covariances of the inputs with themselves. A subnormal covariance has no digits to divide
 * by, and counts as 0. */
static void close_layer(int64_t n, const double *k, double *std, double *inverse) {
    for (int64_t i = 0; i < n; i++) {
        std[i] = sqrt(k[i]);
        inverse[i] = k[i] >= DBL_MIN ? 1 / std[i] : 0;
    }
}

static ntk_status call_dual(const ntki_analytic *analytic, const char *function, int64_t l, int64_t n,
                            const double *std, double *q, double *value, double *slope) {
    const ntki_activation *const activation = &analytic->layer[l].activation;
    for (int64_t i = 0; i < n; i++)
        q[i] = std[i] * std[i];
    if (activation->dual(activation->user, n, q, q, q, value, slope) != 0)
        return ntki_fail(analytic->kernel.context, NTK_ERR_CALLBACK, function,
                         "the caller's duals of layer %lld reported failure", (long long)l);
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(value[i]) || !isfinite(slope[i]) || value[i] < 0 || slope[i] < 0)
            return ntki_fail(analytic->kernel.context, NTK_ERR_NOT_FINITE, function,
                             "the caller's duals of layer %lld gave %g and %g for q = q' = k = %g", (long long)l,
                             value[i], slope[i], q[i]);
    return NTK_SUCCESS;
}

/* E[phi(u)^2] and E[phi'(u)^2] of every input. k is what the pairs' loops hold for an input with itself; the vectors that
 * a later step fills serve as work areas. */
static ntk_status make_moments(const ntki_analytic *analytic, const char *function, ntki_analytic_rows *rows, int64_t l,
                               const double *std, const double *k, const layer_vectors *own) {
    const ntki_analytic_layer *const layer = &analytic->layer[l];
    const int64_t n = rows->rows.n;
    if (layer->form == NTKI_DUAL_CLOSED) {
        layer->diagonal(layer->step.constants, n, std, k, own->mean_square, own->mean_slope);
        return NTK_SUCCESS;
    }
    if (layer->form == NTKI_DUAL_CALLER)
        return call_dual(analytic, function, l, n, std, own->next_std, own->mean_square, own->mean_slope);
    const ntk_status status =
        ntki_series_create(analytic->kernel.context, function, &layer->activation, l, analytic->kernel.tolerance,
                           analytic->kernel.call_tangent, analytic->kernel.most_terms, n, std, &rows->series[l]);
    if (status != NTK_SUCCESS)
        return status;
    memcpy(own->mean_square, rows->series[l]->value, (size_t)n * sizeof(double));
    memcpy(own->mean_slope, rows->series[l]->slope, (size_t)n * sizeof(double));
    return NTK_SUCCESS;
}

/* Adds the earlier layer's values (a skip), normalises, and leaves in seen_std what the next activation sees. */
static void finish_layer(const ntki_analytic_layer *layer, const ntki_analytic_rows *rows, int64_t n,
                         const layer_vectors *own, double *k, double *theta) {
    if (layer->from >= 0)
        for (int64_t i = 0; i < n; i++) {
            k[i] += rows->k[layer->from][i];
            theta[i] += rows->theta[layer->from][i];
        }
    memcpy(own->k, k, (size_t)n * sizeof(double));
    memcpy(own->theta, theta, (size_t)n * sizeof(double));
    if (!wants_more(layer))
        return;
    close_layer(n, k, own->total_std, own->total_inverse);
    for (int64_t i = 0; i < n; i++) {
        const double sum = k[i] + layer->epsilon;
        own->factor[i] = !layer->normalise ? 1 : sum >= DBL_MIN ? 1 / sqrt(sum) : 0; /* its square must be finite */
        own->seen_std[i] = own->total_std[i] * own->factor[i];
    }
    for (int64_t i = 0; layer->normalise && i < n; i++) {
        const double square = own->factor[i] * own->factor[i];
        k[i] = k[i] * square;
        theta[i] = theta[i] * square;
    }
}

/* The same arithmetic as in pair_steps.h. */
static void add_layer(const ntki_layer_step *step, int64_t n, const double *std, const layer_vectors *own, double *k,
                      double *theta) {
    const double own_part = 1 + step->spread;
    for (int64_t i = 0; i < n; i++) {
        const bool none = !(std[i] > 0) && own->mean_square[i] < NTKI_LEAST_RMS * NTKI_LEAST_RMS;
        const double value = none ? 0 : own->mean_square[i] * own_part, slope = own->mean_slope[i] * own_part;
        own->rms[i] = sqrt(own->mean_square[i]);
        theta[i] = theta[i] * (step->weight_variance * slope) + (step->weight_tangent * value + step->bias_tangent);
        k[i] = step->weight_variance * value + step->bias_variance;
    }
}

static ntki_layer_side make_side(const ntki_analytic_layer *layer, const double *std, const layer_vectors *own,
                                 const ntki_series *series) {
    ntki_layer_side side = {.std = std,
                            .rms = own->rms,
                            .next_std = own->next_std,
                            .next_inverse = own->next_inverse,
                            .total_std = own->total_std,
                            .total_inverse = own->total_inverse,
                            .factor = own->factor,
                            .mean_square = own->mean_square,
                            .mean_slope = own->mean_slope};
    if (layer->form == NTKI_DUAL_SERIES && series != NULL) {
        side.coefficient = series->coefficient;
        side.terms = series->terms;
        side.stride = series->n;
    }
    return side;
}

/* Runs every input through the layers on its own. norm has the norms; k and theta are work areas. */
static ntk_status run_layers(const ntki_analytic *analytic, const char *function, ntki_analytic_rows *rows,
                             const double *norm, double *next, double *k, double *theta) {
    const int64_t n = rows->rows.n;
    const double *std = norm;
    for (int64_t l = 0; l < analytic->kernel.depth; l++) {
        const ntki_analytic_layer *const layer = &analytic->layer[l];
        const layer_vectors own = take_vectors(layer, n, &next);
        ntk_status status = NTK_SUCCESS;
        if (l == 0)
            for (int64_t i = 0; i < n; i++) {
                own.mean_square[i] = norm[i] * norm[i];
                own.mean_slope[i] = 1;
                theta[i] = 0;
            }
        else
            status = make_moments(analytic, function, rows, l, std, k, &own);
        if (status != NTK_SUCCESS)
            return status;
        add_layer(&layer->step, n, std, &own, k, theta);
        if (l == 0)
            memcpy(own.rms, norm, (size_t)n * sizeof(double));
        close_layer(n, k, own.next_std, own.next_inverse);
        rows->k[l] = own.k;
        rows->theta[l] = own.theta;
        finish_layer(layer, rows, n, &own, k, theta);
        rows->side[l] = make_side(layer, std, &own, rows->series[l]);
        std = wants_more(layer) ? own.seen_std : own.next_std;
    }
    return NTK_SUCCESS;
}

/* A finite diagonal bounds every entry (Cauchy-Schwarz); the sums on the way to one stay below 8 times that. */
static ntk_status check_range(const ntki_analytic *analytic, const char *function, const ntki_input *input,
                              const ntki_analytic_rows *rows) {
    for (int64_t l = 0; l < analytic->kernel.depth; l++)
        for (int64_t i = 0; i < rows->rows.n; i++)
            if (!(rows->k[l][i] <= DBL_MAX / 8) ||
                (analytic->kernel.call_tangent && !(rows->theta[l][i] <= DBL_MAX / 8)))
                return ntki_fail(analytic->kernel.context, NTK_ERR_RANGE, function,
                                 "%s[%lld] has the norm %g: its kernel value exceeds the double range in layer %lld",
                                 input->name, (long long)(input->first + i), rows->side[0].rms[i], (long long)(l + 1));
    return NTK_SUCCESS;
}

ntk_status ntki_analytic_prepare(ntk_kernel *kernel, const char *function, const ntki_input *input, ntki_rows **out) {
    const ntki_analytic *const analytic = ntki_analytic_of(kernel);
    const int64_t n = input->n, d = kernel->input_dimension;
    ntki_analytic_rows *rows = NULL;
    double *work = NULL; /* norms, k, theta */
    ntk_status status = allocate_rows(analytic, function, n, &rows);
    if (status != NTK_SUCCESS)
        return status;
    rows->x = input->x;
    rows->ldx = input->ldx;
    if ((status = ntki_allocate_matrix(kernel->context, function, 3, n, &work)) == NTK_SUCCESS) {
        normalise_job job = {input, d, rows->unit, work};
        ntki_parallel_for(kernel->context, (n + ROWS_PER_TASK - 1) / ROWS_PER_TASK, normalise_rows, &job);
        rows->root = rows->block;
        status = run_layers(analytic, function, rows, work, rows->block + n, work + n, work + 2 * n);
    }
    if (status == NTK_SUCCESS) {
        rows->side[0].std = rows->side[0].rms;
        rows->diagonal = (kernel->type == NTK_KERNEL_NTK ? rows->theta : rows->k)[kernel->depth - 1];
        for (int64_t i = 0; i < n; i++)
            rows->root[i] = sqrt(rows->diagonal[i]);
        status = check_range(analytic, function, input, rows);
    }
    ntki_release(kernel->context, work);
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
    for (int64_t l = 0; own->series != NULL && l < kernel->depth; l++)
        ntki_series_destroy(kernel->context, own->series[l]);
    ntki_release(kernel->context, own->series);
    ntki_release(kernel->context, own->theta);
    ntki_release(kernel->context, own->k);
    ntki_release(kernel->context, own->side);
    ntki_release(kernel->context, own->block);
    ntki_release(kernel->context, own->work);
    ntki_release(kernel->context, own->packed);
    ntki_release(kernel->context, own->unit);
    ntki_release(kernel->context, own);
}
