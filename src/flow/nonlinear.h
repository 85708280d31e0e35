/* Flows of losses other than the squared one: what their solvers are given, and give. They know nothing of the handle. */
#ifndef NTKI_NONLINEAR_H
#define NTKI_NONLINEAR_H

#include <ntk/flow.h>

#include "lib/context/context.h"

/* All but `context` belongs to the caller and outlives the solver. */
typedef struct {
    ntk_context *context;
    int64_t n, c;
    const double *gram; /* n x n, ld = n, both triangles; positive semi-definite up to rounding, perhaps singular */
    const ntk_loss *loss;
    const double *y;       /* n x c */
    const double *weights; /* n, >= 0, or NULL for ones */
    double rate;           /* eta s > 0 */
    double decay;          /* lambda >= 0 */
    const double *initial; /* n x c: f_0(X), or NULL for zero; without K a(0) */
    const double *start;   /* n x c: a(0), or NULL for zero */
    double tolerance;      /* see ntk_flow_set_tolerance() */
} ntki_flow_problem;

typedef struct {
    double error;           /* estimated, of f_t(X), relative to max(1, |f_t(X)|) in the largest entry */
    int64_t steps;          /* from 0 to t: steps or events */
    int64_t factorisations; /* in all so far */
} ntki_flow_work;

/* A solver keeps the course so far, so that later times go on from there and earlier ones are looked up; what it gives
 * at t depends on the problem and t alone. a: n x c, ld = c, written on success only. t in [0, infinity]. */

/* L-stable implicit integration: logistic, cross-entropy, squared hinge, Huber, the caller's. smooth*.c */
typedef struct ntki_smooth ntki_smooth;
ntk_status ntki_smooth_create(const ntki_flow_problem *problem, const char *function, ntki_smooth **out);
ntk_status ntki_smooth_solve(ntki_smooth *solver, const char *function, double t, double *a, ntki_flow_work *work);
int64_t ntki_smooth_factorisations(const ntki_smooth *solver); /* in all so far, also those of calls that failed */
void ntki_smooth_destroy(ntki_smooth *solver);

/* From event to event, exactly: hinge and epsilon-insensitive. events*.c */
typedef struct ntki_events ntki_events;
ntk_status ntki_events_create(const ntki_flow_problem *problem, const char *function, ntki_events **out);
ntk_status ntki_events_solve(ntki_events *solver, const char *function, double t, double *a, ntki_flow_work *work);
int64_t ntki_events_factorisations(const ntki_events *solver);
void ntki_events_destroy(ntki_events *solver);

#endif
