/* The Lanczos process of W^(1/2) K W^(1/2) with full reorthogonalisation: A Q = Q T + beta_m q_{m+1} e_m', Q q_1 = b / |b|. */
#ifndef NTKI_FLOW_LANCZOS_H
#define NTKI_FLOW_LANCZOS_H

#include "src/flow/flow.h"

typedef struct {
    ntk_flow *flow;
    const double *root;       /* n: the roots of the weights, or NULL for ones */
    double norm;              /* of b */
    int64_t m, most;          /* steps made; room for so many */
    double *q;                /* (most + 1) x n: the basis, one vector a row */
    double *diagonal, *off;   /* most: T, and off[m - 1] what leaves the space */
    double *values, *vectors; /* eigenvalues of T, ascending, and row i: the eigenvector of values[i] */
    double *work;             /* 2 n */
    bool closed;              /* the space is invariant */
} ntki_lanczos;

/* Starts with b (n numbers, `stride` apart). */
ntk_status ntki_lanczos_create(ntk_flow *flow, const char *function, const double *root, const double *b,
                               int64_t stride, ntki_lanczos *process);
void ntki_lanczos_release(ntki_lanczos *process);

/* Goes on until there are m steps or the space is closed; *made counts the steps. */
ntk_status ntki_lanczos_extend(ntki_lanczos *process, const char *function, int64_t m);

/* The 2-norm of n numbers, `stride` apart; their squares may be out of range. */
double ntki_lanczos_norm(int64_t n, const double *b, int64_t stride);

/* values and vectors of T. */
ntk_status ntki_lanczos_decompose(ntki_lanczos *process, const char *function);

#endif
