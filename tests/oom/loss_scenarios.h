/* The scenarios of losses. Included by test_oom.c after `world`. */

static int32_t loss_gradient(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    (void)user;
    for (int64_t i = 0; i < n * c; i++)
        gradient[i] = f[i] - y[i];
    return 0;
}

static ntk_status loss_create(world *w) { return ntk_loss_create(w->context, NTK_LOSS_HUBER, NULL, 0, MADE(ntk_loss)); }

static ntk_status loss_create_function(world *w) {
    return ntk_loss_create_function(w->context, loss_gradient, NULL, NULL, MADE(ntk_loss));
}

/* From rows with gaps: copies of both, the values and the gradient. */
static ntk_status loss_evaluate(world *w) {
    return ntk_loss_evaluate(w->loss, M, C, w->x, D, w->gram, N, w->variance, w->out, C);
}
