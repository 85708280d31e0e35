/* BLAS of levels 2 and 3. */
#include "lib/blas/blas.h"

#include "lib/blas/provider.h"

void ntki_dgemm(const ntki_blas_width *width, ntki_transpose transa, ntki_transpose transb, int64_t m, int64_t n,
                int64_t k, double alpha, const double *a, int64_t lda, const double *b, int64_t ldb, double beta,
                double *c, int64_t ldc) {
    if (width->blas_ilp64)
        dgemm_ilp64(NTKI_ROW_MAJOR, (int)transa, (int)transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    else
        dgemm_lp64(NTKI_ROW_MAJOR, (int)transa, (int)transb, NTKI_N32(m), NTKI_N32(n), NTKI_N32(k), alpha, a,
                   NTKI_N32(lda), b, NTKI_N32(ldb), beta, c, NTKI_N32(ldc));
}

void ntki_sgemm(const ntki_blas_width *width, ntki_transpose transa, ntki_transpose transb, int64_t m, int64_t n,
                int64_t k, float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                int64_t ldc) {
    if (width->blas_ilp64)
        sgemm_ilp64(NTKI_ROW_MAJOR, (int)transa, (int)transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    else
        sgemm_lp64(NTKI_ROW_MAJOR, (int)transa, (int)transb, NTKI_N32(m), NTKI_N32(n), NTKI_N32(k), alpha, a,
                   NTKI_N32(lda), b, NTKI_N32(ldb), beta, c, NTKI_N32(ldc));
}

void ntki_dtrsm_lower(const ntki_blas_width *width, ntki_side side, ntki_transpose trans, int64_t m, int64_t n,
                      const double *t, int64_t ldt, double *b, int64_t ldb) {
    if (width->blas_ilp64)
        dtrsm_ilp64(NTKI_ROW_MAJOR, (int)side, NTKI_LOWER, (int)trans, NTKI_NON_UNIT, m, n, 1.0, t, ldt, b, ldb);
    else
        dtrsm_lp64(NTKI_ROW_MAJOR, (int)side, NTKI_LOWER, (int)trans, NTKI_NON_UNIT, NTKI_N32(m), NTKI_N32(n), 1.0, t,
                   NTKI_N32(ldt), b, NTKI_N32(ldb));
}

void ntki_dtrsv_lower(const ntki_blas_width *width, ntki_transpose trans, int64_t n, const double *t, int64_t ldt,
                      double *b) {
    if (width->blas_ilp64)
        dtrsv_ilp64(NTKI_ROW_MAJOR, NTKI_LOWER, (int)trans, NTKI_NON_UNIT, n, t, ldt, b, 1);
    else
        dtrsv_lp64(NTKI_ROW_MAJOR, NTKI_LOWER, (int)trans, NTKI_NON_UNIT, NTKI_N32(n), t, NTKI_N32(ldt), b, 1);
}

void ntki_dsymv_lower(const ntki_blas_width *width, int64_t n, const double *a, int64_t lda, const double *x,
                      double *y) {
    if (width->blas_ilp64)
        dsymv_ilp64(NTKI_ROW_MAJOR, NTKI_LOWER, n, 1.0, a, lda, x, 1, 0.0, y, 1);
    else
        dsymv_lp64(NTKI_ROW_MAJOR, NTKI_LOWER, NTKI_N32(n), 1.0, a, NTKI_N32(lda), x, 1, 0.0, y, 1);
}

void ntki_dsymm_upper(const ntki_blas_width *width, int64_t m, int64_t n, const double *a, int64_t lda, const double *b,
                      int64_t ldb, double *c, int64_t ldc) {
    if (width->blas_ilp64)
        dsymm_ilp64(NTKI_ROW_MAJOR, NTKI_LEFT, NTKI_UPPER, m, n, 1.0, a, lda, b, ldb, 0.0, c, ldc);
    else
        dsymm_lp64(NTKI_ROW_MAJOR, NTKI_LEFT, NTKI_UPPER, NTKI_N32(m), NTKI_N32(n), 1.0, a, NTKI_N32(lda), b,
                   NTKI_N32(ldb), 0.0, c, NTKI_N32(ldc));
}
