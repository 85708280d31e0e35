/* The squared loss in closed form.
 *
 * In the eigenbasis of K (eigenvalues mu, rates kappa = eta mu / n) each coefficient obeys
 *   da/dt = -(lambda + kappa) a + (eta/n) (y - exp(-lambda t) f0),   a(0) = 0, so
 *   a(t) = (eta/n) [ y g(lambda + kappa, t) - f0 exp(-lambda t) g(kappa, t) ],   g(r, t) = (1 - exp(-r t)) / r, g(0, t) = t.
 * At t = infinity this is (K + (n lambda / eta) I)^{-1} (y - [lambda = 0] f0): one Cholesky factorisation, unless K is
 * numerically singular, when the eigenbasis gives the solution of least norm. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/flow/flow.h"

double ntki_flow_decay(const ntk_flow *flow, double t) {
    return flow->weight_decay > 0 ? exp(-flow->weight_decay * t) : 1;
}

/* (1 - exp(-r t)) / r for r >= 0 and t in [0, infinity], r and t not both at the end where it diverges. */
static double growth(double r, double t) {
    const double x = r * t;
    return x > 0 ? -expm1(-x) / r : t;
}

/* Relative to the norm of the Gram matrix, what its rounding and that of its decomposition hide. */
static double hidden_by_rounding(const ntk_flow *flow) {
    const int64_t n = flow->training.n;
    return (double)(n > 16 ? n : 16) * DBL_EPSILON;
}

double ntki_flow_floor(const ntk_flow *flow) {
    return hidden_by_rounding(flow) * fabs(flow->basis.w[flow->training.n - 1]);
}

static void restore_gram(ntk_flow *flow) {
    if (flow->state == NTKI_FLOW_FACTOR)
        ntki_symmetric_restore(flow->training.n, flow->training.gram, flow->diagonal);
    flow->state = NTKI_FLOW_GRAM;
    flow->coefficient_time = NAN;
}

/* *modes = V' matrix, made once. */
static ntk_status find_modes(ntk_flow *flow, const char *function, const double *matrix, double **modes) {
    const ntki_training *const set = &flow->training;
    double *found = NULL;
    ntk_status status;
    if (matrix == NULL || *modes != NULL)
        return NTK_SUCCESS;
    if ((status = ntki_allocate_matrix(set->context, function, set->n, set->c, &found)) == NTK_SUCCESS &&
        (status = ntki_symmetric_to_basis(set->context, function, &flow->basis, set->c, matrix, found)) == NTK_SUCCESS)
        *modes = found;
    else
        ntki_release(set->context, found);
    return status;
}

static ntk_status decompose(ntk_flow *flow, const char *function) {
    ntki_training *const set = &flow->training;
    ntk_status status;
    if (flow->state == NTKI_FLOW_LOST)
        return ntki_fail(set->context, NTK_ERR_CONVERGENCE, function,
                         "the eigen-decomposition of this flow has failed before; it can only be destroyed");
    if (flow->state == NTKI_FLOW_BASIS)
        return NTK_SUCCESS;
    if ((status = ntki_progress(set->context, function, 0, "eigen-decomposition")) != NTK_SUCCESS)
        return status;
    restore_gram(flow);
    status = ntki_symmetric_decompose(set->context, function, set->n, set->gram, &flow->basis);
    if (status == NTK_SUCCESS)
        flow->state = NTKI_FLOW_BASIS;
    else if (status == NTK_ERR_CONVERGENCE || status == NTK_ERR_RANGE)
        flow->state = NTKI_FLOW_LOST;
    return status != NTK_SUCCESS ? status : ntki_progress(set->context, function, 1, "eigen-decomposition");
}

/* The least eigenvalue of K, or at t = infinity of K + ridge I, must not be negative beyond rounding. */
static ntk_status check_definite(const ntk_flow *flow, const char *function, double ridge) {
    const double least = flow->basis.w[0], largest = flow->basis.w[flow->training.n - 1];
    if (least + ridge >= -ntki_flow_floor(flow))
        return NTK_SUCCESS;
    return ntki_fail(flow->training.context, NTK_ERR_NOT_POSITIVE, function,
                     "the Gram matrix has the eigenvalue %g, negative beyond rounding (largest: %g)", least, largest);
}

static double limit_ridge(const ntk_flow *flow) {
    return (double)flow->training.n * flow->weight_decay / flow->learning_rate;
}

/* One mode of a(t), or of K a(t), is of_y y - of_initial f0 in its coordinates. */
typedef struct {
    double of_y;
    double of_initial;
} mode_weights;

/* With the Gram, mu a: kappa in place of eta / n, since 1 / mu alone may be out of range. */
static mode_weights weigh(const ntk_flow *flow, double eigenvalue, double t, bool times_gram) {
    const double scale = flow->learning_rate / (double)flow->training.n, kappa = scale * eigenvalue;
    const double factor = times_gram ? kappa : scale, decay = ntki_flow_decay(flow, t);
    const mode_weights nothing = {0, 0};
    if (!(fabs(eigenvalue) > ntki_flow_floor(flow)))
        return nothing;
    const mode_weights weights = {factor * growth(flow->weight_decay + kappa, t),
                                  decay > 0 ? decay * factor * growth(kappa, t) : 0};
    return weights;
}

/* out = V M (V' a(t)) with M = 1, or M = mu for K a(t). */
static ntk_status combine_modes(ntk_flow *flow, const char *function, double t, bool times_gram, double *out) {
    const ntki_training *const set = &flow->training;
    const int64_t n = set->n, c = set->c;
    double *mode = NULL;
    ntk_status status;
    if ((status = find_modes(flow, function, set->y, &flow->y_modes)) != NTK_SUCCESS ||
        (status = find_modes(flow, function, flow->initial, &flow->initial_modes)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, function, n, c, &mode)) != NTK_SUCCESS)
        return status;
    const double *const y = flow->y_modes, *const initial = flow->initial_modes;
    for (int64_t i = 0; i < n; i++) {
        const mode_weights weights = weigh(flow, flow->basis.w[i], t, times_gram);
        for (int64_t j = i * c; j < (i + 1) * c; j++)
            mode[j] = weights.of_y * y[j] - (initial != NULL ? weights.of_initial * initial[j] : 0);
    }
    status = ntki_symmetric_from_basis(set->context, function, &flow->basis, c, mode, out);
    ntki_release(set->context, mode);
    return status;
}

/* An upper bound of the smallest eigenvalue of K + ridge I, close to it: the estimate of the norm of the inverse can miss
 * it (equal rows: its first trial vector is orthogonal to their difference), the least pivot of the factor cannot be fooled
 * that way. */
static double smallest_eigenvalue(const ntk_flow *flow, double norm, double reciprocal) {
    const int64_t n = flow->training.n;
    double smallest = reciprocal * norm;
    for (int64_t i = 0; i < n; i++) {
        const double pivot = flow->training.gram[i * n + i];
        smallest = fmin(smallest, pivot * pivot);
    }
    return smallest;
}

/* Whether the inverse of K + ridge I says what the flow does. Where K is singular at the scale of the ridge, a(t) has a
 * component of size y / ridge in its null space; that changes no output but by the rounding of the products. */
static bool trust_factor(const ntk_flow *flow, double ridge, double norm, double smallest) {
    const double n = (double)flow->training.n;
    double largest = 0;
    for (int64_t i = 0; i < flow->training.n; i++)
        largest = fmax(largest, flow->diagonal[i]);
    const bool singular = ridge > 0 && smallest < 4 * ridge;
    const double noise = singular ? DBL_EPSILON * sqrt(n) * largest / ridge : 0;
    return smallest > hidden_by_rounding(flow) * norm && noise < 1e-9;
}

/* Half of the digits of the targets are lost below this: worth a word. */
static const double doubtful_condition = 1e-8;

static void warn_of_condition(const ntk_flow *flow, const char *function, double reciprocal, bool trusted) {
    if (!trusted)
        ntki_log(flow->training.context, NTK_LOG_WARNING,
                 "%s: the Gram matrix is singular to rounding; what it cannot represent is left out", function);
    else if (reciprocal < doubtful_condition)
        ntki_log(flow->training.context, NTK_LOG_WARNING,
                 "%s: the condition number of the Gram matrix is about %.1e; predictions at t = infinity lose as many "
                 "digits (a finite t or weight decay does not)",
                 function, 1 / reciprocal);
}

/* Factors K + ridge I; *well_conditioned tells whether its inverse means anything. */
static ntk_status factor(ntk_flow *flow, const char *function, double ridge, bool *well_conditioned) {
    ntki_training *const set = &flow->training;
    double reciprocal = 0, smallest = 0;
    ntk_status status = ntki_progress(set->context, function, 0, "factorisation");
    if (status != NTK_SUCCESS)
        return status;
    restore_gram(flow);
    const double norm = ntki_symmetric_norm(set->n, set->gram) + ridge;
    for (int64_t i = 0; i < set->n; i++)
        set->gram[i * set->n + i] += ridge;
    flow->state = NTKI_FLOW_FACTOR;
    flow->ridge = NAN;
    *well_conditioned = false;
    if (ntki_symmetric_factor(set->context, set->n, set->gram) == 0) {
        status = ntki_symmetric_reciprocal_condition(set->context, function, set->n, set->gram, norm, &reciprocal);
        if (status != NTK_SUCCESS)
            return status;
        smallest = smallest_eigenvalue(flow, norm, reciprocal);
        *well_conditioned = trust_factor(flow, ridge, norm, smallest);
    }
    if (*well_conditioned)
        flow->ridge = ridge;
    warn_of_condition(flow, function, smallest / norm, *well_conditioned);
    return ntki_progress(set->context, function, 1, "factorisation");
}

/* Brings the flow to a state in which a(infinity) can be solved for. */
static ntk_status prepare_limit(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    const double ridge = limit_ridge(flow);
    bool well_conditioned = true;
    if (!isfinite(ridge))
        return ntki_fail(set->context, NTK_ERR_RANGE, function,
                         "the ridge n lambda / eta overflows: lambda is %g, eta is %g", flow->weight_decay,
                         flow->learning_rate);
    if (flow->state == NTKI_FLOW_FACTOR && flow->ridge == ridge)
        return NTK_SUCCESS;
    const ntk_status status = factor(flow, function, ridge, &well_conditioned);
    if (status != NTK_SUCCESS || well_conditioned)
        return status;
    return decompose(flow, function);
}

ntk_status ntki_flow_eigenbasis(ntk_flow *flow, const char *function, double t) {
    const ntk_status status = decompose(flow, function);
    return status != NTK_SUCCESS ? status : check_definite(flow, function, isinf(t) ? limit_ridge(flow) : 0);
}

ntk_status ntki_flow_prepare(ntk_flow *flow, const char *function, double t) {
    if (t == 0 || flow->coefficient_time == t)
        return NTK_SUCCESS;
    if (isinf(t) && flow->state != NTKI_FLOW_BASIS && flow->state != NTKI_FLOW_LOST) {
        const ntk_status status = prepare_limit(flow, function);
        if (status != NTK_SUCCESS || flow->state != NTKI_FLOW_BASIS)
            return status;
    }
    return ntki_flow_eigenbasis(flow, function, t);
}

/* (K + ridge I) a = y - [lambda = 0] f0 with the factor. */
static void solve_limit(ntk_flow *flow) {
    const ntki_training *const set = &flow->training;
    const bool shifted = flow->initial != NULL && flow->weight_decay == 0;
    for (int64_t i = 0; i < set->n * set->c; i++)
        flow->coefficients[i] = set->y[i] - (shifted ? flow->initial[i] : 0);
    ntki_dtrsm_lower(&set->context->blas, NTKI_LEFT, NTKI_NO_TRANSPOSE, set->n, set->c, set->gram, set->n,
                     flow->coefficients, set->c);
    ntki_dtrsm_lower(&set->context->blas, NTKI_LEFT, NTKI_TRANSPOSE, set->n, set->c, set->gram, set->n,
                     flow->coefficients, set->c);
}

ntk_status ntki_flow_solve(ntk_flow *flow, const char *function, double t) {
    const int64_t count = flow->training.n * flow->training.c;
    ntk_status status = NTK_SUCCESS;
    if (flow->coefficient_time == t)
        return NTK_SUCCESS;
    flow->coefficient_time = NAN;
    if (t == 0)
        memset(flow->coefficients, 0, (size_t)count * sizeof(double));
    else if (flow->state == NTKI_FLOW_BASIS)
        status = combine_modes(flow, function, t, false, flow->coefficients);
    else
        solve_limit(flow);
    for (int64_t i = 0; status == NTK_SUCCESS && i < count; i++)
        if (!isfinite(flow->coefficients[i]))
            status = ntki_fail(flow->training.context, NTK_ERR_RANGE, function,
                               "the coefficients at t = %g exceed the double range", t);
    if (status == NTK_SUCCESS)
        flow->coefficient_time = t;
    return status;
}

ntk_status ntki_flow_outputs(ntk_flow *flow, const char *function, double t, double *f) {
    ntki_training *const set = &flow->training;
    const double decay = ntki_flow_decay(flow, t);
    ntk_status status = NTK_SUCCESS;
    if (t == 0)
        memset(f, 0, (size_t)(set->n * set->c) * sizeof(double));
    else if (flow->state == NTKI_FLOW_BASIS)
        status = combine_modes(flow, function, t, true, f);
    else if ((status = ntki_flow_solve(flow, function, t)) == NTK_SUCCESS)
        ntki_symmetric_multiply(set->context, set->n, set->gram, flow->diagonal, set->c, flow->coefficients, f);
    for (int64_t i = 0; flow->initial != NULL && decay > 0 && i < set->n * set->c; i++)
        f[i] += decay * flow->initial[i];
    return status;
}
