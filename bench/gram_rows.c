/* Gram matrices beside their floor, in both precisions; and deep networks, with and without the collapse. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/sections.h"
#include "lib/blas/blas.h"
#include "src/kernel/kernel.h"

typedef struct {
    int64_t n, d, hidden;
    double bias_std;
    bool single, normalised;
    int threads, rounds;
    double target;
} setting;

typedef struct {
    double gram, gemm, elementwise, write;
} times;

typedef struct {
    void *x, *k, *product;
    ntk_context *context;
    ntk_kernel *kernel;
    ntki_blas_width blas;
} workplace;

static workplace prepare(const setting *set) {
    const int64_t size = set->single ? sizeof(float) : sizeof(double), n = set->n, d = set->d;
    workplace place = {
        bench_fresh(n * d, sizeof(double)), bench_fresh(n * n, size), bench_fresh(n * n, size), NULL, NULL, {0}};
    bench_inputs(n, d, place.x);
    if (set->normalised)
        bench_normalise(n, d, place.x);
    if (set->single) {
        float *const narrow = bench_fresh(n * d, size);
        for (int64_t i = 0; i < n * d; i++)
            narrow[i] = (float)((double *)place.x)[i];
        free(place.x);
        place.x = narrow;
    }
    bench_must(ntk_context_create(&place.context), NULL);
    bench_must(ntk_context_set_threads(place.context, set->threads), place.context);
    ntk_mlp *const mlp = bench_network(place.context, d, set->hidden, NTK_ACTIVATION_RELU, set->bias_std);
    bench_must(ntk_kernel_create_analytic(place.context, mlp, NTK_KERNEL_NTK, &place.kernel), place.context);
    ntk_mlp_destroy(mlp);
    if (!ntki_blas_probe(&place.blas))
        bench_must(NTK_ERR_BLAS, NULL);
    bench_blas_threads(set->threads);
    return place;
}

static void clear(workplace *place) {
    ntk_kernel_destroy(place->kernel);
    ntk_context_destroy(place->context);
    free(place->product);
    free(place->k);
    free(place->x);
}

static times measure(const setting *set, const workplace *place, int round) {
    const int64_t n = set->n, d = set->d;
    const double t0 = bench_now();
    bench_must(set->single ? ntk_kernel_gram_f32(place->kernel, n, place->x, d, place->k, n)
                           : ntk_kernel_gram(place->kernel, n, place->x, d, place->k, n),
               place->context);
    const double t1 = bench_now();
    if (set->single)
        ntki_sgemm(&place->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, n / 2, n, d, 1, place->x, d, place->x, d, 0,
                   place->product, n);
    else
        ntki_dgemm(&place->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, n / 2, n, d, 1, place->x, d, place->x, d, 0,
                   place->product, n);
    const double t2 = bench_now();
    memset(place->product, round, (size_t)(n * n) * (set->single ? sizeof(float) : sizeof(double)));
    const double t3 = bench_now();
    const double work = (set->single ? bench_elementwise_f32 : bench_elementwise_f64)(place->kernel, n * (n + 1) / 2);
    return (times){t1 - t0, t2 - t1, work, t3 - t2};
}

static void run(const setting *set) {
    workplace place = prepare(set);
    double gram[BENCH_MOST_ROUNDS], floor[BENCH_MOST_ROUNDS], ratio[BENCH_MOST_ROUNDS], gemm[BENCH_MOST_ROUNDS],
        work[BENCH_MOST_ROUNDS];
    for (int round = -1; round < set->rounds; round++) {
        const times now = measure(set, &place, round);
        const int i = round < 0 ? 0 : round;
        gram[i] = now.gram;
        gemm[i] = now.gemm;
        work[i] = now.elementwise;
        floor[i] = now.gemm + now.elementwise + now.write;
        ratio[i] = gram[i] / floor[i];
    }
    char name[128], beside[128];
    snprintf(name, sizeof(name), "%s n %lld, d %lld, %lld hidden, sb %g%s, %d thread%s", set->single ? "f32" : "f64",
             (long long)set->n, (long long)set->d, (long long)set->hidden, set->bias_std,
             set->normalised ? ", unit rows" : "", set->threads, set->threads > 1 ? "s" : "");
    snprintf(beside, sizeof(beside), "gemm %.3g + work %.3g + write", bench_median(gemm, set->rounds),
             bench_median(work, set->rounds));
    bench_row(name, bench_median(gram, set->rounds), beside, bench_median(floor, set->rounds),
              bench_median(ratio, set->rounds), set->target);
    clear(&place);
}

void bench_gram_rows(bool quick) {
    static const setting full[] = {
        {1000, 784, 3, 0.1, false, false, 1, 21, 0}, {1000, 784, 3, 0.1, false, false, 2, 21, 0},
        {4000, 784, 3, 0.1, false, false, 1, 7, 0},  {4000, 784, 3, 0.1, false, false, 2, 11, 1.15},
        {10000, 784, 3, 0.1, false, false, 1, 3, 0}, {10000, 784, 3, 0.1, false, false, 2, 5, 1.15},
        {1000, 784, 3, 0.1, true, false, 1, 21, 0},  {1000, 784, 3, 0.1, true, false, 2, 21, 0},
        {4000, 784, 3, 0.1, true, false, 1, 7, 0},   {4000, 784, 3, 0.1, true, false, 2, 11, 1.2},
        {10000, 784, 3, 0.1, true, false, 1, 3, 0},  {10000, 784, 3, 0.1, true, false, 2, 5, 1.2}};
    static const setting small[] = {{300, 64, 3, 0.1, false, false, 2, 3, 0}, {300, 64, 3, 0.1, true, false, 2, 3, 0}};
    bench_title("ReLU NTK Gram beside its floor (gemm of half the flops + elementwise work in cache + one write)");
    const setting *const settings = quick ? small : full;
    const size_t count = quick ? sizeof(small) / sizeof(small[0]) : sizeof(full) / sizeof(full[0]);
    for (size_t i = 0; i < count; i++)
        run(&settings[i]);
}

/* Few dimensions, one thread: nearly all is elementwise work. */
static void depth_row(int64_t n, int64_t hidden, double bias_std, bool normalised, int rounds, double most_ns) {
    const setting set = {n, 16, hidden, bias_std, false, normalised, 1, rounds, 0};
    workplace place = prepare(&set);
    double gram[BENCH_MOST_ROUNDS], gemm[BENCH_MOST_ROUNDS];
    for (int round = -1; round < rounds; round++) {
        const times now = measure(&set, &place, round);
        gram[round < 0 ? 0 : round] = now.gram;
        gemm[round < 0 ? 0 : round] = now.gemm;
    }
    const double pairs = (double)n * (double)(n + 1) / 2;
    const double ns = (bench_median(gram, rounds) - bench_median(gemm, rounds)) / pairs * 1e9;
    printf("  %4lld hidden, sb %-4g%-12s %8.2f ns an entry, %6.2f an entry and layer", (long long)hidden, bias_std,
           normalised ? ", unit rows" : "", ns, ns / (double)(hidden + 1));
    if (most_ns > 0)
        printf("  target %.1f ns %s", most_ns, ns <= most_ns ? "met" : "MISSED");
    printf("\n");
    fflush(stdout);
    clear(&place);
}

void bench_depth_rows(bool quick) {
    const int64_t n = quick ? 200 : 3000;
    const int rounds = quick ? 2 : 7;
    bench_title(
        "Depth: f64, d = 16, one thread, (gram - gemm) over the entries of a triangle; with bias and norms that\n"
        "differ every layer is evaluated, without bias or with unit rows the layers collapse");
    for (int64_t hidden = 3; hidden <= 50; hidden = hidden == 3 ? 10 : hidden + 40) {
        depth_row(n, hidden, 0.1, false, rounds, 0);
        depth_row(n, hidden, 0, false, rounds, 6);
        depth_row(n, hidden, 0.1, true, rounds, 6);
    }
}
