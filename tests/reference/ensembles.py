"""Mean and covariance of ensembles of trained infinite networks, from their definitions, with 60 digits.

With Theta the NTK and S the NNGP (n samples, rate eta / n), f_t(X) = A f_0(X) + (...) y, and f_t(z) = g f_0(z) +
Theta(z,X) [P y - Q f_0(X)]:
    mean(z) = Theta(z,X) P y
    cov(z,z') = g^2 S(z,z') + Theta(z,X) Q S Q Theta(X,z') - g [Theta(z,X) Q S(X,z') + its transpose].
P, Q and A are made mode by mode, from powers and exponentials of the linear system of each dynamics. verify() compares
the first case with the formula for gradient flow as it is usually written [Lee19]: with the inverse of Theta and the
exponential of the matrix."""

import mpmath as mp

from flows import DIGITS, NULL_BELOW, flatten, hilbert, rounded, spectrum
from kernels import NNGP, NTK, RELU, Network
from numbers_text import Stream, c_array, exact

INFINITY = float("inf")
FLOW_TIMES = [0.0, 1e-3, 1.0, 1e3, 1e9, INFINITY]
STEP_TIMES = [0.0, 1.0, 7.0, 1e3, 1e9, INFINITY]
GRADIENT, DESCENT = 0, 1


# ---- one mode ----

def power(matrix, k):
    result = mp.eye(matrix.rows)
    while k > 0:
        if k % 2:
            result = result * matrix
        matrix = matrix * matrix
        k //= 2
    return result


class Dynamics:
    def __init__(self, kind=GRADIENT, rate=1.0, decay=0.0, momentum=0.0):
        self.kind, self.rate, self.decay, self.momentum = kind, rate, decay, momentum

    def propagate(self, r, t):
        """What f' = -r f, f(0) = 1, and its discrete and heavy-ball forms, leave of f at t."""
        beta = mp.mpf(self.momentum)
        if r == 0:
            return mp.mpf(1)
        if t == INFINITY:
            return mp.mpf(0)
        if self.kind == DESCENT:  # (f, v) -> (f + w, w), w = beta v - r f
            step = mp.matrix([[1 - r, beta], [-r, beta]])
            return power(step, int(t))[0, 0]
        if beta == 0:
            return mp.exp(-r * mp.mpf(t))
        root = mp.sqrt(mp.mpc((1 - beta) ** 2 - 4 * beta * r))  # beta x^2 + (1 - beta) x + r = 0
        first, second = (-(1 - beta) + root) / (2 * beta), (-(1 - beta) - root) / (2 * beta)
        t = mp.mpf(t)
        return mp.re((first * mp.exp(second * t) - second * mp.exp(first * t)) / (first - second))

    def respond(self, kappa, t):
        """retain, and the factors of V'y in a (P) and of V'f_0 in -a (Q), without eta / n."""
        decay = mp.mpf(self.decay)
        left, faded = self.propagate(decay + kappa, t), self.propagate(decay, t)
        return left, (1 - left) / (decay + kappa), (faded - left) / kappa


# ---- ensembles ----

class Ensemble:
    def __init__(self, name, matrices, outputs, dynamics=None, last_layer=False, seed=1):
        stream = Stream(7000 + seed)
        self.name, self.last_layer = name, last_layer
        self.ntk, self.ntk_cross, self.nngp, self.nngp_cross, self.prior = matrices
        if last_layer:
            self.ntk, self.ntk_cross = self.nngp, self.nngp_cross
        self.n, self.m, self.c = len(self.nngp), len(self.nngp_cross), outputs
        self.dynamics = dynamics or Dynamics()
        self.times = STEP_TIMES if self.dynamics.kind == DESCENT else FLOW_TIMES
        self.y = [stream.row(outputs) for _ in self.nngp]
        self.values, self.vectors = spectrum(self.ntk)

    def condition(self):
        worst = mp.mpf(1)
        for values in (self.values, spectrum(self.nngp)[0]):
            positive = [value for value in values if value > 0]
            worst = max(worst, max(positive) / min(positive))
        return worst

    def at(self, t):
        """Mean and covariance on the training rows, and on the others."""
        n, rate = self.n, mp.mpf(self.dynamics.rate) / self.n
        faded = self.dynamics.propagate(mp.mpf(self.dynamics.decay), t)
        a, p, q = mp.zeros(n), mp.zeros(n), mp.zeros(n)
        for value, vector in zip(self.values, self.vectors):
            column = mp.matrix(vector)
            projector = column * column.T
            if value == 0:
                a += faded * projector
                continue
            left, learned, forgotten = self.dynamics.respond(rate * value, t)
            a, p, q = a + left * projector, p + rate * learned * projector, q + rate * forgotten * projector
        s, y = mp.matrix(self.nngp), mp.matrix(exact(self.y))
        cross, own = mp.matrix(self.ntk_cross), mp.matrix(self.nngp_cross)
        mixed = cross * q * own.T
        elsewhere = faded**2 * mp.matrix(self.prior) + cross * q * s * q * cross.T - faded * (mixed + mixed.T)
        return [mp.matrix(self.ntk) * p * y, a * s * a, cross * p * y, elsewhere]


def relu_matrices(rows, others, depth, std, bias):
    network = Network([(RELU, 0)] * (depth - 1), std, bias, None)
    rows, others = exact(rows), exact(others)
    cross = [[network.kernels(z, x) for x in rows] for z in others]
    return (rounded(network.gram(NTK, rows)), rounded([[pair[NTK] for pair in row] for row in cross]),
            rounded(network.gram(NNGP, rows)), rounded([[pair[NNGP] for pair in row] for row in cross]),
            rounded(network.gram(NNGP, others)))


def hilbert_matrices(n, m):
    """S is the Gram of monomials on [0, 1], so that it is positive with its other rows; Theta has one diagonal more."""
    joint = hilbert(n + m)
    nngp = [row[:n] for row in joint[:n]]
    nngp_cross = [row[:n] for row in joint[n:]]
    prior = [row[n:] for row in joint[n:]]
    ntk = rounded([[nngp[i][j] + (mp.mpf(1) / 1024 if i == j else 0) for j in range(n)] for i in range(n)])
    return ntk, nngp_cross, nngp, nngp_cross, prior


def make_ensembles():
    stream = Stream(7000)
    rows = [stream.row(4) for _ in range(7)]
    others = [stream.row(4) for _ in range(3)] + [list(rows[0])]
    he = 1.4142135623730951
    regular = relu_matrices(rows, others, 3, he, 0.1)
    rows[5] = list(rows[2])
    equal = relu_matrices(rows, others, 3, he, 0.1)
    single = tuple(exact(one) for one in ([[3.0]], [[2.0], [-1.0]], [[2.0]], [[1.0], [0.5]],
                                          [[2.0, 0.25], [0.25, 1.0]]))
    return [
        Ensemble("regular", regular, 2),
        Ensemble("last layer", regular, 1, last_layer=True, seed=2),
        Ensemble("equal rows", equal, 2, seed=3),
        Ensemble("equal rows, last layer", equal, 1, last_layer=True, seed=4),
        Ensemble("decay", equal, 1, Dynamics(rate=0.5, decay=0.25), seed=5),
        Ensemble("small decay, last layer", regular, 1, Dynamics(rate=2.0, decay=1e-6), last_layer=True, seed=6),
        Ensemble("descent", regular, 1, Dynamics(DESCENT, rate=0.5), seed=7),
        Ensemble("descent, momentum, decay", equal, 1, Dynamics(DESCENT, 0.25, 0.01, 0.75), seed=8),
        Ensemble("heavy ball", regular, 1, Dynamics(rate=0.5, momentum=0.5), seed=9),
        Ensemble("ill-conditioned", hilbert_matrices(6, 2), 1, Dynamics(rate=6.0), seed=10),
        Ensemble("ill-conditioned, last layer", hilbert_matrices(6, 2), 1, last_layer=True, seed=11),
        Ensemble("one sample", single, 1, seed=12),
    ]


def header():
    with mp.workdps(DIGITS):
        ensembles = make_ensembles()
        sizes, settings, inputs, times, values = [], [], [], [], []
        for one in ensembles:
            dynamics = one.dynamics
            sizes += [one.n, one.m, one.c, 1 if one.last_layer else 0, dynamics.kind]
            settings += [dynamics.rate, dynamics.decay, dynamics.momentum, one.condition()]
            for matrix in (one.ntk, one.ntk_cross, one.nngp, one.nngp_cross, one.prior, one.y):
                inputs += flatten(matrix)
            times += one.times
            for t in one.times:
                for matrix in one.at(t):
                    values += flatten(matrix.tolist())
        names = ",\n".join('    "%s"' % one.name for one in ensembles)
        text = "enum { ENSEMBLES = %d, TIMES = %d };\n\n" % (len(ensembles), len(FLOW_TIMES))
        text += "static const char *const ensemble_name[%d] = {\n%s,\n};\n" % (len(ensembles), names)
        text += "\n/* Per ensemble: n, m, c, whether the last layer alone is trained, dynamics. */\n"
        text += c_array("int", "ensemble_sizes", sizes)
        text += "\n/* Per ensemble: learning rate, weight decay, momentum, condition number (the larger one). */\n"
        text += c_array("double", "ensemble_settings", settings)
        text += "\n/* Per ensemble: NTK (n x n, m x n), NNGP (n x n, m x n, m x m), y (n x c). */\n"
        text += c_array("double", "ensemble_inputs", inputs)
        text += "\n" + c_array("double", "ensemble_time", times)
        text += "\n/* Per ensemble and time: mean (n x c) and covariance (n x n) on the training rows, and on the\n"
        text += " * others (m x c, m x m). */\n"
        text += c_array("double", "ensemble_values", values)
    return text


def verify():
    """Raises when the modes disagree with the closed formula of gradient flow [Lee19, section 2.3]."""
    with mp.workdps(40):
        one = make_ensembles()[0]
        theta, s, cross = mp.matrix(one.ntk), mp.matrix(one.nngp), mp.matrix(one.ntk_cross)
        learned = theta**-1 * (mp.eye(one.n) - mp.expm(-theta / one.n))
        mixed = cross * learned * mp.matrix(one.nngp_cross).T
        mean = cross * learned * mp.matrix(exact(one.y))
        covariance = mp.matrix(one.prior) + cross * learned * s * learned * cross.T - mixed - mixed.T
        ours = one.at(1.0)
        assert mp.norm(ours[2] - mean) < mp.mpf(10) ** -30
        assert mp.norm(ours[3] - covariance) < mp.mpf(10) ** -30
