"""The recursion over layers, with every option of a network, straight from the definitions in include/ntk/mlp.h; the rows
and pairs that networks are evaluated at; and the tables of both in C.

In a layer: dense, skip, normalisation, activation, dropout."""

import mpmath as mp

import closed_duals as closed
import piecewise_duals as piecewise
import series_duals as series
from numbers_text import Stream, c_array, c_double, exact

# name: (number in include/ntk/mlp.h, dual, default parameters)
KINDS = {
    "identity": (0, closed.identity, []),
    "relu": (1, lambda _, q, r, k: closed.two_slope([mp.mpf(0), mp.mpf(1)], q, r, k), []),
    "leaky_relu": (2, lambda p, q, r, k: closed.two_slope([p[0], mp.mpf(1)], q, r, k), [0.01]),
    "erf": (3, closed.erf, [1.0, 1.0, 0.0]),
    "abs": (4, lambda _, q, r, k: closed.two_slope([mp.mpf(-1), mp.mpf(1)], q, r, k), []),
    "two_slope": (5, closed.two_slope, [0.0, 1.0]),
    "step": (6, closed.step, []),
    "sign": (7, closed.sign, []),
    "sigmoid_erf": (8, closed.sigmoid_erf, []),
    "sin": (9, closed.sin, [1.0, 1.0, 0.0]),
    "cos": (10, closed.cos, [1.0, 1.0, 0.0]),
    "rbf": (11, closed.rbf, [1.0]),
    "gelu": (12, closed.gelu, []),
    "exp": (13, closed.exp, [1.0, 1.0]),
    "gaussian": (14, closed.gaussian, [1.0, 1.0]),
    "gabor": (15, closed.gabor, []),
    "monomial": (16, closed.monomial, [2.0]),
    "rectified_monomial": (17, closed.rectified_monomial, [2.0]),
    "polynomial": (18, closed.polynomial, [0.0, 1.0]),
    "hermite": (19, closed.hermite, [2.0]),
    "normalised_exp": (20, closed.normalised_exp, [1.0, -1.0]),
    "tanh": (21, series.dual("tanh"), []),
    "sigmoid": (22, series.dual("sigmoid"), []),
    "softplus": (23, series.dual("softplus"), []),
    "silu": (24, series.dual("silu"), []),
    "mish": (25, series.dual("mish"), []),
    "gelu_tanh": (26, series.dual("gelu_tanh"), []),
    "elu": (27, piecewise.elu, [1.0]),
    "selu": (28, piecewise.selu, []),
    "hard_tanh": (29, piecewise.hard_tanh, []),
    "hard_sigmoid": (30, piecewise.hard_sigmoid, []),
    "relu6": (31, piecewise.relu6, []),
}
SERIES = [name for name, row in KINDS.items() if 21 <= row[0] <= 26]
QUADRATURE = [name for name, row in KINDS.items() if row[0] >= 21]
NTK, NNGP = 0, 1


class Layer:
    """One weight layer and what follows it; the activation of the last counts for nothing."""

    def __init__(self, activation=("identity", []), std=1.0, bias=0.0, rates=(1.0, 1.0), epsilon=None, skip=0,
                 dropout=0.0, width=3):
        self.kind, self.parameters = activation
        self.std, self.bias, self.rates, self.epsilon = std, bias, rates, epsilon
        self.skip, self.dropout, self.width = skip, dropout, width

    def dual(self, q, r, k):
        _, function, defaults = KINDS[self.kind]
        return function(exact(self.parameters or defaults), q, r, k)


class Network:
    def __init__(self, name, layers, digits=None, standard=False):
        self.name, self.layers, self.standard = name, layers, standard
        kinds = [layer.kind for layer in layers[:-1]]
        self.quadrature = any(kind in QUADRATURE for kind in kinds)
        self.digits = digits or (50 if self.quadrature else 80)

    def digits_for(self, group):
        """Closed forms are differences of terms of any size; quadratures are made of parts of one size."""
        return self.digits if self.quadrature else max(self.digits, group.digits)

    def first(self, x, z):
        """<x, x'> / N_0."""
        return mp.fdot(x, z) / len(x)

    def own_term(self, layer, width, mean):
        """The layer's own term of the NTK, from E[f f]."""
        weight, bias = exact(list(layer.rates))
        if self.standard:
            return weight * width * mean + bias
        return weight * mp.mpf(layer.std) ** 2 * mean + bias * mp.mpf(layer.bias) ** 2

    def run(self, x, z, variances, same):
        """S and T of every layer, before normalisation. variances: per layer S of x and of z, unless they are the
        same input."""
        found, mean, factor, tangent, width = [], self.first(x, z), mp.mpf(0), mp.mpf(0), len(x)
        for number, layer in enumerate(self.layers):
            s = mp.mpf(layer.std) ** 2 * mean + mp.mpf(layer.bias) ** 2
            carried = 0 if tangent == 0 else tangent * mp.mpf(layer.std) ** 2 * factor
            t = carried + self.own_term(layer, width, mean)
            if layer.skip:
                s, t = s + found[number - layer.skip][0], t + found[number - layer.skip][1]
            found.append((s, t))
            if number == len(self.layers) - 1:
                break
            q, r = (s, s) if same else (variances[0][number][0], variances[1][number][0])
            if layer.epsilon is not None:
                scale_q, scale_r = q + mp.mpf(layer.epsilon), r + mp.mpf(layer.epsilon)
                scale = mp.sqrt(scale_q * scale_r)
                s, t, q, r = s / scale, t / scale, q / scale_q, r / scale_r
                if same:
                    q = r = s
            mean, factor = layer.dual(q, r, s)
            tangent, width = t, layer.width
            if same and layer.dropout:
                keep = 1 - mp.mpf(layer.dropout)
                mean, factor = mean / keep, (None if factor is None else factor / keep)
        return found

    def values(self, group):
        """(pairs, rows): lists of (NTK, NNGP), rounded to doubles."""
        with mp.workdps(self.digits_for(group)):
            rows = exact(group.rows)
            own = [self.run(x, x, None, True) for x in rows]
            tiny = mp.mpf(10) ** (-0.45 * mp.mp.dps)
            pairs = []
            for i, j, _ in group.pairs:
                s, t = self.run(rows[i], rows[j], (own[i], own[j]), False)[-1]
                scales = [mp.sqrt(own[i][-1][n] * own[j][-1][n]) for n in (0, 1)]
                # rows of ordinary norm: what exact arithmetic makes 0 is left as the rounding of the digits carried
                s, t = (mp.mpf(0) if abs(v) <= tiny * scale and 1e-20 < scale < 1e20 else v
                        for v, scale in zip((s, t), scales))
                pairs.append((float(t), float(s)))
            return pairs, [(float(run[-1][1]), float(run[-1][0])) for run in own]


def uniform(name, activation, depth, std, bias, digits=None, first_std=None):
    """Every layer alike; the first may have a standard deviation of its own."""
    layers = [Layer(activation, std, bias) for _ in range(depth)]
    if first_std is not None:
        layers[0].std = first_std
    return Network(name, layers, digits)


# ---- rows and pairs ----

RANDOM, NEAR, EQUAL, OPPOSITE, ZERO, SCALED = range(6)
PLAIN_PAIRS = [(0, 1, RANDOM), (1, 2, RANDOM), (0, 2, NEAR), (0, 3, NEAR), (0, 4, NEAR), (3, 4, NEAR), (0, 10, EQUAL),
               (0, 7, NEAR), (0, 5, OPPOSITE), (0, 6, OPPOSITE), (0, 8, OPPOSITE), (6, 8, NEAR), (0, 9, ZERO)]
SCALED_PAIRS = [(0, 2, SCALED), (2, 3, SCALED), (1, 2, SCALED), (2, 4, SCALED), (5, 6, SCALED), (0, 5, SCALED),
                (2, 5, SCALED)]


class Group:
    def __init__(self, rows, pairs, digits=0):
        self.rows, self.pairs, self.digits, self.dimension = rows, pairs, digits, len(rows[0])


def moved(u, exponent, direction):
    return [p + 2.0**exponent * q for p, q in zip(u, direction)]


def times(factor, u):
    return [factor * p for p in u]


def plain_group(d, seed=0):
    stream = Stream(2000 + d + 100 * seed)
    a, b = stream.row(d), stream.row(d)
    other = [stream.row(d) for _ in range(5)]
    return Group([
        a, b,                                                                       # 0, 1: unrelated
        moved(a, -10, other[0]), moved(a, -20, other[1]), moved(a, -30, other[2]),  # 2, 3, 4: near a
        times(-1, a), moved(times(-1, a), -20, other[3]),                           # 5: opposite, 6: nearly
        times(1.25, a), moved(times(-1, a), -30, other[4]),                         # 7: collinear, 8: nearly opposite
        [0.0] * d, list(a),                                                         # 9: zero, 10: equal to a
    ], PLAIN_PAIRS)


def scaled_group(d, exponent, near=True):
    """Rows of ordinary norm beside rows 2^exponent and 2^-exponent as long."""
    stream = Stream(3000 + d)
    a, b, other = stream.row(d), stream.row(d), stream.row(d)
    huge, tiny = 2.0**exponent, 2.0**-exponent
    return Group([
        a, b,                                              # 0, 1: unrelated
        times(huge, a), times(huge, moved(a, -20, other)),  # 2, 3: huge, and near
        times(huge, b),                                    # 4
        times(tiny, b), times(tiny, moved(b, -20, other)),  # 5, 6: tiny, and near
    ], [pair for pair in SCALED_PAIRS if near or pair[:2] != (2, 3)], 700 if exponent > 40 else 120)


# ---- C ----

def layer_rows(network, parameters):
    """Initialisers of reference_layer, equal neighbours counted."""
    rows = []
    for layer in network.layers:
        epsilon = -1.0 if layer.epsilon is None else layer.epsilon
        numbers = ", ".join(c_double(v) for v in (layer.std, layer.bias, *layer.rates, epsilon, layer.dropout))
        at, count = 0, len(layer.parameters)
        if count:
            at = next((i for i in range(len(parameters) - count + 1) if parameters[i:i + count] == layer.parameters),
                      len(parameters))
            if at == len(parameters):
                parameters += layer.parameters
        text = "%d, %d, %d, %d, %d, %s" % (KINDS[layer.kind][0], at, count, layer.skip, layer.width, numbers)
        if rows and rows[-1][1] == text:
            rows[-1][0] += 1
        else:
            rows.append([1, text])
    return ["    {%d, %s}," % (count, text) for count, text in rows]


def table(prefix, groups, cases):
    """The reference_table of tests/reference/table.h. cases: (network, index of the group)."""
    networks = []
    for network, _ in cases:
        if network not in networks:
            networks.append(network)
    parameters, layers, network_rows, values, group_rows = [], [], [], [], []
    for network in networks:
        rows = layer_rows(network, parameters)
        network_rows.append('    {"%s", %d, %d, %d, %d},' % (network.name, len(layers), len(rows), len(network.layers),
                                                            1 if network.standard else 0))
        layers += rows
    case_rows = []
    for network, g in cases:
        pairs, rows = network.values(groups[g])
        case_rows += [networks.index(network), g, len(values)]
        for kind in (NTK, NNGP):
            values += [pair[kind] for pair in pairs] + [row[kind] for row in rows]
    inputs, pair_numbers = [], []
    for group in groups:
        group_rows += [group.dimension, len(group.rows), len(group.pairs), len(inputs), len(pair_numbers)]
        inputs += [p for row in group.rows for p in row]
        pair_numbers += [number for pair in group.pairs for number in pair]
    assert all(abs(value) < 1e307 for value in values)
    text = "static const reference_layer %s_layers[%d] = {\n%s\n};\n" % (prefix, len(layers), "\n".join(layers))
    text += "static const reference_network %s_networks[%d] = {\n%s\n};\n" % (prefix, len(networks),
                                                                            "\n".join(network_rows))
    text += c_array("int", prefix + "_groups", group_rows)
    text += c_array("int", prefix + "_pairs", pair_numbers)
    text += c_array("int", prefix + "_cases", case_rows)
    text += c_array("double", prefix + "_parameters", parameters or [0.0])
    text += c_array("double", prefix + "_inputs", inputs)
    text += c_array("double", prefix + "_values", values)
    fields = ("layers", "networks", "groups", "pairs", "cases", "parameters", "inputs", "values")
    return text + "static const reference_table %s_table = {\n    %d, %s\n};\n" % (
        prefix, len(cases), ", ".join("%s_%s" % (prefix, field) for field in fields))
