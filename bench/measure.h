/* What the benchmarks share: a clock, medians, inputs, and the number of BLAS threads. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>

#include <ntk/ntk.h>

enum { BENCH_MOST_ROUNDS = 31 };

double bench_now(void);

/* Ends the program with the library's sentence unless the status is success. */
void bench_must(ntk_status status, const ntk_context *context);

/* Sorts in place. */
double bench_median(double *values, int count);

/* Zeroed, and so touched; ends the program when there is no memory. */
void *bench_fresh(int64_t count, int64_t size);

/* n x d uniform numbers in [-0.3, 0.7): the same everywhere. */
void bench_inputs(int64_t n, int64_t d, double *x);

/* Every row divided by its norm. */
void bench_normalise(int64_t n, int64_t d, double *x);

/* A network of `hidden` hidden layers on d inputs, sw = sqrt 2. */
ntk_mlp *bench_network(ntk_context *context, int64_t d, int64_t hidden, int32_t activation, double bias_std);

/* Sets the threads of the BLAS where it can be told (OpenBLAS); returns 0 where it cannot. */
int bench_blas_threads(int threads);

#endif
