/* Made by lib/polynomials/generate.py.
 *
 * arccos(1 - m) / pi      = sqrt(m) P(m),                  0 <= m <= 1
 * (sin t - t cos t) / pi  = m sqrt(m) Q(m), cos t = 1 - m, 0 <= m <= 1
 * arcsin(r)               = r + r z R(z), z = r^2,         0 <= z <= 1/4
 *
 * For loops that the compiler vectorises: straight code, no tables. The includer defines NTKI_FMA(a, b, c) = a b + c,
 * fused where its instruction set has it.
 * For floats: takes the place of inverse_trigonometric.h. */
#ifndef NTKI_INVERSE_TRIGONOMETRIC_H
#define NTKI_INVERSE_TRIGONOMETRIC_H

#include "lib/cpu/isa.h"

/* P; largest relative error 1.5e-8 before rounding */
NTKI_INLINE float ntki_polynomial_p(float m) {
    const float m2 = m * m;
    float even = 0x1.a25a04p-12F;
    even = NTKI_FMA(even, m2, 0x1.27084ep-10F);
    even = NTKI_FMA(even, m2, 0x1.58bc42p-9F);
    even = NTKI_FMA(even, m2, 0x1.335082p-5F);
    float odd = -0x1.645e3p-11F;
    odd = NTKI_FMA(odd, m2, 0x1.c127a6p-12F);
    odd = NTKI_FMA(odd, m2, 0x1.140f5ep-7F);
    return NTKI_FMA(NTKI_FMA(odd, m, even), m, 0x1.ccf642p-2F);
}

/* Q; largest relative error 1.5e-8 before rounding */
NTKI_INLINE float ntki_polynomial_q(float m) {
    const float m2 = m * m;
    float even = -0x1.047d6cp-14F;
    even = NTKI_FMA(even, m2, 0x1.12f036p-11F);
    even = NTKI_FMA(even, m2, 0x1.ebadf6p-7F);
    float odd = 0x1.4183f6p-14F;
    odd = NTKI_FMA(odd, m2, 0x1.fd92cap-13F);
    odd = NTKI_FMA(odd, m2, 0x1.3ce256p-9F);
    return NTKI_FMA(NTKI_FMA(odd, m, even), m, 0x1.334ed8p-2F);
}

/* R; largest relative error 1.2e-9 before rounding */
NTKI_INLINE float ntki_polynomial_r(float z) {
    const float z2 = z * z;
    float even = 0x1.57dedep-7F;
    even = NTKI_FMA(even, z2, 0x1.efe1ep-6F);
    even = NTKI_FMA(even, z2, 0x1.33331ep-4F);
    float odd = 0x1.fd4062p-6F;
    odd = NTKI_FMA(odd, z2, 0x1.83393cp-6F);
    odd = NTKI_FMA(odd, z2, 0x1.6dc14ap-5F);
    return NTKI_FMA(NTKI_FMA(odd, z, even), z, 0x1.555556p-3F);
}

#endif
