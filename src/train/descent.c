/* Steps of descent:
 *   v_{k+1} = beta v_k - r (eta grad L + lambda theta_k + mu (theta_k - theta_0)),   theta_{k+1} = theta_k + v_{k+1}.
 * A step reads the state until its successor is complete and finite. */
#include "src/network/typed.h"
#include "src/train/train.h"

#include <stdio.h>

#include "lib/memory/memory.h"

typedef struct {
    const ntk_trainer *trainer;
    double rate; /* eta */
    atomic_bool overflow;
} step_job;

/* g = eta grad + lambda theta + mu (theta - theta_0), in place of the gradient. */
static void add_decay(const step_job *job, const ntki_piece *piece) {
    const ntk_trainer *const trainer = job->trainer;
    const double weight = trainer->set.weight_decay, initial = trainer->set.initial_decay, rate = job->rate;
    const double *const start = trainer->network->theta + piece->first, *const s = trainer->state + piece->first;
    double *const g = trainer->next + piece->first;
    if (weight == 0 && initial == 0)
        for (int64_t i = 0; i < piece->count; i++)
            g[i] = rate * g[i];
    else if (ntki_train_is_linearised(trainer))
        for (int64_t i = 0; i < piece->count; i++)
            g[i] = rate * g[i] + weight * (start[i] + s[i]) + initial * s[i];
    else
        for (int64_t i = 0; i < piece->count; i++)
            g[i] = rate * g[i] + weight * s[i] + initial * (s[i] - start[i]);
}

/* Of the linearised model theta itself must not overflow either. */
static bool is_out_of_range(const ntk_trainer *trainer, const ntki_piece *piece, const double *state) {
    if (!ntki_all_finite(piece->count, state))
        return true;
    bool bad = false;
    const double *const start = trainer->network->theta + piece->first;
    for (int64_t i = 0; ntki_train_is_linearised(trainer) && i < piece->count; i++)
        bad |= !isfinite(start[i] + state[i]);
    return bad;
}

/* Without momentum: the next state in place of the gradient. */
static void plain_piece(int64_t index, void *argument) {
    step_job *const job = argument;
    const ntk_trainer *const trainer = job->trainer;
    const ntki_piece *const piece = &trainer->piece[index];
    const double *const s = trainer->state + piece->first;
    double *const g = trainer->next + piece->first;
    if (piece->rate == 0) {
        memcpy(g, s, (size_t)piece->count * sizeof(double));
        return;
    }
    add_decay(job, piece);
    for (int64_t i = 0; i < piece->count; i++)
        g[i] = s[i] - piece->rate * g[i];
    if (is_out_of_range(trainer, piece, g))
        atomic_store(&job->overflow, true);
}

/* With momentum: the next velocity in place of the gradient. */
static void velocity_piece(int64_t index, void *argument) {
    step_job *const job = argument;
    const ntk_trainer *const trainer = job->trainer;
    const ntki_piece *const piece = &trainer->piece[index];
    const double *const s = trainer->state + piece->first, *const v = trainer->velocity + piece->first;
    double *const g = trainer->next + piece->first;
    double next[64];
    if (piece->rate == 0) {
        memset(g, 0, (size_t)piece->count * sizeof(double));
        return;
    }
    add_decay(job, piece);
    for (int64_t i = 0; i < piece->count; i++)
        g[i] = trainer->set.momentum * v[i] - piece->rate * g[i];
    for (int64_t i = 0; i < piece->count; i += 64) {
        const ntki_piece part = {piece->first + i, piece->count - i < 64 ? piece->count - i : 64, piece->rate};
        for (int64_t j = 0; j < part.count; j++)
            next[j] = s[i + j] + g[i + j];
        if (is_out_of_range(trainer, &part, next))
            atomic_store(&job->overflow, true);
    }
}

static void move_piece(int64_t index, void *argument) {
    const step_job *const job = argument;
    const ntki_piece *const piece = &job->trainer->piece[index];
    double *const s = job->trainer->state + piece->first;
    const double *const v = job->trainer->velocity + piece->first;
    for (int64_t i = 0; piece->rate != 0 && i < piece->count; i++)
        s[i] += v[i];
}

static void exchange(double **a, double **b) {
    double *const kept = *a;
    *a = *b;
    *b = kept;
}

/* From the gradient in trainer->next. False, and nothing changed but that, when the parameters would overflow. */
static bool move(ntk_trainer *trainer, double rate) {
    const bool momentum = trainer->velocity != NULL;
    step_job job = {.trainer = trainer, .rate = rate};
    atomic_init(&job.overflow, false);
    ntki_train_each_piece(trainer, momentum ? velocity_piece : plain_piece, &job);
    if (atomic_load(&job.overflow))
        return false;
    exchange(momentum ? &trainer->velocity : &trainer->state, &trainer->next);
    if (momentum)
        ntki_train_each_piece(trainer, move_piece, &job);
    return true;
}

/* The sentence of an overflow, with the step and the learning rate. */
static ntk_status refuse_step(const ntk_trainer *trainer, const char *function, double rate, const char *reason) {
    return ntki_fail(trainer->context, NTK_ERR_RANGE, function, "step %lld with learning rate %g: %s",
                     (long long)trainer->steps + 1, rate, reason);
}

/* The same with what a part of the step has said. */
static ntk_status explain(const ntk_trainer *trainer, const char *function, double rate) {
    char reason[NTKI_ERROR_LENGTH];
    const char *const said = trainer->context->last_error, *const colon = strstr(said, ": ");
    snprintf(reason, sizeof(reason), "%s", colon != NULL ? colon + 2 : said);
    return refuse_step(trainer, function, rate, reason);
}

static ntk_status step(ntk_trainer *trainer, const char *function, double rate) {
    const ntki_samples samples = ntki_train_batch(trainer, trainer->steps);
    const ntk_status status = ntki_train_gradient(trainer, function, &samples, trainer->state, trainer->next);
    if (status == NTK_ERR_RANGE)
        return explain(trainer, function, rate);
    if (status != NTK_SUCCESS)
        return status;
    if (!move(trainer, rate))
        return refuse_step(trainer, function, rate, "the parameters exceed the double range");
    trainer->steps++;
    trainer->time = (double)trainer->steps;
    return NTK_SUCCESS;
}

static ntk_status begin_momentum(ntk_trainer *trainer, const char *function) {
    if (trainer->set.momentum == 0 || trainer->velocity != NULL)
        return NTK_SUCCESS;
    const int64_t count = trainer->parameter_count;
    const ntk_status status = ntki_allocate_matrix(trainer->context, function, 1, count, &trainer->velocity);
    if (status == NTK_SUCCESS)
        memset(trainer->velocity, 0, (size_t)count * sizeof(double));
    return status;
}

ntk_status ntki_train_descend(ntk_trainer *trainer, const char *function, double t) {
    const int64_t first = trainer->steps, last = (int64_t)t;
    const double all = (double)(last - first);
    double rate = 0;
    ntk_status status;
    if (last == first)
        return NTK_SUCCESS;
    if ((status = ntki_train_rate(trainer, function, &rate)) != NTK_SUCCESS ||
        (status = ntki_train_prepare(trainer, function)) != NTK_SUCCESS ||
        (status = begin_momentum(trainer, function)) != NTK_SUCCESS)
        return status;
    status = ntki_progress(trainer->context, function, 0, "training");
    while (status == NTK_SUCCESS && trainer->steps < last) {
        trainer->from = (double)(trainer->steps - first) / all;
        trainer->to = (double)(trainer->steps + 1 - first) / all;
        if ((status = step(trainer, function, rate)) == NTK_SUCCESS)
            status = ntki_progress(trainer->context, function, trainer->to, "training");
    }
    return status;
}
