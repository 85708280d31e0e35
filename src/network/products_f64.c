/* Outputs and products with the Jacobian, in double precision. */
#include "src/network/products.h"
