/* Inner products for processors with AVX2 and fused multiply-adds. */
#include "lib/cpu/isa.h"

typedef int ntki_product_avx2_not_empty;

#if NTKI_X86_PATHS
NTKI_TARGET_AVX2

#define NTKI_PRODUCT_BYTES 32
#define NTKI_PRODUCT_ROWS 6
#define NTKI_PRODUCT_F64 ntki_product_avx2
#define NTKI_PRODUCT_F32 ntki_product_avx2_f32

#include "lib/product/product_types.h"

NTKI_TARGET_END
#endif
