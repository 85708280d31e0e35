"""Images of handwritten digits for the examples and benchmarks on networks of real width: those of data/, or MNIST."""

import gzip
import pathlib

import numpy as np

BUNDLED = pathlib.Path(__file__).resolve().parent.parent / "data" / "digits"
CLASSES = 10


def _bundled(part):
    table = np.loadtxt(BUNDLED / f"digits-{part}.csv", delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(int)


def _idx(path):
    """An array of bytes in the format of MNIST, or its gzipped form."""
    packed = path.with_name(path.name + ".gz")
    data = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is not an IDX file of bytes")
    shape = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def read_mnist(folder, part):
    """(n x 784 pixels of 0 to 255, labels) of a part of MNIST: "train" or "t10k"."""
    images, labels = (_idx(folder / f"{part}-{name}-ubyte") for name in ("images-idx3", "labels-idx1"))
    return images.reshape(len(images), -1).astype(float), labels.astype(int)


def load(mnist, n, m):
    """(x, y, z, targets of z, what they are): n images to train on and m others; from data/, or the folder `mnist`.

    Rows have the length sqrt(pixels), so that the kernel of infinite width has a constant diagonal. Targets are 0.9 for
    the digit and -0.1 for the others."""
    parts = (_bundled("train"), _bundled("test")) if mnist is None else tuple(
        read_mnist(mnist, part) for part in ("train", "t10k"))
    name = "bundled digits, 8 x 8" if mnist is None else "MNIST digits, 28 x 28"
    result = []
    for (pixels, labels), count in zip(parts, (n, m)):
        if not 0 < count <= len(pixels):
            raise ValueError(f"{count} images asked for; there are {len(pixels)}")
        x = pixels[:count]
        result.append(x / np.sqrt(np.mean(x * x, axis=1, keepdims=True)))
        result.append((labels[:count, np.newaxis] == np.arange(CLASSES)) - 0.1)
    return *result, name
