/* Outputs and products with the Jacobian, in single precision. */
#define NTKI_SINGLE
#include "src/network/products.h"
