/* a(t) and f_t(X) by whichever method the settings ask for. */
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/flow/flow.h"

typedef enum { CLOSED_FORM, KRYLOV, STEPS, NONLINEAR } method;

static method method_of(const ntk_flow *flow) {
    if (flow->loss->kind == NTK_LOSS_SQUARED)
        return flow->solver == NTK_FLOW_KRYLOV ? KRYLOV : CLOSED_FORM;
    return flow->dynamics == NTK_DYNAMICS_DESCENT ? STEPS : NONLINEAR;
}

bool ntki_flow_has_modes(const ntk_flow *flow) {
    return method_of(flow) == CLOSED_FORM && !flow->outdated && flow->system.state == NTKI_FLOW_BASIS;
}

static const double most_steps = 0x1p53;

ntk_status ntki_flow_check_time(const ntk_flow *flow, const char *function, const char *name, double t) {
    ntk_context *const context = flow->training.context;
    if (!(t >= 0))
        return ntki_fail(context, NTK_ERR_DOMAIN, function, "%s is %g; it must be from 0 to infinity", name, t);
    if (flow->dynamics == NTK_DYNAMICS_DESCENT && !isinf(t) && !(t <= most_steps && t == floor(t)))
        return ntki_fail(context, NTK_ERR_DOMAIN, function,
                         "%s is %.17g; descent takes whole numbers of steps, at most 2^53", name, t);
    return NTK_SUCCESS;
}

/* What a method leaves in flow->coefficients must be finite to count. */
static ntk_status accept(ntk_flow *flow, const char *function, double t) {
    for (int64_t i = 0; i < flow->training.n * flow->training.c; i++)
        if (!isfinite(flow->coefficients[i]))
            return ntki_fail(flow->training.context, NTK_ERR_RANGE, function,
                             "the coefficients at t = %g exceed the double range", t);
    flow->coefficient_time = t;
    flow->coefficient_work = flow->work;
    return NTK_SUCCESS;
}

ntk_status ntki_flow_prepare(ntk_flow *flow, const char *function, double t) {
    const method chosen = method_of(flow);
    ntk_status status;
    if (t == 0 || chosen == CLOSED_FORM) {
        const bool known = t == 0 || flow->coefficient_time == t;
        status = known ? NTK_SUCCESS : ntki_flow_prepare_squared(flow, function, t);
        flow->work = (ntki_flow_work){0, 0, ntki_flow_factorisations(flow)};
        return status;
    }
    if (flow->coefficient_time == t) {
        flow->work = flow->coefficient_work;
        return NTK_SUCCESS;
    }
    flow->coefficient_time = NAN;
    if (chosen == KRYLOV)
        status = ntki_flow_solve_krylov(flow, function, t);
    else
        status =
            chosen == STEPS ? ntki_flow_solve_steps(flow, function, t) : ntki_flow_solve_nonlinear(flow, function, t);
    return status != NTK_SUCCESS ? status : accept(flow, function, t);
}

ntk_status ntki_flow_solve(ntk_flow *flow, const char *function, double t) {
    const size_t bytes = (size_t)(flow->training.n * flow->training.c) * sizeof(double);
    if (flow->coefficient_time == t)
        return NTK_SUCCESS;
    flow->coefficient_time = NAN;
    if (t == 0) {
        if (flow->start != NULL)
            memcpy(flow->coefficients, flow->start, bytes);
        else
            memset(flow->coefficients, 0, bytes);
        flow->coefficient_time = 0;
        return NTK_SUCCESS;
    }
    const ntk_status status = ntki_flow_solve_squared(flow, function, t);
    return status != NTK_SUCCESS ? status : accept(flow, function, t);
}

/* f += g(t) matrix */
static void add_faded(const ntk_flow *flow, double t, const double *matrix, double *f) {
    const double decay = ntki_flow_decay(flow, t);
    for (int64_t i = 0; matrix != NULL && i < flow->training.n * flow->training.c; i++)
        f[i] += ntki_flow_faded(decay, matrix[i]);
}

ntk_status ntki_flow_outputs(ntk_flow *flow, const char *function, double t, double *f) {
    const ntki_training *const set = &flow->training;
    ntk_status status = NTK_SUCCESS;
    if (t > 0 && ntki_flow_has_modes(flow) && flow->system.root == NULL) {
        status = ntki_flow_combine_modes(flow, function, 1, &t, true, f);
        if (status == NTK_SUCCESS)
            add_faded(flow, t, flow->origin, f);
        return status;
    }
    if (t == 0 && flow->start == NULL)
        memset(f, 0, (size_t)(set->n * set->c) * sizeof(double));
    else if ((status = ntki_flow_solve(flow, function, t)) == NTK_SUCCESS)
        status = ntki_flow_multiply(flow, function, set->c, flow->coefficients, f);
    if (status == NTK_SUCCESS)
        add_faded(flow, t, flow->initial, f);
    return status;
}

ntk_status ntki_flow_solve_nonlinear(ntk_flow *flow, const char *function, double t) {
    const ntki_training *const set = &flow->training;
    const int32_t kind = flow->loss->kind;
    const bool kinked = kind == NTK_LOSS_HINGE || kind == NTK_LOSS_EPSILON_INSENSITIVE;
    ntki_flow_work work = {0};
    ntk_status status;
    if (flow->momentum > 0)
        return ntki_fail(set->context, NTK_ERR_UNSUPPORTED, function,
                         "momentum is %g; gradient flows of the loss %s have none", flow->momentum,
                         ntk_loss_kind_name(kind));
    if ((status = ntki_flow_restore_gram(flow, function)) != NTK_SUCCESS)
        return status;
    flow->problem = (ntki_flow_problem){set->context,       set->n,        set->c,        set->gram,
                                        flow->loss,         set->y,        flow->weights, ntki_flow_rate(flow),
                                        flow->weight_decay, flow->initial, flow->start,   flow->tolerance};
    if (flow->smooth == NULL && flow->events == NULL)
        status = kinked ? ntki_events_create(&flow->problem, function, &flow->events)
                        : ntki_smooth_create(&flow->problem, function, &flow->smooth);
    if (status == NTK_SUCCESS)
        status = kinked ? ntki_events_solve(flow->events, function, t, flow->coefficients, &work)
                        : ntki_smooth_solve(flow->smooth, function, t, flow->coefficients, &work);
    if (status == NTK_SUCCESS) {
        flow->work = work;
        flow->work.factorisations = ntki_flow_factorisations(flow);
    }
    return status;
}
