/* Gradient flow in function space: the handle. */
#ifndef NTKI_FLOW_H
#define NTKI_FLOW_H

#include <ntk/flow.h>

#include "lib/symmetric/symmetric.h"
#include "src/flow/modes.h"
#include "src/flow/nonlinear.h"
#include "src/loss/loss.h"
#include "src/solve/training.h"

/* What system.matrix holds now. */
typedef enum {
    NTKI_FLOW_GRAM,   /* the matrix itself */
    NTKI_FLOW_FACTOR, /* lower triangle: Cholesky factor of it + ridge I; strict upper triangle: the matrix */
    NTKI_FLOW_BASIS,  /* what `basis` needs of it */
    NTKI_FLOW_LOST    /* nothing, after an eigen-decomposition that did not converge */
} ntki_flow_state;

/* The symmetric matrix whose modes are solved for: K itself, in training.gram, or W^(1/2) K W^(1/2) in a matrix of its own. */
typedef struct {
    ntki_flow_state state;
    double *matrix;             /* n x n */
    double *diagonal;           /* n: that of the matrix before it was factored */
    double *root;               /* n: the roots of the weights, or NULL for ones; then matrix and diagonal are owned */
    double ridge;               /* of the factor */
    ntki_symmetric_basis basis; /* in the state NTKI_FLOW_BASIS */
    double *y_modes;            /* n x c: V' W^(1/2) y, or NULL as long as it was not needed */
    double *origin_modes;       /* n x c: V' W^(1/2) (f_0 + K a(0)), likewise */
} ntki_flow_system;

/* Descent of a loss that is not squared, step by step, as far as it came. */
typedef struct {
    double step;        /* NaN: none yet */
    double *a;          /* n x c */
    double *velocity;   /* n x c */
    double *work;       /* 2 matrices of n x c */
    double left, slope; /* what is left of f_0, and its velocity */
} ntki_flow_steps;

struct ntk_flow {
    ntki_training training;
    double *diagonal; /* n: the diagonal of K */
    ntki_flow_system system;
    bool outdated; /* the weights have changed since the system was made */
    ntk_loss *loss;
    double *weights;                 /* n, or NULL for ones */
    double *initial;                 /* n x c, or NULL for zero */
    double *start;                   /* n x c: a(0), or NULL for zero */
    double *origin;                  /* n x c: f_0 + K a(0), or NULL as long as it was not needed */
    double *coefficients;            /* n x c: a(t) at coefficient_time */
    double coefficient_time;         /* NaN: none */
    ntki_flow_work coefficient_work; /* what they took */
    double learning_rate, weight_decay, momentum, tolerance;
    int32_t reduction, dynamics, solver;
    ntki_flow_problem problem; /* what the solver was given */
    ntki_smooth *smooth;       /* for other losses: made when needed, dropped with every setting */
    ntki_events *events;
    ntki_flow_steps steps;
    ntki_flow_work work;    /* of the latest call that took a time */
    int64_t factorisations; /* without those of the solver that there is now */
};

/* ---- Settings (settings.c) ---- */

/* Drops all that was found with the settings so far; a system stays. */
void ntki_flow_forget(ntk_flow *flow);
/* In all since the creation, with those of the solver that there is now. */
int64_t ntki_flow_factorisations(const ntk_flow *flow);
void ntki_flow_release_steps(ntk_flow *flow);

/* s, and eta s. */
double ntki_flow_scale(const ntk_flow *flow);
double ntki_flow_rate(const ntk_flow *flow);
ntki_dynamics ntki_flow_dynamics(const ntk_flow *flow);

/* g(t), what is left of f_0: exp(-lambda t) for the gradient flow, right for t = infinity too. */
double ntki_flow_decay(const ntk_flow *flow, double t);

/* g times a value at 0; g may have overflowed, which an absent value does not see. */
static inline double ntki_flow_faded(double g, double value) { return value != 0 ? g * value : 0; }

/* ---- The matrix (system.c) ---- */

/* K itself, in training.gram. */
ntk_status ntki_flow_restore_gram(ntk_flow *flow, const char *function);

/* out = K b, n x c each, whatever has become of K. */
ntk_status ntki_flow_multiply(ntk_flow *flow, const char *function, int64_t c, const double *b, double *out);

/* The system for the weights that there are now. */
ntk_status ntki_flow_update_system(ntk_flow *flow, const char *function);
void ntki_flow_release_system(ntk_flow *flow);

/* flow->origin, where there is an f_0 or an a(0). */
ntk_status ntki_flow_find_origin(ntk_flow *flow, const char *function);

/* ---- Squared loss by eigen-decomposition or Cholesky factor (closed_form.c) ---- */

/* Relative to the norm of a matrix of order n, what its rounding and that of its decomposition hide. */
double ntki_flow_hidden(int64_t n);

/* Eigenvalues up to this count as zero. */
double ntki_flow_floor(const ntk_flow *flow);

/* Brings the system to NTKI_FLOW_BASIS, and refuses one that is indefinite for this t. */
ntk_status ntki_flow_eigenbasis(ntk_flow *flow, const char *function, double t);

/* n lambda / eta, or with a sum of losses lambda / eta. */
double ntki_flow_limit_ridge(const ntk_flow *flow);

/* Refuses t = infinity where that overflows. */
ntk_status ntki_flow_check_ridge(const ntk_flow *flow, const char *function, double t);

ntk_status ntki_flow_prepare_squared(ntk_flow *flow, const char *function, double t);
ntk_status ntki_flow_solve_squared(ntk_flow *flow, const char *function, double t);

/* The coefficients, or K times what the flow adds to g a(0), at several times from the basis: row i of out is n x (count c),
 * time after time. */
ntk_status ntki_flow_combine_modes(ntk_flow *flow, const char *function, int64_t count, const double *times,
                                   bool times_gram, double *out);

/* ---- Squared loss without a decomposition (krylov.c) ---- */

ntk_status ntki_flow_solve_krylov(ntk_flow *flow, const char *function, double t);

/* An upper bound of the largest eigenvalue of W^(1/2) K W^(1/2), close to it. */
ntk_status ntki_flow_largest_eigenvalue(ntk_flow *flow, const char *function, double *largest);

/* ---- Other losses ---- */

/* flow->coefficients = a(t) by the solvers of nonlinear.h, or step by step (steps.c). */
ntk_status ntki_flow_solve_nonlinear(ntk_flow *flow, const char *function, double t);
ntk_status ntki_flow_solve_steps(ntk_flow *flow, const char *function, double t);

/* ---- Any loss (solve.c) ---- */

/* Whether the system's modes answer. */
bool ntki_flow_has_modes(const ntk_flow *flow);

/* From 0 to infinity, and a whole number for descent. */
ntk_status ntki_flow_check_time(const ntk_flow *flow, const char *function, const char *name, double t);

/* Everything that is done once, with its own progress: the flow can then solve for a(t). */
ntk_status ntki_flow_prepare(ntk_flow *flow, const char *function, double t);

/* flow->coefficients = a(t), after ntki_flow_prepare() for this t. */
ntk_status ntki_flow_solve(ntk_flow *flow, const char *function, double t);

/* f = f_t(X), n x c with ld = c, after ntki_flow_prepare() for this t. */
ntk_status ntki_flow_outputs(ntk_flow *flow, const char *function, double t, double *f);

#endif
