"""Dual activations with elementary closed forms: E[phi(u) phi(v)] and E[phi'(u) phi'(v)].

(u, v) ~ N(0, [[q, k], [k, r]]). Every function takes the activation's parameters and (q, r, k), and returns both
numbers in the plain form of the definition; dual_checks.py compares them with integrals. None as a slope: the
activation of a zero row has none, and its tangent kernel is 0 anyway."""

from functools import lru_cache

import mpmath as mp

SIGMOID_ERF_SCALE = 2.4020563531719796


def angle(q, r, k):
    """arccos of the correlation. Rounding must not push that beyond 1, nor away from 1 for rows of one direction: the step
    function takes the square root of the angle in every layer."""
    rho = k / mp.sqrt(q * r)
    if 1 - abs(rho) < mp.eps * 2**20:
        return mp.mpf(0) if rho > 0 else +mp.pi
    return mp.acos(rho)


# ---- piecewise powers ----

def identity(_, q, r, k):
    return k, mp.mpf(1)


@lru_cache(maxsize=None)
def arc_cosine_polynomials(n):
    """A and B with J_n = (-1)^n (A(cos t) (pi - t) + B(cos t) sin t): J_n = (-1)^n sin^{2n+1} ((1/sin) d/dt)^n
    ((pi - t)/sin t). Cho and Saul 2009. Lists of whole numbers, lowest power first."""

    def derivative(p):
        return [i * c for i, c in enumerate(p)][1:]

    def add(*parts):
        size = max(len(p) for p in parts)
        return [sum(p[i] for p in parts if i < len(p)) for i in range(size)]

    def times(factor, p, shift=0):
        return [0] * shift + [factor * c for c in p]

    a, b = [1], [0]
    for step in range(n):
        da, db = derivative(a), derivative(b)
        a, b = (add(times(-1, da), times(1, da, 2), times(-(2 * step + 1), a, 1)),
                add(times(-1, a), times(-1, db), times(1, db, 2), times(-2 * step, b, 1)))
    return a, b


def arc_cosine(n, q, r, k):
    """E[max(u, 0)^n max(v, 0)^n]; for n = 0 the step function."""
    t = angle(q, r, k)
    a, b = arc_cosine_polynomials(n)
    cosine, sine = mp.cos(t), mp.sin(t)
    j = mp.polyval(a[::-1], cosine) * (mp.pi - t) + mp.polyval(b[::-1], cosine) * sine
    return (-1) ** n * mp.sqrt(q * r) ** n * j / (2 * mp.pi)


def rectified_monomial(parameters, q, r, k):
    n = int(parameters[0])
    if q == 0 or r == 0:
        return mp.mpf(0), None if n == 1 else mp.mpf(0)
    return arc_cosine(n, q, r, k), mp.mpf(0) if n == 0 else n**2 * arc_cosine(n - 1, q, r, k)


def two_slope(parameters, q, r, k):
    """phi(u) = b max(u, 0) - a max(-u, 0), and (-u, v) has covariance -k."""
    a, b = parameters
    if q == 0 or r == 0:
        return mp.mpf(0), None
    value, derivative = rectified_monomial([1], q, r, k)
    value_minus, derivative_minus = rectified_monomial([1], q, r, -k)
    return ((a**2 + b**2) * value - 2 * a * b * value_minus,
            (a**2 + b**2) * derivative + 2 * a * b * derivative_minus)


def step(_, q, r, k):
    return rectified_monomial([0], q, r, k)


def sign(_, q, r, k):
    if q == 0 or r == 0:
        return mp.mpf(0), mp.mpf(0)
    return 1 - 2 * angle(q, r, k) / mp.pi, mp.mpf(0)


# ---- error function ----

def erf(parameters, q, r, k):
    """Williams 1997; erf is odd, so that the constant c only adds its square."""
    a, b, c = parameters
    q, r, k = b**2 * q, b**2 * r, b**2 * k
    product = (1 + 2 * q) * (1 + 2 * r)
    value = a**2 * 2 / mp.pi * mp.asin(2 * k / mp.sqrt(product)) + c**2
    return value, a**2 * b**2 * 4 / mp.pi / mp.sqrt(product - 4 * k**2)


def sigmoid_erf(_, q, r, k):
    return erf([mp.mpf("0.5"), 1 / mp.mpf(SIGMOID_ERF_SCALE), mp.mpf("0.5")], q, r, k)


def gelu(_, q, r, k):
    """Stein's lemma, with G = E[Phi(u) Phi(v)] and P = E[density(u) density(v)]. Tsuchida et al. 2021."""
    determinant = (1 + q) * (1 + r) - k**2
    density = 1 / (2 * mp.pi * mp.sqrt(determinant))
    both = mp.mpf(1) / 4 + mp.asin(k / mp.sqrt((1 + q) * (1 + r))) / (2 * mp.pi)
    value = k * both + density * (q * r - q * k**2 / (1 + q) + k**2 / (1 + r))
    return value, both + k * density * (1 / (1 + q) + 1 / (1 + r) + 1 / determinant)


# ---- trigonometric functions, exponentials, Gaussians ----

def waves(b, q, r, k):
    """E[cos b(u - v)] and E[cos b(u + v)]."""
    return mp.exp(-b**2 * (q + r - 2 * k) / 2), mp.exp(-b**2 * (q + r + 2 * k) / 2)


def sin(parameters, q, r, k):
    a, b, c = parameters
    minus, plus = waves(b, q, r, k)
    return (a**2 * (minus - mp.cos(2 * c) * plus) / 2, a**2 * b**2 * (minus + mp.cos(2 * c) * plus) / 2)


def cos(parameters, q, r, k):
    a, b, c = parameters
    minus, plus = waves(b, q, r, k)
    return (a**2 * (minus + mp.cos(2 * c) * plus) / 2, a**2 * b**2 * (minus - mp.cos(2 * c) * plus) / 2)


def rbf(parameters, q, r, k):
    gamma = parameters[0]
    value = mp.exp(-gamma * (q + r - 2 * k))
    return value, 2 * gamma * value


def exp(parameters, q, r, k):
    a, b = parameters
    value = a**2 * mp.exp(b**2 * (q + r + 2 * k) / 2)
    return value, b**2 * value


def gaussian(parameters, q, r, k):
    a, b = parameters
    determinant = (1 + 2 * b * q) * (1 + 2 * b * r) - 4 * b**2 * k**2
    return a**2 / mp.sqrt(determinant), 4 * a**2 * b**2 * k / (determinant * mp.sqrt(determinant))


def gabor(_, q, r, k):
    """exp(-u^2 - v^2) makes of N(0, S) the measure det(1 + 2 S)^{-1/2} N(0, (1 - (1 + 2 S)^{-1}) / 2)."""
    determinant = (1 + 2 * q) * (1 + 2 * r) - 4 * k**2
    new_q, new_r, new_k = (1 - (1 + 2 * r) / determinant) / 2, (1 - (1 + 2 * q) / determinant) / 2, k / determinant
    minus, plus = waves(mp.mpf(1), new_q, new_r, new_k)
    value = (minus - plus) / 2 / mp.sqrt(determinant)
    # d value / dk, by the chain rule
    d_determinant = -8 * k
    d_new_q = (1 + 2 * r) * d_determinant / (2 * determinant**2)
    d_new_r = (1 + 2 * q) * d_determinant / (2 * determinant**2)
    d_new_k = 1 / determinant - k * d_determinant / determinant**2
    d_minus = -minus * (d_new_q + d_new_r - 2 * d_new_k) / 2
    d_plus = -plus * (d_new_q + d_new_r + 2 * d_new_k) / 2
    return value, ((d_minus - d_plus) / mp.sqrt(determinant) - value * d_determinant / determinant) / 2


def normalised_exp(parameters, q, r, k):
    gamma, shift = parameters
    if q == 0 or r == 0:
        return mp.mpf(0), None
    root = mp.sqrt(q * r)
    factor = mp.exp(gamma * (k / root + shift))
    return root * factor, gamma * factor


# ---- polynomials ----

@lru_cache(maxsize=None)
def moment_terms(i, j):
    """E[u^i v^j] = sum of c k^m q^((i-m)/2) r^((j-m)/2) over pairings (Isserlis): pairs (m, c)."""
    return [(m, mp.factorial(i) * mp.factorial(j) / (mp.factorial(m) * mp.factorial((i - m) // 2) *
             mp.factorial((j - m) // 2) * 2 ** ((i + j) // 2 - m)))
            for m in range(i % 2, min(i, j) + 1, 2)] if (i - j) % 2 == 0 else []


def polynomial_mean(coefficients, q, r, k):
    total = mp.mpf(0)
    for i, a in enumerate(coefficients):
        for j, b in enumerate(coefficients):
            if a == 0 or b == 0:
                continue
            for m, factor in moment_terms(i, j):
                total += a * b * factor * k**m * q ** ((i - m) // 2) * r ** ((j - m) // 2)
    return total


def polynomial(coefficients, q, r, k):
    derivative = [i * c for i, c in enumerate(coefficients)][1:]
    return polynomial_mean(coefficients, q, r, k), polynomial_mean(derivative, q, r, k)


def monomial(parameters, q, r, k):
    return polynomial([mp.mpf(0)] * int(parameters[0]) + [mp.mpf(1)], q, r, k)


def hermite_coefficients(n):
    """Of He_n(x) / sqrt(n!)."""
    return [mp.mpf(0) if (n - i) % 2 else (-1) ** ((n - i) // 2) * mp.sqrt(mp.factorial(n)) /
            (mp.factorial(i) * mp.factorial((n - i) // 2) * 2 ** ((n - i) // 2)) for i in range(n + 1)]


def hermite(parameters, q, r, k):
    return polynomial(hermite_coefficients(int(parameters[0])), q, r, k)
