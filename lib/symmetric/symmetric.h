/* Symmetric matrices: both triangles stored, row-major, ld = n. */
#ifndef NTKI_SYMMETRIC_H
#define NTKI_SYMMETRIC_H

#include "lib/context/context.h"

/* Copies the lower triangle of k to both triangles of `copy`. */
void ntki_symmetric_copy(int64_t n, const double *k, int64_t ldk, double *copy);

/* The largest row sum of |a_ij|. */
double ntki_symmetric_norm(int64_t n, const double *a);

/* Puts the strict upper triangle back into the lower one, and `diagonal` on the diagonal. */
void ntki_symmetric_restore(int64_t n, double *a, const double *diagonal);

/* out = K b (n x c, ld = c) from the strict upper triangle of a and `diagonal`; the diagonal of a is exchanged with
 * `diagonal` for the time of the product. */
void ntki_symmetric_multiply(ntk_context *context, int64_t n, double *a, double *diagonal, int64_t c, const double *b,
                             double *out);

/* a = L L' in the lower triangle and the diagonal; the strict upper triangle stays. Returns 0, or the order of the first
 * leading minor that is not positive; then the lower triangle is lost. */
int64_t ntki_symmetric_factor(ntk_context *context, int64_t n, double *a);

/* Estimate of 1 / (|A| |A^{-1}|) in the 1-norm, from the factor and |A|. */
ntk_status ntki_symmetric_reciprocal_condition(ntk_context *context, const char *function, int64_t n,
                                               const double *factor, double norm, double *reciprocal);

/* The eigen-decomposition A = V diag(w) V' for products with V and V': V = Q Z' is kept as the reflectors of the reduction
 * to tridiagonal form and the eigenvectors of that. Multiplying the two out would cost another 2 n^3 flops. */
typedef struct {
    int64_t n;
    double *w;          /* n eigenvalues, ascending */
    double *reflectors; /* the matrix that was decomposed; not owned */
    double *scalars;    /* n, of the reflectors */
    double *z;          /* row i: the eigenvector of w[i] in the basis of the tridiagonal form */
} ntki_symmetric_basis;

/* Decomposes a (its lower triangle counts), which the basis takes over as a work area. Needs 2 n^2 doubles besides, n^2 of
 * which stay in the basis. On failure nothing is held; a is untouched, but after NTK_ERR_CONVERGENCE and
 * NTK_ERR_RANGE (an eigenvalue). */
ntk_status ntki_symmetric_decompose(ntk_context *context, const char *function, int64_t n, double *a,
                                    ntki_symmetric_basis *basis);

/* out = V' b and out = V b for b of n x c, ld = c; out is another matrix. Cost 4 n^2 c flops, and some 16 n^2 for
 * what LAPACK makes of the reflectors. */
ntk_status ntki_symmetric_to_basis(ntk_context *context, const char *function, const ntki_symmetric_basis *basis,
                                   int64_t c, const double *b, double *out);
ntk_status ntki_symmetric_from_basis(ntk_context *context, const char *function, const ntki_symmetric_basis *basis,
                                     int64_t c, const double *b, double *out);

/* Eigenvalues of the tridiagonal matrix with d (n) on its diagonal and e (n - 1) beside it, ascending in d; row i of z (n x n)
 * becomes the unit eigenvector of d[i]; e is lost. Needs n^2 doubles besides. */
ntk_status ntki_tridiagonal_eigen(ntk_context *context, const char *function, int64_t n, double *d, double *e,
                                  double *z);

void ntki_symmetric_release(ntk_context *context, ntki_symmetric_basis *basis);

#endif
