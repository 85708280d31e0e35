/* The sections of the kernel benchmark. Each prints its rows: what was measured, beside what in the same run, the ratio of
 * the medians, and the target. */
#ifndef BENCH_SECTIONS_H
#define BENCH_SECTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* quick: small and short, to see that it runs. */
void bench_gram_rows(bool quick);
void bench_depth_rows(bool quick);
void bench_elementwise_rows(bool quick);
void bench_general_rows(bool quick);
void bench_form_rows(bool quick);
void bench_empirical_rows(bool quick);
void bench_flow_loss_rows(bool quick);

void bench_title(const char *text);

/* target <= 0: none. Smaller ratios are better. */
void bench_row(const char *name, double seconds, const char *beside, double other, double ratio, double target);

/* Seconds for the elementwise work of `pairs` pairs of the ReLU NTK through all layers of a kernel, in cache, on the threads
 * of its context. */
struct ntk_kernel;
double bench_elementwise_f64(struct ntk_kernel *kernel, int64_t pairs);
double bench_elementwise_f32(struct ntk_kernel *kernel, int64_t pairs);

#endif
