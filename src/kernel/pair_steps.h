/* The pair operations for one instruction set: included by pair_baseline.c, pair_avx2.c and pair_avx512.c, each of which
 * defines NTKI_FMA(a, b, c) = a b + c, NTKI_FUSED where that is one rounding, and NTKI_PAIR_OPERATIONS. */
#include <ntk/mlp.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/cpu/isa.h"
#include "src/kernel/pair.h"

NTKI_STRICT_ARITHMETIC

#include "lib/polynomials/inverse_trigonometric.h"
#include "src/kernel/dual.h"

#include "src/kernel/dual_erf.h"
#include "src/kernel/dual_identity.h"
#include "src/kernel/dual_leaky_relu.h"
#include "src/kernel/dual_relu.h"

#if defined(__clang__)
#define NTKI_VECTORISE _Pragma("clang loop vectorize(enable) interleave(enable)")
#elif defined(__GNUC__)
#define NTKI_VECTORISE _Pragma("GCC ivdep")
#else
#define NTKI_VECTORISE
#endif

typedef struct {
    double k;
    double near;
} ntki_advanced;

/* Adds the bias and renormalises: with p = sw^2 m m', P = next_std next_std', d = sw (m - m'),
 *   sqrt(q q') - k  = sw^2 gap + sb^2 d^2 / (P + p + sb^2)
 *   sqrt(q q') + k  = sw^2 sum + sb^2 + sb^2 (sw^2 (m^2 + m'^2) + sb^2) / (P + p). */
NTKI_INLINE ntki_advanced ntki_advance(const ntki_layer_step *step, ntki_dual dual, double m, double m_other,
                                       double std, double std_other, double inverse, double inverse_other,
                                       const bool biased) {
    const double w = step->weight_variance, b = step->bias_variance;
    const double k = w * dual.value + (biased ? b : 0);
    double gap = w * dual.gap, sum = w * dual.sum;
    if (biased) {
        const double p = w * (m * m_other), wide = std * std_other + p + DBL_MIN;
        const double difference = m - m_other;
        gap += w * (difference * difference) * (b / (wide + b));
        sum += b + (w * (m * m + m_other * m_other) + b) * (b / wide);
    }
    const ntki_advanced next = {k, (k < 0 ? sum : gap) * inverse * inverse_other};
    return next;
}

NTKI_INLINE void ntki_row_loop(ntki_dual (*dual_of)(const double *, ntki_pair), const ntki_layer_step *step,
                               const ntki_layer_side *a, int64_t i, const ntki_layer_side *b, int64_t j0, int64_t count,
                               double *restrict k, double *restrict near, double *restrict theta, const bool tangent,
                               const bool biased) {
    const ntki_layer_step local = *step;
    double parameters[4] = {0};
    for (int p = 0; p < 4 && step->parameters != NULL; p++)
        parameters[p] = step->parameters[p];
    const double s = a->std[i], m = a->rms[i], next = a->next_std[i], inverse = a->next_inverse[i];
    const double *const sb = b->std + j0, *const mb = b->rms + j0;
    const double *const nb = b->next_std + j0, *const ib = b->next_inverse + j0;
    NTKI_VECTORISE
    for (int64_t j = 0; j < count; j++) {
        const ntki_pair pair = {s, sb[j], m, mb[j], k[j], near[j]};
        const ntki_dual dual = dual_of(parameters, pair);
        const ntki_advanced after = ntki_advance(&local, dual, m, mb[j], next, nb[j], inverse, ib[j], biased);
        k[j] = after.k;
        near[j] = after.near;
        if (tangent)
            theta[j] = theta[j] * (local.weight_variance * dual.slope) + after.k;
    }
}

/* The first layer: u . u' is the cosine of the inputs, and E[..] is |x||x'| times it. */
NTKI_INLINE ntki_dual ntki_dual_cosine(const double *parameters, ntki_pair pair) {
    (void)parameters;
    const double scale = pair.m * pair.m_other;
    const double close = scale * pair.near, far = scale * (2 - pair.near);
    const ntki_dual dual = {scale * pair.k, 1, pair.k < 0 ? far : close, pair.k < 0 ? close : far};
    return dual;
}

/* One function for each of the four combinations, so that the loops hold no branch. */
#define NTKI_DEFINE_ROW_STEP(name)                                                                                     \
    static void row_##name(const ntki_layer_step *step, const ntki_layer_side *a, int64_t i, const ntki_layer_side *b, \
                           int64_t j0, int64_t count, double *k, double *near, double *theta) {                        \
        const bool biased = step->bias_variance > 0;                                                                   \
        if (theta != NULL && biased)                                                                                   \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, theta, true, true);                     \
        else if (theta != NULL)                                                                                        \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, theta, true, false);                    \
        else if (biased)                                                                                               \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, NULL, false, true);                     \
        else                                                                                                           \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, NULL, false, false);                    \
    }

/* The same operations in the same order as the row loop does for near = 0, so that equal inputs give equal bits. */
NTKI_INLINE void ntki_diagonal_loop(ntki_dual (*dual_of)(const double *, ntki_pair), const ntki_layer_step *step,
                                    const double *std, int64_t n, double *restrict k, double *restrict theta) {
    const double w = step->weight_variance, b = step->bias_variance;
    for (int64_t i = 0; i < n; i++) {
        const ntki_pair pair = {std[i], std[i], 0, 0, k[i], 0};
        const ntki_dual dual = dual_of(step->parameters, pair);
        k[i] = w * dual.value + b;
        theta[i] = theta[i] * (w * dual.slope) + k[i];
    }
}

#define NTKI_DEFINE_STEPS(kind, name)                                                                                  \
    NTKI_DEFINE_ROW_STEP(name)                                                                                         \
    static void diagonal_##name(const ntki_layer_step *step, const double *std, int64_t n, double *k, double *theta) { \
        ntki_diagonal_loop(ntki_dual_##name, step, std, n, k, theta);                                                  \
    }

NTKI_DUALS(NTKI_DEFINE_STEPS)
NTKI_DEFINE_ROW_STEP(cosine)

static double nearness(int64_t count, const double *restrict cosine, double *restrict near) {
    double smallest = 1;
    NTKI_VECTORISE
    for (int64_t j = 0; j < count; j++)
        near[j] = 1 - (cosine[j] < 0 ? -cosine[j] : cosine[j]);
    for (int64_t j = 0; j < count; j++) {
        const double weighed = cosine[j] < 0 ? NTKI_OPPOSITE_WEIGHT * near[j] : near[j];
        smallest = weighed < smallest ? weighed : smallest;
    }
    return smallest;
}

/* x y - product, exactly, where product = fl(x y). */
NTKI_INLINE double ntki_product_error(double x, double y, double product) {
#ifdef NTKI_FUSED
    return __builtin_fma(x, y, -product);
#else
    const double splitter = 134217729; /* 2^27 + 1: Dekker's and Veltkamp's splitting */
    const double cx = splitter * x, cy = splitter * y;
    const double x1 = cx - (cx - x), y1 = cy - (cy - y), x2 = x - x1, y2 = y - y1;
    return ((x1 * y1 - product) + x1 * y2 + x2 * y1) + x2 * y2;
#endif
}

enum { NTKI_LANES = 16 };

/* In pairs, a fixed order for every instruction set. */
NTKI_INLINE double ntki_sum_lanes(double *sums) {
    for (int half = NTKI_LANES / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            sums[lane] += sums[lane + half];
    return sums[0];
}

typedef struct {
    double square[NTKI_LANES];
    double along[NTKI_LANES];
} ntki_difference_sums;

/* Adds `lanes` components of r = a u - b v to |r|^2 and r . a u, one in each lane. */
NTKI_INLINE void ntki_add_differences(ntki_difference_sums *sums, int64_t lanes, double a, const double *restrict u,
                                      double b, const double *restrict v) {
    NTKI_VECTORISE
    for (int64_t lane = 0; lane < lanes; lane++) {
        const double p = a * u[lane], q = b * v[lane];
        const double error = ntki_product_error(a, u[lane], p) - ntki_product_error(b, v[lane], q);
        const double r = (p - q) + error;
        sums->square[lane] += r * r;
        sums->along[lane] += r * p;
    }
}

/* With unit vectors a u and b v up to rounding: |r|^2 - (r . a u)^2 = sin^2 of the angle, since the part of r along u
 * (half the squared angle, and the rounding of a and b) is taken out; 1 - cos = sin^2 / (1 + sqrt(1 - sin^2)). */
static double angle_gap(int64_t d, double a, const double *u, double b, const double *v) {
    ntki_difference_sums sums = {{0}, {0}};
    int64_t j = 0;
    for (; j + NTKI_LANES <= d; j += NTKI_LANES)
        ntki_add_differences(&sums, NTKI_LANES, a, u + j, b, v + j);
    ntki_add_differences(&sums, d - j, a, u + j, b, v + j);
    const double radial = ntki_sum_lanes(sums.along), sine2 = ntki_sum_lanes(sums.square) - radial * radial;
    return sine2 > 0 ? sine2 / (1 + __builtin_sqrt(1 - sine2)) : 0;
}

#define NTKI_ROW_ENTRY(kind, name) [kind] = row_##name,
#define NTKI_DIAGONAL_ENTRY(kind, name) [kind] = diagonal_##name,
static const ntki_row_step row_steps[] = {NTKI_DUALS(NTKI_ROW_ENTRY)};
static const ntki_diagonal_step diagonal_steps[] = {NTKI_DUALS(NTKI_DIAGONAL_ENTRY)};

const ntki_pair_operations NTKI_PAIR_OPERATIONS = {nearness, angle_gap, row_cosine, row_steps, diagonal_steps};
