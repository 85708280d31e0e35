/* Flows of losses with a gradient that is continuous: the parts of their integrator. docs/theory/other-losses.md */
#ifndef NTKI_SMOOTH_H
#define NTKI_SMOOTH_H

#include <stdbool.h>

#include "src/flow/nonlinear.h"

/* ---- (I + S K)^{-1}, S block-diagonal over the samples: smooth_system.c, smooth_factor.c, smooth_curvature.c ---- */

typedef enum {
    NTKI_SHAPE_SEPARABLE, /* S diagonal */
    NTKI_SHAPE_SOFTMAX,   /* S_i = diag(d_i) - d_i d_i' / sum d_i */
    NTKI_SHAPE_BLOCKS     /* S_i = R_i R_i', of c x c */
} ntki_shape;

typedef struct {
    const ntki_flow_problem *problem;
    ntki_shape shape;
    double jitter;     /* added to the diagonal of K where it is factored */
    double *curvature; /* n x c: S, or d; n x c x c: R */
    double *root;      /* its square roots, n x c; not for blocks */
    double *mass;      /* softmax: sum d_i, and room for another n */
    int64_t *rows;     /* c x n: the rows with S > 0 of every output */
    int64_t *counts;   /* c */
    double *factors;   /* an n x n block for every output, or one of n c x n c */
    double *coupling;  /* softmax: n x n */
    double *gathered;  /* two vectors of n, or of n c */
    double *part;      /* n x c */
    bool ready;
    int64_t factorisations;
} ntki_system;

ntk_status ntki_system_create(ntki_system *system, const char *function, const ntki_flow_problem *problem);
void ntki_system_release(ntki_system *system);

/* S = scale W d2loss/df2 at f, where grad is dloss/df; then what solves with it. *solvable: the factorisation went through. */
ntk_status ntki_system_factor(ntki_system *system, const char *function, double scale, const double *f,
                              const double *grad, bool *solvable);

/* out = S y, and out = S (I + K S)^{-1} y; n x c, out is not y. */
void ntki_system_curve(const ntki_system *system, const double *y, double *out);
void ntki_system_solve(const ntki_system *system, const double *y, double *out);

/* The matrices of ntki_system_factor(), after the curvature is known. */
bool ntki_system_factor_matrices(ntki_system *system);
/* The curvature. */
ntk_status ntki_system_curvature(ntki_system *system, const char *function, double scale, const double *f,
                                 const double *grad);

/* out = K y for y of n x c. */
void ntki_smooth_multiply(const ntki_flow_problem *problem, const double *y, double *out);

/* The rounding error of K a: sums of at most sqrt(K_ii) |sqrt(K_jj) a_j|, with errors that are as good as independent. */
double ntki_smooth_rounding(const ntki_flow_problem *problem, const double *a);

/* max |y| */
double ntki_smooth_largest(int64_t count, const double *y);

/* ---- one implicit equation: smooth_stage.c ---- */

/* F = r - K x, x = scale W dloss/df(F): the minimum of scale sum w loss(F) + |F - r|^2 / 2 in the norm of K^{-1}. */
typedef struct {
    double scale;
    const double *r;
    double tolerance; /* of F, in the largest entry */
    double *f;        /* in: a guess; out: F */
    double *x, *kx;   /* out: x and K x */
    double *grad, *step, *product, *trial;
} ntki_stage;

/* W times the gradient at f. */
ntk_status ntki_stage_gradient(const ntki_flow_problem *problem, const char *function, const double *f, double *grad);

/* Simplified Newton from the guess; the system is factored anew where it converges slowly. */
ntk_status ntki_stage_solve(ntki_system *system, const char *function, const ntki_stage *stage, bool *converged);

/* Newton's method with a line search from x = 0, f = r, as far as rounding lets it go. *error: its last change of F. */
ntk_status ntki_stage_minimise(ntki_system *system, const char *function, const ntki_stage *stage, double *error,
                               int64_t *iterations);

/* ---- one step of the method: smooth_step.c ---- */

enum { NTKI_STAGES = 7 };

typedef struct {
    ntki_system system;
    double *memory;
    double *k[NTKI_STAGES], *kk[NTKI_STAGES]; /* da/dt and K da/dt at the stages */
    double *f[NTKI_STAGES];
    double *a_sum, *ka_sum, *r, *filtered;
    ntki_stage stage;
} ntki_stepper;

typedef struct {
    double t, h;
    const double *a;  /* n x c, at t */
    double tolerance; /* of F, in the largest entry, relative to max(1, |F|) */
    double *a_after;
    double *error; /* n x c: in: the error of F at t; out: that at t + h; NULL: not wanted */
    /* out */
    bool solved;
    double local;    /* the step's own error, in the same measure */
    double noise;    /* what rounding makes of K a, in the same measure */
    double reported; /* the error of F at t + h, in the same measure, without noise */
    double motion;   /* |dF/dt| at t, in the same measure */
    double kink;     /* the part of the step after which F crosses a kink of the loss's gradient; 2: it does not */
} ntki_step;

ntk_status ntki_stepper_create(ntki_stepper *stepper, const char *function, const ntki_flow_problem *problem);
void ntki_stepper_release(ntki_stepper *stepper);

/* Depends on what is in `step` alone. Without error estimate where step->error is NULL. */
ntk_status ntki_stepper_step(ntki_stepper *stepper, const char *function, ntki_step *step);

/* The beginning of a step alone: sets motion and noise. */
ntk_status ntki_stepper_look(ntki_stepper *stepper, const char *function, ntki_step *step);

/* ---- the course: smooth.c, smooth_course.c ---- */

typedef struct {
    double t, h;  /* the step from here; the last point has none yet */
    double error; /* of F, with noise */
    double *a;    /* NULL: to be found again from an earlier point */
} ntki_course_point;

struct ntki_smooth {
    ntki_flow_problem problem;
    ntki_stepper stepper;
    ntki_course_point *points;
    int64_t count, capacity, stride; /* points whose index is a multiple of the stride keep their a, and the last one */
    double *error;                   /* n x c: the error of F at the last point */
    double *error_after, *a_after, *spare;
    double h; /* to be tried next; 0: not known */
    double motion;
    int64_t restless; /* the points before this index are known not to be at rest */
};

/* A point after the last one. */
ntk_status ntki_course_append(ntki_smooth *solver, const char *function, double t, double error, const double *a);

/* One step of the course. */
ntk_status ntki_course_advance(ntki_smooth *solver, const char *function);

/* In place, from a at the point of that index to a at the next one. */
ntk_status ntki_course_repeat(ntki_smooth *solver, const char *function, int64_t index, double *a);

/* a at the point of that index. */
ntk_status ntki_course_recall(ntki_smooth *solver, const char *function, int64_t index, double *a);

#endif
