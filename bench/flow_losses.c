/* Flows of other losses than the squared one: steps, factorisations, seconds and errors against t. The Gram matrix has
 * eigenvalues from n down to 1e-8 n, so that t = 1e9 is beyond the time of the slowest one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "bench/sections.h"
#include "src/flow/nonlinear.h"

/* K = Q diag Q' with Q a product of reflections. */
static void make_gram(int64_t n, double condition, double *gram) {
    double *const v = bench_fresh(n, sizeof(double)), *const w = bench_fresh(n, sizeof(double));
    double *const random = bench_fresh(6 * n, sizeof(double));
    bench_inputs(6, n, random);
    for (int64_t i = 0; i < n; i++)
        gram[i * n + i] = (double)n * pow(condition, -(double)i / (double)(n - 1));
    for (int64_t round = 0; round < 6; round++) {
        double norm = 0, inner = 0;
        for (int64_t i = 0; i < n; i++) {
            v[i] = random[round * n + i] - 0.2;
            norm += v[i] * v[i];
        }
        for (int64_t i = 0; i < n; i++)
            v[i] *= sqrt(2 / norm);
        for (int64_t i = 0; i < n; i++) {
            w[i] = 0;
            for (int64_t j = 0; j < n; j++)
                w[i] += gram[i * n + j] * v[j];
            inner += v[i] * w[i];
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++)
                gram[i * n + j] += inner * v[i] * v[j] - w[i] * v[j] - v[i] * w[j];
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            gram[j * n + i] = gram[i * n + j];
    free(random);
    free(w);
    free(v);
}

static void make_targets(int32_t kind, int64_t n, int64_t c, double *y) {
    double *const random = bench_fresh(n * c, sizeof(double));
    bench_inputs(n, c, random);
    for (int64_t i = 0; i < n; i++) {
        const int64_t class = (int64_t)((random[i * c] + 0.3) * (double)c);
        for (int64_t k = 0; k < c; k++)
            y[i * c + k] = kind != NTK_LOSS_CROSS_ENTROPY ? copysign(1, random[i * c + k] - 0.2) : k == class ? 1 : 0;
    }
    free(random);
}

/* max |K (a - b)| / max(1, |K b|) */
static double distance(const ntki_flow_problem *problem, const double *a, const double *b) {
    const int64_t n = problem->n, c = problem->c;
    double largest = 0, size = 1;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < c; k++) {
            double off = 0, f = 0;
            for (int64_t j = 0; j < n; j++) {
                off += problem->gram[i * n + j] * (a[j * c + k] - b[j * c + k]);
                f += problem->gram[i * n + j] * b[j * c + k];
            }
            largest = fmax(largest, fabs(off));
            size = fmax(size, fabs(f));
        }
    return largest / size;
}

/* Against the same flow at a thousandth of the tolerance, where `checked`. */
static void loss_rows(int32_t kind, int64_t n, int64_t c, bool checked) {
    double *const gram = bench_fresh(n * n, sizeof(double)), *const y = bench_fresh(n * c, sizeof(double));
    double *const a = bench_fresh(n * c, sizeof(double)), *const fine_a = bench_fresh(n * c, sizeof(double));
    ntk_context *context = NULL;
    ntk_loss *loss = NULL;
    ntki_smooth *solver = NULL, *fine = NULL;
    double seconds = 0;
    make_gram(n, 1e8, gram);
    make_targets(kind, n, c, y);
    bench_must(ntk_context_create(&context), NULL);
    bench_must(ntk_loss_create(context, kind, NULL, 0, &loss), context);
    ntki_flow_problem problem = {context, n, c, gram, loss, y, NULL, 1 / (double)n, 0, NULL, NULL, 1e-6};
    bench_must(ntki_smooth_create(&problem, "bench", &solver), context);
    problem.tolerance = 1e-9;
    bench_must(ntki_smooth_create(&problem, "bench", &fine), context);
    printf("  %s, n = %lld, c = %lld, condition 1e8, tolerance 1e-6\n", ntk_loss_kind_name(kind), (long long)n,
           (long long)c);
    for (int decade = -3; decade <= 9; decade++) {
        const double t = pow(10, decade), start = bench_now();
        ntki_flow_work work, fine_work;
        bench_must(ntki_smooth_solve(solver, "bench", t, a, &work), context);
        seconds += bench_now() - start;
        printf("    t = %-6g  %5lld steps  %6lld factorisations  %8.2f s in all  estimated error %.1e", t,
               (long long)work.steps, (long long)work.factorisations, seconds, work.error);
        if (checked) {
            bench_must(ntki_smooth_solve(fine, "bench", t, fine_a, &fine_work), context);
            printf("  error %.1e", distance(&problem, a, fine_a));
        }
        printf("\n");
        fflush(stdout);
    }
    ntki_smooth_destroy(fine);
    ntki_smooth_destroy(solver);
    ntk_loss_destroy(loss);
    ntk_context_destroy(context);
    free(fine_a);
    free(a);
    free(y);
    free(gram);
}

void bench_flow_loss_rows(bool quick) {
    bench_title("Flows of smooth losses");
    loss_rows(NTK_LOSS_LOGISTIC, quick ? 50 : 1000, 1, true);
    loss_rows(NTK_LOSS_CROSS_ENTROPY, quick ? 30 : 200, quick ? 3 : 10, true);
    loss_rows(NTK_LOSS_CROSS_ENTROPY, quick ? 50 : 1000, quick ? 3 : 10, false);
}
