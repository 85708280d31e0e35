/* Sequential minimal optimisation with shrinking  [Fan05] [ChangLin11]: two variables at a time, until no condition of
 * optimality is violated by more than the tolerance. */
#include "src/svm/smo.h"

#include <math.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"

/* How often the gradient may be made anew without a violation below all before, until rounding is blamed. */
enum { MOST_RESTARTS = 50, SHRINKING_PERIOD = 1000 };

ntk_status ntki_smo_indefinite(const ntki_smo *smo, const ntki_working_set *set, double entry) {
    const ntki_svm_problem *const problem = smo->problem;
    return ntki_fail(
        problem->context, NTK_ERR_NOT_POSITIVE, problem->function,
        "the Gram matrix is indefinite: the samples %lld and %lld have the diagonal entries %g and %g and the "
        "entry %g",
        (long long)smo->sample[set->i], (long long)smo->sample[set->j], smo->diagonal[set->i], smo->diagonal[set->j],
        entry);
}

static ntk_status allocate(ntki_smo *smo) {
    const ntki_svm_problem *const problem = smo->problem;
    const int64_t count = smo->count;
    ntk_status status;
    if ((status = ntki_allocate(problem->context, problem->function, count, 2 * sizeof(int64_t), &smo->variable)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate_matrix(problem->context, problem->function, count, 13, &smo->a)) != NTK_SUCCESS)
        return status;
    smo->sample = smo->variable + count;
    double **const parts[] = {&smo->g,    &smo->p,    &smo->lower, &smo->upper, &smo->diagonal, &smo->rise,
                              &smo->fall, &smo->gain, &smo->order, &smo->room,  &smo->f,        &smo->total};
    for (int64_t k = 0; k < 12; k++)
        *parts[k] = smo->a + (k + 1) * count;
    return NTK_SUCCESS;
}

/* What follows from a. */
static void set_directions(ntki_smo *smo, int64_t at) {
    smo->rise[at] = smo->a[at] < smo->upper[at] ? 0 : INFINITY;
    smo->fall[at] = smo->a[at] > smo->lower[at] ? 0 : INFINITY;
}

static void place(ntki_smo *smo, int64_t v, int64_t i, double p, double lower, double upper) {
    smo->variable[v] = v;
    smo->sample[v] = smo->problem->sample[i];
    smo->diagonal[v] = smo->problem->rows->diagonal[smo->sample[v]];
    smo->a[v] = 0;
    smo->p[v] = p;
    smo->g[v] = -p;
    smo->lower[v] = lower;
    smo->upper[v] = upper;
    set_directions(smo, v);
}

/* Whether the variables are the rows of K, in their order. SVR has two for a row: as many as K has rows when half of the
 * samples are left out. */
static bool in_order(const ntki_smo *smo) {
    return smo->problem->type == NTK_SVM_SVC && smo->problem->n == smo->problem->rows->n;
}

static void begin(ntki_smo *smo) {
    const ntki_svm_problem *const problem = smo->problem;
    for (int64_t i = 0; i < problem->n; i++) {
        const double y = problem->y[i], cost = problem->cost[i];
        if (problem->type == NTK_SVM_SVC) {
            place(smo, i, i, y, y < 0 ? -cost : 0, y < 0 ? 0 : cost);
        } else {
            place(smo, i, i, y - problem->epsilon, 0, cost);
            place(smo, problem->n + i, i, y + problem->epsilon, -cost, 0);
        }
    }
    smo->active = smo->count;
    smo->direct = in_order(smo);
}

/* ---- shrinking ---- */

static void reorder(double *values, const int64_t *from, int64_t count, double *room) {
    for (int64_t v = 0; v < count; v++)
        room[v] = values[from[v]];
    for (int64_t v = 0; v < count; v++)
        values[v] = room[v];
}

static void reorder_integers(int64_t *values, const int64_t *from, int64_t count, double *room) {
    int64_t *const integers = (int64_t *)(void *)room;
    for (int64_t v = 0; v < count; v++)
        integers[v] = values[from[v]];
    for (int64_t v = 0; v < count; v++)
        values[v] = integers[v];
}

/* The places 0 ... count - 1 get what is now in from[...]. The rows of the last working set are lost. */
static void reorder_all(ntki_smo *smo, const int64_t *from, int64_t count) {
    double *const arrays[] = {smo->a, smo->g, smo->p, smo->lower, smo->upper, smo->diagonal, smo->rise, smo->fall};
    for (int k = 0; k < 8; k++)
        reorder(arrays[k], from, count, smo->room);
    reorder_integers(smo->variable, from, count, smo->room);
    reorder_integers(smo->sample, from, count, smo->room);
}

/* Those that rest go behind the others. */
static void shrink(ntki_smo *smo, const ntki_smo_rule *rule, const ntki_working_set *set) {
    int64_t *const from = (int64_t *)(void *)smo->order;
    int64_t stay = 0, rest = smo->active;
    for (int64_t v = 0; v < smo->active; v++)
        if (!rule->rests(smo, set, v))
            from[stay++] = v;
    if (stay == smo->active)
        return;
    for (int64_t v = smo->active; v-- > 0;)
        if (rule->rests(smo, set, v))
            from[--rest] = v;
    reorder_all(smo, from, smo->active);
    smo->active = stay;
    smo->direct = false;
    ntki_smo_forget_rows(smo);
}

/* All variables in their order, and the gradient from a. */
static ntk_status restore(ntki_smo *smo) {
    const ntki_svm_problem *const problem = smo->problem;
    int64_t *const from = (int64_t *)(void *)smo->order;
    for (int64_t v = 0; v < smo->count; v++)
        from[smo->variable[v]] = v;
    reorder_all(smo, from, smo->count);
    smo->active = smo->count;
    smo->direct = in_order(smo);
    ntki_smo_forget_rows(smo);
    const bool twice = smo->count > problem->n;
    for (int64_t i = 0; i < problem->n; i++)
        smo->total[i] = smo->a[i] + (twice ? smo->a[problem->n + i] : 0);
    const ntk_status status = ntki_svm_multiply(problem, smo->total, smo->f);
    for (int64_t v = 0; v < smo->count; v++)
        smo->g[v] = smo->f[v < problem->n ? v : v - problem->n] - smo->p[v];
    return status;
}

/* ---- the loop ---- */

typedef struct {
    ntki_smo smo;
    const ntki_smo_rule *rule;
    ntki_working_set set;
    int64_t iterations, until_shrinking;
    int64_t in_vain;  /* fresh violations that were not below all before */
    bool fresh;       /* the gradient is that of a, of all variables */
    double violation; /* the least one when it was */
    bool widened;     /* all variables were looked at again near the end */
} descent;

/* Sets the variables of the working set to their new values; false when they have them already. */
static bool move(descent *own, double next_i, double next_j) {
    ntki_smo *const smo = &own->smo;
    const ntki_working_set *const set = &own->set;
    const double way_i = next_i - smo->a[set->i], way_j = set->j < 0 ? 0 : next_j - smo->a[set->j];
    if (way_i == 0 && way_j == 0)
        return false;
    const double *const restrict from_i = set->from_i, *const restrict from_j = set->from_j;
    double *const restrict g = smo->g;
    if (set->j < 0)
        for (int64_t v = 0; v < smo->active; v++)
            g[v] += way_i * from_i[v];
    else
        for (int64_t v = 0; v < smo->active; v++)
            g[v] += way_i * from_i[v] + way_j * from_j[v];
    smo->a[set->i] = next_i;
    set_directions(smo, set->i);
    if (set->j >= 0) {
        smo->a[set->j] = next_j;
        set_directions(smo, set->j);
    }
    own->fresh = false;
    return true;
}

/* One working set. `moved`: something has changed. */
static ntk_status improve(descent *own, bool *moved) {
    ntki_smo *const smo = &own->smo;
    ntki_working_set *const set = &own->set;
    double next_i = 0, next_j = 0;
    *moved = false;
    if (set->i < 0)
        return NTK_SUCCESS;
    ntk_status status = ntki_smo_row(smo, set->i, -1, &set->from_i);
    if (status != NTK_SUCCESS)
        return status;
    own->rule->second(smo, set);
    if (set->j < 0 && smo->problem->bias)
        return NTK_SUCCESS;
    if ((status = own->rule->solve(smo, set, &next_i, &next_j)) == NTK_SUCCESS && set->j >= 0)
        status = ntki_smo_row(smo, set->j, set->i, &set->from_j);
    if (status == NTK_SUCCESS)
        *moved = move(own, next_i, next_j);
    return status;
}

static ntk_status report_progress(const descent *own) {
    const ntki_svm_problem *const problem = own->smo.problem;
    const double done = (double)own->iterations / (double)(own->iterations + 10 * own->smo.count);
    problem->rows->fraction = problem->from + (problem->to - problem->from) * done;
    return ntki_progress(problem->context, problem->function, problem->rows->fraction, "machine");
}

/* Every so often: progress, and those that rest leave. Near the end all come back once, as some may have left too early. */
static ntk_status pause(descent *own) {
    const ntki_svm_problem *const problem = own->smo.problem;
    ntk_status status;
    own->until_shrinking = ntki_smaller(own->smo.count, SHRINKING_PERIOD);
    if ((status = report_progress(own)) != NTK_SUCCESS || !problem->shrinking)
        return status;
    if (!own->widened && own->set.violation <= 10 * problem->tolerance) {
        own->widened = true;
        if (own->smo.active < own->smo.count) {
            if ((status = restore(&own->smo)) != NTK_SUCCESS)
                return status;
            own->rule->first(&own->smo, &own->set);
        }
    }
    shrink(&own->smo, own->rule, &own->set);
    own->rule->first(&own->smo, &own->set);
    return NTK_SUCCESS;
}

/* When the active variables are done, or none of them can move: all variables, with the gradient made anew. */
static ntk_status restart(descent *own) {
    own->until_shrinking = ntki_smaller(own->smo.count, SHRINKING_PERIOD);
    own->fresh = true;
    return restore(&own->smo);
}

/* Whether to go on from a fresh violation above the tolerance. */
static ntk_status look(descent *own) {
    const ntki_svm_problem *const problem = own->smo.problem;
    const double violation = own->set.violation;
    own->in_vain += violation < own->violation ? 0 : 1;
    own->violation = fmin(violation, own->violation);
    if (own->iterations >= problem->most_iterations)
        return ntki_fail(problem->context, NTK_ERR_CONVERGENCE, problem->function,
                         "the violation is %g after %lld iterations, the most that are allowed; the tolerance is %g",
                         violation, (long long)own->iterations, problem->tolerance);
    if (own->in_vain > MOST_RESTARTS)
        return ntki_fail(problem->context, NTK_ERR_CONVERGENCE, problem->function,
                         "rounding stops at a violation of %g after %lld iterations; the tolerance is %g", violation,
                         (long long)own->iterations, problem->tolerance);
    return NTK_SUCCESS;
}

static ntk_status descend(descent *own) {
    const ntki_svm_problem *const problem = own->smo.problem;
    ntk_status status = NTK_SUCCESS;
    while (status == NTK_SUCCESS) {
        bool moved = false;
        own->rule->first(&own->smo, &own->set);
        if (own->until_shrinking-- == 0 && (status = pause(own)) != NTK_SUCCESS)
            break;
        const bool done = own->set.violation <= problem->tolerance;
        if (own->fresh && (done || (status = look(own)) != NTK_SUCCESS))
            break;
        if (!done && own->iterations < problem->most_iterations && (status = improve(own, &moved)) == NTK_SUCCESS &&
            moved)
            own->iterations++;
        if (status == NTK_SUCCESS && !moved)
            status = restart(own);
    }
    return status;
}

ntk_status ntki_svm_solve_smo(const ntki_svm_problem *problem, ntki_svm_solution *solution) {
    const int64_t count = problem->type == NTK_SVM_SVR ? 2 * problem->n : problem->n;
    descent own = {.smo = {.problem = problem, .count = count},
                   .rule = problem->bias ? &ntki_smo_pairs : &ntki_smo_boxes,
                   .until_shrinking = ntki_smaller(count, SHRINKING_PERIOD),
                   .violation = INFINITY};
    ntki_smo *const smo = &own.smo;
    ntk_status status = allocate(smo);
    if (status == NTK_SUCCESS)
        begin(smo);
    if (status == NTK_SUCCESS && (status = ntki_smo_open_rows(smo)) == NTK_SUCCESS)
        status = descend(&own);
    if (status == NTK_SUCCESS) {
        for (int64_t i = 0; i < problem->n; i++) {
            solution->a[i] = smo->total[i];
            solution->f[i] = smo->f[i];
        }
        solution->b = own.rule->bias(smo, &own.set);
        solution->violation = fmax(own.set.violation, 0);
        solution->iterations = own.iterations;
    }
    ntki_smo_close_rows(smo);
    ntki_release(problem->context, smo->a);
    ntki_release(problem->context, smo->variable);
    return status;
}
