/* The coefficients of many inputs. By Stein's lemma sqrt(j) a_j(s) / s = E[phi'(s z) h_{j-1}(z)]: from phi' they keep their
 * relative accuracy for small s. Inputs of equal standard deviation share the work, those of similar ones a grid:
 *   a = F H^T  with F = phi' at the nodes (rows: inputs) and H = h_j sqrt(density) (rows: j), by dgemm. */
#include <math.h>
#include <string.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "src/kernel/hermite_parts.h"

enum { MOST_ROWS = 128, MOST_DOUBLES = 1 << 21, SLAB = 128, NODES_PER_TASK = 64, DOUBLES_PER_NODE = 8 };

typedef struct {
    double s;
    int64_t input;
} sorted_input;

/* Heapsort. */
static void sift(sorted_input *heap, int64_t count, int64_t at) {
    const sorted_input moved = heap[at];
    for (int64_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && heap[child + 1].s > heap[child].s)
            child++;
        if (!(heap[child].s > moved.s))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void sort(sorted_input *inputs, int64_t count) {
    for (int64_t at = count / 2; at-- > 0;)
        sift(inputs, count, at);
    for (int64_t end = count; end-- > 1;) {
        const sorted_input largest = inputs[0];
        inputs[0] = inputs[end];
        inputs[end] = largest;
        sift(inputs, end, 0);
    }
}

/* Different inputs of one class: they share the resolution, and but for kinks the grid. */
typedef struct {
    const ntki_series_job *job;
    ntki_series *series;
    const sorted_input *inputs; /* all, sorted */
    int64_t count;              /* of them, beginning with the block */
    ntki_resolution resolution;
    int64_t rows;
    int64_t begin[MOST_ROWS + 1]; /* row g has the inputs begin[g] ... begin[g + 1] - 1 */
    ntki_moments moments[MOST_ROWS];
    double value_sum[MOST_ROWS], slope_sum[MOST_ROWS]; /* sums of a_j^2 and of j a_j^2 */
    ntki_grid grid;
    double *work;                /* DOUBLES_PER_NODE x count for each row: samples, even and odd parts */
    double *before, *polynomial; /* h_{at-1} and h_at times the root of the density */
    int64_t at;
    double *table, *result;
    int64_t r0, r1;
    ntk_status status;
} row_block;

static double std_of(const row_block *block, int64_t g) { return block->inputs[block->begin[g]].s; }

static double *row_work(const row_block *block, int64_t g) {
    return block->work + g * DOUBLES_PER_NODE * block->grid.count;
}

static ntk_status sample_row(const row_block *block, int64_t g, ntki_samples *samples) {
    const int64_t count = block->grid.count;
    double *const work = row_work(block, g);
    *samples = (ntki_samples){work, work + 2 * count, work + 4 * count};
    return ntki_sample(block->job, &block->grid, block->resolution, std_of(block, g), samples);
}

/* Even and odd parts of phi' with weights; the whole of it in both when the grid has both signs. */
static void split_row(const row_block *block, int64_t g, const ntki_samples *samples) {
    const int64_t count = block->grid.count;
    double *const even = row_work(block, g) + 6 * count, *const odd = even + count;
    for (int64_t k = 0; k < count; k++) {
        const double mirrored = block->grid.folded ? samples->slope[count + k] : 0;
        even[k] = block->grid.root[k] * (samples->slope[k] + mirrored);
        odd[k] = block->grid.root[k] * (samples->slope[k] - mirrored);
    }
}

static void evaluate_row(int64_t g, void *argument) {
    row_block *const block = argument;
    ntki_samples samples;
    const ntk_status status = sample_row(block, g, &samples);
    if (status != NTK_SUCCESS) {
        block->status = status;
        return;
    }
    if (block->at < 0)
        block->moments[g] = ntki_find_moments(&block->grid, &samples);
    split_row(block, g, &samples);
}

/* The caller's functions run on the calling thread; ours always succeed. */
static ntk_status evaluate_rows(row_block *block) {
    block->status = NTK_SUCCESS;
    if (block->job->activation->kind != NTK_ACTIVATION_FUNCTION)
        ntki_parallel_for(block->job->context, block->rows, evaluate_row, block);
    else
        for (int64_t g = 0; g < block->rows && block->status == NTK_SUCCESS; g++)
            evaluate_row(g, block);
    return block->status;
}

/* The index of the Hermite polynomial that the r-th coefficient takes of phi'. */
static int64_t index_of(const row_block *block, int64_t r) { return ntki_series_power(block->series, r) - 1; }

/* h_{j+1} = (z h_j - sqrt(j) h_{j-1}) / sqrt(j + 1) for some nodes, for the slab r0 <= r < r1. */
static void extend_table(int64_t task, void *argument) {
    row_block *const block = argument;
    const int64_t count = block->grid.count, first = task * NODES_PER_TASK;
    const int64_t end = ntki_smaller(first + NODES_PER_TASK, count);
    double *const before = block->before, *const polynomial = block->polynomial;
    int64_t at = block->at;
    for (int64_t r = block->r0; r < block->r1; r++) {
        for (; at < index_of(block, r); at++) {
            const double up = 1 / sqrt((double)at + 1), back = sqrt((double)at / ((double)at + 1));
            for (int64_t k = first; k < end; k++) {
                const double next = up * block->grid.node[k] * polynomial[k] - back * before[k];
                before[k] = polynomial[k];
                polynomial[k] = next;
            }
        }
        memcpy(block->table + (r - block->r0) * count + first, polynomial + first,
               (size_t)(end - first) * sizeof(double));
    }
}

/* result[g SLAB + ..] for one parity of the indices of the slab: every `step`-th, from r0 + offset on. */
static void multiply(const row_block *block, int64_t offset, int64_t step, int64_t columns, double *result) {
    const int64_t count = block->grid.count;
    const bool odd = index_of(block, block->r0 + offset) % 2 != 0;
    if (columns > 0)
        ntki_dgemm(&block->job->context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, block->rows, columns, count, 1,
                   block->work + (odd ? 7 : 6) * count, DOUBLES_PER_NODE * count, block->table + offset * count,
                   step * count, 0, result, SLAB);
}

static void store(row_block *block, int64_t r, const double *result) {
    ntki_series *const series = block->series;
    const double j = (double)ntki_series_power(series, r);
    for (int64_t g = 0; g < block->rows; g++) {
        const double rms = sqrt(block->moments[g].square);
        const double a = rms > 0 ? std_of(block, g) / rms * (result[g * SLAB] / sqrt(j)) : 0;
        block->value_sum[g] += a * a;
        block->slope_sum[g] += j * (a * a);
        for (int64_t i = block->begin[g]; i < block->begin[g + 1]; i++)
            series->coefficient[r * series->n + block->inputs[i].input] = a;
    }
}

static void fill_slab(row_block *block) {
    const int64_t columns = block->r1 - block->r0, count = block->grid.count;
    ntki_parallel_for(block->job->context, (count + NODES_PER_TASK - 1) / NODES_PER_TASK, extend_table, block);
    block->at = index_of(block, block->r1 - 1);
    if (block->series->step == 2) {
        multiply(block, 0, 1, columns, block->result);
        for (int64_t c = 0; c < columns; c++)
            store(block, block->r0 + c, block->result + c);
        return;
    }
    const int64_t half = (columns + 1) / 2;
    multiply(block, 0, 2, half, block->result);
    multiply(block, 1, 2, columns - half, block->result + half);
    for (int64_t c = 0; c < columns; c++)
        store(block, block->r0 + c, block->result + c / 2 + (c % 2 == 0 ? 0 : half));
}

/* The first two coefficients, and the diagonal. */
static void store_moments(row_block *block) {
    ntki_series *const series = block->series;
    for (int64_t g = 0; g < block->rows; g++) {
        const ntki_moments *const moments = &block->moments[g];
        const double rms = sqrt(moments->square), share = rms > 0 ? 1 / rms : 0;
        const double a0 = moments->mean * share, a1 = std_of(block, g) * share * moments->first;
        block->value_sum[g] = a0 * a0 + a1 * a1;
        block->slope_sum[g] = a1 * a1;
        for (int64_t i = block->begin[g]; i < block->begin[g + 1]; i++) {
            const int64_t input = block->inputs[i].input;
            series->value[input] = moments->square;
            series->slope[input] = moments->slope_square;
            series->coefficient[input] = a0;
            series->coefficient[series->n + input] = a1;
        }
    }
}

static void scale_row(const row_block *block, int64_t g, double factor) {
    ntki_series *const series = block->series;
    for (int64_t r = 0; r < series->terms; r++)
        for (int64_t i = block->begin[g]; i < block->begin[g + 1]; i++)
            series->coefficient[r * series->n + block->inputs[i].input] *= factor;
}

/* t and d from Parseval; p t^2 is at most what the slope lacks. A t^2 that is little more than the rounding of the sum would
 * differ between similar inputs for no reason: then t = 0, and the coefficients are made to have the sum of squares 1. */
static void store_remainder(row_block *block) {
    ntki_series *const series = block->series;
    const double p = (double)ntki_series_power(series, series->terms);
    double *const row = series->coefficient + series->terms * series->n;
    for (int64_t g = 0; g < block->rows; g++) {
        const double square = block->moments[g].square, ratio = square > 0 ? std_of(block, g) / sqrt(square) : 0;
        const double whole = ratio * ratio * block->moments[g].slope_square;
        double slope = fmax(0, whole - block->slope_sum[g]);
        double value = square > 0 ? fmin(fmax(0, 1 - block->value_sum[g]), slope / p) : 0;
        if (square > 0 && value < NTKI_LITTLE_TAIL) {
            scale_row(block, g, 1 / sqrt(block->value_sum[g]));
            slope = fmax(0, whole - block->slope_sum[g] / block->value_sum[g]);
            value = 0;
        }
        const double t = sqrt(value), d = sqrt(fmax(0, slope - p * value));
        for (int64_t i = block->begin[g]; i < block->begin[g + 1]; i++) {
            row[block->inputs[i].input] = t;
            row[series->n + block->inputs[i].input] = d;
        }
    }
}

static ntk_status open_grid(row_block *block, double frequency) {
    const ntki_series_job *const job = block->job;
    const ntki_resolution resolution = {frequency, block->resolution.reach};
    ntk_status status = ntki_grid_create(job, resolution, std_of(block, 0), &block->grid);
    const int64_t count = block->grid.count;
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(job->context, job->function, block->rows * DOUBLES_PER_NODE + 2 + SLAB, count,
                                      &block->work);
    if (status == NTK_SUCCESS) {
        block->before = block->work + block->rows * DOUBLES_PER_NODE * count;
        block->polynomial = block->before + count;
        block->table = block->polynomial + count;
    }
    return status;
}

static void close_grid(row_block *block) {
    ntki_release(block->job->context, block->work);
    ntki_grid_destroy(block->job, &block->grid);
    block->work = NULL;
}

static const double margin = 16;

/* Moments on a grid that does not depend on the number of terms; the coefficients on the same one if it resolves them. */
static ntk_status fill_block(row_block *block) {
    const ntki_series *const series = block->series;
    const double fastest = sqrt((double)ntki_series_power(series, series->terms)) + 4;
    block->at = -1;
    ntk_status status = open_grid(block, block->resolution.frequency + margin);
    if (status == NTK_SUCCESS)
        status = evaluate_rows(block);
    block->at = 0;
    if (status == NTK_SUCCESS && fastest > margin) {
        close_grid(block);
        status = open_grid(block, block->resolution.frequency + fastest);
        if (status == NTK_SUCCESS)
            status = evaluate_rows(block);
    }
    if (status == NTK_SUCCESS) {
        store_moments(block);
        for (int64_t k = 0; k < block->grid.count; k++) {
            block->before[k] = 0;
            block->polynomial[k] = block->grid.weight[k] / block->grid.root[k];
        }
        for (block->r0 = 2; block->r0 < series->terms; block->r0 = block->r1) {
            block->r1 = ntki_smaller(block->r0 + SLAB, series->terms);
            fill_slab(block);
        }
        store_remainder(block);
    }
    close_grid(block);
    return status;
}

/* Takes as many different inputs of one class from the front as fit the work area. */
static void take_rows(row_block *block) {
    const double fastest = sqrt((double)ntki_series_power(block->series, block->series->terms)) + 4;
    const double panels = block->job->activation->kind == NTK_ACTIVATION_FUNCTION ? 8 : 1; /* take so many more nodes */
    const double nodes = panels * block->resolution.reach / 6 * (block->resolution.frequency + fmax(margin, fastest));
    const int64_t fit = (int64_t)(MOST_DOUBLES / (DOUBLES_PER_NODE * nodes));
    const int64_t most = !ntki_grid_is_shared(block->job->activation) || fit < 1 ? 1 : ntki_smaller(fit, MOST_ROWS);
    const int own = ntki_series_class(block->inputs[0].s);
    int64_t at = 0;
    block->rows = 0;
    while (at < block->count && block->rows < most && ntki_series_class(block->inputs[at].s) == own) {
        const double s = block->inputs[at].s;
        block->begin[block->rows++] = at;
        while (at < block->count && block->inputs[at].s == s)
            at++;
    }
    block->begin[block->rows] = at;
}

/* Kinked series, input by input; equal ones share the work. */
static ntk_status fill_kinked(const row_block *block) {
    const ntki_series *const series = block->series;
    const int64_t first = block->inputs[0].input, n = series->n;
    const ntk_status status = ntki_fill_kinked(block->job, block->resolution, first, block->series);
    for (int64_t at = 1; status == NTK_SUCCESS && at < block->begin[1]; at++) {
        const int64_t input = block->inputs[at].input;
        series->value[input] = series->value[first];
        series->slope[input] = series->slope[first];
        for (int64_t r = 0; r < ntki_kinked_row(series->terms, NTKI_KINKED_ROWS); r++)
            series->coefficient[r * n + input] = series->coefficient[r * n + first];
    }
    return status;
}

static ntk_status fill_blocks(const ntki_series_job *job, ntki_series *series, const sorted_input *inputs,
                              row_block *block) {
    ntk_status status = ntki_allocate_matrix(job->context, job->function, MOST_ROWS, SLAB, &block->result);
    int known = 0;
    for (int64_t at = 0; at < series->n && status == NTK_SUCCESS; at += block->begin[block->rows]) {
        const int own = ntki_series_class(inputs[at].s);
        if (at == 0 || own != known)
            status = ntki_find_resolution(job, own, &block->resolution);
        known = own;
        block->inputs = inputs + at;
        block->count = series->n - at;
        if (status == NTK_SUCCESS) {
            take_rows(block);
            status = series->kinked ? fill_kinked(block) : fill_block(block);
        }
    }
    ntki_release(job->context, block->result);
    return status;
}

ntk_status ntki_fill_series(const ntki_series_job *job, ntki_series *series) {
    sorted_input *inputs = NULL;
    row_block *block = NULL;
    ntk_status status = ntki_allocate(job->context, job->function, series->n, sizeof(*inputs), &inputs);
    if (status == NTK_SUCCESS)
        status = ntki_allocate(job->context, job->function, 1, sizeof(*block), &block);
    if (status == NTK_SUCCESS) {
        for (int64_t i = 0; i < series->n; i++)
            inputs[i] = (sorted_input){fmax(series->std[i], NTKI_SMALLEST_STD), i};
        sort(inputs, series->n);
        *block = (row_block){.job = job, .series = series};
        status = fill_blocks(job, series, inputs, block);
    }
    ntki_release(job->context, block);
    ntki_release(job->context, inputs);
    return status;
}
