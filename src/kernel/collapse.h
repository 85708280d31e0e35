/* The collapse of all layers into one function of the angle.
 *
 * When all inputs of a call have one norm, or the network is positively homogeneous (no bias, only activations of the ReLU
 * family), then K(x,x') = d d' G(cos), with d^2 = K(x,x) and one function G for the call. G is analytic in
 * w = sqrt(1 - |cos|) on either side, so a Chebyshev series of w in [0, 1] for each sign serves any depth at nearly one
 * price. Up to some twenty layers its coefficients fall so fast that powers of 2 w - 1 are as accurate, at half of it. */
#ifndef NTKI_COLLAPSE_H
#define NTKI_COLLAPSE_H

#include "src/kernel/analytic.h"

struct ntki_collapse {
    ntki_collapse_series series;
    double norm;                           /* of the inputs that G was sampled with */
    bool serves_positive, serves_negative; /* whether G keeps its relative accuracy at cosines of that sign */
};

/* Whether d d' G is what the network computes for inputs of any norm. */
bool ntki_collapse_homogeneous(const ntk_mlp *mlp);

/* Chooses for a call: analytic->collapse is filled and active, or not active. */
ntk_status ntki_collapse_choose(ntki_analytic *analytic, const char *function, const ntki_analytic_rows *a,
                                const ntki_analytic_rows *b);

#endif
