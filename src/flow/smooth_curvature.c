/* S = scale W d2loss/df2, made positive semi-definite, and what is too small to matter left out. */
#include "src/flow/smooth.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "src/loss/loss.h"

/* S_ii K_ii below this is no curvature: leaving it out changes what Newton's method contracts by, not what it finds. */
static const double negligible = 1e-8;

static double weight_of(const ntki_flow_problem *problem, int64_t i) {
    return problem->weights != NULL ? problem->weights[i] : 1;
}

/* ---- the kinds that have second derivatives ---- */

/* Where nearly all of p_i is in one class a, S_i = D - d d'/sum d would be a small difference of large numbers. The other
 * classes alone decide it, up to terms quadratic in them; so their share is raised to this by making d_a smaller, which
 * changes S_i by no more than the same share. */
static const double least_share = 0.02;

static void bound_largest_class(int64_t c, double *d) {
    int64_t a = 0;
    double others = 0;
    for (int64_t k = 1; k < c; k++)
        if (d[k] > d[a])
            a = k;
    for (int64_t k = 0; k < c; k++)
        others += k == a ? 0 : d[k];
    d[a] = fmin(d[a], others * (1 / least_share - 1));
}

static void from_derivatives(ntki_system *system, double scale, const double *f) {
    const ntki_flow_problem *const problem = system->problem;
    const int64_t c = problem->c;
    ntki_loss_second_derivatives(problem->loss, problem->n, c, f, problem->y, system->curvature);
    for (int64_t i = 0; i < problem->n; i++) {
        double *const row = system->curvature + i * c;
        for (int64_t k = 0; k < c; k++)
            row[k] *= scale * weight_of(problem, i);
        if (system->shape == NTKI_SHAPE_SOFTMAX)
            bound_largest_class(c, row);
    }
}

/* ---- the caller's loss ---- */

/* Column k of the Jacobian of every row, on the side that `sign` says: all rows are moved at once. */
static ntk_status difference(ntki_system *system, const char *function, int64_t k, double sign, const double *f,
                             const double *grad, double *moved_f, double *moved) {
    const ntki_flow_problem *const problem = system->problem;
    const int64_t n = problem->n, c = problem->c;
    const double size = sign * sqrt(DBL_EPSILON);
    memcpy(moved_f, f, (size_t)(n * c) * sizeof(double));
    for (int64_t i = 0; i < n; i++)
        moved_f[i * c + k] += size * fmax(1, fabs(f[i * c + k]));
    const ntk_status status = ntki_stage_gradient(problem, function, moved_f, moved);
    for (int64_t i = 0; status == NTK_SUCCESS && i < n; i++) {
        const double distance = moved_f[i * c + k] - f[i * c + k];
        for (int64_t l = 0; l < c; l++)
            system->curvature[(i * c + l) * c + k] = (moved[i * c + l] - grad[i * c + l]) / distance;
    }
    return status;
}

/* In place of the symmetric part of h a root R of it, H = R R', by Cholesky's method with pivoting, which ends where no
 * pivot is positive: that drops negative curvature. `used` has room for c. */
static void take_root(int64_t c, double *h, double *r, bool *used) {
    for (int64_t k = 0; k < c; k++)
        for (int64_t l = 0; l < k; l++)
            h[k * c + l] = h[l * c + k] = (h[k * c + l] + h[l * c + k]) / 2;
    memset(r, 0, (size_t)(c * c) * sizeof(double));
    for (int64_t k = 0; k < c; k++)
        used[k] = false;
    double first = 0;
    for (int64_t step = 0; step < c; step++) {
        int64_t p = -1;
        for (int64_t k = 0; k < c; k++)
            if (!used[k] && (p < 0 || h[k * c + k] > h[p * c + p]))
                p = k;
        first = step == 0 ? h[p * c + p] : first;
        if (!(h[p * c + p] > 1e-7 * first) || !(first > 0))
            break;
        const double pivot = sqrt(h[p * c + p]);
        used[p] = true;
        for (int64_t k = 0; k < c; k++)
            r[k * c + step] = used[k] && k != p ? 0 : h[k * c + p] / pivot;
        for (int64_t k = 0; k < c; k++)
            for (int64_t l = 0; l < c && !used[k]; l++)
                h[k * c + l] -= used[l] ? 0 : r[k * c + step] * r[l * c + step];
    }
    memcpy(h, r, (size_t)(c * c) * sizeof(double));
}

static ntk_status from_differences(ntki_system *system, const char *function, double scale, const double *f,
                                   const double *grad) {
    const ntki_flow_problem *const problem = system->problem;
    const int64_t n = problem->n, c = problem->c;
    ntk_status status = NTK_SUCCESS;
    for (int64_t k = 0; k < c && status == NTK_SUCCESS; k++) {
        status = difference(system, function, k, 1, f, grad, system->part, system->root);
        if (status == NTK_ERR_NOT_FINITE) /* F is next to where the loss ends */
            status = difference(system, function, k, -1, f, grad, system->part, system->root);
    }
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < n * c * c; i++)
        system->curvature[i] *= scale;
    for (int64_t i = 0; i < n && system->shape == NTKI_SHAPE_BLOCKS; i++)
        take_root(c, system->curvature + i * c * c, system->factors, (bool *)(void *)system->rows);
    return NTK_SUCCESS;
}

/* ---- either way ---- */

/* Roots, sums over classes, and the rows that count. */
static void prepare(ntki_system *system) {
    const int64_t n = system->problem->n, c = system->problem->c;
    memset(system->counts, 0, (size_t)c * sizeof(int64_t));
    for (int64_t i = 0; i < n; i++) {
        const double k_ii = system->problem->gram[i * n + i];
        system->mass[i] = 0;
        for (int64_t k = 0; k < c; k++) {
            double *const s = system->curvature + i * c + k;
            if (!(*s * k_ii > negligible))
                *s = 0;
            else
                system->rows[k * n + system->counts[k]++] = i;
            system->root[i * c + k] = sqrt(*s);
            system->mass[i] += *s;
        }
    }
}

ntk_status ntki_system_curvature(ntki_system *system, const char *function, double scale, const double *f,
                                 const double *grad) {
    ntk_status status = NTK_SUCCESS;
    if (system->problem->loss->kind == NTK_LOSS_FUNCTION)
        status = from_differences(system, function, scale, f, grad);
    else
        from_derivatives(system, scale, f);
    if (status == NTK_SUCCESS && system->shape != NTKI_SHAPE_BLOCKS)
        prepare(system);
    return status;
}
