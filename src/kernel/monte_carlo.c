/* The Monte-Carlo evaluator: the handle, and what goes through all networks in double precision. */
#include "src/kernel/monte_carlo.h"

#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"

/* ---- what the empirical kernel does ---- */

static ntk_status prepare(ntk_kernel *kernel, const char *function, const ntki_input *input, ntki_rows **out) {
    ntk_kernel *const inner = ntki_monte_carlo_of(kernel)->inner;
    return inner->evaluator->prepare(inner, function, input, out);
}

static void release(const ntk_kernel *kernel, ntki_rows *rows) {
    const ntk_kernel *const inner = ntki_monte_carlo_of(kernel)->inner;
    inner->evaluator->release(inner, rows);
}

/* Room for K_m of the largest tile. */
static ntk_status match(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b) {
    ntk_kernel *const inner = ntki_monte_carlo_of(kernel)->inner;
    ntki_monte_carlo_work *const work = ntki_monte_carlo_of(kernel)->work;
    const int64_t rows = ntki_smaller(a->n, kernel->panel_rows);
    ntk_status status = inner->evaluator->match(inner, function, a, b);
    if (status != NTK_SUCCESS || rows <= work->capacity / b->n)
        return status;
    ntki_release(kernel->context, work->tile);
    work->capacity = 0;
    status = ntki_allocate_matrix(kernel->context, function, rows, b->n, &work->tile);
    if (status == NTK_SUCCESS)
        work->capacity = rows * b->n;
    return status;
}

/* ---- the mean over all networks ---- */

static ntk_status fill_tile(const ntk_kernel *kernel, const char *function, const ntki_tile *tile) {
    const int64_t networks = ntki_monte_carlo_of(kernel)->networks;
    return ntki_monte_carlo_tile(
        kernel, function, tile,
        &(ntki_estimates){.count = 1, .networks = &networks, .mean = tile->out, .ldm = tile->ldo});
}

static void add(int64_t count, int64_t m, const double *values, double *mean) {
    for (int64_t i = 0; i < count; i++)
        mean[i] = ntki_running_mean(m == 0 ? values[i] : mean[i], values[i], (double)(m + 1));
}

/* Values >= 0, whose differences do not overflow. */
static ntk_status diagonal(ntk_kernel *kernel, const char *function, const ntki_rows *rows, double *out) {
    const ntki_monte_carlo *const own = ntki_monte_carlo_of(kernel);
    const int64_t n = rows->n;
    double *values = NULL;
    ntk_status status = ntki_allocate_matrix(kernel->context, function, 2, n, &values);
    for (int64_t m = 0; status == NTK_SUCCESS && m < own->networks; m++) {
        ntki_monte_carlo_draw(kernel, m, own->networks, 0, 1);
        status = own->inner->evaluator->diagonal(own->inner, function, rows, values + n);
        if (status == NTK_SUCCESS)
            add(n, m, values + n, values);
    }
    if (status == NTK_SUCCESS)
        memcpy(out, values, (size_t)n * sizeof(double));
    ntki_release(kernel->context, values);
    return status;
}

static ntk_status multiply(ntk_kernel *kernel, const char *function, const ntki_multiplication *job) {
    const ntki_monte_carlo *const own = ntki_monte_carlo_of(kernel);
    ntki_multiplication one = *job;
    ntk_status status = ntki_allocate_matrix(kernel->context, function, job->x.n, job->c, &one.product);
    for (int64_t m = 0; status == NTK_SUCCESS && m < own->networks; m++) {
        ntki_monte_carlo_draw(kernel, m, own->networks, 0, 1);
        status = own->inner->evaluator->multiply(own->inner, function, &one);
        if (status == NTK_SUCCESS)
            add(job->x.n * job->c, m, one.product, job->product);
    }
    ntki_release(kernel->context, one.product);
    return status;
}

static void end_call(ntk_kernel *kernel) {
    const ntki_monte_carlo *const own = ntki_monte_carlo_of(kernel);
    own->inner->evaluator->end(own->inner);
    ntki_release(kernel->context, own->work->tile);
    own->work->tile = NULL;
    own->work->capacity = 0;
}

/* ---- the handle ---- */

static void destroy(ntk_kernel *kernel) {
    const ntki_monte_carlo *const own = ntki_monte_carlo_of(kernel);
    ntki_release(kernel->context, own->work);
    ntki_kernel_release(own->inner);
}

const ntki_evaluator ntki_evaluator_monte_carlo = {.prepare = prepare,
                                                   .release = release,
                                                   .match = match,
                                                   .tile = fill_tile,
                                                   .diagonal = diagonal,
                                                   .multiply = multiply,
                                                   .end = end_call,
                                                   .destroy = destroy,
                                                   .single = &ntki_evaluator_monte_carlo_f32};

/* The empirical kernel, of a network without parameters yet. Each of the three holds the context. */
static ntk_status make_inner(ntk_context *context, const char *function, const ntk_mlp *mlp, int32_t type,
                             ntk_kernel **out) {
    ntk_context *of_network = NULL, *of_kernel = NULL;
    ntk_network *network = NULL;
    ntk_status status = ntki_context_acquire(context, &of_network);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_network_make(of_network, function, mlp, &network)) != NTK_SUCCESS) {
        ntki_context_release(of_network);
        return status;
    }
    if ((status = ntki_context_acquire(context, &of_kernel)) != NTK_SUCCESS) {
        ntk_network_destroy(network);
        return status;
    }
    if ((status = ntki_empirical_create(of_kernel, function, network, type, NTK_OUTPUT_TRACE, out)) != NTK_SUCCESS)
        ntki_context_release(of_kernel);
    return status;
}

static ntk_status create(ntk_context *context, const char *function, const ntk_mlp *mlp, int32_t type, int64_t networks,
                         uint64_t seed, ntk_kernel **out) {
    ntki_monte_carlo *own = NULL;
    ntki_monte_carlo_work *work = NULL;
    ntk_kernel *inner = NULL;
    ntk_status status;
    if ((status = make_inner(context, function, mlp, type, &inner)) != NTK_SUCCESS)
        return status;
    if ((status = ntki_allocate(context, function, 1, sizeof(*own), &own)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, 1, sizeof(*work), &work)) != NTK_SUCCESS) {
        ntki_release(context, own);
        ntki_kernel_release(inner);
        return status;
    }
    *work = (ntki_monte_carlo_work){.drawn = -1};
    *own = (ntki_monte_carlo){.kernel = *inner, .inner = inner, .networks = networks, .seed = seed, .work = work};
    own->kernel.evaluator = &ntki_evaluator_monte_carlo;
    atomic_init(&own->kernel.holders, 1);
    *out = &own->kernel;
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_create_monte_carlo(ntk_context *context, const ntk_mlp *mlp, int32_t type, int64_t networks,
                                         uint64_t seed, ntk_kernel **out) {
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_check_pointer(held, __func__, "mlp", mlp)) == NTK_SUCCESS &&
        (status = ntki_check_pointer(held, __func__, "out", out)) == NTK_SUCCESS &&
        (status = ntki_check_size(held, __func__, "networks", networks)) == NTK_SUCCESS) {
        if (type == NTK_KERNEL_NTK || type == NTK_KERNEL_NNGP)
            status = create(held, __func__, mlp, type, networks, seed, out);
        else
            status = ntki_fail(held, NTK_ERR_ENUM, __func__, "type is %d; it is no NTK_KERNEL_ number", (int)type);
    }
    if (status != NTK_SUCCESS)
        ntki_context_release(held);
    return status;
}
