/* What the single-precision evaluator keeps of its inputs. Standard deviations are made in double precision and rounded,
 * so that their errors do not add up; the diagonal is then made in floats, as the pairs are, for equal inputs to give
 * equal bits. */
#include <math.h>
#include <string.h>

#include "lib/cpu/isa.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "src/kernel/single.h"

NTKI_STRICT_ARITHMETIC

typedef struct {
    const ntki_input_f32 *input;
    int64_t d;
    float *unit;
    double *norm;
} normalise_job;

enum { ROWS_PER_TASK = 32, LANES = 8 };

/* unit = x / |x| (0 for a zero row); returns |x|. Squares of floats neither overflow nor underflow in double precision. */
static double normalise(const float *x, int64_t d, float *unit) {
    double sums[LANES] = {0};
    int64_t j = 0;
    for (; j + LANES <= d; j += LANES)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += (double)x[j + lane] * (double)x[j + lane];
    for (int lane = 0; j < d; j++, lane++)
        sums[lane] += (double)x[j] * (double)x[j];
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    const double norm = sqrt(sum), inverse = norm > 0 ? 1 / norm : 0;
    for (j = 0; j < d; j++)
        unit[j] = (float)((double)x[j] * inverse);
    return norm;
}

static void normalise_rows(int64_t index, void *argument) {
    const normalise_job *const job = argument;
    const int64_t first = index * ROWS_PER_TASK, end = ntki_smaller(first + ROWS_PER_TASK, job->input->n);
    for (int64_t i = first; i < end; i++)
        job->norm[i] = normalise(job->input->x + i * job->input->ldx, job->d, job->unit + i * job->d);
}

/* Each layer has rms, next_std and next_inverse; beside them k, theta, value, slope and, in floats, the root. */
enum { VECTORS_PER_LAYER = 3, MORE_VECTORS = 5 };

static ntk_status allocate_rows(const ntk_kernel *kernel, const char *function, const ntki_input_f32 *input,
                                ntki_single_rows **out) {
    ntk_context *const context = kernel->context;
    const int64_t n = input->n, vectors = VECTORS_PER_LAYER * kernel->depth + MORE_VECTORS;
    const size_t row = (size_t)kernel->input_dimension * sizeof(float), column = (size_t)n * sizeof(float);
    ntki_single_rows *rows = NULL;
    ntk_status status = ntki_allocate(context, function, 1, sizeof(*rows), &rows);
    if (status != NTK_SUCCESS)
        return status;
    *rows = (ntki_single_rows){.rows = {n}, .x = input->x, .ldx = input->ldx};
    if ((status = ntki_allocate(context, function, n, row, &rows->unit)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, vectors, column, &rows->floats)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, vectors, n, &rows->doubles)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, kernel->depth, sizeof(*rows->side), &rows->side)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, kernel->depth, sizeof(*rows->wide), &rows->wide)) != NTK_SUCCESS) {
        ntki_single_release(kernel, &rows->rows);
        return status;
    }
    *out = rows;
    return NTK_SUCCESS;
}

/* The work areas of run_wide() and run_single(). */
typedef struct {
    double *k, *value, *slope;
} wide_work;

typedef struct {
    float *k, *theta, *value, *slope;
} single_work;

/* Layer l in double precision; the norms are in rms. */
static void run_wide(const ntki_analytic_layer *layer, int64_t l, int64_t n, const double *std, const wide_work *work,
                     double *vectors) {
    double *const rms = vectors, *const next_std = vectors + n, *const next_inverse = vectors + 2 * n;
    if (l > 0)
        layer->diagonal(layer->step.constants, n, std, work->k, work->value, work->slope);
    for (int64_t i = 0; i < n; i++) {
        const double square = l > 0 ? work->value[i] : rms[i] * rms[i];
        work->k[i] = layer->step.weight_variance * square + layer->step.bias_variance;
        rms[i] = l > 0 ? sqrt(square) : rms[i];
        next_std[i] = sqrt(work->k[i]);
        next_inverse[i] = next_std[i] > 0 ? 1 / next_std[i] : 0;
    }
}

/* K(x, x) through layer l in floats: the arithmetic of the pairs' loops, in their order. */
static void run_single(const ntki_layer_step_f32 *step, ntki_dual_diagonal_f32 diagonal, int64_t n, const float *std,
                       const float *norm, const single_work *work) {
    if (diagonal != NULL)
        diagonal(step->constants, n, std, work->k, work->value, work->slope);
    for (int64_t i = 0; i < n; i++) {
        const float value = diagonal != NULL ? work->value[i] : norm[i] * norm[i];
        const float slope = diagonal != NULL ? work->slope[i] : 1, before = diagonal != NULL ? work->theta[i] : 0;
        work->theta[i] = before * (step->weight_variance * slope) + (step->weight_tangent * value + step->bias_tangent);
        work->k[i] = step->weight_variance * value + step->bias_variance;
    }
}

static void run_layers(const ntki_analytic *analytic, ntki_single_rows *rows) {
    const ntki_pair_operations_f32 *const operations = ntki_pair_operations_f32_for(analytic->kernel.context->isa);
    const int64_t n = rows->rows.n, depth = analytic->kernel.depth, layer_size = VECTORS_PER_LAYER * n;
    double *const more = rows->doubles + depth * layer_size;
    float *const more_floats = rows->floats + depth * layer_size, *const root = more_floats + 4 * n;
    const wide_work wide = {more, more + n, more + 2 * n};
    const single_work work = {more_floats, more_floats + n, more_floats + 2 * n, more_floats + 3 * n};
    for (int64_t l = 0; l < depth; l++) {
        const ntki_analytic_layer *const layer = &analytic->layer[l];
        double *const from = rows->doubles + l * layer_size;
        float *const to = rows->floats + l * layer_size;
        const double *const std = l == 0 ? from : rows->wide[l - 1].next_std;
        const float *const std_float = l == 0 ? to : rows->side[l - 1].next_std;
        run_wide(layer, l, n, std, &wide, from);
        for (int64_t v = 0; v < layer_size; v++)
            to[v] = (float)from[v];
        rows->wide[l] = (ntki_layer_side){.std = std, .rms = from, .next_std = from + n, .next_inverse = from + 2 * n};
        rows->side[l] =
            (ntki_layer_side_f32){.std = std_float, .rms = to, .next_std = to + n, .next_inverse = to + 2 * n};
        const ntki_layer_step_f32 step = ntki_single_step(&layer->step);
        run_single(&step, l == 0 ? NULL : operations->diagonal[layer->activation.kind], n, std_float, to, &work);
    }
    const float *const diagonal = analytic->kernel.type == NTK_KERNEL_NTK ? work.theta : work.k;
    for (int64_t i = 0; i < n; i++)
        root[i] = sqrtf(diagonal[i]);
    rows->diagonal = diagonal;
    rows->root = root;
}

ntk_status ntki_single_prepare(ntk_kernel *kernel, const char *function, const ntki_input_f32 *input, ntki_rows **out) {
    ntki_single_rows *rows = NULL;
    const ntk_status status = allocate_rows(kernel, function, input, &rows);
    if (status != NTK_SUCCESS)
        return status;
    normalise_job job = {input, kernel->input_dimension, rows->unit, rows->doubles};
    ntki_parallel_for(kernel->context, (input->n + ROWS_PER_TASK - 1) / ROWS_PER_TASK, normalise_rows, &job);
    run_layers(ntki_analytic_of(kernel), rows);
    *out = &rows->rows;
    return NTK_SUCCESS;
}

void ntki_single_release(const ntk_kernel *kernel, ntki_rows *rows) {
    if (rows == NULL)
        return;
    ntki_single_rows *const own = (ntki_single_rows *)(void *)rows;
    ntki_release(kernel->context, own->wide);
    ntki_release(kernel->context, own->side);
    ntki_release(kernel->context, own->doubles);
    ntki_release(kernel->context, own->floats);
    ntki_release(kernel->context, own->work);
    ntki_release(kernel->context, own->packed);
    ntki_release(kernel->context, own->unit);
    ntki_release(kernel->context, own);
}

typedef struct {
    const ntki_single_rows *rows;
    int64_t d, panels;
} pack_job;

enum { PANELS_PER_TASK = 4 };

static void pack_panels(int64_t index, void *argument) {
    const pack_job *const job = argument;
    const int64_t first = index * PANELS_PER_TASK;
    ntki_product_pack_f32(job->rows->unit, job->rows->rows.n, job->d, job->d, first,
                          ntki_smaller(first + PANELS_PER_TASK, job->panels), job->rows->packed);
}

/* As that of the analytic evaluator: what the tiles need of the columns. */
static ntk_status match(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b) {
    ntki_single_rows *const rows = (ntki_single_rows *)(void *)b;
    const int64_t d = kernel->input_dimension, panels = ntki_product_panels_f32(b->n);
    if (rows->packed != NULL)
        return NTK_SUCCESS;
    ntk_status status;
    rows->workers = ntki_tile_workers(ntki_parallel_workers(kernel->context), a->n, b->n);
    if ((status = ntki_allocate(kernel->context, function, rows->workers, NTKI_SINGLE_BLOCK * sizeof(float),
                                &rows->work)) != NTK_SUCCESS ||
        (status = ntki_allocate(kernel->context, function, panels * NTKI_PRODUCT_WIDTH_F32, (size_t)d * sizeof(float),
                                &rows->packed)) != NTK_SUCCESS)
        return status;
    pack_job job = {rows, d, panels};
    ntki_parallel_for(kernel->context, (panels + PANELS_PER_TASK - 1) / PANELS_PER_TASK, pack_panels, &job);
    return NTK_SUCCESS;
}

static ntk_status diagonal_of(ntk_kernel *kernel, const char *function, const ntki_rows *rows, float *diagonal) {
    (void)kernel;
    (void)function;
    memcpy(diagonal, ntki_single_rows_of(rows)->diagonal, (size_t)rows->n * sizeof(float));
    return NTK_SUCCESS;
}

const ntki_evaluator_f32 ntki_evaluator_single = {
    ntki_single_prepare, ntki_single_release, match, ntki_single_tile, diagonal_of, NULL, true};
