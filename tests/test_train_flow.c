/* The flow, and the linearised model: against ntk_flow with the empirical kernel, against descent, and the distance of a
 * network from its linearisation. */
#include "tests/train_networks.h"

#include <ntk/empirical.h>
#include <ntk/flow.h>

enum { SIZE = TRAIN_N * TRAIN_C, M = 5 };

/* The outputs of the network as it is, row i c + k. */
static void initial_outputs(const train_world *w, int64_t m, const double *z, double *f) {
    ASSERT_OK(ntk_network_forward(w->network, m, z, TRAIN_D, f, TRAIN_C));
}

static ntk_kernel *full_kernel(const train_world *w) {
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_kernel_create_empirical(w->context, w->network, NTK_KERNEL_NTK, NTK_OUTPUT_FULL, &kernel));
    return kernel;
}

/* ---- the linearised model ---- */

/* The flow of n c rows has 1 / (n c) in its loss: a learning rate c times as large makes it 1 / n. */
static void compare_with_function_space(double tolerance, double allowed) {
    const double times[] = {0.1, 0.5, 1, 3, 10, 100};
    const double rate = 0.7;
    train_world w;
    train_world_create(&w, 32, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, true);
    double z[M * TRAIN_D], f0[SIZE], g0[M * TRAIN_C], f[SIZE], g[M * TRAIN_C], got[SIZE], there[M * TRAIN_C];
    uint64_t state = 8;
    ntk_flow *flow = NULL;
    ntk_kernel *const kernel = full_kernel(&w);
    suite_fill(&state, M * TRAIN_D, z);
    initial_outputs(&w, TRAIN_N, w.x, f0);
    initial_outputs(&w, M, z, g0);
    ASSERT_OK(ntk_flow_create_from_kernel(kernel, TRAIN_N, w.x, TRAIN_D, 1, w.y, 1, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_learning_rate(flow, rate * TRAIN_C));
    ASSERT_OK(ntk_flow_set_initial(flow, f0, 1));
    ASSERT_OK(ntk_trainer_set_model(w.trainer, NTK_MODEL_LINEARISED));
    ASSERT_OK(ntk_trainer_set_method(w.trainer, NTK_TRAIN_FLOW));
    ASSERT_OK(ntk_trainer_set_learning_rate(w.trainer, rate));
    ASSERT_OK(ntk_trainer_set_tolerance(w.trainer, tolerance));
    for (size_t j = 0; j < sizeof(times) / sizeof(*times); j++) {
        ASSERT_OK(ntk_flow_train(flow, times[j], f, 1));
        ASSERT_OK(ntk_flow_predict_at(flow, times[j], M, z, TRAIN_D, g0, 1, g, 1));
        ASSERT_OK(ntk_trainer_advance(w.trainer, times[j]));
        ASSERT_OK(ntk_trainer_predict(w.trainer, TRAIN_N, w.x, TRAIN_D, got, TRAIN_C));
        ASSERT_OK(ntk_trainer_predict(w.trainer, M, z, TRAIN_D, there, TRAIN_C));
        REQUIRE(train_apart(SIZE, got, f) <= allowed && train_apart(M * TRAIN_C, there, g) <= allowed,
                "tolerance %g, t = %g: off by %g and %g, allowed %g", tolerance, times[j], train_apart(SIZE, got, f),
                train_apart(M * TRAIN_C, there, g), allowed);
    }
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(kernel);
    train_world_destroy(&w);
}

/* The tolerance is that of a step, relative to how far the parameters have moved (here by some units), and outputs move
 * about as far; tolerance^(-1/3) steps come together, as the order of the method is two. */
START_TEST(test_linearised_flow_is_that_of_function_space) {
    compare_with_function_space(1e-4, pow(1e-4, 2.0 / 3));
    compare_with_function_space(1e-7, pow(1e-7, 2.0 / 3));
    compare_with_function_space(1e-9, pow(1e-9, 2.0 / 3));
}
END_TEST

/* f_{k+1} = f_k - (eta / n) K (f_k - y). A step rounds sums over 24 outputs of size 10 or less, and through P = 1314
 * parameters: 64 eps of that a step, and steps do not enlarge what there is. */
START_TEST(test_linearised_descent_is_that_of_function_space) {
    enum { STEPS = 50 };
    train_world w;
    train_world_create(&w, 32, NTK_ACTIVATION_RELU, NTK_LOSS_SQUARED, false);
    double k[SIZE * SIZE], f[SIZE], got[SIZE], residual[SIZE], rate = 0;
    ntk_kernel *const kernel = full_kernel(&w);
    ASSERT_OK(ntk_kernel_gram(kernel, TRAIN_N, w.x, TRAIN_D, k, SIZE));
    ASSERT_OK(ntk_trainer_set_model(w.trainer, NTK_MODEL_LINEARISED));
    ASSERT_OK(ntk_trainer_get_learning_rate(w.trainer, &rate));
    initial_outputs(&w, TRAIN_N, w.x, f);
    for (int64_t step = 1; step <= STEPS; step++) {
        for (int64_t i = 0; i < SIZE; i++)
            residual[i] = f[i] - w.y[i];
        for (int64_t i = 0; i < SIZE; i++)
            for (int64_t j = 0; j < SIZE; j++)
                f[i] -= rate / TRAIN_N * k[i * SIZE + j] * residual[j];
        ASSERT_OK(ntk_trainer_advance(w.trainer, (double)step));
        ASSERT_OK(ntk_trainer_predict(w.trainer, TRAIN_N, w.x, TRAIN_D, got, TRAIN_C));
        ASSERT_CLOSE(train_apart(SIZE, got, f), 0, (double)step * 64 * DBL_EPSILON * 10);
    }
    ntk_kernel_destroy(kernel);
    train_world_destroy(&w);
}
END_TEST

/* Centred, the linearised model is J (theta - theta_0) alone. */
START_TEST(test_centred_models_begin_at_zero) {
    for (int32_t model = NTK_MODEL_NETWORK; model <= NTK_MODEL_LINEARISED; model++) {
        train_world w;
        train_world_create(&w, 8, NTK_ACTIVATION_RELU, NTK_LOSS_SQUARED, false);
        double f[SIZE], loss = 0, expected = 0;
        ASSERT_OK(ntk_trainer_set_model(w.trainer, model));
        ASSERT_OK(ntk_trainer_set_centred(w.trainer, 1));
        ASSERT_OK(ntk_trainer_predict(w.trainer, TRAIN_N, w.x, TRAIN_D, f, TRAIN_C));
        for (int64_t i = 0; i < SIZE; i++) {
            ck_assert(f[i] == 0);
            expected += w.y[i] * w.y[i] / 2 / TRAIN_N;
        }
        ASSERT_OK(ntk_trainer_get_loss(w.trainer, &loss));
        ASSERT_RELATIVE(loss, expected, 16 * DBL_EPSILON);
        train_world_destroy(&w);
    }
}
END_TEST

/* ---- the flow of a network ---- */

/* Descent is Euler's method: its distance from the flow is of first order in the learning rate. */
START_TEST(test_descent_nears_the_flow) {
    double apart[2] = {0};
    for (int refinement = 0; refinement < 2; refinement++) {
        const double rate = refinement == 0 ? 0.02 : 0.01, t = refinement == 0 ? 50 : 100;
        train_world w;
        train_world_create(&w, 16, NTK_ACTIVATION_TANH, NTK_LOSS_CROSS_ENTROPY, true);
        ntk_trainer *const flow = train_again(&w);
        ASSERT_OK(ntk_trainer_set_method(flow, NTK_TRAIN_FLOW));
        ASSERT_OK(ntk_trainer_set_tolerance(flow, 1e-8));
        ntk_trainer *const both[] = {w.trainer, flow};
        for (int i = 0; i < 2; i++) {
            ASSERT_OK(ntk_trainer_set_learning_rate(both[i], rate));
            ASSERT_OK(ntk_trainer_set_weight_decay(both[i], 0.01 * rate));
            ASSERT_OK(ntk_trainer_set_initial_decay(both[i], 0.02 * rate));
            ASSERT_OK(ntk_trainer_advance(both[i], t));
        }
        double *const a = train_theta(w.trainer, w.p), *const b = train_theta(flow, w.p);
        apart[refinement] = train_apart(w.p, a, b);
        free(a), free(b);
        ntk_trainer_destroy(flow);
        train_world_destroy(&w);
    }
    REQUIRE(apart[0] < 0.02 && apart[1] > 0.4 * apart[0] && apart[1] < 0.6 * apart[0], "%g, and %g", apart[0],
            apart[1]);
}
END_TEST

START_TEST(test_flows_of_all_losses_go_down) {
    for (int32_t kind = NTK_LOSS_SQUARED; kind <= NTK_LOSS_HUBER; kind++) {
        train_world w;
        train_world_create(&w, 16, NTK_ACTIVATION_RELU, kind, false);
        double last = INFINITY;
        ASSERT_OK(ntk_trainer_set_method(w.trainer, NTK_TRAIN_FLOW));
        ASSERT_OK(ntk_trainer_set_tolerance(w.trainer, 1e-3));
        for (int k = 0; k < 4; k++) {
            double loss = 0;
            ASSERT_OK(ntk_trainer_advance(w.trainer, 0.1 * k * k));
            ASSERT_OK(ntk_trainer_get_loss(w.trainer, &loss));
            REQUIRE(loss < last, "loss %d at t = %g: %g after %g", (int)kind, 0.1 * k * k, loss, last);
            last = loss;
        }
        train_world_destroy(&w);
    }
}
END_TEST

/* ---- records ---- */

START_TEST(test_a_record_is_what_one_call_each_gives) {
    enum { COUNT = 4, LDF = TRAIN_C + 1 };
    const double times[COUNT] = {0, 3, 3, 10};
    train_world w;
    train_world_create(&w, 16, NTK_ACTIVATION_RELU, NTK_LOSS_SQUARED, false);
    ntk_trainer *const other = train_again(&w);
    double loss[COUNT], f[COUNT * M * LDF], distance[COUNT], drift[COUNT], one[M * LDF], value = 0;
    int64_t reached = -1;
    suite_fill_canary(COUNT * M * LDF, f);
    suite_fill_canary(M * LDF, one);
    ASSERT_OK(ntk_trainer_record(w.trainer, COUNT, times, M, w.x, TRAIN_D, loss, f, LDF, distance, drift, &reached));
    ck_assert_int_eq(reached, COUNT);
    for (int64_t j = 0; j < COUNT; j++) {
        ASSERT_OK(ntk_trainer_advance(other, times[j]));
        ASSERT_OK(ntk_trainer_get_loss(other, &value));
        ASSERT_SAME_BITS(&value, &loss[j], 1);
        ASSERT_OK(ntk_trainer_get_distance(other, &value));
        ASSERT_SAME_BITS(&value, &distance[j], 1);
        ASSERT_OK(ntk_trainer_get_kernel_drift(other, M, w.x, TRAIN_D, &value));
        ASSERT_SAME_BITS(&value, &drift[j], 1);
        ASSERT_OK(ntk_trainer_predict(other, M, w.x, TRAIN_D, one, LDF));
        ASSERT_SAME_BITS(one, f + j * M * LDF, M * LDF);
    }
    ck_assert(distance[0] == 0 && drift[0] == 0 && distance[3] > distance[1] && drift[3] > 0);
    ntk_trainer_destroy(other);
    train_world_destroy(&w);
}
END_TEST

/* From the kernels themselves. */
START_TEST(test_drift_and_distance) {
    train_world w;
    train_world_create(&w, 8, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    double before[TRAIN_N * TRAIN_N], after[TRAIN_N * TRAIN_N], drift = 0, distance = 0, top = 0, bottom = 0,
                                                                square = 0;
    ASSERT_OK(ntk_trainer_advance(w.trainer, 20));
    ntk_network *moved = NULL;
    ASSERT_OK(ntk_trainer_get_network(w.trainer, &moved));
    const ntk_network *const networks[] = {w.network, moved};
    double *const gram[] = {before, after};
    for (int i = 0; i < 2; i++) {
        ntk_kernel *kernel = NULL;
        ASSERT_OK(ntk_kernel_create_empirical(w.context, networks[i], NTK_KERNEL_NTK, NTK_OUTPUT_TRACE, &kernel));
        ASSERT_OK(ntk_kernel_gram(kernel, TRAIN_N, w.x, TRAIN_D, gram[i], TRAIN_N));
        ntk_kernel_destroy(kernel);
    }
    for (int64_t i = 0; i < TRAIN_N * TRAIN_N; i++) {
        top += (after[i] - before[i]) * (after[i] - before[i]);
        bottom += before[i] * before[i];
    }
    double *const start = train_start(&w), *const theta = train_theta(w.trainer, w.p);
    for (int64_t p = 0; p < w.p; p++)
        square += (theta[p] - start[p]) * (theta[p] - start[p]);
    ASSERT_OK(ntk_trainer_get_kernel_drift(w.trainer, TRAIN_N, w.x, TRAIN_D, &drift));
    ASSERT_OK(ntk_trainer_get_distance(w.trainer, &distance));
    ASSERT_RELATIVE(drift, sqrt(top / bottom), TRAIN_N * TRAIN_N * DBL_EPSILON); /* sums of as many squares */
    ASSERT_RELATIVE(distance, sqrt(square), (double)w.p * DBL_EPSILON);
    free(start), free(theta);
    ntk_network_destroy(moved);
    train_world_destroy(&w);
}
END_TEST

/* ---- width ---- */

/* The distance from the linearisation falls like width^(-1/2) [Lee19]: by 4 from 32 to 512 units. One network of each
 * width is no mean: half of that has to be there. */
START_TEST(test_wide_networks_are_near_their_linearisation) {
    const int64_t width[] = {32, 512};
    const double times[] = {1, 5, 25};
    for (int32_t method = NTK_TRAIN_DESCENT; method <= NTK_TRAIN_FLOW; method++) {
        double worst[2] = {0};
        for (int i = 0; i < 2; i++) {
            train_world w;
            double rms[3], largest[3];
            train_world_create(&w, width[i], NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
            ASSERT_OK(ntk_trainer_set_method(w.trainer, method));
            ASSERT_OK(ntk_trainer_compare_linearised(w.trainer, 3, times, TRAIN_N, w.x, TRAIN_D, rms, largest));
            for (int j = 0; j < 3; j++) {
                ck_assert(rms[j] > 0 && rms[j] <= largest[j]);
                worst[i] = fmax(worst[i], largest[j]);
            }
            train_world_destroy(&w);
        }
        REQUIRE(worst[1] < worst[0] / 2 && worst[1] < 0.1, "method %d: %g at width 32, %g at 512", (int)method,
                worst[0], worst[1]);
    }
}
END_TEST

/* The call's own distances are those of two trainers side by side. */
START_TEST(test_comparison_is_that_of_two_trainers) {
    const double times[] = {4};
    train_world w;
    train_world_create(&w, 8, NTK_ACTIVATION_TANH, NTK_LOSS_LOGISTIC, true);
    ntk_trainer *const network = train_again(&w), *const linearised = train_again(&w);
    double f[SIZE], g[SIZE], weights[TRAIN_N], rms = 0, largest = 0, square = 0;
    for (int64_t i = 0; i < TRAIN_N; i++)
        weights[i] = 1 + 0.1 * (double)i;
    ASSERT_OK(ntk_trainer_set_model(linearised, NTK_MODEL_LINEARISED));
    ntk_trainer *const all[] = {w.trainer, network, linearised};
    for (int i = 0; i < 3; i++) {
        ASSERT_OK(ntk_trainer_set_sample_weights(all[i], TRAIN_N, weights));
        ASSERT_OK(ntk_trainer_set_batch(all[i], 5, 1));
        ASSERT_OK(ntk_trainer_set_momentum(all[i], 0.5));
    }
    ASSERT_OK(ntk_trainer_compare_linearised(w.trainer, 1, times, TRAIN_N, w.x, TRAIN_D, &rms, &largest));
    ASSERT_OK(ntk_trainer_advance(network, 4));
    ASSERT_OK(ntk_trainer_advance(linearised, 4));
    ASSERT_OK(ntk_trainer_predict(network, TRAIN_N, w.x, TRAIN_D, f, TRAIN_C));
    ASSERT_OK(ntk_trainer_predict(linearised, TRAIN_N, w.x, TRAIN_D, g, TRAIN_C));
    for (int64_t i = 0; i < SIZE; i++)
        square += (f[i] - g[i]) * (f[i] - g[i]) / SIZE;
    const double apart = train_apart(SIZE, f, g);
    ASSERT_SAME_BITS(&largest, &apart, 1);
    ASSERT_RELATIVE(rms, sqrt(square), SIZE * DBL_EPSILON);
    ntk_trainer_destroy(network);
    ntk_trainer_destroy(linearised);
    train_world_destroy(&w);
}
END_TEST

SUITE("train_flow", test_linearised_flow_is_that_of_function_space, test_linearised_descent_is_that_of_function_space,
      test_centred_models_begin_at_zero, test_descent_nears_the_flow, test_flows_of_all_losses_go_down,
      test_a_record_is_what_one_call_each_gives, test_drift_and_distance,
      test_wide_networks_are_near_their_linearisation, test_comparison_is_that_of_two_trainers)
