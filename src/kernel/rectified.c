/* Polynomials for the dual of max(x, 0)^n. */
#include "src/kernel/rectified.h"

#include <string.h>

enum { POWERS = 2 * NTKI_RECTIFIED_HALF, SERIES = 64 };

/* series[j] = coefficient of m^j in K_n(m), all positive and smaller than 2^-j of the first:
 *   n! B / (2 pi sqrt 2) (1/2)_j^2 / ((n + 3/2)_j j!) 2^-j,   B = B(1/2, n + 1) = 2 prod_{i=1..n} 2i / (2i + 1). */
static void tail_series(int n, double *series) {
    double term = 0.22507907903927651739; /* 1 / (pi sqrt 2) */
    for (int i = 1; i <= n; i++)
        term *= (double)(2 * i * i) / (2 * i + 1);
    for (int j = 0; j < SERIES; j++) {
        series[j] = term;
        term *= (j + 0.5) * (j + 0.5) / (2 * (n + 1.5 + j) * (j + 1));
    }
}

/* The Chebyshev expansion of the series on [0, 1], x^j = 2^{1-2j} sum_i' binom(2j, j-i) T_i(2x - 1): sums of positive
 * numbers. */
static void chebyshev_expansion(const double *series, double *chebyshev) {
    memset(chebyshev, 0, POWERS * sizeof(double));
    for (int j = SERIES - 1; j >= 0; j--) {
        double weight = 2; /* 2^{1-2j} binom(2j, j-i), from i = j down */
        for (int i = 0; i < j; i++)
            weight *= 0.25;
        for (int i = j; i >= 0; i--) {
            if (i < POWERS)
                chebyshev[i] += weight * series[j];
            weight *= (double)(j + i) / (j - i + 1);
        }
    }
    chebyshev[0] *= 0.5;
}

/* The first POWERS terms of the expansion as a polynomial in m. The coefficients of T_i(2x - 1) are whole numbers below
 * 2^53; what they are multiplied by decreases as fast as they grow. */
static void tail_polynomial(int n, double factor, double *even, double *odd) {
    double series[SERIES], chebyshev[POWERS], sum[POWERS] = {0}, last[POWERS] = {0}, now[POWERS] = {1};
    tail_series(n, series);
    chebyshev_expansion(series, chebyshev);
    for (int i = 0; i < POWERS; i++) {
        double next[POWERS];
        for (int j = 0; j < POWERS; j++) {
            const double shifted = j > 0 ? now[j - 1] : 0;
            sum[j] += chebyshev[i] * now[j];
            next[j] = i == 0 ? 2 * shifted - now[j] : 4 * shifted - 2 * now[j] - last[j];
        }
        memcpy(last, now, sizeof last);
        memcpy(now, next, sizeof now);
    }
    for (int j = 0; j < POWERS; j++)
        (j % 2 == 0 ? even : odd)[j / 2] = factor * sum[j];
}

/* E_n: M_n(rho) = sum_j binom(n, j)^2 j! ((n - j - 1)!!)^2 rho^j over j = n, n - 2, ... */
static void mean_polynomial(int n, double factor, double *e) {
    double coefficient = factor;
    for (int j = 1; j <= n; j++)
        coefficient *= j;
    for (int j = n; j >= 0; j -= 2) {
        e[j / 2] = coefficient;
        /* binom(n, j-2) / binom(n, j) = j (j - 1) / ((n - j + 1) (n - j + 2)); double factorials gain n - j + 1 */
        const double ratio = (double)(j * (j - 1)) / (n - j + 2);
        coefficient *= j > 1 ? ratio * ratio / (j * (j - 1)) : 0;
    }
}

void ntki_rectified_constants(int n, double *constants) {
    memset(constants, 0, NTKI_RECTIFIED_CONSTANTS * sizeof(double));
    double *const tail = constants + NTKI_RECTIFIED_TAIL, *const slope_tail = constants + NTKI_RECTIFIED_SLOPE_TAIL;
    double *const e = constants + NTKI_RECTIFIED_E, *const d = constants + NTKI_RECTIFIED_D;
    tail_polynomial(n, 1, tail, tail + NTKI_RECTIFIED_HALF);
    mean_polynomial(n, 0.5, e);
    if (n > 0) {
        tail_polynomial(n - 1, (double)n * n, slope_tail, slope_tail + NTKI_RECTIFIED_HALF);
        mean_polynomial(n - 1, 0.5 * n * n, constants + NTKI_RECTIFIED_SLOPE_E);
    }
    d[NTKI_RECTIFIED_TERMS - 2] = e[NTKI_RECTIFIED_TERMS - 1];
    for (int i = NTKI_RECTIFIED_TERMS - 3; i >= 0; i--)
        d[i] = d[i + 1] + e[i + 1];
    for (int bit = 0; n > 0 && bit < 4; bit++)
        constants[NTKI_RECTIFIED_BITS + bit] = (double)((n - 1) >> bit & 1);
    constants[NTKI_RECTIFIED_POSITIVE] = n > 0;
    constants[NTKI_RECTIFIED_ODD] = n % 2;
    for (int i = NTKI_RECTIFIED_TERMS - 1; i >= 0; i--)
        constants[NTKI_RECTIFIED_MEAN] += e[i];
}
