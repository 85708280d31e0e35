"""Losses and their gradients from their definitions, 1000 digits: log(1 + exp(-700)) is 0 to
304 of them, and a difference of outputs of 1e308 has to keep those of a double."""

import mpmath as mp

from numbers_text import Stream, c_array

DIGITS = 1000
SQUARED, LOGISTIC, CROSS_ENTROPY, HINGE, SQUARED_HINGE, EPSILON_INSENSITIVE, HUBER = range(7)
CLASSES = 3

# loss and slope of one output
_OUTPUT = {
    SQUARED: (lambda p, f, y: (f - y)**2 / 2, lambda p, f, y: f - y),
    LOGISTIC: (lambda p, f, y: mp.log(1 + mp.exp(-y * f)), lambda p, f, y: -y / (1 + mp.exp(y * f))),
    HINGE: (lambda p, f, y: max(0, 1 - y * f), lambda p, f, y: -y if y * f < 1 else 0),
    SQUARED_HINGE: (lambda p, f, y: max(0, 1 - y * f)**2 / 2, lambda p, f, y: -y * max(0, 1 - y * f)),
    EPSILON_INSENSITIVE: (lambda p, f, y: max(0, abs(f - y) - p),
                          lambda p, f, y: mp.sign(f - y) if abs(f - y) > p else 0),
    HUBER: (lambda p, f, y: (f - y)**2 / 2 if abs(f - y) <= p else p * (abs(f - y) - p / 2),
            lambda p, f, y: f - y if abs(f - y) <= p else p * mp.sign(f - y)),
}


def value(kind, parameter, f, y):
    if kind == CROSS_ENTROPY:
        total = mp.log(sum(mp.exp(output) for output in f))
        return -sum(target * (output - total) for output, target in zip(f, y))
    return sum(_OUTPUT[kind][0](parameter, output, target) for output, target in zip(f, y))


def gradient(kind, parameter, f, y):
    if kind == CROSS_ENTROPY:
        total = sum(mp.exp(output) for output in f)
        return [sum(y) * mp.exp(output) / total - target for output, target in zip(f, y)]
    return [_OUTPUT[kind][1](parameter, output, target) for output, target in zip(f, y)]


MARGINS = [0.0, 1e-300, 1e-9, 0.5, 1.0, 1 - 2**-53, 1 + 2**-52, 3.0, 36.0, 37.0, 50.0, 700.0, 745.0, 1e4, 1e300]


def rows():
    """(kind, parameter, f, y)"""
    stream = Stream(5)
    signs = [1.0, -1.0]
    for kind in (LOGISTIC, HINGE, SQUARED_HINGE):
        for size in MARGINS:
            if kind == SQUARED_HINGE and size == 1e300:
                continue  # beyond the range on one side
            for sign in signs:
                for y in signs:
                    yield kind, 0.0, [sign * size], [y]
        yield kind, 0.0, [2.5, -0.25, 30.0], [1.0, 1.0, -1.0]
    for kind, parameters in ((SQUARED, [0.0]), (EPSILON_INSENSITIVE, [0.0, 0.1, 2.0]),
                             (HUBER, [1.0, 0.125, 1e-200, 1e150])):
        for parameter in parameters:
            yield kind, parameter, [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]
            yield kind, parameter, [1e-150, 2.0, -3.0], [0.0, 2.0 + 2**-40, 4.0]
            yield kind, parameter, [1e150], [-1e150]
            yield kind, parameter, [parameter], [0.0]
            yield kind, parameter, [-parameter], [0.0]
            for _ in range(4):
                yield kind, parameter, stream.row(CLASSES), stream.row(CLASSES)
    yield EPSILON_INSENSITIVE, 1.7e308, [1.7e308], [-1.6e308]
    yield HUBER, 0.125, [1.7e308], [-1.7e308]
    one_hot = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    soft = [[0.25, 0.25, 0.5], [0.5, 0.5, 0.0], [0.125, 0.875, 0.0], [0.5, 0.25, 0.25 - 2**-21]]
    for f in ([0.0, 0.0, 0.0], [1e-9, 0.0, -1e-9], [40.0, 0.0, 1.0], [0.0, 700.0, -1.0], [-745.0, -1.0, -2.0],
              [1000.0, 999.0, 1001.0], [-1000.0, -999.5, -1000.0], [1e300, 0.0, -1e300], [1.7e308, 1.0, -1.7e308]):
        for y in one_hot + soft:
            if y[2] * 3.4e308 < 1.79e308 or f[0] < 1e308:
                yield CROSS_ENTROPY, 0.0, f, y
    for y in ([1.0, 0.0], [0.0, 1.0], [0.75, 0.25]):
        for gap in (0.5, 36.7, 50.0, 740.0):
            yield CROSS_ENTROPY, 0.0, [gap + 1, 1.0], y


def header():
    with mp.workdps(DIGITS):
        kinds, sizes, inputs, results = [], [], [], []
        for kind, parameter, f, y in rows():
            exact_f, exact_y, exact_parameter = [mp.mpf(v) for v in f], [mp.mpf(v) for v in y], mp.mpf(parameter)
            padding = [0.0] * (CLASSES - len(f))
            kinds.append(kind)
            sizes.append(len(f))
            inputs += [parameter] + f + padding + y + padding
            results.append(value(kind, exact_parameter, exact_f, exact_y))
            results += gradient(kind, exact_parameter, exact_f, exact_y) + padding
        text = "enum { LOSS_ROWS = %d, LOSS_CLASSES = %d };\n\n" % (len(kinds), CLASSES)
        text += "/* Per row: kind; number of outputs c. */\n" + c_array("int", "loss_kind", kinds)
        text += c_array("int", "loss_outputs", sizes)
        text += "\n/* Per row: parameter, f, y, filled up with 0. */\n" + c_array("double", "loss_inputs", inputs)
        text += "\n/* Per row: value, gradient. */\n" + c_array("double", "loss_results", results)
    return text


def verify():
    """Raises when a gradient is not the derivative of its loss; at kinks there is none."""
    with mp.workdps(60):
        step = mp.mpf(10)**-20
        for kind, parameter, f, y in rows():
            kink = {HINGE: 1, EPSILON_INSENSITIVE: parameter}.get(kind)
            slopes = gradient(kind, mp.mpf(parameter), [mp.mpf(v) for v in f], [mp.mpf(v) for v in y])
            for k, slope in enumerate(slopes):
                at = y[k] * f[k] if kind == HINGE else abs(f[k] - y[k])
                if max(map(abs, f)) > 1e3 or (kink is not None and abs(at - kink) <= step):
                    continue
                shifted = [[mp.mpf(v) + (sign * step if j == k else 0) for j, v in enumerate(f)] for sign in (1, -1)]
                up, down = (value(kind, mp.mpf(parameter), g, [mp.mpf(v) for v in y]) for g in shifted)
                assert abs((up - down) / (2 * step) - slope) < mp.mpf(10)**-18, (kind, parameter, f, y, k)
