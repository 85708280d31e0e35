/* Tiles of an empirical kernel, piece by piece, for one number type: included by empirical_{f64,f32}.c. A piece is two
 * BLAS calls a layer, for <f, f'> and <delta, delta'>, and a pass over both while they are in cache. */

/* Rows [i0, i1) and columns [j0, j1) of the kernel matrix, of sets whose features are held; out is their place. */
typedef struct {
    const ntki_empirical *empirical;
    const FEATURES *a, *b;
    int64_t i0, i1, j0, j1;
    NTKI_REAL *out;
    int64_t ldo;
} piece;

/* The same for inputs: those of the rows and columns. */
typedef struct {
    int64_t p0, p1, q0, q1;
} piece_points;

static piece_points points_of_piece(const piece *own) {
    const int64_t block = own->empirical->kernel.block;
    return (piece_points){own->i0 / block, (own->i1 - 1) / block + 1, own->j0 / block, (own->j1 - 1) / block + 1};
}

/* out = factor <f^{l-1}, f'^{l-1}> */
static void multiply_f(const piece *own, int64_t l, double factor, NTKI_REAL *out, int64_t ldo) {
    const piece_points at = points_of_piece(own);
    const int64_t inputs = own->empirical->network->mlp->widths[l - 1];
    NTKI_GEMM(&own->empirical->kernel.context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, at.p1 - at.p0, at.q1 - at.q0,
              inputs, (NTKI_REAL)factor, own->a->f[l - 1] + (at.p0 - own->a->first) * inputs, inputs,
              own->b->f[l - 1] + (at.q0 - own->b->first) * inputs, inputs, 0, out, ldo);
}

/* out = <delta^l, delta'^l>; a row of a trace has the deltas of all outputs, and gets their mean. */
static void multiply_delta(const piece *own, int64_t l, NTKI_REAL *out, int64_t ldo) {
    const ntki_empirical *const empirical = own->empirical;
    const int64_t block = empirical->kernel.block, copies = empirical->copies / block;
    const int64_t length = copies * empirical->network->mlp->widths[l];
    NTKI_GEMM(&empirical->kernel.context->blas, NTKI_NO_TRANSPOSE, NTKI_TRANSPOSE, own->i1 - own->i0, own->j1 - own->j0,
              length, 1 / (NTKI_REAL)copies, own->a->delta[l] + (own->i0 - own->a->first * block) * length, length,
              own->b->delta[l] + (own->j0 - own->b->first * block) * length, length, 0, out, ldo);
}

/* ---- elementwise work, shared by the context's threads ---- */

enum { ROWS_PER_TASK = 16 };

typedef struct {
    const piece *own;
    int64_t l;
    const NTKI_REAL *gram_f; /* NULL: its factor is 0 */
    const NTKI_REAL *gram_delta;
    atomic_bool overflow;
} piece_job;

/* weight <f, f'> + bias for a row of the piece, as far as it depends on its input. */
static void fill_factors(const piece_job *job, int64_t point, NTKI_REAL *factor) {
    const piece *const own = job->own;
    const ntki_empirical_layer *const part = &own->empirical->layer[job->l - 1];
    const piece_points at = points_of_piece(own);
    const int64_t block = own->empirical->kernel.block, columns = own->j1 - own->j0, inputs = at.q1 - at.q0;
    const NTKI_REAL weight = (NTKI_REAL)part->weight, bias = (NTKI_REAL)part->bias;
    const NTKI_REAL *const gram = job->gram_f == NULL ? NULL : job->gram_f + (point - at.p0) * inputs;
    for (int64_t j = 0, q = at.q0, end; j < columns; j = end, q++) {
        const NTKI_REAL value = gram == NULL ? bias : weight * gram[q - at.q0] + bias;
        end = ntki_smaller((q + 1) * block - own->j0, columns);
        for (int64_t column = j; column < end; column++)
            factor[column] = value;
    }
}

/* out += <delta, delta'> (weight <f, f'> + bias) */
static void add_rows(int64_t index, void *argument) {
    const piece_job *const job = argument;
    const piece *const own = job->own;
    const ntki_empirical_layer *const part = &own->empirical->layer[job->l - 1];
    const int64_t block = own->empirical->kernel.block, columns = own->j1 - own->j0;
    const int64_t end = ntki_smaller(own->i1, own->i0 + (index + 1) * ROWS_PER_TASK);
    const NTKI_REAL weight = (NTKI_REAL)part->weight, bias = (NTKI_REAL)part->bias;
    NTKI_REAL factor[PIECE_COLUMNS];
    int64_t filled = -1; /* the input that `factor` is of */
    for (int64_t i = own->i0 + index * ROWS_PER_TASK; i < end; i++) {
        NTKI_REAL *const out = own->out + (i - own->i0) * own->ldo;
        const NTKI_REAL *const delta = job->gram_delta + (i - own->i0) * columns;
        if (block == 1 && job->gram_f != NULL) {
            const NTKI_REAL *const gram = job->gram_f + (i - own->i0) * columns;
            for (int64_t j = 0; j < columns; j++)
                out[j] += delta[j] * (weight * gram[j] + bias);
            continue;
        }
        if (filled != i / block)
            fill_factors(job, i / block, factor);
        filled = i / block;
        for (int64_t j = 0; j < columns; j++)
            out[j] += delta[j] * factor[j];
    }
}

/* The last layer, where delta is a unit vector, to rows that hold 0: weight <f, f'> + bias where the outputs agree. */
static void start_block_rows(int64_t index, void *argument) {
    const piece_job *const job = argument;
    const piece *const own = job->own;
    const int64_t block = own->empirical->kernel.block, columns = own->j1 - own->j0;
    const int64_t end = ntki_smaller(own->i1, own->i0 + (index + 1) * ROWS_PER_TASK);
    NTKI_REAL factor[PIECE_COLUMNS];
    int64_t filled = -1;
    for (int64_t i = own->i0 + index * ROWS_PER_TASK; i < end; i++) {
        NTKI_REAL *const out = own->out + (i - own->i0) * own->ldo;
        if (filled != i / block)
            fill_factors(job, i / block, factor);
        filled = i / block;
        for (int64_t j = ((i - own->j0) % block + block) % block; j < columns; j += block)
            out[j] = factor[j];
    }
}

static void add_bias_rows(int64_t index, void *argument) {
    const piece_job *const job = argument;
    const piece *const own = job->own;
    const NTKI_REAL bias = (NTKI_REAL)own->empirical->layer[job->l - 1].bias;
    const int64_t end = ntki_smaller(own->i1, own->i0 + (index + 1) * ROWS_PER_TASK);
    for (int64_t i = own->i0 + index * ROWS_PER_TASK; i < end; i++)
        for (int64_t j = 0; j < own->j1 - own->j0; j++)
            own->out[(i - own->i0) * own->ldo + j] += bias;
}

static void check_rows(int64_t index, void *argument) {
    piece_job *const job = argument;
    const piece *const own = job->own;
    const int64_t end = ntki_smaller(own->i1, own->i0 + (index + 1) * ROWS_PER_TASK);
    for (int64_t i = own->i0 + index * ROWS_PER_TASK; i < end; i++)
        if (!ntki_all_finite(own->j1 - own->j0, own->out + (i - own->i0) * own->ldo))
            atomic_store(&job->overflow, true);
}

static void run(const piece *own, ntki_loop_body body, piece_job *job) {
    ntki_parallel_for(own->empirical->kernel.context, (own->i1 - own->i0 + ROWS_PER_TASK - 1) / ROWS_PER_TASK, body,
                      job);
}

/* ---- pieces ---- */

static void clear(const piece *own) {
    for (int64_t i = 0; i < own->i1 - own->i0; i++)
        memset(own->out + i * own->ldo, 0, (size_t)(own->j1 - own->j0) * sizeof(NTKI_REAL));
}

/* The last layer's part, with which the piece begins. */
static void start_piece(const piece *own) {
    const ntki_empirical *const empirical = own->empirical;
    const FEATURE_WORK *const work = work_of(&empirical->kernel);
    const int64_t l = empirical->kernel.depth;
    const ntki_empirical_layer *const part = &empirical->layer[l - 1];
    const bool product = ntki_empirical_wants_f(empirical, l), same = own->a->output == own->b->output;
    piece_job job = {.own = own, .l = l};
    if (empirical->kernel.block == 1 && product && same) {
        multiply_f(own, l, part->weight, own->out, own->ldo);
        if (part->bias != 0)
            run(own, add_bias_rows, &job);
        return;
    }
    clear(own);
    if (!same || !ntki_empirical_wants(empirical, l))
        return;
    if (product) {
        const piece_points at = points_of_piece(own);
        multiply_f(own, l, 1, work->gram_f, at.q1 - at.q0);
        job.gram_f = work->gram_f;
    }
    run(own, start_block_rows, &job);
}

static ntk_status fill_piece(const piece *own, const char *function) {
    const ntki_empirical *const empirical = own->empirical;
    const FEATURE_WORK *const work = work_of(&empirical->kernel);
    const piece_points at = points_of_piece(own);
    start_piece(own);
    for (int64_t l = empirical->kernel.depth - 1; l >= 1; l--) {
        if (!ntki_empirical_wants(empirical, l))
            continue;
        const bool product = ntki_empirical_wants_f(empirical, l);
        if (product)
            multiply_f(own, l, 1, work->gram_f, at.q1 - at.q0);
        multiply_delta(own, l, work->gram_delta, own->j1 - own->j0);
        piece_job job = {.own = own, .l = l, .gram_f = product ? work->gram_f : NULL, .gram_delta = work->gram_delta};
        run(own, add_rows, &job);
    }
    piece_job job = {.own = own};
    atomic_init(&job.overflow, false);
    run(own, check_rows, &job);
    if (!atomic_load(&job.overflow))
        return NTK_SUCCESS;
    return ntki_fail(empirical->kernel.context, NTK_ERR_RANGE, function,
                     "a kernel value exceeds the " NTKI_TYPE_NAME " range");
}

/* ---- tiles ---- */

typedef struct {
    const ntki_empirical *empirical;
    const char *function;
    const NTKI_PUBLIC(ntki_tile) * tile;
    const point_set *x, *z;
} tile_job;

/* The part of the tile that is made when its rows before i, and of the next ones the columns before j, are. */
static ntk_status report(const tile_job *job, int64_t i, int64_t next, double of_columns) {
    const NTKI_PUBLIC(ntki_tile) *const tile = job->tile;
    const double rows = (double)(i - tile->i0) + of_columns * (double)(next - i);
    FEATURE_WORK *const work = work_of(&job->empirical->kernel);
    work->fraction = tile->from + (tile->to - tile->from) * rows / (double)(tile->i1 - tile->i0);
    return ntki_empirical_report(job->empirical, job->function, work->fraction);
}

/* Rows and columns whose features are held. With `lower`, pieces above the diagonal are left out. */
static ntk_status fill_pieces(const tile_job *job, const FEATURES *a, const FEATURES *b, int64_t i0, int64_t i1,
                              int64_t j0, int64_t j1) {
    const NTKI_PUBLIC(ntki_tile) *const tile = job->tile;
    ntk_status status = NTK_SUCCESS;
    for (int64_t i = i0, next; status == NTK_SUCCESS && i < i1; i = next) {
        next = ntki_cut(i, PIECE_ROWS, i1);
        const int64_t end = tile->lower ? ntki_smaller(j1, next) : j1;
        for (int64_t j = j0, right; status == NTK_SUCCESS && j < end; j = right) {
            right = ntki_cut(j, PIECE_COLUMNS, end);
            const piece own = {job->empirical, a, b,     i,
                               next,           j, right, tile->out + (i - tile->i0) * tile->ldo + (j - tile->j0),
                               tile->ldo};
            status = fill_piece(&own, job->function);
        }
    }
    return status;
}

/* Where columns of the same set as the rows begin or end to be among these, they are cut: those need no features anew.
 * */
static int64_t end_of_columns(const tile_job *job, const FEATURES *a, int64_t j, int64_t end) {
    const int64_t block = job->empirical->kernel.block;
    const int64_t room = work_of(&job->empirical->kernel)->room[1];
    const bool same = holds(a, job->z, a->first, a->last);
    if (same && j >= a->first * block && j < a->last * block)
        return ntki_smaller(end, a->last * block);
    const int64_t most = ntki_smaller(end, (j / block + room) * block);
    return same && j < a->first * block ? ntki_smaller(most, a->first * block) : most;
}

/* The rows [i0, i1) of the tile, whose features there is room for. */
static ntk_status fill_rows(const tile_job *job, int64_t i0, int64_t i1) {
    const NTKI_PUBLIC(ntki_tile) *const tile = job->tile;
    const int64_t block = job->empirical->kernel.block, j1 = tile->lower ? ntki_smaller(tile->j1, i1) : tile->j1;
    FEATURE_WORK *const work = work_of(&job->empirical->kernel);
    FEATURES *const a = &work->held[0], *const other = &work->held[1];
    ntk_status status = hold(job->empirical, job->function, job->x, i0 / block, (i1 - 1) / block + 1, a);
    for (int64_t j = tile->j0, end; status == NTK_SUCCESS && j < j1; j = end) {
        end = end_of_columns(job, a, j, j1);
        status = report(job, i0, i1, (double)(j - tile->j0) / (double)(j1 - tile->j0));
        const int64_t first = j / block, last = (end - 1) / block + 1;
        const bool held = holds(a, job->z, first, last);
        if (status == NTK_SUCCESS && !held)
            status = hold(job->empirical, job->function, job->z, first, last, other);
        if (status == NTK_SUCCESS)
            status = fill_pieces(job, a, held ? a : other, i0, i1, j, end);
    }
    if (status != NTK_SUCCESS || !tile->lower)
        return status;
    const int64_t first = i0 > tile->j0 ? i0 : tile->j0, last = ntki_smaller(i1, tile->j1);
    if (first < last)
        fill_diagonal(job->empirical, a, first, last, tile->out + (first - tile->i0) * tile->ldo + (first - tile->j0),
                      tile->ldo + 1);
    return NTK_SUCCESS;
}

static ntk_status fill_tile(const ntk_kernel *kernel, const char *function, const NTKI_PUBLIC(ntki_tile) * tile) {
    const tile_job job = {ntki_empirical_of(kernel), function, tile, points_of(tile->a), points_of(tile->b)};
    const int64_t block = kernel->block, room = work_of(kernel)->room[0];
    ntk_status status = NTK_SUCCESS;
    for (int64_t i = tile->i0, end; status == NTK_SUCCESS && i < tile->i1; i = end) {
        end = ntki_smaller(tile->i1, (i / block + room) * block);
        status = fill_rows(&job, i, end);
    }
    return status;
}
