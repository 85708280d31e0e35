/* The response of one eigenvalue: f' = -(lambda + kappa) f + kappa v, and its discrete and heavy-ball forms.
 *
 * Gradient flow, r = lambda + kappa, phi(r, t) = (1 - exp(-r t)) / r:
 *   retain = exp(-r t),   target = phi(r, t),   start = exp(-lambda t) phi(kappa, t).
 * Descent makes powers of a fixed step, and the heavy-ball flow is one step of the size of its time scale and its powers
 * (transfer.c): those are made by repeated squaring in double-double arithmetic, in which 2^53 steps still leave 50 bits.
 * Beyond 2^50 time scales the heavy-ball flow has forgotten its fast modes (heavy_ball.c). */
#include "src/flow/modes.h"

#include <float.h>

#include "src/flow/double_double.h"
#include "src/flow/transfer.h"

/* (1 - exp(-x)) / r for x = r t. */
static double growth(double r, double t, ntki_dd x) {
    return x.high > DBL_EPSILON / 4 ? -expm1(-x.high - x.low) / r : t;
}

/* r t; 0 for r = 0 at infinity too. */
static ntki_dd exponent(ntki_dd r, double t) {
    if (r.high == 0)
        return ntki_dd_from(0);
    const ntki_dd x = ntki_dd_product(r.high, t);
    return isfinite(x.high) ? ntki_dd_normal(x.high, x.low + r.low * t) : ntki_dd_from(INFINITY);
}

static ntki_response respond_gradient(double decay, double kappa, double t) {
    const ntki_dd r = ntki_dd_sum(decay, kappa), x = exponent(r, t), hidden = exponent(ntki_dd_from(decay), t);
    if (!isfinite(r.high)) { /* a quarter of the rates, four times the time */
        ntki_response response = respond_gradient(decay / 4, kappa / 4, 4 * t);
        response.target /= 4;
        response.start /= 4;
        return response;
    }
    const double left = ntki_dd_decay(hidden), target = growth(r.high, t, x);
    const double share = x.high > DBL_EPSILON / 4 ? -expm1(-x.high - x.low) * (kappa / r.high) : kappa * t;
    const double start = left > 0 ? left * growth(kappa, t, exponent(ntki_dd_from(kappa), t)) : 0;
    return (ntki_response){ntki_dd_decay(x), kappa > 0 ? share : 0, target, start};
}

/* The end of every stable dynamics. */
static ntki_response respond_limit(double decay, double kappa) { return respond_gradient(decay, kappa, INFINITY); }

bool ntki_dynamics_stable(const ntki_dynamics *dynamics, double kappa) {
    return dynamics->dynamics == NTK_DYNAMICS_GRADIENT || dynamics->decay + kappa < 2 * (1 + dynamics->momentum);
}

/* What overflows on the way counts as infinite. */
static double bounded(double value) { return isfinite(value) ? value : INFINITY; }

ntki_response ntki_respond(const ntki_dynamics *dynamics, double kappa, double t) {
    const double decay = dynamics->decay, momentum = dynamics->momentum;
    const ntki_response unstable = {INFINITY, INFINITY, INFINITY, INFINITY}, none = {1, 0, 0, 0};
    ntki_response response;
    if (t == 0)
        return none;
    if (isinf(kappa))
        return unstable;
    if (isinf(t))
        return ntki_dynamics_stable(dynamics, kappa) ? respond_limit(decay, kappa) : unstable;
    if (dynamics->dynamics == NTK_DYNAMICS_DESCENT)
        response = ntki_respond_descent(decay, momentum, kappa, t);
    else if (momentum > NTKI_LEAST_MOMENTUM)
        response = ntki_respond_heavy_ball(decay, momentum, kappa, t);
    else
        return respond_gradient(decay, kappa, t);
    response.retain = bounded(response.retain);
    response.learn = bounded(response.learn);
    response.target = bounded(response.target);
    response.start = bounded(response.start);
    return response;
}

static ntki_mode mode_of(const ntki_dynamics *dynamics, double eigenvalue, double t) {
    const double rate = dynamics->rate, kappa = rate * eigenvalue;
    const ntki_response response = ntki_respond(dynamics, kappa, t);
    return (ntki_mode){rate * response.target, rate * response.start,
                       kappa > 0 ? response.learn : kappa * response.target, kappa * response.start};
}

/* y - g origin is learned: by the end, or by a rate beyond the double range after some 2^-500 of time. */
static ntki_mode learned(double ridge, double eigenvalue, double g) {
    const double unit = isfinite(eigenvalue + ridge) ? 1 : 0.5, sum = unit * eigenvalue + unit * ridge;
    return (ntki_mode){unit / sum, g > 0 ? g / eigenvalue : 0, unit * eigenvalue / sum, g};
}

ntki_mode ntki_mode_at(const ntki_dynamics *dynamics, double ridge, double eigenvalue, double t) {
    const bool plain = dynamics->dynamics == NTK_DYNAMICS_GRADIENT && dynamics->momentum <= NTKI_LEAST_MOMENTUM;
    if (isinf(t))
        return learned(ridge, eigenvalue, dynamics->decay > 0 ? 0 : 1);
    if (t == 0 || !plain || !isinf(dynamics->rate * eigenvalue))
        return mode_of(dynamics, eigenvalue, t);
    ntki_dynamics slower = *dynamics; /* another unit of time */
    slower.rate = ldexp(dynamics->rate, -600);
    slower.decay = ldexp(dynamics->decay, -600);
    return t < 0x1p-500 && isfinite(slower.rate * eigenvalue)
               ? mode_of(&slower, eigenvalue, ldexp(t, 600))
               : learned(ridge, eigenvalue, ntki_dynamics_decay(dynamics, t));
}

double ntki_dynamics_decay(const ntki_dynamics *dynamics, double t) {
    return dynamics->decay > 0 ? ntki_respond(dynamics, 0, t).retain : 1;
}
