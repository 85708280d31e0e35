#!/usr/bin/env python3
"""Makes the headers of lib/polynomials: minimax polynomials by the Remez exchange in 60 digits.

inverse_trigonometric (and _f32, for floats):
    arccos(1 - m) / pi      = sqrt(m) P(m),                  0 <= m <= 1
    (sin t - t cos t) / pi  = m sqrt(m) Q(m), cos t = 1 - m, 0 <= m <= 1
    arcsin(r)               = r + r z R(z), z = r^2,         0 <= z <= 1/4
exponential:
    exp(r) - 1              = r + r^2 E(r),                  |r| <= ln(2)/2, a little beyond

The relative error of P, Q, R and of exp(r) - 1 is minimised. Usage: generate.py NAME | clang-format > NAME.h (needs
mpmath).
"""
import struct
import sys

import mpmath as mp

mp.mp.dps = 60


def p_exact(m):
    if m == 0:
        return mp.sqrt(2) / mp.pi
    # arccos(1 - m) = 2 arcsin(sqrt(m / 2)): exact near m = 0
    return 2 * mp.asin(mp.sqrt(m / 2)) / (mp.pi * mp.sqrt(m))


def q_exact(m):
    if m == 0:
        return mp.mpf(2) * mp.sqrt(2) / (3 * mp.pi)
    t = 2 * mp.asin(mp.sqrt(m / 2))
    with mp.workdps(120):
        return (mp.sin(t) - t * mp.cos(t)) / (mp.pi * m * mp.sqrt(m))


def r_exact(z):
    if z == 0:
        return mp.mpf(1) / 6
    r = mp.sqrt(z)
    with mp.workdps(120):
        return (mp.asin(r) - r) / (r * z)


def e_exact(r):
    if r == 0:
        return mp.mpf(1) / 2
    with mp.workdps(120):
        return (mp.expm1(r) - r) / r**2


def e_weight(r):
    # of r + r^2 E relative to itself; away from 0, where every row of the system would be zero
    return (abs(r) + mp.mpf(1) / 100) / (1 + r * e_exact(r))


def evaluate(c, x):
    return mp.polyval(c[::-1], x)


def remez(f, low, high, degree, weight):
    """Coefficients that minimise the largest weight(x) |c(x) - f(x)|, and that number."""
    count = degree + 2
    nodes = [low + (high - low) * (1 - mp.cos(mp.pi * (2 * i + 1) / (2 * count))) / 2 for i in range(count)]
    grid = [low + (high - low) * (1 - mp.cos(mp.pi * i / (40 * count))) / 2 for i in range(40 * count + 1)]
    exact = [f(x) for x in grid]
    weights = [weight(x) for x in grid]
    for _ in range(12):
        a = mp.matrix(count, count)
        b = mp.matrix(count, 1)
        for i, x in enumerate(nodes):
            w = weight(x)
            for j in range(degree + 1):
                a[i, j] = x**j * w
            a[i, degree + 1] = (-1) ** i
            b[i] = f(x) * w
        c = list(mp.lu_solve(a, b))[: degree + 1]
        errors = [(evaluate(c, x) - y) * w for x, y, w in zip(grid, exact, weights)]
        runs = []
        for x, e in zip(grid, errors):
            if runs and (e > 0) == (runs[-1][1] > 0):
                if abs(e) > abs(runs[-1][1]):
                    runs[-1] = (x, e)
            else:
                runs.append((x, e))
        while len(runs) > count:
            runs.pop(0 if abs(runs[0][1]) < abs(runs[-1][1]) else -1)
        if len(runs) < count:
            break
        nodes = [x for x, _ in runs]
        largest = max(abs(e) for _, e in runs)
        if largest < min(abs(e) for _, e in runs) * mp.mpf("1.01"):
            break
    return c, max(abs(e) for e in errors)


def print_horner(kind, name, c, variable, literal):
    print(f"    {kind} {name} = {literal(c[-1])};")
    for x in c[-2::-1]:
        print(f"    {name} = NTKI_FMA({name}, {variable}, {literal(x)});")


def double_literal(x):
    return float(x).hex()


def float_literal(x):
    mantissa, exponent = struct.unpack("f", struct.pack("f", float(x)))[0].hex().split("p")
    return f"{mantissa.rstrip('0')}p{exponent}F"


def print_polynomial(name, variable, of, c, error, kind, literal):
    """c_0 + x (even(x^2) + x odd(x^2)): two chains of half the length, since the loops are bound by latency."""
    x, square = variable, variable + "2"
    print(f"\n/* {of}; largest relative error {mp.nstr(error, 2)} before rounding */")
    print(f"NTKI_INLINE {kind} ntki_polynomial_{name}({kind} {x})\n{{")
    print(f"    const {kind} {square} = {x} * {x};")
    print_horner(kind, "even", c[1::2], square, literal)
    print_horner(kind, "odd", c[2::2], square, literal)
    print(f"    return NTKI_FMA(NTKI_FMA(odd, {x}, even), {x}, {literal(c[0])});\n}}")


INVERSE_TRIGONOMETRIC = """/* Made by lib/polynomials/generate.py.
 *
 * arccos(1 - m) / pi      = sqrt(m) P(m),                  0 <= m <= 1
 * (sin t - t cos t) / pi  = m sqrt(m) Q(m), cos t = 1 - m, 0 <= m <= 1
 * arcsin(r)               = r + r z R(z), z = r^2,         0 <= z <= 1/4
 *
 * For loops that the compiler vectorises: straight code, no tables. The includer defines NTKI_FMA(a, b, c) = a b + c,
 * fused where its instruction set has it.EXTRA */
#ifndef NTKI_INVERSE_TRIGONOMETRIC_H
#define NTKI_INVERSE_TRIGONOMETRIC_H

#include "lib/cpu/isa.h"
"""

# For the double version: the polynomials are analytic functions of a complex number too.
COMPLEX_TYPE = """
#ifdef NTKI_COMPLEX
#include <complex.h>
typedef double _Complex ntki_polynomial_real;
#else
typedef double ntki_polynomial_real;
#endif"""


def print_inverse_trigonometric(degrees, kind, literal):
    for name, variable, f, high, degree in (
        ("p", "m", p_exact, mp.mpf(1), degrees[0]),
        ("q", "m", q_exact, mp.mpf(1), degrees[1]),
        ("r", "z", r_exact, mp.mpf(1) / 4, degrees[2]),
    ):
        c, error = remez(f, mp.mpf(0), high, degree, lambda x: 1 / f(x))
        print_polynomial(name, variable, name.upper(), c, error, kind, literal)
    print("\n#endif")


def inverse_trigonometric():
    print(INVERSE_TRIGONOMETRIC.replace("EXTRA", ""))
    print(COMPLEX_TYPE)
    print_inverse_trigonometric((18, 16, 12), "ntki_polynomial_real", double_literal)


def inverse_trigonometric_f32():
    print(INVERSE_TRIGONOMETRIC.replace("EXTRA", "\n * For floats: takes the place of inverse_trigonometric.h."))
    print_inverse_trigonometric((7, 6, 6), "float", float_literal)


EXPONENTIAL_HEAD = """/* Made by lib/polynomials/generate.py.
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
"""

EXPONENTIAL_TAIL = """
/* x = n ln 2 + r. `place` counts n in its lowest bits: 2^52 + 2^51 + n is rounded to a whole number. ln 2 is split so that
 * n times its upper part is exact; `lost` is what r loses by its rounding. A loop that wants both functions of one x pays
 * for this and for the polynomial once. */
typedef struct {
    uint64_t place;
    double r;
    double lost;
} ntki_exponential_parts;

NTKI_INLINE ntki_exponential_parts ntki_exponential_reduce(double x)
{
    const double shift = 0x1.8p52;
    const double placed = NTKI_FMA(x, LOG2E, shift);
    const double n = placed - shift;
    const double upper = NTKI_FMA(n, -LN2_UPPER, x), r = NTKI_FMA(n, -LN2_LOWER, upper);
    ntki_exponential_parts parts = {0, r, NTKI_FMA(n, -LN2_LOWER, upper - r)};
    memcpy(&parts.place, &placed, sizeof placed);
    return parts;
}

/* n is added to the exponent of exp(r), which lies in [0.7, 1.42]. A NaN becomes a NaN in the last product. */
NTKI_INLINE double ntki_exp(double x)
{
    const ntki_exponential_parts parts = ntki_exponential_reduce(x);
    const double r = parts.r;
    const double mantissa = 1 + NTKI_FMA(r * r, ntki_polynomial_exp(r), r);
    uint64_t bits;
    memcpy(&bits, &mantissa, sizeof bits);
    bits += parts.place << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    const double high = x <= LARGEST ? value : x * 0x1p1023;
    return x < SMALLEST ? 0 : high;
}

/* exp(x) - 1, with relative accuracy for small x down to 2^-1022: 2 (u (exp(r) - 1) + (u - 1/2)) for u = 2^(n-1), which
 * exists up to n = 1024. */
NTKI_INLINE double ntki_expm1(double x)
{
    const ntki_exponential_parts parts = ntki_exponential_reduce(x);
    const double r = parts.r;
    const uint64_t bits = (parts.place + 1022) << 52;
    double u;
    memcpy(&u, &bits, sizeof u);
    const double tail = NTKI_FMA(r * r, ntki_polynomial_exp(r), parts.lost);
    const double value = 2 * NTKI_FMA(u, tail, NTKI_FMA(u, r, u - 0.5));
    const double high = x <= LARGEST ? value : x * 0x1p1023;
    return x < -40 ? -1 : high;
}

#ifdef NTKI_COMPLEX
#include <complex.h>

/* re + i im, also where im is infinite. (Not every compiler has CMPLX.) */
NTKI_INLINE double _Complex ntki_complex(double re, double im)
{
    const double parts[2] = {re, im};
    double _Complex z;
    memcpy(&z, parts, sizeof z);
    return z;
}

/* f(a + i b) = f(a) + i b f'(a): b^2 counts for nothing. The root of 0 gets no derivative; below 0 are only such b^2. */
NTKI_INLINE double _Complex ntki_complex_sqrt(double _Complex z)
{
    const double a = creal(z), root = a <= 0 ? 0 : __builtin_sqrt(a);
    return ntki_complex(root, a > 0 ? cimag(z) / (2 * root) : 0);
}

NTKI_INLINE double _Complex ntki_complex_exp(double _Complex z)
{
    const double value = ntki_exp(creal(z));
    return ntki_complex(value, cimag(z) * value);
}

NTKI_INLINE double _Complex ntki_complex_expm1(double _Complex z)
{
    return ntki_complex(ntki_expm1(creal(z)), cimag(z) * ntki_exp(creal(z)));
}
#endif

#endif"""


def exponential():
    print(EXPONENTIAL_HEAD)
    high = mp.mpf("0.3475")
    c, error = remez(e_exact, -high, high, 9, e_weight)
    print_polynomial("exp", "r", "E, in r + r^2 E", c, error, "double", double_literal)
    ln2 = mp.log(2)
    upper = mp.floor(ln2 * 2**42) / 2**42
    numbers = {
        "LOG2E": 1 / ln2,
        "LN2_UPPER": upper,
        "LN2_LOWER": ln2 - upper,
        "LARGEST": 1024 * ln2,
        "SMALLEST": -1022 * ln2,
    }
    tail = EXPONENTIAL_TAIL
    for name, number in numbers.items():
        tail = tail.replace(name, float(number).hex())
    print(tail)


HEADERS = {
    "inverse_trigonometric": inverse_trigonometric,
    "inverse_trigonometric_f32": inverse_trigonometric_f32,
    "exponential": exponential,
}


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in HEADERS:
        print(f"usage: generate.py {' | '.join(HEADERS)}", file=sys.stderr)
        return 2
    HEADERS[sys.argv[1]]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
