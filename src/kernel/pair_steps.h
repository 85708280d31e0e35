/* The pair operations for one instruction set and number type: included by pair_{baseline,avx2,avx512}[_f32].c, each of
 * which defines NTKI_FMA(a, b, c) = a b + c, NTKI_FUSED where that is one rounding, and NTKI_PAIR_OPERATIONS. */
#include <ntk/mlp.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/cpu/isa.h"
#include "src/kernel/pair_types.h"

NTKI_STRICT_ARITHMETIC

#ifdef NTKI_SINGLE
#include "lib/polynomials/inverse_trigonometric_f32.h"
#else
#include "lib/polynomials/exponential.h"
#include "lib/polynomials/inverse_trigonometric.h"
#endif
#include "src/kernel/dual.h"

NTKI_COMPLEX_ARITHMETIC

#include "src/kernel/dual_identity.h"
#include "src/kernel/dual_relu.h"
#include "src/kernel/dual_two_slope.h"
#ifndef NTKI_SINGLE
#include "src/kernel/arcsine.h"
#include "src/kernel/bivariate_corner.h"

#include "src/kernel/dual_clipped.h"
#include "src/kernel/dual_elu.h"
#include "src/kernel/dual_erf.h"
#include "src/kernel/dual_exp.h"
#include "src/kernel/dual_gabor.h"
#include "src/kernel/dual_gaussian.h"
#include "src/kernel/dual_gelu.h"
#include "src/kernel/dual_normalised_exp.h"
#include "src/kernel/dual_rbf.h"
#include "src/kernel/dual_rectified_monomial.h"
#include "src/kernel/dual_sin.h"
#include "src/kernel/dual_step.h"
#endif

#if defined(NTKI_COMPLEX)
#define NTKI_VECTORISE
#elif defined(__clang__)
#ifdef NTKI_SINGLE /* clang counts in doubles where a constant is one */
#define NTKI_VECTORISE _Pragma("clang loop vectorize_width(8) interleave(enable)")
#else
#define NTKI_VECTORISE _Pragma("clang loop vectorize(enable) interleave(enable)")
#endif
#elif defined(__GNUC__)
#define NTKI_VECTORISE _Pragma("GCC ivdep")
#else
#define NTKI_VECTORISE
#endif

/* What a step has to do beside the dual; constant in every instance of the loops. */
typedef struct {
    bool tangent; /* theta too */
    bool biased;  /* bias_variance may be above 0 */
    bool spread;  /* dropout */
} ntki_extent;

typedef struct {
    ntki_real k;
    ntki_real near;
} ntki_advanced;

/* 1 - |rho| = rest / sqrt(q q'). An input with q = 0 counts as orthogonal to all others but its like. */
NTKI_INLINE ntki_real ntki_nearness(ntki_real rest, ntki_real inverse, ntki_real inverse_other) {
    const ntki_real near = rest * inverse * inverse_other, one = NTKI_C(1);
    const ntki_real none = NTKI_BELOW(0, inverse) ? one : near; /* where inverse_other is 0 */
    return NTKI_BELOW(0, inverse_other) ? (NTKI_BELOW(0, inverse) ? near : one) : none;
}

/* Adds the bias and renormalises: with p = sw^2 m m', P = next_std next_std', d = sw (m - m'),
 *   sqrt(q q') - k  = sw^2 gap + sb^2 d^2 / (P + p + sb^2)
 *   sqrt(q q') + k  = sw^2 sum + sb^2 + sb^2 (sw^2 (m^2 + m'^2) + sb^2) / (P + p).
 * Dropout multiplies m and m' by sqrt(1 + spread) and leaves k alone. */
NTKI_INLINE ntki_advanced ntki_advance(const ntki_step *step, ntki_dual dual, ntki_real m, ntki_real m_other,
                                       ntki_real std, ntki_real std_other, ntki_real inverse, ntki_real inverse_other,
                                       const ntki_extent extent) {
    const ntki_real w = step->weight_variance, b = step->bias_variance;
    const ntki_real k = w * dual.value + (extent.biased ? b : 0);
    const bool below = NTKI_BELOW(k, 0);
    ntki_real rest = below ? dual.sum : dual.gap;
    if (extent.spread)
        rest += step->spread * (m * m_other);
    rest *= w;
    if (extent.biased) {
        const ntki_real own = extent.spread ? w * (1 + step->spread) : w;
        const ntki_real wide = std * std_other + own * (m * m_other) + NTKI_TINY, difference = m - m_other;
        const ntki_real apart = below ? own * (m * m + m_other * m_other) + b : own * (difference * difference);
        rest += (below ? b : 0) + apart * (b / (below ? wide : wide + b));
    }
    const ntki_advanced next = {k, ntki_nearness(rest, inverse, inverse_other)};
    return next;
}

NTKI_INLINE ntki_real ntki_advance_tangent(const ntki_step *step, ntki_dual dual, ntki_real theta) {
    return theta * (step->weight_variance * dual.slope) + (step->weight_tangent * dual.value + step->bias_tangent);
}

NTKI_INLINE void ntki_row_loop(ntki_dual (*dual_of)(const double *, ntki_pair), const ntki_step *step,
                               const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0, int64_t count,
                               ntki_real *restrict k, ntki_real *restrict near, ntki_real *restrict theta,
                               const ntki_extent extent) {
    const ntki_step local = *step;
    const ntki_real s = a->std[i], m = a->rms[i], next = a->next_std[i], inverse = a->next_inverse[i];
    const ntki_real *const sb = b->std + j0, *const mb = b->rms + j0;
    const ntki_real *const nb = b->next_std + j0, *const ib = b->next_inverse + j0;
    NTKI_VECTORISE
    for (int64_t j = 0; j < count; j++) {
        const ntki_pair pair = {s, sb[j], m, mb[j], k[j], near[j]};
        const ntki_dual dual = dual_of(local.constants, pair);
        const ntki_advanced after = ntki_advance(&local, dual, m, mb[j], next, nb[j], inverse, ib[j], extent);
        k[j] = after.k;
        near[j] = after.near;
        if (extent.tangent)
            theta[j] = ntki_advance_tangent(&local, dual, theta[j]);
    }
}

/* The first layer: u . u' is the cosine of the inputs, and E[..] is |x||x'| times it. */
NTKI_INLINE ntki_dual ntki_dual_cosine(const double *constants, ntki_pair pair) {
    (void)constants;
    const ntki_real scale = pair.m * pair.m_other;
    const ntki_real close = scale * pair.near, far = scale * (2 - pair.near);
    const bool below = NTKI_BELOW(pair.k, 0);
    const ntki_dual dual = {scale * pair.k, 1, below ? far : close, below ? close : far};
    return dual;
}

/* One function for each combination, so that the loops hold no branch. */
#define NTKI_DEFINE_ROW_STEP(name)                                                                                     \
    static void row_##name(const ntki_step *step, const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0,       \
                           int64_t count, ntki_real *k, ntki_real *near, ntki_real *theta) {                           \
        const bool biased = NTKI_BELOW(0, step->bias_variance), spread = NTKI_BELOW(0, step->spread);                  \
        if (spread && theta != NULL)                                                                                   \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, theta, NTKI_EXTENT(true, true, true));  \
        else if (spread)                                                                                               \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, NULL, NTKI_EXTENT(false, true, true));  \
        else if (theta != NULL && biased)                                                                              \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, theta, NTKI_EXTENT(true, true, false)); \
        else if (theta != NULL)                                                                                        \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, theta,                                  \
                          NTKI_EXTENT(true, false, false));                                                            \
        else if (biased)                                                                                               \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, NULL, NTKI_EXTENT(false, true, false)); \
        else                                                                                                           \
            ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, NULL,                                   \
                          NTKI_EXTENT(false, false, false));                                                           \
    }
#define NTKI_EXTENT(tangent, biased, spread) ((ntki_extent){tangent, biased, spread})

/* The same operations in the same order as the row loop does for near = 0, so that equal inputs give equal bits. */
NTKI_INLINE void ntki_diagonal_loop(ntki_dual (*dual_of)(const double *, ntki_pair), const double *constants, int64_t n,
                                    const ntki_real *restrict std, const ntki_real *restrict k,
                                    ntki_real *restrict value, ntki_real *restrict slope) {
    for (int64_t i = 0; i < n; i++) {
        const ntki_pair pair = {std[i], std[i], 0, 0, k[i], 0};
        const ntki_dual dual = dual_of(constants, pair);
        value[i] = dual.value;
        slope[i] = dual.slope;
    }
}

#define NTKI_DEFINE_DIAGONAL(name)                                                                            \
    static void diagonal_##name(const double *constants, int64_t n, const ntki_real *std, const ntki_real *k, \
                                ntki_real *value, ntki_real *slope) {                                         \
        ntki_diagonal_loop(ntki_dual_##name, constants, n, std, k, value, slope);                             \
    }
#define NTKI_DEFINE_DUAL(name) NTKI_DEFINE_ROW_STEP(name) NTKI_DEFINE_DIAGONAL(name)

/* The loops where all is possible and nothing is left out, for duals that cost more than the rest of the step. */
#define NTKI_DEFINE_LARGE_DUAL(name)                                                                             \
    static void row_##name(const ntki_step *step, const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0, \
                           int64_t count, ntki_real *k, ntki_real *near, ntki_real *theta) {                     \
        ntki_real unused[NTKI_CHUNK];                                                                            \
        for (int64_t j = 0; theta == NULL && j < count; j++)                                                     \
            unused[j] = 0;                                                                                       \
        ntki_row_loop(ntki_dual_##name, step, a, i, b, j0, count, k, near, theta == NULL ? unused : theta,       \
                      NTKI_EXTENT(true, true, true));                                                            \
    }                                                                                                            \
    NTKI_DEFINE_DIAGONAL(name)

#ifdef NTKI_COMPLEX
#define NTKI_DEFINE_SMALL_DUAL NTKI_DEFINE_LARGE_DUAL
#else
#define NTKI_DEFINE_SMALL_DUAL NTKI_DEFINE_DUAL
#endif

NTKI_DEFINE_ROW_STEP(cosine)
NTKI_FAMILY_FUNCTIONS(NTKI_DEFINE_SMALL_DUAL)
#ifndef NTKI_SINGLE
NTKI_CLOSED_FUNCTIONS(NTKI_DEFINE_SMALL_DUAL)
NTKI_LARGE_FUNCTIONS(NTKI_DEFINE_LARGE_DUAL)
#endif

static void finish(const ntki_step *step, const ntki_side *a, int64_t i, const ntki_side *b, int64_t j0, int64_t count,
                   const ntki_duals *dual, ntki_real *restrict k, ntki_real *restrict near, ntki_real *restrict theta) {
    const ntki_real m = a->rms[i], next = a->next_std[i], inverse = a->next_inverse[i];
    const ntki_real *const mb = b->rms + j0, *const nb = b->next_std + j0, *const ib = b->next_inverse + j0;
    const ntki_extent all = {theta != NULL, true, true};
    for (int64_t j = 0; j < count; j++) {
        const ntki_dual given = {dual->value[j], dual->slope[j], dual->gap[j], dual->sum[j]};
        const ntki_advanced after = ntki_advance(step, given, m, mb[j], next, nb[j], inverse, ib[j], all);
        k[j] = after.k;
        near[j] = after.near;
        if (theta != NULL)
            theta[j] = ntki_advance_tangent(step, given, theta[j]);
    }
}

/* sqrt(q q') - |k| of one layer on the side of the sign of the sum: s s' near, or s s' (2 - near) on the other side. */
NTKI_INLINE ntki_real ntki_distance(ntki_real product, ntki_real k, ntki_real near, bool below) {
    return product * (NTKI_BELOW(k, 0) == below ? near : 2 - near);
}

/* The sum of two covariances, q = q1 + q2:
 *   sqrt(q q') -+ k = (sqrt(q1 q1') -+ k1) + (sqrt(q2 q2') -+ k2)
 *                     + (s1 s2' - s2 s1')^2 / (sqrt(q q') + s1 s1' + s2 s2'). */
static void join(const ntki_side *a, const ntki_side *a_other, int64_t i, const ntki_side *b, const ntki_side *b_other,
                 int64_t j0, int64_t count, const ntki_pairs *other, ntki_real *restrict k, ntki_real *restrict near,
                 ntki_real *restrict theta) {
    const ntki_real *const a2 = a_other->total_std != NULL ? a_other->total_std : a_other->next_std;
    const ntki_real *const b2 = b_other->total_std != NULL ? b_other->total_std : b_other->next_std;
    const ntki_real s1 = a->next_std[i], s2 = a2[i], total = a->total_std[i], inverse = a->total_inverse[i];
    NTKI_VECTORISE
    for (int64_t j = 0; j < count; j++) {
        const int64_t c = j0 + j;
        const ntki_real p1 = s1 * b->next_std[c], p2 = s2 * b2[c], turn = s1 * b2[c] - s2 * b->next_std[c];
        const ntki_real sum = k[j] + other->k[j];
        const bool below = NTKI_BELOW(sum, 0);
        const ntki_real rest = ntki_distance(p1, k[j], near[j], below) +
                               ntki_distance(p2, other->k[j], other->near[j], below) +
                               turn * turn / (total * b->total_std[c] + p1 + p2 + NTKI_TINY);
        near[j] = ntki_nearness(rest, inverse, b->total_inverse[c]);
        k[j] = sum;
    }
    for (int64_t j = 0; theta != NULL && j < count; j++)
        theta[j] += other->theta[j];
}

static void scale(const ntki_real *a, int64_t i, const ntki_real *b, int64_t j0, int64_t count, ntki_real *restrict k,
                  ntki_real *restrict theta) {
    for (int64_t j = 0; j < count; j++)
        k[j] = k[j] * (a[i] * b[j0 + j]);
    for (int64_t j = 0; theta != NULL && j < count; j++)
        theta[j] = theta[j] * (a[i] * b[j0 + j]);
}

#ifdef NTKI_COMPLEX
#include "src/kernel/pair_series_complex.h"
#else
#include "src/kernel/pair_angle.h"
#endif
#ifdef NTKI_SINGLE
#define NTKI_SERIES_STEP NULL
#define NTKI_KINKED_STEP NULL
#define NTKI_COLLAPSE_STEP NULL
#elif !defined(NTKI_COMPLEX)
#include "src/kernel/pair_collapse.h"
#define NTKI_COLLAPSE_STEP collapse_chunk
#include "src/kernel/pair_series.h"
#define NTKI_SERIES_STEP row_series
#include "src/kernel/pair_kinked.h"
#define NTKI_KINKED_STEP row_kinked
#endif

#define NTKI_ROW_ENTRY(kind, name) [kind] = row_##name,
#define NTKI_DIAGONAL_ENTRY(kind, name) [kind] = diagonal_##name,
#ifdef NTKI_SINGLE
static const ntki_row_function row_steps[] = {NTKI_FAMILY_KINDS(NTKI_ROW_ENTRY)};
static const ntki_diagonal_function diagonals[] = {NTKI_FAMILY_KINDS(NTKI_DIAGONAL_ENTRY)};
#else
static const ntki_row_function row_steps[] = {NTKI_FAMILY_KINDS(NTKI_ROW_ENTRY) NTKI_CLOSED_KINDS(NTKI_ROW_ENTRY)};
static const ntki_diagonal_function diagonals[] = {NTKI_FAMILY_KINDS(NTKI_DIAGONAL_ENTRY)
                                                       NTKI_CLOSED_KINDS(NTKI_DIAGONAL_ENTRY)};
#endif

#ifdef NTKI_COMPLEX
const ntki_operations NTKI_PAIR_OPERATIONS = {.first = row_cosine,
                                              .step = row_steps,
                                              .diagonal = diagonals,
                                              .series = row_series,
                                              .finish = finish,
                                              .join = join,
                                              .scale = scale};
#else
const ntki_operations NTKI_PAIR_OPERATIONS = {nearness,  angle_gap,         inner_product,    row_cosine, row_steps,
                                              diagonals, NTKI_SERIES_STEP,  NTKI_KINKED_STEP, finish,     join,
                                              scale,     NTKI_COLLAPSE_STEP};
#endif
