/* How kernel matrices are cut. A panel is a band of rows; a tile of it is made by one evaluator call, small enough that
 * the elementwise work finds the inner products in cache (16 MB, a share of the last level), wide enough that BLAS, which
 * packs the columns anew for each panel, runs at its own speed. */
#ifndef NTKI_PANELS_H
#define NTKI_PANELS_H

#include <math.h>

#include "lib/matrix/matrix.h"

/* The tests set them small, to cut small matrices in many ways. */
#ifndef NTKI_PANEL_ROWS
#define NTKI_PANEL_ROWS 256
#endif
#ifndef NTKI_TILE_COLUMNS
#define NTKI_TILE_COLUMNS 8192
#endif

/* What was written before a cancellation must not pass for a result. */
static inline void ntki_fill_with_nan(int64_t n, int64_t m, double *k, int64_t ldk) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++)
            k[i * ldk + j] = NAN;
}

#endif
