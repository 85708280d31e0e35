/* The scenarios of trainers. Included by test_oom.c after `world`. */

static ntk_status trainer_create(world *w) {
    return ntk_trainer_create(w->network, N, w->x, D, w->y, C, w->loss, MADE(ntk_trainer));
}

/* The scenario's result: the parameters that the trainer has arrived at. */
static ntk_status arrived(world *w, ntk_trainer *trainer, ntk_status status) {
    return status == NTK_SUCCESS ? ntk_trainer_get_parameters(trainer, PARAMETERS, w->out) : status;
}

/* Three steps with momentum in batches, of the network less its outputs at the start. */
static ntk_status trainer_advance(world *w) {
    ntk_trainer *const trainer = w->trainer[0];
    double t = 0;
    ASSERT_OK(ntk_trainer_get_time(trainer, &t, NULL, NULL));
    if (t == 0) {
        ASSERT_OK(ntk_trainer_set_batch(trainer, 15, 1));
        ASSERT_OK(ntk_trainer_set_centred(trainer, 1));
        ASSERT_OK(ntk_trainer_set_momentum(trainer, 0.5));
    }
    return arrived(w, trainer, ntk_trainer_advance(trainer, 3));
}

static ntk_status trainer_advance_flow(world *w) {
    ntk_trainer *const trainer = w->trainer[0];
    double t = 0;
    ASSERT_OK(ntk_trainer_get_time(trainer, &t, NULL, NULL));
    if (t == 0) {
        ASSERT_OK(ntk_trainer_set_method(trainer, NTK_TRAIN_FLOW));
        ASSERT_OK(ntk_trainer_set_model(trainer, NTK_MODEL_LINEARISED));
    }
    return arrived(w, trainer, ntk_trainer_advance(trainer, 0.5));
}

/* The default, which takes many products; the other scenarios have one that is set. */
static ntk_status trainer_get_learning_rate(world *w) {
    ASSERT_OK(ntk_trainer_set_learning_rate(w->trainer[0], 0));
    return ntk_trainer_get_learning_rate(w->trainer[0], w->out);
}

static ntk_status trainer_set_sample_weights(world *w) {
    double weights[N];
    for (int i = 0; i < N; i++)
        weights[i] = 1 + i;
    return ntk_trainer_set_sample_weights(w->trainer[0], N, weights);
}

static ntk_status trainer_get_loss(world *w) { return ntk_trainer_get_loss(w->trainer[0], w->out); }

static ntk_status trainer_predict(world *w) { return ntk_trainer_predict(w->trainer[0], M, w->z, D, w->out, C); }

static ntk_status trainer_get_kernel_drift(world *w) {
    return ntk_trainer_get_kernel_drift(w->trainer[0], M, w->z, D, w->out);
}

static ntk_status trainer_get_network(world *w) { return ntk_trainer_get_network(w->trainer[0], MADE(ntk_network)); }

/* What was reached before a failure stands in the outputs of the next two; so by way of a block of its own. */
static ntk_status trainer_record(world *w) {
    const double times[] = {2, 2};
    return copy_scratch(w,
                        ntk_trainer_record(w->trainer[0], 2, times, M, w->z, D, scratch, scratch + 6, C, scratch + 2,
                                           scratch + 4, NULL),
                        6 + 2 * M * C);
}

/* After a failure the first trainer may have left time 0. */
static ntk_status trainer_compare_linearised(world *w) {
    const double times[] = {1, 3};
    ntk_status status = NTK_ERR_UNSUPPORTED;
    for (int i = 0; status == NTK_ERR_UNSUPPORTED && i < 2; i++)
        status = ntk_trainer_compare_linearised(w->trainer[i], 2, times, M, w->z, D, scratch, scratch + 2);
    return copy_scratch(w, status, 4);
}

static ntk_status trainer_save(world *w) { return ntk_trainer_save(w->trainer[0], w->run.path); }

static ntk_status trainer_restore(world *w) {
    return arrived(w, w->trainer[0], ntk_trainer_restore(w->trainer[0], w->run.path));
}

static void trainer_without_memory(ntk_trainer *trainer, double *out) {
    double t;
    ASSERT_OK(ntk_trainer_set_method(trainer, NTK_TRAIN_FLOW));
    ASSERT_OK(ntk_trainer_set_model(trainer, NTK_MODEL_LINEARISED));
    ASSERT_OK(ntk_trainer_set_learning_rate(trainer, 2));
    ASSERT_OK(ntk_trainer_set_momentum(trainer, 0.5));
    ASSERT_OK(ntk_trainer_set_batch(trainer, 2, 1));
    ASSERT_OK(ntk_trainer_set_weight_decay(trainer, 1));
    ASSERT_OK(ntk_trainer_set_initial_decay(trainer, 1));
    ASSERT_OK(ntk_trainer_set_centred(trainer, 1));
    ASSERT_OK(ntk_trainer_set_tolerance(trainer, 1e-3));
    ASSERT_OK(ntk_trainer_get_time(trainer, &t, NULL, NULL));
    ASSERT_OK(ntk_trainer_get_distance(trainer, &t));
    ASSERT_OK(ntk_trainer_get_parameters(trainer, PARAMETERS, out));
}
