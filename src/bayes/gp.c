/* Gaussian process regression  [RasmussenWilliams06, algorithm 2.1]
 *   L L' = K + s^2 I,  alpha = (K + s^2 I)^{-1} y,
 *   mean = k' alpha,  variance = K(z,z) - |L^{-1} k|^2,
 *   log p(y) = -y' alpha / 2 - sum log L_ii - n/2 log 2 pi. */
#include "src/bayes/gp.h"

#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "lib/symmetric/symmetric.h"

static void release_gp(ntk_gp *gp) {
    ntk_context *const context = gp->training.context;
    ntki_training_release(&gp->training);
    ntki_release(context, gp->alpha);
    ntki_release(context, gp);
}

static double log_evidence(const ntki_training *set, const double *alpha) {
    const double log_two_pi = 1.8378770664093454836;
    double fit = 0, log_determinant = 0;
    for (int64_t i = 0; i < set->n * set->c; i++)
        fit += set->y[i] * alpha[i];
    for (int64_t i = 0; i < set->n; i++)
        log_determinant += 2 * log(set->gram[i * set->n + i]);
    return -0.5 * fit - 0.5 * (double)set->c * (log_determinant + (double)set->n * log_two_pi);
}

/* The training set is there; everything else follows. */
static ntk_status condition(ntk_gp *gp, const char *function, double noise_variance) {
    const ntki_training *const set = &gp->training;
    const int64_t n = set->n, c = set->c;
    ntk_status status;
    if ((status = ntki_allocate_matrix(set->context, function, n, c, &gp->alpha)) != NTK_SUCCESS ||
        (status = ntki_progress(set->context, function, 0, "factorisation")) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < n; i++)
        set->gram[i * n + i] += noise_variance;
    const int64_t minor = ntki_symmetric_factor(set->context, n, set->gram);
    if (minor != 0)
        return ntki_fail(set->context, NTK_ERR_NOT_POSITIVE, function,
                         "gram + noise_variance I is not positive definite (leading minor %lld, noise_variance %g)",
                         (long long)minor, noise_variance);
    memcpy(gp->alpha, set->y, (size_t)(n * c) * sizeof(double));
    ntki_dtrsm_lower(&set->context->blas, NTKI_LEFT, NTKI_NO_TRANSPOSE, n, c, set->gram, n, gp->alpha, c);
    ntki_dtrsm_lower(&set->context->blas, NTKI_LEFT, NTKI_TRANSPOSE, n, c, set->gram, n, gp->alpha, c);
    gp->log_evidence = log_evidence(set, gp->alpha);
    if (!isfinite(gp->log_evidence))
        return ntki_fail(set->context, NTK_ERR_RANGE, function,
                         "the log evidence exceeds the double range: gram or y is too large");
    return ntki_progress(set->context, function, 1, "factorisation");
}

/* What both ways of creation share: the handle before, the conditioning after the training set is made. */
static ntk_status begin(ntk_context *context, const char *function, double noise_variance, const void *out,
                        ntk_gp **gp) {
    ntk_status status;
    if ((status = ntki_check_pointer(context, function, "out", out)) != NTK_SUCCESS ||
        (status = ntki_check_positive(context, function, "noise_variance", noise_variance)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, 1, sizeof(**gp), gp)) != NTK_SUCCESS)
        return status;
    **gp = (ntk_gp){.training = {.context = context}};
    return NTK_SUCCESS;
}

static ntk_status finish(ntk_context *held, const char *function, double noise_variance, ntk_status status, ntk_gp *gp,
                         ntk_gp **out) {
    if (status == NTK_SUCCESS)
        status = condition(gp, function, noise_variance);
    if (status == NTK_SUCCESS) {
        *out = gp;
        return NTK_SUCCESS;
    }
    if (gp != NULL)
        release_gp(gp);
    ntki_context_release(held);
    return status;
}

ntk_status ntk_gp_create(ntk_context *context, int64_t n, int64_t c, const double *gram, int64_t ldk, const double *y,
                         int64_t ldy, double noise_variance, ntk_gp **out) {
    ntk_context *held = NULL;
    ntk_gp *gp = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    status = begin(held, __func__, noise_variance, out, &gp);
    if (status == NTK_SUCCESS)
        status = ntki_training_from_gram(&gp->training, held, __func__, n, c, gram, ldk, y, ldy);
    return finish(held, __func__, noise_variance, status, gp, out);
}

ntk_status ntk_gp_create_from_kernel(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t c,
                                     const double *y, int64_t ldy, double noise_variance, ntk_gp **out) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *held = NULL;
    ntk_gp *gp = NULL;
    ntk_status status = ntki_context_acquire(kernel->context, &held);
    if (status == NTK_SUCCESS)
        status = begin(held, __func__, noise_variance, out, &gp);
    if (status == NTK_SUCCESS)
        status = ntki_training_from_kernel(&gp->training, kernel, __func__, n, x, ldx, c, y, ldy);
    return finish(held, __func__, noise_variance, status, gp, out);
}

void ntk_gp_destroy(ntk_gp *gp) {
    if (gp == NULL)
        return;
    ntk_context *const context = gp->training.context;
    release_gp(gp);
    ntki_context_release(context);
}

ntk_status ntk_gp_log_evidence(ntk_gp *gp, double *value) {
    if (gp == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(gp->training.context, __func__, "value", value);
    if (status == NTK_SUCCESS)
        *value = gp->log_evidence;
    return status;
}
