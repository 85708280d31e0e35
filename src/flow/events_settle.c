/* Where rounding has moved things apart: F = exp(-lambda t) f_0 + K a, V = -lambda F - rate K v, and S on its kinks. What
 * resting samples lack is given to their coefficients, K_SS da_S = F_S - (exp(-lambda t) f_0 + K a)_S, and likewise to
 * their multipliers. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/flow/events.h"

/* Corrections of the multipliers end below this part of them. */
#define WRONG 0x1p-30

static double roundings(int64_t n) { return (64 + 4 * sqrt((double)n)) * DBL_EPSILON; }

double ntki_event_noise(const ntki_event_course *course, int64_t i) {
    const ntki_flow_problem *const problem = course->problem;
    const double size = problem->decay > 0 ? course->largest_size : course->full_size;
    return roundings(problem->n) * (problem->decay * fabs(course->now.f[i]) + problem->rate * course->root[i] * size);
}

/* S in the order of its indices. Members that the others nearly determine are held. */
static ntk_status make_factor(ntki_event_course *course, const char *function) {
    const ntki_flow_problem *const problem = course->problem;
    const int64_t n = problem->n;
    ntki_event_factor *const factor = &course->factor;
    factor->count = 0;
    course->factorisations++;
    for (int64_t j = 0; j < n; j++) {
        if (course->now.place[j] != NTKI_EVENT_FREE)
            continue;
        const ntk_status status = ntki_event_factor_reserve(problem->context, function, factor, factor->count + 1);
        if (status != NTK_SUCCESS)
            return status;
        const double pivot = ntki_event_factor_project(factor, n, problem->gram, j, course->z);
        if (pivot > (double)(n > 16 ? n : 16) * DBL_EPSILON * problem->gram[j * n + j])
            ntki_event_factor_append(factor, j, course->z, pivot);
        else
            course->now.place[j] = NTKI_EVENT_HELD;
    }
    return NTK_SUCCESS;
}

/* residual = f - exp(-lambda t) f_0 - K a; where rounding alone does not explain it in S, a is corrected. */
static void reconcile(const ntki_event_course *course, double t, const double *f, double *a, double *residual) {
    const ntki_flow_problem *const problem = course->problem;
    const ntki_event_factor *const factor = &course->factor;
    const int64_t n = problem->n, m = factor->count;
    const double left = problem->decay > 0 ? exp(-problem->decay * t) : 1;
    double size = 0;
    for (int64_t i = 0; i < n; i++) {
        const double initial = problem->initial == NULL ? 0 : problem->initial[i * problem->c + course->output];
        residual[i] = left * initial - f[i];
        size += course->root[i] * fabs(a[i]);
    }
    ntki_event_add_rows(course, n, NULL, a, residual);
    bool off = false;
    for (int64_t r = 0; r < m; r++) {
        const int64_t i = factor->member[r];
        course->z[r] = residual[i];
        off = off || fabs(residual[i]) > roundings(n) / 16 * (fabs(f[i]) + course->root[i] * size);
    }
    if (off && t > 0) {
        ntki_event_factor_solve(factor, course->z);
        for (int64_t r = 0; r < m; r++) {
            course->z[r] = -course->z[r];
            a[factor->member[r]] += course->z[r];
        }
        ntki_event_add_rows(course, m, factor->member, course->z, residual);
    }
    for (int64_t i = 0; i < n; i++)
        residual[i] = -residual[i];
}

static void set_velocity(ntki_event_course *course) {
    const ntki_flow_problem *const problem = course->problem;
    for (int64_t i = 0; i < problem->n; i++) {
        course->velocity[i] = -problem->decay * course->now.f[i];
        course->work[i] = -problem->rate * course->now.v[i];
    }
    ntki_event_add_rows(course, problem->n, NULL, course->work, course->velocity);
}

/* Members whose multipliers would leave their bounds, v_S + z, are put there and held; their number. */
static int64_t hold_outside(ntki_event_course *course) {
    ntki_event_factor *const factor = &course->factor;
    int64_t held = 0;
    for (int64_t r = factor->count - 1; r >= 0; r--) {
        const int64_t i = factor->member[r];
        const double *const slope = course->sample[i].slope + course->now.region[i];
        const double v = course->now.v[i] + course->z[r];
        if (v >= slope[0] && v <= slope[1])
            continue;
        course->now.v[i] = v < slope[0] ? slope[0] : slope[1];
        course->now.place[i] = NTKI_EVENT_HELD;
        ntki_event_factor_remove(factor, r);
        held++;
    }
    return held;
}

/* K_SS dv_S = V_S / rate, with S such that no bound is in the way; returns the size of dv. */
static double correct_multipliers(ntki_event_course *course) {
    const ntki_event_factor *const factor = &course->factor;
    const double rate = course->problem->rate;
    double size = 0;
    do {
        set_velocity(course);
        for (int64_t r = 0; r < factor->count; r++)
            course->z[r] = course->velocity[factor->member[r]] / rate;
        ntki_event_factor_solve(factor, course->z);
    } while (hold_outside(course) > 0);
    for (int64_t r = 0; r < factor->count; r++) {
        const int64_t i = factor->member[r];
        course->now.v[i] += course->z[r];
        size += course->root[i] * fabs(course->z[r]);
        course->z[r] *= -rate;
    }
    ntki_event_add_rows(course, factor->count, factor->member, course->z, course->velocity);
    for (int64_t r = 0; r < factor->count; r++)
        course->velocity[factor->member[r]] = 0;
    return size;
}

/* Multipliers that are what cancellation left of larger ones take several corrections. */
static void settle_multipliers(ntki_event_course *course) {
    double last = INFINITY;
    for (;;) {
        const double size = correct_multipliers(course);
        ntki_event_measure(course);
        if (size <= WRONG * course->size || !(size < last / 2))
            return;
        last = size;
    }
}

ntk_status ntki_event_settle(ntki_event_course *course, const char *function) {
    const ntki_flow_problem *const problem = course->problem;
    ntki_event_state *const now = &course->now;
    const ntk_status status = make_factor(course, function);
    if (status != NTK_SUCCESS)
        return status;
    reconcile(course, now->t, now->f, now->a, course->work);
    for (int64_t i = 0; i < problem->n; i++)
        if (now->place[i] == NTKI_EVENT_MOVING)
            now->f[i] -= course->work[i];
    settle_multipliers(course);
    for (int64_t i = 0; i < problem->n; i++)
        if (!isfinite(course->velocity[i]))
            return ntki_fail(problem->context, NTK_ERR_RANGE, function,
                             "the velocity of output %lld of sample %lld overflows at t = %g",
                             (long long)course->output, (long long)i, now->t);
    course->largest_size = 0;
    now->settled = now->events;
    return NTK_SUCCESS;
}

/* The piece at hand, at t: f and a. */
static void evaluate(const ntki_event_course *course, double t, double *f, double *a) {
    const ntki_flow_problem *const problem = course->problem;
    const ntki_event_state *const now = &course->now;
    const double decay = problem->decay, dt = decay == 0 && course->next == INFINITY ? 0 : t - now->t;
    const double rest = decay > 0 ? exp(-decay * dt) : 1, s = decay > 0 ? -expm1(-decay * dt) / decay : dt;
    const double gain = isinf(dt) ? problem->rate / decay : problem->rate * s;
    for (int64_t i = 0; i < problem->n; i++) {
        f[i] = now->f[i] + (now->place[i] == NTKI_EVENT_MOVING ? s * course->velocity[i] : 0);
        a[i] = rest * now->a[i] - gain * now->v[i];
    }
}

/* At the end of training with decay a = -rate v / lambda: back within the bounds of v, where a correction left them. */
static void bound(const ntki_event_course *course, double *a) {
    const double scale = course->problem->rate / course->problem->decay;
    for (int64_t r = 0; r < course->factor.count; r++) {
        const int64_t i = course->factor.member[r];
        const double *const slope = course->sample[i].slope + course->now.region[i];
        a[i] = fmin(-scale * slope[0], fmax(-scale * slope[1], a[i]));
    }
}

ntk_status ntki_event_read(ntki_event_course *course, const char *function, double t, double *a, double *error) {
    const ntki_flow_problem *const problem = course->problem;
    double *const f = course->before, *const exact = course->p, *const residual = course->work;
    double worst = 0, size = 1;
    evaluate(course, t, f, exact);
    reconcile(course, t, f, exact, residual);
    if (isinf(t) && problem->decay > 0)
        bound(course, exact);
    for (int64_t i = 0; i < problem->n; i++) {
        if (!isfinite(exact[i]) || !isfinite(residual[i]))
            return ntki_fail(problem->context, NTK_ERR_RANGE, function,
                             "output %lld of sample %lld overflows at t = %g", (long long)course->output, (long long)i,
                             t);
        worst = fmax(worst, fabs(residual[i]));
        size = fmax(size, fabs(f[i]));
        a[i * problem->c + course->output] = exact[i];
    }
    *error = worst / size;
    return NTK_SUCCESS;
}
