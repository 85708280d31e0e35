/* Gradient flow in function space: the handle. */
#ifndef NTKI_FLOW_H
#define NTKI_FLOW_H

#include <ntk/flow.h>

#include "lib/symmetric/symmetric.h"
#include "src/solve/training.h"

/* What training.gram holds now. */
typedef enum {
    NTKI_FLOW_GRAM,   /* the Gram matrix */
    NTKI_FLOW_FACTOR, /* lower triangle: Cholesky factor of K + ridge I; strict upper triangle: K */
    NTKI_FLOW_BASIS,  /* what `basis` needs of it */
    NTKI_FLOW_LOST    /* nothing, after an eigen-decomposition that did not converge */
} ntki_flow_state;

struct ntk_flow {
    ntki_training training;
    ntki_flow_state state;
    double ridge;               /* of the factor */
    double *diagonal;           /* n: the diagonal of K */
    ntki_symmetric_basis basis; /* in the state NTKI_FLOW_BASIS */
    double *y_modes;            /* n x c: V' y, or NULL as long as there is no basis */
    double *initial;            /* n x c, or NULL for zero */
    double *initial_modes;      /* n x c: V' f0, or NULL as long as it was not needed */
    double *coefficients;       /* n x c: a(t) at coefficient_time */
    double coefficient_time;    /* NaN: none */
    double learning_rate;
    double weight_decay;
};

/* Eigenvalues up to this count as zero. */
double ntki_flow_floor(const ntk_flow *flow);

/* Brings the flow to NTKI_FLOW_BASIS, and refuses a Gram that is indefinite for this t. */
ntk_status ntki_flow_eigenbasis(ntk_flow *flow, const char *function, double t);

/* Everything that is done once, with its own progress: the flow can then solve for a(t). */
ntk_status ntki_flow_prepare(ntk_flow *flow, const char *function, double t);

/* flow->coefficients = a(t), after ntki_flow_prepare() for this t. */
ntk_status ntki_flow_solve(ntk_flow *flow, const char *function, double t);

/* f = f_t(X), n x c with ld = c, after ntki_flow_prepare() for this t. */
ntk_status ntki_flow_outputs(ntk_flow *flow, const char *function, double t, double *f);

/* exp(-lambda t), right for t = infinity too. */
double ntki_flow_decay(const ntk_flow *flow, double t);

#endif
