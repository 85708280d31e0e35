/* Progress reports, and cancellation by the callback, before a call, and from another thread. */
#include "tests/suite.h"

#include <pthread.h>

/* Large enough for several reports; the padding of the outputs must never be written. */
enum { MOST = 300, D = 5, C = 2, LDK = MOST + 3, LDF = C + 1 };

static int64_t rows_of_x(void) { return suite_size(MOST, 70); }

static int64_t rows_of_z(void) { return suite_size(MOST / 2, 40); }

/* ---- a recorder of reports ---- */

typedef struct {
    pthread_t thread;    /* of the call */
    long reports;        /* so far */
    long cancel_at;      /* the report at which to cancel; negative for never */
    char phase[64];      /* the running phase */
    double fraction;     /* its last report */
    const char *problem; /* the first broken promise */
} recorder;

static void complain(recorder *record, bool broken, const char *problem) {
    if (broken && record->problem == NULL)
        record->problem = problem;
}

static int32_t report(double fraction, const char *phase, void *user) {
    recorder *const record = user;
    complain(record, !pthread_equal(pthread_self(), record->thread), "a report on another thread");
    complain(record, !(fraction >= 0 && fraction <= 1), "a fraction outside [0, 1]");
    complain(record, phase == NULL || phase[0] == '\0', "a phase without a name");
    if (phase != NULL && strcmp(phase, record->phase) == 0 && fraction >= record->fraction) {
        record->fraction = fraction;
    } else { /* a new phase; the same name may come again once it is through */
        complain(record, record->reports > 0 && record->fraction < 1, "a phase that does not end with 1");
        complain(record, fraction > 0, "a phase that does not begin with 0");
        record->fraction = fraction;
        snprintf(record->phase, sizeof(record->phase), "%s", phase != NULL ? phase : "");
    }
    return record->reports++ == record->cancel_at;
}

static void recorder_init(recorder *record, long cancel_at) {
    memset(record, 0, sizeof(*record));
    record->thread = pthread_self();
    record->cancel_at = cancel_at;
}

/* ---- the long work ---- */

typedef struct {
    ntk_context *context;
    ntk_kernel *kernel;
    ntk_flow *flow;
    ntk_gp *gp;
    int64_t n, m;
    double x[MOST * D], z[MOST * D], y[MOST * C];
} world;

/* How many rows an output has, and of what width. */
typedef enum { OF_X, OF_Z } rows_kind;

/* A call with its output, in rows of `width` (0: as many columns as x has rows) every `ld`. */
typedef struct {
    const char *name;
    bool fills; /* gram and cross: filled with NaN when cancelled after the first report */
    bool fresh; /* flow and process are made anew for each call, so that all phases run */
    ntk_status (*run)(world *, double *out);
    rows_kind rows;
    int64_t width, ld;
} work;

static ntk_status run_gram(world *w, double *out) { return ntk_kernel_gram(w->kernel, w->n, w->x, D, out, LDK); }

static ntk_status run_cross(world *w, double *out) {
    return ntk_kernel_cross(w->kernel, w->m, w->z, D, w->n, w->x, D, out, LDK);
}

static ntk_status run_apply(world *w, double *out) {
    return ntk_kernel_apply(w->kernel, w->m, w->z, D, w->n, w->x, D, C, w->y, C, out, LDF);
}

static ntk_status run_train(world *w, double *out) { return ntk_flow_train(w->flow, 1.0, out, LDF); }

static ntk_status run_train_to_the_end(world *w, double *out) { return ntk_flow_train(w->flow, INFINITY, out, LDF); }

static ntk_status run_coefficients(world *w, double *out) { return ntk_flow_get_coefficients(w->flow, 2.0, out, LDF); }

static ntk_status run_predict_at(world *w, double *out) {
    return ntk_flow_predict_at(w->flow, 3.0, w->m, w->z, D, NULL, 0, out, LDF);
}

static ntk_status run_gp_mean(world *w, double *out) { return ntk_gp_predict_at(w->gp, w->m, w->z, D, out, LDF, NULL); }

static ntk_status run_gp_variance(world *w, double *out) {
    return ntk_gp_predict_at(w->gp, w->m, w->z, D, NULL, 0, out);
}

static const work works[] = {
    {"gram", true, false, run_gram, OF_X, 0, LDK},
    {"cross", true, false, run_cross, OF_Z, 0, LDK},
    {"apply", false, false, run_apply, OF_Z, C, LDF},
    {"flow train", false, true, run_train, OF_X, C, LDF},
    {"flow train to the end", false, true, run_train_to_the_end, OF_X, C, LDF},
    {"flow coefficients", false, true, run_coefficients, OF_X, C, LDF},
    {"flow predict at", false, true, run_predict_at, OF_Z, C, LDF},
    {"process mean", false, true, run_gp_mean, OF_Z, C, LDF},
    {"process variance", false, true, run_gp_variance, OF_Z, 1, 1},
};

enum { WORKS = sizeof(works) / sizeof(*works) };

static int64_t size_of(const work *job) { return job->ld * (job->rows == OF_X ? rows_of_x() : rows_of_z()); }

static int64_t width_of(const work *job) { return job->width > 0 ? job->width : rows_of_x(); }

static void world_create(world *w) {
    uint64_t state = 7;
    memset(w, 0, sizeof(*w));
    w->n = rows_of_x();
    w->m = rows_of_z();
    suite_fill(&state, MOST * D, w->x);
    suite_fill(&state, MOST * D, w->z);
    suite_fill(&state, MOST * C, w->y);
    ASSERT_OK(ntk_context_create(&w->context));
    w->kernel = suite_kernel(w->context, D, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NTK);
}

static void make_solvers(world *w) {
    ntk_flow_destroy(w->flow);
    ntk_gp_destroy(w->gp);
    ASSERT_OK(ntk_flow_create_from_kernel(w->kernel, w->n, w->x, D, C, w->y, C, NTK_LOSS_SQUARED, &w->flow));
    ASSERT_OK(ntk_gp_create_from_kernel(w->kernel, w->n, w->x, D, C, w->y, C, 0.1, &w->gp));
}

static void world_destroy(world *w) {
    ntk_flow_destroy(w->flow);
    ntk_gp_destroy(w->gp);
    ntk_kernel_destroy(w->kernel);
    ntk_context_destroy(w->context);
}

/* Whether the rows hold NaN only; the padding between them always has to be untouched. */
static bool all_nan(const work *job, const double *out) {
    const int64_t size = size_of(job), width = width_of(job);
    for (int64_t i = 0; i < size; i++)
        if (i % job->ld < width && !isnan(out[i]))
            return false;
    return true;
}

static bool padding_untouched(const work *job, const double *out) {
    const int64_t size = size_of(job), width = width_of(job);
    for (int64_t i = 0; i < size; i++)
        if (i % job->ld >= width && !suite_is_canary(1, &out[i]))
            return false;
    return true;
}

static long run_uncancelled(world *w, const work *job, double *out) {
    recorder record;
    recorder_init(&record, -1);
    suite_fill_canary(size_of(job), out);
    ASSERT_OK(ntk_context_set_progress(w->context, report, &record));
    const ntk_status status = job->run(w, out);
    ASSERT_OK(ntk_context_set_progress(w->context, NULL, NULL));
    ASSERT_OK(status);
    ck_assert_msg(record.problem == NULL, "%s: %s (phase \"%s\")", job->name, record.problem, record.phase);
    ck_assert_msg(record.reports >= 2 && record.fraction == 1, "%s: %ld reports, the last %g", job->name,
                  record.reports, record.fraction);
    ck_assert_msg(padding_untouched(job, out), "%s wrote into the padding", job->name);
    return record.reports;
}

START_TEST(phases_grow_on_the_calling_thread) {
    world w;
    double *const out = suite_doubles(MOST * LDK);
    world_create(&w);
    for (int32_t threads = 1; threads <= 2; threads++) {
        ASSERT_OK(ntk_context_set_threads(w.context, threads));
        for (int i = 0; i < WORKS; i++) {
            make_solvers(&w);
            run_uncancelled(&w, &works[i], out);
            run_uncancelled(&w, &works[i], out); /* with the decomposition that is kept: still O(n^2) */
        }
    }
    world_destroy(&w);
    free(out);
}
END_TEST

static void check_cancelled(world *w, const work *job, long at, double *out) {
    recorder record;
    recorder_init(&record, at);
    suite_fill_canary(size_of(job), out);
    ASSERT_OK(ntk_context_set_progress(w->context, report, &record));
    const ntk_status status = job->run(w, out);
    ASSERT_OK(ntk_context_set_progress(w->context, NULL, NULL));
    ck_assert_msg(status == NTK_ERR_CANCELLED, "%s cancelled at report %ld returned %s", job->name, at,
                  ntk_status_name(status));
    ck_assert_int_eq(ntk_context_last_status(w->context), NTK_ERR_CANCELLED);
    ck_assert_msg(record.reports == at + 1, "%s: %ld reports after the one that cancelled", job->name,
                  record.reports - at - 1);
    if (at == 0 || !job->fills)
        ck_assert_msg(suite_is_canary(size_of(job), out), "%s cancelled at report %ld touched its output", job->name,
                      at);
    else
        ck_assert_msg(all_nan(job, out), "%s cancelled at report %ld left numbers", job->name, at);
    ck_assert_msg(padding_untouched(job, out), "%s cancelled at report %ld wrote into the padding", job->name, at);
}

/* After a cancelled call the same handle gives the result of an undisturbed one. LAPACK's threads may change the order
 * of sums, so that flow and process are compared to 1e-9, which the condition number of the Gram (1e4) allows. */
static void check_same_result(const work *job, const double *out, const double *expected) {
    const int64_t size = size_of(job), width = width_of(job);
    for (int64_t i = 0; i < size; i++)
        if (i % job->ld < width)
            ASSERT_CLOSE(out[i], expected[i], job->fresh ? 1e-9 : 0);
}

START_TEST(cancelled_at_any_report) {
    world w;
    double *const out = suite_doubles(MOST * LDK), *const expected = suite_doubles(MOST * LDK);
    world_create(&w);
    for (int i = 0; i < WORKS; i++) {
        const work *const job = &works[i];
        make_solvers(&w);
        const long reports = run_uncancelled(&w, job, expected);
        const long at[] = {0, 1, 2, reports / 2, reports - 1};
        for (int k = 0; k < 5; k++) {
            if (at[k] >= reports || (k > 0 && at[k] <= at[k - 1]))
                continue;
            if (job->fresh)
                make_solvers(&w);
            check_cancelled(&w, job, at[k], out);
            run_uncancelled(&w, job, out);
            check_same_result(job, out, expected);
        }
    }
    world_destroy(&w);
    free(out);
    free(expected);
}
END_TEST

/* Cancels the making of a flow (or a process) at each report in turn, until none is left; returns their number. */
static long cancel_creation(world *w, bool process) {
    long at = 0;
    for (;; at++) {
        recorder record;
        recorder_init(&record, at);
        ASSERT_OK(ntk_context_set_progress(w->context, report, &record));
        const ntk_status status =
            process ? ntk_gp_create_from_kernel(w->kernel, w->n, w->x, D, C, w->y, C, 0.1, &w->gp)
                    : ntk_flow_create_from_kernel(w->kernel, w->n, w->x, D, C, w->y, C, NTK_LOSS_SQUARED, &w->flow);
        ASSERT_OK(ntk_context_set_progress(w->context, NULL, NULL));
        if (record.reports <= at) { /* there was no such report */
            ASSERT_OK(status);
            return at;
        }
        ASSERT_STATUS(NTK_ERR_CANCELLED, status);
        ck_assert(process ? w->gp == NULL : w->flow == NULL);
    }
}

START_TEST(cancelled_while_a_handle_is_made) {
    world w;
    world_create(&w);
    ck_assert_int_ge(cancel_creation(&w, false), 2);
    ck_assert_int_ge(cancel_creation(&w, true), 2);
    world_destroy(&w);
}
END_TEST

START_TEST(request_before_a_call_is_used_up) {
    world w;
    double *const out = suite_doubles(MOST * LDK);
    world_create(&w);
    make_solvers(&w);
    for (int i = 0; i < WORKS; i++) {
        const work *const job = &works[i];
        suite_fill_canary(size_of(job), out);
        ntk_context_cancel(w.context);
        const ntk_status status = job->run(&w, out);
        ck_assert_msg(status == NTK_ERR_CANCELLED, "%s returned %s", job->name, ntk_status_name(status));
        ck_assert_msg(suite_is_canary(size_of(job), out), "%s touched its output", job->name);
        ASSERT_OK(job->run(&w, out));
        ntk_context_cancel(w.context);
        ntk_context_cancel(w.context);
        ntk_context_clear_cancel(w.context);
        ASSERT_OK(job->run(&w, out));
    }
    world_destroy(&w);
    free(out);
}
END_TEST

START_TEST(request_leaves_other_contexts_alone) {
    world w, other;
    double *const out = suite_doubles(MOST * LDK);
    world_create(&w);
    world_create(&other);
    ntk_context_cancel(w.context);
    ASSERT_OK(run_gram(&other, out));
    ASSERT_STATUS(NTK_ERR_CANCELLED, run_gram(&w, out));
    world_destroy(&w);
    world_destroy(&other);
    free(out);
}
END_TEST

/* ---- from another thread ---- */

typedef struct {
    ntk_context *context;
    atomic_int started, cancelled;
} rendezvous;

static int32_t wait_for_cancel(double fraction, const char *phase, void *user) {
    rendezvous *const meeting = user;
    (void)fraction, (void)phase;
    atomic_store(&meeting->started, 1);
    while (atomic_load(&meeting->cancelled) == 0)
        ;
    return 0;
}

static void *cancel_when_started(void *user) {
    rendezvous *const meeting = user;
    while (atomic_load(&meeting->started) == 0)
        ;
    ntk_context_cancel(meeting->context);
    atomic_store(&meeting->cancelled, 1);
    return NULL;
}

START_TEST(cancelled_by_another_thread) {
    world w;
    double *const out = suite_doubles(MOST * LDK);
    world_create(&w);
    rendezvous meeting = {.context = w.context};
    atomic_init(&meeting.started, 0);
    atomic_init(&meeting.cancelled, 0);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_when_started, &meeting), 0);
    ASSERT_OK(ntk_context_set_progress(w.context, wait_for_cancel, &meeting));
    suite_fill_canary(size_of(&works[0]), out);
    const ntk_status status = run_gram(&w, out);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(status, NTK_ERR_CANCELLED);
    ck_assert(suite_is_canary(size_of(&works[0]), out) || all_nan(&works[0], out));
    ASSERT_OK(ntk_context_set_progress(w.context, NULL, NULL));
    ASSERT_OK(run_gram(&w, out));
    world_destroy(&w);
    free(out);
}
END_TEST

START_TEST(set_progress_needs_a_context) { ASSERT_STATUS(NTK_ERR_NULL, ntk_context_set_progress(NULL, report, NULL)); }
END_TEST

SUITE("progress", phases_grow_on_the_calling_thread, cancelled_at_any_report, cancelled_while_a_handle_is_made,
      request_before_a_call_is_used_up, request_leaves_other_contexts_alone, cancelled_by_another_thread,
      set_progress_needs_a_context)
