/* Covariances as sums of squares.
 *
 * With S(X,X) = H H', M = g Theta(Z,X) Q = Theta(Z,X) V diag(eta s start) V' and R = diag(retain):
 *   cov(X,X) = G G',  G = V R (V' H)
 *   cov(Z,Z) = g^2 (S(Z,Z) - B B') + G G',  B = S(Z,X) H'^{-1},  G = g B - M H
 * Both terms are positive semi-definite: the first is the covariance that the training samples leave of S, the second
 * that of what training makes of their part. Where the last layer alone is trained H = V sqrt(mu), and the difference
 * in G is one of numbers: G = S(Z,X) V diag(retain / sqrt(mu)). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/flow/ensemble.h"

ntk_status ntki_ensemble_begin(ntki_ensemble_job *job, bool mean, bool covariance, bool variance, bool elsewhere) {
    ntk_ensemble *const ensemble = job->ensemble;
    ntk_context *const context = ensemble->context;
    const char *const function = job->function;
    const int64_t n = ensemble->n, c = ensemble->c, m = job->m;
    const bool spread = covariance || variance;
    const int64_t block = ntki_smaller(NTKI_ENSEMBLE_BLOCK, m), kept = covariance ? m : block;
    ntk_status status = NTK_SUCCESS;
    if (mean && (status = ntki_allocate_matrix(context, function, m, c, &job->mean)) != NTK_SUCCESS)
        return status;
    if (mean && (status = ntki_allocate_matrix(context, function, n, c, &job->weights)) != NTK_SUCCESS)
        return status;
    if (covariance && (status = ntki_allocate_matrix(context, function, m, m, &job->covariance)) != NTK_SUCCESS)
        return status;
    if (!spread)
        return NTK_SUCCESS;
    if ((status = ntki_allocate_matrix(context, function, m, 1, &job->variance)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, kept, n, &job->remaining)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, block, n, &job->scaled)) != NTK_SUCCESS)
        return status;
    if (elsewhere && ((status = ntki_allocate_matrix(context, function, m, 1, &job->prior)) != NTK_SUCCESS ||
                      (status = ntki_allocate_matrix(context, function, kept, n, &job->explained)) != NTK_SUCCESS))
        return status;
    return NTK_SUCCESS;
}

void ntki_ensemble_end(ntki_ensemble_job *job) {
    ntk_context *const context = job->ensemble->context;
    ntki_release(context, job->explained);
    ntki_release(context, job->prior);
    ntki_release(context, job->scaled);
    ntki_release(context, job->remaining);
    ntki_release(context, job->variance);
    ntki_release(context, job->covariance);
    ntki_release(context, job->weights);
    ntki_release(context, job->mean);
    ntki_release(context, job->responses);
}

/* Where the rows from i0 on are kept. */
static double *rows_of(const ntki_ensemble_job *job, double *matrix, int64_t i0) {
    return job->covariance != NULL ? matrix + i0 * job->ensemble->n : matrix;
}

static double square(int64_t n, const double *row) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += row[i] * row[i];
    return sum;
}

ntk_status ntki_ensemble_train_rows(ntki_ensemble_job *job, int64_t i0, int64_t rows) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const int64_t n = ensemble->n;
    double *const out = rows_of(job, job->remaining, i0), *const scaled = ensemble->last_layer ? out : job->scaled;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < n; k++) {
            const double retain = job->responses[k].retain,
                         root = ensemble->last_layer ? sqrt(ensemble->eigenvalues[k]) : 1;
            scaled[i * n + k] = ensemble->vectors[(i0 + i) * n + k] * retain * root;
        }
    if (!ensemble->last_layer)
        ntki_dgemm(&ensemble->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows, n, n, 1, scaled, n,
                   ensemble->spread, n, 0, out, n);
    for (int64_t i = 0; i < rows; i++)
        job->variance[i0 + i] = square(n, out + i * n);
    return NTK_SUCCESS;
}

/* B and G where the last layer alone is trained. */
static void last_layer_rows(const ntki_ensemble_job *job, int64_t rows, const double *nngp, int64_t lds,
                            double *explained, double *remaining) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const int64_t n = ensemble->n;
    ntki_dgemm(&ensemble->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows, n, n, 1, nngp, lds,
               ensemble->vectors, n, 0, explained, n);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < n; k++) {
            const double value = ensemble->eigenvalues[k];
            const double part = value > 0 ? explained[i * n + k] / sqrt(value) : 0;
            explained[i * n + k] = part;
            remaining[i * n + k] = part != 0 ? part * job->responses[k].retain : 0;
        }
}

/* B = S(Z,X) H'^{-1} */
static void explain(const ntki_ensemble_job *job, int64_t rows, const double *nngp, int64_t lds, double *explained) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const ntki_root *const root = &ensemble->root;
    const int64_t n = ensemble->n;
    if (root->values == NULL) {
        ntki_copy_rows(rows, n, nngp, lds, explained, n);
        ntki_dtrsm_lower(&ensemble->context->blas, NTKI_RIGHT, NTKI_TRANSPOSE, rows, n, root->factor, n, explained, n);
        return;
    }
    ntki_dgemm(&ensemble->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows, n, n, 1, nngp, lds, root->factor,
               n, 0, explained, n);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < n; k++)
            explained[i * n + k] = root->values[k] > 0 ? explained[i * n + k] / sqrt(root->values[k]) : 0;
}

/* G = g B - (Theta(Z,X) V) diag(eta s start) (V' H) */
static void remain(const ntki_ensemble_job *job, int64_t rows, const double *ntk, int64_t ldk, const double *explained,
                   double *remaining) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const ntki_blas_width *const blas = &ensemble->context->blas;
    const int64_t n = ensemble->n;
    const double rate = ntki_ensemble_dynamics(ensemble).rate;
    ntki_dgemm(blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows, n, n, 1, ntk, ldk, ensemble->vectors, n, 0,
               job->scaled, n);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < n; k++)
            job->scaled[i * n + k] *= rate * job->responses[k].start;
    memcpy(remaining, explained, (size_t)(rows * n) * sizeof(double));
    ntki_dgemm(blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows, n, n, -1, job->scaled, n, ensemble->spread, n,
               job->decay, remaining, n);
}

/* alpha = S(X,X)^{-1} S(X,z) from b = H^{-1} S(X,z). */
static void regress(const ntk_ensemble *ensemble, const double *b, double *alpha, double *scaled) {
    const ntki_blas_width *const blas = &ensemble->context->blas;
    const int64_t n = ensemble->n;
    const bool eigen = ensemble->last_layer || ensemble->root.values != NULL;
    const double *const values = ensemble->last_layer ? ensemble->eigenvalues : ensemble->root.values;
    const double *const vectors = ensemble->last_layer ? ensemble->vectors : ensemble->root.factor;
    memcpy(alpha, b, (size_t)n * sizeof(double));
    if (!eigen) {
        ntki_dtrsm_lower(blas, NTKI_RIGHT, NTKI_NO_TRANSPOSE, 1, n, vectors, n, alpha, n);
        return;
    }
    for (int64_t k = 0; k < n; k++)
        scaled[k] = values[k] > 0 ? b[k] / sqrt(values[k]) : 0;
    ntki_dgemm(blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, 1, n, n, 1, scaled, n, vectors, n, 0, alpha, n);
}

/* S(z,z) - |b|^2 is a difference of variances, and only its rounding may make it negative: with alpha = S^{-1} S(X,z)
 * and errors of a few n eps sqrt(S_ii S_jj) in each entry of S, that is (sqrt(S(z,z)) + sum |alpha_i| sqrt(S_ii))^2
 * times as much. */
static ntk_status check_left(const ntki_ensemble_job *job, int64_t i, const double *b, double left) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const int64_t n = ensemble->n;
    const double unit = 8 * (double)(n > 16 ? n : 16) * DBL_EPSILON;
    double *alpha = NULL, size = sqrt(job->prior[i]);
    const ntk_status status = ntki_allocate_matrix(ensemble->context, job->function, 2, n, &alpha);
    if (status != NTK_SUCCESS)
        return status;
    regress(ensemble, b, alpha, alpha + n);
    for (int64_t j = 0; j < n; j++)
        size += fabs(alpha[j]) * sqrt(ensemble->nngp[j * n + j]);
    ntki_release(ensemble->context, alpha);
    if (!(left < -unit * size * size))
        return NTK_SUCCESS;
    return ntki_fail(ensemble->context, NTK_ERR_NOT_POSITIVE, job->function,
                     "the prior variance of row %lld is %g, but the training samples explain %g of it: prior and nngp "
                     "are not of one kernel",
                     (long long)i, job->prior[i], job->prior[i] - left);
}

ntk_status ntki_ensemble_cross_rows(ntki_ensemble_job *job, int64_t i0, int64_t rows, const double *ntk, int64_t ldk,
                                    const double *nngp, int64_t lds) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const int64_t n = ensemble->n, c = ensemble->c;
    const bool last_layer = ensemble->last_layer;
    ntk_status status = NTK_SUCCESS;
    if (job->mean != NULL)
        ntki_dgemm(&ensemble->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, rows, c, n, 1,
                   last_layer ? nngp : ntk, last_layer ? lds : ldk, job->weights, c, 0, job->mean + i0 * c, c);
    if (job->variance == NULL)
        return NTK_SUCCESS;
    double *const explained = rows_of(job, job->explained, i0), *const remaining = rows_of(job, job->remaining, i0);
    if (last_layer) {
        last_layer_rows(job, rows, nngp, lds, explained, remaining);
    } else {
        explain(job, rows, nngp, lds, explained);
        remain(job, rows, ntk, ldk, explained, remaining);
    }
    for (int64_t i = 0; status == NTK_SUCCESS && i < rows; i++) {
        const double left = job->prior[i0 + i] - square(n, explained + i * n);
        if (left < 0 && isfinite(left))
            status = check_left(job, i0 + i, explained + i * n, left);
        job->variance[i0 + i] = job->decay * job->decay * (left < 0 ? 0 : left) + square(n, remaining + i * n);
    }
    return status;
}

ntk_status ntki_ensemble_covariance(ntki_ensemble_job *job) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const ntki_blas_width *const blas = &ensemble->context->blas;
    const int64_t n = ensemble->n, m = job->m;
    const double left = job->decay * job->decay;
    ntk_status status = ntki_progress(ensemble->context, job->function, 0, "covariance");
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < m; i0 = i1) {
        i1 = ntki_smaller(i0 + NTKI_ENSEMBLE_BLOCK, m);
        double *const rows = job->covariance + i0 * m;
        for (int64_t i = i0; i < i1; i++) /* the product below reads them */
            for (int64_t j = i + 1; j < i1; j++)
                job->covariance[i * m + j] = 0;
        if (job->explained != NULL)
            ntki_dgemm(blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, i1 - i0, i1, n, -left, job->explained + i0 * n, n,
                       job->explained, n, left, rows, m);
        ntki_dgemm(blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, i1 - i0, i1, n, 1, job->remaining + i0 * n, n,
                   job->remaining, n, job->explained != NULL ? 1 : 0, rows, m);
        for (int64_t i = i0; i < i1; i++)
            job->covariance[i * m + i] = job->variance[i];
        status = ntki_progress(ensemble->context, job->function, (double)i1 / (double)m, "covariance");
    }
    return status;
}

/* The lower triangle of the result goes to both. */
static void deliver_symmetric(int64_t m, const double *lower, double *out, int64_t ldo) {
    enum { BLOCK = 64 };
    for (int64_t i0 = 0; i0 < m; i0 += BLOCK)
        for (int64_t j0 = 0; j0 <= i0; j0 += BLOCK)
            for (int64_t i = i0; i < ntki_smaller(i0 + BLOCK, m); i++)
                for (int64_t j = j0; j < ntki_smaller(j0 + BLOCK, i + 1); j++)
                    out[i * ldo + j] = out[j * ldo + i] = lower[i * m + j];
}

static ntk_status check_range(const ntki_ensemble_job *job) {
    ntk_context *const context = job->ensemble->context;
    const int64_t m = job->m, c = job->ensemble->c;
    for (int64_t i = 0; job->mean != NULL && i < m * c; i++)
        if (!isfinite(job->mean[i]))
            return ntki_fail(context, NTK_ERR_RANGE, job->function, "mean[%lld][%lld] exceeds the double range",
                             (long long)(i / c), (long long)(i % c));
    for (int64_t i = 0; job->variance != NULL && i < m; i++)
        if (!isfinite(job->variance[i]))
            return ntki_fail(context, NTK_ERR_RANGE, job->function, "the variance of row %lld exceeds the double range",
                             (long long)i);
    for (int64_t i = 0; job->covariance != NULL && i < m; i++)
        for (int64_t j = 0; j < i; j++)
            if (!isfinite(job->covariance[i * m + j]))
                return ntki_fail(context, NTK_ERR_RANGE, job->function,
                                 "covariance[%lld][%lld] exceeds the double range", (long long)i, (long long)j);
    return NTK_SUCCESS;
}

ntk_status ntki_ensemble_deliver(const ntki_ensemble_job *job, double *mean, int64_t ldm, double *covariance,
                                 int64_t ldc, double *variance) {
    const int64_t m = job->m, c = job->ensemble->c;
    const ntk_status status = check_range(job);
    if (status != NTK_SUCCESS)
        return status;
    if (mean != NULL)
        ntki_copy_rows(m, c, job->mean, c, mean, ldm);
    if (covariance != NULL)
        deliver_symmetric(m, job->covariance, covariance, ldc);
    if (variance != NULL)
        memcpy(variance, job->variance, (size_t)m * sizeof(double));
    return NTK_SUCCESS;
}
