"""Gradient flow in function space. See include/ntk/flow.h."""

import collections
import ctypes

import numpy as np

from ._arrays import Result, Rows, choice, number, square, targets, times_of, vector, wrong_shape
from ._context import Owner, _running, checked, context_of
from ._library import FLOW_VISIT
from .kernel import Kernel
from .loss import as_loss

REDUCTIONS = {"mean": 0, "sum": 1}
DYNAMICS = {"gradient": 0, "descent": 1}
_SOLVERS = {"eigen": 0, "krylov": 1}
_SQUARED = 0

Work = collections.namedtuple("Work", "error steps factorisations")
Work.__doc__ = """What the latest call that took a time did: the estimated error of f_t(X), the steps from 0 to t,
and the factorisations in all since the flow was made."""


def _matrix(rows, columns):
    return (None, columns) if rows is None else rows.matrix


class _Visitor:
    """A Python callable as an ntk_flow_visit_function. What it raises, follow() raises."""

    def __init__(self, visit, shape):
        def call(user, t, n, c, f, a, cost, gradient_norm):
            try:
                arrays = [np.ctypeslib.as_array(pointer, (n, c)).copy().reshape(shape) for pointer in (f, a)]
                return int(bool(visit(t, *arrays, cost, gradient_norm)))
            except BaseException as raised:
                _running.session.raised = raised
                return 1

        self.pointer = FLOW_VISIT() if visit is None else FLOW_VISIT(call)


class Flow(Owner):
    """df/dt = -weight_decay f - learning_rate s sum_i w_i K(.,x_i) dloss/df(x_i): training in function space. With the
    squared loss df/dt = -(learning_rate / n) K (f - y). f = 0 at t = 0 unless `initial` says otherwise.

    loss            a name or a Loss
    reduction       "mean": s = 1/n; "sum": s = 1
    sample_weights  w, n numbers, or None for ones
    dynamics        "gradient": a differential equation in t; "descent": t counts steps
    momentum        0 <= momentum < 1
    solver          of the squared loss: "eigen", or "krylov", which takes no eigen-decomposition
    tolerance       what integrators and "krylov" are asked for, 1e-6 unless it is set
    start           a(0), n x c, where another flow ended; None for zero

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

    def __init__(self, kernel, x, y, learning_rate=1.0, weight_decay=0.0, initial=None, **settings):
        x = checked(kernel, Kernel, "kernel")._rows(x, "x")
        y, is_vector = targets(y, x.n * kernel._block)
        self._kernel = kernel  # which holds on to the functions of its activations
        self._create(kernel.context, y, is_vector, "ntk_flow_create_from_kernel", kernel._handle, *x.rows, y.columns,
                     *y.matrix)
        self._input_dimension, self._block = kernel.input_dimension, kernel._block
        self._configure(learning_rate, weight_decay, initial, **settings)

    @classmethod
    def from_gram(cls, gram, y, learning_rate=1.0, weight_decay=0.0, initial=None, context=None, **settings):
        """From a Gram matrix of any kernel, n x n; predict_cross() predicts."""
        self = cls.__new__(cls)
        gram = square(gram, "gram")
        y, is_vector = targets(y, gram.n)
        context = context_of(context)
        self._create(context, y, is_vector, "ntk_flow_create", context._session.raw, gram.n, y.columns, *gram.matrix,
                     *y.matrix)
        self._input_dimension, self._block = None, 1
        self._configure(learning_rate, weight_decay, initial, **settings)
        return self

    def _create(self, context, y, is_vector, create, *arguments):
        self._adopt(context, create, "ntk_flow_destroy", *arguments, _SQUARED)
        self._n, self._c, self._vector, self._loss = y.n, y.columns, is_vector, None

    def _configure(self, learning_rate, weight_decay, initial, *, loss="squared", reduction="mean",
                   sample_weights=None, dynamics="gradient", momentum=0.0, solver="eigen", tolerance=None, start=None):
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.set_reduction(reduction)
        self.set_dynamics(dynamics)
        self.set_momentum(momentum)
        self.set_solver(solver)
        if loss != "squared":
            self.set_loss(loss)
        if sample_weights is not None:
            self.set_sample_weights(sample_weights)
        if tolerance is not None:
            self.tolerance = tolerance
        if initial is not None:
            self.set_initial(initial)
        if start is not None:
            self.set_start(start)

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
    def tolerance(self):
        return self._get("ntk_flow_get_tolerance", ctypes.c_double)

    @tolerance.setter
    def tolerance(self, value):
        self._call("ntk_flow_set_tolerance", number(value, "tolerance"))

    def set_loss(self, loss):
        """A name or a Loss."""
        loss = as_loss(loss, self.context)
        self._call("ntk_flow_set_loss", loss._handle)
        self._loss = loss  # whose functions the C flow calls

    def set_reduction(self, reduction):
        self._call("ntk_flow_set_reduction", choice(reduction, "reduction", REDUCTIONS))

    def set_sample_weights(self, weights):
        """n numbers, or None for ones."""
        if weights is None:
            self._call("ntk_flow_set_sample_weights", self._n, None)
        else:
            weights = vector(weights, "sample_weights", self._n)
            self._call("ntk_flow_set_sample_weights", self._n, weights.ctypes.data)

    def set_dynamics(self, dynamics):
        self._call("ntk_flow_set_dynamics", choice(dynamics, "dynamics", DYNAMICS))

    def set_momentum(self, momentum):
        self._call("ntk_flow_set_momentum", number(momentum, "momentum"))

    def set_solver(self, solver):
        self._call("ntk_flow_set_solver", choice(solver, "solver", _SOLVERS))

    def set_start(self, a):
        """a(0), n x c; None for zero."""
        a = self._initial(a, self._n, "start")
        self._call("ntk_flow_set_start", *_matrix(a, self._c))

    @property
    def largest_learning_rate(self):
        """The one below which descent is stable on the squared loss."""
        return self._get("ntk_flow_get_largest_learning_rate", ctypes.c_double)

    @property
    def work(self):
        """The Work of the latest call that took a time."""
        error, steps, factorisations = ctypes.c_double(), ctypes.c_int64(), ctypes.c_int64()
        self._call("ntk_flow_get_work", *map(ctypes.byref, (error, steps, factorisations)))
        return Work(error.value, steps.value, factorisations.value)

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
        if np.ndim(t) == 0:
            return self._outputs(self._n, out, "ntk_flow_get_coefficients", t)
        times, out = times_of(t), self._several(len(t), self._n, out)
        for one, a in zip(times, out):
            a[...] = self.coefficients(one)
        return out

    def predict(self, t, z, f0=None, out=None):
        """f_t at the points z, m x d; f0 holds their outputs at t = 0. K(Z,X) is made once, whatever the number of
        times."""
        z = Rows(z, "z", self._input_dimension)
        m = z.n * self._block
        f0 = self._initial(f0, m)
        return self._outputs(m, out, "ntk_flow_predict_at", t, *z.rows, *_matrix(f0, self._c))

    def predict_cross(self, t, cross, f0=None, out=None):
        """The same from cross = K(Z,X), m x n."""
        cross = Rows(cross, "cross", self._n)
        f0 = self._initial(f0, cross.n)
        return self._outputs(cross.n, out, "ntk_flow_predict", t, *cross.rows, *_matrix(f0, self._c))

    def cost(self, t):
        """L(f_t(X)), without the decay's part; for a sequence of times an array."""
        return self._cost(t, 0)

    def gradient_norm(self, t):
        """The size of L's gradient in the parameters of a network with this kernel; an array for several times."""
        return self._cost(t, 1)

    def _cost(self, t, which):
        if np.ndim(t) > 0:
            return np.array([self._cost(one, which) for one in times_of(t)])
        value = ctypes.c_double()
        pointers = [None, None]
        pointers[which] = ctypes.byref(value)
        self._call("ntk_flow_get_cost", number(t, "t"), *pointers)
        return value.value

    def follow(self, times, visit=None, cost=None, gradient_norm=None):
        """Goes through ascending times until visit(t, f, a, cost, gradient_norm) returns something true, or until the
        cost or the size of its gradient is at most what is given here. Returns the number of times visited. f and a
        are f_t(X) and a(t); visit must not use objects of the same context."""
        if visit is not None and not callable(visit):
            raise TypeError(f"visit is {visit!r}; expected a callable")
        times = times_of(times)
        visitor = _Visitor(visit, (self._n,) if self._vector else (self._n, self._c))
        limits = [np.nan if limit is None else number(limit, name)
                  for limit, name in ((cost, "cost"), (gradient_norm, "gradient_norm"))]
        last = ctypes.c_int64()
        self._call("ntk_flow_follow", times.size, times.ctypes.data, *limits, visitor.pointer, None,
                   ctypes.byref(last))
        return last.value

    def __repr__(self):
        loss = "" if self._loss is None else f", loss={self._loss!r}"
        return (f"Flow(samples={self._n}, outputs={self._c}, learning_rate={self.learning_rate}, "
                f"weight_decay={self.weight_decay}{loss})")

    def _initial(self, f0, m, name="f0"):
        if f0 is None:
            return None
        matrix = targets(f0, m, name)[0]
        if matrix.columns != self._c:
            raise wrong_shape(f"{name} has {matrix.columns} columns; expected {self._c}")
        return matrix

    def _several(self, count, m, out):
        """`out`, which must have the shape of the outputs at so many times, or a new array."""
        shape = (count, m) if self._vector else (count, m, self._c)
        if out is None:
            return np.empty(shape)
        if not isinstance(out, np.ndarray) or out.shape != shape:
            raise wrong_shape(f"out must be an array of shape {shape}")
        return out

    def _outputs(self, m, out, name, t, *arguments):
        """The m x c outputs of the function at the time t, or of its form for several times."""
        if np.ndim(t) == 0:
            return self._outputs_at(m, out, name, number(t, "t"), *arguments)
        times = times_of(t)
        out = self._several(times.size, m, out)
        if times.size > 0:
            f = np.empty((times.size * m, self._c))
            self._call(name + "_times", times.size, times.ctypes.data, *arguments, f.ctypes.data, self._c)
            out[...] = f.reshape(out.shape)
        return out

    def _outputs_at(self, m, out, name, t, *arguments):
        if out is not None and self._vector and np.ndim(out) == 1:
            out = out[:, np.newaxis]
        f = Result((m, self._c), out)
        self._call(name, t, *arguments, *f.matrix)
        return f.array[:, 0] if self._vector else f.array
