/* Small trainers for the suites. */
#ifndef NTK_TESTS_TRAIN_NETWORKS_H
#define NTK_TESTS_TRAIN_NETWORKS_H

#include "tests/suite.h"

#include <ntk/train.h>

enum { TRAIN_N = 12, TRAIN_D = 3, TRAIN_C = 2 };

/* A network d-width-width-c of tanh with biases, its data, and a trainer of them. */
typedef struct {
    ntk_context *context;
    ntk_network *network;
    ntk_loss *loss;
    ntk_trainer *trainer;
    int64_t p;
    double x[TRAIN_N * TRAIN_D], y[TRAIN_N * TRAIN_C];
} train_world;

static inline ntk_network *train_network(ntk_context *context, int64_t width, int32_t activation, bool frozen) {
    const int64_t widths[] = {TRAIN_D, width, width, TRAIN_C};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    ASSERT_OK(ntk_mlp_create(context, 3, widths, activation, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 1.4));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.3));
    ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 1, frozen ? 0 : 0.5, frozen ? 0.25 : 1));
    ASSERT_OK(ntk_network_create(context, mlp, 7, &network));
    ntk_mlp_destroy(mlp);
    return network;
}

/* Targets that the kind of loss allows: signs, probabilities, or any numbers. */
static inline void train_targets(int32_t kind, double *y) {
    for (int64_t i = 0; i < TRAIN_N; i++)
        for (int64_t k = 0; k < TRAIN_C; k++) {
            const bool mine = (i + (i / 3)) % TRAIN_C == k;
            double *const target = &y[i * TRAIN_C + k];
            if (kind == NTK_LOSS_LOGISTIC || kind == NTK_LOSS_HINGE || kind == NTK_LOSS_SQUARED_HINGE)
                *target = mine ? 1 : -1;
            if (kind == NTK_LOSS_CROSS_ENTROPY)
                *target = mine ? 1 : 0;
        }
}

static inline void train_world_create_in(ntk_context *context, train_world *w, int64_t width, int32_t activation,
                                         int32_t loss, bool frozen) {
    uint64_t state = 17;
    w->context = context;
    suite_fill(&state, TRAIN_N * TRAIN_D, w->x);
    suite_fill(&state, TRAIN_N * TRAIN_C, w->y);
    train_targets(loss, w->y);
    w->network = train_network(w->context, width, activation, frozen);
    ASSERT_OK(ntk_network_get_sizes(w->network, &w->p, NULL, NULL));
    ASSERT_OK(ntk_loss_create(w->context, loss, NULL, 0, &w->loss));
    ASSERT_OK(ntk_trainer_create(w->network, TRAIN_N, w->x, TRAIN_D, w->y, TRAIN_C, w->loss, &w->trainer));
}

static inline void train_world_create(train_world *w, int64_t width, int32_t activation, int32_t loss, bool frozen) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    train_world_create_in(context, w, width, activation, loss, frozen);
}

static inline void train_world_destroy(train_world *w) {
    ntk_trainer_destroy(w->trainer);
    ntk_loss_destroy(w->loss);
    ntk_network_destroy(w->network);
    ntk_context_destroy(w->context);
}

static inline ntk_trainer *train_again(const train_world *w) {
    ntk_trainer *trainer = NULL;
    ASSERT_OK(ntk_trainer_create(w->network, TRAIN_N, w->x, TRAIN_D, w->y, TRAIN_C, w->loss, &trainer));
    return trainer;
}

static inline double *train_theta(const ntk_trainer *trainer, int64_t p) {
    double *const theta = suite_doubles(p);
    ASSERT_OK(ntk_trainer_get_parameters(trainer, p, theta));
    return theta;
}

static inline double *train_start(const train_world *w) {
    double *const theta = suite_doubles(w->p);
    ASSERT_OK(ntk_network_get_parameters(w->network, w->p, theta));
    return theta;
}

/* The learning-rate factor of each parameter. */
static inline double *train_rates(const ntk_network *network, int64_t p) {
    double *const rates = suite_doubles(p);
    ntk_mlp *mlp = NULL;
    int64_t depth = 0, at = 0;
    ASSERT_OK(ntk_network_get_mlp(network, &mlp));
    ASSERT_OK(ntk_mlp_get_depth(mlp, &depth));
    for (int64_t l = 1; l <= depth; l++) {
        int64_t inputs = 0, units = 0;
        double weight = 0, bias = 0;
        ASSERT_OK(ntk_mlp_get_width(mlp, l - 1, &inputs));
        ASSERT_OK(ntk_mlp_get_width(mlp, l, &units));
        ASSERT_OK(ntk_mlp_get_learning_rates(mlp, l, &weight, &bias));
        for (int64_t i = 0; i < (inputs + 1) * units; i++)
            rates[at++] = i < inputs * units ? weight : bias;
    }
    ck_assert_int_eq(at, p);
    ntk_mlp_destroy(mlp);
    return rates;
}

/* max |a - b| */
static inline double train_apart(int64_t count, const double *a, const double *b) {
    double most = 0;
    for (int64_t i = 0; i < count; i++)
        most = isnan(a[i] - b[i]) ? INFINITY : fmax(most, fabs(a[i] - b[i]));
    return most;
}

#endif
