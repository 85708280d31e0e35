/* Forwards, and along a tangent: a gemm for each layer, and then its rows in groups shared by the context's threads. */
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
    const NTKI_REAL *v;   /* b's part of the tangent vector; NULL: no tangent */
    int64_t group;        /* rows at a time */
    atomic_bool overflow; /* a z or a deviation is not finite */
    ntk_status status;    /* of the caller's phi */
} layer_job;

static int64_t group_rows(int64_t units) { return units > GROUP_NUMBERS ? 1 : GROUP_NUMBERS / units; }

/* z += bias_scale bias + skip */
static void complete_row(const NTKI_PASS_LAYER *layer, const NTKI_REAL *bias, const NTKI_REAL *skip, NTKI_REAL *z) {
    const NTKI_REAL scale = layer->bias_scale;
    for (int64_t j = 0; scale != 0 && j < layer->units; j++)
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
        activate(job->pass->network->context, job->function, &options->activation, rows * units,
                 layer->normalised + from, layer->f + from, layer->slope == NULL ? NULL : layer->slope + from);
    if (status != NTK_SUCCESS)
        job->status = status;
}

/* dz^l and, but for the last layer, df^l. */
static void tangent_rows(const layer_job *job, int64_t first, int64_t rows) {
    const NTKI_PASS_LAYER *const layer = &job->pass->layer[job->l];
    const ntki_mlp_layer *const options = layer->options;
    const NTKI_REAL *const skip = options->skip > 0 ? job->pass->layer[job->l - options->skip].tangent_z : NULL;
    const int64_t units = layer->units;
    for (int64_t i = first; i < first + rows; i++) {
        NTKI_REAL *const z = layer->tangent_z + i * units;
        complete_row(layer, job->v, skip == NULL ? NULL : skip + i * units, z);
        if (job->l == job->pass->depth)
            continue;
        NTKI_REAL *const f = layer->tangent_f + i * units;
        const NTKI_REAL *const slope = layer->slope + i * units;
        const NTKI_REAL *from = z;
        if (options->normalise) {
            normalise_derivative(units, layer->normalised + i * units, layer->deviation[i], z, f);
            from = f;
        }
        for (int64_t j = 0; j < units; j++)
            f[j] = from[j] * slope[j];
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

/* s_w (df^{l-1} W^l + f^{l-1} V^l), of which the first part is 0 for l = 1. */
static void tangent_sums(const NTKI_PASS *pass, int64_t l, const NTKI_REAL *v) {
    const ntki_blas_width *const width = &pass->network->context->blas;
    const NTKI_PASS_LAYER *const layer = &pass->layer[l], *const below = &pass->layer[l - 1];
    const int64_t inputs = below->units, units = layer->units;
    NTKI_GEMM(width, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, pass->used, units, inputs, layer->weight_scale, below->f,
              inputs, v + pass->network->dense[l - 1].weights, units, 0, layer->tangent_z, units);
    if (l > 1)
        NTKI_GEMM(width, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, pass->used, units, inputs, layer->weight_scale,
                  below->tangent_f, inputs, layer->weights, units, 1, layer->tangent_z, units);
}

/* Layer l of the block, from f^{l-1} and, along v in R^P unless that is NULL, df^{l-1}. */
static ntk_status forward_layer(NTKI_PASS *pass, const char *function, int64_t first, int64_t l, const NTKI_REAL *v) {
    const NTKI_PASS_LAYER *const layer = &pass->layer[l], *const below = &pass->layer[l - 1];
    ntk_context *const context = pass->network->context;
    NTKI_GEMM(&context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, pass->used, layer->units, below->units,
              layer->weight_scale, below->f, below->units, layer->weights, layer->units, 0, layer->z, layer->units);
    if (v != NULL)
        tangent_sums(pass, l, v);
    layer_job job = {.pass = pass,
                     .function = function,
                     .l = l,
                     .v = v == NULL ? NULL : v + pass->network->dense[l - 1].bias,
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
