"""NumPy arrays as the matrices of the library: an address and a leading dimension."""

import operator

import numpy as np

from ._library import DOMAIN, ENUM, SHAPE, InvalidValue


def wrong_shape(sentence):
    return InvalidValue(SHAPE, sentence)


def number(value, name):
    """The value as a float."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {value!r}; expected a number") from None


def integer(value, name, least=-2**63, most=2**63 - 1):
    """The value as an int that the library can take: ctypes would cut off what does not fit."""
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}; expected an integer") from None
    if not least <= value <= most:
        raise InvalidValue(DOMAIN, f"{name} is {value}; expected {least} ... {most}")
    return value


def seed_of(value):
    """A seed as an int."""
    return integer(value, "seed", 0, 2**64 - 1)


def boolean(value, name):
    """The value as 0 or 1; True and False only."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {value!r}; expected True or False")
    return int(value)


def choice(value, name, choices):
    """The number that the dictionary has for a name."""
    if isinstance(value, str) and value in choices:
        return choices[value]
    raise InvalidValue(ENUM, f"{name} is {value!r}; expected one of {', '.join(map(repr, choices))}")


def address(array):
    """Where a contiguous array lies; None stands for itself."""
    return None if array is None else array.ctypes.data


def real_type(dtype):
    """np.float64, also for None, or np.float32."""
    dtype = np.dtype(np.float64 if dtype is None else dtype)
    if dtype not in (np.float64, np.float32) or not dtype.isnative:
        raise TypeError(f"dtype is {dtype}; the library computes with float64 and float32")
    return dtype


class Rows:
    """A matrix of float64 (or another dtype) with contiguous rows, without a copy where the array is one already."""

    def __init__(self, array, name, columns=None, dtype=np.dtype(np.float64)):
        given = np.asarray(array)
        if np.iscomplexobj(given):
            raise TypeError(f"{name} is complex; the library takes real numbers")
        if given.ndim != 2:
            raise wrong_shape(f"{name} has {given.ndim} dimension(s); a matrix with 2 is needed")
        if columns is not None and given.shape[1] != columns:
            raise wrong_shape(f"{name} has {given.shape[1]} columns; expected {columns}")
        self.array = given if _rows_are_contiguous(given, dtype) else np.ascontiguousarray(given, dtype=dtype)
        self.n, self.columns = self.array.shape
        self.ld = _leading_dimension(self.array)
        self.address = self.array.ctypes.data

    @property
    def matrix(self):
        return self.address, self.ld

    @property
    def rows(self):
        return self.n, self.address, self.ld


class Result(Rows):
    """The array that a call writes: `out` itself, which must fit exactly, or a new one."""

    def __init__(self, shape, out, name="out", dtype=np.dtype(np.float64)):
        if out is None:
            out = np.empty(shape, dtype)
        elif not isinstance(out, np.ndarray) or out.shape != tuple(shape):
            raise wrong_shape(f"{name} must be an array of shape {tuple(shape)}")
        elif not out.flags.writeable or not _rows_are_contiguous(out, dtype):
            raise wrong_shape(f"{name} must be a writable {dtype} matrix with contiguous rows")
        super().__init__(out, name, dtype=dtype)


def targets(y, n, name="y"):
    """(Rows, was_vector): targets as an n x c matrix; a vector stands for one column."""
    given = np.asarray(y)
    was_vector = given.ndim == 1
    matrix = Rows(given[:, np.newaxis] if was_vector else given, name)
    if matrix.n != n:
        raise wrong_shape(f"{name} has {matrix.n} rows; expected {n}")
    return matrix, was_vector


def vector(values, name, size):
    """A contiguous float64 vector of that size."""
    result = np.ascontiguousarray(values, dtype=np.float64)
    if result.shape != (size,):
        raise wrong_shape(f"{name} has the shape {result.shape}; expected ({size},)")
    return result


def square(gram, name):
    """The Rows of a square matrix."""
    gram = Rows(gram, name)
    if gram.columns != gram.n:
        raise wrong_shape(f"{name} has the shape ({gram.n}, {gram.columns}); expected a square matrix")
    return gram


def times_of(t):
    """A sequence of times as a contiguous vector."""
    if np.ndim(t) != 1:
        raise wrong_shape(f"t has {np.ndim(t)} dimensions; expected a number or a sequence of numbers")
    return np.array([number(one, "an entry of t") for one in t], dtype=np.float64)


def _rows_are_contiguous(array, dtype):
    """Whether the library can read the matrix in place: the row stride must be a leading dimension."""
    if array.dtype != dtype or not array.dtype.isnative or array.ndim != 2 or not array.flags.aligned:
        return False
    n, d = array.shape
    column_fits = d <= 1 or array.strides[1] == array.itemsize
    row_fits = n <= 1 or (array.strides[0] >= array.itemsize * d and array.strides[0] % array.itemsize == 0)
    return column_fits and row_fits


def _leading_dimension(array):
    n, d = array.shape
    return max(array.strides[0] // array.itemsize, d) if n > 1 else d
