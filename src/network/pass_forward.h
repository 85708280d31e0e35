/* Forwards, and along a tangent to first or second order: gemms for each layer, and then its rows in groups shared by
 * the context's threads. */
#include "lib/threads/parallel.h"
#include "src/network/typed.h"
#include "src/network/units.h"

/* About as many numbers as a thread takes at a time: they stay in its cache from one step to the next. */
enum { GROUP_NUMBERS = 8192 };

/* What is done to the rows of a layer after its gemm. */
typedef struct {
    const NTKI_PASS *pass;
    const char *function;
    int64_t l;
    const NTKI_REAL *v;   /* b's part of the tangent vector; NULL: no tangent here */
    int64_t group;        /* rows at a time */
    atomic_bool overflow; /* a z or a deviation is not finite */
    ntk_status status;    /* of the caller's phi */
} layer_job;

static int64_t group_rows(int64_t units) { return units > GROUP_NUMBERS ? 1 : GROUP_NUMBERS / units; }

/* z += bias_scale bias + skip; either may be NULL. */
static void complete_row(const NTKI_PASS_LAYER *layer, const NTKI_REAL *bias, const NTKI_REAL *skip, NTKI_REAL *z) {
    const NTKI_REAL scale = layer->bias_scale;
    for (int64_t j = 0; bias != NULL && scale != 0 && j < layer->units; j++)
        z[j] += scale * bias[j];
    for (int64_t j = 0; skip != NULL && j < layer->units; j++)
        z[j] += skip[j];
}

/* z^l and, but for the last layer, n^l, f^l and phi'. */
static void forward_rows(layer_job *job, int64_t first, int64_t rows) {
    const NTKI_PASS_LAYER *const layer = &job->pass->layer[job->l];
    const ntki_mlp_layer *const options = layer->options;
    const NTKI_REAL *const skip = options->skip > 0 ? job->pass->layer[job->l - options->skip].z : NULL;
    const int64_t units = layer->units, from = first * units;
    const bool last = job->l == job->pass->depth;
    for (int64_t i = first; i < first + rows; i++)
        complete_row(layer, layer->bias, skip == NULL ? NULL : skip + i * units, layer->z + i * units);
    if (!ntki_all_finite(rows * units, layer->z + from))
        atomic_store(&job->overflow, true);
    if (last || atomic_load(&job->overflow))
        return;
    for (int64_t i = first; options->normalise && i < first + rows; i++)
        layer->deviation[i] =
            normalise_row(units, options->epsilon, layer->z + i * units, layer->normalised + i * units);
    if (options->normalise && !ntki_all_finite(rows, layer->deviation + first)) {
        atomic_store(&job->overflow, true);
        return;
    }
    const ntk_status status =
        activate(job->pass->network->context, job->function, layer, job->l >= job->pass->lowest, first, rows);
    if (status != NTK_SUCCESS)
        job->status = status;
}

/* ddf^l of a row from ddz^l and dn^l (`along`). */
static void second_row(const NTKI_PASS_LAYER *layer, int64_t i, const NTKI_REAL *along) {
    const int64_t units = layer->units;
    const NTKI_REAL *const slope = layer->slope + i * units, *const curvature = layer->curvature + i * units;
    NTKI_REAL *const f = layer->second_f + i * units;
    const NTKI_REAL *from = layer->second_z + i * units;
    if (layer->options->normalise) {
        normalise_second(layer, i, along, f);
        from = f;
    }
    for (int64_t j = 0; j < units; j++)
        f[j] = from[j] * slope[j] + curvature[j] * along[j] * along[j]; /* 0 for curvature 0 */
}

/* df^l of a row from dz^l, and ddf^l where it is wanted. */
static void tangent_row(const NTKI_PASS_LAYER *layer, int64_t i) {
    const int64_t units = layer->units;
    const NTKI_REAL *const slope = layer->slope + i * units;
    NTKI_REAL *const f = layer->tangent_f + i * units;
    const NTKI_REAL *along = layer->tangent_z + i * units;
    if (layer->options->normalise) {
        normalise_derivative(units, layer->normalised + i * units, layer->deviation[i], along, f);
        along = f;
    }
    if (layer->second_z != NULL)
        second_row(layer, i, along);
    for (int64_t j = 0; j < units; j++)
        f[j] = along[j] * slope[j];
}

/* dz^l and ddz^l and, but for the last layer, df^l and ddf^l. A skip from below the lowest layer has no tangent. */
static void tangent_rows(const layer_job *job, int64_t first, int64_t rows) {
    const NTKI_PASS_LAYER *const layer = &job->pass->layer[job->l];
    const int64_t units = layer->units, begin = job->l - layer->options->skip;
    const NTKI_PASS_LAYER *const skip = begin < job->l && begin >= job->pass->lowest ? &job->pass->layer[begin] : NULL;
    for (int64_t i = first; i < first + rows; i++) {
        complete_row(layer, job->v, skip == NULL ? NULL : skip->tangent_z + i * units, layer->tangent_z + i * units);
        if (layer->second_z != NULL)
            complete_row(layer, NULL, skip == NULL ? NULL : skip->second_z + i * units, layer->second_z + i * units);
        if (job->l < job->pass->depth)
            tangent_row(layer, i);
    }
}

static void layer_group(int64_t index, void *argument) {
    layer_job *const job = argument;
    const int64_t first = index * job->group, rows = ntki_smaller(job->group, job->pass->used - first);
    if (job->status != NTK_SUCCESS)
        return;
    forward_rows(job, first, rows);
    if (job->v != NULL && job->status == NTK_SUCCESS && !atomic_load(&job->overflow))
        tangent_rows(job, first, rows);
}

static bool row_overflows(const NTKI_PASS_LAYER *layer, bool normalised, int64_t i) {
    const NTKI_REAL *const z = layer->z + i * layer->units;
    if (!ntki_all_finite(layer->units, z))
        return true;
    const NTKI_REAL deviation =
        normalised ? normalise_row(layer->units, layer->options->epsilon, z, layer->normalised + i * layer->units) : 0;
    return !ntki_all_finite(1, &deviation);
}

/* The sentence names the first row whose z^l, or its deviation, is too large. */
static ntk_status refuse_overflow(const NTKI_PASS *pass, const char *function, int64_t first, int64_t l) {
    const NTKI_PASS_LAYER *const layer = &pass->layer[l];
    int64_t row = 0;
    while (row < pass->used - 1 && !row_overflows(layer, l < pass->depth && layer->options->normalise, row))
        row++;
    return ntki_fail(pass->network->context, NTK_ERR_RANGE, function,
                     "in layer %lld the sums for row %lld of x exceed the " NTKI_TYPE_NAME " range", (long long)l,
                     (long long)(first + row));
}

/* out = scale f W + keep out for the rows f of the layer below. */
static void dense_sums(const NTKI_PASS *pass, int64_t l, NTKI_REAL scale, const NTKI_REAL *f, const NTKI_REAL *weights,
                       NTKI_REAL keep, NTKI_REAL *out) {
    const int64_t inputs = pass->layer[l - 1].units, units = pass->layer[l].units;
    NTKI_GEMM(&pass->network->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, pass->used, units, inputs, scale, f,
              inputs, weights, units, keep, out, units);
}

/* s_w (f^{l-1} V^l + df^{l-1} W^l) and s_w (2 df^{l-1} V^l + ddf^{l-1} W^l); df and ddf are 0 below the lowest layer. */
static void tangent_sums(const NTKI_PASS *pass, int64_t l, const NTKI_REAL *v) {
    const NTKI_PASS_LAYER *const layer = &pass->layer[l], *const below = &pass->layer[l - 1];
    const NTKI_REAL *const weights = v + pass->network->dense[l - 1].weights;
    const NTKI_REAL scale = layer->weight_scale;
    dense_sums(pass, l, scale, below->f, weights, 0, layer->tangent_z);
    if (l > pass->lowest)
        dense_sums(pass, l, scale, below->tangent_f, layer->weights, 1, layer->tangent_z);
    if (layer->second_z == NULL)
        return;
    if (l == pass->lowest) {
        memset(layer->second_z, 0, (size_t)(pass->used * layer->units) * sizeof(NTKI_REAL));
        return;
    }
    dense_sums(pass, l, 2 * scale, below->tangent_f, weights, 0, layer->second_z);
    dense_sums(pass, l, scale, below->second_f, layer->weights, 1, layer->second_z);
}

/* Layer l of the block, from f^{l-1} and, along v in R^P unless that is NULL, df^{l-1} and ddf^{l-1}. */
static ntk_status forward_layer(NTKI_PASS *pass, const char *function, int64_t first, int64_t l, const NTKI_REAL *v) {
    const NTKI_PASS_LAYER *const layer = &pass->layer[l];
    ntk_context *const context = pass->network->context;
    const bool tangent = v != NULL && l >= pass->lowest;
    dense_sums(pass, l, layer->weight_scale, pass->layer[l - 1].f, layer->weights, 0, layer->z);
    if (tangent)
        tangent_sums(pass, l, v);
    layer_job job = {.pass = pass,
                     .function = function,
                     .l = l,
                     .v = tangent ? v + pass->network->dense[l - 1].bias : NULL,
                     .group = group_rows(layer->units),
                     .status = NTK_SUCCESS};
    atomic_init(&job.overflow, false);
    const int64_t groups = (pass->used + job.group - 1) / job.group;
    /* The caller's phi is called on the caller's thread. */
    if (l < pass->depth && layer->options->activation.kind == NTK_ACTIVATION_FUNCTION)
        for (int64_t index = 0; index < groups; index++)
            layer_group(index, &job);
    else
        ntki_parallel_for(context, groups, layer_group, &job);
    if (job.status != NTK_SUCCESS)
        return job.status;
    return atomic_load(&job.overflow) ? refuse_overflow(pass, function, first, l) : NTK_SUCCESS;
}

static ntk_status forward_layers(NTKI_PASS *pass, const char *function, const NTKI_BLOCK *block, int64_t to,
                                 const NTKI_REAL *v) {
    NTKI_PASS_LAYER *const input = &pass->layer[0];
    ntk_status status = NTK_SUCCESS;
    pass->used = block->rows;
    for (int64_t i = 0; i < block->rows; i++)
        memcpy(input->f + i * input->units, block->x + i * block->ldx, (size_t)input->units * sizeof(NTKI_REAL));
    for (int64_t l = 1; status == NTK_SUCCESS && l <= to; l++)
        status = forward_layer(pass, function, block->first, l, v);
    return status;
}

ntk_status NTKI_TYPED(ntki_pass_forward)(NTKI_PASS *pass, const char *function, const NTKI_BLOCK *block) {
    return forward_layers(pass, function, block, pass->depth, NULL);
}

ntk_status NTKI_TYPED(ntki_pass_forward_to)(NTKI_PASS *pass, const char *function, const NTKI_BLOCK *block,
                                            int64_t to) {
    return forward_layers(pass, function, block, to, NULL);
}

ntk_status NTKI_TYPED(ntki_pass_tangent)(NTKI_PASS *pass, const char *function, const NTKI_BLOCK *block,
                                         const NTKI_REAL *v) {
    return forward_layers(pass, function, block, pass->depth, v);
}
