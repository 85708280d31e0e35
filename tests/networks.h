/* Finite networks for the suites: small specifications with every option, and outputs by plain loops to compare
 * with. */
#ifndef NTK_TESTS_NETWORKS_H
#define NTK_TESTS_NETWORKS_H

#include "tests/suite.h"

#include <ntk/network.h>

enum { DEPTH = 5, INPUTS = 3, OUTPUTS = 5, WIDEST = 5 };
static const int64_t network_widths[DEPTH + 1] = {INPUTS, 5, 5, 5, 4, OUTPUTS};

/* Combinations of options. Two skips begin in layer 1, one of them ends where another begins, and that one ends in the
 * outputs. Of the two normalised layers one has epsilon = 0. What is WITHOUT_EFFECT changes no output and no
 * derivative: a layer whose sb is 0 (in the standard parameterisation it has an effect), learning rates, dropout. */
enum { WITH_SKIPS = 1, WITH_NORMALISATION = 2, STANDARD = 4, WITHOUT_EFFECT = 8, ALL_OPTIONS = 16 };

/* The caller's phi and phi': x / (1 + x^2). `user` counts the calls of phi. */
static inline int32_t caller_value(void *user, int64_t n, const double *x, double *y) {
    if (user != NULL)
        (*(int *)user)++;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] / (1 + x[i] * x[i]);
    return 0;
}

static inline int32_t caller_derivative(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = (1 - x[i] * x[i]) / ((1 + x[i] * x[i]) * (1 + x[i] * x[i]));
    return 0;
}

static inline ntk_activation *network_activation(int32_t kind) {
    ntk_activation *activation = NULL;
    if (kind == NTK_ACTIVATION_FUNCTION)
        ASSERT_OK(ntk_activation_create_function(NULL, caller_value, caller_derivative, NULL, &activation));
    else
        ASSERT_OK(ntk_activation_create(NULL, kind, NULL, 0, &activation));
    return activation;
}

/* The last hidden layer has a tanh, so that layers differ. */
static inline ntk_mlp *network_mlp(const ntk_activation *activation, int options) {
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, DEPTH, network_widths, NTK_ACTIVATION_TANH, &mlp));
    for (int64_t l = 1; l < DEPTH - 1; l++)
        ASSERT_OK(ntk_mlp_set_activation(mlp, l, activation));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 1.25));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.5));
    if (options & WITH_SKIPS) {
        ASSERT_OK(ntk_mlp_set_skip(mlp, 2, 1));
        ASSERT_OK(ntk_mlp_set_skip(mlp, 3, 2));
        ASSERT_OK(ntk_mlp_set_skip(mlp, 5, 3));
    }
    if (options & WITH_NORMALISATION) {
        ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 1, 1, 0.125));
        ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 3, 1, 0));
    }
    if (options & STANDARD)
        ASSERT_OK(ntk_mlp_set_parameterisation(mlp, NTK_PARAMETERISATION_STANDARD));
    if (options & WITHOUT_EFFECT) {
        ASSERT_OK(ntk_mlp_set_layer_bias_std(mlp, 2, 0));
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 0, 0.5, 0));
        ASSERT_OK(ntk_mlp_set_dropout(mlp, 0, 0.25));
    }
    return mlp;
}

/* What plain loops find: z^l, n^l and f^l of one row. */
typedef struct {
    double z[DEPTH + 1][WIDEST], normalised[DEPTH + 1][WIDEST], f[DEPTH + 1][WIDEST];
} network_state;

/* z^l = s_w W'f + s_b b + skip; returns the parameters behind W^l and b^l. */
static inline const double *network_dense(const ntk_mlp *mlp, int64_t l, const double *theta, network_state *state) {
    const int64_t inputs = network_widths[l - 1], units = network_widths[l];
    int32_t parameterisation = -1;
    int64_t skip = 0;
    double weight_scale = 0, bias_scale = 0;
    ASSERT_OK(ntk_mlp_get_parameterisation(mlp, &parameterisation));
    ASSERT_OK(ntk_mlp_get_skip(mlp, l, &skip));
    ASSERT_OK(ntk_mlp_get_layer_weight_std(mlp, l, &weight_scale));
    ASSERT_OK(ntk_mlp_get_layer_bias_std(mlp, l, &bias_scale));
    weight_scale /= sqrt((double)inputs);
    if (parameterisation == NTK_PARAMETERISATION_STANDARD)
        weight_scale = bias_scale = 1;
    for (int64_t j = 0; j < units; j++) {
        double sum = bias_scale * theta[inputs * units + j];
        for (int64_t i = 0; i < inputs; i++)
            sum += weight_scale * theta[i * units + j] * state->f[l - 1][i];
        state->z[l][j] = skip > 0 ? sum + state->z[l - skip][j] : sum;
    }
    return theta + (inputs + 1) * units;
}

static inline void network_normalise(const ntk_mlp *mlp, int64_t l, network_state *state) {
    const int64_t units = network_widths[l];
    int32_t on = 0;
    double epsilon = 0, mean = 0, variance = 0;
    ASSERT_OK(ntk_mlp_get_layer_normalisation(mlp, l, &on, &epsilon));
    for (int64_t j = 0; j < units; j++)
        mean += state->z[l][j] / (double)units;
    for (int64_t j = 0; j < units; j++)
        variance += (state->z[l][j] - mean) * (state->z[l][j] - mean) / (double)units;
    for (int64_t j = 0; j < units; j++)
        state->normalised[l][j] = on ? (state->z[l][j] - mean) / sqrt(variance + epsilon) : state->z[l][j];
}

/* The outputs are state->z[DEPTH]. */
static inline void network_by_loops(const ntk_mlp *mlp, const ntk_activation *activation, const double *theta,
                                    const double *x, network_state *state) {
    memcpy(state->f[0], x, sizeof(double) * INPUTS);
    for (int64_t l = 1; l <= DEPTH; l++) {
        theta = network_dense(mlp, l, theta, state);
        if (l == DEPTH)
            return;
        network_normalise(mlp, l, state);
        if (l < DEPTH - 1)
            ASSERT_OK(ntk_activation_evaluate(activation, network_widths[l], state->normalised[l], state->f[l], NULL));
        for (int64_t j = 0; l == DEPTH - 1 && j < network_widths[l]; j++)
            state->f[l][j] = tanh(state->normalised[l][j]);
    }
}

static inline int64_t network_parameters(const ntk_network *network) {
    int64_t count = 0;
    ASSERT_OK(ntk_network_get_sizes(network, &count, NULL, NULL));
    return count;
}

static inline double *network_theta(const ntk_network *network) {
    const int64_t count = network_parameters(network);
    double *const theta = suite_doubles(count);
    ASSERT_OK(ntk_network_get_parameters(network, count, theta));
    return theta;
}

/* ---- calls ---- */

enum { COUNT = 129 }; /* parameters */

/* Without options. */
static inline ntk_network *network_of(ntk_context *context, const ntk_activation *activation) {
    ntk_mlp *const mlp = network_mlp(activation, 0);
    ntk_network *network = NULL;
    ASSERT_OK(ntk_network_create(context, mlp, 1, &network));
    ntk_mlp_destroy(mlp);
    return network;
}

static inline ntk_network *relu_network(ntk_context *context) {
    ntk_activation *const activation = network_activation(NTK_ACTIVATION_RELU);
    ntk_network *const network = network_of(context, activation);
    ntk_activation_destroy(activation);
    return network;
}

static inline void assert_told(const ntk_context *context, const char *words) {
    const char *const sentence = ntk_context_last_error(context);
    REQUIRE(strstr(sentence, words) != NULL, "no \"%s\" in \"%s\"", words, sentence);
}

/* One call of each kind with the same arguments; `out` has room for everything. */
typedef struct {
    int64_t n;
    const double *x;
    int64_t ldx;
    const double *in; /* u or v */
    int64_t ldu, p;
    double *out;
    int64_t ldo;
} arguments;

enum { FORWARD, LAYER, JACOBIAN, JVP, VJP, CALLS };

static inline ntk_status call(ntk_network *network, int which, const arguments *a) {
    switch (which) {
    case FORWARD:
        return ntk_network_forward(network, a->n, a->x, a->ldx, a->out, a->ldo);
    case LAYER:
        return ntk_network_get_layer(network, 1, a->n, a->x, a->ldx, a->out, a->ldo);
    case JACOBIAN:
        return ntk_network_jacobian(network, a->n, a->x, a->ldx, a->out, a->ldo);
    case JVP:
        return ntk_network_jvp(network, a->n, a->x, a->ldx, a->p, a->in, a->out, a->ldo);
    default:
        return ntk_network_vjp(network, a->n, a->x, a->ldx, a->in, a->ldu, a->p, a->out);
    }
}

static inline void refuse(ntk_context *context, ntk_network *network, int which, const arguments *a,
                          ntk_status expected, const char *words) {
    double *const watched = a->out;
    if (watched != NULL)
        suite_fill_canary(COUNT, watched);
    const ntk_status status = call(network, which, a);
    REQUIRE(status == expected, "call %d: %s, expected %s (%s)", which, ntk_status_name(status),
            ntk_status_name(expected), words);
    assert_told(context, words);
    REQUIRE(watched == NULL || suite_is_canary(COUNT, watched), "call %d wrote to its output", which);
}

#endif
