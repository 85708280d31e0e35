/* Trainers: life of the handle, and what it knows. */
#include "src/train/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/ode/vector.h"

/* A thread takes that many parameters; with fewer than a few pieces' worth of them, threads cost more than
 * they save. */
enum { PIECE = 8192, WORTH_THREADS = 4 * PIECE };

/* ---- pieces ---- */

static int64_t cut(int64_t first, int64_t count, double rate, ntki_piece *piece) {
    int64_t pieces = 0;
    for (int64_t done = 0; done < count; done += PIECE, pieces++)
        if (piece != NULL)
            piece[pieces] = (ntki_piece){first + done, ntki_smaller(PIECE, count - done), rate};
    return pieces;
}

/* All layers' weights and biases; with piece = NULL it only counts. */
static int64_t cut_all(const ntk_network *network, ntki_piece *piece) {
    int64_t count = 0;
    for (int64_t l = 1; l <= network->mlp->depth; l++) {
        const ntki_dense *const dense = &network->dense[l - 1];
        const ntki_mlp_layer *const layer = &network->mlp->layer[l - 1];
        count +=
            cut(dense->weights, dense->inputs * dense->units, layer->weight_rate, piece == NULL ? NULL : piece + count);
        count += cut(dense->bias, dense->units, layer->bias_rate, piece == NULL ? NULL : piece + count);
    }
    return count;
}

void ntki_train_each_piece(const ntk_trainer *trainer, ntki_loop_body body, void *argument) {
    if (trainer->parameter_count >= WORTH_THREADS) {
        ntki_parallel_for(trainer->context, trainer->piece_count, body, argument);
        return;
    }
    for (int64_t index = 0; index < trainer->piece_count; index++)
        body(index, argument);
}

/* Passes have nothing to do backwards below it. */
static int64_t lowest_layer(const ntk_mlp *mlp) {
    int64_t l = 1;
    while (l < mlp->depth && mlp->layer[l - 1].weight_rate == 0 && mlp->layer[l - 1].bias_rate == 0)
        l++;
    return l;
}

ntk_status ntki_train_relay(ntk_context *context, const char *function, ntk_status status) {
    char sentence[NTKI_ERROR_LENGTH];
    if (status == NTK_SUCCESS)
        return status;
    const char *const colon = strstr(context->last_error, ": ");
    snprintf(sentence, sizeof(sentence), "%s", colon != NULL ? colon + 2 : context->last_error);
    return ntki_fail(context, status, function, "%s", sentence);
}

/* ---- life ---- */

static void release_work(ntk_trainer *trainer) {
    ntki_train_work *const work = trainer->work;
    ntk_context *const context = trainer->context;
    if (work == NULL)
        return;
    if (work->backward != NULL)
        ntki_deltas_destroy_f64(work->backward, work->delta);
    ntki_pass_destroy_f64(work->backward);
    ntki_pass_destroy_f64(work->tangent);
    double *const block[] = {work->f, work->u, work->x, work->y, work->weight, work->base};
    for (size_t i = 0; i < sizeof(block) / sizeof(*block); i++)
        ntki_release(context, block[i]);
    ntki_release(context, work->order);
    ntki_release(context, work);
    trainer->work = NULL;
}

void ntki_train_forget(ntk_trainer *trainer) {
    release_work(trainer);
    ntki_release(trainer->context, trainer->base);
    trainer->base = NULL;
    ntki_rkc_destroy(trainer->flow);
    trainer->flow = NULL;
}

static void release_trainer(ntk_trainer *trainer) {
    ntk_context *const context = trainer->context;
    ntki_train_forget(trainer);
    double *const block[] = {trainer->x, trainer->y, trainer->weight, trainer->state, trainer->next, trainer->velocity};
    for (size_t i = 0; i < sizeof(block) / sizeof(*block); i++)
        ntki_release(context, block[i]);
    ntki_release(context, trainer->piece);
    ntki_loss_release(trainer->loss);
    ntk_network_destroy(trainer->network);
    ntki_release(context, trainer);
}

void ntk_trainer_destroy(ntk_trainer *trainer) {
    if (trainer == NULL)
        return;
    ntk_context *const context = trainer->context;
    release_trainer(trainer);
    ntki_context_release(context);
}

/* What create was given. */
typedef struct {
    const ntk_network *network;
    const char *function;
    int64_t n;
    const double *x;
    int64_t ldx;
    const double *y;
    int64_t ldy;
    const ntk_loss *loss;
} arguments;

static ntk_status check_arguments(const arguments *given, const void *out) {
    ntk_context *const context = given->network->context;
    const ntk_mlp *const mlp = given->network->mlp;
    const char *const function = given->function;
    const int64_t outputs = mlp->widths[mlp->depth];
    const ntki_matrix x = {"x", given->x, given->n, mlp->widths[0], given->ldx, "ldx"};
    const ntki_matrix y = {"y", given->y, given->n, outputs, given->ldy, "ldy"};
    ntk_status status;
    if ((status = ntki_check_pointer(context, function, "loss", given->loss)) != NTK_SUCCESS ||
        (status = ntki_check_pointer(context, function, "out", out)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, function, "n", given->n)) != NTK_SUCCESS ||
        (status = ntki_check_extent(context, function, &x)) != NTK_SUCCESS ||
        (status = ntki_check_extent(context, function, &y)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &x)) != NTK_SUCCESS ||
        (status = ntki_network_check_derivatives(given->network, function, lowest_layer(mlp))) != NTK_SUCCESS)
        return status;
    return ntki_loss_check_targets(given->loss, context, function, given->n, outputs, given->y, given->ldy);
}

static ntk_status copy_arguments(ntk_trainer *trainer, const arguments *given) {
    ntk_context *const context = trainer->context;
    const char *const function = given->function;
    ntk_status status;
    status = ntki_train_relay(context, function, ntk_network_copy(given->network, &trainer->network));
    if (status != NTK_SUCCESS ||
        (status = ntki_loss_copy(context, function, given->loss, &trainer->loss)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, given->n, trainer->inputs, &trainer->x)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, given->n, trainer->outputs, &trainer->y)) != NTK_SUCCESS)
        return status;
    ntki_copy_rows(given->n, trainer->inputs, given->x, given->ldx, trainer->x, trainer->inputs);
    ntki_copy_rows(given->n, trainer->outputs, given->y, given->ldy, trainer->y, trainer->outputs);
    return NTK_SUCCESS;
}

static ntk_status make_vectors(ntk_trainer *trainer, const char *function) {
    ntk_context *const context = trainer->context;
    const int64_t count = trainer->parameter_count;
    trainer->piece_count = cut_all(trainer->network, NULL);
    ntk_status status;
    if ((status = ntki_allocate(context, function, trainer->piece_count, sizeof(ntki_piece), &trainer->piece)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, 1, count, &trainer->next)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, 1, count, &trainer->state)) != NTK_SUCCESS)
        return status;
    cut_all(trainer->network, trainer->piece);
    memcpy(trainer->state, trainer->network->theta, (size_t)count * sizeof(double));
    return NTK_SUCCESS;
}

/* With a hold on the context, on success only. */
static ntk_status make_trainer(const arguments *given, ntk_trainer **out) {
    ntk_context *held = NULL;
    ntk_trainer *trainer = NULL;
    const ntk_mlp *const mlp = given->network->mlp;
    ntk_status status = ntki_context_acquire(given->network->context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_allocate(held, given->function, 1, sizeof(*trainer), &trainer)) != NTK_SUCCESS) {
        ntki_context_release(held);
        return status;
    }
    *trainer = (ntk_trainer){.context = held,
                             .n = given->n,
                             .inputs = mlp->widths[0],
                             .outputs = mlp->widths[mlp->depth],
                             .parameter_count = given->network->parameter_count,
                             .lowest = lowest_layer(mlp),
                             .set = {.tolerance = 1e-5}};
    if ((status = copy_arguments(trainer, given)) != NTK_SUCCESS ||
        (status = make_vectors(trainer, given->function)) != NTK_SUCCESS) {
        ntk_trainer_destroy(trainer);
        return status;
    }
    *out = trainer;
    return NTK_SUCCESS;
}

ntk_status ntk_trainer_create(const ntk_network *network, int64_t n, const double *x, int64_t ldx, const double *y,
                              int64_t ldy, const ntk_loss *loss, ntk_trainer **out) {
    if (network == NULL)
        return NTK_ERR_NULL;
    const arguments given = {network, __func__, n, x, ldx, y, ldy, loss};
    const ntk_status status = check_arguments(&given, out);
    return status != NTK_SUCCESS ? status : make_trainer(&given, out);
}

ntk_status ntki_train_copy(const ntk_trainer *trainer, const char *function, ntk_trainer **out) {
    const arguments given = {trainer->network, function,   trainer->n,       trainer->x,
                             trainer->inputs,  trainer->y, trainer->outputs, trainer->loss};
    return make_trainer(&given, out);
}

/* ---- what it knows ---- */

ntki_samples ntki_train_all(const ntk_trainer *trainer) {
    return (ntki_samples){trainer->n, trainer->x, trainer->y, trainer->weight,
                          trainer->set.centred ? trainer->base : NULL};
}

void ntki_train_parameters(const ntk_trainer *trainer, double *theta) {
    const int64_t count = trainer->parameter_count;
    memcpy(theta, trainer->state, (size_t)count * sizeof(double));
    if (!ntki_train_is_linearised(trainer))
        return;
    for (int64_t i = 0; i < trainer->piece_count; i++) {
        const ntki_piece piece = trainer->piece[i];
        const double *const start = trainer->network->theta;
        for (int64_t p = piece.first; p < piece.first + piece.count; p++)
            theta[p] = piece.rate == 0 ? start[p] : start[p] + theta[p];
    }
}

ntk_status ntki_train_distance(const ntk_trainer *trainer, const char *function, double *distance) {
    const double *const origin = ntki_train_is_linearised(trainer) ? NULL : trainer->network->theta;
    const double found = ntki_vector_norm(trainer->context, trainer->parameter_count, trainer->state, origin);
    if (!isfinite(found))
        return ntki_fail(trainer->context, NTK_ERR_RANGE, function, "the distance exceeds the double range");
    *distance = found;
    return NTK_SUCCESS;
}

ntk_status ntk_trainer_get_time(const ntk_trainer *trainer, double *t, int64_t *steps, int64_t *evaluations) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    if (t != NULL)
        *t = trainer->time;
    if (steps != NULL)
        *steps = trainer->steps;
    if (evaluations != NULL)
        *evaluations = trainer->evaluations;
    return NTK_SUCCESS;
}

ntk_status ntk_trainer_get_distance(const ntk_trainer *trainer, double *distance) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(trainer->context, __func__, "distance", distance);
    return status != NTK_SUCCESS ? status : ntki_train_distance(trainer, __func__, distance);
}

ntk_status ntk_trainer_get_parameters(const ntk_trainer *trainer, int64_t p, double *theta) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    if (p != trainer->parameter_count)
        return ntki_fail(trainer->context, NTK_ERR_SIZE, __func__, "p is %lld; the network has %lld parameters",
                         (long long)p, (long long)trainer->parameter_count);
    const ntk_status status = ntki_check_pointer(trainer->context, __func__, "theta", theta);
    if (status == NTK_SUCCESS)
        ntki_train_parameters(trainer, theta);
    return status;
}

ntk_status ntk_trainer_get_network(const ntk_trainer *trainer, ntk_network **out) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    ntk_status status = ntki_check_pointer(trainer->context, __func__, "out", out);
    if (status == NTK_SUCCESS)
        status = ntki_train_relay(trainer->context, __func__, ntk_network_copy(trainer->network, out));
    if (status == NTK_SUCCESS)
        ntki_train_parameters(trainer, (*out)->theta);
    return status;
}
