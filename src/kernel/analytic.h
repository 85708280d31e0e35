/* The analytic evaluator: the kernel of the infinitely wide network. */
#ifndef NTKI_ANALYTIC_H
#define NTKI_ANALYTIC_H

#include "lib/product/product.h"
#include "src/kernel/duals.h"
#include "src/kernel/hermite.h"
#include "src/kernel/kernel.h"
#include "src/kernel/pair.h"
#include "src/kernel/panels.h"
#include "src/mlp/mlp.h"

/* Pairs of that many layers can wait for a skip to end. */
enum { NTKI_MOST_SLOTS = 16 };

/* What leads from S^l to S^{l+1} (l = 0: from the inputs to S^1). */
typedef struct {
    ntki_layer_step step;
    ntki_dual_form form;
    ntki_row_step run; /* NULL for the caller's duals */
    ntki_dual_diagonal diagonal;
    ntki_activation activation; /* phi_l; not used by l = 0 */
    int64_t from;               /* the layer (counted as this one is) that a skip adds, or -1 */
    int32_t keep;               /* the slot in which this layer's pairs wait for the end of a skip, or -1 */
    bool normalise;
    double epsilon;
} ntki_analytic_layer;

typedef struct ntki_collapse ntki_collapse;

typedef struct {
    ntk_kernel kernel;          /* first, so that the handle is the evaluator */
    ntki_analytic_layer *layer; /* kernel.depth of them; layer[l] ends in S^{l+1} of the paper */
    double *constants;
    const ntki_pair_operations *operations;
    int32_t slots;
    bool standard;   /* the parameterisation: the tangents do not depend on the standard deviations */
    bool one_thread; /* the caller's functions are called by the calling thread only */
    bool series;     /* some dual is a series */
    bool dropout;
    bool homogeneous;        /* K(a x, b x') = a b K(x, x') for a, b >= 0 */
    bool collapsed;          /* the call under way uses `collapse` */
    ntki_collapse *collapse; /* NULL until a call wants it */
} ntki_analytic;

/* What a thread works in: a block of a tile. Its rows are not a power of two apart, or a column would be in few places of the
 * cache. */
enum {
    NTKI_WORK_COLUMNS = NTKI_BLOCK_COLUMNS + NTKI_PRODUCT_WIDTH,
    NTKI_ANALYTIC_BLOCK = NTKI_BLOCK_ROWS * NTKI_WORK_COLUMNS
};

/* Input rows as unit vectors, their norms, and what each layer makes of an input alone. */
typedef struct {
    ntki_rows rows;
    const double *x; /* the caller's rows, n x d with ldx: they outlive this */
    int64_t ldx;
    double *unit;   /* n x d */
    double *packed; /* the same for ntki_multiply_rows(), NULL until the rows are columns of a matrix */
    double *work;   /* likewise, NTKI_ANALYTIC_BLOCK numbers for each of so many threads */
    int32_t workers;
    double *block;         /* holds all the vectors that the layers point into */
    ntki_layer_side *side; /* depth of them */
    double **k;            /* k[l] = S^{l+1}(x_i, x_i), theta[l] = T^{l+1}(x_i, x_i), before normalisation */
    double **theta;
    ntki_series **series;   /* depth of them, NULL but for the series kinds */
    const double *diagonal; /* K(x_i, x_i) */
    double *root;           /* sqrt of it */
} ntki_analytic_rows;

static inline const ntki_analytic *ntki_analytic_of(const ntk_kernel *kernel) {
    return (const ntki_analytic *)(const void *)kernel;
}
static inline const ntki_analytic_rows *ntki_analytic_rows_of(const ntki_rows *rows) {
    return (const ntki_analytic_rows *)(const void *)rows;
}

ntk_status ntki_analytic_prepare(ntk_kernel *kernel, const char *function, const ntki_input *input, ntki_rows **out);
void ntki_analytic_release(const ntk_kernel *kernel, ntki_rows *rows);
ntk_status ntki_analytic_match(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b);
/* The part of it that prepares pairs for the layers, without what tiles need. */
ntk_status ntki_analytic_match_series(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b);
ntk_status ntki_analytic_tile(const ntk_kernel *kernel, const char *function, const ntki_tile *tile);

/* Pairs (i, j0 .. j0 + count - 1), count <= NTKI_CHUNK, on their way. theta is NULL when only S is wanted. */
typedef struct {
    const ntki_analytic *analytic;
    const char *function;
    const ntki_analytic_rows *a, *b;
    int64_t i, j0, count;
    double *k, *near, *theta;
    double (*slot)[3][NTKI_CHUNK]; /* analytic->slots of them */
} ntki_chunk;

/* k holds the cosines, near gets 1 - |k|: from the rows themselves where they are close, and k with it;
 * whether there were such. */
bool ntki_chunk_compare(const ntki_chunk *chunk);

/* With a bias, nearly equal inputs once more after the first layer; `angle` holds 1 - cos of the inputs. */
void ntki_chunk_refine_first_layer(const ntki_chunk *chunk, const double *angle);

/* From S^l to S^{l+1}, with the skip that ends there; then what lies between it and the activation. */
ntk_status ntki_chunk_advance(const ntki_chunk *chunk, int64_t l);
void ntki_chunk_normalise(const ntki_chunk *chunk, int64_t l);

/* A bound, relative to sqrt(K(x,x) K(x',x')), for what truncated series do to the kernel of these rows. */
ntk_status ntki_analytic_bound(const ntki_analytic *analytic, const char *function, const ntki_analytic_rows *a,
                               const ntki_analytic_rows *b, double *bound);

#endif
