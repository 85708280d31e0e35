"""The ReLU NTK and NNGP by the plain recursion in NumPy, against which the library is compared."""

import numpy as np


def relu_kernels(x, z, depth, weight_std, bias_std):
    """(ntk, nngp), each n x m, of a ReLU network with `depth` weight layers, after Cho and Saul 2009."""
    w, b = weight_std**2, bias_std**2
    q = w * (x * x).mean(1) + b
    r = w * (z * z).mean(1) + b
    nngp = w * x @ z.T / x.shape[1] + b
    ntk = nngp.copy()
    for _ in range(depth - 1):
        norm = np.sqrt(np.outer(q, r))
        cosine = np.clip(nngp / norm, -1, 1)
        angle = np.arccos(cosine)
        nngp = w / (2 * np.pi) * norm * (np.sin(angle) + (np.pi - angle) * cosine) + b
        ntk = ntk * w / (2 * np.pi) * (np.pi - angle) + nngp
        q, r = w / 2 * q + b, w / 2 * r + b
    return ntk, nngp


def relu_diagonals(x, depth, weight_std, bias_std):
    """(ntk, nngp), n values each: at equal inputs E[phi^2] = q/2 and E[phi'^2] = 1/2."""
    w, b = weight_std**2, bias_std**2
    nngp = w * (x * x).mean(1) + b
    ntk = nngp.copy()
    for _ in range(depth - 1):
        nngp = w / 2 * nngp + b
        ntk = ntk * w / 2 + nngp
    return ntk, nngp
