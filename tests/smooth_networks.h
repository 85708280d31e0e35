/* Networks for differences: all that phi sees is far from its kinks. */
#ifndef NTK_TESTS_SMOOTH_NETWORKS_H
#define NTK_TESTS_SMOOTH_NETWORKS_H

#include "tests/networks.h"

enum { ROWS = 2 };

static const double inputs[ROWS][INPUTS] = {{0.9, -0.3, 0.5}, {-0.7, 1.1, 0.2}};

/* phi is taken to be smooth within this distance of every point that differences see. */
static const double margin = 0.02;

static inline double distance_to_kinks(int32_t kind, double x) {
    switch (kind) {
    case NTK_ACTIVATION_RELU:
    case NTK_ACTIVATION_LEAKY_RELU:
    case NTK_ACTIVATION_ABS:
    case NTK_ACTIVATION_TWO_SLOPE:
    case NTK_ACTIVATION_STEP:
    case NTK_ACTIVATION_SIGN:
    case NTK_ACTIVATION_RECTIFIED_MONOMIAL:
    case NTK_ACTIVATION_ELU:
    case NTK_ACTIVATION_SELU:
        return fabs(x);
    case NTK_ACTIVATION_HARD_TANH:
        return fabs(fabs(x) - 1);
    case NTK_ACTIVATION_HARD_SIGMOID:
        return fabs(fabs(x) - 3);
    case NTK_ACTIVATION_RELU6:
        return fmin(fabs(x), fabs(x - 6));
    default:
        return 1;
    }
}

static inline bool far_from_kinks(const ntk_mlp *mlp, const ntk_activation *activation, int32_t kind,
                                  const double *theta) {
    network_state state;
    for (int i = 0; i < ROWS; i++) {
        network_by_loops(mlp, activation, theta, inputs[i], &state);
        for (int64_t l = 1; l < DEPTH - 1; l++)
            for (int64_t j = 0; j < network_widths[l]; j++)
                if (distance_to_kinks(kind, state.normalised[l][j]) < margin)
                    return false;
    }
    return true;
}

/* The first network of a seed whose units are all far from the kinks of the kind. */
static inline ntk_network *smooth_network(const ntk_mlp *mlp, const ntk_activation *activation, int32_t kind) {
    ntk_network *network = NULL;
    ASSERT_OK(ntk_network_create(NULL, mlp, 0, &network));
    for (uint64_t seed = 1; seed < 10000; seed++) {
        ASSERT_OK(ntk_network_randomise(network, seed));
        double *const theta = network_theta(network);
        const bool found = far_from_kinks(mlp, activation, kind, theta);
        free(theta);
        if (found)
            return network;
    }
    ck_abort_msg("no network is far from the kinks of kind %d", (int)kind);
    return NULL;
}

#endif
