/* A block of rows on its way through a network, forwards, backwards, along a tangent and to second order along it, in
 * double and single precision:
 *
 *   forward    z^l = s_w W^l' f^{l-1} + s_b b^l + z^{l-k},  n^l = (z^l - mean) / sqrt(variance + epsilon),
 *              f^l = phi(n^l)
 *   backward   delta^L = u,  delta^l = N'(phi'(n^l) * s_w W^{l+1} delta^{l+1}) + sum over skips l -> m of delta^m
 *              with N' the derivative of the normalisation: g -> (g - mean(g) - n mean(n g)) / sqrt(variance + epsilon)
 *   tangent    dz^l = s_w (W^l' df^{l-1} + V^l' f^{l-1}) + s_b v^l + dz^{l-k},  df^l = phi'(n^l) * N'(dz^l)
 *   second     ddz^l = s_w (W^l' ddf^{l-1} + 2 V^l' df^{l-1}) + ddz^{l-k},  ddf^l = phi''(n^l) * dn^l^2 + phi'(n^l) * ddn^l
 *              with dn^l = N'(dz^l) and ddn^l = N'(ddz^l) - n (mean(dn^2) + epsilon a^2 / (variance + epsilon)) - 2 a dn,
 *              a = mean(n dz) / sqrt(variance + epsilon)
 * So delta^l = dF_u/dz^l is what W^l and b^l feed: dF_u/dW^l = s_w f^{l-1} (x) delta^l and dF_u/db^l = s_b delta^l.
 * Learning-rate factors and dropout do nothing here.
 *
 * Everything exists twice, by the suffixes _f64 and _f32: pass_typed.h declares it for one type. A pass belongs to one
 * thread; it uses the context's threads and BLAS itself. It refers to the network: parameters that change count from the
 * next forward pass on in double precision, and not at all in single precision, which has rounded them. Inputs are taken
 * to be finite: callers check. Matrices inside a pass are contiguous: row i of f^l begins at i N_l.
 *
 * Use:
 *     ntki_pass_f64 *pass = NULL;
 *     const int64_t rows = ntki_smaller(n, ntki_pass_rows_f64(network, NTKI_PASS_BACKWARD));
 *     ntki_pass_create_f64(network, __func__, NTKI_PASS_BACKWARD, 1, rows, &pass);
 *     ntki_deltas_create_f64(pass, __func__, 1, &delta);
 *     for (each block) {
 *         ntki_pass_forward_f64(pass, __func__, &block);        pass->layer[l].f, l = 0 ... L-1, and pass->layer[L].z
 *         ntki_pass_backward_output_f64(pass, a, 0, delta);     delta[l], l = 1 ... L
 *     }
 *     ntki_deltas_destroy_f64(pass, delta);
 *     ntki_pass_destroy_f64(pass); */
#ifndef NTKI_PASS_H
#define NTKI_PASS_H

#include "src/network/network.h"

/* What a pass is for: what it keeps, and what memory that takes a row. */
typedef enum {
    NTKI_PASS_FORWARD,  /* the outputs and f^{L-1}, or f^to */
    NTKI_PASS_TANGENT,  /* the same with tangents */
    NTKI_PASS_BACKWARD, /* every f^l and all that the way back needs */
    NTKI_PASS_SECOND    /* TANGENT to second order */
} ntki_pass_purpose;

/* Spelled out by NTKI_TYPED wherever they stand. */
#define NTKI_PASS NTKI_TYPED(ntki_pass)
#define NTKI_PASS_LAYER NTKI_TYPED(ntki_pass_layer)
#define NTKI_BLOCK NTKI_TYPED(ntki_block)

/* The largest `rows` of ntki_pass_create. */
enum { NTKI_PASS_MOST_ROWS = 16384 };

#define NTKI_REAL double
#define NTKI_TYPED(name) name##_f64
#include "src/network/pass_typed.h"
#undef NTKI_REAL
#undef NTKI_TYPED

#define NTKI_REAL float
#define NTKI_TYPED(name) name##_f32
#include "src/network/pass_typed.h"
#undef NTKI_REAL
#undef NTKI_TYPED

#endif
