#!/usr/bin/env python3
"""Makes lib/polynomials/inverse_trigonometric.h: minimax polynomials by the Remez exchange in 60 digits.

    arccos(1 - m) / pi      = sqrt(m) P(m),                  0 <= m <= 1
    (sin t - t cos t) / pi  = m sqrt(m) Q(m), cos t = 1 - m, 0 <= m <= 1
    arcsin(r)               = r + r z R(z), z = r^2,         0 <= z <= 1/4

Relative error is minimised. Usage: generate.py > inverse_trigonometric.h (needs mpmath).
"""
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


def evaluate(c, x):
    return mp.polyval(c[::-1], x)


def remez(f, high, degree):
    count = degree + 2
    nodes = [high * (1 - mp.cos(mp.pi * (2 * i + 1) / (2 * count))) / 2 for i in range(count)]
    grid = [high * (1 - mp.cos(mp.pi * i / (40 * count))) / 2 for i in range(40 * count + 1)]
    exact = [f(x) for x in grid]
    for _ in range(12):
        a = mp.matrix(count, count)
        b = mp.matrix(count, 1)
        for i, x in enumerate(nodes):
            value = f(x)
            for j in range(degree + 1):
                a[i, j] = x**j / value
            a[i, degree + 1] = (-1) ** i
            b[i] = 1
        c = list(mp.lu_solve(a, b))[: degree + 1]
        errors = [evaluate(c, x) / y - 1 for x, y in zip(grid, exact)]
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


HEAD = """/* Made by lib/polynomials/generate.py.
 *
 * arccos(1 - m) / pi      = sqrt(m) P(m),                  0 <= m <= 1
 * (sin t - t cos t) / pi  = m sqrt(m) Q(m), cos t = 1 - m, 0 <= m <= 1
 * arcsin(r)               = r + r z R(z), z = r^2,         0 <= z <= 1/4
 *
 * For loops that the compiler vectorises: straight code, no tables. The includer defines NTKI_FMA(a, b, c) = a b + c,
 * fused where its instruction set has it. */
#ifndef NTKI_INVERSE_TRIGONOMETRIC_H
#define NTKI_INVERSE_TRIGONOMETRIC_H"""


def main():
    print(HEAD)
    for name, variable, f, high, degree in (
        ("p", "m", p_exact, mp.mpf(1), 18),
        ("q", "m", q_exact, mp.mpf(1), 17),
        ("r", "z", r_exact, mp.mpf(1) / 4, 12),
    ):
        c, error = remez(f, high, degree)
        print(f"\n/* {name.upper()}; largest relative error {mp.nstr(error, 2)} before rounding */")
        print(f"static inline double ntki_polynomial_{name}(double {variable})\n{{")
        print(f"    double sum = {float(c[-1]).hex()};")
        for x in c[-2::-1]:
            print(f"    sum = NTKI_FMA(sum, {variable}, {float(x).hex()});")
        print("    return sum;\n}")
    print("\n#endif")


if __name__ == "__main__":
    sys.exit(main())
