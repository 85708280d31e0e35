/* Ensembles of trained infinite networks: life and settings of the handle. */
#include "src/flow/ensemble.h"

#include <math.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"

static void release_ensemble(ntk_ensemble *ensemble) {
    ntk_context *const context = ensemble->context;
    ntki_release(context, ensemble->x);
    ntki_kernel_release(ensemble->nngp_kernel);
    ntki_kernel_release(ensemble->ntk_kernel);
    ntki_release(context, ensemble->spread);
    ntki_release(context, ensemble->root.values);
    ntki_release(context, ensemble->root.factor);
    ntki_release(context, ensemble->y_modes);
    ntki_release(context, ensemble->eigenvalues);
    ntki_release(context, ensemble->vectors);
    ntki_symmetric_release(context, &ensemble->basis);
    ntki_release(context, ensemble->work);
    ntki_release(context, ensemble->y);
    ntki_release(context, ensemble->nngp);
    ntki_release(context, ensemble);
}

static ntk_status begin(ntk_context *context, const char *function, int64_t n, int64_t c, bool last_layer,
                        const void *out, ntk_ensemble **ensemble) {
    ntk_status status;
    if ((status = ntki_check_pointer(context, function, "out", out)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, function, "n", n)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, function, "c", c)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, 1, sizeof(**ensemble), ensemble)) != NTK_SUCCESS)
        return status;
    **ensemble = (ntk_ensemble){.context = context,
                                .n = n,
                                .c = c,
                                .last_layer = last_layer,
                                .learning_rate = 1,
                                .reduction = NTK_REDUCTION_MEAN,
                                .dynamics = {NTK_DYNAMICS_GRADIENT, 0, 0, 0}};
    return NTK_SUCCESS;
}

static ntk_status finish(ntk_context *held, ntk_status status, ntk_ensemble *ensemble, ntk_ensemble **out) {
    if (status == NTK_SUCCESS) {
        *out = ensemble;
        return NTK_SUCCESS;
    }
    if (ensemble != NULL)
        release_ensemble(ensemble);
    ntki_context_release(held);
    return status;
}

/* The matrices and a copy of the targets. */
static ntk_status allocate(ntk_ensemble *ensemble, const char *function, const double *y, int64_t ldy) {
    const int64_t n = ensemble->n, c = ensemble->c;
    ntk_status status;
    if ((status = ntki_allocate_matrix(ensemble->context, function, n, n, &ensemble->nngp)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(ensemble->context, function, n, c, &ensemble->y)) != NTK_SUCCESS ||
        (!ensemble->last_layer &&
         (status = ntki_allocate_matrix(ensemble->context, function, n, n, &ensemble->work)) != NTK_SUCCESS))
        return status;
    ntki_copy_rows(n, c, y, ldy, ensemble->y, c);
    return NTK_SUCCESS;
}

/* Shapes first: nothing is read before all of them are known to be sound. */
static ntk_status take_matrices(ntk_ensemble *ensemble, const char *function, const ntki_matrix *ntk,
                                const ntki_matrix *nngp, const ntki_matrix *y) {
    ntk_context *const context = ensemble->context;
    const int64_t n = ensemble->n;
    const bool both = !ensemble->last_layer;
    ntk_status status;
    if ((both && (status = ntki_check_matrix(context, function, ntk)) != NTK_SUCCESS) ||
        (status = ntki_check_matrix(context, function, nngp)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, y)) != NTK_SUCCESS ||
        (status = ntki_progress(context, function, 0, "check")) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, y)) != NTK_SUCCESS ||
        (both && (status = ntki_check_gram(context, function, ntk)) != NTK_SUCCESS) ||
        (status = ntki_check_gram(context, function, nngp)) != NTK_SUCCESS ||
        (status = ntki_progress(context, function, 1, "check")) != NTK_SUCCESS ||
        (status = allocate(ensemble, function, y->data, y->ld)) != NTK_SUCCESS)
        return status;
    if (both)
        ntki_symmetric_copy(n, ntk->data, ntk->ld, ensemble->work);
    ntki_symmetric_copy(n, nngp->data, nngp->ld, ensemble->nngp);
    return NTK_SUCCESS;
}

ntk_status ntk_ensemble_create(ntk_context *context, int64_t n, int64_t c, const double *ntk, int64_t ldk,
                               const double *nngp, int64_t lds, const double *y, int64_t ldy, ntk_ensemble **out) {
    const ntki_matrix of_ntk = {"ntk", ntk, n, n, ldk, "ldk"}, of_nngp = {"nngp", nngp, n, n, lds, "lds"};
    const ntki_matrix targets = {"y", y, n, c, ldy, "ldy"};
    ntk_context *held = NULL;
    ntk_ensemble *ensemble = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = begin(held, __func__, n, c, ntk == NULL, out, &ensemble)) == NTK_SUCCESS)
        status = take_matrices(ensemble, __func__, &of_ntk, &of_nngp, &targets);
    return finish(held, status, ensemble, out);
}

/* Two kernels that belong together. */
static ntk_status check_kernels(const ntk_kernel *ntk, const ntk_kernel *nngp, const char *function) {
    ntk_context *const context = nngp->context;
    const int64_t d = nngp->input_dimension;
    if (nngp->block != 1 || (ntk != NULL && ntk->block != 1))
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, function,
                         "a kernel has %lld rows for each row of x; ensembles take kernels with one",
                         (long long)(nngp->block != 1 ? nngp->block : ntk->block));
    if (ntk == NULL)
        return NTK_SUCCESS;
    if (ntk->context != context)
        return ntki_fail(context, NTK_ERR_DOMAIN, function, "ntk and nngp belong to two contexts");
    if (ntk->input_dimension != d)
        return ntki_fail(context, NTK_ERR_SHAPE, function, "ntk takes %lld inputs, nngp takes %lld",
                         (long long)ntk->input_dimension, (long long)d);
    return NTK_SUCCESS;
}

/* Everything is checked before the first Gram matrix is made. */
static ntk_status take_kernels(ntk_ensemble *ensemble, const char *function, ntk_kernel *ntk, ntk_kernel *nngp,
                               const ntki_matrix *x, const ntki_matrix *y) {
    ntk_context *const context = ensemble->context;
    const int64_t n = ensemble->n, d = nngp->input_dimension;
    const ntki_matrix gram = {"the Gram matrix", x->data, n, n, n, "n"}; /* for its size: no argument to look at */
    ntk_status status;
    if ((status = ntki_kernel_check_rows(nngp, function, "x", "n", "ldx", n, x->data, x->ld)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, &gram)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, y)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, x)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, y)) != NTK_SUCCESS ||
        (status = allocate(ensemble, function, y->data, y->ld)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, n, d, &ensemble->x)) != NTK_SUCCESS ||
        (status = ntki_kernel_gram(nngp, function, n, x->data, x->ld, ensemble->nngp, n)) != NTK_SUCCESS ||
        (ntk != NULL &&
         (status = ntki_kernel_gram(ntk, function, n, x->data, x->ld, ensemble->work, n)) != NTK_SUCCESS))
        return status;
    ntki_copy_rows(n, d, x->data, x->ld, ensemble->x, d);
    ntki_kernel_retain(nngp);
    ensemble->nngp_kernel = nngp;
    if (ntk != NULL)
        ntki_kernel_retain(ntk);
    ensemble->ntk_kernel = ntk;
    return NTK_SUCCESS;
}

ntk_status ntk_ensemble_create_from_kernels(ntk_kernel *ntk, ntk_kernel *nngp, int64_t n, const double *x, int64_t ldx,
                                            int64_t c, const double *y, int64_t ldy, ntk_ensemble **out) {
    if (nngp == NULL)
        return NTK_ERR_NULL;
    const ntki_matrix inputs = {"x", x, n, nngp->input_dimension, ldx, "ldx"};
    const ntki_matrix targets = {"y", y, n, c, ldy, "ldy"};
    ntk_context *held = NULL;
    ntk_ensemble *ensemble = NULL;
    ntk_status status = ntki_context_acquire(nngp->context, &held);
    if (status == NTK_SUCCESS && (status = check_kernels(ntk, nngp, __func__)) == NTK_SUCCESS &&
        (status = begin(held, __func__, n, c, ntk == NULL, out, &ensemble)) == NTK_SUCCESS)
        status = take_kernels(ensemble, __func__, ntk, nngp, &inputs, &targets);
    return finish(held, status, ensemble, out);
}

void ntk_ensemble_destroy(ntk_ensemble *ensemble) {
    if (ensemble == NULL)
        return;
    ntk_context *const context = ensemble->context;
    release_ensemble(ensemble);
    ntki_context_release(context);
}

ntk_status ntk_ensemble_set_learning_rate(ntk_ensemble *ensemble, double learning_rate) {
    if (ensemble == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_positive(ensemble->context, __func__, "learning_rate", learning_rate);
    if (status == NTK_SUCCESS)
        ensemble->learning_rate = learning_rate;
    return status;
}

ntk_status ntk_ensemble_set_weight_decay(ntk_ensemble *ensemble, double weight_decay) {
    if (ensemble == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_nonnegative(ensemble->context, __func__, "weight_decay", weight_decay);
    if (status == NTK_SUCCESS)
        ensemble->dynamics.decay = weight_decay;
    return status;
}

ntk_status ntk_ensemble_set_reduction(ntk_ensemble *ensemble, int32_t reduction) {
    if (ensemble == NULL)
        return NTK_ERR_NULL;
    if (reduction != NTK_REDUCTION_MEAN && reduction != NTK_REDUCTION_SUM)
        return ntki_fail(ensemble->context, NTK_ERR_ENUM, __func__, "reduction is %d; it is no NTK_REDUCTION_ number",
                         (int)reduction);
    ensemble->reduction = reduction;
    return NTK_SUCCESS;
}

ntk_status ntk_ensemble_set_dynamics(ntk_ensemble *ensemble, int32_t dynamics) {
    if (ensemble == NULL)
        return NTK_ERR_NULL;
    if (dynamics != NTK_DYNAMICS_GRADIENT && dynamics != NTK_DYNAMICS_DESCENT)
        return ntki_fail(ensemble->context, NTK_ERR_ENUM, __func__, "dynamics is %d; it is no NTK_DYNAMICS_ number",
                         (int)dynamics);
    ensemble->dynamics.dynamics = dynamics;
    return NTK_SUCCESS;
}

ntk_status ntk_ensemble_set_momentum(ntk_ensemble *ensemble, double momentum) {
    if (ensemble == NULL)
        return NTK_ERR_NULL;
    if (!(momentum >= 0 && momentum < 1))
        return ntki_fail(ensemble->context, NTK_ERR_DOMAIN, __func__, "momentum is %g; it must be from 0 to below 1",
                         momentum);
    ensemble->dynamics.momentum = momentum;
    return NTK_SUCCESS;
}
