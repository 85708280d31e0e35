#include "lib/product/product.h"

#include "lib/cpu/isa.h"

void ntki_product_pack(const double *b, int64_t n, int64_t d, int64_t ld, int64_t first, int64_t end, double *packed) {
    enum { WIDTH = NTKI_PRODUCT_WIDTH };
    for (int64_t panel = first; panel < end; panel++) {
        double *const to = packed + panel * WIDTH * d;
        for (int64_t j = 0; j < WIDTH; j++) {
            const int64_t row = panel * WIDTH + j;
            for (int64_t k = 0; k < d; k++)
                to[k * WIDTH + j] = row < n ? b[row * ld + k] : 0;
        }
    }
}

void ntki_product_pack_f32(const float *b, int64_t n, int64_t d, int64_t ld, int64_t first, int64_t end,
                           float *packed) {
    enum { WIDTH = NTKI_PRODUCT_WIDTH_F32 };
    for (int64_t panel = first; panel < end; panel++) {
        float *const to = packed + panel * WIDTH * d;
        for (int64_t j = 0; j < WIDTH; j++) {
            const int64_t row = panel * WIDTH + j;
            for (int64_t k = 0; k < d; k++)
                to[k * WIDTH + j] = row < n ? b[row * ld + k] : 0;
        }
    }
}

void ntki_multiply_rows(ntki_isa isa, const ntki_product_block *block) {
#if NTKI_X86_PATHS
    static const ntki_product_loop table[NTKI_ISA_COUNT] = {ntki_product_baseline, ntki_product_avx2,
                                                            ntki_product_avx512};
    table[isa](block);
#else
    (void)isa;
    ntki_product_baseline(block);
#endif
}

void ntki_multiply_rows_f32(ntki_isa isa, const ntki_product_block_f32 *block) {
#if NTKI_X86_PATHS
    static const ntki_product_loop_f32 table[NTKI_ISA_COUNT] = {ntki_product_baseline_f32, ntki_product_avx2_f32,
                                                                ntki_product_avx512_f32};
    table[isa](block);
#else
    (void)isa;
    ntki_product_baseline_f32(block);
#endif
}
