/* K and W^(1/2) K W^(1/2): where they are kept, how they come back, products. */
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/flow/flow.h"

/* Frees what the modes need, and the matrix where it is not K. */
void ntki_flow_release_system(ntk_flow *flow) {
    ntki_flow_system *const system = &flow->system;
    ntk_context *const context = flow->training.context;
    ntki_symmetric_release(context, &system->basis);
    ntki_release(context, system->y_modes);
    ntki_release(context, system->origin_modes);
    if (system->root != NULL) {
        ntki_release(context, system->matrix);
        ntki_release(context, system->diagonal);
        ntki_release(context, system->root);
    }
    *system = (ntki_flow_system){.matrix = flow->training.gram, .diagonal = flow->diagonal};
}

static ntk_status refuse_lost(const ntk_flow *flow, const char *function) {
    return ntki_fail(flow->training.context, NTK_ERR_CONVERGENCE, function,
                     "the eigen-decomposition of this flow has failed before; it can only be destroyed");
}

/* K b = V diag(mu) V' b, for `count` columns. */
static ntk_status multiply_in_basis(ntk_flow *flow, const char *function, int64_t count, const double *b, double *out) {
    const ntki_symmetric_basis *const basis = &flow->system.basis;
    ntk_context *const context = flow->training.context;
    const int64_t n = basis->n;
    double *modes = NULL;
    ntk_status status = ntki_allocate_matrix(context, function, n, count, &modes);
    if (status == NTK_SUCCESS)
        status = ntki_symmetric_to_basis(context, function, basis, count, b, modes);
    for (int64_t i = 0; status == NTK_SUCCESS && i < n; i++)
        for (int64_t j = 0; j < count; j++)
            modes[i * count + j] *= basis->w[i];
    if (status == NTK_SUCCESS)
        status = ntki_symmetric_from_basis(context, function, basis, count, modes, out);
    ntki_release(context, modes);
    return status;
}

ntk_status ntki_flow_multiply(ntk_flow *flow, const char *function, int64_t c, const double *b, double *out) {
    const ntki_training *const set = &flow->training;
    if (flow->system.root == NULL && flow->system.state == NTKI_FLOW_LOST)
        return refuse_lost(flow, function);
    if (flow->system.root == NULL && flow->system.state == NTKI_FLOW_BASIS)
        return multiply_in_basis(flow, function, c, b, out);
    ntki_symmetric_multiply(set->context, set->n, set->gram, flow->diagonal, c, b, out);
    return NTK_SUCCESS;
}

/* K from its eigenvectors: a product with the identity. */
static ntk_status rebuild_gram(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    const int64_t n = set->n;
    double *identity = NULL, *gram = NULL;
    ntk_status status;
    if ((status = ntki_progress(set->context, function, 0, "Gram matrix")) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(set->context, function, n, n, &identity)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(set->context, function, n, n, &gram)) == NTK_SUCCESS) {
        memset(identity, 0, (size_t)(n * n) * sizeof(double));
        for (int64_t i = 0; i < n; i++)
            identity[i * n + i] = 1;
        status = multiply_in_basis(flow, function, n, identity, gram);
    }
    if (status == NTK_SUCCESS)
        status = ntki_progress(set->context, function, 1, "Gram matrix");
    if (status == NTK_SUCCESS) {
        for (int64_t i = 0; i < n; i++)
            gram[i * n + i] = flow->diagonal[i];
        ntki_symmetric_copy(n, gram, n, set->gram);
        ntki_flow_release_system(flow);
        ntki_flow_forget(flow); /* a course made with K to the last bit does not go on with this one */
    }
    ntki_release(set->context, gram);
    ntki_release(set->context, identity);
    return status;
}

ntk_status ntki_flow_restore_gram(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    if (flow->system.root != NULL || flow->system.state == NTKI_FLOW_GRAM)
        return NTK_SUCCESS;
    if (flow->system.state == NTKI_FLOW_LOST)
        return refuse_lost(flow, function);
    if (flow->system.state == NTKI_FLOW_BASIS)
        return rebuild_gram(flow, function);
    ntki_symmetric_restore(set->n, set->gram, flow->diagonal);
    flow->system.state = NTKI_FLOW_GRAM;
    return NTK_SUCCESS;
}

static ntk_status weigh(ntk_flow *flow, const char *function, ntki_flow_system *system) {
    const ntki_training *const set = &flow->training;
    const int64_t n = set->n;
    ntk_status status;
    if ((status = ntki_allocate_matrix(set->context, function, 1, n, &system->root)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, function, 1, n, &system->diagonal)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(set->context, function, n, n, &system->matrix)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < n; i++)
        system->root[i] = sqrt(flow->weights[i]);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            const double entry = system->root[i] * system->root[j] * set->gram[i * n + j];
            if (!isfinite(entry))
                return ntki_fail(set->context, NTK_ERR_RANGE, function,
                                 "weights[%lld] = %g makes the weighted Gram matrix exceed the double range",
                                 (long long)i, flow->weights[i]);
            system->matrix[i * n + j] = system->matrix[j * n + i] = entry;
        }
        system->diagonal[i] = system->matrix[i * n + i];
    }
    return NTK_SUCCESS;
}

ntk_status ntki_flow_update_system(ntk_flow *flow, const char *function) {
    ntk_context *const context = flow->training.context;
    ntki_flow_system weighted = {0};
    if (!flow->outdated)
        return NTK_SUCCESS;
    ntk_status status = ntki_flow_restore_gram(flow, function);
    if (status == NTK_SUCCESS && flow->weights != NULL)
        status = weigh(flow, function, &weighted);
    if (status != NTK_SUCCESS) {
        ntki_release(context, weighted.matrix);
        ntki_release(context, weighted.diagonal);
        ntki_release(context, weighted.root);
        return status;
    }
    ntki_flow_release_system(flow);
    if (weighted.root != NULL)
        flow->system = weighted;
    flow->outdated = false;
    return NTK_SUCCESS;
}

ntk_status ntki_flow_find_origin(ntk_flow *flow, const char *function) {
    const ntki_training *const set = &flow->training;
    double *origin = NULL;
    ntk_status status;
    if (flow->origin != NULL || (flow->initial == NULL && flow->start == NULL))
        return NTK_SUCCESS;
    if ((status = ntki_allocate_matrix(set->context, function, set->n, set->c, &origin)) != NTK_SUCCESS)
        return status;
    if (flow->start == NULL)
        memset(origin, 0, (size_t)(set->n * set->c) * sizeof(double));
    else
        status = ntki_flow_multiply(flow, function, set->c, flow->start, origin);
    for (int64_t i = 0; flow->initial != NULL && i < set->n * set->c; i++)
        origin[i] += flow->initial[i];
    if (status == NTK_SUCCESS)
        flow->origin = origin;
    else
        ntki_release(set->context, origin);
    return status;
}
