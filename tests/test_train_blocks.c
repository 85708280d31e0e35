/* More samples than a pass takes at a time: batches beside the flow, losses of all samples, linearised and centred models,
 * and what is told on the way. */
#include "tests/folder.h"
#include "tests/train_networks.h"

enum { N = 1100, D = TRAIN_D, C = TRAIN_C, STEPS = 4 };

typedef struct {
    ntk_context *context;
    ntk_network *network;
    ntk_loss *loss;
    int64_t p;
    double *x, *y;
} long_world;

static void long_world_create(long_world *w, ntk_loss_gradient_function gradient, void *user) {
    uint64_t state = 5;
    w->x = suite_doubles(N * D);
    w->y = suite_doubles(N * C);
    suite_fill(&state, N * D, w->x);
    suite_fill(&state, N * C, w->y);
    ASSERT_OK(ntk_context_create(&w->context));
    w->network = train_network(w->context, 8, NTK_ACTIVATION_TANH, false);
    ASSERT_OK(ntk_network_get_sizes(w->network, &w->p, NULL, NULL));
    if (gradient == NULL)
        ASSERT_OK(ntk_loss_create(w->context, NTK_LOSS_SQUARED, NULL, 0, &w->loss));
    else
        ASSERT_OK(ntk_loss_create_function(w->context, gradient, NULL, user, &w->loss));
}

static void long_world_destroy(long_world *w) {
    ntk_loss_destroy(w->loss);
    ntk_network_destroy(w->network);
    ntk_context_destroy(w->context);
    free(w->x), free(w->y);
}

static ntk_trainer *long_trainer(const long_world *w) {
    ntk_trainer *trainer = NULL;
    ASSERT_OK(ntk_trainer_create(w->network, N, w->x, D, w->y, C, w->loss, &trainer));
    ASSERT_OK(ntk_trainer_set_learning_rate(trainer, 0.2));
    return trainer;
}

static void require_same(const ntk_trainer *first, const ntk_trainer *second, int64_t p) {
    double *const a = train_theta(first, p), *const b = train_theta(second, p);
    ASSERT_SAME_BITS(a, b, p);
    free(a), free(b);
}

/* ---- batches beside the flow ---- */

static void make_flow(ntk_trainer *trainer) {
    ASSERT_OK(ntk_trainer_set_method(trainer, NTK_TRAIN_FLOW));
    ASSERT_OK(ntk_trainer_set_tolerance(trainer, 1e-2));
}

/* The flow takes all samples, whether batches were set before it or after. */
START_TEST(test_the_flow_takes_all_samples) {
    long_world w;
    long_world_create(&w, NULL, NULL);
    ntk_trainer *const plain = long_trainer(&w), *const before = long_trainer(&w), *const after = long_trainer(&w);
    make_flow(plain);
    ASSERT_OK(ntk_trainer_set_batch(before, 10, 1));
    make_flow(before);
    make_flow(after);
    ASSERT_OK(ntk_trainer_set_batch(after, 10, 1));
    ntk_trainer *const all[] = {plain, before, after};
    for (int i = 0; i < 3; i++) {
        ASSERT_OK(ntk_trainer_set_centred(all[i], 1));
        ASSERT_OK(ntk_trainer_advance(all[i], 0.5));
        require_same(plain, all[i], w.p);
        ntk_trainer_destroy(i == 0 ? NULL : all[i]);
    }
    ntk_trainer_destroy(plain);
    long_world_destroy(&w);
}
END_TEST

START_TEST(test_a_restored_flow_takes_all_samples) {
    long_world w;
    suite_folder at;
    suite_folder_create(&at, "run.ntk");
    long_world_create(&w, NULL, NULL);
    ntk_trainer *const first = long_trainer(&w), *const second = long_trainer(&w);
    ASSERT_OK(ntk_trainer_set_batch(first, 10, 1));
    make_flow(first);
    ASSERT_OK(ntk_trainer_save(first, at.path));
    ASSERT_OK(ntk_trainer_restore(second, at.path));
    ASSERT_OK(ntk_trainer_advance(first, 0.5));
    ASSERT_OK(ntk_trainer_advance(second, 0.5));
    require_same(first, second, w.p);
    ntk_trainer_destroy(first);
    ntk_trainer_destroy(second);
    long_world_destroy(&w);
    suite_folder_remove(&at);
}
END_TEST

START_TEST(test_a_compared_flow_takes_all_samples) {
    const double times[] = {0.5};
    double largest[2] = {0};
    long_world w;
    long_world_create(&w, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        ntk_trainer *const trainer = long_trainer(&w);
        ASSERT_OK(ntk_trainer_set_batch(trainer, i == 0 ? 0 : 10, 1));
        make_flow(trainer);
        ASSERT_OK(ntk_trainer_compare_linearised(trainer, 1, times, 3, w.x, D, NULL, &largest[i]));
        ntk_trainer_destroy(trainer);
    }
    ASSERT_SAME_BITS(&largest[0], &largest[1], 1);
    long_world_destroy(&w);
}
END_TEST

/* ---- against plain computations ---- */

typedef struct {
    int64_t calls;
    bool all_seen, all_zero; /* every call had all samples; the first had outputs 0 */
} witness;

/* That of sum_i |f_i - y_i - mean (f - y)|^2 / 2, which no sample has a part of alone. */
static int32_t variance_gradient(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    witness *const seen = user;
    seen->all_seen = seen->all_seen && n == N;
    for (int64_t i = 0; seen->calls == 0 && i < n * c; i++)
        seen->all_zero = seen->all_zero && f[i] == 0;
    seen->calls++;
    for (int64_t k = 0; k < c; k++) {
        double mean = 0;
        for (int64_t i = 0; i < n; i++)
            mean += (f[i * c + k] - y[i * c + k]) / (double)n;
        for (int64_t i = 0; i < n; i++)
            gradient[i * c + k] = f[i * c + k] - y[i * c + k] - mean;
    }
    return 0;
}

/* The model's outputs with the network at theta. */
static void plain_outputs(ntk_network *start, ntk_network *now, const double *moved, const long_world *w, bool linear,
                          bool centred, double *f) {
    double *const first = suite_doubles(N * C), *const tangent = suite_doubles(N * C);
    ASSERT_OK(ntk_network_forward(start, N, w->x, D, first, C));
    ASSERT_OK(ntk_network_forward(now, N, w->x, D, f, C));
    ASSERT_OK(ntk_network_jvp(start, N, w->x, D, w->p, moved, tangent, C));
    for (int64_t i = 0; i < N * C; i++)
        f[i] = (linear ? first[i] + tangent[i] : f[i]) - (centred ? first[i] : 0);
    free(first), free(tangent);
}

static double *plain_descent(const long_world *w, bool linear, bool centred, bool own) {
    double *const theta = suite_doubles(w->p), *const start = suite_doubles(w->p), *const moved = suite_doubles(w->p);
    double *const g = suite_doubles(w->p), *const f = suite_doubles(N * C), *const u = suite_doubles(N * C);
    double *const rates = train_rates(w->network, w->p);
    ntk_network *now = NULL;
    witness seen = {0};
    ASSERT_OK(ntk_network_copy(w->network, &now));
    ASSERT_OK(ntk_network_get_parameters(w->network, w->p, start));
    memcpy(theta, start, sizeof(double) * (size_t)w->p);
    for (int step = 0; step < STEPS; step++) {
        for (int64_t p = 0; p < w->p; p++)
            moved[p] = theta[p] - start[p];
        ASSERT_OK(ntk_network_set_parameters(now, w->p, theta));
        plain_outputs(w->network, now, moved, w, linear, centred, f);
        if (own)
            variance_gradient(&seen, N, C, f, w->y, u);
        for (int64_t i = 0; i < N * C; i++)
            u[i] = (own ? u[i] : f[i] - w->y[i]) / N;
        ASSERT_OK(ntk_network_vjp(linear ? w->network : now, N, w->x, D, u, C, w->p, g));
        for (int64_t p = 0; p < w->p; p++)
            theta[p] -= rates[p] * 0.2 * g[p];
    }
    ntk_network_destroy(now);
    free(start), free(moved), free(g), free(f), free(u), free(rates);
    return theta;
}

/* Sums over N samples round by N eps of their size, once a step; |theta| < 4. */
static void compare_with_plain(bool linear, bool centred, bool own) {
    witness seen = {.all_seen = true, .all_zero = true};
    long_world w;
    long_world_create(&w, own ? variance_gradient : NULL, &seen);
    ntk_trainer *const trainer = long_trainer(&w);
    ASSERT_OK(ntk_trainer_set_model(trainer, linear ? NTK_MODEL_LINEARISED : NTK_MODEL_NETWORK));
    ASSERT_OK(ntk_trainer_set_centred(trainer, centred));
    ASSERT_OK(ntk_trainer_advance(trainer, STEPS));
    double *const theta = train_theta(trainer, w.p), *const expected = plain_descent(&w, linear, centred, own);
    double *const start = suite_doubles(w.p);
    ASSERT_OK(ntk_network_get_parameters(w.network, w.p, start));
    ASSERT_CLOSE(train_apart(w.p, theta, expected), 0, STEPS * N * DBL_EPSILON * 4);
    ck_assert(train_apart(w.p, theta, start) > 1e-3); /* it has moved */
    ck_assert(!own || (seen.calls == STEPS && seen.all_seen));
    ck_assert(!own || seen.all_zero == centred);
    free(theta), free(expected), free(start);
    ntk_trainer_destroy(trainer);
    long_world_destroy(&w);
}

START_TEST(test_long_data_against_plain_computations) {
    for (int which = 0; which < 8; which++)
        compare_with_plain((which & 1) != 0, (which & 2) != 0, (which & 4) != 0);
}
END_TEST

/* ---- centring ---- */

static int32_t stops_training(double fraction, const char *phase, void *user) {
    (void)fraction, (void)user;
    return strcmp(phase, "training") == 0;
}

/* What a cancelled advance has made for centring has no part in what comes after it is switched off. */
START_TEST(test_centring_can_be_switched_off) {
    for (int64_t batch = 0; batch <= 300; batch += 300) {
        long_world w;
        long_world_create(&w, NULL, NULL);
        ntk_trainer *const plain = long_trainer(&w), *const trainer = long_trainer(&w);
        ASSERT_OK(ntk_trainer_set_batch(plain, batch, 1));
        ASSERT_OK(ntk_trainer_set_batch(trainer, batch, 1));
        ASSERT_OK(ntk_trainer_set_centred(trainer, 1));
        ASSERT_OK(ntk_context_set_progress(w.context, stops_training, NULL));
        ASSERT_STATUS(NTK_ERR_CANCELLED, ntk_trainer_advance(trainer, 3));
        ASSERT_OK(ntk_context_set_progress(w.context, NULL, NULL));
        ASSERT_OK(ntk_trainer_set_centred(trainer, 0));
        ASSERT_OK(ntk_trainer_advance(trainer, 3));
        ASSERT_OK(ntk_trainer_advance(plain, 3));
        require_same(plain, trainer, w.p);
        ntk_trainer_destroy(plain);
        ntk_trainer_destroy(trainer);
        long_world_destroy(&w);
    }
}
END_TEST

/* ---- progress ---- */

enum { MOST_PHASES = 8 };

typedef struct {
    int count;
    char phase[MOST_PHASES][32];
    double last[MOST_PHASES];
    bool backwards;
} diary;

static int32_t write_down(double fraction, const char *phase, void *user) {
    diary *const told = user;
    if (told->count == 0 || strcmp(told->phase[told->count - 1], phase) != 0) {
        ck_assert_int_lt(told->count, MOST_PHASES);
        snprintf(told->phase[told->count], sizeof(told->phase[0]), "%s", phase);
        told->last[told->count++] = 0;
    }
    double *const last = &told->last[told->count - 1];
    told->backwards = told->backwards || fraction < *last || fraction > 1;
    *last = fraction;
    return 0;
}

static void check_progress(int32_t method, int32_t model, int count, const char *const *phases) {
    long_world w;
    diary told = {0};
    long_world_create(&w, NULL, NULL);
    ntk_trainer *const trainer = long_trainer(&w);
    ASSERT_OK(ntk_trainer_set_learning_rate(trainer, 0));
    ASSERT_OK(ntk_trainer_set_method(trainer, method));
    ASSERT_OK(ntk_trainer_set_model(trainer, model));
    ASSERT_OK(ntk_trainer_set_tolerance(trainer, 1e-2));
    ASSERT_OK(ntk_trainer_set_centred(trainer, 1));
    ASSERT_OK(ntk_context_set_progress(w.context, write_down, &told));
    ASSERT_OK(ntk_trainer_advance(trainer, 3));
    ck_assert_int_eq(told.count, count);
    ck_assert(!told.backwards);
    for (int i = 0; i < count; i++) {
        ck_assert_str_eq(told.phase[i], phases[i]);
        ck_assert(told.last[i] == 1);
    }
    ntk_trainer_destroy(trainer);
    long_world_destroy(&w);
}

START_TEST(test_progress_does_not_go_back) {
    const char *const all[] = {"learning rate", "outputs", "training"}, *const linear[] = {"learning rate", "training"};
    check_progress(NTK_TRAIN_DESCENT, NTK_MODEL_NETWORK, 3, all);
    check_progress(NTK_TRAIN_DESCENT, NTK_MODEL_LINEARISED, 2, linear);
    check_progress(NTK_TRAIN_FLOW, NTK_MODEL_NETWORK, 2, all + 1);
    check_progress(NTK_TRAIN_FLOW, NTK_MODEL_LINEARISED, 1, linear + 1);
}
END_TEST

SUITE("train_blocks", test_the_flow_takes_all_samples, test_a_restored_flow_takes_all_samples,
      test_a_compared_flow_takes_all_samples, test_long_data_against_plain_computations,
      test_centring_can_be_switched_off, test_progress_does_not_go_back)
