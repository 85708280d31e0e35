/* Factorisations. Column-major LAPACK sees the transpose of a row-major matrix: our lower triangle is its 'U', and the
 * columns of its eigenvector matrix are our rows. */
#include "lib/blas/blas.h"
#include "lib/blas/provider.h"

int64_t ntki_dpotrf_lower(const ntki_blas_width *width, int64_t n, double *a, int64_t lda) {
    if (width->lapack_ilp64)
        return dpotrf_ilp64(NTKI_COLUMN_MAJOR, 'U', n, a, lda);
    return dpotrf_lp64(NTKI_COLUMN_MAJOR, 'U', NTKI_N32(n), a, NTKI_N32(lda));
}

int64_t ntki_dpotri_lower(const ntki_blas_width *width, int64_t n, double *l, int64_t ldl) {
    if (width->lapack_ilp64)
        return dpotri_ilp64(NTKI_COLUMN_MAJOR, 'U', n, l, ldl);
    return dpotri_lp64(NTKI_COLUMN_MAJOR, 'U', NTKI_N32(n), l, NTKI_N32(ldl));
}

double ntki_dpocon_lower(const ntki_blas_width *width, int64_t n, const double *l, int64_t ldl, double norm,
                         double *work, int64_t *integers) {
    double reciprocal = 0;
    if (width->lapack_ilp64)
        dpocon_ilp64(NTKI_COLUMN_MAJOR, 'U', n, l, ldl, norm, &reciprocal, work, integers);
    else
        dpocon_lp64(NTKI_COLUMN_MAJOR, 'U', NTKI_N32(n), l, NTKI_N32(ldl), norm, &reciprocal, work,
                    (int32_t *)(void *)integers);
    return reciprocal;
}

int64_t ntki_dsytrd_lower(const ntki_blas_width *width, int64_t n, double *a, double *d, double *e, double *tau,
                          double *work, int64_t size) {
    if (width->lapack_ilp64)
        return dsytrd_ilp64(NTKI_COLUMN_MAJOR, 'U', n, a, n, d, e, tau, work, size);
    return dsytrd_lp64(NTKI_COLUMN_MAJOR, 'U', NTKI_N32(n), a, NTKI_N32(n), d, e, tau, work, NTKI_N32(size));
}

int64_t ntki_dstedc_work(int64_t n) { return n > 1 ? 1 + 4 * n + n * n : 1; }

int64_t ntki_dstedc_integers(int64_t n) { return n > 1 ? 3 + 5 * n : 1; }

int64_t ntki_dstedc(const ntki_blas_width *width, int64_t n, double *d, double *e, double *z, double *work,
                    int64_t *integers) {
    const int64_t lwork = ntki_dstedc_work(n);
    const int64_t liwork = ntki_dstedc_integers(n);
    if (width->lapack_ilp64)
        return dstedc_ilp64(NTKI_COLUMN_MAJOR, 'I', n, d, e, z, n, work, lwork, integers, liwork);
    return dstedc_lp64(NTKI_COLUMN_MAJOR, 'I', NTKI_N32(n), d, e, z, NTKI_N32(n), work, NTKI_N32(lwork),
                       (int32_t *)(void *)integers, NTKI_N32(liwork));
}

void ntki_dormtr_lower(const ntki_blas_width *width, ntki_transpose trans, int64_t n, int64_t c, const double *a,
                       const double *tau, double *b, double *work, int64_t size) {
    /* Q B here is B' Q' there. */
    const char flipped = trans == NTKI_NO_TRANSPOSE ? 'T' : 'N';
    if (width->lapack_ilp64)
        dormtr_ilp64(NTKI_COLUMN_MAJOR, 'R', 'U', flipped, c, n, a, n, tau, b, c, work, size);
    else
        dormtr_lp64(NTKI_COLUMN_MAJOR, 'R', 'U', flipped, NTKI_N32(c), NTKI_N32(n), a, NTKI_N32(n), tau, b, NTKI_N32(c),
                    work, NTKI_N32(size));
}
