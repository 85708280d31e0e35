/* Training: gradients of the loss in the parameters, steps of descent, the flow. */
#ifndef NTKI_TRAIN_H
#define NTKI_TRAIN_H

#include <ntk/train.h>

#include "lib/ode/rkc.h"
#include "src/loss/loss.h"
#include "src/network/pass.h"

/* Neighbouring parameters with one learning-rate factor: what a thread takes at a time. */
typedef struct {
    int64_t first, count;
    double rate;
} ntki_piece;

typedef struct {
    int32_t method, model;
    double learning_rate; /* 0: the default */
    double momentum;
    int64_t batch; /* 0: all samples */
    uint64_t seed;
    double weight_decay, initial_decay;
    bool centred;
    double tolerance;
} ntki_train_settings;

/* Samples of one gradient, without gaps. */
typedef struct {
    int64_t n;
    const double *x, *y;
    const double *weight; /* NULL: ones */
    const double *base;   /* F(x; theta_0), or NULL where it is not needed */
} ntki_samples;

/* Memory of the gradients, kept from one to the next. */
typedef struct {
    ntki_pass_f64 *backward, *tangent; /* tangent: the linearised model only */
    double **delta;
    double *f, *u;                 /* outputs of the samples of a gradient, and what goes back */
    double *x, *y, *weight, *base; /* a batch; NULL without batches */
    int64_t *order;                /* the permutation of `epoch` */
    int64_t epoch;
} ntki_train_work;

struct ntk_trainer {
    ntk_context *context; /* a hold */
    ntk_network *network; /* its parameters are theta_0 */
    ntk_loss *loss;
    int64_t n, inputs, outputs, parameter_count; /* n, N_0, c, P */
    int64_t lowest;                              /* the lowest layer that trains; L when none does */
    double *x, *y;                               /* n x N_0, n x c */
    double *weight;                              /* n, or NULL for ones */
    double *base;                                /* n x c, the outputs at theta_0, or NULL while not needed */
    ntki_train_settings set;
    ntki_piece *piece;
    int64_t piece_count;
    double *state;    /* theta, or of the linearised model theta - theta_0 */
    double *next;     /* P: gradient, and then the next state */
    double *velocity; /* P, or NULL before the first step with momentum */
    double time;
    int64_t steps, evaluations;
    double descent_rate; /* the default of descent, 0 while not known */
    ntki_rkc *flow;      /* NULL: to be begun at the state */
    ntki_train_work *work;
    double from, to; /* the part of the call's progress that the next gradient makes */
};

/* ---- trainer.c ---- */

/* The sentence of a public function that failed within another one, in that one's name. Returns `status`. */
ntk_status ntki_train_relay(ntk_context *context, const char *function, ntk_status status);

/* All samples. */
ntki_samples ntki_train_all(const ntk_trainer *trainer);
/* Whether the state is theta - theta_0. */
static inline bool ntki_train_is_linearised(const ntk_trainer *trainer) {
    return trainer->set.model == NTK_MODEL_LINEARISED;
}
/* Whether a gradient sees a batch, and not all samples. */
static inline bool ntki_train_has_batches(const ntk_trainer *trainer) {
    return trainer->set.method == NTK_TRAIN_DESCENT && trainer->set.batch > 0;
}
/* The most samples of a gradient: the room that it takes. */
static inline int64_t ntki_train_rows(const ntk_trainer *trainer) {
    return ntki_train_has_batches(trainer) ? trainer->set.batch : trainer->n;
}
/* Frees the memory of the gradients, the outputs at theta_0 and the flow's: after a change of what they were made for. */
void ntki_train_forget(ntk_trainer *trainer);
/* body for all pieces, on the context's threads where that pays. */
void ntki_train_each_piece(const ntk_trainer *trainer, ntki_loop_body body, void *argument);
/* The same network, data and loss at time 0 with the settings that a new trainer has. */
ntk_status ntki_train_copy(const ntk_trainer *trainer, const char *function, ntk_trainer **out);

/* ---- gradient.c ---- */

/* trainer->work, and trainer->base where the model needs it. */
ntk_status ntki_train_prepare(ntk_trainer *trainer, const char *function);
/* g = the gradient of (1/n) sum over samples of w_i loss_i, at a state. */
ntk_status ntki_train_gradient(ntk_trainer *trainer, const char *function, const ntki_samples *samples,
                               const double *state, double *g);
/* Lets a pass see other parameters than those of its network, from its next way forward on. */
void ntki_train_attach(ntki_pass_f64 *pass, const double *theta);

/* ---- outputs.c ---- */

/* f = the model's outputs now, m x c without gaps. */
ntk_status ntki_train_outputs(ntk_trainer *trainer, const char *function, int64_t m, const double *z, int64_t ldz,
                              double *f);
ntk_status ntki_train_loss(ntk_trainer *trainer, const char *function, double *loss);

/* ---- learning_rate.c ---- */

/* eta; computes the default if none is set. */
ntk_status ntki_train_rate(ntk_trainer *trainer, const char *function, double *rate);

/* ---- batches.c ---- */

/* The samples of a step, until the next call. */
ntki_samples ntki_train_batch(ntk_trainer *trainer, int64_t step);

/* ---- descent.c, flow.c ---- */

ntk_status ntki_train_descend(ntk_trainer *trainer, const char *function, double t);
ntk_status ntki_train_flow(ntk_trainer *trainer, const char *function, double t);
/* Makes trainer->flow, not begun. */
ntk_status ntki_train_make_flow(ntk_trainer *trainer, const char *function);
ntk_status ntki_train_advance(ntk_trainer *trainer, const char *function, double t);

/* |theta - theta_0|. NTK_ERR_RANGE */
ntk_status ntki_train_distance(const ntk_trainer *trainer, const char *function, double *distance);
/* theta, P numbers. */
void ntki_train_parameters(const ntk_trainer *trainer, double *theta);

/* t is finite, not before now, and for descent whole. */
ntk_status ntki_train_check_time(const ntk_trainer *trainer, const char *function, const char *name, double t);

#endif
