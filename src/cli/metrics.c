/* Accuracy, root mean square error, Gaussian negative log likelihood and coverage. See metrics.h. */
#include "src/cli/metrics.h"

#include <math.h>
#include <stddef.h>

const struct metrics metrics_none = {NAN, NAN, NAN, NAN};

/* The 0.95 quantile of the standard normal distribution: 90 % lie within this many standard deviations. */
static const double quantile_95 = 1.6448536269514722;
static const double log_two_pi = 1.8378770664093454836;

int64_t largest_output(int64_t c, const double *outputs) {
    int64_t best = 0;
    for (int64_t j = 1; j < c; j++)
        if (outputs[j] > outputs[best])
            best = j;
    return best;
}

static double accuracy(int64_t rows, int64_t c, const double *outputs, const int64_t *classes) {
    int64_t right = 0;
    for (int64_t i = 0; i < rows; i++)
        right += largest_output(c, outputs + i * c) == classes[i];
    return (double)right / (double)rows;
}

static double root_mean_square(int64_t count, const double *outputs, const double *targets) {
    double sum = 0.0;
    for (int64_t i = 0; i < count; i++)
        sum += (outputs[i] - targets[i]) * (outputs[i] - targets[i]);
    return sqrt(sum / (double)count);
}

static void judge_distribution(int64_t rows, int64_t c, const double *outputs, const double *targets,
                               const double *variance, double noise_variance, struct metrics *metrics) {
    double sum = 0.0;
    int64_t inside = 0;
    for (int64_t i = 0; i < rows; i++) {
        const double total = variance[i] + noise_variance;
        for (int64_t j = 0; j < c; j++) {
            const double error = targets[i * c + j] - outputs[i * c + j];
            sum += 0.5 * (error * error / total + log(total) + log_two_pi);
            inside += fabs(error) <= quantile_95 * sqrt(total);
        }
    }
    metrics->nll = sum / ((double)rows * (double)c);
    metrics->coverage = (double)inside / ((double)rows * (double)c);
}

struct metrics metrics_compute(int64_t rows, int64_t c, const double *outputs, const double *targets,
                               const int64_t *classes, const double *variance, double noise_variance) {
    struct metrics metrics = metrics_none;
    metrics.rmse = root_mean_square(rows * c, outputs, targets);
    if (classes)
        metrics.accuracy = accuracy(rows, c, outputs, classes);
    if (variance)
        judge_distribution(rows, c, outputs, targets, variance, noise_variance, &metrics);
    return metrics;
}
