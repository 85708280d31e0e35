/* Inner products for processors with AVX-512. */
#include "lib/cpu/isa.h"

typedef int ntki_product_avx512_not_empty;

#if NTKI_X86_PATHS
NTKI_TARGET_AVX512

#define NTKI_PRODUCT_BYTES 64
#define NTKI_PRODUCT_ROWS 12
#define NTKI_PRODUCT_F64 ntki_product_avx512
#define NTKI_PRODUCT_F32 ntki_product_avx512_f32

#include "lib/product/product_types.h"

NTKI_TARGET_END
#endif
