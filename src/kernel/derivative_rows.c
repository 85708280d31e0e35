/* What each layer makes of an input alone, with derivatives: the recursion of analytic_rows.c in complex numbers. */
#include "src/kernel/derivative.h"

#define NTKI_COMPLEX 1
#define NTKI_FMA(a, b, c) ((a) * (b) + (c))
#include "lib/polynomials/exponential.h"
#include "src/kernel/real.h"

#include <math.h>

#include "lib/memory/memory.h"

NTKI_COMPLEX_ARITHMETIC

/* The vectors of one layer. */
typedef struct {
    ntki_real *rms, *next_std, *next_inverse, *mean_square, *mean_slope, *k, *theta;
    ntki_real *total_std, *total_inverse, *factor, *seen_std;
} layer_vectors;

enum { VECTORS = 11 };

static layer_vectors take_vectors(ntki_real *block, int64_t l, int64_t n) {
    ntki_real *const first = block + l * VECTORS * n;
    const layer_vectors own = {first,         first + n,     first + 2 * n, first + 3 * n, first + 4 * n, first + 5 * n,
                               first + 6 * n, first + 7 * n, first + 8 * n, first + 9 * n, first + 10 * n};
    return own;
}

/* One input's Hermite coefficients. */
typedef struct {
    const ntki_series *series;
    int64_t i;
} series_input;

static double power_of(const series_input *input, int64_t r) {
    return (double)(r < 2 ? r : input->series->first + (r - 2) * input->series->step);
}

static double coefficient_of(const series_input *input, int64_t r) {
    return input->series->coefficient[r * input->series->n + input->i];
}

/* s da_j/ds = j a_j + sqrt((j + 1)(j + 2)) a_{j+2}, since z h_j = sqrt(j + 1) h_{j+1} + sqrt(j) h_{j-1}. */
static double growth_of(const series_input *input, int64_t r) {
    const double j = power_of(input, r);
    for (int64_t next = r + 1; next <= r + 2 && next < input->series->terms; next++)
        if (power_of(input, next) == j + 2)
            return j * coefficient_of(input, r) + sqrt((j + 1) * (j + 2)) * coefficient_of(input, next);
    return j * coefficient_of(input, r);
}

/* The coefficients c_r = a_r / rms, and E[phi^2] = rms^2, E[phi'^2] = (rms / s)^2 (sum of j c_r^2 + remainder). rms
 * times the remainder's t and d counts as constant: what it stands for is within the tolerance. */
static void expand_input(const series_input *input, ntki_real std, ntki_real *coefficient, ntki_real *mean_square,
                         ntki_real *mean_slope) {
    const ntki_series *const series = input->series;
    const double s = fmax(creal(std), NTKI_SMALLEST_STD), change = cimag(std) / s; /* of log s */
    double rate = 0, bend = 0;                                                     /* d log rms / d log s */
    for (int64_t r = 0; r < series->terms; r++) {
        const double share = coefficient_of(input, r) * growth_of(input, r);
        rate += share;
        bend += power_of(input, r) * share;
    }
    for (int64_t r = 0; r < series->terms + 2; r++) {
        const double c = coefficient_of(input, r), growth = r < series->terms ? growth_of(input, r) : 0;
        coefficient[r * series->n + input->i] = ntki_complex(c, (growth - rate * c) * change);
    }
    const double value = series->value[input->i], slope = series->slope[input->i];
    *mean_square = ntki_complex(value, 2 * rate * value * change);
    *mean_slope = ntki_complex(slope, 2 * (value / s / s * bend - slope) * change);
}

static ntk_status expand(const ntki_derivative *derivative, const ntki_series *series, const ntki_real *std,
                         const layer_vectors *own, ntki_real **coefficient) {
    const ntk_status status = ntki_allocate(derivative->analytic->kernel.context, derivative->function,
                                            (series->terms + 2) * series->n, sizeof(ntki_real), coefficient);
    for (int64_t i = 0; status == NTK_SUCCESS && i < series->n; i++)
        expand_input(&(series_input){series, i}, std[i], *coefficient, &own->mean_square[i], &own->mean_slope[i]);
    return status;
}

/* S and T of the inputs with themselves after layer l, the same arithmetic as in pair_steps.h. */
static void add_layer(const ntki_layer_step_complex *step, int64_t n, const layer_vectors *own, ntki_real *k,
                      ntki_real *theta) {
    const ntki_real own_part = 1 + step->spread;
    for (int64_t i = 0; i < n; i++) {
        const ntki_real value = own->mean_square[i] * own_part, slope = own->mean_slope[i] * own_part;
        theta[i] = theta[i] * (step->weight_variance * slope) + (step->weight_tangent * value + step->bias_tangent);
        k[i] = step->weight_variance * value + step->bias_variance;
    }
}

static void close_layer(int64_t n, const ntki_real *k, ntki_real *std, ntki_real *inverse) {
    for (int64_t i = 0; i < n; i++) {
        std[i] = NTKI_SQRT(k[i]);
        inverse[i] = NTKI_BELOW(0, std[i]) ? 1 / std[i] : 0;
    }
}

/* With the skip that ends here: own->k and own->theta. What the next activation sees: seen_std, k and theta. */
static void finish_layer(const ntki_analytic_layer *layer, const layer_vectors *from, int64_t n,
                         const layer_vectors *own, ntki_real *k, ntki_real *theta) {
    for (int64_t i = 0; i < n; i++) {
        own->k[i] = k[i] + (layer->from >= 0 ? from->k[i] : 0);
        own->theta[i] = theta[i] + (layer->from >= 0 ? from->theta[i] : 0);
    }
    close_layer(n, own->k, own->total_std, own->total_inverse);
    for (int64_t i = 0; i < n; i++) {
        const ntki_real sum = own->k[i] + layer->epsilon;
        const ntki_real factor = !layer->normalise ? 1 : !NTKI_BELOW(sum, NTKI_TINY) ? 1 / NTKI_SQRT(sum) : 0;
        own->factor[i] = factor;
        own->seen_std[i] = own->total_std[i] * factor;
        k[i] = own->k[i] * (factor * factor);
        theta[i] = own->theta[i] * (factor * factor);
    }
}

static ntki_layer_side_complex make_side(const ntki_analytic_layer *layer, const ntki_real *std,
                                         const layer_vectors *own, const ntki_series *series,
                                         const ntki_real *coefficient) {
    return (ntki_layer_side_complex){.std = std,
                                     .rms = own->rms,
                                     .next_std = own->next_std,
                                     .next_inverse = own->next_inverse,
                                     .total_std = layer->from >= 0 ? own->total_std : NULL,
                                     .total_inverse = own->total_inverse,
                                     .factor = own->factor,
                                     .coefficient = coefficient,
                                     .mean_square = own->mean_square,
                                     .mean_slope = own->mean_slope,
                                     .terms = series != NULL ? series->terms : 0,
                                     .stride = series != NULL ? series->n : 0};
}

/* The relative change of an input's std: no layer's std may change by more than NTKI_STEP, since duals take squares of
 * their differences to exponents. */
static double change_of(const ntki_derivative *derivative, const ntki_analytic_rows *real, int64_t i) {
    double largest = 1;
    for (int64_t l = 0; l < derivative->analytic->kernel.depth; l++)
        largest = fmax(largest, real->side[l].next_std[i]);
    return NTKI_STEP / largest;
}

/* The first layer: from the norms, or from the std that it ends in. */
static void start(const ntki_derivative *derivative, const ntki_analytic_rows *real, ntki_direction direction,
                  const layer_vectors *own, ntki_real *k, ntki_real *theta) {
    const ntki_layer_side *const side = &real->side[0];
    const int64_t n = real->rows.n;
    for (int64_t i = 0; i < n; i++) {
        own->rms[i] = side->rms[i];
        own->mean_square[i] = side->rms[i] * side->rms[i];
        own->mean_slope[i] = 1;
        theta[i] = 0;
    }
    add_layer(&derivative->step[0], n, own, k, theta);
    close_layer(n, k, own->next_std, own->next_inverse);
    if (direction == NTKI_ALONG_STEPS)
        return;
    for (int64_t i = 0; i < n; i++) {
        const double change = direction == NTKI_ALONG_FIRST_STD ? change_of(derivative, real, i) : 0;
        const double s = side->next_std[i], inverse = side->next_inverse[i];
        own->next_std[i] = ntki_complex(s, s * change);
        own->next_inverse[i] = ntki_complex(inverse, -change * inverse);
        k[i] = ntki_complex(s * s, 2 * (s * s) * change);
    }
}

static ntk_status make_moments(const ntki_derivative *derivative, const ntki_analytic_rows *real,
                               ntki_complex_rows *rows, int64_t l, const ntki_real *std, const ntki_real *k,
                               const layer_vectors *own) {
    const ntki_analytic_layer *const layer = &derivative->analytic->layer[l];
    const int64_t n = real->rows.n;
    if (layer->form == NTKI_DUAL_SERIES) {
        const ntk_status status = expand(derivative, real->series[l], std, own, &rows->series[l]);
        if (status != NTK_SUCCESS)
            return status;
    } else {
        ntki_pair_operations_complex_baseline.diagonal[layer->activation.kind](layer->step.constants, n, std, k,
                                                                               own->mean_square, own->mean_slope);
    }
    for (int64_t i = 0; i < n; i++)
        own->rms[i] = NTKI_SQRT(own->mean_square[i]);
    return NTK_SUCCESS;
}

/* k and theta are work areas. */
static ntk_status run_layers(const ntki_derivative *derivative, const ntki_analytic_rows *real,
                             ntki_direction direction, ntki_complex_rows *rows, ntki_real *k, ntki_real *theta) {
    const int64_t n = real->rows.n;
    const ntki_real *std = NULL;
    for (int64_t l = 0; l < derivative->analytic->kernel.depth; l++) {
        const ntki_analytic_layer *const layer = &derivative->analytic->layer[l];
        const layer_vectors own = take_vectors(rows->block, l, n);
        const layer_vectors from = take_vectors(rows->block, layer->from >= 0 ? layer->from : 0, n);
        if (l == 0) {
            start(derivative, real, direction, &own, k, theta);
            std = own.rms; /* not used */
        } else {
            const ntk_status status = make_moments(derivative, real, rows, l, std, k, &own);
            if (status != NTK_SUCCESS)
                return status;
            add_layer(&derivative->step[l], n, &own, k, theta);
            close_layer(n, k, own.next_std, own.next_inverse);
        }
        finish_layer(layer, &from, n, &own, k, theta);
        rows->side[l] = make_side(layer, std, &own, real->series[l], rows->series[l]);
        std = own.seen_std;
        rows->k = own.k;
        rows->theta = own.theta;
    }
    return NTK_SUCCESS;
}

ntk_status ntki_complex_rows_create(const ntki_derivative *derivative, const ntki_analytic_rows *real,
                                    ntki_direction direction, ntki_complex_rows *out) {
    ntk_context *const context = derivative->analytic->kernel.context;
    const char *const function = derivative->function;
    const int64_t n = real->rows.n, depth = derivative->analytic->kernel.depth;
    ntki_real *work = NULL;
    ntk_status status;
    *out = (ntki_complex_rows){0};
    if ((status = ntki_allocate(context, function, depth * VECTORS, (size_t)n * sizeof(ntki_real), &out->block)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate(context, function, depth, sizeof(*out->side), &out->side)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, depth, sizeof(*out->series), &out->series)) != NTK_SUCCESS)
        return status;
    for (int64_t l = 0; l < depth; l++)
        out->series[l] = NULL;
    if ((status = ntki_allocate(context, function, 2 * n, sizeof(ntki_real), &work)) == NTK_SUCCESS)
        status = run_layers(derivative, real, direction, out, work, work + n);
    ntki_release(context, work);
    return status;
}

void ntki_complex_rows_destroy(const ntki_derivative *derivative, ntki_complex_rows *rows) {
    ntk_context *const context = derivative->analytic->kernel.context;
    for (int64_t l = 0; rows->series != NULL && l < derivative->analytic->kernel.depth; l++)
        ntki_release(context, rows->series[l]);
    ntki_release(context, rows->series);
    ntki_release(context, rows->side);
    ntki_release(context, rows->block);
    *rows = (ntki_complex_rows){0};
}
