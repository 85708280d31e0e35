"""The specification of a network. See include/ntk/mlp.h."""

import ctypes

import numpy as np

from ._arrays import vector
from ._context import Context, Owner
from ._library import Error, library


def _kind(name):
    kind = ctypes.c_int32()
    status = library.ntk_activation_kind_from_name(name.encode(), ctypes.byref(kind))
    if status:
        raise Error(status, f"unknown activation {name!r}")
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
        self.parameters = tuple(values)

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
        if sizes.ndim != 1 or sizes.dtype.kind not in "iu":
            raise TypeError("widths must be a sequence of integers")
        sizes = sizes.astype(np.int64)
        context = context or Context()
        plain = _kind(activation if isinstance(activation, str) else activation.name)
        self._adopt(context, "ntk_mlp_create", "ntk_mlp_destroy", context._session.raw, len(sizes) - 1,
                    sizes.ctypes.data, plain)
        if isinstance(activation, Activation):
            self.set_activation(activation)
        self._set_std("weight", weight_std)
        self._set_std("bias", bias_std)

    def _set_std(self, what, value):
        if np.ndim(value) == 0:
            self._call(f"ntk_mlp_set_{what}_std", float(value))
            return
        for layer, one in enumerate(vector(value, f"{what}_std", self.depth), start=1):
            self._call(f"ntk_mlp_set_layer_{what}_std", layer, one)

    def set_activation(self, activation, layer=0):
        """After hidden layer 1 <= layer <= L-1, or after every one with layer 0."""
        self._call("ntk_mlp_set_activation", layer, activation._handle)

    @property
    def depth(self):
        """L, the number of weight layers."""
        return self._get("ntk_mlp_get_depth", ctypes.c_int64)

    @property
    def widths(self):
        return tuple(self._get("ntk_mlp_get_width", ctypes.c_int64, layer) for layer in range(self.depth + 1))

    @property
    def weight_std(self):
        return self._each_layer("ntk_mlp_get_layer_weight_std")

    @property
    def bias_std(self):
        return self._each_layer("ntk_mlp_get_layer_bias_std")

    @property
    def activations(self):
        """The names of the activations after the hidden layers."""
        kinds = [self._get("ntk_mlp_get_activation_kind", ctypes.c_int32, layer) for layer in range(1, self.depth)]
        return tuple(library.ntk_activation_kind_name(kind).decode() for kind in kinds)

    @property
    def parameter_count(self):
        return self._get("ntk_mlp_get_parameter_count", ctypes.c_int64)

    def _each_layer(self, getter):
        return tuple(self._get(getter, ctypes.c_double, layer) for layer in range(1, self.depth + 1))
