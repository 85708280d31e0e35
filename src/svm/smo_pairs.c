/* Working sets under sum a = 0  [Fan05, WSS 2]: i has the least g of those that may grow, and j, of those that may fall, gives the
 * largest decrease (g_j - g_i)^2 / (K_ii + K_jj - 2 K_ij). Ties go to the variable that comes first. */
#include <float.h>
#include <math.h>

#include "src/svm/smo.h"

/* Infinity in place of a condition: whether a variable may rise follows no pattern that a processor could guess. */
static void first(const ntki_smo *smo, ntki_working_set *set) {
    const double *const g = smo->g, *const rise = smo->rise, *const fall = smo->fall;
    double least = INFINITY, most = -INFINITY;
    set->i = set->last = -1;
    for (int64_t v = 0; v < smo->active; v++) {
        const double low = g[v] + rise[v], high = g[v] - fall[v];
        if (low < least) {
            least = low;
            set->i = v;
        }
        if (high > most) {
            most = high;
            set->last = v;
        }
    }
    set->least = least;
    set->most = most;
    set->violation = most - least;
}

/* The curvature along the pair; what rounding has left of 0 counts as the rounding. */
static inline double curvature_of(double one, double other, double entry) {
    const double sum = one + other, curvature = sum - 2 * entry, least = DBL_EPSILON * sum + DBL_MIN;
    return curvature > least ? curvature : least;
}

static void second(const ntki_smo *smo, ntki_working_set *set) {
    const double start = smo->g[set->i], own = smo->diagonal[set->i];
    const double *const restrict g = smo->g, *const restrict fall = smo->fall, *const restrict row = set->from_i;
    const double *const restrict diagonal = smo->diagonal;
    double *const restrict gain = smo->gain;
    for (int64_t v = 0; v < smo->active; v++) {
        const double gap = (g[v] - fall[v]) - start, positive = gap > 0 ? gap : 0;
        gain[v] = positive * (positive / curvature_of(own, diagonal[v], row[v]));
    }
    double best = 0;
    set->j = set->last; /* should all gains be below the range */
    for (int64_t v = 0; v < smo->active; v++)
        if (gain[v] > best) {
            best = gain[v];
            set->j = v;
        }
}

static ntk_status solve(const ntki_smo *smo, const ntki_working_set *set, double *next_i, double *next_j) {
    const int64_t i = set->i, j = set->j;
    const double entry = set->from_i[j], sum = smo->diagonal[i] + smo->diagonal[j];
    if (sum - 2 * entry < -ntki_smo_rounding(smo))
        return ntki_smo_indefinite(smo, set, entry);
    const double way = (smo->g[j] - smo->g[i]) / curvature_of(smo->diagonal[i], smo->diagonal[j], entry);
    const double room_i = smo->upper[i] - smo->a[i], room_j = smo->a[j] - smo->lower[j];
    const double room = room_i < room_j ? room_i : room_j, step = way < room ? way : room;
    *next_i = step >= room_i ? smo->upper[i] : ntki_clamp(smo->a[i] + step, smo->lower[i], smo->upper[i]);
    *next_j = step >= room_j ? smo->lower[j] : ntki_clamp(smo->a[j] - step, smo->lower[j], smo->upper[j]);
    return NTK_SUCCESS;
}

static bool rests(const ntki_smo *smo, const ntki_working_set *set, int64_t v) {
    if (smo->a[v] >= smo->upper[v])
        return smo->g[v] < set->least;
    return smo->a[v] <= smo->lower[v] && smo->g[v] > set->most;
}

/* b = -g of every variable between its bounds; without one, the middle of what is possible. */
static double bias(const ntki_smo *smo, const ntki_working_set *set) {
    double sum = 0;
    int64_t count = 0;
    for (int64_t v = 0; v < smo->count; v++)
        if (smo->a[v] > smo->lower[v] && smo->a[v] < smo->upper[v]) {
            sum += smo->g[v];
            count++;
        }
    return count > 0 ? -sum / (double)count : -(set->least / 2 + set->most / 2);
}

const ntki_smo_rule ntki_smo_pairs = {first, second, solve, rests, bias};
