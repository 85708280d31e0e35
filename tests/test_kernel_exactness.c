/* What holds exactly for every analytic kernel: symmetry, equal rows, the same bits again; and what holds to the
 * rounding of one inner product: other tiles, other numbers of threads, apply against cross. */
#include "tests/suite.h"

/* ---- kernels and rows ---- */

static const struct {
    int32_t activation;
    int64_t depth;
    double weight_std, bias_std;
} nets[] = {
    {NTK_ACTIVATION_IDENTITY, 1, 1.3, 0.2},   {NTK_ACTIVATION_IDENTITY, 4, 0.9, 0},
    {NTK_ACTIVATION_RELU, 2, 1, 0},           {NTK_ACTIVATION_RELU, 4, 1.41421356, 0.1},
    {NTK_ACTIVATION_RELU, 13, 1.41421356, 0}, {NTK_ACTIVATION_LEAKY_RELU, 3, 1.2, 0.5},
    {NTK_ACTIVATION_LEAKY_RELU, 9, 1.4, 0},   {NTK_ACTIVATION_ERF, 2, 1.7, 0},
    {NTK_ACTIVATION_ERF, 5, 1.1, 0.3},
};

enum { NETS = sizeof(nets) / sizeof(*nets) };

static ntk_kernel *kernel_of(ntk_context *context, int net, int64_t d, int32_t type) {
    return suite_kernel(context, d, nets[net].depth, nets[net].activation, nets[net].weight_std, nets[net].bias_std,
                        type);
}

static const char *name_of(int net) { return ntk_activation_kind_name(nets[net].activation); }

/* Random rows with leading dimension ldx; row i repeats an earlier one if i % 7 == 5, and is 0 if i % 31 == 30. */
static double *make_rows(uint64_t seed, int64_t n, int64_t d, int64_t ldx) {
    double *const x = suite_doubles(n * ldx);
    suite_fill(&seed, n * ldx, x);
    for (int64_t i = 0; i < n; i++) {
        if (i % 7 == 5)
            memcpy(x + i * ldx, x + (i * 3 / 4) * ldx, sizeof(double) * (size_t)d);
        if (i % 31 == 30)
            memset(x + i * ldx, 0, sizeof(double) * (size_t)d);
    }
    return x;
}

static bool equal_rows(const double *x, int64_t ldx, int64_t i, int64_t j, int64_t d) {
    return memcmp(x + i * ldx, x + j * ldx, sizeof(double) * (size_t)d) == 0;
}

/* The rounding of one inner product, c d eps sqrt(K(x,x) K(x',x')): two sums of d products in different orders differ
 * by d eps at most, and the gradient of K with respect to the cosine is below 8 sqrt(K K') for the pairs here, which
 * are equal or unrelated; 8 eps more for the elementwise work. */
static double rounding_of(int64_t d, double kx, double kz) { return 8 * ((double)d + 8) * DBL_EPSILON * sqrt(kx * kz); }

/* ---- exact statements ---- */

static void check_symmetric(int net, const double *k, int64_t n, int64_t ldk) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            REQUIRE(memcmp(&k[i * ldk + j], &k[j * ldk + i], sizeof(double)) == 0 && isfinite(k[i * ldk + j]),
                    "%s: k[%d][%d] is %.17g, k[%d][%d] is %.17g", name_of(net), (int)i, (int)j, k[i * ldk + j], (int)j,
                    (int)i, k[j * ldk + i]);
}

/* Equal rows give the diagonal value in gram, in cross and in diagonal. */
static void check_equal_rows(int net, const double *x, int64_t d, int64_t ldx, const double *k, int64_t n, int64_t ldk,
                             const double *diagonal) {
    int64_t pairs = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            if (!equal_rows(x, ldx, i, j, d))
                continue;
            pairs += i != j;
            REQUIRE(k[i * ldk + j] == diagonal[i],
                    "%s of depth %d: rows %d and %d are equal, k is %.17g, diagonal %.17g", name_of(net),
                    (int)nets[net].depth, (int)i, (int)j, k[i * ldk + j], diagonal[i]);
        }
    ck_assert(pairs > 0 || n < 8);
}

static void check_exact(int net, int32_t type, int64_t n, int64_t d) {
    const int64_t ldx = d + 3, ldk = n + 5;
    double *const x = make_rows(11 + (uint64_t)net, n, d, ldx), *const k = suite_doubles(n * ldk);
    double *const again = suite_doubles(n * ldk), *const diagonal = suite_doubles(n);
    ntk_kernel *const kernel = kernel_of(NULL, net, d, type);
    suite_fill_canary(n * ldk, k);
    suite_fill_canary(n * ldk, again);
    ASSERT_OK(ntk_kernel_diagonal(kernel, n, x, ldx, diagonal));
    ASSERT_OK(ntk_kernel_gram(kernel, n, x, ldx, k, ldk));
    check_symmetric(net, k, n, ldk);
    check_equal_rows(net, x, d, ldx, k, n, ldk, diagonal);
    for (int64_t i = 0; i < n; i++)
        REQUIRE(suite_is_canary(ldk - n, k + i * ldk + n), "padding of row %d was written", (int)i);
    ASSERT_OK(ntk_kernel_gram(kernel, n, x, ldx, again, ldk));
    ASSERT_SAME_BITS(k, again, n * ldk);

    /* x against itself: equal rows once more, and gram to rounding */
    suite_fill_canary(n * ldk, again);
    ASSERT_OK(ntk_kernel_cross(kernel, n, x, ldx, n, x, ldx, again, ldk));
    check_equal_rows(net, x, d, ldx, again, n, ldk, diagonal);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++)
            ASSERT_CLOSE(again[i * ldk + j], k[i * ldk + j], rounding_of(d, diagonal[i], diagonal[j]));
        REQUIRE(suite_is_canary(ldk - n, again + i * ldk + n), "padding of row %d was written", (int)i);
    }
    ntk_kernel_destroy(kernel);
    free(x);
    free(k);
    free(again);
    free(diagonal);
}

START_TEST(symmetric_with_equal_rows_exact) {
    const int64_t sizes[][2] = {{1, 1}, {2, 1}, {9, 1}, {33, 2}, {64, 3}, {130, 17}, {257, 40}};
    const int64_t count = suite_size(7, 5);
    for (int net = 0; net < NETS; net++)
        for (int64_t s = 0; s < count; s++)
            for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++)
                check_exact(net, type, sizes[s][0], sizes[s][1]);
}
END_TEST

START_TEST(several_tiles_exact) {
    for (int net = 2; net < NETS; net += 3)
        check_exact(net, NTK_KERNEL_NTK, suite_size(700, 90), 23);
    check_exact(3, NTK_KERNEL_NTK, suite_size(1500, 100), 5);
    check_exact(8, NTK_KERNEL_NNGP, suite_size(300, 60), 300);
}
END_TEST

/* Beyond the tile's number of columns, which is a multiple of the panel's rows in the normal build and is not in the
 * builds of .ci/run with small tiles: a tile must not spoil what an earlier one has mirrored. */
START_TEST(beyond_one_tile_of_columns) {
    const int64_t n = suite_size(8400, 300), d = 2, rows = 40;
    double *const x = make_rows(17, n, d, d), *const k = suite_doubles(n * n), *const cross = suite_doubles(rows * n);
    double *const diagonal = suite_doubles(n);
    ntk_kernel *const kernel = kernel_of(NULL, 3, d, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_kernel_gram(kernel, n, x, d, k, n));
    ASSERT_OK(ntk_kernel_diagonal(kernel, n, x, d, diagonal));
    for (int64_t i0 = 0; i0 < n; i0 += rows) {
        const int64_t count = i0 + rows < n ? rows : n - i0;
        ASSERT_OK(ntk_kernel_cross(kernel, count, x + i0 * d, d, n, x, d, cross, n));
        for (int64_t i = 0; i < count; i++)
            for (int64_t j = 0; j < n; j++) {
                const double entry = k[(i0 + i) * n + j];
                REQUIRE(entry == k[j * n + i0 + i], "k[%d][%d] is not symmetric", (int)(i0 + i), (int)j);
                ASSERT_CLOSE(entry, cross[i * n + j], rounding_of(d, diagonal[i0 + i], diagonal[j]));
            }
    }
    ntk_kernel_destroy(kernel);
    free(x);
    free(k);
    free(cross);
    free(diagonal);
}
END_TEST

/* Rows of very different norms, and near duplicates: equal rows stay exact, everything stays finite. */
START_TEST(scaled_and_near_rows_exact) {
    const int64_t n = suite_size(200, 40), d = 7;
    for (int net = 0; net < NETS; net++) {
        double *const x = make_rows(5, n, d, d), *const k = suite_doubles(n * n), *const diagonal = suite_doubles(n);
        for (int64_t i = 0; i + 3 < n; i += 4)
            for (int64_t j = 0; j < d; j++) {
                x[(i + 1) * d + j] = ldexp(x[i * d + j], (int)(i % 100) - 50);
                x[(i + 2) * d + j] = x[i * d + j] * (1 + DBL_EPSILON * (double)(j % 3));
                x[(i + 3) * d + j] = x[i * d + j];
            }
        ntk_kernel *const kernel = kernel_of(NULL, net, d, NTK_KERNEL_NTK);
        ASSERT_OK(ntk_kernel_gram(kernel, n, x, d, k, n));
        ASSERT_OK(ntk_kernel_diagonal(kernel, n, x, d, diagonal));
        check_symmetric(net, k, n, n);
        check_equal_rows(net, x, d, d, k, n, n, diagonal);
        ASSERT_OK(ntk_kernel_cross(kernel, n, x, d, n, x, d, k, n));
        check_equal_rows(net, x, d, d, k, n, n, diagonal);
        ntk_kernel_destroy(kernel);
        free(x);
        free(k);
        free(diagonal);
    }
}
END_TEST

/* ---- statements up to rounding ---- */

/* Any block of rows, in any order and place in the tiles, has the entries of the whole. */
START_TEST(blocks_agree_with_the_whole) {
    enum { D = 19 };
    const int64_t n = suite_size(420, 60);
    double *const x = make_rows(77, n, D, D), *const k = suite_doubles(n * n), *const shuffled = suite_doubles(n * D);
    double *const part = suite_doubles(n * n);
    int64_t *const order = malloc(sizeof(int64_t) * (size_t)n);
    ck_assert_ptr_nonnull(order);
    uint64_t state = 13;
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        const int64_t j = (int64_t)(suite_bits(&state) % (uint64_t)(i + 1)), kept = order[i];
        order[i] = order[j], order[j] = kept;
    }
    for (int64_t i = 0; i < n; i++)
        memcpy(shuffled + i * D, x + order[i] * D, sizeof(double) * D);
    const int64_t blocks[][2] = {{0, n}, {1, n - 1}, {n / 3, n / 2}, {n / 2, 1}, {n - 3, 3}, {0, 7}};
    for (int net = 1; net < NETS; net += 2) {
        ntk_kernel *const kernel = kernel_of(NULL, net, D, NTK_KERNEL_NTK);
        ASSERT_OK(ntk_kernel_gram(kernel, n, x, D, k, n));
        for (int b = 0; b < 6; b++) {
            const int64_t first = blocks[b][0], m = blocks[b][1];
            ASSERT_OK(ntk_kernel_gram(kernel, m, shuffled + first * D, D, part, m));
            for (int64_t i = 0; i < m; i++)
                for (int64_t j = 0; j < m; j++) {
                    const int64_t p = order[first + i], q = order[first + j];
                    ASSERT_CLOSE(part[i * m + j], k[p * n + q], rounding_of(D, k[p * n + p], k[q * n + q]));
                }
        }
        ntk_kernel_destroy(kernel);
    }
    free(x);
    free(k);
    free(shuffled);
    free(part);
    free(order);
}
END_TEST

START_TEST(threads_change_no_bit) {
    enum { D = 31 };
    const int64_t n = suite_size(500, 70);
    double *const x = make_rows(99, n, D, D), *const one = suite_doubles(n * n), *const many = suite_doubles(n * n);
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (int net = 0; net < NETS; net += 2) {
        ntk_kernel *const kernel = kernel_of(context, net, D, NTK_KERNEL_NTK);
        ASSERT_OK(ntk_context_set_threads(context, 1));
        ASSERT_OK(ntk_kernel_gram(kernel, n, x, D, one, n));
        for (int32_t threads = 2; threads <= 5; threads += 3) {
            ASSERT_OK(ntk_context_set_threads(context, threads));
            ASSERT_OK(ntk_kernel_gram(kernel, n, x, D, many, n));
            check_symmetric(net, many, n, n);
            ck_assert_mem_eq(many, one, (size_t)(n * n) * sizeof(double));
        }
        ntk_kernel_destroy(kernel);
    }
    ntk_context_destroy(context);
    free(x);
    free(one);
    free(many);
}
END_TEST

START_TEST(columns_of_one_buffer) {
    /* Inputs and output side by side in the rows of one buffer: no element is shared, so this is allowed. */
    enum { N = 20, D = 4, LD = D + N };
    uint64_t state = 2;
    double buffer[N * LD], x[N * D], k[N * N];
    suite_fill(&state, N * LD, buffer);
    for (int i = 0; i < N; i++)
        memcpy(x + i * D, buffer + i * LD, sizeof(double) * D);
    ntk_kernel *const kernel = kernel_of(NULL, 3, D, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_kernel_gram(kernel, N, buffer, LD, buffer + D, LD));
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, D, k, N));
    for (int i = 0; i < N; i++) {
        ASSERT_SAME_BITS(buffer + i * LD, x + i * D, D);
        ASSERT_SAME_BITS(buffer + i * LD + D, k + i * N, N);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* ---- apply ---- */

static void check_apply(int net, int64_t n, int64_t m, int64_t c, int64_t d) {
    const int64_t lda = c + 2, ldo = c + 1;
    double *const x = make_rows(3, n, d, d), *const z = make_rows(4, m, d, d), *const k = suite_doubles(n * m);
    double *const a = suite_doubles(m * lda), *const out = suite_doubles(n * ldo);
    uint64_t state = 6;
    suite_fill(&state, m * lda, a);
    suite_fill_canary(n * ldo, out);
    ntk_kernel *const kernel = kernel_of(NULL, net, d, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_kernel_cross(kernel, n, x, d, m, z, d, k, m));
    ASSERT_OK(ntk_kernel_apply(kernel, n, x, d, m, z, d, c, a, lda, out, ldo));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t q = 0; q < c; q++) {
            long double sum = 0, size = 0;
            for (int64_t j = 0; j < m; j++) {
                sum += (long double)k[i * m + j] * a[j * lda + q];
                size += fabsl((long double)k[i * m + j] * a[j * lda + q]);
            }
            /* a sum of m products in another order, and entries from other tiles (8 (d + 8) eps) */
            ASSERT_CLOSE(out[i * ldo + q], (double)sum,
                         (double)(m + 8 * (d + 8)) * DBL_EPSILON * (double)size + DBL_MIN);
        }
        REQUIRE(suite_is_canary(ldo - c, out + i * ldo + c), "padding of row %d was written", (int)i);
    }
    ntk_kernel_destroy(kernel);
    free(x);
    free(z);
    free(k);
    free(a);
    free(out);
}

START_TEST(apply_is_cross_times_a) {
    for (int net = 0; net < NETS; net += 2) {
        check_apply(net, 1, 1, 1, 1);
        check_apply(net, 3, 50, 2, 5);
        check_apply(net, suite_size(310, 40), suite_size(270, 30), 3, 12);
    }
    check_apply(3, suite_size(1100, 50), 40, 1, 6);
    check_apply(3, 40, suite_size(1300, 50), 11, 6);
    check_apply(3, suite_size(600, 40), suite_size(600, 40), 70, 6);
}
END_TEST

/* ---- positive semi-definite ---- */

/* Smallest eigenvalue by cyclic Jacobi rotations (Golub and Van Loan, 8.5); overwrites a. */
static double smallest_eigenvalue(double *a, int n) {
    for (int sweep = 0; sweep < 12; sweep++)
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                if (a[p * n + q] == 0)
                    continue;
                const double tau = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
                const double t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
                const double c = 1 / sqrt(1 + t * t), s = t * c;
                for (int i = 0; i < n; i++) {
                    const double u = a[i * n + p], v = a[i * n + q];
                    a[i * n + p] = c * u - s * v, a[i * n + q] = s * u + c * v;
                }
                for (int i = 0; i < n; i++) {
                    const double u = a[p * n + i], v = a[q * n + i];
                    a[p * n + i] = c * u - s * v, a[q * n + i] = s * u + c * v;
                }
            }
    double smallest = a[0];
    for (int i = 1; i < n; i++)
        smallest = fmin(smallest, a[i * n + i]);
    return smallest;
}

START_TEST(no_negative_eigenvalue) {
    enum { N = 60, D = 6 };
    const int n = (int)suite_size(N, 20);
    for (int net = 0; net < NETS; net++)
        for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++) {
            double *const x = make_rows(31, n, D, D), k[N * N], trace = 0;
            for (int i = 0; i + 1 < n; i += 3) /* near duplicates, at every distance down to rounding */
                for (int j = 0; j < D; j++)
                    x[(i + 1) * D + j] = x[i * D + j] * (1 + pow(10, -i / 4.0) * (j - 2));
            ntk_kernel *const kernel = kernel_of(NULL, net, D, type);
            ASSERT_OK(ntk_kernel_gram(kernel, n, x, D, k, n));
            for (int i = 0; i < n; i++)
                trace += k[i * n + i];
            const double smallest = smallest_eigenvalue(k, n);
            /* rounding of the entries, 1e-15 of the diagonal, moves an eigenvalue by at most that times n */
            REQUIRE(smallest >= -1e-13 * trace, "%s of depth %d: eigenvalue %.3g with trace %.3g", name_of(net),
                    (int)nets[net].depth, smallest, trace);
            ntk_kernel_destroy(kernel);
            free(x);
        }
}
END_TEST

/* ---- homogeneity, an identity that no reference is needed for ---- */

START_TEST(relu_without_bias_is_homogeneous) {
    /* K(2^p x, 2^q z) = 2^(p+q) K(x, z), exactly: powers of two commute with rounding. */
    enum { D = 9 };
    uint64_t state = 8;
    for (int trial = 0; trial < 50; trial++) {
        double x[D], z[D], big[D], small[D], k, scaled;
        suite_fill(&state, D, x);
        suite_fill(&state, D, z);
        for (int j = 0; j < D; j++)
            big[j] = ldexp(x[j], 40), small[j] = ldexp(z[j], -60);
        ntk_kernel *const kernel = kernel_of(NULL, 4, D, NTK_KERNEL_NTK);
        ASSERT_OK(ntk_kernel_cross(kernel, 1, x, D, 1, z, D, &k, 1));
        ASSERT_OK(ntk_kernel_cross(kernel, 1, big, D, 1, small, D, &scaled, 1));
        ASSERT_RELATIVE(ldexp(scaled, 20), k, 8 * DBL_EPSILON);
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

SUITE("kernel exactness", symmetric_with_equal_rows_exact, several_tiles_exact, beyond_one_tile_of_columns,
      scaled_and_near_rows_exact, blocks_agree_with_the_whole, threads_change_no_bit, columns_of_one_buffer,
      apply_is_cross_times_a, no_negative_eigenvalue, relu_without_bias_is_homogeneous)
