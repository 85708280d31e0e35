/* Made by lib/polynomials/generate.py.
 *
 * arccos(1 - m) / pi      = sqrt(m) P(m),                  0 <= m <= 1
 * (sin t - t cos t) / pi  = m sqrt(m) Q(m), cos t = 1 - m, 0 <= m <= 1
 * arcsin(r)               = r + r z R(z), z = r^2,         0 <= z <= 1/4
 *
 * For loops that the compiler vectorises: straight code, no tables. The includer defines NTKI_FMA(a, b, c) = a b + c,
 * fused where its instruction set has it. */
#ifndef NTKI_INVERSE_TRIGONOMETRIC_H
#define NTKI_INVERSE_TRIGONOMETRIC_H

#include "lib/cpu/isa.h"

#ifdef NTKI_COMPLEX
#include <complex.h>
typedef double _Complex ntki_polynomial_real;
#else
typedef double ntki_polynomial_real;
#endif

/* P; largest relative error 1.6e-17 before rounding */
NTKI_INLINE ntki_polynomial_real ntki_polynomial_p(ntki_polynomial_real m) {
    const ntki_polynomial_real m2 = m * m;
    ntki_polynomial_real even = -0x1.8de72be7ade0bp-17;
    even = NTKI_FMA(even, m2, -0x1.80a4b54ddaefcp-14);
    even = NTKI_FMA(even, m2, -0x1.397cbbbbb262fp-13);
    even = NTKI_FMA(even, m2, -0x1.31decf29a77d8p-14);
    even = NTKI_FMA(even, m2, -0x1.004d1dcb2b403p-18);
    even = NTKI_FMA(even, m2, 0x1.966841a7b32e9p-15);
    even = NTKI_FMA(even, m2, 0x1.49ff22d8dcaeap-12);
    even = NTKI_FMA(even, m2, 0x1.49422f5917ea8p-9);
    even = NTKI_FMA(even, m2, 0x1.334ed712996a5p-5);
    ntki_polynomial_real odd = 0x1.abcb6cb9557cdp-20;
    odd = NTKI_FMA(odd, m2, 0x1.605ed7d18677dp-15);
    odd = NTKI_FMA(odd, m2, 0x1.213dce111e546p-13);
    odd = NTKI_FMA(odd, m2, 0x1.002422bdd4e70p-13);
    odd = NTKI_FMA(odd, m2, 0x1.435005cbe5a3dp-15);
    odd = NTKI_FMA(odd, m2, 0x1.8cad713bd4d9ap-16);
    odd = NTKI_FMA(odd, m2, 0x1.002b34c75456bp-13);
    odd = NTKI_FMA(odd, m2, 0x1.c028657a1c618p-11);
    odd = NTKI_FMA(odd, m2, 0x1.1493c1910e9a5p-7);
    return NTKI_FMA(NTKI_FMA(odd, m, even), m, 0x1.ccf6429be6621p-2);
}

/* Q; largest relative error 3.8e-17 before rounding */
NTKI_INLINE ntki_polynomial_real ntki_polynomial_q(ntki_polynomial_real m) {
    const ntki_polynomial_real m2 = m * m;
    ntki_polynomial_real even = -0x1.238c9907a287cp-20;
    even = NTKI_FMA(even, m2, -0x1.9c38487f6ca13p-18);
    even = NTKI_FMA(even, m2, -0x1.cdefa4ffca584p-18);
    even = NTKI_FMA(even, m2, -0x1.7d084f9833db6p-20);
    even = NTKI_FMA(even, m2, 0x1.75b48c4989b3cp-18);
    even = NTKI_FMA(even, m2, 0x1.961ea624c42b1p-15);
    even = NTKI_FMA(even, m2, 0x1.24ac9b4dbb7bcp-11);
    even = NTKI_FMA(even, m2, 0x1.ebb1581dc1a1bp-7);
    ntki_polynomial_real odd = 0x1.70c22d0c51d01p-23;
    odd = NTKI_FMA(odd, m2, 0x1.bd5cb19a65482p-19);
    odd = NTKI_FMA(odd, m2, 0x1.071fa9503e4a7p-17);
    odd = NTKI_FMA(odd, m2, 0x1.4ae9a2f7a4468p-18);
    odd = NTKI_FMA(odd, m2, 0x1.8a70dd2e26a81p-19);
    odd = NTKI_FMA(odd, m2, 0x1.11b0347e7b042p-16);
    odd = NTKI_FMA(odd, m2, 0x1.45ef0077a3ba7p-13);
    odd = NTKI_FMA(odd, m2, 0x1.3c169414757b0p-9);
    return NTKI_FMA(NTKI_FMA(odd, m, even), m, 0x1.334ed7129996cp-2);
}

/* R; largest relative error 7.5e-17 before rounding */
NTKI_INLINE ntki_polynomial_real ntki_polynomial_r(ntki_polynomial_real z) {
    const ntki_polynomial_real z2 = z * z;
    ntki_polynomial_real even = -0x1.eccdeb3461e38p-7;
    even = NTKI_FMA(even, z2, 0x1.62a5a87ea574bp-8);
    even = NTKI_FMA(even, z2, 0x1.7817de0cad1f0p-7);
    even = NTKI_FMA(even, z2, 0x1.1c4d28709c77cp-6);
    even = NTKI_FMA(even, z2, 0x1.f1c71c19d6c36p-6);
    even = NTKI_FMA(even, z2, 0x1.3333333332e84p-4);
    ntki_polynomial_real odd = 0x1.d93882dd58211p-6;
    odd = NTKI_FMA(odd, z2, 0x1.1f1a74222f615p-6);
    odd = NTKI_FMA(odd, z2, 0x1.529df8aa670d8p-7);
    odd = NTKI_FMA(odd, z2, 0x1.c9d08b34f8f0ap-7);
    odd = NTKI_FMA(odd, z2, 0x1.6e8bb25da62a8p-6);
    odd = NTKI_FMA(odd, z2, 0x1.6db6db6e387d7p-5);
    return NTKI_FMA(NTKI_FMA(odd, z, even), z, 0x1.5555555555556p-3);
}

#endif
