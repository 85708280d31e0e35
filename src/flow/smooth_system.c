/* The linear algebra of an implicit step: (I + S K)^{-1} y = y - Q K y with Q = S (I + K S)^{-1}, and
 *   separable  Q = S^(1/2) B^{-1} S^(1/2), B = I + S^(1/2) K S^(1/2), one B for every output
 *   softmax    Q = E - E R (R' E R)^{-1} R' E, E = D^(1/2) (I + D^(1/2) K D^(1/2))^{-1} D^(1/2), R the sum over outputs
 *              [RasmussenWilliams06, algorithm 3.3]
 *   blocks     Q = R B^{-1} R', B = I + R' (K x I) R */
#include "src/flow/smooth.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/loss/loss.h"

static ntki_shape shape_of(const ntki_flow_problem *problem) {
    if (problem->loss->kind == NTK_LOSS_CROSS_ENTROPY)
        return NTKI_SHAPE_SOFTMAX;
    return problem->c == 1 || ntki_loss_is_separable(problem->loss) ? NTKI_SHAPE_SEPARABLE : NTKI_SHAPE_BLOCKS;
}

/* Rounding lets a Gram matrix have eigenvalues down to -n eps max K_ii, and that is also what the Cholesky factorisation
 * of B needs for it to go through. */
static double jitter_of(const ntki_flow_problem *problem) {
    double largest = 0;
    for (int64_t i = 0; i < problem->n; i++)
        largest = fmax(largest, problem->gram[i * problem->n + i]);
    return 4 * (double)problem->n * DBL_EPSILON * largest;
}

static ntk_status allocate(ntki_system *system, const char *function) {
    ntk_context *const context = system->problem->context;
    const int64_t n = system->problem->n, c = system->problem->c, all = n * c;
    const bool blocks = system->shape == NTKI_SHAPE_BLOCKS;
    ntk_status status;
    if (blocks && !ntki_blas_fits(&context->blas, all))
        return ntki_fail(context, NTK_ERR_BLAS, function, "n c is %lld; the integers of the BLAS do not hold it",
                         (long long)all);
    if ((status = ntki_allocate_matrix(context, function, all, blocks ? c : 1, &system->curvature)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, n, c, &system->root)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, 2, n, &system->mass)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, all, sizeof(int64_t), &system->rows)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, c, sizeof(int64_t), &system->counts)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, blocks ? all : n, all, &system->factors)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, 2, blocks ? all : n, &system->gathered)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, n, c, &system->part)) != NTK_SUCCESS)
        return status;
    return system->shape != NTKI_SHAPE_SOFTMAX ? NTK_SUCCESS
                                               : ntki_allocate_matrix(context, function, n, n, &system->coupling);
}

ntk_status ntki_system_create(ntki_system *system, const char *function, const ntki_flow_problem *problem) {
    *system = (ntki_system){.problem = problem, .shape = shape_of(problem), .jitter = jitter_of(problem)};
    const ntk_status status = allocate(system, function);
    if (status != NTK_SUCCESS)
        ntki_system_release(system);
    return status;
}

void ntki_system_release(ntki_system *system) {
    if (system->problem == NULL)
        return;
    ntk_context *const context = system->problem->context;
    ntki_release(context, system->part);
    ntki_release(context, system->gathered);
    ntki_release(context, system->coupling);
    ntki_release(context, system->factors);
    ntki_release(context, system->counts);
    ntki_release(context, system->rows);
    ntki_release(context, system->mass);
    ntki_release(context, system->root);
    ntki_release(context, system->curvature);
    *system = (ntki_system){0};
}

ntk_status ntki_system_factor(ntki_system *system, const char *function, double scale, const double *f,
                              const double *grad, bool *solvable) {
    system->ready = false;
    const ntk_status status = ntki_system_curvature(system, function, scale, f, grad);
    if (status != NTK_SUCCESS)
        return status;
    *solvable = system->ready = ntki_system_factor_matrices(system);
    return NTK_SUCCESS;
}

void ntki_smooth_multiply(const ntki_flow_problem *problem, const double *y, double *out) {
    const ntki_blas_width *const width = &problem->context->blas;
    const int64_t n = problem->n, c = problem->c;
    if (c == 1)
        ntki_dsymv_lower(width, n, problem->gram, n, y, out);
    else
        ntki_dgemm(width, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, n, c, n, 1, problem->gram, n, y, c, 0, out, c);
}

double ntki_smooth_largest(int64_t count, const double *y) {
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(y[i]) <= largest))
            largest = fabs(y[i]);
    return largest;
}

double ntki_smooth_rounding(const ntki_flow_problem *problem, const double *a) {
    const int64_t n = problem->n, c = problem->c;
    double largest = 0, diagonal = 0;
    for (int64_t k = 0; k < c; k++) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++) {
            const double k_ii = problem->gram[i * n + i];
            diagonal = fmax(diagonal, k_ii);
            sum = hypot(sum, sqrt(fmax(0, k_ii)) * a[i * c + k]);
        }
        largest = fmax(largest, sum);
    }
    return DBL_EPSILON * sqrt(diagonal) * largest;
}

/* ---- S y ---- */

/* z = R y, or z = R' y, block by block. */
static void multiply_roots(const ntki_system *system, bool transposed, const double *y, double *z) {
    const int64_t c = system->problem->c;
    for (int64_t i = 0; i < system->problem->n; i++) {
        const double *const root = system->curvature + i * c * c;
        for (int64_t k = 0; k < c; k++) {
            double sum = 0;
            for (int64_t l = 0; l < c; l++)
                sum += (transposed ? root[l * c + k] : root[k * c + l]) * y[i * c + l];
            z[i * c + k] = sum;
        }
    }
}

static void curve_softmax(const ntki_system *system, const double *y, double *out) {
    const int64_t c = system->problem->c;
    for (int64_t i = 0; i < system->problem->n; i++) {
        const double *const d = system->curvature + i * c;
        double mean = 0;
        for (int64_t k = 0; k < c && system->mass[i] > 0; k++)
            mean += d[k] / system->mass[i] * y[i * c + k];
        for (int64_t k = 0; k < c; k++)
            out[i * c + k] = d[k] * (y[i * c + k] - mean);
    }
}

void ntki_system_curve(const ntki_system *system, const double *y, double *out) {
    if (system->shape == NTKI_SHAPE_SOFTMAX) {
        curve_softmax(system, y, out);
    } else if (system->shape == NTKI_SHAPE_BLOCKS) {
        multiply_roots(system, true, y, system->gathered);
        multiply_roots(system, false, system->gathered, out);
    } else {
        for (int64_t i = 0; i < system->problem->n * system->problem->c; i++)
            out[i] = system->curvature[i] * y[i];
    }
}

/* ---- Q y ---- */

static void solve_factor(const ntki_system *system, int64_t size, const double *factor, double *y) {
    const ntki_blas_width *const width = &system->problem->context->blas;
    ntki_dtrsv_lower(width, NTKI_NO_TRANSPOSE, size, factor, size, y);
    ntki_dtrsv_lower(width, NTKI_TRANSPOSE, size, factor, size, y);
}

static void solve_separable(const ntki_system *system, const double *y, double *out) {
    const int64_t n = system->problem->n, c = system->problem->c;
    memset(out, 0, (size_t)(n * c) * sizeof(double));
    for (int64_t k = 0; k < c; k++) {
        const int64_t *const rows = system->rows + k * n;
        const int64_t count = system->counts[k];
        for (int64_t j = 0; j < count; j++)
            system->gathered[j] = system->root[rows[j] * c + k] * y[rows[j] * c + k];
        if (count > 0)
            solve_factor(system, count, system->factors + k * n * n, system->gathered);
        for (int64_t j = 0; j < count; j++)
            out[rows[j] * c + k] = system->root[rows[j] * c + k] * system->gathered[j];
    }
}

/* Column k of out = E_k times y, which is n x c, or with one column for all k. */
static void multiply_e(const ntki_system *system, const double *y, bool shared, double *out) {
    const int64_t n = system->problem->n, c = system->problem->c;
    double *const in = system->gathered, *const product = in + n;
    memset(out, 0, (size_t)(n * c) * sizeof(double));
    for (int64_t k = 0; k < c; k++) {
        const int64_t *const rows = system->rows + k * n;
        const int64_t count = system->counts[k];
        for (int64_t j = 0; j < count; j++)
            in[j] = shared ? y[rows[j]] : y[rows[j] * c + k];
        if (count > 0)
            ntki_dsymv_lower(&system->problem->context->blas, count, system->factors + k * n * n, count, in, product);
        for (int64_t j = 0; j < count; j++)
            out[rows[j] * c + k] = product[j];
    }
}

static void solve_softmax(const ntki_system *system, const double *y, double *out) {
    const int64_t n = system->problem->n, c = system->problem->c;
    double *const sum = system->mass + n;
    multiply_e(system, y, false, out);
    for (int64_t i = 0; i < n; i++) {
        sum[i] = 0;
        for (int64_t k = 0; k < c; k++)
            sum[i] += out[i * c + k];
    }
    solve_factor(system, n, system->coupling, sum);
    multiply_e(system, sum, true, system->part);
    for (int64_t i = 0; i < n * c; i++)
        out[i] -= system->part[i];
}

static void solve_blocks(const ntki_system *system, const double *y, double *out) {
    const int64_t all = system->problem->n * system->problem->c;
    multiply_roots(system, true, y, system->gathered);
    solve_factor(system, all, system->factors, system->gathered);
    multiply_roots(system, false, system->gathered, out);
}

void ntki_system_solve(const ntki_system *system, const double *y, double *out) {
    static void (*const solve[])(const ntki_system *, const double *, double *) = {
        [NTKI_SHAPE_SEPARABLE] = solve_separable,
        [NTKI_SHAPE_SOFTMAX] = solve_softmax,
        [NTKI_SHAPE_BLOCKS] = solve_blocks,
    };
    solve[system->shape](system, y, out);
}
