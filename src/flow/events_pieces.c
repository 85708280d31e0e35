/* From event to event: between two of them v is constant, and with s = (1 - exp(-lambda dt)) / lambda
 *   F(t + dt) = F(t) + s V,   a(t + dt) = (1 - lambda s) a(t) - rate s v,   V(t + dt) = (1 - lambda s) V(t). */
#include <float.h>
#include <math.h>

#include "src/flow/events.h"

/* Events between two snapshots: the factor, made anew at each, costs what so many updates do. */
enum { LEAST_INTERVAL = 64, INTERVAL_PART = 4 };

/* Multipliers so many times smaller than they were call for a new start from them. */
enum { SMALLER = 16 };

/* Events without progress of t before giving up, for each sample and besides. */
enum { MOST_STILL = 100, SPARE_STILL = 1000 };

static double time_of(const ntki_event_course *course, double s) {
    const double decay = course->problem->decay;
    return course->now.t + (decay > 0 ? -log1p(-decay * s) / decay : s);
}

/* The kink that a moving sample runs towards; -1 for none. */
static int32_t kink_ahead(const ntki_event_course *course, int64_t i) {
    const ntki_event_sample *const sample = &course->sample[i];
    const int32_t region = course->now.region[i];
    if (course->now.place[i] != NTKI_EVENT_MOVING || fabs(course->velocity[i]) <= ntki_event_noise(course, i))
        return -1;
    if (course->velocity[i] > 0)
        return region < sample->kinks ? region : -1;
    return region - 1;
}

/* When sample i reaches the kink ahead, in s. */
static double arrival(const ntki_event_course *course, int64_t i, int32_t kink) {
    return fmax(0, (course->sample[i].kink[kink] - course->now.f[i]) / course->velocity[i]);
}

static void find_next(ntki_event_course *course) {
    course->next = INFINITY;
    for (int64_t i = 0; i < course->problem->n; i++) {
        const int32_t kink = kink_ahead(course, i);
        if (kink < 0)
            continue;
        const double s = arrival(course, i, kink);
        if (s < course->next && course->problem->decay * s < 1)
            course->next = s;
    }
}

/* Puts the samples that reach their kinks at s, up to rounding, onto them. */
static void land(ntki_event_course *course, double s) {
    ntki_event_state *const now = &course->now;
    for (int64_t i = 0; i < course->problem->n; i++) {
        const int32_t kink = kink_ahead(course, i);
        const double way = s * course->velocity[i];
        if (kink >= 0) {
            const double level = course->sample[i].kink[kink], left = level - now->f[i] - way;
            if (arrival(course, i, kink) <= s || fabs(left) <= 8 * DBL_EPSILON * (fabs(level) + fabs(way))) {
                now->place[i] = NTKI_EVENT_HELD;
                now->region[i] = (int8_t)kink;
                now->f[i] = level;
                continue;
            }
        }
        if (now->place[i] == NTKI_EVENT_MOVING)
            now->f[i] += way;
    }
}

static void go(ntki_event_course *course, double s) {
    const ntki_flow_problem *const problem = course->problem;
    const double rest = 1 - problem->decay * s, t = time_of(course, s);
    land(course, s);
    for (int64_t i = 0; i < problem->n; i++) {
        course->now.a[i] = rest * course->now.a[i] - problem->rate * s * course->now.v[i];
        course->velocity[i] *= rest;
    }
    course->now.still = t > course->now.t ? 0 : course->now.still + 1;
    course->now.t = t;
    course->now.events++;
}

/* Whether the multipliers are so much smaller than they were that rounding of those may show. Without decay they end as
 * zeros, that is as the rounding of what they were. */
static bool shrank(const ntki_event_course *course) {
    const bool small = course->size < course->largest_size / SMALLER;
    return small && (course->problem->decay > 0 || course->size > DBL_EPSILON * course->full_size);
}

static ntk_status settle_and_direct(ntki_event_course *course, const char *function) {
    do {
        ntk_status status = ntki_event_settle(course, function);
        if (status != NTK_SUCCESS || (status = ntki_event_direct(course, function)) != NTK_SUCCESS)
            return status;
    } while (shrank(course));
    find_next(course);
    return NTK_SUCCESS;
}

static int64_t interval(const ntki_event_course *course) {
    const int64_t part = course->problem->n / INTERVAL_PART;
    return part > LEAST_INTERVAL ? part : LEAST_INTERVAL;
}

/* What follows an event. Rounding of what is gone must not count as velocity: neither where the multipliers have become
 * small, nor at the end. */
static ntk_status begin_piece(ntki_event_course *course, const char *function) {
    ntk_status status = NTK_SUCCESS;
    if (course->now.events - course->now.settled >= interval(course)) {
        if ((status = ntki_event_course_keep(course, function)) != NTK_SUCCESS)
            return status;
        return settle_and_direct(course, function);
    }
    if ((status = ntki_event_direct(course, function)) != NTK_SUCCESS)
        return status;
    find_next(course);
    return shrank(course) || course->next == INFINITY ? settle_and_direct(course, function) : NTK_SUCCESS;
}

ntk_status ntki_event_rewind(ntki_event_course *course, const char *function, double t) {
    int64_t at = course->snapshots - 1;
    while (at > 0 && course->snapshot[at].t > t)
        at--;
    const ntki_event_state *const state = &course->snapshot[at];
    if (course->valid && course->now.t <= t && course->now.events >= state->events)
        return NTK_SUCCESS;
    ntki_event_state_copy(course->problem->n, state, &course->now);
    const ntk_status status = settle_and_direct(course, function);
    course->valid = status == NTK_SUCCESS;
    return status;
}

ntk_status ntki_event_advance(ntki_event_course *course, const char *function, double t, bool *done) {
    *done = course->next == INFINITY || !(time_of(course, course->next) <= t);
    if (*done)
        return NTK_SUCCESS;
    if (course->now.still > MOST_STILL * course->problem->n + SPARE_STILL)
        return ntki_fail(course->problem->context, NTK_ERR_CONVERGENCE, function,
                         "output %lld stays at t = %g for %lld events", (long long)course->output, course->now.t,
                         (long long)course->now.still);
    go(course, course->next);
    const ntk_status status = begin_piece(course, function);
    course->valid = status == NTK_SUCCESS;
    return status;
}
