/* The l-infinity robustness certificate of a kernel machine f(z) = sum_i a_i K(z,x_i) + b, for one hidden layer of
 * ReLU units without biases [Chen21, section 5]. With u the cosine of z and x,
 *   K(z,x) = |z| |x| h(u) / 2 pi,   h(u) = p u (pi - arccos u) + q sqrt(1 - u^2),   p >= q >= 0,
 * where p = 2 / d and q = 1 / d for unit standard deviations. On [-1,1] h falls to its least value and rises after
 * it, so that an interval of u gives one of h, and with one of |z'| one of K. docs/theory/certificate.md derives the
 * intervals. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <ntk/svm.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "src/kernel/analytic.h"

#define NTKI_FMA(a, b, c) ((a) * (b) + (c))
#include "lib/polynomials/inverse_trigonometric.h"

#define PI 3.14159265358979323846

/* BLOCK points share one matrix product; CHUNK samples one sum, which keeps the rounding of a long sum small. */
enum { BLOCK = 64, CHUNK = 256, MOST_STEPS = 4000 };
#define ACCURACY 1e-6 /* of a radius */
#define LEAST_LENGTH 1e-140
#define MOST_LENGTH 1e150

/* h, its least value and where that is; without the common factor 1 / 2 pi. */
typedef struct {
    double p, q, least, least_at;
} shape;

/* The samples with a part in f: a_i and x_i not 0. */
typedef struct {
    const char *function;
    ntk_context *context;
    int64_t d, n, count;
    int32_t bounds;
    shape h;
    double b;
    double total;      /* sum of |weight| */
    bool rises, falls; /* some weight is positive (negative) */
    int64_t *index;    /* which sample */
    double *inverse;   /* 1 / |x_i|_2 */
    double *stretch;   /* how much of r <z',x_i> / |x_i|_2 can move: sqrt(d), or |x_i|_1 / |x_i|_2 */
    double *weight;    /* a_i |x_i|_2 / 2 pi */
    double slack;      /* the rounding of an inner product, relative to the norms */
    double sum_slack;  /* that of the sum of all bounds, relative to the sum of their sizes */
} machine;

typedef struct {
    const machine *of;
    const double *z;   /* d */
    const double *dot; /* n: <z,x_i> */
    double norm;       /* |z| */
} point;

/* ---- h ---- */

NTKI_INLINE double h_value(const shape *h, double u) {
    const double m = 1 - fabs(u), root = sqrt(m), angle = root * ntki_polynomial_p(m); /* arccos(|u|) / pi */
    const double rest = u < 0 ? angle : 1 - angle;                                     /* 1 - arccos(u) / pi */
    return h->p * PI * u * rest + h->q * root * sqrt(2 - m);
}

/* With u = -cos s, h' = p s - (p - q) cot s: zero where s tan s = 1 - q/p, between 0 and 1. The left side is convex,
 * so that Newton's method from the right goes down to it. */
static void find_least(shape *h) {
    const double target = h->p > 0 ? 1 - h->q / h->p : 0;
    double s = 0.9;
    for (int i = 0; i < 60 && target > 0; i++) {
        const double cosine = cos(s);
        s -= (s * tan(s) - target) / (tan(s) + s / (cosine * cosine));
    }
    h->least_at = target > 0 ? -cos(s) : -1;
    h->least = target > 0 ? h_value(h, h->least_at) : 0;
}

/* ---- bounds in a ball ---- */

typedef struct {
    double low, high;
} interval;

/* |z'| for z' in the ball of radius r. */
static interval norm_interval(const point *at, double r) {
    const machine *const of = at->of;
    const double wide = of->slack;
    if (of->bounds == NTK_CERTIFICATE_EUCLIDEAN) {
        const double reach = sqrt((double)of->d) * r;
        return (interval){fmax(0, at->norm * (1 - wide) - reach * (1 + wide)), (at->norm + reach) * (1 + wide)};
    }
    double low = 0, high = 0;
    for (int64_t j = 0; j < of->d; j++) {
        const double size = fabs(at->z[j]), inner = fmax(0, size - r), outer = size + r;
        low += inner * inner;
        high += outer * outer;
    }
    return (interval){sqrt(low) * (1 - wide), sqrt(high) * (1 + wide)};
}

/* 1 / norm, for products that are 0 anyway where the norm is 0. */
static double inverse(double norm) { return norm > 0 ? 1 / norm : 0; }

/* Bounds of u for `count` projections <z,x> / |x|, each of which <z',x> / |x| leaves by `reach` at most. The norm
 * that takes the quotient further out is the shorter one outwards of 0, the longer one else. Straight code, for
 * vectors. */
static void cosine_intervals(int64_t count, const double *projection, const double *reach, interval norm, double *low,
                             double *high) {
    const double shorter = norm.low > 0 ? 1 / norm.low : INFINITY, longer = inverse(norm.high);
    for (int64_t k = 0; k < count; k++) {
        const double bottom = projection[k] - reach[k], top = projection[k] + reach[k];
        const double from = bottom * (bottom < 0 ? shorter : longer), to = top * (top > 0 ? shorter : longer);
        const double above = from > -1 ? from : -1, below = to < 1 ? to : 1;
        low[k] = above < 1 ? above : 1;
        high[k] = below > -1 ? below : -1;
    }
}

static void values_of_h(const shape *h, int64_t count, double *u) {
    const shape own = *h;
    for (int64_t k = 0; k < count; k++)
        u[k] = h_value(&own, u[k]);
}

/* The sum of the least values of weight K for u in [low,high] and |z'| in `norm`; low and high become values of h. */
static double least_sum(const shape *h, int64_t count, const double *weight, double sign, interval norm, double *low,
                        double *high) {
    bool passes[CHUNK];
    double sum = 0;
    for (int64_t k = 0; k < count; k++)
        passes[k] = low[k] <= h->least_at && high[k] >= h->least_at;
    values_of_h(h, count, low);
    values_of_h(h, count, high);
    for (int64_t k = 0; k < count; k++) {
        const double w = sign * weight[k], most = low[k] > high[k] ? low[k] : high[k];
        const double least = passes[k] ? h->least : low[k] < high[k] ? low[k] : high[k];
        const double product = w * (w > 0 ? least : most);
        sum += product * (product > 0 ? norm.low : norm.high); /* least with the shorter norm where it is positive */
    }
    return sum;
}

/* A number below sign f(z') for all z' in the ball of radius r; not a number, or -infinity, where it overflows. */
static double lower_bound(const point *at, double sign, double r) {
    const machine *const of = at->of;
    const interval norm = norm_interval(at, r);
    const double root = sqrt((double)of->d), rounding = (at->norm + r * root) * of->slack;
    double sum = 0;
    for (int64_t begin = 0; begin < of->count; begin += CHUNK) {
        const int64_t count = begin + CHUNK < of->count ? CHUNK : of->count - begin;
        double projection[CHUNK], reach[CHUNK], low[CHUNK], high[CHUNK];
        for (int64_t k = 0; k < count; k++) {
            projection[k] = at->dot[of->index[begin + k]] * of->inverse[begin + k];
            reach[k] = r * of->stretch[begin + k] + rounding;
        }
        cosine_intervals(count, projection, reach, norm, low, high);
        sum += least_sum(&of->h, count, of->weight + begin, sign, norm, low, high);
    }
    const double size = of->total * norm.high * of->h.p * PI + fabs(of->b);
    return sum + sign * of->b - of->sum_slack * size;
}

/* ---- the largest radius ---- */

/* No radius is too large: nothing pulls f towards the other side, at whatever norm. */
static bool unbounded(const machine *of, double sign) {
    const bool against = sign > 0 ? of->falls : of->rises, with = sign > 0 ? of->rises : of->falls;
    return sign * of->b > 0 && !(against && of->h.p > 0) && !(with && of->h.least < 0);
}

/* Where the bound is looked at next in (low, high): by the secant, or, each third time, in the middle on a logarithmic
 * scale. */
static double next_radius(double low, double value, double high, double value_high, int step) {
    const double middle = low > 0 ? sqrt(low) * sqrt(high) : high / 1024;
    const double secant = low + (high - low) * (value / (value - value_high));
    return step % 3 != 2 && secant > low && secant < high ? secant : middle;
}

/* The bound is positive at 0, falls with r, and is not positive at `high`. */
static double narrow(const point *at, double sign, double value, double high, double value_high) {
    double low = 0;
    int side = 0;
    for (int step = 0; high - low > ACCURACY * high && high > DBL_MIN && step < MOST_STEPS; step++) {
        const double r = next_radius(low, value, high, value_high, step);
        const double bound = r > low && r < high ? lower_bound(at, sign, r) : NAN;
        if (!(r > low && r < high))
            break;
        if (bound > 0) { /* Illinois: an end that stays twice counts half, so that both ends move */
            low = r;
            value = bound;
            value_high = side == 1 ? value_high / 2 : value_high;
            side = 1;
        } else {
            high = r;
            value_high = bound;
            value = side == -1 ? value / 2 : value;
            side = -1;
        }
    }
    return low;
}

static double largest_radius(const point *at) {
    double sign = 1, value = lower_bound(at, 1, 0);
    if (!(value > 0)) {
        sign = -1;
        value = lower_bound(at, -1, 0);
    }
    if (!(value > 0))
        return 0;
    if (unbounded(at->of, sign))
        return INFINITY;
    double high = at->norm > 0 ? at->norm / sqrt((double)at->of->d) : 1, bound = lower_bound(at, sign, high);
    while (bound > 0 && high < DBL_MAX / 2) {
        high *= 2;
        bound = lower_bound(at, sign, high);
    }
    return narrow(at, sign, value, high, bound);
}

/* ---- all points ---- */

/* What the kernel is made of; NTK_ERR_UNSUPPORTED where it is another one. */
static ntk_status find_shape(const ntk_kernel *kernel, const char *function, shape *h) {
    ntk_status status = ntki_kernel_require_layers(kernel, function, "certificate");
    if (status != NTK_SUCCESS)
        return status;
    const ntki_analytic *const analytic = ntki_analytic_of(kernel);
    const ntki_layer_step *const first = &analytic->layer[0].step;
    const char *what = NULL;
    if (kernel->depth != 2)
        what = "its network has not one hidden layer";
    else if (analytic->layer[1].activation.kind != NTK_ACTIVATION_RELU)
        what = "its activation is not ReLU";
    else if (analytic->layer[0].normalise || analytic->dropout || analytic->layer[1].from >= 0)
        what = "its network has a normalisation, dropout or a skip";
    else if (first->bias_variance > 0 || analytic->layer[1].step.bias_variance > 0 || first->bias_tangent > 0 ||
             analytic->layer[1].step.bias_tangent > 0)
        what = "its network has biases";
    if (what != NULL)
        return ntki_fail(kernel->context, NTK_ERR_UNSUPPORTED, function,
                         "the certificate is for one hidden layer of ReLU units without biases; kernel: %s", what);
    const ntki_layer_step *const second = &analytic->layer[1].step;
    const bool tangent = kernel->type == NTK_KERNEL_NTK;
    h->q = (tangent ? second->weight_tangent : second->weight_variance) * first->weight_variance;
    h->p = h->q + (tangent ? first->weight_tangent * second->weight_variance : 0);
    find_least(h);
    return NTK_SUCCESS;
}

static double length(int64_t d, const double *row, double *ones) {
    double squares = 0;
    *ones = 0;
    for (int64_t j = 0; j < d; j++) {
        squares += row[j] * row[j];
        *ones += fabs(row[j]);
    }
    return sqrt(squares);
}

/* Squares, and products with rows of the other matrix, stay far from both ends of the range. */
static ntk_status check_length(const machine *of, const char *name, int64_t i, double norm, double ones) {
    if (ones == 0 || (norm >= LEAST_LENGTH && norm < MOST_LENGTH))
        return NTK_SUCCESS;
    return ntki_fail(of->context, NTK_ERR_RANGE, of->function,
                     "row %lld of %s has the length %g; it must be 0, or from %g to %g", (long long)i, name, norm,
                     LEAST_LENGTH, MOST_LENGTH);
}

static ntk_status gather(machine *of, const double *x, int64_t ldx, const double *a) {
    for (int64_t i = 0; i < of->n; i++) {
        double ones, norm = length(of->d, x + i * ldx, &ones);
        if (a[i] == 0 || ones == 0)
            continue;
        const double weight = a[i] / (2 * PI) * norm;
        const ntk_status status = check_length(of, "x", i, norm, ones);
        if (status != NTK_SUCCESS)
            return status;
        if (!isfinite(weight * of->h.p))
            return ntki_fail(of->context, NTK_ERR_RANGE, of->function,
                             "row %lld of x, times its coefficient, overflows", (long long)i);
        of->index[of->count] = i;
        of->inverse[of->count] = 1 / norm;
        of->stretch[of->count] =
            (of->bounds == NTK_CERTIFICATE_BOX ? ones / norm : sqrt((double)of->d)) * (1 + of->slack);
        of->weight[of->count++] = weight;
        of->total += fabs(weight);
        of->rises = of->rises || weight > 0;
        of->falls = of->falls || weight < 0;
    }
    return NTK_SUCCESS;
}

typedef struct {
    const machine *of;
    const double *z;
    int64_t ldz;
    const double *dots; /* BLOCK x n */
    double *radius;
} block;

static void certify(int64_t i, void *argument) {
    const block *const own = argument;
    double ones;
    const double *const z = own->z + i * own->ldz;
    const point at = {own->of, z, own->dots + i * own->of->n, length(own->of->d, z, &ones)};
    own->radius[i] = largest_radius(&at);
}

/* radius: m numbers, that of the caller after the last block only. */
static ntk_status certify_all(const machine *of, int64_t m, const double *z, int64_t ldz, const double *x, int64_t ldx,
                              double *dots, double *radius) {
    ntk_status status = ntki_progress(of->context, of->function, 0, "certificate");
    for (int64_t i = 0; status == NTK_SUCCESS && i < m; i += BLOCK) {
        const int64_t rows = m - i < BLOCK ? m - i : BLOCK;
        block job = {of, z + i * ldz, ldz, dots, radius + i};
        ntki_dgemm(&of->context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, rows, of->n, of->d, 1, job.z, ldz, x, ldx, 0,
                   dots, of->n);
        ntki_parallel_for(of->context, rows, certify, &job);
        status = ntki_progress(of->context, of->function, (double)(i + rows) / (double)m, "certificate");
    }
    return status;
}

static ntk_status check(ntk_context *context, const char *function, const ntki_matrix *inputs, const double *a,
                        double b, int32_t bounds, double *radius) {
    const ntki_matrix coefficients = {"a", a, inputs[0].rows, 1, 1, "a"};
    const ntki_matrix output = {"radius", radius, inputs[1].rows, 1, 1, "radius"};
    ntk_status status;
    if ((status = ntki_check_size(context, function, "n", inputs[0].rows)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, function, "m", inputs[1].rows)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, &inputs[0])) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, &inputs[1])) != NTK_SUCCESS ||
        (status = ntki_check_extent(context, function, &coefficients)) != NTK_SUCCESS ||
        (status = ntki_check_extent(context, function, &output)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &output, &inputs[0])) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &output, &inputs[1])) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &output, &coefficients)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &inputs[0])) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &inputs[1])) != NTK_SUCCESS ||
        (status = ntki_check_finite_vector(context, function, "a", inputs[0].rows, a)) != NTK_SUCCESS)
        return status;
    if (!isfinite(b))
        return ntki_fail(context, NTK_ERR_NOT_FINITE, function, "b is %g", b);
    if (bounds != NTK_CERTIFICATE_EUCLIDEAN && bounds != NTK_CERTIFICATE_BOX)
        return ntki_fail(context, NTK_ERR_ENUM, function, "bounds is %d; it must be an NTK_CERTIFICATE_...",
                         (int)bounds);
    return NTK_SUCCESS;
}

static ntk_status prepare(machine *of, const double *x, int64_t ldx, const double *a, int64_t m, double **work) {
    const int64_t rows = m < BLOCK ? m : BLOCK;
    double *radius = NULL, *vectors = NULL;
    ntk_status status = ntki_allocate(of->context, of->function, of->n, sizeof(int64_t), &of->index);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(of->context, of->function, rows + 3, of->n, &vectors);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(of->context, of->function, m, 1, &radius);
    work[0] = vectors;
    work[1] = radius;
    if (status != NTK_SUCCESS)
        return status;
    of->inverse = vectors + rows * of->n;
    of->stretch = of->inverse + of->n;
    of->weight = of->stretch + of->n;
    /* A sum of d products, two norms and a quotient; then 64 roundings of a term, those of a chunk and of the chunks. */
    of->slack = ((double)of->d + 16) * DBL_EPSILON;
    of->sum_slack = (64 + CHUNK + (double)of->n / CHUNK) * DBL_EPSILON;
    return gather(of, x, ldx, a);
}

ntk_status ntk_kernel_certificate(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, const double *a,
                                  double b, int64_t m, const double *z, int64_t ldz, int32_t bounds, double *radius) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs[] = {{"x", x, n, d, ldx, "ldx"}, {"z", z, m, d, ldz, "ldz"}};
    machine own = {.function = __func__, .context = kernel->context, .d = d, .n = n, .bounds = bounds, .b = b};
    double *work[2] = {NULL, NULL};
    ntk_status status;
    if ((status = find_shape(kernel, __func__, &own.h)) != NTK_SUCCESS ||
        (status = check(own.context, __func__, inputs, a, b, bounds, radius)) != NTK_SUCCESS)
        return status;
    status = prepare(&own, x, ldx, a, m, work);
    for (int64_t i = 0; status == NTK_SUCCESS && i < m; i++) {
        double ones;
        const double norm = length(d, z + i * ldz, &ones);
        status = check_length(&own, "z", i, norm, ones);
    }
    if (status == NTK_SUCCESS)
        status = certify_all(&own, m, z, ldz, x, ldx, work[0], work[1]);
    if (status == NTK_SUCCESS)
        memcpy(radius, work[1], (size_t)m * sizeof(*radius));
    ntki_release(own.context, work[1]);
    ntki_release(own.context, work[0]);
    ntki_release(own.context, own.index);
    return status;
}
