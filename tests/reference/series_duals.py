"""Dual activations of smooth functions without a closed form (tanh, sigmoid, softplus, SiLU, Mish, GELU's tanh form).

Moderate variances: Mehler's formula E[f(u) g(v)] = sum_n c_n(q) d_n(r) rho^n with the coefficients of f(sqrt(q) z) and
g(sqrt(r) z) in normalised Hermite polynomials, each by the trapezoid rule, which converges exponentially for functions that
are analytic around the real axis; in fixed-point numbers. Large variances: Price's theorem twice, see large_variance().

The slope comes from phi' itself, not from the derivative of the first sum."""

from operator import mul

import mpmath as mp

from piecewise_duals import gauss_legendre

BITS = 216              # of the fixed-point numbers
STEP, REACH = 28, 21    # nodes i / STEP from -REACH to REACH
MOST_TERMS = 2000
TAIL = 72               # the last coefficients are below 2^-TAIL of the largest, and enter squared

_basis = []
_expansions = {}


# ---- phi, phi', phi'' ----

def tanh(x):
    e = mp.exp(-2 * abs(x))
    t = (1 - e) / (1 + e) if abs(x) > mp.mpf("0.01") else mp.tanh(abs(x))
    t = -t if x < 0 else t
    slope = 4 * e / (1 + e) ** 2
    return t, slope, -2 * t * slope


def sigmoid(x):
    e = mp.exp(-abs(x))
    y = 1 / (1 + e) if x >= 0 else e / (1 + e)
    slope = e / (1 + e) ** 2
    return y, slope, slope * (1 - 2 * y)


def softplus(x):
    y, slope, _ = sigmoid(x)
    return max(x, mp.mpf(0)) + mp.log1p(mp.exp(-abs(x))), y, slope


def silu(x):
    y, slope, curvature = sigmoid(x)
    return x * y, y + x * slope, 2 * slope + x * curvature


def mish(x):
    """t = tanh(log(1 + e^x)) = n / (n + 2), n = e^x (e^x + 2); dt/dx = (1 - t^2) sigmoid."""
    y, slope, _ = sigmoid(x)
    if x > 0:
        e = mp.exp(-x)
        t = (1 + 2 * e) / (1 + 2 * e + 2 * e**2)
        rest = 4 * e**2 * (1 + 2 * e + e**2) / (1 + 2 * e + 2 * e**2) ** 2  # 1 - t^2
    else:
        e = mp.exp(x)
        n = e * (e + 2)
        t, rest = n / (n + 2), 4 * (n + 1) / (n + 2) ** 2
    first = rest * y
    second = -2 * t * rest * y**2 + rest * slope
    return x * t, t + x * first, 2 * first + x * second


def gelu_tanh(x):
    c, cubic = mp.sqrt(2 / mp.pi), mp.mpf(0.044715)
    t, slope, curvature = tanh(c * (x + cubic * x**3))
    inner, inner_slope = c * (1 + 3 * cubic * x**2), 6 * c * cubic * x
    first = slope * inner
    second = curvature * inner**2 + slope * inner_slope
    return x * (1 + t) / 2, (1 + t + x * first) / 2, first + x * second / 2


FUNCTIONS = {"tanh": tanh, "sigmoid": sigmoid, "softplus": softplus, "silu": silu, "mish": mish, "gelu_tanh": gelu_tanh}


# ---- Hermite coefficients ----

def basis():
    """basis()[n][i] = He_n(x_i) / sqrt(n!) times density times step, at x_i = i / STEP >= 0, times 2^BITS. The recurrence
    runs from exp(-x^2/2) up to exp(-x^2/4): as many more bits on the way."""
    if _basis:
        return _basis
    bits = BITS + 2 * int(REACH**2 / 4 / 0.69)
    with mp.workprec(bits + 40):
        count = REACH * STEP + 1
        nodes = [(i << bits) // STEP for i in range(count)]
        row = [int(mp.exp(-(mp.mpf(i) / STEP) ** 2 / 2) / mp.sqrt(2 * mp.pi) / STEP * 2**bits) for i in range(count)]
        row[0] //= 2  # counted for both signs
        before = [0] * count
        for n in range(MOST_TERMS):
            _basis.append([a >> (bits - BITS) for a in row])
            root, scale = int(mp.sqrt(n) * 2**bits), int(2**bits / mp.sqrt(n + 1))
            row, before = [((((x * a) >> bits) - ((root * b) >> bits)) * scale) >> bits
                           for x, a, b in zip(nodes, row, before)], row
    return _basis


def coefficients(samples_plus, samples_minus, kind):
    """The expansion of a function from its samples at x_i and -x_i, as mpmath numbers."""
    largest = max(max(abs(p) for p in samples_plus), max(abs(p) for p in samples_minus))
    exponent = mp.frexp(largest)[1]
    unit = mp.ldexp(mp.mpf(1), BITS - exponent)
    plus, minus = [int(p * unit) for p in samples_plus], [int(p * unit) for p in samples_minus]
    parts = [p + m for p, m in zip(plus, minus)], [p - m for p, m in zip(plus, minus)]
    found, quiet, tail = [], 0, 2 ** (BITS - TAIL)
    for n, row in enumerate(basis()):
        c = sum(map(mul, row, parts[n % 2])) >> BITS
        found.append(mp.ldexp(mp.mpf(c), exponent - BITS))
        quiet = quiet + 1 if abs(c) < tail else 0
        if quiet == 24:
            return found
    raise ValueError("the expansion of %s needs more than %d terms" % (kind, MOST_TERMS))


def expansion(kind, q):
    """Coefficients of phi and phi' for a variance; kept, since every pair of a row needs them."""
    key = (kind, q, mp.mp.prec)
    if key not in _expansions:
        s, function = mp.sqrt(q), FUNCTIONS[kind]
        plus = [function(s * i / STEP) for i in range(REACH * STEP + 1)]
        minus = [function(-s * i / STEP) for i in range(REACH * STEP + 1)]
        _expansions[key] = tuple(coefficients([p[d] for p in plus], [m[d] for m in minus], kind) for d in (0, 1))
    return _expansions[key]


def mehler(kind, q, r, k):
    a, b = expansion(kind, q), expansion(kind, r)
    rho = k / mp.sqrt(q * r) if q != 0 and r != 0 else mp.mpf(0)
    rho = max(mp.mpf(-1), min(mp.mpf(1), rho))
    return tuple(mp.polyval([p * o for p, o in zip(a[d], b[d])][::-1], rho) for d in (0, 1))


# ---- large variances ----

LARGE = 1000  # the variance from which on Mehler's sum is not used
# Per kind: the degree of the asymptote (0: a step from a to 1, 1: max(x, 0)), a, grid step^-1, reach of phi''.
GRIDS = {"tanh": (0, -1, 10, 38), "sigmoid": (0, 0, 5, 76), "softplus": (1, 0, 5, 76), "silu": (1, 0, 5, 82),
         "mish": (1, 0, 6, 82), "gelu_tanh": (1, 0, 8, 11)}
GRID_BITS = 128
PRICE_NODES = 32  # of Gauss-Legendre rules over angles and over u

_samples = {}


def integral(f, low, high, panels):
    nodes, weights = gauss_legendre(PRICE_NODES)
    half = (high - low) / (2 * panels)
    return half * mp.fsum(w * f(low + half * (2 * p + 1 + x)) for p in range(panels) for x, w in zip(nodes, weights))


def asymptote(kind, d, x):
    degree, below, _, _ = GRIDS[kind]
    if x == 0 or d > degree:
        return mp.mpf(0)
    if degree == d:
        return mp.mpf(1) if x > 0 else mp.mpf(below)
    return max(x, mp.mpf(0))


def line_mean(kind, d, q, ratio):
    """E[f(u) f(ratio u)], or E[f(u)] for ratio None, of f = phi (d = 0) or phi' (d = 1): the asymptotes in closed form,
    and what differs from them in a neighbourhood of 0."""
    s, reach = mp.sqrt(q), mp.mpf(GRIDS[kind][3])
    degree, below, _, _ = GRIDS[kind]

    def product(f, u):
        return f(u) if ratio is None else f(u) * f(ratio * u)

    if ratio is not None:
        reach = reach / min(mp.mpf(1), abs(ratio))
    reach = min(reach, 14 * s)
    panels = 2 * max(1, int(reach))
    rest = integral(lambda u: (product(lambda x: FUNCTIONS[kind](x)[d], u) - product(lambda x: asymptote(kind, d, x), u))
                    * mp.exp(-u**2 / (2 * q)), -reach, reach, panels) / mp.sqrt(2 * mp.pi * q)
    ends = [product(lambda x: asymptote(kind, d, x), mp.mpf(side)) for side in (-1, 1)]
    power = (degree - d) * (1 if ratio is None else 2)  # of |u|, on each side
    moment = {-1: 0, -2: 0, 0: mp.mpf(1) / 2, 1: s / mp.sqrt(2 * mp.pi), 2: q / 2}[power]
    return moment * (ends[0] + ends[1]) + rest


def local_samples(kind):
    """phi' of a bounded kind, phi'' of one that grows: what is of fixed reach and has a sum other than 0."""
    key = (kind, mp.mp.prec)
    if key not in _samples:
        degree, _, per_unit, reach = GRIDS[kind]
        nodes = [mp.mpf(i) / per_unit for i in range(-reach * per_unit, reach * per_unit + 1)]
        _samples[key] = [int(FUNCTIONS[kind](x)[degree + 1] * 2**GRID_BITS) for x in nodes]
    return _samples[key]


def local_mean(kind, q, r, c):
    """E[f f] at covariance c, f = phi' or phi'', by the trapezoid rule in the plane. For each u the density in v is laid out
    from its peak, where neighbours differ by a factor that changes by a constant factor."""
    _, _, per_unit, reach = GRIDS[kind]
    f, h, determinant = local_samples(kind), mp.mpf(1) / per_unit, q * r - c**2
    count, one, total = reach * per_unit, 2**GRID_BITS, mp.mpf(0)
    if abs(c) * reach**2 < determinant * mp.eps:  # u and v are independent as far as the grid goes
        sums = []
        for p in (q, r):
            flat = p * reach**2 < determinant * mp.eps
            sums.append(mp.mpf(sum(f)) if flat else
                        mp.fsum(f[i + count] * mp.exp(-p * (i * h) ** 2 / (2 * determinant))
                                for i in range(-count, count + 1)))
        return mp.ldexp(sums[0] * sums[1], -2 * GRID_BITS) * h**2 / (2 * mp.pi * mp.sqrt(determinant))
    change = int(mp.exp(-q * h**2 / determinant) * one)
    for i in range(-count, count + 1):
        if f[i + count] == 0:
            continue
        x = i * h
        peak = max(-count, min(count, int(mp.nint(c * x / q / h))))
        y = peak * h
        inner = 0
        for direction in (1, -1):
            g = one
            factor = int(mp.exp(-(q * (2 * direction * y * h + h**2) - 2 * direction * c * x * h) / (2 * determinant)) * one)
            j = peak if direction == 1 else peak - 1
            if direction == -1:
                g, factor = factor, (factor * change) >> GRID_BITS
            while -count <= j <= count and g:
                inner += f[j + count] * g
                g, factor = (g * factor) >> GRID_BITS, (factor * change) >> GRID_BITS
                j += direction
        top = mp.exp(-(r * x**2 - 2 * c * x * y + q * y**2) / (2 * determinant))
        total += top * mp.mpf(f[i + count]) * mp.mpf(inner)
    return mp.ldexp(total, -3 * GRID_BITS) * h**2 / (2 * mp.pi * mp.sqrt(determinant))


def large_variance(kind, q, r, k):
    """Price's theorem. Bounded kinds: slope = M(k) and value = E[phi(u)] E[phi(v)] + int_0^k M dc with M = E[phi' phi'] at
    covariance c. Others, with M = E[phi'' phi'']: slope = E[phi'(u)] E[phi'(v)] + int_0^k M dc, and
    value = E[phi(u)] E[phi(v)] + k E[phi'(u)] E[phi'(v)] + int_0^k (k - c) M dc. M lives on a grid of fixed reach,
    whatever the variances."""
    bounded, root = GRIDS[kind][0] == 0, mp.sqrt(q * r)
    if q * r - k**2 <= q * r * mp.eps * 2**20:
        ratio = mp.sqrt(r / q) * (1 if k > 0 else -1)
        return tuple(line_mean(kind, d, q, ratio) for d in (0, 1))
    if (q * r - k**2) / max(q, r) < 4 / mp.mpf(GRIDS[kind][2]) ** 2:  # the trapezoid rule is off by exp(-80)
        raise ValueError("%s: a near pair of moderate variance is not resolved by the grid" % kind)
    means = [[line_mean(kind, d, p, None) for p in (q, r)] for d in (0, 1)]
    value, slope = means[0][0] * means[0][1], means[1][0] * means[1][1]
    if not bounded:
        value += k * slope
    sign, far, near = (-1 if k < 0 else 1), mp.pi / 2, mp.acos(abs(k) / root)
    nodes, weights = gauss_legendre(PRICE_NODES)
    while far > near:
        start = max(far / 2, near)
        for x, w in zip(nodes, weights):
            gap = (far + start) / 2 + (far - start) / 2 * x
            c = sign * root * mp.cos(gap)
            part = sign * local_mean(kind, q, r, c) * root * mp.sin(gap) * w * (far - start) / 2
            value += part if bounded else (k - c) * part
            slope += part
        far = start
    return value, local_mean(kind, q, r, k) if bounded else slope


def dual(kind):
    def evaluate(_, q, r, k):
        if max(q, r) > LARGE:
            return large_variance(kind, q, r, k)
        if q == 0 and r == 0:
            return FUNCTIONS[kind](mp.mpf(0))[0] ** 2, FUNCTIONS[kind](mp.mpf(0))[1] ** 2
        if q == 0 or r == 0:
            at_zero, mean = FUNCTIONS[kind](mp.mpf(0)), expansion(kind, max(q, r))
            return at_zero[0] * mean[0][0], at_zero[1] * mean[1][0]
        return mehler(kind, q, r, k)

    return evaluate
