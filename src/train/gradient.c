/* The gradient of the loss: block of rows by block of rows forwards, through the loss, and backwards,
 *   grad L = sum over blocks of J(block)' u,   u_i = (w_i / n) dloss_i / df.
 * J is that of theta, or for the linearised model of theta_0. Blocks are added in their order. */
#include "src/network/typed.h"
#include "src/train/train.h"

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"

/* ---- memory ---- */

static ntk_status allocate_batch(const ntk_trainer *trainer, const char *function, int64_t size) {
    ntk_context *const context = trainer->context;
    ntki_train_work *const work = trainer->work;
    ntk_status status;
    if ((status = ntki_allocate(context, function, trainer->n, sizeof(*work->order), &work->order)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, size, trainer->inputs, &work->x)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, size, trainer->outputs, &work->y)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, 1, size, &work->weight)) != NTK_SUCCESS)
        return status;
    return ntki_allocate_matrix(context, function, size, trainer->outputs, &work->base);
}

static ntk_status allocate_work(ntk_trainer *trainer, const char *function) {
    ntk_context *const context = trainer->context;
    ntki_train_work *const work = trainer->work;
    const bool linearised = ntki_train_is_linearised(trainer);
    const int64_t size = ntki_train_rows(trainer);
    int64_t most = ntki_pass_rows_f64(trainer->network, NTKI_PASS_BACKWARD);
    if (linearised)
        most = ntki_smaller(most, ntki_pass_rows_f64(trainer->network, NTKI_PASS_TANGENT));
    const int64_t blocks = (size - 1) / most + 1, rows = (size - 1) / blocks + 1;
    ntk_status status;
    if ((status = ntki_pass_create_f64(trainer->network, function, NTKI_PASS_BACKWARD, trainer->lowest, rows,
                                       &work->backward)) != NTK_SUCCESS ||
        (status = ntki_deltas_create_f64(work->backward, function, 1, &work->delta)) != NTK_SUCCESS ||
        (linearised && (status = ntki_pass_create_f64(trainer->network, function, NTKI_PASS_TANGENT, trainer->lowest,
                                                      rows, &work->tangent)) != NTK_SUCCESS) ||
        (status = ntki_allocate_matrix(context, function, size, trainer->outputs, &work->f)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, size, trainer->outputs, &work->u)) != NTK_SUCCESS)
        return status;
    return ntki_train_has_batches(trainer) ? allocate_batch(trainer, function, size) : NTK_SUCCESS;
}

void ntki_train_attach(ntki_pass_f64 *pass, const double *theta) {
    for (int64_t l = 1; l <= pass->depth; l++) {
        const ntki_dense *const dense = &pass->network->dense[l - 1];
        pass->layer[l].weights = theta + dense->weights;
        pass->layer[l].bias = theta + dense->bias;
    }
}

/* ---- outputs ---- */

typedef struct {
    ntk_trainer *trainer;
    const char *function;
    const ntki_samples *samples;
    const double *state;
    bool whole; /* the loss wants to see all samples at once */
    int64_t parts, part;
} job;

static ntki_block_f64 block_of(const job *call, int64_t first) {
    const ntk_trainer *const trainer = call->trainer;
    const int64_t rows = ntki_smaller(trainer->work->backward->rows, call->samples->n - first);
    return (ntki_block_f64){first, rows, call->samples->x + first * trainer->inputs, trainer->inputs};
}

/* Rows of f from the outputs of a pass, and of a tangent: z + tangent - base, each of the three where it is
 * not NULL. */
static ntk_status put_outputs(const job *call, const ntki_block_f64 *block, const double *z, const double *tangent,
                              const double *base) {
    const int64_t at = block->first * call->trainer->outputs, count = block->rows * call->trainer->outputs;
    double *const f = call->trainer->work->f + at;
    for (int64_t i = 0; i < count; i++) {
        double value = z != NULL ? z[i] : 0;
        value = tangent != NULL ? value + tangent[i] : value;
        f[i] = base != NULL ? value - base[at + i] : value;
    }
    if (ntki_all_finite(count, f))
        return NTK_SUCCESS;
    return ntki_fail(call->trainer->context, NTK_ERR_RANGE, call->function, "the outputs exceed the double range");
}

/* Forward, so that the way back can follow; f when it is wanted. */
static ntk_status forward(const job *call, const ntki_block_f64 *block, bool outputs) {
    const ntk_trainer *const trainer = call->trainer;
    ntki_train_work *const work = trainer->work;
    const int64_t depth = work->backward->depth;
    ntk_status status = ntki_pass_forward_f64(work->backward, call->function, block);
    if (status != NTK_SUCCESS || !outputs)
        return status;
    if (!ntki_train_is_linearised(trainer))
        return put_outputs(call, block, work->backward->layer[depth].z, NULL, call->samples->base);
    status = ntki_pass_tangent_f64(work->tangent, call->function, block, call->state);
    if (status != NTK_SUCCESS)
        return status;
    const ntki_pass_layer_f64 *const last = &work->tangent->layer[depth];
    return put_outputs(call, block, trainer->set.centred ? NULL : last->z, last->tangent_z, NULL);
}

/* ---- the outputs at the start ---- */

/* By the pass and the blocks of the gradients: so the outputs of all samples begin at 0, not at some roundings. */
static ntk_status fill_base(ntk_trainer *trainer, const char *function, double *base) {
    const ntki_samples samples = {.n = trainer->n, .x = trainer->x};
    const job call = {.trainer = trainer, .function = function, .samples = &samples};
    const ntki_pass_f64 *const pass = trainer->work->backward;
    ntki_train_attach(trainer->work->backward, trainer->network->theta);
    ntk_status status = ntki_progress(trainer->context, function, 0, "outputs");
    for (int64_t first = 0; status == NTK_SUCCESS && first < trainer->n;) {
        const ntki_block_f64 block = block_of(&call, first);
        if ((status = forward(&call, &block, false)) != NTK_SUCCESS)
            return status;
        memcpy(base + first * trainer->outputs, pass->layer[pass->depth].z,
               (size_t)(block.rows * trainer->outputs) * sizeof(double));
        first += block.rows;
        status = ntki_progress(trainer->context, function, (double)first / (double)trainer->n, "outputs");
    }
    return status;
}

/* Only a centred network compares with its outputs at theta_0; the linearised model leaves them out. */
static ntk_status make_base(ntk_trainer *trainer, const char *function) {
    double *base = NULL;
    if (trainer->base != NULL || !trainer->set.centred || ntki_train_is_linearised(trainer))
        return NTK_SUCCESS;
    ntk_status status = ntki_allocate_matrix(trainer->context, function, trainer->n, trainer->outputs, &base);
    if (status == NTK_SUCCESS)
        status = fill_base(trainer, function, base);
    if (status == NTK_SUCCESS)
        trainer->base = base;
    else
        ntki_release(trainer->context, base);
    return status;
}

ntk_status ntki_train_prepare(ntk_trainer *trainer, const char *function) {
    ntk_status status = NTK_SUCCESS;
    if (trainer->work == NULL) {
        status = ntki_allocate(trainer->context, function, 1, sizeof(*trainer->work), &trainer->work);
        if (status != NTK_SUCCESS)
            return status;
        *trainer->work = (ntki_train_work){.epoch = -1};
        if ((status = allocate_work(trainer, function)) != NTK_SUCCESS) {
            ntki_train_forget(trainer);
            return status;
        }
    }
    return make_base(trainer, function);
}

/* ---- the way back ---- */

/* u for `rows` samples from sample `first` on. */
static ntk_status loss_gradient(const job *call, int64_t first, int64_t rows) {
    const ntk_trainer *const trainer = call->trainer;
    const int64_t outputs = trainer->outputs, at = first * outputs;
    double *const u = trainer->work->u + at;
    const ntk_status status = ntki_loss_gradient(trainer->loss, trainer->context, call->function, rows, outputs,
                                                 trainer->work->f + at, call->samples->y + at, u);
    for (int64_t i = 0; status == NTK_SUCCESS && i < rows; i++) {
        const double weight = call->samples->weight != NULL ? call->samples->weight[first + i] : 1;
        for (int64_t k = 0; k < outputs; k++)
            u[i * outputs + k] *= weight / (double)call->samples->n;
    }
    return status;
}

static ntk_status report(job *call) {
    const ntk_trainer *const trainer = call->trainer;
    call->part++;
    if (call->part == call->parts) /* who asked for the gradient reports when it has used it */
        return NTK_SUCCESS;
    const double done = (double)call->part / (double)call->parts;
    return ntki_progress(trainer->context, call->function, trainer->from + (trainer->to - trainer->from) * done,
                         "training");
}

/* The outputs of all samples, and u from them. */
static ntk_status whole_loss(job *call) {
    ntk_status status = NTK_SUCCESS;
    for (int64_t first = 0; status == NTK_SUCCESS && first < call->samples->n;) {
        const ntki_block_f64 block = block_of(call, first);
        if ((status = forward(call, &block, true)) == NTK_SUCCESS)
            status = report(call);
        first += block.rows;
    }
    return status == NTK_SUCCESS ? loss_gradient(call, 0, call->samples->n) : status;
}

static ntk_status add_block(job *call, const ntki_block_f64 *block, double *g) {
    const ntk_trainer *const trainer = call->trainer;
    const ntki_train_work *const work = trainer->work;
    ntk_status status = forward(call, block, !call->whole);
    if (status == NTK_SUCCESS && !call->whole)
        status = loss_gradient(call, block->first, block->rows);
    if (status != NTK_SUCCESS)
        return status;
    ntki_pass_backward_f64(work->backward, work->u + block->first * trainer->outputs, trainer->outputs, 0, work->delta);
    ntki_pass_gradient_f64(work->backward, 0, work->delta, g);
    return report(call);
}

typedef struct {
    const ntki_piece *piece;
    double *g;
} zero_job;

static void zero_piece(int64_t index, void *argument) {
    const zero_job *const work = argument;
    memset(work->g + work->piece[index].first, 0, (size_t)work->piece[index].count * sizeof(double));
}

ntk_status ntki_train_gradient(ntk_trainer *trainer, const char *function, const ntki_samples *samples,
                               const double *state, double *g) {
    const bool linearised = ntki_train_is_linearised(trainer);
    ntki_train_work *const work = trainer->work;
    const int64_t blocks = (samples->n - 1) / work->backward->rows + 1;
    const bool whole = trainer->loss->kind == NTK_LOSS_FUNCTION && blocks > 1;
    job call = {trainer, function, samples, state, whole, whole ? 2 * blocks : blocks, 0};
    zero_job zero = {trainer->piece, g};
    ntki_train_attach(work->backward, linearised ? trainer->network->theta : state);
    ntki_train_each_piece(trainer, zero_piece, &zero);
    ntk_status status = whole ? whole_loss(&call) : NTK_SUCCESS;
    for (int64_t first = 0; status == NTK_SUCCESS && first < samples->n;) {
        const ntki_block_f64 block = block_of(&call, first);
        status = add_block(&call, &block, g);
        first += block.rows;
    }
    if (status == NTK_SUCCESS)
        trainer->evaluations++;
    return status;
}
