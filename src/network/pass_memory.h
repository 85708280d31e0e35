/* What a pass keeps, and where: one block of memory for all its matrices. */
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/network/parameters.h"

enum {
    BLOCK_ROWS = 512,                /* more do not make gemm faster */
    PASS_NUMBERS = 1 << 23,          /* a pass takes no more, or a quarter of the number of parameters */
    ALIGNED = 64 / sizeof(NTKI_REAL) /* every matrix begins on a cache line */
};

/* Gives out parts of a block of memory; without one (base = NULL) it only counts. */
typedef struct {
    NTKI_REAL *base;
    int64_t used;
} arena;

static NTKI_REAL *take(arena *from, int64_t count) {
    NTKI_REAL *const part = from->base == NULL ? NULL : from->base + from->used;
    from->used += (count + ALIGNED - 1) / ALIGNED * ALIGNED;
    return part;
}

/* Matrices that layers use one after the other: f^{l-1} is done with when z^l is there. */
typedef struct {
    NTKI_REAL *z, *normalised, *slope, *f, *tangent_z, *tangent_f, *curvature, *second_z, *second_f;
} shared_matrices;

static shared_matrices take_shared(const NTKI_PASS *pass, arena *from) {
    const ntk_mlp *const mlp = pass->network->mlp;
    int64_t hidden = 0, normalised = 0, sender = 0; /* largest widths */
    for (int64_t l = 0; l < pass->depth; l++) {
        const int64_t units = mlp->widths[l];
        sender = units > sender ? units : sender;
        hidden = l > 0 && units > hidden ? units : hidden;
        normalised = l > 0 && mlp->layer[l - 1].normalise && units > normalised ? units : normalised;
    }
    const bool backward = pass->purpose == NTKI_PASS_BACKWARD, second = pass->purpose == NTKI_PASS_SECOND;
    shared_matrices shared = {.z = take(from, pass->rows * hidden)};
    if (!backward) {
        shared.normalised = take(from, pass->rows * normalised);
        shared.f = take(from, pass->rows * sender);
    }
    if (second || pass->purpose == NTKI_PASS_TANGENT) {
        shared.slope = take(from, pass->rows * hidden);
        shared.tangent_z = take(from, pass->rows * hidden);
        shared.tangent_f = take(from, pass->rows * hidden);
    }
    if (second) {
        shared.curvature = take(from, pass->rows * hidden);
        shared.second_z = take(from, pass->rows * hidden);
        shared.second_f = take(from, pass->rows * hidden);
    }
    return shared;
}

static void take_layer(const NTKI_PASS *pass, const shared_matrices *shared, int64_t l, arena *from) {
    NTKI_PASS_LAYER *const layer = &pass->layer[l];
    const bool backward = pass->purpose == NTKI_PASS_BACKWARD, second = pass->purpose == NTKI_PASS_SECOND;
    const int64_t size = pass->rows * layer->units;
    const bool last = l == pass->depth, own = last || layer->first_skip > 0;
    if (l > 0)
        layer->z = own ? take(from, size) : shared->z;
    if (l > 0 && (second || pass->purpose == NTKI_PASS_TANGENT))
        layer->tangent_z = own ? take(from, size) : shared->tangent_z;
    if (l > 0 && second)
        layer->second_z = own ? take(from, size) : shared->second_z;
    if (last)
        return;
    layer->f = backward ? take(from, size) : shared->f;
    if (l == 0)
        return;
    layer->normalised = layer->z;
    if (layer->options->normalise) {
        layer->normalised = backward ? take(from, size) : shared->normalised;
        layer->deviation = take(from, pass->rows);
    }
    layer->slope = backward ? take(from, size) : shared->slope;
    layer->tangent_f = shared->tangent_f;
    layer->curvature = shared->curvature;
    layer->second_f = shared->second_f;
}

/* Sets all pointers into the block at `base`; returns how many numbers it holds. That does not overflow: the
 * parameters, at least as many as units, are in memory, and rows <= NTKI_PASS_MOST_ROWS. */
static int64_t lay_out(const NTKI_PASS *pass, NTKI_REAL *base) {
    arena from = {base, 0};
    const shared_matrices shared = take_shared(pass, &from);
    for (int64_t l = 0; l <= pass->depth; l++)
        take_layer(pass, &shared, l, &from);
    return from.used;
}

static void describe_layers(const NTKI_PASS *pass) {
    const ntk_network *const network = pass->network;
    for (int64_t l = 0; l <= pass->depth; l++)
        pass->layer[l] = (NTKI_PASS_LAYER){.units = network->mlp->widths[l]};
    for (int64_t l = 1; l <= pass->depth; l++) {
        NTKI_PASS_LAYER *const layer = &pass->layer[l];
        layer->options = &network->mlp->layer[l - 1];
        layer->weight_scale = (NTKI_REAL)network->dense[l - 1].weight_scale;
        layer->bias_scale = (NTKI_REAL)network->dense[l - 1].bias_scale;
        if (layer->options->skip > 0) {
            NTKI_PASS_LAYER *const begin = &pass->layer[l - layer->options->skip];
            layer->next_skip = begin->first_skip;
            begin->first_skip = l;
        }
    }
}

/* Single precision has its own copy of the parameters. */
static ntk_status attach_parameters(NTKI_PASS *pass, const char *function) {
    const ntk_network *const network = pass->network;
#ifdef NTKI_SINGLE
    const int64_t count = network->parameter_count;
    const ntk_status status = ntki_allocate(network->context, function, count, sizeof(float), &pass->own_theta);
    if (status != NTK_SUCCESS)
        return status;
    if (!round_parameters(network, pass->own_theta))
        return ntki_fail(network->context, NTK_ERR_RANGE, function, "a parameter exceeds the float range");
    for (int64_t l = 1; l <= pass->depth; l++)
        if (!ntki_all_finite(1, &pass->layer[l].weight_scale) || !ntki_all_finite(1, &pass->layer[l].bias_scale))
            return ntki_fail(network->context, NTK_ERR_RANGE, function,
                             "the standard deviations of layer %lld exceed the float range", (long long)l);
    const NTKI_REAL *const theta = pass->own_theta;
#else
    (void)function;
    const NTKI_REAL *const theta = network->theta;
#endif
    for (int64_t l = 1; l <= pass->depth; l++) {
        pass->layer[l].weights = theta + network->dense[l - 1].weights;
        pass->layer[l].bias = theta + network->dense[l - 1].bias;
    }
    return NTK_SUCCESS;
}

static ntk_status check_widths(const ntk_network *network, const char *function) {
    for (int64_t l = 0; l <= network->mlp->depth; l++)
        if (!ntki_blas_fits(&network->context->blas, network->mlp->widths[l]))
            return ntki_fail(network->context, NTK_ERR_BLAS, function,
                             "the width %lld of layer %lld exceeds the 32-bit integers of the BLAS in use",
                             (long long)network->mlp->widths[l], (long long)l);
    return NTK_SUCCESS;
}

ntk_status NTKI_TYPED(ntki_pass_create)(const ntk_network *network, const char *function, ntki_pass_purpose purpose,
                                        int64_t lowest, int64_t rows, NTKI_PASS **out) {
    ntk_context *const context = network->context;
    const int64_t depth = network->mlp->depth;
    NTKI_PASS *pass = NULL;
    ntk_status status;
    if ((status = check_widths(network, function)) != NTK_SUCCESS ||
        (purpose != NTKI_PASS_FORWARD &&
         (status = ntki_network_check_derivatives(network, function, lowest)) != NTK_SUCCESS) ||
        (purpose == NTKI_PASS_SECOND && (status = ntki_network_check_seconds(network, function)) != NTK_SUCCESS) ||
        (status = ntki_allocate(context, function, 1, sizeof(*pass), &pass)) != NTK_SUCCESS)
        return status;
    *pass = (NTKI_PASS){.network = network, .purpose = purpose, .depth = depth, .lowest = lowest, .rows = rows};
    if ((status = ntki_allocate(context, function, depth + 1, sizeof(*pass->layer), &pass->layer)) == NTK_SUCCESS) {
        describe_layers(pass);
        status = attach_parameters(pass, function);
    }
    if (status == NTK_SUCCESS)
        status = ntki_allocate(context, function, lay_out(pass, NULL), sizeof(NTKI_REAL), &pass->arena);
    if (status != NTK_SUCCESS) {
        NTKI_TYPED(ntki_pass_destroy)(pass);
        return status;
    }
    lay_out(pass, pass->arena);
    *out = pass;
    return NTK_SUCCESS;
}

void NTKI_TYPED(ntki_pass_destroy)(NTKI_PASS *pass) {
    if (pass == NULL)
        return;
    ntk_context *const context = pass->network->context;
    ntki_release(context, pass->arena);
    ntki_release(context, pass->own_theta);
    ntki_release(context, pass->layer);
    ntki_release(context, pass);
}

/* About as many numbers as a pass has for each row, and for purpose BACKWARD its deltas. */
static int64_t numbers_in_row(const ntk_network *network, ntki_pass_purpose purpose) {
    static const struct {
        int64_t all, largest, skipping;
    } count[] = {[NTKI_PASS_FORWARD] = {0, 3, 1},
                 [NTKI_PASS_TANGENT] = {0, 6, 2},
                 [NTKI_PASS_BACKWARD] = {4, 0, 1},
                 [NTKI_PASS_SECOND] = {0, 9, 3}};
    const ntk_mlp *const mlp = network->mlp;
    int64_t all = 0, largest = 0, skipping = 0;
    for (int64_t l = 0; l <= mlp->depth; l++) {
        const int64_t units = mlp->widths[l];
        all += units;
        largest = units > largest ? units : largest;
        skipping += l > 0 && mlp->layer[l - 1].skip > 0 ? units : 0; /* as wide as where the skip begins */
    }
    return count[purpose].all * all + count[purpose].largest * largest + count[purpose].skipping * skipping;
}

int64_t NTKI_TYPED(ntki_pass_rows)(const ntk_network *network, ntki_pass_purpose purpose) {
    const int64_t quarter = network->parameter_count / 4;
    const int64_t rows = (quarter > PASS_NUMBERS ? quarter : PASS_NUMBERS) / numbers_in_row(network, purpose);
    return rows < 1 ? 1 : ntki_smaller(rows, BLOCK_ROWS);
}

static int64_t lay_out_deltas(const NTKI_PASS *pass, int64_t rows, NTKI_REAL *base, NTKI_REAL **delta) {
    arena from = {base, 0};
    delta[0] = NULL;
    for (int64_t l = 1; l <= pass->depth; l++)
        delta[l] = take(&from, rows * pass->layer[l].units);
    return from.used;
}

ntk_status NTKI_TYPED(ntki_deltas_create)(const NTKI_PASS *pass, const char *function, int64_t copies,
                                          NTKI_REAL ***delta) {
    ntk_context *const context = pass->network->context;
    const int64_t rows = copies * pass->rows;
    NTKI_REAL **matrices = NULL, *block = NULL;
    ntk_status status = ntki_allocate(context, function, pass->depth + 1, sizeof(*matrices), &matrices);
    if (status != NTK_SUCCESS)
        return status;
    status = ntki_allocate(context, function, lay_out_deltas(pass, rows, NULL, matrices), sizeof(NTKI_REAL), &block);
    if (status != NTK_SUCCESS) {
        ntki_release(context, matrices);
        return status;
    }
    lay_out_deltas(pass, rows, block, matrices);
    *delta = matrices;
    return NTK_SUCCESS;
}

/* The first matrix begins the block. */
void NTKI_TYPED(ntki_deltas_destroy)(const NTKI_PASS *pass, NTKI_REAL **delta) {
    if (delta == NULL)
        return;
    ntki_release(pass->network->context, delta[1]);
    ntki_release(pass->network->context, delta);
}
