/* Factorisations. Column-major LAPACK sees the transpose of a row-major matrix: our lower triangle is its 'U', and the
 * columns of its eigenvector matrix are our rows. */
#include "lib/blas/blas.h"
#include "lib/blas/provider.h"

int64_t ntki_dpotrf_lower(const ntki_blas_width *width, int64_t n, double *a, int64_t lda) {
    if (width->lapack_ilp64)
        return dpotrf_ilp64(NTKI_COLUMN_MAJOR, 'U', n, a, lda);
    return dpotrf_lp64(NTKI_COLUMN_MAJOR, 'U', NTKI_N32(n), a, NTKI_N32(lda));
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

int64_t ntki_dsyevd_work(int64_t n) { return n > 1 ? 1 + 6 * n + 2 * n * n : 1; }

int64_t ntki_dsyevd_integers(int64_t n) { return n > 1 ? 3 + 5 * n : 1; }

int64_t ntki_dsyevd(const ntki_blas_width *width, int64_t n, double *a, int64_t lda, double *w, double *work,
                    int64_t *integers) {
    const int64_t lwork = ntki_dsyevd_work(n);
    const int64_t liwork = ntki_dsyevd_integers(n);
    if (width->lapack_ilp64)
        return dsyevd_ilp64(NTKI_COLUMN_MAJOR, 'V', 'U', n, a, lda, w, work, lwork, integers, liwork);
    return dsyevd_lp64(NTKI_COLUMN_MAJOR, 'V', 'U', NTKI_N32(n), a, NTKI_N32(lda), w, work, NTKI_N32(lwork),
                       (int32_t *)(void *)integers, NTKI_N32(liwork));
}
