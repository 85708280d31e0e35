/* Systems y' = f(y) that are stiff with a spectrum near the negative real axis, as gradient flows have: the stabilised
 * explicit Runge-Kutta-Chebyshev method of second order [Sommeijer98]. A step of s stages is stable up to
 * h rho = 0.65 (s^2 - 1), rho the spectral radius of f', so that the work grows with the square root of the stiffness.
 *
 * Steps go where the error test lets them, whatever times are asked for; between the ends of the last step the solution
 * comes from a cubic [Sommeijer98, 2.4]. So the times at which it is looked at change no bit of it, nor do threads:
 * sums run over blocks of a fixed size. */
#ifndef NTKI_RKC_H
#define NTKI_RKC_H

#include "lib/threads/parallel.h"

/* dy = f(y). NTK_ERR_RANGE and NTK_ERR_NOT_FINITE at a point that is only tried make the step, or the difference that
 * gives the spectral radius, smaller; any other failure ends the step. */
typedef ntk_status (*ntki_ode_function)(void *user, const double *y, double *dy);

typedef struct {
    ntki_ode_function f;
    void *user;
    int64_t n;
    const double *origin; /* o, n numbers that stay where they are; NULL: 0 */
    double tolerance;     /* the error of a step, relative to |y - o| (2-norms) */
    int64_t most_stages;  /* at least 2 */
} ntki_ode_problem;

/* All of it but the vectors. */
typedef struct {
    double before, now;     /* the times of the ends of the last step */
    double step;            /* h of the next one; 0 before the first */
    double last_step;       /* of the last accepted one; 0 before */
    double last_error;      /* its error divided by what is allowed */
    double radius;          /* rho; 0: not known */
    int64_t radius_age;     /* steps since rho was found, or as many as make it too old */
    int64_t has_direction;  /* 1 when `direction` holds a vector */
    int64_t steps, refused; /* steps done, and tried in vain */
} ntki_rkc_numbers;

typedef struct {
    ntk_context *context;
    ntki_ode_problem problem;
    ntki_rkc_numbers at;
    double *y_before, *f_before; /* the ends of the last step */
    double *y, *f;
    double *direction; /* where f' stretches most */
    double *spare;     /* for the stages */
} ntki_rkc;

/* Room for the problem: 6 n numbers. `problem->origin` stays the caller's. */
ntk_status ntki_rkc_create(ntk_context *context, const char *function, const ntki_ode_problem *problem, ntki_rkc **out);

/* NULL is allowed. */
void ntki_rkc_destroy(ntki_rkc *rkc);

/* Begins at time t with y, evaluating f once. */
ntk_status ntki_rkc_begin(ntki_rkc *rkc, const char *function, double t, const double *y);

/* One step: the last one becomes [before, now]. After a failure y and `now` are as before the call, and y_before, f_before are y, f. Fails as f does, and with NTK_ERR_CONVERGENCE when the step becomes too small to be taken. */
ntk_status ntki_rkc_step(ntki_rkc *rkc, const char *function);

/* y(t) for before <= t <= now. */
void ntki_rkc_at(const ntki_rkc *rkc, double t, double *y);

#endif
