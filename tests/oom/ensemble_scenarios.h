/* The scenarios of ensembles. Included by test_oom.c after `world`. */

static ntk_status ensemble_create(world *w) {
    return ntk_ensemble_create(w->context, N, C, w->gram, N, w->gram, N, w->y, C, MADE(ntk_ensemble));
}

static ntk_status ensemble_create_from_kernels(world *w) {
    return ntk_ensemble_create_from_kernels(w->kernel, w->kernel, N, w->x, D, C, w->y, C, MADE(ntk_ensemble));
}

/* A regular NNGP, by way of a factorisation. */
static ntk_status ensemble_train(world *w) { return ntk_ensemble_train(w->ensemble, 1, NULL, 0, w->out, N, NULL); }

/* A singular one, by way of a second decomposition. */
static ntk_status ensemble_train_singular(world *w) {
    return ntk_ensemble_train(w->ensemble_at, 1, w->out, C, NULL, 0, w->out + N * C);
}

static ntk_status ensemble_train_last_layer(world *w) {
    return ntk_ensemble_train(w->last_layer, 1, w->out, C, NULL, 0, w->out + N * C);
}

static ntk_status ensemble_predict(world *w) {
    return ntk_ensemble_predict(w->ensemble, 1, M, w->cross, N, w->cross, N, NULL, 0, w->prior, w->out, C, NULL, 0,
                                w->variance);
}

static ntk_status ensemble_predict_last_layer(world *w) {
    return ntk_ensemble_predict(w->last_layer, INFINITY, M, NULL, 0, w->cross, N, NULL, 0, w->prior, w->out, C, NULL, 0,
                                w->variance);
}

static ntk_status ensemble_predict_at(world *w) {
    return ntk_ensemble_predict_at(w->ensemble_at, 1, M, w->z, D, w->out, C, w->out + M * C, M, w->variance);
}

/* The Gram matrix is singular; with I it is not. */
static void ensembles_create(world *w) {
    double *const regular = suite_doubles(N * N);
    for (int i = 0; i < N * N; i++)
        regular[i] = w->gram[i] + (i % (N + 1) == 0);
    ASSERT_OK(ntk_ensemble_create(w->context, N, C, w->gram, N, regular, N, w->y, C, &w->ensemble));
    ASSERT_OK(ntk_ensemble_create(w->context, N, C, NULL, 0, w->gram, N, w->y, C, &w->last_layer));
    ASSERT_OK(ntk_ensemble_create_from_kernels(w->kernel, w->kernel, N, w->x, D, C, w->y, C, &w->ensemble_at));
    free(regular);
}
