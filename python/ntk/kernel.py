"""Kernels. See include/ntk/kernel.h and derivative.h."""

import ctypes

import numpy as np

from ._arrays import Result, Rows, choice, integer, number, real_type, seed_of, vector, wrong_shape
from ._context import Owner, checked
from ._library import ENUM, InvalidValue, LayerValues
from .mlp import Mlp
from .network import Network

_TYPES = {"ntk": 0, "nngp": 1}
_OUTPUTS = {"trace": 0, "full": 1, "one": 2, "pair": 3}
_BOUNDS = {"euclidean": 0, "box": 1}
_STDS = {"weight_std": 0, "bias_std": 1}
_SUFFIX = {np.dtype(np.float64): "", np.dtype(np.float32): "_f32"}


class Kernel(Owner):
    """The kernel of an infinitely wide network: type "ntk" or "nngp". It belongs to the network's context.

    tolerance, most_terms   accuracy of activations without a closed form; see ntk_kernel_set_tolerance() and
                            ntk_kernel_set_most_terms(). error_bound tells what was reached

    With dtype=np.float32 the methods take, compute and return single precision.
    """

    _block = 1  # rows of the matrix for each row of x
    _form = "", ""  # what repr() tells of an empirical or a Monte-Carlo kernel

    def __init__(self, mlp, type="ntk", *, tolerance=None, most_terms=None):
        if type not in _TYPES:
            raise InvalidValue(ENUM, f"type is {type!r}; expected 'ntk' or 'nngp'")
        checked(mlp, Mlp, "mlp")
        self._adopt(mlp.context, "ntk_kernel_create_analytic", "ntk_kernel_destroy", mlp._session.raw, mlp._handle,
                    _TYPES[type])
        self.type = type
        self.depth = mlp.depth
        self._trampolines = tuple(mlp._trampolines.values())  # the C kernel calls them
        if tolerance is not None:
            self.set_tolerance(tolerance)
        if most_terms is not None:
            self.set_most_terms(most_terms)

    @classmethod
    def empirical(cls, network, type="ntk", output="trace", outputs=None):
        """The kernel of a Network as it is now. output: "trace" (mean over the c outputs), "full" (a row of x has c rows of
        the matrix), "one", with outputs = a, or "pair", with outputs = (a, b).

        With "full" row i c + a of a matrix belongs to row i of x and output a, and a Flow or a GP on n rows of x has n c
        rows: targets y of n x c go in as y.reshape(-1, 1). The 1/n of the flow's loss is then 1 / (n c), so that
        learning_rate=c gives it the time of a Trainer with learning_rate=1; see Flow."""
        if type not in _TYPES or output not in _OUTPUTS:
            raise InvalidValue(ENUM, f"type is {type!r} and output {output!r}; expected 'ntk' or 'nngp', and one of "
                                     f"{', '.join(map(repr, _OUTPUTS))}")
        self = cls.__new__(cls)
        checked(network, Network, "network")
        pair = None if outputs is None else _pair(outputs, output)
        self._adopt(network.context, "ntk_kernel_create_empirical", "ntk_kernel_destroy", network._session.raw,
                    network._handle, _TYPES[type], _OUTPUTS[output])
        self.type, self.depth, self._trampolines = type, 0, network._trampolines
        self._block = self._get("ntk_kernel_get_block", ctypes.c_int64)
        if pair is not None:
            self._call("ntk_kernel_set_outputs", *pair)
        chosen = {"one": f", outputs={(pair or (0, 0))[0]}", "pair": f", outputs={pair or (0, 0)}"}.get(output, "")
        self._form = ".empirical", f", output={output!r}{chosen}"
        return self

    @classmethod
    def monte_carlo(cls, mlp, networks, type="ntk", seed=0):
        """The mean over random networks, `networks` of them with the seeds seed, seed + 1, ..., of their empirical
        kernels (output "trace"); seeds are in 0 ... 2**64 - 1 and go on at 0 after that. gram_estimates() and
        cross_estimates() give its error too."""
        if type not in _TYPES:
            raise InvalidValue(ENUM, f"type is {type!r}; expected 'ntk' or 'nngp'")
        self = cls.__new__(cls)
        checked(mlp, Mlp, "mlp")
        networks, seed = integer(networks, "networks"), seed_of(seed)
        self._adopt(mlp.context, "ntk_kernel_create_monte_carlo", "ntk_kernel_destroy", mlp._session.raw, mlp._handle,
                    _TYPES[type], networks, seed)
        self.type, self.depth, self._trampolines = type, 0, tuple(mlp._trampolines.values())
        self.networks = networks
        self._form = ".monte_carlo", f", networks={networks}, seed={seed}"
        return self

    @property
    def input_dimension(self):
        return self._get("ntk_kernel_get_input_dimension", ctypes.c_int64)

    def set_tolerance(self, tolerance):
        """The accuracy of a layer's expectations; 1e-10 unless it is set."""
        self._call("ntk_kernel_set_tolerance", number(tolerance, "tolerance"))

    def set_most_terms(self, terms):
        """The most terms that a series may have; 2048 unless it is set."""
        self._call("ntk_kernel_set_most_terms", integer(terms, "terms"))

    @property
    def error_bound(self):
        """What the truncation of series did at most to the values of the last call, relative to
        sqrt(K(x,x) K(x',x')); 0 when all activations have closed forms."""
        return self._get("ntk_kernel_get_error_bound", ctypes.c_double)

    def _rows(self, array, name, dtype=np.dtype(np.float64)):
        return Rows(array, name, self.input_dimension, dtype)

    def __call__(self, x, z=None):
        return self.gram(x) if z is None else self.cross(x, z)

    def gram(self, x, out=None, dtype=None):
        """K(X,X), n x n."""
        dtype = real_type(dtype)
        x = self._rows(x, "x", dtype)
        k = Result((x.n * self._block, x.n * self._block), out, dtype=dtype)
        self._call("ntk_kernel_gram" + _SUFFIX[dtype], *x.rows, *k.matrix)
        return k.array

    def cross(self, x, z, out=None, dtype=None):
        """K(X,Z), n x m."""
        dtype = real_type(dtype)
        x, z = self._rows(x, "x", dtype), self._rows(z, "z", dtype)
        k = Result((x.n * self._block, z.n * self._block), out, dtype=dtype)
        self._call("ntk_kernel_cross" + _SUFFIX[dtype], *x.rows, *z.rows, *k.matrix)
        return k.array

    def diagonal(self, x, dtype=None):
        """K(x_i,x_i), n values."""
        dtype = real_type(dtype)
        x = self._rows(x, "x", dtype)
        values = np.empty(x.n * self._block, dtype)
        self._call("ntk_kernel_diagonal" + _SUFFIX[dtype], *x.rows, values.ctypes.data)
        return values

    def apply(self, x, z, a, out=None, dtype=None):
        """K(X,Z) A without forming K: n x c, for A of m x c."""
        dtype = real_type(dtype)
        x, z, a = self._rows(x, "x", dtype), self._rows(z, "z", dtype), Rows(a, "a", dtype=dtype)
        if a.n != z.n * self._block:
            raise wrong_shape(f"a has {a.n} rows; expected {z.n * self._block}")
        result = Result((x.n * self._block, a.columns), out, dtype=dtype)
        self._call("ntk_kernel_apply" + _SUFFIX[dtype], *x.rows, *z.rows, a.columns, *a.matrix, *result.matrix)
        return result.array

    def gram_packed(self, x):
        """K(X,X) in n (n + 1) / 2 numbers: LAPACK's rectangular full packed format, TRANSR = 'N', UPLO = 'L'."""
        x = self._rows(x, "x")
        order = x.n * self._block
        k = np.empty(order * (order + 1) // 2)
        self._call("ntk_kernel_gram_packed", *x.rows, k.ctypes.data)
        return k

    def gram_estimates(self, x, networks=None, error=True):
        """(mean, standard error) of K(X,X) over the first `networks` of a Monte-Carlo kernel, each n x n; for several
        such numbers, in one pass, count x n x n. Without `networks`: over all. error=False: None in its place."""
        x = self._rows(x, "x")
        return self._estimates("ntk_kernel_gram_estimates", (x.n, x.n), networks, error, *x.rows)

    def cross_estimates(self, x, z, networks=None, error=True):
        """The same of K(X,Z)."""
        x, z = self._rows(x, "x"), self._rows(z, "z")
        return self._estimates("ntk_kernel_cross_estimates", (x.n, z.n), networks, error, *x.rows, *z.rows)

    def _estimates(self, name, shape, networks, error, *arguments):
        networks = getattr(self, "networks", 1) if networks is None else networks
        counts = np.array([integer(one, "networks") for one in np.atleast_1d(networks)], dtype=np.int64)
        mean = np.empty((counts.size,) + shape)
        errors = np.empty_like(mean) if error else None
        self._call(name, *arguments, counts.size, counts.ctypes.data, mean.ctypes.data, shape[1],
                   errors.ctypes.data if error else None, shape[1])
        if np.ndim(networks) == 0:
            mean, errors = mean[0], errors[0] if error else None
        return mean, errors

    def gram_layers(self, x, layers=None, nngp=True, ntk=True):
        """(NNGP, NTK) of several layers of X with itself in one pass, whatever the kernel's type: each layers x n x n,
        or None if it is not wanted. Without `layers` all of 1 ... L."""
        x = self._rows(x, "x")
        values = _Layers(layers, self.depth, (x.n, x.n), nngp, ntk)
        self._call("ntk_kernel_gram_layers", *x.rows, *values.arguments, x.n)
        return values.results

    def cross_layers(self, x, z, layers=None, nngp=True, ntk=True):
        """The same of X with Z: layers x n x m."""
        x, z = self._rows(x, "x"), self._rows(z, "z")
        values = _Layers(layers, self.depth, (x.n, z.n), nngp, ntk)
        self._call("ntk_kernel_cross_layers", *x.rows, *z.rows, *values.arguments, z.n)
        return values.results

    def diagonal_layers(self, x, layers=None, nngp=True, ntk=True):
        """The same of each row with itself: layers x n."""
        x = self._rows(x, "x")
        values = _Layers(layers, self.depth, (x.n,), nngp, ntk)
        self._call("ntk_kernel_diagonal_layers", *x.rows, *values.arguments)
        return values.results

    def cross_gradient(self, x, z):
        """dK(x_i, z_j) / dx_i: n x m x d."""
        x, z = self._rows(x, "x"), self._rows(z, "z")
        gradient = np.empty((x.n, z.n, x.columns))
        self._call("ntk_kernel_cross_gradient", *x.rows, *z.rows, gradient.ctypes.data)
        return gradient

    def apply_gradient(self, x, z, a):
        """The input gradient of the predictor K(., Z) A at x: n x c x d, for A of m x c."""
        x, z, a = self._rows(x, "x"), self._rows(z, "z"), Rows(a, "a")
        if a.n != z.n:
            raise wrong_shape(f"a has {a.n} rows; expected {z.n}")
        gradient = np.empty((x.n, a.columns, x.columns))
        self._call("ntk_kernel_apply_gradient", *x.rows, *z.rows, a.columns, *a.matrix, gradient.ctypes.data)
        return gradient

    def gram_derivative(self, x, std, layer):
        """dK(X,X) / d sigma of a layer, n x n; std is "weight_std" or "bias_std"."""
        x = self._rows(x, "x")
        derivative = Result((x.n, x.n), None)
        self._call("ntk_kernel_gram_derivative", *_parameter(std, layer), *x.rows, *derivative.matrix)
        return derivative.array

    def cross_derivative(self, x, z, std, layer):
        """The same of K(X,Z), n x m."""
        x, z = self._rows(x, "x"), self._rows(z, "z")
        derivative = Result((x.n, z.n), None)
        self._call("ntk_kernel_cross_derivative", *_parameter(std, layer), *x.rows, *z.rows, *derivative.matrix)
        return derivative.array

    def diagonal_derivative(self, x, std, layer):
        """The same of K(x_i,x_i), n values."""
        x = self._rows(x, "x")
        values = np.empty(x.n)
        self._call("ntk_kernel_diagonal_derivative", *_parameter(std, layer), *x.rows, values.ctypes.data)
        return values

    def certificate(self, x, a, z, b=0.0, bounds="euclidean"):
        """For each of m points z the largest radius r for which it is proved that f(z) = K(z,X) a + b keeps its sign
        when entries of z change by r at most, m numbers: the certificate of Chen et al. 2021, for one hidden layer of
        ReLU units without biases. bounds: "euclidean", as published, or "box", which is never smaller."""
        x, z = self._rows(x, "x"), self._rows(z, "z")
        a, radius = vector(a, "a", x.n), np.empty(z.n)
        self._call("ntk_kernel_certificate", *x.rows, a.ctypes.data, number(b, "b"), *z.rows,
                   choice(bounds, "bounds", _BOUNDS), radius.ctypes.data)
        return radius

    def __repr__(self):
        maker, form = self._form
        return f"Kernel{maker}({self.type!r}{form}, input_dimension={self.input_dimension})"


def _pair(outputs, output):
    """The two outputs of "pair", or that of "one" twice. The library refuses them with the other forms."""
    if output != "pair" and np.ndim(outputs) == 0:
        outputs = (outputs, outputs)
    if np.ndim(outputs) != 1 or len(outputs) != 2:
        what = "two outputs (a, b)" if output == "pair" else "an output"
        raise TypeError(f"outputs is {outputs!r}; expected {what}")
    return tuple(integer(one, "an entry of outputs") for one in outputs)


def _parameter(std, layer):
    if std not in _STDS:
        raise InvalidValue(ENUM, f"std is {std!r}; expected 'weight_std' or 'bias_std'")
    return _STDS[std], integer(layer, "layer")


class _Layers:
    """What the functions of several layers write to."""

    def __init__(self, layers, depth, shape, nngp, ntk):
        layers = [integer(layer, "an entry of layers") for layer in (range(1, depth + 1) if layers is None else layers)]
        self.results = tuple(np.empty((len(layers),) + shape) if wanted else None for wanted in (nngp, ntk))
        self.values = (LayerValues * len(layers))()
        for i, (value, layer) in enumerate(zip(self.values, layers)):
            addresses = [None if result is None else result[i:].ctypes.data for result in self.results]
            value.struct_size, value.layer = ctypes.sizeof(LayerValues), layer
            value.nngp, value.ntk = addresses
        self.arguments = len(layers), self.values
