/* The squared loss in closed form.
 *
 * With W the weights, in the eigenbasis of W^(1/2) K W^(1/2) (eigenvalues mu, rates kappa = eta s mu) the coefficients are those
 * of independent modes (modes.h): a(t) = g(t) a(0) + W^(1/2) V (modes), where a mode is
 *   eta s (target v - start u),   v = V' W^(1/2) y,   u = V' W^(1/2) (f_0 + K a(0)).
 * At t = infinity that is W^(1/2) (W^(1/2) K W^(1/2) + (lambda / eta s) I)^{-1} W^(1/2) (y - [lambda = 0] f_0 ...): one Cholesky
 * factorisation, unless the matrix is numerically singular, when the eigenbasis gives the solution of least norm. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/flow/flow.h"

double ntki_flow_hidden(int64_t n) { return (double)(n > 16 ? n : 16) * DBL_EPSILON; }

double ntki_flow_floor(const ntk_flow *flow) {
    const int64_t n = flow->training.n;
    return ntki_flow_hidden(n) * fabs(flow->system.basis.w[n - 1]);
}

static void restore_system(ntk_flow *flow) {
    ntki_flow_system *const system = &flow->system;
    if (system->state == NTKI_FLOW_FACTOR)
        ntki_symmetric_restore(flow->training.n, system->matrix, system->diagonal);
    system->state = NTKI_FLOW_GRAM;
    flow->coefficient_time = NAN;
}

/* *modes = V' W^(1/2) matrix, made once. */
static ntk_status find_modes(ntk_flow *flow, const char *function, const double *matrix, double **modes) {
    const ntki_training *const set = &flow->training;
    const double *const root = flow->system.root;
    double *found = NULL, *weighted = NULL;
    ntk_status status;
    if (matrix == NULL || *modes != NULL)
        return NTK_SUCCESS;
    if ((status = ntki_allocate_matrix(set->context, function, set->n, set->c, &found)) == NTK_SUCCESS && root != NULL)
        status = ntki_allocate_matrix(set->context, function, set->n, set->c, &weighted);
    for (int64_t i = 0; status == NTK_SUCCESS && root != NULL && i < set->n * set->c; i++)
        weighted[i] = root[i / set->c] * matrix[i];
    if (status == NTK_SUCCESS)
        status = ntki_symmetric_to_basis(set->context, function, &flow->system.basis, set->c,
                                         root != NULL ? weighted : matrix, found);
    ntki_release(set->context, weighted);
    if (status == NTK_SUCCESS)
        *modes = found;
    else
        ntki_release(set->context, found);
    return status;
}

static ntk_status decompose(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    ntki_flow_system *const system = &flow->system;
    ntk_status status;
    if (system->state == NTKI_FLOW_LOST)
        return ntki_fail(set->context, NTK_ERR_CONVERGENCE, function,
                         "the eigen-decomposition of this flow has failed before; it can only be destroyed");
    if (system->state == NTKI_FLOW_BASIS)
        return NTK_SUCCESS;
    if ((status = ntki_progress(set->context, function, 0, "eigen-decomposition")) != NTK_SUCCESS)
        return status;
    restore_system(flow);
    flow->factorisations++;
    status = ntki_symmetric_decompose(set->context, function, set->n, system->matrix, &system->basis);
    if (status == NTK_SUCCESS)
        system->state = NTKI_FLOW_BASIS;
    else if (status == NTK_ERR_CONVERGENCE || status == NTK_ERR_RANGE)
        system->state = NTKI_FLOW_LOST;
    return status != NTK_SUCCESS ? status : ntki_progress(set->context, function, 1, "eigen-decomposition");
}

/* The least eigenvalue of K, or at t = infinity of K + ridge I, must not be negative beyond rounding. */
static ntk_status check_definite(const ntk_flow *flow, const char *function, double ridge) {
    const double *const w = flow->system.basis.w, least = w[0], largest = w[flow->training.n - 1];
    if (least + ridge >= -ntki_flow_floor(flow))
        return NTK_SUCCESS;
    return ntki_fail(flow->training.context, NTK_ERR_NOT_POSITIVE, function,
                     "the Gram matrix has the eigenvalue %g, negative beyond rounding (largest: %g)", least, largest);
}

double ntki_flow_limit_ridge(const ntk_flow *flow) {
    const double ridge = flow->weight_decay / flow->learning_rate;
    return flow->reduction == NTK_REDUCTION_MEAN ? (double)flow->training.n * flow->weight_decay / flow->learning_rate
                                                 : ridge;
}

/* mode (n x count c): each mode's coefficients, at all times. */
static void fill_modes(const ntk_flow *flow, int64_t count, const double *times, bool times_gram, double *mode) {
    const ntki_dynamics dynamics = ntki_flow_dynamics(flow);
    const double *const y = flow->system.y_modes, *const origin = flow->system.origin_modes;
    const double floor = ntki_flow_floor(flow), ridge = ntki_flow_limit_ridge(flow);
    const int64_t c = flow->training.c;
    for (int64_t i = 0; i < flow->training.n; i++)
        for (int64_t s = 0; s < count; s++) {
            const double eigenvalue = flow->system.basis.w[i];
            const ntki_mode at =
                fabs(eigenvalue) > floor ? ntki_mode_at(&dynamics, ridge, eigenvalue, times[s]) : (ntki_mode){0};
            const double of_y = times_gram ? at.output_y : at.y, of_origin = times_gram ? at.output_origin : at.origin;
            double *const row = mode + (i * count + s) * c;
            for (int64_t q = 0; q < c; q++)
                row[q] = of_y * y[i * c + q] - (origin != NULL ? of_origin * origin[i * c + q] : 0);
        }
}

ntk_status ntki_flow_combine_modes(ntk_flow *flow, const char *function, int64_t count, const double *times,
                                   bool times_gram, double *out) {
    const ntki_training *const set = &flow->training;
    const double *const root = flow->system.root;
    const int64_t n = set->n, columns = count * set->c;
    double *mode = NULL;
    ntk_status status;
    if ((status = ntki_flow_find_origin(flow, function)) != NTK_SUCCESS ||
        (status = find_modes(flow, function, set->y, &flow->system.y_modes)) != NTK_SUCCESS ||
        (status = find_modes(flow, function, flow->origin, &flow->system.origin_modes)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, function, n, columns, &mode)) != NTK_SUCCESS)
        return status;
    fill_modes(flow, count, times, times_gram, mode);
    status = ntki_symmetric_from_basis(set->context, function, &flow->system.basis, columns, mode, out);
    ntki_release(set->context, mode);
    for (int64_t i = 0; root != NULL && i < n * columns; i++)
        out[i] *= root[i / columns];
    return status;
}

/* An upper bound of the smallest eigenvalue of K + ridge I, close to it: the estimate of the norm of the inverse can miss
 * it (equal rows: its first trial vector is orthogonal to their difference), the least pivot of the factor cannot be fooled
 * that way. */
static double smallest_eigenvalue(const ntk_flow *flow, double norm, double reciprocal) {
    const int64_t n = flow->training.n;
    double smallest = reciprocal * norm;
    for (int64_t i = 0; i < n; i++) {
        const double pivot = flow->system.matrix[i * n + i];
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
        largest = fmax(largest, flow->system.diagonal[i]);
    const bool singular = ridge > 0 && smallest < 4 * ridge;
    const double noise = singular ? DBL_EPSILON * sqrt(n) * largest / ridge : 0;
    return smallest > ntki_flow_hidden(flow->training.n) * norm && noise < 1e-9;
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
    const ntki_training *const set = &flow->training;
    ntki_flow_system *const system = &flow->system;
    double reciprocal = 0, smallest = 0;
    ntk_status status = ntki_progress(set->context, function, 0, "factorisation");
    if (status != NTK_SUCCESS)
        return status;
    restore_system(flow);
    const double norm = ntki_symmetric_norm(set->n, system->matrix) + ridge;
    for (int64_t i = 0; i < set->n; i++) /* a row of weight 0 is empty: it stands apart, and its solution is 0 */
        system->matrix[i * set->n + i] =
            system->root != NULL && system->root[i] == 0 ? norm : system->matrix[i * set->n + i] + ridge;
    system->state = NTKI_FLOW_FACTOR;
    system->ridge = NAN;
    flow->factorisations++;
    *well_conditioned = false;
    if (ntki_symmetric_factor(set->context, set->n, system->matrix) == 0) {
        status = ntki_symmetric_reciprocal_condition(set->context, function, set->n, system->matrix, norm, &reciprocal);
        if (status != NTK_SUCCESS)
            return status;
        smallest = smallest_eigenvalue(flow, norm, reciprocal);
        *well_conditioned = trust_factor(flow, ridge, norm, smallest);
    }
    if (*well_conditioned)
        system->ridge = ridge;
    warn_of_condition(flow, function, smallest / norm, *well_conditioned);
    return ntki_progress(set->context, function, 1, "factorisation");
}

ntk_status ntki_flow_check_ridge(const ntk_flow *flow, const char *function, double t) {
    if (!isinf(t) || isfinite(ntki_flow_limit_ridge(flow)))
        return NTK_SUCCESS;
    return ntki_fail(flow->training.context, NTK_ERR_RANGE, function,
                     "the ridge n lambda / eta overflows: lambda is %g, eta is %g", flow->weight_decay,
                     flow->learning_rate);
}

/* Brings the flow to a state in which a(infinity) can be solved for. */
static ntk_status prepare_limit(ntk_flow *flow, const char *function) {
    const double ridge = ntki_flow_limit_ridge(flow);
    bool well_conditioned = true;
    if (flow->system.state == NTKI_FLOW_FACTOR && flow->system.ridge == ridge)
        return NTK_SUCCESS;
    const ntk_status status = factor(flow, function, ridge, &well_conditioned);
    if (status != NTK_SUCCESS || well_conditioned)
        return status;
    return decompose(flow, function);
}

ntk_status ntki_flow_eigenbasis(ntk_flow *flow, const char *function, double t) {
    ntk_status status;
    if ((status = ntki_flow_update_system(flow, function)) != NTK_SUCCESS ||
        (status = decompose(flow, function)) != NTK_SUCCESS)
        return status;
    return check_definite(flow, function, isinf(t) ? ntki_flow_limit_ridge(flow) : 0);
}

/* Descent has an end only below the largest stable learning rate. */
static ntk_status check_stable(const ntk_flow *flow, const char *function) {
    const ntki_dynamics dynamics = ntki_flow_dynamics(flow);
    const double largest = flow->system.basis.w[flow->training.n - 1];
    if (ntki_dynamics_stable(&dynamics, largest > ntki_flow_floor(flow) ? dynamics.rate * largest : 0))
        return NTK_SUCCESS;
    return ntki_fail(flow->training.context, NTK_ERR_DOMAIN, function,
                     "t is inf, but descent diverges with learning_rate = %g: eta s kappa + lambda = %g reaches 2 (1 + "
                     "beta) = %g",
                     flow->learning_rate, dynamics.rate * largest + flow->weight_decay, 2 * (1 + flow->momentum));
}

ntk_status ntki_flow_prepare_squared(ntk_flow *flow, const char *function, double t) {
    const bool steps = flow->dynamics == NTK_DYNAMICS_DESCENT;
    ntk_status status = ntki_flow_check_ridge(flow, function, t);
    if (status == NTK_SUCCESS)
        status = ntki_flow_update_system(flow, function);
    if (status != NTK_SUCCESS)
        return status;
    if (isinf(t) && !steps && flow->system.state != NTKI_FLOW_BASIS && flow->system.state != NTKI_FLOW_LOST) {
        status = prepare_limit(flow, function);
        if (status != NTK_SUCCESS || flow->system.state != NTKI_FLOW_BASIS)
            return status;
    }
    status = ntki_flow_eigenbasis(flow, function, t);
    return status == NTK_SUCCESS && isinf(t) && steps ? check_stable(flow, function) : status;
}

/* (K + ridge I) a = y - [lambda = 0] u with the factor, weighted. */
static ntk_status solve_limit(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    const double *const root = flow->system.root;
    double *const a = flow->coefficients;
    const ntk_status status = flow->weight_decay == 0 ? ntki_flow_find_origin(flow, function) : NTK_SUCCESS;
    if (status != NTK_SUCCESS)
        return status;
    const double *const origin = flow->weight_decay == 0 ? flow->origin : NULL;
    for (int64_t i = 0; i < set->n * set->c; i++)
        a[i] = (set->y[i] - (origin != NULL ? origin[i] : 0)) * (root != NULL ? root[i / set->c] : 1);
    ntki_dtrsm_lower(&set->context->blas, NTKI_LEFT, NTKI_NO_TRANSPOSE, set->n, set->c, flow->system.matrix, set->n, a,
                     set->c);
    ntki_dtrsm_lower(&set->context->blas, NTKI_LEFT, NTKI_TRANSPOSE, set->n, set->c, flow->system.matrix, set->n, a,
                     set->c);
    for (int64_t i = 0; root != NULL && i < set->n * set->c; i++)
        a[i] *= root[i / set->c];
    return NTK_SUCCESS;
}

ntk_status ntki_flow_solve_squared(ntk_flow *flow, const char *function, double t) {
    const double decay = ntki_flow_decay(flow, t);
    ntk_status status = ntki_flow_has_modes(flow)
                            ? ntki_flow_combine_modes(flow, function, 1, &t, false, flow->coefficients)
                            : solve_limit(flow, function);
    for (int64_t i = 0; status == NTK_SUCCESS && flow->start != NULL && i < flow->training.n * flow->training.c; i++)
        flow->coefficients[i] += ntki_flow_faded(decay, flow->start[i]);
    return status;
}
