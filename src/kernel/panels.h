/* How kernel matrices are cut. A panel is a band of rows; a tile of it is made by one evaluator call, small enough that
 * the elementwise work finds the inner products in cache, wide enough that BLAS runs at its own speed. */
#ifndef NTKI_PANELS_H
#define NTKI_PANELS_H

#include <math.h>
#include <stdint.h>

enum { NTKI_PANEL_ROWS = 192, NTKI_TILE_COLUMNS = 2048 };

static inline int64_t ntki_smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* What was written before a cancellation must not pass for a result. */
static inline void ntki_fill_with_nan(int64_t n, int64_t m, double *k, int64_t ldk) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++)
            k[i * ldk + j] = NAN;
}

#endif
