/* Cost and gradient along the way, and paths that stop by them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/flow/flow.h"

static double weight_of(const ntk_flow *flow, int64_t i) { return flow->weights != NULL ? flow->weights[i] : 1; }

/* The rows of an n x c matrix with weight, one after the other; returns how many. */
static int64_t gather(const ntk_flow *flow, const double *rows, double *out) {
    const int64_t c = flow->training.c;
    int64_t count = 0;
    for (int64_t i = 0; i < flow->training.n; i++)
        if (weight_of(flow, i) > 0)
            memcpy(out + count++ * c, rows + i * c, (size_t)c * sizeof(double));
    return count;
}

/* The values of the loss, in the rows with weight: in the others it may have none. work: n x 2 c */
static ntk_status find_values(const ntk_flow *flow, const char *function, const double *f, double *work,
                              double *values) {
    const ntki_training *const set = &flow->training;
    double *const y = work + set->n * set->c;
    gather(flow, f, work);
    const int64_t count = gather(flow, set->y, y);
    return ntki_loss_values(flow->loss, set->context, function, count, set->c, work, y, values);
}

/* s sum_i w_i loss(f_i, y_i) */
static ntk_status find_cost(const ntk_flow *flow, const char *function, const double *f, double *cost) {
    const ntki_training *const set = &flow->training;
    double *values = NULL, *work = NULL, sum = 0;
    ntk_status status;
    if ((status = ntki_allocate_matrix(set->context, function, 1, set->n, &values)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(set->context, function, set->n, 2 * set->c, &work)) == NTK_SUCCESS)
        status = find_values(flow, function, f, work, values);
    for (int64_t i = 0, k = 0; status == NTK_SUCCESS && i < set->n; i++)
        if (weight_of(flow, i) > 0)
            sum += weight_of(flow, i) * ntki_flow_scale(flow) * values[k++];
    if (status == NTK_SUCCESS && !isfinite(sum))
        status = ntki_fail(set->context, NTK_ERR_RANGE, function, "the cost exceeds the double range");
    if (status == NTK_SUCCESS)
        *cost = sum;
    ntki_release(set->context, work);
    ntki_release(set->context, values);
    return status;
}

/* (sum_k g_k' K g_k)^(1/2), with g divided by its largest entry on the way. */
static ntk_status find_gradient_norm(ntk_flow *flow, const char *function, const double *f, double *norm) {
    const ntki_training *const set = &flow->training;
    const int64_t count = set->n * set->c;
    double *gradient = NULL, *product = NULL, largest = 0, sum = 0;
    ntk_status status;
    if ((status = ntki_allocate_matrix(set->context, function, set->n, set->c, &gradient)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(set->context, function, set->n, set->c, &product)) == NTK_SUCCESS)
        status = ntki_loss_gradient(flow->loss, set->context, function, set->n, set->c, f, set->y, gradient);
    for (int64_t i = 0; status == NTK_SUCCESS && i < count; i++) {
        gradient[i] *= ntki_flow_scale(flow) * weight_of(flow, i / set->c);
        largest = fmax(largest, fabs(gradient[i]));
    }
    for (int64_t i = 0; status == NTK_SUCCESS && largest > 0 && i < count; i++)
        gradient[i] /= largest;
    if (status == NTK_SUCCESS && largest > 0)
        status = ntki_flow_multiply(flow, function, set->c, gradient, product);
    for (int64_t i = 0; status == NTK_SUCCESS && largest > 0 && i < count; i++)
        sum += gradient[i] * product[i];
    const double size = sum > 0 ? largest * sqrt(sum) : 0; /* below 0 by rounding only */
    if (status == NTK_SUCCESS && !(isfinite(sum) && isfinite(size)))
        status = ntki_fail(set->context, NTK_ERR_RANGE, function, "the size of the gradient exceeds the double range");
    if (status == NTK_SUCCESS)
        *norm = size;
    ntki_release(set->context, product);
    ntki_release(set->context, gradient);
    return status;
}

/* What is at time t: f (n x c), flow->coefficients where they are asked for, cost and size of the gradient (NULL: not). */
static ntk_status visit_time(ntk_flow *flow, const char *function, double t, bool coefficients, double *f, double *cost,
                             double *gradient_norm) {
    ntk_context *const context = flow->training.context;
    ntk_status status;
    if ((status = ntki_flow_prepare(flow, function, t)) != NTK_SUCCESS ||
        (status = ntki_progress(context, function, 0, "flow")) != NTK_SUCCESS ||
        (status = ntki_flow_outputs(flow, function, t, f)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < flow->training.n * flow->training.c; i++)
        if (!isfinite(f[i]))
            return ntki_fail(context, NTK_ERR_RANGE, function, "the outputs at t = %g exceed the double range", t);
    if (coefficients)
        status = ntki_flow_solve(flow, function, t);
    if (status == NTK_SUCCESS && cost != NULL)
        status = find_cost(flow, function, f, cost);
    if (status == NTK_SUCCESS && gradient_norm != NULL)
        status = find_gradient_norm(flow, function, f, gradient_norm);
    return status != NTK_SUCCESS ? status : ntki_progress(context, function, 1, "flow");
}

ntk_status ntk_flow_get_cost(ntk_flow *flow, double t, double *cost, double *gradient_norm) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    double *f = NULL, found[2] = {0};
    ntk_status status;
    if ((status = ntki_flow_check_time(flow, __func__, "t", t)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, __func__, set->n, set->c, &f)) != NTK_SUCCESS)
        return status;
    status = visit_time(flow, __func__, t, false, f, cost != NULL ? &found[0] : NULL,
                        gradient_norm != NULL ? &found[1] : NULL);
    if (status == NTK_SUCCESS && cost != NULL)
        *cost = found[0];
    if (status == NTK_SUCCESS && gradient_norm != NULL)
        *gradient_norm = found[1];
    ntki_release(set->context, f);
    return status;
}

static ntk_status check_course(const ntk_flow *flow, const char *function, int64_t count, const double *times) {
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
        if (s > 0 && times[s] < times[s - 1])
            return ntki_fail(context, NTK_ERR_DOMAIN, function, "%s is %g, after %g; times must ascend", name, times[s],
                             times[s - 1]);
    }
    return NTK_SUCCESS;
}

/* Whether the cost can be told: not with a function of the caller's that has no value, where it was not asked for. */
static bool has_cost(const ntk_flow *flow, double wanted) {
    return flow->loss->kind != NTK_LOSS_FUNCTION || flow->loss->value != NULL || !isnan(wanted);
}

ntk_status ntk_flow_follow(ntk_flow *flow, int64_t count, const double *times, double cost, double gradient_norm,
                           ntk_flow_visit_function visit, void *user, int64_t *last) {
    if (flow == NULL)
        return NTK_ERR_NULL;
    const ntki_training *const set = &flow->training;
    double *f = NULL;
    int64_t visited = 0;
    bool stop = false;
    ntk_status status;
    if ((status = check_course(flow, __func__, count, times)) != NTK_SUCCESS ||
        (status = ntki_check_pointer(set->context, __func__, "last", last)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, __func__, set->n, set->c, &f)) != NTK_SUCCESS)
        return status;
    while (visited < count && !stop) {
        const double t = times[visited];
        double now = NAN, size = NAN;
        status = visit_time(flow, __func__, t, true, f, has_cost(flow, cost) ? &now : NULL, &size);
        if (status != NTK_SUCCESS)
            break;
        visited++;
        stop = visit != NULL && visit(user, t, set->n, set->c, f, flow->coefficients, now, size) != 0;
        stop = stop || now <= cost || size <= gradient_norm;
    }
    if (status == NTK_SUCCESS)
        *last = visited;
    ntki_release(set->context, f);
    return status;
}
