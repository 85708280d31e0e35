/* The context as the library sees it: allocator, threads, callbacks, cancel request, last error, BLAS integer width. */
#ifndef NTKI_CONTEXT_H
#define NTKI_CONTEXT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <ntk/context.h>

#include "lib/blas/blas.h"
#include "lib/cpu/cpu.h"

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "libntk reports NaN and infinities and carries compensated quantities: compile it without -ffast-math"
#endif

enum { NTKI_ERROR_LENGTH = 512, NTKI_MOST_THREADS = 1024 };

/* The threads of a context (lib/threads). */
typedef struct ntki_pool ntki_pool;

struct ntk_context {
    ntk_allocator allocator;
    int32_t threads; /* 0: as many as the machine offers */
    ntk_log_callback log;
    void *log_user;
    ntk_progress_callback progress;
    void *progress_user;
    atomic_int cancel;
    atomic_long holders; /* the caller and every handle */
    ntki_blas_width blas;
    ntki_isa isa;
    ntki_pool *pool; /* NULL until a loop is shared */
    ntk_status last_status;
    char last_error[NTKI_ERROR_LENGTH];
};

/* A hold on `context`, or on a new default context where it is NULL. */
ntk_status ntki_context_acquire(ntk_context *context, ntk_context **out);
void ntki_context_release(ntk_context *context);

/* The number of threads in effect. */
int32_t ntki_context_threads(const ntk_context *context);

/* Records the sentence "function: ..." and returns `status`; `context` may be NULL. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
ntk_status
ntki_fail(ntk_context *context, ntk_status status, const char *function, const char *format, ...);

/* A message to the log callback, if there is one. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void
ntki_log(ntk_context *context, int32_t level, const char *format, ...);

/* A progress report; NTK_ERR_CANCELLED when the caller asks to stop, through the callback or ntk_context_cancel(). */
ntk_status ntki_progress(ntk_context *context, const char *function, double fraction, const char *phase);

#endif
