/* One step of s stages [Sommeijer98, 2.3-2.9], with T_j the Chebyshev polynomials, w0 = 1 + (2/13) / s^2,
 * w1 = T_s'(w0) / T_s''(w0), b_j = T_j''(w0) / T_j'(w0)^2 (b_0 = b_1 = b_2) and a_j = 1 - b_j T_j(w0):
 *   Y_0 = y,   Y_1 = y + b_1 w1 h f(y),
 *   Y_j = (1 - mu - nu) y + mu Y_{j-1} + nu Y_{j-2} + m h (f(Y_{j-1}) - a_{j-1} f(y)),
 *   mu = 2 w0 b_j / b_{j-1},   nu = -b_j / b_{j-2},   m = 2 w1 b_j / b_{j-1}.
 * Written with differences from y, so that where f is 0, Y_j is y to the bit. */
#include "lib/ode/rkc_stages.h"

#include <math.h>
#include <string.h>

#include "lib/ode/vector.h"

ntk_status ntki_rkc_try(const ntki_rkc *rkc, const double *y, double *dy) {
    char sentence[NTKI_ERROR_LENGTH];
    ntk_context *const context = rkc->context;
    const ntk_status last = context->last_status;
    memcpy(sentence, context->last_error, sizeof(sentence));
    const ntk_status status = rkc->problem.f(rkc->problem.user, y, dy);
    if (status != NTK_ERR_RANGE && status != NTK_ERR_NOT_FINITE)
        return status;
    memcpy(context->last_error, sentence, sizeof(sentence)); /* no failure yet, and no sentence */
    context->last_status = last;
    return NTK_ERR_RANGE;
}

/* T_j, T_j', T_j'' at w0, and b_j, for one j. */
typedef struct {
    double t, first, second, b;
} chebyshev;

/* From those of j - 1 and j - 2. */
static chebyshev next_chebyshev(double w0, const chebyshev *last, const chebyshev *before) {
    chebyshev next = {.t = 2 * w0 * last->t - before->t,
                      .first = 2 * w0 * last->first - before->first + 2 * last->t,
                      .second = 2 * w0 * last->second - before->second + 4 * last->first};
    next.b = next.second / (next.first * next.first);
    return next;
}

/* T_s'(w0) / T_s''(w0) */
static double second_scale(int64_t stages, double w0) {
    const double square = w0 * w0 - 1, root = sqrt(square);
    const double angle = (double)stages * log(w0 + root);
    return sinh(angle) * square / (cosh(angle) * (double)stages * root - w0 * sinh(angle));
}

typedef struct {
    const double *y, *f0, *last, *f; /* f = f(last); last = NULL: stage 1 */
    double *out;                     /* Y_{j-2}, and then Y_j */
    double h, mu, nu, slope, start;  /* start: what multiplies h f(y) */
} stage_job;

/* h multiplies the slopes first: h times a coefficient may overflow where h f is 0. */
static void stage_part(int64_t first, int64_t count, void *argument) {
    const stage_job *const job = argument;
    const double h = job->h, mu = job->mu, nu = job->nu, slope = job->slope, start = job->start;
    const double *const y = job->y + first, *const f0 = job->f0 + first;
    double *const out = job->out + first;
    if (job->last == NULL) {
        for (int64_t i = 0; i < count; i++)
            out[i] = y[i] + start * (h * f0[i]);
        return;
    }
    const double *const last = job->last + first, *const f = job->f + first;
    for (int64_t i = 0; i < count; i++)
        out[i] = y[i] + (mu * (last[i] - y[i]) + nu * (out[i] - y[i]) + slope * (h * f[i]) + start * (h * f0[i]));
}

static void copy_part(int64_t first, int64_t count, void *argument) {
    const stage_job *const job = argument;
    for (int64_t i = first; i < first + count; i++)
        job->out[i] = job->y[i];
}

ntk_status ntki_rkc_stages(const ntki_rkc *rkc, int64_t stages, double h, double *even, double *odd, double *f) {
    const ntki_ode_problem *const problem = &rkc->problem;
    const double s = (double)stages, w0 = 1 + 2 / (13 * s * s), w1 = second_scale(stages, w0);
    chebyshev before = {1, 0, 0, 0}, last = {w0, 1, 0, 0};
    before.b = last.b = 1 / (4 * w0 * w0);
    stage_job job = {.y = rkc->y, .f0 = rkc->f, .out = even, .h = h};
    ntki_vector_each(rkc->context, problem->n, copy_part, &job);
    job.out = odd;
    job.start = last.b * w1;
    ntki_vector_each(rkc->context, problem->n, stage_part, &job);
    for (int64_t j = 2; j <= stages; j++) {
        double *const newest = j % 2 == 0 ? odd : even, *const out = j % 2 == 0 ? even : odd;
        const ntk_status status = ntki_rkc_try(rkc, newest, f);
        if (status != NTK_SUCCESS)
            return status;
        const chebyshev next = next_chebyshev(w0, &last, &before);
        const double slope = 2 * w1 * next.b / last.b;
        job = (stage_job){.y = rkc->y,
                          .f0 = rkc->f,
                          .last = newest,
                          .f = f,
                          .out = out,
                          .mu = 2 * w0 * next.b / last.b,
                          .nu = -next.b / before.b,
                          .h = h,
                          .slope = slope,
                          .start = -slope * (1 - last.b * last.t)};
        ntki_vector_each(rkc->context, problem->n, stage_part, &job);
        before = last;
        last = next;
    }
    return ntki_rkc_try(rkc, stages % 2 == 0 ? even : odd, f);
}
