"""NTK entries of pairs of rows to 40 digits, straight from the definitions."""

import mpmath


def entries(task, x, z):
    """K(x_i, z_i) as mpmath numbers; the rows are taken as they are, so round them first."""
    with mpmath.workdps(60):
        return [_entry(task, [mpmath.mpf(float(v)) for v in a], [mpmath.mpf(float(v)) for v in b]) for a, b in zip(x, z)]


def _entry(task, a, b):
    variance, bias = mpmath.mpf(float(task["weight_std"])) ** 2, mpmath.mpf(float(task["bias_std"])) ** 2

    def inner(u, v):
        return variance * mpmath.fdot(u, v) / len(u) + bias
    q, q_other, k = inner(a, a), inner(b, b), inner(a, b)
    theta = k
    dual = {"relu": _relu, "erf": _erf}[task["activation"]]
    for _ in range(task["hidden"]):
        value, slope = dual(q, q_other, k)
        q, q_other = (variance * dual(s, s, s)[0] + bias for s in (q, q_other))
        k = variance * value + bias
        theta = theta * variance * slope + k
    return theta


def _relu(q, q_other, k):
    """[Cho09]: E[max(u,0) max(v,0)] and P(u > 0, v > 0)."""
    s = mpmath.sqrt(q * q_other)
    angle = mpmath.acos(min(k / s, mpmath.mpf(1)))
    rest = mpmath.pi - angle
    return s * (mpmath.sin(angle) + rest * mpmath.cos(angle)) / (2 * mpmath.pi), rest / (2 * mpmath.pi)


def _erf(q, q_other, k):
    """[Williams97]: E[erf u erf v] and E[erf' u erf' v]."""
    product = (1 + 2 * q) * (1 + 2 * q_other)
    return (2 / mpmath.pi * mpmath.asin(2 * k / mpmath.sqrt(product)),
            4 / mpmath.pi / mpmath.sqrt(product - 4 * k * k))
