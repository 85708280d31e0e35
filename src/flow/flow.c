/* Gradient flow in function space: life and settings of the handle. */
#include "src/flow/flow.h"

#include <math.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"

static void release_flow(ntk_flow *flow) {
    ntk_context *const context = flow->training.context;
    ntki_training_release(&flow->training);
    ntki_release(context, flow->coefficients);
    ntki_release(context, flow->initial_modes);
    ntki_release(context, flow->initial);
    ntki_release(context, flow->y_modes);
    ntki_symmetric_release(context, &flow->basis);
    ntki_release(context, flow->diagonal);
    ntki_release(context, flow);
}

/* What both ways of creation share: an empty handle before, the work areas after the training set is made. */
static ntk_status begin(ntk_context *context, const char *function, int32_t loss, const void *out, ntk_flow **flow) {
    ntk_status status;
    if (ntk_loss_kind_name(loss) == NULL)
        return ntki_fail(context, NTK_ERR_ENUM, function, "loss is %d; it is no NTK_LOSS_ number", (int)loss);
    if (loss != NTK_LOSS_SQUARED)
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, function, "loss is %s; flows have squared only",
                         ntk_loss_kind_name(loss));
    if ((status = ntki_check_pointer(context, function, "out", out)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, 1, sizeof(**flow), flow)) != NTK_SUCCESS)
        return status;
    **flow = (ntk_flow){.training = {.context = context}, .coefficient_time = NAN, .learning_rate = 1};
    return NTK_SUCCESS;
}

static ntk_status allocate_work(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    ntk_status status;
    if ((status = ntki_allocate_matrix(set->context, function, 1, set->n, &flow->diagonal)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < set->n; i++)
        flow->diagonal[i] = set->gram[i * set->n + i];
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

ntk_status ntk_flow_set_learning_rate(ntk_flow *flow, double learning_rate) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_positive(flow->training.context, __func__, "learning_rate", learning_rate);
    if (status != NTK_SUCCESS)
        return status;
    flow->learning_rate = learning_rate;
    flow->coefficient_time = NAN;
    return NTK_SUCCESS;
}

ntk_status ntk_flow_set_weight_decay(ntk_flow *flow, double weight_decay) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_nonnegative(flow->training.context, __func__, "weight_decay", weight_decay);
    if (status != NTK_SUCCESS)
        return status;
    flow->weight_decay = weight_decay;
    flow->coefficient_time = NAN;
    return NTK_SUCCESS;
}

ntk_status ntk_flow_get_learning_rate(const ntk_flow *flow, double *learning_rate) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(flow->training.context, __func__, "learning_rate", learning_rate);
    if (status == NTK_SUCCESS)
        *learning_rate = flow->learning_rate;
    return status;
}

ntk_status ntk_flow_get_weight_decay(const ntk_flow *flow, double *weight_decay) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(flow->training.context, __func__, "weight_decay", weight_decay);
    if (status == NTK_SUCCESS)
        *weight_decay = flow->weight_decay;
    return status;
}

ntk_status ntk_flow_set_initial(ntk_flow *flow, const double *f0, int64_t ldf) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    const ntki_matrix matrix = {"f0", f0, set->n, set->c, ldf, "ldf"};
    double *copy = NULL;
    ntk_status status;
    if (f0 != NULL) {
        if ((status = ntki_check_matrix(set->context, __func__, &matrix)) != NTK_SUCCESS ||
            (status = ntki_check_finite(set->context, __func__, &matrix)) != NTK_SUCCESS ||
            (status = ntki_allocate_matrix(set->context, __func__, set->n, set->c, &copy)) != NTK_SUCCESS)
            return status;
        ntki_copy_rows(set->n, set->c, f0, ldf, copy, set->c);
    }
    ntki_release(set->context, flow->initial);
    ntki_release(set->context, flow->initial_modes);
    flow->initial = copy;
    flow->initial_modes = NULL;
    flow->coefficient_time = NAN;
    return NTK_SUCCESS;
}
