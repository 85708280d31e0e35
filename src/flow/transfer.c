/* Linear dynamics of second order as powers of one step, by repeated squaring.
 *
 * Three sequences move together: g without the kernel, p with it, and what is between them. With states (value, velocity),
 *   p: state of f from a state at 0,   g: the same with kappa = 0,
 *   start: s with the source g, so that p = g - kappa s,   target: a with the source 1,
 * the step after t2 of a step of t1 is
 *   p = p1 p2,   g = g1 g2,   start = p1 start2 + start1 g2,   target = target1 + p1 target2:
 * nothing is subtracted that is not there. */
#include "src/flow/transfer.h"

#include <stdint.h>

typedef struct {
    ntki_dd entry[2][2];
} matrix;

typedef struct {
    matrix p, g, start;
    ntki_dd target[2];
} transfer;

static ntki_dd inner(ntki_dd a, ntki_dd b, ntki_dd c, ntki_dd d) {
    return ntki_dd_add(ntki_dd_multiply(a, b), ntki_dd_multiply(c, d));
}

static matrix multiply(const matrix *a, const matrix *b) {
    matrix product;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            product.entry[i][j] = inner(a->entry[i][0], b->entry[0][j], a->entry[i][1], b->entry[1][j]);
    return product;
}

static matrix add(const matrix *a, const matrix *b) {
    matrix sum;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            sum.entry[i][j] = ntki_dd_add(a->entry[i][j], b->entry[i][j]);
    return sum;
}

static transfer compose(const transfer *later, const transfer *earlier) {
    transfer both;
    const matrix first = multiply(&later->p, &earlier->start), second = multiply(&later->start, &earlier->g);
    both.p = multiply(&later->p, &earlier->p);
    both.g = multiply(&later->g, &earlier->g);
    both.start = add(&first, &second);
    for (int i = 0; i < 2; i++)
        both.target[i] = ntki_dd_add(later->target[i], inner(later->p.entry[i][0], earlier->target[0],
                                                             later->p.entry[i][1], earlier->target[1]));
    return both;
}

/* One step of descent with momentum: velocity first. */
static matrix descent_step(ntki_dd rate, double momentum) {
    const ntki_dd one = ntki_dd_from(1), beta = ntki_dd_from(momentum);
    return (matrix){{{ntki_dd_add(one, ntki_dd_negate(rate)), beta}, {ntki_dd_negate(rate), beta}}};
}

static ntki_response respond_with_momentum(double decay, double momentum, double kappa, uint64_t steps) {
    const ntki_dd zero = ntki_dd_from(0), one = ntki_dd_from(1);
    const transfer step = {descent_step(ntki_dd_sum(decay, kappa), momentum),
                           descent_step(ntki_dd_from(decay), momentum),
                           {{{one, zero}, {one, zero}}},
                           {one, one}};
    transfer power = step;
    int bit = 63;
    while ((steps >> bit & 1) == 0)
        bit--;
    while (bit-- > 0) {
        power = compose(&power, &power);
        if ((steps >> bit & 1) != 0)
            power = compose(&step, &power);
    }
    const double target = ntki_dd_round(power.target[0]);
    return (ntki_response){ntki_dd_round(power.p.entry[0][0]), kappa * target, target,
                           ntki_dd_round(power.start.entry[0][0])};
}

/* The same without velocities. */
static ntki_response respond_plainly(double decay, double kappa, uint64_t steps) {
    const ntki_dd one = ntki_dd_from(1), step_p = ntki_dd_add(one, ntki_dd_negate(ntki_dd_sum(decay, kappa)));
    const ntki_dd step_g = ntki_dd_sum(1, -decay);
    ntki_dd p = step_p, g = step_g, start = one, target = one;
    int bit = 63;
    while ((steps >> bit & 1) == 0)
        bit--;
    while (bit-- > 0) {
        start = ntki_dd_multiply(start, ntki_dd_add(p, g));
        target = ntki_dd_add(target, ntki_dd_multiply(p, target));
        p = ntki_dd_multiply(p, p);
        g = ntki_dd_multiply(g, g);
        if ((steps >> bit & 1) != 0) {
            start = ntki_dd_add(ntki_dd_multiply(step_p, start), g);
            target = ntki_dd_add(one, ntki_dd_multiply(step_p, target));
            p = ntki_dd_multiply(step_p, p);
            g = ntki_dd_multiply(step_g, g);
        }
    }
    return (ntki_response){ntki_dd_round(p), kappa * ntki_dd_round(target), ntki_dd_round(target),
                           ntki_dd_round(start)};
}

ntki_response ntki_respond_descent(double decay, double momentum, double kappa, double t) {
    const uint64_t steps = (uint64_t)t;
    return momentum > 0 ? respond_with_momentum(decay, momentum, kappa, steps) : respond_plainly(decay, kappa, steps);
}

/* The step of the heavy-ball flow by its Taylor series, for time scales of 1/4 and more: 1/4^30 / 30! is below 2^-160. */
enum { TERMS = 30 };

static matrix scaled(const matrix *a, ntki_dd factor) {
    matrix result;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            result.entry[i][j] = ntki_dd_multiply(a->entry[i][j], factor);
    return result;
}

/* d/dtau (value, velocity) with tau in units of the step. */
static matrix generator(ntki_dd stiffness, ntki_dd friction) {
    const ntki_dd zero = ntki_dd_from(0), one = ntki_dd_from(1);
    return (matrix){{{zero, one}, {ntki_dd_negate(stiffness), ntki_dd_negate(friction)}}};
}

/* exp of both generators, with the source (0, 1) of `start` (times the value of g) and of `target`. */
static transfer exponential(const matrix *with, const matrix *without) {
    const ntki_dd zero = ntki_dd_from(0), one = ntki_dd_from(1);
    const matrix identity = {{{one, zero}, {zero, one}}}, none = {{{zero, zero}, {zero, zero}}};
    transfer sum = {identity, identity, none, {zero, one}}, term = sum;
    for (int k = 1; k < TERMS; k++) {
        const ntki_dd share = ntki_dd_divide(one, ntki_dd_from(k)), next = ntki_dd_divide(one, ntki_dd_from(k + 1));
        const ntki_dd value = term.target[0], velocity = term.target[1];
        matrix between = multiply(with, &term.start);
        for (int j = 0; j < 2; j++)
            between.entry[1][j] = ntki_dd_add(between.entry[1][j], term.g.entry[0][j]);
        term.start = scaled(&between, share);
        term.p = multiply(with, &term.p);
        term.p = scaled(&term.p, share);
        term.g = multiply(without, &term.g);
        term.g = scaled(&term.g, share);
        for (int i = 0; i < 2; i++)
            term.target[i] = ntki_dd_multiply(inner(with->entry[i][0], value, with->entry[i][1], velocity), next);
        sum.p = add(&sum.p, &term.p);
        sum.g = add(&sum.g, &term.g);
        sum.start = add(&sum.start, &term.start);
        for (int i = 0; i < 2; i++)
            sum.target[i] = ntki_dd_add(sum.target[i], term.target[i]);
    }
    return sum;
}

ntki_response ntki_respond_squared(double decay, double momentum, double kappa, double t, double rate) {
    const double reach = rate * t;
    const int doublings = reach > 0.25 ? ilogb(reach) + 3 : 0;
    const double step = ldexp(t, -doublings);
    const ntki_dd inertia = ntki_dd_divide(ntki_dd_from(step), ntki_dd_from(momentum));
    const ntki_dd friction = ntki_dd_multiply(ntki_dd_sum(1, -momentum), inertia);
    const ntki_dd square = ntki_dd_multiply(inertia, ntki_dd_from(step)); /* may vanish: it is a square */
    const matrix with = generator(ntki_dd_multiply(ntki_dd_sum(decay, kappa), square), friction);
    const matrix without = generator(ntki_dd_multiply(ntki_dd_from(decay), square), friction);
    transfer power = exponential(&with, &without);
    for (int i = 0; i < doublings; i++)
        power = compose(&power, &power);
    const double unit = ntki_dd_round(inertia), target = ntki_dd_round(power.target[0]);
    return (ntki_response){ntki_dd_round(power.p.entry[0][0]), target * (kappa * unit) * step, target * unit * step,
                           ntki_dd_round(power.start.entry[0][0]) * unit * step};
}
