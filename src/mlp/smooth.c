/* The smooth activations. In their tails nothing is subtracted: 1 - tanh, 1 - sigmoid, 1 + erf and log(1 + exp(x))
 * come from exp(-|x|), erfc and log1p. Arguments of exp and erfc are kept with their rounding errors, which the tail
 * would magnify. */
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

/* exp(-|x|) */
static double decay(double x) { return exp(-fabs(x)); }

static double sigmoid(double x) {
    const double e = decay(x);
    return (x < 0 ? e : 1) / (1 + e);
}

static double sigmoid_slope(double x) {
    const double e = decay(x);
    return e / ((1 + e) * (1 + e));
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

double ntki_cos_value(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return p[0] * cos(phase(p, x));
}

double ntki_cos_derivative(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return -(p[0] * p[1] * sin(phase(p, x)));
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

double ntki_exp_value(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return ntki_scaled(p[0], exponential(product(p[1], x)));
}

double ntki_exp_derivative(const ntki_activation *activation, double x) {
    const double *const p = activation->parameters;
    return ntki_scaled(p[0] * p[1], exponential(product(p[1], x)));
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

/* ---- those without a closed form of their duals ---- */

double ntki_tanh_value(const ntki_activation *activation, double x) {
    (void)activation;
    return tanh(x);
}

/* 1 / cosh^2 x = 4 s(2x) (1 - s(2x)) for the sigmoid s */
double ntki_tanh_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return 4 * sigmoid_slope(2 * x);
}

double ntki_sigmoid_value(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid(x);
}

double ntki_sigmoid_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid_slope(x);
}

double ntki_softplus_value(const ntki_activation *activation, double x) {
    (void)activation;
    return (x > 0 ? x : 0) + log1p(decay(x));
}

double ntki_softplus_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid(x);
}

double ntki_silu_value(const ntki_activation *activation, double x) {
    (void)activation;
    return ntki_scaled(sigmoid(x), x);
}

double ntki_silu_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid(x) + ntki_scaled(sigmoid_slope(x), x);
}

/* tanh(log(1 + e^x)) = (e^2x + 2 e^x) / (e^2x + 2 e^x + 2), its derivative 4 e^x (1 + e^x) / (e^2x + 2 e^x + 2)^2; for
 * x > 0 both are written in e^-x. */
static double mish_factor(double x, double *slope) {
    const double e = decay(x);
    const double above = x > 0 ? 1 + 2 * e : e * (2 + e);
    const double below = above + 2 * (x > 0 ? e * e : 1);
    *slope = 4 * e * (x > 0 ? e : 1) * (1 + e) / (below * below);
    return above / below;
}

double ntki_mish_value(const ntki_activation *activation, double x) {
    (void)activation;
    double slope;
    return ntki_scaled(mish_factor(x, &slope), x);
}

double ntki_mish_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    double slope;
    const double factor = mish_factor(x, &slope);
    return factor + ntki_scaled(slope, x);
}

/* (1 + tanh u) / 2 = s(2u), 2u = 2 sqrt(2 / pi) (x + 0.044715 x^3) */
static const double gelu_tanh_scale = 1.5957691216057307118, gelu_tanh_cubic = 0.044715;

static double gelu_tanh_argument(double x) { return gelu_tanh_scale * x * (1 + gelu_tanh_cubic * x * x); }

double ntki_gelu_tanh_value(const ntki_activation *activation, double x) {
    (void)activation;
    return ntki_scaled(sigmoid(gelu_tanh_argument(x)), x);
}

double ntki_gelu_tanh_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    const double u = gelu_tanh_argument(x);
    const double slope = sigmoid_slope(u);
    return sigmoid(u) + (slope > 0 ? slope * gelu_tanh_scale * x * (1 + 3 * gelu_tanh_cubic * x * x) : 0);
}
