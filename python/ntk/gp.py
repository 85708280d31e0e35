"""Gaussian process regression. See include/ntk/bayes.h."""

import ctypes

import numpy as np

from ._arrays import Result, Rows, number, targets, vector, wrong_shape
from ._context import Owner, checked, context_of
from .kernel import Kernel


class GP(Owner):
    """y = f(X) + noise, f ~ GP(0, K); with the "nngp" kernel the exact posterior of the infinitely wide network.

    x is n x d and y is n x c, or a vector of n targets; then means are vectors too. With a kernel of all outputs,
    Kernel.empirical(..., output="full"), row i k + a of y belongs to row i of x and output a of the network's k: y has
    n k rows, and means and variances at m points have m k.
    """

    def __init__(self, kernel, x, y, noise_variance):
        x = checked(kernel, Kernel, "kernel")._rows(x, "x")
        y, is_vector = targets(y, x.n * kernel._block)
        self._adopt(kernel.context, "ntk_gp_create_from_kernel", "ntk_gp_destroy", kernel._handle, *x.rows, y.columns,
                    *y.matrix, number(noise_variance, "noise_variance"))
        self._kernel = kernel  # which holds on to the functions of its activations
        self._input_dimension, self._block = kernel.input_dimension, kernel._block
        self._n, self._c, self._vector = y.n, y.columns, is_vector

    @classmethod
    def from_gram(cls, gram, y, noise_variance, context=None):
        """From a Gram matrix of any kernel, n x n; predict_cross() predicts."""
        self = cls.__new__(cls)
        gram = Rows(gram, "gram")
        if gram.columns != gram.n:
            raise wrong_shape(f"gram has the shape ({gram.n}, {gram.columns}); expected a square matrix")
        y, is_vector = targets(y, gram.n)
        context = context_of(context)
        self._adopt(context, "ntk_gp_create", "ntk_gp_destroy", context._session.raw, gram.n, y.columns, *gram.matrix,
                    *y.matrix, number(noise_variance, "noise_variance"))
        self._input_dimension, self._block = None, 1
        self._n, self._c, self._vector = y.n, y.columns, is_vector
        return self

    @property
    def samples(self):
        """The number of rows of y."""
        return self._n

    @property
    def outputs(self):
        """c, the number of columns of y."""
        return self._c

    @property
    def log_evidence(self):
        """log p(y), summed over the c outputs."""
        return self._get("ntk_gp_log_evidence", ctypes.c_double)

    def predict(self, z):
        """(mean, variance) at the points z, m x d. The variance is that of f, so without the noise."""
        z = Rows(z, "z", self._input_dimension)
        return self._posterior(z.n * self._block, "ntk_gp_predict_at", *z.rows)

    def predict_cross(self, cross, prior_diagonal):
        """The same from cross = K(Z,X), m x n, and the m values K(z_i,z_i)."""
        cross = Rows(cross, "cross", self._n)
        prior = vector(prior_diagonal, "prior_diagonal", cross.n)
        return self._posterior(cross.n, "ntk_gp_predict", *cross.rows, prior.ctypes.data)

    def _posterior(self, m, name, *arguments):
        mean, variance = Result((m, self._c), None), np.empty(m)
        self._call(name, *arguments, *mean.matrix, variance.ctypes.data)
        return (mean.array[:, 0] if self._vector else mean.array), variance

    def __repr__(self):
        return f"GP(samples={self._n}, outputs={self._c})"
