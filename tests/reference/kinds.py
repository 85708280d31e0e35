"""Values of networks with every activation at several depths, and of mixtures in which a smooth activation is followed by
one with a kink: its tangent kernel depends on the angle, and so on 1 - cos to full relative accuracy."""

from networks import Layer, Network, plain_group, scaled_group, table, uniform

HE = 1.4142135623730951
# Indices of the groups below.
SMALL, MIDDLE, WIDE, EXTREME, LARGE, MODEST, EXTREME_APART = range(7)


def make_groups():
    apart = scaled_group(3, 500)
    apart.pairs = [pair for pair in apart.pairs if pair[:2] != (2, 5)]
    return [plain_group(3), plain_group(10), plain_group(64), scaled_group(3, 500), scaled_group(3, 40),
            scaled_group(3, 2, near=False), apart]


# (kind, parameters, weight std, bias std, depths): in groups SMALL and MIDDLE in turn, depth 4 in WIDE as well.
DEEP, SHALLOW, FULL = (2, 4, 11, 51), (2, 4), (2, 4, 11)
CLOSED = [
    ("identity", [], 1.0, 0.1, DEEP),
    ("relu", [], HE, 0.0, DEEP), ("relu", [], HE, 0.1, (4, 11)),
    ("leaky_relu", [0.2], 1.3867504905630728, 0.1, DEEP),
    ("erf", [], 1.25, 0.1, DEEP), ("erf", [1.5, 0.75, 0.25], 1.0, 0.0, FULL),
    ("abs", [], 1.0, 0.0, DEEP), ("abs", [], 1.0, 0.1, (4,)),
    ("two_slope", [0.25, -1.5], 0.9299811099505543, 0.1, DEEP), ("two_slope", [1.5, 0.5], 0.875, 0.0, (4,)),
    ("step", [], HE, 0.0, DEEP), ("step", [], 1.0, 0.5, (4,)),
    ("sign", [], 1.0, 0.0, DEEP), ("sign", [], 1.0, 0.5, (4,)),
    ("sigmoid_erf", [], 2.0, 0.25, DEEP),
    ("sin", [], 1.0, 0.0, DEEP), ("sin", [1.25, 0.5, 0.75], 1.25, 0.25, FULL),
    ("cos", [], 1.0, 0.0, DEEP), ("cos", [1.5, 0.75, 0.5], 1.25, 0.25, FULL),
    ("rbf", [0.5], 0.875, 0.0, DEEP), ("rbf", [], 1.0, 0.25, SHALLOW),
    ("gelu", [], 1.375, 0.0, DEEP), ("gelu", [], 1.0, 0.25, (4,)),
    ("exp", [0.5, 0.5], 1.0, 0.0, DEEP), ("exp", [], 0.5, 0.25, (2,)),
    ("gaussian", [], 1.5, 0.0, DEEP), ("gaussian", [2.0, 0.25], 1.0, 0.25, SHALLOW),
    ("gabor", [], 1.25, 0.5, DEEP), ("gabor", [], 1.0, 0.0, SHALLOW),
    ("monomial", [0.0], 1.0, 0.25, (2,)), ("monomial", [1.0], 1.0, 0.25, FULL), ("monomial", [], 0.5, 0.0, SHALLOW),
    ("monomial", [3.0], 0.5, 0.25, SHALLOW), ("monomial", [7.0], 0.75, 0.0, (2,)),
    ("rectified_monomial", [0.0], 1.0, 0.0, (2,)), ("rectified_monomial", [], 0.75, 0.0, SHALLOW),
    ("rectified_monomial", [3.0], 0.5, 0.25, SHALLOW), ("rectified_monomial", [7.0], 0.75, 0.0, (2,)),
    ("rectified_monomial", [16.0], 0.5, 0.0, (2,)),
    ("polynomial", [0.5, 1.0, -0.25], 0.75, 0.25, SHALLOW), ("polynomial", [0.5, 0.5, 0.125], 0.75, 0.0, DEEP),
    ("polynomial", [0.25, -0.5, 0.125, 0.5], 0.5, 0.0, SHALLOW),
    ("polynomial", [0.5, -0.25, 0.0, 0.125, 0.0, 0.0, 0.0, -0.015625, 0.0078125], 0.75, 0.25, (2,)),
    ("hermite", [1.0], 1.0, 0.0, (4,)), ("hermite", [], 0.75, 0.0, SHALLOW), ("hermite", [3.0], 0.75, 0.25, SHALLOW),
    ("hermite", [8.0], 0.75, 0.0, (2,)),
    ("normalised_exp", [], 1.0, 0.0, DEEP), ("normalised_exp", [2.0, -0.75], 0.75, 0.25, SHALLOW),
]
PIECEWISE = [("elu", [], 1.25, 0.0, FULL), ("elu", [0.25], 1.25, 0.25, (2,)), ("selu", [], 1.0, 0.1, FULL),
             ("hard_tanh", [], 1.25, 0.1, FULL), ("hard_sigmoid", [], 1.5, 0.25, FULL), ("relu6", [], HE, 0.1, FULL)]
SERIES = [("tanh", [], 1.125, 0.1, FULL), ("sigmoid", [], 1.5, 0.25, FULL), ("softplus", [], 0.875, 0.0, FULL),
          ("silu", [], 1.375, 0.1, FULL), ("mish", [], 1.25, 0.0, FULL), ("gelu_tanh", [], 1.375, 0.1, FULL)]
SERIES_FIRST_STD = 0.625  # keeps Mehler's sums short

# Rows of extreme norm: (kind, parameters, weight std, bias std, depth, group).
SCALES = [
    ("identity", [], 1.0, 0.0, 2, EXTREME), ("relu", [], HE, 0.0, 4, EXTREME),
    ("leaky_relu", [0.2], 1.25, 0.0, 4, EXTREME),
    ("abs", [], 1.0, 0.0, 4, EXTREME), ("two_slope", [0.25, -1.5], 0.875, 0.0, 4, EXTREME),
    ("step", [], HE, 0.0, 4, EXTREME), ("sign", [], 1.0, 0.0, 4, EXTREME), ("erf", [], 1.25, 0.0, 4, EXTREME),
    ("sigmoid_erf", [], 2.0, 0.0, 4, EXTREME), ("sin", [1.25, 0.5, 0.75], 1.0, 0.25, 4, EXTREME),
    ("sin", [], 1.0, 0.0, 2, EXTREME), ("cos", [], 1.0, 0.0, 4, EXTREME), ("rbf", [0.5], 0.875, 0.0, 4, EXTREME),
    ("gelu", [], 1.375, 0.0, 4, EXTREME), ("gaussian", [], 1.5, 0.0, 4, EXTREME), ("gabor", [], 2.0, 0.0, 2, EXTREME),
    ("normalised_exp", [], 1.0, 0.0, 4, EXTREME), ("exp", [0.5, 0.25], 1.0, 0.0, 2, MODEST),
    ("monomial", [], 1.0, 0.0, 2, LARGE), ("monomial", [5.0], 1.0, 0.0, 2, LARGE),
    ("rectified_monomial", [], 1.0, 0.0, 2, LARGE), ("rectified_monomial", [5.0], 1.0, 0.0, 2, LARGE),
    ("polynomial", [0.5, 1.0, -0.25, 0.125], 1.0, 0.0, 2, LARGE), ("hermite", [], 1.0, 0.0, 2, LARGE),
    ("hermite", [5.0], 1.0, 0.0, 2, LARGE), ("elu", [], 1.0, 0.0, 2, MODEST), ("selu", [], 1.0, 0.0, 2, MODEST),
    ("hard_tanh", [], 1.25, 0.0, 2, EXTREME), ("hard_sigmoid", [], 1.5, 0.0, 2, EXTREME),
    ("relu6", [], HE, 0.0, 2, EXTREME), ("tanh", [], 0.625, 0.0, 2, EXTREME_APART),
    ("sigmoid", [], 1.5, 0.0, 2, EXTREME_APART), ("softplus", [], 1.5, 0.0, 2, EXTREME_APART),
    ("silu", [], 1.5, 0.0, 2, EXTREME_APART), ("mish", [], 1.0, 0.0, 2, EXTREME_APART),
    ("gelu_tanh", [], 1.0, 0.0, 2, EXTREME_APART),
]

# Activations of the hidden layers.
MIXTURES = [
    (("erf", []), ("relu", []), ("gelu", [])), (("sin", []), ("abs", []), ("cos", [])),
    (("gaussian", []), ("relu", [])), (("cos", [1.0, 1.0, 0.5]), ("step", []), ("erf", [])),
    (("gelu", []), ("two_slope", [0.25, -1.5])), (("exp", [0.5, 0.5]), ("relu", [])), (("rbf", [0.5]), ("sign", [])),
    (("gabor", []), ("relu", [])), (("polynomial", [0.5, 0.5, 0.125]), ("abs", [])),
    (("hermite", [3.0]), ("relu", [])), (("monomial", []), ("rectified_monomial", [2.0])),
    (("normalised_exp", [1.0, -1.0]), ("relu", [])), (("sigmoid_erf", []), ("leaky_relu", [0.2])),
    (("rectified_monomial", [2.0]), ("relu", [])), (("hard_tanh", []), ("relu", [])), (("relu6", []), ("abs", [])),
    (("elu", []), ("relu", [])), (("tanh", []), ("relu", [])), (("softplus", []), ("abs", [])),
    (("silu", []), ("step", [])), (("sigmoid", []), ("relu", []), ("tanh", [])), (("relu", []), ("mish", [])),
]


def make_cases():
    cases, turn = [], 0
    for rows, first in ((CLOSED, None), (PIECEWISE, None), (SERIES, SERIES_FIRST_STD)):
        for kind, parameters, std, bias, depths in rows:
            digits = 700 if kind == "rectified_monomial" else None  # nearly opposite rows: 1e-9^(2n+1)
            for depth in depths:
                turn += 1
                network = uniform(kind, (kind, parameters), depth, std, bias, digits, first)
                cases.append((network, turn % 2))
                if depth == 4 and rows is CLOSED:
                    cases.append((network, WIDE))
    for kind, parameters, std, bias, depth, group in SCALES:
        # P(|u| < 1) = 1e-151 is a difference of numbers around 1
        digits = 400 if kind in ("hard_tanh", "hard_sigmoid", "relu6") else None
        cases.append((uniform(kind, (kind, parameters), depth, std, bias, digits), group))
    for number, hidden in enumerate(MIXTURES):
        stds, biases = [0.75, 1.25, 0.875, 1.0], ([0.0] * 4, [0.25, 0.0, 0.125, 0.0])[number % 2]
        layers = [Layer(activation, std, bias) for activation, std, bias in zip(hidden, stds, biases)]
        layers.append(Layer(std=1.5, bias=biases[3]))
        cases.append((Network("mixed", layers), number % 2))
    return cases


def header():
    return '#include "tests/reference/table.h"\n\n' + table("kind", make_groups(), make_cases())
