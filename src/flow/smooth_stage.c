/* F = r - K x, x = scale W dloss/df(F).
 *
 * With g linearised at the current F, x solves (I + S K) x = scale W g(F) + S (r - F), and F = r - K x follows
 * [RasmussenWilliams06, algorithm 3.1]. So x and F always belong to each other, however stiff K S is, and the guess of F that the
 * iteration starts from is only where the loss is linearised. */
#include "src/flow/smooth.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "src/loss/loss.h"

enum { MOST_ITERATIONS = 30, MOST_NEWTON = 300, MOST_HALVINGS = 40 };

/* Slower than this a factorisation pays. */
static const double slow = 0.4;

ntk_status ntki_stage_gradient(const ntki_flow_problem *problem, const char *function, const double *f, double *grad) {
    const int64_t c = problem->c;
    for (int64_t i = 0; i < problem->n * c; i++)
        if (!isfinite(f[i]))
            return ntki_fail(problem->context, NTK_ERR_RANGE, function, "f_t(X) exceeds the double range at row %lld",
                             (long long)(i / c));
    const ntk_status status =
        ntki_loss_gradient(problem->loss, problem->context, function, problem->n, c, f, problem->y, grad);
    for (int64_t i = 0; status == NTK_SUCCESS && problem->weights != NULL && i < problem->n; i++)
        for (int64_t k = 0; k < c; k++)
            grad[i * c + k] *= problem->weights[i];
    return status;
}

/* The next x in stage->product, K x in stage->kx and F in stage->trial. Once x and F belong to each other, it is the change of
 * x that is solved for: its rounding errors shrink with it. */
static void iterate(ntki_system *system, const ntki_stage *stage, bool belong) {
    const ntki_flow_problem *const problem = system->problem;
    const int64_t all = problem->n * problem->c;
    double *const q = stage->step, *const x = stage->product;
    if (!belong) {
        for (int64_t i = 0; i < all; i++) {
            stage->trial[i] = stage->r[i] - stage->f[i];
            stage->x[i] = 0;
        }
        ntki_system_curve(system, stage->trial, q);
        for (int64_t i = 0; i < all; i++)
            q[i] += stage->scale * stage->grad[i];
    } else {
        for (int64_t i = 0; i < all; i++)
            q[i] = stage->scale * stage->grad[i] - stage->x[i];
    }
    ntki_smooth_multiply(problem, q, stage->trial);
    ntki_system_solve(system, stage->trial, x);
    for (int64_t i = 0; i < all; i++)
        x[i] = stage->x[i] + (q[i] - x[i]);
    ntki_smooth_multiply(problem, x, stage->kx);
    for (int64_t i = 0; i < all; i++)
        stage->trial[i] = stage->r[i] - stage->kx[i];
}

/* How far F would go. */
static double proposed(const ntki_system *system, const ntki_stage *stage) {
    double change = 0;
    for (int64_t i = 0; i < system->problem->n * system->problem->c; i++)
        change = fmax(change, fabs(stage->trial[i] - stage->f[i]));
    return change;
}

/* Takes trial and product over; returns the largest change of F, NaN when it is none. */
static double take(const ntki_system *system, const ntki_stage *stage) {
    const int64_t all = system->problem->n * system->problem->c;
    double change = 0;
    for (int64_t i = 0; i < all; i++) {
        const double moved = fabs(stage->trial[i] - stage->f[i]);
        change = moved <= change ? change : moved;
        stage->f[i] = stage->trial[i];
        stage->x[i] = stage->product[i];
    }
    return change;
}

/* Failures at a point that was only tried. */
static bool only_tried(ntk_status status) { return status == NTK_ERR_RANGE || status == NTK_ERR_NOT_FINITE; }

/* How steep the cost is along the step from F that `part` of the way is gone: -(K dx)' (scale g - x) without the sign of
 * a cost in the norm of K. trial and product hold the ends, stage->kx the point F in between. */
static ntk_status slope_at(ntki_system *system, const char *function, const ntki_stage *stage, double part,
                           double *slope) {
    const int64_t all = system->problem->n * system->problem->c;
    for (int64_t i = 0; i < all; i++)
        stage->kx[i] = stage->f[i] + part * (stage->trial[i] - stage->f[i]);
    const ntk_status status = ntki_stage_gradient(system->problem, function, stage->kx, stage->grad);
    *slope = 0;
    for (int64_t i = 0; status == NTK_SUCCESS && i < all; i++) {
        const double x = stage->x[i] + part * (stage->product[i] - stage->x[i]);
        *slope -= (stage->trial[i] - stage->f[i]) * (x - stage->scale * stage->grad[i]);
    }
    return status;
}

/* How much of the Newton step to go: all of it, unless the cost is by then rising, or where it is flattest. At a kink its
 * slope may jump from falling to rising: then just beyond, where Newton's method sees the other side. */
static ntk_status search(ntki_system *system, const char *function, const ntki_stage *stage, double *part) {
    double first = 0, slope = 0, low = 0, high = 1;
    ntk_status status = slope_at(system, function, stage, 0, &first);
    *part = 1;
    for (int32_t i = 0; i < MOST_HALVINGS && status == NTK_SUCCESS; i++) {
        status = slope_at(system, function, stage, *part, &slope);
        if (status != NTK_SUCCESS && !only_tried(status))
            return status;
        const bool rises = status != NTK_SUCCESS || slope > 0.5 * fabs(first);
        status = NTK_SUCCESS;
        if (!rises && (*part == 1 || slope >= -0.5 * fabs(first)))
            break;
        if (rises)
            high = *part;
        else
            low = *part;
        *part = high - low <= 1e-4 * high ? high : low > 0 ? (low + high) / 2 : high / 8;
        if (*part == high)
            break;
    }
    return status;
}

static double go(const ntki_system *system, const ntki_stage *stage, double part) {
    const int64_t all = system->problem->n * system->problem->c;
    for (int64_t i = 0; part < 1 && i < all; i++) {
        stage->trial[i] = stage->f[i] + part * (stage->trial[i] - stage->f[i]);
        stage->product[i] = stage->x[i] + part * (stage->product[i] - stage->x[i]);
    }
    for (int64_t i = 0; i < all; i++)
        stage->kx[i] = stage->r[i] - stage->trial[i];
    return take(system, stage);
}

/* What an iteration is by now. */
typedef struct {
    double change,
        rate;   /* the last change of F, and by what it is less than the one before; infinite and 1: not known */
    bool hard;  /* from here on Newton's method without simplification */
    bool fresh; /* factored at this F */
} progress;

/* Factors where there is nothing yet, or where what there is has made the iteration slow: then at every F, since where a
 * kink is crossed each F has a curvature of its own. */
static ntk_status refresh(ntki_system *system, const char *function, const ntki_stage *stage, int32_t iteration,
                          progress *at, bool *solvable) {
    at->hard = at->hard || (at->rate > slow && iteration > 1);
    *solvable = true;
    at->fresh = !system->ready || at->hard;
    if (!at->fresh)
        return NTK_SUCCESS;
    return ntki_system_factor(system, function, stage->scale, stage->f, stage->grad, solvable);
}

ntk_status ntki_stage_solve(ntki_system *system, const char *function, const ntki_stage *stage, bool *converged) {
    progress at = {INFINITY, 1, false, false};
    *converged = false;
    for (int32_t i = 0; i < MOST_ITERATIONS; i++) {
        bool solvable = false;
        double part = 1;
        ntk_status status = ntki_stage_gradient(system->problem, function, stage->f, stage->grad);
        if (status == NTK_SUCCESS)
            status = refresh(system, function, stage, i, &at, &solvable);
        if (status == NTK_SUCCESS && !solvable)
            return NTK_SUCCESS;
        if (status == NTK_SUCCESS) {
            iterate(system, stage, i > 0);
            if (at.fresh && i > 0 && proposed(system, stage) > stage->tolerance)
                status = search(system, function, stage, &part);
        }
        if (status != NTK_SUCCESS)
            return only_tried(status) ? NTK_SUCCESS : status; /* the guess is such a point too */
        const double before = at.change;
        at.change = go(system, stage, part);
        if (!isfinite(at.change))
            return NTK_SUCCESS;
        at.rate = isfinite(before) ? at.change / before : 1;
        const double left = at.rate < 0.9 ? at.change * fmax(1, at.rate / (1 - at.rate)) : INFINITY;
        const double enough = at.fresh && i > 0 ? stage->tolerance : stage->tolerance / 100;
        *converged = part == 1 && (left <= stage->tolerance || at.change <= enough);
        if (*converged)
            return NTK_SUCCESS;
    }
    return NTK_SUCCESS;
}

/* ---- the minimum ---- */

ntk_status ntki_stage_minimise(ntki_system *system, const char *function, const ntki_stage *stage, double *error,
                               int64_t *iterations) {
    const ntki_flow_problem *const problem = system->problem;
    const int64_t all = problem->n * problem->c;
    double before = INFINITY;
    ntk_status status;
    memcpy(stage->f, stage->r, (size_t)all * sizeof(double));
    memset(stage->x, 0, (size_t)all * sizeof(double));
    for (*iterations = 1; *iterations <= MOST_NEWTON; (*iterations)++) {
        bool solvable = false;
        double part = 1;
        if ((status = ntki_progress(problem->context, function, 0, "minimum")) != NTK_SUCCESS ||
            (status = ntki_stage_gradient(problem, function, stage->f, stage->grad)) != NTK_SUCCESS ||
            (status = ntki_system_factor(system, function, stage->scale, stage->f, stage->grad, &solvable)) !=
                NTK_SUCCESS)
            return status;
        if (!solvable)
            return ntki_fail(problem->context, NTK_ERR_NOT_POSITIVE, function,
                             "the Gram matrix has an eigenvalue that is negative beyond rounding");
        iterate(system, stage, true);
        const double noise = 16 * ntki_smooth_rounding(problem, stage->product), whole = proposed(system, stage);
        const double far = 1e-9 * fmax(1, ntki_smooth_largest(all, stage->trial));
        if (whole > fmax(far, noise) && (status = search(system, function, stage, &part)) != NTK_SUCCESS)
            return status;
        const double change = go(system, stage, part);
        const double size = fmax(1, ntki_smooth_largest(all, stage->f));
        if (!isfinite(change))
            return ntki_fail(problem->context, NTK_ERR_RANGE, function,
                             "f(X) at t = infinity exceeds the double range");
        if (part == 1 && (change <= 4 * DBL_EPSILON * size + noise || (change < 1e-9 * size && change > before / 2))) {
            *error = (change + noise) / size;
            return NTK_SUCCESS;
        }
        before = whole;
    }
    return ntki_fail(problem->context, NTK_ERR_CONVERGENCE, function,
                     "Newton's method did not find the minimum at t = infinity in %d steps", (int)MOST_NEWTON);
}
