/* Posterior mean and variance, block by block of points. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/bayes/gp.h"

typedef struct {
    ntk_gp *gp;
    const char *function;
    int64_t m;
    const double *prior;
    double *mean;     /* m x c, or NULL */
    double *variance; /* m, or NULL */
    double *block;    /* NTKI_TRAINING_BLOCK x n: the rows that the triangular solve overwrites */
} posterior_job;

/* Rows k of K(Z,X): k alpha, and K(z,z) - |L^{-1} k'|^2, where the rows L^{-1} k' are those of B L'^{-1}. */
static ntk_status posterior_block(void *user, int64_t i0, int64_t rows, const double *block, int64_t ld) {
    const posterior_job *const job = user;
    const ntki_training *const set = &job->gp->training;
    const int64_t n = set->n, c = set->c;
    if (job->mean != NULL)
        ntki_dgemm(&set->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows, c, n, 1, block, ld, job->gp->alpha,
                   c, 0, job->mean + i0 * c, c);
    if (job->variance == NULL)
        return NTK_SUCCESS;
    ntki_copy_rows(rows, n, block, ld, job->block, n);
    ntki_dtrsm_lower(&set->context->blas, NTKI_RIGHT, NTKI_TRANSPOSE, rows, n, set->gram, n, job->block, n);
    for (int64_t i = 0; i < rows; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++)
            sum += job->block[i * n + j] * job->block[i * n + j];
        const double variance = job->prior[i0 + i] - sum;
        job->variance[i0 + i] = variance < 0 && isfinite(sum) ? 0 : variance;
    }
    return NTK_SUCCESS;
}

static ntk_status check_outputs(const ntk_gp *gp, const char *function, int64_t m, const double *mean, int64_t ldm,
                                const double *variance) {
    ntk_context *const context = gp->training.context;
    const ntki_matrix means = {"mean", mean, m, gp->training.c, ldm, "ldm"};
    const ntki_matrix variances = {"variance", variance, m, 1, 1, "1"};
    ntk_status status;
    if ((status = ntki_check_size(context, function, "m", m)) != NTK_SUCCESS ||
        (mean != NULL && (status = ntki_check_matrix(context, function, &means)) != NTK_SUCCESS) ||
        (variance != NULL && (status = ntki_check_matrix(context, function, &variances)) != NTK_SUCCESS))
        return status;
    return ntki_check_disjoint(context, function, &means, &variances);
}

static ntk_status check_against(const ntk_gp *gp, const char *function, int64_t m, const double *mean, int64_t ldm,
                                const double *variance, const ntki_matrix *input) {
    ntk_context *const context = gp->training.context;
    const ntki_matrix means = {"mean", mean, m, gp->training.c, ldm, "ldm"};
    const ntki_matrix variances = {"variance", variance, m, 1, 1, "1"};
    const ntk_status status = ntki_check_disjoint(context, function, &means, input);
    return status != NTK_SUCCESS ? status : ntki_check_disjoint(context, function, &variances, input);
}

/* The job's own arrays; the caller's are written at the end. */
static ntk_status allocate_job(posterior_job *job, bool mean, bool variance) {
    const ntki_training *const set = &job->gp->training;
    ntk_status status = NTK_SUCCESS;
    if (mean)
        status = ntki_allocate_matrix(set->context, job->function, job->m, set->c, &job->mean);
    if (status == NTK_SUCCESS && variance)
        status = ntki_allocate_matrix(set->context, job->function, job->m, 1, &job->variance);
    if (status == NTK_SUCCESS && variance)
        status = ntki_allocate_matrix(set->context, job->function, NTKI_TRAINING_BLOCK, set->n, &job->block);
    return status;
}

static void release_job(posterior_job *job) {
    ntk_context *const context = job->gp->training.context;
    ntki_release(context, job->block);
    ntki_release(context, job->variance);
    ntki_release(context, job->mean);
}

static ntk_status deliver(const posterior_job *job, double *mean, int64_t ldm, double *variance) {
    ntk_context *const context = job->gp->training.context;
    for (int64_t i = 0; job->variance != NULL && i < job->m; i++)
        if (!isfinite(job->variance[i]))
            return ntki_fail(context, NTK_ERR_RANGE, job->function, "variance[%lld] exceeds the double range",
                             (long long)i);
    if (job->mean != NULL) {
        const ntk_status status =
            ntki_deliver(context, job->function, "mean", job->m, job->gp->training.c, job->mean, mean, ldm);
        if (status != NTK_SUCCESS)
            return status;
    }
    if (job->variance != NULL)
        memcpy(variance, job->variance, (size_t)job->m * sizeof(double));
    return NTK_SUCCESS;
}

static ntk_status check_prior(const ntk_gp *gp, const char *function, const ntki_matrix *prior) {
    ntk_context *const context = gp->training.context;
    const double *const values = prior->data;
    ntk_status status;
    if ((status = ntki_check_matrix(context, function, prior)) != NTK_SUCCESS ||
        (status = ntki_check_finite_vector(context, function, prior->name, prior->rows, values)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < prior->rows; i++)
        if (values[i] < 0)
            return ntki_fail(context, NTK_ERR_DOMAIN, function, "%s[%lld] is %g; a variance is not negative",
                             prior->name, (long long)i, values[i]);
    return NTK_SUCCESS;
}

static ntk_status run_blocks(posterior_job *job, const double *cross, int64_t ldk) {
    ntk_context *const context = job->gp->training.context;
    ntk_status status = ntki_progress(context, job->function, 0, "posterior");
    for (int64_t i0 = 0; status == NTK_SUCCESS && i0 < job->m; i0 += NTKI_TRAINING_BLOCK) {
        const int64_t left = job->m - i0, rows = left < NTKI_TRAINING_BLOCK ? left : NTKI_TRAINING_BLOCK;
        (void)posterior_block(job, i0, rows, cross + i0 * ldk, ldk);
        status = ntki_progress(context, job->function, (double)(i0 + rows) / (double)job->m, "posterior");
    }
    return status;
}

ntk_status ntk_gp_predict(ntk_gp *gp, int64_t m, const double *cross, int64_t ldk, const double *prior_diag,
                          double *mean, int64_t ldm, double *variance) {
    if (gp == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = gp->training.context;
    const ntki_matrix in = {"cross", cross, m, gp->training.n, ldk, "ldk"};
    const ntki_matrix prior = {"prior_diag", prior_diag, m, 1, 1, "1"};
    posterior_job job = {gp, __func__, m, prior_diag, NULL, NULL, NULL};
    ntk_status status;
    if ((status = check_outputs(gp, __func__, m, mean, ldm, variance)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, __func__, &in)) != NTK_SUCCESS ||
        (variance != NULL && (status = check_prior(gp, __func__, &prior)) != NTK_SUCCESS) ||
        (status = check_against(gp, __func__, m, mean, ldm, variance, &in)) != NTK_SUCCESS ||
        (status = check_against(gp, __func__, m, mean, ldm, variance, &prior)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in)) != NTK_SUCCESS)
        return status;
    if ((status = allocate_job(&job, mean != NULL, variance != NULL)) == NTK_SUCCESS &&
        (status = run_blocks(&job, cross, ldk)) == NTK_SUCCESS)
        status = deliver(&job, mean, ldm, variance);
    release_job(&job);
    return status;
}

ntk_status ntk_gp_predict_at(ntk_gp *gp, int64_t m, const double *z, int64_t ldz, double *mean, int64_t ldm,
                             double *variance) {
    if (gp == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &gp->training;
    double *prior = NULL;
    int64_t rows = 0;
    ntk_status status;
    if ((status = ntki_training_order(set, __func__, m, &rows)) != NTK_SUCCESS ||
        (status = check_outputs(gp, __func__, rows, mean, ldm, variance)) != NTK_SUCCESS ||
        (status = ntki_training_check_points(set, __func__, m, z, ldz)) != NTK_SUCCESS)
        return status;
    posterior_job job = {gp, __func__, rows, NULL, NULL, NULL, NULL};
    const ntki_matrix in = {"z", z, m, set->kernel->input_dimension, ldz, "ldz"};
    if ((status = check_against(gp, __func__, rows, mean, ldm, variance, &in)) != NTK_SUCCESS)
        return status;
    if ((status = allocate_job(&job, mean != NULL, variance != NULL)) != NTK_SUCCESS)
        goto cleanup;
    if (variance != NULL &&
        ((status = ntki_allocate_matrix(set->context, __func__, rows, 1, &prior)) != NTK_SUCCESS ||
         (status = ntki_kernel_diagonal(set->kernel, __func__, "z", m, z, ldz, prior)) != NTK_SUCCESS))
        goto cleanup;
    job.prior = prior;
    if ((status = ntki_training_stream(set, __func__, m, z, ldz, posterior_block, &job)) == NTK_SUCCESS)
        status = deliver(&job, mean, ldm, variance);
cleanup:
    ntki_release(set->context, prior);
    release_job(&job);
    return status;
}
