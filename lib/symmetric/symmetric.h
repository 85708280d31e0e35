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

/* Row i of a becomes the unit eigenvector of w[i]; w ascends. Needs 2 n^2 doubles besides; when it fails for want of memory
 * a is untouched. */
ntk_status ntki_symmetric_eigen(ntk_context *context, const char *function, int64_t n, double *a, double *w);

#endif
