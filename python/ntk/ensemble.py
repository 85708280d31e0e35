"""Ensembles of trained networks of infinite width. See include/ntk/ensemble.h."""

import numpy as np

from ._arrays import Result, Rows, address, choice, number, square, targets, times_of, vector, wrong_shape
from ._context import Owner, checked, context_of
from .flow import DYNAMICS, REDUCTIONS
from .kernel import Kernel


class Ensemble(Owner):
    """Networks of infinite width, trained on the squared loss from random starts: a Gaussian process at any time.

    ntk, nngp   their two kernels, of one context; ntk=None for networks whose last layer alone is trained
    x, y        n x d, and n x c or a vector of n targets; then means are vectors too

    Times are in [0, inf]; learning_rate, weight_decay, reduction, dynamics and momentum are those of Flow. Methods that
    take a time t take a sequence of times too; results then have a leading axis. Each output has the same variance, and
    outputs are independent.
    """

    def __init__(self, ntk, nngp, x, y, learning_rate=1.0, weight_decay=0.0, *, reduction="mean", dynamics="gradient",
                 momentum=0.0):
        x = checked(nngp, Kernel, "nngp")._rows(x, "x")
        first = None if ntk is None else checked(ntk, Kernel, "ntk")._handle
        y, is_vector = targets(y, x.n)
        self._kernels = ntk, nngp  # which the library goes on using
        self._adopt(nngp.context, "ntk_ensemble_create_from_kernels", "ntk_ensemble_destroy", first, nngp._handle,
                    *x.rows, y.columns, *y.matrix)
        self._input_dimension, self._last_layer = nngp.input_dimension, ntk is None
        self._n, self._c, self._vector = y.n, y.columns, is_vector
        self._configure(learning_rate, weight_decay, reduction, dynamics, momentum)

    @classmethod
    def from_grams(cls, ntk, nngp, y, learning_rate=1.0, weight_decay=0.0, *, reduction="mean", dynamics="gradient",
                   momentum=0.0, context=None):
        """From the two Gram matrices, n x n each, or None for the first; predict_cross() predicts."""
        self = cls.__new__(cls)
        nngp = square(nngp, "nngp")
        first = (None, nngp.n) if ntk is None else square(ntk, "ntk").matrix
        if ntk is not None and np.shape(ntk) != (nngp.n, nngp.n):
            raise wrong_shape(f"ntk has the shape {np.shape(ntk)}; expected ({nngp.n}, {nngp.n})")
        y, is_vector = targets(y, nngp.n)
        context = context_of(context)
        self._adopt(context, "ntk_ensemble_create", "ntk_ensemble_destroy", context._session.raw, nngp.n, y.columns,
                    *first, *nngp.matrix, *y.matrix)
        self._input_dimension, self._last_layer = None, ntk is None
        self._n, self._c, self._vector = y.n, y.columns, is_vector
        self._configure(learning_rate, weight_decay, reduction, dynamics, momentum)
        return self

    def _configure(self, learning_rate, weight_decay, reduction, dynamics, momentum):
        self._call("ntk_ensemble_set_learning_rate", number(learning_rate, "learning_rate"))
        self._call("ntk_ensemble_set_weight_decay", number(weight_decay, "weight_decay"))
        self._call("ntk_ensemble_set_reduction", choice(reduction, "reduction", REDUCTIONS))
        self._call("ntk_ensemble_set_dynamics", choice(dynamics, "dynamics", DYNAMICS))
        self._call("ntk_ensemble_set_momentum", number(momentum, "momentum"))

    @property
    def samples(self):
        """The number of rows of y."""
        return self._n

    @property
    def outputs(self):
        """c, the number of columns of y."""
        return self._c

    def mean(self, t, z=None):
        """The mean alone: at the points z, m x d, or on the training set."""
        if z is None:
            return self._moments(t, self._n, None, "ntk_ensemble_train")[0]
        z = Rows(z, "z", self._input_dimension)
        return self._moments(t, z.n, None, "ntk_ensemble_predict_at", *z.rows)[0]

    def train(self, t, covariance=False):
        """(mean, variance) on the training set, or with covariance=True (mean, covariance), n x n."""
        return self._moments(t, self._n, covariance, "ntk_ensemble_train")

    def predict(self, t, z, covariance=False):
        """The same at the points z, m x d."""
        z = Rows(z, "z", self._input_dimension)
        return self._moments(t, z.n, covariance, "ntk_ensemble_predict_at", *z.rows)

    def predict_cross(self, t, ntk, nngp, prior, covariance=False):
        """The same from ntk = K(Z,X), None for an ensemble without, nngp = S(Z,X), m x n each, and `prior`: S(Z,Z),
        m x m, for the covariance, and otherwise its diagonal, m numbers."""
        nngp = Rows(nngp, "nngp", self._n)
        first = (None, self._n) if ntk is None else Rows(ntk, "ntk", self._n).matrix
        if ntk is not None and np.shape(ntk)[0] != nngp.n:
            raise wrong_shape(f"ntk has {np.shape(ntk)[0]} rows; expected {nngp.n}")
        whole, diagonal = (None, nngp.n), None
        if covariance:
            prior = square(prior, "prior")
            if prior.n != nngp.n:
                raise wrong_shape(f"prior has {prior.n} rows; expected {nngp.n}")
            whole = prior.matrix
        else:
            diagonal = vector(prior, "prior", nngp.n)
        return self._moments(t, nngp.n, covariance, "ntk_ensemble_predict", nngp.n, *first, *nngp.matrix, *whole,
                             address(diagonal))

    def _moments(self, t, m, covariance, name, *arguments):
        """covariance: True for the matrix, False for variances, None for the mean alone."""
        if np.ndim(t) > 0:
            times = times_of(t)
            mean = np.empty((times.size, m) if self._vector else (times.size, m, self._c))
            spread = None if covariance is None else np.empty((times.size, m) + (m,) * covariance)
            for k, one in enumerate(times):
                mean[k], second = self._moments(one, m, covariance, name, *arguments)
                if spread is not None:
                    spread[k] = second
            return mean, spread
        mean, whole, variance = Result((m, self._c), None), None, None
        if covariance:
            whole = np.empty((m, m))
        elif covariance is not None:
            variance = np.empty(m)
        self._call(name, number(t, "t"), *arguments, *mean.matrix, address(whole), m, address(variance))
        return (mean.array[:, 0] if self._vector else mean.array), (whole if covariance else variance)

    def __repr__(self):
        trained = "last layer" if self._last_layer else "all layers"
        return f"Ensemble(samples={self._n}, outputs={self._c}, trained={trained!r})"
