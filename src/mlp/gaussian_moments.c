/* E[phi(s z)^2] and E[phi'(s z)^2], z ~ N(0, 1), s = sqrt(q), over |z| < 38, where the density leaves the range of a
 * double. The breaks are even in z, and for s > 1 also in powers of 4 in x = s z, since activations change at |x| of
 * order one. */
#include "src/mlp/gaussian_moments.h"

#include <math.h>

enum { POINTS = NTKI_LEGENDRE_POINTS, BATCH = 64, MOST_BREAKS = 512 };

typedef struct {
    ntk_context *context;
    const char *function;
    const ntki_activation *activation;
    double s;
} moments_problem;

bool ntki_is_homogeneous(const ntki_activation *activation) {
    return activation->kind == NTK_ACTIVATION_NORMALISED_EXP;
}

/* phi' of one panel from phi at its points. */
static void differentiate(const ntki_legendre *rule, double half, const double *value, double *slope) {
    for (int i = 0; i < POINTS; i++) {
        double sum = 0;
        for (int j = 0; j < POINTS; j++)
            sum += rule->differentiate[i][j] * value[j];
        slope[i] = sum / half;
    }
}

static ntk_status slopes(const moments_problem *problem, const ntki_legendre *rule, int64_t count,
                         const ntki_panel *panel, const double *x, const double *value, double *slope) {
    const ntki_activation *const activation = problem->activation;
    if (activation->kind != NTK_ACTIVATION_FUNCTION || activation->derivative != NULL)
        return ntki_activation_derivatives(problem->context, problem->function, activation, count * POINTS, x, slope);
    for (int64_t p = 0; p < count; p++)
        differentiate(rule, problem->s * panel[p].half, value + p * POINTS, slope + p * POINTS);
    return NTK_SUCCESS;
}

/* At most BATCH panels. */
static ntk_status evaluate_batch(const moments_problem *problem, const ntki_legendre *rule, int64_t count,
                                 const ntki_panel *panel, double *values) {
    double x[BATCH * POINTS], value[BATCH * POINTS], slope[BATCH * POINTS];
    const double root_density = 0.63161877774606470129; /* (2 pi)^(-1/4) */
    const bool homogeneous = ntki_is_homogeneous(problem->activation);
    const double inner = homogeneous ? 1 : problem->s, outer = homogeneous ? problem->s : 1;
    for (int64_t i = 0; i < count * POINTS; i++)
        x[i] = inner * (panel[i / POINTS].centre + panel[i / POINTS].half * rule->point[i % POINTS]);
    ntk_status status =
        ntki_activation_values(problem->context, problem->function, problem->activation, count * POINTS, x, value);
    if (status != NTK_SUCCESS || (status = slopes(problem, rule, count, panel, x, value, slope)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < count * POINTS; i++) {
        const double z = x[i] / inner, root = root_density * exp(-0.25 * z * z);
        const double u = root * outer * value[i], v = root * slope[i];
        double *const out = values + (i / POINTS) * 2 * POINTS + i % POINTS;
        out[0] = u * u;
        out[POINTS] = v * v;
    }
    return NTK_SUCCESS;
}

static ntk_status evaluate(void *user, const ntki_legendre *rule, int64_t count, const ntki_panel *panel,
                           double *values) {
    ntk_status status = NTK_SUCCESS;
    for (int64_t p = 0; status == NTK_SUCCESS && p < count; p += BATCH)
        status = evaluate_batch(user, rule, count - p < BATCH ? count - p : BATCH, panel + p, values + p * 2 * POINTS);
    return status;
}

/* Keeps the breaks ascending and different. */
static void add_break(double *breaks, int64_t *count, double z) {
    int64_t at = *count;
    while (at > 0 && breaks[at - 1] > z)
        at--;
    if ((at > 0 && breaks[at - 1] == z) || *count == MOST_BREAKS)
        return;
    for (int64_t i = *count; i > at; i--)
        breaks[i] = breaks[i - 1];
    breaks[at] = z;
    ++*count;
}

static int64_t make_breaks(const ntki_activation *activation, double s, double *breaks) {
    const double most = 38, width = 2;
    int64_t count = 0;
    for (double z = -most; z <= most; z += width)
        add_break(breaks, &count, z);
    for (double x = 0.5; x / s < width; x *= 4) {
        add_break(breaks, &count, x / s);
        add_break(breaks, &count, -x / s);
    }
    for (int32_t i = 0; i < activation->kink_count; i++)
        if (fabs(activation->kinks[i]) < most * s)
            add_break(breaks, &count, activation->kinks[i] / s);
    return count;
}

ntk_status ntki_gaussian_moments_at(ntk_context *context, const char *function, ntki_quadrature *quadrature,
                                    const ntki_activation *activation, double q, ntki_gaussian_moments *moments) {
    moments_problem problem = {context, function, activation, sqrt(q)};
    double breaks[MOST_BREAKS], integral[2];
    const bool has_derivative = activation->kind != NTK_ACTIVATION_FUNCTION || activation->derivative != NULL;
    /* Of one halving; the halves themselves are far better. A derivative by differences carries 16^2 eps phi. */
    const double tolerance = has_derivative ? 1e-12 : 1e-9;
    const ntki_integrand integrand = {2, evaluate, &problem};
    const int64_t count = make_breaks(activation, problem.s, breaks);
    const ntk_status status = ntki_integrate(quadrature, &integrand, count, breaks, tolerance, integral);
    if (status != NTK_SUCCESS)
        return status;
    moments->value = integral[0];
    moments->slope = integral[1];
    return NTK_SUCCESS;
}
