/* Kernel matrices in single precision.
 *
 * An evaluator may have a counterpart in floats. The analytic one has two: `single` works in floats, for networks of the
 * ReLU family and inputs whose variances stay well inside the float range; `widened` rounds what an evaluator makes in double
 * precision, for everything else. */
#ifndef NTKI_SINGLE_H
#define NTKI_SINGLE_H

#include "lib/arguments/arguments.h"
#include "src/kernel/analytic.h"

/* Input rows: n rows from `x` on, the first of which is row `first` of the argument `name`. */
typedef struct {
    const char *name;
    int64_t first;
    int64_t n;
    const float *x;
    int64_t ldx;
} ntki_input_f32;

/* As ntki_tile. */
typedef struct {
    const ntki_rows *a;
    const ntki_rows *b;
    int64_t i0, i1, j0, j1;
    float *out;
    int64_t ldo;
    bool lower;
    float *mirror;
    double from, to;
} ntki_tile_f32;

/* As ntki_multiplication; the product is in double precision. */
typedef struct {
    ntki_input_f32 x, z;
    int64_t c;
    const float *a;
    int64_t lda;
    double *product;
} ntki_multiplication_f32;

/* As ntki_evaluator. */
struct ntki_evaluator_f32 {
    ntk_status (*prepare)(ntk_kernel *kernel, const char *function, const ntki_input_f32 *input, ntki_rows **out);
    void (*release)(const ntk_kernel *kernel, ntki_rows *rows);
    ntk_status (*match)(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b);
    ntk_status (*tile)(const ntk_kernel *kernel, const char *function, const ntki_tile_f32 *tile);
    ntk_status (*diagonal)(ntk_kernel *kernel, const char *function, const ntki_rows *rows, float *diagonal);
    ntk_status (*multiply)(ntk_kernel *kernel, const char *function, const ntki_multiplication_f32 *job); /* or NULL */
    bool mirrors;
};

extern const ntki_evaluator_f32 ntki_evaluator_single;
extern const ntki_evaluator_f32 ntki_evaluator_widened;

/* The smallest and the largest norm of rows that are not zero; 1 and 1 before the first. */
typedef struct {
    bool any;
    double least, most;
} ntki_norm_range;

/* Widens the range by the rows of a matrix; NTK_ERR_NOT_FINITE. */
ntk_status ntki_norm_range_add(ntk_context *context, const char *function, const ntki_matrix *matrix,
                               ntki_norm_range *range);

/* The evaluator for rows whose norms are in the range, or the kernel's own. */
const ntki_evaluator_f32 *ntki_evaluator_f32_choose(const ntk_kernel *kernel, const ntki_norm_range *range);

/* What a thread works in, as NTKI_ANALYTIC_BLOCK. */
enum {
    NTKI_WORK_COLUMNS_F32 = NTKI_BLOCK_COLUMNS + NTKI_PRODUCT_WIDTH_F32,
    NTKI_SINGLE_BLOCK = NTKI_BLOCK_ROWS * NTKI_WORK_COLUMNS_F32
};

/* Rows prepared by `single`. What a pair depends on is kept in both precisions: the floats are for most pairs, the doubles
 * for those whose kernel value is a small difference. */
typedef struct {
    ntki_rows rows;
    const float *x; /* the caller's rows, n x d with ldx: they outlive this */
    int64_t ldx;
    float *unit;   /* n x d */
    float *packed; /* the same for ntki_multiply_rows_f32(), NULL until the rows are columns of a matrix */
    float *work;   /* likewise, NTKI_SINGLE_BLOCK numbers for each of so many threads */
    int32_t workers;
    float *floats;
    double *doubles;
    ntki_layer_side_f32 *side; /* depth of them */
    ntki_layer_side *wide;
    const float *diagonal; /* K(x_i, x_i) */
    const float *root;     /* its square root */
} ntki_single_rows;

ntk_status ntki_single_prepare(ntk_kernel *kernel, const char *function, const ntki_input_f32 *input, ntki_rows **out);
void ntki_single_release(const ntk_kernel *kernel, ntki_rows *rows);
ntk_status ntki_single_tile(const ntk_kernel *kernel, const char *function, const ntki_tile_f32 *tile);

static inline const ntki_single_rows *ntki_single_rows_of(const ntki_rows *rows) {
    return (const ntki_single_rows *)(const void *)rows;
}

/* S^{l+1} from S^l in floats. */
static inline ntki_layer_step_f32 ntki_single_step(const ntki_layer_step *step) {
    return (ntki_layer_step_f32){(float)step->weight_variance, (float)step->bias_variance, (float)step->weight_tangent,
                                 (float)step->bias_tangent,    (float)step->spread,        step->constants};
}

#endif
