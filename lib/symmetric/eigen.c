/* A = Q T Q', T = Z' diag(w) Z: V = Q Z' as two factors. */
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "lib/symmetric/symmetric.h"

/* LAPACK's block size for reflectors is at most this; the rest is what it keeps for their triangular factors. */
enum { REFLECTORS = 64, FACTORS = 65 * 64 };

/* Beyond these the matrix is scaled, as LAPACK's drivers do it (dsyevd): reflectors are made of squares of entries. */
static const double least_entry = 1e-140, largest_entry = 1e140;

/* The power of two by which the lower triangle of a is divided to come into that range. */
static int scale_exponent(int64_t n, const double *a) {
    double largest = 0;
    int exponent = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++)
            largest = fmax(largest, fabs(a[i * n + j]));
    if (largest > 0 && (largest < least_entry || largest > largest_entry))
        frexp(largest, &exponent);
    return exponent;
}

static void scale_lower(int64_t n, double *a, int exponent) {
    for (int64_t i = 0; exponent != 0 && i < n; i++)
        for (int64_t j = 0; j <= i; j++)
            a[i * n + j] = ldexp(a[i * n + j], -exponent);
}

static ntk_status allocate_basis(ntk_context *context, const char *function, int64_t n, ntki_symmetric_basis *basis) {
    ntk_status status;
    *basis = (ntki_symmetric_basis){.n = n};
    if ((status = ntki_allocate_matrix(context, function, 1, n, &basis->w)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, 1, n, &basis->scalars)) != NTK_SUCCESS)
        return status;
    return ntki_allocate_matrix(context, function, n, n, &basis->z);
}

static ntk_status refuse_size(ntk_context *context, const char *function, int64_t n) {
    return ntki_fail(context, NTK_ERR_BLAS, function,
                     "n = %lld: the eigen-decomposition exceeds the 32-bit integers of the LAPACK in use",
                     (long long)n);
}

static ntk_status refuse_failure(ntk_context *context, const char *function, int64_t failed) {
    if (failed == 0)
        return NTK_SUCCESS;
    return ntki_fail(context, NTK_ERR_CONVERGENCE, function, "the eigen-decomposition failed with LAPACK's code %lld",
                     (long long)failed);
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

ntk_status ntki_symmetric_decompose(ntk_context *context, const char *function, int64_t n, double *a,
                                    ntki_symmetric_basis *basis) {
    const int64_t size = larger(ntki_dstedc_work(n), REFLECTORS * n);
    double *work = NULL, *beside = NULL;
    int64_t *integers = NULL, failed = 0;
    ntk_status status;
    if (!ntki_blas_fits(&context->blas, size))
        return refuse_size(context, function, n);
    if ((status = allocate_basis(context, function, n, basis)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, size, sizeof(double), &work)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, n, sizeof(double), &beside)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, ntki_dstedc_integers(n), sizeof(int64_t), &integers)) != NTK_SUCCESS)
        goto cleanup;
    basis->reflectors = a;
    const int exponent = scale_exponent(n, a);
    scale_lower(n, a, exponent);
    failed = ntki_dsytrd_lower(&context->blas, n, a, basis->w, beside, basis->scalars, work, size);
    if (failed == 0)
        failed = ntki_dstedc(&context->blas, n, basis->w, beside, basis->z, work, integers);
    for (int64_t i = 0; exponent != 0 && i < n; i++)
        basis->w[i] = ldexp(basis->w[i], exponent);
    if ((status = refuse_failure(context, function, failed)) == NTK_SUCCESS && !isfinite(basis->w[n - 1]))
        status = ntki_fail(context, NTK_ERR_RANGE, function, "an eigenvalue of the matrix exceeds the double range");
cleanup:
    ntki_release(context, integers);
    ntki_release(context, beside);
    ntki_release(context, work);
    if (status != NTK_SUCCESS)
        ntki_symmetric_release(context, basis);
    return status;
}

ntk_status ntki_tridiagonal_eigen(ntk_context *context, const char *function, int64_t n, double *d, double *e,
                                  double *z) {
    const int64_t size = ntki_dstedc_work(n);
    double *work = NULL;
    int64_t *integers = NULL;
    ntk_status status;
    if (!ntki_blas_fits(&context->blas, size))
        return refuse_size(context, function, n);
    if ((status = ntki_allocate(context, function, size, sizeof(double), &work)) == NTK_SUCCESS &&
        (status = ntki_allocate(context, function, ntki_dstedc_integers(n), sizeof(int64_t), &integers)) == NTK_SUCCESS)
        status = refuse_failure(context, function, ntki_dstedc(&context->blas, n, d, e, z, work, integers));
    ntki_release(context, integers);
    ntki_release(context, work);
    return status;
}

static ntk_status reflect(ntk_context *context, const char *function, const ntki_symmetric_basis *basis,
                          ntki_transpose trans, int64_t c, double *b) {
    const int64_t size = REFLECTORS * c + FACTORS;
    double *work = NULL;
    ntk_status status;
    if (!ntki_blas_fits(&context->blas, size))
        return ntki_fail(context, NTK_ERR_BLAS, function,
                         "c = %lld exceeds what the 32-bit integers of the LAPACK in use allow", (long long)c);
    if ((status = ntki_allocate(context, function, size, sizeof(double), &work)) != NTK_SUCCESS)
        return status;
    ntki_dormtr_lower(&context->blas, trans, basis->n, c, basis->reflectors, basis->scalars, b, work, size);
    ntki_release(context, work);
    return NTK_SUCCESS;
}

ntk_status ntki_symmetric_to_basis(ntk_context *context, const char *function, const ntki_symmetric_basis *basis,
                                   int64_t c, const double *b, double *out) {
    const int64_t n = basis->n;
    double *reflected = NULL;
    ntk_status status = ntki_allocate_matrix(context, function, n, c, &reflected);
    if (status != NTK_SUCCESS)
        return status;
    memcpy(reflected, b, (size_t)(n * c) * sizeof(double));
    if ((status = reflect(context, function, basis, NTKI_TRANSPOSE, c, reflected)) == NTK_SUCCESS)
        ntki_dgemm(&context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, n, c, n, 1, basis->z, n, reflected, c, 0, out,
                   c);
    ntki_release(context, reflected);
    return status;
}

ntk_status ntki_symmetric_from_basis(ntk_context *context, const char *function, const ntki_symmetric_basis *basis,
                                     int64_t c, const double *b, double *out) {
    const int64_t n = basis->n;
    ntki_dgemm(&context->blas, NTKI_TRANSPOSE, NTKI_NO_TRANSPOSE, n, c, n, 1, basis->z, n, b, c, 0, out, c);
    return reflect(context, function, basis, NTKI_NO_TRANSPOSE, c, out);
}

void ntki_symmetric_release(ntk_context *context, ntki_symmetric_basis *basis) {
    ntki_release(context, basis->z);
    ntki_release(context, basis->scalars);
    ntki_release(context, basis->w);
    *basis = (ntki_symmetric_basis){0};
}
