/* Empirical kernels against the explicit Jacobian, J diag(r) J', and what follows from that: all forms and types,
 * matrices cut in many ways, products, single precision. */
#include "tests/empirical_networks.h"

#include "src/kernel/empirical.h"

enum { N = 9, M = 5 };

static const int32_t forms[] = {NTK_OUTPUT_TRACE, NTK_OUTPUT_FULL, NTK_OUTPUT_ONE, NTK_OUTPUT_PAIR};
enum { FORMS = sizeof(forms) / sizeof(forms[0]), FIRST = 2, SECOND = 1 };

static void choose_outputs(ntk_kernel *kernel, int32_t form) {
    if (form == NTK_OUTPUT_ONE)
        ASSERT_OK(ntk_kernel_set_outputs(kernel, FIRST, FIRST));
    if (form == NTK_OUTPUT_PAIR)
        ASSERT_OK(ntk_kernel_set_outputs(kernel, FIRST, SECOND));
}

/* Both sides add up products of at most P numbers, each made in a pass of four layers; relative to |J_a(x)| |J_b(x')|
 * four roundings were seen. The pass in floats starts from parameters that are rounded, and phi'' turns that into an
 * error of phi': 40 roundings of floats were seen. */
static const double bound = 16 * DBL_EPSILON, bound_f32 = 160 * (double)FLT_EPSILON;

static void assert_entries(const factors *own, int32_t form, int64_t n, int64_t m, const double *k, double allowed,
                           const char *what) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++) {
            double size = 0;
            const double expected = entry_of(own, form, FIRST, SECOND, i, j, &size), got = k[i * m + j];
            REQUIRE(fabs(got - expected) <= allowed * size,
                    "%s, form %d, %lld %lld: %.17g, expected %.17g: off by %.3g", what, (int)form, (long long)i,
                    (long long)j, got, expected, fabs(got - expected) / size);
        }
}

static void assert_floats(const factors *own, int32_t form, int64_t n, int64_t m, const float *k, const char *what) {
    double *const wide = suite_doubles(n * m);
    for (int64_t i = 0; i < n * m; i++)
        wide[i] = (double)k[i];
    assert_entries(own, form, n, m, wide, bound_f32, what);
    free(wide);
}

typedef struct {
    ntk_network *network;
    double *x, *z;
    float *narrow_x, *narrow_z;
    factors cross, gram;
} setup;

static setup prepare(ntk_network *network, int32_t type) {
    setup own = {.network = network, .x = inputs_of(N, 1), .z = inputs_of(M, 2)};
    own.narrow_x = floats_of(N * INPUTS, own.x);
    own.narrow_z = floats_of(M * INPUTS, own.z);
    widen(N * INPUTS, own.narrow_x, own.x); /* the same inputs for both precisions */
    widen(M * INPUTS, own.narrow_z, own.z);
    own.cross = factors_of(network, type, N, own.x, M, own.z);
    own.gram = factors_of(network, type, N, own.x, N, own.x);
    return own;
}

static void release(setup *own) {
    release_factors(&own->gram);
    release_factors(&own->cross);
    free(own->narrow_z);
    free(own->narrow_x);
    free(own->z);
    free(own->x);
}

static void check_gram(const setup *own, ntk_kernel *kernel, int32_t form) {
    const int64_t n = N * block_of(kernel);
    double *const k = suite_doubles(n * n), *const diagonal = suite_doubles(n);
    float *const narrow = malloc(sizeof(float) * (size_t)(n * n)), *const on = malloc(sizeof(float) * (size_t)n);
    ASSERT_OK(ntk_kernel_gram(kernel, N, own->x, INPUTS, k, n));
    assert_entries(&own->gram, form, n, n, k, bound, "gram");
    ASSERT_OK(ntk_kernel_diagonal(kernel, N, own->x, INPUTS, diagonal));
    ASSERT_OK(ntk_kernel_gram_f32(kernel, N, own->narrow_x, INPUTS, narrow, n));
    assert_floats(&own->gram, form, n, n, narrow, "gram_f32");
    ASSERT_OK(ntk_kernel_diagonal_f32(kernel, N, own->narrow_x, INPUTS, on));
    for (int64_t i = 0; i < n; i++) {
        ck_assert(diagonal[i] == k[i * n + i] && on[i] == narrow[i * n + i]);
        for (int64_t j = 0; j < i; j++)
            ck_assert(k[i * n + j] == k[j * n + i] && narrow[i * n + j] == narrow[j * n + i]);
    }
    free(on);
    free(narrow);
    free(diagonal);
    free(k);
}

static void check_cross(const setup *own, ntk_kernel *kernel, int32_t form) {
    const int64_t n = N * block_of(kernel), m = M * block_of(kernel);
    double *const k = suite_doubles(n * m);
    float *const narrow = malloc(sizeof(float) * (size_t)(n * m));
    ASSERT_OK(ntk_kernel_cross(kernel, N, own->x, INPUTS, M, own->z, INPUTS, k, m));
    assert_entries(&own->cross, form, n, m, k, bound, "cross");
    ASSERT_OK(ntk_kernel_cross_f32(kernel, N, own->narrow_x, INPUTS, M, own->narrow_z, INPUTS, narrow, m));
    assert_floats(&own->cross, form, n, m, narrow, "cross_f32");
    free(narrow);
    free(k);
}

static void check_forms(ntk_network *network, int32_t type) {
    setup own = prepare(network, type);
    for (int f = 0; f < FORMS; f++) {
        ntk_kernel *const kernel = kernel_of(network, type, forms[f]);
        choose_outputs(kernel, forms[f]);
        if (forms[f] != NTK_OUTPUT_PAIR)
            check_gram(&own, kernel, forms[f]);
        check_cross(&own, kernel, forms[f]);
        ntk_kernel_destroy(kernel);
    }
    release(&own);
}

static void check_network(int32_t kind, int options) {
    ntk_network *const network = network_of(kind, options);
    check_forms(network, NTK_KERNEL_NTK);
    check_forms(network, NTK_KERNEL_NNGP);
    ntk_network_destroy(network);
}

START_TEST(every_activation) {
    for (int32_t kind = NTK_ACTIVATION_IDENTITY; kind <= NTK_ACTIVATION_RELU6; kind++)
        check_network(kind, 0);
}
END_TEST

START_TEST(every_option) {
    static const int options[] = {SKIPS,
                                  NORMALISED,
                                  STANDARD,
                                  RATES,
                                  FROZEN,
                                  BELOW,
                                  BELOW | SKIPS | NORMALISED,
                                  NO_BIAS,
                                  SKIPS | NORMALISED | RATES,
                                  STANDARD | RATES | SKIPS,
                                  STANDARD | FROZEN | NO_BIAS,
                                  NORMALISED | NO_BIAS | RATES};
    for (size_t o = 0; o < sizeof(options) / sizeof(options[0]); o++) {
        check_network(NTK_ACTIVATION_TANH, options[o]);
        check_network(NTK_ACTIVATION_RELU, options[o]);
    }
}
END_TEST

/* L = 1: delta is the unit vector, and K = r_w sw^2 <x, x'> / N_0 + r_b sb^2 for every output. */
START_TEST(linear_network) {
    const int64_t widths[] = {INPUTS, 2};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    double *const x = inputs_of(2, 3), k[16];
    ASSERT_OK(ntk_mlp_create(NULL, 1, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 2));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.5));
    ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 1, 3, 8));
    ASSERT_OK(ntk_network_create(NULL, mlp, 1, &network));
    for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++) {
        ntk_kernel *const kernel = kernel_of(network, type, NTK_OUTPUT_FULL);
        ASSERT_OK(ntk_kernel_gram(kernel, 2, x, INPUTS, k, 4));
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++) {
                double sum = 0;
                for (int e = 0; e < INPUTS; e++)
                    sum += x[i / 2 * INPUTS + e] * x[j / 2 * INPUTS + e];
                const double expected = type == NTK_KERNEL_NTK ? 3 * 4 * sum / 3 + 8 * 0.25 : 4 * sum / 3 + 0.25;
                ASSERT_CLOSE(k[i * 4 + j], i % 2 == j % 2 ? expected : 0, 32 * DBL_EPSILON);
            }
        ntk_kernel_destroy(kernel);
    }
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    free(x);
}
END_TEST

/* Some entries of a large matrix against the Jacobian of those rows. */
static void check_some(ntk_network *network, int32_t form, int64_t n, const double *x, int64_t m, const double *z,
                       const double *k, int64_t ldk) {
    const int64_t block = form == NTK_OUTPUT_FULL ? OUTPUTS : 1;
    for (int64_t step = 0; step < 40; step++) {
        const int64_t i = (step * 977 + 3) % n, j = (step * 1543 + n - 1) % m;
        factors own = factors_of(network, NTK_KERNEL_NTK, 1, x + i * INPUTS, 1, z + j * INPUTS);
        for (int64_t a = 0; a < block; a++)
            for (int64_t b = 0; b < block; b++) {
                double size = 0;
                const double expected = entry_of(&own, form, 0, 0, a, b, &size);
                ASSERT_CLOSE(k[(i * block + a) * ldk + j * block + b], expected, bound * size);
            }
        release_factors(&own);
    }
}

/* More rows than features are held of, on either side, and in Gram matrices as many as make several panels. */
START_TEST(many_rows) {
    const int64_t many = suite_size(2 * NTKI_FEATURE_ROWS + 100, 200), few = 3;
    const int64_t large = NTKI_PANEL_ROWS < 256 ? many : suite_size(600, 150);
    ntk_network *const network = network_of(NTK_ACTIVATION_ERF, 0);
    double *const x = inputs_of(many, 4), *const z = inputs_of(few, 5);
    for (int f = 0; f < 3; f++) {
        ntk_kernel *const kernel = kernel_of(network, NTK_KERNEL_NTK, forms[f]);
        const int64_t block = block_of(kernel), n = large * block;
        double *const k = suite_doubles(many * few * block * block), *const gram = suite_doubles(n * n);
        double *const diagonal = suite_doubles(n), *const packed = suite_doubles(n * (n + 1) / 2);
        ASSERT_OK(ntk_kernel_cross(kernel, many, x, INPUTS, few, z, INPUTS, k, few * block));
        check_some(network, forms[f], many, x, few, z, k, few * block);
        ASSERT_OK(ntk_kernel_cross(kernel, few, z, INPUTS, many, x, INPUTS, k, many * block));
        check_some(network, forms[f], few, z, many, x, k, many * block);
        ASSERT_OK(ntk_kernel_gram(kernel, large, x, INPUTS, gram, n));
        check_some(network, forms[f], large, x, large, x, gram, n);
        ASSERT_OK(ntk_kernel_diagonal(kernel, large, x, INPUTS, diagonal));
        for (int64_t i = 0; i < n; i++)
            ck_assert(gram[i * n + i] == diagonal[i]);
        ASSERT_OK(ntk_kernel_gram_packed(kernel, large, x, INPUTS, packed));
        /* K(j, i) of the upper half, i >= j: see packed.c. Products of other shapes round otherwise. */
        const int64_t even = n % 2 == 0, ld = n + even;
        for (int64_t j = 0; j < n - n / 2; j++)
            for (int64_t i = j; i < n; i++)
                ASSERT_CLOSE(packed[even + j * ld + i], gram[j * n + i], bound * sqrt(diagonal[i] * diagonal[j]));
        for (int64_t i = n - n / 2; i < n; i++)
            for (int64_t j = n - n / 2; j <= i; j++)
                ASSERT_CLOSE(packed[(1 - even + i - (n - n / 2)) * ld + j - (n - n / 2)], gram[i * n + j],
                             bound * sqrt(diagonal[i] * diagonal[j]));
        free(packed);
        free(diagonal);
        free(gram);
        free(k);
        ntk_kernel_destroy(kernel);
    }
    free(z);
    free(x);
    ntk_network_destroy(network);
}
END_TEST

/* ---- products ---- */

/* |out - K A| in units of the sum over |K| |A|, and of sqrt(K(x,x) K(z,z)), since the Jacobians' products cancel. */
static void check_apply(ntk_kernel *kernel, int64_t n, const double *x, int64_t m, const double *z, int64_t c) {
    const int64_t block = block_of(kernel), rows = n * block, columns = m * block;
    double *const a = suite_doubles(columns * c), *const out = suite_doubles(rows * c);
    double *const k = suite_doubles(rows * columns);
    float *const narrow_x = floats_of(n * INPUTS, x), *const narrow_z = floats_of(m * INPUTS, z);
    float *const out_f32 = malloc(sizeof(float) * (size_t)(rows * c));
    uint64_t seed = 9;
    suite_fill(&seed, columns * c, a);
    float *const narrow_a = floats_of(columns * c, a);
    ASSERT_OK(ntk_kernel_cross(kernel, n, x, INPUTS, m, z, INPUTS, k, columns));
    ASSERT_OK(ntk_kernel_apply(kernel, n, x, INPUTS, m, z, INPUTS, c, a, c, out, c));
    ASSERT_OK(ntk_kernel_apply_f32(kernel, n, narrow_x, INPUTS, m, narrow_z, INPUTS, c, narrow_a, c, out_f32, c));
    double largest = 0;
    for (int64_t e = 0; e < rows * columns; e++)
        largest = fmax(largest, fabs(k[e]));
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < c; j++) {
            double sum = 0;
            for (int64_t e = 0; e < columns; e++)
                sum += k[i * columns + e] * a[e * c + j];
            const double size = 8 * largest * sqrt((double)columns);
            ASSERT_CLOSE(out[i * c + j], sum, bound * size);
            ASSERT_CLOSE((double)out_f32[i * c + j], sum, bound_f32 * size);
        }
    free(narrow_a);
    free(out_f32);
    free(narrow_z);
    free(narrow_x);
    free(k);
    free(out);
    free(a);
}

START_TEST(products) {
    static const int options[] = {0, RATES | SKIPS, STANDARD | NORMALISED, FROZEN, BELOW | SKIPS | RATES};
    const int64_t n = 70, m = 60;
    double *const x = inputs_of(n, 11), *const z = inputs_of(m, 12);
    for (size_t o = 0; o < sizeof(options) / sizeof(options[0]); o++) {
        ntk_network *const network = network_of(NTK_ACTIVATION_TANH, options[o]);
        for (int f = 0; f < FORMS; f++)
            for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++) {
                ntk_kernel *const kernel = kernel_of(network, type, forms[f]);
                choose_outputs(kernel, forms[f]);
                check_apply(kernel, n, x, m, z, 1);
                check_apply(kernel, n, x, m, z, 2);
                check_apply(kernel, N, z, M, x, 90);
                check_apply(kernel, M, x, M, x, 90);
                ntk_kernel_destroy(kernel);
            }
        ntk_network_destroy(network);
    }
    free(z);
    free(x);
}
END_TEST

/* `products` goes both ways, each where it takes fewer flops. */
START_TEST(cheaper_way) {
    ntk_network *const network = network_of(NTK_ACTIVATION_TANH, 0);
    for (int f = 0; f < FORMS; f++) {
        ntk_kernel *const kernel = kernel_of(network, NTK_KERNEL_NTK, forms[f]);
        const ntki_empirical *const own = ntki_empirical_of(kernel);
        const ntki_feature_plan plan = ntki_empirical_plan(own, sizeof(double));
        ck_assert(ntki_empirical_prefers_products(own, &plan, 70, 60, 1, 1));
        ck_assert(!ntki_empirical_prefers_products(own, &plan, N, M, 90, 90));
        ntk_kernel_destroy(kernel);
    }
    ntk_network_destroy(network);
}
END_TEST

/* ---- what holds for every kernel ---- */

START_TEST(positive_and_repeatable) {
    const int64_t n = 40;
    ntk_network *const network = network_of(NTK_ACTIVATION_RELU, SKIPS);
    double *const x = inputs_of(n, 21);
    memcpy(x + 30 * INPUTS, x, sizeof(double) * 10 * INPUTS); /* equal rows */
    for (int f = 0; f < 3; f++) {
        ntk_kernel *const kernel = kernel_of(network, NTK_KERNEL_NTK, forms[f]);
        const int64_t block = block_of(kernel), rows = n * block;
        double *const k = suite_doubles(rows * rows), *const again = suite_doubles(rows * rows);
        double trace = 0;
        ASSERT_OK(ntk_kernel_gram(kernel, n, x, INPUTS, k, rows));
        ASSERT_OK(ntk_kernel_gram(kernel, n, x, INPUTS, again, rows));
        ASSERT_SAME_BITS(k, again, rows * rows);
        for (int64_t i = 0; i < rows; i++)
            trace += k[i * rows + i];
        for (int64_t i = 0; i < 10 * block; i++)
            ASSERT_RELATIVE(k[(i + 30 * block) * rows + i], k[i * rows + i], bound);
        uint64_t seed = 22;
        for (int trial = 0; trial < 20; trial++) {
            double *const v = suite_doubles(rows), sum = 0;
            suite_fill(&seed, rows, v);
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < rows; j++)
                    sum += v[i] * k[i * rows + j] * v[j];
            ck_assert(sum >= -bound * trace * (double)rows);
            free(v);
        }
        free(again);
        free(k);
        ntk_kernel_destroy(kernel);
    }
    free(x);
    ntk_network_destroy(network);
}
END_TEST

/* x and z may be the same rows; what is held of them for one output does not serve another. */
START_TEST(same_rows) {
    ntk_network *const network = network_of(NTK_ACTIVATION_TANH, 0);
    double *const x = inputs_of(N, 41), k[N * N];
    float *const narrow = floats_of(N * INPUTS, x), narrow_k[N * N];
    widen(N * INPUTS, narrow, x);
    factors own = factors_of(network, NTK_KERNEL_NTK, N, x, N, x);
    for (int f = 0; f < FORMS; f++) {
        if (forms[f] == NTK_OUTPUT_FULL)
            continue;
        ntk_kernel *const kernel = kernel_of(network, NTK_KERNEL_NTK, forms[f]);
        choose_outputs(kernel, forms[f]);
        ASSERT_OK(ntk_kernel_cross(kernel, N, x, INPUTS, N, x, INPUTS, k, N));
        assert_entries(&own, forms[f], N, N, k, bound, "cross");
        ASSERT_OK(ntk_kernel_cross_f32(kernel, N, narrow, INPUTS, N, narrow, INPUTS, narrow_k, N));
        assert_floats(&own, forms[f], N, N, narrow_k, "cross_f32");
        ntk_kernel_destroy(kernel);
    }
    release_factors(&own);
    free(narrow);
    free(x);
    ntk_network_destroy(network);
}
END_TEST

/* The kernel is of the network as it was, and lives on its own. */
START_TEST(copy_of_the_network) {
    ntk_network *const network = network_of(NTK_ACTIVATION_GELU, 0);
    ntk_kernel *const kernel = kernel_of(network, NTK_KERNEL_NTK, NTK_OUTPUT_TRACE);
    double *const x = inputs_of(N, 31), before[N * N], after[N * N];
    int32_t type = -1;
    int64_t dimension = 0;
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, before, N));
    ASSERT_OK(ntk_network_randomise(network, 8));
    ntk_network_destroy(network);
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, INPUTS, after, N));
    ASSERT_SAME_BITS(before, after, N * N);
    ASSERT_OK(ntk_kernel_get_type(kernel, &type));
    ASSERT_OK(ntk_kernel_get_input_dimension(kernel, &dimension));
    ck_assert(type == NTK_KERNEL_NTK && dimension == INPUTS);
    ntk_kernel_destroy(kernel);
    free(x);
}
END_TEST

SUITE("empirical", every_activation, every_option, linear_network, many_rows, products, cheaper_way,
      positive_and_repeatable, same_rows, copy_of_the_network)
