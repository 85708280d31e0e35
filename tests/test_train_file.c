/* Runs in files: a restored run goes on with the same bits, and what is no run of this trainer is refused. */
#include "tests/folder.h"
#include "tests/train_networks.h"

typedef struct {
    int32_t method, model;
    double momentum;
    int64_t batch;
    bool weights, centred;
} run_plan;

static void follow(ntk_trainer *trainer, const run_plan *plan) {
    double weights[TRAIN_N];
    for (int64_t i = 0; i < TRAIN_N; i++)
        weights[i] = 0.5 + 0.1 * (double)i;
    ASSERT_OK(ntk_trainer_set_method(trainer, plan->method));
    ASSERT_OK(ntk_trainer_set_model(trainer, plan->model));
    ASSERT_OK(ntk_trainer_set_momentum(trainer, plan->momentum));
    ASSERT_OK(ntk_trainer_set_batch(trainer, plan->batch, 9));
    ASSERT_OK(ntk_trainer_set_centred(trainer, plan->centred));
    ASSERT_OK(ntk_trainer_set_weight_decay(trainer, 1e-3));
    ASSERT_OK(ntk_trainer_set_tolerance(trainer, 1e-3));
    if (plan->weights)
        ASSERT_OK(ntk_trainer_set_sample_weights(trainer, TRAIN_N, weights));
}

static void check_restart(const run_plan *plan, double middle) {
    train_world w;
    suite_folder at;
    suite_folder_create(&at, "run.ntk");
    train_world_create(&w, 8, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, true);
    follow(w.trainer, plan);
    ASSERT_OK(ntk_trainer_advance(w.trainer, middle));
    ASSERT_OK(ntk_trainer_save(w.trainer, at.path));
    ASSERT_OK(ntk_trainer_advance(w.trainer, 20));
    /* Parameters are in the file: the other network may have any. */
    ASSERT_OK(ntk_network_randomise(w.network, 99));
    ntk_trainer *const other = train_again(&w);
    ASSERT_OK(ntk_trainer_restore(other, at.path));
    double t = 0, first = 0, second = 0;
    int64_t steps[2], evaluations[2];
    ASSERT_OK(ntk_trainer_get_time(other, &t, NULL, NULL));
    ck_assert(t == middle);
    ASSERT_OK(ntk_trainer_advance(other, 20));
    double *const a = train_theta(w.trainer, w.p), *const b = train_theta(other, w.p);
    ASSERT_SAME_BITS(a, b, w.p);
    ASSERT_OK(ntk_trainer_get_distance(w.trainer, &first));
    ASSERT_OK(ntk_trainer_get_distance(other, &second));
    ASSERT_SAME_BITS(&first, &second, 1);
    ASSERT_OK(ntk_trainer_get_loss(w.trainer, &first));
    ASSERT_OK(ntk_trainer_get_loss(other, &second));
    ASSERT_SAME_BITS(&first, &second, 1);
    ASSERT_OK(ntk_trainer_get_time(w.trainer, NULL, &steps[0], &evaluations[0]));
    ASSERT_OK(ntk_trainer_get_time(other, NULL, &steps[1], &evaluations[1]));
    ck_assert(steps[0] == steps[1] && evaluations[0] == evaluations[1]);
    free(a), free(b);
    ntk_trainer_destroy(other);
    train_world_destroy(&w);
    suite_folder_remove(&at);
}

START_TEST(test_restored_runs_go_on_with_the_same_bits) {
    const run_plan plans[] = {{.method = NTK_TRAIN_DESCENT},
                              {.method = NTK_TRAIN_DESCENT, .momentum = 0.5, .batch = 5, .weights = true},
                              {.method = NTK_TRAIN_DESCENT, .momentum = 0.5, .batch = 5, .centred = true},
                              {.method = NTK_TRAIN_DESCENT, .model = NTK_MODEL_LINEARISED, .momentum = 0.25},
                              {.method = NTK_TRAIN_FLOW},
                              {.method = NTK_TRAIN_FLOW, .model = NTK_MODEL_LINEARISED, .weights = true}};
    for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++) {
        check_restart(&plans[i], 7);
        check_restart(&plans[i], 0);
        if (plans[i].method == NTK_TRAIN_FLOW)
            check_restart(&plans[i], 0.3);
    }
}
END_TEST

/* ---- refusals ---- */

static void refuse(ntk_trainer *trainer, const char *path, ntk_status expected, int64_t p) {
    double *const before = train_theta(trainer, p);
    const ntk_status status = ntk_trainer_restore(trainer, path);
    REQUIRE(status == expected, "%s, expected %s", ntk_status_name(status), ntk_status_name(expected));
    double *const after = train_theta(trainer, p);
    ASSERT_SAME_BITS(before, after, p);
    free(before), free(after);
}

/* Every byte changed, and the file cut off at every place or with a byte more. */
START_TEST(test_damaged_files_are_refused) {
    train_world w;
    suite_folder at;
    size_t size = 0;
    suite_folder_create(&at, "run.ntk");
    train_world_create(&w, 2, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ASSERT_OK(ntk_trainer_set_learning_rate(w.trainer, 0.1));
    ASSERT_OK(ntk_trainer_advance(w.trainer, 2));
    ASSERT_OK(ntk_trainer_save(w.trainer, at.path));
    unsigned char *const bytes = suite_read(at.path, &size);
    ck_assert_uint_eq(size, 16 + 8 * 30 + 16 + 2 * 8 * (size_t)w.p);
    for (size_t i = 0; i < size; i += (size_t)suite_size(1, 17)) {
        bytes[i] ^= 0x10;
        suite_write(at.path, size, bytes);
        refuse(w.trainer, at.path, NTK_ERR_FORMAT, w.p);
        bytes[i] ^= 0x10;
        suite_write(at.path, i, bytes);
        refuse(w.trainer, at.path, NTK_ERR_FORMAT, w.p);
    }
    unsigned char *const longer = malloc(size + 1);
    ck_assert_ptr_nonnull(longer);
    memcpy(longer, bytes, size);
    longer[size] = 0;
    suite_write(at.path, size + 1, longer);
    refuse(w.trainer, at.path, NTK_ERR_FORMAT, w.p);
    suite_write(at.path, size, bytes);
    ASSERT_OK(ntk_trainer_restore(w.trainer, at.path));
    free(bytes), free(longer);
    train_world_destroy(&w);
    suite_folder_remove(&at);
}
END_TEST

START_TEST(test_runs_of_others_are_refused) {
    train_world w, wider;
    suite_folder at;
    suite_folder_create(&at, "run.ntk");
    train_world_create(&w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    train_world_create(&wider, 5, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ASSERT_OK(ntk_trainer_save(w.trainer, at.path));
    refuse(wider.trainer, at.path, NTK_ERR_DOMAIN, wider.p);
    w.y[3] += 1e-9;
    ntk_trainer *const other_data = train_again(&w);
    refuse(other_data, at.path, NTK_ERR_DOMAIN, w.p);
    w.y[3] -= 1e-9;
    ntk_loss *loss = NULL;
    ntk_trainer *other_loss = NULL;
    ASSERT_OK(ntk_loss_create(w.context, NTK_LOSS_HUBER, NULL, 0, &loss));
    ASSERT_OK(ntk_trainer_create(w.network, TRAIN_N, w.x, TRAIN_D, w.y, TRAIN_C, loss, &other_loss));
    refuse(other_loss, at.path, NTK_ERR_DOMAIN, w.p);
    ASSERT_OK(ntk_network_save(w.network, at.path));
    refuse(w.trainer, at.path, NTK_ERR_FORMAT, w.p);
    ASSERT_STATUS(NTK_ERR_IO, ntk_trainer_restore(w.trainer, "/nowhere/run.ntk"));
    ASSERT_STATUS(NTK_ERR_IO, ntk_trainer_save(w.trainer, "/nowhere/run.ntk"));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_trainer_save(w.trainer, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_trainer_restore(w.trainer, NULL));
    ntk_trainer_destroy(other_data);
    ntk_trainer_destroy(other_loss);
    ntk_loss_destroy(loss);
    train_world_destroy(&w);
    train_world_destroy(&wider);
    suite_folder_remove(&at);
}
END_TEST

SUITE("train_file", test_restored_runs_go_on_with_the_same_bits, test_damaged_files_are_refused,
      test_runs_of_others_are_refused)
