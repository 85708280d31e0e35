/* K(X,Z) A of an empirical kernel, for one number type: included by empirical_{f64,f32}.c.
 *
 *   by products    for each column u of A: g = J(Z)' u, then J(X) (r g), with the learning-rate factors r; for a trace
 *                  the mean of that over single outputs.
 *   by tiles       pieces of K(X,Z), used and forgotten.
 * Whichever takes fewer flops; the kernel matrix is never whole. */

/* Numbers of the gradients that share a forward pass. */
enum { GRADIENT_NUMBERS = 1 << 24 };

typedef struct {
    ntk_kernel *kernel;
    const char *function;
    const NTKI_PUBLIC(ntki_multiplication) * job;
    double done, all; /* rows times passes, for progress */
} product_call;

static ntk_status report_rows(product_call *call, double more) {
    call->done += more;
    const double fraction = call->done < call->all ? call->done / call->all : 1;
    return ntki_empirical_report(ntki_empirical_of(call->kernel), call->function, fraction);
}

/* ---- by products with the Jacobian ---- */

/* Columns `first` ... first + count - 1 of the products; a trace has one for each column of A and output. */
typedef struct {
    product_call *call;
    int64_t first, count;
    NTKI_REAL *gradient; /* count x P */
    NTKI_REAL *seeds;    /* rows of a pass x N_L */
} product_group;

/* The column of A, and the one output that it is a seed of (-1: all, row by row). */
typedef struct {
    int64_t column, output;
} product_column;

static product_column column_of(const ntki_empirical *empirical, int64_t index, int side) {
    if (empirical->form == NTK_OUTPUT_FULL)
        return (product_column){index, -1};
    if (empirical->form == NTK_OUTPUT_TRACE)
        return (product_column){index / empirical->outputs, index % empirical->outputs};
    return (product_column){index, empirical->chosen[empirical->form == NTK_OUTPUT_PAIR ? side : 0]};
}

/* Seeds for the rows i0 ... of z. */
static void fill_seeds(const product_group *group, int64_t index, int64_t i0, int64_t rows) {
    const NTKI_PUBLIC(ntki_multiplication) *const job = group->call->job;
    const ntki_empirical *const empirical = ntki_empirical_of(group->call->kernel);
    const int64_t c = empirical->outputs;
    const product_column of = column_of(empirical, index, 1);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t a = 0; a < c; a++) {
            NTKI_REAL *const seed = &group->seeds[i * c + a];
            if (of.output < 0)
                *seed = job->a[((i0 + i) * c + a) * job->lda + of.column];
            else
                *seed = of.output == a ? job->a[(i0 + i) * job->lda + of.column] : 0;
        }
}

static ntk_status add_gradients(const product_group *group) {
    product_call *const call = group->call;
    const ntki_empirical *const empirical = ntki_empirical_of(call->kernel);
    const FEATURE_WORK *const work = work_of(call->kernel);
    const NTKI_PUBLIC(ntki_input) *const z = &call->job->z;
    const int64_t parameters = empirical->network->parameter_count;
    ntk_status status = NTK_SUCCESS;
    memset(group->gradient, 0, (size_t)(group->count * parameters) * sizeof(NTKI_REAL));
    for (int64_t i = 0, end; status == NTK_SUCCESS && i < z->n; i = end) {
        end = ntki_cut(i, work->pass->rows, z->n);
        const NTKI_BLOCK block = {z->first + i, end - i, z->x + i * z->ldx, z->ldx};
        status = NTKI_TYPED(ntki_pass_forward)(work->pass, call->function, &block);
        for (int64_t g = 0; status == NTK_SUCCESS && g < group->count; g++) {
            fill_seeds(group, group->first + g, i, end - i);
            NTKI_TYPED(ntki_pass_backward)(work->pass, group->seeds, empirical->outputs, 0, work->scratch);
            NTKI_TYPED(ntki_pass_gradient)(work->pass, 0, work->scratch, group->gradient + g * parameters);
            status = report_rows(call, 2 * (double)(end - i));
        }
    }
    return status;
}

/* Of a frozen parameter nothing is left, not even an overflow. */
static void scale(int64_t count, double rate, NTKI_REAL *values) {
    for (int64_t p = 0; rate != 1 && p < count; p++)
        values[p] = rate == 0 ? 0 : (NTKI_REAL)rate * values[p];
}

static void scale_gradients(const product_group *group) {
    const ntki_empirical *const empirical = ntki_empirical_of(group->call->kernel);
    const ntk_network *const network = empirical->network;
    for (int64_t g = 0; g < group->count; g++)
        for (int64_t l = 1; l <= empirical->kernel.depth; l++) {
            const ntki_dense *const dense = &network->dense[l - 1];
            NTKI_REAL *const gradient = group->gradient + g * network->parameter_count;
            scale(dense->inputs * dense->units, empirical->layer[l - 1].weight_rate, gradient + dense->weights);
            scale(dense->units, empirical->layer[l - 1].bias_rate, gradient + dense->bias);
        }
}

/* The derivatives of the outputs for the rows i0 ... of x to the product. */
static void add_tangents(const product_group *group, int64_t index, int64_t i0, const NTKI_PASS *pass) {
    const NTKI_PUBLIC(ntki_multiplication) *const job = group->call->job;
    const ntki_empirical *const empirical = ntki_empirical_of(group->call->kernel);
    const int64_t c = empirical->outputs;
    const double mean = empirical->form == NTK_OUTPUT_TRACE ? 1 / (double)c : 1;
    const product_column of = column_of(empirical, index, 0);
    const NTKI_REAL *const tangent = pass->layer[pass->depth].tangent_z;
    for (int64_t i = 0; i < pass->used; i++)
        for (int64_t a = of.output < 0 ? 0 : of.output; a < (of.output < 0 ? c : of.output + 1); a++) {
            const int64_t row = of.output < 0 ? (i0 + i) * c + a : i0 + i;
            job->product[row * job->c + of.column] += mean * (double)tangent[i * c + a];
        }
}

static ntk_status add_products(const product_group *group, NTKI_PASS *pass) {
    product_call *const call = group->call;
    const NTKI_PUBLIC(ntki_input) *const x = &call->job->x;
    const int64_t parameters = pass->network->parameter_count;
    ntk_status status = NTK_SUCCESS;
    for (int64_t i = 0, end; status == NTK_SUCCESS && i < x->n; i = end) {
        end = ntki_cut(i, pass->rows, x->n);
        const NTKI_BLOCK block = {x->first + i, end - i, x->x + i * x->ldx, x->ldx};
        for (int64_t g = 0; status == NTK_SUCCESS && g < group->count; g++) {
            status = NTKI_TYPED(ntki_pass_tangent)(pass, call->function, &block, group->gradient + g * parameters);
            if (status == NTK_SUCCESS) {
                add_tangents(group, group->first + g, i, pass);
                status = report_rows(call, 3 * (double)(end - i));
            }
        }
    }
    return status;
}

static int64_t columns_of(const product_call *call) {
    const ntki_empirical *const empirical = ntki_empirical_of(call->kernel);
    return call->job->c * (empirical->form == NTK_OUTPUT_TRACE ? empirical->outputs : 1);
}

/* Gradients at a time. */
static int64_t group_size(const product_call *call) {
    const int64_t fit = GRADIENT_NUMBERS / ntki_empirical_of(call->kernel)->network->parameter_count;
    return ntki_smaller(columns_of(call), fit > 1 ? fit : 1);
}

static ntk_status multiply_by_products(product_call *call) {
    const ntki_empirical *const empirical = ntki_empirical_of(call->kernel);
    const ntk_network *const network = empirical->network;
    ntk_context *const context = call->kernel->context;
    const int64_t columns = columns_of(call), size = group_size(call);
    const int64_t rows = ntki_smaller(call->job->x.n, NTKI_TYPED(ntki_pass_rows)(network, NTKI_PASS_TANGENT));
    product_group group = {.call = call};
    NTKI_PASS *tangent = NULL;
    call->all = (double)columns * (2 * (double)call->job->z.n + 3 * (double)call->job->x.n);
    ntk_status status = open_work(call->kernel, call->function, call->job->z.n);
    if (status == NTK_SUCCESS)
        status =
            NTKI_TYPED(ntki_pass_create)(network, call->function, NTKI_PASS_TANGENT, empirical->lowest, rows, &tangent);
    if (status == NTK_SUCCESS)
        status =
            ntki_allocate(context, call->function, size * network->parameter_count, sizeof(NTKI_REAL), &group.gradient);
    if (status == NTK_SUCCESS)
        status = ntki_allocate(context, call->function, work_of(call->kernel)->pass->rows * empirical->outputs,
                               sizeof(NTKI_REAL), &group.seeds);
    for (; status == NTK_SUCCESS && group.first < columns; group.first += group.count) {
        group.count = ntki_smaller(size, columns - group.first);
        status = add_gradients(&group);
        scale_gradients(&group);
        if (status == NTK_SUCCESS)
            status = add_products(&group, tangent);
    }
    ntki_release(context, group.seeds);
    ntki_release(context, group.gradient);
    NTKI_TYPED(ntki_pass_destroy)(tangent);
    return status;
}

/* ---- by tiles ---- */

typedef struct {
    product_call *call;
    const point_set *x, *z;
    NTKI_REAL *tile; /* PIECE_ROWS x PIECE_COLUMNS */
    NTKI_REAL *part; /* PIECE_ROWS x c */
} product_tiles;

/* product += K A for the rows [i0, i1) and columns [j0, j1), whose features are held. */
static ntk_status add_pieces(const product_tiles *own, const FEATURES *b, int64_t i0, int64_t i1, int64_t j0,
                             int64_t j1) {
    const NTKI_PUBLIC(ntki_multiplication) *const job = own->call->job;
    const FEATURE_WORK *const work = work_of(own->call->kernel);
    ntk_status status = NTK_SUCCESS;
    for (int64_t i = i0, next; status == NTK_SUCCESS && i < i1; i = next) {
        next = ntki_cut(i, PIECE_ROWS, i1);
        for (int64_t j = j0, right; status == NTK_SUCCESS && j < j1; j = right) {
            right = ntki_cut(j, PIECE_COLUMNS, j1);
            const piece one = {
                ntki_empirical_of(own->call->kernel), &work->held[0], b, i, next, j, right, own->tile, right - j};
            status = fill_piece(&one, own->call->function);
            if (status != NTK_SUCCESS)
                break;
            NTKI_GEMM(&own->call->kernel->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, next - i, job->c,
                      right - j, 1, own->tile, right - j, job->a + j * job->lda, job->lda, 0, own->part, job->c);
            for (int64_t e = 0; e < (next - i) * job->c; e++)
                job->product[i * job->c + e] += (double)own->part[e];
        }
    }
    return status;
}

static ntk_status add_tiles(const product_tiles *own) {
    product_call *const call = own->call;
    const ntki_empirical *const empirical = ntki_empirical_of(call->kernel);
    FEATURE_WORK *const work = work_of(call->kernel);
    const int64_t block = call->kernel->block, n = own->x->points, m = own->z->points;
    call->all = (double)n * (double)m;
    ntk_status status = NTK_SUCCESS;
    for (int64_t i = 0, next; status == NTK_SUCCESS && i < n; i = next) {
        next = ntki_cut(i, work->room[0], n);
        work->fraction = call->done / call->all;
        status = hold(empirical, call->function, own->x, i, next, &work->held[0]);
        for (int64_t j = 0, right; status == NTK_SUCCESS && j < m; j = right) {
            right = ntki_cut(j, work->room[1], m);
            const bool held = holds(&work->held[0], own->z, j, right); /* X is Z */
            if (!held)
                status = hold(empirical, call->function, own->z, j, right, &work->held[1]);
            if (status == NTK_SUCCESS)
                status = add_pieces(own, &work->held[held ? 0 : 1], i * block, next * block, j * block, right * block);
            if (status == NTK_SUCCESS)
                status = report_rows(call, (double)(next - i) * (double)(right - j));
            work->fraction = call->done / call->all;
        }
    }
    return status;
}

static ntk_status multiply_by_tiles(product_call *call) {
    ntk_context *const context = call->kernel->context;
    ntki_rows *x = NULL, *z = NULL;
    product_tiles own = {.call = call};
    ntk_status status;
    if ((status = prepare(call->kernel, call->function, &call->job->x, &x)) == NTK_SUCCESS &&
        (status = prepare(call->kernel, call->function, &call->job->z, &z)) == NTK_SUCCESS &&
        (status = match(call->kernel, call->function, x, z)) == NTK_SUCCESS &&
        (status = ntki_allocate(context, call->function, PIECE_ROWS * PIECE_COLUMNS, sizeof(NTKI_REAL), &own.tile)) ==
            NTK_SUCCESS &&
        (status = ntki_allocate(context, call->function, call->job->c, PIECE_ROWS * sizeof(NTKI_REAL), &own.part)) ==
            NTK_SUCCESS) {
        own.x = points_of(x);
        own.z = points_of(z);
        status = add_tiles(&own);
    }
    ntki_release(context, own.part);
    ntki_release(context, own.tile);
    release(call->kernel, z);
    release(call->kernel, x);
    return status;
}

static ntk_status multiply(ntk_kernel *kernel, const char *function, const NTKI_PUBLIC(ntki_multiplication) * job) {
    const ntki_empirical *const empirical = ntki_empirical_of(kernel);
    const ntki_feature_plan plan = ntki_empirical_plan(empirical, sizeof(NTKI_REAL));
    product_call call = {.kernel = kernel, .function = function, .job = job};
    memset(job->product, 0, (size_t)(job->x.n * kernel->block * job->c) * sizeof(double));
    const ntk_status status = ntki_empirical_report(empirical, function, 0);
    if (status != NTK_SUCCESS)
        return status;
    return ntki_empirical_prefers_products(empirical, &plan, job->x.n, job->z.n, job->c, group_size(&call))
               ? multiply_by_products(&call)
               : multiply_by_tiles(&call);
}
