/* One layer of the ReLU NTK as textbooks write it, for rho of unit variances, with the arc cosine of a vector library. */
#ifndef BENCH_TEXTBOOK_H
#define BENCH_TEXTBOOK_H

#include <stdint.h>

#include "lib/cpu/cpu.h"

typedef void (*bench_layer)(int64_t count, double *restrict rho, double *restrict theta);

typedef struct {
    const char *name;
    bench_layer run; /* NULL: not here */
    const char *reason;
} bench_way;

enum { BENCH_WAYS = 4 };

/* libm with acos, sin and cos; libm with acos and sqrt; libmvec; SLEEF: the vector libraries in the given instruction set. */
void bench_find_ways(bench_way ways[BENCH_WAYS], ntki_isa isa);

#endif
