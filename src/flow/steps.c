/* Descent of a loss that is not squared, one step after the other.
 *
 * In coefficients, with f_k = g_k f_0(X) + K a_k,
 *   v_{k+1} = beta v_k - lambda a_k - eta s w dloss/df at f_k,   a_{k+1} = a_k + v_{k+1},
 * and g_k follows the same recursion without the loss. The course so far is kept: later times go on from there. */
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/flow/flow.h"

void ntki_flow_release_steps(ntk_flow *flow) {
    ntk_context *const context = flow->training.context;
    ntki_release(context, flow->steps.work);
    ntki_release(context, flow->steps.velocity);
    ntki_release(context, flow->steps.a);
    flow->steps = (ntki_flow_steps){.step = NAN};
}

/* To step 0. */
static ntk_status begin(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    ntki_flow_steps *const steps = &flow->steps;
    const size_t bytes = (size_t)(set->n * set->c) * sizeof(double);
    ntk_status status = NTK_SUCCESS;
    if (steps->a == NULL)
        status = ntki_allocate_matrix(set->context, function, set->n, set->c, &steps->a);
    if (status == NTK_SUCCESS && steps->velocity == NULL)
        status = ntki_allocate_matrix(set->context, function, set->n, set->c, &steps->velocity);
    if (status == NTK_SUCCESS && steps->work == NULL)
        status = ntki_allocate_matrix(set->context, function, 2 * set->n, set->c, &steps->work);
    if (status != NTK_SUCCESS)
        return status;
    if (flow->start != NULL)
        memcpy(steps->a, flow->start, bytes);
    else
        memset(steps->a, 0, bytes);
    memset(steps->velocity, 0, bytes);
    steps->step = 0;
    steps->left = 1;
    steps->slope = 0;
    return NTK_SUCCESS;
}

static ntk_status refuse_overflow(const ntk_flow *flow, const char *function) {
    return ntki_fail(flow->training.context, NTK_ERR_RANGE, function,
                     "the outputs after %.0f steps of descent exceed the double range", flow->steps.step);
}

static ntk_status advance(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    ntki_flow_steps *const steps = &flow->steps;
    const int64_t count = set->n * set->c;
    double *const f = steps->work, *const gradient = steps->work + count;
    const double rate = ntki_flow_rate(flow), beta = flow->momentum, lambda = flow->weight_decay;
    ntk_status status = ntki_flow_multiply(flow, function, set->c, steps->a, f);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < count; i++) {
        f[i] += flow->initial != NULL ? ntki_flow_faded(steps->left, flow->initial[i]) : 0;
        if (!isfinite(f[i]))
            return refuse_overflow(flow, function);
    }
    status = ntki_loss_gradient(flow->loss, set->context, function, set->n, set->c, f, set->y, gradient);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < count; i++) {
        const double weight = flow->weights != NULL ? flow->weights[i / set->c] : 1;
        steps->velocity[i] = beta * steps->velocity[i] - lambda * steps->a[i] - rate * weight * gradient[i];
        steps->a[i] += steps->velocity[i];
    }
    steps->slope = beta * steps->slope - lambda * steps->left;
    steps->left += steps->slope;
    steps->step++;
    return NTK_SUCCESS;
}

ntk_status ntki_flow_solve_steps(ntk_flow *flow, const char *function, double t) {
    const ntki_training *const set = &flow->training;
    ntk_status status = NTK_SUCCESS;
    if (isinf(t))
        return ntki_fail(set->context, NTK_ERR_UNSUPPORTED, function,
                         "t is inf; descent of the loss %s is made step by step (the gradient flow has a limit)",
                         ntk_loss_kind_name(flow->loss->kind));
    if (!(flow->steps.step <= t))
        status = begin(flow, function);
    const double from = flow->steps.step;
    while (status == NTK_SUCCESS && flow->steps.step < t) {
        status = ntki_progress(set->context, function, (flow->steps.step - from) / (t - from), "descent");
        if (status == NTK_SUCCESS && (status = advance(flow, function)) != NTK_SUCCESS)
            flow->steps.step = NAN; /* the course may be half a step further */
    }
    if (status == NTK_SUCCESS)
        status = ntki_progress(set->context, function, 1, "descent");
    if (status != NTK_SUCCESS)
        return status;
    memcpy(flow->coefficients, flow->steps.a, (size_t)(set->n * set->c) * sizeof(double));
    flow->work = (ntki_flow_work){0, (int64_t)t, flow->factorisations};
    return NTK_SUCCESS;
}
