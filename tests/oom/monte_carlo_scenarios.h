/* The scenarios of Monte-Carlo kernels. Included by test_oom.c after `world`. */

static ntk_status kernel_create_monte_carlo(world *w) {
    return ntk_kernel_create_monte_carlo(w->context, w->mlp, NTK_KERNEL_NTK, 2, 60, MADE(ntk_kernel));
}

static ntk_status monte_carlo_gram(world *w) { return ntk_kernel_gram(w->monte_carlo, N, w->x, D, w->out, N); }

static ntk_status monte_carlo_diagonal(world *w) { return ntk_kernel_diagonal(w->monte_carlo, N, w->x, D, w->out); }

static ntk_status monte_carlo_apply(world *w) {
    return ntk_kernel_apply(w->monte_carlo, M, w->z, D, N, w->x, D, C, w->y, C, w->out, C);
}

static ntk_status monte_carlo_gram_f32(world *w) {
    static floats f;
    floats_of(w, &f);
    return keep(w, ntk_kernel_gram_f32(w->monte_carlo, N, f.x, D, f.out, N), N * N, &f);
}

/* Two means, and their errors: of fewer rows, so that they fit. */
static ntk_status kernel_gram_estimates(world *w) {
    static const int64_t networks[] = {2, 3};
    return ntk_kernel_gram_estimates(w->monte_carlo, ROWS, w->x, D, 2, networks, w->out, ROWS, w->out + 2 * ROWS * ROWS,
                                     ROWS);
}

static ntk_status kernel_cross_estimates(world *w) {
    static const int64_t networks[] = {3};
    return ntk_kernel_cross_estimates(w->monte_carlo, M, w->z, D, ROWS, w->x, D, 1, networks, w->out, ROWS,
                                      w->out + M * ROWS, ROWS);
}
