/* The integrator: steps, their errors, and the choice of the next one [Sommeijer98]. The error of a step from y to z is
 * that of (4/5) (y - z) + (2/5) h (f(y) + f(z)), which is h^3 y''' / 15 to leading order; what is allowed is
 * tolerance * |y - o| (at the farther end) and some roundings of |y|. */
#include "lib/ode/rkc.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "lib/ode/rkc_stages.h"
#include "lib/ode/vector.h"

/* A spectral radius serves so many steps. */
enum { RADIUS_SERVES = 25, MOST_REFUSALS = 60 };

#define SAFETY 0.8
#define LEAST_FACTOR 0.1
#define MOST_FACTOR 10.0
#define ROUNDINGS 8.0
#define LEAST_ERROR 1e-10 /* smaller ones say as little of the next step */

/* ---- life ---- */

ntk_status ntki_rkc_create(ntk_context *context, const char *function, const ntki_ode_problem *problem,
                           ntki_rkc **out) {
    ntki_rkc *rkc = NULL;
    ntk_status status = ntki_allocate(context, function, 1, sizeof(*rkc), &rkc);
    if (status != NTK_SUCCESS)
        return status;
    *rkc = (ntki_rkc){.context = context, .problem = *problem};
    double **const vector[] = {&rkc->y_before, &rkc->f_before, &rkc->y, &rkc->f, &rkc->direction, &rkc->spare};
    for (size_t i = 0; status == NTK_SUCCESS && i < sizeof(vector) / sizeof(*vector); i++)
        if ((status = ntki_allocate_matrix(context, function, 1, problem->n, vector[i])) == NTK_SUCCESS)
            memset(*vector[i], 0, (size_t)problem->n * sizeof(double)); /* a run may be saved before they are used */
    if (status != NTK_SUCCESS) {
        ntki_rkc_destroy(rkc);
        return status;
    }
    *out = rkc;
    return NTK_SUCCESS;
}

void ntki_rkc_destroy(ntki_rkc *rkc) {
    if (rkc == NULL)
        return;
    double *const vector[] = {rkc->y_before, rkc->f_before, rkc->y, rkc->f, rkc->direction, rkc->spare};
    for (size_t i = 0; i < sizeof(vector) / sizeof(*vector); i++)
        ntki_release(rkc->context, vector[i]);
    ntki_release(rkc->context, rkc);
}

ntk_status ntki_rkc_begin(ntki_rkc *rkc, const char *function, double t, const double *y) {
    (void)function;
    rkc->at = (ntki_rkc_numbers){.before = t, .now = t, .radius_age = RADIUS_SERVES};
    memcpy(rkc->y, y, (size_t)rkc->problem.n * sizeof(double));
    return rkc->problem.f(rkc->problem.user, rkc->y, rkc->f);
}

/* ---- vectors ---- */

typedef struct {
    const double *y0, *f0, *y1, *f1;
    double move, slope0, slope1; /* what multiplies y1 - y0, f0, f1 */
    double *out;
} ends;

/* The error of a step divided by what is allowed. h multiplies the slopes first, and what is allowed divides last: h
 * over it may overflow where h f is 0. */
typedef struct {
    const double *y0, *f0, *y1, *f1;
    double h, allowed;
} step_ends;

static inline double error_at(const step_ends *job, int64_t i) {
    return (0.8 * (job->y0[i] - job->y1[i]) + 0.4 * (job->h * (job->f0[i] + job->f1[i]))) / job->allowed;
}

/* Several sums at a time, so that the additions need not wait for each other. */
enum { LANES = 8 };

static double error_term(int64_t first, int64_t count, void *argument) {
    const step_ends *const job = argument;
    double sum[LANES] = {0}, all = 0;
    int64_t i = first;
    for (; i + LANES <= first + count; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const double error = error_at(job, i + k);
            sum[k] += error * error;
        }
    for (int k = 0; k < LANES; k++)
        all += sum[k];
    for (; i < first + count; i++) {
        const double error = error_at(job, i);
        all += error * error;
    }
    return all;
}

/* The cubic through both ends with their slopes. */
static void cubic_part(int64_t first, int64_t count, void *argument) {
    const ends *const job = argument;
    for (int64_t i = first; i < first + count; i++)
        job->out[i] =
            job->y0[i] + (job->move * (job->y1[i] - job->y0[i]) + job->slope0 * job->f0[i] + job->slope1 * job->f1[i]);
}

void ntki_rkc_at(const ntki_rkc *rkc, double t, double *y) {
    const double h = rkc->at.now - rkc->at.before;
    if (t >= rkc->at.now || !(h > 0)) {
        memcpy(y, rkc->y, (size_t)rkc->problem.n * sizeof(double));
        return;
    }
    const double s = (t - rkc->at.before) / h;
    ends job = {.y0 = rkc->y_before, .f0 = rkc->f_before, .y1 = rkc->y, .f1 = rkc->f, .out = y};
    job.move = s * s * (3 - 2 * s);
    job.slope0 = h * s * (1 - s) * (1 - s);
    job.slope1 = -h * s * s * (1 - s);
    ntki_vector_each(rkc->context, rkc->problem.n, cubic_part, &job);
}

/* What is allowed of an error. */
static double allowance(const ntki_rkc *rkc, const double *y) {
    const int64_t n = rkc->problem.n;
    const double size = ntki_vector_norm(rkc->context, n, y, NULL);
    const double now = ntki_vector_norm(rkc->context, n, rkc->y, rkc->problem.origin);
    const double then = ntki_vector_norm(rkc->context, n, y, rkc->problem.origin);
    return rkc->problem.tolerance * fmax(now, then) + ROUNDINGS * DBL_EPSILON * size;
}

/* The error of a step to y, f(y), divided by what is allowed; not finite where it cannot be told. */
static double error_of(const ntki_rkc *rkc, double h, const double *y, const double *f) {
    step_ends job = {rkc->y, rkc->f, y, f, h, allowance(rkc, y)};
    if (job.allowed == 0) /* both ends are 0 */
        return 0;
    return isfinite(job.allowed) ? sqrt(ntki_vector_sum(rkc->context, rkc->problem.n, error_term, &job)) : INFINITY;
}

/* ---- the size of a step ---- */

/* From one step of Euler's: the change of f over 1 / rho tells how fast the solution turns. */
static ntk_status first_step(ntki_rkc *rkc) {
    const ntki_ode_problem *const problem = &rkc->problem;
    const double radius = rkc->at.radius, h = radius > 0 ? fmin(1 / radius, DBL_MAX) : 1;
    const double slope = ntki_vector_norm(rkc->context, problem->n, rkc->f, NULL);
    if (slope == 0) {
        rkc->at.step = h;
        return NTK_SUCCESS;
    }
    ends job = {.y0 = rkc->y, .y1 = rkc->y, .f0 = rkc->f, .f1 = rkc->f, .slope0 = h, .out = rkc->spare};
    ntki_vector_each(rkc->context, problem->n, cubic_part, &job);
    const ntk_status status = ntki_rkc_try(rkc, rkc->spare, rkc->f_before);
    if (status == NTK_ERR_RANGE) {
        rkc->at.step = h * LEAST_FACTOR;
        return NTK_SUCCESS;
    }
    if (status != NTK_SUCCESS)
        return status;
    const double turn = ntki_vector_norm(rkc->context, problem->n, rkc->f_before, rkc->f) / slope / problem->tolerance;
    rkc->at.step = turn > 0.01 ? 0.1 * h / sqrt(turn) : h;
    return NTK_SUCCESS;
}

/* The stages that a step of h takes; shortens h when these are too many. Rounding errors grow like s^2 eps. */
static int64_t stages_of(const ntki_rkc *rkc, double *h) {
    const double tolerance = fmax(rkc->problem.tolerance, 1e-12);
    const double most = fmax(2, fmin((double)rkc->problem.most_stages, sqrt(tolerance / (10 * DBL_EPSILON))));
    const double wanted = 1 + floor(sqrt(1 + 1.54 * (*h * rkc->at.radius)));
    if (wanted <= most)
        return wanted < 2 ? 2 : (int64_t)wanted;
    const double stages = floor(most);
    *h = (stages * stages - 1) / 1.54 / rkc->at.radius;
    return (int64_t)stages;
}

/* h times what the last two errors allow (PI); times what the last one allows before there are two. */
static double next_step(const ntki_rkc *rkc, double h, double error) {
    const double root = cbrt(error);
    double factor = MOST_FACTOR;
    if (rkc->at.last_step == 0) {
        factor = SAFETY < factor * root ? SAFETY / root : factor;
    } else {
        const double up = SAFETY * h * cbrt(rkc->at.last_error), down = rkc->at.last_step * root * root;
        factor = up < factor * down ? up / down : factor;
    }
    return fmin(h * fmax(LEAST_FACTOR, factor), DBL_MAX);
}

/* ---- a step ---- */

static void exchange(double **a, double **b) {
    double *const kept = *a;
    *a = *b;
    *b = kept;
}

/* Counts may come from a file. */
static void count_one(int64_t *count) { *count += *count < INT64_MAX; }

/* The new end is in y and f, of the memory of the end before and the spare. */
static void accept(ntki_rkc *rkc, double h, double error, bool in_spare) {
    rkc->at.step = next_step(rkc, h, error);
    rkc->at.last_step = h;
    rkc->at.last_error = fmax(error, LEAST_ERROR);
    rkc->at.before = rkc->at.now;
    rkc->at.now = fmin(rkc->at.now + h, DBL_MAX);
    count_one(&rkc->at.radius_age);
    count_one(&rkc->at.steps);
    if (in_spare)
        exchange(&rkc->spare, &rkc->y_before);
    exchange(&rkc->y, &rkc->y_before);
    exchange(&rkc->f, &rkc->f_before);
}

static ntk_status refuse_step(const ntki_rkc *rkc, const char *function, double h, bool in_range) {
    if (!in_range)
        return ntki_fail(rkc->context, NTK_ERR_CONVERGENCE, function,
                         "at t = %g the step became too small (%g): beyond it the slope is out of range or not finite",
                         rkc->at.now, h);
    return ntki_fail(
        rkc->context, NTK_ERR_CONVERGENCE, function,
        "at t = %g the step became too small (%g): the solution has a kink or a jump there, or the tolerance "
        "%g is too small",
        rkc->at.now, h, rkc->problem.tolerance);
}

/* What a new start and an old spectral radius need. */
static ntk_status make_ready(ntki_rkc *rkc, const char *function) {
    ntk_status status = NTK_SUCCESS;
    if (rkc->at.radius_age >= RADIUS_SERVES)
        status = ntki_rkc_radius(rkc, function);
    return status == NTK_SUCCESS && rkc->at.step == 0 ? first_step(rkc) : status;
}

/* One attempt at a step; its error, not finite when a stage was out of range. */
static ntk_status attempt(ntki_rkc *rkc, int64_t stages, double h, double *error) {
    const ntk_status status = ntki_rkc_stages(rkc, stages, h, rkc->y_before, rkc->spare, rkc->f_before);
    *error = INFINITY;
    if (status == NTK_SUCCESS)
        *error = error_of(rkc, h, stages % 2 == 1 ? rkc->spare : rkc->y_before, rkc->f_before);
    return status == NTK_ERR_RANGE ? NTK_SUCCESS : status;
}

/* Whatever is found on the way is kept in rkc->at, so that a call after a failure goes on as this one would have. */
static ntk_status take_step(ntki_rkc *rkc, const char *function) {
    double error = 0, h = 0;
    for (int refusals = 0; refusals < MOST_REFUSALS; refusals++) {
        ntk_status status = make_ready(rkc, function);
        if (status != NTK_SUCCESS)
            return status;
        h = fmin(rkc->at.step, fmin(DBL_MAX, DBL_MAX - rkc->at.now));
        const int64_t stages = stages_of(rkc, &h);
        if (!(rkc->at.now + h > rkc->at.now))
            break;
        if ((status = attempt(rkc, stages, h, &error)) != NTK_SUCCESS)
            return status;
        if (error <= 1) {
            accept(rkc, h, error, stages % 2 == 1);
            return NTK_SUCCESS;
        }
        count_one(&rkc->at.refused);
        rkc->at.step = h * (isfinite(error) ? fmax(LEAST_FACTOR, SAFETY / cbrt(error)) : LEAST_FACTOR);
        if (rkc->at.radius_age > 0)
            rkc->at.radius_age = RADIUS_SERVES;
    }
    return refuse_step(rkc, function, h, isfinite(error));
}

ntk_status ntki_rkc_step(ntki_rkc *rkc, const char *function) {
    const size_t bytes = (size_t)rkc->problem.n * sizeof(double);
    rkc->at.before = rkc->at.now; /* the end before is lost from here on */
    const ntk_status status = take_step(rkc, function);
    if (status != NTK_SUCCESS) { /* what a trial left there need not be finite */
        memcpy(rkc->y_before, rkc->y, bytes);
        memcpy(rkc->f_before, rkc->f, bytes);
    }
    return status;
}
