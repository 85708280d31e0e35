"""Losses. See include/ntk/loss.h."""

import ctypes
import itertools

import numpy as np

from ._arrays import Rows, targets, wrong_shape
from ._context import Owner, _running, context_of
from ._library import ENUM, LOSS_FUNCTION, InvalidValue, library


def _names():
    """The names of all losses that can be made by name."""
    names = (library.ntk_loss_kind_name(kind) for kind in itertools.count())
    return [name.decode() for name in itertools.takewhile(lambda name: name is not None, names) if name != b"function"]


def _kind(name):
    if not isinstance(name, str):
        raise TypeError(f"loss is {name!r}; expected a name or a Loss")
    if name == "function":
        raise InvalidValue(ENUM, "a loss 'function' is made by Loss.from_function()")
    kind = ctypes.c_int32()
    if library.ntk_loss_kind_from_name(name.encode(), ctypes.byref(kind)):
        raise InvalidValue(ENUM, f"unknown loss {name!r}; expected one of {', '.join(_names())}")
    return kind.value


class _Function:
    """A Python callable of f and y, both n x c, as a C function of the library. What it raises is raised by the call
    that needed it. Whatever may call the C function has to hold on to this."""

    def __init__(self, function, per_row):
        def call(user, n, c, f, y, out):
            try:
                # Copies, which the callable may keep and change.
                given = [np.ctypeslib.as_array(pointer, (n, c)).copy() for pointer in (f, y)]
                made, shape = np.asarray(function(*given)), (n,) if per_row else (n, c)
                if np.iscomplexobj(made):
                    raise TypeError("the function returned complex numbers; the library takes real ones")
                if made.shape != shape:
                    raise ValueError(f"the function returned an array of shape {made.shape}; expected {shape}")
                np.ctypeslib.as_array(out, shape)[...] = made
                return 0
            except BaseException as raised:
                _running.session.raised = raised
                return 1

        self.pointer = LOSS_FUNCTION(call)


class Loss(Owner):
    """A loss by name: "squared", "logistic", "cross_entropy", "hinge", "squared_hinge", "epsilon_insensitive"
    (parameter epsilon, 0.1) or "huber" (parameter delta, 1). include/ntk/loss.h has the formulas and says what y must
    be. from_function() makes one of Python callables."""

    def __init__(self, name="squared", parameter=None, context=None):
        context = context_of(context)
        values = np.array([] if parameter is None else [parameter], dtype=np.float64)
        self._adopt(context, "ntk_loss_create", "ntk_loss_destroy", context._session.raw, _kind(name),
                    values.ctypes.data if values.size else None, values.size)
        self.name, self.parameter, self._trampolines = name, parameter, ()

    @classmethod
    def from_function(cls, gradient, value=None, context=None):
        """gradient(f, y), n x c for f and y of n x c: n times the gradient of the loss of these n rows. value(f, y), n
        numbers whose mean is that loss; without it, what needs values fails. What they raise, the method that needed
        them raises. They must not use objects of the same context."""
        if not callable(gradient) or not (value is None or callable(value)):
            raise TypeError("gradient and value must be callables")
        self = cls.__new__(cls)
        self._trampolines = (_Function(gradient, False),) + (() if value is None else (_Function(value, True),))
        pointers = [one.pointer for one in self._trampolines] + [LOSS_FUNCTION()]
        context = context_of(context)
        self._adopt(context, "ntk_loss_create_function", "ntk_loss_destroy", context._session.raw, *pointers[:2], None)
        self.name, self.parameter = "function", None
        return self

    def __call__(self, f, y):
        """The loss: the mean of values()."""
        return float(np.mean(self.values(f, y)))

    def values(self, f, y):
        """What the loss makes of each row, n numbers. f and y are n x c; vectors stand for one column."""
        f, y = self._rows(f, y)
        values = np.empty(f.n)
        self._call("ntk_loss_evaluate", f.n, f.columns, *f.matrix, *y.matrix, values.ctypes.data, None, 0)
        return values

    def gradient(self, f, y):
        """The derivative of each row's loss by its outputs, in the shape of f."""
        vector = np.ndim(f) == 1
        f, y = self._rows(f, y)
        gradient = np.empty((f.n, f.columns))
        self._call("ntk_loss_evaluate", f.n, f.columns, *f.matrix, *y.matrix, None, gradient.ctypes.data, f.columns)
        return gradient[:, 0] if vector else gradient

    @staticmethod
    def _rows(f, y):
        f = np.asarray(f)
        f = Rows(f[:, np.newaxis] if f.ndim == 1 else f, "f")
        y = targets(y, f.n)[0]
        if y.columns != f.columns:
            raise wrong_shape(f"y has {y.columns} columns; expected {f.columns}")
        return f, y

    def __repr__(self):
        if self._trampolines:
            return "Loss.from_function(...)"
        return f"Loss({self.name!r}{'' if self.parameter is None else f', {self.parameter!r}'})"


def as_loss(loss, context):
    """The loss itself, or the one of that name."""
    return loss if isinstance(loss, Loss) else Loss(loss, context=context)
