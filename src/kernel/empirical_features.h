/* Rows of an empirical kernel and their features, for one number type: included by empirical_{f64,f32}.c. */
#include "lib/memory/memory.h"
#include "lib/threads/parallel.h"
#include "src/kernel/empirical.h"
#include "src/network/typed.h"

#define FEATURES NTKI_TYPED(ntki_features)
#define FEATURE_WORK NTKI_TYPED(ntki_feature_work)

/* A piece of a matrix: what is between BLAS calls of this size stays in cache. */
enum { PIECE_ROWS = NTKI_PANEL_ROWS, PIECE_COLUMNS = 4 * NTKI_PANEL_ROWS };

/* Input rows: all that is kept of them. */
typedef struct {
    ntki_rows rows;
    const char *name;
    int64_t before; /* rows of the argument before these */
    int64_t points;
    const NTKI_REAL *x; /* the caller's, who keeps them for the call */
    int64_t ldx;
    int64_t output; /* of the deltas; -1: all */
} point_set;

static const point_set *points_of(const ntki_rows *rows) { return (const point_set *)(const void *)rows; }

static FEATURE_WORK *work_of(const ntk_kernel *kernel) { return ntki_empirical_of(kernel)->NTKI_TYPED(work); }

static ntk_status prepare(ntk_kernel *kernel, const char *function, const NTKI_PUBLIC(ntki_input) * input,
                          ntki_rows **out) {
    const ntki_empirical *const empirical = ntki_empirical_of(kernel);
    point_set *set = NULL;
    const ntk_status status = ntki_allocate(kernel->context, function, 1, sizeof(*set), &set);
    if (status != NTK_SUCCESS)
        return status;
    *set = (point_set){.rows = {input->n * kernel->block},
                       .name = input->name,
                       .before = input->first,
                       .points = input->n,
                       .x = input->x,
                       .ldx = input->ldx,
                       .output = empirical->form == NTK_OUTPUT_ONE ? empirical->chosen[0] : -1};
    *out = &set->rows;
    return NTK_SUCCESS;
}

static void release(const ntk_kernel *kernel, ntki_rows *rows) { ntki_release(kernel->context, rows); }

/* ---- memory ---- */

static void release_features(ntk_context *context, FEATURES *features) {
    ntki_release(context, features->memory);
    ntki_release(context, features->f);
    *features = (FEATURES){.x = NULL};
}

/* Room for so many rows; keeps what is there when it has that already. */
static ntk_status reserve(const ntki_empirical *empirical, const char *function, int64_t capacity, FEATURES *features) {
    ntk_context *const context = empirical->kernel.context;
    const int64_t *const widths = empirical->network->mlp->widths, depth = empirical->kernel.depth;
    ntk_status status;
    if (features->capacity >= capacity)
        return NTK_SUCCESS;
    release_features(context, features);
    const int64_t length = ntki_empirical_row_length(empirical);
    if ((status = ntki_allocate(context, function, 2 * (depth + 1), sizeof(*features->f), &features->f)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate(context, function, capacity, (size_t)length * sizeof(NTKI_REAL) + 1,
                                &features->memory)) != NTK_SUCCESS)
        return status;
    features->delta = features->f + depth + 1;
    features->capacity = capacity;
    NTKI_REAL *free = features->memory;
    for (int64_t l = 0; l <= depth; l++) {
        const bool sends = l < depth && ntki_empirical_wants_f(empirical, l + 1);
        const bool trains = l > 0 && l < depth && ntki_empirical_wants(empirical, l);
        features->f[l] = sends ? free : NULL;
        free += sends ? capacity * widths[l] : 0;
        features->delta[l] = trains ? free : NULL;
        free += trains ? capacity * empirical->copies * widths[l] : 0;
    }
    return NTK_SUCCESS;
}

void NTKI_TYPED(ntki_feature_work_destroy)(FEATURE_WORK *work) {
    if (work == NULL)
        return;
    ntk_context *const context = work->context;
    ntki_release(context, work->gram_delta);
    ntki_release(context, work->gram_f);
    for (int i = 0; i < 2; i++)
        release_features(context, &work->held[i]);
    if (work->pass != NULL)
        NTKI_TYPED(ntki_deltas_destroy)(work->pass, work->scratch);
    NTKI_TYPED(ntki_pass_destroy)(work->pass);
    ntki_release(context, work);
}

/* The work of a call with at most so many rows in a set, if it is not there yet. It ends with the call. */
static ntk_status open_work(ntk_kernel *kernel, const char *function, int64_t points) {
    ntki_empirical *const empirical = (ntki_empirical *)(void *)kernel;
    FEATURE_WORK *work = empirical->NTKI_TYPED(work);
    ntk_status status;
    if (work != NULL)
        return NTK_SUCCESS;
    if ((status = ntki_allocate(kernel->context, function, 1, sizeof(*work), &work)) != NTK_SUCCESS)
        return status;
    *work = (FEATURE_WORK){.context = kernel->context};
    empirical->NTKI_TYPED(work) = work;
    const ntki_pass_purpose purpose = empirical->backward ? NTKI_PASS_BACKWARD : NTKI_PASS_FORWARD;
    const ntki_feature_plan plan = ntki_empirical_plan(empirical, sizeof(NTKI_REAL));
    const size_t piece = PIECE_ROWS * PIECE_COLUMNS;
    if ((status = NTKI_TYPED(ntki_pass_create)(empirical->network, function, purpose, empirical->lowest,
                                               ntki_smaller(points, plan.batch), &work->pass)) != NTK_SUCCESS)
        return status;
    if ((empirical->backward &&
         (status = NTKI_TYPED(ntki_deltas_create)(work->pass, function, 1, &work->scratch)) != NTK_SUCCESS) ||
        (status = ntki_allocate(kernel->context, function, piece, sizeof(NTKI_REAL), &work->gram_f)) != NTK_SUCCESS ||
        (status = ntki_allocate(kernel->context, function, piece, sizeof(NTKI_REAL), &work->gram_delta)) != NTK_SUCCESS)
        return status;
    return NTK_SUCCESS;
}

/* How many rows of each side are held: all where they fit. */
static void share_rooms(const ntki_feature_plan *plan, int64_t n, int64_t m, bool same, int64_t *room) {
    const int64_t large = plan->most - plan->batch;
    if (same) {
        room[0] = ntki_smaller(n, large);
        room[1] = n > large ? plan->batch : 0;
    } else if (m <= large) {
        room[0] = ntki_smaller(n, plan->most - m);
        room[1] = m;
    } else {
        room[0] = ntki_smaller(n, large);
        room[1] = ntki_smaller(m, plan->most - room[0]);
    }
}

static ntk_status match(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b) {
    const ntki_empirical *const empirical = ntki_empirical_of(kernel);
    point_set *const x = (point_set *)(void *)a, *const z = (point_set *)(void *)b;
    ntk_status status;
    if (a == b && (status = ntki_empirical_check_symmetric(kernel, function)) != NTK_SUCCESS)
        return status;
    if (empirical->form == NTK_OUTPUT_PAIR) {
        x->output = empirical->chosen[0];
        z->output = empirical->chosen[1];
    }
    if ((status = open_work(kernel, function, x->points > z->points ? x->points : z->points)) != NTK_SUCCESS)
        return status;
    FEATURE_WORK *const work = work_of(kernel);
    const ntki_feature_plan plan = ntki_empirical_plan(empirical, sizeof(NTKI_REAL));
    share_rooms(&plan, x->points, z->points, a == b, work->room);
    for (int i = 0; status == NTK_SUCCESS && i < 2; i++)
        status = reserve(empirical, function, work->room[i], &work->held[i]);
    return status;
}

/* ---- features ---- */

typedef struct {
    int64_t rows, length, step; /* rows of so many numbers go to every step-th place */
    const NTKI_REAL *from;
    NTKI_REAL *to;
    int64_t group;
} copy_job;

static void copy_group(int64_t index, void *argument) {
    const copy_job *const job = argument;
    const int64_t end = ntki_smaller((index + 1) * job->group, job->rows);
    for (int64_t i = index * job->group; i < end; i++)
        memcpy(job->to + i * job->step, job->from + i * job->length, (size_t)job->length * sizeof(NTKI_REAL));
}

static void copy_rows(ntk_context *context, int64_t rows, int64_t length, const NTKI_REAL *from, NTKI_REAL *to,
                      int64_t step) {
    enum { NUMBERS = 16384 };
    copy_job job = {rows, length, step, from, to, length > NUMBERS ? 1 : NUMBERS / length};
    ntki_parallel_for(context, (rows + job.group - 1) / job.group, copy_group, &job);
}

/* Keeps what the pass has made of its block, from row `at` of the features on. */
static void keep_block(const ntki_empirical *empirical, int64_t at, const FEATURES *features) {
    const FEATURE_WORK *const work = work_of(&empirical->kernel);
    const NTKI_PASS *const pass = work->pass;
    ntk_context *const context = empirical->kernel.context;
    const int64_t copies = empirical->copies, depth = empirical->kernel.depth;
    for (int64_t l = 0; l < depth; l++)
        if (features->f[l] != NULL) {
            const int64_t units = pass->layer[l].units;
            copy_rows(context, pass->used, units, pass->layer[l].f, features->f[l] + at * units, units);
        }
    for (int64_t a = 0; empirical->backward && a < copies; a++) {
        NTKI_TYPED(ntki_pass_backward_output)(pass, features->output < 0 ? a : features->output, 0, work->scratch);
        for (int64_t l = 1; l < depth; l++)
            if (features->delta[l] != NULL) {
                const int64_t units = pass->layer[l].units;
                copy_rows(context, pass->used, units, work->scratch[l], features->delta[l] + (at * copies + a) * units,
                          copies * units);
            }
    }
}

/* The rows [first, last) of a set into `features`. In a forward pass only f^{L-1} is there. */
static ntk_status load(const ntki_empirical *empirical, const char *function, const point_set *set, int64_t first,
                       int64_t last, FEATURES *features) {
    FEATURE_WORK *const work = work_of(&empirical->kernel);
    const int64_t depth = empirical->kernel.depth;
    ntk_status status = NTK_SUCCESS;
    features->x = NULL;
    features->output = set->output;
    for (int64_t i = first, end; status == NTK_SUCCESS && i < last; i = end) {
        end = ntki_cut(i, work->pass->rows, last);
        const NTKI_BLOCK block = {set->before + i, end - i, set->x + i * set->ldx, set->ldx};
        status = ntki_empirical_report(empirical, function, work->fraction);
        if (status == NTK_SUCCESS)
            status =
                NTKI_TYPED(ntki_pass_forward_to)(work->pass, function, &block, empirical->backward ? depth : depth - 1);
        if (status == NTK_SUCCESS)
            keep_block(empirical, i - first, features);
    }
    if (status != NTK_SUCCESS)
        return status;
    features->x = set->x;
    features->ldx = set->ldx;
    features->first = first;
    features->last = last;
    return NTK_SUCCESS;
}

static bool holds(const FEATURES *features, const point_set *set, int64_t first, int64_t last) {
    return features->x == set->x && features->ldx == set->ldx && features->output == set->output &&
           features->first <= first && last <= features->last;
}

/* Features of the rows [first, last), not more than there is room for; of all rows where these fit. */
static ntk_status hold(const ntki_empirical *empirical, const char *function, const point_set *set, int64_t first,
                       int64_t last, FEATURES *features) {
    if (holds(features, set, first, last))
        return NTK_SUCCESS;
    if (features->capacity >= set->points)
        return load(empirical, function, set, 0, set->points, features);
    return load(empirical, function, set, first, last, features);
}

/* ---- the diagonal ---- */

static NTKI_REAL squared_norm(int64_t count, const NTKI_REAL *values) {
    enum { LANES = 16 };
    NTKI_REAL lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int j = 0; j < LANES; j++)
            lane[j] += values[i + j] * values[i + j];
    for (; i < count; i++)
        sum += values[i] * values[i];
    for (int j = 0; j < LANES; j++)
        sum += lane[j];
    return sum;
}

/* K of a row of the kernel matrix with itself. A row of a trace has the deltas of all outputs, and a row of their mean.
 * */
static NTKI_REAL diagonal_value(const ntki_empirical *empirical, const FEATURES *features, int64_t row) {
    const int64_t block = empirical->kernel.block, copies = empirical->copies / block, depth = empirical->kernel.depth;
    const int64_t at = row - features->first * block, point = row / block - features->first;
    const int64_t *const widths = empirical->network->mlp->widths;
    NTKI_REAL value = 0;
    for (int64_t l = 1; l <= depth; l++) {
        const ntki_empirical_layer *const part = &empirical->layer[l - 1];
        if (!ntki_empirical_wants(empirical, l))
            continue;
        const int64_t inputs = widths[l - 1], length = copies * widths[l];
        const NTKI_REAL *const f = features->f[l - 1];
        NTKI_REAL term = (NTKI_REAL)part->bias;
        if (f != NULL)
            term += (NTKI_REAL)part->weight * squared_norm(inputs, f + point * inputs);
        if (l < depth)
            term *= squared_norm(length, features->delta[l] + at * length) / (NTKI_REAL)copies;
        value += term;
    }
    return value;
}

typedef struct {
    const ntki_empirical *empirical;
    const FEATURES *features;
    int64_t first;
    NTKI_REAL *out;
    int64_t step;
} diagonal_job;

static void diagonal_entry(int64_t index, void *argument) {
    const diagonal_job *const job = argument;
    job->out[index * job->step] = diagonal_value(job->empirical, job->features, job->first + index);
}

/* K(x, x) of the rows [first, last) of the kernel matrix, which are held, to every step-th place. */
static void fill_diagonal(const ntki_empirical *empirical, const FEATURES *features, int64_t first, int64_t last,
                          NTKI_REAL *out, int64_t step) {
    diagonal_job job = {empirical, features, first, out, step};
    ntki_parallel_for(empirical->kernel.context, last - first, diagonal_entry, &job);
}

static ntk_status fill_diagonals(ntk_kernel *kernel, const char *function, const point_set *set, NTKI_REAL *values) {
    const ntki_empirical *const empirical = ntki_empirical_of(kernel);
    FEATURE_WORK *const work = work_of(kernel);
    FEATURES *const features = &work->held[0];
    const int64_t block = kernel->block;
    ntk_status status = reserve(empirical, function, work->pass->rows, features);
    for (int64_t i = 0, end; status == NTK_SUCCESS && i < set->points; i = end) {
        end = ntki_cut(i, work->pass->rows, set->points);
        work->fraction = (double)i / (double)set->points;
        status = load(empirical, function, set, i, end, features);
        if (status == NTK_SUCCESS)
            fill_diagonal(empirical, features, i * block, end * block, values + i * block, 1);
    }
    if (status == NTK_SUCCESS && !ntki_all_finite(set->rows.n, values))
        return ntki_fail(kernel->context, NTK_ERR_RANGE, function,
                         "a kernel value exceeds the " NTKI_TYPE_NAME " range");
    return status == NTK_SUCCESS ? ntki_empirical_report(empirical, function, 1) : status;
}

static ntk_status diagonal(ntk_kernel *kernel, const char *function, const ntki_rows *rows, NTKI_REAL *out) {
    const point_set *const set = points_of(rows);
    NTKI_REAL *values = NULL;
    ntk_status status;
    if ((status = ntki_empirical_check_symmetric(kernel, function)) != NTK_SUCCESS ||
        (status = open_work(kernel, function, set->points)) != NTK_SUCCESS ||
        (status = ntki_allocate(kernel->context, function, rows->n, sizeof(NTKI_REAL), &values)) != NTK_SUCCESS)
        return status;
    if ((status = fill_diagonals(kernel, function, set, values)) == NTK_SUCCESS)
        memcpy(out, values, (size_t)rows->n * sizeof(NTKI_REAL));
    ntki_release(kernel->context, values);
    return status;
}
