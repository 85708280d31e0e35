/* Ensembles of trained infinite networks: the handle. docs/theory/ensembles.md has the formulas. */
#ifndef NTKI_ENSEMBLE_H
#define NTKI_ENSEMBLE_H

#include <ntk/ensemble.h>

#include "lib/symmetric/symmetric.h"
#include "src/flow/modes.h"
#include "src/kernel/kernel.h"

/* A matrix H with S = H H', up to the rounding of S: the Cholesky factor, or where S is singular to rounding U sqrt(s)
 * with the eigenvectors U as columns and the eigenvalues s, of which those that count as zero are 0. */
typedef struct {
    double *factor; /* n x n: L with a zero upper triangle, or U; NULL as long as it was not needed */
    double *values; /* n: s, or NULL for the Cholesky factor */
} ntki_root;

struct ntk_ensemble {
    ntk_context *context;
    int64_t n, c;
    double *nngp; /* n x n: S(X,X) */
    double *y;    /* n x c */
    double *work; /* n x n: Theta(X,X), then what `basis` needs of it, then NULL */
    bool last_layer;
    ntk_status lost;            /* what the eigen-decomposition has failed with, if it has */
    ntki_symmetric_basis basis; /* between the decomposition of `work` and the making of `vectors` */
    double *vectors;     /* n x n: V with Theta(X,X) = V diag(eigenvalues) V'; NULL as long as it was not needed */
    double *eigenvalues; /* n, ascending; those that count as zero are 0 */
    double *y_modes;     /* n x c: V' y */
    ntki_root root;      /* of S; not used with last_layer, where V and the eigenvalues are one */
    double *spread;      /* n x n: V' H; not used with last_layer */
    ntk_kernel *ntk_kernel, *nngp_kernel; /* NULL when matrices were given; no ntk_kernel with last_layer */
    double *x;                            /* n x d, with the kernels */
    double learning_rate;
    int32_t reduction;
    ntki_dynamics dynamics; /* all but the rate */
};

/* One call: the course of the ensemble up to t, and what is made of it for m points. Arrays are the job's own. */
typedef struct {
    ntk_ensemble *ensemble;
    const char *function;
    double t;
    int64_t m;
    double decay;             /* g(t) */
    ntki_response *responses; /* n */
    double *weights;          /* n x c: what cross matrices are multiplied with for the mean: a(t) */
    double *scaled;           /* block x n: rows in the eigenbasis of Theta */
    double *explained;        /* block x n, or m x n for a covariance: the rows B, NULL for the training samples */
    double *remaining;        /* the same: the rows G of cov = g^2 (S(z,z') - B B') + G G' */
    double *prior;            /* m: S(z,z); NULL for the training samples */
    double *mean;             /* m x c, or NULL */
    double *variance;         /* m, or NULL */
    double *covariance;       /* m x m, or NULL; the lower triangle holds S(z,z') at first */
} ntki_ensemble_job;

/* Rows that are worked on at a time where no covariance between them is wanted. */
enum { NTKI_ENSEMBLE_BLOCK = 192 };

/* eta s, with everything else of the dynamics. */
ntki_dynamics ntki_ensemble_dynamics(const ntk_ensemble *ensemble);

/* Makes V, the eigenvalues and V' y; with `spread` also H and V' H. */
ntk_status ntki_ensemble_prepare(ntk_ensemble *ensemble, const char *function, bool spread);

/* t >= 0, a whole number for descent, and not the end of a descent that diverges (known once prepared). */
ntk_status ntki_ensemble_check_time(const ntk_ensemble *ensemble, const char *function, double t);
ntk_status ntki_ensemble_check_limit(const ntk_ensemble *ensemble, const char *function, double t);

/* decay and responses at t, after ntki_ensemble_prepare(). */
ntk_status ntki_ensemble_respond(ntki_ensemble_job *job);

/* out = V diag(learn) V' y = mean_t(X), or with `coefficients` a(t) = V diag(eta s target) V' y. */
void ntki_ensemble_combine(const ntki_ensemble_job *job, bool coefficients, double *modes, double *out);

/* The work areas of a job; `covariance` is the job's own matrix if it is not NULL. */
ntk_status ntki_ensemble_begin(ntki_ensemble_job *job, bool mean, bool covariance, bool variance, bool elsewhere);
void ntki_ensemble_end(ntki_ensemble_job *job);

/* Rows i0 ... of B and G, and of the variances: for training samples, and for points elsewhere with their rows of
 * Theta(Z,X) and S(Z,X). */
ntk_status ntki_ensemble_train_rows(ntki_ensemble_job *job, int64_t i0, int64_t rows);
ntk_status ntki_ensemble_cross_rows(ntki_ensemble_job *job, int64_t i0, int64_t rows, const double *ntk, int64_t ldk,
                                    const double *nngp, int64_t lds);

/* The lower triangle of the covariance, from all rows of B and G and the variances. Reports progress. */
ntk_status ntki_ensemble_covariance(ntki_ensemble_job *job);

/* Copies the job's results to the caller's, when all of them are finite. */
ntk_status ntki_ensemble_deliver(const ntki_ensemble_job *job, double *mean, int64_t ldm, double *covariance,
                                 int64_t ldc, double *variance);

#endif
