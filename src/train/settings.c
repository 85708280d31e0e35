/* Settings of a trainer. What the run so far rests on cannot change once it has begun. */
#include "src/train/train.h"

#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"

static ntk_status check_start(const ntk_trainer *trainer, const char *function, const char *what) {
    if (trainer->time == 0 && trainer->steps == 0)
        return NTK_SUCCESS;
    return ntki_fail(trainer->context, NTK_ERR_UNSUPPORTED, function, "%s cannot change after t = 0; t is %g", what,
                     trainer->time);
}

/* The flow's integrator begins anew: what it follows has changed. */
static void turn(ntk_trainer *trainer) {
    ntki_rkc_destroy(trainer->flow);
    trainer->flow = NULL;
}

static ntk_status set_number(ntk_trainer *trainer, ntk_status allowed, double value, double *setting) {
    if (allowed != NTK_SUCCESS || *setting == value)
        return allowed;
    *setting = value;
    turn(trainer);
    return NTK_SUCCESS;
}

static ntk_status check_choice(const ntk_trainer *trainer, const char *function, const char *name, int32_t value,
                               const char *family) {
    if (value == 0 || value == 1)
        return NTK_SUCCESS;
    return ntki_fail(trainer->context, NTK_ERR_ENUM, function, "%s is %d; it is no %s number", name, (int)value,
                     family);
}

ntk_status ntk_trainer_set_method(ntk_trainer *trainer, int32_t method) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    ntk_status status = check_choice(trainer, __func__, "method", method, "NTK_TRAIN_");
    if (status == NTK_SUCCESS)
        status = check_start(trainer, __func__, "the method");
    if (status == NTK_SUCCESS) {
        trainer->set.method = method;
        ntki_train_forget(trainer);
    }
    return status;
}

ntk_status ntk_trainer_set_model(ntk_trainer *trainer, int32_t model) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const size_t bytes = (size_t)trainer->parameter_count * sizeof(double);
    ntk_status status = check_choice(trainer, __func__, "model", model, "NTK_MODEL_");
    if (status == NTK_SUCCESS)
        status = check_start(trainer, __func__, "the model");
    if (status != NTK_SUCCESS)
        return status;
    trainer->set.model = model;
    ntki_train_forget(trainer);
    if (ntki_train_is_linearised(trainer))
        memset(trainer->state, 0, bytes);
    else
        memcpy(trainer->state, trainer->network->theta, bytes);
    return NTK_SUCCESS;
}

ntk_status ntk_trainer_set_learning_rate(ntk_trainer *trainer, double learning_rate) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const ntk_status allowed = ntki_check_nonnegative(trainer->context, __func__, "learning_rate", learning_rate);
    return set_number(trainer, allowed, learning_rate, &trainer->set.learning_rate);
}

ntk_status ntk_trainer_set_momentum(ntk_trainer *trainer, double momentum) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    if (!(momentum >= 0 && momentum < 1))
        return ntki_fail(trainer->context, NTK_ERR_DOMAIN, __func__,
                         "momentum is %g; it must be at least 0 and below 1", momentum);
    trainer->set.momentum = momentum;
    return NTK_SUCCESS;
}

ntk_status ntk_trainer_set_batch(ntk_trainer *trainer, int64_t size, uint64_t seed) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    if (size < 0 || size > trainer->n)
        return ntki_fail(trainer->context, NTK_ERR_SIZE, __func__, "size is %lld; it must be from 0 to %lld",
                         (long long)size, (long long)trainer->n);
    const ntk_status status = check_start(trainer, __func__, "the batches");
    if (status != NTK_SUCCESS)
        return status;
    trainer->set.batch = size;
    trainer->set.seed = seed;
    ntki_train_forget(trainer);
    return NTK_SUCCESS;
}

ntk_status ntk_trainer_set_weight_decay(ntk_trainer *trainer, double weight_decay) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const ntk_status allowed = ntki_check_nonnegative(trainer->context, __func__, "weight_decay", weight_decay);
    return set_number(trainer, allowed, weight_decay, &trainer->set.weight_decay);
}

ntk_status ntk_trainer_set_initial_decay(ntk_trainer *trainer, double initial_decay) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const ntk_status allowed = ntki_check_nonnegative(trainer->context, __func__, "initial_decay", initial_decay);
    return set_number(trainer, allowed, initial_decay, &trainer->set.initial_decay);
}

static ntk_status check_weights(const ntk_trainer *trainer, const char *function, int64_t n, const double *w) {
    const ntk_status status = ntki_check_finite_vector(trainer->context, function, "w", n, w);
    for (int64_t i = 0; status == NTK_SUCCESS && i < n; i++)
        if (w[i] < 0)
            return ntki_fail(trainer->context, NTK_ERR_DOMAIN, function, "w[%lld] is %g; it must not be negative",
                             (long long)i, w[i]);
    return status;
}

ntk_status ntk_trainer_set_sample_weights(ntk_trainer *trainer, int64_t n, const double *w) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    double *copy = NULL;
    ntk_status status = check_start(trainer, __func__, "the sample weights");
    if (status == NTK_SUCCESS && n != trainer->n)
        return ntki_fail(trainer->context, NTK_ERR_SIZE, __func__, "n is %lld; the trainer has %lld samples",
                         (long long)n, (long long)trainer->n);
    if (status == NTK_SUCCESS && w != NULL && (status = check_weights(trainer, __func__, n, w)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(trainer->context, __func__, 1, n, &copy)) == NTK_SUCCESS)
        memcpy(copy, w, (size_t)n * sizeof(double));
    if (status != NTK_SUCCESS)
        return status;
    ntki_release(trainer->context, trainer->weight);
    trainer->weight = copy;
    trainer->descent_rate = 0;
    ntki_train_forget(trainer);
    return NTK_SUCCESS;
}

ntk_status ntk_trainer_set_centred(ntk_trainer *trainer, int32_t on) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = check_start(trainer, __func__, "centring");
    if (status != NTK_SUCCESS)
        return status;
    trainer->set.centred = on != 0;
    ntki_train_forget(trainer);
    return NTK_SUCCESS;
}

ntk_status ntk_trainer_set_tolerance(ntk_trainer *trainer, double tolerance) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const bool allowed = tolerance >= 1e-12 && tolerance <= 0.1;
    return set_number(trainer,
                      allowed ? NTK_SUCCESS
                              : ntki_fail(trainer->context, NTK_ERR_DOMAIN, __func__,
                                          "tolerance is %g; it must be from 1e-12 to 0.1", tolerance),
                      tolerance, &trainer->set.tolerance);
}

ntk_status ntk_trainer_get_learning_rate(ntk_trainer *trainer, double *learning_rate) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(trainer->context, __func__, "learning_rate", learning_rate);
    return status != NTK_SUCCESS ? status : ntki_train_rate(trainer, __func__, learning_rate);
}
