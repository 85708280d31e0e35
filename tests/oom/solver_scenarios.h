/* The scenarios of flows and Gaussian processes. Included by test_oom.c after `world`. */

static ntk_status flow_create(world *w) {
    return ntk_flow_create(w->context, N, C, w->gram, N, w->y, C, NTK_LOSS_SQUARED, MADE(ntk_flow));
}

static ntk_status flow_create_from_kernel(world *w) {
    return ntk_flow_create_from_kernel(w->kernel, N, w->x, D, C, w->y, C, NTK_LOSS_SQUARED, MADE(ntk_flow));
}

static ntk_status flow_set_initial(world *w) { return ntk_flow_set_initial(w->flow, w->y, C); }

static ntk_status flow_train(world *w) { return ntk_flow_train(w->flow, 1, w->out, C); }

static ntk_status flow_train_from_initial(world *w) { return ntk_flow_train(w->flow_at, 1, w->out, C); }

/* By way of a factorisation: with weight decay the singular Gram has one. */
static ntk_status flow_train_to_the_end(world *w) {
    const ntk_status status = ntk_flow_set_weight_decay(w->flow, 0.1);
    return status != NTK_SUCCESS ? status : ntk_flow_train(w->flow, INFINITY, w->out, C);
}

/* Without it, the factorisation fails and the decomposition follows. */
static ntk_status flow_train_singular(world *w) { return ntk_flow_train(w->flow, INFINITY, w->out, C); }

static ntk_status flow_get_coefficients(world *w) { return ntk_flow_get_coefficients(w->flow, 1, w->out, C); }

static ntk_status flow_get_rank(world *w) { return ntk_flow_get_rank(w->flow, &w->integer); }

static ntk_status flow_predict(world *w) { return ntk_flow_predict(w->flow, 1, M, w->cross, N, NULL, 0, w->out, C); }

static ntk_status flow_predict_in_place(world *w) {
    double f0[M * C], f[M * C]; /* f is f0: it must keep its values */
    memcpy(f0, w->cross, sizeof(f0));
    memcpy(f, f0, sizeof(f));
    const ntk_status status = ntk_flow_predict(w->flow, 1, M, w->cross, N, f, C, f, C);
    if (status != NTK_SUCCESS)
        ASSERT_SAME_BITS(f, f0, M * C);
    return status;
}

static ntk_status flow_predict_at(world *w) {
    return ntk_flow_predict_at(w->flow_at, 1, M, w->z, D, NULL, 0, w->out, C);
}

static ntk_status gp_create(world *w) {
    return ntk_gp_create(w->context, N, C, w->gram, N, w->y, C, 0.5, MADE(ntk_gp));
}

static ntk_status gp_create_from_kernel(world *w) {
    return ntk_gp_create_from_kernel(w->kernel, N, w->x, D, C, w->y, C, 0.5, MADE(ntk_gp));
}

static ntk_status gp_predict(world *w) {
    return ntk_gp_predict(w->gp, M, w->cross, N, w->prior, w->out, C, w->variance);
}

static ntk_status gp_predict_at(world *w) { return ntk_gp_predict_at(w->gp_at, M, w->z, D, w->out, C, w->variance); }
