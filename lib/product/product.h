/* Inner products of rows, C = A B', in blocks that one thread makes and uses while they are in cache.
 *
 * A BLAS would do the products as fast, but it shares each of them between threads of its own: every panel of a kernel
 * matrix is then a rendezvous of two pools, which a busy machine makes long, and its result goes through memory before the
 * elementwise work has it. Here a block is a task of the context's pool, from the products to the kernel values.
 *
 * Each entry is summed over k in one order, in parts of equal length whose sums are added in theirs. So its bits depend on
 * the two rows alone: not on the block, on the other rows or on which of the two comes first. The order of the sum is that of
 * the instruction set: fused multiply-adds where there are some.
 *
 * B is packed: panels of NTKI_PRODUCT_WIDTH rows of B, in each the first entries of all rows, then the second ones, and so on.
 * The last panel is filled up with zeros. */
#ifndef NTKI_PRODUCT_H
#define NTKI_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/cpu/cpu.h"

enum { NTKI_PRODUCT_WIDTH = 16, NTKI_PRODUCT_WIDTH_F32 = 32 };

static inline int64_t ntki_product_panels(int64_t n) { return (n + NTKI_PRODUCT_WIDTH - 1) / NTKI_PRODUCT_WIDTH; }
static inline int64_t ntki_product_panels_f32(int64_t n) {
    return (n + NTKI_PRODUCT_WIDTH_F32 - 1) / NTKI_PRODUCT_WIDTH_F32;
}

/* The panels [first, end) of b, n x d with ld, to their place in `packed` (ntki_product_panels(n) * width * d). */
void ntki_product_pack(const double *b, int64_t n, int64_t d, int64_t ld, int64_t first, int64_t end, double *packed);
void ntki_product_pack_f32(const float *b, int64_t n, int64_t d, int64_t ld, int64_t first, int64_t end, float *packed);

/* c[i][j] = <a_i, b_j> for i < rows and the columns of some panels; with `lower`, columns j > i + shift may be left out. Every
 * row of c has room for all columns of the panels. */
typedef struct {
    int64_t rows, d;
    const double *a;
    int64_t lda;
    const double *packed; /* the first of the panels */
    int64_t panels;
    bool lower;
    int64_t shift;
    double *c;
    int64_t ldc;
} ntki_product_block;

typedef struct {
    int64_t rows, d;
    const float *a;
    int64_t lda;
    const float *packed;
    int64_t panels;
    bool lower;
    int64_t shift;
    float *c;
    int64_t ldc;
} ntki_product_block_f32;

void ntki_multiply_rows(ntki_isa isa, const ntki_product_block *block);
void ntki_multiply_rows_f32(ntki_isa isa, const ntki_product_block_f32 *block);

/* The loops of an instruction set. */
typedef void (*ntki_product_loop)(const ntki_product_block *block);
typedef void (*ntki_product_loop_f32)(const ntki_product_block_f32 *block);
void ntki_product_baseline(const ntki_product_block *block);
void ntki_product_baseline_f32(const ntki_product_block_f32 *block);
void ntki_product_avx2(const ntki_product_block *block);
void ntki_product_avx2_f32(const ntki_product_block_f32 *block);
void ntki_product_avx512(const ntki_product_block *block);
void ntki_product_avx512_f32(const ntki_product_block_f32 *block);

#endif
