/* Gradient flow in function space: settings of the handle. */
#include <math.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/flow/flow.h"

double ntki_flow_scale(const ntk_flow *flow) {
    return flow->reduction == NTK_REDUCTION_MEAN ? 1 / (double)flow->training.n : 1;
}

double ntki_flow_rate(const ntk_flow *flow) {
    return flow->reduction == NTK_REDUCTION_MEAN ? flow->learning_rate / (double)flow->training.n : flow->learning_rate;
}

ntki_dynamics ntki_flow_dynamics(const ntk_flow *flow) {
    return (ntki_dynamics){flow->dynamics, ntki_flow_rate(flow), flow->weight_decay, flow->momentum};
}

double ntki_flow_decay(const ntk_flow *flow, double t) {
    const ntki_dynamics dynamics = ntki_flow_dynamics(flow);
    return ntki_dynamics_decay(&dynamics, t);
}

int64_t ntki_flow_factorisations(const ntk_flow *flow) {
    return flow->factorisations + (flow->smooth != NULL ? ntki_smooth_factorisations(flow->smooth) : 0) +
           (flow->events != NULL ? ntki_events_factorisations(flow->events) : 0);
}

void ntki_flow_forget(ntk_flow *flow) {
    flow->factorisations = ntki_flow_factorisations(flow);
    ntki_smooth_destroy(flow->smooth);
    ntki_events_destroy(flow->events);
    flow->smooth = NULL;
    flow->events = NULL;
    ntki_flow_release_steps(flow);
    flow->coefficient_time = NAN;
}

static ntk_status set_number(ntk_flow *flow, ntk_status checked, double value, double *place) {
    if (checked != NTK_SUCCESS)
        return checked;
    *place = value;
    ntki_flow_forget(flow);
    return NTK_SUCCESS;
}

static ntk_status get_number(const ntk_flow *flow, const char *function, const char *name, double value, double *out) {
    const ntk_status status = ntki_check_pointer(flow->training.context, function, name, out);
    if (status == NTK_SUCCESS)
        *out = value;
    return status;
}

ntk_status ntk_flow_set_learning_rate(ntk_flow *flow, double learning_rate) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return set_number(flow, ntki_check_positive(flow->training.context, __func__, "learning_rate", learning_rate),
                      learning_rate, &flow->learning_rate);
}

ntk_status ntk_flow_set_weight_decay(ntk_flow *flow, double weight_decay) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return set_number(flow, ntki_check_nonnegative(flow->training.context, __func__, "weight_decay", weight_decay),
                      weight_decay, &flow->weight_decay);
}

static ntk_status check_interval(const ntk_flow *flow, const char *function, const char *name, double value,
                                 bool allowed, const char *interval) {
    if (allowed)
        return NTK_SUCCESS;
    return ntki_fail(flow->training.context, NTK_ERR_DOMAIN, function, "%s is %g; it must be %s", name, value,
                     interval);
}

ntk_status ntk_flow_set_momentum(ntk_flow *flow, double momentum) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return set_number(
        flow, check_interval(flow, __func__, "momentum", momentum, momentum >= 0 && momentum < 1, "from 0 to below 1"),
        momentum, &flow->momentum);
}

ntk_status ntk_flow_set_tolerance(ntk_flow *flow, double tolerance) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return set_number(flow,
                      check_interval(flow, __func__, "tolerance", tolerance, tolerance >= 1e-12 && tolerance <= 1e-1,
                                     "from 1e-12 to 1e-1"),
                      tolerance, &flow->tolerance);
}

ntk_status ntk_flow_get_learning_rate(const ntk_flow *flow, double *learning_rate) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return get_number(flow, __func__, "learning_rate", flow->learning_rate, learning_rate);
}

ntk_status ntk_flow_get_weight_decay(const ntk_flow *flow, double *weight_decay) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return get_number(flow, __func__, "weight_decay", flow->weight_decay, weight_decay);
}

ntk_status ntk_flow_get_tolerance(const ntk_flow *flow, double *tolerance) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return get_number(flow, __func__, "tolerance", flow->tolerance, tolerance);
}

/* Each of the enumerations has the numbers 0 and 1. */
static ntk_status set_choice(ntk_flow *flow, const char *function, const char *name, const char *family, int32_t value,
                             int32_t *place) {
    if (value != 0 && value != 1)
        return ntki_fail(flow->training.context, NTK_ERR_ENUM, function, "%s is %d; it is no %s number", name,
                         (int)value, family);
    *place = value;
    ntki_flow_forget(flow);
    return NTK_SUCCESS;
}

ntk_status ntk_flow_set_reduction(ntk_flow *flow, int32_t reduction) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return set_choice(flow, __func__, "reduction", "NTK_REDUCTION_", reduction, &flow->reduction);
}

ntk_status ntk_flow_set_dynamics(ntk_flow *flow, int32_t dynamics) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return set_choice(flow, __func__, "dynamics", "NTK_DYNAMICS_", dynamics, &flow->dynamics);
}

ntk_status ntk_flow_set_solver(ntk_flow *flow, int32_t solver) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    return set_choice(flow, __func__, "solver", "NTK_FLOW_", solver, &flow->solver);
}

ntk_status ntk_flow_set_loss(ntk_flow *flow, const ntk_loss *loss) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    ntk_loss *copy = NULL;
    ntk_status status;
    if ((status = ntki_check_pointer(set->context, __func__, "loss", loss)) != NTK_SUCCESS ||
        (status = ntki_loss_check_targets(loss, set->context, __func__, set->n, set->c, set->y, set->c)) !=
            NTK_SUCCESS ||
        (status = ntki_loss_copy(set->context, __func__, loss, &copy)) != NTK_SUCCESS)
        return status;
    ntki_flow_forget(flow);
    ntki_loss_release(flow->loss);
    flow->loss = copy;
    return NTK_SUCCESS;
}

static ntk_status check_weights(const ntk_flow *flow, const char *function, int64_t n, const double *weights) {
    ntk_context *const context = flow->training.context;
    bool any = false;
    if (n != flow->training.n)
        return ntki_fail(context, NTK_ERR_SIZE, function, "n is %lld; there are %lld samples", (long long)n,
                         (long long)flow->training.n);
    const ntk_status status = ntki_check_finite_vector(context, function, "weights", n, weights);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < n; i++) {
        if (weights[i] < 0)
            return ntki_fail(context, NTK_ERR_DOMAIN, function, "weights[%lld] is %g; it must be >= 0", (long long)i,
                             weights[i]);
        any = any || weights[i] > 0;
    }
    return any ? NTK_SUCCESS : ntki_fail(context, NTK_ERR_DOMAIN, function, "weights are all 0; one must be > 0");
}

ntk_status ntk_flow_set_sample_weights(ntk_flow *flow, int64_t n, const double *weights) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    double *copy = NULL;
    ntk_status status;
    if (weights != NULL) {
        if ((status = check_weights(flow, __func__, n, weights)) != NTK_SUCCESS ||
            (status = ntki_allocate_matrix(flow->training.context, __func__, 1, n, &copy)) != NTK_SUCCESS)
            return status;
        ntki_copy_rows(1, n, weights, n, copy, n);
    }
    flow->outdated = flow->outdated || weights != NULL || flow->weights != NULL;
    ntki_flow_forget(flow);
    ntki_release(flow->training.context, flow->weights);
    flow->weights = copy;
    return NTK_SUCCESS;
}

/* Replaces an n x c matrix by a copy of another one, NULL by NULL. */
static ntk_status replace(ntk_flow *flow, const char *function, const ntki_matrix *matrix, double **place) {
    const ntki_training *const set = &flow->training;
    double *copy = NULL;
    ntk_status status;
    if (matrix->data != NULL) {
        if ((status = ntki_check_matrix(set->context, function, matrix)) != NTK_SUCCESS ||
            (status = ntki_check_finite(set->context, function, matrix)) != NTK_SUCCESS ||
            (status = ntki_allocate_matrix(set->context, function, set->n, set->c, &copy)) != NTK_SUCCESS)
            return status;
        ntki_copy_rows(set->n, set->c, matrix->data, matrix->ld, copy, set->c);
    }
    ntki_flow_forget(flow);
    ntki_release(set->context, *place);
    ntki_release(set->context, flow->origin);
    ntki_release(set->context, flow->system.origin_modes);
    *place = copy;
    flow->origin = NULL;
    flow->system.origin_modes = NULL;
    return NTK_SUCCESS;
}

ntk_status ntk_flow_set_initial(ntk_flow *flow, const double *f0, int64_t ldf) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_matrix matrix = {"f0", f0, flow->training.n, flow->training.c, ldf, "ldf"};
    return replace(flow, __func__, &matrix, &flow->initial);
}

ntk_status ntk_flow_set_start(ntk_flow *flow, const double *a, int64_t lda) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_matrix matrix = {"a", a, flow->training.n, flow->training.c, lda, "lda"};
    return replace(flow, __func__, &matrix, &flow->start);
}
