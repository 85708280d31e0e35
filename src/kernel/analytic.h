/* The analytic evaluator: the kernel of the infinitely wide network. */
#ifndef NTKI_ANALYTIC_H
#define NTKI_ANALYTIC_H

#include "src/kernel/kernel.h"
#include "src/kernel/pair.h"
#include "src/mlp/mlp.h"

typedef struct {
    ntk_kernel kernel; /* first, so that the handle is the evaluator */
    int64_t depth;
    ntki_mlp_layer *layer; /* depth of them; layer[l].activation follows layer l + 1 of the paper */
    const ntki_pair_operations *operations;
} ntki_analytic;

/* Input rows as unit vectors, their norms, and what each layer makes of an input alone. */
typedef struct {
    ntki_rows rows;
    const double *x; /* the caller's rows, n x d with ldx: they outlive this */
    int64_t ldx;
    double *unit;          /* n x d */
    double *block;         /* holds all the vectors that the layers point into */
    ntki_layer_side *side; /* depth of them */
    double *diagonal;      /* K(x_i, x_i) */
} ntki_analytic_rows;

/* S^{l+1} from S^l (l = 0: from the inputs). */
static inline ntki_layer_step ntki_analytic_step(const ntki_analytic *analytic, int64_t l) {
    const ntki_mlp_layer *const to = &analytic->layer[l];
    const double fan_in = l == 0 ? (double)analytic->kernel.input_dimension : 1;
    const ntki_layer_step step = {to->weight_std * to->weight_std / fan_in, to->bias_std * to->bias_std,
                                  l == 0 ? NULL : analytic->layer[l - 1].activation.parameters};
    return step;
}

ntk_status ntki_analytic_prepare(const ntk_kernel *kernel, const char *function, const ntki_input *input,
                                 ntki_rows **out);
void ntki_analytic_release(const ntk_kernel *kernel, ntki_rows *rows);

#endif
