/* The factorisations behind ntki_system_solve(). */
#include "src/flow/smooth.h"

#include <float.h>
#include <string.h>

#include "lib/threads/parallel.h"

/* ---- I + S^(1/2) K S^(1/2) of one output ---- */

typedef struct {
    const ntki_system *system;
    const int64_t *rows;
    const double *root; /* of this output, one every c numbers */
    int64_t count;
    double *out;
} fill_job;

static void fill_row(int64_t i, void *argument) {
    const fill_job *const job = argument;
    const int64_t n = job->system->problem->n, c = job->system->problem->c, row = job->rows[i];
    const double *const gram = job->system->problem->gram + row * n;
    const double own = job->root[row * c];
    double *const out = job->out + i * job->count;
    for (int64_t j = 0; j <= i; j++)
        out[j] = own * gram[job->rows[j]] * job->root[job->rows[j] * c];
    out[i] += 1 + own * job->system->jitter * own;
}

static void scale_row(int64_t i, void *argument) {
    const fill_job *const job = argument;
    const int64_t c = job->system->problem->c;
    const double own = job->root[job->rows[i] * c];
    double *const out = job->out + i * job->count;
    for (int64_t j = 0; j <= i; j++)
        out[j] *= own * job->root[job->rows[j] * c];
}

/* Below this many rows waking threads takes longer than the work. */
enum { FEW_ROWS = 192 };

static void each_row(ntk_context *context, int64_t count, ntki_loop_body body, void *argument) {
    if (count > FEW_ROWS) {
        ntki_parallel_for(context, count, body, argument);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        body(i, argument);
}

static fill_job job_of(const ntki_system *system, int64_t k) {
    const int64_t n = system->problem->n;
    const fill_job job = {system, system->rows + k * n, system->root + k, system->counts[k],
                          system->factors + k * n * n};
    return job;
}

static bool factor_output(const ntki_system *system, int64_t k) {
    ntk_context *const context = system->problem->context;
    fill_job job = job_of(system, k);
    if (job.count == 0)
        return true;
    each_row(context, job.count, fill_row, &job);
    return ntki_dpotrf_lower(&context->blas, job.count, job.out, job.count) == 0;
}

static bool factor_separable(ntki_system *system) {
    bool solvable = true;
    for (int64_t k = 0; k < system->problem->c && solvable; k++)
        solvable = factor_output(system, k);
    return solvable;
}

/* ---- softmax ---- */

/* E_k in place of its factor, added to the sum over k. */
static bool invert_output(const ntki_system *system, int64_t k) {
    ntk_context *const context = system->problem->context;
    const int64_t n = system->problem->n;
    fill_job job = job_of(system, k);
    if (job.count == 0)
        return true;
    if (ntki_dpotri_lower(&context->blas, job.count, job.out, job.count) != 0)
        return false;
    each_row(context, job.count, scale_row, &job);
    for (int64_t i = 0; i < job.count; i++)
        for (int64_t j = 0; j <= i; j++)
            system->coupling[job.rows[i] * n + job.rows[j]] += job.out[i * job.count + j];
    return true;
}

static bool factor_softmax(ntki_system *system) {
    const int64_t n = system->problem->n, c = system->problem->c;
    memset(system->coupling, 0, (size_t)(n * n) * sizeof(double));
    for (int64_t k = 0; k < c; k++)
        if (!factor_output(system, k) || !invert_output(system, k))
            return false;
    for (int64_t i = 0; i < n; i++) {
        double *const diagonal = &system->coupling[i * n + i];
        *diagonal = system->mass[i] > 0 ? *diagonal * (1 + 4 * (double)n * DBL_EPSILON) : 1;
    }
    return ntki_dpotrf_lower(&system->problem->context->blas, n, system->coupling, n) == 0;
}

/* ---- blocks ---- */

/* The rows of sample i: K_ij R_i' R_j for j <= i. */
static void fill_sample(int64_t i, void *argument) {
    const ntki_system *const system = argument;
    const int64_t n = system->problem->n, c = system->problem->c, all = n * c;
    const double *const mine = system->curvature + i * c * c;
    for (int64_t j = 0; j <= i; j++) {
        const double *const other = system->curvature + j * c * c;
        const double k = system->problem->gram[i * n + j] + (i == j ? system->jitter : 0);
        for (int64_t a = 0; a < c; a++)
            for (int64_t b = 0; b < c; b++) {
                double sum = 0;
                for (int64_t l = 0; l < c; l++)
                    sum += mine[l * c + a] * other[l * c + b];
                system->factors[(i * c + a) * all + j * c + b] = k * sum + (i == j && a == b ? 1 : 0);
            }
    }
}

static bool factor_blocks(ntki_system *system) {
    const ntki_flow_problem *const problem = system->problem;
    const int64_t all = problem->n * problem->c;
    each_row(problem->context, problem->n, fill_sample, system);
    return ntki_dpotrf_lower(&problem->context->blas, all, system->factors, all) == 0;
}

bool ntki_system_factor_matrices(ntki_system *system) {
    static bool (*const factor[])(ntki_system *) = {
        [NTKI_SHAPE_SEPARABLE] = factor_separable,
        [NTKI_SHAPE_SOFTMAX] = factor_softmax,
        [NTKI_SHAPE_BLOCKS] = factor_blocks,
    };
    system->factorisations += system->shape == NTKI_SHAPE_BLOCKS ? 1 : system->problem->c;
    return factor[system->shape](system);
}
