/* Derivatives of the kernel: differences, identities, rows without a direction. */
#include "tests/derivative_networks.h"

static double largest(int64_t count, const double *values) {
    double most = 0;
    for (int64_t i = 0; i < count; i++)
        most = fmax(most, fabs(values[i]));
    return most;
}

/* ---- differences ---- */

enum { FIRST_PIECEWISE = NTK_ACTIVATION_ELU, KINDS = NTK_ACTIVATION_RELU6 + 1 };

/* The central difference of order 6 with the step h: an error of h^6 K^(7) / 140, and 2 eps K / h from rounding; 1e-10
 * of K for h = 2^-7 and derivatives up to (5 / unit)^7 K. */
static const double step = 0x1p-9;
static const double weights[3] = {1.5, -0.6, 0.1};

static void add_difference(int64_t count, const double *high, const double *low, int k, double *sum) {
    for (int64_t i = 0; i < count; i++)
        sum[i] += weights[k - 1] * (high[i] - low[i]) / (2 * k * step);
}

static void input_differences(ntk_kernel *kernel, const double *x, const double *z, double *gradient) {
    double shifted[N * D], high[N * M], low[N * M], sum[N * M];
    for (int e = 0; e < D; e++) {
        memset(sum, 0, sizeof(sum));
        for (int k = 1; k <= 3; k++) {
            for (int i = 0; i < N * D; i++)
                shifted[i] = x[i] + (i % D == e ? k * step : 0);
            ASSERT_OK(ntk_kernel_cross(kernel, N, shifted, D, M, z, D, high, M));
            for (int i = 0; i < N * D; i++)
                shifted[i] = x[i] - (i % D == e ? k * step : 0);
            ASSERT_OK(ntk_kernel_cross(kernel, N, shifted, D, M, z, D, low, M));
            add_difference(N * M, high, low, k, sum);
        }
        for (int i = 0; i < N * M; i++)
            gradient[i * D + e] = sum[i];
    }
}

static void std_differences(ntk_context *context, int32_t kind, int32_t type, int which, int layer, const double *x,
                            const double *z, double *difference) {
    double values[2][N * M];
    memset(difference, 0, sizeof(values[0]));
    for (int k = 1; k <= 3; k++) {
        for (int side = 0; side < 2; side++) {
            stds moved = usual;
            (which == NTK_STD_WEIGHT ? moved.weight_std : moved.bias_std)[layer - 1] +=
                side == 0 ? k * step : -k * step;
            ntk_kernel *const kernel = make_kernel(context, kind, type, &moved);
            ASSERT_OK(ntk_kernel_cross(kernel, N, x, D, M, z, D, values[side], M));
            ntk_kernel_destroy(kernel);
        }
        add_difference(N * M, values[0], values[1], k, difference);
    }
}

static void compare(const char *what, int32_t kind, int32_t type, int64_t count, const double *got,
                    const double *expected, double size) {
    for (int64_t i = 0; i < count; i++)
        REQUIRE(fabs(got[i] - expected[i]) <= 1e-9 * size, "%s, %s, type %d, entry %d: %.17g, by differences %.17g",
                what, ntk_activation_kind_name(kind), type, (int)i, got[i], expected[i]);
}

/* All kinds: 1e-9 of the largest value allows the differences some 1e-10, and the series their tolerance, 1e-12, times
 * 100 terms or so. */
START_TEST(all_kinds_agree_with_differences) {
    ntk_context *const context = make_context();
    double x[N * D], z[M * D], k[N * M], got[N * M * D], expected[N * M * D];
    make_rows(41, x, z);
    for (int32_t kind = 0; kind < KINDS; kind++)
        for (int32_t type = 0; type < 2; type += (int32_t)suite_size(1, 2)) {
            ntk_kernel *const kernel = make_kernel(context, kind, type, &usual);
            ASSERT_OK(ntk_kernel_cross(kernel, N, x, D, M, z, D, k, M));
            const double size = largest(N * M, k);
            ASSERT_OK(ntk_kernel_cross_gradient(kernel, N, x, D, M, z, D, got));
            input_differences(kernel, x, z, expected);
            compare("gradient", kind, type, N * M * D, got, expected, size);
            for (int layer = 1; layer <= DEPTH; layer++)
                for (int which = 0; which < 2; which++) {
                    ASSERT_OK(ntk_kernel_cross_derivative(kernel, which, layer, N, x, D, M, z, D, got, M));
                    std_differences(context, kind, type, which, layer, x, z, expected);
                    compare(which == NTK_STD_WEIGHT ? "sw" : "sb", kind, type, N * M, got, expected, size);
                }
            ntk_kernel_destroy(kernel);
        }
    ntk_context_destroy(context);
}
END_TEST

/* Selections by the smaller norm meet a tie, without the rows being near. */
START_TEST(equal_norms) {
    static const double x[D] = {0.75, -0.5, 0.25}, z[D] = {0.25, 0.75, -0.5},
                        turned[2 * D] = {0.75, 0.5, 0.25, -0.75, 0.5, 0.25};
    ntk_context *const context = make_context();
    for (int32_t kind = 0; kind < KINDS; kind++)
        for (int32_t type = 0; type < 2; type += (int32_t)suite_size(1, 2))
            for (int biased = 0; biased < 2; biased++) {
                ntk_kernel *const kernel = make_kernel(context, kind, type, biased ? &usual : &unbiased);
                double rows[N * D], others[M * D], k[N * M], got[N * M * D], expected[N * M * D];
                for (int i = 0; i < N * D; i++)
                    rows[i] = x[i % D];
                for (int i = 0; i < M * D; i++)
                    others[i] = i < D ? z[i] : turned[(i - D) % (2 * D)];
                ASSERT_OK(ntk_kernel_cross(kernel, N, rows, D, M, others, D, k, M));
                ASSERT_OK(ntk_kernel_cross_gradient(kernel, N, rows, D, M, others, D, got));
                input_differences(kernel, rows, others, expected);
                compare("equal norms", kind, type, N * M * D, got, expected, largest(N * M, k));
                ntk_kernel_destroy(kernel);
            }
    ntk_context_destroy(context);
}
END_TEST

/* ---- identities ---- */

/* Without biases a ReLU network is homogeneous: x . dK/dx = K, and sw dK/dsw = 2 K for every layer. Each is a sum of
 * some 20 rounded terms of the size of K. */
START_TEST(homogeneous_networks) {
    static const int32_t kinds[] = {NTK_ACTIVATION_IDENTITY, NTK_ACTIVATION_RELU, NTK_ACTIVATION_LEAKY_RELU,
                                    NTK_ACTIVATION_ABS, NTK_ACTIVATION_NORMALISED_EXP};
    ntk_context *const context = make_context();
    double x[N * D], z[M * D], k[N * M], gradient[N * M * D], derivative[N * M], diagonal[N], k_diagonal[N];
    make_rows(42, x, z);
    for (int kind = 0; kind < 5; kind++)
        for (int32_t type = 0; type < 2; type += (int32_t)suite_size(1, 2)) {
            ntk_kernel *const kernel = make_kernel(context, kinds[kind], type, &unbiased);
            ASSERT_OK(ntk_kernel_cross(kernel, N, x, D, M, z, D, k, M));
            ASSERT_OK(ntk_kernel_diagonal(kernel, N, x, D, k_diagonal));
            ASSERT_OK(ntk_kernel_cross_gradient(kernel, N, x, D, M, z, D, gradient));
            const double error = 64 * DBL_EPSILON * largest(N * M, k);
            for (int i = 0; i < N * M; i++) {
                const double *const g = gradient + i * D, *const row = x + i / M * D;
                ASSERT_CLOSE(g[0] * row[0] + g[1] * row[1] + g[2] * row[2], k[i], error);
            }
            for (int layer = 1; layer <= DEPTH; layer++) {
                ASSERT_OK(ntk_kernel_cross_derivative(kernel, NTK_STD_WEIGHT, layer, N, x, D, M, z, D, derivative, M));
                for (int i = 0; i < N * M; i++)
                    ASSERT_CLOSE(unbiased.weight_std[layer - 1] * derivative[i], 2 * k[i], error);
                ASSERT_OK(ntk_kernel_diagonal_derivative(kernel, NTK_STD_WEIGHT, layer, N, x, D, diagonal));
                for (int i = 0; i < N; i++)
                    ASSERT_RELATIVE(unbiased.weight_std[layer - 1] * diagonal[i], 2 * k_diagonal[i], 64 * DBL_EPSILON);
                ASSERT_OK(ntk_kernel_cross_derivative(kernel, NTK_STD_BIAS, layer, N, x, D, M, z, D, derivative, M));
                for (int i = 0; i < N * M; i++)
                    ck_assert(derivative[i] == 0); /* K depends on sb^2 */
            }
            ntk_kernel_destroy(kernel);
        }
    ntk_context_destroy(context);
}
END_TEST

/* The last layer scales K of any network: sw dK/dsw + sb dK/dsb = 2 K. A series that is summed in another order, and to its
 * last term, may differ by what its bound allows. */
START_TEST(last_layer) {
    ntk_context *const context = make_context();
    double x[N * D], z[M * D], k[N * M], by_weight[N * M], by_bias[N * M];
    make_rows(43, x, z);
    for (int32_t kind = 0; kind < FIRST_PIECEWISE; kind++)
        for (int32_t type = 0; type < 2; type += (int32_t)suite_size(1, 2)) {
            ntk_kernel *const kernel = make_kernel(context, kind, type, &usual);
            double bound = 0;
            ASSERT_OK(ntk_kernel_cross(kernel, N, x, D, M, z, D, k, M));
            ASSERT_OK(ntk_kernel_get_error_bound(kernel, &bound));
            ASSERT_OK(ntk_kernel_cross_derivative(kernel, NTK_STD_WEIGHT, DEPTH, N, x, D, M, z, D, by_weight, M));
            ASSERT_OK(ntk_kernel_cross_derivative(kernel, NTK_STD_BIAS, DEPTH, N, x, D, M, z, D, by_bias, M));
            for (int i = 0; i < N * M; i++)
                ASSERT_CLOSE(usual.weight_std[DEPTH - 1] * by_weight[i] + usual.bias_std[DEPTH - 1] * by_bias[i],
                             2 * k[i], (64 * DBL_EPSILON + bound) * largest(N * M, k));
            ntk_kernel_destroy(kernel);
        }
    ntk_context_destroy(context);
}
END_TEST

/* Symmetric to the bit, with the diagonal's bits; equal rows have the diagonal's value up to rounding. */
START_TEST(symmetry) {
    ntk_context *const context = make_context();
    enum { ROWS = 150, WIDE = ROWS + 2 };
    static double x[ROWS * D], dk[ROWS * WIDE], diagonal[ROWS];
    uint64_t seed = 44;
    suite_fill(&seed, ROWS * D, x);
    memcpy(x + (ROWS - 1) * D, x, sizeof(double) * D);
    for (int32_t kind = 0; kind < FIRST_PIECEWISE; kind++) {
        ntk_kernel *const kernel = make_kernel(context, kind, kind % 2, &usual);
        suite_fill_canary(ROWS * WIDE, dk);
        ASSERT_OK(ntk_kernel_gram_derivative(kernel, NTK_STD_WEIGHT, 2, ROWS, x, D, dk, WIDE));
        ASSERT_OK(ntk_kernel_diagonal_derivative(kernel, NTK_STD_WEIGHT, 2, ROWS, x, D, diagonal));
        for (int i = 0; i < ROWS; i++) {
            ASSERT_SAME_BITS(&dk[i * WIDE + i], &diagonal[i], 1);
            ck_assert(suite_is_canary(WIDE - ROWS, dk + i * WIDE + ROWS));
            for (int j = 0; j < i; j++)
                ASSERT_SAME_BITS(&dk[i * WIDE + j], &dk[j * WIDE + i], 1);
        }
        ASSERT_CLOSE(dk[ROWS - 1], diagonal[0], 256 * DBL_EPSILON * fabs(diagonal[0]));
        ntk_kernel_destroy(kernel);
    }
    ntk_context_destroy(context);
}
END_TEST

/* At equal rows: half of the gradient of K(x,x), which is smooth. */
START_TEST(equal_rows) {
    ntk_context *const context = make_context();
    double x[N * D], z[M * D], gradient[D];
    make_rows(45, x, z);
    for (int32_t kind = 0; kind < KINDS; kind++)
        for (int32_t type = 0; type < 2; type += (int32_t)suite_size(1, 2)) {
            ntk_kernel *const kernel = make_kernel(context, kind, type, &usual);
            double own = 0;
            ASSERT_OK(ntk_kernel_cross_gradient(kernel, 1, x, D, 1, x, D, gradient));
            ASSERT_OK(ntk_kernel_diagonal(kernel, 1, x, D, &own));
            for (int e = 0; e < D; e++) {
                double difference = 0;
                for (int k = 1; k <= 3; k++) {
                    double shifted[2 * D], values[2];
                    for (int i = 0; i < 2 * D; i++)
                        shifted[i] = x[i % D] + (i == e ? k * step : i == D + e ? -k * step : 0);
                    ASSERT_OK(ntk_kernel_diagonal(kernel, 2, shifted, D, values));
                    add_difference(1, &values[0], &values[1], k, &difference);
                }
                compare("equal rows", kind, type, 1, &gradient[e], &(double){0.5 * difference}, fabs(own));
            }
            ntk_kernel_destroy(kernel);
        }
    ntk_context_destroy(context);
}
END_TEST

/* ---- rows without a direction, and of any length ---- */

/* erf, depth 2, no bias: K = sw^2 (2/pi) arcsin(2 S / sqrt((1 + 2q)(1 + 2q'))), so dK/dx at x = 0 is
 * sw^2 (4/pi) sw_1^2 / N_0 z / sqrt(1 + 2q'). */
START_TEST(zero_rows) {
    ntk_context *const context = make_context();
    ntk_kernel *const kernel = suite_kernel(context, D, 2, NTK_ACTIVATION_ERF, 1.25, 0, NTK_KERNEL_NNGP);
    const double zero[D] = {0, 0, 0}, z[D] = {0.5, -1.25, 2}, short_row[D] = {1e-130, 2e-130, 0};
    const double scale = 1.25 * 1.25 / D, q = scale * (0.25 + 1.5625 + 4), pi = 3.14159265358979323846;
    double gradient[D];
    for (int row = 0; row < 2; row++) {
        ASSERT_OK(ntk_kernel_cross_gradient(kernel, 1, row == 0 ? zero : short_row, D, 1, z, D, gradient));
        for (int e = 0; e < D; e++)
            ASSERT_RELATIVE(gradient[e], 1.25 * 1.25 * (4 / pi) * scale * z[e] / sqrt(1 + 2 * q), 16 * DBL_EPSILON);
    }
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
}
END_TEST

/* Whatever the lengths, everything is finite; exponentials and powers get lengths that they bear. */
START_TEST(every_length) {
    static const double lengths[] = {0, 1e-320, 1e-200, 1e-150, 1e-120, 1e-60, 1, 16, 1e60, 1e145};
    ntk_context *const context = make_context();
    double x[10 * D], gradient[100 * D], dk[100], direction[D] = {0.75, -0.5, 0.25};
    for (int i = 0; i < 10 * D; i++)
        x[i] = lengths[i / D] * (i / D % 2 == 0 ? direction[i % D] : -direction[(i + 1) % D]);
    for (int32_t kind = 0; kind < KINDS; kind++)
        for (int biased = 0; biased < 2; biased++) {
            const bool any = kind < NTK_ACTIVATION_EXP || kind == NTK_ACTIVATION_GAUSSIAN ||
                             kind == NTK_ACTIVATION_GABOR || kind == NTK_ACTIVATION_NORMALISED_EXP;
            const int64_t n = any ? 10 : 7;
            ntk_kernel *const kernel = make_kernel(context, kind, biased, biased ? &usual : &unbiased);
            ASSERT_OK(ntk_kernel_cross_gradient(kernel, n, x, D, n, x, D, gradient));
            ASSERT_OK(ntk_kernel_gram_derivative(kernel, NTK_STD_WEIGHT, 1, n, x, D, dk, n));
            ASSERT_OK(ntk_kernel_gram_derivative(kernel, NTK_STD_BIAS, 1, n, x, D, dk, n));
            ntk_kernel_destroy(kernel);
        }
    ntk_context_destroy(context);
}
END_TEST

SUITE("derivative", all_kinds_agree_with_differences, equal_norms, homogeneous_networks, last_layer, symmetry,
      equal_rows, zero_rows, every_length)
