/* The collapse of all layers into one series against the layers themselves: the same rows in parts that are too few for the
 * collapse to be chosen. */
#include "tests/suite.h"

#include "src/kernel/analytic.h"

enum { N = 96, PART = 16, D = 6 };

static double x[N * D], whole[N * N], part[N * N];

typedef struct {
    int32_t kind;
    int64_t depth;
    double bias_std;
    bool unit_rows; /* else norms differ */
    int64_t skip;
    bool collapses; /* whether the series is used */
} setting;

/* `spread` 0: rows of all directions; otherwise around one direction, so that no cosine is negative. */
static void make_rows(double spread, bool unit_rows) {
    uint64_t state = 11;
    for (int64_t i = 0; i < N * D; i++)
        x[i] = (0.5 * suite_uniform(&state)) * (spread > 0 ? spread : 1) + (spread > 0 ? 1 : 0);
    for (int64_t j = 0; j < D; j++) {
        x[20 * D + j] = x[j];
        x[50 * D + j] = spread > 0 ? x[j] : -x[j];
        x[70 * D + j] = x[j] + 1e-9 * (double)(j % 3);
    }
    for (int64_t i = 0; unit_rows && i < N; i++) {
        double sum = 0;
        for (int64_t j = 0; j < D; j++)
            sum += x[i * D + j] * x[i * D + j];
        for (int64_t j = 0; j < D; j++)
            x[i * D + j] /= sqrt(sum);
    }
}

static ntk_kernel *kernel_of(const setting *set, int32_t type) {
    int64_t widths[64];
    for (int64_t l = 0; l <= set->depth; l++)
        widths[l] = l == 0 ? D : 1;
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, set->depth, widths, set->kind, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, set->kind == NTK_ACTIVATION_ABS ? 1 : sqrt(2)));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, set->bias_std));
    for (int64_t l = 1 + set->skip; set->skip > 0 && l <= set->depth; l += set->skip)
        ASSERT_OK(ntk_mlp_set_skip(mlp, l, set->skip));
    ASSERT_OK(ntk_kernel_create_analytic(NULL, mlp, type, &kernel));
    ntk_mlp_destroy(mlp);
    return kernel;
}

/* The Gram matrix from parts of 2 PART rows at most: 32^2 pairs are below the threshold. */
static void gram_in_parts(ntk_kernel *kernel) {
    double block[PART * PART];
    for (int64_t i = 0; i < N; i += PART)
        for (int64_t j = 0; j < N; j += PART) {
            ASSERT_OK(ntk_kernel_cross(kernel, PART, x + i * D, D, PART, x + j * D, D, block, PART));
            ck_assert_msg(!ntki_analytic_of(kernel)->collapsed, "a small part collapsed");
            for (int64_t r = 0; r < PART; r++)
                memcpy(part + (i + r) * N + j, block + r * PART, PART * sizeof(double));
        }
}

/* Both sides carry a few ulp a layer; a value near zero, which only some have, does so relative to the diagonal. */
static void compare(const setting *set, int32_t type, double spread) {
    const double tolerance = 4e-15 + 1e-16 * (double)set->depth;
    make_rows(spread, set->unit_rows);
    ntk_kernel *const kernel = kernel_of(set, type);
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, D, whole, N));
    ck_assert_msg(ntki_analytic_of(kernel)->collapsed == set->collapses, "%s depth %lld sb %g: collapsed is %d",
                  ntk_activation_kind_name(set->kind), (long long)set->depth, set->bias_std,
                  ntki_analytic_of(kernel)->collapsed);
    gram_in_parts(kernel);
    for (int64_t i = 0; i < N * N; i++) {
        const double scale = sqrt(whole[i / N * (N + 1)] * whole[i % N * (N + 1)]);
        REQUIRE(fabs(whole[i] - part[i]) <= tolerance * scale,
                "%s depth %lld sb %g type %d: entry %lld is %.17g, layer by layer %.17g: off by %.2g",
                ntk_activation_kind_name(set->kind), (long long)set->depth, set->bias_std, type, (long long)i, whole[i],
                part[i], fabs(whole[i] - part[i]) / scale);
    }
    ck_assert_double_eq(whole[20], whole[0]);
    ck_assert_double_eq(whole[20 * N + 20], whole[20 * N]);
    ntk_kernel_destroy(kernel);
}

START_TEST(agrees_with_the_layers) {
    static const setting settings[] = {
        {NTK_ACTIVATION_RELU, 2, 0, false, 0, true},    {NTK_ACTIVATION_RELU, 4, 0, false, 0, true},
        {NTK_ACTIVATION_RELU, 11, 0, false, 0, true},   {NTK_ACTIVATION_RELU, 51, 0, false, 0, true},
        {NTK_ACTIVATION_RELU, 4, 0.3, true, 0, true},   {NTK_ACTIVATION_RELU, 51, 0.3, true, 0, true},
        {NTK_ACTIVATION_RELU, 4, 0.3, false, 0, false}, {NTK_ACTIVATION_LEAKY_RELU, 5, 0, false, 0, true},
        {NTK_ACTIVATION_ABS, 4, 0, false, 0, true},     {NTK_ACTIVATION_IDENTITY, 4, 0, false, 0, false},
        {NTK_ACTIVATION_RELU, 9, 0, false, 2, true},    {NTK_ACTIVATION_ERF, 4, 0.3, true, 0, true},
        {NTK_ACTIVATION_GELU, 4, 0.3, true, 0, true},   {NTK_ACTIVATION_TANH, 3, 0.3, true, 0, true},
        {NTK_ACTIVATION_ERF, 4, 0.3, false, 0, false}};
    for (size_t s = 0; s < sizeof(settings) / sizeof(settings[0]); s++)
        for (int32_t type = 0; type < 2; type++) {
            setting own = settings[s];
            compare(&own, type, 0.5);
            /* of odd functions and of linear ones, negative cosines lead to values near zero, which the layers serve */
            compare(&own, type, 0);
        }
}
END_TEST

/* Rows on a circle, a few hundred times the width of the kernel: K falls within an angle of 1e-4, between w = 0 and the first
 * point of a series. And a chaotic network, in which nearly equal rows part. Both must be served by the layers. */
START_TEST(sharp_kernels_do_not_collapse) {
    static const setting settings[] = {{NTK_ACTIVATION_RBF, 2, 1, true, 0, false},
                                       {NTK_ACTIVATION_SIN, 2, 1, true, 0, false},
                                       {NTK_ACTIVATION_ERF, 2, 1, true, 0, false}};
    static const double radii[] = {1e4, 1e5, 1e8};
    for (size_t s = 0; s < sizeof(settings) / sizeof(settings[0]); s++) {
        memset(x, 0, sizeof(x));
        for (int i = 0; i < N; i++) {
            x[i * D] = radii[s] * cos(i / radii[s]);
            x[i * D + 1] = radii[s] * sin(i / radii[s]);
        }
        ntk_kernel *const kernel = kernel_of(&settings[s], NTK_KERNEL_NNGP);
        ASSERT_OK(ntk_kernel_gram(kernel, N, x, D, whole, N));
        gram_in_parts(kernel);
        for (int64_t i = 0; i < N * N; i++)
            REQUIRE(fabs(whole[i] - part[i]) <= 2e-14 * whole[0], "%s: entry %lld is %.17g, layer by layer %.17g",
                    ntk_activation_kind_name(settings[s].kind), (long long)i, whole[i], part[i]);
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

/* Rows of one norm, then rows of another, then rows of many: every call chooses for itself. */
START_TEST(every_call_chooses) {
    const setting set = {NTK_ACTIVATION_ERF, 4, 0.3, true, 0, true};
    ntk_kernel *const kernel = kernel_of(&set, NTK_KERNEL_NTK);
    make_rows(0, true);
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, D, whole, N));
    ck_assert(ntki_analytic_of(kernel)->collapsed);
    for (int64_t i = 0; i < N * D; i++)
        x[i] *= 1.25; /* at twice the norm values fall below what a series serves */
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, D, part, N));
    ck_assert(ntki_analytic_of(kernel)->collapsed);
    ck_assert_double_ne(whole[1], part[1]);
    x[0] *= 1.5;
    ASSERT_OK(ntk_kernel_gram(kernel, N, x, D, whole, N));
    ck_assert(!ntki_analytic_of(kernel)->collapsed);
    for (int64_t i = 1; i < N; i++)
        ASSERT_CLOSE(whole[i * N + 1], part[i * N + 1], 1e-14);
    ntk_kernel_destroy(kernel);
}
END_TEST

SUITE("collapse", agrees_with_the_layers, sharp_kernels_do_not_collapse, every_call_chooses)
