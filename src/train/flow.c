/* The flow dtheta/dt = -r (eta grad L + lambda theta + mu (theta - theta_0)), by the integrator of lib/ode. */
#include "src/network/typed.h"
#include "src/train/train.h"

#include "lib/memory/memory.h"

/* More stages than that in a step are more than there is to gain. */
enum { MOST_STAGES = 2000 };

typedef struct {
    ntk_trainer *trainer;
    const char *function;
    const double *state;
    double *slope;
    double rate;
    atomic_bool overflow;
} slope_job;

static void slope_piece(int64_t index, void *argument) {
    slope_job *const job = argument;
    const ntk_trainer *const trainer = job->trainer;
    const ntki_piece *const piece = &trainer->piece[index];
    const double weight = trainer->set.weight_decay, initial = trainer->set.initial_decay;
    const double *const start = trainer->network->theta + piece->first, *const s = job->state + piece->first;
    const bool linearised = ntki_train_is_linearised(trainer);
    double *const slope = job->slope + piece->first;
    for (int64_t i = 0; i < piece->count; i++) {
        const double theta = linearised ? start[i] + s[i] : s[i], moved = linearised ? s[i] : s[i] - start[i];
        slope[i] = piece->rate == 0 ? 0 : -piece->rate * (job->rate * slope[i] + weight * theta + initial * moved);
    }
    if (!ntki_all_finite(piece->count, slope))
        atomic_store(&job->overflow, true);
}

static ntk_status slope(void *user, const double *y, double *dy) {
    slope_job *const job = user;
    ntk_trainer *const trainer = job->trainer;
    const ntki_samples samples = ntki_train_all(trainer);
    const ntk_status status = ntki_train_gradient(trainer, job->function, &samples, y, dy);
    if (status != NTK_SUCCESS)
        return status;
    job->state = y;
    job->slope = dy;
    atomic_store(&job->overflow, false);
    ntki_train_each_piece(trainer, slope_piece, job);
    if (atomic_load(&job->overflow))
        return ntki_fail(trainer->context, NTK_ERR_RANGE, job->function, "the gradient exceeds the double range");
    return ntki_progress(trainer->context, job->function, trainer->from, "training");
}

/* `user` is of the call under way. */
static void point(ntk_trainer *trainer, slope_job *job) { trainer->flow->problem.user = job; }

ntk_status ntki_train_make_flow(ntk_trainer *trainer, const char *function) {
    const ntki_ode_problem problem = {.f = slope,
                                      .n = trainer->parameter_count,
                                      .origin = ntki_train_is_linearised(trainer) ? NULL : trainer->network->theta,
                                      .tolerance = trainer->set.tolerance,
                                      .most_stages = MOST_STAGES};
    return ntki_rkc_create(trainer->context, function, &problem, &trainer->flow);
}

static ntk_status begin(ntk_trainer *trainer, slope_job *job) {
    ntk_status status = NTK_SUCCESS;
    if (trainer->flow != NULL) {
        point(trainer, job);
        return NTK_SUCCESS;
    }
    if ((status = ntki_train_make_flow(trainer, job->function)) != NTK_SUCCESS)
        return status;
    point(trainer, job);
    status = ntki_rkc_begin(trainer->flow, job->function, trainer->time, trainer->state);
    if (status != NTK_SUCCESS) {
        ntki_rkc_destroy(trainer->flow);
        trainer->flow = NULL;
    }
    return status;
}

/* The state at t, at which frozen parameters have their own bits, -0 too. */
static void look(ntk_trainer *trainer, double t) {
    ntki_rkc_at(trainer->flow, t, trainer->state);
    trainer->time = t;
    for (int64_t i = 0; i < trainer->piece_count; i++) {
        const ntki_piece *const piece = &trainer->piece[i];
        if (piece->rate == 0 && !ntki_train_is_linearised(trainer))
            memcpy(trainer->state + piece->first, trainer->network->theta + piece->first,
                   (size_t)piece->count * sizeof(double));
    }
}

static ntk_status integrate(ntk_trainer *trainer, slope_job *job, double t) {
    const double first = trainer->time;
    const int64_t before = trainer->flow->at.steps;
    ntk_status status = NTK_SUCCESS;
    while (status == NTK_SUCCESS && trainer->flow->at.now < t) {
        const double done = (trainer->flow->at.now - first) / (t - first);
        trainer->from = trainer->to = done > 0 ? done : 0;
        status = ntki_rkc_step(trainer->flow, job->function);
    }
    const double reached = trainer->flow->at.now < t ? trainer->flow->at.now : t;
    if (reached > trainer->time)
        look(trainer, reached);
    trainer->steps += trainer->flow->at.steps - before;
    return status;
}

ntk_status ntki_train_flow(ntk_trainer *trainer, const char *function, double t) {
    slope_job job = {.trainer = trainer, .function = function};
    ntk_status status;
    if (t == trainer->time)
        return NTK_SUCCESS;
    atomic_init(&job.overflow, false);
    trainer->from = trainer->to = 0;
    if ((status = ntki_train_rate(trainer, function, &job.rate)) != NTK_SUCCESS ||
        (status = ntki_train_prepare(trainer, function)) != NTK_SUCCESS ||
        (status = ntki_progress(trainer->context, function, 0, "training")) != NTK_SUCCESS ||
        (status = begin(trainer, &job)) != NTK_SUCCESS)
        return status;
    status = integrate(trainer, &job, t);
    return status != NTK_SUCCESS ? status : ntki_progress(trainer->context, function, 1, "training");
}
