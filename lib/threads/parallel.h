/* A loop shared by the threads of a context.
 *
 * The threads are the library's own, and they sleep between loops. An OpenMP team spins for a while after each parallel
 * region; here regions alternate with BLAS calls that want the same cores, and on a busy machine the spinning cost more
 * than the work (docs/threading.md). */
#ifndef NTKI_PARALLEL_H
#define NTKI_PARALLEL_H

#include "lib/context/context.h"

typedef void (*ntki_loop_body)(int64_t index, void *argument);

/* body(0..count-1), in any order, on the context's threads. What the body does must not depend on which thread runs it. */
void ntki_parallel_for(ntk_context *context, int64_t count, ntki_loop_body body, void *argument);

/* The same for a body that has a work area for each thread: `worker` is below `most`, whatever number of threads the context
 * has by now, and no two calls with the same one run at a time. */
typedef void (*ntki_worker_body)(int64_t index, int32_t worker, void *argument);
void ntki_parallel_for_workers(ntk_context *context, int64_t count, int32_t most, ntki_worker_body body,
                               void *argument);
/* The number of threads now: what `most` may sensibly be. */
int32_t ntki_parallel_workers(const ntk_context *context);

/* Ends the threads of a pool and frees it; NULL is allowed. */
void ntki_pool_destroy(ntk_context *context, ntki_pool *pool);

/* Whether this build has threads. */
bool ntki_threads_built_in(void);

/* Processors that this process may use; 1 in a build without threads. */
int32_t ntki_threads_available(void);

#endif
