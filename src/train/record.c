/* Advancing, and what is asked of a trainer on the way: outputs, losses, distances, drift, and its linearisation. */
#include "src/train/train.h"

#include <math.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/train/drift.h"

#define MOST_STEPS 0x1p53 /* whole numbers of doubles end there */

/* ---- advancing ---- */

ntk_status ntki_train_check_time(const ntk_trainer *trainer, const char *function, const char *name, double t) {
    const bool descent = trainer->set.method == NTK_TRAIN_DESCENT;
    if (!(t >= trainer->time) || !isfinite(t))
        return ntki_fail(trainer->context, NTK_ERR_DOMAIN, function,
                         "%s is %g; it must be finite and at least %g, the time", name, t, trainer->time);
    if (descent && (t != floor(t) || t > MOST_STEPS))
        return ntki_fail(trainer->context, NTK_ERR_DOMAIN, function, "%s is %g; descent has whole steps, 2^53 at most",
                         name, t);
    return NTK_SUCCESS;
}

ntk_status ntki_train_advance(ntk_trainer *trainer, const char *function, double t) {
    return trainer->set.method == NTK_TRAIN_FLOW ? ntki_train_flow(trainer, function, t)
                                                 : ntki_train_descend(trainer, function, t);
}

ntk_status ntk_trainer_advance(ntk_trainer *trainer, double t) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_train_check_time(trainer, __func__, "t", t);
    return status != NTK_SUCCESS ? status : ntki_train_advance(trainer, __func__, t);
}

/* ---- points ---- */

/* Points z and an output beside them. */
typedef struct {
    int64_t m;
    const double *z;
    int64_t ldz;
} points;

static ntk_status check_points(const ntk_trainer *trainer, const char *function, const points *at,
                               const ntki_matrix *output) {
    ntk_context *const context = trainer->context;
    const ntki_matrix z = {"z", at->z, at->m, trainer->inputs, at->ldz, "ldz"};
    ntk_status status;
    if ((status = ntki_check_size(context, function, "m", at->m)) != NTK_SUCCESS ||
        (status = ntki_check_extent(context, function, &z)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &z)) != NTK_SUCCESS ||
        (output != NULL && ((status = ntki_check_extent(context, function, output)) != NTK_SUCCESS ||
                            (status = ntki_check_disjoint(context, function, output, &z)) != NTK_SUCCESS)))
        return status;
    return NTK_SUCCESS;
}

static ntk_status predict(ntk_trainer *trainer, const char *function, const points *at, double *f, int64_t ldf) {
    double *result = NULL;
    ntk_status status = ntki_allocate_matrix(trainer->context, function, at->m, trainer->outputs, &result);
    if (status == NTK_SUCCESS)
        status = ntki_train_outputs(trainer, function, at->m, at->z, at->ldz, result);
    if (status == NTK_SUCCESS)
        ntki_copy_rows(at->m, trainer->outputs, result, trainer->outputs, f, ldf);
    ntki_release(trainer->context, result);
    return status;
}

ntk_status ntk_trainer_predict(ntk_trainer *trainer, int64_t m, const double *z, int64_t ldz, double *f, int64_t ldf) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const points at = {m, z, ldz};
    const ntki_matrix output = {"f", f, m, trainer->outputs, ldf, "ldf"};
    const ntk_status status = check_points(trainer, __func__, &at, &output);
    return status != NTK_SUCCESS ? status : predict(trainer, __func__, &at, f, ldf);
}

ntk_status ntk_trainer_get_loss(ntk_trainer *trainer, double *loss) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(trainer->context, __func__, "loss", loss);
    return status != NTK_SUCCESS ? status : ntki_train_loss(trainer, __func__, loss);
}

ntk_status ntk_trainer_get_kernel_drift(ntk_trainer *trainer, int64_t m, const double *z, int64_t ldz, double *drift) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    const points at = {m, z, ldz};
    ntki_drift work = {0};
    ntk_status status = ntki_check_pointer(trainer->context, __func__, "drift", drift);
    if (status == NTK_SUCCESS && (status = check_points(trainer, __func__, &at, NULL)) == NTK_SUCCESS &&
        (status = ntki_drift_begin(&work, trainer, __func__, m, z, ldz)) == NTK_SUCCESS)
        status = ntki_drift_now(&work, drift);
    ntki_drift_end(&work);
    return status;
}

/* ---- records ---- */

static ntk_status check_times(const ntk_trainer *trainer, const char *function, int64_t count, const double *times) {
    const ntki_matrix numbers = {"times", times, count, 1, 1, "1"};
    ntk_status status;
    if ((status = ntki_check_size(trainer->context, function, "count", count)) != NTK_SUCCESS ||
        (status = ntki_check_extent(trainer->context, function, &numbers)) != NTK_SUCCESS)
        return status;
    for (int64_t j = 0; j < count; j++) {
        if ((status = ntki_train_check_time(trainer, function, "a time", times[j])) != NTK_SUCCESS)
            return status;
        if (j > 0 && times[j] < times[j - 1])
            return ntki_fail(trainer->context, NTK_ERR_DOMAIN, function,
                             "times[%lld] is %g, and %g is before it; they must ascend", (long long)j, times[j],
                             times[j - 1]);
    }
    return NTK_SUCCESS;
}

/* No output may share memory with an input or with another output: the first `inputs` of all are inputs. NULL shares
 * nothing. */
static ntk_status check_apart(const ntk_trainer *trainer, const char *function, int inputs, int all,
                              const ntki_matrix *matrix) {
    ntk_status status = NTK_SUCCESS;
    for (int i = inputs; status == NTK_SUCCESS && i < all; i++)
        for (int j = 0; status == NTK_SUCCESS && j < i; j++)
            status = ntki_check_disjoint(trainer->context, function, &matrix[i], &matrix[j]);
    return status;
}

typedef struct {
    ntk_trainer *trainer;
    const char *function;
    points at;
    double *loss, *f, *distance, *drift;
    int64_t ldf;
    ntki_drift kernel;
} recorder;

static ntk_status record_one(const recorder *work, int64_t j, double t) {
    ntk_trainer *const trainer = work->trainer;
    ntk_status status = ntki_train_advance(trainer, work->function, t);
    if (status == NTK_SUCCESS && work->loss != NULL)
        status = ntki_train_loss(trainer, work->function, &work->loss[j]);
    if (status == NTK_SUCCESS && work->f != NULL)
        status = predict(trainer, work->function, &work->at, work->f + j * work->at.m * work->ldf, work->ldf);
    if (status == NTK_SUCCESS && work->drift != NULL)
        status = ntki_drift_now(&work->kernel, &work->drift[j]);
    if (status == NTK_SUCCESS && work->distance != NULL)
        status = ntki_train_distance(trainer, work->function, &work->distance[j]);
    return status;
}

/* z and f, where the record has them. */
static ntk_status check_outputs(const recorder *work, int64_t count, ntki_matrix *z, ntki_matrix *f) {
    const ntk_trainer *const trainer = work->trainer;
    const char *const function = work->function;
    ntk_status status;
    if (work->f == NULL && work->drift == NULL)
        return NTK_SUCCESS;
    if ((status = ntki_check_size(trainer->context, function, "m", work->at.m)) != NTK_SUCCESS)
        return status;
    *z = (ntki_matrix){"z", work->at.z, work->at.m, trainer->inputs, work->at.ldz, "ldz"};
    if (work->f == NULL)
        return check_points(trainer, function, &work->at, NULL);
    if (work->at.m > INT64_MAX / count)
        return ntki_fail(trainer->context, NTK_ERR_OVERFLOW, function, "%lld times %lld rows exceed 2^63 - 1",
                         (long long)count, (long long)work->at.m);
    *f = (ntki_matrix){"f", work->f, count * work->at.m, trainer->outputs, work->ldf, "ldf"};
    return check_points(trainer, function, &work->at, f);
}

static ntk_status check_record(const recorder *work, int64_t count, const double *times, const int64_t *reached) {
    enum { TIMES, Z, F, LOSS, DISTANCE, DRIFT, REACHED, ALL };
    const ntk_trainer *const trainer = work->trainer;
    ntki_matrix matrix[ALL] = {[TIMES] = {"times", times, count, 1, 1, "1"},
                               [LOSS] = {"loss", work->loss, count, 1, 1, "1"},
                               [DISTANCE] = {"distance", work->distance, count, 1, 1, "1"},
                               [DRIFT] = {"drift", work->drift, count, 1, 1, "1"},
                               [REACHED] = {"reached", reached, 1, 1, 1, "1"}};
    ntk_status status;
    if ((status = check_times(trainer, work->function, count, times)) != NTK_SUCCESS ||
        (status = check_outputs(work, count, &matrix[Z], &matrix[F])) != NTK_SUCCESS)
        return status;
    return check_apart(trainer, work->function, F, ALL, matrix);
}

ntk_status ntk_trainer_record(ntk_trainer *trainer, int64_t count, const double *times, int64_t m, const double *z,
                              int64_t ldz, double *loss, double *f, int64_t ldf, double *distance, double *drift,
                              int64_t *reached) {
    if (reached != NULL)
        *reached = 0;
    if (trainer == NULL)
        return NTK_ERR_NULL;
    recorder work = {trainer, __func__, {m, z, ldz}, loss, f, distance, drift, ldf, {0}};
    ntk_status status = check_record(&work, count, times, reached);
    if (status != NTK_SUCCESS)
        return status;
    int64_t done = 0;
    if (drift != NULL)
        status = ntki_drift_begin(&work.kernel, trainer, __func__, m, z, ldz);
    while (status == NTK_SUCCESS && done < count)
        if ((status = record_one(&work, done, times[done])) == NTK_SUCCESS)
            done++;
    ntki_drift_end(&work.kernel);
    if (reached != NULL)
        *reached = done;
    return status;
}

/* ---- beside the linearisation ---- */

typedef struct {
    ntk_trainer *trainer, *linearised;
    const char *function;
    points at;
    double *f, *g; /* outputs of either */
    double *rms, *largest;
} comparison;

static ntk_status compare_one(const comparison *work, int64_t j, double t) {
    const char *const function = work->function;
    const points *const at = &work->at;
    const int64_t size = at->m * work->trainer->outputs;
    ntk_status status;
    if ((status = ntki_train_advance(work->trainer, function, t)) != NTK_SUCCESS ||
        (status = ntki_train_advance(work->linearised, function, t)) != NTK_SUCCESS ||
        (status = ntki_train_outputs(work->trainer, function, at->m, at->z, at->ldz, work->f)) != NTK_SUCCESS ||
        (status = ntki_train_outputs(work->linearised, function, at->m, at->z, at->ldz, work->g)) != NTK_SUCCESS)
        return status;
    double largest = 0, sum = 0;
    for (int64_t i = 0; i < size; i++)
        largest = fmax(largest, fabs(work->f[i] - work->g[i]));
    if (!isfinite(largest))
        return ntki_fail(work->trainer->context, NTK_ERR_RANGE, function, "the difference exceeds the double range");
    for (int64_t i = 0; largest > 0 && i < size; i++)
        sum += (work->f[i] - work->g[i]) / largest * ((work->f[i] - work->g[i]) / largest) / (double)size;
    if (work->rms != NULL)
        work->rms[j] = largest * sqrt(sum);
    if (work->largest != NULL)
        work->largest[j] = largest;
    return NTK_SUCCESS;
}

/* The linearised model of the same run. */
static ntk_status linearise(comparison *work) {
    ntk_trainer *const trainer = work->trainer;
    ntk_trainer *twin = NULL;
    double rate = 0;
    ntk_status status;
    if ((status = ntki_train_rate(trainer, work->function, &rate)) != NTK_SUCCESS ||
        (status = ntki_train_copy(trainer, work->function, &twin)) != NTK_SUCCESS)
        return status;
    work->linearised = twin;
    if (trainer->weight != NULL)
        status = ntki_train_relay(trainer->context, work->function,
                                  ntk_trainer_set_sample_weights(twin, trainer->n, trainer->weight));
    twin->set = trainer->set;
    twin->set.learning_rate = rate;
    return status == NTK_SUCCESS ? ntk_trainer_set_model(twin, NTK_MODEL_LINEARISED) : status;
}

static ntk_status check_comparison(const comparison *work, int64_t count, const double *times) {
    const ntk_trainer *const trainer = work->trainer;
    if (ntki_train_is_linearised(trainer) || trainer->time != 0 || trainer->steps != 0)
        return ntki_fail(trainer->context, NTK_ERR_UNSUPPORTED, work->function,
                         "the trainer must be one of NTK_MODEL_NETWORK at time 0; it is %s at time %g",
                         ntki_train_is_linearised(trainer) ? "linearised" : "a network's", trainer->time);
    const ntki_matrix matrix[] = {{"times", times, count, 1, 1, "1"},
                                  {"z", work->at.z, work->at.m, trainer->inputs, work->at.ldz, "ldz"},
                                  {"rms", work->rms, count, 1, 1, "1"},
                                  {"largest", work->largest, count, 1, 1, "1"}};
    ntk_status status;
    if ((status = check_times(trainer, work->function, count, times)) != NTK_SUCCESS ||
        (status = check_points(trainer, work->function, &work->at, NULL)) != NTK_SUCCESS)
        return status;
    return check_apart(trainer, work->function, 2, 4, matrix);
}

ntk_status ntk_trainer_compare_linearised(ntk_trainer *trainer, int64_t count, const double *times, int64_t m,
                                          const double *z, int64_t ldz, double *rms, double *largest) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    comparison work = {.trainer = trainer, .function = __func__, .at = {m, z, ldz}, .rms = rms, .largest = largest};
    ntk_status status;
    if ((status = check_comparison(&work, count, times)) != NTK_SUCCESS)
        return status;
    if ((status = linearise(&work)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(trainer->context, __func__, m, trainer->outputs, &work.f)) == NTK_SUCCESS)
        status = ntki_allocate_matrix(trainer->context, __func__, m, trainer->outputs, &work.g);
    for (int64_t j = 0; status == NTK_SUCCESS && j < count; j++)
        status = compare_one(&work, j, times[j]);
    ntki_release(trainer->context, work.f);
    ntki_release(trainer->context, work.g);
    ntk_trainer_destroy(work.linearised);
    return status;
}
