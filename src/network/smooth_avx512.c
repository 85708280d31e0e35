/* Smooth activations for processors with AVX-512. */
#include "lib/cpu/isa.h"

typedef int ntki_smooth_avx512_not_empty;

#if NTKI_X86_PATHS
NTKI_TARGET_AVX512

#define NTKI_FMA(a, b, c) __builtin_fma(a, b, c)
#define NTKI_SMOOTH_TABLE ntki_smooth_avx512

#include "src/network/smooth_loops.h"

NTKI_TARGET_END
#endif
