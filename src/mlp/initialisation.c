/* sw by a rule. The critical sw of a hidden layer with V(q) = E[phi(sqrt(q) z)^2] and D(q) = E[phi'(sqrt(q) z)^2]: the
 * variance q that the layer keeps, q = sw^2 V(q) + sb^2, with sw^2 D(q) = 1, is a zero of
 *   G(q) = 1 - (V(q) / D(q) + sb^2) / q,   and sw = 1 / sqrt(D(q)).  (Poole et al. 2016, Schoenholz et al. 2017)
 * The smallest is taken. G starts negative; where it stays so, or never leaves the noise, there is none. For sb = 0 and
 * phi(0) = 0 it is q = 0, with D(0+) = (phi'(0-)^2 + phi'(0+)^2) / 2. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/mlp/gaussian_moments.h"
#include "src/mlp/mlp.h"

typedef struct {
    ntk_context *context;
    const char *function;
    ntki_quadrature *quadrature;
    const ntki_activation *activation;
    double bias_variance;
} critical_problem;

/* G(q), and D(q). -1 stands for minus infinity (D = 0). */
static ntk_status balance(const critical_problem *problem, double q, double *g, double *slope) {
    ntki_gaussian_moments moments;
    const ntk_status status = ntki_gaussian_moments_at(problem->context, problem->function, problem->quadrature,
                                                       problem->activation, q, &moments);
    if (status != NTK_SUCCESS)
        return status;
    *slope = moments.slope;
    *g = moments.slope > 0 ? 1 - (moments.value / moments.slope + problem->bias_variance) / q : -1;
    return NTK_SUCCESS;
}

/* The limit of phi(e) / e as e goes to 0 from one side, by Neville's extrapolation of a geometric sequence that begins
 * before the next kink. */
static ntk_status slope_at_zero(const critical_problem *problem, double side, double *slope) {
    enum { LEVELS = 8 };
    double x[LEVELS], y[LEVELS], first = 0.0625;
    for (int32_t i = 0; i < problem->activation->kink_count; i++) {
        const double distance = side * problem->activation->kinks[i];
        first = distance > 0 ? fmin(first, 0.5 * distance) : first;
    }
    for (int i = 0; i < LEVELS; i++)
        x[i] = side * ldexp(first, -i);
    const ntk_status status =
        ntki_activation_values(problem->context, problem->function, problem->activation, LEVELS, x, y);
    if (status != NTK_SUCCESS)
        return status;
    for (int i = 0; i < LEVELS; i++)
        y[i] /= x[i];
    for (int order = 1; order < LEVELS; order++)
        for (int i = LEVELS - 1; i >= order; i--)
            y[i] += (y[i] - y[i - 1]) / (ldexp(1, order) - 1);
    *slope = y[LEVELS - 1];
    return NTK_SUCCESS;
}

/* D(0+) when phi(0) = 0, else 0. */
static ntk_status limit(const critical_problem *problem, double *slope) {
    const ntki_activation *const activation = problem->activation;
    const double side[2] = {-1e-150, 1e-150};
    double value[2], derivative[2], g;
    *slope = 0;
    if (ntki_is_homogeneous(activation))
        return balance(problem, 1, &g, slope);
    ntk_status status = ntki_activation_values(problem->context, problem->function, activation, 2, side, value);
    if (status != NTK_SUCCESS || fabs(value[0]) > 1e-20 || fabs(value[1]) > 1e-20)
        return status;
    if (activation->kind != NTK_ACTIVATION_FUNCTION || activation->derivative != NULL)
        status = ntki_activation_derivatives(problem->context, problem->function, activation, 2, side, derivative);
    else if ((status = slope_at_zero(problem, -1, &derivative[0])) == NTK_SUCCESS)
        status = slope_at_zero(problem, 1, &derivative[1]);
    if (status == NTK_SUCCESS)
        *slope = 0.5 * (derivative[0] * derivative[0] + derivative[1] * derivative[1]);
    return status;
}

/* Between a q with G <= 0 and one with G > 0: to the last bit of q. */
static ntk_status bisect(const critical_problem *problem, double low, double high, double *slope) {
    double g = 0;
    for (int step = 0; step < 60; step++) {
        const double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        const ntk_status status = balance(problem, middle, &g, slope);
        if (status != NTK_SUCCESS)
            return status;
        if (g > 0)
            high = middle;
        else
            low = middle;
    }
    return balance(problem, high, &g, slope);
}

/* Looks upwards from the least q that can be one. NTK_ERR_CONVERGENCE when there is none. */
static ntk_status search(const critical_problem *problem, double *slope) {
    const double noise = 1e-10; /* of G: a hundred times the error of the moments */
    /* At q = sb^2 G is below 0; without a bias V(0) > 1e-40 (see limit) makes it so. */
    const double least = problem->bias_variance > 0 ? problem->bias_variance : 1e-45,
                 most = 1e12 * fmax(problem->bias_variance, 1);
    double low = 0, high = 0, g = 0; /* of the change of sign that is to be confirmed */
    for (double q = least; q <= most; q *= 2) {
        const ntk_status status = balance(problem, q, &g, slope);
        if (status != NTK_SUCCESS)
            return status;
        if (g < -noise || (g <= 0 && high == 0)) {
            low = q;
            high = 0;
        } else if (g > 0 && high == 0)
            high = q;
        if (g > noise && low > 0)
            return bisect(problem, low, high, slope);
    }
    return NTK_ERR_CONVERGENCE;
}

static ntk_status critical_std(const critical_problem *problem, int64_t layer, double bias_std, double *std) {
    const char *const name = ntk_activation_kind_name(problem->activation->kind);
    double slope = 0;
    ntk_status status = bias_std == 0 ? limit(problem, &slope) : NTK_SUCCESS;
    if (status == NTK_SUCCESS && slope == 0)
        status = search(problem, &slope);
    *std = 1 / sqrt(slope);
    if (status == NTK_SUCCESS && !(*std >= NTKI_LEAST_STD && *std <= NTKI_MOST_STD))
        status = NTK_ERR_CONVERGENCE;
    if (status == NTK_ERR_CONVERGENCE)
        return ntki_fail(
            problem->context, status, problem->function,
            "no weight_std was found that makes layer %lld critical: its activation is %s, and bias_std of "
            "layer %lld is %g",
            (long long)layer, name, (long long)layer + 1, bias_std);
    return status;
}

static ntk_status critical_stds(const ntk_mlp *mlp, const char *function, ntki_quadrature *quadrature, double *std) {
    for (int64_t l = 1; l < mlp->depth; l++) {
        const ntki_mlp_layer *const here = &mlp->layer[l - 1], *const next = &mlp->layer[l];
        const bool as_before = l > 1 && next->bias_std == here->bias_std &&
                               memcmp(&here->activation, &mlp->layer[l - 2].activation, sizeof(here->activation)) == 0;
        const critical_problem problem = {mlp->context, function, quadrature, &here->activation,
                                          next->bias_std * next->bias_std};
        const ntk_status status = as_before ? NTK_SUCCESS : critical_std(&problem, l, next->bias_std, &std[l]);
        if (status != NTK_SUCCESS)
            return status;
        if (as_before)
            std[l] = std[l - 1];
    }
    std[0] = mlp->depth > 1 ? std[1] : 1;
    return NTK_SUCCESS;
}

ntk_status ntk_mlp_set_initialisation(ntk_mlp *mlp, int32_t rule) {
    if (mlp == NULL)
        return NTK_ERR_NULL;
    if (rule == NTK_INITIALISATION_LECUN || rule == NTK_INITIALISATION_HE)
        return ntk_mlp_set_weight_std(mlp, rule == NTK_INITIALISATION_HE ? sqrt(2) : 1);
    if (rule != NTK_INITIALISATION_CRITICAL)
        return ntki_fail(mlp->context, NTK_ERR_ENUM, __func__, "rule is %d; it is no NTK_INITIALISATION_ number",
                         (int)rule);
    double *std = NULL;
    ntki_quadrature *quadrature = NULL;
    ntk_status status;
    if ((status = ntki_allocate(mlp->context, __func__, mlp->depth, sizeof(double), &std)) == NTK_SUCCESS &&
        (status = ntki_quadrature_create(mlp->context, __func__, &quadrature)) == NTK_SUCCESS &&
        (status = critical_stds(mlp, __func__, quadrature, std)) == NTK_SUCCESS)
        for (int64_t l = 0; l < mlp->depth; l++)
            mlp->layer[l].weight_std = std[l];
    ntki_quadrature_destroy(mlp->context, quadrature);
    ntki_release(mlp->context, std);
    return status;
}
