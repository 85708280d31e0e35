/* Outputs at several times in one call: one product with K(Z,X) for all of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/flow/flow.h"

static ntk_status check_times(const ntk_flow *flow, const char *function, int64_t count, const double *times) {
    ntk_context *const context = flow->training.context;
    ntk_status status;
    if ((status = ntki_check_size(context, function, "count", count)) != NTK_SUCCESS ||
        (status = ntki_check_pointer(context, function, "times", times)) != NTK_SUCCESS)
        return status;
    for (int64_t s = 0; s < count; s++) {
        char name[40];
        snprintf(name, sizeof(name), "times[%lld]", (long long)s);
        if ((status = ntki_flow_check_time(flow, function, name, times[s])) != NTK_SUCCESS)
            return status;
    }
    return NTK_SUCCESS;
}

/* count m rows, or NTK_ERR_OVERFLOW; count c columns that the BLAS cannot count are refused too. */
static ntk_status count_rows(const ntk_flow *flow, const char *function, int64_t count, int64_t m, int64_t *rows) {
    ntk_context *const context = flow->training.context;
    const int64_t c = flow->training.c;
    if (m > INT64_MAX / count || c > INT64_MAX / count)
        return ntki_fail(context, NTK_ERR_OVERFLOW, function, "f has count = %lld times %lld rows: too many",
                         (long long)count, (long long)m);
    if (!ntki_blas_fits(&context->blas, count * c))
        return ntki_fail(context, NTK_ERR_BLAS, function,
                         "count = %lld times of %lld outputs exceed the integers of the BLAS in use", (long long)count,
                         (long long)c);
    *rows = count * m;
    return NTK_SUCCESS;
}

/* Brings the flow to the state in which each of the times can be answered, so that one go is possible. */
static ntk_status prepare_first(ntk_flow *flow, const char *function, int64_t count, const double *times) {
    ntk_status status = NTK_SUCCESS;
    for (int64_t s = 0; s < count && status == NTK_SUCCESS && flow->loss->kind == NTK_LOSS_SQUARED; s++)
        if (times[s] > 0 && !isinf(times[s]) && flow->solver == NTK_FLOW_EIGEN)
            return ntki_flow_prepare(flow, function, times[s]);
    return status;
}

typedef struct {
    double t;
    int64_t index;
} ranked_time;

static int compare_times(const void *a, const void *b) {
    const ranked_time *const one = a, *const other = b;
    if (one->t != other->t)
        return one->t < other->t ? -1 : 1;
    return one->index < other->index ? -1 : 1;
}

/* The times in ascending order: steps go on from those before. */
static ntk_status rank_times(const ntk_flow *flow, const char *function, int64_t count, const double *times,
                             ranked_time **ranked) {
    const ntk_status status = ntki_allocate(flow->training.context, function, count, sizeof(**ranked), ranked);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t s = 0; s < count; s++)
        (*ranked)[s] = (ranked_time){times[s], s};
    qsort(*ranked, (size_t)count, sizeof(**ranked), compare_times);
    return NTK_SUCCESS;
}

/* Time after time; a: n x count c. */
static ntk_status solve_each(ntk_flow *flow, const char *function, int64_t count, const double *times, double *a) {
    ntk_context *const context = flow->training.context;
    const int64_t n = flow->training.n, c = flow->training.c;
    ranked_time *ranked = NULL;
    ntk_status status = rank_times(flow, function, count, times, &ranked);
    for (int64_t s = 0; s < count && status == NTK_SUCCESS; s++) {
        const double t = ranked[s].t;
        if ((status = ntki_flow_prepare(flow, function, t)) == NTK_SUCCESS &&
            (status = ntki_progress(context, function, (double)s / (double)count, "flow")) == NTK_SUCCESS &&
            (status = ntki_flow_solve(flow, function, t)) == NTK_SUCCESS)
            ntki_copy_rows(n, c, flow->coefficients, c, a + ranked[s].index * c, count * c);
    }
    ntki_release(context, ranked);
    return status;
}

/* a (n x count c): the coefficients, time beside time. */
static ntk_status find_coefficients(ntk_flow *flow, const char *function, int64_t count, const double *times,
                                    double *a) {
    ntk_status status;
    if ((status = prepare_first(flow, function, count, times)) != NTK_SUCCESS)
        return status;
    if (flow->start != NULL || flow->loss->kind != NTK_LOSS_SQUARED || flow->solver != NTK_FLOW_EIGEN)
        return solve_each(flow, function, count, times, a);
    if ((status = ntki_flow_prepare(flow, function, times[0])) != NTK_SUCCESS)
        return status;
    if (!ntki_flow_has_modes(flow))
        return solve_each(flow, function, count, times, a);
    status = ntki_progress(flow->training.context, function, 0, "flow");
    for (int64_t later = 1; later < count && status == NTK_SUCCESS; later++)
        status = ntki_flow_prepare(flow, function, times[later]);
    return status != NTK_SUCCESS ? status : ntki_flow_combine_modes(flow, function, count, times, false, a);
}

/* f row s m + i = g(times[s]) f0_i + product row i, columns of s; finite, or nothing is written. */
typedef struct {
    const ntk_flow *flow;
    int64_t count, m;
    const double *times;
    const double *f0;
    int64_t ldf0;
} layout;

static ntk_status deliver(const layout *of, const char *function, const double *product, double *f, int64_t ldf) {
    const int64_t c = of->flow->training.c, rows = of->count * of->m;
    ntk_context *const context = of->flow->training.context;
    double *result = NULL;
    ntk_status status = ntki_allocate_matrix(context, function, rows, c, &result);
    for (int64_t s = 0; s < of->count && status == NTK_SUCCESS; s++) {
        const double decay = ntki_flow_decay(of->flow, of->times[s]);
        double *const block = result + s * of->m * c;
        ntki_copy_rows(of->m, c, product + s * c, of->count * c, block, c);
        for (int64_t i = 0; of->f0 != NULL && i < of->m; i++)
            for (int64_t q = 0; q < c; q++)
                block[i * c + q] += ntki_flow_faded(decay, of->f0[i * of->ldf0 + q]);
    }
    if (status == NTK_SUCCESS)
        status = ntki_deliver(context, function, "f", rows, c, result, f, ldf);
    ntki_release(context, result);
    return status;
}

enum { AT_ONCE = 32 };

/* Outputs on the training set at up to AT_ONCE times from the basis of K itself; wide: n x (count c). */
static ntk_status train_at_once(ntk_flow *flow, const char *function, int64_t count, const double *times, double *wide,
                                double *result) {
    const int64_t n = flow->training.n, c = flow->training.c;
    ntk_status status = NTK_SUCCESS;
    for (int64_t s = 0; s < count && status == NTK_SUCCESS; s++)
        status = ntki_flow_prepare(flow, function, times[s]);
    if (status == NTK_SUCCESS)
        status = ntki_flow_combine_modes(flow, function, count, times, true, wide);
    for (int64_t s = 0; s < count && status == NTK_SUCCESS; s++) {
        const double decay = ntki_flow_decay(flow, times[s]);
        ntki_copy_rows(n, c, wide + s * c, count * c, result + s * n * c, c);
        for (int64_t i = 0; flow->origin != NULL && i < n * c; i++)
            result[s * n * c + i] += ntki_flow_faded(decay, flow->origin[i]);
    }
    return status;
}

/* All times, some at once where the basis of K answers, else one by one. */
static ntk_status train_each(ntk_flow *flow, const char *function, int64_t count, const double *times, double *result) {
    ntk_context *const context = flow->training.context;
    const int64_t size = flow->training.n * flow->training.c, most = ntki_smaller(count, AT_ONCE);
    double *wide = NULL;
    ranked_time *ranked = NULL;
    ntk_status status = prepare_first(flow, function, count, times);
    const bool at_once = ntki_flow_has_modes(flow) && flow->system.root == NULL;
    if (status == NTK_SUCCESS && at_once)
        status = ntki_allocate_matrix(context, function, flow->training.n, most * flow->training.c, &wide);
    if (status == NTK_SUCCESS)
        status = rank_times(flow, function, count, times, &ranked);
    for (int64_t s = 0, now = 1; s < count && status == NTK_SUCCESS; s += now) {
        now = at_once ? ntki_smaller(most, count - s) : 1;
        const double t = at_once ? times[s] : ranked[s].t;
        if ((status = ntki_flow_prepare(flow, function, t)) != NTK_SUCCESS ||
            (status = ntki_progress(context, function, (double)s / (double)count, "flow")) != NTK_SUCCESS)
            break;
        status = at_once ? train_at_once(flow, function, now, times + s, wide, result + s * size)
                         : ntki_flow_outputs(flow, function, t, result + ranked[s].index * size);
    }
    ntki_release(context, ranked);
    ntki_release(context, wide);
    return status;
}

ntk_status ntk_flow_train_times(ntk_flow *flow, int64_t count, const double *times, double *f, int64_t ldf) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    double *result = NULL;
    int64_t rows = 0;
    ntk_status status;
    if ((status = check_times(flow, __func__, count, times)) != NTK_SUCCESS ||
        (status = count_rows(flow, __func__, count, set->n, &rows)) != NTK_SUCCESS)
        return status;
    const ntki_matrix out = {"f", f, rows, set->c, ldf, "ldf"}, in = {"times", times, 1, count, count, "count"};
    if ((status = ntki_check_matrix(set->context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(set->context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, __func__, rows, set->c, &result)) != NTK_SUCCESS)
        return status;
    if ((status = train_each(flow, __func__, count, times, result)) == NTK_SUCCESS &&
        (status = ntki_progress(set->context, __func__, 1, "flow")) == NTK_SUCCESS)
        status = ntki_deliver(set->context, __func__, "f", rows, set->c, result, f, ldf);
    ntki_release(set->context, result);
    return status;
}

/* f0 (m x c) may be NULL; it may not share with f, which is another shape. */
static ntk_status check_outputs(const layout *of, const char *function, int64_t rows, double *f, int64_t ldf) {
    ntk_context *const context = of->flow->training.context;
    const int64_t c = of->flow->training.c;
    const ntki_matrix out = {"f", f, rows, c, ldf, "ldf"}, initial = {"f0", of->f0, of->m, c, of->ldf0, "ldf0"};
    const ntki_matrix times = {"times", of->times, 1, of->count, of->count, "count"};
    ntk_status status;
    if ((status = ntki_check_matrix(context, function, &out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &out, &times)) != NTK_SUCCESS || of->f0 == NULL)
        return status;
    if ((status = ntki_check_matrix(context, function, &initial)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, function, &out, &initial)) != NTK_SUCCESS)
        return status;
    return ntki_check_finite(context, function, &initial);
}

ntk_status ntk_flow_predict_times(ntk_flow *flow, int64_t count, const double *times, int64_t m, const double *cross,
                                  int64_t ldk, const double *f0, int64_t ldf0, double *f, int64_t ldf) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    ntk_context *const context = set->context;
    const layout of = {flow, count, m, times, f0, ldf0};
    double *a = NULL, *product = NULL;
    int64_t rows = 0;
    ntk_status status;
    if ((status = check_times(flow, __func__, count, times)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, __func__, "m", m)) != NTK_SUCCESS ||
        (status = count_rows(flow, __func__, count, m, &rows)) != NTK_SUCCESS ||
        (status = check_outputs(&of, __func__, rows, f, ldf)) != NTK_SUCCESS)
        return status;
    const ntki_matrix in = {"cross", cross, m, set->n, ldk, "ldk"}, out = {"f", f, rows, set->c, ldf, "ldf"};
    if ((status = ntki_check_matrix(context, __func__, &in)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, __func__, set->n, count * set->c, &a)) != NTK_SUCCESS)
        return status;
    if ((status = ntki_allocate_matrix(context, __func__, m, count * set->c, &product)) == NTK_SUCCESS &&
        (status = find_coefficients(flow, __func__, count, times, a)) == NTK_SUCCESS &&
        (status = ntki_progress(context, __func__, 1, "flow")) == NTK_SUCCESS) {
        ntki_dgemm(&context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, m, count * set->c, set->n, 1, cross, ldk, a,
                   count * set->c, 0, product, count * set->c);
        status = deliver(&of, __func__, product, f, ldf);
    }
    ntki_release(context, product);
    ntki_release(context, a);
    return status;
}

ntk_status ntk_flow_predict_at_times(ntk_flow *flow, int64_t count, const double *times, int64_t m, const double *z,
                                     int64_t ldz, const double *f0, int64_t ldf0, double *f, int64_t ldf) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    ntk_context *const context = set->context;
    double *a = NULL, *product = NULL;
    int64_t order = 0, rows = 0;
    ntk_status status;
    if ((status = check_times(flow, __func__, count, times)) != NTK_SUCCESS ||
        (status = ntki_training_order(set, __func__, m, &order)) != NTK_SUCCESS ||
        (status = count_rows(flow, __func__, count, order, &rows)) != NTK_SUCCESS)
        return status;
    const layout of = {flow, count, order, times, f0, ldf0};
    if ((status = check_outputs(&of, __func__, rows, f, ldf)) != NTK_SUCCESS ||
        (status = ntki_training_check_points(set, __func__, m, z, ldz)) != NTK_SUCCESS)
        return status;
    const ntki_matrix out = {"f", f, rows, set->c, ldf, "ldf"};
    const ntki_matrix in = {"z", z, m, set->kernel->input_dimension, ldz, "ldz"};
    if ((status = ntki_check_disjoint(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, __func__, set->n, count * set->c, &a)) != NTK_SUCCESS)
        return status;
    ntki_training wide = *set; /* the same points with the outputs of every time */
    wide.c = count * set->c;
    if ((status = ntki_allocate_matrix(context, __func__, order, wide.c, &product)) == NTK_SUCCESS &&
        (status = find_coefficients(flow, __func__, count, times, a)) == NTK_SUCCESS &&
        (status = ntki_progress(context, __func__, 1, "flow")) == NTK_SUCCESS &&
        (status = ntki_training_multiply(&wide, __func__, m, z, ldz, a, product)) == NTK_SUCCESS)
        status = deliver(&of, __func__, product, f, ldf);
    ntki_release(context, product);
    ntki_release(context, a);
    return status;
}
