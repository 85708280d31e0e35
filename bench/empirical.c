/* Empirical NTK of a finite network beside its floor: the flops that its products of matrices cannot do without
 * (forwards, backwards, half of the Gram matrices), at the rate of a gemm timed in the same round. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <ntk/empirical.h>

#include "bench/measure.h"
#include "bench/sections.h"
#include "lib/blas/blas.h"

typedef struct {
    int64_t n, outputs;
    int32_t form;
    bool single;
    int rounds;
    double target;
} setting;

enum { HIDDEN = 3 };

typedef struct {
    int64_t d, width;
    ntk_allocator allocator;
    atomic_llong bytes, most; /* held through the allocator */
    ntk_context *context;
    ntk_network *network;
    ntk_kernel *kernel;
    ntki_blas_width blas;
    void *x, *k, *a, *b, *product;
} workplace;

/* The size of a block stands before it. */
enum { HEAD = 64 };

static void *counted_allocate(size_t size, void *user) {
    workplace *const own = user;
    char *const block = malloc(size + HEAD);
    if (block == NULL)
        return NULL;
    *(size_t *)(void *)block = size;
    const long long bytes = atomic_fetch_add(&own->bytes, (long long)size) + (long long)size;
    if (bytes > atomic_load(&own->most))
        atomic_store(&own->most, bytes);
    return block + HEAD;
}

static void counted_release(void *block, void *user) {
    workplace *const own = user;
    char *const begin = (char *)block - HEAD;
    atomic_fetch_sub(&own->bytes, (long long)*(size_t *)(void *)begin);
    free(begin);
}

static int64_t block_of(const setting *set) { return set->form == NTK_OUTPUT_FULL ? set->outputs : 1; }

static void make_kernel(const setting *set, workplace *own) {
    int64_t widths[HIDDEN + 2];
    ntk_mlp *mlp = NULL;
    for (int l = 0; l < HIDDEN + 2; l++)
        widths[l] = l == 0 ? own->d : l > HIDDEN ? set->outputs : own->width;
    own->allocator = (ntk_allocator){sizeof(own->allocator), counted_allocate, counted_release, own};
    bench_must(ntk_context_create_with_allocator(&own->allocator, &own->context), NULL);
    bench_must(ntk_context_set_threads(own->context, 2), own->context);
    bench_must(ntk_mlp_create(own->context, HIDDEN + 1, widths, NTK_ACTIVATION_RELU, &mlp), own->context);
    bench_must(ntk_mlp_set_weight_std(mlp, sqrt(2)), own->context);
    bench_must(ntk_network_create(own->context, mlp, 1, &own->network), own->context);
    bench_must(ntk_kernel_create_empirical(own->context, own->network, NTK_KERNEL_NTK, set->form, &own->kernel),
               own->context);
    ntk_mlp_destroy(mlp);
}

static void prepare(const setting *set, workplace *own) {
    const int64_t size = set->single ? sizeof(float) : sizeof(double), rows = set->n * block_of(set);
    double *const x = bench_fresh(set->n * own->d, sizeof(double));
    make_kernel(set, own);
    bench_inputs(set->n, own->d, x);
    own->x = x;
    if (set->single) {
        float *const narrow = bench_fresh(set->n * own->d, size);
        for (int64_t i = 0; i < set->n * own->d; i++)
            narrow[i] = (float)x[i];
        own->x = narrow;
        free(x);
    }
    own->k = bench_fresh(rows * rows, size);
    own->a = bench_fresh(own->width * own->width, size);
    own->b = bench_fresh(own->width * own->width, size);
    own->product = bench_fresh(own->width * own->width, size);
    if (!ntki_blas_probe(&own->blas))
        bench_must(NTK_ERR_BLAS, NULL);
}

static void clear(workplace *own) {
    free(own->product);
    free(own->b);
    free(own->a);
    free(own->k);
    free(own->x);
    ntk_kernel_destroy(own->kernel);
    ntk_network_destroy(own->network);
    ntk_context_destroy(own->context);
}

static double necessary_flops(const setting *set, const workplace *own) {
    const double n = (double)set->n, d = (double)own->d, width = (double)own->width, c = (double)set->outputs;
    const double square = (HIDDEN - 1) * width * width;
    const double deltas = HIDDEN * width * (set->form == NTK_OUTPUT_FULL ? c * c : c);
    return 2 * n * (d * width + square + width * c) + 2 * n * c * square + n * (n + 1) * (d + HIDDEN * width + deltas);
}

/* Seconds for a Gram matrix, and flops a second of a gemm. */
static void measure(const setting *set, const workplace *own, double *seconds, double *rate) {
    const int64_t d = own->d, w = own->width, rows = set->n * block_of(set);
    const double t0 = bench_now();
    bench_must(set->single ? ntk_kernel_gram_f32(own->kernel, set->n, own->x, d, own->k, rows)
                           : ntk_kernel_gram(own->kernel, set->n, own->x, d, own->k, rows),
               own->context);
    const double t1 = bench_now();
    if (set->single)
        ntki_sgemm(&own->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, w, w, w, 1, own->a, w, own->b, w, 0, own->product, w);
    else
        ntki_dgemm(&own->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, w, w, w, 1, own->a, w, own->b, w, 0, own->product, w);
    *seconds = t1 - t0;
    *rate = 2 * (double)w * (double)w * (double)w / (bench_now() - t1);
}

static void run(const setting *set, int64_t d, int64_t width) {
    static const char *const names[] = {"trace", "full", "one", "pair"};
    workplace own = {.d = d, .width = width};
    double times[BENCH_MOST_ROUNDS], floors[BENCH_MOST_ROUNDS], ratios[BENCH_MOST_ROUNDS];
    prepare(set, &own);
    const double flops = necessary_flops(set, &own);
    const long long before = atomic_load(&own.bytes);
    for (int round = -1; round < set->rounds; round++) {
        const int i = round < 0 ? 0 : round;
        double rate = 0;
        measure(set, &own, &times[i], &rate);
        floors[i] = flops / rate;
        ratios[i] = times[i] / floors[i];
    }
    const double size = set->single ? 4 : 8, rows = (double)(set->n * block_of(set));
    char name[128], beside[128];
    snprintf(name, sizeof(name), "%s n %lld, %lld-%lld^%d-%lld, %s, %.0f MB + %.0f MB", set->single ? "f32" : "f64",
             (long long)set->n, (long long)d, (long long)width, HIDDEN, (long long)set->outputs, names[set->form],
             rows * rows * size / 1e6, (double)(atomic_load(&own.most) - before) / 1e6);
    snprintf(beside, sizeof(beside), "floor %.3g Gflop", flops / 1e9);
    bench_row(name, bench_median(times, set->rounds), beside, bench_median(floors, set->rounds),
              bench_median(ratios, set->rounds), set->target);
    clear(&own);
}

void bench_empirical_rows(bool quick) {
    static const int64_t full_sizes[] = {100, 200, 500};
    const int64_t d = quick ? 32 : 784, width = quick ? 48 : 1024;
    bench_blas_threads(2);
    bench_title(
        "Empirical ReLU NTK, Gram, two threads, beside the flop floor at gemm's rate; memory: output + peak beside it");
    for (int single = 0; single < 2; single++)
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < (quick ? 1 : 3); i++) {
                const setting set = {.n = quick ? 40 : full_sizes[i],
                                     .outputs = c == 0 ? 1 : 10,
                                     .form = c == 2 ? NTK_OUTPUT_FULL : NTK_OUTPUT_TRACE,
                                     .single = single,
                                     .rounds = quick ? 2 : 5,
                                     .target = quick ? 0 : 2};
                run(&set, d, width);
            }
}
