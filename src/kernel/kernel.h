/* The kernel handle: one interface, several evaluators.
 *
 * An evaluator turns input rows into its own prepared form and fills tiles of the kernel matrix from two prepared sets.
 * Everything else (argument checks, panels, mirroring, progress, streaming) is written once for all of them. */
#ifndef NTKI_KERNEL_H
#define NTKI_KERNEL_H

#include <ntk/kernel.h>

#include "lib/context/context.h"

/* What an evaluator keeps of a set of input rows. Evaluators extend it. */
typedef struct {
    int64_t n; /* rows that they have in the kernel matrix */
} ntki_rows;

/* Where the values of one layer go, beside or instead of the kernel's own: see ntk_layer_values. */
typedef struct {
    int64_t layer;
    double *nngp;
    double *ntk;
} ntki_layer_output;

/* K(a_i, b_j) for i in [i0, i1), j in [j0, j1) goes to out[(i - i0) * ldo + (j - j0)]. With `lower`, a and b are the same
 * set and only j <= i is wanted; the rest of the tile may hold anything. With `mirror`, for evaluators that mirror,
 * K(b_j, a_i) for j < i goes to mirror[(j - j0) * ldo + (i - i0)] too, and nothing else above the diagonal is written.
 * With `outputs`, the values of those layers go there (all with ldo), and `out`, which is one of them, is where the work
 * may begin. */
typedef struct {
    const ntki_rows *a;
    const ntki_rows *b;
    int64_t i0, i1, j0, j1;
    double *out;
    int64_t ldo;
    bool lower;
    double *mirror; /* or NULL */
    const ntki_layer_output *outputs;
    int64_t output_count;
    double from, to; /* the tile's part of the call's progress: an evaluator whose tiles take long reports within it */
} ntki_tile;

/* Input rows: n rows from `x` on, the first of which is row `first` of the argument `name`. */
typedef struct {
    const char *name;
    int64_t first;
    int64_t n;
    const double *x;
    int64_t ldx;
} ntki_input;

/* product = K(X,Z) A: a is (m block) x c, product (n block) x c with ld = c. */
typedef struct {
    ntki_input x, z;
    int64_t c;
    const double *a;
    int64_t lda;
    double *product;
} ntki_multiplication;

typedef struct ntki_evaluator_f32 ntki_evaluator_f32;

#define NTKI_DEFAULT_TOLERANCE 1e-10
enum { NTKI_DEFAULT_MOST_TERMS = 2048 };

typedef struct {
    /* Allocates and fills; the rows were checked to be finite. */
    ntk_status (*prepare)(ntk_kernel *kernel, const char *function, const ntki_input *input, ntki_rows **out);
    void (*release)(const ntk_kernel *kernel, ntki_rows *rows);
    /* Makes two sets (or one and itself) fit each other, before the tiles; adds to the kernel's error bound. */
    ntk_status (*match)(ntk_kernel *kernel, const char *function, ntki_rows *a, ntki_rows *b);
    ntk_status (*tile)(const ntk_kernel *kernel, const char *function, const ntki_tile *tile);
    /* K(x, x) of the kernel's type, or S (tangent: T) of one layer, which is NULL for kernels without layers. */
    ntk_status (*diagonal)(ntk_kernel *kernel, const char *function, const ntki_rows *rows, double *diagonal);
    void (*layer_diagonal)(const ntki_rows *rows, int64_t layer, bool tangent, double *diagonal);
    /* K(X,Z) A in a way of its own, with its own progress. NULL: by blocks of K(X,Z). */
    ntk_status (*multiply)(ntk_kernel *kernel, const char *function, const ntki_multiplication *job);
    /* Frees what the evaluator has kept for the call under way. NULL: nothing. */
    void (*end)(ntk_kernel *kernel);
    /* Frees what the evaluator added to the handle. */
    void (*destroy)(ntk_kernel *kernel);
    bool mirrors; /* tile() heeds ntki_tile.mirror */
    /* Its counterpart in single precision. NULL: chosen for each call. */
    const ntki_evaluator_f32 *single;
} ntki_evaluator;

struct ntk_kernel {
    ntk_context *context;
    atomic_long holders; /* the caller, and flows and processes made from it */
    const ntki_evaluator *evaluator;
    int32_t type;
    int64_t input_dimension;
    int64_t depth; /* layers that have values of their own */
    int64_t block; /* rows of the kernel matrix for a row of x: what follows prepare() counts those */
    int64_t panel_rows, tile_columns; /* how matrices are cut */
    int64_t stream_rows;              /* rows of K(X,Z) that a stream should make at once; 0: as it likes */
    double tolerance;
    int64_t most_terms;
    double error_bound; /* of the last successful call */
    double call_bound;  /* of the call under way */
    bool call_tangent;  /* the call under way needs T */
    bool call_layers;   /* the call under way delivers layers */
};

/* n rows of x have *order rows in the kernel matrix. NTK_ERR_SIZE, NTK_ERR_OVERFLOW. */
ntk_status ntki_kernel_order(const ntk_kernel *kernel, const char *function, const char *size_name, int64_t n,
                             int64_t *order);

/* NTK_ERR_UNSUPPORTED, with a sentence on `what`, for kernels that have no layers of their own. */
ntk_status ntki_kernel_require_layers(const ntk_kernel *kernel, const char *function, const char *what);

/* K(a_i, b) for all i and b, tile by tile. */
ntk_status ntki_kernel_panel(const ntk_kernel *kernel, const char *function, const ntki_rows *a, const ntki_rows *b,
                             double from, double to, double *k, int64_t ldk);

/* Fills an n x m matrix, or one for each output: all have ldk. */
typedef struct {
    double *k; /* NULL when there are outputs */
    int64_t ldk;
    const ntki_layer_output *outputs;
    int64_t output_count;
    ntki_layer_output *work; /* room for as many */
} ntki_result;
/* The tile at place->i0, place->j0 of each matrix of the result. */
ntk_status ntki_result_tile(const ntk_kernel *kernel, const char *function, const ntki_result *result,
                            const ntki_tile *place);
/* Whether the call needs T, and so must refuse one that is out of range. */
bool ntki_result_wants_tangent(const ntk_kernel *kernel, const ntki_result *result);
/* Fills with NaN: what was written before a failure must not pass for a result. */
void ntki_result_spoil(const ntki_result *result, int64_t n, int64_t m);
ntk_status ntki_kernel_gram_panels(ntk_kernel *kernel, const char *function, const ntki_input *x,
                                   const ntki_result *result);
ntk_status ntki_kernel_cross_panels(ntk_kernel *kernel, const char *function, const ntki_input *x, const ntki_input *z,
                                    const ntki_result *result);

/* Opens a call: what it needs of the layers, and no error yet. */
void ntki_kernel_begin(ntk_kernel *kernel, bool tangent, bool layers);
/* Closes it: keeps the error bound of a successful call, frees what the evaluator kept. Returns `status`. */
ntk_status ntki_kernel_end(ntk_kernel *kernel, ntk_status status);

void ntki_kernel_retain(ntk_kernel *kernel);
void ntki_kernel_release(ntk_kernel *kernel);

/* The public functions behind another function's name, for the solvers. */
ntk_status ntki_kernel_gram(ntk_kernel *kernel, const char *function, int64_t n, const double *x, int64_t ldx,
                            double *k, int64_t ldk);
/* The rows were checked to be finite. `diagonal`: n block values. */
ntk_status ntki_kernel_diagonal(ntk_kernel *kernel, const char *function, const char *name, int64_t n, const double *x,
                                int64_t ldx, double *diagonal);
ntk_status ntki_kernel_check_rows(ntk_kernel *kernel, const char *function, const char *name, const char *size_name,
                                  const char *ld_name, int64_t n, const double *x, int64_t ldx);

/* Streaming: calls `consume` with consecutive blocks of at most block_rows rows of K(X,Z), each rows x (m block), in a
 * work area. n and m count rows of x and z, i0 and rows those of the matrix. */
typedef ntk_status (*ntki_consume)(void *user, int64_t i0, int64_t rows, const double *block, int64_t ld);
typedef struct {
    const char *x_name, *z_name;
    int64_t n;
    const double *x;
    int64_t ldx;
    int64_t m;
    const double *z;
    int64_t ldz;
    int64_t block_rows;
} ntki_stream;
ntk_status ntki_kernel_stream(ntk_kernel *kernel, const char *function, const ntki_stream *stream, ntki_consume consume,
                              void *user);

/* K(X,Z) A as the evaluator does it best. */
ntk_status ntki_kernel_multiply(ntk_kernel *kernel, const char *function, const ntki_multiplication *job,
                                int64_t block_rows);

#endif
