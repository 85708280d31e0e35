/* The squared loss, one eigenvalue at a time: the response of every linear dynamics at time t. */
#ifndef NTKI_MODES_H
#define NTKI_MODES_H

#include <ntk/flow.h>
#include <stdbool.h>

typedef struct {
    int32_t dynamics; /* NTK_DYNAMICS_... */
    double rate;      /* eta s */
    double decay;     /* lambda */
    double momentum;  /* beta */
} ntki_dynamics;

/* With the coordinates u of f_0(X) + K a(0), v of y, and a(0) = 0 beside:
 *   f = retain u + learn v,   a = target v - start u,   learn = kappa target,   retain = g - kappa start, g = decay
 * Every one is right to a few eps of itself, also where it is small beside the others, at any t up to infinity. */
typedef struct {
    double retain, learn, target, start;
} ntki_response;

/* g: what is left of an output that the kernel does not see, exp(-lambda t) for the gradient flow. */
double ntki_dynamics_decay(const ntki_dynamics *dynamics, double t);

/* For kappa >= 0; all infinite where kappa is: its target and start are not 0, and eta s times them matters. */
ntki_response ntki_respond(const ntki_dynamics *dynamics, double kappa, double t);

/* What one mode of y and of the origin (f_0 + K a(0)) adds to the coefficients, and eigenvalue times that: to the outputs. */
typedef struct {
    double y, origin;
    double output_y, output_origin;
} ntki_mode;

/* For an eigenvalue of the matrix, whose rate kappa = eta s eigenvalue may be out of range; ridge = lambda / (eta s), at t =
 * infinity, where the dynamics must be stable. */
ntki_mode ntki_mode_at(const ntki_dynamics *dynamics, double ridge, double eigenvalue, double t);

/* Whether descent with this eigenvalue stays bounded (always for the gradient flow). */
bool ntki_dynamics_stable(const ntki_dynamics *dynamics, double kappa);

#endif
