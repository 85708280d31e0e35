/* The networks and rows of the suites of derivatives. */
#ifndef NTK_TESTS_DERIVATIVE_NETWORKS_H
#define NTK_TESTS_DERIVATIVE_NETWORKS_H

#include "tests/suite.h"

enum { D = 3, N = 5, M = 4, DEPTH = 3 };

typedef struct {
    double weight_std[DEPTH], bias_std[DEPTH];
} stds;

static const stds usual = {{1.0, 0.75, 1.25}, {0.25, 0.5, 0.125}};
static const stds unbiased = {{1.0, 0.75, 1.25}, {0, 0, 0}};

static inline ntk_kernel *make_kernel(ntk_context *context, int32_t kind, int32_t type, const stds *std) {
    const int64_t widths[DEPTH + 1] = {D, 7, 5, 1};
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_mlp_create(context, DEPTH, widths, kind, &mlp));
    for (int l = 0; l < DEPTH; l++) {
        ASSERT_OK(ntk_mlp_set_layer_weight_std(mlp, l + 1, std->weight_std[l]));
        ASSERT_OK(ntk_mlp_set_layer_bias_std(mlp, l + 1, std->bias_std[l]));
    }
    ASSERT_OK(ntk_kernel_create_analytic(context, mlp, type, &kernel));
    ASSERT_OK(ntk_kernel_set_tolerance(kernel, 1e-12));
    ntk_mlp_destroy(mlp);
    return kernel;
}

static inline ntk_context *make_context(void) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    return context;
}

static inline void make_rows(uint64_t seed, double *x, double *z) {
    suite_fill(&seed, N * D, x);
    suite_fill(&seed, M * D, z);
}

#endif
