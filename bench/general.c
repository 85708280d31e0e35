/* Activations without a closed form, at tolerance 1e-10: one hidden layer, few dimensions, one thread, so that nearly all is
 * the series. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "bench/sections.h"
#include "src/kernel/analytic.h"

/* 16 ns for up to 64 terms, and in proportion beyond. */
static double target_ns(int64_t terms) { return terms <= 64 ? 16 : 16 * (double)terms / 64; }

static int64_t terms_of(ntk_kernel *kernel, int64_t n, const double *x, int64_t d) {
    ntki_rows *rows = NULL;
    bench_must(kernel->evaluator->prepare(kernel, "bench", &(ntki_input){"x", 0, n, x, d}, &rows), kernel->context);
    const int64_t terms = ntki_analytic_rows_of(rows)->series[1]->terms;
    kernel->evaluator->release(kernel, rows);
    return terms;
}

static void activation_row(int32_t kind, double weight_std, int64_t n, int rounds) {
    const int64_t d = 16, widths[] = {d, 1, 1};
    double *const x = bench_fresh(n * d, sizeof(double)), *const k = bench_fresh(n * n, sizeof(double));
    double times[BENCH_MOST_ROUNDS], bound = 0;
    ntk_context *context = NULL;
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    bench_inputs(n, d, x);
    bench_must(ntk_context_create(&context), NULL);
    bench_must(ntk_context_set_threads(context, 1), context);
    bench_must(ntk_mlp_create(context, 2, widths, kind, &mlp), context);
    bench_must(ntk_mlp_set_weight_std(mlp, weight_std), context);
    bench_must(ntk_mlp_set_bias_std(mlp, 0.1), context);
    bench_must(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &kernel), context);
    for (int round = -1; round < rounds; round++) {
        const double start = bench_now();
        bench_must(ntk_kernel_gram(kernel, n, x, d, k, n), context);
        times[round < 0 ? 0 : round] = bench_now() - start;
    }
    bench_must(ntk_kernel_get_error_bound(kernel, &bound), context);
    const int64_t terms = terms_of(kernel, n, x, d);
    const double ns = bench_median(times, rounds) / ((double)n * (double)(n + 1) / 2) * 1e9;
    const double target = target_ns(terms);
    printf("  %-12s sw %-4g %4lld terms, error bound %8.1e  %7.2f ns an entry  target %6.2f ns %s\n",
           ntk_activation_kind_name(kind), weight_std, (long long)terms, bound, ns, target,
           ns <= target ? "met" : "MISSED");
    fflush(stdout);
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
    free(k);
    free(x);
}

void bench_general_rows(bool quick) {
    static const int32_t kinds[] = {NTK_ACTIVATION_TANH, NTK_ACTIVATION_SIGMOID, NTK_ACTIVATION_SOFTPLUS,
                                    NTK_ACTIVATION_SILU, NTK_ACTIVATION_MISH};
    const int64_t n = quick ? 100 : 2000;
    const int rounds = quick ? 2 : 7;
    bench_blas_threads(1);
    bench_title("Activations by series, f64, tolerance 1e-10, norms that differ, preparation included");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        activation_row(kinds[i], 1, n, rounds);
        activation_row(kinds[i], 3, n, rounds);
    }
}
