/* Made by lib/polynomials/generate_normal.py.
 *
 * (1 + 2 x) exp(x^2) erfc(x)        = P(w),        w = (x - 15/4) / (x + 15/4), x >= 0
 * erf(x / sqrt 2) - x sqrt(2 / pi)  = x^3 Q(x^2),  0 <= x <= 1
 *
 * For loops that the compiler vectorises: straight code, no tables. The includer defines NTKI_FMA(a, b, c) = a b + c,
 * fused where its instruction set has it. */
#ifndef NTKI_NORMAL_H
#define NTKI_NORMAL_H

#include "lib/cpu/isa.h"

/* P; largest relative error 1.9e-18 before rounding */
NTKI_INLINE double ntki_polynomial_tail(double w) {
    double sum = -0x1.4e14d07a8416dp-35;
    sum = NTKI_FMA(sum, w, 0x1.d28e6270e10c9p-32);
    sum = NTKI_FMA(sum, w, 0x1.2d8bb3ae3b809p-31);
    sum = NTKI_FMA(sum, w, -0x1.63376daa748f8p-28);
    sum = NTKI_FMA(sum, w, -0x1.2e2777e7e9c1ap-28);
    sum = NTKI_FMA(sum, w, 0x1.4c1b8fe94af13p-25);
    sum = NTKI_FMA(sum, w, 0x1.a1809ecfcbfe0p-26);
    sum = NTKI_FMA(sum, w, -0x1.15b8e4af3e51ap-22);
    sum = NTKI_FMA(sum, w, -0x1.f4941f05a731dp-25);
    sum = NTKI_FMA(sum, w, 0x1.d63256489b33bp-20);
    sum = NTKI_FMA(sum, w, -0x1.052525efa669bp-20);
    sum = NTKI_FMA(sum, w, -0x1.80005da99b005p-17);
    sum = NTKI_FMA(sum, w, 0x1.778a276cd97c4p-16);
    sum = NTKI_FMA(sum, w, 0x1.b14395a551aeep-15);
    sum = NTKI_FMA(sum, w, -0x1.303f9d8ceda2dp-12);
    sum = NTKI_FMA(sum, w, 0x1.33fb298161868p-12);
    sum = NTKI_FMA(sum, w, 0x1.cc3a0e2212f44p-10);
    sum = NTKI_FMA(sum, w, -0x1.3f603c39af06fp-7);
    sum = NTKI_FMA(sum, w, 0x1.d0b0037dcc906p-6);
    sum = NTKI_FMA(sum, w, -0x1.e0d0fa6ddf01ap-5);
    sum = NTKI_FMA(sum, w, 0x1.7a14188a99b30p-4);
    sum = NTKI_FMA(sum, w, -0x1.bda9309a294fdp-4);
    sum = NTKI_FMA(sum, w, 0x1.510169d096803p-4);
    sum = NTKI_FMA(sum, w, 0x1.d5f294815a448p-9);
    sum = NTKI_FMA(sum, w, -0x1.1f367683f89a7p-3);
    sum = NTKI_FMA(sum, w, 0x1.3ccda0b5d5dc2p+0);
    return sum;
}

/* (P(v) - P(w)) / (v - w), and P(w) */
NTKI_INLINE double ntki_polynomial_tail_difference(double v, double w, double *at_w) {
    double sum = -0x1.4e14d07a8416dp-35, ratio = sum;
    sum = NTKI_FMA(sum, w, 0x1.d28e6270e10c9p-32);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.2d8bb3ae3b809p-31);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.63376daa748f8p-28);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.2e2777e7e9c1ap-28);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.4c1b8fe94af13p-25);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.a1809ecfcbfe0p-26);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.15b8e4af3e51ap-22);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.f4941f05a731dp-25);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.d63256489b33bp-20);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.052525efa669bp-20);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.80005da99b005p-17);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.778a276cd97c4p-16);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.b14395a551aeep-15);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.303f9d8ceda2dp-12);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.33fb298161868p-12);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.cc3a0e2212f44p-10);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.3f603c39af06fp-7);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.d0b0037dcc906p-6);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.e0d0fa6ddf01ap-5);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.7a14188a99b30p-4);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.bda9309a294fdp-4);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.510169d096803p-4);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, 0x1.d5f294815a448p-9);
    ratio = NTKI_FMA(ratio, v, sum);
    sum = NTKI_FMA(sum, w, -0x1.1f367683f89a7p-3);
    ratio = NTKI_FMA(ratio, v, sum);
    *at_w = NTKI_FMA(sum, w, 0x1.3ccda0b5d5dc2p+0);
    return ratio;
}

/* Q; largest relative error 5.3e-18 before rounding */
NTKI_INLINE double ntki_polynomial_excess(double z) {
    double sum = 0x1.24bae2fbb204cp-37;
    sum = NTKI_FMA(sum, z, -0x1.e8735d76485c5p-33);
    sum = NTKI_FMA(sum, z, 0x1.38296afaae996p-28);
    sum = NTKI_FMA(sum, z, -0x1.621eedb7a1858p-24);
    sum = NTKI_FMA(sum, z, 0x1.658a0915f4f3fp-20);
    sum = NTKI_FMA(sum, z, -0x1.3ce8fa5956378p-16);
    sum = NTKI_FMA(sum, z, 0x1.e42b0d5018568p-13);
    sum = NTKI_FMA(sum, z, -0x1.37403f6b9e92ep-9);
    sum = NTKI_FMA(sum, z, 0x1.46d04297691b3p-6);
    sum = NTKI_FMA(sum, z, -0x1.1058377e2cee0p-3);
    return sum;
}

/* exp(x^2) erfc(x) for 0 <= x < 1e153. */
NTKI_INLINE double ntki_erfcx(double x) {
    const double low = x + 3.75, high = 1 + 2 * x, inverse = 1 / (low * high);
    return ntki_polynomial_tail((x - 3.75) * high * inverse) * low * inverse;
}

/* exp(x^2) erfc(x) - exp(y^2) erfc(y) for 0 <= x and y = x + step, step >= 0, with relative accuracy for small steps;
 * and exp(y^2) erfc(y). */
NTKI_INLINE double ntki_erfcx_fall(double x, double y, double step, double *at_y) {
    const double low = x + 3.75, high = 1 + 2 * x, inverse = 1 / (low * high), v = high * inverse, a = low * inverse;
    const double low_y = y + 3.75, high_y = 1 + 2 * y, inverse_y = 1 / (low_y * high_y);
    const double w = high_y * inverse_y, b = low_y * inverse_y;
    double scaled;
    const double ratio = ntki_polynomial_tail_difference((x - 3.75) * v, (y - 3.75) * w, &scaled);
    *at_y = scaled * b;
    return step * a * (2 * *at_y - 7.5 * ratio * v * w);
}

#endif
