/* The Gauss-Legendre rule: the zeros x_i of P_n by Newton's method, weights 2 / ((1 - x_i^2) P_n'(x_i)^2), and the
 * matrix that differentiates: with b_i = (-1)^i sqrt((1 - x_i^2) w_i), d_ij = (b_j / b_i) / (x_i - x_j), rows
 * summing to 0. (Berrut and Trefethen 2004) */
#include <math.h>

#include "lib/quadrature/quadrature.h"

enum { N = NTKI_LEGENDRE_POINTS };

/* P_n(x), and P_n'(x) = n (x P_n - P_{n-1}) / (x^2 - 1). */
static double legendre(double x, double *slope) {
    double before = 1, now = x;
    for (int k = 1; k < N; k++) {
        const double next = ((2 * k + 1) * x * now - k * before) / (k + 1);
        before = now;
        now = next;
    }
    *slope = N * (x * now - before) / (x * x - 1);
    return now;
}

static void make_points(ntki_legendre *rule) {
    const double pi = 3.14159265358979323846;
    for (int i = 0; i < N / 2; i++) {
        double x = cos(pi * (i + 0.75) / (N + 0.5)), slope = 1;
        for (int step = 0; step < 6; step++) /* quadratic, from three digits */
            x -= legendre(x, &slope) / slope;
        legendre(x, &slope);
        const double weight = 2 / ((1 - x * x) * slope * slope);
        rule->point[i] = -x;
        rule->point[N - 1 - i] = x;
        rule->weight[i] = rule->weight[N - 1 - i] = weight;
    }
}

void ntki_legendre_make(ntki_legendre *rule) {
    double barycentric[N];
    make_points(rule);
    for (int i = 0; i < N; i++)
        barycentric[i] = (i % 2 == 0 ? 1 : -1) * sqrt((1 - rule->point[i] * rule->point[i]) * rule->weight[i]);
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++)
            if (j != i) {
                rule->differentiate[i][j] = barycentric[j] / barycentric[i] / (rule->point[i] - rule->point[j]);
                sum += rule->differentiate[i][j];
            }
        rule->differentiate[i][i] = -sum;
    }
}
