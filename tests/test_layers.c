/* Several layers and both types in one pass, against kernels of networks that end there. */
#include "tests/suite.h"

enum { N = 37, M = 21, D = 4, L = 5 };

static const double TOLERANCE = 2e-15; /* the same operations, but for the collapse */

typedef struct {
    double x[N * D], z[M * D];
    double nngp[L][N * N], ntk[L][N * N], expected[N * N];
    ntk_layer_values values[L];
    ntk_context *context;
    ntk_kernel *kernel;
} workplace;

static workplace place;

/* With a skip over two layers, a normalisation and mixed activations. */
static ntk_kernel *kernel_of(int64_t depth, int32_t type) {
    const int64_t widths[] = {D, 3, 3, 3, 3, 3};
    ntk_mlp *mlp = NULL;
    ntk_activation *erf = NULL;
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, depth, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 1.25));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.5));
    ASSERT_OK(ntk_activation_create(NULL, NTK_ACTIVATION_ERF, NULL, 0, &erf));
    if (depth > 2) {
        ASSERT_OK(ntk_mlp_set_activation(mlp, 2, erf));
        ASSERT_OK(ntk_mlp_set_skip(mlp, 3, 2));
    }
    if (depth > 4)
        ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 4, 1, 0.125));
    ASSERT_OK(ntk_kernel_create_analytic(place.context, mlp, type, &kernel));
    ntk_activation_destroy(erf);
    ntk_mlp_destroy(mlp);
    return kernel;
}

static void setup(void) {
    uint64_t state = 3;
    ASSERT_OK(ntk_context_create(&place.context));
    suite_fill(&state, N * D, place.x);
    suite_fill(&state, M * D, place.z);
    memcpy(place.z + D, place.x + 2 * D, D * sizeof(double));
    memcpy(place.x + 7 * D, place.x + 5 * D, D * sizeof(double));
    for (int l = 0; l < L; l++)
        place.values[l] =
            (ntk_layer_values){sizeof(ntk_layer_values), L - l, place.nngp[L - l - 1], place.ntk[L - l - 1]};
    place.kernel = kernel_of(L, NTK_KERNEL_NTK);
}

static void compare(const double *found, int64_t count, int layer, int32_t type) {
    for (int64_t i = 0; i < count; i++)
        REQUIRE(fabs(found[i] - place.expected[i]) <= TOLERANCE * (1 + fabs(place.expected[i])),
                "layer %d, type %d, entry %lld: %.17g, expected %.17g", layer, type, (long long)i, found[i],
                place.expected[i]);
}

START_TEST(gram_of_every_layer) {
    setup();
    ASSERT_OK(ntk_kernel_gram_layers(place.kernel, N, place.x, D, L, place.values, N));
    for (int l = 1; l <= L; l++)
        for (int32_t type = 0; type < 2; type++) {
            double *const found = type == NTK_KERNEL_NTK ? place.ntk[l - 1] : place.nngp[l - 1];
            ntk_kernel *const own = kernel_of(l, type);
            ASSERT_OK(ntk_kernel_gram(own, N, place.x, D, place.expected, N));
            ntk_kernel_destroy(own);
            compare(found, N * N, l, type);
            for (int i = 0; i < N; i++)
                for (int j = 0; j < i; j++)
                    ck_assert_double_eq(found[i * N + j], found[j * N + i]);
            ck_assert_double_eq(found[5 * N + 7], found[5 * N + 5]);
        }
    ntk_kernel_destroy(place.kernel);
    ntk_context_destroy(place.context);
}
END_TEST

START_TEST(cross_of_every_layer) {
    setup();
    ASSERT_OK(ntk_kernel_cross_layers(place.kernel, N, place.x, D, M, place.z, D, L, place.values, M));
    for (int l = 1; l <= L; l++)
        for (int32_t type = 0; type < 2; type++) {
            ntk_kernel *const own = kernel_of(l, type);
            ASSERT_OK(ntk_kernel_cross(own, N, place.x, D, M, place.z, D, place.expected, M));
            ntk_kernel_destroy(own);
            compare(type == NTK_KERNEL_NTK ? place.ntk[l - 1] : place.nngp[l - 1], N * M, l, type);
        }
    ntk_kernel_destroy(place.kernel);
    ntk_context_destroy(place.context);
}
END_TEST

START_TEST(diagonal_of_every_layer) {
    setup();
    ASSERT_OK(ntk_kernel_diagonal_layers(place.kernel, N, place.x, D, L, place.values));
    for (int l = 1; l <= L; l++)
        for (int32_t type = 0; type < 2; type++) {
            ntk_kernel *const own = kernel_of(l, type);
            ASSERT_OK(ntk_kernel_diagonal(own, N, place.x, D, place.expected));
            ntk_kernel_destroy(own);
            compare(type == NTK_KERNEL_NTK ? place.ntk[l - 1] : place.nngp[l - 1], N, l, type);
        }
    ntk_kernel_destroy(place.kernel);
    ntk_context_destroy(place.context);
}
END_TEST

/* One matrix of one layer; a kernel of the other type; entries longer than this library's. */
START_TEST(some_of_them) {
    setup();
    const ntk_layer_values last = {sizeof(last), L, NULL, place.ntk[0]};
    ntk_kernel *const other = kernel_of(L, NTK_KERNEL_NNGP);
    ASSERT_OK(ntk_kernel_gram_layers(other, N, place.x, D, 1, &last, N));
    ASSERT_OK(ntk_kernel_gram(place.kernel, N, place.x, D, place.expected, N));
    compare(place.ntk[0], N * N, L, NTK_KERNEL_NTK);
    struct {
        ntk_layer_values known;
        double more[3];
    } longer[2] = {{{sizeof(longer[0]), 2, place.nngp[0], NULL}, {0}},
                   {{sizeof(longer[0]), 3, NULL, place.ntk[1]}, {0}}};
    ASSERT_OK(ntk_kernel_gram_layers(other, N, place.x, D, 2, &longer[0].known, N));
    ntk_kernel *const third = kernel_of(3, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_kernel_gram(third, N, place.x, D, place.expected, N));
    compare(place.ntk[1], N * N, 3, NTK_KERNEL_NTK);
    ntk_kernel_destroy(third);
    ntk_kernel_destroy(other);
    ntk_kernel_destroy(place.kernel);
    ntk_context_destroy(place.context);
}
END_TEST

static void refused(ntk_status status, int64_t count, const ntk_layer_values *values, int64_t ldk, const char *word) {
    const ntk_context *const context = place.context;
    suite_fill_canary(N * N, place.nngp[0]);
    ASSERT_STATUS(status, ntk_kernel_gram_layers(place.kernel, N, place.x, D, count, values, ldk));
    if (count > 0)
        ck_assert_msg(suite_is_canary(N * N, place.nngp[0]), "an output was touched");
    ck_assert_msg(suite_mentions(ntk_context_last_error(context), word), "\"%s\" does not mention %s",
                  ntk_context_last_error(context), word);
}

START_TEST(refusals) {
    setup();
    const size_t size = sizeof(ntk_layer_values);
    const ntk_layer_values good[2] = {{size, 1, place.nngp[0], NULL}, {size, 2, place.nngp[1], NULL}};
    const ntk_layer_values twice[2] = {good[0], {size, 1, place.nngp[1], NULL}};
    const ntk_layer_values low = {size, 0, place.nngp[0], NULL}, high = {size, L + 1, place.nngp[0], NULL};
    const ntk_layer_values none = {size, 1, NULL, NULL}, small = {size - 1, 1, place.nngp[0], NULL};
    const ntk_layer_values overlapping[2] = {good[0], {size, 2, place.nngp[0] + 5, NULL}};
    const ntk_layer_values input = {size, 1, place.x, NULL};
    refused(NTK_ERR_SIZE, 0, good, N, "count");
    refused(NTK_ERR_NULL, 1, NULL, N, "values");
    refused(NTK_ERR_DOMAIN, 2, twice, N, "layer");
    refused(NTK_ERR_SIZE, 1, &low, N, "layer");
    refused(NTK_ERR_SIZE, 1, &high, N, "layer");
    refused(NTK_ERR_NULL, 1, &none, N, "values");
    refused(NTK_ERR_SIZE, 1, &small, N, "struct_size");
    refused(NTK_ERR_ALIAS, 2, overlapping, N, "values");
    refused(NTK_ERR_ALIAS, 1, &input, N, "x");
    refused(NTK_ERR_LEADING_DIMENSION, 2, good, N - 1, "ldk");
    place.x[3] = NAN;
    refused(NTK_ERR_NOT_FINITE, 2, good, N, "x");
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_gram_layers(NULL, N, place.x, D, 2, good, N));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_cross_layers(NULL, N, place.x, D, M, place.z, D, 2, good, N));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_diagonal_layers(NULL, N, place.x, D, 2, good));
    ntk_kernel_destroy(place.kernel);
    ntk_context_destroy(place.context);
}
END_TEST

SUITE("layers", gram_of_every_layer, cross_of_every_layer, diagonal_of_every_layer, some_of_them, refusals)
