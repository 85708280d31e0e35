/* Small networks for the suites of empirical kernels, and their kernels by the explicit Jacobian. */
#ifndef NTK_TESTS_EMPIRICAL_NETWORKS_H
#define NTK_TESTS_EMPIRICAL_NETWORKS_H

#include "tests/suite.h"

#include <ntk/empirical.h>

enum { DEPTH = 4, INPUTS = 3, OUTPUTS = 3 };
static const int64_t network_widths[DEPTH + 1] = {INPUTS, 6, 6, 4, OUTPUTS};

/* Combinations of options. RATES: a factor of its own for each layer, one layer of frozen weights and one of frozen
 * biases; FROZEN: the last layer alone trains; BELOW: the first layer, where a skip begins, does not; NO_BIAS: sb = 0. */
enum { SKIPS = 1, NORMALISED = 2, STANDARD = 4, RATES = 8, FROZEN = 16, NO_BIAS = 32, BELOW = 64 };

static inline ntk_mlp *mlp_of(int32_t kind, int options) {
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, DEPTH, network_widths, kind, &mlp));
    const bool steep = kind == NTK_ACTIVATION_EXP || kind == NTK_ACTIVATION_NORMALISED_EXP; /* exp(exp(exp(x))) */
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, steep ? 0.25 : 1.5));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, options & NO_BIAS ? 0 : 0.5));
    if (options & SKIPS)
        ASSERT_OK(ntk_mlp_set_skip(mlp, 2, 1));
    if (options & NORMALISED)
        ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 2, 1, 0.1));
    if (options & STANDARD)
        ASSERT_OK(ntk_mlp_set_parameterisation(mlp, NTK_PARAMETERISATION_STANDARD));
    if (options & RATES) {
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 1, 0.5, 2));
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 2, 0, 3));
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 3, 1.25, 0));
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 4, 0.75, 0.25));
    }
    if (options & BELOW)
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 1, 0, 0));
    for (int64_t l = 1; l < DEPTH && (options & FROZEN); l++)
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, l, 0, 0));
    return mlp;
}

static inline ntk_network *network_of(int32_t kind, int options) {
    ntk_mlp *const mlp = mlp_of(kind, options);
    ntk_network *network = NULL;
    ASSERT_OK(ntk_network_create(NULL, mlp, 7, &network));
    ntk_mlp_destroy(mlp);
    return network;
}

static inline ntk_kernel *kernel_of(const ntk_network *network, int32_t type, int32_t form) {
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_kernel_create_empirical(NULL, network, type, form, &kernel));
    return kernel;
}

static inline double *inputs_of(int64_t n, uint64_t seed) {
    double *const x = suite_doubles(n * INPUTS);
    suite_fill(&seed, n * INPUTS, x);
    return x;
}

static inline float *floats_of(int64_t count, const double *values) {
    float *const narrow = malloc(sizeof(float) * (size_t)count);
    ck_assert_ptr_nonnull(narrow);
    for (int64_t i = 0; i < count; i++)
        narrow[i] = (float)values[i];
    return narrow;
}

/* Through a volatile float: for AVX-512 and a length that it knows, gcc 12 takes the way to float and back for none. */
static inline void widen(int64_t count, const float *from, double *to) {
    for (int64_t i = 0; i < count; i++)
        to[i] = (double)*(const volatile float *)(from + i);
}

/* sqrt(r_p) dF_k(x_i) / dtheta_p, (n c) x P. */
static inline double *scaled_jacobian(ntk_network *network, int64_t n, const double *x, int64_t *parameters) {
    ntk_mlp *mlp = NULL;
    int64_t at = 0;
    ASSERT_OK(ntk_network_get_sizes(network, parameters, NULL, NULL));
    double *const j = suite_doubles(n * OUTPUTS * *parameters);
    ASSERT_OK(ntk_network_jacobian(network, n, x, INPUTS, j, *parameters));
    ASSERT_OK(ntk_network_get_mlp(network, &mlp));
    for (int64_t l = 1; l <= DEPTH; l++) {
        double rates[2];
        ASSERT_OK(ntk_mlp_get_learning_rates(mlp, l, &rates[0], &rates[1]));
        const int64_t end[2] = {at + network_widths[l - 1] * network_widths[l],
                                at + (network_widths[l - 1] + 1) * network_widths[l]};
        for (int part = 0; part < 2; part++)
            for (; at < end[part]; at++)
                for (int64_t i = 0; i < n * OUTPUTS; i++)
                    j[i * *parameters + at] *= sqrt(rates[part]);
    }
    ntk_mlp_destroy(mlp);
    return j;
}

/* The NNGP's counterpart: rows f^{L-1} with their factors, for each output in columns of its own. */
static inline double *scaled_features(ntk_network *network, int64_t n, const double *x, int64_t *columns) {
    const int64_t width = network_widths[DEPTH - 1];
    ntk_mlp *mlp = NULL;
    double weight_std = 0, bias_std = 0;
    ASSERT_OK(ntk_network_get_mlp(network, &mlp));
    ASSERT_OK(ntk_mlp_get_layer_weight_std(mlp, DEPTH, &weight_std));
    ASSERT_OK(ntk_mlp_get_layer_bias_std(mlp, DEPTH, &bias_std));
    ntk_mlp_destroy(mlp);
    *columns = OUTPUTS * (width + 1);
    double *const f = suite_doubles(n * width), *const j = suite_doubles(n * OUTPUTS * *columns);
    ASSERT_OK(ntk_network_get_layer(network, DEPTH - 1, n, x, INPUTS, f, width));
    memset(j, 0, sizeof(double) * (size_t)(n * OUTPUTS * *columns));
    for (int64_t i = 0; i < n * OUTPUTS; i++) {
        double *const row = j + i * *columns + i % OUTPUTS * (width + 1);
        for (int64_t u = 0; u < width; u++)
            row[u] = weight_std / sqrt((double)width) * f[i / OUTPUTS * width + u];
        row[width] = bias_std;
    }
    free(f);
    return j;
}

/* What a kernel should be: rows with inner products that are those of all outputs. */
typedef struct {
    int64_t columns;
    double *x, *z; /* (n c) x columns, (m c) x columns */
} factors;

static inline factors factors_of(ntk_network *network, int32_t type, int64_t n, const double *x, int64_t m,
                                 const double *z) {
    factors own = {0, NULL, NULL};
    double *(*const make)(ntk_network *, int64_t, const double *, int64_t *) =
        type == NTK_KERNEL_NTK ? scaled_jacobian : scaled_features;
    own.x = make(network, n, x, &own.columns);
    own.z = make(network, m, z, &own.columns);
    return own;
}

static inline void release_factors(factors *own) {
    free(own->x);
    free(own->z);
}

/* T((x_i,a),(z_j,b)), and in *size |J_a(x_i)| |J_b(z_j)|: what its rounding is relative to. */
static inline double full_entry(const factors *own, int64_t i, int64_t a, int64_t j, int64_t b, double *size) {
    const double *const left = own->x + (i * OUTPUTS + a) * own->columns;
    const double *const right = own->z + (j * OUTPUTS + b) * own->columns;
    double sum = 0, left_square = 0, right_square = 0;
    for (int64_t p = 0; p < own->columns; p++) {
        sum += left[p] * right[p];
        left_square += left[p] * left[p];
        right_square += right[p] * right[p];
    }
    *size = sqrt(left_square * right_square);
    return sum;
}

/* Row i and column j of the kernel matrix of a form, with outputs a and b for ONE and PAIR. */
static inline double entry_of(const factors *own, int32_t form, int64_t a, int64_t b, int64_t i, int64_t j,
                              double *size) {
    if (form == NTK_OUTPUT_FULL)
        return full_entry(own, i / OUTPUTS, i % OUTPUTS, j / OUTPUTS, j % OUTPUTS, size);
    if (form != NTK_OUTPUT_TRACE)
        return full_entry(own, i, a, j, form == NTK_OUTPUT_ONE ? a : b, size);
    double sum = 0, sizes = 0, one = 0;
    for (int64_t c = 0; c < OUTPUTS; c++) {
        sum += full_entry(own, i, c, j, c, &one) / OUTPUTS;
        sizes += one / OUTPUTS;
    }
    *size = sizes;
    return sum;
}

static inline int64_t block_of(const ntk_kernel *kernel) {
    int64_t block = 0;
    ASSERT_OK(ntk_kernel_get_block(kernel, &block));
    return block;
}

#endif
