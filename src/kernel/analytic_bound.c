/* What truncated series do to a kernel, carried through the layers.
 *
 * Let S of some layer be wrong by at most epsilon sqrt(q q') for every pair, and T by at most eta sqrt(T(x,x) T(x',x')).
 * A dual is a power series in rho with the coefficients a_j a_j' (of the slope: with further factors of one sign), so by
 * Cauchy-Schwarz a change of rho by epsilon changes it by no more than it changes the values of inputs with themselves at
 * rho = 1. So the pairs (i, i) are sent through each layer with near = epsilon and T reduced by eta, and what comes out is
 * the next epsilon and eta; the truncation of the layer's own series is added. */
#include "lib/memory/memory.h"
#include "src/kernel/analytic.h"

typedef struct {
    double covariance; /* epsilon */
    double tangent;    /* eta */
} relative_error;

typedef struct {
    const ntki_analytic *analytic;
    const char *function;
    double (*slot)[3][NTKI_CHUNK];
    relative_error *error; /* of each layer's values, before normalisation, which does not change it */
} bound_work;

static double larger(double a, double b) { return a > b ? a : b; }

/* The layer's own truncation, relative to the new values of input i. */
static relative_error own_error(const ntki_analytic *analytic, const ntki_analytic_rows *rows, int64_t l, int64_t i,
                                double value_bound, double slope_bound, double theta_before) {
    const ntki_layer_step *const step = &analytic->layer[l].step;
    const double value = rows->side[l].mean_square[i] * value_bound, slope = rows->side[l].mean_slope[i] * slope_bound;
    const double k = rows->k[l][i], theta = rows->theta[l][i];
    const double change = theta_before * step->weight_variance * slope + step->weight_tangent * value;
    return (relative_error){k > 0 ? step->weight_variance * value / k : 0, theta > 0 ? change / theta : 0};
}

/* Sends the pair (i, i) through layer l, moved by `before`; with a skip, the earlier layer's pair moved by its error. */
static ntk_status advance_pair(const bound_work *work, const ntki_analytic_rows *rows, int64_t l, int64_t i,
                               relative_error before, relative_error earlier, double theta_before, double *k,
                               double *theta) {
    const int64_t from = work->analytic->layer[l].from;
    const double std = rows->side[l].std[i];
    double near = before.covariance < 1 ? before.covariance : 1;
    *k = std * std * (1 - near);
    *theta = theta_before * (1 - before.tangent);
    if (from >= 0) {
        double(*const slot)[NTKI_CHUNK] = work->slot[work->analytic->layer[from].keep];
        slot[1][0] = earlier.covariance < 1 ? earlier.covariance : 1;
        slot[0][0] = rows->k[from][i] * (1 - slot[1][0]);
        slot[2][0] = rows->theta[from][i] * (1 - earlier.tangent);
    }
    const ntki_chunk chunk = {.analytic = work->analytic,
                              .function = work->function,
                              .a = rows,
                              .b = rows,
                              .i = i,
                              .j0 = i,
                              .count = 1,
                              .k = k,
                              .near = &near,
                              .theta = theta,
                              .slot = work->slot};
    return ntki_chunk_advance(&chunk, l);
}

/* Carries the errors of the layers below through layer l for one input. */
static ntk_status carried_error(const bound_work *work, const ntki_analytic_rows *rows, int64_t l, int64_t i,
                                double theta_before, relative_error *after) {
    const int64_t from = work->analytic->layer[l].from;
    const relative_error none = {0, 0}, before = work->error[l - 1], earlier = from >= 0 ? work->error[from] : none;
    const double whole = rows->k[l][i], tangent = rows->theta[l][i], rounding = 0x1p-50;
    double k0, theta0, k, theta;
    ntk_status status = advance_pair(work, rows, l, i, none, none, theta_before, &k0, &theta0);
    if (status == NTK_SUCCESS)
        status = advance_pair(work, rows, l, i, before, earlier, theta_before, &k, &theta);
    if (status == NTK_SUCCESS)
        *after = (relative_error){whole > 0 ? larger(0, (k0 - k) / whole) + rounding : 0,
                                  tangent > 0 ? larger(0, (theta0 - theta) / tangent) + rounding : 0};
    return status;
}

/* T of input i as layer l finds it: after the normalisation of the layer below. */
static double theta_below(const ntki_analytic *analytic, const ntki_analytic_rows *rows, int64_t l, int64_t i) {
    const double theta = rows->theta[l - 1][i];
    const double factor = analytic->layer[l - 1].normalise ? rows->side[l - 1].factor[i] : 1;
    return theta * factor * factor;
}

static ntk_status advance_errors(const bound_work *work, const ntki_analytic_rows *rows, int64_t l, double value_bound,
                                 double slope_bound) {
    const bool clean = !(work->error[l - 1].covariance > 0 || work->error[l - 1].tangent > 0);
    relative_error *const worst = &work->error[l];
    for (int64_t i = 0; i < rows->rows.n; i++) {
        const double theta = theta_below(work->analytic, rows, l, i);
        const relative_error own = own_error(work->analytic, rows, l, i, value_bound, slope_bound, theta);
        relative_error carried = {0, 0};
        const ntk_status status = clean ? NTK_SUCCESS : carried_error(work, rows, l, i, theta, &carried);
        if (status != NTK_SUCCESS)
            return status;
        worst->covariance = larger(worst->covariance, own.covariance + carried.covariance);
        worst->tangent = larger(worst->tangent, own.tangent + carried.tangent);
    }
    return NTK_SUCCESS;
}

static ntk_status carry_errors(const bound_work *work, const ntki_analytic_rows *a, const ntki_analytic_rows *b) {
    work->error[0] = (relative_error){0, 0};
    for (int64_t l = 1; l < work->analytic->kernel.depth; l++) {
        double value_bound = 0, slope_bound = 0;
        if (a->series[l] != NULL)
            ntki_series_bounds(a->series[l], b->series[l], &value_bound, &slope_bound);
        work->error[l] = (relative_error){0, 0};
        ntk_status status = advance_errors(work, a, l, value_bound, slope_bound);
        if (status == NTK_SUCCESS && a != b)
            status = advance_errors(work, b, l, value_bound, slope_bound);
        if (status != NTK_SUCCESS)
            return status;
    }
    return NTK_SUCCESS;
}

ntk_status ntki_analytic_bound(const ntki_analytic *analytic, const char *function, const ntki_analytic_rows *a,
                               const ntki_analytic_rows *b, double *bound) {
    double slot[NTKI_MOST_SLOTS][3][NTKI_CHUNK];
    const int64_t depth = analytic->kernel.depth;
    bound_work work = {analytic, function, slot, NULL};
    ntk_status status = ntki_allocate(analytic->kernel.context, function, depth, sizeof(relative_error), &work.error);
    if (status == NTK_SUCCESS)
        status = carry_errors(&work, a, b);
    *bound = 0;
    for (int64_t l = analytic->kernel.call_layers ? 0 : depth - 1; status == NTK_SUCCESS && l < depth; l++) {
        const relative_error own = work.error[l];
        *bound = larger(*bound, analytic->kernel.call_tangent ? own.tangent : own.covariance);
        if (analytic->kernel.call_layers) /* which deliver both */
            *bound = larger(*bound, own.covariance);
    }
    ntki_release(analytic->kernel.context, work.error);
    return status;
}
