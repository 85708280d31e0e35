/* A set of inputs with the series of an activation, and its duals through the row step. */
#ifndef NTK_TESTS_SERIES_SET_H
#define NTK_TESTS_SERIES_SET_H

#include "tests/suite.h"

#include "lib/context/context.h"
#include "src/kernel/hermite.h"
#include "src/kernel/pair.h"

enum { MOST_INPUTS = 40 };

/* A series with what a row step wants. */
typedef struct {
    ntk_context *context;
    ntki_series *series;
    double std[MOST_INPUTS], rms[MOST_INPUTS], one[MOST_INPUTS], constants[NTKI_CONSTANTS];
} prepared;

static inline prepared *prepare(const ntki_activation *activation, double tolerance, int n, const double *std) {
    prepared *const own = calloc(1, sizeof(*own));
    ck_assert_ptr_nonnull(own);
    ASSERT_OK(ntk_context_create(&own->context));
    ASSERT_OK(ntki_series_create(own->context, "test", activation, 1, tolerance, true, 65536, n, std, &own->series));
    for (int i = 0; i < n; i++) {
        own->std[i] = std[i];
        own->rms[i] = sqrt(own->series->value[i]);
        own->one[i] = 1;
    }
    ntki_series_constants(activation, own->constants);
    return own;
}

static inline void discard(prepared *own) {
    ntki_series_destroy(own->context, own->series);
    ntk_context_destroy(own->context);
    free(own);
}

typedef struct {
    double value, slope;
    double near; /* m m' - |value| */
} dual;

/* The row step of a set with itself, with weights 1 and no bias: k becomes the value and theta = 1 the slope. */
static inline dual evaluate(const prepared *own, ntki_isa isa, int i, int j, double rho, double near) {
    const ntki_series *const series = own->series;
    const ntki_layer_side side = {.std = own->std,
                                  .rms = own->rms,
                                  .next_std = own->one,
                                  .next_inverse = own->one,
                                  .coefficient = series->coefficient,
                                  .mean_square = series->value,
                                  .mean_slope = series->slope,
                                  .terms = series->terms,
                                  .stride = series->n};
    const ntki_layer_step step = {.weight_variance = 1, .constants = own->constants};
    const double s = own->std[i] * own->std[j];
    double k = s > 0 ? s * rho : rho, gap = near, theta = 1;
    const ntki_pair_operations *const operations = ntki_pair_operations_for(isa);
    (series->kinked ? operations->kinked : operations->series)(&step, &side, i, &side, j, 1, &k, &gap, &theta);
    return (dual){k, theta, gap};
}

static inline dual evaluate_at(const prepared *own, int i, int j, double rho) {
    return evaluate(own, own->context->isa, i, j, rho, 1 - fabs(rho));
}

#endif
