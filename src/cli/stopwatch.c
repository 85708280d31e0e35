/* Time and memory. See stopwatch.h. */
#define _POSIX_C_SOURCE 200809L

#include "src/cli/stopwatch.h"

#include <sys/resource.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void stopwatch_begin(struct stopwatch *watch) {
    *watch = (struct stopwatch){.begun = now()};
    watch->lapped = watch->begun;
}

void stopwatch_lap(struct stopwatch *watch, enum stage stage) {
    const double time = now();
    watch->seconds[stage] += time - watch->lapped;
    watch->lapped = time;
}

double stopwatch_total(const struct stopwatch *watch) { return now() - watch->begun; }

int64_t peak_memory_bytes(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return -1;
#if defined(__APPLE__)
    const int64_t unit = 1;
#else
    const int64_t unit = 1024;
#endif
    return (int64_t)usage.ru_maxrss * unit;
}
