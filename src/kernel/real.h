/* The number type of the pair operations. The sources of the duals are written once, and compiled for double, with
 * NTKI_SINGLE for float, and with NTKI_COMPLEX for a complex number whose tiny imaginary part carries a derivative: f(a + i b)
 * is f(a) + i b f'(a) as long as b^2 counts for nothing. */
#ifndef NTKI_REAL_H
#define NTKI_REAL_H

#include <float.h>

#include "lib/cpu/isa.h"

/* NTKI_BELOW(a, b) is a < b (of real parts); everything that compares uses it. NTKI_EXP and NTKI_EXPM1 are vectorised;
 * the includer has lib/polynomials/exponential.h before. */
#if defined(NTKI_SINGLE)
typedef float ntki_real;
#define NTKI_SQRT(x) __builtin_sqrtf(x)
#define NTKI_BELOW(a, b) ((a) < (b))
#define NTKI_TINY FLT_MIN
#elif defined(NTKI_COMPLEX)
#include <complex.h>
typedef double _Complex ntki_real;
#define NTKI_SQRT(x) ntki_complex_sqrt(x)
#define NTKI_EXP(x) ntki_complex_exp(x)
#define NTKI_EXPM1(x) ntki_complex_expm1(x)
#define NTKI_BELOW(a, b) (creal(a) < creal(b))
#define NTKI_TINY DBL_MIN
#else
typedef double ntki_real;
#define NTKI_SQRT(x) __builtin_sqrt(x)
#define NTKI_EXP(x) ntki_exp(x)
#define NTKI_EXPM1(x) ntki_expm1(x)
#define NTKI_BELOW(a, b) ((a) < (b))
#define NTKI_TINY DBL_MIN
#endif

/* Divisions of complex numbers that cannot overflow on the way, in line (clang calls a function that does the same). */
#if defined(NTKI_COMPLEX) && defined(__GNUC__) && !defined(__clang__)
#define NTKI_COMPLEX_ARITHMETIC _Pragma("GCC optimize(\"cx-fortran-rules\")")
#else
#define NTKI_COMPLEX_ARITHMETIC
#endif

/* A constant of the type. */
#define NTKI_C(x) ((ntki_real)(x))

#endif
