/* Outputs F, J v, J' u and the Taylor series in one precision, block of rows by block of rows: included by
 * products_{f64,f32}.c. */
#include <stdio.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/network/typed.h"

/* The arguments that all have in common, and what is made for them. */
typedef struct {
    const ntk_network *network;
    const char *function;
    int64_t n;
    const NTKI_REAL *x;
    int64_t ldx;
    const NTKI_REAL *v; /* jvp, taylor */
    const NTKI_REAL *u; /* vjp */
    int64_t ldu;
    NTKI_PASS *pass;
    NTKI_REAL **delta;
    NTKI_REAL *result; /* n x c, or P */
} product;

/* What is done with a block: reads call->x from block->first on and writes to call->result. */
typedef ntk_status (*block_step)(const product *call, const NTKI_BLOCK *block);

/* ---- arguments ---- */

static ntk_status check_rows(const product *call) {
    ntk_context *const context = call->network->context;
    const ntki_matrix x = {"x", call->x, call->n, call->network->mlp->widths[0], call->ldx, "ldx"};
    const ntk_status status = ntki_check_size(context, call->function, "n", call->n);
    return status != NTK_SUCCESS ? status : NTKI_CHECK_EXTENT(context, call->function, &x);
}

static ntk_status check_parameter_count(const product *call, int64_t p) {
    if (p == call->network->parameter_count)
        return NTK_SUCCESS;
    return ntki_fail(call->network->context, NTK_ERR_SIZE, call->function, "p is %lld; the network has %lld parameters",
                     (long long)p, (long long)call->network->parameter_count);
}

/* Extents and overlaps of an output and an input beside x (NULL: none), and that x is finite. */
static ntk_status check_matrices(const product *call, const ntki_matrix *output, const ntki_matrix *input) {
    ntk_context *const context = call->network->context;
    const char *const function = call->function;
    const ntki_matrix x = {"x", call->x, call->n, call->network->mlp->widths[0], call->ldx, "ldx"};
    ntk_status status;
    if ((input != NULL && (status = NTKI_CHECK_EXTENT(context, function, input)) != NTK_SUCCESS) ||
        (status = NTKI_CHECK_EXTENT(context, function, output)) != NTK_SUCCESS ||
        (status = NTKI_CHECK_DISJOINT(context, function, output, &x)) != NTK_SUCCESS ||
        (input != NULL && (status = NTKI_CHECK_DISJOINT(context, function, output, input)) != NTK_SUCCESS) ||
        (status = NTKI_CHECK_FINITE(context, function, &x)) != NTK_SUCCESS)
        return status;
    return NTK_SUCCESS;
}

/* ---- blocks ---- */

static ntk_status refuse_overflow(const product *call, const ntki_matrix *output, int64_t i, int64_t j) {
    char place[64];
    if (call->u != NULL) /* g is no matrix */
        snprintf(place, sizeof(place), "[%lld]", (long long)j);
    else
        snprintf(place, sizeof(place), "[%lld][%lld]", (long long)i, (long long)j);
    return ntki_fail(call->network->context, NTK_ERR_RANGE, call->function, "%s%s exceeds the " NTKI_TYPE_NAME " range",
                     output->name, place);
}

/* Copies a complete result (rows x columns) to the caller; NTK_ERR_RANGE, and nothing copied, when it has
 * overflowed. */
static ntk_status deliver(const product *call, const ntki_matrix *output, NTKI_REAL *out) {
    const int64_t columns = output->columns;
    for (int64_t i = 0; i < output->rows; i++) {
        const NTKI_REAL *const row = call->result + i * columns;
        if (ntki_all_finite(columns, row))
            continue;
        int64_t j = 0;
        while (isfinite(row[j]))
            j++;
        return refuse_overflow(call, output, i, j);
    }
    for (int64_t i = 0; i < output->rows; i++)
        memcpy(out + i * output->ld, call->result + i * columns, (size_t)columns * sizeof(NTKI_REAL));
    return NTK_SUCCESS;
}

static ntk_status each_block(const product *call, block_step step) {
    ntk_context *const context = call->network->context;
    const int64_t rows = call->pass->rows;
    ntk_status status = ntki_progress(context, call->function, 0, "network");
    for (int64_t first = 0; status == NTK_SUCCESS && first < call->n; first += rows) {
        const int64_t count = ntki_smaller(rows, call->n - first);
        const NTKI_BLOCK block = {first, count, call->x + first * call->ldx, call->ldx};
        status = step(call, &block);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, call->function, (double)(first + count) / (double)call->n, "network");
    }
    return status;
}

/* Blocks of about equal size. The result begins as 0. */
static ntk_status run(product *call, ntki_pass_purpose purpose, block_step step, const ntki_matrix *output,
                      NTKI_REAL *out) {
    ntk_context *const context = call->network->context;
    const int64_t most = NTKI_TYPED(ntki_pass_rows)(call->network, purpose), blocks = (call->n - 1) / most + 1;
    const int64_t rows = (call->n - 1) / blocks + 1, count = output->rows * output->columns;
    ntk_status status = NTKI_TYPED(ntki_pass_create)(call->network, call->function, purpose, 1, rows, &call->pass);
    if (status == NTK_SUCCESS && purpose == NTKI_PASS_BACKWARD)
        status = NTKI_TYPED(ntki_deltas_create)(call->pass, call->function, 1, &call->delta);
    if (status == NTK_SUCCESS)
        status = ntki_allocate(context, call->function, count, sizeof(NTKI_REAL), &call->result);
    if (status == NTK_SUCCESS) {
        memset(call->result, 0, (size_t)count * sizeof(NTKI_REAL));
        status = each_block(call, step);
    }
    if (status == NTK_SUCCESS)
        status = deliver(call, output, out);
    ntki_release(context, call->result);
    if (call->pass != NULL)
        NTKI_TYPED(ntki_deltas_destroy)(call->pass, call->delta);
    NTKI_TYPED(ntki_pass_destroy)(call->pass);
    return status;
}

/* ---- F ---- */

static ntk_status forward_block(const product *call, const NTKI_BLOCK *block) {
    const NTKI_PASS_LAYER *const last = &call->pass->layer[call->pass->depth];
    const ntk_status status = NTKI_TYPED(ntki_pass_forward)(call->pass, call->function, block);
    if (status == NTK_SUCCESS)
        memcpy(call->result + block->first * last->units, last->z,
               (size_t)(block->rows * last->units) * sizeof(NTKI_REAL));
    return status;
}

ntk_status NTKI_PUBLIC(ntk_network_forward)(ntk_network *network, int64_t n, const NTKI_REAL *x, int64_t ldx,
                                            NTKI_REAL *f, int64_t ldf) {
    if (network == NULL)
        return NTK_ERR_NULL;
    product call = {.network = network, .function = __func__, .n = n, .x = x, .ldx = ldx};
    const ntki_matrix output = {"f", f, n, network->mlp->widths[network->mlp->depth], ldf, "ldf"};
    ntk_status status;
    if ((status = check_rows(&call)) != NTK_SUCCESS || (status = check_matrices(&call, &output, NULL)) != NTK_SUCCESS)
        return status;
    return run(&call, NTKI_PASS_FORWARD, forward_block, &output, f);
}

/* ---- J v ---- */

static ntk_status tangent_block(const product *call, const NTKI_BLOCK *block) {
    const NTKI_PASS_LAYER *const last = &call->pass->layer[call->pass->depth];
    const ntk_status status = NTKI_TYPED(ntki_pass_tangent)(call->pass, call->function, block, call->v);
    if (status == NTK_SUCCESS)
        memcpy(call->result + block->first * last->units, last->tangent_z,
               (size_t)(block->rows * last->units) * sizeof(NTKI_REAL));
    return status;
}

ntk_status NTKI_PUBLIC(ntk_network_jvp)(ntk_network *network, int64_t n, const NTKI_REAL *x, int64_t ldx, int64_t p,
                                        const NTKI_REAL *v, NTKI_REAL *jv, int64_t ldj) {
    if (network == NULL)
        return NTK_ERR_NULL;
    product call = {.network = network, .function = __func__, .n = n, .x = x, .ldx = ldx, .v = v};
    const ntki_matrix output = {"jv", jv, n, network->mlp->widths[network->mlp->depth], ldj, "ldj"};
    const ntki_matrix input = {"v", v, 1, p, p, "p"};
    ntk_status status;
    if ((status = check_rows(&call)) != NTK_SUCCESS || (status = check_parameter_count(&call, p)) != NTK_SUCCESS ||
        (status = check_matrices(&call, &output, &input)) != NTK_SUCCESS ||
        (status = NTKI_CHECK_FINITE_VECTOR(network->context, __func__, "v", p, v)) != NTK_SUCCESS)
        return status;
    return run(&call, NTKI_PASS_TANGENT, tangent_block, &output, jv);
}

/* ---- J' u ---- */

static ntk_status gradient_block(const product *call, const NTKI_BLOCK *block) {
    const ntk_status status = NTKI_TYPED(ntki_pass_forward)(call->pass, call->function, block);
    if (status != NTK_SUCCESS)
        return status;
    NTKI_TYPED(ntki_pass_backward)(call->pass, call->u + block->first * call->ldu, call->ldu, 0, call->delta);
    NTKI_TYPED(ntki_pass_gradient)(call->pass, 0, call->delta, call->result);
    return NTK_SUCCESS;
}

ntk_status NTKI_PUBLIC(ntk_network_vjp)(ntk_network *network, int64_t n, const NTKI_REAL *x, int64_t ldx,
                                        const NTKI_REAL *u, int64_t ldu, int64_t p, NTKI_REAL *g) {
    if (network == NULL)
        return NTK_ERR_NULL;
    product call = {.network = network, .function = __func__, .n = n, .x = x, .ldx = ldx, .u = u, .ldu = ldu};
    const ntki_matrix output = {"g", g, 1, p, p, "p"};
    const ntki_matrix input = {"u", u, n, network->mlp->widths[network->mlp->depth], ldu, "ldu"};
    ntk_status status;
    if ((status = check_rows(&call)) != NTK_SUCCESS || (status = check_parameter_count(&call, p)) != NTK_SUCCESS ||
        (status = check_matrices(&call, &output, &input)) != NTK_SUCCESS ||
        (status = NTKI_CHECK_FINITE(network->context, __func__, &input)) != NTK_SUCCESS)
        return status;
    return run(&call, NTKI_PASS_BACKWARD, gradient_block, &output, g);
}

/* ---- F + J delta + (1/2) delta' H delta ---- */

static ntk_status taylor_block(const product *call, const NTKI_BLOCK *block) {
    const NTKI_PASS_LAYER *const last = &call->pass->layer[call->pass->depth];
    const ntk_status status = NTKI_TYPED(ntki_pass_tangent)(call->pass, call->function, block, call->v);
    NTKI_REAL *const sum = call->result + block->first * last->units;
    const int64_t count = block->rows * last->units;
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t e = 0; e < count; e++)
        sum[e] = last->z[e] + last->tangent_z[e];
    for (int64_t e = 0; last->second_z != NULL && e < count; e++)
        sum[e] += (NTKI_REAL)0.5 * last->second_z[e];
    return NTK_SUCCESS;
}

ntk_status NTKI_PUBLIC(ntk_network_taylor)(ntk_network *network, int32_t order, int64_t n, const NTKI_REAL *x,
                                           int64_t ldx, int64_t p, const NTKI_REAL *delta, NTKI_REAL *f, int64_t ldf) {
    static const struct {
        ntki_pass_purpose purpose;
        block_step step;
    } orders[] = {
        {NTKI_PASS_FORWARD, forward_block}, {NTKI_PASS_TANGENT, taylor_block}, {NTKI_PASS_SECOND, taylor_block}};
    if (network == NULL)
        return NTK_ERR_NULL;
    product call = {.network = network, .function = __func__, .n = n, .x = x, .ldx = ldx, .v = delta};
    const ntki_matrix output = {"f", f, n, network->mlp->widths[network->mlp->depth], ldf, "ldf"};
    const ntki_matrix input = {"delta", delta, 1, p, p, "p"};
    ntk_status status;
    if (order < 0 || order >= (int32_t)(sizeof(orders) / sizeof(*orders)))
        return ntki_fail(network->context, NTK_ERR_ENUM, __func__, "order is %d; it must be 0, 1 or 2", (int)order);
    if ((status = check_rows(&call)) != NTK_SUCCESS || (status = check_parameter_count(&call, p)) != NTK_SUCCESS ||
        (status = check_matrices(&call, &output, &input)) != NTK_SUCCESS ||
        (status = NTKI_CHECK_FINITE_VECTOR(network->context, __func__, "delta", p, delta)) != NTK_SUCCESS)
        return status;
    return run(&call, orders[order].purpose, orders[order].step, &output, f);
}
