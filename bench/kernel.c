/* How fast the kernels are, beside what the machine can do: one table (docs/performance.md).
 *
 * A floor is what a Gram matrix cannot do without: a gemm of half the flops, the elementwise work of half the pairs, done in
 * cache, and one write of the matrix, each timed in the same run. Ratios are medians over rounds in which both sides are
 * timed in turn. --quick: small and short, to see that everything runs. */
#include <stdio.h>
#include <string.h>

#include <ntk/ntk.h>

#include "bench/measure.h"
#include "bench/sections.h"

void bench_title(const char *text) { printf("\n%s\n", text); }

void bench_row(const char *name, double seconds, const char *beside, double other, double ratio, double target) {
    printf("  %-58s %10.3g s  %-34s %10.3g s  ratio %6.2f", name, seconds, beside, other, ratio);
    if (target > 0)
        printf("  target %5.2f %s", target, ratio <= target ? "met" : "MISSED");
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv) {
    const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    printf("libntk %s, instruction set %s, BLAS %s\n", ntk_version(), ntk_context_cpu_path(NULL),
           ntk_context_blas_description(NULL));
    if (!bench_blas_threads(2))
        printf("the BLAS does not say how to set its threads: rows for one and two threads use what it has\n");
    bench_gram_rows(quick);
    bench_depth_rows(quick);
    bench_elementwise_rows(quick);
    bench_general_rows(quick);
    bench_form_rows(quick);
    bench_empirical_rows(quick);
    bench_flow_loss_rows(quick);
    return 0;
}
