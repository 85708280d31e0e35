/* Inner products in the instruction set that the compiler was told to use. */
#if defined(__AVX512F__)
#define NTKI_PRODUCT_BYTES 64
#define NTKI_PRODUCT_ROWS 12
#elif defined(__AVX__)
#define NTKI_PRODUCT_BYTES 32
#define NTKI_PRODUCT_ROWS 6
#elif defined(__aarch64__)
#define NTKI_PRODUCT_BYTES 16
#define NTKI_PRODUCT_ROWS 12
#else
#define NTKI_PRODUCT_BYTES 16
#define NTKI_PRODUCT_ROWS 4
#endif
#define NTKI_PRODUCT_F64 ntki_product_baseline
#define NTKI_PRODUCT_F32 ntki_product_baseline_f32

#include "lib/product/product_types.h"
