#define _GNU_SOURCE /* RTLD_DEFAULT */

#include "bench/measure.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void bench_must(ntk_status status, const ntk_context *context) {
    if (status == NTK_SUCCESS)
        return;
    fprintf(stderr, "bench: %s: %s\n", ntk_status_name(status), ntk_context_last_error(context));
    exit(1);
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, int count) {
    qsort(values, (size_t)count, sizeof(double), ascending);
    return values[count / 2];
}

void *bench_fresh(int64_t count, int64_t size) {
    void *const block = malloc((size_t)(count * size));
    if (block == NULL) {
        fprintf(stderr, "bench: no memory for %lld bytes\n", (long long)(count * size));
        exit(1);
    }
    memset(block, 0, (size_t)(count * size));
    return block;
}

void bench_inputs(int64_t n, int64_t d, double *x) {
    uint64_t state = 1;
    for (int64_t i = 0; i < n * d; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        x[i] = (double)(state >> 11) * 0x1p-53 - 0.3;
    }
}

void bench_normalise(int64_t n, int64_t d, double *x) {
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < d; j++)
            sum += x[i * d + j] * x[i * d + j];
        for (int64_t j = 0; j < d; j++)
            x[i * d + j] /= sqrt(sum);
    }
}

ntk_mlp *bench_network(ntk_context *context, int64_t d, int64_t hidden, int32_t activation, double bias_std) {
    int64_t *const widths = bench_fresh(hidden + 2, sizeof(int64_t));
    for (int64_t l = 0; l < hidden + 2; l++)
        widths[l] = l == 0 ? d : 1;
    ntk_mlp *mlp = NULL;
    bench_must(ntk_mlp_create(context, hidden + 1, widths, activation, &mlp), context);
    bench_must(ntk_mlp_set_weight_std(mlp, sqrt(2)), context);
    bench_must(ntk_mlp_set_bias_std(mlp, bias_std), context);
    free(widths);
    return mlp;
}

int bench_blas_threads(int threads) {
    void (*set)(int) = NULL;
    void *const found = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    memcpy(&set, &found, sizeof(set));
    if (set == NULL)
        return 0;
    set(threads);
    return 1;
}
