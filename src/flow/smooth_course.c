/* The course: steps whose lengths follow the solution alone, whatever times are asked for. A step depends on where it
 * begins and how long it is, and on nothing else; so a(t) of any point can be found again from one before it. */
#include "src/flow/smooth.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"

/* A step may make this share of the tolerance: errors of several steps add up. */
static const double step_share = 0.1;

/* Bounds of the change of a step's length. */
static const double least_factor = 0.2, most_factor = 10, most_factor_at_rest = 100;

/* The coefficients of the points may take as much as the factors, or this many numbers. */
enum { KEPT_NUMBERS = 1 << 20, FIRST_CAPACITY = 64 };

static int64_t entries(const ntki_smooth *solver) { return solver->problem.n * solver->problem.c; }

/* ---- points ---- */

/* Forgets every second point that is kept when there are too many, but not the last one. */
static void thin(ntki_smooth *solver) {
    const int64_t factors = solver->problem.n * entries(solver), most = factors > KEPT_NUMBERS ? factors : KEPT_NUMBERS;
    if (solver->count / solver->stride * entries(solver) <= most)
        return;
    solver->stride *= 2;
    for (int64_t i = 0; i + 1 < solver->count; i++)
        if (i % solver->stride != 0) {
            ntki_release(solver->problem.context, solver->points[i].a);
            solver->points[i].a = NULL;
        }
}

static ntk_status make_room(ntki_smooth *solver, const char *function) {
    ntk_context *const context = solver->problem.context;
    const int64_t capacity = solver->capacity == 0 ? FIRST_CAPACITY : 2 * solver->capacity;
    ntki_course_point *points = NULL;
    if (solver->count < solver->capacity)
        return NTK_SUCCESS;
    const ntk_status status = ntki_allocate(context, function, capacity, sizeof(*points), &points);
    if (status != NTK_SUCCESS)
        return status;
    if (solver->count > 0)
        memcpy(points, solver->points, (size_t)solver->count * sizeof(*points));
    ntki_release(context, solver->points);
    solver->points = points;
    solver->capacity = capacity;
    return NTK_SUCCESS;
}

ntk_status ntki_course_append(ntki_smooth *solver, const char *function, double t, double error, const double *a) {
    double *copy = NULL;
    ntk_status status = make_room(solver, function);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(solver->problem.context, function, solver->problem.n, solver->problem.c, &copy);
    if (status != NTK_SUCCESS)
        return status;
    memcpy(copy, a, (size_t)entries(solver) * sizeof(double));
    const int64_t last = solver->count - 1;
    solver->points[solver->count++] = (ntki_course_point){t, 0, error, copy};
    if (last >= 0 && last % solver->stride != 0) {
        ntki_release(solver->problem.context, solver->points[last].a);
        solver->points[last].a = NULL;
    }
    thin(solver);
    return NTK_SUCCESS;
}

ntk_status ntki_course_repeat(ntki_smooth *solver, const char *function, int64_t index, double *a) {
    const ntki_course_point *const point = &solver->points[index];
    ntki_step step = {.t = point->t,
                      .h = point->h,
                      .a = a,
                      .tolerance = step_share * solver->problem.tolerance,
                      .a_after = solver->a_after};
    const ntk_status status = ntki_stepper_step(&solver->stepper, function, &step);
    if (status == NTK_SUCCESS)
        memcpy(a, solver->a_after, (size_t)entries(solver) * sizeof(double));
    return status;
}

ntk_status ntki_course_recall(ntki_smooth *solver, const char *function, int64_t index, double *a) {
    int64_t from = index;
    ntk_status status = NTK_SUCCESS;
    while (solver->points[from].a == NULL)
        from--;
    memcpy(a, solver->points[from].a, (size_t)entries(solver) * sizeof(double));
    for (; from < index && status == NTK_SUCCESS; from++)
        status = ntki_course_repeat(solver, function, from, a);
    return status;
}

/* ---- steps ---- */

/* A first step in which F moves by a small part of its size; the error test does the rest. */
static ntk_status first_length(ntki_smooth *solver, const char *function) {
    const ntki_flow_problem *const problem = &solver->problem;
    ntki_step look = {.t = 0, .a = solver->points[0].a};
    const ntk_status status = ntki_stepper_look(&solver->stepper, function, &look);
    if (status != NTK_SUCCESS)
        return status;
    double diagonal = 0;
    for (int64_t i = 0; i < problem->n; i++)
        diagonal = fmax(diagonal, problem->gram[i * problem->n + i]);
    const double fastest = fmax(look.motion, fmax(problem->decay, DBL_MIN + problem->rate * diagonal * 1e-6));
    solver->h = fmin(0.1 * pow(problem->tolerance, 0.2) / fastest, 1e290);
    return NTK_SUCCESS;
}

static double factor_for(double ratio) {
    const double factor = 0.9 * pow(fmax(ratio, 1e-300), -0.2);
    return fmax(least_factor, fmin(factor, ratio < 1e-6 ? most_factor_at_rest : most_factor));
}

/* By how much a refused step is made shorter: to where a kink is crossed, if that is what it is refused for. */
static double shorter(const ntki_step *step, double ratio) {
    if (!isfinite(ratio))
        return 0.25;
    if (step->kink >= 2)
        return fmin(factor_for(ratio), 0.9);
    return fmax(fmax(0.02, fmin(step->kink, 0.9)), fmin(0.7 / sqrt(ratio), 0.9));
}

/* Why no step can be done from t any more. */
static ntk_status give_up(ntki_smooth *solver, const char *function, const ntki_step *step, bool unsolved) {
    const char *const reason = unsolved ? "the implicit equations are not solved" : "the error is not small enough";
    return ntki_fail(solver->problem.context, NTK_ERR_CONVERGENCE, function,
                     "no step from t = %.17g is possible: %s even with one of %g", step->t, reason, step->h);
}

/* Halves and quarters until a step goes; then it is in step->a_after and solver->error_after. */
static ntk_status find_step(ntki_smooth *solver, const char *function, ntki_step *step, bool *refused) {
    *refused = false;
    for (;;) {
        memcpy(solver->error_after, solver->error, (size_t)entries(solver) * sizeof(double));
        const ntk_status status = ntki_stepper_step(&solver->stepper, function, step);
        if (status != NTK_SUCCESS)
            return status;
        const double ratio = step->solved ? step->local / fmax(step->tolerance, 4 * step->noise) : INFINITY;
        if (ratio <= 1) {
            solver->h = step->h * fmin(factor_for(ratio), *refused ? 1 : INFINITY);
            return NTK_SUCCESS;
        }
        *refused = true;
        step->h *= shorter(step, ratio);
        if (!(step->h > 16 * DBL_EPSILON * step->t) || step->h < DBL_MIN * 1e8)
            return give_up(solver, function, step, !step->solved);
    }
}

ntk_status ntki_course_advance(ntki_smooth *solver, const char *function) {
    ntki_course_point *const last = &solver->points[solver->count - 1];
    ntk_status status = NTK_SUCCESS;
    bool refused = false;
    if (solver->h == 0 && (status = first_length(solver, function)) != NTK_SUCCESS)
        return status;
    const double planned = solver->h;
    ntki_step step = {.t = last->t,
                      .h = planned,
                      .a = last->a,
                      .tolerance = step_share * solver->problem.tolerance,
                      .a_after = solver->a_after,
                      .error = solver->error_after};
    step.h = step.t + step.h - step.t > 0 ? step.t + step.h - step.t : step.h;
    const double end = DBL_MAX / fmax(1, solver->problem.rate);
    if (!(step.t < end))
        return ntki_fail(solver->problem.context, NTK_ERR_RANGE, function,
                         "t is beyond %g: the learning rate times t exceeds the double range", end);
    step.h = fmin(step.h, end - step.t);
    status = find_step(solver, function, &step, &refused);
    if (status == NTK_SUCCESS) {
        last->h = step.h;
        solver->motion = step.motion;
        status = ntki_course_append(solver, function, fmin(step.t + step.h, DBL_MAX), step.reported + step.noise,
                                    solver->a_after);
    }
    if (status != NTK_SUCCESS) {
        solver->h = planned;
        return status;
    }
    double *const error = solver->error;
    solver->error = solver->error_after;
    solver->error_after = error;
    return NTK_SUCCESS;
}
