/* The spectral radius of f' by the nonlinear power method [Sommeijer98, 3]: the difference of f at y and at y + v, with
 * v of a small length d, is f' v; it gives the next v. Power iteration finds the radius from below: hence the margin.
 * The direction is kept, so that the next estimate takes few products. Where f is out of range at
 * y + v, a shorter v takes its place, as a step that is too long is shortened. */
#include "lib/ode/rkc_stages.h"

#include <float.h>
#include <math.h>

#include "lib/ode/vector.h"

enum { MOST_PRODUCTS = 50 };

#define MARGIN 1.2
#define AGREEMENT 0.01    /* between two products */
#define PART_OF_STEP 0.01 /* d against the length of a step: f' is meant where the steps go */

typedef struct {
    const double *y, *direction; /* y + scale * (direction - minus) */
    const double *minus;         /* or NULL */
    double scale;
    double *out;
} move_job;

static void move_part(int64_t first, int64_t count, void *argument) {
    const move_job *const job = argument;
    for (int64_t i = first; i < first + count; i++)
        job->out[i] =
            job->y[i] + job->scale * (job->minus == NULL ? job->direction[i] : job->direction[i] - job->minus[i]);
}

/* direction = out - y */
static void keep_part(int64_t first, int64_t count, void *argument) {
    const move_job *const job = argument;
    for (int64_t i = first; i < first + count; i++)
        job->out[i] = job->direction[i] - job->minus[i];
}

static void keep_direction(ntki_rkc *rkc, const double *moved) {
    move_job job = {.direction = moved, .minus = rkc->y, .out = rkc->direction};
    ntki_vector_each(rkc->context, rkc->problem.n, keep_part, &job);
    rkc->at.has_direction = 1;
}

/* d as small as the rounding of y lets it be. */
static double least_length(const ntki_rkc *rkc, double slope) {
    const double size = ntki_vector_norm(rkc->context, rkc->problem.n, rkc->y, NULL);
    return sqrt(DBL_EPSILON) * (size > 0 ? size : slope);
}

typedef struct {
    const double *direction, *minus; /* v is along direction - minus; minus = NULL: 0 */
    double norm;                     /* |direction - minus| */
    double length, least;            /* d, and the smallest that may be tried */
    double most;                     /* longer ones were out of range */
    double *f;                       /* f(y + v) */
    double moved, change;            /* |v| after rounding, and |f(y + v) - f(y)| */
} probe;

/* Few steps however far `least` is, and a tenth at least. */
static double shorter(const probe *at) {
    return fmax(at->least, fmin(0.1 * at->length, sqrt(at->length) * sqrt(at->least)));
}

/* One difference, the longest one up to at->length that is in range. */
static ntk_status take_difference(ntki_rkc *rkc, const char *function, probe *at) {
    const ntki_ode_problem *const problem = &rkc->problem;
    for (;;) {
        const bool shortest = at->length <= at->least;
        move_job job = {rkc->y, at->direction, at->minus, at->length / at->norm, rkc->spare};
        ntki_vector_each(rkc->context, problem->n, move_part, &job);
        at->moved = ntki_vector_norm(rkc->context, problem->n, rkc->spare, rkc->y);
        ntk_status status = NTK_ERR_RANGE;
        if (isfinite(at->moved)) {
            status = shortest ? problem->f(problem->user, rkc->spare, at->f) : ntki_rkc_try(rkc, rkc->spare, at->f);
            if (status != NTK_SUCCESS && (shortest || status != NTK_ERR_RANGE))
                return status;
        }
        if (status == NTK_SUCCESS) {
            at->change = ntki_vector_norm(rkc->context, problem->n, at->f, rkc->f);
            if (at->moved == 0 || isfinite(at->change / at->moved))
                return NTK_SUCCESS;
        }
        if (shortest)
            return ntki_fail(rkc->context, NTK_ERR_RANGE, function, "the spectral radius exceeds the double range");
        at->length = at->most = shorter(at);
    }
}

/* Whether no v can be told from 0 in this direction. */
static bool is_still(const probe *at) { return at->length == 0 || !(at->least / at->norm <= DBL_MAX); }

ntk_status ntki_rkc_radius(ntki_rkc *rkc, const char *function) {
    const double slope = ntki_vector_norm(rkc->context, rkc->problem.n, rkc->f, NULL);
    double *other = rkc->y_before, radius = 0, last = 0;
    probe at = {.direction = rkc->at.has_direction ? rkc->direction : rkc->f, .most = DBL_MAX, .f = rkc->f_before};
    at.norm = ntki_vector_norm(rkc->context, rkc->problem.n, at.direction, NULL);
    at.least = least_length(rkc, slope);
    at.length = fmin(at.most, fmax(at.least, PART_OF_STEP * rkc->at.last_step * slope));
    if (is_still(&at)) {
        rkc->at.radius = 0;
        rkc->at.radius_age = 0;
        return NTK_SUCCESS;
    }
    for (int k = 0; k < MOST_PRODUCTS; k++) {
        const ntk_status status = take_difference(rkc, function, &at);
        if (status != NTK_SUCCESS)
            return status;
        last = radius;
        radius = at.moved > 0 ? at.change / at.moved : 0;
        double *const f = at.f; /* the next difference needs it */
        at = (probe){f, rkc->f, at.change, at.length, at.least, at.most, other, 0, 0};
        other = f;
        if (is_still(&at) || (k > 0 && fabs(radius - last) <= AGREEMENT * radius))
            break;
        at.length = fmin(at.most, fmax(at.length, sqrt(DBL_EPSILON) * slope / radius)); /* f' v must show beside f */
    }
    rkc->at.radius = fmin(MARGIN * fmax(radius, last), DBL_MAX);
    rkc->at.radius_age = 0;
    keep_direction(rkc, rkc->spare);
    return NTK_SUCCESS;
}
