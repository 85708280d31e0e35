/* The pair operations for processors with AVX2 and FMA. */
#define NTKI_SINGLE
#include "lib/cpu/isa.h"

typedef int ntki_avx2_f32_not_empty;

#if NTKI_X86_PATHS
NTKI_TARGET_AVX2

#define NTKI_FUSED 1
#define NTKI_FMA(a, b, c) __builtin_fmaf(a, b, c)
#define NTKI_PAIR_OPERATIONS ntki_pair_operations_f32_avx2

#include "src/kernel/pair_steps.h"

NTKI_TARGET_END
#endif
