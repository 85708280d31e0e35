"""Dual activations of functions with kinks, in terms of one-dimensional integrals over the correlation.

Piecewise linear phi (hard tanh, hard sigmoid, ReLU6): phi'' is a sum of point masses J_i at the kinks t_i, so that, by
Price's theorem d/dk E[f(u) g(v)] = E[f'(u) g'(v)] (Price 1958),
    E[phi' phi'](k) = E[phi'(u)] E[phi'(v)] + int_0^k sum_ij J_i J_j p(t_i, t_j; c) dc,
    E[phi phi](k) = E[phi(u)] E[phi(v)] + k E[phi'(u)] E[phi'(v)] + int_0^k (k - c) sum_ij J_i J_j p(t_i, t_j; c) dc,
with p the density of N(0, [[q, c], [c, r]]). c = sqrt(q r) sin t takes the root out of p.

ELU: exponentials shift the mean (exp(u + v) N(0, S) is a multiple of a shifted Gaussian), and leave probabilities of
quadrants, which are such integrals as well (Plackett 1954)."""

import mpmath as mp

from closed_duals import arc_cosine

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
NODES = 56  # of a Gauss-Legendre rule on panels of which the end is twice as far from the singularity as the beginning

_rules = {}
_panels = {}


def gauss_legendre(count=NODES):
    """Nodes and weights on [-1, 1], by Newton's method on P_count."""
    key = (count, mp.mp.prec)
    if key not in _rules:
        nodes, weights = [], []
        for i in range(count):
            x = mp.cos(mp.pi * (i + mp.mpf(3) / 4) / (count + mp.mpf(1) / 2))
            for _ in range(8):
                before, now = mp.mpf(1), x
                for n in range(2, count + 1):
                    before, now = now, ((2 * n - 1) * x * now - (n - 1) * before) / n
                slope = count * (x * now - before) / (x**2 - 1)
                x -= now / slope
            nodes.append(x)
            weights.append(2 / ((1 - x**2) * slope**2))
        _rules[key] = (nodes, weights)
    return _rules[key]


def normal(x):
    """P(z < x), with relative accuracy in the tail."""
    return mp.erfc(-x / mp.sqrt(2)) / 2


def density(x):
    return mp.exp(-x**2 / 2) / mp.sqrt(2 * mp.pi)


def panel(far, start):
    """Per node at a distance g from pi/2: weight, cos g, sin^2(g/2), 2 sin^2 g. All but the last panel serve many integrals."""
    key = (far, mp.mp.prec)
    if start == far / 2 and key in _panels:
        return _panels[key]
    centre, half = (far + start) / 2, (far - start) / 2
    gaps = [(half * weight, centre + half * node) for node, weight in zip(*gauss_legendre())]
    rows = [(weight, mp.cos(g), mp.sin(g / 2) ** 2, 2 * mp.sin(g) ** 2) for weight, g in gaps]
    if start == far / 2:
        _panels[key] = rows
    return rows


def correlation_integrals(h, l, t_end, same_panels=False):
    """int_0^{t_end} w(t) dt and int_0^{t_end} sin(t) w(t) dt, w = exp(-(h^2 + l^2 - 2 h l sin t) / (2 cos^2 t)) / 2 pi:
    panels that shrink towards the singularity at +-pi/2. same_panels: as many for every h and l, so that the error of the
    rule cancels in differences."""
    sign = -1 if t_end < 0 else 1
    far, near = mp.pi / 2, mp.pi / 2 - abs(t_end)
    total, with_sine = mp.mpf(0), mp.mpf(0)
    difference, product = (h - sign * l) ** 2, 4 * sign * h * l
    negligible = mp.mp.prec * mp.log(2) + 20
    smooth = not same_panels and difference <= mp.eps ** mp.mpf("1.8")  # h = +-l but for rounding: no singularity
    while far > near:
        start = near if smooth and far < mp.mpf("0.2") else max(far / 2, near)
        if difference / (2 * far**2) > negligible + h * h:  # w only falls from here on
            break
        for weight, sine, half_square, twice_square in panel(far, start):
            # (h^2 + l^2 - 2 h l sin t) without the cancellation at sin t = +-1
            w = weight * mp.exp(-(difference + product * half_square) / twice_square)
            total += w
            with_sine += sine * w
        far = start
    return sign * total / (2 * mp.pi), with_sine / (2 * mp.pi)


def arc_sine(q, r, k):
    return mp.asin(max(mp.mpf(-1), min(mp.mpf(1), k / mp.sqrt(q * r))))


# ---- piecewise linear ----

def linear_means(start, kinks, q):
    """E[phi(u)] and E[phi'(u)] of phi(x) = start + sum J max(x - t, 0)."""
    s = mp.sqrt(q)
    value = start + sum(jump * (s * density(t / s) - t * normal(-t / s)) for t, jump in kinks)
    return value, sum(jump * normal(-t / s) for t, jump in kinks)


def collinear_linear(start, kinks, s, z):
    """E[phi(s a) phi(z a)] and E[phi'(s a) phi'(z a)] for one standard normal a: phi phi is a quadratic between kinks."""
    cuts = sorted([t / s for t, _ in kinks] + [t / z for t, _ in kinks])
    value = slope = mp.mpf(0)
    for low, high in zip([-mp.inf] + cuts, cuts + [mp.inf]):
        if low == high:
            continue
        inside = high - 1 if low == -mp.inf else low + 1 if high == mp.inf else (low + high) / 2

        def line(scale):
            """phi(scale a) = first + second a here."""
            active = [(t, jump) for t, jump in kinks if scale * inside > t]
            return start - sum(jump * t for t, jump in active), scale * sum(jump for _, jump in active)

        ends = [(density(x), x) if abs(x) < mp.inf else (mp.mpf(0), mp.mpf(0)) for x in (low, high)]
        mass = normal(high) - normal(low) if high <= 0 else normal(-low) - normal(-high)
        first = ends[0][0] - ends[1][0]
        second = mass + ends[0][1] * ends[0][0] - ends[1][1] * ends[1][0]
        (a, b), (c, d) = line(s), line(z)
        value += a * c * mass + (a * d + b * c) * first + b * d * second
        slope += b / s * d / z * mass
    return value, slope


def piecewise_linear(start, kinks, q, r, k):
    if q == 0 or r == 0:
        return None
    if q * r - k**2 <= q * r * mp.eps * 2**20:
        return collinear_linear(start, kinks, mp.sqrt(q), mp.sqrt(r) * (1 if k > 0 else -1))
    (mean_q, slope_q), (mean_r, slope_r) = linear_means(start, kinks, q), linear_means(start, kinks, r)
    value, slope = mean_q * mean_r + k * slope_q * slope_r, slope_q * slope_r
    t_end = arc_sine(q, r, k)
    for t_i, jump_i in kinks:
        for t_j, jump_j in kinks:
            total, with_sine = correlation_integrals(t_i / mp.sqrt(q), t_j / mp.sqrt(r), t_end, max(q, r) > 1e20)
            # p dc = w dt, c = sqrt(q r) sin t
            slope += jump_i * jump_j * total
            value += jump_i * jump_j * (k * total - mp.sqrt(q * r) * with_sine)
    return value, slope


def with_zero_rows(start, kinks, at_zero, slope_at_zero):
    """The dual of a piecewise linear function, also for inputs that are 0."""

    def dual(_, q, r, k):
        result = piecewise_linear(start, kinks, q, r, k)
        if result is not None:
            return result
        means = [linear_means(start, kinks, p) if p > 0 else (at_zero, slope_at_zero) for p in (q, r)]
        if slope_at_zero is None:
            return means[0][0] * means[1][0], None
        return means[0][0] * means[1][0], means[0][1] * means[1][1]

    return dual


def hard_tanh(parameters, q, r, k):
    one = mp.mpf(1)
    return with_zero_rows(-one, [(-one, one), (one, -one)], mp.mpf(0), one)(parameters, q, r, k)


def hard_sigmoid(parameters, q, r, k):
    three, sixth = mp.mpf(3), mp.mpf(1) / 6
    return with_zero_rows(mp.mpf(0), [(-three, sixth), (three, -sixth)], mp.mpf(1) / 2, sixth)(parameters, q, r, k)


def relu6(parameters, q, r, k):
    one = mp.mpf(1)
    return with_zero_rows(mp.mpf(0), [(mp.mpf(0), one), (mp.mpf(6), -one)], mp.mpf(0), None)(parameters, q, r, k)


# ---- exponential linear units ----

def quadrant(h, l, rho_arc_sine):
    """P(a < h, b < l) for standard normal a, b with correlation sin(rho_arc_sine)."""
    return normal(h) * normal(l) + correlation_integrals(h, l, rho_arc_sine)[0]


def elu(parameters, q, r, k):
    """With [..] the indicator of its condition: E[phi phi] is the sum of
        E[u v [u>0][v>0]], the arc-cosine kernel,
        alpha E[u [u>0] (e^v - 1) [v<0]] and its mirror image,
        alpha^2 E[(e^u - 1)(e^v - 1) [u<0][v<0]]."""
    alpha = parameters[0]
    if q == 0 or r == 0:
        return mp.mpf(0), None
    s, z, t = mp.sqrt(q), mp.sqrt(r), arc_sine(q, r, k)
    rho = mp.sin(t)
    conditional = mp.cos(t)

    def mass(i, j):
        """E[e^{i u + j v} [u<0][v<0]]: the mean moves by (i q + j k, i k + j r)."""
        return mp.exp((i * i * q + 2 * i * j * k + j * j * r) / 2) * \
            quadrant(-(i * q + j * k) / s, -(i * k + j * r) / z, t)

    def up_down(s, z, q, r, j):
        """E[e^{j v} [u>0][v<0]] and E[u e^{j v} [u>0][v<0]]: with the mean moved by (j k, j r), in standard normals
        a > -h, b < l."""
        h, l, factor = j * k / s, -j * r / z, mp.exp(j * j * r / 2)
        chance = normal(l) - quadrant(-h, l, t)
        if conditional < mp.sqrt(mp.eps) * 1024:  # b = +-a
            low, high = (-h, l) if rho > 0 else (max(-h, -l), mp.inf)
            first = density(low) - (density(high) if high < mp.inf else 0) if low < high else mp.mpf(0)
        else:
            first = density(h) * normal((l + rho * h) / conditional) - \
                rho * density(l) * normal((rho * l + h) / conditional)
        return factor * chance, factor * (j * k * chance + s * first)

    up_q, up_r = up_down(s, z, q, r, 1), up_down(z, s, r, q, 1)
    flat_q, flat_r = up_down(s, z, q, r, 0), up_down(z, s, r, q, 0)
    both = mass(1, 1)
    value = arc_cosine(1, q, r, k) + alpha * (up_q[1] - flat_q[1] + up_r[1] - flat_r[1]) + \
        alpha**2 * (both - mass(1, 0) - mass(0, 1) + mass(0, 0))
    return value, arc_cosine(0, q, r, k) + alpha * (up_q[0] + up_r[0]) + alpha**2 * both


def selu(_, q, r, k):
    value, slope = elu([mp.mpf(SELU_ALPHA)], q, r, k)
    return mp.mpf(SELU_SCALE) ** 2 * value, mp.mpf(SELU_SCALE) ** 2 * slope
