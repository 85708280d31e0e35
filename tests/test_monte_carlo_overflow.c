/* Values of Monte-Carlo kernels, and sums of them, beyond the range of their numbers. */
#include "tests/empirical_networks.h"

START_TEST(overflow) {
    const int64_t widths[] = {2, 3, 1}, networks = 4;
    const double x[] = {1e80, 1e80, 1, 1}, large[] = {1e160, 1e160, 1, 1};
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    double k[8];
    float k_f32[4];
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_kernel_create_monte_carlo(NULL, mlp, NTK_KERNEL_NTK, networks, 1, &kernel));
    ASSERT_OK(ntk_kernel_gram_estimates(kernel, 2, x, 2, 1, &networks, k, 2, NULL, 0));
    ck_assert(k[0] > 1e158 && isfinite(k[0]));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_gram_estimates(kernel, 2, x, 2, 1, &networks, k, 2, k + 4, 2));
    for (int e = 0; e < 8; e++)
        ck_assert(isnan(k[e]));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_gram(kernel, 2, large, 2, k, 2));
    const float narrow[] = {1e25f, 1e25f, 1, 1};
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_gram_f32(kernel, 2, narrow, 2, k_f32, 2));
    ck_assert(isnan(k_f32[0]) && isnan(k_f32[3]));
    k_f32[0] = 5;
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_diagonal_f32(kernel, 2, narrow, 2, k_f32));
    ck_assert(k_f32[0] == 5);
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
}
END_TEST

/* Linear networks of one hidden unit have the NNGP value c w_1 w_2 x_1 z_2 between (x_1, 0) and (0, z_2), of either sign.
 * Each of two is below the largest double, and their difference is not. */
START_TEST(opposite_networks) {
    const int64_t widths[] = {2, 1, 1}, networks = 2;
    double x[2] = {1, 0}, z[2] = {0, 1}, k[2] = {0, 0}, mean = 0, error = 0, size = 0;
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_IDENTITY, &mlp));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0));
    uint64_t seed = 0;
    for (; !(k[0] * k[1] < 0 && fabs(k[0]) < 1.5 * fabs(k[1]) && fabs(k[1]) < 1.5 * fabs(k[0])); seed++)
        for (uint64_t m = 0; m < 2; m++) {
            ASSERT_OK(ntk_kernel_create_monte_carlo(NULL, mlp, NTK_KERNEL_NNGP, 1, seed + m, &kernel));
            ASSERT_OK(ntk_kernel_cross(kernel, 1, x, 2, 1, z, 2, &k[m], 1));
            ntk_kernel_destroy(kernel);
        }
    size = sqrt(0.9 * DBL_MAX) / sqrt(fmax(fabs(k[0]), fabs(k[1])));
    x[0] = z[1] = size;
    ASSERT_OK(ntk_kernel_create_monte_carlo(NULL, mlp, NTK_KERNEL_NNGP, 2, seed - 1, &kernel));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_cross_estimates(kernel, 1, x, 2, 1, z, 2, 1, &networks, &mean, 1, NULL, 0));
    ck_assert(isnan(mean));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_kernel_cross(kernel, 1, x, 2, 1, z, 2, &mean, 1));
    x[0] = z[1] = 0.5 * size; /* a quarter: the difference fits, and its square does not */
    ASSERT_OK(ntk_kernel_cross(kernel, 1, x, 2, 1, z, 2, &mean, 1));
    ck_assert(fabs(mean) < 0.3 * DBL_MAX / 4);
    ASSERT_STATUS(NTK_ERR_RANGE,
                  ntk_kernel_cross_estimates(kernel, 1, x, 2, 1, z, 2, 1, &networks, &mean, 1, &error, 1));
    ck_assert(isnan(mean) && isnan(error));
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
}
END_TEST

SUITE("monte_carlo_overflow", overflow, opposite_networks)
