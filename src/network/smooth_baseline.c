/* Smooth activations in the instruction set that the compiler was told to use. */
#include <stddef.h>

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__aarch64__)
#define NTKI_FMA(a, b, c) __builtin_fma(a, b, c)
#else
#define NTKI_FMA(a, b, c) ((a) * (b) + (c))
#endif
#define NTKI_SMOOTH_TABLE ntki_smooth_baseline

#include "src/network/smooth_loops.h"

const ntki_smooth_row *ntki_smooth_find(ntki_isa isa, int32_t kind) {
#if NTKI_X86_PATHS
    static const ntki_smooth_row *const tables[NTKI_ISA_COUNT] = {ntki_smooth_baseline, ntki_smooth_avx2,
                                                                  ntki_smooth_avx512};
    const ntki_smooth_row *const table = tables[isa];
#else
    (void)isa;
    const ntki_smooth_row *const table = ntki_smooth_baseline;
#endif
    for (int i = 0; i < NTKI_SMOOTH_KINDS; i++)
        if (table[i].kind == kind)
            return &table[i];
    return NULL;
}
