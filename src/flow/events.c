/* The exact flow of the hinge and the epsilon-insensitive loss: one course for each output. */
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/flow/events.h"
#include "src/loss/loss.h"

/* Events between two looks at whether the caller wants to stop. */
enum { REPORT_INTERVAL = 8 };

struct ntki_events {
    ntki_flow_problem problem;
    ntki_event_course *course; /* c */
    double *result;            /* n x c */
};

ntk_status ntki_events_create(const ntki_flow_problem *problem, const char *function, ntki_events **out) {
    ntk_context *const context = problem->context;
    ntki_events *events = NULL;
    ntk_status status;
    if (problem->loss->kind != NTK_LOSS_HINGE && problem->loss->kind != NTK_LOSS_EPSILON_INSENSITIVE)
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, function,
                         "the gradient of the loss %s is not piecewise constant",
                         ntk_loss_kind_name(problem->loss->kind));
    if ((status = ntki_allocate(context, function, 1, sizeof(*events), &events)) != NTK_SUCCESS)
        return status;
    *events = (ntki_events){.problem = *problem};
    if ((status = ntki_allocate_matrix(context, function, problem->n, problem->c, &events->result)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, problem->c, sizeof(*events->course), &events->course)) !=
            NTK_SUCCESS)
        goto failed;
    for (int64_t k = 0; k < problem->c; k++)
        events->course[k] = (ntki_event_course){.problem = NULL};
    for (int64_t k = 0; k < problem->c; k++)
        if ((status = ntki_event_course_create(&events->problem, function, k, &events->course[k])) != NTK_SUCCESS)
            goto failed;
    *out = events;
    return NTK_SUCCESS;
failed:
    ntki_events_destroy(events);
    return status;
}

void ntki_events_destroy(ntki_events *events) {
    if (events == NULL)
        return;
    ntk_context *const context = events->problem.context;
    if (events->course != NULL)
        for (int64_t k = 0; k < events->problem.c; k++)
            ntki_event_course_destroy(&events->course[k]);
    ntki_release(context, events->course);
    ntki_release(context, events->result);
    ntki_release(context, events);
}

/* The events to come are not known; of n samples most pass a kink or two. */
static ntk_status report(const ntki_events *events, const char *function, int64_t output, int64_t count) {
    const double part = (double)count / (double)(count + 2 * events->problem.n);
    return ntki_progress(events->problem.context, function, ((double)output + part) / (double)events->problem.c,
                         "flow");
}

static ntk_status follow(ntki_events *events, const char *function, int64_t output, double t) {
    ntki_event_course *const course = &events->course[output];
    ntk_status status = report(events, function, output, 0);
    if (status == NTK_SUCCESS)
        status = ntki_event_rewind(course, function, t);
    bool done = false;
    for (int64_t count = 1; status == NTK_SUCCESS && !done; count++) {
        status = ntki_event_advance(course, function, t, &done);
        if (status == NTK_SUCCESS && count % REPORT_INTERVAL == 0)
            status = report(events, function, output, count);
    }
    return status;
}

ntk_status ntki_events_solve(ntki_events *events, const char *function, double t, double *a, ntki_flow_work *work) {
    const ntki_flow_problem *const problem = &events->problem;
    ntki_flow_work sum = {0, 0, 0};
    for (int64_t k = 0; k < problem->c; k++) {
        ntki_event_course *const course = &events->course[k];
        double error = 0;
        ntk_status status = follow(events, function, k, t);
        if (status == NTK_SUCCESS)
            status = ntki_event_read(course, function, t, events->result, &error);
        if (status != NTK_SUCCESS)
            return status;
        sum.error = fmax(sum.error, error);
        sum.steps += course->now.events;
        sum.factorisations += course->factorisations;
    }
    if (sum.error > problem->tolerance)
        return ntki_fail(problem->context, NTK_ERR_ACCURACY, function,
                         "rounding has moved the outputs at t = %g by about %.1e of their size; the tolerance is %.1e",
                         t, sum.error, problem->tolerance);
    const ntk_status status = ntki_progress(problem->context, function, 1, "flow");
    if (status != NTK_SUCCESS)
        return status;
    memcpy(a, events->result, (size_t)(problem->n * problem->c) * sizeof(double));
    if (work != NULL)
        *work = sum;
    return NTK_SUCCESS;
}

int64_t ntki_events_factorisations(const ntki_events *events) {
    int64_t sum = 0;
    for (int64_t k = 0; k < events->problem.c; k++)
        sum += events->course[k].factorisations;
    return sum;
}
