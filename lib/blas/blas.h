/* The one door to BLAS and LAPACK. Sizes are int64_t here; the integer width that the provider takes (LP64 or ILP64) is
 * probed when a context is created. Matrices are row-major. A symmetric row-major matrix is a column-major one with the
 * triangles exchanged, so LAPACK works in place and nothing is transposed behind our back. */
#ifndef NTKI_BLAS_H
#define NTKI_BLAS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool blas_ilp64;
    bool lapack_ilp64;
} ntki_blas_width;

/* False when the provider answers like neither LP64 nor ILP64. */
bool ntki_blas_probe(ntki_blas_width *width);

/* What the provider says of itself, or the name it had at build time. */
const char *ntki_blas_description(void);

/* Whether `size` fits the integers of the provider (both BLAS and LAPACK). */
bool ntki_blas_fits(const ntki_blas_width *width, int64_t size);

/* The callers have checked with ntki_blas_fits() that every size below fits. */

typedef enum { NTKI_NO_TRANSPOSE = 111, NTKI_TRANSPOSE = 112 } ntki_transpose;

/* C = alpha op(A) op(B) + beta C; C is m x n, op(A) is m x k, op(B) is k x n. */
void ntki_dgemm(const ntki_blas_width *width, ntki_transpose transa, ntki_transpose transb, int64_t m, int64_t n,
                int64_t k, double alpha, const double *a, int64_t lda, const double *b, int64_t ldb, double beta,
                double *c, int64_t ldc);

/* The same in single precision. */
void ntki_sgemm(const ntki_blas_width *width, ntki_transpose transa, ntki_transpose transb, int64_t m, int64_t n,
                int64_t k, float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                int64_t ldc);

typedef enum { NTKI_LEFT = 141, NTKI_RIGHT = 142 } ntki_side;

/* B = op(T)^{-1} B (left) or B op(T)^{-1} (right) with the lower triangle of T; B is m x n. */
void ntki_dtrsm_lower(const ntki_blas_width *width, ntki_side side, ntki_transpose trans, int64_t m, int64_t n,
                      const double *t, int64_t ldt, double *b, int64_t ldb);

/* b = op(T)^{-1} b with the lower triangle of T; b has n numbers. */
void ntki_dtrsv_lower(const ntki_blas_width *width, ntki_transpose trans, int64_t n, const double *t, int64_t ldt,
                      double *b);

/* y = A x with symmetric A (n x n), of which only the lower triangle is read. */
void ntki_dsymv_lower(const ntki_blas_width *width, int64_t n, const double *a, int64_t lda, const double *x,
                      double *y);

/* C = A B with symmetric A (m x m), of which only the upper triangle is read; B and C are m x n. */
void ntki_dsymm_upper(const ntki_blas_width *width, int64_t m, int64_t n, const double *a, int64_t lda, const double *b,
                      int64_t ldb, double *c, int64_t ldc);

/* Cholesky A = L L' in the lower triangle; the strict upper triangle is untouched. Returns 0, or the order of the first
 * leading minor that is not positive. */
int64_t ntki_dpotrf_lower(const ntki_blas_width *width, int64_t n, double *a, int64_t lda);

/* A^{-1} in the lower triangle, in place of the factor L of A = L L'. Returns 0, or the number of a zero pivot. */
int64_t ntki_dpotri_lower(const ntki_blas_width *width, int64_t n, double *l, int64_t ldl);

/* Reciprocal condition number from the factor L and the 1-norm of A. work: 3n doubles, integers: n int64_t. */
double ntki_dpocon_lower(const ntki_blas_width *width, int64_t n, const double *l, int64_t ldl, double norm,
                         double *work, int64_t *integers);

/* A = Q T Q' with T tridiagonal: its diagonal in d (n), what is beside it in e (n - 1); Q as reflectors in the lower triangle
 * of a (ld = n), of which that triangle was read, and in tau (n - 1). work: `size` >= n doubles, 64 n for speed. Returns 0. */
int64_t ntki_dsytrd_lower(const ntki_blas_width *width, int64_t n, double *a, double *d, double *e, double *tau,
                          double *work, int64_t size);

/* The sizes of the work areas of ntki_dstedc(), in doubles and in int64_t; they may not fit: see ntki_blas_fits(). */
int64_t ntki_dstedc_work(int64_t n);
int64_t ntki_dstedc_integers(int64_t n);

/* Eigenvalues of T in ascending order in d; row i of z becomes the unit eigenvector of d[i]; e is lost. Returns 0, or a
 * positive number when the iteration did not converge. */
int64_t ntki_dstedc(const ntki_blas_width *width, int64_t n, double *d, double *e, double *z, double *work,
                    int64_t *integers);

/* B = op(Q) B for B of n x c (ld = c), Q from ntki_dsytrd_lower(). work: `size` >= c doubles, 64 c + 4160 for speed. */
void ntki_dormtr_lower(const ntki_blas_width *width, ntki_transpose trans, int64_t n, int64_t c, const double *a,
                       const double *tau, double *b, double *work, int64_t size);

#endif
