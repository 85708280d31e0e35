/* Flows of losses with a continuous gradient: their coefficients at any time. */
#include "src/flow/smooth.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/loss/loss.h"

enum { MOST_PARTS = 1 << 10, MOST_STEPS_TO_REST = 100000 };

/* ---- life ---- */

static ntk_status check_kind(const ntki_flow_problem *problem, const char *function) {
    const int32_t kind = problem->loss->kind;
    if (kind != NTK_LOSS_HINGE && kind != NTK_LOSS_EPSILON_INSENSITIVE)
        return NTK_SUCCESS;
    return ntki_fail(problem->context, NTK_ERR_UNSUPPORTED, function,
                     "the gradient of %s jumps; the integrator takes losses with a continuous one",
                     ntk_loss_kind_name(kind));
}

static ntk_status begin(ntki_smooth *solver, const char *function) {
    const ntki_flow_problem *const problem = &solver->problem;
    const int64_t n = problem->n, c = problem->c;
    ntk_context *const context = problem->context;
    ntk_status status;
    if ((status = ntki_allocate_matrix(context, function, n, c, &solver->error)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, n, c, &solver->error_after)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, n, c, &solver->a_after)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, n, c, &solver->spare)) != NTK_SUCCESS ||
        (status = ntki_stepper_create(&solver->stepper, function, problem)) != NTK_SUCCESS)
        return status;
    memset(solver->error, 0, (size_t)(n * c) * sizeof(double));
    memset(solver->spare, 0, (size_t)(n * c) * sizeof(double));
    return ntki_course_append(solver, function, 0, 0, problem->start != NULL ? problem->start : solver->spare);
}

ntk_status ntki_smooth_create(const ntki_flow_problem *problem, const char *function, ntki_smooth **out) {
    ntki_smooth *solver = NULL;
    ntk_status status;
    if ((status = check_kind(problem, function)) != NTK_SUCCESS ||
        (status = ntki_allocate(problem->context, function, 1, sizeof(*solver), &solver)) != NTK_SUCCESS)
        return status;
    memset(solver, 0, sizeof(*solver));
    solver->problem = *problem;
    solver->stride = 1;
    if ((status = begin(solver, function)) != NTK_SUCCESS) {
        ntki_smooth_destroy(solver);
        return status;
    }
    *out = solver;
    return NTK_SUCCESS;
}

void ntki_smooth_destroy(ntki_smooth *solver) {
    if (solver == NULL)
        return;
    ntk_context *const context = solver->problem.context;
    for (int64_t i = 0; i < solver->count; i++)
        ntki_release(context, solver->points[i].a);
    ntki_release(context, solver->points);
    ntki_stepper_release(&solver->stepper);
    ntki_release(context, solver->spare);
    ntki_release(context, solver->a_after);
    ntki_release(context, solver->error_after);
    ntki_release(context, solver->error);
    ntki_release(context, solver);
}

static ntk_status deliver(ntki_smooth *solver, const char *function, const double *result, double *a) {
    return ntki_deliver(solver->problem.context, function, "a(t)", solver->problem.n, solver->problem.c, result, a,
                        solver->problem.c);
}

/* ---- a time between two points ---- */

/* From the point to t in `parts` equal steps, which ends in solver->spare. */
static ntk_status step_aside(ntki_smooth *solver, const char *function, int64_t index, double t, int64_t parts,
                             ntki_step *step) {
    const ntki_course_point *const point = &solver->points[index];
    const int64_t all = solver->problem.n * solver->problem.c;
    ntk_status status = ntki_course_recall(solver, function, index, solver->spare);
    for (int64_t i = 0; i < all; i++)
        solver->error_after[i] = 0;
    for (int64_t i = 0; i < parts && status == NTK_SUCCESS; i++) {
        *step = (ntki_step){.t = point->t + (double)i * ((t - point->t) / (double)parts),
                            .h = (t - point->t) / (double)parts,
                            .a = solver->spare,
                            .tolerance = 0.1 * solver->problem.tolerance,
                            .a_after = solver->a_after,
                            .error = solver->error_after};
        status = ntki_stepper_step(&solver->stepper, function, step);
        if (status != NTK_SUCCESS || !step->solved)
            return status;
        memcpy(solver->spare, solver->a_after, (size_t)all * sizeof(double));
    }
    return status;
}

/* Next to t = 0, where 1 / (gamma h) overflows: to first order, which is what F moves by at most from the truth. *near: F
 * moves by no more than the tolerance, so that it will do. */
static ntk_status creep(ntki_smooth *solver, const char *function, double t, double *a, ntki_flow_work *work,
                        bool *near) {
    ntki_step look = {.t = 0, .a = solver->points[0].a};
    const ntk_status status = ntki_stepper_look(&solver->stepper, function, &look);
    *near = status == NTK_SUCCESS && t * look.motion <= solver->problem.tolerance;
    if (!*near)
        return status;
    work->error = t * look.motion + look.noise;
    for (int64_t i = 0; i < solver->problem.n * solver->problem.c; i++)
        solver->spare[i] = solver->points[0].a[i] + t * solver->stepper.k[0][i];
    return deliver(solver, function, solver->spare, a);
}

static ntk_status between(ntki_smooth *solver, const char *function, int64_t index, double t, double *a,
                          ntki_flow_work *work) {
    const double before = solver->points[index].error;
    ntki_step step = {0};
    bool near = false;
    if (index == 0 && t < 1e-250) {
        const ntk_status status = creep(solver, function, t, a, work, &near);
        if (status != NTK_SUCCESS || near)
            return status;
    }
    for (int64_t parts = 1; parts <= MOST_PARTS; parts *= 2) {
        const ntk_status status = step_aside(solver, function, index, t, parts, &step);
        if (status != NTK_SUCCESS)
            return status;
        work->steps = index + parts;
        work->error = before + step.reported + step.noise;
        if (step.solved)
            return deliver(solver, function, solver->spare, a);
    }
    return ntki_fail(solver->problem.context, NTK_ERR_CONVERGENCE, function,
                     "the implicit equations between t = %.17g and %.17g are not solved", solver->points[index].t, t);
}

static int64_t last_point_until(const ntki_smooth *solver, double t) {
    int64_t low = 0, high = solver->count;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (solver->points[middle].t <= t)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static ntk_status at_time(ntki_smooth *solver, const char *function, double t, double *a, ntki_flow_work *work) {
    ntk_status status = NTK_SUCCESS;
    while (status == NTK_SUCCESS && solver->points[solver->count - 1].t < t)
        status = ntki_course_advance(solver, function);
    if (status != NTK_SUCCESS)
        return status;
    const int64_t index = last_point_until(solver, t);
    *work = (ntki_flow_work){solver->points[index].error, index, 0};
    if (solver->points[index].t < t)
        return between(solver, function, index, t, a, work);
    status = ntki_course_recall(solver, function, index, solver->spare);
    return status != NTK_SUCCESS ? status : deliver(solver, function, solver->spare, a);
}

/* ---- the end ---- */

/* lambda > 0: f_0 has gone, and a = -(rate / lambda) W dloss/df(K a) is where the regularised cost has its minimum. */
static ntk_status minimum(ntki_smooth *solver, const char *function, double *a, ntki_flow_work *work) {
    const ntki_flow_problem *const problem = &solver->problem;
    const int64_t all = problem->n * problem->c;
    ntki_stage stage = solver->stepper.stage;
    stage.scale = problem->rate / problem->decay;
    if (!isfinite(stage.scale))
        return ntki_fail(problem->context, NTK_ERR_RANGE, function,
                         "rate / lambda exceeds the double range: rate is %g, lambda is %g", problem->rate,
                         problem->decay);
    memset(solver->stepper.r, 0, (size_t)all * sizeof(double));
    const ntk_status status =
        ntki_stage_minimise(&solver->stepper.system, function, &stage, &work->error, &work->steps);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < all; i++)
        solver->spare[i] = -stage.x[i];
    return deliver(solver, function, solver->spare, a);
}

/* How far an output is from where the loss's gradient is zero. */
static double to_zero_gradient(const ntk_loss *loss, double f, double y) {
    return loss->kind == NTK_LOSS_SQUARED_HINGE ? fmax(0, 1 - y * f) : fabs(f - y);
}

/* The same for the furthest output that the flow can move. */
static double furthest(const ntki_flow_problem *problem, const double *f) {
    double far = 0;
    for (int64_t i = 0; i < problem->n * problem->c; i++) {
        const int64_t row = i / problem->c;
        const bool moves = problem->weights == NULL || problem->weights[row] > 0;
        if (moves && problem->gram[row * problem->n + row] > 0)
            far = fmax(far, to_zero_gradient(problem->loss, f[i], problem->y[i]));
    }
    return far;
}

/* The rate of a mode whose eigenvalue is next to rounding. */
static double slowest_rate(const ntki_flow_problem *problem) {
    const double weight = problem->weights == NULL ? 1 : ntki_smooth_largest(problem->n, problem->weights);
    double trace = 0;
    for (int64_t i = 0; i < problem->n; i++)
        trace += problem->gram[i * problem->n + i];
    return problem->rate * weight * (double)(problem->n > 16 ? problem->n : 16) * DBL_EPSILON * trace;
}

/* By how much F would go in an implicit Euler step as long as the time so far, in the measure of the noise. Noise in a fast mode
 * makes a fast motion, but such a step takes it no further than the noise. */
static ntk_status find_drift(ntki_smooth *solver, const char *function, const ntki_step *look, double size,
                             double *drift) {
    const int64_t all = solver->problem.n * solver->problem.c;
    ntki_stepper *const stepper = &solver->stepper;
    const ntki_stage *const stage = &stepper->stage;
    const double scale = solver->problem.rate * look->t;
    bool solvable = false;
    *drift = look->motion * look->t;
    if (!isfinite(scale))
        return NTK_SUCCESS;
    const ntk_status status =
        ntki_system_factor(&stepper->system, function, scale, stepper->f[0], stage->grad, &solvable);
    if (status != NTK_SUCCESS || !solvable)
        return status;
    for (int64_t i = 0; i < all; i++)
        stepper->filtered[i] = look->t * stepper->kk[0][i];
    ntki_system_solve(&stepper->system, stepper->filtered, stage->step);
    ntki_smooth_multiply(&solver->problem, stage->step, stage->product);
    for (int64_t i = 0; i < all; i++)
        stepper->filtered[i] -= stage->product[i];
    *drift = ntki_smooth_largest(all, stepper->filtered) / size;
    return NTK_SUCCESS;
}

/* lambda = 0: until F has come as near to where the gradient is zero as the tolerance asks for, or as the rounding of K a
 * lets it; or, where the gradient cannot be zero, until what still moves belongs to eigenvalues that are rounding, or is lost
 * in the rounding that K a has got on the way. A mode of that rate or a faster one, which moves with `motion`, has
 * motion / rate to go: so *left says how far F may be from the end, if that is not where the gradient is zero. */
static ntk_status judge(ntki_smooth *solver, const char *function, const ntki_step *look, bool *rests, double *left) {
    const ntki_flow_problem *const problem = &solver->problem;
    const double tolerance = problem->tolerance, t = look->t, noise = look->noise, *const f = solver->stepper.f[0];
    const double size = fmax(1, ntki_smooth_largest(problem->n * problem->c, f)), far = furthest(problem, f);
    /* Huber's gradient is delta where it is far from zero, and its modes are as slow as if the curvature were delta / far. */
    const double curvature = problem->loss->kind == NTK_LOSS_HUBER ? fmin(1, problem->loss->parameter / far) : 1;
    const double residual = far / size, decayed = t * slowest_rate(problem) * curvature;
    double moving = look->motion > 0 ? look->motion * t : 0;
    *left = look->motion == 0 ? 0 : residual;
    *rests = look->motion == 0 || residual <= fmax(0.01 * tolerance, 4 * noise);
    if (*rests)
        return NTK_SUCCESS;
    if (noise >= 0.01 * tolerance) { /* a step may make it ten times as large and more */
        const ntk_status status = find_drift(solver, function, look, size, &moving);
        if (status != NTK_SUCCESS)
            return status;
        *rests = moving <= 4 * noise && noise <= decayed * fmax(1, residual);
    }
    *rests = *rests || (decayed >= 30 && moving <= 0.1 * tolerance);
    *left = fmin(residual, (moving + noise) / fmin(1, decayed));
    return NTK_SUCCESS;
}

/* a at the point of that index in solver->spare, where a of the one before it may be already. */
static ntk_status go_on(ntki_smooth *solver, const char *function, int64_t index, bool from_before) {
    if (index >= solver->count) {
        const ntk_status status = ntki_course_advance(solver, function);
        if (status != NTK_SUCCESS)
            return status;
    }
    if (from_before && solver->points[index].a == NULL)
        return ntki_course_repeat(solver, function, index - 1, solver->spare);
    return ntki_course_recall(solver, function, index, solver->spare);
}

static ntk_status rest(ntki_smooth *solver, const char *function, double *a, ntki_flow_work *work) {
    const int64_t first = solver->restless;
    for (int64_t index = first; index < MOST_STEPS_TO_REST; index++) {
        double left = 0;
        bool rests = false;
        ntk_status status = go_on(solver, function, index, index > first);
        if (status != NTK_SUCCESS)
            return status;
        ntki_step look = {.t = solver->points[index].t, .a = solver->spare};
        if ((status = ntki_stepper_look(&solver->stepper, function, &look)) != NTK_SUCCESS ||
            (status = judge(solver, function, &look, &rests, &left)) != NTK_SUCCESS)
            return status;
        if (rests) {
            *work = (ntki_flow_work){solver->points[index].error + left, index, 0};
            return deliver(solver, function, solver->spare, a);
        }
        solver->restless = index + 1;
    }
    return ntki_fail(solver->problem.context, NTK_ERR_CONVERGENCE, function,
                     "the flow has not come to rest in %d steps", (int)MOST_STEPS_TO_REST);
}

static ntk_status at_infinity(ntki_smooth *solver, const char *function, double *a, ntki_flow_work *work) {
    const ntki_flow_problem *const problem = &solver->problem;
    const int32_t kind = problem->loss->kind;
    if (problem->decay > 0)
        return minimum(solver, function, a, work);
    if (kind == NTK_LOSS_SQUARED || kind == NTK_LOSS_SQUARED_HINGE || kind == NTK_LOSS_HUBER)
        return rest(solver, function, a, work);
    return ntki_fail(problem->context, NTK_ERR_UNSUPPORTED, function,
                     kind == NTK_LOSS_FUNCTION
                         ? "a flow of the caller's loss (%s) may have no limit without weight decay"
                         : "a flow of %s has no limit without weight decay",
                     ntk_loss_kind_name(kind));
}

ntk_status ntki_smooth_solve(ntki_smooth *solver, const char *function, double t, double *a, ntki_flow_work *work) {
    ntki_flow_work done = {0};
    const ntk_status status =
        isinf(t) ? at_infinity(solver, function, a, &done) : at_time(solver, function, t, a, &done);
    if (status != NTK_SUCCESS)
        return status;
    done.factorisations = solver->stepper.system.factorisations;
    *work = done;
    return NTK_SUCCESS;
}

int64_t ntki_smooth_factorisations(const ntki_smooth *solver) { return solver->stepper.system.factorisations; }
