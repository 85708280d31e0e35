/* All heap of the library: overflow-checked, aligned to 64 bytes, from the context's allocator. */
#ifndef NTKI_MEMORY_H
#define NTKI_MEMORY_H

#include <stddef.h>

#include "lib/context/context.h"

/* Room for count objects of `size` bytes, uninitialised, aligned to 64 bytes; *out is NULL on failure.
 * NTK_ERR_OVERFLOW when the bytes do not fit the address space, NTK_ERR_NO_MEMORY. */
ntk_status ntki_allocate(ntk_context *context, const char *function, int64_t count, size_t size, void *out);

/* The same for a matrix of doubles. */
ntk_status ntki_allocate_matrix(ntk_context *context, const char *function, int64_t rows, int64_t columns,
                                double **out);

/* NULL is allowed. */
void ntki_release(ntk_context *context, void *block);

#endif
