"""What a careful programmer writes in NumPy: one symmetric product, then every layer in place on strips of rows that fit the
second-level cache, lower triangle only, strips shared by threads (NumPy releases the interpreter's lock)."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import inputs

_DTYPES = {"f64": np.float64, "f32": np.float32}
_STRIP = 2**15  # entries of a strip: six arrays of that size are in use


def versions():
    return {"numpy": np.__version__}


def prepare(task, dtype, threads):
    return _TASKS[task["kind"]](task, _DTYPES[dtype], ThreadPoolExecutor(threads))


class _Network:
    """The ReLU NTK: arccos and sqrt once an entry and layer."""

    def __init__(self, task, dtype):
        self.d, self.hidden = task["d"], task["hidden"]
        self.scale, self.bias = dtype(task["weight_std"] ** 2), dtype(task["bias_std"] ** 2)

    def variances(self, x):
        """The variance of each row before every layer: hidden x n."""
        q = [np.einsum("ij,ij->i", x, x) * self.scale / self.d + self.bias]
        for _ in range(self.hidden):
            q.append(q[-1] * self.scale / 2 + self.bias)
        return np.sqrt(q[:self.hidden])

    def apply(self, k, left, right):
        """Turns inner products, over d, into the NTK, in place."""
        pi = k.dtype.type(np.pi)
        k *= self.scale
        k += self.bias
        theta, c, angle = k.copy(), np.empty_like(k), np.empty_like(k)
        for s, s_other in zip(left, right):
            np.divide(k, s[:, None], out=c)
            c /= s_other
            np.clip(c, -1, 1, out=c)
            np.arccos(c, out=angle)
            np.subtract(pi, angle, out=angle)
            np.multiply(c, angle, out=k)
            np.multiply(c, c, out=c)
            np.subtract(1, c, out=c)
            np.sqrt(c, out=c)
            k += c
            k *= (s * (self.scale / (2 * pi)))[:, None]
            k *= s_other
            k += self.bias
            angle *= self.scale / (2 * pi)
            theta *= angle
            theta += k
        k[...] = theta


def _strips(n, m, triangle):
    """Bands of rows with some _STRIP entries each; of a triangle the rows [i, end) have end columns."""
    start = 0
    while start < n:
        rows = int(((start**2 + 4 * _STRIP) ** 0.5 - start) / 2) if triangle else _STRIP // m
        end = min(start + max(1, rows), n)
        yield start, end
        start = end


def _gram(task, dtype, pool):
    network, x = _Network(task, dtype), inputs.rows(task["n"], task["d"]).astype(dtype)

    def work():
        k = x @ x.T
        s = network.variances(x)

        def strip(bounds):
            i, end = bounds
            part = k[i:end, :end] / dtype(network.d)
            network.apply(part, s[:, i:end], s[:, :end])
            k[i:end, :end] = part
            k[:end, i:end] = part.T
        list(pool.map(strip, _strips(len(x), len(x), True)))
        return k
    return work


def _cross(task, dtype, pool):
    network = _Network(task, dtype)
    x, z = inputs.rows(task["n"], task["d"]).astype(dtype), inputs.rows(task["m"], task["d"], 1).astype(dtype)

    def work():
        k = x @ z.T
        s, s_other = network.variances(x), network.variances(z)

        def strip(bounds):
            part = k[slice(*bounds)]
            part /= dtype(network.d)
            network.apply(part, s[:, slice(*bounds)], s_other)
        list(pool.map(strip, _strips(len(x), len(z), False)))
        return k
    return work


def _entries(task, dtype, pool):
    network = _Network(task, dtype)
    x, z = (rows.astype(dtype) for rows in inputs.near_rows(task["distances"], task["pairs"], task["d"]))

    def work():
        k = x @ z.T / dtype(network.d)
        network.apply(k, network.variances(x), network.variances(z))
        return np.diagonal(k).copy()
    return work


_TASKS = {"gram": _gram, "cross": _cross, "entries": _entries}
