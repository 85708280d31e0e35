/* Responses with steps and with momentum, at finite t > 0. What overflows may come out as NaN. */
#ifndef NTKI_TRANSFER_H
#define NTKI_TRANSFER_H

#include "src/flow/double_double.h"
#include "src/flow/modes.h"

/* Below this the heavy-ball flow is the gradient flow: it starts up within a time of this size. */
#define NTKI_LEAST_MOMENTUM 1e-290

/* t steps of f_{k+1} = f_k + v_{k+1}, v_{k+1} = momentum v_k - decay f_k - kappa (f_k - y). */
ntki_response ntki_respond_descent(double decay, double momentum, double kappa, double t);

/* (1 - momentum) f' + momentum f'' = -decay f - kappa (f - y), f'(0) = 0. */
ntki_response ntki_respond_heavy_ball(double decay, double momentum, double kappa, double t);

/* The same for t of at most 2^50 time scales `rate` (a bound of the frequencies). */
ntki_response ntki_respond_squared(double decay, double momentum, double kappa, double t, double rate);

#endif
