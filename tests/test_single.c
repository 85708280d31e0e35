/* Single precision: within 64 ulp of the double-precision kernel of the same inputs, whatever the pair; exact symmetry;
 * equal rows; what is evaluated in double precision instead; apply. */
#include "tests/suite.h"

/* ---- networks ---- */

typedef struct {
    int32_t kind;
    double parameters[2];
    int64_t parameter_count;
    int64_t depth;
    double weight_std, bias_std;
} network;

#define ROOT2 1.4142135623730951

static const network family[] = {
    {NTK_ACTIVATION_RELU, {0}, 0, 2, ROOT2, 0},
    {NTK_ACTIVATION_RELU, {0}, 0, 2, 1, 0.3},
    {NTK_ACTIVATION_RELU, {0}, 0, 3, ROOT2, 0.1},
    {NTK_ACTIVATION_RELU, {0}, 0, 6, ROOT2, 0},
    {NTK_ACTIVATION_RELU, {0}, 0, 10, ROOT2, 0},
    {NTK_ACTIVATION_RELU, {0}, 0, 10, 1.3, 0.2},
    {NTK_ACTIVATION_LEAKY_RELU, {0.1}, 1, 3, 1.4, 0},
    {NTK_ACTIVATION_LEAKY_RELU, {0.01}, 1, 10, 1.4, 0.05},
    {NTK_ACTIVATION_LEAKY_RELU, {0.4}, 1, 5, 1.2, 0.5},
    {NTK_ACTIVATION_LEAKY_RELU, {-0.5}, 1, 4, 1.2, 0},
    {NTK_ACTIVATION_ABS, {0}, 0, 3, 1, 0.1},
    {NTK_ACTIVATION_TWO_SLOPE, {-0.3, 1.2}, 2, 7, 1.1, 0},
};

static const network others[] = {
    {NTK_ACTIVATION_IDENTITY, {0}, 0, 1, 1.3, 0}, /* K vanishes at right angles */
    {NTK_ACTIVATION_IDENTITY, {0}, 0, 3, 1.3, 0.2},
    {NTK_ACTIVATION_LEAKY_RELU, {0.9}, 1, 3, 1.2, 0},
    {NTK_ACTIVATION_ERF, {0}, 0, 3, 1.5, 0.1},
};

enum { FAMILY = sizeof(family) / sizeof(*family), OTHERS = sizeof(others) / sizeof(*others) };

static ntk_kernel *kernel_of(ntk_context *context, const network *net, int64_t d, int32_t type) {
    int64_t widths[11];
    ntk_mlp *mlp = NULL;
    ntk_activation *activation = NULL;
    ntk_kernel *kernel = NULL;
    for (int64_t l = 0; l <= net->depth; l++)
        widths[l] = l == 0 ? d : 1;
    ASSERT_OK(ntk_activation_create(context, net->kind, net->parameters, net->parameter_count, &activation));
    ASSERT_OK(ntk_mlp_create(context, net->depth, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 0, activation));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, net->weight_std));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, net->bias_std));
    ASSERT_OK(ntk_kernel_create_analytic(context, mlp, type, &kernel));
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    return kernel;
}

/* ---- rows ---- */

static float *floats(int64_t count) {
    float *const block = malloc(sizeof(float) * (size_t)(count > 0 ? count : 1));
    ck_assert_ptr_nonnull(block);
    return block;
}

typedef enum { CENTRED, POSITIVE, SMOOTH, MIXED, NORMS_APART, KINDS_OF_ROWS } rows_kind;

/* Row i is made from an earlier one in every second case of MIXED: equal, opposite, a multiple, near, nearly opposite,
 * nearly a multiple, or zero. */
static void derive_row(uint64_t *state, int64_t i, int64_t d, float *x) {
    float *const row = x + i * d;
    const float *const from = x + (i / 3) * d;
    const double sizes[] = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
    const double noise = i % 4 == 1 ? 0 : sizes[i % 6], factor = i % 5 == 0   ? -1
                                                                 : i % 5 == 1 ? 3
                                                                 : i % 5 == 2 ? -0.7
                                                                              : 1;
    for (int64_t j = 0; j < d; j++)
        row[j] = (float)(factor * (double)from[j] + noise * suite_uniform(state));
    if (i % 29 == 7)
        memset(row, 0, sizeof(float) * (size_t)d);
}

static float *make_rows(rows_kind kind, uint64_t seed, int64_t n, int64_t d) {
    float *const x = floats(n * d);
    uint64_t state = seed;
    for (int64_t i = 0; i < n; i++) {
        double wave[4];
        suite_fill(&state, 4, wave);
        for (int64_t j = 0; j < d; j++) {
            const double t = 3.14159 * ((double)j + 0.5) / (double)d;
            const double smooth = wave[0] + wave[1] * cos(t) + wave[2] * cos(2 * t) + wave[3] * cos(3 * t);
            const double noise = suite_uniform(&state);
            x[i * d + j] = (float)(kind == SMOOTH ? smooth : kind == POSITIVE ? 1 + noise : noise);
        }
        if ((kind == MIXED || kind == NORMS_APART) && i % 2 == 1)
            derive_row(&state, i, d, x);
        for (int64_t j = 0; kind == NORMS_APART && j < d; j++)
            x[i * d + j] *= ldexpf(1, (int)(i % 21) - 10);
    }
    return x;
}

static double *widen(int64_t count, const float *x) {
    double *const wide = suite_doubles(count);
    for (int64_t e = 0; e < count; e++)
        wide[e] = (double)x[e];
    return wide;
}

static bool equal_rows(const float *x, const float *z, int64_t d) {
    return memcmp(x, z, sizeof(float) * (size_t)d) == 0;
}

/* ---- accuracy ---- */

/* |got - expected| in units of the last place of got. */
static double ulps(float got, double expected) {
    int exponent;
    (void)frexp((double)got, &exponent);
    return fabs((double)got - expected) / ldexp(1, exponent - FLT_MANT_DIG);
}

/* The entries that are promised: not smaller than 2^-10 of sqrt(K(x,x) K(x',x')). */
static bool promised(double entry, double kx, double kz) { return fabs(entry) >= 0x1p-10 * sqrt(kx * kz); }

static void check_accuracy(const network *net, int32_t type, rows_kind kind, int64_t n, int64_t d) {
    float *const x = make_rows(kind, 3 + (uint64_t)d, n, d), *const k = floats(n * n), *const cross = floats(n * n);
    float *const diagonal = floats(n);
    double *const wide = widen(n * d, x), *const expected = suite_doubles(n * n);
    ntk_kernel *const kernel = kernel_of(NULL, net, d, type);
    ASSERT_OK(ntk_kernel_gram(kernel, n, wide, d, expected, n));
    ASSERT_OK(ntk_kernel_gram_f32(kernel, n, x, d, k, n));
    ASSERT_OK(ntk_kernel_cross_f32(kernel, n, x, d, n, x, d, cross, n));
    ASSERT_OK(ntk_kernel_diagonal_f32(kernel, n, x, d, diagonal));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            const int64_t e = i * n + j;
            const double exact = expected[e];
            REQUIRE(k[e] == k[j * n + i], "k[%d][%d] is not symmetric", (int)i, (int)j);
            if (equal_rows(x + i * d, x + j * d, d))
                REQUIRE(k[e] == diagonal[i] && cross[e] == diagonal[i], "rows %d and %d are equal: %.9g, %.9g, %.9g",
                        (int)i, (int)j, (double)k[e], (double)cross[e], (double)diagonal[i]);
            if (!promised(exact, expected[i * n + i], expected[j * n + j])) {
                REQUIRE(isfinite(k[e]) && isfinite(cross[e]), "k[%d][%d] is no number", (int)i, (int)j);
                continue;
            }
            const double error = fmax(ulps(k[e], exact), ulps(cross[e], exact));
            REQUIRE(error <= 64,
                    "%s, depth %d, type %d, rows %d, d %d: k[%d][%d] is %.9g, %.9g, expected %.17g: %.1f ulp",
                    ntk_activation_kind_name(net->kind), (int)net->depth, (int)type, (int)kind, (int)d, (int)i, (int)j,
                    (double)k[e], (double)cross[e], exact, error);
        }
    ntk_kernel_destroy(kernel);
    free(expected);
    free(wide);
    free(diagonal);
    free(cross);
    free(k);
    free(x);
}

START_TEST(within_64_ulp) {
    const int64_t dimensions[] = {1, 2, 3, 10, 64, 200, 784};
    const int64_t n = suite_size(120, 40);
    for (int net = 0; net < FAMILY; net++)
        for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++)
            for (int kind = 0; kind < KINDS_OF_ROWS; kind++)
                for (int64_t s = 0; s < 7; s++)
                    check_accuracy(&family[net], type, (rows_kind)kind, n, dimensions[s]);
}
END_TEST

/* Enough pairs for the tail of the rounding errors of inner products, and several tiles. */
START_TEST(many_pairs_within_64_ulp) {
    for (int kind = 0; kind < KINDS_OF_ROWS; kind++) {
        check_accuracy(&family[0], NTK_KERNEL_NTK, (rows_kind)kind, suite_size(1100, 60), 784);
        check_accuracy(&family[4], NTK_KERNEL_NTK, (rows_kind)kind, suite_size(1100, 60), 784);
    }
}
END_TEST

/* Networks out of the family, and norms out of the range, are rounded from double precision: half an ulp, and the rounding
 * of an inner product in another order (see test_kernel_exactness.c). */
static void check_rounded(const network *net, int64_t n, int64_t d, double factor) {
    float *const x = make_rows(MIXED, 8, n, d), *const k = floats(n * n), *const diagonal = floats(n);
    for (int64_t e = 0; e < n * d; e++)
        x[e] = (float)((double)x[e] * factor);
    double *const wide = widen(n * d, x), *const expected = suite_doubles(n * n);
    ntk_kernel *const kernel = kernel_of(NULL, net, d, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_kernel_gram(kernel, n, wide, d, expected, n));
    ASSERT_OK(ntk_kernel_gram_f32(kernel, n, x, d, k, n));
    ASSERT_OK(ntk_kernel_diagonal_f32(kernel, n, x, d, diagonal));
    for (int64_t i = 0; i < n; i++) {
        REQUIRE(k[i * n + i] == diagonal[i] && diagonal[i] == (float)expected[i * n + i], "diagonal of row %d", (int)i);
        for (int64_t j = 0; j < n; j++) {
            const double exact = expected[i * n + j], scale = sqrt(expected[i * n + i] * expected[j * n + j]);
            REQUIRE(k[i * n + j] == k[j * n + i], "k[%d][%d] is not symmetric", (int)i, (int)j);
            ASSERT_CLOSE((double)k[i * n + j], exact,
                         0x1p-24 * fabs(exact) + 8 * ((double)d + 8) * DBL_EPSILON * scale + 0x1p-149);
        }
    }
    ntk_kernel_destroy(kernel);
    free(expected);
    free(wide);
    free(diagonal);
    free(k);
    free(x);
}

START_TEST(others_rounded_from_double) {
    for (int net = 0; net < OTHERS; net++) {
        check_rounded(&others[net], 60, 5, 1);
        check_rounded(&others[net], suite_size(300, 40), 40, 1);
    }
    check_rounded(&family[2], 60, 5, 1e15);
    check_rounded(&family[3], 60, 5, 1e-16);
    check_rounded(&family[0], 40, 3, 1e-21);               /* K itself is subnormal in floats */
    check_rounded(&others[0], suite_size(1300, 40), 3, 1); /* several strips */
}
END_TEST

/* ---- apply ---- */

/* Against the sum in double precision of the single-precision kernel: 512 products are summed in floats at a time, each
 * sum rounded at most 512 times. */
START_TEST(apply_against_cross) {
    const int64_t n = suite_size(300, 30), m = suite_size(1200, 50), d = 6, c = 3;
    float *const x = make_rows(CENTRED, 1, n, d), *const z = make_rows(MIXED, 2, m, d), *const a = floats(m * c);
    float *const k = floats(n * m), *const out = floats(n * (c + 1));
    const network *const nets[] = {&family[2], &others[3]};
    uint64_t state = 3;
    for (int64_t e = 0; e < m * c; e++)
        a[e] = (float)suite_uniform(&state);
    for (int v = 0; v < 2; v++) {
        ntk_kernel *const kernel = kernel_of(NULL, nets[v], d, NTK_KERNEL_NTK);
        for (int64_t e = 0; e < n * (c + 1); e++)
            out[e] = -7;
        ASSERT_OK(ntk_kernel_cross_f32(kernel, n, x, d, m, z, d, k, m));
        ASSERT_OK(ntk_kernel_apply_f32(kernel, n, x, d, m, z, d, c, a, c, out, c + 1));
        for (int64_t i = 0; i < n; i++) {
            ck_assert(out[i * (c + 1) + c] == -7);
            for (int64_t j = 0; j < c; j++) {
                double sum = 0, size = 0;
                for (int64_t p = 0; p < m; p++) {
                    const double product = (double)k[i * m + p] * (double)a[p * c + j];
                    sum += product;
                    size += fabs(product);
                }
                ASSERT_CLOSE((double)out[i * (c + 1) + j], sum, 512 * 0x1p-24 * size + 0x1p-24 * fabs(sum));
            }
        }
        ntk_kernel_destroy(kernel);
    }
    free(out);
    free(k);
    free(a);
    free(z);
    free(x);
}
END_TEST

SUITE("single", within_64_ulp, many_pairs_within_64_ulp, others_rounded_from_double, apply_against_cross)
