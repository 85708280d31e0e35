/* The pair operations for complex numbers whose imaginary parts are derivatives (real.h), without vectors. */
#define NTKI_COMPLEX 1
#define NTKI_FMA(a, b, c) ((a) * (b) + (c))
#define NTKI_PAIR_OPERATIONS ntki_pair_operations_complex_baseline

#include "src/kernel/pair_steps.h"
