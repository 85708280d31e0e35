"""Kernel machines: support vectors, ridge and logistic regression. See include/ntk/svm.h."""

import collections
import ctypes

import numpy as np

from ._arrays import Result, Rows, boolean, choice, integer, number, square, vector
from ._context import Owner, checked, context_of
from .kernel import Kernel

_TYPES = {"svc": 0, "svr": 1, "ridge": 2, "logistic": 3}
_MULTICLASS = {"one_vs_one": 0, "one_vs_rest": 1}

Report = collections.namedtuple("Report", "objective gap violation iterations support_vectors")
Report.__doc__ = """Of one fitted machine: the value of its cost, what the dual problem leaves of it, the largest
violation of the optimality conditions, iterations, support vectors."""


class Svm(Owner):
    """f(x) = sum_i a_i K(x,x_i) + b, which minimises a'Ka / 2 + sum_i C_i loss(y_i, f(x_i)).

    type            "svc" and "logistic": y are n labels, any numbers, equal ones a class; "svr" and "ridge": n numbers
    cost            C > 0; C_i is C times the factor of its class times the sample's weight
    class_costs     {label: factor}
    sample_weights  n numbers, or None for ones
    bias            True or False; None: on for "svc" and "svr"
    multiclass      "one_vs_one", the default, or "one_vs_rest"
    epsilon         of "svr", 0.1 unless it is set
    tolerance       the violation at which the solver stops, 1e-3 unless it is set
    cache           bytes for rows of the kernel matrix, 256 MiB unless it is set
    shrinking       False: SMO looks at all samples in each iteration
    most_iterations of SMO

    fit() solves; it is needed again after a setter. With a kernel the rows of the Gram matrix are made as "svc" and
    "svr" need them."""

    def __init__(self, kernel, x, y, cost=1.0, *, type="svc", **settings):
        x = checked(kernel, Kernel, "kernel")._rows(x, "x")
        values = self._targets(y, x.n)
        self._kernel = kernel  # which holds on to the functions of its activations
        self._adopt(kernel.context, "ntk_svm_create_from_kernel", "ntk_svm_destroy", kernel._handle,
                    choice(type, "type", _TYPES), *x.rows, values.ctypes.data)
        self._begin(type, x.n, kernel.input_dimension, cost, settings)

    @classmethod
    def from_gram(cls, gram, y, cost=1.0, *, type="svc", context=None, **settings):
        """From a Gram matrix of any kernel, n x n; decide_cross() and predict_cross() predict."""
        self = cls.__new__(cls)
        gram, context = square(gram, "gram"), context_of(context)
        values = self._targets(y, gram.n)
        self._adopt(context, "ntk_svm_create", "ntk_svm_destroy", context._session.raw, choice(type, "type", _TYPES),
                    gram.n, *gram.matrix, values.ctypes.data)
        self._begin(type, gram.n, None, cost, settings)
        return self

    def _targets(self, y, n):
        given = np.asarray(y)
        if np.iscomplexobj(given):
            raise TypeError("y is complex; the library takes real numbers")
        self._dtype = given.dtype if given.dtype.kind in "biu" else np.dtype(np.float64)
        return vector(given, "y", n)

    def _begin(self, type, n, input_dimension, cost, settings):
        self.type, self._n, self._input_dimension = type, n, input_dimension
        self.set_cost(cost)
        setters = {"class_costs": self.set_class_costs, "sample_weights": self.set_sample_weights,
                   "bias": self.set_bias, "multiclass": self.set_multiclass, "epsilon": self.set_epsilon,
                   "tolerance": self.set_tolerance, "cache": self.set_cache, "shrinking": self.set_shrinking,
                   "most_iterations": self.set_most_iterations}
        for name, value in settings.items():
            if name not in setters:
                raise TypeError(f"there is no setting {name!r}; expected one of {', '.join(setters)}")
            if value is not None:
                setters[name](value)

    def set_cost(self, cost):
        self._call("ntk_svm_set_cost", number(cost, "cost"))
        self.cost = float(cost)

    def set_class_costs(self, factors):
        """{label: factor}; classes that are not named keep theirs."""
        places = {label: k for k, label in enumerate(self.classes)}
        for label, factor in factors.items():
            self._call("ntk_svm_set_class_cost", places.get(label, -1), number(factor, f"the factor of class {label}"))

    def set_sample_weights(self, weights):
        """n numbers, or None for ones."""
        if weights is None:
            self._call("ntk_svm_set_sample_weights", self._n, None)
        else:
            weights = vector(weights, "sample_weights", self._n)
            self._call("ntk_svm_set_sample_weights", self._n, weights.ctypes.data)

    def set_bias(self, on):
        self._call("ntk_svm_set_bias", boolean(on, "bias"))

    def set_multiclass(self, multiclass):
        self._call("ntk_svm_set_multiclass", choice(multiclass, "multiclass", _MULTICLASS))

    def set_epsilon(self, epsilon):
        self._call("ntk_svm_set_epsilon", number(epsilon, "epsilon"))

    def set_tolerance(self, tolerance):
        self._call("ntk_svm_set_tolerance", number(tolerance, "tolerance"))

    def set_cache(self, size):
        self._call("ntk_svm_set_cache", integer(size, "cache"))

    def set_shrinking(self, on):
        self._call("ntk_svm_set_shrinking", boolean(on, "shrinking"))

    def set_most_iterations(self, iterations):
        self._call("ntk_svm_set_most_iterations", integer(iterations, "most_iterations"))

    def fit(self):
        """Solves, and returns the machine itself."""
        self._call("ntk_svm_fit")
        return self

    @property
    def samples(self):
        return self._n

    @property
    def classes(self):
        """The labels in ascending order; empty for "svr" and "ridge"."""
        k = self._get("ntk_svm_get_classes", ctypes.c_int64)
        labels = np.empty(k)
        if k > 0:
            self._call("ntk_svm_get_labels", k, labels.ctypes.data)
        return labels.astype(self._dtype)

    @property
    def machines(self):
        """M, the number of machines of two classes that it consists of."""
        return self._get("ntk_svm_get_machines", ctypes.c_int64)

    def solution(self):
        """(a, b): n x M coefficients and M biases."""
        a, b = Result((self._n, self.machines), None), np.empty(self.machines)
        self._call("ntk_svm_get_solution", *a.matrix, b.ctypes.data)
        return a.array, b

    def report(self, machine=0):
        """The Report of one machine."""
        reals, counts = [ctypes.c_double() for _ in range(3)], [ctypes.c_int64() for _ in range(2)]
        self._call("ntk_svm_get_report", integer(machine, "machine"), *map(ctypes.byref, reals + counts))
        return Report(*(one.value for one in reals + counts))

    def bound(self, confidence=0.95, machine=0):
        """A bound on the probability of an error that holds with the given probability."""
        return self._get("ntk_svm_get_bound", ctypes.c_double, integer(machine, "machine"),
                         number(confidence, "confidence"))

    def decide(self, z):
        """f at the points z, m x d: m x M, or m numbers of a single machine."""
        return self._values("ntk_svm_decide_at", Rows(z, "z", self._input_dimension))

    def decide_cross(self, cross):
        """The same from cross = K(Z,X), m x n."""
        return self._values("ntk_svm_decide", Rows(cross, "cross", self._n))

    def predict(self, z):
        """Labels, or numbers, at the points z, m x d."""
        return self._labels("ntk_svm_predict_at", Rows(z, "z", self._input_dimension))

    def predict_cross(self, cross):
        """The same from cross = K(Z,X), m x n."""
        return self._labels("ntk_svm_predict", Rows(cross, "cross", self._n))

    def _values(self, name, rows):
        f = Result((rows.n, self.machines), None)
        self._call(name, *rows.rows, *f.matrix)
        return f.array[:, 0] if f.columns == 1 else f.array

    def _labels(self, name, rows):
        y = np.empty(rows.n)
        self._call(name, *rows.rows, y.ctypes.data)
        return y.astype(self._dtype) if self.type in ("svc", "logistic") else y

    def __repr__(self):
        return f"Svm(samples={self._n}, type={self.type!r}, cost={self.cost!r})"
