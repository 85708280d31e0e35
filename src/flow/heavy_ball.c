/* The heavy-ball flow (1 - beta) f' + beta f'' = -r f.
 *
 * With b = (1 - beta) / (2 beta) its roots are -b +- (b^2 - r / beta)^(1/2). Up to 2^50 time scales it is a power of one step
 * (transfer.c). Later than that either b t is beyond 2^48, and what is left is the slow root p = r / (beta q), q = b + d,
 * d = (b^2 - r / beta)^(1/2), where it is far from q:
 *   retain = q exp(-p t) / (2 d),   target = (phi(p, t) - 1/q) / (2 beta d),
 *   start = exp(-p_0 t) [ q phi(p - p_0, t) / (2 d) - b / (2 d d_0) ] / (beta (d + d_0))   (0: for kappa = 0),
 * or it has turned by more than 2^49: retain = exp(-b t) (cos wt + (b / w) sin wt), w = (r / beta - b^2)^(1/2). From some 2^100
 * on, a number of 104 bits does not hold the phase w t, and only the size of the oscillation is right. */
#include "src/flow/transfer.h"

#include <stdbool.h>

/* What one r does late. */
typedef struct {
    double retain;
    bool oscillates;
    double slow, fast, split; /* p, q, d; not where it oscillates */
    double left;              /* exp(-p t); likewise */
    double frequency, angle;  /* w, w t; only there */
} late_system;

static ntki_dd scaled(ntki_dd a, int exponent) { return (ntki_dd){ldexp(a.high, exponent), ldexp(a.low, exponent)}; }

static late_system look_late(ntki_dd rate, double momentum, ntki_dd friction, double t) {
    const int size = ilogb(fmax(friction.high, sqrt(rate.high) / sqrt(momentum))); /* squares may be out of range */
    const ntki_dd share = ntki_dd_divide(scaled(rate, -size), ntki_dd_from(momentum)), turn = scaled(friction, -size);
    const ntki_dd discriminant = ntki_dd_add(ntki_dd_multiply(turn, turn), ntki_dd_negate(scaled(share, -size)));
    late_system system = {0};
    if (discriminant.high < 0) {
        const ntki_dd frequency = scaled(ntki_dd_root(ntki_dd_negate(discriminant)), size);
        const ntki_dd angle = ntki_dd_multiply(frequency, ntki_dd_from(t));
        const double envelope = ntki_dd_decay(ntki_dd_multiply(friction, ntki_dd_from(t)));
        const double c = cos(angle.high), s = sin(angle.high), cl = cos(angle.low), sl = sin(angle.low);
        const double cosine = c * cl - s * sl, sine = s * cl + c * sl;
        system.oscillates = true;
        system.frequency = frequency.high;
        system.angle = angle.high;
        system.retain = envelope > 0 ? envelope * (cosine + friction.high / frequency.high * sine) : 0;
        return system;
    }
    const ntki_dd split = scaled(ntki_dd_root(discriminant), size), fast = ntki_dd_add(friction, split);
    const ntki_dd slow = ntki_dd_divide(rate, ntki_dd_multiply(fast, ntki_dd_from(momentum)));
    system.left = rate.high > 0 ? ntki_dd_decay(ntki_dd_multiply(slow, ntki_dd_from(t))) : 1;
    system.slow = slow.high;
    system.fast = fast.high;
    system.split = split.high;
    system.retain = system.left > 0 ? system.left * (fast.high / (2 * split.high)) : 0;
    return system;
}

/* (1 - exp(-r t)) / r */
static double growth(double r, double t) {
    const double x = r * t;
    return x > 1e-17 ? -expm1(-x) / r : t;
}

/* What oscillates is -dretain/dr for kappa = 0. */
static double slope(const late_system *system, double momentum, double friction, double t) {
    const double w = system->frequency, c = cos(system->angle), s = sin(system->angle), envelope = exp(-friction * t);
    return envelope > 0 ? envelope / (2 * momentum * w) * (t * s - friction / w * (t * c - s / w)) : 0;
}

static ntki_response respond_late(double decay, double momentum, double kappa, double t) {
    const ntki_dd rate = ntki_dd_sum(decay, kappa);
    const ntki_dd friction = ntki_dd_divide(ntki_dd_sum(1, -momentum), ntki_dd_from(2 * momentum));
    const late_system with = look_late(rate, momentum, friction, t);
    const late_system without = look_late(ntki_dd_from(decay), momentum, friction, t);
    const double g = kappa > 0 ? ntki_respond_heavy_ball(decay, momentum, 0, t).retain : with.retain;
    ntki_response response = {.retain = with.retain};
    if (with.oscillates || with.retain == 0) {
        response.target = (1 - with.retain) / rate.high;
        response.learn = (1 - with.retain) * (kappa / rate.high);
        response.start = kappa > 0 ? (g - with.retain) / kappa : 0;
        if (kappa == 0 && with.oscillates)
            response.start = slope(&with, momentum, friction.high, t);
        return response;
    }
    const double between = 1 / (momentum * (with.split + without.split));
    const double grown = growth(with.slow, t) - 1 / with.fast, width = 2 * momentum * with.split;
    const double learned = with.fast / (2 * with.split) * growth(kappa * between, t);
    response.target = grown / width;
    response.learn = kappa * grown / width;
    response.start = without.left * between * (learned - friction.high / (2 * with.split) / without.split);
    return response;
}

ntki_response ntki_respond_heavy_ball(double decay, double momentum, double kappa, double t) {
    const double frequency = sqrt(decay + kappa) / sqrt(momentum), friction = (1 - momentum) / momentum;
    const double rate = fmax(frequency, friction);
    return rate * t < 0x1p50 ? ntki_respond_squared(decay, momentum, kappa, t, rate)
                             : respond_late(decay, momentum, kappa, t);
}
