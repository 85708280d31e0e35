/* What the files of the series engine share. */
#ifndef NTKI_HERMITE_PARTS_H
#define NTKI_HERMITE_PARTS_H

#include "src/kernel/hermite.h"

/* A t^2 below this is not told from rounding. */
#define NTKI_LITTLE_TAIL 0x1p-46

typedef struct {
    ntk_context *context;
    const char *function;
    const ntki_activation *activation;
    int64_t layer;
    double tolerance;
    bool slope_wanted;
    const ntki_kink_set *kinks; /* of a kinked series */
} ntki_series_job;

/* Nodes and weights for integrals over z with the normal density. */
typedef struct {
    int64_t count;
    bool folded; /* each node z > 0 stands for z and -z */
    double *node;
    double *weight; /* with the density */
    double *root;   /* with its square root */
    double *half;   /* half the length of the panel of 16 nodes; NULL for the trapezoid rule */
} ntki_grid;

/* The angular frequencies that a rule has to resolve in z, and the |z| up to which it must go. */
typedef struct {
    double frequency;
    double reach;
} ntki_resolution;

/* The trapezoid rule where phi and phi' are known and smooth, else Gauss-Legendre panels between the kinks. `s` is used for
 * kinks only. */
ntk_status ntki_grid_create(const ntki_series_job *job, ntki_resolution resolution, double s, ntki_grid *grid);
void ntki_grid_destroy(const ntki_series_job *job, ntki_grid *grid);

/* Whether rows with different s can share a grid. */
bool ntki_grid_is_shared(const ntki_activation *activation);

/* phi and phi' of one input at all nodes: `point` and `phi` and `slope` have room for 2 count doubles; those of the nodes
 * -z are in the second half. */
typedef struct {
    double *point, *phi, *slope;
} ntki_samples;
ntk_status ntki_sample(const ntki_series_job *job, const ntki_grid *grid, ntki_resolution resolution, double s,
                       const ntki_samples *samples);

typedef struct {
    double mean;         /* E[phi] */
    double first;        /* E[phi'] */
    double square;       /* E[phi^2] */
    double slope_square; /* E[phi'^2] */
    double along;        /* E[z phi] = s E[phi'] */
} ntki_moments;
ntki_moments ntki_find_moments(const ntki_grid *grid, const ntki_samples *samples);

/* Inputs are classed by half octaves of s: class c has s <= 2^(c / 2), the least one all that are smaller. */
enum { NTKI_LEAST_CLASS = -12 };
int ntki_series_class(double s);

/* The resolution of a class: it does not depend on the other inputs, so that the moments of equal inputs have the same bits
 * in every call. NTK_ERR_ACCURACY when refinement does not settle. */
ntk_status ntki_find_resolution(const ntki_series_job *job, int own, ntki_resolution *resolution);

/* Fills coefficient (rows r < terms, and t and d), value and slope. For the finite series: no t and d. */
ntk_status ntki_fill_series(const ntki_series_job *job, ntki_series *series);
void ntki_fill_finite(const ntki_activation *activation, ntki_series *series);
int64_t ntki_finite_terms(const ntki_activation *activation, int64_t first, int64_t step);

/* The kinks of the caller's phi, from its values beside the points that he names. */
ntk_status ntki_find_kinks(const ntki_series_job *job, ntki_kink_set *kinks);

/* One input of a kinked series, whose kinks are known: its coefficients, value and slope; raises the tails. */
ntk_status ntki_fill_kinked(const ntki_series_job *job, ntki_resolution resolution, int64_t input, ntki_series *series);

/* The bounds with the first r terms. */
void ntki_kinked_bounds(const ntki_series *a, const ntki_series *b, int64_t r, double *value_bound,
                        double *slope_bound);

static inline int64_t ntki_series_power(const ntki_series *series, int64_t r) {
    return r < 2 ? r : series->first + (r - 2) * series->step;
}

#endif
