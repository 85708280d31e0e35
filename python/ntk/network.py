"""Networks of real width. See include/ntk/network.h."""

import ctypes
import os

import numpy as np

from ._arrays import Result, Rows, boolean, integer, real_type, seed_of, wrong_shape
from ._context import Owner, checked, context_of
from .mlp import Mlp

_SUFFIX = {np.dtype(np.float64): "", np.dtype(np.float32): "_f32"}


def _path(path):
    return os.fsencode(path)


class Network(Owner):
    """The network of an Mlp with random parameters: the same for a seed, 0 <= seed < 2**64, on every
    machine. It belongs to the Mlp's context."""

    def __init__(self, mlp, seed=0):
        checked(mlp, Mlp, "mlp")
        self._adopt(mlp.context, "ntk_network_create", "ntk_network_destroy", mlp._session.raw, mlp._handle,
                    seed_of(seed))
        self._learn(tuple(mlp._trampolines.values()))

    @classmethod
    def load(cls, path, context=None):
        """The network that save() wrote."""
        self = cls.__new__(cls)
        context = context_of(context)
        self._adopt(context, "ntk_network_load", "ntk_network_destroy", context._session.raw, _path(path))
        self._learn(())
        return self

    def copy(self):
        other = Network.__new__(Network)
        other._adopt(self.context, "ntk_network_copy", "ntk_network_destroy", self._handle)
        other._learn(self._trampolines)
        return other

    def _learn(self, trampolines):
        self._trampolines = trampolines  # the C network calls them
        sizes = [ctypes.c_int64() for _ in range(3)]
        self._call("ntk_network_get_sizes", *map(ctypes.byref, sizes))
        self.parameter_count, self.inputs, self.outputs = (size.value for size in sizes)

    def randomise(self, seed):
        """New random parameters, as Network(mlp, seed) draws them."""
        self._call("ntk_network_randomise", seed_of(seed))

    @property
    def mlp(self):
        """The specification: a new Mlp, of the same context."""
        mlp = Mlp.__new__(Mlp)
        mlp._adopt(self.context, "ntk_network_get_mlp", "ntk_mlp_destroy", self._handle)
        mlp._trampolines = {0: self._trampolines}  # set_activation() never replaces those of layer 0
        return mlp

    def get_parameters(self, dtype=None):
        """theta: W^1 row by row, b^1, ..., W^L, b^L."""
        dtype = real_type(dtype)
        theta = np.empty(self.parameter_count, dtype)
        self._call("ntk_network_get_parameters" + _SUFFIX[dtype], theta.size, theta.ctypes.data)
        return theta

    def set_parameters(self, theta):
        theta = np.ascontiguousarray(theta)
        theta = theta if theta.dtype == np.float32 else theta.astype(np.float64)
        self._call("ntk_network_set_parameters" + _SUFFIX[theta.dtype], self._vector(theta, "theta").size, theta.ctypes.data)

    def __call__(self, x, dtype=None):
        """The outputs, n x c."""
        dtype = real_type(dtype)
        x = self._rows(x, dtype)
        f = Result((x.n, self.outputs), None, dtype=dtype)
        self._call("ntk_network_forward" + _SUFFIX[dtype], *x.rows, *f.matrix)
        return f.array

    def jacobian(self, x):
        """dF_k(x_i) / dtheta, n x c x P."""
        x = self._rows(x)
        jacobian = np.empty((x.n, self.outputs, self.parameter_count))
        self._call("ntk_network_jacobian", *x.rows, jacobian.ctypes.data, self.parameter_count)
        return jacobian

    def jvp(self, x, v, dtype=None):
        """J v, n x c: the derivative of the outputs along v."""
        dtype = real_type(dtype)
        x, v = self._rows(x, dtype), self._vector(np.ascontiguousarray(v, dtype), "v")
        product = Result((x.n, self.outputs), None, dtype=dtype)
        self._call("ntk_network_jvp" + _SUFFIX[dtype], *x.rows, v.size, v.ctypes.data, *product.matrix)
        return product.array

    def vjp(self, x, u, dtype=None):
        """J' u, P numbers: the gradient of the sum of u times the outputs; u is n x c."""
        dtype = real_type(dtype)
        x, u = self._rows(x, dtype), Rows(u, "u", self.outputs, dtype)
        if u.n != x.n:
            raise wrong_shape(f"u has {u.n} rows; expected {x.n}")
        gradient = np.empty(self.parameter_count, dtype)
        self._call("ntk_network_vjp" + _SUFFIX[dtype], *x.rows, *u.matrix, gradient.size, gradient.ctypes.data)
        return gradient

    def taylor(self, x, delta, order=1, dtype=None):
        """The Taylor series in the parameters, n x c, at theta + delta: order 0, 1 (the linearised network) or 2."""
        dtype = real_type(dtype)
        x, delta = self._rows(x, dtype), self._vector(np.ascontiguousarray(delta, dtype), "delta")
        f = Result((x.n, self.outputs), None, dtype=dtype)
        self._call("ntk_network_taylor" + _SUFFIX[dtype], integer(order, "order", -2**31, 2**31 - 1), *x.rows, delta.size,
                   delta.ctypes.data, *f.matrix)
        return f.array

    def save(self, path):
        """Specification and parameters to a file; see docs/network-file.md."""
        self._call("ntk_network_save", _path(path))

    def import_safetensors(self, path, names=None):
        """Parameters from a safetensors file as PyTorch keeps them; names: weight and bias of each layer by turns."""
        self._call("ntk_network_import_safetensors", _path(path), self._names(names))

    def export_safetensors(self, path, names=None, single=False):
        self._call("ntk_network_export_safetensors", _path(path), self._names(names), boolean(single, "single"))

    @staticmethod
    def _names(names):
        if names is None:
            return None
        return (ctypes.c_char_p * len(names))(*(None if name is None else os.fsencode(name) for name in names))

    def _rows(self, x, dtype=np.dtype(np.float64)):
        return Rows(x, "x", self.inputs, dtype)

    def _vector(self, values, name):
        if values.shape != (self.parameter_count,):
            raise wrong_shape(f"{name} has the shape {values.shape}; expected ({self.parameter_count},)")
        return values

    def __repr__(self):
        return f"Network(inputs={self.inputs}, outputs={self.outputs}, parameters={self.parameter_count})"
