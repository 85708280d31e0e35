/* Trainers: bad input, cancellation, divergence, failures of the caller's functions. */
#include "tests/train_networks.h"

static void assert_told(const ntk_context *context, const char *words) {
    const char *const sentence = ntk_context_last_error(context);
    REQUIRE(strstr(sentence, words) != NULL, "no \"%s\" in \"%s\"", words, sentence);
}

#define REFUSED(expected, words, call) \
    do {                               \
        ASSERT_STATUS(expected, call); \
        assert_told(w.context, words); \
    } while (0)

/* ---- bad input ---- */

START_TEST(test_creation_refuses) {
    train_world w;
    train_world_create(&w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ntk_trainer *out = (ntk_trainer *)&w;
    ntk_loss *signs = NULL;
    double bad[TRAIN_N * TRAIN_D];
    memcpy(bad, w.x, sizeof(bad));
    bad[4] = NAN;
    ASSERT_OK(ntk_loss_create(w.context, NTK_LOSS_HINGE, NULL, 0, &signs));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_trainer_create(NULL, TRAIN_N, w.x, TRAIN_D, w.y, TRAIN_C, w.loss, &out));
    REFUSED(NTK_ERR_NULL, "loss", ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, w.y, TRAIN_C, NULL, &out));
    REFUSED(NTK_ERR_NULL, "out", ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, w.y, TRAIN_C, w.loss, NULL));
    REFUSED(NTK_ERR_NULL, "x", ntk_trainer_create(w.network, TRAIN_N, NULL, TRAIN_D, w.y, TRAIN_C, w.loss, &out));
    REFUSED(NTK_ERR_NULL, "y", ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, NULL, TRAIN_C, w.loss, &out));
    REFUSED(NTK_ERR_SIZE, "n is 0", ntk_trainer_create(w.network, 0, w.x, TRAIN_D, w.y, TRAIN_C, w.loss, &out));
    REFUSED(NTK_ERR_LEADING_DIMENSION, "ldx is 2",
            ntk_trainer_create(w.network, TRAIN_N, w.x, 2, w.y, TRAIN_C, w.loss, &out));
    REFUSED(NTK_ERR_LEADING_DIMENSION, "ldy is 1",
            ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, w.y, 1, w.loss, &out));
    REFUSED(NTK_ERR_OVERFLOW, "x", ntk_trainer_create(w.network, INT64_MAX, w.x, TRAIN_D, w.y, TRAIN_C, w.loss, &out));
    REFUSED(NTK_ERR_NOT_FINITE, "x[1][1]",
            ntk_trainer_create(w.network, TRAIN_N, bad, TRAIN_D, w.y, TRAIN_C, w.loss, &out));
    REFUSED(NTK_ERR_DOMAIN, "y", ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, w.y, TRAIN_C, signs, &out));
    ck_assert(out == (ntk_trainer *)&w);
    ntk_loss_destroy(signs);
    train_world_destroy(&w);
}
END_TEST

START_TEST(test_settings_refuse) {
    train_world w;
    train_world_create(&w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ntk_trainer *const t = w.trainer;
    double weights[TRAIN_N] = {0};
    weights[3] = -1;
    REFUSED(NTK_ERR_ENUM, "method is 2", ntk_trainer_set_method(t, 2));
    REFUSED(NTK_ERR_ENUM, "model is -1", ntk_trainer_set_model(t, -1));
    REFUSED(NTK_ERR_DOMAIN, "learning_rate is -1", ntk_trainer_set_learning_rate(t, -1));
    REFUSED(NTK_ERR_DOMAIN, "learning_rate", ntk_trainer_set_learning_rate(t, NAN));
    REFUSED(NTK_ERR_DOMAIN, "momentum is 1", ntk_trainer_set_momentum(t, 1));
    REFUSED(NTK_ERR_DOMAIN, "momentum", ntk_trainer_set_momentum(t, NAN));
    REFUSED(NTK_ERR_SIZE, "size is 13", ntk_trainer_set_batch(t, TRAIN_N + 1, 0));
    REFUSED(NTK_ERR_SIZE, "size is -1", ntk_trainer_set_batch(t, -1, 0));
    REFUSED(NTK_ERR_DOMAIN, "weight_decay", ntk_trainer_set_weight_decay(t, INFINITY));
    REFUSED(NTK_ERR_DOMAIN, "initial_decay", ntk_trainer_set_initial_decay(t, -1));
    REFUSED(NTK_ERR_SIZE, "n is 3", ntk_trainer_set_sample_weights(t, 3, weights));
    REFUSED(NTK_ERR_DOMAIN, "w[3] is -1", ntk_trainer_set_sample_weights(t, TRAIN_N, weights));
    REFUSED(NTK_ERR_DOMAIN, "tolerance is 1", ntk_trainer_set_tolerance(t, 1));
    REFUSED(NTK_ERR_DOMAIN, "t is -1", ntk_trainer_advance(t, -1));
    REFUSED(NTK_ERR_DOMAIN, "t is", ntk_trainer_advance(t, INFINITY));
    REFUSED(NTK_ERR_DOMAIN, "t is 0.5", ntk_trainer_advance(t, 0.5));
    REFUSED(NTK_ERR_DOMAIN, "t is", ntk_trainer_advance(t, 1e300));
    ASSERT_OK(ntk_trainer_advance(t, 3));
    REFUSED(NTK_ERR_DOMAIN, "t is 2", ntk_trainer_advance(t, 2));
    REFUSED(NTK_ERR_UNSUPPORTED, "method", ntk_trainer_set_method(t, NTK_TRAIN_FLOW));
    REFUSED(NTK_ERR_UNSUPPORTED, "model", ntk_trainer_set_model(t, NTK_MODEL_LINEARISED));
    REFUSED(NTK_ERR_UNSUPPORTED, "batches", ntk_trainer_set_batch(t, 2, 0));
    REFUSED(NTK_ERR_UNSUPPORTED, "weights", ntk_trainer_set_sample_weights(t, TRAIN_N, NULL));
    REFUSED(NTK_ERR_UNSUPPORTED, "centring", ntk_trainer_set_centred(t, 1));
    ASSERT_OK(ntk_trainer_set_learning_rate(t, 0.1));
    ASSERT_OK(ntk_trainer_set_momentum(t, 0.5));
    ASSERT_OK(ntk_trainer_advance(t, 4));
    train_world_destroy(&w);
}
END_TEST

START_TEST(test_questions_refuse) {
    train_world w;
    train_world_create(&w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ntk_trainer *const t = w.trainer;
    const double backwards[] = {2, 1}, times[] = {1};
    double out[TRAIN_N * TRAIN_C], z[2 * TRAIN_D] = {0};
    suite_fill_canary(TRAIN_N * TRAIN_C, out);
    REFUSED(NTK_ERR_SIZE, "m is 0", ntk_trainer_predict(t, 0, z, TRAIN_D, out, TRAIN_C));
    REFUSED(NTK_ERR_NULL, "z", ntk_trainer_predict(t, 2, NULL, TRAIN_D, out, TRAIN_C));
    REFUSED(NTK_ERR_NULL, "f", ntk_trainer_predict(t, 2, z, TRAIN_D, NULL, TRAIN_C));
    REFUSED(NTK_ERR_LEADING_DIMENSION, "ldf is 1", ntk_trainer_predict(t, 2, z, TRAIN_D, out, 1));
    REFUSED(NTK_ERR_ALIAS, "f overlaps z", ntk_trainer_predict(t, 2, z, TRAIN_D, z, TRAIN_C));
    REFUSED(NTK_ERR_NULL, "loss", ntk_trainer_get_loss(t, NULL));
    REFUSED(NTK_ERR_NULL, "distance", ntk_trainer_get_distance(t, NULL));
    REFUSED(NTK_ERR_SIZE, "p is 1", ntk_trainer_get_parameters(t, 1, out));
    REFUSED(NTK_ERR_NULL, "drift", ntk_trainer_get_kernel_drift(t, 2, z, TRAIN_D, NULL));
    REFUSED(NTK_ERR_SIZE, "count is 0", ntk_trainer_record(t, 0, times, 0, NULL, 0, out, NULL, 0, NULL, NULL, NULL));
    REFUSED(NTK_ERR_DOMAIN, "times[1] is 1",
            ntk_trainer_record(t, 2, backwards, 0, NULL, 0, out, NULL, 0, NULL, NULL, NULL));
    REFUSED(NTK_ERR_SIZE, "m is 0", ntk_trainer_record(t, 1, times, 0, NULL, 0, NULL, out, TRAIN_C, NULL, NULL, NULL));
    z[1] = NAN;
    REFUSED(NTK_ERR_NOT_FINITE, "z[0][1]", ntk_trainer_predict(t, 2, z, TRAIN_D, out, TRAIN_C));
    ck_assert(suite_is_canary(TRAIN_N * TRAIN_C, out));
    z[1] = 0;
    ASSERT_OK(ntk_trainer_record(t, 1, times, 0, NULL, 0, out, NULL, 0, NULL, NULL, NULL)); /* no points needed */
    REFUSED(NTK_ERR_UNSUPPORTED, "time 0", ntk_trainer_compare_linearised(t, 1, times, 2, z, TRAIN_D, out, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_trainer_advance(NULL, 1));
    ntk_trainer_destroy(NULL);
    train_world_destroy(&w);
}
END_TEST

/* One block of memory for inputs and outputs, in every pair that overlaps. */
START_TEST(test_outputs_overlap_nothing) {
    enum { COUNT = 2, M = 2, ROOM = 16 }; /* so that what begins in one array ends there */
    train_world w;
    train_world_create(&w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ntk_trainer *const t = w.trainer;
    double times[ROOM] = {1, 2}, z[ROOM] = {0}, f[ROOM], a[ROOM], now = -1;
    int64_t reached[ROOM];
    REFUSED(NTK_ERR_ALIAS, "f overlaps times",
            ntk_trainer_record(t, COUNT, times, M, z, TRAIN_D, NULL, times, TRAIN_C, NULL, NULL, NULL));
    REFUSED(NTK_ERR_ALIAS, "f overlaps z",
            ntk_trainer_record(t, COUNT, times, M, z, TRAIN_D, NULL, z + 1, TRAIN_C, NULL, NULL, NULL));
    REFUSED(NTK_ERR_ALIAS, "loss overlaps times",
            ntk_trainer_record(t, COUNT, times, M, z, TRAIN_D, times + 1, f, TRAIN_C, NULL, NULL, NULL));
    REFUSED(NTK_ERR_ALIAS, "distance overlaps loss",
            ntk_trainer_record(t, COUNT, times, M, z, TRAIN_D, a, f, TRAIN_C, a, NULL, NULL));
    REFUSED(NTK_ERR_ALIAS, "drift overlaps z",
            ntk_trainer_record(t, COUNT, times, M, z, TRAIN_D, NULL, f, TRAIN_C, NULL, z, NULL));
    REFUSED(NTK_ERR_ALIAS, "drift overlaps f",
            ntk_trainer_record(t, COUNT, times, M, z, TRAIN_D, NULL, f, TRAIN_C, NULL, f + 1, NULL));
    REFUSED(NTK_ERR_ALIAS, "reached overlaps loss",
            ntk_trainer_record(t, COUNT, times, 0, NULL, 0, (double *)reached, NULL, 0, NULL, NULL, reached));
    REFUSED(NTK_ERR_ALIAS, "rms overlaps times",
            ntk_trainer_compare_linearised(t, COUNT, times, M, z, TRAIN_D, times, NULL));
    REFUSED(NTK_ERR_ALIAS, "largest overlaps z",
            ntk_trainer_compare_linearised(t, COUNT, times, M, z, TRAIN_D, NULL, z + 2));
    REFUSED(NTK_ERR_ALIAS, "largest overlaps rms",
            ntk_trainer_compare_linearised(t, COUNT, times, M, z, TRAIN_D, a, a));
    ASSERT_OK(ntk_trainer_get_time(t, &now, NULL, NULL));
    ck_assert(now == 0 && times[0] == 1 && times[1] == 2);
    train_world_destroy(&w);
}
END_TEST

START_TEST(test_records_refuse) {
    train_world w;
    train_world_create(&w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    const double times[] = {1, 2, 3};
    double f[TRAIN_C];
    int64_t reached = -7;
    REFUSED(NTK_ERR_SIZE, "m is -9223372036854775808",
            ntk_trainer_record(w.trainer, 3, times, INT64_MIN, w.x, TRAIN_D, NULL, f, TRAIN_C, NULL, NULL, &reached));
    ck_assert_int_eq(reached, 0);
    REFUSED(NTK_ERR_OVERFLOW, "exceed 2^63",
            ntk_trainer_record(w.trainer, 3, times, INT64_MAX, w.x, TRAIN_D, NULL, f, TRAIN_C, NULL, NULL, NULL));
    REFUSED(NTK_ERR_OVERFLOW, "times",
            ntk_trainer_record(w.trainer, INT64_MAX, times, 0, NULL, 0, NULL, NULL, 0, NULL, NULL, NULL));
    train_world_destroy(&w);
}
END_TEST

/* Inputs that are 0 make nothing of weights as large as there are; decay makes these go away at once, and too far. */
START_TEST(test_distances_out_of_range) {
    train_world w;
    train_world_create(&w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    const double times[] = {1};
    double *const theta = suite_doubles(w.p), distance = -1;
    int64_t reached = -1;
    ntk_trainer *trainer = NULL;
    for (int64_t p = 0; p < w.p; p++)
        theta[p] = p < TRAIN_D * 4 ? 1.7e308 : 0;
    memset(w.x, 0, sizeof(w.x));
    ASSERT_OK(ntk_network_set_parameters(w.network, w.p, theta));
    ASSERT_OK(ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, w.y, TRAIN_C, w.loss, &trainer));
    ASSERT_OK(ntk_trainer_set_learning_rate(trainer, 0.1));
    ASSERT_OK(ntk_trainer_set_weight_decay(trainer, 1));
    REFUSED(NTK_ERR_RANGE, "distance",
            ntk_trainer_record(trainer, 1, times, 0, NULL, 0, NULL, NULL, 0, &distance, NULL, &reached));
    ck_assert(distance == -1 && reached == 0);
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_trainer_get_distance(trainer, &distance));
    free(theta);
    ntk_trainer_destroy(trainer);
    train_world_destroy(&w);
}
END_TEST

/* ---- cancellation ---- */

typedef struct {
    int left;
    double last;
} patience;

static int32_t count_down(double fraction, const char *phase, void *user) {
    patience *const p = user;
    (void)phase;
    p->last = fraction;
    return --p->left < 0;
}

static void settle(ntk_trainer *trainer, int32_t method, int32_t model) {
    ASSERT_OK(ntk_trainer_set_method(trainer, method));
    ASSERT_OK(ntk_trainer_set_model(trainer, model));
    ASSERT_OK(ntk_trainer_set_learning_rate(trainer, 0.2));
    ASSERT_OK(ntk_trainer_set_momentum(trainer, 0.5));
    ASSERT_OK(ntk_trainer_set_tolerance(trainer, 1e-3));
}

/* Stopped wherever that is possible, and sent on, it arrives at the same bits. */
START_TEST(test_cancelled_runs_go_on) {
    for (int32_t method = NTK_TRAIN_DESCENT; method <= NTK_TRAIN_FLOW; method++)
        for (int32_t model = NTK_MODEL_NETWORK; model <= NTK_MODEL_LINEARISED; model++) {
            train_world w;
            train_world_create(&w, 8, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, true);
            ntk_trainer *const plain = train_again(&w);
            settle(plain, method, model);
            settle(w.trainer, method, model);
            ASSERT_OK(ntk_trainer_advance(plain, 12));
            double t = 0, before = 0;
            ntk_status status = NTK_ERR_CANCELLED;
            int cancelled = 0;
            for (int k = 0; status == NTK_ERR_CANCELLED; k++) {
                patience p = {k, 0};
                ASSERT_OK(ntk_context_set_progress(w.context, count_down, &p));
                status = ntk_trainer_advance(w.trainer, 12);
                ASSERT_OK(ntk_trainer_get_time(w.trainer, &t, NULL, NULL));
                ck_assert(t >= before && (status == NTK_SUCCESS || t <= 12));
                before = t;
                cancelled += status == NTK_ERR_CANCELLED;
            }
            ASSERT_OK(status);
            ck_assert(cancelled > 2 && t == 12);
            double *const a = train_theta(plain, w.p), *const b = train_theta(w.trainer, w.p);
            ASSERT_SAME_BITS(a, b, w.p);
            free(a), free(b);
            ntk_trainer_destroy(plain);
            train_world_destroy(&w);
        }
}
END_TEST

START_TEST(test_progress_grows_to_one) {
    train_world w;
    train_world_create(&w, 8, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    patience p = {1 << 30, -1};
    settle(w.trainer, NTK_TRAIN_DESCENT, NTK_MODEL_NETWORK);
    ASSERT_OK(ntk_context_set_progress(w.context, count_down, &p));
    ASSERT_OK(ntk_trainer_advance(w.trainer, 5));
    ck_assert(p.last == 1);
    train_world_destroy(&w);
}
END_TEST

/* ---- divergence ---- */

START_TEST(test_divergence_is_told) {
    for (int32_t model = NTK_MODEL_NETWORK; model <= NTK_MODEL_LINEARISED; model++)
        for (int momentum = 0; momentum < 2; momentum++) {
            train_world w;
            train_world_create(&w, 8, NTK_ACTIVATION_RELU, NTK_LOSS_SQUARED, false);
            double t = 0, rate = 0;
            ASSERT_OK(ntk_trainer_set_model(w.trainer, model));
            ASSERT_OK(ntk_trainer_get_learning_rate(w.trainer, &rate));
            ASSERT_OK(ntk_trainer_set_learning_rate(w.trainer, 1000 * rate));
            ASSERT_OK(ntk_trainer_set_momentum(w.trainer, 0.5 * momentum));
            REFUSED(NTK_ERR_RANGE, "learning rate", ntk_trainer_advance(w.trainer, 100000));
            ASSERT_OK(ntk_trainer_get_time(w.trainer, &t, NULL, NULL));
            char step[64];
            snprintf(step, sizeof(step), "step %.0f ", t + 1);
            assert_told(w.context, step);
            double *const theta = train_theta(w.trainer, w.p);
            for (int64_t p = 0; p < w.p; p++)
                ck_assert(isfinite(theta[p]));
            free(theta);
            train_world_destroy(&w);
        }
}
END_TEST

/* ---- the caller's functions ---- */

typedef struct {
    int calls, fail_at;
} counter;

static int32_t fails_once(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    counter *const count = user;
    for (int64_t i = 0; i < n * c; i++)
        gradient[i] = f[i] - y[i];
    return count->calls++ == count->fail_at;
}

START_TEST(test_failing_callbacks) {
    for (int32_t method = NTK_TRAIN_DESCENT; method <= NTK_TRAIN_FLOW; method++) {
        train_world w;
        train_world_create(&w, 8, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
        counter count = {0, 4};
        ntk_loss *loss = NULL;
        ntk_trainer *trainer = NULL;
        ASSERT_OK(ntk_loss_create_function(w.context, fails_once, NULL, &count, &loss));
        ASSERT_OK(ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, w.y, TRAIN_C, loss, &trainer));
        settle(trainer, method, NTK_MODEL_NETWORK);
        settle(w.trainer, method, NTK_MODEL_NETWORK);
        ASSERT_STATUS(NTK_ERR_CALLBACK, ntk_trainer_advance(trainer, 10));
        ASSERT_OK(ntk_trainer_advance(trainer, 10));
        ASSERT_OK(ntk_trainer_advance(w.trainer, 10));
        double *const a = train_theta(trainer, w.p), *const b = train_theta(w.trainer, w.p);
        ASSERT_SAME_BITS(a, b, w.p);
        free(a), free(b);
        ntk_trainer_destroy(trainer);
        ntk_loss_destroy(loss);
        train_world_destroy(&w);
    }
}
END_TEST

SUITE("train_calls", test_creation_refuses, test_settings_refuse, test_questions_refuse, test_outputs_overlap_nothing,
      test_records_refuse, test_distances_out_of_range, test_cancelled_runs_go_on, test_progress_grows_to_one,
      test_divergence_is_told, test_failing_callbacks)
