/* The right derivative of the flow where samples are on kinks: of all velocities V = -lambda F - rate K v with v_i between
 * the slopes on both sides of the kink, the one of least norm in the metric of K^{-1} [Brezis73]. It solves
 *   min  rate v'K v / 2 + lambda F'v   over the v_i of the samples on kinks, within their bounds,
 * of which -V is the gradient: V_i = 0 inside the bounds, V_i <= 0 at the lower and V_i >= 0 at the upper one. A primal
 * active-set method [Nocedal06, section 16.5] from the multipliers of the last piece: S holds samples with V_i = 0 and
 * K_SS regular; another one with the wrong sign is moved while S follows, until its V vanishes (it joins S) or a bound
 * is reached (its own, or that of a member, which leaves). Where K makes its column dependent on S, V does not change and a
 * bound always stops it. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/flow/events.h"

/* Steps before the violator of lowest index is taken and not the worst one, against cycles [Bland77], and before giving up. */
enum { STEPS_OF_WORST = 20, MOST_STEPS = 100, SPARE_STEPS = 1000 };

static double lower(const ntki_event_course *course, int64_t i) {
    return course->sample[i].slope[course->now.region[i]];
}

static double upper(const ntki_event_course *course, int64_t i) {
    return course->sample[i].slope[course->now.region[i] + 1];
}

/* The held samples in `list`; their number. */
static int64_t find_held(ntki_event_course *course) {
    int64_t count = 0;
    for (int64_t i = 0; i < course->problem->n; i++)
        if (course->now.place[i] == NTKI_EVENT_HELD)
            course->list[count++] = i;
    return count;
}

/* The held sample whose velocity most wants another multiplier, or the one of lowest index; -1 for none. */
static int64_t find_violator(const ntki_event_course *course, int64_t held, bool lowest) {
    double worst = 1;
    int64_t found = -1;
    for (int64_t k = 0; k < held; k++) {
        const int64_t i = course->list[k];
        const double velocity = course->velocity[i], v = course->now.v[i];
        if (!(velocity > 0 ? v < upper(course, i) : velocity < 0 && v > lower(course, i)))
            continue;
        const double excess = fabs(velocity) / ntki_event_noise(course, i);
        if (lowest ? excess > 1 && (found < 0 || i < found) : excess > worst) {
            worst = excess;
            found = i;
        }
    }
    return found;
}

/* How far v_i can go at a rate. */
static double room(const ntki_event_course *course, int64_t i, double rate) {
    if (rate == 0)
        return INFINITY;
    const double left = (rate > 0 ? upper(course, i) : lower(course, i)) - course->now.v[i];
    return fmax(0, left / rate);
}

static void put_at_bound(ntki_event_course *course, int64_t i, double rate) {
    course->now.v[i] = rate > 0 ? upper(course, i) : lower(course, i);
}

/* Moves v_j by step * sign and S with it, by step * p. */
static void move(ntki_event_course *course, int64_t held, int64_t j, double sign, double step) {
    const ntki_flow_problem *const problem = course->problem;
    const ntki_event_factor *const factor = &course->factor;
    for (int64_t r = 0; r < factor->count; r++) {
        const int64_t i = factor->member[r];
        course->now.v[i] = fmin(upper(course, i), fmax(lower(course, i), course->now.v[i] + step * course->p[r]));
    }
    course->now.v[j] = fmin(upper(course, j), fmax(lower(course, j), course->now.v[j] + step * sign));
    for (int64_t k = 0; k < held; k++) {
        const double *const row = problem->gram + course->list[k] * problem->n;
        double sum = sign * row[j];
        for (int64_t r = 0; r < factor->count; r++)
            sum += row[factor->member[r]] * course->p[r];
        course->velocity[course->list[k]] -= problem->rate * step * sum;
    }
}

static void list_remove(int64_t *list, int64_t *count, int64_t value) {
    for (int64_t k = 0; k < *count; k++)
        if (list[k] == value) {
            list[k] = list[--*count];
            return;
        }
}

/* One step for the violator j. */
static ntk_status step_for(ntki_event_course *course, const char *function, int64_t *held, int64_t j) {
    const ntki_flow_problem *const problem = course->problem;
    ntki_event_factor *const factor = &course->factor;
    const ntk_status status = ntki_event_factor_reserve(problem->context, function, factor, factor->count + 1);
    if (status != NTK_SUCCESS)
        return status;
    const double sign = course->velocity[j] > 0 ? 1 : -1, own = problem->gram[j * problem->n + j];
    const double pivot = ntki_event_factor_project(factor, problem->n, problem->gram, j, course->z);
    const bool regular = pivot > (double)(problem->n > 16 ? problem->n : 16) * DBL_EPSILON * own;
    for (int64_t r = 0; r < factor->count; r++)
        course->p[r] = -sign * course->z[r];
    ntki_event_factor_back(factor, course->p);
    double step = regular ? fabs(course->velocity[j]) / (problem->rate * pivot) : INFINITY;
    const double own_room = room(course, j, sign);
    int64_t block = own_room <= step ? factor->count : -1;
    step = fmin(step, own_room);
    for (int64_t r = 0; r < factor->count; r++) {
        const double space = room(course, factor->member[r], course->p[r]);
        if (space < step || (space == step && block < 0)) {
            step = space;
            block = r;
        }
    }
    move(course, *held, j, sign, step);
    if (block == factor->count) {
        put_at_bound(course, j, sign);
    } else if (block >= 0) {
        const int64_t leaving = factor->member[block];
        put_at_bound(course, leaving, course->p[block]);
        ntki_event_factor_remove(factor, block);
        course->now.place[leaving] = NTKI_EVENT_HELD;
        course->velocity[leaving] = 0;
        course->list[(*held)++] = leaving;
    } else {
        ntki_event_factor_append(factor, j, course->z, pivot);
        course->now.place[j] = NTKI_EVENT_FREE;
        course->velocity[j] = 0;
        list_remove(course->list, held, j);
    }
    return NTK_SUCCESS;
}

/* The velocities of moving samples after the multipliers went from `before` to what they are: the others have them. */
static void follow(ntki_event_course *course) {
    const int64_t n = course->problem->n;
    int64_t changed = 0;
    for (int64_t i = 0; i < n; i++)
        if (course->now.v[i] != course->before[i]) {
            course->list[changed] = i;
            course->work[changed++] = -course->problem->rate * (course->now.v[i] - course->before[i]);
        }
    memset(course->p, 0, (size_t)n * sizeof(double));
    ntki_event_add_rows(course, changed, course->list, course->work, course->p);
    for (int64_t i = 0; i < n; i++)
        if (course->now.place[i] == NTKI_EVENT_MOVING)
            course->velocity[i] += course->p[i];
}

/* Held samples that leave their kink. */
static void leave(ntki_event_course *course) {
    ntki_event_state *const now = &course->now;
    for (int64_t i = 0; i < course->problem->n; i++) {
        const double velocity = course->velocity[i];
        if (now->place[i] != NTKI_EVENT_HELD || fabs(velocity) <= ntki_event_noise(course, i))
            continue;
        const bool up = velocity > 0;
        if (now->v[i] != (up ? upper(course, i) : lower(course, i)))
            continue;
        now->region[i] = (int8_t)(now->region[i] + (up ? 1 : 0));
        now->place[i] = NTKI_EVENT_MOVING;
    }
}

void ntki_event_measure(ntki_event_course *course) {
    double size = 0;
    for (int64_t i = 0; i < course->problem->n; i++)
        size += course->root[i] * fabs(course->now.v[i]);
    course->size = size;
    course->largest_size = fmax(course->largest_size, size);
}

ntk_status ntki_event_direct(ntki_event_course *course, const char *function) {
    const int64_t n = course->problem->n;
    memcpy(course->before, course->now.v, (size_t)n * sizeof(double));
    ntki_event_measure(course);
    int64_t held = find_held(course), steps = 0;
    const int64_t tied = held + course->factor.count;
    for (;; steps++) {
        const int64_t j = find_violator(course, held, steps > STEPS_OF_WORST * tied);
        if (j < 0)
            break;
        if (steps > MOST_STEPS * tied + SPARE_STEPS)
            return ntki_fail(
                course->problem->context, NTK_ERR_CONVERGENCE, function,
                "output %lld at t = %g: the velocities of %lld samples on kinks were not found in %lld steps",
                (long long)course->output, course->now.t, (long long)tied, (long long)steps);
        const ntk_status status = step_for(course, function, &held, j);
        if (status != NTK_SUCCESS)
            return status;
    }
    follow(course);
    ntki_event_measure(course);
    leave(course);
    return NTK_SUCCESS;
}
