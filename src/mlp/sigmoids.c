/* The smooth activations made of the sigmoid s(x) = 1 / (1 + exp(-x)). In their tails nothing is subtracted: 1 - tanh,
 * 1 - s and log(1 + exp(x)) come from exp(-|x|) and log1p, and 1 - 2 s(x), as in s'' = s' (1 - 2 s), is -tanh(x / 2). */
#include "src/mlp/activation_functions.h"

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

static double sigmoid_curvature(double x) { return -tanh(0.5 * x) * sigmoid_slope(x); }

double ntki_tanh_value(const ntki_activation *activation, double x) {
    (void)activation;
    return tanh(x);
}

/* 1 / cosh^2 x = 4 s(2x) (1 - s(2x)) for the sigmoid s */
double ntki_tanh_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return 4 * sigmoid_slope(2 * x);
}

double ntki_tanh_second(const ntki_activation *activation, double x) {
    return -2 * tanh(x) * ntki_tanh_derivative(activation, x);
}

double ntki_sigmoid_value(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid(x);
}

double ntki_sigmoid_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid_slope(x);
}

double ntki_sigmoid_second(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid_curvature(x);
}

double ntki_softplus_value(const ntki_activation *activation, double x) {
    (void)activation;
    return (x > 0 ? x : 0) + log1p(decay(x));
}

double ntki_softplus_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid(x);
}

double ntki_softplus_second(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid_slope(x);
}

double ntki_silu_value(const ntki_activation *activation, double x) {
    (void)activation;
    return ntki_scaled(sigmoid(x), x);
}

double ntki_silu_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return sigmoid(x) + ntki_scaled(sigmoid_slope(x), x);
}

/* 2 s' + x s'' */
double ntki_silu_second(const ntki_activation *activation, double x) {
    (void)activation;
    return ntki_scaled(sigmoid_slope(x), 2 - x * tanh(0.5 * x));
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

/* With T = tanh(log(1 + e^x)): T'' = T' (1 - s - 2 T s), and 2 T' + x T''. */
double ntki_mish_second(const ntki_activation *activation, double x) {
    (void)activation;
    double slope;
    const double factor = mish_factor(x, &slope);
    return ntki_scaled(slope, 2 + x * (sigmoid(-x) - 2 * factor * sigmoid(x)));
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

/* 2 s' u' + x (s'' u'^2 + s' u''), s at u(x) */
double ntki_gelu_tanh_second(const ntki_activation *activation, double x) {
    (void)activation;
    const double u = gelu_tanh_argument(x), slope = sigmoid_slope(u);
    const double first = gelu_tanh_scale * (1 + 3 * gelu_tanh_cubic * x * x);
    const double second = 6 * gelu_tanh_scale * gelu_tanh_cubic * x;
    return slope > 0 ? slope * (2 * first + x * (second - first * first * tanh(0.5 * u))) : slope;
}
