/* The elementwise work alone: one layer of the ReLU NTK in the first-level cache beside other ways to write it, and all
 * layers of a kernel as a part of the floor of its Gram matrix. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/sections.h"
#include "bench/textbook.h"
#include "lib/threads/parallel.h"
#include "src/kernel/collapse.h"
#include "src/kernel/single.h"

typedef struct {
    const ntki_analytic *analytic;
    const ntki_analytic_rows *rows;
    double cosine[NTKI_CHUNK];
} chunk_job;

/* One chunk through all layers, or through the collapsed series, from cosines that are in cache. */
static void run_chunk(int64_t index, void *argument) {
    const chunk_job *const job = argument;
    const ntki_analytic *const analytic = job->analytic;
    double k[NTKI_CHUNK], near[NTKI_CHUNK], theta[NTKI_CHUNK];
    memcpy(k, job->cosine, sizeof(k));
    memset(theta, 0, sizeof(theta));
    analytic->operations->nearness(NTKI_CHUNK, k, near);
    if (analytic->collapsed) {
        analytic->operations->collapse(&analytic->collapse->series, index % NTKI_CHUNK, job->rows->root,
                                       job->rows->diagonal, 0, job->rows->root, job->rows->diagonal, NTKI_CHUNK, k,
                                       near, theta);
        return;
    }
    const ntki_chunk chunk = {analytic, "bench", job->rows, job->rows, index % NTKI_CHUNK, 0, NTKI_CHUNK,
                              k,        near,    theta,     NULL};
    for (int64_t l = 0; l < analytic->kernel.depth; l++)
        (void)ntki_chunk_advance(&chunk, l);
}

double bench_elementwise_f64(ntk_kernel *kernel, int64_t pairs) {
    static double x[NTKI_CHUNK * 1024];
    ntki_rows *rows = NULL;
    const int64_t d = kernel->input_dimension;
    bench_inputs(NTKI_CHUNK, d, x);
    bench_must(kernel->evaluator->prepare(kernel, "bench", &(ntki_input){"x", 0, NTKI_CHUNK, x, d}, &rows),
               kernel->context);
    chunk_job job = {ntki_analytic_of(kernel), ntki_analytic_rows_of(rows), {0}};
    for (int j = 0; j < NTKI_CHUNK; j++)
        job.cosine[j] = 0.2 + 0.7 * sin(j) * sin(j);
    const double start = bench_now();
    ntki_parallel_for(kernel->context, pairs / NTKI_CHUNK, run_chunk, &job);
    const double seconds = bench_now() - start;
    kernel->evaluator->release(kernel, rows);
    return seconds;
}

typedef struct {
    const ntki_analytic *analytic;
    const ntki_pair_operations_f32 *operations;
    const ntki_single_rows *rows;
    float cosine[NTKI_CHUNK];
} single_job;

static void run_single_chunk(int64_t index, void *argument) {
    const single_job *const job = argument;
    float k[NTKI_CHUNK], near[NTKI_CHUNK], theta[NTKI_CHUNK];
    memcpy(k, job->cosine, sizeof(k));
    memset(theta, 0, sizeof(theta));
    job->operations->nearness(NTKI_CHUNK, k, near);
    for (int64_t l = 0; l < job->analytic->kernel.depth; l++) {
        const ntki_analytic_layer *const layer = &job->analytic->layer[l];
        const ntki_layer_step_f32 step = ntki_single_step(&layer->step);
        (l == 0 ? job->operations->first : job->operations->step[layer->activation.kind])(
            &step, &job->rows->side[l], index % NTKI_CHUNK, &job->rows->side[l], 0, NTKI_CHUNK, k, near, theta);
    }
}

double bench_elementwise_f32(ntk_kernel *kernel, int64_t pairs) {
    static double x[NTKI_CHUNK * 1024];
    static float narrow[NTKI_CHUNK * 1024];
    const int64_t d = kernel->input_dimension;
    ntki_rows *rows = NULL;
    bench_inputs(NTKI_CHUNK, d, x);
    for (int64_t i = 0; i < NTKI_CHUNK * d; i++)
        narrow[i] = (float)x[i];
    bench_must(ntki_single_prepare(kernel, "bench", &(ntki_input_f32){"x", 0, NTKI_CHUNK, narrow, d}, &rows),
               kernel->context);
    single_job job = {
        ntki_analytic_of(kernel), ntki_pair_operations_f32_for(kernel->context->isa), ntki_single_rows_of(rows), {0}};
    for (int j = 0; j < NTKI_CHUNK; j++)
        job.cosine[j] = (float)(0.2 + 0.7 * sin(j) * sin(j));
    const double start = bench_now();
    ntki_parallel_for(kernel->context, pairs / NTKI_CHUNK, run_single_chunk, &job);
    const double seconds = bench_now() - start;
    ntki_single_release(kernel, rows);
    return seconds;
}

enum { REPEATS = 400, ROUNDS = 21 };

/* Every repeat begins anew: layer upon layer all pairs end at rho = 1, which the scalar libraries have a branch for. */
static double textbook_ns(bench_layer run, int repeats) {
    double start[NTKI_CHUNK], rho[NTKI_CHUNK], theta[NTKI_CHUNK], times[ROUNDS];
    for (int j = 0; j < NTKI_CHUNK; j++)
        start[j] = 0.9 * sin(j);
    for (int round = 0; round < ROUNDS; round++) {
        const double begin = bench_now();
        for (int r = 0; r < repeats; r++) {
            memcpy(rho, start, sizeof(rho));
            memcpy(theta, start, sizeof(theta));
            run(NTKI_CHUNK, rho, theta);
        }
        times[round] = (bench_now() - begin) / repeats / NTKI_CHUNK * 1e9;
    }
    return bench_median(times, ROUNDS);
}

/* The library's step, with bias and norms that differ, which the textbook form does not have. */
static double own_ns(const ntki_analytic *analytic, const ntki_analytic_rows *rows, int repeats) {
    double first_k[NTKI_CHUNK], first_near[NTKI_CHUNK], k[NTKI_CHUNK], near[NTKI_CHUNK], theta[NTKI_CHUNK],
        times[ROUNDS];
    const ntki_chunk chunk = {analytic, "bench", rows, rows, 0, 0, NTKI_CHUNK, k, near, theta, NULL};
    for (int j = 0; j < NTKI_CHUNK; j++) {
        k[j] = 0.9 * sin(j);
        theta[j] = 0;
    }
    analytic->operations->nearness(NTKI_CHUNK, k, near);
    (void)ntki_chunk_advance(&chunk, 0);
    memcpy(first_k, k, sizeof(k));
    memcpy(first_near, near, sizeof(near));
    for (int round = 0; round < ROUNDS; round++) {
        const double begin = bench_now();
        for (int r = 0; r < repeats; r++) {
            memcpy(k, first_k, sizeof(k));
            memcpy(near, first_near, sizeof(near));
            memcpy(theta, first_k, sizeof(theta));
            (void)ntki_chunk_advance(&chunk, 1);
        }
        times[round] = (bench_now() - begin) / repeats / NTKI_CHUNK * 1e9;
    }
    return bench_median(times, ROUNDS);
}

static void compare(const char *name, double own, int repeats, ntki_isa isa) {
    bench_way ways[BENCH_WAYS];
    static const double targets[BENCH_WAYS] = {0, 1.0 / 7, 0.8, 0};
    bench_find_ways(ways, isa);
    for (int w = 0; w < BENCH_WAYS; w++) {
        if (ways[w].run == NULL) {
            printf("  %-58s not measured: %s\n", ways[w].name, ways[w].reason);
            continue;
        }
        const double other = textbook_ns(ways[w].run, repeats);
        bench_row(name, own * 1e-9, ways[w].name, other * 1e-9, own / other, targets[w]);
    }
}

static void compare_in(ntki_isa isa, int repeats) {
    static double x[NTKI_CHUNK * 16];
    ntk_context *context = NULL;
    bench_must(ntk_context_create(&context), NULL);
    context->isa = isa;
    bench_inputs(NTKI_CHUNK, 16, x);
    for (int biased = 0; biased < 2; biased++) {
        ntk_mlp *const mlp = bench_network(context, 16, 1, NTK_ACTIVATION_RELU, biased ? 0.1 : 0);
        ntk_kernel *kernel = NULL;
        ntki_rows *rows = NULL;
        char name[64];
        bench_must(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &kernel), context);
        bench_must(kernel->evaluator->prepare(kernel, "bench", &(ntki_input){"x", 0, NTKI_CHUNK, x, 16}, &rows),
                   context);
        snprintf(name, sizeof(name), "ours, %s, %s", ntki_cpu_isa_name(isa), biased ? "with bias" : "without bias");
        compare(name, own_ns(ntki_analytic_of(kernel), ntki_analytic_rows_of(rows), repeats), repeats, isa);
        kernel->evaluator->release(kernel, rows);
        ntk_kernel_destroy(kernel);
        ntk_mlp_destroy(mlp);
    }
    ntk_context_destroy(context);
}

void bench_elementwise_rows(bool quick) {
    bench_title("One layer of the ReLU NTK, f64, in cache, one thread (ours carries 1 - |rho| to full accuracy)");
    for (ntki_isa isa = NTKI_ISA_AVX2; isa <= ntki_cpu_best_isa(); isa++)
        compare_in(isa, quick ? 4 : REPEATS);
}
