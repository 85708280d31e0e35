/* What a flow tells at one time: outputs on the training set and elsewhere, coefficients; rank, work. */
#include <math.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/flow/flow.h"

ntk_status ntk_flow_train(ntk_flow *flow, double t, double *f, int64_t ldf) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    const ntki_matrix out = {"f", f, set->n, set->c, ldf, "ldf"};
    double *result = NULL;
    ntk_status status;
    if ((status = ntki_flow_check_time(flow, __func__, "t", t)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(set->context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, __func__, set->n, set->c, &result)) != NTK_SUCCESS)
        return status;
    if ((status = ntki_flow_prepare(flow, __func__, t)) == NTK_SUCCESS &&
        (status = ntki_progress(set->context, __func__, 0, "flow")) == NTK_SUCCESS &&
        (status = ntki_flow_outputs(flow, __func__, t, result)) == NTK_SUCCESS &&
        (status = ntki_progress(set->context, __func__, 1, "flow")) == NTK_SUCCESS)
        status = ntki_deliver(set->context, __func__, "f", set->n, set->c, result, f, ldf);
    ntki_release(set->context, result);
    return status;
}

ntk_status ntk_flow_get_coefficients(ntk_flow *flow, double t, double *a, int64_t lda) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    const ntki_matrix out = {"a", a, set->n, set->c, lda, "lda"};
    ntk_status status;
    if ((status = ntki_flow_check_time(flow, __func__, "t", t)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(set->context, __func__, &out)) != NTK_SUCCESS ||
        (status = ntki_flow_prepare(flow, __func__, t)) != NTK_SUCCESS ||
        (status = ntki_progress(set->context, __func__, 0, "flow")) != NTK_SUCCESS ||
        (status = ntki_flow_solve(flow, __func__, t)) != NTK_SUCCESS ||
        (status = ntki_progress(set->context, __func__, 1, "flow")) != NTK_SUCCESS)
        return status;
    return ntki_deliver(set->context, __func__, "a", set->n, set->c, flow->coefficients, a, lda);
}

ntk_status ntk_flow_get_rank(ntk_flow *flow, int64_t *rank) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    ntk_status status;
    if ((status = ntki_check_pointer(flow->training.context, __func__, "rank", rank)) != NTK_SUCCESS ||
        (status = ntki_flow_eigenbasis(flow, __func__, 1)) != NTK_SUCCESS)
        return status;
    int64_t count = 0;
    for (int64_t i = 0; i < flow->training.n; i++)
        count += flow->system.basis.w[i] > ntki_flow_floor(flow);
    *rank = count;
    return NTK_SUCCESS;
}

/* kappa, or 0 where it counts as zero. */
static ntk_status find_largest(ntk_flow *flow, const char *function, double *largest) {
    const bool decomposed = flow->system.state == NTKI_FLOW_BASIS && !flow->outdated;
    if (flow->solver == NTK_FLOW_KRYLOV && !decomposed)
        return ntki_flow_largest_eigenvalue(flow, function, largest);
    const ntk_status status = ntki_flow_eigenbasis(flow, function, 1);
    if (status == NTK_SUCCESS)
        *largest = flow->system.basis.w[flow->training.n - 1];
    return status;
}

ntk_status ntk_flow_get_largest_learning_rate(ntk_flow *flow, double *learning_rate) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = flow->training.context;
    const double room = 2 * (1 + flow->momentum) - flow->weight_decay;
    double largest = 0;
    ntk_status status = ntki_check_pointer(context, __func__, "learning_rate", learning_rate);
    if (status != NTK_SUCCESS)
        return status;
    if (!(room > 0))
        return ntki_fail(context, NTK_ERR_DOMAIN, __func__,
                         "weight_decay is %g; with momentum %g descent diverges from %g on, at any learning rate",
                         flow->weight_decay, flow->momentum, 2 * (1 + flow->momentum));
    if ((status = find_largest(flow, __func__, &largest)) != NTK_SUCCESS)
        return status;
    *learning_rate = largest > 0 ? room / (ntki_flow_scale(flow) * largest) : INFINITY;
    return NTK_SUCCESS;
}

ntk_status ntk_flow_get_work(const ntk_flow *flow, double *error, int64_t *steps, int64_t *factorisations) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    if (error != NULL)
        *error = flow->work.error;
    if (steps != NULL)
        *steps = flow->work.steps;
    if (factorisations != NULL)
        *factorisations = flow->work.factorisations;
    return NTK_SUCCESS;
}

/* f0 may be NULL, and may be the output itself. */
static ntk_status check_prediction(const ntk_flow *flow, const char *function, double t, int64_t m, const double *f0,
                                   int64_t ldf0, double *f, int64_t ldf) {
    ntk_context *const context = flow->training.context;
    const int64_t c = flow->training.c;
    const ntki_matrix out = {"f", f, m, c, ldf, "ldf"}, initial = {"f0", f0, m, c, ldf0, "ldf0"};
    ntk_status status;
    if ((status = ntki_flow_check_time(flow, function, "t", t)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, function, "m", m)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, &out)) != NTK_SUCCESS)
        return status;
    if (f0 == NULL)
        return NTK_SUCCESS;
    if ((status = ntki_check_matrix(context, function, &initial)) != NTK_SUCCESS)
        return status;
    if (f0 == f && (ldf0 == ldf || m == 1))
        return NTK_SUCCESS;
    return ntki_check_disjoint(context, function, &out, &initial);
}

static ntk_status check_initial(const ntk_flow *flow, const char *function, int64_t m, const double *f0, int64_t ldf0) {
    const ntki_matrix initial = {"f0", f0, m, flow->training.c, ldf0, "ldf0"};
    return f0 == NULL ? NTK_SUCCESS : ntki_check_finite(flow->training.context, function, &initial);
}

/* result += exp(-lambda t) f0 */
static void add_initial(const ntk_flow *flow, double t, int64_t m, const double *f0, int64_t ldf0, double *result) {
    const int64_t c = flow->training.c;
    const double decay = ntki_flow_decay(flow, t);
    for (int64_t i = 0; f0 != NULL && i < m; i++)
        for (int64_t j = 0; j < c; j++)
            result[i * c + j] += ntki_flow_faded(decay, f0[i * ldf0 + j]);
}

ntk_status ntk_flow_predict(ntk_flow *flow, double t, int64_t m, const double *cross, int64_t ldk, const double *f0,
                            int64_t ldf0, double *f, int64_t ldf) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    ntk_context *const context = set->context;
    const ntki_matrix in = {"cross", cross, m, set->n, ldk, "ldk"}, out = {"f", f, m, set->c, ldf, "ldf"};
    double *result = NULL;
    ntk_status status;
    if ((status = check_prediction(flow, __func__, t, m, f0, ldf0, f, ldf)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, __func__, &in)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, __func__, &in)) != NTK_SUCCESS ||
        (status = check_initial(flow, __func__, m, f0, ldf0)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, __func__, m, set->c, &result)) != NTK_SUCCESS)
        return status;
    if ((status = ntki_flow_prepare(flow, __func__, t)) == NTK_SUCCESS &&
        (status = ntki_progress(context, __func__, 0, "flow")) == NTK_SUCCESS &&
        (status = ntki_flow_solve(flow, __func__, t)) == NTK_SUCCESS) {
        ntki_dgemm(&context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, m, set->c, set->n, 1, cross, ldk,
                   flow->coefficients, set->c, 0, result, set->c);
        add_initial(flow, t, m, f0, ldf0, result);
        if ((status = ntki_progress(context, __func__, 1, "flow")) == NTK_SUCCESS)
            status = ntki_deliver(context, __func__, "f", m, set->c, result, f, ldf);
    }
    ntki_release(context, result);
    return status;
}

ntk_status ntk_flow_predict_at(ntk_flow *flow, double t, int64_t m, const double *z, int64_t ldz, const double *f0,
                               int64_t ldf0, double *f, int64_t ldf) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    ntk_context *const context = set->context;
    double *result = NULL;
    int64_t rows = 0;
    ntk_status status;
    if ((status = ntki_flow_check_time(flow, __func__, "t", t)) != NTK_SUCCESS ||
        (status = ntki_training_order(set, __func__, m, &rows)) != NTK_SUCCESS ||
        (status = check_prediction(flow, __func__, t, rows, f0, ldf0, f, ldf)) != NTK_SUCCESS ||
        (status = ntki_training_check_points(set, __func__, m, z, ldz)) != NTK_SUCCESS)
        return status;
    const ntki_matrix out = {"f", f, rows, set->c, ldf, "ldf"};
    const ntki_matrix in = {"z", z, m, set->kernel->input_dimension, ldz, "ldz"};
    if ((status = ntki_check_disjoint(context, __func__, &out, &in)) != NTK_SUCCESS ||
        (status = check_initial(flow, __func__, rows, f0, ldf0)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, __func__, rows, set->c, &result)) != NTK_SUCCESS)
        return status;
    if ((status = ntki_flow_prepare(flow, __func__, t)) == NTK_SUCCESS &&
        (status = ntki_progress(context, __func__, 0, "flow")) == NTK_SUCCESS &&
        (status = ntki_flow_solve(flow, __func__, t)) == NTK_SUCCESS &&
        (status = ntki_progress(context, __func__, 1, "flow")) == NTK_SUCCESS &&
        (status = ntki_training_multiply(set, __func__, m, z, ldz, flow->coefficients, result)) == NTK_SUCCESS) {
        add_initial(flow, t, rows, f0, ldf0, result);
        status = ntki_deliver(context, __func__, "f", rows, set->c, result, f, ldf);
    }
    ntki_release(context, result);
    return status;
}
