/* What an activation makes of one Gaussian number. */
#ifndef NTKI_GAUSSIAN_MOMENTS_H
#define NTKI_GAUSSIAN_MOMENTS_H

#include "lib/quadrature/quadrature.h"
#include "src/mlp/activation.h"

typedef struct {
    double value; /* E[phi(sqrt(q) z)^2] */
    double slope; /* E[phi'(sqrt(q) z)^2] */
} ntki_gaussian_moments;

/* NTK_ACTIVATION_NORMALISED_EXP, whose phi depends on q: s phi_1(x / s), s = sqrt(q), phi_1 its function at q = 1. */
bool ntki_is_homogeneous(const ntki_activation *activation);

/* By quadrature, to some 1e-13 (1e-11 for the slope where the caller gave no derivative). NTK_ERR_CONVERGENCE,
 * without a sentence, when it does not converge or a moment leaves the range; what ntki_activation_values() returns. */
ntk_status ntki_gaussian_moments_at(ntk_context *context, const char *function, ntki_quadrature *quadrature,
                                    const ntki_activation *activation, double q, ntki_gaussian_moments *moments);

#endif
