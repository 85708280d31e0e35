/* A small network learns handwritten digits by descent on mini-batches with the cross-entropy; beside it what the
 * infinitely wide one says at the end of the flow of the squared loss.      usage: train TRAIN.csv TEST.csv */
#include <math.h>
#include <ntk/ntk.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, CLASSES = 10, MAX_ROWS = 1400, BATCH = 50 };
struct table {
    int64_t n;
    double x[MAX_ROWS * PIXELS], y[MAX_ROWS * CLASSES]; /* pixels / 16; 1 for the digit, else 0 */
};
static struct table train, test;
static double outputs[MAX_ROWS * CLASSES];
static ntk_context *context;

static void check(int done, const char *why) {
    if (done)
        return;
    fprintf(stderr, "train: %s\n", why);
    exit(EXIT_FAILURE);
}
#define CHECK(call) check((call) == NTK_SUCCESS, ntk_context_last_error(context))

static void load(const char *path, struct table *table) {
    char header[1024];
    double digit;
    FILE *file = fopen(path, "r");
    check(file && fgets(header, sizeof header, file), path);
    for (double *x = table->x; table->n < MAX_ROWS && fscanf(file, "%lf", x) == 1; table->n++, x += PIXELS) {
        for (int j = 1; j < PIXELS; j++)
            check(fscanf(file, ",%lf", x + j) == 1, path);
        check(fscanf(file, ",%lf", &digit) == 1 && digit >= 0 && digit < CLASSES, path);
        table->y[table->n * CLASSES + (int)digit] = 1;
    }
    fclose(file);
}

/* Per cent of the test images whose largest output is that of the digit. */
static double accuracy(void) {
    double right = 0;
    for (int64_t i = 0; i < test.n; i++) {
        int best = 0;
        for (int j = 1; j < CLASSES; j++)
            best = outputs[i * CLASSES + j] > outputs[i * CLASSES + best] ? j : best;
        right += test.y[i * CLASSES + best];
    }
    return 100 * right / (double)test.n;
}

int main(int argc, char **argv) {
    const int64_t widths[] = {PIXELS, 128, CLASSES};
    ntk_mlp *mlp;
    ntk_network *network;
    ntk_loss *loss;
    ntk_trainer *trainer;
    ntk_kernel *kernel;
    ntk_flow *flow;
    double value;
    check(argc == 3, "usage: train TRAIN.csv TEST.csv");
    load(argv[1], &train);
    load(argv[2], &test);
    CHECK(ntk_context_create(&context));
    CHECK(ntk_mlp_create(context, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    CHECK(ntk_mlp_set_bias_std(mlp, 0.1));
    CHECK(ntk_network_create(context, mlp, 1, &network)); /* 1: the seed, as below */
    CHECK(ntk_loss_create(context, NTK_LOSS_CROSS_ENTROPY, NULL, 0, &loss));
    CHECK(ntk_trainer_create(network, train.n, train.x, PIXELS, train.y, CLASSES, loss, &trainer));
    CHECK(ntk_trainer_set_batch(trainer, BATCH, 1));
    CHECK(ntk_trainer_set_momentum(trainer, 0.9));
    printf("# epoch     loss  test accuracy %%\n");
    for (int64_t epoch = 0; epoch <= 32; epoch = epoch ? 2 * epoch : 1) { /* time is the number of steps */
        CHECK(ntk_trainer_advance(trainer, (double)(epoch * ((train.n + BATCH - 1) / BATCH))));
        CHECK(ntk_trainer_get_loss(trainer, &value));
        CHECK(ntk_trainer_predict(trainer, test.n, test.x, PIXELS, outputs, CLASSES));
        printf("%7d  %7.5f  %15.2f\n", (int)epoch, value, accuracy());
    }
    CHECK(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &kernel));
    CHECK(ntk_flow_create_from_kernel(kernel, train.n, train.x, PIXELS, CLASSES, train.y, CLASSES, NTK_LOSS_SQUARED,
                                      &flow));
    CHECK(ntk_flow_predict_at(flow, INFINITY, test.n, test.x, PIXELS, NULL, 0, outputs, CLASSES));
    printf("# infinitely wide, squared loss: test accuracy %.2f %%\n", accuracy());
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(kernel);
    ntk_trainer_destroy(trainer);
    ntk_loss_destroy(loss);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
