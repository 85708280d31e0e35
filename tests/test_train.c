/* Descent: against plain loops of ntk_network_vjp and ntk_network_set_parameters, and what must not change its bits. */
#include "tests/train_networks.h"

/* ---- plain loops ---- */

typedef struct {
    double rate, momentum, weight_decay, initial_decay;
    const double *weights; /* of samples */
    bool centred;
} plain_settings;

/* theta after `steps` steps, by the formulas of train.h. */
static double *plain_descent(const train_world *w, const plain_settings *set, int64_t steps) {
    double *const theta = train_start(w), *const start = train_start(w), *const rates = train_rates(w->network, w->p);
    double *const v = suite_doubles(w->p), *const g = suite_doubles(w->p);
    double f[TRAIN_N * TRAIN_C], first[TRAIN_N * TRAIN_C], u[TRAIN_N * TRAIN_C];
    ntk_network *network = NULL;
    ASSERT_OK(ntk_network_copy(w->network, &network));
    ASSERT_OK(ntk_network_forward(network, TRAIN_N, w->x, TRAIN_D, first, TRAIN_C));
    for (int64_t p = 0; p < w->p; p++)
        v[p] = 0;
    for (int64_t step = 0; step < steps; step++) {
        ASSERT_OK(ntk_network_set_parameters(network, w->p, theta));
        ASSERT_OK(ntk_network_forward(network, TRAIN_N, w->x, TRAIN_D, f, TRAIN_C));
        for (int64_t i = 0; i < TRAIN_N * TRAIN_C; i++)
            f[i] -= set->centred ? first[i] : 0;
        ASSERT_OK(ntk_loss_evaluate(w->loss, TRAIN_N, TRAIN_C, f, TRAIN_C, w->y, TRAIN_C, NULL, u, TRAIN_C));
        for (int64_t i = 0; i < TRAIN_N * TRAIN_C; i++)
            u[i] *= (set->weights != NULL ? set->weights[i / TRAIN_C] : 1) / TRAIN_N;
        ASSERT_OK(ntk_network_vjp(network, TRAIN_N, w->x, TRAIN_D, u, TRAIN_C, w->p, g));
        for (int64_t p = 0; p < w->p; p++) {
            const double slope =
                set->rate * g[p] + set->weight_decay * theta[p] + set->initial_decay * (theta[p] - start[p]);
            v[p] = set->momentum * v[p] - rates[p] * slope;
            theta[p] = rates[p] == 0 ? theta[p] : theta[p] + v[p];
        }
    }
    ntk_network_destroy(network);
    free(start), free(rates), free(v), free(g);
    return theta;
}

/* The rounding of a step is some eps of the parameters (|theta| < 4), and steps at stable rates do not enlarge it:
 * 64 eps for each of them, since a sum over 12 samples and 8 units is in each entry. */
static double rounding(int64_t steps) { return (double)steps * 64 * DBL_EPSILON * 4; }

static void compare_with_loops(const plain_settings *set, int32_t loss, bool frozen) {
    enum { STEPS = 25 };
    train_world w;
    train_world_create(&w, 8, NTK_ACTIVATION_TANH, loss, frozen);
    ASSERT_OK(ntk_trainer_set_learning_rate(w.trainer, set->rate));
    ASSERT_OK(ntk_trainer_set_momentum(w.trainer, set->momentum));
    ASSERT_OK(ntk_trainer_set_weight_decay(w.trainer, set->weight_decay));
    ASSERT_OK(ntk_trainer_set_initial_decay(w.trainer, set->initial_decay));
    ASSERT_OK(ntk_trainer_set_sample_weights(w.trainer, TRAIN_N, set->weights));
    ASSERT_OK(ntk_trainer_set_centred(w.trainer, set->centred));
    ASSERT_OK(ntk_trainer_advance(w.trainer, STEPS));
    double *const theta = train_theta(w.trainer, w.p), *const expected = plain_descent(&w, set, STEPS);
    double *const start = train_start(&w);
    ASSERT_CLOSE(train_apart(w.p, theta, expected), 0, rounding(STEPS));
    ck_assert(train_apart(w.p, theta, start) > 1e-3); /* it has moved */
    double t = -1;
    int64_t steps = -1, evaluations = -1;
    ASSERT_OK(ntk_trainer_get_time(w.trainer, &t, &steps, &evaluations));
    ck_assert(t == STEPS && steps == STEPS && evaluations == STEPS);
    free(theta), free(expected), free(start);
    train_world_destroy(&w);
}

START_TEST(test_descent_is_that_of_plain_loops) {
    const plain_settings set = {.rate = 0.3};
    compare_with_loops(&set, NTK_LOSS_SQUARED, false);
    compare_with_loops(&set, NTK_LOSS_CROSS_ENTROPY, false);
    compare_with_loops(&set, NTK_LOSS_SQUARED, true);
}
END_TEST

START_TEST(test_momentum_and_decays) {
    const plain_settings momentum = {.rate = 0.1, .momentum = 0.8};
    const plain_settings decays = {.rate = 0.2, .weight_decay = 0.05, .initial_decay = 0.02};
    const plain_settings both = {.rate = 0.1, .momentum = 0.5, .weight_decay = 0.01, .initial_decay = 0.02};
    compare_with_loops(&momentum, NTK_LOSS_SQUARED, false);
    compare_with_loops(&momentum, NTK_LOSS_SQUARED, true);
    compare_with_loops(&decays, NTK_LOSS_LOGISTIC, false);
    compare_with_loops(&both, NTK_LOSS_SQUARED, true);
}
END_TEST

START_TEST(test_weights_and_centring) {
    double weights[TRAIN_N];
    for (int64_t i = 0; i < TRAIN_N; i++)
        weights[i] = (double)(i % 4) / 2;
    const plain_settings weighted = {.rate = 0.3, .weights = weights};
    const plain_settings centred = {.rate = 0.3, .centred = true};
    compare_with_loops(&weighted, NTK_LOSS_SQUARED, false);
    compare_with_loops(&centred, NTK_LOSS_HUBER, false);
}
END_TEST

/* ---- frozen parameters ---- */

static void check_frozen(int32_t method, double momentum) {
    train_world w;
    train_world_create(&w, 8, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, true);
    double *const start = train_start(&w), *const rates = train_rates(w.network, w.p);
    start[0] = -0.0; /* the sign of a zero is one of its bits */
    ASSERT_OK(ntk_network_set_parameters(w.network, w.p, start));
    ntk_trainer *const trainer = train_again(&w);
    ASSERT_OK(ntk_trainer_set_method(trainer, method));
    ASSERT_OK(ntk_trainer_set_momentum(trainer, momentum));
    ASSERT_OK(ntk_trainer_set_learning_rate(trainer, 0.1));
    ASSERT_OK(ntk_trainer_set_weight_decay(trainer, 0.1));
    ASSERT_OK(ntk_trainer_advance(trainer, 7));
    double *const theta = train_theta(trainer, w.p);
    int64_t frozen = 0;
    for (int64_t p = 0; p < w.p; p++) {
        if (rates[p] != 0)
            continue;
        frozen++;
        ASSERT_SAME_BITS(&theta[p], &start[p], 1);
    }
    ck_assert_int_eq(frozen, TRAIN_D * 8);
    free(start), free(rates), free(theta);
    ntk_trainer_destroy(trainer);
    train_world_destroy(&w);
}

START_TEST(test_frozen_parameters_keep_their_bits) {
    check_frozen(NTK_TRAIN_DESCENT, 0);
    check_frozen(NTK_TRAIN_DESCENT, 0.9);
    check_frozen(NTK_TRAIN_FLOW, 0);
}
END_TEST

/* ---- batches ---- */

/* A callback that writes down what it sees: the targets name the samples. */
typedef struct {
    int64_t calls, rows;
    int64_t size[64];
    double seen[64 * TRAIN_N];
} witness;

static int32_t watch(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    witness *const w = user;
    if (w->calls < 64)
        w->size[w->calls] = n;
    for (int64_t i = 0; i < n; i++) {
        if (w->rows < 64 * TRAIN_N)
            w->seen[w->rows++] = y[i * c];
        for (int64_t k = 0; k < c; k++)
            gradient[i * c + k] = 0 * f[i * c + k];
    }
    w->calls++;
    return 0;
}

static void watch_batches(uint64_t seed, int64_t size, int64_t steps, witness *seen) {
    train_world w;
    train_world_create(&w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ntk_loss *loss = NULL;
    ntk_trainer *trainer = NULL;
    *seen = (witness){0};
    for (int64_t i = 0; i < TRAIN_N; i++)
        w.y[i * TRAIN_C] = (double)i;
    ASSERT_OK(ntk_loss_create_function(w.context, watch, NULL, seen, &loss));
    ASSERT_OK(ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, w.y, TRAIN_C, loss, &trainer));
    ASSERT_OK(ntk_trainer_set_learning_rate(trainer, 1));
    ASSERT_OK(ntk_trainer_set_batch(trainer, size, seed));
    ASSERT_OK(ntk_trainer_advance(trainer, (double)steps));
    ntk_trainer_destroy(trainer);
    ntk_loss_destroy(loss);
    train_world_destroy(&w);
}

START_TEST(test_epochs_are_permutations) {
    enum { EPOCHS = 5, SIZE = 5, BATCHES = 3 };
    witness first, again, other;
    watch_batches(3, SIZE, EPOCHS * BATCHES, &first);
    watch_batches(3, SIZE, EPOCHS * BATCHES, &again);
    watch_batches(4, SIZE, EPOCHS * BATCHES, &other);
    ck_assert_int_eq(first.calls, EPOCHS * BATCHES);
    ck_assert_int_eq(first.rows, EPOCHS * TRAIN_N);
    for (int64_t k = 0; k < first.calls; k++)
        ck_assert_int_eq(first.size[k], k % BATCHES == BATCHES - 1 ? 2 : SIZE);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        int64_t count[TRAIN_N] = {0};
        for (int64_t i = 0; i < TRAIN_N; i++)
            count[(int64_t)first.seen[epoch * TRAIN_N + i]]++;
        for (int64_t i = 0; i < TRAIN_N; i++)
            ck_assert_int_eq(count[i], 1);
    }
    ASSERT_SAME_BITS(first.seen, again.seen, first.rows);
    ck_assert(memcmp(first.seen, other.seen, sizeof(double) * (size_t)first.rows) != 0);
    ck_assert(memcmp(first.seen, first.seen + TRAIN_N, sizeof(double) * TRAIN_N) != 0);
}
END_TEST

/* All samples of an epoch in one batch make the step of the whole set, but for the order of a sum. */
START_TEST(test_a_batch_of_all) {
    train_world w;
    train_world_create(&w, 8, NTK_ACTIVATION_RELU, NTK_LOSS_SQUARED, false);
    ntk_trainer *const other = train_again(&w);
    ASSERT_OK(ntk_trainer_set_learning_rate(w.trainer, 0.2));
    ASSERT_OK(ntk_trainer_set_learning_rate(other, 0.2));
    ASSERT_OK(ntk_trainer_set_batch(other, TRAIN_N, 1));
    ASSERT_OK(ntk_trainer_advance(w.trainer, 10));
    ASSERT_OK(ntk_trainer_advance(other, 10));
    double *const a = train_theta(w.trainer, w.p), *const b = train_theta(other, w.p);
    ASSERT_CLOSE(train_apart(w.p, a, b), 0, rounding(10));
    free(a), free(b);
    ntk_trainer_destroy(other);
    train_world_destroy(&w);
}
END_TEST

/* ---- losses ---- */

START_TEST(test_every_loss_goes_down) {
    for (int32_t kind = NTK_LOSS_SQUARED; kind <= NTK_LOSS_HUBER; kind++)
        for (int32_t model = NTK_MODEL_NETWORK; model <= NTK_MODEL_LINEARISED; model++) {
            train_world w;
            train_world_create(&w, 16, NTK_ACTIVATION_TANH, kind, false);
            double before = 0, middle = 0, after = 0, rate = 0;
            ASSERT_OK(ntk_trainer_set_model(w.trainer, model));
            /* At the default learning rate; where a kink takes the place of curvature, steps of one size hover about it. */
            ASSERT_OK(ntk_trainer_get_learning_rate(w.trainer, &rate));
            if (kind == NTK_LOSS_HINGE || kind == NTK_LOSS_EPSILON_INSENSITIVE)
                ASSERT_OK(ntk_trainer_set_learning_rate(w.trainer, rate / 100));
            ASSERT_OK(ntk_trainer_get_loss(w.trainer, &before));
            ASSERT_OK(ntk_trainer_advance(w.trainer, 10));
            ASSERT_OK(ntk_trainer_get_loss(w.trainer, &middle));
            ASSERT_OK(ntk_trainer_advance(w.trainer, 100));
            ASSERT_OK(ntk_trainer_get_loss(w.trainer, &after));
            REQUIRE(after < middle && middle < before, "loss %d, model %d: %g, %g, %g", (int)kind, (int)model, before,
                    middle, after);
            train_world_destroy(&w);
        }
}
END_TEST

static int32_t squared_gradient(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    (void)user;
    for (int64_t i = 0; i < n * c; i++)
        gradient[i] = f[i] - y[i];
    return 0;
}

/* The caller's squared loss is the library's; without values the loss cannot be had. */
START_TEST(test_a_loss_of_the_caller) {
    train_world w;
    train_world_create(&w, 8, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ntk_loss *loss = NULL;
    ntk_trainer *trainer = NULL;
    double value = 0;
    ASSERT_OK(ntk_loss_create_function(w.context, squared_gradient, NULL, NULL, &loss));
    ASSERT_OK(ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, w.y, TRAIN_C, loss, &trainer));
    ntk_loss_destroy(loss); /* it has a copy */
    ASSERT_OK(ntk_trainer_advance(trainer, 10));
    ASSERT_OK(ntk_trainer_advance(w.trainer, 10));
    double *const a = train_theta(trainer, w.p), *const b = train_theta(w.trainer, w.p);
    ASSERT_SAME_BITS(a, b, w.p);
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_trainer_get_loss(trainer, &value));
    free(a), free(b);
    ntk_trainer_destroy(trainer);
    train_world_destroy(&w);
}
END_TEST

/* ---- bits ---- */

/* Enough parameters and samples for several pieces, blocks and threads. */
static double *train_wide(int32_t threads, int32_t method, const double *times, int64_t count, int64_t *p) {
    enum { N = 1100, D = 5 };
    const int64_t widths[] = {D, 200, 200, 1};
    double *const x = suite_doubles(N * D), *const y = suite_doubles(N);
    uint64_t state = 3;
    ntk_context *context = NULL;
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    ntk_loss *loss = NULL;
    ntk_trainer *trainer = NULL;
    suite_fill(&state, N * D, x);
    suite_fill(&state, N, y);
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_context_set_threads(context, threads));
    ASSERT_OK(ntk_mlp_create(context, 3, widths, NTK_ACTIVATION_TANH, &mlp));
    ASSERT_OK(ntk_network_create(context, mlp, 1, &network));
    ASSERT_OK(ntk_loss_create(context, NTK_LOSS_SQUARED, NULL, 0, &loss));
    ASSERT_OK(ntk_trainer_create(network, N, x, D, y, 1, loss, &trainer));
    ASSERT_OK(ntk_trainer_set_method(trainer, method));
    ASSERT_OK(ntk_trainer_set_momentum(trainer, 0.5));
    ASSERT_OK(ntk_trainer_set_weight_decay(trainer, 1e-3));
    ASSERT_OK(ntk_trainer_set_tolerance(trainer, 1e-3));
    if (method == NTK_TRAIN_DESCENT)
        ASSERT_OK(ntk_trainer_set_batch(trainer, 600, 1)); /* two blocks, and one */
    for (int64_t j = 0; j < count; j++)
        ASSERT_OK(ntk_trainer_advance(trainer, times[j]));
    ASSERT_OK(ntk_network_get_sizes(network, p, NULL, NULL));
    double *const theta = train_theta(trainer, *p);
    ntk_trainer_destroy(trainer);
    ntk_loss_destroy(loss);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
    free(x), free(y);
    return theta;
}

START_TEST(test_threads_and_history_change_no_bit) {
    const double once[] = {6}, often[] = {1, 2, 2, 5, 6};
    for (int32_t method = NTK_TRAIN_DESCENT; method <= NTK_TRAIN_FLOW; method++) {
        int64_t p = 0;
        double *const one = train_wide(1, method, once, 1, &p), *const three = train_wide(3, method, once, 1, &p);
        double *const stops = train_wide(2, method, often, 5, &p);
        ASSERT_SAME_BITS(one, three, p);
        ASSERT_SAME_BITS(one, stops, p);
        free(one), free(three), free(stops);
    }
}
END_TEST

/* ---- the default learning rate ---- */

/* n / lambda_max from the whole kernel matrix, its largest eigenvalue by many products. */
START_TEST(test_the_default_learning_rate) {
    enum { SIZE = TRAIN_N * TRAIN_C };
    train_world w;
    train_world_create(&w, 16, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, true);
    ntk_kernel *kernel = NULL;
    double k[SIZE * SIZE], v[SIZE], next[SIZE], largest = 0, rate = 0;
    ASSERT_OK(ntk_kernel_create_empirical(w.context, w.network, NTK_KERNEL_NTK, NTK_OUTPUT_FULL, &kernel));
    ASSERT_OK(ntk_kernel_gram(kernel, TRAIN_N, w.x, TRAIN_D, k, SIZE));
    for (int64_t i = 0; i < SIZE; i++)
        v[i] = 1 + 0.01 * (double)i;
    for (int step = 0; step < 3000; step++) {
        double norm = 0;
        for (int64_t i = 0; i < SIZE; i++) {
            next[i] = 0;
            for (int64_t j = 0; j < SIZE; j++)
                next[i] += k[i * SIZE + j] * v[j];
            norm += next[i] * next[i];
        }
        largest = sqrt(norm);
        for (int64_t i = 0; i < SIZE; i++)
            v[i] = next[i] / largest;
    }
    ASSERT_OK(ntk_trainer_get_learning_rate(w.trainer, &rate));
    ASSERT_RELATIVE(rate, TRAIN_N / largest, 0.01);
    ASSERT_OK(ntk_trainer_set_learning_rate(w.trainer, 0.125));
    ASSERT_OK(ntk_trainer_get_learning_rate(w.trainer, &rate));
    ck_assert(rate == 0.125);
    ASSERT_OK(ntk_trainer_set_learning_rate(w.trainer, 0));
    ASSERT_OK(ntk_trainer_set_method(w.trainer, NTK_TRAIN_FLOW));
    ASSERT_OK(ntk_trainer_get_learning_rate(w.trainer, &rate));
    ck_assert(rate == 1);
    ntk_kernel_destroy(kernel);
    train_world_destroy(&w);
}
END_TEST

SUITE("train", test_descent_is_that_of_plain_loops, test_momentum_and_decays, test_weights_and_centring,
      test_frozen_parameters_keep_their_bits, test_epochs_are_permutations, test_a_batch_of_all,
      test_every_loss_goes_down, test_a_loss_of_the_caller, test_threads_and_history_change_no_bit,
      test_the_default_learning_rate)
