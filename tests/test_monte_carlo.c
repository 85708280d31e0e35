/* Monte-Carlo kernels against a plain loop over networks, and against the kernel of infinite width. */
#include "tests/empirical_networks.h"

enum { N = 12, M = 7, NETWORKS = 9, SEED = 100 };

static ntk_kernel *monte_carlo(ntk_context *context, const ntk_mlp *mlp, int32_t type, int64_t networks) {
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_kernel_create_monte_carlo(context, mlp, type, networks, SEED, &kernel));
    return kernel;
}

/* ---- a plain loop ---- */

/* Mean and standard error of K(X,Z) over networks SEED ... SEED + networks - 1, in two passes. With `gram`, z is x. */
static void plain_loop(const ntk_mlp *mlp, int32_t type, int64_t networks, int64_t n, const double *x, int64_t m,
                       const double *z, double *mean, double *error) {
    const int64_t count = n * m;
    double *const all = suite_doubles(networks * count);
    for (int64_t s = 0; s < networks; s++) {
        ntk_network *network = NULL;
        ASSERT_OK(ntk_network_create(NULL, mlp, SEED + (uint64_t)s, &network));
        ntk_kernel *const kernel = kernel_of(network, type, NTK_OUTPUT_TRACE);
        ASSERT_OK(ntk_kernel_cross(kernel, n, x, INPUTS, m, z, INPUTS, all + s * count, m));
        ntk_kernel_destroy(kernel);
        ntk_network_destroy(network);
    }
    for (int64_t e = 0; e < count; e++) {
        double sum = 0, squares = 0;
        for (int64_t s = 0; s < networks; s++)
            sum += all[s * count + e];
        mean[e] = sum / (double)networks;
        for (int64_t s = 0; s < networks; s++)
            squares += (all[s * count + e] - mean[e]) * (all[s * count + e] - mean[e]);
        error[e] = sqrt(squares / (double)(networks * (networks - 1)));
    }
    free(all);
}

/* Inner products of up to 18 numbers a layer (three outputs of six units) in another order, 4 layers, M additions: some
 * 100 eps of the entries' size, |J| |J'|. A deviation is that wrong too, and the error is a mean of them. */
static void assert_estimates(int64_t count, const double *mean, const double *expected, const double *error,
                             const double *expected_error, double size) {
    for (int64_t e = 0; e < count; e++) {
        ASSERT_CLOSE(mean[e], expected[e], 200 * DBL_EPSILON * size);
        ASSERT_CLOSE(error[e], expected_error[e], 200 * DBL_EPSILON * size);
    }
}

/* Gram and rectangular matrices of a specification. */
static void check_against_loop(const ntk_mlp *mlp, int32_t type) {
    const int64_t networks = NETWORKS;
    double *const x = inputs_of(N, 1), *const z = inputs_of(M, 2);
    double largest = 0;
    double *const expected = suite_doubles(2 * N * N), *const got = suite_doubles(2 * N * N);
    ntk_kernel *const kernel = monte_carlo(NULL, mlp, type, networks);
    plain_loop(mlp, type, networks, N, x, N, x, expected, expected + N * N);
    for (int64_t i = 0; i < N; i++)
        largest = fmax(largest, expected[i * N + i] + (double)networks * expected[N * N + i * N + i]);
    ASSERT_OK(ntk_kernel_gram_estimates(kernel, N, x, INPUTS, 1, &networks, got, N, got + N * N, N));
    assert_estimates(N * N, got, expected, got + N * N, expected + N * N, largest);
    plain_loop(mlp, type, networks, N, x, M, z, expected, expected + N * M);
    ASSERT_OK(ntk_kernel_cross_estimates(kernel, N, x, INPUTS, M, z, INPUTS, 1, &networks, got, M, got + N * M, M));
    assert_estimates(N * M, got, expected, got + N * M, expected + N * M, 4 * largest); /* rows of z may be longer */
    ntk_kernel_destroy(kernel);
    free(got);
    free(expected);
    free(z);
    free(x);
}

START_TEST(against_a_loop) {
    static const int options[] = {0, STANDARD, SKIPS | NORMALISED, RATES | STANDARD, FROZEN};
    for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++)
        for (size_t o = 0; o < sizeof(options) / sizeof(*options); o++) {
            ntk_mlp *const mlp = mlp_of(o % 2 == 0 ? NTK_ACTIVATION_RELU : NTK_ACTIVATION_TANH, options[o]);
            check_against_loop(mlp, type);
            ntk_mlp_destroy(mlp);
        }
}
END_TEST

/* ---- bits ---- */

/* Estimates in one pass have the bits of separate, shorter runs; NULL as error changes nothing; leading dimensions. */
START_TEST(prefixes) {
    static const int64_t networks[] = {2, 3, 8};
    enum { COUNT = 3, LD = N + 2 };
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_GELU, 0);
    ntk_kernel *const all = monte_carlo(NULL, mlp, NTK_KERNEL_NTK, NETWORKS);
    double *const x = inputs_of(N, 1), *const z = inputs_of(M, 2);
    double *const mean = suite_doubles(COUNT * N * LD), *const error = suite_doubles(COUNT * N * N);
    double *const one = suite_doubles(2 * N * N);
    suite_fill_canary(COUNT * N * LD, mean);
    ASSERT_OK(ntk_kernel_gram_estimates(all, N, x, INPUTS, COUNT, networks, mean, LD, error, N));
    for (int s = 0; s < COUNT; s++) {
        ntk_kernel *const some = monte_carlo(NULL, mlp, NTK_KERNEL_NTK, networks[s]);
        ASSERT_OK(ntk_kernel_gram_estimates(some, N, x, INPUTS, 1, &networks[s], one, N, one + N * N, N));
        ASSERT_SAME_BITS(one + N * N, error + s * N * N, N * N);
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t i = 0; i < N; i++) {
                ASSERT_SAME_BITS(one + i * N, mean + (s * N + i) * LD, N);
                ck_assert(suite_is_canary(LD - N, mean + (s * N + i) * LD + N));
            }
            ASSERT_OK(ntk_kernel_gram(some, N, x, INPUTS, one, N));
        }
        ntk_kernel_destroy(some);
    }
    ASSERT_OK(ntk_kernel_cross_estimates(all, N, x, INPUTS, M, z, INPUTS, COUNT, networks, mean, M, NULL, 0));
    ASSERT_OK(ntk_kernel_cross_estimates(all, N, x, INPUTS, M, z, INPUTS, COUNT, networks, error, M, one, M));
    ASSERT_SAME_BITS(mean, error, COUNT * N * M);
    ntk_kernel_destroy(all);
    ntk_mlp_destroy(mlp);
    free(one);
    free(error);
    free(mean);
    free(z);
    free(x);
}
END_TEST

/* The Gram matrix is exactly symmetric, as are the errors, with the diagonal of ntk_kernel_diagonal() to the bit; and the
 * same call gives the same bits, whatever was called in between. */
START_TEST(symmetry_and_diagonal) {
    const int64_t networks = NETWORKS;
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_ERF, SKIPS);
    ntk_kernel *const kernel = monte_carlo(NULL, mlp, NTK_KERNEL_NTK, networks);
    double *const x = inputs_of(N, 1), *const k = suite_doubles(4 * N * N);
    double *const error = k + N * N, *const again = k + 2 * N * N, *const diagonal = k + 3 * N * N;
    ASSERT_OK(ntk_kernel_gram_estimates(kernel, N, x, INPUTS, 1, &networks, k, N, error, N));
    ASSERT_OK(ntk_kernel_diagonal(kernel, N, x, INPUTS, diagonal));
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, again, N));
    ASSERT_SAME_BITS(k, again, N * N);
    for (int64_t i = 0; i < N; i++) {
        ck_assert(k[i * N + i] == diagonal[i]);
        for (int64_t j = 0; j < N; j++)
            ck_assert(k[i * N + j] == k[j * N + i] && error[i * N + j] == error[j * N + i] && error[i * N + j] > 0);
    }
    ASSERT_OK(ntk_kernel_gram_packed(kernel, N, x, INPUTS, again));
    for (int64_t j = 0; j < N;
         j++) /* rows of N + 1 numbers: K(j, i) from j + 1 on, and before that, of the second half, */
        for (int64_t i = j; i < N; i++) { /* K(N / 2 + i, N / 2 + j) at place j of row i; entries: c eps |J| |J'| */
            const double entry = j < N / 2 ? again[j * (N + 1) + 1 + i] : again[(i - N / 2) * (N + 1) + j - N / 2];
            ASSERT_CLOSE(entry, k[j * N + i], 200 * DBL_EPSILON * sqrt(diagonal[i] * diagonal[j]));
        }
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    free(k);
    free(x);
}
END_TEST

/* Of one network it is that network's kernel, to the bit; seeds go on from 2^64 - 1 at 0. */
START_TEST(one_network) {
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_RELU, 0);
    double *const x = inputs_of(N, 1), *const k = suite_doubles(3 * N * N);
    ntk_network *network = NULL;
    ntk_kernel *kernel = NULL;
    for (int s = 0; s < 2; s++) { /* of the seeds 2^64 - 1 and 0 */
        ASSERT_OK(ntk_network_create(NULL, mlp, s == 0 ? UINT64_MAX : 0, &network));
        kernel = kernel_of(network, NTK_KERNEL_NTK, NTK_OUTPUT_TRACE);
        ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, k + s * N * N, N));
        ntk_kernel_destroy(kernel);
        ntk_network_destroy(network);
    }
    ASSERT_OK(ntk_kernel_create_monte_carlo(NULL, mlp, NTK_KERNEL_NTK, 1, 0, &kernel));
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, k + 2 * N * N, N));
    ASSERT_SAME_BITS(k + N * N, k + 2 * N * N, N * N);
    ntk_kernel_destroy(kernel);
    ASSERT_OK(ntk_kernel_create_monte_carlo(NULL, mlp, NTK_KERNEL_NTK, 2, UINT64_MAX, &kernel));
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, k + 2 * N * N, N));
    for (int64_t e = 0; e < N * N; e++) /* a difference, a half, a sum */
        ASSERT_CLOSE(k[2 * N * N + e], 0.5 * (k[e] + k[N * N + e]),
                     4 * DBL_EPSILON * (fabs(k[e]) + fabs(k[N * N + e])));
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    free(k);
    free(x);
}
END_TEST

/* Sizes of which parameters, rows of sums and rows of passes each make several tasks. */
START_TEST(any_number_of_threads) {
    const int64_t many = suite_size(250, 150), networks[] = {2, 5}, numbers = 4 * many * many;
    const int64_t widths[] = {INPUTS, 256, 256, 2};
    double *const first = suite_doubles(numbers), *const k = suite_doubles(numbers);
    double *const x = inputs_of(many, 1);
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, 3, widths, NTK_ACTIVATION_GELU, &mlp));
    for (int32_t threads = 1; threads <= 3; threads++) {
        ntk_context *context = NULL;
        ASSERT_OK(ntk_context_create(&context));
        ASSERT_OK(ntk_context_set_threads(context, threads));
        ntk_kernel *const kernel = monte_carlo(context, mlp, NTK_KERNEL_NTK, 5);
        ASSERT_OK(ntk_kernel_gram_estimates(kernel, many, x, INPUTS, 2, networks, k, many, k + 2 * many * many, many));
        if (threads == 1)
            memcpy(first, k, sizeof(double) * (size_t)numbers);
        ASSERT_SAME_BITS(first, k, numbers);
        ntk_kernel_destroy(kernel);
        ntk_context_destroy(context);
    }
    ntk_mlp_destroy(mlp);
    free(x);
    free(k);
    free(first);
}
END_TEST

/* ---- what uses the kernel ---- */

/* K(X,Z) A by either way of the empirical kernel (few and many columns) against the matrix: m products of numbers of size
 * |K| and 1. */
START_TEST(apply) {
    static const int64_t columns[] = {1, 40};
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_TANH, RATES);
    ntk_kernel *const kernel = monte_carlo(NULL, mlp, NTK_KERNEL_NTK, NETWORKS);
    double *const x = inputs_of(N, 1), *const z = inputs_of(M, 2), *const k = suite_doubles(N * M + N);
    ASSERT_OK(ntk_kernel_cross(kernel, N, x, INPUTS, M, z, INPUTS, k, M));
    ASSERT_OK(ntk_kernel_diagonal(kernel, N, x, INPUTS, k + N * M));
    double size = 0;
    for (int64_t i = 0; i < N; i++)
        size = fmax(size, k[N * M + i]);
    for (int s = 0; s < 2; s++) {
        const int64_t c = columns[s];
        uint64_t seed = 5;
        double *const a = suite_doubles(M * c), *const out = suite_doubles(N * c);
        suite_fill(&seed, M * c, a);
        ASSERT_OK(ntk_kernel_apply(kernel, N, x, INPUTS, M, z, INPUTS, c, a, c, out, c));
        for (int64_t i = 0; i < N; i++)
            for (int64_t j = 0; j < c; j++) {
                double sum = 0;
                for (int64_t e = 0; e < M; e++)
                    sum += k[i * M + e] * a[e * c + j];
                ASSERT_CLOSE(out[i * c + j], sum, 100 * M * DBL_EPSILON * size);
            }
        free(out);
        free(a);
    }
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    free(k);
    free(z);
    free(x);
}
END_TEST

static void assert_rounded(int64_t count, const float *out, const double *k) {
    for (int64_t i = 0; i < count; i++)
        ck_assert(out[i] == (float)k[i]);
}

static void check_single_precision(int64_t networks) {
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_RELU, 0);
    ntk_kernel *const kernel = monte_carlo(NULL, mlp, NTK_KERNEL_NTK, networks);
    double *const x = inputs_of(N, 1), *const z = inputs_of(M, 2), *const k = suite_doubles(N * N);
    float *const narrow_x = floats_of(N * INPUTS, x), *const narrow_z = floats_of(M * INPUTS, z);
    float *const out = malloc(sizeof(float) * N * N);
    widen(N * INPUTS, narrow_x, x);
    widen(M * INPUTS, narrow_z, z);
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, k, N));
    ASSERT_OK(ntk_kernel_gram_f32(kernel, N, narrow_x, INPUTS, out, N));
    assert_rounded(N * N, out, k);
    ASSERT_OK(ntk_kernel_cross(kernel, N, x, INPUTS, M, z, INPUTS, k, M));
    ASSERT_OK(ntk_kernel_cross_f32(kernel, N, narrow_x, INPUTS, M, narrow_z, INPUTS, out, M));
    assert_rounded(N * M, out, k);
    ASSERT_OK(ntk_kernel_diagonal(kernel, N, x, INPUTS, k));
    ASSERT_OK(ntk_kernel_diagonal_f32(kernel, N, narrow_x, INPUTS, out));
    assert_rounded(N, out, k);
    ASSERT_OK(ntk_kernel_apply(kernel, N, x, INPUTS, M, z, INPUTS, INPUTS, z, INPUTS, k, INPUTS));
    ASSERT_OK(
        ntk_kernel_apply_f32(kernel, N, narrow_x, INPUTS, M, narrow_z, INPUTS, INPUTS, narrow_z, INPUTS, out, INPUTS));
    assert_rounded(N * INPUTS, out, k);
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    free(out);
    free(narrow_z);
    free(narrow_x);
    free(k);
    free(z);
    free(x);
}

/* In single precision: the rounded values of the same floats. One network is not drawn anew, so that features could
 * survive from call to call. */
START_TEST(single_precision) {
    check_single_precision(1);
    check_single_precision(NETWORKS);
}
END_TEST

/* Flows and processes: those of the kernel's matrices. The ridge keeps condition numbers near 100. */
START_TEST(solvers) {
    ntk_mlp *const mlp = mlp_of(NTK_ACTIVATION_ERF, 0);
    ntk_kernel *const kernel = monte_carlo(NULL, mlp, NTK_KERNEL_NTK, NETWORKS);
    double *const x = inputs_of(N, 1), *const z = inputs_of(M, 2), *const y = inputs_of(N, 3);
    double *const k = suite_doubles(2 * N * N), *const out = suite_doubles(4 * N), *const cross = k + N * N;
    ntk_flow *flow = NULL, *same_flow = NULL;
    ntk_gp *gp = NULL, *same_gp = NULL;
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, k, N));
    ASSERT_OK(ntk_kernel_cross(kernel, M, z, INPUTS, N, x, INPUTS, cross, N));
    ASSERT_OK(ntk_flow_create_from_kernel(kernel, N, x, INPUTS, 1, y, 1, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_create(NULL, N, 1, k, N, y, 1, NTK_LOSS_SQUARED, &same_flow));
    ASSERT_OK(ntk_gp_create_from_kernel(kernel, N, x, INPUTS, 1, y, 1, 0.1, &gp));
    ASSERT_OK(ntk_gp_create(NULL, N, 1, k, N, y, 1, 0.1, &same_gp));
    ntk_kernel_destroy(kernel); /* they hold it */
    ntk_mlp_destroy(mlp);
    ASSERT_OK(ntk_flow_predict_at(flow, 3, M, z, INPUTS, NULL, 0, out, 1));
    ASSERT_OK(ntk_flow_predict(same_flow, 3, M, cross, N, NULL, 0, out + N, 1));
    ASSERT_OK(ntk_gp_predict_at(gp, M, z, INPUTS, out + 2 * N, 1, NULL));
    ASSERT_OK(ntk_gp_predict(same_gp, M, cross, N, NULL, out + 3 * N, 1, NULL));
    double size = 0;
    for (int64_t i = 0; i < M * N; i++)
        size = fmax(size, fabs(cross[i]));
    for (int64_t i = 0; i < M; i++) {
        ASSERT_CLOSE(out[i], out[N + i], 1000 * DBL_EPSILON * N * size);
        ASSERT_CLOSE(out[2 * N + i], out[3 * N + i], 1000 * DBL_EPSILON * N * size / 0.1);
    }
    ntk_gp_destroy(same_gp);
    ntk_gp_destroy(gp);
    ntk_flow_destroy(same_flow);
    ntk_flow_destroy(flow);
    free(out);
    free(k);
    free(y);
    free(z);
    free(x);
}
END_TEST

/* ---- the theory ---- */

static ntk_mlp *one_hidden_layer(int32_t kind, int64_t width, int32_t parameterisation) {
    const int64_t widths[] = {INPUTS, width, 2};
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, kind, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 1.5));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.5));
    ASSERT_OK(ntk_mlp_set_parameterisation(mlp, parameterisation));
    return mlp;
}

/* With one hidden layer the expectation over networks is the kernel of infinite width at any width: the mean is within 5
 * of its standard errors, which one entry of a million misses, and the errors are small. */
START_TEST(infinite_width) {
    enum { ROWS = 6 };
    const int64_t networks = suite_size(1000, 300);
    double *const x = inputs_of(ROWS, 1), *const k = suite_doubles(3 * ROWS * ROWS);
    double *const mean = k + ROWS * ROWS, *const error = mean + ROWS * ROWS;
    for (int run = 0; run < 8; run++) {
        const int32_t type = run & 1 ? NTK_KERNEL_NNGP : NTK_KERNEL_NTK;
        const int32_t kind = run & 2 ? NTK_ACTIVATION_RELU : NTK_ACTIVATION_TANH;
        ntk_mlp *const mlp =
            one_hidden_layer(kind, 32, run & 4 ? NTK_PARAMETERISATION_STANDARD : NTK_PARAMETERISATION_NTK);
        ntk_kernel *analytic = NULL, *const kernel = monte_carlo(NULL, mlp, type, networks);
        ASSERT_OK(ntk_kernel_create_analytic(NULL, mlp, type, &analytic));
        ASSERT_OK(ntk_kernel_gram(analytic, ROWS, x, INPUTS, k, ROWS));
        ASSERT_OK(ntk_kernel_gram_estimates(kernel, ROWS, x, INPUTS, 1, &networks, mean, ROWS, error, ROWS));
        for (int64_t e = 0; e < ROWS * ROWS; e++) {
            ASSERT_CLOSE(mean[e], k[e], 5 * error[e]);
            ck_assert(error[e] > 0 && error[e] < 0.03 * k[e / ROWS * (ROWS + 1)]);
        }
        ntk_kernel_destroy(analytic);
        ntk_kernel_destroy(kernel);
        ntk_mlp_destroy(mlp);
    }
    free(k);
    free(x);
}
END_TEST

/* The root mean square of the errors after M networks. */
static double error_of(int64_t width, int64_t networks) {
    enum { ROWS = 6 };
    double *const x = inputs_of(ROWS, 1), *const mean = suite_doubles(2 * ROWS * ROWS),
                  *const error = mean + ROWS * ROWS;
    double sum = 0;
    ntk_mlp *const mlp = one_hidden_layer(NTK_ACTIVATION_ERF, width, NTK_PARAMETERISATION_NTK);
    ntk_kernel *const kernel = monte_carlo(NULL, mlp, NTK_KERNEL_NTK, networks);
    ASSERT_OK(ntk_kernel_gram_estimates(kernel, ROWS, x, INPUTS, 1, &networks, mean, ROWS, error, ROWS));
    for (int64_t e = 0; e < ROWS * ROWS; e++)
        sum += error[e] * error[e];
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    free(mean);
    free(x);
    return sqrt(sum) / ROWS;
}

/* (M width)^(-1/2). A standard deviation from 100 networks is uncertain by 7 % to 10 %, and so are the ratios: three times
 * that is allowed. */
START_TEST(errors_fall) {
    const double start = error_of(32, 100);
    ASSERT_RELATIVE(start / error_of(32, 1600), 4, 0.3);
    ASSERT_RELATIVE(start / error_of(512, 100), 4, 0.3);
}
END_TEST

SUITE("monte_carlo", against_a_loop, prefixes, symmetry_and_diagonal, one_network, any_number_of_threads, apply,
      single_precision, solvers, infinite_width, errors_fall)
