/* The Monte-Carlo evaluator: the mean of the empirical kernels of M random networks.
 *
 *   K_m = the kernel of ntk_network_create(mlp, seed + m),   m = 0 ... M - 1
 *   mean_m = mean_{m-1} + (K_m - mean_{m-1}) / m,   S_m = S_{m-1} + (K_m - mean_{m-1}) (K_m - mean_m)   [Welford62]
 * (m counts from 1 here). The handle has one empirical kernel, whose network is drawn anew for each m. Tiles are as high
 * as the features that are held, and all networks go over one tile before the next: networks are drawn once for each tile. */
#ifndef NTKI_MONTE_CARLO_H
#define NTKI_MONTE_CARLO_H

#include <ntk/monte_carlo.h>

#include "src/kernel/empirical.h"

/* What the calls change. */
typedef struct {
    int64_t drawn;    /* the network that the empirical kernel has; -1: none yet */
    double *tile;     /* K_m of a tile, of the call under way; NULL: no room yet */
    int64_t capacity; /* the numbers that it has room for */
} ntki_monte_carlo_work;

typedef struct {
    ntk_kernel kernel; /* first, so that the handle is the evaluator */
    ntk_kernel *inner; /* the empirical kernel */
    int64_t networks;
    uint64_t seed;
    ntki_monte_carlo_work *work;
} ntki_monte_carlo;

static inline const ntki_monte_carlo *ntki_monte_carlo_of(const ntk_kernel *kernel) {
    return (const ntki_monte_carlo *)(const void *)kernel;
}

/* Where the estimates after networks[0] < ... < networks[count - 1] networks go: the step-th number after an entry is that
 * entry of the next estimate. The last one is where the sums grow. */
typedef struct {
    int64_t count;
    const int64_t *networks;
    double *mean;
    int64_t ldm, mean_step;
    double *error; /* NULL: not wanted; else networks[0] > 1 */
    int64_t lde, error_step;
} ntki_estimates;

/* Draws network m, and makes its reports the m-th of `networks` parts of [from, to]. */
void ntki_monte_carlo_draw(const ntk_kernel *kernel, int64_t m, int64_t networks, double from, double to);

/* The estimates of a tile, at its place and not at tile->out. With `lower`, as far as they are wanted. */
ntk_status ntki_monte_carlo_tile(const ntk_kernel *kernel, const char *function, const ntki_tile *tile,
                                 const ntki_estimates *estimates);

/* mean_m from mean_{m-1} and K_m, m > 0. */
static inline double ntki_running_mean(double mean, double value, double m) { return mean + (value - mean) / m; }

extern const ntki_evaluator ntki_evaluator_monte_carlo;
extern const ntki_evaluator_f32 ntki_evaluator_monte_carlo_f32;

#endif
