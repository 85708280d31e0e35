/* Mean and covariance of an ensemble: on the training samples, and at other points. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/flow/ensemble.h"

/* The caller's outputs; any may be NULL, but not all. */
typedef struct {
    double *mean;
    int64_t ldm;
    double *covariance;
    int64_t ldc;
    double *variance;
} outputs;

enum { OUTPUTS = 3 };

/* Shapes, and that no output overlaps another one or an input. */
static ntk_status check_outputs(const ntk_ensemble *ensemble, const char *function, int64_t m, const outputs *out,
                                int count, const ntki_matrix *inputs) {
    ntk_context *const context = ensemble->context;
    const ntki_matrix matrices[OUTPUTS] = {{"mean", out->mean, m, ensemble->c, out->ldm, "ldm"},
                                           {"covariance", out->covariance, m, m, out->ldc, "ldc"},
                                           {"variance", out->variance, m, 1, 1, "1"}};
    ntk_status status = NTK_SUCCESS;
    if (out->mean == NULL && out->covariance == NULL && out->variance == NULL)
        return ntki_fail(context, NTK_ERR_NULL, function,
                         "mean, covariance and variance are NULL: nothing is asked for");
    for (int i = 0; status == NTK_SUCCESS && i < OUTPUTS; i++)
        if (matrices[i].data != NULL)
            status = ntki_check_matrix(context, function, &matrices[i]);
    for (int i = 0; i < OUTPUTS; i++) {
        for (int j = 0; status == NTK_SUCCESS && j < i; j++)
            status = ntki_check_disjoint(context, function, &matrices[i], &matrices[j]);
        for (int j = 0; status == NTK_SUCCESS && j < count; j++)
            status = ntki_check_disjoint(context, function, &matrices[i], &inputs[j]);
    }
    return status;
}

/* Everything before the first row: the eigenbasis, the course of its modes, the work areas, and a(t) for the mean. */
static ntk_status begin(ntki_ensemble_job *job, const outputs *out, bool elsewhere) {
    ntk_ensemble *const ensemble = job->ensemble;
    const bool spread = out->covariance != NULL || out->variance != NULL;
    double *modes = NULL;
    ntk_status status;
    if (job->t > 0 && ((status = ntki_ensemble_prepare(ensemble, job->function, spread)) != NTK_SUCCESS ||
                       (status = ntki_ensemble_check_limit(ensemble, job->function, job->t)) != NTK_SUCCESS ||
                       (status = ntki_ensemble_respond(job)) != NTK_SUCCESS))
        return status;
    if ((status = ntki_ensemble_begin(job, out->mean != NULL, out->covariance != NULL, out->variance != NULL,
                                      elsewhere)) != NTK_SUCCESS)
        return status;
    if (job->t == 0 || out->mean == NULL)
        return NTK_SUCCESS;
    if ((status = ntki_allocate_matrix(ensemble->context, job->function, ensemble->n, ensemble->c, &modes)) !=
        NTK_SUCCESS)
        return status;
    ntki_ensemble_combine(job, elsewhere, modes, elsewhere ? job->weights : job->mean);
    ntki_release(ensemble->context, modes);
    return NTK_SUCCESS;
}

static ntk_status deliver(const ntki_ensemble_job *job, const outputs *out) {
    return ntki_ensemble_deliver(job, out->mean, out->ldm, out->covariance, out->ldc, out->variance);
}

/* The mean is 0 at t = 0, and the covariance S, of which the lower triangle or the diagonal is there. */
static void start(ntki_ensemble_job *job, int64_t ld, const double *matrix, const double *diagonal) {
    const int64_t m = job->m, c = job->ensemble->c;
    for (int64_t i = 0; job->mean != NULL && i < m * c; i++)
        job->mean[i] = 0;
    for (int64_t i = 0; job->variance != NULL && i < m; i++)
        job->variance[i] = diagonal != NULL ? diagonal[i] : matrix[i * ld + i];
    for (int64_t i = 0; job->covariance != NULL && matrix != job->covariance && i < m; i++)
        memcpy(job->covariance + i * m, matrix + i * ld, (size_t)(i + 1) * sizeof(double));
}

static ntk_status run_train(ntki_ensemble_job *job) {
    const int64_t n = job->m;
    ntk_context *const context = job->ensemble->context;
    if (job->t == 0) {
        start(job, n, job->ensemble->nngp, NULL);
        return NTK_SUCCESS;
    }
    ntk_status status = ntki_progress(context, job->function, 0, "ensemble");
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < n; i0 = i1) {
        i1 = job->variance != NULL ? ntki_smaller(i0 + NTKI_ENSEMBLE_BLOCK, n) : n;
        if (job->variance != NULL)
            status = ntki_ensemble_train_rows(job, i0, i1 - i0);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, job->function, (double)i1 / (double)n, "ensemble");
    }
    if (status == NTK_SUCCESS && job->covariance != NULL)
        status = ntki_ensemble_covariance(job);
    return status;
}

ntk_status ntk_ensemble_train(ntk_ensemble *ensemble, double t, double *mean, int64_t ldm, double *covariance,
                              int64_t ldc, double *variance) {
    if (ensemble == NULL)
        return NTK_ERR_NULL;
    const outputs out = {mean, ldm, covariance, ldc, variance};
    ntki_ensemble_job job = {.ensemble = ensemble, .function = __func__, .t = t, .m = ensemble->n};
    ntk_status status;
    if ((status = ntki_ensemble_check_time(ensemble, __func__, t)) != NTK_SUCCESS ||
        (status = check_outputs(ensemble, __func__, ensemble->n, &out, 0, NULL)) != NTK_SUCCESS)
        return status;
    if ((status = begin(&job, &out, false)) == NTK_SUCCESS && (status = run_train(&job)) == NTK_SUCCESS)
        status = deliver(&job, &out);
    ntki_ensemble_end(&job);
    return status;
}

/* ---- other points, from matrices ---- */

/* The inputs of ntk_ensemble_predict(). */
enum { NTK, NNGP, PRIOR, PRIOR_VARIANCE, INPUTS };

/* Its lower triangle counts. */
static ntk_status check_prior(ntk_context *context, const char *function, const ntki_matrix *prior) {
    const double *const values = prior->data;
    for (int64_t i = 0; i < prior->rows; i++) {
        const ntki_matrix row = {prior->name, values + i * prior->ld, 1, i + 1, prior->ld, prior->ld_name};
        const double own = values[i * prior->ld + i];
        if (ntki_check_finite(context, function, &row) != NTK_SUCCESS)
            return ntki_fail(context, NTK_ERR_NOT_FINITE, function,
                             "%s: row %lld has an entry that is not finite; every input must be finite", prior->name,
                             (long long)i);
        if (own < 0)
            return ntki_fail(context, NTK_ERR_NOT_POSITIVE, function,
                             "%s[%lld][%lld] is %g; a variance is not negative", prior->name, (long long)i,
                             (long long)i, own);
    }
    return NTK_SUCCESS;
}

static ntk_status check_prior_variance(ntk_context *context, const char *function, const ntki_matrix *prior) {
    const double *const values = prior->data;
    const ntk_status status = ntki_check_finite_vector(context, function, prior->name, prior->rows, values);
    for (int64_t i = 0; status == NTK_SUCCESS && i < prior->rows; i++)
        if (values[i] < 0)
            return ntki_fail(context, NTK_ERR_NOT_POSITIVE, function, "%s[%lld] is %g; a variance is not negative",
                             prior->name, (long long)i, values[i]);
    return status;
}

/* Leaves of the inputs those that the outputs need (the others become NULL), and checks them. */
static ntk_status check_inputs(const ntk_ensemble *ensemble, const char *function, const outputs *out,
                               ntki_matrix *inputs) {
    ntk_context *const context = ensemble->context;
    const bool spread = out->covariance != NULL || out->variance != NULL;
    const bool matrix = spread && (out->covariance != NULL || inputs[PRIOR_VARIANCE].data == NULL);
    const bool needed[INPUTS] = {!ensemble->last_layer, spread || ensemble->last_layer, matrix, spread && !matrix};
    ntk_status status = NTK_SUCCESS;
    if (ensemble->last_layer && inputs[NTK].data != NULL)
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, function,
                         "ntk is given, but this ensemble was made without: its networks train their last layer alone");
    for (int i = 0; status == NTK_SUCCESS && i < INPUTS; i++) {
        if (needed[i])
            status = ntki_check_matrix(context, function, &inputs[i]);
        else
            inputs[i].data = NULL;
    }
    return status;
}

static ntk_status check_values(ntk_context *context, const char *function, const ntki_matrix *inputs) {
    ntk_status status = NTK_SUCCESS;
    for (int i = NTK; status == NTK_SUCCESS && i <= NNGP; i++)
        if (inputs[i].data != NULL)
            status = ntki_check_finite(context, function, &inputs[i]);
    if (status == NTK_SUCCESS && inputs[PRIOR].data != NULL)
        status = check_prior(context, function, &inputs[PRIOR]);
    if (status == NTK_SUCCESS && inputs[PRIOR_VARIANCE].data != NULL)
        status = check_prior_variance(context, function, &inputs[PRIOR_VARIANCE]);
    return status;
}

static ntk_status run_predict(ntki_ensemble_job *job, const ntki_matrix *inputs) {
    ntk_context *const context = job->ensemble->context;
    const int64_t m = job->m;
    const double *const ntk = inputs[NTK].data, *const nngp = inputs[NNGP].data;
    start(job, inputs[PRIOR].ld, inputs[PRIOR].data, inputs[PRIOR_VARIANCE].data);
    if (job->t == 0)
        return NTK_SUCCESS;
    if (job->prior != NULL)
        memcpy(job->prior, job->variance, (size_t)m * sizeof(double));
    ntk_status status = ntki_progress(context, job->function, 0, "ensemble");
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < m; i0 = i1) {
        i1 = ntki_smaller(i0 + NTKI_ENSEMBLE_BLOCK, m);
        status =
            ntki_ensemble_cross_rows(job, i0, i1 - i0, ntk != NULL ? ntk + i0 * inputs[NTK].ld : NULL, inputs[NTK].ld,
                                     nngp != NULL ? nngp + i0 * inputs[NNGP].ld : NULL, inputs[NNGP].ld);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, job->function, (double)i1 / (double)m, "ensemble");
    }
    if (status == NTK_SUCCESS && job->covariance != NULL)
        status = ntki_ensemble_covariance(job);
    return status;
}

ntk_status ntk_ensemble_predict(ntk_ensemble *ensemble, double t, int64_t m, const double *ntk, int64_t ldk,
                                const double *nngp, int64_t lds, const double *prior, int64_t ldp,
                                const double *prior_variance, double *mean, int64_t ldm, double *covariance,
                                int64_t ldc, double *variance) {
    if (ensemble == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = ensemble->context;
    const int64_t n = ensemble->n;
    const outputs out = {mean, ldm, covariance, ldc, variance};
    ntki_matrix inputs[INPUTS] = {{"ntk", ntk, m, n, ldk, "ldk"},
                                  {"nngp", nngp, m, n, lds, "lds"},
                                  {"prior", prior, m, m, ldp, "ldp"},
                                  {"prior_variance", prior_variance, m, 1, 1, "1"}};
    ntki_ensemble_job job = {.ensemble = ensemble, .function = __func__, .t = t, .m = m};
    ntk_status status;
    if ((status = ntki_ensemble_check_time(ensemble, __func__, t)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, __func__, "m", m)) != NTK_SUCCESS ||
        (status = check_inputs(ensemble, __func__, &out, inputs)) != NTK_SUCCESS ||
        (status = check_outputs(ensemble, __func__, m, &out, INPUTS, inputs)) != NTK_SUCCESS ||
        (status = check_values(context, __func__, inputs)) != NTK_SUCCESS)
        return status;
    if ((status = begin(&job, &out, true)) == NTK_SUCCESS && (status = run_predict(&job, inputs)) == NTK_SUCCESS)
        status = deliver(&job, &out);
    ntki_ensemble_end(&job);
    return status;
}

/* ---- other points, from kernels ---- */

/* Points, and blocks of Theta(Z,X) and S(Z,X). */
typedef struct {
    const double *z;
    int64_t ldz, d;
    double *ntk, *nngp; /* block x n, or NULL */
} points;

static ntk_status allocate_blocks(const ntki_ensemble_job *job, points *at) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const int64_t n = ensemble->n, rows = ntki_smaller(NTKI_ENSEMBLE_BLOCK, job->m);
    ntk_status status = NTK_SUCCESS;
    if (job->t == 0)
        return NTK_SUCCESS;
    if (!ensemble->last_layer)
        status = ntki_allocate_matrix(ensemble->context, job->function, rows, n, &at->ntk);
    if (status == NTK_SUCCESS && (job->variance != NULL || ensemble->last_layer))
        status = ntki_allocate_matrix(ensemble->context, job->function, rows, n, &at->nngp);
    return status;
}

/* S(Z,Z) or its diagonal, in place. */
static ntk_status find_prior(ntki_ensemble_job *job, const points *at) {
    ntk_kernel *const kernel = job->ensemble->nngp_kernel;
    if (job->covariance != NULL)
        return ntki_kernel_gram(kernel, job->function, job->m, at->z, at->ldz, job->covariance, job->m);
    if (job->variance != NULL)
        return ntki_kernel_diagonal(kernel, job->function, "z", job->m, at->z, at->ldz, job->prior);
    return NTK_SUCCESS;
}

/* K(Z,X) for a block of Z. */
static ntk_status find_block(const ntki_ensemble_job *job, ntk_kernel *kernel, const points *at, int64_t i0,
                             int64_t rows, double *block) {
    const ntk_ensemble *const ensemble = job->ensemble;
    if (block == NULL)
        return NTK_SUCCESS;
    const ntki_input z = {"z", i0, rows, at->z + i0 * at->ldz, at->ldz}, x = {"x", 0, ensemble->n, ensemble->x, at->d};
    const ntki_result result = {.k = block, .ldk = ensemble->n};
    return ntki_kernel_cross_panels(kernel, job->function, &z, &x, &result);
}

/* Progress is that of the kernel matrices. */
static ntk_status run_predict_at(ntki_ensemble_job *job, const points *at) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const int64_t m = job->m, n = ensemble->n;
    ntk_status status = find_prior(job, at);
    if (status != NTK_SUCCESS)
        return status;
    start(job, m, job->covariance, job->covariance != NULL ? NULL : job->prior);
    if (job->t == 0)
        return NTK_SUCCESS;
    if (job->prior != NULL)
        memcpy(job->prior, job->variance, (size_t)m * sizeof(double));
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < m; i0 = i1) {
        i1 = ntki_smaller(i0 + NTKI_ENSEMBLE_BLOCK, m);
        if ((status = find_block(job, ensemble->ntk_kernel, at, i0, i1 - i0, at->ntk)) != NTK_SUCCESS ||
            (status = find_block(job, ensemble->nngp_kernel, at, i0, i1 - i0, at->nngp)) != NTK_SUCCESS)
            return status;
        status = ntki_ensemble_cross_rows(job, i0, i1 - i0, at->ntk, n, at->nngp, n);
    }
    if (status == NTK_SUCCESS && job->covariance != NULL)
        status = ntki_ensemble_covariance(job);
    return status;
}

ntk_status ntk_ensemble_predict_at(ntk_ensemble *ensemble, double t, int64_t m, const double *z, int64_t ldz,
                                   double *mean, int64_t ldm, double *covariance, int64_t ldc, double *variance) {
    if (ensemble == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = ensemble->context;
    ntk_kernel *const kernel = ensemble->nngp_kernel;
    const outputs out = {mean, ldm, covariance, ldc, variance};
    ntki_ensemble_job job = {.ensemble = ensemble, .function = __func__, .t = t, .m = m};
    ntk_status status;
    if (kernel == NULL)
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, __func__,
                         "this ensemble was made from matrices and has no kernels; use ntk_ensemble_predict()");
    points at = {z, ldz, kernel->input_dimension, NULL, NULL};
    const ntki_matrix input = {"z", z, m, at.d, ldz, "ldz"};
    if ((status = ntki_ensemble_check_time(ensemble, __func__, t)) != NTK_SUCCESS ||
        (status = ntki_kernel_check_rows(kernel, __func__, "z", "m", "ldz", m, z, ldz)) != NTK_SUCCESS ||
        (status = check_outputs(ensemble, __func__, m, &out, 1, &input)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &input)) != NTK_SUCCESS)
        return status;
    if ((status = begin(&job, &out, true)) == NTK_SUCCESS && (status = allocate_blocks(&job, &at)) == NTK_SUCCESS &&
        (status = run_predict_at(&job, &at)) == NTK_SUCCESS)
        status = deliver(&job, &out);
    ntki_release(context, at.nngp);
    ntki_release(context, at.ntk);
    ntki_ensemble_end(&job);
    return status;
}
