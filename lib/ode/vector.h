/* Long vectors, on the context's threads. Sums run over blocks that depend on the length alone, each of them summed in
 * one order, so that their bits do not depend on the threads. */
#ifndef NTKI_VECTOR_H
#define NTKI_VECTOR_H

#include "lib/threads/parallel.h"

/* |a - b|, or |a| where b is NULL (2-norm). Does not overflow or underflow on the way. */
double ntki_vector_norm(ntk_context *context, int64_t n, const double *a, const double *b);

/* body(first, count) for parts of 0 ... n-1. */
typedef void (*ntki_vector_body)(int64_t first, int64_t count, void *argument);
void ntki_vector_each(ntk_context *context, int64_t n, ntki_vector_body body, void *argument);

/* The sum of what the body returns for each part, in the order of the parts. */
typedef double (*ntki_vector_term)(int64_t first, int64_t count, void *argument);
double ntki_vector_sum(ntk_context *context, int64_t n, ntki_vector_term term, void *argument);

#endif
