"""What the tasks compute on. The same seed gives every side the same numbers."""

import numpy as np

SEED = 20261123


def _normal(shape, stream):
    return np.random.default_rng([SEED, stream]).standard_normal(shape)


def rows(n, d, stream=0):
    """n rows of d independent standard normals: stream 0 to train on, 1 to predict at."""
    return _normal((n, d), stream)


def targets(x, outputs):
    """n x outputs: what a random two-layer network says of the rows, with a little noise."""
    d = x.shape[1]
    hidden = np.maximum(x @ _normal((d, 64), 2) / np.sqrt(d), 0)
    return hidden @ _normal((64, outputs), 3) / 8 + 0.1 * _normal((len(x), outputs), 4)


def signs(n, d):
    """1 or -1 for each of the rows to train on."""
    return np.sign(targets(rows(n, d), 1)[:, 0] - np.median(targets(rows(n, d), 1)))


def labels(n, d, classes):
    """The number of a class for each of the rows to train on."""
    return np.argmax(targets(rows(n, d), classes), axis=1)


def parameters(widths):
    """[(W, b)] of each layer, W with a row for each input unit: independent standard normals."""
    return [(_normal((fan_in, units), 100 + 2 * layer), _normal((units,), 101 + 2 * layer))
            for layer, (fan_in, units) in enumerate(zip(widths, widths[1:]))]


def near_rows(distances, pairs, d):
    """(x, z), for each distance `pairs` rows: z lies that far from x, relative to |x|; distance 0 stands for unrelated."""
    n = len(distances) * pairs
    x, z = _normal((n, d), 5), _normal((n, d), 6)
    for i, distance in enumerate(np.repeat(distances, pairs)):
        if distance > 0:
            z[i] = x[i] + distance * np.linalg.norm(x[i]) * z[i] / np.linalg.norm(z[i])
    return x, z
