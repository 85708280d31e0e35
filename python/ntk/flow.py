"""Gradient flow in function space. See include/ntk/flow.h."""

import ctypes

import numpy as np

from ._arrays import Result, Rows, number, targets, wrong_shape
from ._context import Owner, checked, context_of
from .kernel import Kernel

_SQUARED = 0
_SMALL_CROSS = 2**24  # entries, 128 MiB: K(Z,X) up to this size is kept between the times of one prediction


def _matrix(rows, columns):
    return (None, columns) if rows is None else rows.matrix


class Flow(Owner):
    """df/dt = -(learning_rate / n) K (f - y) on the squared loss, with f = 0 at t = 0 unless `initial` says otherwise.

    x is n x d and y is n x c, or a vector of n targets; then outputs are vectors too. With a kernel of all outputs,
    Kernel.empirical(..., output="full"), row i k + a of y belongs to row i of x and output a of the network's k: y has
    n k rows, and predictions at m points have m k. The 1/n above is then 1 / (n k): learning_rate=k gives the time of a
    Trainer with learning_rate=1. So with a Network of c outputs and y of n x c

        kernel = ntk.Kernel.empirical(network, output="full")
        flow = ntk.Flow(kernel, x, y.reshape(-1, 1), learning_rate=c, initial=network(x).reshape(-1, 1))
        f = flow.predict(t, z, network(z).reshape(-1, 1)).reshape(-1, c)

    is Trainer(network, x, y, method="flow", model="linearised").advance(t) and predict(z), to the Trainer's tolerance.

    Times are in [0, inf], and np.inf is the end of training. Methods that take a time t take a sequence of times too;
    the result then has a leading axis, one entry for each time.
    """

    def __init__(self, kernel, x, y, learning_rate=1.0, weight_decay=0.0, initial=None):
        x = checked(kernel, Kernel, "kernel")._rows(x, "x")
        y, vector = targets(y, x.n * kernel._block)
        self._start(kernel.context, y, vector, "ntk_flow_create_from_kernel", kernel._handle, *x.rows, y.columns,
                    *y.matrix)
        self._input_dimension, self._block = kernel.input_dimension, kernel._block
        self._kernel, self._x = kernel, x.array.copy()
        self._configure(learning_rate, weight_decay, initial)

    @classmethod
    def from_gram(cls, gram, y, learning_rate=1.0, weight_decay=0.0, initial=None, context=None):
        """From a Gram matrix of any kernel, n x n; predict_cross() predicts."""
        self = cls.__new__(cls)
        gram = Rows(gram, "gram")
        if gram.columns != gram.n:
            raise wrong_shape(f"gram has the shape ({gram.n}, {gram.columns}); expected a square matrix")
        y, vector = targets(y, gram.n)
        context = context_of(context)
        self._start(context, y, vector, "ntk_flow_create", context._session.raw, gram.n, y.columns, *gram.matrix,
                    *y.matrix)
        self._input_dimension, self._block = None, 1
        self._configure(learning_rate, weight_decay, initial)
        return self

    def _start(self, context, y, vector, create, *arguments):
        self._adopt(context, create, "ntk_flow_destroy", *arguments, _SQUARED)
        self._n, self._c, self._vector = y.n, y.columns, vector

    def _configure(self, learning_rate, weight_decay, initial):
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        if initial is not None:
            self.set_initial(initial)

    @property
    def learning_rate(self):
        return self._get("ntk_flow_get_learning_rate", ctypes.c_double)

    @learning_rate.setter
    def learning_rate(self, value):
        self._call("ntk_flow_set_learning_rate", number(value, "learning_rate"))

    @property
    def weight_decay(self):
        return self._get("ntk_flow_get_weight_decay", ctypes.c_double)

    @weight_decay.setter
    def weight_decay(self, value):
        self._call("ntk_flow_set_weight_decay", number(value, "weight_decay"))

    @property
    def samples(self):
        """The number of rows of y."""
        return self._n

    @property
    def outputs(self):
        """c, the number of columns of y."""
        return self._c

    @property
    def rank(self):
        """The number of eigenvalues of the Gram matrix that count as positive."""
        return self._get("ntk_flow_get_rank", ctypes.c_int64)

    def set_initial(self, f0):
        """The outputs on the training set at t = 0; None for zero."""
        f0 = self._initial(f0, self._n, "initial")
        self._call("ntk_flow_set_initial", *_matrix(f0, self._c))

    def train(self, t, out=None):
        """f_t(X), the outputs on the training set."""
        return self._outputs(self._n, out, "ntk_flow_train", t)

    def coefficients(self, t, out=None):
        """a(t), with which f_t(z) = exp(-weight_decay t) f_0(z) + K(z,X) a(t)."""
        return self._outputs(self._n, out, "ntk_flow_get_coefficients", t)

    def predict(self, t, z, f0=None, out=None):
        """f_t at the points z, m x d; f0 holds their outputs at t = 0.

        With several times K(Z,X) is computed once if it has at most 2**24 entries (128 MiB), else for each time."""
        z = Rows(z, "z", self._input_dimension)
        m = z.n * self._block
        if np.ndim(t) == 1 and len(t) > 1 and self._input_dimension is not None and self._n * m <= _SMALL_CROSS:
            return self.predict_cross(t, self._kernel.cross(self._x, z.array).T, f0, out)
        f0 = self._initial(f0, m)
        return self._outputs(m, out, "ntk_flow_predict_at", t, *z.rows, *_matrix(f0, self._c))

    def predict_cross(self, t, cross, f0=None, out=None):
        """The same from cross = K(Z,X), m x n."""
        cross = Rows(cross, "cross", self._n)
        f0 = self._initial(f0, cross.n)
        return self._outputs(cross.n, out, "ntk_flow_predict", t, *cross.rows, *_matrix(f0, self._c))

    def __repr__(self):
        return (f"Flow(samples={self._n}, outputs={self._c}, learning_rate={self.learning_rate}, "
                f"weight_decay={self.weight_decay})")

    def _initial(self, f0, m, name="f0"):
        if f0 is None:
            return None
        matrix = targets(f0, m, name)[0]
        if matrix.columns != self._c:
            raise wrong_shape(f"{name} has {matrix.columns} columns; expected {self._c}")
        return matrix

    def _outputs(self, m, out, name, t, *arguments):
        """The m x c outputs of the function at the time t, or at each of the times."""
        if np.ndim(t) == 0:
            return self._outputs_at(m, out, name, number(t, "t"), *arguments)
        if np.ndim(t) != 1:
            raise wrong_shape(f"t has {np.ndim(t)} dimensions; expected a number or a sequence of numbers")
        times = [number(one, "an entry of t") for one in t]
        shape = (len(times), m) if self._vector else (len(times), m, self._c)
        if out is None:
            out = np.empty(shape)
        elif not isinstance(out, np.ndarray) or out.shape != shape:
            raise wrong_shape(f"out must be an array of shape {shape}")
        for one, f in zip(times, out):
            self._outputs_at(m, f, name, one, *arguments)
        return out

    def _outputs_at(self, m, out, name, t, *arguments):
        if out is not None and self._vector and np.ndim(out) == 1:
            out = out[:, np.newaxis]
        f = Result((m, self._c), out)
        self._call(name, t, *arguments, *f.matrix)
        return f.array[:, 0] if self._vector else f.array
