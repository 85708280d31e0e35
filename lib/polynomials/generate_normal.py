#!/usr/bin/env python3
"""Makes lib/polynomials/normal.h: polynomials for the normal distribution, by Chebyshev interpolation in 60 digits.

    (1 + 2 x) exp(x^2) erfc(x)                   = P(w),        w = (x - 15/4) / (x + 15/4), x >= 0
    erf(x / sqrt 2) - x sqrt(2 / pi)             = x^3 Q(x^2),  0 <= x <= 1

Usage: generate_normal.py > normal.h (needs mpmath).
"""
import mpmath as mp

mp.mp.dps = 60


def scaled_tail(w):
    x = mp.mpf(15) / 4 * (1 + w) / (1 - w)
    if x < 20:
        return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)
    integral = mp.quad(lambda t: mp.exp(-t - (t / (2 * x)) ** 2), [0, 5, 20, 60, 160])
    return (1 + 2 * x) / (x * mp.sqrt(mp.pi)) * integral


def excess_of_square(w):
    z = (1 + w) / 2
    terms = [(-1) ** k * z ** (k - 1) / (mp.mpf(2) ** k * mp.factorial(k) * (2 * k + 1)) for k in range(1, 40)]
    return mp.sqrt(2 / mp.pi) * mp.fsum(terms)


def interpolate(f, degree, low):
    """Coefficients in w (low = -1) or in z = (1 + w) / 2 (low = 0), and the largest relative error."""
    count = degree + 1
    nodes = [mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    points = [w if low else (1 + w) / 2 for w in nodes]
    matrix = mp.matrix(count, count)
    for i, x in enumerate(points):
        for j in range(count):
            matrix[i, j] = x**j
    c = list(mp.lu_solve(matrix, mp.matrix([f(w) for w in nodes])))
    error = 0
    for i in range(3 * count):
        w = mp.cos(mp.pi * (i + mp.mpf(1) / 3) / (3 * count))
        error = max(error, abs(mp.polyval(c[::-1], w if low else (1 + w) / 2) / f(w) - 1))
    return c, error


HEAD = """/* Made by lib/polynomials/generate_normal.py.
 *
 * (1 + 2 x) exp(x^2) erfc(x)        = P(w),        w = (x - 15/4) / (x + 15/4), x >= 0
 * erf(x / sqrt 2) - x sqrt(2 / pi)  = x^3 Q(x^2),  0 <= x <= 1
 *
 * For loops that the compiler vectorises: straight code, no tables. The includer defines NTKI_FMA(a, b, c) = a b + c,
 * fused where its instruction set has it. */
#ifndef NTKI_NORMAL_H
#define NTKI_NORMAL_H

#include "lib/cpu/isa.h"
"""

TAIL = """
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

#endif"""


def main():
    print(HEAD)
    c, error = interpolate(scaled_tail, 25, -1)
    print(f"/* P; largest relative error {mp.nstr(error, 2)} before rounding */")
    print("NTKI_INLINE double ntki_polynomial_tail(double w) {")
    print(f"    double sum = {float(c[-1]).hex()};")
    for x in c[-2::-1]:
        print(f"    sum = NTKI_FMA(sum, w, {float(x).hex()});")
    print("    return sum;\n}\n")
    print("/* (P(v) - P(w)) / (v - w), and P(w) */")
    print("NTKI_INLINE double ntki_polynomial_tail_difference(double v, double w, double *at_w) {")
    print(f"    double sum = {float(c[-1]).hex()}, ratio = sum;")
    for x in c[-2:0:-1]:
        print(f"    sum = NTKI_FMA(sum, w, {float(x).hex()});")
        print("    ratio = NTKI_FMA(ratio, v, sum);")
    print(f"    *at_w = NTKI_FMA(sum, w, {float(c[0]).hex()});")
    print("    return ratio;\n}\n")
    c, error = interpolate(excess_of_square, 9, 0)
    print(f"/* Q; largest relative error {mp.nstr(error, 2)} before rounding */")
    print("NTKI_INLINE double ntki_polynomial_excess(double z) {")
    print(f"    double sum = {float(c[-1]).hex()};")
    for x in c[-2::-1]:
        print(f"    sum = NTKI_FMA(sum, z, {float(x).hex()});")
    print("    return sum;\n}")
    print(TAIL)


if __name__ == "__main__":
    main()
