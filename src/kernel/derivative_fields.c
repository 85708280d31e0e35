/* The input gradient of a pair. After the first layer a pair is known by s = sqrt(S^1(x,x)), s' and the correlation r
 * of S^1, so with X = sw_1^2 / N_0 and S^1 = X <x,z> + sb_1^2
 *   ds/dx = X x / s,   dr/dx = (X / s) (z / s' - r x / s),
 *   dK/dx = X (dK/ds) x / s + (X / s) (dK/dr) (z / s' - r x / s).
 * Both derivatives of K come from complex steps through the layers above. For activations with kinks dK/dr grows like
 * the inverse of the angle where rows coincide or are opposite, while the vector vanishes like the angle: there it is
 * made of exact products and of 1 / s to twice the digits. Where the angle is 0 the product is left out: what is left
 * is the mean of the one-sided derivatives. */
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/kernel/derivative.h"

/* An unevaluated sum, and x y as one [Dekker71]. */
typedef struct {
    double high, low;
} pair_sum;

static double product_error(double x, double y, double product) {
    const double splitter = 134217729; /* 2^27 + 1 */
    const double cx = splitter * x, cy = splitter * y;
    const double x1 = cx - (cx - x), y1 = cy - (cy - y), x2 = x - x1, y2 = y - y1;
    return ((x1 * y1 - product) + x1 * y2 + x2 * y1) + x2 * y2;
}

static pair_sum product_of(double x, double y) { return (pair_sum){x * y, product_error(x, y, x * y)}; }

static pair_sum sum_of(pair_sum a, pair_sum b) {
    const double sum = a.high + b.high, part = sum - a.high;
    const double rest = (a.high - (sum - part)) + (b.high - part) + (a.low + b.low);
    const double high = sum + rest;
    return (pair_sum){high, rest - (high - sum)};
}

/* 1 / sqrt(X |x|^2 + b). */
static pair_sum inverse_std(const ntki_layer_step *step, int64_t d, const double *x) {
    pair_sum square = {0, 0};
    for (int64_t e = 0; e < d; e++)
        square = sum_of(square, product_of(x[e], x[e]));
    const pair_sum scaled = {step->weight_variance * square.high,
                             product_error(step->weight_variance, square.high, step->weight_variance * square.high) +
                                 step->weight_variance * square.low};
    const pair_sum q = sum_of(scaled, (pair_sum){step->bias_variance, 0});
    const double s = sqrt(q.high), inverse = 1 / s;
    const double low = ((q.high - s * s) - product_error(s, s, s * s) + q.low) / (2 * s);
    const double rest = (1 - inverse * s) - product_error(inverse, s, inverse * s) - inverse * low;
    return (pair_sum){inverse, inverse * rest};
}

/* Beyond these norms squares would leave the range, and one double must do. */
static pair_sum safe_inverse_std(const ntki_analytic_rows *real, const ntki_layer_step *step, int64_t d, int64_t i) {
    const double s = real->side[0].next_std[i], norm = real->side[0].rms[i];
    if (s == 0)
        return (pair_sum){0, 0};
    const bool safe = (norm == 0 || (norm > 1e-120 && norm < 1e120)) && s > 1e-120 && s < 1e120;
    return safe ? inverse_std(step, d, real->x + i * real->ldx) : (pair_sum){1 / s, 0};
}

ntk_status ntki_lifted_rows_create(const ntki_derivative *derivative, const ntki_analytic_rows *real,
                                   ntki_lifted_rows *out) {
    const ntk_kernel *const kernel = &derivative->analytic->kernel;
    const ntki_layer_side *const side = &real->side[0];
    const int64_t n = real->rows.n, d = kernel->input_dimension;
    const double length = NTKI_SMALLEST_FIRST_STD / sqrt(derivative->analytic->layer[0].step.weight_variance);
    int64_t first = 0;
    *out = (ntki_lifted_rows){NULL, NULL};
    while (first < n && side->next_std[first] >= NTKI_SMALLEST_FIRST_STD)
        first++;
    if (first == n)
        return NTK_SUCCESS;
    ntk_status status = ntki_allocate_matrix(kernel->context, derivative->function, n, d, &out->x);
    if (status == NTK_SUCCESS)
        status = ntki_allocate(kernel->context, derivative->function, n, sizeof(bool), &out->zero);
    for (int64_t i = 0; status == NTK_SUCCESS && i < n; i++) {
        const bool lifted = side->next_std[i] < NTKI_SMALLEST_FIRST_STD;
        out->zero[i] = lifted && side->rms[i] == 0;
        for (int64_t e = 0; e < d; e++)
            out->x[i * d + e] = lifted ? length * real->unit[i * d + e] : real->x[i * real->ldx + e];
        if (out->zero[i])
            out->x[i * d] = length;
    }
    return status;
}

void ntki_lifted_rows_destroy(const ntki_derivative *derivative, ntki_lifted_rows *rows) {
    ntki_release(derivative->analytic->kernel.context, rows->zero);
    ntki_release(derivative->analytic->kernel.context, rows->x);
}

ntk_status ntki_gradient_rows_create(const ntki_derivative *derivative, const ntki_analytic_rows *real, bool along,
                                     const bool *zero, ntki_gradient_rows *out) {
    const ntki_analytic *const analytic = derivative->analytic;
    const int64_t n = real->rows.n;
    *out = (ntki_gradient_rows){.real = real, .zero = zero};
    ntk_status status = ntki_complex_rows_create(derivative, real, NTKI_ALONG_NOTHING, &out->plain);
    if (status == NTK_SUCCESS && along)
        status = ntki_complex_rows_create(derivative, real, NTKI_ALONG_FIRST_STD, &out->along);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(analytic->kernel.context, derivative->function, 2, n, &out->inverse);
    for (int64_t i = 0; status == NTK_SUCCESS && i < n; i++) {
        const pair_sum inverse = safe_inverse_std(real, &analytic->layer[0].step, analytic->kernel.input_dimension, i);
        out->inverse[i] = inverse.high;
        out->inverse[n + i] = inverse.low;
    }
    return status;
}

void ntki_gradient_rows_destroy(const ntki_derivative *derivative, ntki_gradient_rows *rows) {
    ntki_release(derivative->analytic->kernel.context, rows->inverse);
    ntki_complex_rows_destroy(derivative, &rows->along);
    ntki_complex_rows_destroy(derivative, &rows->plain);
}

void ntki_gradient_turn(const ntki_gradient_rows *a, const ntki_gradient_rows *b, int64_t i, int64_t j, double side,
                        int64_t e0, int64_t count, double *out) {
    const double *const x = a->real->x + i * a->real->ldx + e0, *const z = b->real->x + j * b->real->ldx + e0;
    const double own = side * a->inverse[i], own_low = side * a->inverse[a->real->rows.n + i];
    const double other = b->inverse[j], other_low = b->inverse[b->real->rows.n + j];
    for (int64_t e = 0; e < count; e++) {
        const double p = z[e] * other, q = x[e] * own;
        const double error = product_error(z[e], other, p) - product_error(x[e], own, q);
        out[e] = (p - q) + (error + (z[e] * other_low - x[e] * own_low));
    }
}

/* The chunk in real numbers after the first layer. A row of zeros has no direction: it counts as orthogonal to all. */
typedef struct {
    double near[NTKI_COMPLEX_CHUNK], side[NTKI_COMPLEX_CHUNK], theta[NTKI_COMPLEX_CHUNK];
} first_layer;

static bool has_no_direction(const ntki_gradient_rows *rows, int64_t i) {
    return rows->real->side[0].next_std[i] == 0 || (rows->zero != NULL && rows->zero[i]);
}

static void run_first_layer(const ntki_derivative *derivative, const ntki_gradient_rows *a, const ntki_gradient_rows *b,
                            int64_t i, int64_t j0, int64_t count, const double *cosine, first_layer *first) {
    const ntki_analytic *const analytic = derivative->analytic;
    double k[NTKI_COMPLEX_CHUNK];
    memcpy(k, cosine, (size_t)count * sizeof(double));
    memset(first->theta, 0, (size_t)count * sizeof(double));
    const ntki_chunk chunk = {.analytic = analytic,
                              .a = a->real,
                              .b = b->real,
                              .i = i,
                              .j0 = j0,
                              .count = count,
                              .k = k,
                              .near = first->near};
    (void)ntki_chunk_compare(&chunk);
    analytic->operations->first(&analytic->layer[0].step, &a->real->side[0], i, &b->real->side[0], j0, count, k,
                                first->near, first->theta);
    for (int64_t j = 0; j < count; j++) {
        if (has_no_direction(a, i) || has_no_direction(b, j0 + j) || first->near[j] > 1)
            first->near[j] = 1; /* rounding may exceed it */
        else if (first->near[j] < NTKI_SMALLEST_NEAR)
            first->near[j] = NTKI_SMALLEST_NEAR;
        first->side[j] = k[j] < 0 && first->near[j] < 1 ? -1 : 1;
    }
}

static double _Complex complex_of(double re, double im) {
    const double parts[2] = {re, im};
    double _Complex z;
    memcpy(&z, parts, sizeof(z));
    return z;
}

/* dK/d log s (where the rows a change along s) or near dK/dr of the chunk, for r = side (1 - near). */
static void run_layers(const ntki_derivative *derivative, const ntki_complex_rows *a, const ntki_complex_rows *b,
                       int64_t i, int64_t j0, int64_t count, const first_layer *first, double *out) {
    const ntki_analytic *const analytic = derivative->analytic;
    const ntki_layer_step *const step = &analytic->layer[0].step;
    const bool tangent = analytic->kernel.type == NTK_KERNEL_NTK;
    const double rate = step->weight_tangent / step->weight_variance;
    const double s = creal(a->side[0].next_std[i]), along = cimag(a->side[0].next_std[i]) / s;
    const double change = along > 0 ? along : NTKI_STEP;
    double _Complex k[NTKI_COMPLEX_CHUNK], near[NTKI_COMPLEX_CHUNK], theta[NTKI_COMPLEX_CHUNK];
    ntki_complex_slots slot;
    for (int64_t j = 0; j < count; j++) {
        const double product = s * creal(b->side[0].next_std[j0 + j]), side = first->side[j];
        const double rho = side * (1 - first->near[j]),
                     turn = along > 0 || first->near[j] <= NTKI_SMALLEST_NEAR ? 0 : change * first->near[j];
        k[j] = complex_of(rho * product, (along > 0 ? along * rho : turn) * product);
        near[j] = complex_of(first->near[j], -side * turn);
        theta[j] = complex_of(first->theta[j], rate * cimag(k[j]));
    }
    ntki_complex_from_first_layer(&(ntki_complex_chunk){.derivative = derivative,
                                                        .a = a,
                                                        .b = b,
                                                        .i = i,
                                                        .j0 = j0,
                                                        .count = count,
                                                        .k = k,
                                                        .near = near,
                                                        .theta = tangent ? theta : NULL,
                                                        .slot = slot});
    for (int64_t j = 0; j < count; j++)
        out[j] = cimag(tangent ? theta[j] : k[j]) / change;
}

/* At a row of zeros a kernel that depends on the direction only (dK/dr does not vanish with s) has no gradient. */
static bool has_gradient(const ntki_gradient_rows *a, const ntki_gradient_rows *b, int64_t i, int64_t j,
                         double turning) {
    return a->zero == NULL || !a->zero[i] || fabs(turning) <= 1e-50 * b->real->root[j];
}

void ntki_gradient_fields_of(const ntki_derivative *derivative, const ntki_gradient_rows *a,
                             const ntki_gradient_rows *b, int64_t i, int64_t j0, int64_t count, const double *cosine,
                             ntki_gradient_fields *fields) {
    const double weight = derivative->analytic->layer[0].step.weight_variance;
    const double s = a->real->side[0].next_std[i], inverse = has_no_direction(a, i) ? 0 : a->inverse[i];
    double along[NTKI_COMPLEX_CHUNK], turning[NTKI_COMPLEX_CHUNK];
    first_layer first;
    run_first_layer(derivative, a, b, i, j0, count, cosine, &first);
    run_layers(derivative, &a->along, &b->plain, i, j0, count, &first, along);
    run_layers(derivative, &a->plain, &b->plain, i, j0, count, &first, turning);
    for (int64_t j = 0; j < count; j++) {
        const double near = first.near[j], side = first.side[j];
        const double radial = along[j] / s * weight * inverse;
        const double slope = turning[j] / near;
        const double turn = has_gradient(a, b, i, j0 + j, slope) ? slope / s * weight : 0;
        const bool close = near < NTKI_NEAR_THRESHOLD;
        fields->own[j] = radial + (close ? side * near : -side * (1 - near)) * (turn * inverse);
        fields->other[j] = close ? 0 : turn * b->inverse[j0 + j];
        fields->turn[j] = close ? turn : 0;
        fields->side[j] = side;
    }
}
