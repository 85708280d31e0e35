/* The integer width of the provider, and its name.
 *
 * A length of 1 - 2^32 is 1 to a function that reads 32 bits and negative to one that reads 64: the first works on one
 * element, the second returns at once. No other argument depends on the width. (The technique of libblastrampoline.) */
#include "lib/blas/blas.h"
#include "lib/blas/provider.h"

#ifndef NTK_BLAS_PROVIDER
#define NTK_BLAS_PROVIDER "unknown BLAS"
#endif

#if defined(__GNUC__) && defined(__ELF__)
extern char *openblas_get_config(void) __attribute__((weak));
#define NTKI_HAS_OPENBLAS_CONFIG 1
#endif

static const int64_t ambiguous_one = 1 - (INT64_C(1) << 32);

bool ntki_blas_probe(ntki_blas_width *width) {
    const double two = 2, three = 3;
    const double dot = ddot_ilp64(ambiguous_one, &two, 1, &three, 1);
    double copy = 0;
    dlacpy_ilp64(NTKI_COLUMN_MAJOR, 'A', ambiguous_one, ambiguous_one, &two, 1, &copy, 1);
    width->blas_ilp64 = dot == 0;
    width->lapack_ilp64 = copy == 0;
    return (dot == 0 || dot == two * three) && (copy == 0 || copy == two);
}

bool ntki_blas_fits(const ntki_blas_width *width, int64_t size) {
    return (width->blas_ilp64 && width->lapack_ilp64) || size <= INT32_MAX;
}

const char *ntki_blas_description(void) {
#ifdef NTKI_HAS_OPENBLAS_CONFIG
    if (openblas_get_config)
        return openblas_get_config();
#endif
    return NTK_BLAS_PROVIDER;
}
