"""Gradient flow of the squared loss, mode by mode, and Gaussian process regression, with 60 digits.

With f_t = exp(-lambda t) f_0 + K a(t) and da/dt = -lambda a - (eta/n) (f_t(X) - y), an eigenvector of K with eigenvalue
kappa gives, with nu = eta kappa / n and mu = lambda + nu,
    a(t) = (eta/n) [ y (1 - exp(-mu t)) / mu  -  f_0 (exp(-lambda t) - exp(-mu t)) / nu ].
verify() compares this with the matrix exponential of the linear system itself."""

import mpmath as mp

from kernels import NNGP, NTK, RELU, Network
from numbers_text import Stream, c_array, exact

DIGITS = 60
TIMES = [0.0, 1e-3, 1.0, 1e6, 1e12, float("inf")]
NULL_BELOW = mp.mpf(10) ** -40  # eigenvalues of the exact matrices are either 0 or above 1e-15 of the largest


def rounded(matrix):
    """Entries rounded to double, then taken as exact: the very matrix that the library gets."""
    return [[mp.mpf(float(value)) for value in row] for row in matrix]


# ---- matrices ----

def relu_matrices(kind, rows, others, depth, std, bias):
    """Gram of rows, cross matrix of others with rows, and the diagonal of others, as doubles."""
    network = Network([(RELU, 0)] * (depth - 1), std, bias, None)
    rows, others = exact(rows), exact(others)
    gram = network.gram(kind, rows)
    cross = [[network.kernels(z, x)[kind] for x in rows] for z in others]
    prior = [[network.kernels(z, z)[kind] for z in others]]
    return rounded(gram), rounded(cross), rounded(prior)[0]


def hilbert(n):
    return rounded([[mp.mpf(1) / (i + j + 1) for j in range(n)] for i in range(n)])


def spectrum(gram):
    """Eigenvalues (exact zeros where the matrix is singular) and orthonormal eigenvectors as columns."""
    n = len(gram)
    values, vectors = mp.eigsy(mp.matrix(gram))
    largest = max(abs(value) for value in values)
    return ([value if value > NULL_BELOW * largest else mp.mpf(0) for value in values],
            [[vectors[i, k] for i in range(n)] for k in range(n)])


# ---- flows ----

class Flow:
    def __init__(self, name, gram, cross, outputs, rate=1.0, decay=0.0, initial=False, seed=1):
        stream = Stream(5000 + seed)
        self.name, self.gram, self.cross = name, gram, cross
        self.rate, self.decay, self.initial = rate, decay, initial
        self.n, self.m, self.c = len(gram), len(cross), outputs
        self.y = [stream.row(outputs) for _ in gram]
        self.f0 = [stream.row(outputs) if initial else [0.0] * outputs for _ in gram]
        self.g0 = [stream.row(outputs) if initial else [0.0] * outputs for _ in cross]
        self.kappas, self.vectors = spectrum(gram)
        self.rank = sum(1 for kappa in self.kappas if kappa > 0)

    def mode(self, kappa, t, y, f0):
        """One component of a(t); 0 for a mode that the Gram matrix cannot represent."""
        if kappa == 0:
            return mp.mpf(0)
        eta, decay = mp.mpf(self.rate), mp.mpf(self.decay)
        nu = eta * kappa / self.n
        mu = decay + nu
        if t == float("inf"):
            return eta / self.n * (y / mu - (f0 / nu if decay == 0 else 0))
        t = mp.mpf(t)
        late, slow = mp.exp(-mu * t), mp.exp(-decay * t)
        return eta / self.n * (y * (1 - late) / mu - f0 * (slow - late) / nu)

    def coefficients(self, t):
        y, f0 = exact(self.y), exact(self.f0)
        a = [[mp.mpf(0)] * self.c for _ in range(self.n)]
        for kappa, v in zip(self.kappas, self.vectors):
            for q in range(self.c):
                part = self.mode(kappa, t, mp.fdot(v, [row[q] for row in y]), mp.fdot(v, [row[q] for row in f0]))
                for i in range(self.n):
                    a[i][q] += part * v[i]
        return a

    def outputs(self, t, matrix, start, a):
        if self.decay == 0:
            fade = mp.mpf(1)
        else:
            fade = mp.mpf(0) if t == float("inf") else mp.exp(-mp.mpf(self.decay) * mp.mpf(t))
        return [[fade * mp.mpf(start[i][q]) + mp.fdot(row, [b[q] for b in a]) for q in range(self.c)]
                for i, row in enumerate(matrix)]

    def condition(self):
        """Largest over smallest positive eigenvalue."""
        positive = [kappa for kappa in self.kappas if kappa > 0]
        return max(positive) / min(positive)


def make_flows():
    stream = Stream(4000)
    rows = [stream.row(4) for _ in range(7)]
    rows[5] = list(rows[2])  # two equal rows; their targets differ
    others = [stream.row(4) for _ in range(2)] + [list(rows[0]), list(rows[2])]
    he = 1.4142135623730951
    equal, equal_cross, _ = relu_matrices(NTK, rows, others, 3, he, 0.1)
    plain, plain_cross, _ = relu_matrices(NNGP, rows[:5], others[:2], 2, he, 0.0)
    vector = stream.row(6)
    rank_one = exact([[p * q for q in vector] for p in vector])
    rank_one_cross = exact([[0.5 * q for q in vector], [-2.0 * q for q in vector]])
    one = [[mp.mpf(1 if i == j else 0) for j in range(4)] for i in range(4)]
    one_cross = exact([stream.row(4) for _ in range(2)])
    return [
        Flow("equal rows", equal, equal_cross, 2),
        Flow("equal rows, initial outputs", equal, equal_cross, 2, initial=True, seed=2),
        Flow("equal rows, rate and decay", equal, equal_cross, 1, rate=0.5, decay=0.25, initial=True, seed=3),
        Flow("equal rows, small decay", equal, equal_cross, 1, rate=2.0, decay=1e-6, seed=4),
        Flow("regular", plain, plain_cross, 3, rate=0.1, initial=True, seed=5),
        Flow("rank one", rank_one, rank_one_cross, 2, initial=True, seed=6),
        Flow("rank one, decay", rank_one, rank_one_cross, 1, decay=0.5, seed=7),
        Flow("identity", one, one_cross, 2, initial=True, seed=8),
        Flow("ill-conditioned", hilbert(6), hilbert(6)[:2], 1, rate=6.0, seed=9),
        Flow("one sample", [[mp.mpf(3)]], [[mp.mpf(2)], [mp.mpf(-1)]], 1, initial=True, seed=10),
    ]


def flatten(matrix):
    """All entries in a row; what is 0 but for the rounding of the 60 digits as 0."""
    return [value if abs(value) > mp.mpf(10) ** -40 else mp.mpf(0) for row in matrix for value in row]


def flow_header():
    with mp.workdps(DIGITS):
        flows = make_flows()
        sizes, settings, inputs, values = [], [], [], []
        for flow in flows:
            sizes += [flow.n, flow.m, flow.c, 1 if flow.initial else 0, flow.rank]
            settings += [flow.rate, flow.decay, flow.condition()]
            for matrix in (flow.gram, flow.cross, flow.y, flow.f0, flow.g0):
                inputs += flatten(matrix)
            for t in TIMES:
                a = flow.coefficients(t)
                values += flatten(a)
                values += flatten(flow.outputs(t, flow.gram, flow.f0, a))
                values += flatten(flow.outputs(t, flow.cross, flow.g0, a))
        names = ",\n".join('    "%s"' % flow.name for flow in flows)
        text = "enum { FLOWS = %d, TIMES = %d };\n\n" % (len(flows), len(TIMES))
        text += c_array("double", "flow_time", TIMES)
        text += "static const char *const flow_name[%d] = {\n%s,\n};\n" % (len(flows), names)
        text += "\n/* Per flow: n, m, c, whether the initial outputs are other than 0, rank of the Gram matrix. */\n"
        text += c_array("int", "flow_sizes", sizes)
        text += "\n/* Per flow: learning rate, weight decay, largest over smallest positive eigenvalue. */\n"
        text += c_array("double", "flow_settings", settings)
        text += "\n/* Per flow: Gram (n x n), cross (m x n), y (n x c), initial outputs on the training rows (n x c)\n"
        text += " * and on the others (m x c). */\n"
        text += c_array("double", "flow_inputs", inputs)
        text += "\n/* Per flow and time: coefficients (n x c), outputs on the training rows (n x c) and on the others\n"
        text += " * (m x c). */\n"
        text += c_array("double", "flow_values", values)
    return text


# ---- Gaussian processes ----

def make_processes():
    stream = Stream(6000)
    rows, others = [stream.row(5) for _ in range(8)], [stream.row(5) for _ in range(3)]
    rows[6] = list(rows[1])
    others[2] = list(rows[3])
    he = 1.4142135623730951
    equal = relu_matrices(NNGP, rows, others, 3, he, 0.1)
    regular = relu_matrices(NTK, rows[:6], others, 2, he, 0.3)
    single = (exact([[2.0]]), exact([[1.0]]), exact([[3.0]])[0])
    targets = [stream.row(2) for _ in rows]
    return [("equal rows, noise 1/4", *equal, targets, 0.25), ("equal rows, noise 1e-4", *equal, targets, 1e-4),
            ("equal rows, noise 1e4", *equal, targets, 1e4), ("regular, noise 1e-8", *regular, targets[:6], 1e-8),
            ("regular, noise 1", *regular, targets[:6], 1.0), ("one sample", *single, targets[:1], 0.5)]


def process_values(gram, cross, prior, y, noise):
    """Mean (m x c), variance (m), log evidence; and the condition number of K + noise."""
    n, c = len(gram), len(y[0])
    system = mp.matrix(gram) + mp.mpf(noise) * mp.eye(n)
    inverse = system**-1
    means, variances = [], []
    for row, own in zip(cross, prior):
        weights = mp.matrix([row]) * inverse
        means += [mp.fdot(list(weights), [mp.mpf(target[q]) for target in y]) for q in range(c)]
        variances.append(own - mp.fdot(list(weights), row))
    evidence = mp.mpf(0)
    for q in range(c):
        column = mp.matrix([mp.mpf(target[q]) for target in y])
        quadratic = (column.T * inverse * column)[0]
        evidence += -quadratic / 2 - mp.log(mp.det(system)) / 2 - n * mp.log(2 * mp.pi) / 2
    eigenvalues = mp.eigsy(system, eigvals_only=True)
    return means, variances, evidence, max(eigenvalues) / min(eigenvalues)


def process_header():
    with mp.workdps(DIGITS):
        sizes, settings, inputs, values, names = [], [], [], [], []
        for name, gram, cross, prior, y, noise in make_processes():
            means, variances, evidence, condition = process_values(gram, cross, prior, y, noise)
            names.append('    "%s"' % name)
            sizes += [len(gram), len(cross), len(y[0])]
            settings += [noise, condition]
            inputs += flatten(gram) + flatten(cross) + prior + flatten(y)
            values += means + variances + [evidence]
        text = "enum { PROCESSES = %d };\n\n" % len(names)
        text += "static const char *const process_name[%d] = {\n%s,\n};\n" % (len(names), ",\n".join(names))
        text += "\n/* Per process: n, m, c. */\n" + c_array("int", "process_sizes", sizes)
        text += "\n/* Per process: noise variance, condition number of K + noise. */\n"
        text += c_array("double", "process_settings", settings)
        text += "\n/* Per process: Gram (n x n), cross (m x n), prior variances (m), y (n x c). */\n"
        text += c_array("double", "process_inputs", inputs)
        text += "\n/* Per process: mean (m x c), variance (m), log evidence. */\n"
        text += c_array("double", "process_values", values)
    return text


# ---- the closed form against the equation ----

def verify():
    """Raises when the modes disagree with the exponential of the linear system d(a, u)/dt, u = (exp(-lambda t), 1)."""
    with mp.workdps(30):
        for flow in make_flows()[1:3]:
            n, t, eta, decay = flow.n, mp.mpf(1), mp.mpf(flow.rate) / flow.n, mp.mpf(flow.decay)
            system = mp.zeros(n + 2)
            for i in range(n):
                for j in range(n):
                    system[i, j] = -eta * flow.gram[i][j] - (decay if i == j else 0)
                system[i, n] = -eta * mp.mpf(flow.f0[i][0])
                system[i, n + 1] = eta * mp.mpf(flow.y[i][0])
            system[n, n] = -decay
            a = mp.expm(system * t) * mp.matrix([0] * n + [1, 1])
            gram = mp.matrix(flow.gram)
            ours = gram * mp.matrix([row[0] for row in flow.coefficients(1.0)])
            theirs = gram * a[:n, 0]
            assert mp.norm(ours - theirs) < mp.mpf(10) ** -25
