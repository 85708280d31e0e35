/* Working sets without a constraint, after [Steinwart11]: i gives the largest decrease alone, and j the largest after the
 * step of i, with the curvature that is left when i follows. Then both are solved together, in their box. Ties go to the
 * variable that comes first. */
#include <float.h>
#include <math.h>

#include "src/svm/smo.h"

/* Where one variable alone goes from a: slope and curvature of D there. */
static double alone(double a, double slope, double curvature, double lower, double upper) {
    if (slope == 0)
        return a;
    if (!(curvature > 0))
        return slope > 0 ? lower : upper;
    return ntki_clamp(a - slope / curvature, lower, upper);
}

/* The decrease of D by the best step of a variable alone, in its box: no branches, so that many are done at once. */
static inline double decrease(double a, double slope, double curvature, double lower, double upper) {
    const double to = a - slope / curvature, above = to > lower ? to : lower, next = above < upper ? above : upper;
    const double way = next - a;
    return -way * (slope + curvature * way / 2);
}

static inline double at_least(double curvature, double least) { return curvature > least ? curvature : least; }

static void first(const ntki_smo *smo, ntki_working_set *set) {
    const double *const restrict g = smo->g, *const restrict a = smo->a, *const restrict diagonal = smo->diagonal;
    const double *const restrict lower = smo->lower, *const restrict upper = smo->upper;
    double *const restrict gain = smo->gain;
    double best = 0, violation = 0;
    for (int64_t v = 0; v < smo->active; v++)
        gain[v] = decrease(a[v], g[v], at_least(diagonal[v], DBL_MIN), lower[v], upper[v]);
    int64_t largest = -1, worst = -1;
    for (int64_t v = 0; v < smo->active; v++) {
        const double too_high = g[v] - smo->fall[v], too_low = -g[v] - smo->rise[v];
        if (too_high > violation || too_low > violation) {
            violation = too_high > too_low ? too_high : too_low;
            worst = v;
        }
        if (gain[v] > best) {
            best = gain[v];
            largest = v;
        }
    }
    set->i = largest >= 0 ? largest : worst; /* should all gains be below the range */
    set->violation = violation;
}

static void second(const ntki_smo *smo, ntki_working_set *set) {
    const int64_t i = set->i;
    const double own = smo->diagonal[i];
    const double next = alone(smo->a[i], smo->g[i], own, smo->lower[i], smo->upper[i]), way = next - smo->a[i];
    /* at a bound i does not follow */
    const double follow = next > smo->lower[i] && next < smo->upper[i] && own > 0 ? 1 / own : 0;
    const double *const restrict g = smo->g, *const restrict a = smo->a, *const restrict diagonal = smo->diagonal;
    const double *const restrict lower = smo->lower, *const restrict upper = smo->upper;
    const double *const restrict row = set->from_i;
    double *const restrict gain = smo->gain;
    double best = 0;
    for (int64_t v = 0; v < smo->active; v++) {
        const double least = DBL_EPSILON * diagonal[v] + DBL_MIN;
        gain[v] = decrease(a[v], g[v] + way * row[v], at_least(diagonal[v] - row[v] * (row[v] * follow), least),
                           lower[v], upper[v]);
    }
    gain[i] = 0;
    set->j = -1;
    for (int64_t v = 0; v < smo->active; v++)
        if (gain[v] > best) {
            best = gain[v];
            set->j = v;
        }
}

/* The two variables of a set, and D less what it is where they stand. */
typedef struct {
    double a[2], g[2], d[2], entry, lower[2], upper[2];
} box;

static double value(const box *own, double one, double other) {
    const double s = one - own->a[0], t = other - own->a[1];
    return s * (own->g[0] + own->d[0] * s / 2 + own->entry * t) + t * (own->g[1] + own->d[1] * t / 2);
}

/* The least value with one of the two at a bound. */
static void along_edges(const box *own, double next[2]) {
    double best = INFINITY;
    for (int side = 0; side < 2; side++)
        for (int end = 0; end < 2; end++) {
            const int other = 1 - side;
            double at[2];
            at[side] = end == 0 ? own->lower[side] : own->upper[side];
            at[other] = alone(own->a[other], own->g[other] + own->entry * (at[side] - own->a[side]), own->d[other],
                              own->lower[other], own->upper[other]);
            const double reached = value(own, at[0], at[1]);
            if (reached < best) {
                best = reached;
                next[0] = at[0];
                next[1] = at[1];
            }
        }
}

static void solve_box(const box *own, double next[2]) {
    const double product = own->d[0] * own->d[1], determinant = product - own->entry * own->entry;
    if (determinant > 4 * DBL_EPSILON * product) {
        const double s = (own->entry * own->g[1] - own->d[1] * own->g[0]) / determinant;
        const double t = (own->entry * own->g[0] - own->d[0] * own->g[1]) / determinant;
        next[0] = own->a[0] + s;
        next[1] = own->a[1] + t;
        if (next[0] >= own->lower[0] && next[0] <= own->upper[0] && next[1] >= own->lower[1] &&
            next[1] <= own->upper[1])
            return;
    }
    next[0] = own->a[0];
    next[1] = own->a[1];
    along_edges(own, next);
}

static ntk_status solve(const ntki_smo *smo, const ntki_working_set *set, double *next_i, double *next_j) {
    const int64_t i = set->i, j = set->j;
    if (j < 0) {
        *next_i = alone(smo->a[i], smo->g[i], smo->diagonal[i], smo->lower[i], smo->upper[i]);
        return NTK_SUCCESS;
    }
    const double entry = set->from_i[j];
    /* |K_ij| is at most (K_ii K_jj)^(1/2) */
    if (fabs(entry) - sqrt(smo->diagonal[i]) * sqrt(smo->diagonal[j]) > ntki_smo_rounding(smo))
        return ntki_smo_indefinite(smo, set, entry);
    const box own = {
        {smo->a[i], smo->a[j]},         {smo->g[i], smo->g[j]},        {smo->diagonal[i], smo->diagonal[j]}, entry,
        {smo->lower[i], smo->lower[j]}, {smo->upper[i], smo->upper[j]}};
    double next[2];
    solve_box(&own, next);
    *next_i = next[0];
    *next_j = next[1];
    return NTK_SUCCESS;
}

static bool rests(const ntki_smo *smo, const ntki_working_set *set, int64_t v) {
    if (smo->a[v] >= smo->upper[v])
        return smo->g[v] < -set->violation;
    return smo->a[v] <= smo->lower[v] && smo->g[v] > set->violation;
}

static double bias(const ntki_smo *smo, const ntki_working_set *set) {
    (void)smo, (void)set;
    return 0;
}

const ntki_smo_rule ntki_smo_boxes = {first, second, solve, rests, bias};
