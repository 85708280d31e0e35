#include "lib/memory/memory.h"

#include <stdint.h>
#include <string.h>

/* One cache line, and one AVX-512 vector. The pointer that the allocator gave is kept just before the block. */
enum { ALIGNMENT = 64 };

ntk_status ntki_allocate(ntk_context *context, const char *function, int64_t count, size_t size, void *out) {
    void *const nothing = NULL;
    memcpy(out, &nothing, sizeof(nothing));
    const size_t extra = ALIGNMENT + sizeof(void *);
    if (count < 0 || (uint64_t)count > (PTRDIFF_MAX - extra) / size)
        return ntki_fail(context, NTK_ERR_OVERFLOW, function, "%lld objects of %zu bytes do not fit the address space",
                         (long long)count, size);
    const size_t bytes = (size_t)count * size;
    char *const raw = context->allocator.allocate(bytes + extra, context->allocator.user);
    if (raw == NULL)
        return ntki_fail(context, NTK_ERR_NO_MEMORY, function, "could not allocate %zu bytes", bytes);
    char *block = raw + sizeof(void *);
    block += (ALIGNMENT - (uintptr_t)block % ALIGNMENT) % ALIGNMENT;
    memcpy(block - sizeof(void *), &raw, sizeof(void *));
    memcpy(out, &block, sizeof(block));
    return NTK_SUCCESS;
}

ntk_status ntki_allocate_matrix(ntk_context *context, const char *function, int64_t rows, int64_t columns,
                                double **out) {
    *out = NULL;
    if (columns > 0 && rows > INT64_MAX / columns)
        return ntki_fail(context, NTK_ERR_OVERFLOW, function, "a work area of %lld x %lld doubles overflows",
                         (long long)rows, (long long)columns);
    return ntki_allocate(context, function, rows * columns, sizeof(double), out);
}

void ntki_release(ntk_context *context, void *block) {
    if (block == NULL)
        return;
    void *raw = NULL;
    memcpy(&raw, (char *)block - sizeof(void *), sizeof(void *));
    context->allocator.release(raw, context->allocator.user);
}
