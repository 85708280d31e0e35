/* Gradient flow in function space: life of the handle. */
#include "src/flow/flow.h"

#include <math.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/loss/kinds.h"

static void release_flow(ntk_flow *flow) {
    ntk_context *const context = flow->training.context;
    ntki_flow_forget(flow);
    ntki_flow_release_system(flow);
    ntki_release(context, flow->coefficients);
    ntki_release(context, flow->origin);
    ntki_release(context, flow->start);
    ntki_release(context, flow->initial);
    ntki_release(context, flow->weights);
    ntki_release(context, flow->diagonal);
    ntki_training_release(&flow->training);
    ntk_loss *const loss = flow->loss;
    ntki_release(context, flow);
    ntki_loss_release(loss);
}

/* What both ways of creation share: an empty handle before, the work areas after the training set is made. */
static ntk_status begin(ntk_context *context, const char *function, int32_t loss, const void *out, ntk_flow **flow) {
    ntk_status status;
    if (ntk_loss_kind_name(loss) == NULL)
        return ntki_fail(context, NTK_ERR_ENUM, function, "loss is %d; it is no NTK_LOSS_ number", (int)loss);
    if (loss == NTK_LOSS_FUNCTION)
        return ntki_fail(context, NTK_ERR_ENUM, function, "loss is %d (function); give it to ntk_flow_set_loss()",
                         (int)loss);
    if ((status = ntki_check_pointer(context, function, "out", out)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, 1, sizeof(**flow), flow)) != NTK_SUCCESS)
        return status;
    **flow = (ntk_flow){.training = {.context = context},
                        .coefficient_time = NAN,
                        .learning_rate = 1,
                        .tolerance = 1e-6,
                        .steps = {.step = NAN}};
    const ntk_loss plain = {.kind = loss, .parameter = ntki_loss_find(loss)->parameter_default};
    return ntki_loss_copy(context, function, &plain, &(*flow)->loss);
}

static ntk_status allocate_work(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    ntk_status status;
    if ((status = ntki_loss_check_targets(flow->loss, set->context, function, set->n, set->c, set->y, set->c)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, function, 1, set->n, &flow->diagonal)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < set->n; i++)
        flow->diagonal[i] = set->gram[i * set->n + i];
    flow->system.matrix = set->gram;
    flow->system.diagonal = flow->diagonal;
    return ntki_allocate_matrix(set->context, function, set->n, set->c, &flow->coefficients);
}

static ntk_status finish(ntk_context *held, const char *function, ntk_status status, ntk_flow *flow, ntk_flow **out) {
    if (status == NTK_SUCCESS)
        status = allocate_work(flow, function);
    if (status == NTK_SUCCESS) {
        *out = flow;
        return NTK_SUCCESS;
    }
    if (flow != NULL)
        release_flow(flow);
    ntki_context_release(held);
    return status;
}

ntk_status ntk_flow_create(ntk_context *context, int64_t n, int64_t c, const double *gram, int64_t ldk, const double *y,
                           int64_t ldy, int32_t loss, ntk_flow **out) {
    ntk_context *held = NULL;
    ntk_flow *flow = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    status = begin(held, __func__, loss, out, &flow);
    if (status == NTK_SUCCESS)
        status = ntki_training_from_gram(&flow->training, held, __func__, n, c, gram, ldk, y, ldy);
    return finish(held, __func__, status, flow, out);
}

ntk_status ntk_flow_create_from_kernel(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t c,
                                       const double *y, int64_t ldy, int32_t loss, ntk_flow **out) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *held = NULL;
    ntk_flow *flow = NULL;
    ntk_status status = ntki_context_acquire(kernel->context, &held);
    if (status == NTK_SUCCESS)
        status = begin(held, __func__, loss, out, &flow);
    if (status == NTK_SUCCESS)
        status = ntki_training_from_kernel(&flow->training, kernel, __func__, n, x, ldx, c, y, ldy);
    return finish(held, __func__, status, flow, out);
}

void ntk_flow_destroy(ntk_flow *flow) {
    if (flow == NULL)
        return;
    ntk_context *const context = flow->training.context;
    release_flow(flow);
    ntki_context_release(context);
}
