/* The scenarios of flows with steps, weights, other losses, several times. Included by test_oom.c after `world`. */

static const double oom_times[3] = {2, 0, 1};

static ntk_status flow_set_loss(world *w) { return ntk_flow_set_loss(w->flow, w->loss); }

static ntk_status flow_set_sample_weights(world *w) {
    double weights[N];
    for (int i = 0; i < N; i++)
        weights[i] = i % 3;
    return ntk_flow_set_sample_weights(w->flow, N, weights);
}

static ntk_status flow_set_start(world *w) { return ntk_flow_set_start(w->flow, w->y, C); }

static ntk_status flow_get_largest_learning_rate(world *w) {
    return ntk_flow_get_largest_learning_rate(w->flow, w->variance);
}

static ntk_status flow_get_largest_by_lanczos(world *w) {
    const ntk_status status = ntk_flow_set_solver(w->flow, NTK_FLOW_KRYLOV);
    return status != NTK_SUCCESS ? status : ntk_flow_get_largest_learning_rate(w->flow, w->variance);
}

/* What comes before the call that counts has all the memory it wants. */
static void with_memory(world *w, void (*prepare)(world *)) {
    const long fail_at = w->tracker.fail_at, count = atomic_load(&w->tracker.count);
    w->tracker.fail_at = -1;
    prepare(w);
    w->tracker.fail_at = fail_at;
    atomic_store(&w->tracker.count, count);
}

static void prepare_weights(world *w) {
    ASSERT_OK(flow_set_sample_weights(w));
    ASSERT_OK(flow_set_start(w));
}

static void prepare_weights_late(world *w) {
    int64_t rank;
    ASSERT_OK(ntk_flow_set_sample_weights(w->flow, 0, NULL));
    ASSERT_OK(ntk_flow_get_rank(w->flow, &rank));
    prepare_weights(w);
}

static void prepare_steps(world *w) {
    ntk_loss *loss = NULL;
    ASSERT_OK(ntk_loss_create(w->context, NTK_LOSS_HUBER, NULL, 0, &loss));
    ASSERT_OK(ntk_flow_set_loss(w->flow, loss));
    ASSERT_OK(ntk_flow_set_dynamics(w->flow, NTK_DYNAMICS_DESCENT));
    ntk_loss_destroy(loss);
}

/* A system of its own, and the origin f_0 + K a(0). */
static ntk_status flow_train_weighted(world *w) {
    with_memory(w, prepare_weights);
    return ntk_flow_train(w->flow, 1, w->out, C);
}

/* K comes back from its eigenvectors. */
static ntk_status flow_train_rebuilt(world *w) {
    with_memory(w, prepare_weights_late);
    return ntk_flow_train(w->flow, 1, w->out, C);
}

static ntk_status flow_train_krylov(world *w) {
    ntk_status status;
    if ((status = ntk_flow_set_solver(w->flow_at, NTK_FLOW_KRYLOV)) != NTK_SUCCESS ||
        (status = ntk_flow_set_weight_decay(w->flow_at, 0.1)) != NTK_SUCCESS)
        return status;
    return ntk_flow_train(w->flow_at, 100, w->out, C);
}

static ntk_status flow_train_steps(world *w) {
    with_memory(w, prepare_steps);
    return ntk_flow_train(w->flow, 3, w->out, C);
}

static ntk_status flow_train_times(world *w) { return ntk_flow_train_times(w->flow, 3, oom_times, w->out, C); }

static ntk_status flow_predict_times(world *w) {
    return ntk_flow_predict_times(w->flow, 3, oom_times, M, w->cross, N, NULL, 0, w->out, C);
}

static ntk_status flow_predict_at_times(world *w) {
    return ntk_flow_predict_at_times(w->flow_at, 3, oom_times, M, w->z, D, NULL, 0, w->out, C);
}

static ntk_status flow_get_cost(world *w) { return ntk_flow_get_cost(w->flow, 1, w->variance, w->variance + 1); }

static ntk_status flow_follow(world *w) {
    const double times[] = {0, 1, 5};
    return ntk_flow_follow(w->flow, 3, times, NAN, NAN, NULL, NULL, &w->integer);
}

static void flow_without_memory(ntk_flow *flow) {
    double value;
    int64_t count;
    ASSERT_OK(ntk_flow_set_reduction(flow, NTK_REDUCTION_SUM));
    ASSERT_OK(ntk_flow_set_dynamics(flow, NTK_DYNAMICS_DESCENT));
    ASSERT_OK(ntk_flow_set_momentum(flow, 0.5));
    ASSERT_OK(ntk_flow_set_solver(flow, NTK_FLOW_KRYLOV));
    ASSERT_OK(ntk_flow_set_tolerance(flow, 1e-3));
    ASSERT_OK(ntk_flow_get_tolerance(flow, &value));
    ASSERT_OK(ntk_flow_get_work(flow, &value, &count, &count));
}
