/* The activations that are polynomials: x^n, sum c_i x^i, and the normalised Hermite polynomials
 * h_n = He_n / sqrt(n!) with h_{n+1} = (x h_n - sqrt(n) h_{n-1}) / sqrt(n + 1),  h_n' = sqrt(n) h_{n-1}. */
#include "src/mlp/activation_functions.h"

double ntki_monomial_value(const ntki_activation *activation, double x) {
    return isnan(x) ? x : pow(x, activation->parameters[0]);
}

double ntki_monomial_derivative(const ntki_activation *activation, double x) {
    const double degree = activation->parameters[0];
    if (isnan(x))
        return x;
    return degree > 0 ? degree * pow(x, degree - 1) : 0;
}

double ntki_monomial_second(const ntki_activation *activation, double x) {
    const double degree = activation->parameters[0];
    if (isnan(x))
        return x;
    return degree > 1 ? degree * (degree - 1) * pow(x, degree - 2) : 0;
}

/* Trailing zeros are skipped, so that an infinity meets no zero coefficient before it has won. */
static int32_t degree_of(const ntki_activation *activation) {
    int32_t degree = activation->parameter_count - 1;
    while (degree > 0 && activation->parameters[degree] == 0)
        degree--;
    return degree;
}

double ntki_polynomial_value(const ntki_activation *activation, double x) {
    const double *const c = activation->parameters;
    int32_t i = degree_of(activation);
    double sum = isnan(x) ? x : c[i];
    while (i-- > 0)
        sum = sum * x + c[i];
    return sum;
}

double ntki_polynomial_derivative(const ntki_activation *activation, double x) {
    const double *const c = activation->parameters;
    int32_t i = degree_of(activation);
    double sum = isnan(x) ? x : i * c[i];
    while (i-- > 1)
        sum = sum * x + i * c[i];
    return sum;
}

double ntki_polynomial_second(const ntki_activation *activation, double x) {
    const double *const c = activation->parameters;
    int32_t i = degree_of(activation);
    double sum = isnan(x) ? x : i * (i - 1) * c[i];
    while (i-- > 2)
        sum = sum * x + i * (i - 1) * c[i];
    return sum;
}

/* Beyond the largest root, below 2 sqrt(n), |h_n| grows with n: once infinite, it only changes its sign. */
static double hermite(int32_t n, double x) {
    double before = 0, now = isnan(x) ? x : 1;
    for (int32_t k = 0; k < n; k++) {
        const double next = isinf(now) ? x * now : x / sqrt(k + 1) * now - sqrt(k / (k + 1.0)) * before;
        before = now;
        now = next;
    }
    return now;
}

double ntki_hermite_value(const ntki_activation *activation, double x) {
    return hermite((int32_t)activation->parameters[0], x);
}

double ntki_hermite_derivative(const ntki_activation *activation, double x) {
    const int32_t n = (int32_t)activation->parameters[0];
    if (isnan(x))
        return x;
    return n > 0 ? sqrt(n) * hermite(n - 1, x) : 0;
}

double ntki_hermite_second(const ntki_activation *activation, double x) {
    const int32_t n = (int32_t)activation->parameters[0];
    if (isnan(x))
        return x;
    return n > 1 ? sqrt((double)n * (n - 1)) * hermite(n - 2, x) : 0;
}
