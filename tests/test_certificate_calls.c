/* Certificates: bad arguments, kernels without certificates, cancellation. */
#include "tests/certificate_problem.h"

enum { BOX = NTK_CERTIFICATE_BOX };

#define REFUSE(status, word, call)                                                                                 \
    do {                                                                                                           \
        suite_fill_canary(p.m, p.radius);                                                                          \
        ASSERT_STATUS(status, call);                                                                               \
        REQUIRE(suite_mentions(ntk_context_last_error(context), word), "\"%s\"", ntk_context_last_error(context)); \
        ck_assert(suite_is_canary(p.m, p.radius));                                                                 \
    } while (0)
#define CALL(n, x, ldx, a, b, m, z, ldz, bounds, radius) \
    ntk_kernel_certificate(p.kernel, n, x, ldx, a, b, m, z, ldz, bounds, radius)

START_TEST(bad_arguments) {
    ntk_context *context = NULL;
    problem p;
    ASSERT_OK(ntk_context_create(&context));
    create(&p, context, 5, 3, 4, 0, NTK_KERNEL_NTK);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_certificate(NULL, 5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    REFUSE(NTK_ERR_NULL, "x", CALL(5, NULL, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    REFUSE(NTK_ERR_NULL, "a", CALL(5, p.x, 3, NULL, 0, 4, p.z, 3, BOX, p.radius));
    REFUSE(NTK_ERR_NULL, "z", CALL(5, p.x, 3, p.a, 0, 4, NULL, 3, BOX, p.radius));
    REFUSE(NTK_ERR_NULL, "radius", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, NULL));
    REFUSE(NTK_ERR_SIZE, "n", CALL(0, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    REFUSE(NTK_ERR_SIZE, "m", CALL(5, p.x, 3, p.a, 0, -1, p.z, 3, BOX, p.radius));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", CALL(5, p.x, 2, p.a, 0, 4, p.z, 3, BOX, p.radius));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldz", CALL(5, p.x, 3, p.a, 0, 4, p.z, 2, BOX, p.radius));
    REFUSE(NTK_ERR_OVERFLOW, "x", CALL(INT64_MAX, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    REFUSE(NTK_ERR_ENUM, "bounds", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, 2, p.radius));
    REFUSE(NTK_ERR_ALIAS, "radius", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.a));
    REFUSE(NTK_ERR_ALIAS, "radius", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.z));
    REFUSE(NTK_ERR_NOT_FINITE, "b", CALL(5, p.x, 3, p.a, NAN, 4, p.z, 3, BOX, p.radius));
    p.a[2] = INFINITY;
    REFUSE(NTK_ERR_NOT_FINITE, "a", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    p.a[2] = DBL_MAX;
    p.x[6] = 1e10;
    REFUSE(NTK_ERR_RANGE, "x", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    p.a[2] = 1;
    p.z[4] = 1e200;
    REFUSE(NTK_ERR_RANGE, "z", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    p.z[4] = NAN;
    REFUSE(NTK_ERR_NOT_FINITE, "z", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    destroy(&p);
    ntk_context_destroy(context);
}
END_TEST

/* Squares of lengths below 1e-154 leave the range: such rows are refused, unless they are 0 or do not count. */
START_TEST(short_rows) {
    static const double lengths[] = {5e-324, 1e-310, 1e-165, 1e-158, 1e-150, 0.9e-140};
    ntk_context *context = NULL;
    problem p;
    ASSERT_OK(ntk_context_create(&context));
    create(&p, context, 5, 3, 4, 0, NTK_KERNEL_NTK);
    for (size_t k = 0; k < sizeof(lengths) / sizeof(*lengths); k++) {
        double kept[3], a = p.a[2];
        memcpy(kept, p.x + 6, sizeof(kept));
        p.x[6] = p.x[7] = 0;
        p.x[8] = lengths[k];
        REFUSE(NTK_ERR_RANGE, "row 2 of x", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
        p.a[2] = 0;
        ASSERT_OK(CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
        p.a[2] = a;
        memcpy(p.x + 6, kept, sizeof(kept));
        memcpy(kept, p.z + 3, sizeof(kept));
        p.z[3] = p.z[4] = 0;
        p.z[5] = -lengths[k];
        REFUSE(NTK_ERR_RANGE, "row 1 of z", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
        memcpy(p.z + 3, kept, sizeof(kept));
    }
    p.x[6] = p.x[7] = p.z[3] = p.z[4] = 0;
    p.x[8] = 1.1e-140;
    p.z[5] = 1.1e-140;
    ASSERT_OK(CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    p.x[8] = p.z[5] = 0;
    ASSERT_OK(CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    destroy(&p);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(other_kernels) {
    ntk_context *context = NULL;
    problem p;
    ASSERT_OK(ntk_context_create(&context));
    create(&p, context, 5, 3, 4, 0, NTK_KERNEL_NTK);
    ntk_kernel *const own = p.kernel;
    static const int64_t depth[] = {1, 3, 2, 2};
    static const int32_t activation[] = {NTK_ACTIVATION_RELU, NTK_ACTIVATION_RELU, NTK_ACTIVATION_ERF,
                                         NTK_ACTIVATION_RELU};
    static const double bias[] = {0, 0, 0, 0.1};
    for (int k = 0; k < 4; k++) {
        p.kernel = suite_kernel(context, 3, depth[k], activation[k], 1, bias[k], NTK_KERNEL_NTK);
        REFUSE(NTK_ERR_UNSUPPORTED, "ReLU", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
        ntk_kernel_destroy(p.kernel);
    }
    ntk_mlp *mlp = NULL;
    const int64_t widths[] = {3, 5, 1};
    ASSERT_OK(ntk_mlp_create(context, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_kernel_create_monte_carlo(context, mlp, NTK_KERNEL_NTK, 2, 1, &p.kernel));
    REFUSE(NTK_ERR_UNSUPPORTED, "finite", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    ntk_kernel_destroy(p.kernel);
    ASSERT_OK(ntk_mlp_set_dropout(mlp, 1, 0.5));
    ASSERT_OK(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &p.kernel));
    REFUSE(NTK_ERR_UNSUPPORTED, "dropout", CALL(5, p.x, 3, p.a, 0, 4, p.z, 3, BOX, p.radius));
    ntk_kernel_destroy(p.kernel);
    ntk_mlp_destroy(mlp);
    p.kernel = own;
    destroy(&p);
    ntk_context_destroy(context);
}
END_TEST

static int32_t stop(double fraction, const char *phase, void *user) {
    (void)phase, (void)user;
    return fraction > 0.5;
}

START_TEST(cancelled) {
    ntk_context *context = NULL;
    problem p;
    ASSERT_OK(ntk_context_create(&context));
    create(&p, context, 5, 3, 100, 0, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_context_set_progress(context, stop, NULL));
    REFUSE(NTK_ERR_CANCELLED, "cancelled", CALL(5, p.x, 3, p.a, 0, p.m, p.z, 3, BOX, p.radius));
    destroy(&p);
    ntk_context_destroy(context);
}
END_TEST

SUITE("certificate_calls", bad_arguments, short_rows, other_kernels, cancelled)
