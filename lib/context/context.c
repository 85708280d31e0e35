/* Creation, life and settings of a context. */
#define _DEFAULT_SOURCE /* madvise */

#include "lib/context/context.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "lib/threads/parallel.h"

/* Large blocks in large pages: the first touch of fresh memory in small ones is slower than what is then computed there (1.3
 * GB/s instead of 7). It is advice: whether it is taken does not matter to the result. */
static void advise_large_pages(void *block, size_t size) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    enum { LARGE_PAGE = 1 << 21, LEAST_SIZE = 2 * LARGE_PAGE };
    if (block == NULL || size < LEAST_SIZE)
        return;
    const size_t skip = (LARGE_PAGE - (uintptr_t)block % LARGE_PAGE) % LARGE_PAGE;
    const int before = errno;
    (void)madvise((char *)block + skip, (size - skip) / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
    errno = before;
#else
    (void)block;
    (void)size;
#endif
}

static void *default_allocate(size_t size, void *user) {
    (void)user;
    void *const block = malloc(size);
    advise_large_pages(block, size);
    return block;
}

static void default_release(void *block, void *user) {
    (void)user;
    free(block);
}

ntk_status ntk_context_create(ntk_context **out) {
    const ntk_allocator allocator = {sizeof(ntk_allocator), default_allocate, default_release, NULL};
    return ntk_context_create_with_allocator(&allocator, out);
}

ntk_status ntk_context_create_with_allocator(const ntk_allocator *allocator, ntk_context **out) {
    if (allocator == NULL || out == NULL)
        return NTK_ERR_NULL;
    if (allocator->struct_size < sizeof(ntk_allocator))
        return NTK_ERR_SIZE;
    if (allocator->allocate == NULL || allocator->release == NULL)
        return NTK_ERR_NULL;
    ntki_blas_width blas;
    if (!ntki_blas_probe(&blas))
        return NTK_ERR_BLAS;
    ntk_context *context = allocator->allocate(sizeof(ntk_context), allocator->user);
    if (context == NULL)
        return NTK_ERR_NO_MEMORY;
    memset(context, 0, sizeof(*context));
    context->allocator = *allocator;
    context->blas = blas;
    context->isa = ntki_cpu_best_isa();
    atomic_init(&context->cancel, 0);
    atomic_init(&context->holders, 1);
    *out = context;
    return NTK_SUCCESS;
}

void ntk_context_destroy(ntk_context *context) { ntki_context_release(context); }

ntk_status ntki_context_acquire(ntk_context *context, ntk_context **out) {
    if (context == NULL)
        return ntk_context_create(out);
    atomic_fetch_add(&context->holders, 1);
    *out = context;
    return NTK_SUCCESS;
}

void ntki_context_release(ntk_context *context) {
    if (context != NULL && atomic_fetch_sub(&context->holders, 1) == 1) {
        const ntk_allocator allocator = context->allocator;
        ntki_pool_destroy(context, context->pool);
        allocator.release(context, allocator.user);
    }
}

int32_t ntki_context_threads(const ntk_context *context) {
    const int32_t available = ntki_threads_available();
    return context->threads > 0 && ntki_threads_built_in() ? context->threads : available;
}

ntk_status ntk_context_set_threads(ntk_context *context, int32_t threads) {
    if (context == NULL)
        return NTK_ERR_NULL;
    if (threads < 0 || threads > NTKI_MOST_THREADS)
        return ntki_fail(context, NTK_ERR_DOMAIN, __func__, "threads is %d; it must be from 0 (all) to %d",
                         (int)threads, (int)NTKI_MOST_THREADS);
    context->threads = threads;
    return NTK_SUCCESS;
}

ntk_status ntk_context_get_threads(const ntk_context *context, int32_t *threads) {
    if (context == NULL)
        return NTK_ERR_NULL;
    if (threads == NULL)
        return ntki_fail((ntk_context *)context, NTK_ERR_NULL, __func__, "threads is NULL");
    *threads = ntki_context_threads(context);
    return NTK_SUCCESS;
}

ntk_status ntk_context_set_log(ntk_context *context, ntk_log_callback callback, void *user) {
    if (context == NULL)
        return NTK_ERR_NULL;
    context->log = callback;
    context->log_user = user;
    return NTK_SUCCESS;
}

ntk_status ntk_context_set_progress(ntk_context *context, ntk_progress_callback callback, void *user) {
    if (context == NULL)
        return NTK_ERR_NULL;
    context->progress = callback;
    context->progress_user = user;
    return NTK_SUCCESS;
}

ntk_status ntk_context_get_blas_integer_bits(const ntk_context *context, int32_t *bits) {
    if (context == NULL)
        return NTK_ERR_NULL;
    if (bits == NULL)
        return ntki_fail((ntk_context *)context, NTK_ERR_NULL, __func__, "bits is NULL");
    *bits = context->blas.blas_ilp64 ? 64 : 32;
    return NTK_SUCCESS;
}

const char *ntk_context_blas_description(const ntk_context *context) {
    (void)context;
    return ntki_blas_description();
}

const char *ntk_context_cpu_path(const ntk_context *context) {
    return ntki_cpu_isa_name(context == NULL ? ntki_cpu_best_isa() : context->isa);
}
