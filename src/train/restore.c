/* Reads a run back; see file.h. All is read into a trainer of its own, which takes the place of the caller's when both
 * sums are right. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/network/little_endian.h"
#include "src/train/file.h"

typedef struct {
    ntk_trainer *trainer, *fresh;
    ntki_file_reader reader;
    ntki_run_work *work;
    unsigned char numbers[NTKI_RUN_NUMBERS]; /* head and numbers, as they were checked */
    ntki_run run;
} restorer;

static ntk_status read_summed(restorer *in, int64_t bytes, void *buffer) {
    const ntk_status status = ntki_file_read(&in->reader, bytes, buffer);
    if (status == NTK_SUCCESS)
        ntki_crc64_add(&in->work->crc, (size_t)bytes, buffer);
    return status;
}

static ntk_status check_sum(restorer *in, const char *what) {
    const uint64_t computed = ntki_crc64_value(&in->work->crc);
    unsigned char bytes[8];
    const ntk_status status = read_summed(in, sizeof(bytes), bytes);
    if (status != NTK_SUCCESS)
        return status;
    const uint64_t stored = ntki_get_bytes(bytes, 8);
    if (stored == computed)
        return NTK_SUCCESS;
    return ntki_file_refuse(&in->reader.named, "wrong checksum of the %s: it is %016llx, that of the bytes is %016llx",
                            what, (unsigned long long)stored, (unsigned long long)computed);
}

/* ---- numbers ---- */

static ntk_status read_numbers(restorer *in) {
    const ntki_file *const named = &in->reader.named;
    unsigned char *const numbers = in->numbers;
    const int64_t size = in->reader.size;
    ntki_crc64_start(&in->work->crc);
    ntk_status status = read_summed(in, size < NTKI_RUN_NUMBERS ? size : NTKI_RUN_NUMBERS, numbers);
    if (status != NTK_SUCCESS)
        return status;
    if (memcmp(numbers, NTKI_RUN_MAGIC, 8) != 0)
        return ntki_file_refuse(named, "holds no run of libntk");
    if (size < NTKI_RUN_NUMBERS + 8)
        return ntki_file_refuse(named, "is cut off after %lld bytes", (long long)size);
    if (ntki_get_bytes(numbers + 8, 4) != NTKI_RUN_VERSION)
        return ntki_file_refuse(named, "has version %llu of the format; this library reads version %d",
                                (unsigned long long)ntki_get_bytes(numbers + 8, 4), (int)NTKI_RUN_VERSION);
    if ((status = check_sum(in, "numbers")) != NTK_SUCCESS)
        return status;
    if (!ntki_run_get(numbers + NTKI_RUN_HEAD, &in->run) || ntki_get_bytes(numbers + 12, 4) != 0)
        return ntki_file_refuse(named, "impossible numbers");
    return NTK_SUCCESS;
}

/* Finite and >= 0. */
static bool is_size(double value) { return isfinite(value) && value >= 0; }

/* Counts below 2^53, so that adding to them never overflows. */
static bool is_count(int64_t value) { return value >= 0 && value <= INT64_C(1) << 53; }

static bool can_be_set(const ntki_train_settings *set, int64_t samples) {
    return (set->method == NTK_TRAIN_DESCENT || set->method == NTK_TRAIN_FLOW) &&
           (set->model == NTK_MODEL_NETWORK || set->model == NTK_MODEL_LINEARISED) && set->batch >= 0 &&
           set->batch <= samples && is_size(set->learning_rate) && set->momentum >= 0 && set->momentum < 1 &&
           is_size(set->weight_decay) && is_size(set->initial_decay) && set->tolerance >= 1e-12 &&
           set->tolerance <= 0.1;
}

/* The time is within the flow's last step. */
static bool can_flow(const ntki_run *run) {
    const ntki_rkc_numbers *const at = &run->flow;
    const ntki_rkc_numbers nothing = {0};
    if (!(run->parts & NTKI_RUN_FLOW))
        return memcmp(at, &nothing, sizeof(nothing)) == 0;
    return run->set.method == NTK_TRAIN_FLOW && is_size(at->before) && is_size(at->now) && at->before <= run->time &&
           run->time <= at->now && is_size(at->step) && is_size(at->last_step) && is_size(at->last_error) &&
           is_size(at->radius) && is_count(at->radius_age) && (at->has_direction == 0 || at->has_direction == 1) &&
           is_count(at->steps) && is_count(at->refused);
}

/* A file with right sums was written by this library, unless somebody made it: its numbers are checked as
 * setters would. */
static bool is_possible(const restorer *in) {
    const ntki_run *const run = &in->run;
    return (run->parts & ~(int64_t)NTKI_RUN_PARTS) == 0 && can_be_set(&run->set, run->samples) && is_size(run->time) &&
           is_count(run->steps) && is_count(run->evaluations) && is_size(run->descent_rate) &&
           (run->set.method == NTK_TRAIN_FLOW || run->time == (double)run->steps) && can_flow(run);
}

/* Whether the run is one of this network, data and loss. */
static ntk_status check_origin(restorer *in) {
    ntk_trainer *const trainer = in->trainer;
    ntk_context *const context = trainer->context;
    const char *const function = in->reader.named.function;
    if (in->run.parameters != trainer->parameter_count || in->run.network != ntki_run_network_sum(trainer, in->work))
        return ntki_fail(context, NTK_ERR_DOMAIN, function, "the file's run is of another network");
    if (in->run.samples != trainer->n || in->run.data != ntki_run_data_sum(trainer, in->work))
        return ntki_fail(context, NTK_ERR_DOMAIN, function, "the file's run is on other data or with another loss");
    return NTK_SUCCESS;
}

/* ---- vectors ---- */

/* A trainer with room for all vectors of the file. */
static ntk_status make_fresh(restorer *in) {
    const char *const function = in->reader.named.function;
    ntk_trainer *const trainer = in->trainer;
    ntk_context *const context = trainer->context;
    ntk_status status = ntki_train_copy(trainer, function, &in->fresh);
    if (status != NTK_SUCCESS)
        return status;
    ntk_trainer *const fresh = in->fresh;
    fresh->set = in->run.set;
    fresh->time = in->run.time;
    fresh->steps = in->run.steps;
    fresh->evaluations = in->run.evaluations;
    fresh->descent_rate = in->run.descent_rate;
    if ((in->run.parts & NTKI_RUN_VELOCITY) &&
        (status = ntki_allocate_matrix(context, function, 1, fresh->parameter_count, &fresh->velocity)) != NTK_SUCCESS)
        return status;
    if ((in->run.parts & NTKI_RUN_WEIGHTS) &&
        (status = ntki_allocate_matrix(context, function, 1, fresh->n, &fresh->weight)) != NTK_SUCCESS)
        return status;
    if (!(in->run.parts & NTKI_RUN_FLOW))
        return NTK_SUCCESS;
    if ((status = ntki_train_make_flow(fresh, function)) == NTK_SUCCESS)
        fresh->flow->at = in->run.flow;
    return status;
}

/* *good: finite, and zeros where there has to be nothing. */
static ntk_status read_vector(restorer *in, const ntki_run_vector *vector, bool *good) {
    const int64_t most = (int64_t)sizeof(in->work->block) / 8;
    for (int64_t first = 0; first < vector->length; first += most) {
        const int64_t count = vector->length - first < most ? vector->length - first : most;
        const ntk_status status = read_summed(in, 8 * count, in->work->block);
        if (status != NTK_SUCCESS)
            return status;
        for (int64_t i = 0; i < count; i++) {
            const double value = ntki_get_f64(in->work->block + 8 * i);
            *good = *good && (vector->data != NULL ? isfinite(value) : value == 0);
            if (vector->data != NULL)
                vector->data[first + i] = value;
        }
    }
    return NTK_SUCCESS;
}

static ntk_status check_length(const restorer *in) {
    ntki_run_vector vector[NTKI_RUN_MOST_VECTORS];
    int64_t wanted = NTKI_RUN_NUMBERS + 16;
    const int count = ntki_run_vectors(in->fresh, &in->run, vector);
    for (int i = 0; i < count; i++)
        wanted += 8 * vector[i].length;
    if (in->reader.size == wanted)
        return NTK_SUCCESS;
    return ntki_file_refuse(&in->reader.named, "%s: it has %lld bytes, and must have %lld",
                            in->reader.size < wanted ? "is cut off" : "is too long", (long long)in->reader.size,
                            (long long)wanted);
}

/* Parameters with learning-rate factor 0 are where they were, and do not move. `start` = NULL: 0. */
static bool stands_still(const ntk_trainer *trainer, const double *v, const double *start) {
    bool still = true;
    for (int64_t i = 0; i < trainer->piece_count; i++) {
        const ntki_piece *const piece = &trainer->piece[i];
        for (int64_t p = piece->first; piece->rate == 0 && p < piece->first + piece->count; p++)
            still = still && v[p] == (start == NULL ? 0 : start[p]);
    }
    return still;
}

/* What no run of this trainer could have written. */
static bool can_be_there(const ntk_trainer *trainer, const ntki_run *run) {
    const bool linearised = ntki_train_is_linearised(trainer);
    const double *const theta = trainer->network->theta, *const start = linearised ? NULL : theta;
    const ntki_rkc *const at = trainer->flow;
    bool possible = stands_still(trainer, trainer->state, start);
    for (int64_t p = 0; linearised && p < trainer->parameter_count; p++)
        possible = possible && isfinite(theta[p] + trainer->state[p]);
    for (int64_t i = 0; trainer->weight != NULL && i < trainer->n; i++)
        possible = possible && trainer->weight[i] >= 0;
    if (trainer->velocity != NULL)
        possible = possible && stands_still(trainer, trainer->velocity, NULL);
    if (at == NULL)
        return possible;
    possible = possible && stands_still(trainer, at->y, start) && stands_still(trainer, at->f, NULL);
    if (run->flow.before < run->flow.now)
        possible = possible && stands_still(trainer, at->y_before, start) && stands_still(trainer, at->f_before, NULL);
    return possible && (run->flow.has_direction == 0 || stands_still(trainer, at->direction, NULL));
}

static ntk_status read_vectors(restorer *in) {
    ntki_run_vector vector[NTKI_RUN_MOST_VECTORS];
    const int count = ntki_run_vectors(in->fresh, &in->run, vector);
    bool good = true;
    ntk_status status;
    /* The first sum was taken before those of the data. */
    if ((status = ntki_file_seek(&in->reader, 0)) != NTK_SUCCESS)
        return status;
    ntki_crc64_start(&in->work->crc);
    unsigned char again[NTKI_RUN_NUMBERS], sum[8];
    if ((status = read_summed(in, sizeof(again), again)) != NTK_SUCCESS ||
        (status = read_summed(in, sizeof(sum), sum)) != NTK_SUCCESS)
        return status;
    if (memcmp(again, in->numbers, sizeof(again)) != 0)
        return ntki_file_refuse(&in->reader.named, "it has changed while it was read");
    for (int i = 0; status == NTK_SUCCESS && i < count; i++)
        status = read_vector(in, &vector[i], &good);
    if (status == NTK_SUCCESS)
        status = check_sum(in, "vectors");
    if (status == NTK_SUCCESS && (!good || !can_be_there(in->fresh, &in->run)))
        return ntki_file_refuse(&in->reader.named, "impossible vectors");
    return status;
}

static ntk_status restore(restorer *in) {
    ntk_status status;
    if ((status = read_numbers(in)) != NTK_SUCCESS)
        return status;
    if (!is_possible(in))
        return ntki_file_refuse(&in->reader.named, "impossible numbers");
    if ((status = check_origin(in)) != NTK_SUCCESS || (status = make_fresh(in)) != NTK_SUCCESS ||
        (status = check_length(in)) != NTK_SUCCESS)
        return status;
    return read_vectors(in);
}

ntk_status ntk_trainer_restore(ntk_trainer *trainer, const char *path) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = trainer->context;
    restorer in = {.trainer = trainer, .reader = {.descriptor = -1}};
    ntk_status status;
    if ((status = ntki_file_open(&in.reader, context, __func__, path)) == NTK_SUCCESS &&
        (status = ntki_allocate(context, __func__, 1, sizeof(*in.work), &in.work)) == NTK_SUCCESS)
        status = restore(&in);
    if (status == NTK_SUCCESS) { /* the handle stays where the caller has it */
        const ntk_trainer old = *trainer;
        ntki_train_forget(trainer);
        *trainer = *in.fresh;
        *in.fresh = old;
        in.fresh->work = NULL;
        in.fresh->flow = NULL;
    }
    ntki_file_close(&in.reader);
    ntki_release(context, in.work);
    ntk_trainer_destroy(in.fresh);
    return status;
}
