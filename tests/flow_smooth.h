/* What the suites of the integrator of smooth losses share. */
#ifndef NTK_TESTS_FLOW_SMOOTH_H
#define NTK_TESTS_FLOW_SMOOTH_H

#include "src/flow/nonlinear.h"
#include "tests/suite.h"

static inline ntk_loss *smooth_loss(int32_t kind) {
    ntk_loss *loss = NULL;
    ASSERT_OK(ntk_loss_create(NULL, kind, NULL, 0, &loss));
    return loss;
}

/* Sum-reduced, without decay, from zero. */
static inline ntki_flow_problem smooth_problem(ntk_context *context, int64_t n, int64_t c, const double *gram,
                                               const ntk_loss *loss, const double *y, double tolerance) {
    const ntki_flow_problem problem = {
        .context = context, .n = n, .c = c, .gram = gram, .loss = loss, .y = y, .rate = 1, .tolerance = tolerance};
    return problem;
}

static inline ntki_smooth *smooth_solver(const ntki_flow_problem *problem) {
    ntki_smooth *solver = NULL;
    ASSERT_OK(ntki_smooth_create(problem, "test", &solver));
    return solver;
}

/* F at t, and what was done for it. */
static inline ntki_flow_work smooth_outputs(ntki_smooth *solver, const ntki_flow_problem *problem, double t,
                                            double *f) {
    const int64_t n = problem->n, c = problem->c;
    double *const a = suite_doubles(n * c);
    const double decay = problem->decay > 0 ? exp(-problem->decay * t) : 1;
    ntki_flow_work work = {0};
    ASSERT_OK(ntki_smooth_solve(solver, "test", t, a, &work));
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < c; k++) {
            f[i * c + k] = problem->initial != NULL ? decay * problem->initial[i * c + k] : 0;
            for (int64_t j = 0; j < n; j++)
                f[i * c + k] += problem->gram[i * n + j] * a[j * c + k];
        }
    free(a);
    return work;
}

/* max |f - g| / max(1, |g|) */
static inline double smooth_distance(int64_t count, const double *f, const double *g) {
    double distance = 0, size = 1;
    for (int64_t i = 0; i < count; i++) {
        distance = fmax(distance, fabs(f[i] - g[i]));
        size = fmax(size, fabs(g[i]));
    }
    return distance / size;
}

/* Eigenvalues top ... top / condition, evenly in their logarithm; the eigenvectors of six reflections. */
static inline void smooth_gram(int64_t n, double top, double condition, double *gram) {
    double *const v = suite_doubles(n), *const w = suite_doubles(n);
    uint64_t state = 7;
    memset(gram, 0, sizeof(double) * (size_t)(n * n));
    for (int64_t i = 0; i < n; i++)
        gram[i * n + i] = top * pow(condition, -(double)i / (double)(n - 1));
    for (int round = 0; round < 6; round++) {
        double norm = 0, inner = 0;
        suite_fill(&state, n, v);
        for (int64_t i = 0; i < n; i++)
            norm += v[i] * v[i];
        for (int64_t i = 0; i < n; i++)
            v[i] *= sqrt(2 / norm);
        for (int64_t i = 0; i < n; i++) {
            w[i] = 0;
            for (int64_t j = 0; j < n; j++)
                w[i] += gram[i * n + j] * v[j];
            inner += v[i] * w[i];
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++)
                gram[i * n + j] += inner * v[i] * v[j] - w[i] * v[j] - v[i] * w[j];
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            gram[j * n + i] = gram[i * n + j];
    free(w);
    free(v);
}

/* Targets of that kind: signs, classes one-hot, or numbers. */
static inline void smooth_targets(int32_t kind, int64_t n, int64_t c, double *y) {
    uint64_t state = 3;
    for (int64_t i = 0; i < n; i++) {
        const int64_t class = (int64_t)(suite_bits(&state) % (uint64_t)c);
        for (int64_t k = 0; k < c; k++) {
            const double number = 2 * suite_uniform(&state);
            if (kind == NTK_LOSS_CROSS_ENTROPY)
                y[i * c + k] = k == class ? 1 : 0;
            else
                y[i * c + k] = kind == NTK_LOSS_HUBER || kind == NTK_LOSS_SQUARED ? number : copysign(1, number);
        }
    }
}

/* ---- a small problem and a context that counts ---- */

enum { N = 6, C = 3, ALL = N * C };

typedef struct {
    suite_tracker tracker;
    ntk_context *context;
    double gram[N * N], y[ALL];
} world;

static inline void world_create(world *w) {
    memset(w, 0, sizeof(*w));
    suite_tracker_init(&w->tracker);
    ASSERT_OK(ntk_context_create_with_allocator(&w->tracker.allocator, &w->context));
    smooth_gram(N, 4, 1e4, w->gram);
}

static inline void world_destroy(world *w) {
    ntk_context_destroy(w->context);
    ck_assert_int_eq(w->tracker.live, 0);
}

#endif
