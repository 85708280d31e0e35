/* Which instruction set the elementwise kernels use on this machine. */
#ifndef NTKI_CPU_H
#define NTKI_CPU_H

typedef enum { NTKI_ISA_BASELINE = 0, NTKI_ISA_AVX2 = 1, NTKI_ISA_AVX512 = 2, NTKI_ISA_COUNT = 3 } ntki_isa;

ntki_isa ntki_cpu_best_isa(void);
const char *ntki_cpu_isa_name(ntki_isa isa);

#endif
