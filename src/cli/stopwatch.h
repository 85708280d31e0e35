/* Wall time of the stages of a run, and the memory that the process has taken at most. */
#ifndef NTK_CLI_STOPWATCH_H
#define NTK_CLI_STOPWATCH_H

#include <stdint.h>

enum stage { STAGE_READ, STAGE_KERNEL, STAGE_TRAIN, STAGE_PREDICT, STAGE_WRITE, STAGE_COUNT };

struct stopwatch {
    double begun;  /* of the run */
    double lapped; /* when the last stage ended */
    double seconds[STAGE_COUNT];
};

void stopwatch_begin(struct stopwatch *watch);

/* Books the time since the last lap (or the start) on `stage`. */
void stopwatch_lap(struct stopwatch *watch, enum stage stage);

/* Seconds since the start. */
double stopwatch_total(const struct stopwatch *watch);

/* The largest resident set of this process so far, in bytes; -1 if the system does not tell. */
int64_t peak_memory_bytes(void);

#endif
