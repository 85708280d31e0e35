#include "lib/threads/parallel.h"

#ifdef _OPENMP
#include <omp.h>
#endif

void ntki_parallel_for(int32_t threads, int64_t count, ntki_loop_body body, void *argument) {
#ifdef _OPENMP
    if (threads > 1 && count > 1) {
        const int team = (int)(count < threads ? count : threads);
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
        for (int64_t index = 0; index < count; index++)
            body(index, argument);
        return;
    }
#else
    (void)threads;
#endif
    for (int64_t index = 0; index < count; index++)
        body(index, argument);
}

int32_t ntki_threads_available(void) {
#ifdef _OPENMP
    return (int32_t)omp_get_num_procs();
#else
    return 1;
#endif
}

bool ntki_threads_built_in(void) {
#ifdef _OPENMP
    return true;
#else
    return false;
#endif
}
