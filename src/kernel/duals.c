/* The table of duals, and the constants that they are evaluated with; each dual_*.h says what its constants are. */
#include "src/kernel/duals.h"

#include <math.h>
#include <stddef.h>

#include "src/kernel/hermite.h"
#include "src/kernel/rectified.h"

static void first_parameter(const ntki_activation *activation, double *constants) {
    constants[0] = activation->parameters[0];
}

static void slopes(double a, double b, double *constants) {
    constants[0] = 0.5 * ((a - b) * (a - b));
    constants[1] = a * b;
    constants[2] = 0.5 * ((a + b) * (a + b));
    constants[3] = 0.5 * (a * a + b * b);
}

static void absolute(const ntki_activation *activation, double *constants) {
    (void)activation;
    slopes(-1, 1, constants);
}

static void leaky(const ntki_activation *activation, double *constants) {
    slopes(activation->parameters[0], 1, constants);
}

static void two_slope(const ntki_activation *activation, double *constants) {
    slopes(activation->parameters[0], activation->parameters[1], constants);
}

static void even_and_odd_step(double even, double odd, double *constants) {
    constants[0] = even + odd;
    constants[1] = even - odd;
    constants[2] = 2 * odd;
}

static void step(const ntki_activation *activation, double *constants) {
    (void)activation;
    even_and_odd_step(0.25, 0.25, constants);
}

static void sign(const ntki_activation *activation, double *constants) {
    (void)activation;
    even_and_odd_step(0, 1, constants);
}

static void shifted_erf(double a, double b, double c, double *constants) {
    const double two_over_pi = 0.63661977236758134308;
    constants[0] = 2 * (b * b);
    constants[1] = two_over_pi * (a * a);
    constants[2] = c * c;
    constants[3] = (c - a) * (c + a);
    constants[4] = 2 * (c * c) < a * a ? 2 : 0.5;
}

static void error_function(const ntki_activation *activation, double *constants) {
    shifted_erf(activation->parameters[0], activation->parameters[1], activation->parameters[2], constants);
}

static void sigmoid_erf(const ntki_activation *activation, double *constants) {
    (void)activation;
    shifted_erf(0.5, 1 / 2.4020563531719796, 0.5, constants);
}

/* The even and the odd part of a wave have the weights a^2 / 2 times those of cos x and sin x. */
static void wave(double a, double b, double cos_weight, double sin_weight, double *constants) {
    const double half = 0.5 * (a * a);
    constants[0] = fabs(b);
    constants[1] = half * (cos_weight * cos_weight);
    constants[2] = half * (sin_weight * sin_weight);
    constants[3] = half * ((sin_weight - cos_weight) * (sin_weight + cos_weight));
}

static void sine(const ntki_activation *activation, double *constants) {
    const double c = activation->parameters[2];
    wave(activation->parameters[0], activation->parameters[1], sin(c), cos(c), constants);
}

static void cosine(const ntki_activation *activation, double *constants) {
    const double c = activation->parameters[2];
    wave(activation->parameters[0], activation->parameters[1], cos(c), sin(c), constants);
}

static void exponential(const ntki_activation *activation, double *constants) {
    constants[0] = fabs(activation->parameters[1]);
    constants[1] = activation->parameters[0] * activation->parameters[0];
}

static void gaussian(const ntki_activation *activation, double *constants) {
    constants[0] = activation->parameters[0] * activation->parameters[0];
    constants[1] = 2 * activation->parameters[1];
}

static void normalised_exp(const ntki_activation *activation, double *constants) {
    constants[0] = activation->parameters[0];
    constants[1] = exp(activation->parameters[0] * (1 + activation->parameters[1]));
}

static void rectified_monomial(const ntki_activation *activation, double *constants) {
    ntki_rectified_constants((int)activation->parameters[0], constants);
}

static void scaled_elu(double lambda, double alpha, double *constants) {
    constants[0] = alpha;
    constants[1] = lambda * lambda;
    constants[2] = 1 / (lambda * lambda);
}

static void elu(const ntki_activation *activation, double *constants) {
    scaled_elu(1, activation->parameters[0], constants);
}

static void selu(const ntki_activation *activation, double *constants) {
    (void)activation;
    scaled_elu(1.0507009873554805, 1.6732632423543772, constants);
}

static const ntki_dual_row dual_table[] = {
    [NTK_ACTIVATION_IDENTITY] = {NTKI_DUAL_CLOSED, NULL},
    [NTK_ACTIVATION_RELU] = {NTKI_DUAL_CLOSED, NULL},
    [NTK_ACTIVATION_LEAKY_RELU] = {NTKI_DUAL_CLOSED, leaky},
    [NTK_ACTIVATION_ERF] = {NTKI_DUAL_CLOSED, error_function},
    [NTK_ACTIVATION_ABS] = {NTKI_DUAL_CLOSED, absolute},
    [NTK_ACTIVATION_TWO_SLOPE] = {NTKI_DUAL_CLOSED, two_slope},
    [NTK_ACTIVATION_STEP] = {NTKI_DUAL_CLOSED, step},
    [NTK_ACTIVATION_SIGN] = {NTKI_DUAL_CLOSED, sign},
    [NTK_ACTIVATION_SIGMOID_ERF] = {NTKI_DUAL_CLOSED, sigmoid_erf},
    [NTK_ACTIVATION_SIN] = {NTKI_DUAL_CLOSED, sine},
    [NTK_ACTIVATION_COS] = {NTKI_DUAL_CLOSED, cosine},
    [NTK_ACTIVATION_RBF] = {NTKI_DUAL_CLOSED, first_parameter},
    [NTK_ACTIVATION_GELU] = {NTKI_DUAL_CLOSED, NULL},
    [NTK_ACTIVATION_EXP] = {NTKI_DUAL_CLOSED, exponential},
    [NTK_ACTIVATION_GAUSSIAN] = {NTKI_DUAL_CLOSED, gaussian},
    [NTK_ACTIVATION_GABOR] = {NTKI_DUAL_CLOSED, NULL},
    [NTK_ACTIVATION_MONOMIAL] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_RECTIFIED_MONOMIAL] = {NTKI_DUAL_CLOSED, rectified_monomial},
    [NTK_ACTIVATION_POLYNOMIAL] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_HERMITE] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_NORMALISED_EXP] = {NTKI_DUAL_CLOSED, normalised_exp},
    [NTK_ACTIVATION_TANH] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_SIGMOID] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_SOFTPLUS] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_SILU] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_MISH] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_GELU_TANH] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_ELU] = {NTKI_DUAL_CLOSED, elu},
    [NTK_ACTIVATION_SELU] = {NTKI_DUAL_CLOSED, selu},
    [NTK_ACTIVATION_HARD_TANH] = {NTKI_DUAL_CLOSED, NULL},
    [NTK_ACTIVATION_HARD_SIGMOID] = {NTKI_DUAL_CLOSED, NULL},
    [NTK_ACTIVATION_RELU6] = {NTKI_DUAL_CLOSED, NULL},
    [NTK_ACTIVATION_FUNCTION] = {NTKI_DUAL_SERIES, ntki_series_constants},
    [NTK_ACTIVATION_DUAL] = {NTKI_DUAL_CALLER, NULL},
};

enum { KINDS = sizeof(dual_table) / sizeof(dual_table[0]) };

const ntki_dual_row *ntki_dual_find(int32_t kind) {
    return kind >= 0 && kind < KINDS && dual_table[kind].form != NTKI_DUAL_NONE ? &dual_table[kind] : NULL;
}
