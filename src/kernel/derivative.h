/* Derivatives of the analytic kernel by the complex step: what a quantity depends on gets an imaginary part of
 * NTKI_STEP times its change, and the imaginary parts of the pair operations carry the derivative through all layers to
 * full accuracy, since no difference is taken [SquireTrapp98]. Rows are prepared as for the kernel, in real numbers;
 * only what follows the cosines is done again in complex ones. */
#ifndef NTKI_DERIVATIVE_H
#define NTKI_DERIVATIVE_H

#include <ntk/derivative.h>

#include "src/kernel/analytic.h"

/* Its square, in products of imaginary parts, must count for nothing even beside small values of 1 - |cos|, and it must
 * not leave the range where numbers are small. */
#define NTKI_STEP 1e-60

/* A pair of a smaller 1 - |cos| after the first layer counts as equal (or opposite), and is taken at this: divided by
 * it, the square of NTKI_STEP still counts for nothing. */
#define NTKI_SMALLEST_NEAR 1e-90

/* Pairs in one go: a chunk's slots for skips are on the stack. */
enum { NTKI_COMPLEX_CHUNK = 64 };

/* How the rows depend on what the derivative is taken of. */
typedef enum {
    NTKI_ALONG_STEPS,     /* by the steps of the layers, one of which may have imaginary parts */
    NTKI_ALONG_FIRST_STD, /* by their own std after the first layer, with imaginary parts in proportion */
    NTKI_ALONG_NOTHING    /* not at all; from the std after the first layer too */
} ntki_direction;

typedef struct {
    const ntki_analytic *analytic;
    const char *function;
    ntki_layer_step_complex *step; /* depth of them */
    double unit;                   /* of a std: imaginary parts over NTKI_STEP are this times the derivative */
} ntki_derivative;

/* NTK_ERR_UNSUPPORTED when the kernel is not an analytic one, or has duals of the caller. */
ntk_status ntki_derivative_open(ntk_kernel *kernel, const char *function, ntki_derivative *out);
/* Gives the step of a layer (1 to L) its derivative with respect to a standard deviation. */
ntk_status ntki_derivative_of_std(ntki_derivative *derivative, int32_t which, int64_t layer);
void ntki_derivative_close(const ntki_derivative *derivative);

/* What each layer makes of an input alone: the complex counterpart of ntki_analytic_rows. */
typedef struct {
    double _Complex *block; /* holds the vectors */
    ntki_layer_side_complex *side;
    double _Complex **series;   /* coefficients, depth of them, NULL but for the series kinds */
    double _Complex *k, *theta; /* of the last layer: K(x_i, x_i) */
} ntki_complex_rows;

ntk_status ntki_complex_rows_create(const ntki_derivative *derivative, const ntki_analytic_rows *real,
                                    ntki_direction direction, ntki_complex_rows *out);
void ntki_complex_rows_destroy(const ntki_derivative *derivative, ntki_complex_rows *rows);

/* Pairs (i, j0 .. j0 + count - 1), count <= NTKI_COMPLEX_CHUNK. theta is NULL when only S is wanted. */
typedef double _Complex ntki_complex_slots[NTKI_MOST_SLOTS][3][NTKI_COMPLEX_CHUNK];
typedef struct {
    const ntki_derivative *derivative;
    const ntki_complex_rows *a, *b;
    int64_t i, j0, count;
    double _Complex *k, *near, *theta;
    double _Complex (*slot)[3][NTKI_COMPLEX_CHUNK];
} ntki_complex_chunk;

/* From the cosines, or from S^1 and T^1, to the kernel. */
void ntki_complex_from_cosines(const ntki_complex_chunk *chunk);
void ntki_complex_from_first_layer(const ntki_complex_chunk *chunk);

/* What the input gradient needs of a set of rows. */
typedef struct {
    const ntki_analytic_rows *real;
    ntki_complex_rows plain; /* NTKI_ALONG_NOTHING */
    ntki_complex_rows along; /* NTKI_ALONG_FIRST_STD; only where the gradient is taken in these rows */
    double *inverse;  /* 1 / sqrt(S^1(x_i,x_i)), 0 where that is 0, to twice the digits: n upper parts, n lower ones */
    const bool *zero; /* from ntki_lifted_rows; NULL: no row is */
} ntki_gradient_rows;

/* Gradients do not depend on the length of a short row: rows of a smaller sqrt(S^1(x,x)) are taken at that length, rows
 * of zeros in some direction, which is then left out. x (n x d) and zero (n) are NULL when no row is so short. */
#define NTKI_SMALLEST_FIRST_STD 1e-100
typedef struct {
    double *x;
    bool *zero;
} ntki_lifted_rows;
ntk_status ntki_lifted_rows_create(const ntki_derivative *derivative, const ntki_analytic_rows *real,
                                   ntki_lifted_rows *out);
void ntki_lifted_rows_destroy(const ntki_derivative *derivative, ntki_lifted_rows *rows);

ntk_status ntki_gradient_rows_create(const ntki_derivative *derivative, const ntki_analytic_rows *real, bool along,
                                     const bool *zero, ntki_gradient_rows *out);
void ntki_gradient_rows_destroy(const ntki_derivative *derivative, ntki_gradient_rows *rows);

/* dK(x_i, z_j) / dx_i = own x_i + other z_j + turn (z_j / s_j - side x_i / s_i), side = 1 or -1. `turn` is 0 but for
 * pairs that nearly coincide or are nearly opposite after the first layer, whose difference must be taken with care. */
typedef struct {
    double own[NTKI_COMPLEX_CHUNK], other[NTKI_COMPLEX_CHUNK], turn[NTKI_COMPLEX_CHUNK], side[NTKI_COMPLEX_CHUNK];
} ntki_gradient_fields;

/* For the pairs (i, j0 .. j0 + count - 1), whose cosines are in `cosine`. */
void ntki_gradient_fields_of(const ntki_derivative *derivative, const ntki_gradient_rows *a,
                             const ntki_gradient_rows *b, int64_t i, int64_t j0, int64_t count, const double *cosine,
                             ntki_gradient_fields *fields);

/* out[e] = z_je / s_j - side x_ie / s_i for `count` components from e0 on, to full relative accuracy. */
void ntki_gradient_turn(const ntki_gradient_rows *a, const ntki_gradient_rows *b, int64_t i, int64_t j, double side,
                        int64_t e0, int64_t count, double *out);

#endif
