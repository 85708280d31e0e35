/* How good predictions are. */
#ifndef NTK_CLI_METRICS_H
#define NTK_CLI_METRICS_H

#include <stdint.h>

/* NaN marks what was not asked for. */
struct metrics {
    double accuracy; /* share of rows whose largest output is that of their class; a tie counts for the lowest index */
    double rmse;     /* sqrt of the mean over rows and outputs of (f - y)^2 */
    double nll;      /* mean over rows and outputs of -log N(y; f, variance + noise) */
    double coverage; /* share of the y inside the central 90 % interval of N(f, variance + noise) */
};

extern const struct metrics metrics_none;

/* The index of the largest of c outputs; of equal ones the lowest. */
int64_t largest_output(int64_t c, const double *outputs);

/* `outputs` and `targets` are rows x c. classes[i] is the index of row i's class; NULL gives no accuracy. variance[i]
 * is that of all c outputs of row i, without the noise; NULL gives neither NLL nor coverage. */
struct metrics metrics_compute(int64_t rows, int64_t c, const double *outputs, const double *targets,
                               const int64_t *classes, const double *variance, double noise_variance);

#endif
