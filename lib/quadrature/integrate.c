/* Adaptive integration, one generation of panels after the other: each is compared with its two halves, which
 * replace it; those that differ are halved again. The comparison bounds the error of the parent; the halves are
 * better by some 2^32. */
#include <math.h>

#include "lib/memory/memory.h"
#include "lib/quadrature/quadrature.h"

enum { PANELS = NTKI_QUADRATURE_PANELS, COMPONENTS = NTKI_QUADRATURE_COMPONENTS, GENERATIONS = 60 };

/* A panel with its integrals. */
typedef struct {
    ntki_panel panel;
    double integral[COMPONENTS];
} estimate;

struct ntki_quadrature {
    ntki_legendre rule;
    int64_t count;
    estimate now[PANELS];
    estimate next[PANELS];
    ntki_panel halves[2 * PANELS];
    double values[2 * PANELS * COMPONENTS * NTKI_LEGENDRE_POINTS];
    double settled[COMPONENTS];
};

/* The integrals over `panel` whose values stand at `values`. */
static estimate weigh(const ntki_legendre *rule, int32_t components, ntki_panel panel, const double *values) {
    estimate result = {.panel = panel};
    for (int32_t c = 0; c < components; c++) {
        double sum = 0;
        for (int i = 0; i < NTKI_LEGENDRE_POINTS; i++)
            sum += rule->weight[i] * values[c * NTKI_LEGENDRE_POINTS + i];
        result.integral[c] = panel.half * sum;
    }
    return result;
}

static ntk_status begin(ntki_quadrature *work, const ntki_integrand *integrand, int64_t count, const double *breaks) {
    for (int64_t p = 0; p < count - 1; p++) {
        const ntki_panel panel = {0.5 * (breaks[p] + breaks[p + 1]), 0.5 * (breaks[p + 1] - breaks[p])};
        work->halves[p] = panel;
    }
    const ntk_status status = integrand->evaluate(integrand->user, &work->rule, count - 1, work->halves, work->values);
    if (status != NTK_SUCCESS)
        return status;
    work->count = count - 1;
    for (int64_t p = 0; p < work->count; p++)
        work->now[p] = weigh(&work->rule, integrand->components, work->halves[p],
                             work->values + p * integrand->components * NTKI_LEGENDRE_POINTS);
    for (int32_t c = 0; c < COMPONENTS; c++)
        work->settled[c] = 0;
    return NTK_SUCCESS;
}

/* All that is known of the integrals: what is settled, and the panels that are not. */
static void add_up(const ntki_quadrature *work, int32_t components, double *total) {
    for (int32_t c = 0; c < components; c++) {
        total[c] = work->settled[c];
        for (int64_t p = 0; p < work->count; p++)
            total[c] += work->now[p].integral[c];
    }
}

/* Halves every panel; what agrees is settled, the rest makes the next generation. */
static ntk_status refine(ntki_quadrature *work, const ntki_integrand *integrand, const double *allowed) {
    const int32_t components = integrand->components;
    for (int64_t p = 0; p < work->count; p++) {
        const double half = 0.5 * work->now[p].panel.half, centre = work->now[p].panel.centre;
        work->halves[2 * p] = (ntki_panel){centre - half, half};
        work->halves[2 * p + 1] = (ntki_panel){centre + half, half};
    }
    const ntk_status status =
        integrand->evaluate(integrand->user, &work->rule, 2 * work->count, work->halves, work->values);
    if (status != NTK_SUCCESS)
        return status;
    int64_t open = 0;
    for (int64_t p = 0; p < work->count; p++) {
        const double *const values = work->values + 2 * p * components * NTKI_LEGENDRE_POINTS;
        const estimate left = weigh(&work->rule, components, work->halves[2 * p], values);
        const estimate right =
            weigh(&work->rule, components, work->halves[2 * p + 1], values + components * NTKI_LEGENDRE_POINTS);
        bool agrees = true;
        for (int32_t c = 0; c < components; c++)
            agrees = agrees && fabs(left.integral[c] + right.integral[c] - work->now[p].integral[c]) <= allowed[c];
        if (!agrees && open + 2 > PANELS)
            return NTK_ERR_CONVERGENCE;
        for (int32_t c = 0; agrees && c < components; c++)
            work->settled[c] += left.integral[c] + right.integral[c];
        if (!agrees) {
            work->next[open++] = left;
            work->next[open++] = right;
        }
    }
    for (int64_t p = 0; p < open; p++)
        work->now[p] = work->next[p];
    work->count = open;
    return NTK_SUCCESS;
}

ntk_status ntki_quadrature_create(ntk_context *context, const char *function, ntki_quadrature **out) {
    const ntk_status status = ntki_allocate(context, function, 1, sizeof(**out), out);
    if (status == NTK_SUCCESS)
        ntki_legendre_make(&(*out)->rule);
    return status;
}

void ntki_quadrature_destroy(ntk_context *context, ntki_quadrature *quadrature) { ntki_release(context, quadrature); }

ntk_status ntki_integrate(ntki_quadrature *work, const ntki_integrand *integrand, int64_t count, const double *breaks,
                          double tolerance, double *integral) {
    double total[COMPONENTS] = {0};
    ntk_status status = begin(work, integrand, count, breaks);
    for (int generation = 0; status == NTK_SUCCESS && work->count > 0; generation++) {
        double allowed[COMPONENTS];
        bool hopeless = generation == GENERATIONS;
        add_up(work, integrand->components, total);
        for (int32_t c = 0; c < integrand->components; c++) {
            allowed[c] = tolerance * total[c];
            hopeless = hopeless || !isfinite(total[c]);
        }
        status = hopeless ? NTK_ERR_CONVERGENCE : refine(work, integrand, allowed);
    }
    if (status == NTK_SUCCESS)
        add_up(work, integrand->components, integral);
    return status;
}
