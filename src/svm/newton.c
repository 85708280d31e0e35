/* Kernel ridge and logistic regression by Newton's method  [RasmussenWilliams06, algorithm 3.1].
 *
 * With g = -C dloss/df and any W > 0 a step goes to the a, b with a + W (K a + b - f) = g. In s = W^(1/2), a = s z:
 *   (I + s K s) z = g / s + s (f - b),    and with bias  sum_i s_i z_i = 0.
 * The matrix is at least I, so it has a Cholesky factorisation however singular K is. For the squared loss W = C makes the
 * first step the solution. For the logistic loss W = C sigma(f) sigma(-f); steps are halved until the cost falls. */
#include <math.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/symmetric/symmetric.h"
#include "src/loss/kinds.h"
#include "src/svm/svm.h"

/* STANDSTILL: steps that better nothing, until rounding is blamed. */
enum { MOST_STEPS = 200, MOST_HALVINGS = 60, STANDSTILL = 5 };

/* Keeps W away from 0, where the step would not be defined: it changes the way, not the end. */
#define LEAST_CURVATURE 1e-200

typedef struct {
    const ntki_svm_problem *problem;
    const ntki_loss_row *loss;
    double *matrix;        /* n x n */
    double *sides;         /* n x 2: the right-hand sides */
    double *s;             /* n */
    double *next, *next_f; /* n: where a step would lead, and K times that */
    double *a, *f, b;      /* where we are: f = K a */
    double next_b;
} newton;

static double logistic_curvature(double m) {
    const double e = exp(-fabs(m)), sum = 1 + e;
    return fmax(e / (sum * sum), LEAST_CURVATURE);
}

/* The matrix and the right-hand sides g / s + s f and s. */
static ntk_status assemble(newton *own) {
    const ntki_svm_problem *const problem = own->problem;
    const int64_t n = problem->n;
    for (int64_t i = 0; i < n; i++) {
        const double y = problem->y[i], cost = problem->cost[i], f = own->f[i] + own->b;
        const double curvature = problem->type == NTK_SVM_RIDGE ? 1 : logistic_curvature(y * f);
        own->s[i] = sqrt(cost) * sqrt(curvature);
        own->sides[2 * i] = -(sqrt(cost) / sqrt(curvature)) * own->loss->slope(0, f, y) + own->s[i] * f;
        own->sides[2 * i + 1] = own->s[i];
    }
    for (int64_t i = 0; i < n; i++) {
        const double *row = NULL;
        const ntk_status status = ntki_svm_rows_get(problem->rows, problem->sample[i], &row);
        if (status != NTK_SUCCESS)
            return status;
        for (int64_t j = 0; j <= i; j++) {
            const double entry = own->s[i] * row[problem->sample[j]] * own->s[j] + (i == j ? 1 : 0);
            own->matrix[i * n + j] = entry;
            if (!isfinite(entry))
                return ntki_fail(problem->context, NTK_ERR_RANGE, problem->function,
                                 "the cost times the Gram matrix exceeds the double range at the samples %lld and %lld",
                                 (long long)problem->sample[i], (long long)problem->sample[j]);
        }
    }
    return NTK_SUCCESS;
}

/* next, next_b and next_f. */
static ntk_status step(newton *own) {
    const ntki_svm_problem *const problem = own->problem;
    const ntki_blas_width *const blas = &problem->context->blas;
    const int64_t n = problem->n;
    ntk_status status = assemble(own);
    if (status != NTK_SUCCESS)
        return status;
    const int64_t minor = ntki_symmetric_factor(problem->context, n, own->matrix);
    if (minor != 0)
        return ntki_fail(problem->context, NTK_ERR_NOT_POSITIVE, problem->function,
                         "the Gram matrix is indefinite: with its ridge, the leading minor that ends with sample %lld "
                         "is not positive",
                         (long long)problem->sample[minor - 1]);
    ntki_dtrsm_lower(blas, NTKI_LEFT, NTKI_NO_TRANSPOSE, n, 2, own->matrix, n, own->sides, 2);
    ntki_dtrsm_lower(blas, NTKI_LEFT, NTKI_TRANSPOSE, n, 2, own->matrix, n, own->sides, 2);
    double above = 0, below = 0;
    for (int64_t i = 0; i < n; i++) {
        above += own->s[i] * own->sides[2 * i];
        below += own->s[i] * own->sides[2 * i + 1];
    }
    own->next_b = problem->bias ? above / below : 0;
    for (int64_t i = 0; i < n; i++)
        own->next[i] = own->s[i] * (own->sides[2 * i] - own->next_b * own->sides[2 * i + 1]);
    if (!isfinite(own->next_b))
        return ntki_fail(problem->context, NTK_ERR_RANGE, problem->function, "the bias exceeds the double range");
    return ntki_svm_multiply(problem, own->next, own->next_f);
}

/* The cost at the part `share` of the way to the next point. */
static double cost_at(const newton *own, double share) {
    const ntki_svm_problem *const problem = own->problem;
    const double b = own->b + share * (own->next_b - own->b);
    double square = 0, losses = 0;
    for (int64_t i = 0; i < problem->n; i++) {
        const double a = own->a[i] + share * (own->next[i] - own->a[i]);
        const double f = own->f[i] + share * (own->next_f[i] - own->f[i]);
        square += a * f;
        losses += problem->cost[i] * own->loss->value(0, f + b, problem->y[i]);
    }
    return square / 2 + losses;
}

/* The derivative of the cost along the way, where it starts. */
static double slope(const newton *own) {
    const ntki_svm_problem *const problem = own->problem;
    double sum = 0;
    for (int64_t i = 0; i < problem->n; i++) {
        const double change = (own->next_f[i] - own->f[i]) + (own->next_b - own->b);
        sum += own->a[i] * (own->next_f[i] - own->f[i]) +
               problem->cost[i] * own->loss->slope(0, own->f[i] + own->b, problem->y[i]) * change;
    }
    return sum;
}

static double rounding_of(const newton *own, double cost) { return 4 * (double)own->problem->n * 0x1p-52 * fabs(cost); }

/* The largest part of the way, 1, 1/2, 1/4, ..., on which the cost falls as it should (Armijo), up to its rounding. */
static double share_of_way(const newton *own, double here) {
    const double descent = slope(own), rounding = rounding_of(own, here);
    double share = 1;
    for (int k = 0; k < MOST_HALVINGS; k++, share /= 2)
        if (cost_at(own, share) <= here + 1e-4 * share * descent + rounding)
            break;
    return share;
}

static void go(newton *own, double share) {
    for (int64_t i = 0; i < own->problem->n; i++) {
        own->a[i] = share == 1 ? own->next[i] : own->a[i] + share * (own->next[i] - own->a[i]);
        own->f[i] = share == 1 ? own->next_f[i] : own->f[i] + share * (own->next_f[i] - own->f[i]);
    }
    own->b = share == 1 ? own->next_b : own->b + share * (own->next_b - own->b);
}

/* The largest change of an output, were all of the step taken. */
static double change(const newton *own) {
    double largest = 0;
    for (int64_t i = 0; i < own->problem->n; i++)
        largest = fmax(largest, fabs((own->next_f[i] - own->f[i]) + (own->next_b - own->b)));
    return largest;
}

/* The best so far of the two that Newton's method betters: far out the cost, near the end the change. */
typedef struct {
    double change, cost;
    int64_t
        standstill; /* steps since one of them was bettered: the change halved, the cost by more than its rounding */
} record;

static void note(const newton *own, double latest, double cost, record *best) {
    const bool halved = latest < best->change / 2, lower = cost < best->cost - rounding_of(own, cost);
    best->change = halved ? latest : best->change;
    best->cost = lower ? cost : best->cost;
    best->standstill = halved || lower ? 0 : best->standstill + 1;
}

/* The loop of the logistic loss. The last step is taken too, so what is reported of it is above what is left. */
static ntk_status iterate(newton *own, ntki_svm_solution *solution) {
    const ntki_svm_problem *const problem = own->problem;
    record best = {INFINITY, INFINITY, 0};
    for (int64_t k = 1; k <= MOST_STEPS && best.standstill < STANDSTILL; k++) {
        const double done = 1 - 1 / (double)k;
        ntk_status status = ntki_progress(problem->context, problem->function,
                                          problem->from + (problem->to - problem->from) * done, "machine");
        if (status != NTK_SUCCESS || (status = step(own)) != NTK_SUCCESS)
            return status;
        solution->violation = change(own);
        solution->iterations = k;
        const bool last = solution->violation <= problem->tolerance;
        const double here = last ? 0 : cost_at(own, 0);
        note(own, solution->violation, here, &best);
        /* where the cost tells no more, the whole step is right */
        go(own, last || best.standstill > 0 ? 1 : share_of_way(own, here));
        if (last)
            return NTK_SUCCESS;
    }
    return ntki_fail(
        problem->context, NTK_ERR_CONVERGENCE, problem->function,
        "%s after %lld steps of Newton's method: the last one changed the outputs by %g; the tolerance is %g",
        best.standstill < STANDSTILL ? "no end is reached" : "rounding allows no more", (long long)solution->iterations,
        solution->violation, problem->tolerance);
}

static ntk_status ridge(newton *own, ntki_svm_solution *solution) {
    const ntki_svm_problem *const problem = own->problem;
    const ntk_status status = step(own);
    if (status != NTK_SUCCESS)
        return status;
    go(own, 1);
    solution->iterations = 1;
    solution->violation = 0;
    for (int64_t i = 0; i < problem->n; i++) {
        const double residual = problem->y[i] - (own->f[i] + own->b);
        solution->violation = fmax(solution->violation, fabs(residual - own->a[i] / problem->cost[i]));
    }
    return NTK_SUCCESS;
}

ntk_status ntki_svm_solve_newton(const ntki_svm_problem *problem, ntki_svm_solution *solution) {
    ntk_context *const context = problem->context;
    const int64_t n = problem->n;
    const bool numbers = problem->type == NTK_SVM_RIDGE;
    newton own = {.problem = problem,
                  .loss = ntki_loss_find(numbers ? NTK_LOSS_SQUARED : NTK_LOSS_LOGISTIC),
                  .a = solution->a,
                  .f = solution->f};
    ntk_status status = ntki_allocate_matrix(context, problem->function, n, n, &own.matrix);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(context, problem->function, n, 5, &own.sides);
    if (status == NTK_SUCCESS) {
        own.s = own.sides + 2 * n;
        own.next = own.s + n;
        own.next_f = own.next + n;
        for (int64_t i = 0; i < n; i++)
            own.a[i] = own.f[i] = 0;
        status = numbers ? ridge(&own, solution) : iterate(&own, solution);
        solution->b = own.b;
    }
    ntki_release(context, own.sides);
    ntki_release(context, own.matrix);
    return status;
}
