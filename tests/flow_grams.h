/* Gram matrices with a given spectrum, and comparison of flows. */
#ifndef NTK_TESTS_FLOW_GRAMS_H
#define NTK_TESTS_FLOW_GRAMS_H

#include "tests/suite.h"

/* gram = H diag(values) H with H a product of three reflections, exactly symmetric. */
static inline void flow_gram(int n, const double *values, uint64_t seed, double *gram) {
    double *const v = suite_doubles(n);
    memset(gram, 0, sizeof(double) * (size_t)n * (size_t)n);
    for (int i = 0; i < n; i++)
        gram[i * n + i] = values[i];
    for (int r = 0; r < 3; r++) {
        double square = 0;
        suite_fill(&seed, n, v);
        for (int i = 0; i < n; i++)
            square += v[i] * v[i];
        for (int side = 0; side < 2; side++)
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < n; j++)
                    sum += v[j] * (side == 0 ? gram[j * n + i] : gram[i * n + j]);
                for (int j = 0; j < n; j++) {
                    double *const entry = side == 0 ? &gram[j * n + i] : &gram[i * n + j];
                    *entry -= 2 * sum / square * v[j];
                }
            }
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            gram[j * n + i] = gram[i * n + j];
    free(v);
}

/* Eigenvalues from 1 down to `least`, evenly in their logarithms. */
static inline void flow_log_spectrum(int n, double least, double *values) {
    for (int i = 0; i < n; i++)
        values[i] = pow(least, (double)i / (n - 1));
}

static inline double flow_distance(int64_t count, const double *a, const double *b) {
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fabs(a[i] - b[i]) <= largest ? largest : fabs(a[i] - b[i]);
    return largest;
}

#endif
