/* Row-major matrices: copies, and the delivery of results. */
#ifndef NTKI_MATRIX_H
#define NTKI_MATRIX_H

#include "lib/context/context.h"

static inline int64_t ntki_smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void ntki_copy_rows(int64_t rows, int64_t columns, const double *from, int64_t ld_from, double *to, int64_t ld_to);

/* Copies a complete result (ld = columns) to the caller's matrix; NTK_ERR_RANGE, and nothing copied, when an entry has
 * overflowed. */
ntk_status ntki_deliver(ntk_context *context, const char *function, const char *name, int64_t rows, int64_t columns,
                        const double *result, double *out, int64_t ldo);

#endif
