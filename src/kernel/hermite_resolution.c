/* How fine a grid has to be. */
#include <float.h>
#include <math.h>

#include "lib/memory/memory.h"
#include "src/kernel/hermite_parts.h"

static const double most_frequency = 6e4; /* some 130,000 nodes of the trapezoid rule */
static const double least_reach = 14;     /* there the density is 1e-43 */
static const double most_reach = 38;      /* its root is still a normal number */

static ntk_status moments_at(const ntki_series_job *job, ntki_resolution resolution, double s, ntki_moments *moments) {
    ntki_grid grid = {0};
    double *block = NULL;
    ntk_status status = ntki_grid_create(job, resolution, s, &grid);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(job->context, job->function, 6, grid.count, &block);
    if (status == NTK_SUCCESS) {
        const ntki_samples samples = {block, block + 2 * grid.count, block + 4 * grid.count};
        status = ntki_sample(job, &grid, resolution, s, &samples);
        if (status == NTK_SUCCESS)
            *moments = ntki_find_moments(&grid, &samples);
    }
    ntki_release(job->context, block);
    ntki_grid_destroy(job, &grid);
    return status;
}

/* Up to rounding: of the sums, of the caller's function, and of differences in place of phi'. */
static bool agree(const ntki_series_job *job, double s, const ntki_moments *a, const ntki_moments *b) {
    const bool callers = job->activation->kind == NTK_ACTIVATION_FUNCTION;
    const bool differences = callers && job->activation->derivative == NULL;
    const double allowed = differences ? 1e-12
                           : callers   ? fmax(64 * DBL_EPSILON, job->tolerance * 0x1p-10)
                                       : 64 * DBL_EPSILON;
    const double rms = sqrt(a->square), slope = sqrt(a->slope_square), noise = differences ? rms / s : 0;
    return fabs(a->square - b->square) <= allowed * a->square && fabs(a->mean - b->mean) <= allowed * rms &&
           fabs(a->first - b->first) <= allowed * (slope + noise) &&
           fabs(a->slope_square - b->slope_square) <= allowed * slope * (slope + noise);
}

/* E[z phi(s z)] = s E[phi'(s z)] fails where phi jumps, where phi' is another function's, and where a grid is so coarse that
 * it misses a steep part. */
static bool is_derivative(double s, const ntki_moments *moments) {
    const double size = sqrt(moments->square) + s * sqrt(moments->slope_square);
    return fabs(moments->along - s * moments->first) <= 1e-9 * size;
}

/* Whether nothing counts beyond the reach: phi^2 and phi'^2 times the density are below 1e-34 of their integrals there. */
static ntk_status is_far_enough(const ntki_series_job *job, double s, double reach, const ntki_moments *moments,
                                bool *far) {
    const double point[2] = {s * reach, -s * reach}, density = 0.4 * exp(-0.5 * reach * reach);
    double phi[2], slope[2] = {0, 0};
    const bool known = job->activation->kind != NTK_ACTIVATION_FUNCTION || job->activation->derivative != NULL;
    ntk_status status = ntki_activation_values(job->context, job->function, job->activation, 2, point, phi);
    if (status == NTK_SUCCESS && known)
        status = ntki_activation_derivatives(job->context, job->function, job->activation, 2, point, slope);
    *far = true;
    for (int i = 0; status == NTK_SUCCESS && i < 2; i++)
        *far = *far && phi[i] * phi[i] * density <= 1e-34 * moments->square &&
               slope[i] * slope[i] * density <= 1e-34 * moments->slope_square;
    return status;
}

/* In steps of a quarter: the error falls exponentially with the frequency, so that of the finer of two rules that agree is
 * far below what they agree to. */
static ntk_status refine(const ntki_series_job *job, double s, ntki_resolution *resolution, ntki_moments *moments,
                         bool *settled) {
    const double start = job->activation->kind == NTK_ACTIVATION_FUNCTION ? 40 : 10;
    ntki_moments coarser;
    *settled = false;
    resolution->frequency = start * (s > 1 ? s : 1);
    if (!(resolution->frequency < most_frequency))
        return NTK_SUCCESS;
    ntk_status status = moments_at(job, *resolution, s, moments);
    while (status == NTK_SUCCESS && !*settled && resolution->frequency < most_frequency) {
        resolution->frequency *= 1.25;
        coarser = *moments;
        status = moments_at(job, *resolution, s, moments);
        *settled = status == NTK_SUCCESS && agree(job, s, &coarser, moments) && is_derivative(s, moments);
    }
    return status;
}

int ntki_series_class(double s) {
    int exponent;
    const bool upper = frexp(s, &exponent) > 0.70710678118654752440;
    const int own = upper ? 2 * exponent : 2 * exponent - 1;
    return own > NTKI_LEAST_CLASS ? own : NTKI_LEAST_CLASS;
}

ntk_status ntki_find_resolution(const ntki_series_job *job, int own, ntki_resolution *resolution) {
    const double s = exp2(0.5 * own);
    ntki_moments moments = {0};
    bool settled = true, far = false;
    ntk_status status = NTK_SUCCESS;
    resolution->reach = least_reach;
    while (status == NTK_SUCCESS && settled && !far && resolution->reach <= most_reach) {
        status = refine(job, s, resolution, &moments, &settled);
        if (status == NTK_SUCCESS)
            status = is_far_enough(job, s, resolution->reach, &moments, &far);
        if (!far)
            resolution->reach += 4;
    }
    if (status == NTK_SUCCESS && !isfinite(moments.square))
        return ntki_fail(job->context, NTK_ERR_RANGE, job->function,
                         "the activation of layer %lld has no finite mean square for inputs of standard deviation %g",
                         (long long)job->layer, s);
    if (status == NTK_SUCCESS && !settled)
        return ntki_fail(
            job->context, NTK_ERR_ACCURACY, job->function,
            "the activation of layer %lld could not be integrated for inputs of standard deviation %g: it is "
            "too steep, jumps, or its derivative is another function's",
            (long long)job->layer, s);
    if (status == NTK_SUCCESS && !far)
        return ntki_fail(
            job->context, NTK_ERR_ACCURACY, job->function,
            "the activation of layer %lld grows too fast to be integrated for inputs of standard deviation %g",
            (long long)job->layer, s);
    return status;
}
