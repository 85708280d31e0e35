/* The squared loss without a decomposition: functions of A = W^(1/2) K W^(1/2) times a vector, column by column.
 *
 * In the space of a Lanczos process from b, V' h(A) b is h(T) e_1 |b| (Saad 1992). What that leaves out obeys the flow itself,
 * driven by eta s beta_m z_m(t') q_{m+1} at the times t' up to t, with z = eta s h(T) e_1 |b|: so A times it is at most
 *   beta_m max |z_m(t')| times the total of |kappa G| over its impulse response G.
 * For the gradient flow that total is at most 1, and |z_m| grows, since T with the signs of its off-diagonal turned is a
 * matrix whose exponential is positive: beta_m |z_m(t)| bounds the error. With momentum or steps the maximum is that over 16
 * times. Eigenvalues of T count as zero as those of A would. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/flow/lanczos.h"

enum { SAMPLES = 16, FIRST_CHECK = 4 };

/* One column. `origin` is idle where the two make one process from y - u: without decay, target = start. */
typedef struct {
    ntk_flow *flow;
    const char *function;
    ntki_dynamics dynamics;
    double ridge, t;
    ntki_lanczos y, origin;
    double *u;          /* n: W^(1/2) (f_0 + K a(0)) */
    double *moved;      /* n: W^(1/2) (f_t - f_0) */
    double *z;          /* n: coordinates in a process */
    double error, size; /* estimated, in the 2-norm of `moved`, and that norm */
} column;

/* sum over the Ritz values of h s_k s_1, for the coordinate k of z. */
static double coordinate(const column *of, const ntki_lanczos *process, bool start, double t, int64_t k) {
    const double floor = ntki_flow_hidden(of->flow->training.n) * fabs(process->values[process->m - 1]);
    double sum = 0;
    for (int64_t i = 0; i < process->m; i++) {
        const double *const vector = process->vectors + i * process->m;
        if (!(fabs(process->values[i]) > floor))
            continue;
        const ntki_mode mode = ntki_mode_at(&of->dynamics, of->ridge, process->values[i], t);
        sum += (start ? mode.origin : mode.y) * vector[0] * vector[k];
    }
    return sum * process->norm;
}

/* All coordinates at t. */
static void coordinates(const column *of, const ntki_lanczos *process, bool start, double *z) {
    const double floor =
        process->m > 0 ? ntki_flow_hidden(of->flow->training.n) * fabs(process->values[process->m - 1]) : 0;
    memset(z, 0, (size_t)process->m * sizeof(double));
    for (int64_t i = 0; i < process->m; i++) {
        const double *const vector = process->vectors + i * process->m;
        if (!(fabs(process->values[i]) > floor))
            continue;
        const ntki_mode mode = ntki_mode_at(&of->dynamics, of->ridge, process->values[i], of->t);
        const double factor = (start ? mode.origin : mode.y) * vector[0] * process->norm;
        for (int64_t k = 0; k < process->m; k++)
            z[k] += factor * vector[k];
    }
}

/* A bound of the total of |kappa G|: of roots x_1, x_2, in discrete time, kappa / ((1 - |x_1|) (1 - |x_2|)). */
static double gain(const ntki_dynamics *dynamics, double kappa) {
    const double beta = dynamics->momentum, r = dynamics->decay + kappa;
    if (dynamics->dynamics == NTK_DYNAMICS_GRADIENT) {
        const double friction = (1 - beta) / 2;
        return beta * r > friction * friction ? kappa * beta / (friction * friction) : 1;
    }
    const double half = (1 + beta - r) / 2, square = half * half - beta;
    if (square < 0)
        return kappa / ((1 - sqrt(beta)) * (1 - sqrt(beta)));
    const double first = fabs(half) + sqrt(square), second = first > 0 ? beta / first : 0;
    return first < 1 ? kappa / ((1 - first) * (1 - second)) : INFINITY;
}

static bool is_monotone(const ntki_dynamics *dynamics, double largest) {
    if (dynamics->momentum > 0)
        return false;
    return dynamics->dynamics == NTK_DYNAMICS_GRADIENT || dynamics->decay + largest <= 1;
}

/* The bound of what the process leaves out of A h(A) b. */
static double left_out(const column *of, const ntki_lanczos *process, bool start, const double *z) {
    const int64_t m = process->m;
    const ntki_dynamics *const dynamics = &of->dynamics;
    if (m == 0 || m == of->flow->training.n || process->off[m - 1] == 0 ||
        (dynamics->dynamics == NTK_DYNAMICS_DESCENT && (double)m >= of->t))
        return 0;
    const double largest = dynamics->rate * fabs(process->values[m - 1]), off = process->off[m - 1];
    double bound = fabs(z[m - 1]);
    if (isinf(of->t) || is_monotone(dynamics, largest))
        return off * bound;
    for (int i = 1; i < SAMPLES; i++) {
        const double t = ldexp(of->t, -i);
        bound =
            fmax(bound,
                 fabs(coordinate(of, process, start, dynamics->dynamics == NTK_DYNAMICS_DESCENT ? ceil(t) : t, m - 1)));
    }
    return off * bound * fmax(1, gain(dynamics, largest));
}

/* moved += sign A (V z) */
static void add_image(const column *of, const ntki_lanczos *process, double sign, const double *z) {
    const int64_t n = of->flow->training.n, m = process->m;
    for (int64_t k = 0; k <= m && m > 0; k++) {
        double image = k > 0 ? process->off[k - 1] * z[k - 1] : 0;
        image += k < m ? process->diagonal[k] * z[k] : 0;
        image += k + 1 < m ? process->off[k] * z[k + 1] : 0;
        const double *const q = process->q + k * n;
        for (int64_t i = 0; i < n; i++)
            of->moved[i] += sign * image * q[i];
    }
}

/* What the eigen-decomposition refuses, as far as the process has seen it. */
static ntk_status check_values(const column *of, const ntki_lanczos *process) {
    const ntk_flow *const flow = of->flow;
    if (process->m == 0)
        return NTK_SUCCESS;
    const double least = process->values[0], largest = process->values[process->m - 1];
    const double size = fmax(fabs(least), fabs(largest));
    if (least + (isinf(of->t) ? ntki_flow_limit_ridge(flow) : 0) < -ntki_flow_hidden(flow->training.n) * size)
        return ntki_fail(flow->training.context, NTK_ERR_NOT_POSITIVE, of->function,
                         "the Gram matrix has an eigenvalue below %g, negative beyond rounding (largest: %g)", least,
                         largest);
    if (!isinf(of->t) || ntki_dynamics_stable(&of->dynamics, of->dynamics.rate * largest))
        return NTK_SUCCESS;
    return ntki_fail(flow->training.context, NTK_ERR_DOMAIN, of->function,
                     "t is inf, but descent diverges with learning_rate = %g", flow->learning_rate);
}

/* Decomposes both processes and estimates the error of the column. */
static ntk_status look(column *of) {
    const int64_t n = of->flow->training.n;
    const double decay = ntki_dynamics_decay(&of->dynamics, of->t);
    ntki_lanczos *const parts[2] = {&of->y, &of->origin};
    of->error = 0;
    for (int64_t i = 0; i < n; i++)
        of->moved[i] = of->u != NULL ? ntki_flow_faded(decay - 1, of->u[i]) : 0;
    for (int p = 0; p < 2; p++) {
        ntk_status status;
        if (parts[p]->flow == NULL)
            continue;
        if ((status = ntki_lanczos_decompose(parts[p], of->function)) != NTK_SUCCESS ||
            (status = check_values(of, parts[p])) != NTK_SUCCESS)
            return status;
        coordinates(of, parts[p], p == 1, of->z);
        of->error += left_out(of, parts[p], p == 1, of->z);
        add_image(of, parts[p], p == 1 ? -1 : 1, of->z);
    }
    of->size = ntki_lanczos_norm(n, of->moved, 1);
    return NTK_SUCCESS;
}

static ntk_status iterate(column *of, int64_t *steps) {
    const double tolerance = of->flow->tolerance;
    int64_t m = FIRST_CHECK;
    for (;;) {
        ntk_status status = ntki_lanczos_extend(&of->y, of->function, m);
        if (status == NTK_SUCCESS && of->origin.flow != NULL)
            status = ntki_lanczos_extend(&of->origin, of->function, m);
        if (status == NTK_SUCCESS)
            status = look(of);
        const int64_t made = of->y.m > of->origin.m ? of->y.m : of->origin.m;
        *steps = made > *steps ? made : *steps;
        if (status != NTK_SUCCESS || of->error <= tolerance * of->size ||
            (of->y.closed && (of->origin.flow == NULL || of->origin.closed)))
            return status;
        m += m / 4 > 2 ? m / 4 : 2;
    }
}

/* a += sign W^(1/2) V z for one column of a. */
static void add_coefficients(const column *of, const ntki_lanczos *process, bool start, double *a) {
    const int64_t n = of->flow->training.n, c = of->flow->training.c;
    if (process->flow == NULL)
        return;
    coordinates(of, process, start, of->z);
    for (int64_t k = 0; k < process->m; k++)
        for (int64_t i = 0; i < n; i++) {
            const double part = of->z[k] * process->q[k * n + i] * (process->root != NULL ? process->root[i] : 1);
            a[i * c] += start ? -part : part;
        }
}

/* Column j of the coefficients; error and steps grow to those of the slowest column. */
static ntk_status solve_column(column *of, const double *root, int64_t j, ntki_flow_work *work) {
    ntk_flow *const flow = of->flow;
    const ntki_training *const set = &flow->training;
    const bool joint = flow->weight_decay == 0;
    double *const b = of->moved; /* until the first look */
    for (int64_t i = 0; i < set->n; i++) {
        const double weight = root != NULL ? root[i] : 1;
        const double u = flow->origin != NULL ? weight * flow->origin[i * set->c + j] : 0;
        b[i] = weight * set->y[i * set->c + j] - (joint ? u : 0);
        of->u[i] = u;
    }
    ntk_status status = ntki_lanczos_create(flow, of->function, root, b, 1, &of->y);
    if (status == NTK_SUCCESS && !joint && flow->origin != NULL)
        status = ntki_lanczos_create(flow, of->function, root, of->u, 1, &of->origin);
    if (status == NTK_SUCCESS)
        status = iterate(of, &work->steps);
    if (status == NTK_SUCCESS) {
        work->error = fmax(work->error, of->error > 0 && of->size > 0 ? of->error / of->size : 0);
        add_coefficients(of, &of->y, false, flow->coefficients + j);
        add_coefficients(of, &of->origin, true, flow->coefficients + j);
    }
    ntki_lanczos_release(&of->origin);
    ntki_lanczos_release(&of->y);
    return status;
}

/* The roots of the weights, or NULL. */
static ntk_status find_roots(const ntk_flow *flow, const char *function, double **root) {
    if (flow->weights == NULL)
        return NTK_SUCCESS;
    const ntk_status status = ntki_allocate_matrix(flow->training.context, function, 1, flow->training.n, root);
    for (int64_t i = 0; status == NTK_SUCCESS && i < flow->training.n; i++)
        (*root)[i] = sqrt(flow->weights[i]);
    return status;
}

ntk_status ntki_flow_solve_krylov(ntk_flow *flow, const char *function, double t) {
    const ntki_training *const set = &flow->training;
    column of = {.flow = flow, .function = function, .dynamics = ntki_flow_dynamics(flow), .t = t};
    of.ridge = ntki_flow_limit_ridge(flow);
    const double decay = ntki_dynamics_decay(&of.dynamics, t);
    ntki_flow_work work = {0};
    double *root = NULL;
    ntk_status status;
    if ((status = ntki_flow_check_ridge(flow, function, t)) != NTK_SUCCESS ||
        (status = ntki_flow_restore_gram(flow, function)) != NTK_SUCCESS ||
        (status = ntki_flow_find_origin(flow, function)) != NTK_SUCCESS ||
        (status = find_roots(flow, function, &root)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, function, 1, set->n, &of.u)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, function, 1, set->n, &of.moved)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, function, 1, set->n, &of.z)) != NTK_SUCCESS)
        goto cleanup;
    for (int64_t i = 0; i < set->n * set->c; i++)
        flow->coefficients[i] = flow->start != NULL ? ntki_flow_faded(decay, flow->start[i]) : 0;
    for (int64_t j = 0; j < set->c && status == NTK_SUCCESS; j++)
        status = solve_column(&of, root, j, &work);
    if (status == NTK_SUCCESS)
        status = ntki_progress(set->context, function, 1, "Lanczos process");
    if (status == NTK_SUCCESS) {
        work.factorisations = flow->factorisations;
        flow->work = work;
    }
cleanup:
    ntki_release(set->context, of.z);
    ntki_release(set->context, of.moved);
    ntki_release(set->context, of.u);
    ntki_release(set->context, root);
    return status;
}

/* Until the residual of the largest Ritz value is 1e-10 of it. */
static ntk_status converge(ntki_lanczos *process, const char *function, double *largest) {
    for (int64_t m = FIRST_CHECK;; m += m / 4 > 2 ? m / 4 : 2) {
        ntk_status status;
        if ((status = ntki_lanczos_extend(process, function, m)) != NTK_SUCCESS ||
            (status = ntki_lanczos_decompose(process, function)) != NTK_SUCCESS)
            return status;
        const int64_t made = process->m;
        const double value = process->values[made - 1];
        const double rest = process->closed ? 0 : process->off[made - 1] * fabs(process->vectors[made * made - 1]);
        *largest = value + rest;
        if (process->closed || rest <= 1e-10 * fabs(value))
            return NTK_SUCCESS;
    }
}

ntk_status ntki_flow_largest_eigenvalue(ntk_flow *flow, const char *function, double *largest) {
    const ntki_training *const set = &flow->training;
    double *root = NULL, *b = NULL;
    ntki_lanczos process = {0};
    uint64_t state = 1;
    ntk_status status;
    if ((status = ntki_flow_restore_gram(flow, function)) != NTK_SUCCESS ||
        (status = find_roots(flow, function, &root)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, function, 1, set->n, &b)) != NTK_SUCCESS)
        goto cleanup;
    for (int64_t i = 0; i < set->n; i++) { /* a vector with something of every eigenvector: Knuth's generator */
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        b[i] = 1 + (double)(state >> 11) * 0x1p-53;
    }
    if ((status = ntki_lanczos_create(flow, function, root, b, 1, &process)) == NTK_SUCCESS)
        status = converge(&process, function, largest);
    if (status == NTK_SUCCESS)
        status = ntki_progress(set->context, function, 1, "Lanczos process");
cleanup:
    ntki_lanczos_release(&process);
    ntki_release(set->context, b);
    ntki_release(set->context, root);
    return status;
}
