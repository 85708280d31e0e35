/* The scenario of certificates, which need a network with one hidden layer. Included by test_oom.c after `world`. */

static void shallow_create(world *w) {
    const int64_t widths[] = {D, 4, 1};
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(w->context, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_kernel_create_analytic(w->context, mlp, NTK_KERNEL_NTK, &w->shallow));
    ntk_mlp_destroy(mlp);
}

static ntk_status kernel_certificate(world *w) {
    return ntk_kernel_certificate(w->shallow, N, w->x, D, w->y, 0.1, M, w->z, D, NTK_CERTIFICATE_BOX, w->out);
}
