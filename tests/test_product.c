/* Inner products of rows: against sums in long double, for every instruction set; and an entry's bits do not depend on where
 * in a block it is made. */
#include "tests/suite.h"

#include <float.h>
#include <string.h>

#include "lib/product/product.h"

enum { ROWS = 29, COLUMNS = 71, MOST_D = 300, WIDE = 96, PAD = 3 };

/* What a case is made of: rows of a with a leading dimension, packed columns, and the block. */
typedef struct {
    int64_t d;
    double *a, *b, *packed, *c;
    float *a_f32, *b_f32, *packed_f32, *c_f32;
} numbers;

static numbers make(int64_t d) {
    numbers own = {.d = d,
                   .a = suite_doubles(ROWS * (d + PAD)),
                   .b = suite_doubles(COLUMNS * d),
                   .packed = suite_doubles(WIDE * d),
                   .c = suite_doubles(ROWS * (WIDE + PAD)),
                   .a_f32 = malloc(sizeof(float) * (size_t)(ROWS * (d + PAD))),
                   .b_f32 = malloc(sizeof(float) * (size_t)(COLUMNS * d)),
                   .packed_f32 = malloc(sizeof(float) * (size_t)(WIDE * d)),
                   .c_f32 = malloc(sizeof(float) * ROWS * (WIDE + PAD))};
    uint64_t state = 11;
    suite_fill(&state, ROWS * (d + PAD), own.a);
    suite_fill(&state, COLUMNS * d, own.b);
    for (int64_t e = 0; e < ROWS * (d + PAD); e++)
        own.a_f32[e] = (float)own.a[e];
    for (int64_t e = 0; e < COLUMNS * d; e++)
        own.b_f32[e] = (float)own.b[e];
    ntki_product_pack(own.b, COLUMNS, d, d, 0, ntki_product_panels(COLUMNS), own.packed);
    ntki_product_pack_f32(own.b_f32, COLUMNS, d, d, 0, ntki_product_panels_f32(COLUMNS), own.packed_f32);
    return own;
}

static void release(const numbers *own) {
    free(own->a);
    free(own->b);
    free(own->packed);
    free(own->c);
    free(own->a_f32);
    free(own->b_f32);
    free(own->packed_f32);
    free(own->c_f32);
}

static const double untouched = 12345;

static void run(const numbers *own, int isa, int64_t i0, int64_t rows, int64_t first_panel, bool lower, int64_t shift) {
    const int64_t panels = ntki_product_panels(COLUMNS) - first_panel;
    for (int64_t e = 0; e < ROWS * (WIDE + PAD); e++) {
        own->c[e] = untouched;
        own->c_f32[e] = (float)untouched;
    }
    ntki_multiply_rows((ntki_isa)isa, &(ntki_product_block){rows, own->d, own->a + i0 * (own->d + PAD), own->d + PAD,
                                                            own->packed + first_panel * NTKI_PRODUCT_WIDTH * own->d,
                                                            panels, lower, shift, own->c, WIDE + PAD});
    ntki_multiply_rows_f32((ntki_isa)isa,
                           &(ntki_product_block_f32){rows, own->d, own->a_f32 + i0 * (own->d + PAD), own->d + PAD,
                                                     own->packed_f32, ntki_product_panels_f32(COLUMNS), lower, shift,
                                                     own->c_f32, WIDE + PAD});
}

/* A sum of d terms of parts of at most 128 (floats: 64), then of the parts: (128 + d / 128) roundings of |a||b| at most. */
static void check_entry(const numbers *own, int64_t i, int64_t j) {
    long double sum = 0, size = 0, sum_f32 = 0, size_f32 = 0;
    for (int64_t k = 0; k < own->d; k++) {
        const int64_t at = i * (own->d + PAD) + k, other = j * own->d + k;
        sum += (long double)own->a[at] * (long double)own->b[other];
        size += fabsl((long double)own->a[at] * (long double)own->b[other]);
        sum_f32 += (long double)own->a_f32[at] * (long double)own->b_f32[other];
        size_f32 += fabsl((long double)own->a_f32[at] * (long double)own->b_f32[other]);
    }
    const long double terms = (long double)own->d;
    const int64_t place = i * (WIDE + PAD) + j;
    ck_assert_ldouble_le(fabsl((long double)own->c[place] - sum), (130 + terms / 128) * DBL_EPSILON * size);
    ck_assert_ldouble_le(fabsl((long double)own->c_f32[place] - sum_f32), (66 + terms / 64) * FLT_EPSILON * size_f32);
}

START_TEST(the_sums) {
    static const int64_t sizes[] = {1, 2, 5, 63, 64, 65, 128, 129, MOST_D};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        const numbers own = make(sizes[s]);
        for (int isa = 0; isa <= (int)ntki_cpu_best_isa(); isa++) {
            run(&own, isa, 0, ROWS, 0, false, 0);
            for (int64_t i = 0; i < ROWS; i++) {
                for (int64_t j = 0; j < COLUMNS; j++)
                    check_entry(&own, i, j);
                for (int64_t j = COLUMNS; j < ntki_product_panels(COLUMNS) * NTKI_PRODUCT_WIDTH; j++)
                    ck_assert_double_eq(own.c[i * (WIDE + PAD) + j], 0); /* the last panel's padding */
                for (int64_t j = ntki_product_panels(COLUMNS) * NTKI_PRODUCT_WIDTH; j < WIDE + PAD; j++)
                    ck_assert_double_eq(own.c[i * (WIDE + PAD) + j], untouched);
            }
        }
        release(&own);
    }
}
END_TEST

/* Any number of rows from any row on, and any panels: the same bits. */
START_TEST(the_place_does_not_count) {
    const numbers own = make(MOST_D);
    static double whole[ROWS * (WIDE + PAD)];
    static float whole_f32[ROWS * (WIDE + PAD)];
    for (int isa = 0; isa <= (int)ntki_cpu_best_isa(); isa++) {
        run(&own, isa, 0, ROWS, 0, false, 0);
        memcpy(whole, own.c, sizeof(whole));
        memcpy(whole_f32, own.c_f32, sizeof(whole_f32));
        for (int64_t i0 = 0; i0 < ROWS; i0 += suite_size(3, 13))
            for (int64_t rows = 1; rows <= ROWS - i0; rows += suite_size(1, 4)) {
                const int64_t first = rows % 3;
                run(&own, isa, i0, rows, first, false, 0);
                for (int64_t i = 0; i < rows; i++)
                    for (int64_t j = 0; j < COLUMNS; j++) {
                        const int64_t here = i * (WIDE + PAD) + j, there = (i0 + i) * (WIDE + PAD) + j;
                        ck_assert(own.c_f32[here] == whole_f32[there]);
                        if (j >= first * NTKI_PRODUCT_WIDTH)
                            ck_assert(own.c[here - first * NTKI_PRODUCT_WIDTH] == whole[there]);
                    }
            }
    }
    release(&own);
}
END_TEST

/* <a, b> and <b, a>, and columns above the diagonal left out without harm to the others. */
START_TEST(triangles) {
    const numbers own = make(130);
    for (int isa = 0; isa <= (int)ntki_cpu_best_isa(); isa++)
        for (int64_t shift = 0; shift < COLUMNS; shift += 7) {
            static double whole[ROWS * (WIDE + PAD)];
            run(&own, isa, 0, ROWS, 0, false, 0);
            memcpy(whole, own.c, sizeof(whole));
            run(&own, isa, 0, ROWS, 0, true, shift);
            for (int64_t i = 0; i < ROWS; i++)
                for (int64_t j = 0; j < COLUMNS; j++) {
                    const double value = own.c[i * (WIDE + PAD) + j];
                    ck_assert(value == whole[i * (WIDE + PAD) + j] || (j > i + shift && value == untouched));
                }
        }
    release(&own);
}
END_TEST

START_TEST(either_way_round) {
    const int64_t d = 200;
    double *const x = suite_doubles(COLUMNS * d), *const packed = suite_doubles(WIDE * d);
    double *const c = suite_doubles(COLUMNS * WIDE);
    uint64_t state = 5;
    suite_fill(&state, COLUMNS * d, x);
    ntki_product_pack(x, COLUMNS, d, d, 0, ntki_product_panels(COLUMNS), packed);
    for (int isa = 0; isa <= (int)ntki_cpu_best_isa(); isa++) {
        ntki_multiply_rows((ntki_isa)isa, &(ntki_product_block){COLUMNS, d, x, d, packed, ntki_product_panels(COLUMNS),
                                                                false, 0, c, WIDE});
        for (int64_t i = 0; i < COLUMNS; i++)
            for (int64_t j = 0; j < i; j++)
                ck_assert(c[i * WIDE + j] == c[j * WIDE + i]);
    }
    free(x);
    free(packed);
    free(c);
}
END_TEST

SUITE("product", the_sums, the_place_does_not_count, triangles, either_way_round)
