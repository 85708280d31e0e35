/* The finite series of polynomials: no quadrature. */
#include <math.h>

#include "src/kernel/hermite_parts.h"

enum { MOST_POWERS = 65 };

/* a_j(s), j = 0 ... degree, of x^n: a_j = s^n n! / (2^m m! sqrt(j!)) for j = n - 2m. Returns s^n, which is left out. */
static double expand_monomial(int degree, double s, double *a) {
    double term = 1; /* n! / (2^m m! sqrt(j!)), from j = n down */
    for (int k = 2; k <= degree; k++)
        term *= sqrt(k);
    for (int m = 0, j = degree; j >= 0; m++, j -= 2) {
        a[j] = term;
        term *= sqrt((double)j * (j - 1)) / (2 * (m + 1));
    }
    return pow(s, degree);
}

/* Of He_n(x) / sqrt(n!): a_j = sqrt(n! / j!) s^j (s^2 - 1)^m / (2^m m!) for j = n - 2m: single terms, nothing cancels. */
static double expand_hermite(int degree, double s, double *a) {
    const double excess = (s - 1) * (s + 1);
    double factor = 1;
    for (int m = 0, j = degree; j >= 0; m++, j -= 2) {
        a[j] = factor * pow(s, j);
        factor *= sqrt((double)j * (j - 1)) * excess / (2 * (m + 1));
    }
    return 1;
}

/* Twice the digits: the coefficients of a polynomial may cancel (Dekker 1971). */
typedef struct {
    double high, low;
} double_double;

static double_double sum_of(double_double a, double_double b) {
    const double sum = a.high + b.high, part = sum - a.high;
    const double rest = (a.high - (sum - part)) + (b.high - part) + (a.low + b.low);
    const double high = sum + rest;
    return (double_double){high, rest - (high - sum)};
}

static double_double times(double_double a, double b) {
    const double product = a.high * b, rest = fma(a.high, b, -product) + a.low * b;
    const double high = product + rest;
    return (double_double){high, rest - (high - product)};
}

/* Of c_0 + c_1 x + ...: Horner's scheme in the basis He_j, in which z He_j = He_{j+1} + j He_{j-1}. */
static double expand_polynomial(int degree, const double *c, double s, double *a) {
    double_double p[MOST_POWERS + 1] = {{c[degree], 0}}, next[MOST_POWERS + 1];
    for (int k = degree - 1; k >= 0; k--) {
        for (int j = 0; j <= degree; j++) {
            const double_double below = j > 0 ? p[j - 1] : (double_double){0, 0};
            next[j] = times(sum_of(below, times(p[j + 1], j + 1)), s);
        }
        for (int j = 0; j <= degree; j++)
            p[j] = next[j];
        p[0] = sum_of(p[0], (double_double){c[k], 0});
    }
    double root = 1; /* sqrt(j!) */
    for (int j = 0; j <= degree; j++) {
        root *= j > 1 ? sqrt(j) : 1;
        a[j] = p[j].high * root;
    }
    return 1;
}

static int degree_of(const ntki_activation *activation) {
    return activation->kind == NTK_ACTIVATION_POLYNOMIAL ? activation->parameter_count - 1
                                                         : (int)activation->parameters[0];
}

static double expand(const ntki_activation *activation, double s, double *a) {
    const int degree = degree_of(activation);
    for (int j = 0; j < MOST_POWERS + 1; j++)
        a[j] = 0;
    if (activation->kind == NTK_ACTIVATION_MONOMIAL)
        return expand_monomial(degree, s, a);
    if (activation->kind == NTK_ACTIVATION_HERMITE)
        return expand_hermite(degree, s, a);
    return expand_polynomial(degree, activation->parameters, s, a);
}

int64_t ntki_finite_terms(const ntki_activation *activation, int64_t first, int64_t step) {
    const int degree = degree_of(activation);
    return degree < first ? 2 : 3 + (degree - first) / step;
}

void ntki_fill_finite(const ntki_activation *activation, ntki_series *series) {
    double a[MOST_POWERS + 1];
    for (int64_t i = 0; i < series->n; i++) {
        const double s = fmax(series->std[i], NTKI_SMALLEST_STD), factor = expand(activation, s, a);
        double largest = 0, squares = 0, slopes = 0;
        for (int64_t r = 0; r < series->terms; r++)
            largest = fmax(largest, fabs(a[ntki_series_power(series, r)]));
        const bool usable = isfinite(largest) && largest > 0;
        for (int64_t r = 0; r < series->terms; r++) {
            const int64_t j = ntki_series_power(series, r);
            const double share = usable ? a[j] / largest : 0;
            squares += share * share;
            slopes += (double)j * (share * share);
        }
        const double rms = largest * sqrt(squares) * factor, ratio = largest / s * factor;
        series->value[i] = usable ? rms * rms : largest; /* infinite, or 0 */
        series->slope[i] = usable ? slopes * ratio * ratio : largest;
        for (int64_t r = 0; r < series->terms + 2; r++) {
            const double share = usable && r < series->terms ? a[ntki_series_power(series, r)] / largest : 0;
            series->coefficient[r * series->n + i] = usable ? share / sqrt(squares) : 0;
        }
    }
}
