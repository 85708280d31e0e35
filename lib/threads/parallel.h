/* A loop shared by threads; OpenMP inside, or a plain loop in a build without it. */
#ifndef NTKI_PARALLEL_H
#define NTKI_PARALLEL_H

#include <stdbool.h>
#include <stdint.h>

typedef void (*ntki_loop_body)(int64_t index, void *argument);

/* body(0..count-1), in any order, on up to `threads` threads. The body must not depend on which thread runs it. */
void ntki_parallel_for(int32_t threads, int64_t count, ntki_loop_body body, void *argument);

/* Processors that this process may use; 1 in a build without threads. */
int32_t ntki_threads_available(void);
bool ntki_threads_built_in(void);

#endif
