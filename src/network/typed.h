/* The number type of a source that is written once and compiled twice: double, or float where NTKI_SINGLE is defined
 * before. */
#ifndef NTKI_TYPED_H
#define NTKI_TYPED_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "src/network/pass.h"

/* Public functions have the suffix _f32 or none. */
#ifdef NTKI_SINGLE
#define NTKI_REAL float
#define NTKI_TYPED(name) name##_f32
#define NTKI_PUBLIC(name) name##_f32
#define NTKI_TYPE_NAME "float"
#define NTKI_GEMM ntki_sgemm
#define NTKI_CHECK_EXTENT ntki_check_extent_f32
#define NTKI_CHECK_DISJOINT ntki_check_disjoint_f32
#define NTKI_CHECK_FINITE ntki_check_finite_f32
#define NTKI_CHECK_FINITE_VECTOR ntki_check_finite_vector_f32
#else
#define NTKI_REAL double
#define NTKI_TYPED(name) name##_f64
#define NTKI_PUBLIC(name) name
#define NTKI_TYPE_NAME "double"
#define NTKI_GEMM ntki_dgemm
#define NTKI_CHECK_EXTENT ntki_check_extent
#define NTKI_CHECK_DISJOINT ntki_check_disjoint
#define NTKI_CHECK_FINITE ntki_check_finite
#define NTKI_CHECK_FINITE_VECTOR ntki_check_finite_vector
#endif

/* Whether all of them are finite; on the bits, so that the loop vectorises. */
static inline bool ntki_all_finite(int64_t count, const NTKI_REAL *values) {
#ifdef NTKI_SINGLE
    typedef uint32_t word;
    const word exponent = UINT32_C(0x7f800000);
#else
    typedef uint64_t word;
    const word exponent = UINT64_C(0x7ff0000000000000);
#endif
    word bad = 0;
    for (int64_t i = 0; i < count; i++) {
        word bits;
        memcpy(&bits, &values[i], sizeof bits);
        bad |= (word)((bits & exponent) == exponent);
    }
    return bad == 0;
}

#endif
