/* Handwritten digits and the infinitely wide ReLU network with 3 hidden layers: its accuracy while it trains by
 * gradient flow, at the end, and as a Gaussian process.      usage: digits TRAIN.csv TEST.csv */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <ntk/ntk.h>

enum { PIXELS = 64, CLASSES = 10, MAX_ROWS = 1400 };
static const double NOISE_VARIANCE = 1e-4; /* of the Gaussian process */

struct table {
    int64_t n;
    double x[MAX_ROWS * PIXELS];  /* pixels / 16 */
    double y[MAX_ROWS * CLASSES]; /* 0.9 for the digit, -0.1 for the others */
};

struct score {
    double accuracy, loss, coverage; /* per cent; mean of |f - y|^2 / 2; per cent of y inside their 90 % intervals */
};

static struct table train, test;
static double outputs[MAX_ROWS * CLASSES], variance[MAX_ROWS];
static ntk_context *context;

static void check(ntk_status status) {
    if (status == NTK_SUCCESS)
        return;
    fprintf(stderr, "digits: %s\n", ntk_context_last_error(context));
    exit(EXIT_FAILURE);
}

static void load(const char *path, struct table *table) {
    char line[1024];
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file)) { /* the header */
        fprintf(stderr, "digits: cannot read %s\n", path);
        exit(EXIT_FAILURE);
    }
    for (; table->n < MAX_ROWS && fgets(line, sizeof line, file); table->n++) {
        char *cursor = line;
        for (int j = 0; j < PIXELS; j++, cursor += *cursor == ',')
            table->x[table->n * PIXELS + j] = strtod(cursor, &cursor) / 16;
        const long digit = strtol(cursor, NULL, 10);
        for (int j = 0; j < CLASSES; j++)
            table->y[table->n * CLASSES + j] = (j == digit) - 0.1;
    }
    fclose(file);
}

static struct score score(const struct table *table) {
    struct score sum = {0, 0, 0};
    for (int64_t i = 0; i < table->n; i++) {
        const double *f = outputs + i * CLASSES, *y = table->y + i * CLASSES;
        const double halfwidth = 1.6448536269514722 * sqrt(variance[i] + NOISE_VARIANCE);
        int best = 0;
        for (int j = 0; j < CLASSES; j++) {
            best = f[j] > f[best] ? j : best;
            sum.loss += (f[j] - y[j]) * (f[j] - y[j]) / 2;
            sum.coverage += fabs(f[j] - y[j]) < halfwidth;
        }
        sum.accuracy += y[best] > 0;
    }
    const double n = (double)table->n;
    return (struct score){100 * sum.accuracy / n, sum.loss / n, 100 * sum.coverage / (n * CLASSES)};
}

static void print_training(ntk_kernel *kernel) {
    ntk_flow *flow;
    check(ntk_flow_create_from_kernel(kernel, train.n, train.x, PIXELS, CLASSES, train.y, CLASSES, NTK_LOSS_SQUARED,
                                      &flow));
    printf("#   time  accuracy %%  test loss  training loss\n");
    for (int step = -2; step <= 13; step++) {
        const double t = step < 13 ? pow(10, step / 2.0) : INFINITY;
        check(ntk_flow_train(flow, t, outputs, CLASSES));
        const struct score training = score(&train);
        check(ntk_flow_predict_at(flow, t, test.n, test.x, PIXELS, NULL, 0, outputs, CLASSES));
        const struct score held_out = score(&test);
        printf("%8.3g  %10.2f  %9.3e  %13.3e\n", t, held_out.accuracy, held_out.loss, training.loss);
    }
    ntk_flow_destroy(flow);
}

static void print_process(ntk_kernel *kernel) {
    ntk_gp *gp;
    double evidence;
    check(ntk_gp_create_from_kernel(kernel, train.n, train.x, PIXELS, CLASSES, train.y, CLASSES, NOISE_VARIANCE, &gp));
    check(ntk_gp_predict_at(gp, test.n, test.x, PIXELS, outputs, CLASSES, variance));
    check(ntk_gp_log_evidence(gp, &evidence));
    const struct score held_out = score(&test);
    printf("# NNGP: accuracy %.2f %%; 90 %% intervals hold %.2f %% of the targets; log evidence %.1f\n",
           held_out.accuracy, held_out.coverage, evidence);
    ntk_gp_destroy(gp);
}

int main(int argc, char **argv) {
    const int64_t widths[] = {PIXELS, 1024, 1024, 1024, CLASSES}; /* infinitely wide: only the first one matters */
    ntk_mlp *mlp;
    ntk_kernel *ntk, *nngp;
    struct timespec start, end;
    timespec_get(&start, TIME_UTC);
    if (argc != 3) {
        fprintf(stderr, "usage: digits TRAIN.csv TEST.csv\n");
        return 2;
    }
    load(argv[1], &train);
    load(argv[2], &test);
    check(ntk_context_create(&context));
    check(ntk_mlp_create(context, 4, widths, NTK_ACTIVATION_RELU, &mlp));
    check(ntk_mlp_set_weight_std(mlp, sqrt(2.0)));
    check(ntk_mlp_set_bias_std(mlp, 0.1));
    check(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &ntk));
    check(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NNGP, &nngp));
    print_training(ntk);
    print_process(nngp);
    timespec_get(&end, TIME_UTC);
    printf("# %lld training and %lld test images; %.2f seconds\n", (long long)train.n, (long long)test.n,
           difftime(end.tv_sec, start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec));
    ntk_kernel_destroy(nngp);
    ntk_kernel_destroy(ntk);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
