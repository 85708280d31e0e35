/* Other forms of the kernel matrix, beside the gemm that they cannot do without. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/sections.h"
#include "lib/blas/blas.h"
#include "src/kernel/kernel.h"

typedef struct {
    int64_t n, m, d, c;
    double *x, *z, *k, *product, *a, *out;
    ntk_context *context;
    ntk_kernel *kernel;
    ntki_blas_width blas;
} workplace;

static void cross(const workplace *w) {
    bench_must(ntk_kernel_cross(w->kernel, w->n, w->x, w->d, w->m, w->z, w->d, w->k, w->m), w->context);
}
static void apply(const workplace *w) {
    bench_must(ntk_kernel_apply(w->kernel, w->n, w->x, w->d, w->m, w->z, w->d, w->c, w->a, w->c, w->out, w->c),
               w->context);
}
static void cross_gemm(const workplace *w) {
    ntki_dgemm(&w->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, w->n, w->m, w->d, 1, w->x, w->d, w->z, w->d, 0, w->product,
               w->m);
}
static void gram(const workplace *w) {
    bench_must(ntk_kernel_gram(w->kernel, w->m, w->z, w->d, w->k, w->m), w->context);
}
static void packed(const workplace *w) {
    bench_must(ntk_kernel_gram_packed(w->kernel, w->m, w->z, w->d, w->k), w->context);
}
static void both(const workplace *w) {
    const ntk_layer_values values = {sizeof(values), 4, w->k, w->product};
    bench_must(ntk_kernel_gram_layers(w->kernel, w->m, w->z, w->d, 1, &values, w->m), w->context);
}

static void compare(const workplace *w, const char *name, void (*own)(const workplace *), const char *beside,
                    void (*other)(const workplace *), int rounds) {
    double times[BENCH_MOST_ROUNDS], others[BENCH_MOST_ROUNDS], ratio[BENCH_MOST_ROUNDS];
    for (int round = -1; round < rounds; round++) {
        const int i = round < 0 ? 0 : round;
        const double t0 = bench_now();
        own(w);
        const double t1 = bench_now();
        other(w);
        const double t2 = bench_now();
        times[i] = t1 - t0;
        others[i] = t2 - t1;
        ratio[i] = times[i] / others[i];
    }
    bench_row(name, bench_median(times, rounds), beside, bench_median(others, rounds), bench_median(ratio, rounds), 0);
}

void bench_form_rows(bool quick) {
    const int rounds = quick ? 2 : 7;
    workplace w = {.n = quick ? 200 : 10000, .m = quick ? 100 : 1000, .d = quick ? 32 : 784, .c = 10};
    w.x = bench_fresh(w.n * w.d, sizeof(double));
    w.z = bench_fresh(w.m * w.d, sizeof(double));
    w.k = bench_fresh(w.n * w.m, sizeof(double));
    w.product = bench_fresh(w.n * w.m, sizeof(double));
    w.a = bench_fresh(w.m * w.c, sizeof(double));
    w.out = bench_fresh(w.n * w.c, sizeof(double));
    bench_inputs(w.n, w.d, w.x);
    memcpy(w.z, w.x + w.d * w.m, (size_t)(w.m * w.d) * sizeof(double));
    bench_must(ntk_context_create(&w.context), NULL);
    bench_must(ntk_context_set_threads(w.context, 2), w.context);
    bench_blas_threads(2);
    ntk_mlp *const mlp = bench_network(w.context, w.d, 3, NTK_ACTIVATION_RELU, 0.1);
    bench_must(ntk_kernel_create_analytic(w.context, mlp, NTK_KERNEL_NTK, &w.kernel), w.context);
    ntk_mlp_destroy(mlp);
    if (!ntki_blas_probe(&w.blas))
        bench_must(NTK_ERR_BLAS, NULL);
    char title[128];
    snprintf(title, sizeof(title), "Other forms: X %lld x %lld, Z %lld x %lld, ReLU NTK, 3 hidden layers, two threads",
             (long long)w.n, (long long)w.d, (long long)w.m, (long long)w.d);
    bench_title(title);
    compare(&w, "cross K(X,Z)", cross, "gemm X Z'", cross_gemm, rounds);
    compare(&w, "apply K(X,Z) A, 10 columns", apply, "gemm X Z'", cross_gemm, rounds);
    compare(&w, "gram packed (RFP)", packed, "gram", gram, rounds);
    compare(&w, "NNGP and NTK in one pass", both, "gram", gram, rounds);
    ntk_kernel_destroy(w.kernel);
    ntk_context_destroy(w.context);
    free(w.out);
    free(w.a);
    free(w.product);
    free(w.k);
    free(w.z);
    free(w.x);
}
