/* The pair operations in the instruction set that the compiler was told to use. */
#define NTKI_SINGLE
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__aarch64__)
#define NTKI_FUSED 1
#define NTKI_FMA(a, b, c) __builtin_fmaf(a, b, c)
#else
#define NTKI_FMA(a, b, c) ((a) * (b) + (c))
#endif
#define NTKI_PAIR_OPERATIONS ntki_pair_operations_f32_baseline

#include "src/kernel/pair_steps.h"

const ntki_pair_operations_f32 *ntki_pair_operations_f32_for(ntki_isa isa) {
#if NTKI_X86_PATHS
    static const ntki_pair_operations_f32 *const table[NTKI_ISA_COUNT] = {
        &ntki_pair_operations_f32_baseline, &ntki_pair_operations_f32_avx2, &ntki_pair_operations_f32_avx512};
    return table[isa];
#else
    (void)isa;
    return &ntki_pair_operations_f32_baseline;
#endif
}
