/* The smooth activations made of erf, sin and exp; sigmoids.c has the others. In their tails nothing is subtracted:
 * 1 + erf comes from erfc. Arguments of exp and erfc are kept with their rounding errors, which the tail would magnify. */
#include "src/mlp/activation_functions.h"

static const double root_half = 0.7071067811865476, root_half_rest = -4.833646656726457e-17;
static const double two_over_root_pi = 1.1283791670955125739, one_over_root_two_pi = 0.39894228040143267794;
static const double sigmoid_erf_scale = 2.4020563531719796;

/* A number with what its rounding left. */
typedef struct {
    double x, rest;
} rounded;

static rounded product(double a, double b) {
    const double x = ntki_scaled(a, b);
    const rounded result = {x, isfinite(x) && isfinite(b) ? fma(a, b, -x) : 0};
    return result;
}

/* exp(a) */
static double exponential(rounded a) { return fabs(a.x) < 750 ? exp(a.x) * (1 + a.rest) : exp(a.x); }

/* exp(-a^2) */
static double bell(rounded a) {
    const double square = a.x * a.x;
    if (square > 750)
        return 0;
    return exp(-square) * (1 - (fma(a.x, a.x, -square) + 2 * a.x * a.rest));
}

/* erfc(a) */
static double tail(rounded a) { return erfc(a.x) - two_over_root_pi * bell(a) * a.rest; }

static rounded over_root_two(double x) {
    rounded result = product(root_half, x);
    result.rest += isinf(x) ? 0 : root_half_rest * x;
    return result;
}

static rounded opposite(rounded a) {
    const rounded result = {-a.x, -a.rest};
    return result;
}

/* ---- error functions ---- */

double ntki_erf_value(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return p[0] * erf(ntki_scaled(p[1], x)) + p[2];
}

double ntki_erf_derivative(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return two_over_root_pi * (p[0] * p[1]) * bell(product(p[1], x));
}

double ntki_erf_second(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return -2 * p[1] * ntki_scaled(ntki_erf_derivative(activation, x), ntki_scaled(p[1], x));
}

static rounded sigmoid_erf_argument(double x) {
    rounded result = {x / sigmoid_erf_scale, 0};
    if (isfinite(x))
        result.rest = -fma(result.x, sigmoid_erf_scale, -x) / sigmoid_erf_scale;
    return result;
}

double ntki_sigmoid_erf_value(const ntki_activation *activation, double x) {
    (void)activation;
    return 0.5 * tail(opposite(sigmoid_erf_argument(x)));
}

double ntki_sigmoid_erf_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return 0.5 * two_over_root_pi / sigmoid_erf_scale * bell(sigmoid_erf_argument(x));
}

double ntki_sigmoid_erf_second(const ntki_activation *activation, double x) {
    return -2 / (sigmoid_erf_scale * sigmoid_erf_scale) * ntki_scaled(ntki_sigmoid_erf_derivative(activation, x), x);
}

double ntki_gelu_value(const ntki_activation *activation, double x) {
    (void)activation;
    if (x < -40)
        return -0.0;
    return x * (0.5 * tail(opposite(over_root_two(x))));
}

double ntki_gelu_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    const rounded a = over_root_two(x);
    return 0.5 * tail(opposite(a)) + one_over_root_two_pi * ntki_scaled(bell(a), x);
}

/* (2 - x^2) exp(-x^2 / 2) / sqrt(2 pi) */
double ntki_gelu_second(const ntki_activation *activation, double x) {
    (void)activation;
    return one_over_root_two_pi * ntki_scaled(bell(over_root_two(x)), fma(-x, x, 2));
}

/* ---- trigonometric and exponential functions ---- */

static double phase(const double *p, double x) { return isinf(x) ? ntki_scaled(p[1], x) + p[2] : fma(p[1], x, p[2]); }

double ntki_sin_value(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return p[0] * sin(phase(p, x));
}

double ntki_sin_derivative(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return p[0] * p[1] * cos(phase(p, x));
}

double ntki_sin_second(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return -(p[0] * p[1] * p[1] * sin(phase(p, x)));
}

double ntki_cos_value(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return p[0] * cos(phase(p, x));
}

double ntki_cos_derivative(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return -(p[0] * p[1] * sin(phase(p, x)));
}

double ntki_cos_second(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return -(p[0] * p[1] * p[1] * cos(phase(p, x)));
}

static const double quarter_turn = 0.78539816339744830962;

double ntki_rbf_value(const ntki_activation *activation, double x) {
    const double frequency = sqrt(2 * activation->parameters[0]);
    return sqrt(2) * sin(ntki_scaled(frequency, x) + quarter_turn);
}

double ntki_rbf_derivative(const ntki_activation *activation, double x) {
    const double frequency = sqrt(2 * activation->parameters[0]);
    return 2 * sqrt(activation->parameters[0]) * cos(ntki_scaled(frequency, x) + quarter_turn);
}

double ntki_rbf_second(const ntki_activation *activation, double x) {
    return -2 * activation->parameters[0] * ntki_rbf_value(activation, x);
}

double ntki_exp_value(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return ntki_scaled(p[0], exponential(product(p[1], x)));
}

double ntki_exp_derivative(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return ntki_scaled(p[0] * p[1], exponential(product(p[1], x)));
}

double ntki_exp_second(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return ntki_scaled(p[0] * p[1] * p[1], exponential(product(p[1], x)));
}

/* exp(-b x^2), b >= 0 */
static double gaussian(double b, double x) {
    const rounded square = product(x, x);
    const rounded a = product(b, square.x);
    const rounded exponent = {-a.x, -(a.rest + b * square.rest)};
    return exponential(exponent);
}

double ntki_gaussian_value(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return p[0] * gaussian(p[1], x);
}

double ntki_gaussian_derivative(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return -ntki_scaled(2 * p[0] * p[1] * gaussian(p[1], x), x);
}

/* 2 a b (2 b x^2 - 1) exp(-b x^2); the rounding errors of 2 b x^2 count where it is near 1. */
double ntki_gaussian_second(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    const rounded square = product(x, x), twice = product(2 * p[1], square.x);
    const double factor = twice.x - 1 + (twice.rest + 2 * p[1] * square.rest);
    return ntki_scaled(2 * p[0] * p[1] * gaussian(p[1], x), factor);
}

double ntki_gabor_value(const ntki_activation *activation, double x) {
    (void)activation;
    const double envelope = gaussian(1, x);
    return envelope > 0 ? envelope * sin(x) : envelope;
}

double ntki_gabor_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    const double envelope = gaussian(1, x);
    return envelope > 0 ? envelope * (cos(x) - 2 * x * sin(x)) : envelope;
}

double ntki_gabor_second(const ntki_activation *activation, double x) {
    (void)activation;
    const double envelope = gaussian(1, x);
    return envelope > 0 ? envelope * (fma(4 * x, x, -3) * sin(x) - 4 * x * cos(x)) : envelope;
}

/* The function with Hermite coefficients a_n^2 = exp(gamma shift) gamma^n / n!, whose dual at q = 1 is
 * exp(gamma (rho + shift)): by the generating function of the Hermite polynomials it is
 * exp(sqrt(gamma) x + gamma (shift - 1) / 2). */
double ntki_normalised_exp_value(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return exp(ntki_scaled(sqrt(p[0]), x) + 0.5 * p[0] * (p[1] - 1));
}

double ntki_normalised_exp_derivative(const ntki_activation *activation, double x) {
    return ntki_scaled(sqrt(activation->parameters[0]), ntki_normalised_exp_value(activation, x));
}

double ntki_normalised_exp_second(const ntki_activation *activation, double x) {
    return ntki_scaled(activation->parameters[0], ntki_normalised_exp_value(activation, x));
}
