"""Kernels. See include/ntk/kernel.h."""

import ctypes

import numpy as np

from ._arrays import Result, Rows, wrong_shape
from ._context import Owner
from ._library import ENUM, InvalidValue

_TYPES = {"ntk": 0, "nngp": 1}


class Kernel(Owner):
    """The kernel of an infinitely wide network: type "ntk" or "nngp". It belongs to the network's context."""

    def __init__(self, mlp, type="ntk"):
        if type not in _TYPES:
            raise InvalidValue(ENUM, f"type is {type!r}; expected 'ntk' or 'nngp'")
        self._adopt(mlp.context, "ntk_kernel_create_analytic", "ntk_kernel_destroy", mlp._session.raw, mlp._handle,
                    _TYPES[type])
        self.type = type

    @property
    def input_dimension(self):
        return self._get("ntk_kernel_get_input_dimension", ctypes.c_int64)

    def _rows(self, array, name):
        return Rows(array, name, self.input_dimension)

    def __call__(self, x, z=None):
        return self.gram(x) if z is None else self.cross(x, z)

    def gram(self, x, out=None):
        """K(X,X), n x n."""
        x = self._rows(x, "x")
        k = Result((x.n, x.n), out)
        self._call("ntk_kernel_gram", *x.rows, *k.matrix)
        return k.array

    def cross(self, x, z, out=None):
        """K(X,Z), n x m."""
        x, z = self._rows(x, "x"), self._rows(z, "z")
        k = Result((x.n, z.n), out)
        self._call("ntk_kernel_cross", *x.rows, *z.rows, *k.matrix)
        return k.array

    def diagonal(self, x):
        """K(x_i,x_i), n values."""
        x = self._rows(x, "x")
        values = np.empty(x.n)
        self._call("ntk_kernel_diagonal", *x.rows, values.ctypes.data)
        return values

    def apply(self, x, z, a, out=None):
        """K(X,Z) A without forming K: n x c, for A of m x c."""
        x, z, a = self._rows(x, "x"), self._rows(z, "z"), Rows(a, "a")
        if a.n != z.n:
            raise wrong_shape(f"a has {a.n} rows; expected {z.n}")
        result = Result((x.n, a.columns), out)
        self._call("ntk_kernel_apply", *x.rows, *z.rows, a.columns, *a.matrix, *result.matrix)
        return result.array

    def __repr__(self):
        return f"Kernel({self.type!r}, input_dimension={self.input_dimension})"
