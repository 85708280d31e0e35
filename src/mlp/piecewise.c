/* The activations made of pieces. At a kink the derivative is 0 in ReLU's family, and that from the left elsewhere;
 * the second derivative is that from the left. */
#include "src/mlp/activation_functions.h"

static const double selu_scale = 1.0507009873554805, selu_alpha = 1.6732632423543772;

/* a min(x, 0) + b max(x, 0) */
static double two_slopes(double a, double b, double x) { return ntki_scaled(x < 0 ? a : b, x); }

static double two_slopes_derivative(double a, double b, double x) {
    if (isnan(x))
        return x;
    return x < 0 ? a : x > 0 ? b : 0;
}

double ntki_identity_value(const ntki_activation *activation, double x) {
    (void)activation;
    return x;
}

double ntki_identity_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return isnan(x) ? x : 1;
}

double ntki_relu_value(const ntki_activation *activation, double x) {
    (void)activation;
    return x < 0 ? 0 : x;
}

double ntki_relu_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return two_slopes_derivative(0, 1, x);
}

double ntki_leaky_relu_value(const ntki_activation *activation, double x) {
    return two_slopes(activation->parameters[0], 1, x);
}

double ntki_leaky_relu_derivative(const ntki_activation *activation, double x) {
    return two_slopes_derivative(activation->parameters[0], 1, x);
}

double ntki_abs_value(const ntki_activation *activation, double x) {
    (void)activation;
    return fabs(x);
}

double ntki_abs_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return two_slopes_derivative(-1, 1, x);
}

double ntki_two_slope_value(const ntki_activation *activation, double x) {
    return two_slopes(activation->parameters[0], activation->parameters[1], x);
}

double ntki_two_slope_derivative(const ntki_activation *activation, double x) {
    return two_slopes_derivative(activation->parameters[0], activation->parameters[1], x);
}

double ntki_step_value(const ntki_activation *activation, double x) {
    (void)activation;
    return isnan(x) ? x : x > 0;
}

double ntki_step_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return isnan(x) ? x : 0;
}

double ntki_sign_value(const ntki_activation *activation, double x) {
    (void)activation;
    return isnan(x) ? x : (x > 0) - (x < 0);
}

double ntki_sign_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return isnan(x) ? x : 0;
}

double ntki_rectified_monomial_value(const ntki_activation *activation, double x) {
    const double degree = activation->parameters[0];
    if (isnan(x))
        return x;
    return x > 0 ? pow(x, degree) : 0;
}

double ntki_rectified_monomial_derivative(const ntki_activation *activation, double x) {
    const double degree = activation->parameters[0];
    if (isnan(x))
        return x;
    return x > 0 && degree > 0 ? degree * pow(x, degree - 1) : 0;
}

double ntki_rectified_monomial_second(const ntki_activation *activation, double x) {
    const double degree = activation->parameters[0];
    if (isnan(x))
        return x;
    return x > 0 && degree > 1 ? degree * (degree - 1) * pow(x, degree - 2) : 0;
}

static double elu(double alpha, double x) { return x > 0 ? x : ntki_scaled(alpha, expm1(x)); }

static double elu_derivative(double alpha, double x) { return x > 0 ? 1 : alpha * exp(x); }

static double elu_second(double alpha, double x) { return x > 0 ? 0 : alpha * exp(x); }

double ntki_elu_value(const ntki_activation *activation, double x) { return elu(activation->parameters[0], x); }

double ntki_elu_derivative(const ntki_activation *activation, double x) {
    return elu_derivative(activation->parameters[0], x);
}

double ntki_elu_second(const ntki_activation *activation, double x) { return elu_second(activation->parameters[0], x); }

double ntki_selu_value(const ntki_activation *activation, double x) {
    (void)activation;
    return selu_scale * elu(selu_alpha, x);
}

double ntki_selu_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return selu_scale * elu_derivative(selu_alpha, x);
}

double ntki_selu_second(const ntki_activation *activation, double x) {
    (void)activation;
    return selu_scale * elu_second(selu_alpha, x);
}

/* x between low and high, and these beyond them. */
static double clamped(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

/* 1 for low < x <= high, else 0. */
static double inside(double x, double low, double high) { return isnan(x) ? x : x > low && x <= high; }

double ntki_hard_tanh_value(const ntki_activation *activation, double x) {
    (void)activation;
    return clamped(x, -1, 1);
}

double ntki_hard_tanh_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return inside(x, -1, 1);
}

double ntki_hard_sigmoid_value(const ntki_activation *activation, double x) {
    (void)activation;
    return (clamped(x, -3, 3) + 3) / 6;
}

double ntki_hard_sigmoid_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return inside(x, -3, 3) / 6;
}

double ntki_relu6_value(const ntki_activation *activation, double x) {
    (void)activation;
    return clamped(x, 0, 6);
}

double ntki_relu6_derivative(const ntki_activation *activation, double x) {
    (void)activation;
    return inside(x, 0, 6);
}

/* ---- second derivatives of straight pieces ---- */

#define STRAIGHT(name)                                                         \
    double ntki_##name##_second(const ntki_activation *activation, double x) { \
        (void)activation;                                                      \
        return isnan(x) ? x : 0;                                               \
    }

STRAIGHT(identity)
STRAIGHT(relu)
STRAIGHT(leaky_relu)
STRAIGHT(abs)
STRAIGHT(two_slope)
STRAIGHT(step)
STRAIGHT(sign)
STRAIGHT(hard_tanh)
STRAIGHT(hard_sigmoid)
STRAIGHT(relu6)
