/* What the suites of the exact flow share: problems, and a flow from one of them. */
#ifndef NTK_TESTS_FLOW_EVENTS_H
#define NTK_TESTS_FLOW_EVENTS_H

#include "tests/suite.h"

#include "src/flow/nonlinear.h"

typedef struct {
    ntk_context *context;
    ntk_loss *loss;
    int64_t n, c;
    double *gram, *y, *weights, *initial, *start; /* the last three may be NULL */
    double rate, decay;
} flow_case;

static inline ntki_flow_problem case_problem(const flow_case *the) {
    return (ntki_flow_problem){.context = the->context,
                               .n = the->n,
                               .c = the->c,
                               .gram = the->gram,
                               .loss = the->loss,
                               .y = the->y,
                               .weights = the->weights,
                               .rate = the->rate,
                               .decay = the->decay,
                               .initial = the->initial,
                               .start = the->start,
                               .tolerance = 1e-6};
}

/* epsilon < 0: the hinge. */
static inline void case_set_loss(flow_case *the, double epsilon) {
    ntk_loss_destroy(the->loss);
    ASSERT_OK(ntk_loss_create(the->context, epsilon < 0 ? NTK_LOSS_HINGE : NTK_LOSS_EPSILON_INSENSITIVE, &epsilon,
                              epsilon < 0 ? 0 : 1, &the->loss));
}

static inline flow_case case_create(int64_t n, int64_t c, double epsilon) {
    flow_case the = {.n = n, .c = c, .rate = 1};
    ASSERT_OK(ntk_context_create(&the.context));
    case_set_loss(&the, epsilon);
    the.gram = suite_doubles(n * n);
    the.y = suite_doubles(n * c);
    return the;
}

static inline void case_destroy(flow_case *the) {
    free(the->gram);
    free(the->y);
    free(the->weights);
    free(the->initial);
    free(the->start);
    ntk_loss_destroy(the->loss);
    ntk_context_destroy(the->context);
}

/* Gaussian kernel of random points in the plane, plus `ridge` on the diagonal. */
static inline void case_fill_gram(flow_case *the, uint64_t *state, double width, double ridge) {
    double *const x = suite_doubles(2 * the->n);
    suite_fill(state, 2 * the->n, x);
    for (int64_t i = 0; i < the->n; i++)
        for (int64_t j = 0; j < the->n; j++) {
            const double d = hypot(x[2 * i] - x[2 * j], x[2 * i + 1] - x[2 * j + 1]) / width;
            the->gram[i * the->n + j] = exp(-d * d / 2) + (i == j ? ridge : 0);
        }
    free(x);
}

/* Signs for the hinge, numbers otherwise. */
static inline void case_fill_targets(flow_case *the, uint64_t *state) {
    int32_t kind = 0;
    ASSERT_OK(ntk_loss_get_kind(the->loss, &kind));
    suite_fill(state, the->n * the->c, the->y);
    for (int64_t i = 0; i < the->n * the->c && kind == NTK_LOSS_HINGE; i++)
        the->y[i] = the->y[i] < 0 ? -1 : 1;
}

static inline flow_case case_random(uint64_t seed, int64_t n, int64_t c, double epsilon) {
    uint64_t state = seed;
    flow_case the = case_create(n, c, epsilon);
    case_fill_gram(&the, &state, 0.5, 0.05);
    case_fill_targets(&the, &state);
    return the;
}

/* a(t) by a solver of its own; work may be NULL. */
static inline void case_solve(const flow_case *the, double t, double *a, ntki_flow_work *work) {
    const ntki_flow_problem problem = case_problem(the);
    ntki_events *solver = NULL;
    ASSERT_OK(ntki_events_create(&problem, __func__, &solver));
    const ntk_status status = ntki_events_solve(solver, __func__, t, a, work);
    REQUIRE(status == NTK_SUCCESS, "%s", ntk_context_last_error(the->context));
    ntki_events_destroy(solver);
}

/* f = exp(-lambda t) f_0 + K a */
static inline void case_outputs(const flow_case *the, double t, const double *a, double *f) {
    const double left = the->decay > 0 ? exp(-the->decay * t) : 1;
    for (int64_t i = 0; i < the->n; i++)
        for (int64_t k = 0; k < the->c; k++) {
            double sum = the->initial == NULL ? 0 : left * the->initial[i * the->c + k];
            for (int64_t j = 0; j < the->n; j++)
                sum += the->gram[i * the->n + j] * a[j * the->c + k];
            f[i * the->c + k] = sum;
        }
}

/* Rounding of a handful of operations on numbers of size 1. */
#define ROUNDING (64 * DBL_EPSILON)

/* ---- implicit Euler ---- */

/* The v in the subdifferential at f = r - q v of one sample. */
static inline double resolvent(bool hinge, double epsilon, double y, double w, double r, double q) {
    if (hinge)
        return y > 0 ? fmin(0, fmax(-w, (r - 1) / q)) : fmin(w, fmax(0, (r + 1) / q));
    if (r < y - epsilon)
        return fmax(-w, (r - y + epsilon) / q);
    return r > y + epsilon ? fmin(w, (r - y - epsilon) / q) : 0;
}

/* (1 + h lambda) f + h rate K v = f before, v in the subdifferential at f: a quadratic program in a box, by coordinate
 * descent until nothing moves. One output. */
static inline void euler(const flow_case *the, double epsilon, double t, int64_t steps, double *f) {
    const int64_t n = the->n;
    const double h = t / (double)steps, gain = h * the->rate / (1 + h * the->decay);
    double *const v = suite_doubles(n), *const target = suite_doubles(n);
    for (int64_t i = 0; i < n; i++) {
        f[i] = the->initial == NULL ? 0 : the->initial[i];
        v[i] = 0;
    }
    for (int64_t step = 0; step < steps; step++) {
        for (int64_t i = 0; i < n; i++) {
            target[i] = f[i] / (1 + h * the->decay);
            f[i] = target[i];
            for (int64_t j = 0; j < n; j++)
                f[i] -= gain * the->gram[i * n + j] * v[j];
        }
        double moved = 1;
        for (int sweep = 0; sweep < 20000 && moved > 1e-14; sweep++) {
            moved = 0;
            for (int64_t i = 0; i < n; i++) {
                const double q = gain * the->gram[i * n + i], w = the->weights == NULL ? 1 : the->weights[i];
                const double change = resolvent(epsilon < 0, epsilon, the->y[i], w, f[i] + q * v[i], q) - v[i];
                moved = fmax(moved, q * fabs(change));
                v[i] += change;
                for (int64_t j = 0; j < n; j++)
                    f[j] -= gain * the->gram[i * n + j] * change;
            }
        }
    }
    free(v);
    free(target);
}

static inline double euler_error(const flow_case *the, double epsilon, double t, int64_t steps) {
    double a[16], f[16], other[16], error = 0;
    case_solve(the, t, a, NULL);
    case_outputs(the, t, a, f);
    euler(the, epsilon, t, steps, other);
    for (int64_t i = 0; i < the->n; i++)
        error += fabs(f[i] - other[i]);
    return error;
}

#endif
