/* Both number types of product_loop.h for one instruction set. The includer defines NTKI_PRODUCT_BYTES, NTKI_PRODUCT_ROWS and
 * the names of the functions, NTKI_PRODUCT_F64 and NTKI_PRODUCT_F32.
 *
 * Partial sums of 128 doubles keep the part of a packed panel in the first-level cache. In floats they are shorter, since
 * the rounding of a sum grows with its length: 64 terms instead of some 390, as OpenBLAS sums 784 terms, take the worst error
 * of a cosine from 2^-19.4 to 2^-21. */
#include "lib/cpu/isa.h"

#define NTKI_PRODUCT_REAL double
#define NTKI_PRODUCT_BLOCK ntki_product_block
#define NTKI_PRODUCT_PANEL NTKI_PRODUCT_WIDTH
#define NTKI_PRODUCT_PART 128
#define NTKI_PRODUCT_NAME NTKI_PRODUCT_F64
#include "lib/product/product_loop.h"

#define NTKI_PRODUCT_REAL float
#define NTKI_PRODUCT_BLOCK ntki_product_block_f32
#define NTKI_PRODUCT_PANEL NTKI_PRODUCT_WIDTH_F32
#define NTKI_PRODUCT_PART 64
#define NTKI_PRODUCT_NAME NTKI_PRODUCT_F32
#include "lib/product/product_loop.h"
