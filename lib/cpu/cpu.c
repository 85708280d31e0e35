#include "lib/cpu/cpu.h"

#include "lib/cpu/isa.h"

/* An explicit check of the features that the code is compiled for: multiversioning by architecture name picks the
 * baseline on processors of another maker. */
ntki_isa ntki_cpu_best_isa(void) {
#if NTKI_X86_PATHS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("fma"))
        return NTKI_ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return NTKI_ISA_AVX2;
#endif
    return NTKI_ISA_BASELINE;
}

const char *ntki_cpu_isa_name(ntki_isa isa) {
    static const char *const names[NTKI_ISA_COUNT] = {"baseline", "avx2", "avx512"};
    return names[isa];
}
