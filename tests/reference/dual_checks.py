"""Every dual against the integral that defines it, with phi and phi' written out; and the two ways to the series kinds
against each other."""

import mpmath as mp

import series_duals as series
from networks import KINDS, SERIES
from piecewise_duals import SELU_ALPHA, SELU_SCALE, density, gauss_legendre

# With kinks both panels and conditions follow them.
POINTS = [("1.25", "0.75", "0.5"), ("0.5", "1.5", "-0.625")]
NODES, PANELS, REACH = 24, 6, 11


def composite(f, cuts):
    nodes, weights = gauss_legendre(NODES)
    total = mp.mpf(0)
    for low, high in zip(cuts, cuts[1:]):
        half = (high - low) / 2
        if half > 0:
            total += half * mp.fsum(w * f(low + half * (1 + x)) for x, w in zip(nodes, weights))
    return total


def plane_integral(f, kinks, q, r, k):
    """E[f(u) f(v)]: v given u is N(k u / q, r - k^2/q)."""
    s, spread = mp.sqrt(q), mp.sqrt(r - k**2 / q)
    grid = [mp.mpf(REACH) * (2 * i - PANELS) / PANELS for i in range(PANELS + 1)]

    def inner(u):
        cuts = sorted(grid + [p for p in ((t - k / q * u) / spread for t in kinks) if abs(p) < REACH])
        return composite(lambda b: f(k / q * u + spread * b) * density(b), cuts)

    cuts = sorted(grid + [t / s for t in kinks if abs(t / s) < REACH])
    return composite(lambda a: f(s * a) * inner(s * a) * density(a), cuts)


# ---- phi and phi' ----

def heaviside(x):
    return mp.mpf(1) if x > 0 else mp.mpf(0)


def elu(alpha, scale):
    return (lambda x: scale * (x if x > 0 else alpha * mp.expm1(x)),
            lambda x: scale * (1 if x > 0 else alpha * mp.exp(x)), [0])


def linear(low, high, slope, offset):
    """Linear between the kinks, constant outside."""
    return (lambda x: slope * min(max(x, low), high) + offset, lambda x: slope if low < x < high else 0, [low, high])


def wave(function, derivative):
    return lambda a, b, c: (lambda x: a * function(b * x + c), lambda x: a * b * derivative(b * x + c), [])


def polynomial(*c):
    derivative = [i * a for i, a in enumerate(c)][1:]
    return (lambda x: mp.polyval(c[::-1], x), lambda x: mp.polyval(derivative[::-1], x) if derivative else mp.mpf(0), [])


def hermite(n):
    """The recurrence He_{n+1} = x He_n - n He_{n-1}, and He_n' = n He_{n-1}."""

    def he(n, x):
        before, now = mp.mpf(0), mp.mpf(1)
        for i in range(n):
            before, now = now, x * now - i * before
        return now

    norm = mp.sqrt(mp.factorial(n))
    return lambda x: he(n, x) / norm, lambda x: n * he(n - 1, x) / norm if n else mp.mpf(0), []


def rectified(n):
    return (lambda x: x**n if x > 0 else mp.mpf(0), lambda x: n * x ** (n - 1) if x > 0 and n else mp.mpf(0), [0])


def two_slope(a, b):
    return lambda x: a * min(x, 0) + b * max(x, 0), lambda x: b if x > 0 else a, [0]


def error_function(a, b, c):
    return (lambda x: a * mp.erf(b * x) + c, lambda x: a * b * 2 / mp.sqrt(mp.pi) * mp.exp(-(b * x) ** 2), [])


def of_series(kind):
    return lambda x: series.FUNCTIONS[kind](x)[0], lambda x: series.FUNCTIONS[kind](x)[1], []


# kind, parameters, (phi, phi', kinks) from the parameters
DEFINITIONS = [
    ("identity", [], lambda: polynomial(0, 1)), ("relu", [], lambda: two_slope(0, 1)),
    ("leaky_relu", [0.25], lambda slope: two_slope(slope, 1)), ("abs", [], lambda: two_slope(-1, 1)),
    ("two_slope", [0.25, -1.5], two_slope), ("step", [], lambda: (heaviside, lambda x: 0, [0])),
    ("sign", [], lambda: (mp.sign, lambda x: 0, [0])), ("erf", [1.5, 0.75, 0.25], error_function),
    ("sigmoid_erf", [], lambda: error_function(mp.mpf(1) / 2, 1 / mp.mpf(2.4020563531719796), mp.mpf(1) / 2)),
    ("sin", [1.5, 0.75, 0.5], wave(mp.sin, mp.cos)), ("cos", [1.5, 0.75, 0.5], wave(mp.cos, lambda x: -mp.sin(x))),
    ("rbf", [0.75], lambda gamma: wave(mp.sin, mp.cos)(mp.sqrt(2), mp.sqrt(2 * gamma), mp.pi / 4)),
    ("gelu", [], lambda: (lambda x: x * mp.ncdf(x), lambda x: mp.ncdf(x) + x * density(x), [])),
    ("exp", [0.75, 0.5], lambda a, b: wave(mp.exp, mp.exp)(a, b, 0)),
    ("gaussian", [1.5, 0.5], lambda a, b: (lambda x: a * mp.exp(-b * x**2), lambda x: -2 * a * b * x * mp.exp(-b * x**2), [])),
    ("gabor", [], lambda: (lambda x: mp.exp(-x**2) * mp.sin(x),
                           lambda x: mp.exp(-x**2) * (mp.cos(x) - 2 * x * mp.sin(x)), [])),
    ("monomial", [3.0], lambda n: polynomial(*[0] * int(n), 1)), ("monomial", [4.0], lambda n: polynomial(*[0] * int(n), 1)),
    ("rectified_monomial", [0.0], lambda n: rectified(int(n))), ("rectified_monomial", [2.0], lambda n: rectified(int(n))),
    ("rectified_monomial", [5.0], lambda n: rectified(int(n))), ("polynomial", [0.5, -0.25, 0.125, 1.0], polynomial),
    ("hermite", [3.0], lambda n: hermite(int(n))), ("hermite", [6.0], lambda n: hermite(int(n))),
    ("elu", [0.75], lambda alpha: elu(alpha, 1)), ("selu", [], lambda: elu(mp.mpf(SELU_ALPHA), mp.mpf(SELU_SCALE))),
    ("hard_tanh", [], lambda: linear(-1, 1, 1, 0)), ("relu6", [], lambda: linear(0, 6, 1, 0)),
    ("hard_sigmoid", [], lambda: linear(-3, 3, mp.mpf(1) / 6, mp.mpf(1) / 2)),
] + [(kind, [], lambda kind=kind: of_series(kind)) for kind in SERIES]


def check_definitions():
    for kind, parameters, definition in DEFINITIONS:
        phi, derivative, kinks = definition(*map(mp.mpf, parameters))
        for point in POINTS:
            q, r, k = map(mp.mpf, point)
            found = KINDS[kind][1]([mp.mpf(p) for p in parameters or KINDS[kind][2]], q, r, k)
            for f, dual in ((phi, found[0]), (derivative, found[1])):
                integral = plane_integral(f, kinks, q, r, k)
                size = 1 + abs(dual)
                assert abs(integral - dual) < size * mp.mpf(10) ** -14, (kind, point, integral, dual)


def check_normalised_exp():
    """Known by its dual: the slope is the derivative."""
    parameters, dual = [mp.mpf("1.5"), mp.mpf("-0.75")], KINDS["normalised_exp"][1]
    q, r, k = map(mp.mpf, POINTS[0])
    slope = mp.diff(lambda c: dual(parameters, q, r, c)[0], k)
    assert abs(slope - dual(parameters, q, r, k)[1]) < mp.mpf(10) ** -14


def check_collinear():
    """Exactly and nearly opposite rows."""
    for kind in ("hard_tanh", "hard_sigmoid", "relu6"):
        dual, r = KINDS[kind][1], mp.mpf(2)
        for sign in (1, -1):
            exact, near = (dual([], mp.mpf(1), r, sign * c) for c in (mp.sqrt(r), mp.sqrt(r) * (1 - mp.mpf(2) ** -70)))
            assert all(abs(a - b) < mp.mpf(10) ** -10 for a, b in zip(exact, near)), (kind, exact, near)


def check_series():
    """Mehler's sum and Price's theorem have nothing in common but phi; and phi' and phi'' belong to phi."""
    for kind in SERIES:
        for x in map(mp.mpf, ("0.75", "-1.5", "0.004")):
            value, slope, curvature = series.FUNCTIONS[kind](x)
            assert abs(mp.diff(lambda z: series.FUNCTIONS[kind](z)[0], x) - slope) < mp.mpf(10) ** -14
            assert abs(mp.diff(lambda z: series.FUNCTIONS[kind](z)[1], x) - curvature) < mp.mpf(10) ** -14
    plain = {"tanh": mp.tanh, "softplus": lambda x: mp.log(1 + mp.exp(x)), "silu": lambda x: x / (1 + mp.exp(-x)),
             "sigmoid": lambda x: 1 / (1 + mp.exp(-x)), "mish": lambda x: x * mp.tanh(mp.log(1 + mp.exp(x))),
             "gelu_tanh": lambda x: x * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf(0.044715) * x**3))) / 2}
    for kind, phi in plain.items():
        for x in map(mp.mpf, ("0.001", "-0.001", "0.5", "-2.5", "7", "-9")):
            assert abs(series.FUNCTIONS[kind](x)[0] - phi(x)) < mp.mpf(10) ** -20
    q, r, k = map(mp.mpf, POINTS[0])
    for kind in SERIES:
        two = series.mehler(kind, q, r, k), series.large_variance(kind, q, r, k)
        assert all(abs(a - b) < mp.mpf(10) ** -28 for a, b in zip(*two)), (kind, two)


def verify():
    """Raises when a dual is not what its definition says."""
    with mp.workdps(24):
        check_definitions()
        check_normalised_exp()
    with mp.workdps(50):
        check_collinear()
    with mp.workdps(40):
        check_series()
