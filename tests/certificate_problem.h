/* A kernel machine with random samples and coefficients, and points to certify. */
#ifndef NTK_TESTS_CERTIFICATE_PROBLEM_H
#define NTK_TESTS_CERTIFICATE_PROBLEM_H

#include "tests/suite.h"

typedef struct {
    int64_t n, d, m;
    double *x, *a, *z, *radius, *box, b;
    ntk_kernel *kernel;
} problem;

static inline void create(problem *p, ntk_context *context, int64_t n, int64_t d, int64_t m, double b, int32_t type) {
    uint64_t state = (uint64_t)(n * 31 + d);
    ntk_kernel *const kernel = suite_kernel(context, d, 2, NTK_ACTIVATION_RELU, 1.3, 0, type);
    *p = (problem){.n = n, .d = d, .m = m, .b = b, .kernel = kernel};
    p->x = suite_doubles(n * d), p->a = suite_doubles(n), p->z = suite_doubles(m * d);
    p->radius = suite_doubles(m), p->box = suite_doubles(m);
    suite_fill(&state, n * d, p->x);
    suite_fill(&state, n, p->a);
    suite_fill(&state, m * d, p->z);
}

static inline void destroy(problem *p) {
    ntk_kernel_destroy(p->kernel);
    free(p->box);
    free(p->radius);
    free(p->z);
    free(p->a);
    free(p->x);
}

#endif
