/* Made by lib/polynomials/generate.py.
 *
 * exp(x) = 2^n exp(r), x = n ln 2 + r, |r| <= ln(2)/2, exp(r) - 1 = r + r^2 E(r).
 *
 * For loops that the compiler vectorises: straight code, no tables, no conversions between integers and doubles, which
 * AVX2 lacks. The includer defines NTKI_FMA(a, b, c) = a b + c, fused where its instruction set has it. Errors are below
 * 1.1 ulp (exp) and 1.4 ulp (expm1), fused or not. exp(x) is 0 where it is below 2^-1022. */
#ifndef NTKI_EXPONENTIAL_H
#define NTKI_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

#include "lib/cpu/isa.h"

/* E, in r + r^2 E; largest relative error 2.0e-17 before rounding */
NTKI_INLINE double ntki_polynomial_exp(double r) {
    const double r2 = r * r;
    double even = 0x1.ae6963cf1f216p-26;
    even = NTKI_FMA(even, r2, 0x1.71de89839cebbp-19);
    even = NTKI_FMA(even, r2, 0x1.a01a0174869d4p-13);
    even = NTKI_FMA(even, r2, 0x1.1111111119072p-7);
    even = NTKI_FMA(even, r2, 0x1.555555555553ap-3);
    double odd = 0x1.28a1c3df29954p-22;
    odd = NTKI_FMA(odd, r2, 0x1.a019a7c0d55e8p-16);
    odd = NTKI_FMA(odd, r2, 0x1.6c16c17ea808fp-10);
    odd = NTKI_FMA(odd, r2, 0x1.5555555552415p-5);
    return NTKI_FMA(NTKI_FMA(odd, r, even), r, 0x1.0000000000004p-1);
}

/* x = n ln 2 + r. `place` counts n in its lowest bits: 2^52 + 2^51 + n is rounded to a whole number. ln 2 is split so that
 * n times its upper part is exact; `lost` is what r loses by its rounding. A loop that wants both functions of one x pays
 * for this and for the polynomial once. */
typedef struct {
    uint64_t place;
    double r;
    double lost;
} ntki_exponential_parts;

NTKI_INLINE ntki_exponential_parts ntki_exponential_reduce(double x) {
    const double shift = 0x1.8p52;
    const double placed = NTKI_FMA(x, 0x1.71547652b82fep+0, shift);
    const double n = placed - shift;
    const double upper = NTKI_FMA(n, -0x1.62e42fefa3800p-1, x), r = NTKI_FMA(n, -0x1.ef35793c76730p-45, upper);
    ntki_exponential_parts parts = {0, r, NTKI_FMA(n, -0x1.ef35793c76730p-45, upper - r)};
    memcpy(&parts.place, &placed, sizeof placed);
    return parts;
}

/* n is added to the exponent of exp(r), which lies in [0.7, 1.42]. A NaN becomes a NaN in the last product. */
NTKI_INLINE double ntki_exp(double x) {
    const ntki_exponential_parts parts = ntki_exponential_reduce(x);
    const double r = parts.r;
    const double mantissa = 1 + NTKI_FMA(r * r, ntki_polynomial_exp(r), r);
    uint64_t bits;
    memcpy(&bits, &mantissa, sizeof bits);
    bits += parts.place << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    const double high = x <= 0x1.62e42fefa39efp+9 ? value : x * 0x1p1023;
    return x < -0x1.6232bdd7abcd2p+9 ? 0 : high;
}

/* exp(x) - 1, with relative accuracy for small x down to 2^-1022: 2 (u (exp(r) - 1) + (u - 1/2)) for u = 2^(n-1), which
 * exists up to n = 1024. */
NTKI_INLINE double ntki_expm1(double x) {
    const ntki_exponential_parts parts = ntki_exponential_reduce(x);
    const double r = parts.r;
    const uint64_t bits = (parts.place + 1022) << 52;
    double u;
    memcpy(&u, &bits, sizeof u);
    const double tail = NTKI_FMA(r * r, ntki_polynomial_exp(r), parts.lost);
    const double value = 2 * NTKI_FMA(u, tail, NTKI_FMA(u, r, u - 0.5));
    const double high = x <= 0x1.62e42fefa39efp+9 ? value : x * 0x1p1023;
    return x < -40 ? -1 : high;
}

#ifdef NTKI_COMPLEX
#include <complex.h>

/* re + i im, also where im is infinite. (Not every compiler has CMPLX.) */
NTKI_INLINE double _Complex ntki_complex(double re, double im) {
    const double parts[2] = {re, im};
    double _Complex z;
    memcpy(&z, parts, sizeof z);
    return z;
}

/* f(a + i b) = f(a) + i b f'(a): b^2 counts for nothing. The root of 0 gets no derivative; below 0 are only such b^2. */
NTKI_INLINE double _Complex ntki_complex_sqrt(double _Complex z) {
    const double a = creal(z), root = a <= 0 ? 0 : __builtin_sqrt(a);
    return ntki_complex(root, a > 0 ? cimag(z) / (2 * root) : 0);
}

NTKI_INLINE double _Complex ntki_complex_exp(double _Complex z) {
    const double value = ntki_exp(creal(z));
    return ntki_complex(value, cimag(z) * value);
}

NTKI_INLINE double _Complex ntki_complex_expm1(double _Complex z) {
    return ntki_complex(ntki_expm1(creal(z)), cimag(z) * ntki_exp(creal(z)));
}
#endif

#endif
