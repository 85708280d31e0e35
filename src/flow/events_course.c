/* The course of one output: where it starts, and what is kept of it. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "src/flow/events.h"
#include "src/loss/loss.h"

/* ---- states ---- */

void ntki_event_state_release(ntk_context *context, ntki_event_state *state) {
    ntki_release(context, state->region);
    ntki_release(context, state->place);
    ntki_release(context, state->v);
    ntki_release(context, state->f);
    ntki_release(context, state->a);
    *state = (ntki_event_state){.t = 0};
}

ntk_status ntki_event_state_allocate(ntk_context *context, const char *function, int64_t n, ntki_event_state *state) {
    ntk_status status;
    *state = (ntki_event_state){.t = 0};
    if ((status = ntki_allocate(context, function, n, sizeof(double), &state->a)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, n, sizeof(double), &state->f)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, n, sizeof(double), &state->v)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, n, sizeof(int8_t), &state->place)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, n, sizeof(int8_t), &state->region)) != NTK_SUCCESS)
        ntki_event_state_release(context, state);
    return status;
}

void ntki_event_state_copy(int64_t n, const ntki_event_state *from, ntki_event_state *to) {
    const size_t bytes = (size_t)n * sizeof(double);
    const ntki_event_state kept = *to;
    *to = *from;
    to->a = memcpy(kept.a, from->a, bytes);
    to->f = memcpy(kept.f, from->f, bytes);
    to->v = memcpy(kept.v, from->v, bytes);
    to->place = memcpy(kept.place, from->place, (size_t)n);
    to->region = memcpy(kept.region, from->region, (size_t)n);
}

ntk_status ntki_event_course_keep(ntki_event_course *course, const char *function) {
    ntk_context *const context = course->problem->context;
    ntk_status status;
    if (course->snapshots > 0 && course->snapshot[course->snapshots - 1].events >= course->now.events)
        return NTK_SUCCESS;
    if (course->snapshots == course->room) {
        ntki_event_state *larger = NULL;
        const int64_t room = 2 * course->room + 8;
        if ((status = ntki_allocate(context, function, room, sizeof(*larger), &larger)) != NTK_SUCCESS)
            return status;
        if (course->snapshots > 0)
            memcpy(larger, course->snapshot, (size_t)course->snapshots * sizeof(*larger));
        ntki_release(context, course->snapshot);
        course->snapshot = larger;
        course->room = room;
    }
    ntki_event_state *const state = &course->snapshot[course->snapshots];
    if ((status = ntki_event_state_allocate(context, function, course->problem->n, state)) != NTK_SUCCESS)
        return status;
    ntki_event_state_copy(course->problem->n, &course->now, state);
    course->snapshots++;
    return NTK_SUCCESS;
}

/* ---- rows of K ---- */

/* Columns that one task adds up, and the multiplications that are worth the threads. */
enum { PANEL = 512, WORTH_THREADS = 1 << 20 };

typedef struct {
    const ntki_event_course *course;
    int64_t count;
    const int64_t *index;
    const double *coefficient;
    double *out;
} sum_of_rows;

static const double *row_of(const sum_of_rows *sum, int64_t k, int64_t first) {
    const int64_t row = sum->index != NULL ? sum->index[k] : k;
    return sum->course->problem->gram + row * sum->course->problem->n + first;
}

static void add_panel(int64_t index, void *argument) {
    const sum_of_rows *const sum = argument;
    const int64_t first = index * PANEL, columns = ntki_smaller(PANEL, sum->course->problem->n - first);
    double *const out = sum->out + first;
    int64_t k = 0;
    for (; k + 4 <= sum->count; k += 4) {
        const double *const x = sum->coefficient + k;
        const double *const r0 = row_of(sum, k, first), *const r1 = row_of(sum, k + 1, first);
        const double *const r2 = row_of(sum, k + 2, first), *const r3 = row_of(sum, k + 3, first);
        const double x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
        if (x0 != 0 || x1 != 0 || x2 != 0 || x3 != 0)
            for (int64_t i = 0; i < columns; i++)
                out[i] += (x0 * r0[i] + x1 * r1[i]) + (x2 * r2[i] + x3 * r3[i]);
    }
    for (; k < sum->count; k++) {
        const double *const row = row_of(sum, k, first), x = sum->coefficient[k];
        for (int64_t i = 0; i < columns; i++)
            out[i] += x * row[i];
    }
}

void ntki_event_add_rows(const ntki_event_course *course, int64_t count, const int64_t *index,
                         const double *coefficient, double *out) {
    sum_of_rows sum = {course, count, index, coefficient, out};
    const int64_t n = course->problem->n, panels = (n - 1) / PANEL + 1;
    if (count > WORTH_THREADS / n)
        ntki_parallel_for(course->problem->context, panels, add_panel, &sum);
    else
        for (int64_t p = 0; p < panels; p++)
            add_panel(p, &sum);
}

/* ---- the start ---- */

static ntki_event_sample describe(const ntk_loss *loss, double y, double weight) {
    const double w = weight;
    if (w == 0)
        return (ntki_event_sample){.kinks = 0};
    if (loss->kind == NTK_LOSS_HINGE)
        return y > 0 ? (ntki_event_sample){1, {1, 0}, {-w, 0, 0}} : (ntki_event_sample){1, {-1, 0}, {0, w, 0}};
    const double low = y - loss->parameter, high = y + loss->parameter;
    return low < high ? (ntki_event_sample){2, {low, high}, {-w, 0, w}} : (ntki_event_sample){1, {y, 0}, {-w, w, 0}};
}

/* Where sample i starts; `noise`: what rounding may have made of its output. */
static void place(ntki_event_course *course, int64_t i, double noise) {
    const ntki_event_sample *const sample = &course->sample[i];
    ntki_event_state *const now = &course->now;
    int32_t region = 0;
    while (region < sample->kinks && now->f[i] > sample->kink[region] + noise)
        region++;
    const bool on = region < sample->kinks && now->f[i] >= sample->kink[region] - noise;
    now->region[i] = (int8_t)region;
    now->place[i] = on ? NTKI_EVENT_HELD : NTKI_EVENT_MOVING;
    now->v[i] = sample->slope[region];
    if (on) {
        now->f[i] = sample->kink[region];
        now->v[i] = fmin(sample->slope[region + 1], fmax(sample->slope[region], 0));
    }
}

static void start(ntki_event_course *course) {
    const ntki_flow_problem *const problem = course->problem;
    const int64_t n = problem->n, c = problem->c;
    ntki_event_state *const now = &course->now;
    double size = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = i * c + course->output;
        course->root[i] = sqrt(fmax(0, problem->gram[i * n + i]));
        course->sample[i] = describe(problem->loss, problem->y[at], problem->weights == NULL ? 1 : problem->weights[i]);
        now->a[i] = problem->start == NULL ? 0 : problem->start[at];
        now->f[i] = problem->initial == NULL ? 0 : problem->initial[at];
        size += course->root[i] * fabs(now->a[i]);
        const double *const slope = course->sample[i].slope;
        course->full_size += course->root[i] * fmax(fabs(slope[0]), fabs(slope[course->sample[i].kinks]));
    }
    if (problem->start != NULL)
        ntki_event_add_rows(course, n, NULL, now->a, now->f);
    for (int64_t i = 0; i < n; i++)
        place(course, i, 4 * DBL_EPSILON * (fabs(now->f[i]) + course->root[i] * size));
}

ntk_status ntki_event_course_create(const ntki_flow_problem *problem, const char *function, int64_t output,
                                    ntki_event_course *course) {
    ntk_context *const context = problem->context;
    const int64_t n = problem->n;
    ntk_status status;
    *course = (ntki_event_course){.problem = problem, .output = output, .factor = {.most = n}};
    double **const vectors[] = {&course->velocity, &course->root, &course->z,
                                &course->p,        &course->work, &course->before};
    if ((status = ntki_event_state_allocate(context, function, n, &course->now)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, n, sizeof(*course->sample), &course->sample)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, n, sizeof(int64_t), &course->factor.member)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, n, sizeof(int64_t), &course->list)) != NTK_SUCCESS)
        goto failed;
    for (size_t k = 0; k < sizeof(vectors) / sizeof(*vectors); k++)
        if ((status = ntki_allocate(context, function, n, sizeof(double), vectors[k])) != NTK_SUCCESS)
            goto failed;
    start(course);
    if ((status = ntki_event_course_keep(course, function)) == NTK_SUCCESS)
        return NTK_SUCCESS;
failed:
    ntki_event_course_destroy(course);
    return status;
}

void ntki_event_course_destroy(ntki_event_course *course) {
    if (course->problem == NULL)
        return;
    ntk_context *const context = course->problem->context;
    for (int64_t k = 0; k < course->snapshots; k++)
        ntki_event_state_release(context, &course->snapshot[k]);
    void *const blocks[] = {
        course->snapshot, course->before, course->work,          course->p,        course->z,     course->root,
        course->velocity, course->list,   course->factor.member, course->factor.u, course->sample};
    for (size_t k = 0; k < sizeof(blocks) / sizeof(*blocks); k++)
        ntki_release(context, blocks[k]);
    ntki_event_state_release(context, &course->now);
    *course = (ntki_event_course){.problem = NULL};
}
