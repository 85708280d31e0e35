/* The default learning rate of descent: against the whole kernel matrix, with weights, other losses, and at the ends of
 * the double range. test_train.c has the plain one. */
#include "tests/train_networks.h"

#include <ntk/empirical.h>

enum { SIZE = TRAIN_N * TRAIN_C };

/* lambda_max of D T D, D = diag(sqrt w_i), by many products. */
static double largest_eigenvalue(const train_world *w, const double *weights) {
    ntk_kernel *kernel = NULL;
    double k[SIZE * SIZE], v[SIZE], next[SIZE], largest = 0;
    ASSERT_OK(ntk_kernel_create_empirical(w->context, w->network, NTK_KERNEL_NTK, NTK_OUTPUT_FULL, &kernel));
    ASSERT_OK(ntk_kernel_gram(kernel, TRAIN_N, w->x, TRAIN_D, k, SIZE));
    ntk_kernel_destroy(kernel);
    for (int64_t i = 0; i < SIZE; i++)
        v[i] = 1 + 0.01 * (double)i;
    for (int step = 0; step < 3000; step++) {
        double norm = 0;
        for (int64_t i = 0; i < SIZE; i++) {
            next[i] = 0;
            for (int64_t j = 0; j < SIZE; j++)
                next[i] += sqrt(weights[i / TRAIN_C]) * k[i * SIZE + j] * sqrt(weights[j / TRAIN_C]) * v[j];
            norm += next[i] * next[i];
        }
        largest = sqrt(norm);
        for (int64_t i = 0; i < SIZE; i++)
            v[i] = next[i] / largest;
    }
    return largest;
}

static double rate_of(ntk_trainer *trainer) {
    double rate = 0;
    ASSERT_OK(ntk_trainer_get_learning_rate(trainer, &rate));
    return rate;
}

static double weighted_rate(const train_world *w, const double *weights, double scale) {
    double scaled[TRAIN_N];
    for (int64_t i = 0; i < TRAIN_N; i++)
        scaled[i] = scale * weights[i];
    ASSERT_OK(ntk_trainer_set_sample_weights(w->trainer, TRAIN_N, scaled));
    return rate_of(w->trainer);
}

/* The method promises 1 %, whatever the size of the weights. */
START_TEST(test_weights) {
    const double scales[] = {1, 0x1p-300, 1e-160, 1e-170, 1e-300, 1e150, 1e160, 1e300};
    double weights[TRAIN_N];
    train_world w;
    train_world_create(&w, 16, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, true);
    for (int64_t i = 0; i < TRAIN_N; i++)
        weights[i] = (double)(i % 4); /* some are 0 */
    const double expected = TRAIN_N / largest_eigenvalue(&w, weights);
    for (size_t i = 0; i < sizeof(scales) / sizeof(*scales); i++)
        ASSERT_RELATIVE(weighted_rate(&w, weights, scales[i]) * scales[i], expected, 0.01);
    train_world_destroy(&w);
}
END_TEST

/* The same kernel: the quotient of second derivatives is a power of two. */
START_TEST(test_curvatures) {
    const struct {
        int32_t loss;
        double factor;
    } cases[] = {{NTK_LOSS_LOGISTIC, 4},      {NTK_LOSS_CROSS_ENTROPY, 2}, {NTK_LOSS_HINGE, 1},
                 {NTK_LOSS_SQUARED_HINGE, 1}, {NTK_LOSS_HUBER, 1},         {NTK_LOSS_EPSILON_INSENSITIVE, 1}};
    train_world w;
    train_world_create(&w, 16, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    const double squared = rate_of(w.trainer);
    train_world_destroy(&w);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        train_world_create(&w, 16, NTK_ACTIVATION_TANH, cases[i].loss, false);
        ck_assert(rate_of(w.trainer) == cases[i].factor * squared);
        train_world_destroy(&w);
    }
}
END_TEST

/* A trainer of a network whose outputs are `scale` times those of another, for every scale. */
static ntk_trainer *scaled_trainer(const train_world *w, double scale, double learning_rates) {
    const int64_t widths[] = {TRAIN_D, 16, TRAIN_C};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    ntk_trainer *trainer = NULL;
    ASSERT_OK(ntk_mlp_create(w->context, 2, widths, NTK_ACTIVATION_TANH, &mlp));
    ASSERT_OK(ntk_mlp_set_layer_weight_std(mlp, 2, scale));
    for (int64_t l = 1; l <= 2; l++)
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, l, learning_rates, learning_rates));
    ASSERT_OK(ntk_network_create(w->context, mlp, 7, &network));
    ASSERT_OK(ntk_trainer_create(network, TRAIN_N, w->x, TRAIN_D, w->y, TRAIN_C, w->loss, &trainer));
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    return trainer;
}

/* Jacobians of any size: the eigenvalue goes with their square. */
START_TEST(test_sizes_of_jacobians) {
    const double scales[] = {1e-100, 1e-90, 1e-50, 1e50, 1e90, 1e100};
    train_world w;
    train_world_create(&w, 2, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ntk_trainer *const plain = scaled_trainer(&w, 1, 1);
    const double expected = rate_of(plain);
    ntk_trainer_destroy(plain);
    for (size_t i = 0; i < sizeof(scales) / sizeof(*scales); i++) {
        ntk_trainer *const trainer = scaled_trainer(&w, scales[i], 1);
        ASSERT_RELATIVE(rate_of(trainer) * scales[i] * scales[i], expected, 0.01);
        ntk_trainer_destroy(trainer);
    }
    train_world_destroy(&w);
}
END_TEST

/* No number for it: a refusal, and no setting is touched. */
START_TEST(test_rates_out_of_range) {
    const double scale[] = {1e-100, 1e100}, weight[] = {1e-300, 1e300};
    train_world w;
    train_world_create(&w, 2, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    for (int i = 0; i < 2; i++) {
        ntk_trainer *const trainer = scaled_trainer(&w, scale[i], 1);
        double weights[TRAIN_N], rate = -1;
        for (int64_t k = 0; k < TRAIN_N; k++)
            weights[k] = weight[i];
        ASSERT_OK(ntk_trainer_set_sample_weights(trainer, TRAIN_N, weights));
        ASSERT_STATUS(NTK_ERR_RANGE, ntk_trainer_get_learning_rate(trainer, &rate));
        ck_assert(rate == -1);
        ASSERT_OK(ntk_trainer_set_learning_rate(trainer, 0.5));
        ck_assert(rate_of(trainer) == 0.5);
        ntk_trainer_destroy(trainer);
    }
    train_world_destroy(&w);
}
END_TEST

START_TEST(test_where_nothing_trains) {
    const double nothing[TRAIN_N] = {0};
    train_world w;
    train_world_create(&w, 2, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ntk_trainer *const frozen = scaled_trainer(&w, 1, 0);
    ck_assert(rate_of(frozen) == 1);
    ck_assert(weighted_rate(&w, nothing, 1) == 1);
    ntk_trainer_destroy(frozen);
    train_world_destroy(&w);
}
END_TEST

SUITE("train_learning_rate", test_weights, test_curvatures, test_sizes_of_jacobians, test_rates_out_of_range,
      test_where_nothing_trains)
