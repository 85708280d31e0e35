/* How kernel matrices are cut. A panel is a band of rows, after which progress is reported; a tile of it is made by one
 * evaluator call. The analytic evaluator cuts a tile in blocks, the tasks of the threads: 200 kB that stay in the second-level
 * cache from the inner products to the kernel values, with rows enough that reading the columns' packed rows costs little. */
#ifndef NTKI_PANELS_H
#define NTKI_PANELS_H

#include <math.h>

#include "lib/matrix/matrix.h"

/* The tests set them small, to cut small matrices in many ways. */
#ifndef NTKI_PANEL_ROWS
#define NTKI_PANEL_ROWS 384
#endif
#ifndef NTKI_TILE_COLUMNS
#define NTKI_TILE_COLUMNS 8192
#endif
#ifndef NTKI_BLOCK_ROWS
#define NTKI_BLOCK_ROWS 96
#endif
#ifndef NTKI_BLOCK_COLUMNS
#define NTKI_BLOCK_COLUMNS 256
#endif

/* The end of the piece of [first, end) that begins at `first` and has at most `length`. */
static inline int64_t ntki_cut(int64_t first, int64_t length, int64_t end) {
    return length < end - first ? first + length : end;
}

/* Threads that a tile of that many rows and columns can use, of those that there are: it has no more blocks. Its first column may
 * lie within a block. */
static inline int32_t ntki_tile_workers(int32_t threads, int64_t rows, int64_t columns) {
    const int64_t high = (ntki_smaller(rows, NTKI_PANEL_ROWS) + NTKI_BLOCK_ROWS - 1) / NTKI_BLOCK_ROWS;
    const int64_t wide = ntki_smaller(columns, NTKI_TILE_COLUMNS) / NTKI_BLOCK_COLUMNS + 2;
    return (int32_t)ntki_smaller(threads, high * wide);
}

/* What was written before a cancellation must not pass for a result. */
static inline void ntki_fill_with_nan(int64_t n, int64_t m, double *k, int64_t ldk) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++)
            k[i * ldk + j] = NAN;
}

#endif
