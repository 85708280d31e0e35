/* Integrals over z ~ N(0, 1) of phi(s z) times anything: the trapezoid rule, whose error for analytic integrands falls
 * exponentially (Trefethen and Weideman 2014), and Gauss-Legendre panels where phi has kinks or comes without phi'. */
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "lib/quadrature/quadrature.h"
#include "src/kernel/hermite_parts.h"

bool ntki_grid_is_shared(const ntki_activation *activation) { return activation->kink_count == 0; }

static bool wants_panels(const ntki_activation *activation) {
    const bool callers = activation->kind == NTK_ACTIVATION_FUNCTION;
    return callers && (activation->derivative == NULL || activation->kink_count > 0);
}

static ntk_status allocate_grid(const ntki_series_job *job, int64_t count, bool panels, ntki_grid *grid) {
    double *block = NULL;
    *grid = (ntki_grid){.count = count, .folded = !panels};
    const ntk_status status = ntki_allocate_matrix(job->context, job->function, panels ? 4 : 3, count, &block);
    if (status != NTK_SUCCESS)
        return status;
    grid->node = block;
    grid->weight = block + count;
    grid->root = block + 2 * count;
    grid->half = panels ? block + 3 * count : NULL;
    return NTK_SUCCESS;
}

static void set_node(const ntki_grid *grid, int64_t k, double z, double length) {
    const double root_density = 0.63161877774606470129 * exp(-0.25 * z * z); /* (2 pi)^(-1/4) */
    grid->node[k] = z;
    grid->root[k] = length * root_density;
    grid->weight[k] = length * (root_density * root_density);
}

/* The ends of the pieces between kinks: returns their number. */
static int find_pieces(const ntki_activation *activation, double s, double reach, double *end) {
    int count = 0;
    end[0] = -reach;
    for (int i = 0; i < activation->kink_count; i++) {
        const double z = activation->kinks[i] / s;
        if (z > end[count] && z < reach)
            end[++count] = z;
    }
    end[++count] = reach;
    return count;
}

/* A panel resolves frequencies up to 24 / length with some 16 digits to spare at half of that. */
static int64_t panels_of(double length, double frequency) { return 1 + (int64_t)(length * frequency / 24); }

ntk_status ntki_grid_create(const ntki_series_job *job, ntki_resolution resolution, double s, ntki_grid *grid) {
    const double reach = resolution.reach, pi = 3.14159265358979323846;
    if (!wants_panels(job->activation)) {
        const double step = 2 * pi / resolution.frequency;
        const int64_t count = 1 + (int64_t)(reach / step);
        const ntk_status status = allocate_grid(job, count, false, grid);
        for (int64_t k = 0; status == NTK_SUCCESS && k < count; k++)
            set_node(grid, k, ((double)k + 0.5) * step, step);
        return status;
    }
    ntki_legendre rule;
    double end[NTKI_ACTIVATION_KINKS + 2];
    ntki_legendre_make(&rule);
    const int pieces = find_pieces(job->activation, s, reach, end);
    int64_t panels = 0, at = 0;
    for (int p = 0; p < pieces; p++)
        panels += panels_of(end[p + 1] - end[p], resolution.frequency);
    const ntk_status status = allocate_grid(job, NTKI_LEGENDRE_POINTS * panels, true, grid);
    for (int p = 0; status == NTK_SUCCESS && p < pieces; p++) {
        const int64_t count = panels_of(end[p + 1] - end[p], resolution.frequency);
        const double half = 0.5 * (end[p + 1] - end[p]) / (double)count;
        for (int64_t panel = 0; panel < count; panel++)
            for (int k = 0; k < NTKI_LEGENDRE_POINTS; k++, at++) {
                set_node(grid, at, end[p] + half * ((double)(2 * panel + 1) + rule.point[k]), half * rule.weight[k]);
                grid->half[at] = half;
            }
    }
    return status;
}

void ntki_grid_destroy(const ntki_series_job *job, ntki_grid *grid) {
    ntki_release(job->context, grid->node);
    *grid = (ntki_grid){0};
}

/* d/dz of values at the nodes of panels. */
static void differentiate_panels(const ntki_grid *grid, const double *value, double *derivative) {
    ntki_legendre rule;
    ntki_legendre_make(&rule);
    for (int64_t first = 0; first < grid->count; first += NTKI_LEGENDRE_POINTS)
        for (int k = 0; k < NTKI_LEGENDRE_POINTS; k++) {
            double sum = 0; /* of differences: rows of the matrix sum to 0 */
            for (int l = 0; l < NTKI_LEGENDRE_POINTS; l++)
                sum += rule.differentiate[k][l] * (value[first + l] - value[first + k]);
            derivative[first + k] = sum / grid->half[first];
        }
}

/* Values at the nodes of panels, interpolated at z; from the barycentric weights of the rule. */
static double interpolate(const ntki_grid *grid, const ntki_legendre *rule, const double *barycentric,
                          const double *value, double z) {
    int64_t first = 0, last = grid->count / NTKI_LEGENDRE_POINTS - 1;
    while (first < last) { /* the panel that ends at or above z */
        const int64_t middle = (first + last) / 2, node = middle * NTKI_LEGENDRE_POINTS;
        const double end = grid->node[node] + grid->half[node] * (1 - rule->point[0]);
        const bool origin = fabs(end) < 1e-12 * grid->half[node]; /* 0, where z may be far smaller than a rounding */
        if (z > (origin ? 0 : end))
            first = middle + 1;
        else
            last = middle;
    }
    double above = 0, below = 0;
    for (int k = 0; k < NTKI_LEGENDRE_POINTS; k++) {
        const int64_t node = first * NTKI_LEGENDRE_POINTS + k;
        if (!(z < grid->node[node] || z > grid->node[node]))
            return value[node];
        const double share = barycentric[k] / (z - grid->node[node]);
        above += share * value[node];
        below += share;
    }
    return above / below;
}

/* slope = phi' at the nodes of `grid`, from values of phi at those of `reference`, for inputs of standard deviation wide. */
static ntk_status differentiate_wide(const ntki_series_job *job, const ntki_grid *grid, const ntki_grid *reference,
                                     double ratio, double wide, double *slope) {
    double *work = NULL, barycentric[NTKI_LEGENDRE_POINTS];
    ntki_legendre rule;
    ntk_status status = ntki_allocate_matrix(job->context, job->function, 3, reference->count, &work);
    if (status != NTK_SUCCESS)
        return status;
    double *const phi = work + reference->count, *const wide_slope = phi + reference->count;
    ntki_legendre_make(&rule);
    for (int k = 0; k < NTKI_LEGENDRE_POINTS; k++)
        barycentric[k] = (k % 2 == 0 ? 1 : -1) * sqrt((1 - rule.point[k] * rule.point[k]) * rule.weight[k]);
    for (int64_t k = 0; k < reference->count; k++)
        work[k] = wide * reference->node[k];
    status = ntki_activation_values(job->context, job->function, job->activation, reference->count, work, phi);
    if (status == NTK_SUCCESS)
        differentiate_panels(reference, phi, wide_slope);
    for (int64_t k = 0; status == NTK_SUCCESS && k < grid->count; k++)
        slope[k] = interpolate(reference, &rule, barycentric, wide_slope, ratio * grid->node[k]) / wide;
    ntki_release(job->context, work);
    return status;
}

/* phi' of a phi that comes without it. Where s is small, s z covers too little of phi for a difference to be accurate: phi'
 * is taken from inputs of the smallest standard deviation that has a resolution of its own. */
static ntk_status differentiate(const ntki_series_job *job, const ntki_grid *grid, ntki_resolution resolution, double s,
                                const ntki_samples *samples) {
    const double wide = ldexp(1, NTKI_LEAST_CLASS / 2);
    if (s >= wide) {
        differentiate_panels(grid, samples->phi, samples->slope);
        for (int64_t k = 0; k < grid->count; k++)
            samples->slope[k] /= s;
        return NTK_SUCCESS;
    }
    ntki_grid reference = {0};
    ntk_status status = ntki_grid_create(job, resolution, wide, &reference);
    if (status == NTK_SUCCESS)
        status = differentiate_wide(job, grid, &reference, s / wide, wide, samples->slope);
    ntki_grid_destroy(job, &reference);
    return status;
}

static int32_t parity_of(const ntki_activation *activation) {
    return activation->kind == NTK_ACTIVATION_TANH ? NTK_PARITY_ODD : activation->parity;
}

ntk_status ntki_sample(const ntki_series_job *job, const ntki_grid *grid, ntki_resolution resolution, double s,
                       const ntki_samples *samples) {
    const ntki_activation *const activation = job->activation;
    const int64_t count = grid->count;
    const int32_t parity = parity_of(activation);
    const int64_t points = grid->folded && parity == NTK_PARITY_NONE ? 2 * count : count;
    for (int64_t k = 0; k < points; k++)
        samples->point[k] = k < count ? s * grid->node[k] : -samples->point[k - count];
    ntk_status status =
        ntki_activation_values(job->context, job->function, activation, points, samples->point, samples->phi);
    if (status != NTK_SUCCESS)
        return status;
    if (activation->kind == NTK_ACTIVATION_FUNCTION && activation->derivative == NULL)
        return differentiate(job, grid, resolution, s, samples);
    status =
        ntki_activation_derivatives(job->context, job->function, activation, points, samples->point, samples->slope);
    for (int64_t k = points; grid->folded && k < 2 * count; k++) {
        const double sign = parity == NTK_PARITY_ODD ? -1 : 1;
        samples->phi[k] = sign * samples->phi[k - count];
        samples->slope[k] = -sign * samples->slope[k - count];
    }
    return status;
}

/* Compensated summation (Kahan 1965). */
typedef struct {
    double sum, rest;
} compensated;

static void add(compensated *total, double term) {
    const double corrected = term - total->rest, sum = total->sum + corrected;
    total->rest = (sum - total->sum) - corrected;
    total->sum = sum;
}

ntki_moments ntki_find_moments(const ntki_grid *grid, const ntki_samples *samples) {
    compensated mean = {0}, first = {0}, square = {0}, slope_square = {0}, along = {0};
    for (int64_t k = grid->count - 1; k >= 0; k--) {
        const double weight = grid->weight[k];
        const double f = samples->phi[k], d = samples->slope[k];
        const double g = grid->folded ? samples->phi[grid->count + k] : 0;
        const double e = grid->folded ? samples->slope[grid->count + k] : 0;
        add(&mean, weight * (f + g));
        add(&first, weight * (d + e));
        add(&square, weight * (f * f + g * g));
        add(&slope_square, weight * (d * d + e * e));
        add(&along, weight * grid->node[k] * (f - g));
    }
    const ntki_moments moments = {mean.sum, first.sum, square.sum, slope_square.sum, along.sum};
    return moments;
}
