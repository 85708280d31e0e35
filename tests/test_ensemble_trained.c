/* Networks that are really trained, from many starts, against the ensemble of infinite width. */
#include "tests/suite.h"

#include <ntk/train.h>

enum { N = 6, M = 4, D = 3, C = 4, WIDTH = 512, TIMES = 3, ALL = N + M };

static const int64_t steps[TIMES] = {2, 20, 150};
static const double rate = 0.5;

/* The largest of some hundred standard normal numbers exceeds 4.5 once in a thousand times (and seeds are fixed); what
 * a finite width moves by itself is of the order of 1 / WIDTH of the prior, whose variances are about 1. */
static const double sigmas = 4.5, width_effect = 1.0 / WIDTH;

/* A network D-WIDTH-C of erf; with `last_layer` the other one is frozen. */
static ntk_mlp *specification(bool last_layer) {
    const int64_t widths[] = {D, WIDTH, C};
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_ERF, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 1.5));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.3));
    if (last_layer)
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 1, 0, 0));
    return mlp;
}

typedef struct {
    double points[ALL * D], y[N * C]; /* the training samples first */
    double mean[TIMES][ALL * C], covariance[TIMES][ALL * ALL];
} experiment;

/* What the ensemble says, of all points at once. */
static void predict(experiment *all, const ntk_mlp *mlp, bool last_layer) {
    ntk_context *context = NULL;
    ntk_kernel *ntk = NULL, *nngp = NULL;
    ntk_ensemble *ensemble = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &ntk));
    ASSERT_OK(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NNGP, &nngp));
    ASSERT_OK(
        ntk_ensemble_create_from_kernels(last_layer ? NULL : ntk, nngp, N, all->points, D, C, all->y, C, &ensemble));
    ASSERT_OK(ntk_ensemble_set_dynamics(ensemble, NTK_DYNAMICS_DESCENT));
    ASSERT_OK(ntk_ensemble_set_learning_rate(ensemble, rate));
    for (int k = 0; k < TIMES; k++)
        ASSERT_OK(ntk_ensemble_predict_at(ensemble, (double)steps[k], ALL, all->points, D, all->mean[k], C,
                                          all->covariance[k], ALL, NULL));
    ntk_ensemble_destroy(ensemble);
    ntk_kernel_destroy(nngp);
    ntk_kernel_destroy(ntk);
    ntk_context_destroy(context);
}

/* The outputs of one network at all times; less the mean of the ensemble. */
static void train(const experiment *all, const ntk_mlp *mlp, const ntk_loss *loss, uint64_t seed,
                  double left[TIMES][ALL * C]) {
    ntk_network *network = NULL;
    ntk_trainer *trainer = NULL;
    ASSERT_OK(ntk_network_create(NULL, mlp, seed, &network));
    ASSERT_OK(ntk_trainer_create(network, N, all->points, D, all->y, C, loss, &trainer));
    ASSERT_OK(ntk_trainer_set_learning_rate(trainer, rate));
    for (int k = 0; k < TIMES; k++) {
        ASSERT_OK(ntk_trainer_advance(trainer, (double)steps[k]));
        ASSERT_OK(ntk_trainer_predict(trainer, ALL, all->points, D, left[k], C));
        for (int i = 0; i < ALL * C; i++)
            left[k][i] -= all->mean[k][i];
    }
    ntk_trainer_destroy(trainer);
    ntk_network_destroy(network);
}

typedef struct {
    double sum[TIMES][ALL * C], products[TIMES][ALL * ALL];
} sums;

static void add(sums *total, double left[TIMES][ALL * C]) {
    for (int k = 0; k < TIMES; k++) {
        for (int i = 0; i < ALL * C; i++)
            total->sum[k][i] += left[k][i];
        for (int i = 0; i < ALL; i++)
            for (int j = 0; j < ALL; j++)
                for (int q = 0; q < C; q++)
                    total->products[k][i * ALL + j] += left[k][i * C + q] * left[k][j * C + q];
    }
}

static void compare(const experiment *all, const sums *total, int64_t networks) {
    const double count = (double)(networks * C);
    for (int k = 0; k < TIMES; k++)
        for (int i = 0; i < ALL; i++) {
            const double *const covariance = all->covariance[k];
            const double own = covariance[i * ALL + i];
            for (int q = 0; q < C; q++) {
                const double off = fabs(total->sum[k][i * C + q]) / (double)networks;
                const double allowed = sigmas * sqrt(own / (double)networks) + width_effect;
                REQUIRE(off <= allowed, "mean of output %d of point %d after %d steps: off by %.3g, allowed %.3g", q, i,
                        (int)steps[k], off, allowed);
            }
            for (int j = 0; j <= i; j++) {
                const double one = covariance[i * ALL + j], other = covariance[j * ALL + j];
                const double off = fabs(total->products[k][i * ALL + j] / count - one);
                const double allowed = sigmas * sqrt((own * other + one * one) / count) + width_effect;
                REQUIRE(off <= allowed,
                        "covariance of points %d and %d after %d steps: %.4g, off by %.3g, allowed %.3g", i, j,
                        (int)steps[k], one, off, allowed);
            }
        }
}

/* With these allowances a covariance of another time would be found out. */
static void check_power(const experiment *all, int64_t networks) {
    for (int k = 1; k < TIMES; k++) {
        double most = 0;
        for (int i = 0; i < ALL; i++) {
            const double before = all->covariance[k - 1][i * (ALL + 1)], after = all->covariance[k][i * (ALL + 1)];
            most = fmax(most, (before - after) / (sigmas * before * sqrt(2 / (double)(networks * C)) + width_effect));
        }
        ck_assert(most > 1);
    }
}

static void follow(bool last_layer) {
    const int64_t networks = suite_size(100, 10);
    experiment all;
    sums total = {0};
    double left[TIMES][ALL * C];
    uint64_t state = 3;
    ntk_loss *loss = NULL;
    ntk_mlp *const mlp = specification(last_layer);
    suite_fill(&state, ALL * D, all.points);
    suite_fill(&state, N * C, all.y);
    ASSERT_OK(ntk_loss_create(NULL, NTK_LOSS_SQUARED, NULL, 0, &loss));
    predict(&all, mlp, last_layer);
    for (int64_t seed = 0; seed < networks; seed++) {
        train(&all, mlp, loss, (uint64_t)seed, left);
        add(&total, left);
    }
    compare(&all, &total, networks);
    check_power(&all, 100);
    ntk_loss_destroy(loss);
    ntk_mlp_destroy(mlp);
}

START_TEST(networks_follow_the_ensemble) { follow(false); }
END_TEST

START_TEST(networks_with_one_trained_layer_follow_the_ensemble) { follow(true); }
END_TEST

SUITE("trained ensembles", networks_follow_the_ensemble, networks_with_one_trained_layer_follow_the_ensemble)
