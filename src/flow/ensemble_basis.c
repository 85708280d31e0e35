/* What is done once: Theta(X,X) = V diag(mu) V', S(X,X) = H H' and V' H; and the course of each mode. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/flow/ensemble.h"

/* Relative to the norm of a Gram matrix, what its rounding and that of its decomposition hide. */
static double hidden_by_rounding(int64_t n) { return (double)(n > 16 ? n : 16) * DBL_EPSILON; }

/* Eigenvalues that count as zero become 0; one that is negative beyond that is refused. */
static ntk_status clean_eigenvalues(const ntk_ensemble *ensemble, const char *function, const char *name,
                                    double *values) {
    const int64_t n = ensemble->n;
    const double least = values[0], floor = hidden_by_rounding(n) * fabs(values[n - 1]);
    if (least < -floor)
        return ntki_fail(ensemble->context, NTK_ERR_NOT_POSITIVE, function,
                         "the %s has the eigenvalue %g, negative beyond rounding (largest: %g)", name, least,
                         values[n - 1]);
    for (int64_t i = 0; i < n; i++)
        if (!(values[i] > floor))
            values[i] = 0;
    return NTK_SUCCESS;
}

/* vectors = Q Z', the eigenvectors as columns. */
static ntk_status make_vectors(ntk_context *context, const char *function, const ntki_symmetric_basis *basis,
                               double **vectors) {
    const int64_t n = basis->n, size = 64 * n + 65 * 64; /* what ntki_dormtr_lower() likes */
    double *work = NULL, *made = NULL;
    ntk_status status;
    if (!ntki_blas_fits(&context->blas, size))
        return ntki_fail(context, NTK_ERR_BLAS, function,
                         "n = %lld: the eigenvectors exceed the 32-bit integers of the LAPACK in use", (long long)n);
    if ((status = ntki_allocate(context, function, size, sizeof(double), &work)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, n, n, &made)) == NTK_SUCCESS) {
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++)
                made[j * n + i] = basis->z[i * n + j];
        ntki_dormtr_lower(&context->blas, NTKI_NO_TRANSPOSE, n, n, basis->reflectors, basis->scalars, made, work, size);
        *vectors = made;
    }
    ntki_release(context, work);
    return status;
}

static ntk_status copy_nngp(const ntk_ensemble *ensemble, const char *function, double **copy) {
    const int64_t n = ensemble->n;
    const ntk_status status = ntki_allocate_matrix(ensemble->context, function, n, n, copy);
    if (status == NTK_SUCCESS)
        memcpy(*copy, ensemble->nngp, (size_t)(n * n) * sizeof(double));
    return status;
}

/* The basis of `work`, which is S where the last layer alone is trained. */
static ntk_status decompose(ntk_ensemble *ensemble, const char *function) {
    ntk_status status;
    if (ensemble->lost != NTK_SUCCESS)
        return ntki_fail(ensemble->context, ensemble->lost, function,
                         "the eigen-decomposition of this ensemble has failed before; it can only be destroyed");
    if (ensemble->basis.w != NULL)
        return NTK_SUCCESS;
    if (ensemble->work == NULL && (status = copy_nngp(ensemble, function, &ensemble->work)) != NTK_SUCCESS)
        return status;
    status = ntki_symmetric_decompose(ensemble->context, function, ensemble->n, ensemble->work, &ensemble->basis);
    if (status == NTK_ERR_CONVERGENCE || status == NTK_ERR_RANGE)
        ensemble->lost = status;
    return status;
}

/* V, mu and V' y, from the basis, which is then released. */
static ntk_status make_eigenbasis(ntk_ensemble *ensemble, const char *function) {
    ntk_context *const context = ensemble->context;
    const int64_t n = ensemble->n, c = ensemble->c;
    double *values = NULL, *vectors = NULL, *modes = NULL;
    ntk_status status;
    if ((status = ntki_allocate_matrix(context, function, 1, n, &values)) != NTK_SUCCESS)
        return status;
    memcpy(values, ensemble->basis.w, (size_t)n * sizeof(double));
    if ((status = clean_eigenvalues(ensemble, function, ensemble->last_layer ? "NNGP" : "NTK", values)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, n, c, &modes)) != NTK_SUCCESS ||
        (status = make_vectors(context, function, &ensemble->basis, &vectors)) != NTK_SUCCESS) {
        ntki_release(context, modes);
        ntki_release(context, values);
        return status;
    }
    ntki_dgemm(&context->blas, NTKI_TRANSPOSE, NTKI_NO_TRANSPOSE, n, c, n, 1, vectors, n, ensemble->y, c, 0, modes, c);
    ensemble->vectors = vectors;
    ensemble->eigenvalues = values;
    ensemble->y_modes = modes;
    ntki_symmetric_release(context, &ensemble->basis);
    ntki_release(context, ensemble->work);
    ensemble->work = NULL;
    return NTK_SUCCESS;
}

static ntk_status find_eigenbasis(ntk_ensemble *ensemble, const char *function) {
    ntk_status status;
    if (ensemble->vectors != NULL)
        return NTK_SUCCESS;
    if ((status = ntki_progress(ensemble->context, function, 0, "eigen-decomposition")) != NTK_SUCCESS ||
        (status = decompose(ensemble, function)) != NTK_SUCCESS ||
        (status = make_eigenbasis(ensemble, function)) != NTK_SUCCESS)
        return status;
    return ntki_progress(ensemble->context, function, 1, "eigen-decomposition");
}

/* H = L in place of a copy of S; *regular tells whether its inverse means anything: the least pivot, which also bounds
 * the least eigenvalue from above, must stand out of the rounding, for the explained part divides by it. */
static ntk_status factor(const ntk_ensemble *ensemble, const char *function, double *copy, bool *regular) {
    const int64_t n = ensemble->n;
    const double norm = ntki_symmetric_norm(n, copy);
    double reciprocal = 0;
    *regular = false;
    if (ntki_symmetric_factor(ensemble->context, n, copy) != 0)
        return NTK_SUCCESS;
    const ntk_status status =
        ntki_symmetric_reciprocal_condition(ensemble->context, function, n, copy, norm, &reciprocal);
    double least = reciprocal * norm;
    for (int64_t i = 0; i < n; i++)
        least = fmin(least, copy[i * n + i] * copy[i * n + i]);
    *regular = least > hidden_by_rounding(n) * norm;
    for (int64_t i = 0; i < n; i++)
        memset(copy + i * n + i + 1, 0, (size_t)(n - i - 1) * sizeof(double));
    return status;
}

/* H = U sqrt(s) of a copy of S, which is used up. */
static ntk_status decompose_root(const ntk_ensemble *ensemble, const char *function, double *copy, ntki_root *root) {
    ntk_context *const context = ensemble->context;
    const int64_t n = ensemble->n;
    ntki_symmetric_basis basis = {0};
    double *values = NULL;
    ntk_status status = ntki_symmetric_decompose(context, function, n, copy, &basis);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(context, function, 1, n, &values);
    if (status == NTK_SUCCESS) {
        memcpy(values, basis.w, (size_t)n * sizeof(double));
        status = clean_eigenvalues(ensemble, function, "NNGP", values);
    }
    if (status == NTK_SUCCESS)
        status = make_vectors(context, function, &basis, &root->factor);
    ntki_symmetric_release(context, &basis);
    if (status == NTK_SUCCESS)
        root->values = values;
    else
        ntki_release(context, values);
    return status;
}

static ntk_status find_root(ntk_ensemble *ensemble, const char *function) {
    ntk_context *const context = ensemble->context;
    double *copy = NULL;
    bool regular = false;
    ntk_status status;
    if (ensemble->root.factor != NULL)
        return NTK_SUCCESS;
    if ((status = ntki_progress(context, function, 0, "factorisation")) != NTK_SUCCESS ||
        (status = copy_nngp(ensemble, function, &copy)) != NTK_SUCCESS)
        return status;
    if ((status = factor(ensemble, function, copy, &regular)) == NTK_SUCCESS && regular) {
        ensemble->root.factor = copy;
        return ntki_progress(context, function, 1, "factorisation");
    }
    if (status == NTK_SUCCESS) {
        memcpy(copy, ensemble->nngp, (size_t)(ensemble->n * ensemble->n) * sizeof(double));
        status = decompose_root(ensemble, function, copy, &ensemble->root);
    }
    ntki_release(context, copy);
    return status != NTK_SUCCESS ? status : ntki_progress(context, function, 1, "factorisation");
}

/* V' H */
static ntk_status find_spread(ntk_ensemble *ensemble, const char *function) {
    const int64_t n = ensemble->n;
    const double *const values = ensemble->root.values;
    double *spread = NULL;
    ntk_status status;
    if (ensemble->spread != NULL)
        return NTK_SUCCESS;
    if ((status = ntki_allocate_matrix(ensemble->context, function, n, n, &spread)) != NTK_SUCCESS)
        return status;
    ntki_dgemm(&ensemble->context->blas, NTKI_TRANSPOSE, NTKI_NO_TRANSPOSE, n, n, n, 1, ensemble->vectors, n,
               ensemble->root.factor, n, 0, spread, n);
    for (int64_t i = 0; values != NULL && i < n; i++)
        for (int64_t j = 0; j < n; j++)
            spread[i * n + j] *= sqrt(values[j]);
    ensemble->spread = spread;
    return NTK_SUCCESS;
}

ntk_status ntki_ensemble_prepare(ntk_ensemble *ensemble, const char *function, bool spread) {
    ntk_status status = find_eigenbasis(ensemble, function);
    if (status != NTK_SUCCESS || !spread || ensemble->last_layer)
        return status;
    if ((status = find_root(ensemble, function)) != NTK_SUCCESS)
        return status;
    return find_spread(ensemble, function);
}

ntki_dynamics ntki_ensemble_dynamics(const ntk_ensemble *ensemble) {
    ntki_dynamics dynamics = ensemble->dynamics;
    dynamics.rate = ensemble->learning_rate;
    if (ensemble->reduction == NTK_REDUCTION_MEAN)
        dynamics.rate /= (double)ensemble->n;
    return dynamics;
}

ntk_status ntki_ensemble_check_time(const ntk_ensemble *ensemble, const char *function, double t) {
    if (!(t >= 0))
        return ntki_fail(ensemble->context, NTK_ERR_DOMAIN, function, "t is %g; it must be from 0 to infinity", t);
    if (ensemble->dynamics.dynamics == NTK_DYNAMICS_DESCENT && isfinite(t) && (t != floor(t) || t > 0x1p53))
        return ntki_fail(ensemble->context, NTK_ERR_DOMAIN, function,
                         "t is %g; descent counts whole steps, at most 2^53", t);
    return NTK_SUCCESS;
}

ntk_status ntki_ensemble_check_limit(const ntk_ensemble *ensemble, const char *function, double t) {
    const ntki_dynamics dynamics = ntki_ensemble_dynamics(ensemble);
    const double largest = ensemble->eigenvalues[ensemble->n - 1], kappa = dynamics.rate * largest;
    if (!isinf(t) || ntki_dynamics_stable(&dynamics, kappa))
        return NTK_SUCCESS;
    return ntki_fail(ensemble->context, NTK_ERR_DOMAIN, function,
                     "descent with the learning rate %g diverges, so t = infinity has no result",
                     ensemble->learning_rate);
}

ntk_status ntki_ensemble_respond(ntki_ensemble_job *job) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const ntki_dynamics dynamics = ntki_ensemble_dynamics(ensemble);
    const double largest = ensemble->eigenvalues[ensemble->n - 1];
    if (!isfinite(dynamics.rate * largest))
        return ntki_fail(ensemble->context, NTK_ERR_RANGE, job->function,
                         "the learning rate %g times the eigenvalue %g exceeds the double range", dynamics.rate,
                         largest);
    const ntk_status status =
        ntki_allocate(ensemble->context, job->function, ensemble->n, sizeof(*job->responses), &job->responses);
    if (status != NTK_SUCCESS)
        return status;
    job->decay = ntki_dynamics_decay(&dynamics, job->t);
    for (int64_t i = 0; i < ensemble->n; i++) {
        const double value = ensemble->eigenvalues[i];
        const ntki_response hidden = {job->decay, 0, 0, 0}; /* never learned, and not seen by predictions */
        job->responses[i] = value > 0 ? ntki_respond(&dynamics, dynamics.rate * value, job->t) : hidden;
    }
    return NTK_SUCCESS;
}

void ntki_ensemble_combine(const ntki_ensemble_job *job, bool coefficients, double *modes, double *out) {
    const ntk_ensemble *const ensemble = job->ensemble;
    const int64_t n = ensemble->n, c = ensemble->c;
    const double rate = ntki_ensemble_dynamics(ensemble).rate;
    for (int64_t i = 0; i < n; i++) {
        const double factor = coefficients ? rate * job->responses[i].target : job->responses[i].learn;
        for (int64_t j = i * c; j < (i + 1) * c; j++)
            modes[j] = factor * ensemble->y_modes[j];
    }
    ntki_dgemm(&ensemble->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, n, c, n, 1, ensemble->vectors, n, modes,
               c, 0, out, c);
}
