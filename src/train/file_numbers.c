/* The numbers of a run in 8 bytes each, one order for both ways; and the sums by which data are known. */
#include "src/network/little_endian.h"
#include "src/train/file.h"

#include <string.h>

/* ---- numbers ---- */

/* Goes over the words of a file, writing or reading. */
typedef struct {
    unsigned char *out;
    const unsigned char *in;
    int at;
    bool impossible;
} words;

static void whole(words *over, uint64_t *value) {
    if (over->out != NULL)
        ntki_put_bytes(over->out + 8 * over->at, 8, *value);
    else
        *value = ntki_get_bytes(over->in + 8 * over->at, 8);
    over->at++;
}

static void number(words *over, int64_t *value) {
    uint64_t bits = (uint64_t)*value;
    whole(over, &bits);
    *value = (int64_t)bits;
}

static void real(words *over, double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof(bits));
    whole(over, &bits);
    memcpy(value, &bits, sizeof(bits));
}

/* A setting of fewer bits: values that it cannot hold become -1, which no setting is. */
static void choice(words *over, int32_t *value) {
    int64_t wide = *value;
    number(over, &wide);
    *value = wide >= 0 && wide <= INT32_MAX ? (int32_t)wide : -1;
}

static void settings(words *over, ntki_train_settings *set) {
    int32_t centred = set->centred ? 1 : 0;
    choice(over, &set->method);
    choice(over, &set->model);
    real(over, &set->learning_rate);
    real(over, &set->momentum);
    number(over, &set->batch);
    whole(over, &set->seed);
    real(over, &set->weight_decay);
    real(over, &set->initial_decay);
    choice(over, &centred);
    real(over, &set->tolerance);
    set->centred = centred == 1;
    over->impossible |= centred != 0 && centred != 1;
}

static void flow(words *over, ntki_rkc_numbers *at) {
    real(over, &at->before);
    real(over, &at->now);
    real(over, &at->step);
    real(over, &at->last_step);
    real(over, &at->last_error);
    real(over, &at->radius);
    number(over, &at->radius_age);
    number(over, &at->has_direction);
    number(over, &at->steps);
    number(over, &at->refused);
}

/* 5 + 10 + 4 + 10 words, and one that is 0. */
static void all(words *over, ntki_run *run) {
    uint64_t zero = 0;
    number(over, &run->parameters);
    number(over, &run->samples);
    whole(over, &run->network);
    whole(over, &run->data);
    number(over, &run->parts);
    settings(over, &run->set);
    real(over, &run->time);
    number(over, &run->steps);
    number(over, &run->evaluations);
    real(over, &run->descent_rate);
    flow(over, &run->flow);
    whole(over, &zero);
    over->impossible |= zero != 0;
}

void ntki_run_put(const ntki_run *run, unsigned char bytes[8 * NTKI_RUN_WORDS]) {
    ntki_run copy = *run;
    words over = {.out = bytes};
    all(&over, &copy);
}

bool ntki_run_get(const unsigned char bytes[8 * NTKI_RUN_WORDS], ntki_run *run) {
    words over = {.in = bytes};
    *run = (ntki_run){0};
    all(&over, run);
    return !over.impossible;
}

/* ---- sums ---- */

static void add_whole(ntki_crc64 *crc, int64_t value) {
    unsigned char bytes[8];
    ntki_put_bytes(bytes, 8, (uint64_t)value);
    ntki_crc64_add(crc, 8, bytes);
}

static void add_reals(ntki_run_work *work, int64_t count, const double *values) {
    const int64_t most = (int64_t)sizeof(work->block) / 8;
    for (int64_t first = 0; first < count; first += most) {
        const int64_t some = count - first < most ? count - first : most;
        for (int64_t i = 0; i < some; i++)
            ntki_put_f64(work->block + 8 * i, values[first + i]);
        ntki_crc64_add(&work->crc, (size_t)(8 * some), work->block);
    }
}

static void add_layer(ntki_run_work *work, const ntki_mlp_layer *layer, bool hidden) {
    const double dense[] = {layer->weight_std, layer->bias_std, layer->weight_rate, layer->bias_rate};
    add_reals(work, 4, dense);
    add_whole(&work->crc, layer->skip);
    if (!hidden)
        return;
    const ntki_activation *const activation = &layer->activation;
    add_whole(&work->crc, layer->normalise);
    add_reals(work, 1, &layer->epsilon);
    add_whole(&work->crc, activation->kind);
    add_whole(&work->crc, activation->parameter_count);
    add_reals(work, activation->parameter_count, activation->parameters);
}

uint64_t ntki_run_network_sum(const ntk_trainer *trainer, ntki_run_work *work) {
    const ntk_mlp *const mlp = trainer->network->mlp;
    ntki_crc64_start(&work->crc);
    add_whole(&work->crc, mlp->depth);
    add_whole(&work->crc, mlp->parameterisation);
    for (int64_t l = 0; l <= mlp->depth; l++)
        add_whole(&work->crc, mlp->widths[l]);
    for (int64_t l = 1; l <= mlp->depth; l++)
        add_layer(work, &mlp->layer[l - 1], l < mlp->depth);
    return ntki_crc64_value(&work->crc);
}

uint64_t ntki_run_data_sum(const ntk_trainer *trainer, ntki_run_work *work) {
    ntki_crc64_start(&work->crc);
    add_whole(&work->crc, trainer->loss->kind);
    add_reals(work, 1, &trainer->loss->parameter);
    add_reals(work, trainer->n * trainer->inputs, trainer->x);
    add_reals(work, trainer->n * trainer->outputs, trainer->y);
    return ntki_crc64_value(&work->crc);
}

/* ---- vectors ---- */

/* Before the flow's first step and after a failure there is no end before; `before` is `now` then. */
int ntki_run_vectors(const ntk_trainer *trainer, const ntki_run *run, ntki_run_vector vector[NTKI_RUN_MOST_VECTORS]) {
    const int64_t p = trainer->parameter_count, parts = run->parts;
    const bool two_ends = run->flow.before < run->flow.now, direction = run->flow.has_direction == 1;
    int count = 0;
    vector[count++] = (ntki_run_vector){trainer->network->theta, p};
    vector[count++] = (ntki_run_vector){trainer->state, p};
    if (parts & NTKI_RUN_VELOCITY)
        vector[count++] = (ntki_run_vector){trainer->velocity, p};
    if (parts & NTKI_RUN_WEIGHTS)
        vector[count++] = (ntki_run_vector){trainer->weight, trainer->n};
    const ntki_rkc *const at = trainer->flow;
    if (!(parts & NTKI_RUN_FLOW))
        return count;
    double *const ends[] = {two_ends ? at->y_before : NULL, two_ends ? at->f_before : NULL, at->y, at->f,
                            direction ? at->direction : NULL};
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        vector[count++] = (ntki_run_vector){ends[i], p};
    return count;
}
