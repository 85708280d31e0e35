/* The Gram matrix beside its floor: one dgemm of half the flops and one write of the matrix, in the same run.
 * Prints the median of some rounds, in which the three are timed in turn. --quick: small and short, to see that it runs. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ntk/ntk.h>

#include "lib/blas/blas.h"

enum { MOST_ROUNDS = 31 };

typedef struct {
    int64_t n, d, hidden;
    double bias_std;
    int32_t threads;
    int rounds;
} setting;

typedef struct {
    double *x, *k, *product;
    ntk_context *context;
    ntk_kernel *kernel;
    ntki_blas_width blas;
} workplace;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void must(ntk_status status, const ntk_context *context) {
    if (status == NTK_SUCCESS)
        return;
    fprintf(stderr, "bench/gram: %s: %s\n", ntk_status_name(status), ntk_context_last_error(context));
    exit(1);
}

/* A plain generator of our own: the same inputs everywhere. */
static double uniform(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-53;
}

static double *fresh(int64_t count) {
    double *const block = malloc((size_t)count * sizeof(double));
    if (block == NULL) {
        fprintf(stderr, "bench/gram: no memory for %lld doubles\n", (long long)count);
        exit(1);
    }
    memset(block, 0, (size_t)count * sizeof(double));
    return block;
}

static workplace prepare(const setting *set) {
    workplace place = {fresh(set->n * set->d), fresh(set->n * set->n), fresh(set->n * set->n), NULL, NULL, {0}};
    uint64_t state = 1;
    for (int64_t i = 0; i < set->n * set->d; i++)
        place.x[i] = uniform(&state) - 0.3;
    int64_t *const widths = malloc((size_t)(set->hidden + 2) * sizeof(int64_t));
    for (int64_t l = 0; widths != NULL && l < set->hidden + 2; l++)
        widths[l] = l == 0 ? set->d : 1;
    ntk_mlp *mlp = NULL;
    must(ntk_context_create(&place.context), NULL);
    must(ntk_context_set_threads(place.context, set->threads), place.context);
    must(ntk_mlp_create(place.context, set->hidden + 1, widths, NTK_ACTIVATION_RELU, &mlp), place.context);
    must(ntk_mlp_set_weight_std(mlp, sqrt(2)), place.context);
    must(ntk_mlp_set_bias_std(mlp, set->bias_std), place.context);
    must(ntk_kernel_create_analytic(place.context, mlp, NTK_KERNEL_NTK, &place.kernel), place.context);
    ntk_mlp_destroy(mlp);
    free(widths);
    if (!ntki_blas_probe(&place.blas))
        must(NTK_ERR_BLAS, NULL);
    return place;
}

static void clear(workplace *place) {
    ntk_kernel_destroy(place->kernel);
    ntk_context_destroy(place->context);
    free(place->product);
    free(place->k);
    free(place->x);
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof(double), ascending);
    return values[count / 2];
}

static void run(const setting *set) {
    workplace place = prepare(set);
    const int64_t n = set->n, d = set->d;
    double gram[MOST_ROUNDS], gemm[MOST_ROUNDS], write[MOST_ROUNDS], ratio[MOST_ROUNDS];
    for (int round = -1; round < set->rounds; round++) {
        const int i = round < 0 ? 0 : round;
        const double t0 = now();
        must(ntk_kernel_gram(place.kernel, n, place.x, d, place.k, n), place.context);
        const double t1 = now();
        ntki_dgemm(&place.blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, n / 2, n, d, 1, place.x, d, place.x, d, 0,
                   place.product, n);
        const double t2 = now();
        memset(place.product, i, (size_t)(n * n) * sizeof(double));
        const double t3 = now();
        gram[i] = t1 - t0;
        gemm[i] = t2 - t1;
        write[i] = t3 - t2;
        ratio[i] = gram[i] / (gemm[i] + write[i]);
    }
    const double g = median(gram, set->rounds), half = median(gemm, set->rounds), w = median(write, set->rounds);
    const double flops = (double)n * (double)n * (double)d;
    printf("%6lld %5lld %3lld %4.1f %3d | %9.4f %9.4f %9.4f %8.1f | %6.2f %8.2f\n", (long long)n, (long long)d,
           (long long)set->hidden, set->bias_std, (int)set->threads, g, half, w, flops / half * 1e-9,
           median(ratio, set->rounds), (g - half) / ((double)n * (double)n / 2 * (double)(set->hidden + 1)) * 1e9);
    fflush(stdout);
    clear(&place);
}

int main(int argc, char **argv) {
    static const setting full[] = {{1000, 784, 3, 0.1, 2, 21}, {4000, 784, 3, 0.1, 1, 5},  {4000, 784, 3, 0.1, 2, 11},
                                   {4000, 784, 3, 0.0, 2, 11}, {4000, 784, 10, 0.1, 2, 5}, {4000, 16, 3, 0.1, 1, 9},
                                   {4000, 16, 3, 0.1, 2, 9},   {10000, 784, 3, 0.1, 2, 3}};
    static const setting quick[] = {{300, 64, 3, 0.1, 2, 3}};
    const int is_quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    const setting *const settings = is_quick ? quick : full;
    const size_t count = is_quick ? sizeof(quick) / sizeof(quick[0]) : sizeof(full) / sizeof(full[0]);
    printf("ReLU NTK Gram, f64, into memory that was touched before; seconds, medians.\n"
           "floor = dgemm of half the flops + one write; ratio = gram / floor; ns: (gram - dgemm) an entry of the\n"
           "triangle and layer. BLAS threads as the BLAS has them; %s; %s\n\n",
           ntk_context_cpu_path(NULL), ntk_context_blas_description(NULL));
    printf("     n     d hid   sb thr |      gram     dgemm     write  GFLOP/s |  ratio       ns\n");
    for (size_t i = 0; i < count; i++)
        run(&settings[i]);
    return 0;
}
