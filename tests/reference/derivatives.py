"""Derivatives of kernels: with respect to the first row, and to every layer's standard deviations.

They are central differences of the definitions in networks.py, with steps of 1e-40 in 140 digits: exact to more than 50
digits where the kernel is smooth, and the mean of the one-sided derivatives where it has a kink."""

import mpmath as mp

from networks import NNGP, NTK, Layer, Network, plain_group, table, uniform
from numbers_text import c_array, exact

HE = 1.4142135623730951
STEP = mp.mpf(10) ** -40
DIGITS = 140


def make_networks():
    networks = []
    for activation, std in ((("relu", []), HE), (("erf", []), 1.25), (("gelu", []), 1.375),
                            (("sin", [1.25, 0.5, 0.75]), 1.25), (("two_slope", [0.25, -1.5]), 0.875)):
        networks += [uniform(activation[0], activation, depth, std, bias, DIGITS)
                     for depth, bias in ((2, 0.0), (3, 0.25), (4, 0.0), (4, 2.0))]
    networks.append(uniform("linear", ("identity", []), 1, 1.5, 0.5, DIGITS))
    mixed = [Layer(activation, 0.875, 0.25) for activation in (("erf", []), ("abs", []), ("cos", [1.0, 1.0, 0.5]))]
    networks.append(Network("mixed", mixed + [Layer(std=1.5, bias=0.25)], DIGITS))
    options = [
        Layer(("relu", []), 1.25, 0.25, rates=(0.5, 2.0)),
        Layer(("gelu", []), 1.25, 0.25, rates=(1.5, 0.25), epsilon=0.125),
        Layer(("erf", []), 1.125, 0.125, skip=1, dropout=0.25),
        Layer(("relu", []), 1.125, 0.0, skip=3),
        Layer(std=1.125, bias=0.125),
    ]
    networks.append(Network("options", options, DIGITS))
    standard = [Layer(("relu", []), HE, 0.25, rates=(0.5, 2.0), width=5), Layer(("erf", []), 1.25, 0.5, width=7),
                Layer(("sin", []), 1.0, 0.25, skip=2, width=5), Layer(std=1.25, bias=0.25, rates=(1.0, 0.5))]
    networks.append(Network("standard", standard, DIGITS, standard=True))
    return networks


def pair_values(network, x, z):
    """(NTK, NNGP) of two rows."""
    s, t = network.run(x, z, (network.run(x, x, None, True), network.run(z, z, None, True)), False)[-1]
    return t, s


def row_values(network, x):
    s, t = network.run(x, x, None, True)[-1]
    return t, s


def difference(values):
    """values(change) as a tuple; its derivative at 0."""
    return [(high - low) / (2 * STEP) for high, low in zip(values(STEP), values(-STEP))]


def gradient(network, x, z):
    """Per entry of x: (NTK, NNGP)."""
    def along(e):
        return lambda change: pair_values(network, [p + change * (i == e) for i, p in enumerate(x)], z)
    return [difference(along(e)) for e in range(len(x))]


def by_std(layer, name, values):
    old = getattr(layer, name)

    def at(change):
        setattr(layer, name, mp.mpf(old) + change)
        return values()
    derivative = difference(at)
    setattr(layer, name, old)
    return derivative


def rounded(value):
    """What exact arithmetic makes 0 is left as the rounding of the digits carried."""
    return float(value) if abs(value) > mp.mpf(10) ** -40 else 0.0


def derivatives(network, group):
    """For NTK and NNGP: gradients of the pairs; then per layer, for sw and sb, pairs and rows with themselves."""
    with mp.workdps(DIGITS):
        rows = exact(group.rows)
        gradients = [gradient(network, rows[i], rows[j]) for i, j, _ in group.pairs]
        stds = []
        for layer in network.layers:
            for name in ("std", "bias"):
                stds += [by_std(layer, name, lambda: pair_values(network, rows[i], rows[j]))
                         for i, j, _ in group.pairs]
                stds += [by_std(layer, name, lambda: row_values(network, x)) for x in rows]
        entries = [entry for pair in gradients for entry in pair] + stds
        return [[rounded(entry[kind]) for entry in entries] for kind in (NTK, NNGP)]


def header():
    group, networks, values, places = plain_group(3), make_networks(), [], []
    for network in networks:
        for numbers in derivatives(network, group):
            places.append(len(values))
            values += numbers
    text = '#include "tests/reference/table.h"\n\n'
    text += table("derivative", [group], [(network, 0) for network in networks])
    text += "\n/* Per case, NTK and NNGP: where its numbers begin. Gradients of the pairs; then per layer, for sw and\n"
    text += " * sb, the pairs and the rows with themselves. */\n"
    return text + c_array("int", "derivative_places", places) + c_array("double", "derivative_numbers", values)
