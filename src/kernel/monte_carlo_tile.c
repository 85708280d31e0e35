/* Estimates of a tile: all networks go over it, one after the other. */
#include <math.h>

#include "lib/threads/parallel.h"
#include "src/kernel/monte_carlo.h"

void ntki_monte_carlo_draw(const ntk_kernel *kernel, int64_t m, int64_t networks, double from, double to) {
    const ntki_monte_carlo *const own = ntki_monte_carlo_of(kernel);
    ntki_empirical *const empirical = (ntki_empirical *)(void *)own->inner;
    const double step = (to - from) / (double)networks;
    empirical->from = from + step * (double)m;
    empirical->to = m + 1 == networks ? to : from + step * (double)(m + 1);
    if (own->work->drawn != m)
        ntki_empirical_randomise(own->inner, own->seed + (uint64_t)m);
    own->work->drawn = m;
}

typedef struct {
    const ntki_tile *tile;
    const ntki_estimates *estimates;
    const double *values; /* K_m */
    int64_t m;            /* networks, with this one */
    int64_t kept;         /* the estimate that is complete with it; -1: none */
    int64_t rows;         /* of a task */
    atomic_bool overflow;
} tile_job;

static void add_row(const tile_job *job, int64_t columns, const double *values, double *mean, double *sum) {
    const double m = (double)job->m;
    for (int64_t j = 0; j < columns; j++) {
        const double before = job->m == 1 ? values[j] : mean[j];
        mean[j] = ntki_running_mean(before, values[j], m);
        if (sum != NULL)
            sum[j] = (job->m == 1 ? 0 : sum[j]) + (values[j] - before) * (values[j] - mean[j]);
    }
}

/* What is not finite once stays so, in the mean and in the sum. */
static bool all_finite(int64_t count, const double *values) {
    bool finite = true;
    for (int64_t j = 0; j < count; j++)
        finite = finite && isfinite(values[j]);
    return finite;
}

/* The sums, which are in the place of the last estimate, to the one that is complete. */
static void keep_row(tile_job *job, int64_t columns, const double *mean, const double *sum, int64_t row) {
    const ntki_estimates *const own = job->estimates;
    const bool last = job->kept == own->count - 1;
    double *const mean_out = own->mean + job->kept * own->mean_step + row * own->ldm;
    const double divisor = (double)job->m * (double)(job->m - 1);
    if (last && (!all_finite(columns, mean) || (sum != NULL && !all_finite(columns, sum))))
        atomic_store(&job->overflow, true);
    for (int64_t j = 0; !last && j < columns; j++)
        mean_out[j] = mean[j];
    if (sum == NULL)
        return;
    double *const error_out = own->error + job->kept * own->error_step + row * own->lde;
    for (int64_t j = 0; j < columns; j++)
        error_out[j] = sqrt(sum[j] / divisor);
}

static void add_rows(int64_t index, void *argument) {
    tile_job *const job = argument;
    const ntki_tile *const tile = job->tile;
    const ntki_estimates *const own = job->estimates;
    const int64_t rows = tile->i1 - tile->i0, width = tile->j1 - tile->j0, last = own->count - 1;
    for (int64_t i = index * job->rows; i < ntki_smaller((index + 1) * job->rows, rows); i++) {
        const int64_t columns = tile->lower ? ntki_smaller(width, tile->i0 + i + 1 - tile->j0) : width;
        double *const mean = own->mean + last * own->mean_step + i * own->ldm;
        double *const sum = own->error == NULL ? NULL : own->error + last * own->error_step + i * own->lde;
        add_row(job, columns, job->values + i * width, mean, sum);
        if (job->kept >= 0)
            keep_row(job, columns, mean, sum, i);
    }
}

static ntk_status add_network(const ntk_kernel *kernel, const char *function, tile_job *job) {
    enum { NUMBERS = 16384 };
    const ntki_tile *const tile = job->tile;
    const int64_t rows = tile->i1 - tile->i0, width = tile->j1 - tile->j0;
    job->rows = width < NUMBERS ? NUMBERS / width : 1;
    ntki_parallel_for(kernel->context, (rows - 1) / job->rows + 1, add_rows, job);
    if (!atomic_load(&job->overflow))
        return NTK_SUCCESS;
    return ntki_fail(kernel->context, NTK_ERR_RANGE, function,
                     "a kernel value less the mean of those before%s exceeds the double range",
                     job->estimates->error == NULL ? "" : ", or a sum of squared deviations,");
}

ntk_status ntki_monte_carlo_tile(const ntk_kernel *kernel, const char *function, const ntki_tile *tile,
                                 const ntki_estimates *estimates) {
    const ntki_monte_carlo *const own = ntki_monte_carlo_of(kernel);
    const int64_t networks = estimates->networks[estimates->count - 1], width = tile->j1 - tile->j0;
    ntk_status status = NTK_SUCCESS;
    tile_job job = {.tile = tile, .estimates = estimates, .values = own->work->tile};
    int64_t next = 0;
    atomic_init(&job.overflow, false);
    for (int64_t m = 0; status == NTK_SUCCESS && m < networks; m++) {
        ntki_monte_carlo_draw(kernel, m, networks, tile->from, tile->to);
        const ntki_tile one = {.a = tile->a,
                               .b = tile->b,
                               .i0 = tile->i0,
                               .i1 = tile->i1,
                               .j0 = tile->j0,
                               .j1 = tile->j1,
                               .out = own->work->tile,
                               .ldo = width,
                               .lower = tile->lower,
                               .to = 1};
        status = own->inner->evaluator->tile(own->inner, function, &one);
        job.m = m + 1;
        job.kept = job.m == estimates->networks[next] ? next++ : -1;
        if (status == NTK_SUCCESS)
            status = add_network(kernel, function, &job);
    }
    return status;
}
