/* Second derivatives of the kinds that have them. */
#include <math.h>

#include "src/loss/loss.h"

static double one(double unused, double f, double y) {
    (void)unused, (void)f, (void)y;
    return 1;
}

static double zero(double unused, double f, double y) {
    (void)unused, (void)f, (void)y;
    return 0;
}

/* sigmoid(m) sigmoid(-m) */
static double logistic(double unused, double f, double y) {
    (void)unused;
    const double e = exp(-fabs(y * f));
    return e / ((1 + e) * (1 + e));
}

static double squared_hinge(double unused, double f, double y) {
    (void)unused;
    return y * f < 1 ? 1 : 0;
}

static double huber(double delta, double f, double y) { return fabs(f - y) <= delta ? 1 : 0; }

static double (*const second[])(double parameter, double f, double y) = {
    [NTK_LOSS_SQUARED] = one,
    [NTK_LOSS_LOGISTIC] = logistic,
    [NTK_LOSS_HINGE] = zero,
    [NTK_LOSS_SQUARED_HINGE] = squared_hinge,
    [NTK_LOSS_EPSILON_INSENSITIVE] = zero,
    [NTK_LOSS_HUBER] = huber,
};

/* p_k = (sum_j y_j) softmax(f)_k */
static void scaled_softmax(int64_t c, const double *f, const double *y, double *p) {
    double top = f[0], mass = 0, sum = 0;
    for (int64_t k = 0; k < c; k++) {
        top = fmax(top, f[k]);
        mass += y[k];
    }
    for (int64_t k = 0; k < c; k++)
        sum += p[k] = exp(f[k] - top);
    for (int64_t k = 0; k < c; k++)
        p[k] *= mass / sum;
}

bool ntki_loss_is_separable(const ntk_loss *loss) {
    return loss->kind != NTK_LOSS_CROSS_ENTROPY && loss->kind != NTK_LOSS_FUNCTION;
}

void ntki_loss_second_derivatives(const ntk_loss *loss, int64_t n, int64_t c, const double *f, const double *y,
                                  double *out) {
    if (loss->kind == NTK_LOSS_CROSS_ENTROPY) {
        for (int64_t i = 0; i < n; i++)
            scaled_softmax(c, f + i * c, y + i * c, out + i * c);
        return;
    }
    for (int64_t i = 0; i < n * c; i++)
        out[i] = second[loss->kind](loss->parameter, f[i], y[i]);
}
