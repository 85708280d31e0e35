"""Gradient flow in function space. See include/ntk/flow.h."""

import ctypes

import numpy as np

from ._arrays import Result, Rows, targets
from ._context import Context, Owner

_SQUARED = 0


def _matrix(rows, columns):
    return (None, columns) if rows is None else rows.matrix


class Flow(Owner):
    """df/dt = -(learning_rate / n) K (f - y) on the squared loss, with f = 0 at t = 0 unless `initial` says otherwise.

    x is n x d and y is n x c, or a vector of n targets; then outputs are vectors too. Times are in [0, inf].
    """

    def __init__(self, kernel, x, y, learning_rate=1.0, weight_decay=0.0, initial=None):
        x = kernel._rows(x, "x")
        y, vector = targets(y, x.n)
        self._start(kernel.context, x.n, y, vector, "ntk_flow_create_from_kernel", kernel._handle, *x.rows,
                    y.columns, *y.matrix)
        self._input_dimension = kernel.input_dimension
        self._configure(learning_rate, weight_decay, initial)

    @classmethod
    def from_gram(cls, gram, y, learning_rate=1.0, weight_decay=0.0, initial=None, context=None):
        """From a Gram matrix of any kernel, n x n; predict_cross() predicts."""
        self = cls.__new__(cls)
        gram = Rows(gram, "gram")
        if gram.columns != gram.n:
            raise ValueError(f"gram has the shape ({gram.n}, {gram.columns}); expected a square matrix")
        y, vector = targets(y, gram.n)
        context = context or Context()
        self._start(context, gram.n, y, vector, "ntk_flow_create", context._session.raw, gram.n, y.columns,
                    *gram.matrix, *y.matrix)
        self._input_dimension = None
        self._configure(learning_rate, weight_decay, initial)
        return self

    def _start(self, context, n, y, vector, create, *arguments):
        self._adopt(context, create, "ntk_flow_destroy", *arguments, _SQUARED)
        self.n, self.c, self._vector = n, y.columns, vector

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
        self._call("ntk_flow_set_learning_rate", value)

    @property
    def weight_decay(self):
        return self._get("ntk_flow_get_weight_decay", ctypes.c_double)

    @weight_decay.setter
    def weight_decay(self, value):
        self._call("ntk_flow_set_weight_decay", value)

    @property
    def rank(self):
        """The number of eigenvalues of the Gram matrix that count as positive."""
        return self._get("ntk_flow_get_rank", ctypes.c_int64)

    def set_initial(self, f0):
        """The outputs on the training set at t = 0; None for zero."""
        f0 = self._initial(f0, self.n)
        self._call("ntk_flow_set_initial", *_matrix(f0, self.c))

    def train(self, t, out=None):
        """f_t(X), the outputs on the training set."""
        return self._outputs(self.n, out, "ntk_flow_train", t)

    def coefficients(self, t, out=None):
        """a(t), with which f_t(z) = exp(-weight_decay t) f_0(z) + K(z,X) a(t)."""
        return self._outputs(self.n, out, "ntk_flow_get_coefficients", t)

    def predict(self, t, z, f0=None, out=None):
        """f_t at the points z, m x d; f0 holds their outputs at t = 0."""
        z = Rows(z, "z", self._input_dimension)
        f0 = self._initial(f0, z.n)
        return self._outputs(z.n, out, "ntk_flow_predict_at", t, *z.rows, *_matrix(f0, self.c))

    def predict_cross(self, t, cross, f0=None, out=None):
        """The same from cross = K(Z,X), m x n."""
        cross = Rows(cross, "cross", self.n)
        f0 = self._initial(f0, cross.n)
        return self._outputs(cross.n, out, "ntk_flow_predict", t, *cross.rows, *_matrix(f0, self.c))

    def _initial(self, f0, m):
        if f0 is None:
            return None
        matrix = targets(f0, m, "f0")[0]
        if matrix.columns != self.c:
            raise ValueError(f"f0 has {matrix.columns} columns; expected {self.c}")
        return matrix

    def _outputs(self, m, out, name, t, *arguments):
        if out is not None and self._vector and np.ndim(out) == 1:
            out = out[:, np.newaxis]
        f = Result((m, self.c), out)
        self._call(name, t, *arguments, *f.matrix)
        return f.array[:, 0] if self._vector else f.array
