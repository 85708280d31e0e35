"""phi, phi' and phi'' of every kind of activation from their definitions, 60 digits.

Each function returns (value, slope) with the size of the terms that they are sums of: what a rounding in one of them
may do to the sum. verify() compares every slope with a difference quotient of the value. phi'' is a difference quotient of
the slope, with a step below every distance of points and enough digits to make up for it."""

import mpmath as mp

from numbers_text import c_array, exact

DIGITS = 60
SELU_SCALE, SELU_ALPHA, SIGMOID_ERF_SCALE = exact([1.0507009873554805, 1.6732632423543772, 2.4020563531719796])
GELU_TANH_CUBIC = exact(0.044715)

# NaN and infinities are tested without a table. The pairs around +-1, +-3 and 6 lie beside kinks.
POINTS = [0.0, 5e-324, -5e-324, 1e-300, -1e-300, 1e-20, -1e-20, 1e-8, -1e-8, 0.1, -0.1, 0.25, -0.375, 0.5, -0.5, 0.7,
          -0.75, 0.999, -0.999, 1.0, -1.0, 1.001, -1.001, -1.27, 1.5, -1.5, 2.0, -2.0, 2.9, -2.9, 3.0, -3.0, 3.1, -3.1,
          4.7, -4.7, 6.0, -6.0, 6.1, -6.1, 8.3, -8.3, 12.0, -12.0, 17.5, -17.5, 19.9, -19.9, 26.6, -26.6, 37.9, -37.9,
          45.0, -45.0, 350.0, -350.0, 709.0, -709.0, -740.0, 1e4, -1e4, 1e10, -1e10]
LARGEST = mp.mpf(10) ** 307


def plain(value, slope):
    return value, slope, abs(value), abs(slope)


def two_slopes(a, b, x):
    return plain(b * x if x > 0 else a * x, b if x > 0 else a if x < 0 else mp.mpf(0))


def bell(x):
    return mp.exp(-x * x)


def normal_tail(x):
    """P(z < x)"""
    return mp.erfc(-x / mp.sqrt(2)) / 2


def identity(p, x):
    return plain(x, mp.mpf(1))


def relu(p, x):
    return two_slopes(0, 1, x)


def leaky_relu(p, x):
    return two_slopes(p[0], 1, x)


def erf(p, x):
    a, b, c = p
    value = a * mp.erf(b * x)
    slope = a * b * 2 / mp.sqrt(mp.pi) * bell(b * x)
    return value + c, slope, abs(value) + abs(c), abs(slope)


def absolute(p, x):
    return two_slopes(-1, 1, x)


def two_slope(p, x):
    return two_slopes(p[0], p[1], x)


def step(p, x):
    return plain(mp.mpf(x > 0), mp.mpf(0))


def sign(p, x):
    return plain(mp.sign(x), mp.mpf(0))


def sigmoid_erf(p, x):
    return plain(mp.erfc(-x / SIGMOID_ERF_SCALE) / 2, bell(x / SIGMOID_ERF_SCALE) / SIGMOID_ERF_SCALE / mp.sqrt(mp.pi))


def wave(a, b, phase):
    """a sin(phase) with d phase / dx = b; a rounding of the phase turns sine into cosine."""
    sine, cosine, turn = mp.sin(phase), mp.cos(phase), abs(phase)
    return (a * sine, a * b * cosine, abs(a) * (abs(sine) + turn * abs(cosine)),
            abs(a * b) * (abs(cosine) + turn * abs(sine)))


def sin(p, x):
    value, slope, size, slope_size = wave(p[0], p[1], p[1] * x + p[2])
    turn = abs(p[1] * x) + abs(p[2])
    return value, slope, size + abs(p[0]) * turn, slope_size + abs(p[0] * p[1]) * turn


def cos(p, x):
    return sin([p[0], p[1], p[2] + mp.pi / 2], x)


def rbf(p, x):
    return sin([mp.sqrt(2), mp.sqrt(2 * p[0]), mp.pi / 4], x)


def gelu(p, x):
    tail, term = normal_tail(x), x * bell(x / mp.sqrt(2)) / mp.sqrt(2 * mp.pi)
    return x * tail, tail + term, abs(x) * tail, tail + abs(term)


def exponential(p, x):
    value = p[0] * mp.exp(p[1] * x)
    return plain(value, p[1] * value)


def gaussian(p, x):
    value = p[0] * mp.exp(-p[1] * x * x)
    return plain(value, -2 * p[1] * x * value)


def gabor(p, x):
    sine, cosine = mp.sin(x), mp.cos(x)
    return (bell(x) * sine, bell(x) * (cosine - 2 * x * sine), bell(x) * abs(sine),
            bell(x) * (abs(cosine) + abs(2 * x * sine)))


def polynomial(p, x):
    terms = [c * x**i for i, c in enumerate(p)]
    slopes = [i * c * x ** (i - 1) for i, c in enumerate(p) if i > 0]
    # Horner's rule makes a rounding in each of its steps.
    return (mp.fsum(terms), mp.fsum(slopes), len(p) * mp.fsum(abs(term) for term in terms),
            len(p) * mp.fsum(abs(slope) for slope in slopes))


def monomial(p, x):
    n = int(p[0])
    return plain(x**n, n * x ** (n - 1) if n > 0 else mp.mpf(0))


def rectified_monomial(p, x):
    return monomial(p, x) if x > 0 else plain(mp.mpf(0), mp.mpf(0))


def hermite(p, x):
    n = int(p[0])
    values = [mp.mpf(0), mp.mpf(1)]  # h_{-1}, h_0, ...
    for k in range(n):
        values.append((x * values[-1] - mp.sqrt(k) * values[-2]) / mp.sqrt(k + 1))
    # The recurrence makes a rounding of each of its terms.
    size = (n + 1) * max(abs(value) for value in values)
    return values[-1], mp.sqrt(n) * values[-2], size, mp.sqrt(n) * size


def normalised_exp(p, x):
    """sum sqrt(exp(gamma shift) gamma^n / n!) h_n(x), term by term."""
    root, before, now = mp.sqrt(p[0]), mp.mpf(0), mp.mpf(1)  # (root^n / n!) He_n(x)
    total, size, slope, slope_size, n = mp.mpf(0), mp.mpf(0), mp.mpf(0), mp.mpf(0), 0
    while n < 40 or abs(now) + abs(before) > mp.mpf(10) ** -DIGITS * abs(total):
        total, slope = total + now, slope + root * now
        before, now = now, (root * x * now - p[0] * before) / (n + 1)
        n += 1
    factor = mp.exp(p[0] * p[1] / 2)
    # exp(argument), whose rounding is that of its argument
    argument = 1 + abs(root * x) + abs(p[0]) * (1 + abs(p[1]))
    return factor * total, factor * slope, argument * factor * total, argument * factor * slope


def tanh(p, x):
    return plain(mp.tanh(x), mp.sech(x) ** 2)


def sigmoid(p, x):
    return plain(1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(-x)) / (1 + mp.exp(x)))


def softplus(p, x):
    # log(1 + e^x), for large |x| by its series: the sum keeps no digit of e^x there
    value = mp.exp(x) - mp.exp(2 * x) / 2 if x < -60 else mp.log(1 + mp.exp(x)) if x < 200 else x + mp.exp(-x)
    return plain(value, 1 / (1 + mp.exp(-x)))


def silu(p, x):
    s = 1 / (1 + mp.exp(-x))
    term = x * s / (1 + mp.exp(x))
    return x * s, s + term, abs(x * s), s + abs(term)


def mish(p, x):
    t = mp.tanh(softplus(p, x)[0])
    term = x * mp.sech(softplus(p, x)[0]) ** 2 / (1 + mp.exp(-x))
    return x * t, t + term, abs(x * t), t + abs(term)


def gelu_tanh(p, x):
    u = 2 * mp.sqrt(2 / mp.pi) * (x + GELU_TANH_CUBIC * x**3)
    s, slope = 1 / (1 + mp.exp(-u)), 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * GELU_TANH_CUBIC * x**2)
    term = x * s / (1 + mp.exp(u)) * slope
    # exp(u), whose rounding is that of u
    turn = 1 + abs(u) / (1 + mp.exp(u))
    return x * s, s + term, abs(x * s) * turn, s * turn + abs(term) * (1 + abs(u))


def elu(p, x):
    return plain(x if x > 0 else p[0] * mp.expm1(x), mp.mpf(1) if x > 0 else p[0] * mp.exp(x))


def selu(p, x):
    return tuple(SELU_SCALE * part for part in elu([SELU_ALPHA], x))


def hard_tanh(p, x):
    return plain(min(max(x, mp.mpf(-1)), mp.mpf(1)), mp.mpf(-1 < x <= 1))


def hard_sigmoid(p, x):
    # x/6 + 1/2 as (x + 3)/6
    return plain(min(max(x / 6 + mp.mpf(1) / 2, mp.mpf(0)), mp.mpf(1)), mp.mpf(-3 < x <= 3) / 6)


def relu6(p, x):
    return plain(min(max(x, mp.mpf(0)), mp.mpf(6)), mp.mpf(0 < x <= 6))


# Number of the kind, the function, the parameters ([]: the defaults stand in the next place).
CASES = [
    (0, identity, [], []), (1, relu, [], []), (2, leaky_relu, [], [0.01]), (2, leaky_relu, [-0.5], None),
    (3, erf, [], [1.0, 1.0, 0.0]), (3, erf, [-1.5, 0.3, 0.25], None), (4, absolute, [], []),
    (5, two_slope, [], [0.0, 1.0]), (5, two_slope, [-0.25, 1.75], None), (6, step, [], []), (7, sign, [], []),
    (8, sigmoid_erf, [], []), (9, sin, [], [1.0, 1.0, 0.0]), (9, sin, [-2.0, 0.7, 0.3], None),
    (10, cos, [], [1.0, 1.0, 0.0]), (10, cos, [0.5, -1.3, 2.0], None), (11, rbf, [], [1.0]), (11, rbf, [0.3], None),
    (12, gelu, [], []), (13, exponential, [], [1.0, 1.0]), (13, exponential, [-0.7, 0.3], None),
    (14, gaussian, [], [1.0, 1.0]), (14, gaussian, [-3.0, 0.1], None), (15, gabor, [], []), (16, monomial, [], [2.0]),
    (16, monomial, [0.0], None), (16, monomial, [1.0], None), (16, monomial, [7.0], None), (16, monomial, [64.0], None),
    (17, rectified_monomial, [], [2.0]), (17, rectified_monomial, [0.0], None), (17, rectified_monomial, [1.0], None),
    (17, rectified_monomial, [16.0], None), (18, polynomial, [], [0.0, 1.0]), (18, polynomial, [0.75], None),
    (18, polynomial, [1.5, -0.3, 0.0, 0.125, 0.0], None), (18, polynomial, [(-0.5) ** i for i in range(33)], None),
    (19, hermite, [], [2.0]), (19, hermite, [0.0], None), (19, hermite, [1.0], None), (19, hermite, [5.0], None),
    (19, hermite, [64.0], None), (20, normalised_exp, [], [1.0, -1.0]), (20, normalised_exp, [0.3, 0.5], None),
    (21, tanh, [], []), (22, sigmoid, [], []), (23, softplus, [], []), (24, silu, [], []), (25, mish, [], []),
    (26, gelu_tanh, [], []), (27, elu, [], [1.0]), (27, elu, [0.4], None), (28, selu, [], []), (29, hard_tanh, [], []),
    (30, hard_sigmoid, [], []), (31, relu6, [], []),
]
MOST_PARAMETERS = 33


def results(function, parameters, x):
    """What the test compares, or None where a double does not hold it."""
    if function is normalised_exp and abs(x) > 50:
        return None  # the series takes too long, and its result is that of exp
    parts = function(exact(parameters), exact(x))
    return parts if all(abs(part) < LARGEST for part in parts) else None


@mp.workdps(2 * DIGITS)
def verify():
    """Every slope is the derivative of its value, at points that are no kinks."""
    step_size = mp.mpf(10) ** -40
    for _, function, parameters, defaults in CASES:
        for x in [-4.25, -1.625, -0.375, 0.375, 1.625, 4.25, 6.5]:
            p, x = exact(parameters or defaults), exact(x)
            quotient = (function(p, x + step_size)[0] - function(p, x - step_size)[0]) / (2 * step_size)
            _, slope, _, size = function(p, x)
            assert abs(quotient - slope) <= mp.mpf(10) ** -30 * (1 + size), (function.__name__, p, x)


STEP_DIGITS = 370  # the least distance of a point from a kink is 5e-324


def second_size(function, p, x, second):
    """The size of the terms of phi''; without an entry it has one term."""
    s, t = 1 / (1 + mp.exp(-x)), mp.exp(-x) / (1 + mp.exp(-x)) ** 2
    value_size = function(p, x)[2]

    def of_gelu_tanh():
        scale = 2 * mp.sqrt(2 / mp.pi)
        u = scale * (x + GELU_TANH_CUBIC * x**3)
        first, bend = scale * (1 + 3 * GELU_TANH_CUBIC * x**2), 6 * scale * GELU_TANH_CUBIC * abs(x)
        slope = mp.exp(-u) / (1 + mp.exp(-u)) ** 2
        return slope * (2 * first + abs(x) * (bend + first**2 * abs(mp.tanh(u / 2)))) * (1 + abs(u))

    def of_mish():
        factor = mp.tanh(softplus(p, x)[0])
        return (1 - factor**2) * s * (2 + abs(x) * (1 / (1 + mp.exp(x)) + 2 * factor * s))

    sizes = {
        sin: lambda: p[1] ** 2 * value_size, cos: lambda: p[1] ** 2 * value_size, rbf: lambda: 2 * p[0] * value_size,
        gabor: lambda: bell(x) * (abs((4 * x**2 - 3) * mp.sin(x)) + abs(4 * x * mp.cos(x))),
        polynomial: lambda: len(p) * mp.fsum(abs(i * (i - 1) * c * x ** (i - 2)) for i, c in enumerate(p) if i > 1),
        hermite: lambda: mp.sqrt(max(p[0] * (p[0] - 1), 0)) * value_size, normalised_exp: lambda: p[0] * value_size,
        silu: lambda: t * (2 + x * mp.tanh(x / 2)), mish: of_mish, gelu_tanh: of_gelu_tanh,
    }
    return sizes[function]() if function in sizes else abs(second)


@mp.workdps(2 * STEP_DIGITS + DIGITS)
def second_result(function, parameters, x):
    """phi'' (from the left) and its size, or None where a double does not hold it."""
    if results(function, parameters, x) is None:
        return None
    p, x, step_size = exact(parameters), exact(x), mp.mpf(10) ** -STEP_DIGITS
    second = (function(p, x - step_size)[1] - function(p, x - 2 * step_size)[1]) / step_size
    if abs(second) < mp.mpf(10) ** -340:
        second = mp.mpf(0)
    size = second_size(function, p, x, second)
    return (second, size) if max(abs(second), size) < LARGEST else None


def size_text(size):
    """The power of two above."""
    return 0.0 if size == 0 else float(mp.mpf(2) ** mp.ceil(mp.log(size, 2)))


@mp.workdps(DIGITS + 340)  # 1 + exp(-740) has to keep its last digits
def header():
    cases, parameters, numbers, sizes, seconds = [], [], [], [], []
    for kind, function, given, defaults in CASES:
        cases += [kind, len(given)]
        parameters += given
        for x in POINTS:
            parts = results(function, given or defaults, x)
            numbers += [0.0, 0.0] if parts is None else parts[:2]
            sizes += [-1.0, -1.0] if parts is None else [size_text(part) for part in parts[2:]]
            second = second_result(function, given or defaults, x)
            seconds += [0.0, -1.0] if second is None else [second[0], size_text(second[1])]
    text = "enum { ACTIVATION_CASES = %d, ACTIVATION_POINTS = %d };\n\n" % (len(CASES), len(POINTS))
    text += c_array("double", "activation_x", POINTS)
    text += "\n/* Per case: kind, number of parameters. */\n" + c_array("int", "activation_case", cases)
    text += "\n/* Per case: parameters. */\n" + c_array("double", "activation_parameters", parameters)
    text += "\n/* Per case and point: phi, phi'. */\n" + c_array("double", "activation_values", numbers)
    text += ("\n/* Per case and point: sizes of the terms of phi, phi'; -1: no double holds them. */\n" +
             c_array("double", "activation_sizes", sizes))
    text += ("\n/* Per case and point: phi'' (at a kink from the left), the size of its terms; -1: no double holds it. */\n" +
             c_array("double", "activation_seconds", seconds))
    return text
