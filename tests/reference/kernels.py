"""NNGP and NTK values of infinitely wide networks, straight from their definitions.

Nothing here is rearranged for accuracy: enough digits make that unnecessary, and a formula shared with the library
would hide its mistakes."""

import mpmath as mp

from numbers_text import Stream, c_array, exact

IDENTITY, RELU, LEAKY, ERF = 0, 1, 2, 3
NTK, NNGP = 0, 1


# ---- dual activations: E[phi(u) phi(v)] and E[phi'(u) phi'(v)], (u, v) ~ N(0, [[q, k], [k, r]]) ----

def relu_duals(q, r, k):
    """Cho and Saul 2009, arc-cosine kernels of degree 1 and 0. Also the angle."""
    s = mp.sqrt(q * r)
    cosine = min(mp.mpf(1), max(mp.mpf(-1), k / s))
    angle = mp.acos(cosine)
    value = s * (mp.sin(angle) + (mp.pi - angle) * cosine) / (2 * mp.pi)
    return value, (mp.pi - angle) / (2 * mp.pi)


def leaky_duals(slope, q, r, k):
    """phi(u) = relu(u) - slope relu(-u); (-u, v) has covariance -k."""
    value, derivative = relu_duals(q, r, k)
    value_minus, derivative_minus = relu_duals(q, r, -k)
    return ((1 + slope**2) * value - 2 * slope * value_minus,
            (1 + slope**2) * derivative + 2 * slope * derivative_minus)


def erf_duals(q, r, k):
    """Williams 1997."""
    product = (1 + 2 * q) * (1 + 2 * r)
    return 2 / mp.pi * mp.asin(2 * k / mp.sqrt(product)), 4 / mp.pi / mp.sqrt(product - 4 * k**2)


def duals(activation, q, r, k):
    kind, slope = activation
    if kind == IDENTITY:
        return k, mp.mpf(1)
    if kind == ERF:
        return erf_duals(q, r, k)
    if q == 0 or r == 0:  # phi(0) = 0; the derivative's dual then multiplies a tangent kernel of 0
        return mp.mpf(0), mp.mpf(0)
    return relu_duals(q, r, k) if kind == RELU else leaky_duals(mp.mpf(slope), q, r, k)


# ---- the recursion over layers ----

class Network:
    """activations: L - 1 pairs (kind, slope); weight_stds, bias_stds: L doubles."""

    def __init__(self, activations, weight_stds, bias_stds, groups):
        depth = len(activations) + 1
        self.activations = activations
        self.weight_stds = list(weight_stds) if isinstance(weight_stds, (list, tuple)) else [weight_stds] * depth
        self.bias_stds = list(bias_stds) if isinstance(bias_stds, (list, tuple)) else [bias_stds] * depth
        self.groups = groups
        assert len(self.weight_stds) == len(self.bias_stds) == depth

    def kernels(self, x, z):
        """(NTK, NNGP) of two rows; 80 digits, more where norms of 1e150 and 1e-150 meet numbers around 1."""
        sizes = [abs(p) for p in x + z if p != 0]
        ordinary = not sizes or (max(sizes) < 1e10 and min(sizes) > 1e-10)
        with mp.workdps(80 if ordinary else 700):
            return self.recursion(x, z)

    def recursion(self, x, z):
        weights = [mp.mpf(w) ** 2 for w in self.weight_stds]
        biases = [mp.mpf(b) ** 2 for b in self.bias_stds]

        def first(u, v):
            return weights[0] * mp.fdot(u, v) / len(u) + biases[0]

        q, r, k = first(x, x), first(z, z), first(x, z)
        tangent = k
        for activation, w, b in zip(self.activations, weights[1:], biases[1:]):
            value, derivative = duals(activation, q, r, k)
            q, r, k = (w * duals(activation, q, q, q)[0] + b, w * duals(activation, r, r, r)[0] + b, w * value + b)
            tangent = tangent * w * derivative + k
        return tangent, k

    def gram(self, kind, rows):
        """The Gram matrix of rows, exactly symmetric, as mpmath numbers."""
        n = len(rows)
        result = [[None] * n for _ in range(n)]
        for i in range(n):
            for j in range(i + 1):
                result[i][j] = result[j][i] = self.kernels(rows[i], rows[j])[kind]
        return result


# ---- inputs: per dimension one group of rows, and the pairs that are looked at ----

DIMENSIONS = [1, 2, 3, 10, 64]
HUGE, TINY = 2.0**500, 2.0**-500  # 3e150 and 3e-151

# Names of the rows of a group, in order; see make_rows().
PAIRS = [(0, 1), (0, 2), (0, 3), (0, 4), (3, 4), (0, 5), (0, 6), (0, 7), (0, 8), (6, 8), (0, 9), (0, 10), (11, 12),
         (0, 11), (11, 13), (14, 15), (0, 14), (1, 14), (13, 14), (8, 16)]


def make_rows(d):
    stream = Stream(1000 + d)
    a, b = stream.row(d), stream.row(d)
    other = [stream.row(d) for _ in range(5)]

    def moved(u, exponent, direction):
        return [p + 2.0**exponent * q for p, q in zip(u, direction)]

    def times(factor, u):
        return [factor * p for p in u]

    return [
        a, b,                                                   # 0, 1: unrelated
        moved(a, -10, other[0]), moved(a, -20, other[1]), moved(a, -30, other[2]),  # 2, 3, 4: near a
        times(-1, a), moved(times(-1, a), -20, other[3]),       # 5: opposite, 6: nearly opposite
        times(2.5, a), moved(times(-1, a), -30, other[4]),      # 7: collinear, 8: nearly opposite
        [0.0] * d, moved(times(2.5, a), -30, other[0]),         # 9: zero, 10: nearly collinear
        times(HUGE, a), times(HUGE, moved(a, -20, other[1])),   # 11, 12: huge, and near
        times(TINY, b),                                         # 13: tiny
        times(TINY, a), times(TINY, moved(a, -20, other[1])),   # 14, 15: tiny, and near
        times(-1, moved(times(2.5, a), -20, other[1])),         # 16: nearly opposite of collinear
    ]


def cleaned(value, own, other):
    """0 where exact arithmetic gives 0 (opposite rows of ordinary norm) and the digits carried leave their rounding."""
    if not all(mp.mpf(10) ** -10 < norm < mp.mpf(10) ** 10 for norm in (own, other)):
        return value
    return value if abs(value) > mp.mpf(10) ** -50 * mp.sqrt(own * other) else mp.mpf(0)


def everywhere(kind, slope, depth):
    return [(kind, slope)] * (depth - 1)


def make_networks():
    all_groups, networks = list(range(len(DIMENSIONS))), []
    turn = [0]

    def some():
        """One dimension for each network in turn."""
        turn[0] += 1
        return [turn[0] % len(DIMENSIONS)]

    he = 1.4142135623730951
    for std, bias in ((1.0, 0.0), (1.25, 0.1)):
        networks.append(Network([], std, bias, all_groups))
    for depth, std, bias in ((2, he, 0.0), (3, he, 0.1), (4, 1.0, 0.0), (11, he, 1.0), (51, he, 0.0), (51, he, 0.1)):
        networks.append(Network(everywhere(RELU, 0, depth), std, bias, all_groups))
    for depth, std, bias in ((2, 1.0, 0.0), (3, 1.5, 0.1), (4, 0.5, 1.0), (11, 2.0, 0.0), (51, 1.0, 0.1)):
        networks.append(Network(everywhere(ERF, 0, depth), std, bias, all_groups))
    for slope in (0.01, 0.3, 0.0, 1.0, -0.5, -1.0):
        std = he / float(mp.sqrt(1 + slope**2))
        for depth, bias in ((2, 0.0), (3, 0.1), (11, 1.0), (51, 0.0)):
            networks.append(Network(everywhere(LEAKY, slope, depth), std, bias, some()))
    for depth, bias in ((2, 0.0), (4, 0.1), (51, 1.0)):
        networks.append(Network(everywhere(IDENTITY, 0, depth), 1.0, bias, some()))
    networks.append(Network([(RELU, 0), (ERF, 0), (LEAKY, 0.3)], [1.5, 1.25, 0.75, 2.0], [0.0, 0.5, 0.0, 0.25], [2, 3]))
    networks.append(Network([(ERF, 0), (RELU, 0), (IDENTITY, 0), (LEAKY, -0.5)], [2.0, 1.0, 3.0, 0.5, 1.0],
                            [0.125, 0.0, 1.0, 0.0, 0.0], [1, 4]))
    networks.append(Network([(RELU, 0)] * 3, [0.5, 2.0, 1.0, 1.5], [0.0, 0.0, 0.3, 0.0], [0, 3]))
    return networks


# ---- the header ----



def header():
    with mp.workdps(80):
        rows = [exact(make_rows(d)) for d in DIMENSIONS]
        networks = make_networks()
        cases, values, diagonals = [], [], []
        for w, network in enumerate(networks):
            for g in network.groups:
                cases += [w, g]
                pairs = [network.kernels(rows[g][i], rows[g][j]) for i, j in PAIRS]
                own = [network.kernels(row, row) for row in rows[g]]
                for kind in (NTK, NNGP):
                    values += [float(cleaned(pair[kind], own[i][kind], own[j][kind]))
                               for pair, (i, j) in zip(pairs, PAIRS)]
                    diagonals += [float(value[kind]) for value in own]
        largest = max(abs(value) for value in values + diagonals)
        assert largest < 1e307, largest
    layers = []
    for network in networks:
        layers += zip(network.activations + [(IDENTITY, 0)], network.weight_stds, network.bias_stds)
    text = "enum { GROUPS = %d, ROWS = %d, PAIRS = %d, NETWORKS = %d, CASES = %d };\n\n" % (
        len(DIMENSIONS), len(rows[0]), len(PAIRS), len(networks), len(cases) // 2)
    text += "/* Group g holds ROWS rows of group_dimension[g] entries; group_rows holds one group after another. */\n"
    text += c_array("int", "group_dimension", DIMENSIONS)
    text += c_array("double", "group_rows", [p for d in DIMENSIONS for row in make_rows(d) for p in row])
    text += "\n/* Pairs of rows, the same in every group. */\n"
    text += c_array("int", "pair_rows", [i for pair in PAIRS for i in pair])
    text += "\n/* Depth of each network; then activation, slope, and standard deviations layer by layer, network by\n"
    text += " * network. The last layer of a network has no activation: its entry counts for nothing. */\n"
    text += c_array("int", "network_depth", [len(network.weight_stds) for network in networks])
    text += c_array("int", "layer_activation", [activation[0] for activation, _, _ in layers])
    text += c_array("double", "layer_slope", [activation[1] for activation, _, _ in layers])
    text += c_array("double", "layer_weight_std", [w for _, w, _ in layers])
    text += c_array("double", "layer_bias_std", [b for _, _, b in layers])
    text += "\n/* A case is a network and a group. Per case: NTK then NNGP, the PAIRS (ROWS) values of each. */\n"
    text += c_array("int", "case_network_group", cases)
    text += c_array("double", "pair_value", values)
    text += c_array("double", "row_value", diagonals)
    return text


# ---- the closed forms above against integrals ----

def homogeneous_integral(phi, q, r, k):
    """E[phi(u) phi(v)] in polar coordinates, for phi homogeneous of degree 1: E[radius^2] = 2."""
    angle = mp.acos(k / mp.sqrt(q * r))
    turn, right = 2 * mp.pi, mp.pi / 2
    kinks = sorted({mp.mpf(0), right, 3 * right, turn, angle + right, (angle + 3 * right) % turn})
    return mp.sqrt(q * r) / mp.pi * mp.quad(lambda t: phi(mp.cos(t)) * phi(mp.cos(t - angle)), kinks)


def smooth_integral(phi, q, r, k):
    """E[phi(u) phi(v)] by the trapezoid rule in the plane, which converges exponentially for entire phi."""
    step, reach = mp.mpf(1) / 6, 54
    rho = k / mp.sqrt(q * r)
    density = [mp.exp(-(step * i) ** 2 / 2) * step / mp.sqrt(2 * mp.pi) for i in range(-reach, reach + 1)]
    total = mp.mpf(0)
    for i in range(-reach, reach + 1):
        a = step * i
        inner = mp.fdot(density, [phi(mp.sqrt(r) * (rho * a + mp.sqrt(1 - rho**2) * step * j))
                                  for j in range(-reach, reach + 1)])
        total += density[i + reach] * phi(mp.sqrt(q) * a) * inner
    return total


def verify():
    """Raises when a closed form disagrees with the integral that defines it."""
    with mp.workdps(20):
        for q, r, k in ((1, 1, mp.mpf("0.5")), (2, mp.mpf("0.3"), mp.mpf("-0.4")), (mp.mpf("0.7"), 1, mp.mpf("0.1"))):
            q, r = mp.mpf(q), mp.mpf(r)
            for slope in (0, mp.mpf("0.3"), -1):
                def phi(x):
                    return x if x > 0 else slope * x

                def step(x):
                    return mp.mpf(1) if x > 0 else mp.mpf(slope)
                value, derivative = leaky_duals(slope, q, r, k)
                assert abs(homogeneous_integral(phi, q, r, k) - value) < mp.mpf(10) ** -17
                # phi' is homogeneous of degree 0: E[radius^0] = 1 instead of 2, and no norms
                integral = homogeneous_integral(step, q, r, k) / mp.sqrt(q * r) / 2
                assert abs(integral - derivative) < mp.mpf(10) ** -17
        q, r, k = mp.mpf("0.5"), mp.mpf("0.4"), mp.mpf("0.2")
        value, derivative = erf_duals(q, r, k)
        assert abs(smooth_integral(mp.erf, q, r, k) - value) < mp.mpf(10) ** -15
        slope_of_erf = lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x**2)
        assert abs(smooth_integral(slope_of_erf, q, r, k) - derivative) < mp.mpf(10) ** -15
