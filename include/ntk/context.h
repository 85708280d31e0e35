/* The context: where memory comes from, how many threads work, who hears of progress, and what went wrong last.
 *
 * Every handle is created in a context and keeps it alive, so contexts and handles may be destroyed in any order. Where a
 * context is asked for, NULL gives the handle a default context of its own. One context (with all handles made in it) is
 * used by one thread at a time; different contexts are independent. Only ntk_context_cancel() may be called from any
 * thread at any time. */
#ifndef NTK_CONTEXT_H
#define NTK_CONTEXT_H

#include <stddef.h>

#include <ntk/status.h>

NTK_BEGIN_DECLS

typedef struct ntk_context ntk_context;

/* A memory allocator. `allocate` returns at least `size` bytes, aligned as malloc does, or NULL; `release` gets what
 * `allocate` returned, never NULL. Both may be called from any thread that uses the context. */
typedef struct ntk_allocator {
    size_t struct_size; /* sizeof(ntk_allocator): set by the caller, so that the struct can grow */
    void *(*allocate)(size_t size, void *user);
    void (*release)(void *block, void *user);
    void *user;
} ntk_allocator;

/* Levels of log messages. */
enum { NTK_LOG_ERROR = 0, NTK_LOG_WARNING = 1, NTK_LOG_INFO = 2 };

/* Receives one message, without a newline; `message` lives only during the call. */
typedef void (*ntk_log_callback)(int32_t level, const char *message, void *user);

/* Told of the progress of long work (everything that takes O(n^2) or more), on the thread that made the call:
 * `fraction` grows from 0 to 1 within a phase, `phase` is a static text such as "kernel". The first report (fraction 0)
 * comes before any output is touched. A non-zero return cancels: the running function returns NTK_ERR_CANCELLED, and
 * every handle stays usable. The callback must not use the context or its handles. */
typedef int32_t (*ntk_progress_callback)(double fraction, const char *phase, void *user);

/* Creates a context with malloc and free, as many threads as the machine offers, and no callbacks.
 * Probes the integer width of the BLAS and LAPACK in use (LP64 or ILP64).
 * Returns NTK_ERR_NULL, NTK_ERR_NO_MEMORY, or NTK_ERR_BLAS when neither width answers. Since 0.1. */
NTK_API ntk_status ntk_context_create(ntk_context **out);

/* The same with an allocator of the caller's, whose struct is copied. The context itself comes from it too. BLAS and
 * LAPACK may allocate small work areas of their own. Also returns NTK_ERR_NULL for a missing function and NTK_ERR_SIZE
 * for a struct_size smaller than the struct. Since 0.1. */
NTK_API ntk_status ntk_context_create_with_allocator(const ntk_allocator *allocator, ntk_context **out);

/* Gives up the caller's hold; the context goes when its last handle has gone. NULL is allowed. Since 0.1. */
NTK_API void ntk_context_destroy(ntk_context *context);

/* Number of threads for the library's own loops, from 0 to 1024; 0 (the default) means as many as the machine offers to this
 * process. It does not change the BLAS's own threads: set those in the BLAS (e.g. OPENBLAS_NUM_THREADS).
 * Returns NTK_ERR_NULL, NTK_ERR_DOMAIN. Since 0.1. */
NTK_API ntk_status ntk_context_set_threads(ntk_context *context, int32_t threads);

/* The number of threads in effect: what was set, or what 0 stands for here; always 1 in a build without threads. Since 0.1. */
NTK_API ntk_status ntk_context_get_threads(const ntk_context *context, int32_t *threads);

/* Sets the receiver of log messages; NULL (the default) for none. Returns NTK_ERR_NULL. Since 0.1. */
NTK_API ntk_status ntk_context_set_log(ntk_context *context, ntk_log_callback callback, void *user);

/* Sets the receiver of progress reports; NULL (the default) for none. Returns NTK_ERR_NULL. Since 0.1. */
NTK_API ntk_status ntk_context_set_progress(ntk_context *context, ntk_progress_callback callback, void *user);

/* Asks the work that runs in this context, or else the next long work, to stop with NTK_ERR_CANCELLED. The request is
 * used up by the call that obeys it. May be called from another thread or a signal handler. NULL is allowed. Since 0.1. */
NTK_API void ntk_context_cancel(ntk_context *context);

/* Withdraws a request of ntk_context_cancel() that nothing has obeyed yet. NULL is allowed. Since 0.1. */
NTK_API void ntk_context_clear_cancel(ntk_context *context);

/* The sentence for the last failure in this context, naming the argument and its value, e.g.
 * "ntk_kernel_gram: x[3][17] is NaN; every input must be finite". Empty before the first failure; a success leaves it.
 * Never NULL; valid until the next failure in this context. Since 0.1. */
NTK_API const char *ntk_context_last_error(const ntk_context *context);

/* The status that belongs to ntk_context_last_error(); NTK_SUCCESS before the first failure. Since 0.1. */
NTK_API ntk_status ntk_context_last_status(const ntk_context *context);

/* Bits of the integers that the BLAS in use takes: 32 (LP64) or 64 (ILP64). Returns NTK_ERR_NULL. Since 0.1. */
NTK_API ntk_status ntk_context_get_blas_integer_bits(const ntk_context *context, int32_t *bits);

/* What is known of the BLAS in use, e.g. "OpenBLAS 0.3.21 ... Zen MAX_THREADS=64"; the name of the provider that was
 * chosen at build time where the BLAS does not tell. Static, never NULL. Since 0.1. */
NTK_API const char *ntk_context_blas_description(const ntk_context *context);

/* The instruction set of the elementwise kernels that run on this machine: "avx512", "avx2" or "baseline". Static,
 * never NULL. Since 0.1. */
NTK_API const char *ntk_context_cpu_path(const ntk_context *context);

NTK_END_DECLS

#endif
