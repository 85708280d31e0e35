"""The specification of a network. See include/ntk/mlp.h."""

import ctypes
import itertools
import operator

import numpy as np

from ._arrays import number, vector
from ._context import Context, Owner
from ._library import ENUM, SIZE, InvalidValue, library


def _names():
    """The names of all activations that the library knows."""
    names = (library.ntk_activation_kind_name(kind) for kind in itertools.count())
    return [name.decode() for name in itertools.takewhile(lambda name: name is not None, names)]


def _kind(name):
    if not isinstance(name, str):
        raise TypeError(f"activation is {name!r}; expected a name or an Activation")
    kind = ctypes.c_int32()
    if library.ntk_activation_kind_from_name(name.encode(), ctypes.byref(kind)):
        raise InvalidValue(ENUM, f"unknown activation {name!r}; expected one of {', '.join(_names())}")
    return kind.value


class Activation(Owner):
    """An activation by name ("identity", "relu", "leaky_relu", "erf"), with parameters where it has any:
    Activation("leaky_relu", [0.2])."""

    def __init__(self, name, parameters=(), context=None):
        values = np.ascontiguousarray(parameters, dtype=np.float64).ravel()
        context = context or Context()
        self._adopt(context, "ntk_activation_create", "ntk_activation_destroy", context._session.raw, _kind(name),
                    values.ctypes.data if values.size else None, values.size)
        self.name = name
        self.parameters = tuple(values.tolist())

    def __repr__(self):
        parameters = f", {list(self.parameters)}" if self.parameters else ""
        return f"Activation({self.name!r}{parameters})"

    def __call__(self, x):
        return self._evaluate(x, 0)

    def derivative(self, x):
        return self._evaluate(x, 1)

    def _evaluate(self, x, which):
        values = np.array(x, dtype=np.float64, order="C", ndmin=1)
        result = np.empty_like(values)
        outputs = [None, None]
        outputs[which] = result.ctypes.data
        self._call("ntk_activation_evaluate", values.size, values.ctypes.data, *outputs)
        return result.reshape(np.shape(x))


class Mlp(Owner):
    """An MLP with layer widths N_0 ... N_L. Of an infinitely wide network only widths[0] and their number matter.

    activation   a name or an Activation, after every hidden layer
    weight_std   sigma_w: a number, or one for each of the L layers
    bias_std     sigma_b: likewise
    """

    def __init__(self, widths, activation="relu", weight_std=1.0, bias_std=0.0, context=None):
        sizes = np.ascontiguousarray(widths)
        if sizes.ndim == 1 and sizes.size < 2:
            raise InvalidValue(SIZE, f"widths is {sizes.tolist()}; it needs at least two entries, inputs and outputs")
        if sizes.ndim != 1 or sizes.dtype.kind not in "iu":
            raise TypeError("widths must be a sequence of integers")
        sizes = sizes.astype(np.int64)
        context = context or Context()
        plain = _kind(activation.name if isinstance(activation, Activation) else activation)
        self._adopt(context, "ntk_mlp_create", "ntk_mlp_destroy", context._session.raw, len(sizes) - 1,
                    sizes.ctypes.data, plain)
        if isinstance(activation, Activation):
            self.set_activation(activation)
        self.weight_std = weight_std
        self.bias_std = bias_std

    def _set_std(self, what, value):
        if np.ndim(value) == 0:
            self._call(f"ntk_mlp_set_{what}_std", number(value, f"{what}_std"))
            return
        for layer, one in enumerate(vector(value, f"{what}_std", self.depth), start=1):
            self._call(f"ntk_mlp_set_layer_{what}_std", layer, one)

    def set_activation(self, activation, layer=0):
        """After hidden layer 1 <= layer <= L-1, or after every one with layer 0."""
        self._call("ntk_mlp_set_activation", operator.index(layer), activation._handle)

    @property
    def depth(self):
        """L, the number of weight layers."""
        return self._get("ntk_mlp_get_depth", ctypes.c_int64)

    @property
    def widths(self):
        return tuple(self._get("ntk_mlp_get_width", ctypes.c_int64, layer) for layer in range(self.depth + 1))

    @property
    def weight_std(self):
        """sigma_w of the L layers; set it to a number or to one for each layer. Kernels made before keep theirs."""
        return self._each_layer("ntk_mlp_get_layer_weight_std")

    @weight_std.setter
    def weight_std(self, value):
        self._set_std("weight", value)

    @property
    def bias_std(self):
        """sigma_b of the L layers; likewise."""
        return self._each_layer("ntk_mlp_get_layer_bias_std")

    @bias_std.setter
    def bias_std(self, value):
        self._set_std("bias", value)

    @property
    def activations(self):
        """The names of the activations after the hidden layers."""
        kinds = [self._get("ntk_mlp_get_activation_kind", ctypes.c_int32, layer) for layer in range(1, self.depth)]
        return tuple(library.ntk_activation_kind_name(kind).decode() for kind in kinds)

    @property
    def parameter_count(self):
        return self._get("ntk_mlp_get_parameter_count", ctypes.c_int64)

    def __repr__(self):
        return (f"Mlp({list(self.widths)}, activations={self.activations}, weight_std={self.weight_std}, "
                f"bias_std={self.bias_std})")

    def _each_layer(self, getter):
        return tuple(self._get(getter, ctypes.c_double, layer) for layer in range(1, self.depth + 1))
