/* The loops of product.h for one number type and one instruction set. The includer defines
 *   NTKI_PRODUCT_REAL, NTKI_PRODUCT_BLOCK, NTKI_PRODUCT_PANEL  the number type, its block, the width of its panels
 *   NTKI_PRODUCT_BYTES   of a vector register
 *   NTKI_PRODUCT_ROWS    rows of C that are made at once: rows times two vectors of sums, and three more, fit the registers
 *   NTKI_PRODUCT_PART    the most terms of a partial sum
 *   NTKI_PRODUCT_NAME    of the function
 *
 * The innermost loop keeps a few rows and two vectors of columns of C in registers [Goto08]: the part of the packed panel
 * that it runs over stays in the first-level cache, the part of A in the second. */
#include <stdbool.h>
#include <stdint.h>

#include "lib/product/product.h"

#if defined(__clang__)
#pragma clang fp contract(fast)
#elif defined(__GNUC__)
#pragma GCC optimize("O3", "fp-contract=fast")
#endif

/* All of the loops over rows, so that sums stay in registers. */
#if defined(__clang__)
#define NTKI_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define NTKI_UNROLL _Pragma("GCC unroll 12")
#endif

#define NTKI_JOIN_(a, b) a##_##b
#define NTKI_JOIN(a, b) NTKI_JOIN_(a, b)
#define NTKI_LOCAL(name) NTKI_JOIN(NTKI_PRODUCT_NAME, name)

typedef NTKI_PRODUCT_REAL NTKI_LOCAL(vector) __attribute__((vector_size(NTKI_PRODUCT_BYTES)));
/* In memory it is aligned as its numbers are. */
typedef NTKI_PRODUCT_REAL NTKI_LOCAL(stored)
    __attribute__((vector_size(NTKI_PRODUCT_BYTES), aligned(sizeof(NTKI_PRODUCT_REAL)), may_alias));
enum { NTKI_LOCAL(lanes) = NTKI_PRODUCT_BYTES / sizeof(NTKI_PRODUCT_REAL), NTKI_LOCAL(width) = 2 * NTKI_LOCAL(lanes) };

/* `rows` is a constant where this is called. c += the sum when `add`. */
NTKI_INLINE void NTKI_LOCAL(some_rows)(const int rows, int64_t terms, const NTKI_PRODUCT_REAL *a, int64_t lda,
                                       const NTKI_PRODUCT_REAL *packed, bool add, NTKI_PRODUCT_REAL *c, int64_t ldc) {
    typedef NTKI_LOCAL(vector) vector;
    typedef NTKI_LOCAL(stored) stored;
    const int lanes = NTKI_LOCAL(lanes);
    vector left[NTKI_PRODUCT_ROWS], right[NTKI_PRODUCT_ROWS];
    NTKI_UNROLL
    for (int r = 0; r < rows; r++) {
        left[r] = (vector){0};
        right[r] = (vector){0};
    }
    for (int64_t k = 0; k < terms; k++) {
        const vector b_left = *(const stored *)(const void *)(packed + k * NTKI_PRODUCT_PANEL);
        const vector b_right = *(const stored *)(const void *)(packed + k * NTKI_PRODUCT_PANEL + lanes);
        NTKI_UNROLL
        for (int r = 0; r < rows; r++) {
            const NTKI_PRODUCT_REAL entry = a[r * lda + k];
            left[r] += entry * b_left;
            right[r] += entry * b_right;
        }
    }
    NTKI_UNROLL
    for (int r = 0; r < rows; r++) {
        stored *const to_left = (stored *)(void *)(c + r * ldc);
        stored *const to_right = (stored *)(void *)(c + r * ldc + lanes);
        if (add) {
            left[r] += *to_left;
            right[r] += *to_right;
        }
        *to_left = left[r];
        *to_right = right[r];
    }
}

#define NTKI_ROWS_FUNCTION(rows)                                                                         \
    static void NTKI_LOCAL(rows_##rows)(int64_t terms, const NTKI_PRODUCT_REAL *a, int64_t lda,          \
                                        const NTKI_PRODUCT_REAL *packed, bool add, NTKI_PRODUCT_REAL *c, \
                                        int64_t ldc) {                                                   \
        NTKI_LOCAL(some_rows)(rows, terms, a, lda, packed, add, c, ldc);                                 \
    }

NTKI_ROWS_FUNCTION(1)
NTKI_ROWS_FUNCTION(2)
NTKI_ROWS_FUNCTION(3)
NTKI_ROWS_FUNCTION(4)
#if NTKI_PRODUCT_ROWS >= 6
NTKI_ROWS_FUNCTION(5)
NTKI_ROWS_FUNCTION(6)
#endif
#if NTKI_PRODUCT_ROWS >= 12
NTKI_ROWS_FUNCTION(7)
NTKI_ROWS_FUNCTION(8)
NTKI_ROWS_FUNCTION(9)
NTKI_ROWS_FUNCTION(10)
NTKI_ROWS_FUNCTION(11)
NTKI_ROWS_FUNCTION(12)
#endif

typedef void (*NTKI_LOCAL(rows_function))(int64_t terms, const NTKI_PRODUCT_REAL *a, int64_t lda,
                                          const NTKI_PRODUCT_REAL *packed, bool add, NTKI_PRODUCT_REAL *c, int64_t ldc);

static const NTKI_LOCAL(rows_function) NTKI_LOCAL(functions)[NTKI_PRODUCT_ROWS] = {
    NTKI_LOCAL(rows_1),  NTKI_LOCAL(rows_2),  NTKI_LOCAL(rows_3), NTKI_LOCAL(rows_4),
#if NTKI_PRODUCT_ROWS >= 6
    NTKI_LOCAL(rows_5),  NTKI_LOCAL(rows_6),
#endif
#if NTKI_PRODUCT_ROWS >= 12
    NTKI_LOCAL(rows_7),  NTKI_LOCAL(rows_8),  NTKI_LOCAL(rows_9), NTKI_LOCAL(rows_10),
    NTKI_LOCAL(rows_11), NTKI_LOCAL(rows_12),
#endif
};

/* The terms [k0, k0 + terms) of all sums. */
static void NTKI_LOCAL(part)(const NTKI_PRODUCT_BLOCK *block, int64_t k0, int64_t terms) {
    const int64_t columns = block->panels * NTKI_PRODUCT_PANEL;
    for (int64_t j = 0; j < columns; j += NTKI_LOCAL(width)) {
        const NTKI_PRODUCT_REAL *const packed = block->packed + j / NTKI_PRODUCT_PANEL * NTKI_PRODUCT_PANEL * block->d +
                                                k0 * NTKI_PRODUCT_PANEL + j % NTKI_PRODUCT_PANEL;
        int64_t i = block->lower && j > block->shift ? j - block->shift : 0;
        while (i < block->rows) {
            const int64_t left = block->rows - i, rows = left < NTKI_PRODUCT_ROWS ? left : NTKI_PRODUCT_ROWS;
            NTKI_LOCAL(functions)
            [rows - 1](terms, block->a + i * block->lda + k0, block->lda, packed, k0 > 0, block->c + i * block->ldc + j,
                       block->ldc);
            i += rows;
        }
    }
}

void NTKI_PRODUCT_NAME(const NTKI_PRODUCT_BLOCK *block) {
    const int64_t parts = (block->d + NTKI_PRODUCT_PART - 1) / NTKI_PRODUCT_PART;
    const int64_t length = (block->d + parts - 1) / parts;
    for (int64_t k0 = 0; k0 < block->d; k0 += length)
        NTKI_LOCAL(part)(block, k0, block->d - k0 < length ? block->d - k0 : length);
}

#undef NTKI_PRODUCT_REAL
#undef NTKI_PRODUCT_BLOCK
#undef NTKI_PRODUCT_PANEL
#undef NTKI_PRODUCT_NAME
#undef NTKI_PRODUCT_PART
#undef NTKI_JOIN_
#undef NTKI_JOIN
#undef NTKI_LOCAL
#undef NTKI_ROWS_FUNCTION
#undef NTKI_UNROLL
