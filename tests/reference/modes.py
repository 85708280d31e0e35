"""One eigenvalue of a linear flow, from the roots of its characteristic equation and nothing else, 1800 digits.

The solution of (1-beta) f' + beta f'' = -r f (or of its discrete form) with f(0) = 1 and no velocity is rho(r); then
    retain = rho(r),   target = (1 - rho(r)) / r,   start = (rho(lambda) - rho(lambda + kappa)) / kappa,
where zeros are moved to 1e-600 and double roots apart by less: at that many digits no
difference cancels."""

import math

import mpmath as mp

from numbers_text import c_array

DIGITS = 1800
APART = mp.mpf(10) ** -600
GRADIENT, DESCENT = 0, 1


def roots(dynamics, beta, r):
    """(p, q): the solutions move like exp(-p t), exp(-q t), or in discrete time like p^k, q^k."""
    if dynamics == DESCENT:
        half, product = (1 + beta - r) / 2, beta
    else:
        half, product = (1 - beta) / (2 * beta), r / beta
    square = half * half - product
    distance = mp.sqrt(square if square != 0 else APART**1.7)
    return half - distance, half + distance


def response(dynamics, beta, r, t):
    """rho(r), and the size of its envelope where it oscillates (0 where it does not)."""
    if beta == 0:
        rho = mp.exp(-r * t) if dynamics == GRADIENT else (1 - r) ** int(t)
        return rho, mp.mpf(0)
    p, q = roots(dynamics, beta, r)
    if dynamics == DESCENT:
        k = int(t)
        now, next_ = (p**k - q**k) / (p - q), (p ** (k + 1) - q ** (k + 1)) / (p - q)
        rho = next_ - beta * now
        envelope = (abs(p) ** (k + 1) + beta * abs(p) ** k) / abs(mp.im(p)) if mp.im(p) != 0 else mp.mpf(0)
    else:
        rho = (q * mp.exp(-p * t) - p * mp.exp(-q * t)) / (q - p)
        envelope = 2 * abs(q) * mp.exp(-mp.re(p) * t) / abs(q - p) if mp.im(p) != 0 else mp.mpf(0)
    return mp.re(rho), envelope


def mode(dynamics, beta, decay, kappa, t):
    """Four values, and what their rounding may be compared with where they oscillate."""
    beta, decay, kappa, t = mp.mpf(beta), mp.mpf(decay), mp.mpf(kappa), mp.mpf(t)
    small = kappa if kappa > 0 else APART
    r = decay + kappa if decay + kappa > 0 else APART
    rho, wave = response(dynamics, beta, r, t)
    shifted, shifted_wave = response(dynamics, beta, decay + small, t)
    g, g_wave = response(dynamics, beta, decay if decay > 0 else APART * APART, t)
    target, start = (1 - rho) / r, (g - shifted) / small
    start_wave = min((wave + g_wave + abs(g)) / small, t * t + t) if wave > 0 else mp.mpf(0)
    return [rho, kappa * target, target, start], [wave, kappa * wave / r, wave / r, start_wave]


FLOW_TIMES = [1e-200, 1e-9, 0.03125, 1.0, 7.0, 300.0, 1e5, 1e9, 1e17, 1e40, 1e300]
RATES = [(0.0, 0.0), (0.0, 1e-300), (0.0, 1e-17), (0.0, 0.01), (0.0, 1.0), (0.0, 1e9), (0.0, 1e100), (0.25, 0.0), (0.25, 1e-40),
         (0.25, 1e-9), (0.25, 0.5), (0.25, 3e4), (1e-9, 0.0), (1e-9, 1e-12), (1e-9, 1.0), (1e-250, 1e-270),
         (7.0, 1e-5), (7.0, 2.0)]
MOMENTA = [1e-20, 0.2, 0.9, 1 - 2.0**-53]
# Roots together, and within rounding of that.
TWINS = [(0.5, 0.0625, 0.0625), (0.5, 0.0, 0.125), (0.5, 0.125, 1e-9), (0.5, 0.125, 0.0), (0.5, 0.0, 0.125 + 2.0**-55),
         (0.5, 0.0, 0.125 - 2.0**-56), (0.2, 0.1, 0.7), (0.2, 0.8, 0.0)]
STEPS = [1.0, 2.0, 3.0, 17.0, 1000.0, 1048577.0, 2.0**53]
STEP_RATES = [(0.0, 0.0), (0.0, 1e-300), (0.0, 1e-20), (0.0, 1e-5), (0.0, 0.25), (0.0, 0.75), (0.0, 1.0), (0.0, 1.5), (0.0, 1.9),
              (0.0, 2 - 2.0**-51), (0.25, 0.0), (0.25, 1e-40), (0.25, 0.5), (0.25, 1.25), (1.5, 0.25), (1.0, 0.5),
              (1e-9, 1e-12), (1e-9, 1.0), (1e-250, 1e-270), (0.5, 1e-8)]
STEP_MOMENTA = [0.0, 1e-20, 0.25, 0.5, 0.999]


def cases():
    found = []
    for decay, kappa in RATES:
        for t in FLOW_TIMES:
            found.append((GRADIENT, 0.0, decay, kappa, t))
            found += [(GRADIENT, beta, decay, kappa, t) for beta in MOMENTA]
    for beta, decay, kappa in TWINS:
        found += [(GRADIENT, beta, decay, kappa, t) for t in FLOW_TIMES]
    for decay, kappa in STEP_RATES:
        for steps in STEPS:
            found += [(DESCENT, beta, decay, kappa, steps) for beta in STEP_MOMENTA if decay + kappa < 2 * (1 + beta)]
    return found


def determined(dynamics, beta, decay, kappa, t):
    """Whether a number of 104 bits holds the phase to a few eps, or all that oscillates has gone."""
    if dynamics == DESCENT or beta == 0 or (1 - beta) / (2 * beta) * t > 800:
        return True
    return math.sqrt(decay + kappa) / math.sqrt(beta) * t < 2.0**52


def header():
    with mp.workdps(DIGITS):
        inputs, values = [], []
        for one in cases():
            if not determined(*one):
                continue
            exact, waves = mode(*one)
            inputs += one
            values += [*exact, *waves]
        text = "enum { MODES = %d };\n\n" % (len(inputs) // 5)
        text += "/* Per mode: dynamics, momentum, weight decay, eigenvalue, time. */\n"
        text += c_array("double", "mode_inputs", inputs)
        text += "\n/* Per mode: retain, learn, target, start; and the sizes of their oscillations, 0 where there are none. */\n"
        text += c_array("double", "mode_values", [bounded(value) for value in values])
    return text


def bounded(value):
    return float("inf") if value > 1.7e308 else value


def verify():
    """Raises when the modes disagree with the equations themselves: k steps, and the flow's exponential."""
    with mp.workdps(60):
        for beta, decay, kappa in [(0.0, 0.25, 0.5), (0.5, 0.25, 0.7), (0.9, 0.0, 1.5)]:
            f, v, g, w, a, b = [mp.mpf(x) for x in (1, 0, 1, 0, 0, 0)]
            for _ in range(23):
                v = beta * v - (mp.mpf(decay) + kappa) * f
                w = beta * w - mp.mpf(decay) * g
                b = beta * b - mp.mpf(decay) * a - (kappa * a - 1)
                f, g, a = f + v, g + w, a + b
            exact, _ = mode(DESCENT, beta, decay, kappa, 23)
            assert mp.norm(mp.matrix(exact) - mp.matrix([f, kappa * a, a, (g - f) / kappa])) < mp.mpf(10) ** -50
        for beta, decay, kappa in [(0.5, 0.25, 0.7), (0.9, 0.125, 0.001)]:
            friction, r = (1 - mp.mpf(beta)) / beta, mp.mpf(decay) + kappa
            solution = mp.expm(mp.matrix([[0, 1, 0], [-r / beta, -friction, 1 / mp.mpf(beta)], [0, 0, 0]]) * 3)
            exact, _ = mode(GRADIENT, beta, decay, kappa, 3)
            assert abs(exact[0] - solution[0, 0]) + abs(exact[2] - solution[0, 2]) < mp.mpf(10) ** -50
