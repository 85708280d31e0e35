"""The specification of a network. See include/ntk/mlp.h."""

import ctypes
import itertools

import numpy as np

from ._arrays import integer, number, vector
from ._context import Owner, Trampoline, context_of
from ._library import ACTIVATION_FUNCTION, DUAL_FUNCTION, ENUM, SHAPE, SIZE, InvalidValue, library


_OF_CALLABLES = ("function", "dual")  # the kinds that need more than a name
_PARITIES = {None: 0, "even": 1, "odd": 2}
_PARAMETERISATIONS = {"ntk": 0, "standard": 1}
_INITIALISATIONS = {"lecun": 0, "he": 1, "critical": 2}


def _names():
    """The names of all activations that can be made by name."""
    names = (library.ntk_activation_kind_name(kind) for kind in itertools.count())
    names = [name.decode() for name in itertools.takewhile(lambda name: name is not None, names)]
    return [name for name in names if name not in _OF_CALLABLES]


def _kind(name):
    if not isinstance(name, str):
        raise TypeError(f"activation is {name!r}; expected a name or an Activation")
    if name in _OF_CALLABLES:
        raise InvalidValue(ENUM, f"an activation {name!r} is made by Activation.from_{name}()")
    kind = ctypes.c_int32()
    if library.ntk_activation_kind_from_name(name.encode(), ctypes.byref(kind)):
        raise InvalidValue(ENUM, f"unknown activation {name!r}; expected one of {', '.join(_names())}")
    return kind.value


def _choice(value, name, choices):
    """The number of one of the choices."""
    if isinstance(value, (str, type(None))) and value in choices:
        return choices[value]
    raise InvalidValue(ENUM, f"{name} is {value!r}; expected one of {', '.join(map(repr, choices))}")


class Activation(Owner):
    """An activation by name, with parameters where it has any: Activation("leaky_relu", [0.2]). include/ntk/mlp.h lists
    the names and parameters. from_function() and from_dual() make one of Python callables."""

    def __init__(self, name, parameters=(), context=None):
        values = np.ascontiguousarray(parameters, dtype=np.float64).ravel()
        context = context_of(context)
        self._adopt(context, "ntk_activation_create", "ntk_activation_destroy", context._session.raw, _kind(name),
                    values.ctypes.data if values.size else None, values.size)
        self.name = name
        self.parameters = tuple(values.tolist())
        self._trampolines = ()

    @classmethod
    def from_function(cls, function, derivative=None, kinks=(), parity=None, context=None):
        """phi as a callable of an array of points, which returns an array of values; NumPy's functions will do.

        derivative  phi', likewise; without it the kernels get phi' from the expansion of phi
        kinks       the points where phi' jumps: at most 16; elsewhere phi has to be smooth
        parity      None, "even" or "odd": a hint that halves the work

        What the callable raises, the method that needed it raises. It must not use objects of the same context."""
        self = cls.__new__(cls)
        self._trampolines = tuple(Trampoline(ACTIVATION_FUNCTION, one, 1)
                                  for one in (function, derivative) if one is not None)
        if function is None or not all(callable(one) for one in (function, derivative) if one is not None):
            raise TypeError("function and derivative must be callables")
        pointers = [one.pointer for one in self._trampolines] + [ACTIVATION_FUNCTION()]
        context = context_of(context)
        self._adopt(context, "ntk_activation_create_function", "ntk_activation_destroy", context._session.raw,
                    *pointers[:2], None)
        self.name, self.parameters = "function", ()
        points = np.ascontiguousarray(kinks, dtype=np.float64).ravel()
        self._call("ntk_activation_set_kinks", points.size, points.ctypes.data if points.size else None)
        self._call("ntk_activation_set_parity", _choice(parity, "parity", _PARITIES))
        return self

    @classmethod
    def from_dual(cls, dual, context=None):
        """An activation known by its duals: dual(q, q_other, k), with three arrays, returns the two arrays
        E[phi(u) phi(v)] and E[phi'(u) phi'(v)] for (u, v) ~ N(0, [[q, k], [k, q_other]])."""
        if not callable(dual):
            raise TypeError("dual must be a callable")
        self = cls.__new__(cls)
        self._trampolines = (Trampoline(DUAL_FUNCTION, dual, 2),)
        context = context_of(context)
        self._adopt(context, "ntk_activation_create_dual", "ntk_activation_destroy", context._session.raw,
                    self._trampolines[0].pointer, None)
        self.name, self.parameters = "dual", ()
        return self

    def __repr__(self):
        if self._trampolines:
            return f"Activation.from_{self.name}(...)"
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
    """An MLP with layer widths N_0 ... N_L. Of an infinitely wide network only widths[0] and their number matter, but
    for the standard parameterisation.

    activation        a name or an Activation, after every hidden layer; or a sequence of them, one for each
    weight_std        sigma_w: a number, or one for each of the L layers
    bias_std          sigma_b: likewise
    parameterisation  "ntk" or "standard"
    initialisation    None, or the rule by which initialise() sets sigma_w instead
    """

    def __init__(self, widths, activation="relu", weight_std=1.0, bias_std=0.0, context=None, *, parameterisation="ntk",
                 initialisation=None):
        sizes = np.ascontiguousarray(widths)
        if sizes.ndim == 1 and sizes.size < 2:
            raise InvalidValue(SIZE, f"widths is {sizes.tolist()}; it needs at least two entries, inputs and outputs")
        if sizes.ndim != 1 or sizes.dtype.kind not in "iu":
            raise TypeError("widths must be a sequence of integers")
        sizes = sizes.astype(np.int64)
        context = context_of(context)
        several = isinstance(activation, (list, tuple))
        if several and len(activation) != len(sizes) - 2:
            raise InvalidValue(SHAPE, f"activation has {len(activation)} entries; there are {len(sizes) - 2} hidden "
                               "layers")
        self._trampolines = {}  # of the activation after each layer
        self._adopt(context, "ntk_mlp_create", "ntk_mlp_destroy", context._session.raw, len(sizes) - 1,
                    sizes.ctypes.data, _kind(activation if isinstance(activation, str) else "identity"))
        for layer, one in enumerate(activation, start=1) if several else [(0, activation)]:
            if several or not isinstance(one, str):
                self.set_activation(one, layer)
        self.weight_std = weight_std
        self.bias_std = bias_std
        self.parameterisation = parameterisation
        if initialisation is not None:
            self.initialise(initialisation)

    def _set_std(self, what, value):
        if np.ndim(value) == 0:
            self._call(f"ntk_mlp_set_{what}_std", number(value, f"{what}_std"))
            return
        for layer, one in enumerate(vector(value, f"{what}_std", self.depth), start=1):
            self._call(f"ntk_mlp_set_layer_{what}_std", layer, one)

    def set_activation(self, activation, layer=0):
        """After hidden layer 1 <= layer <= L-1, or after every one with layer 0: a name or an Activation."""
        layer = integer(layer, "layer")
        if not isinstance(activation, Activation):
            activation = Activation(activation, context=self.context)
        self._call("ntk_mlp_set_activation", layer, activation._handle)
        for one in range(1, self.depth) if layer == 0 else [layer]:
            self._trampolines[one] = activation._trampolines

    def initialise(self, rule):
        """Sets sigma_w of all layers: "lecun" 1, "he" sqrt(2), "critical" the edge of chaos of each layer's activation
        for its sigma_b."""
        self._call("ntk_mlp_set_initialisation", _choice(rule, "initialisation", _INITIALISATIONS))

    def set_learning_rates(self, weight=1.0, bias=1.0, layer=0):
        """Learning-rate factors of a layer's weights and biases, or, with layer 0, of every layer's; 0 freezes."""
        self._call("ntk_mlp_set_learning_rates", integer(layer, "layer"), number(weight, "weight"), number(bias, "bias"))

    def set_layer_normalisation(self, epsilon, layer=0):
        """Layer normalisation of a hidden layer before its activation, or, with layer 0, of every one. None takes it
        away."""
        self._call("ntk_mlp_set_layer_normalisation", integer(layer, "layer"), int(epsilon is not None),
                   0.0 if epsilon is None else number(epsilon, "epsilon"))

    def set_skip(self, layer, distance):
        """Adds the pre-activations of layer - distance to those of the layer; 0 takes the skip away."""
        self._call("ntk_mlp_set_skip", integer(layer, "layer"), integer(distance, "distance"))

    def set_dropout(self, rate, layer=0):
        """Dropout after the activation of a hidden layer, or, with layer 0, of every one."""
        self._call("ntk_mlp_set_dropout", integer(layer, "layer"), number(rate, "rate"))

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
    def parameterisation(self):
        """"ntk" or "standard"."""
        value = self._get("ntk_mlp_get_parameterisation", ctypes.c_int32)
        return next(name for name, choice in _PARAMETERISATIONS.items() if choice == value)

    @parameterisation.setter
    def parameterisation(self, value):
        self._call("ntk_mlp_set_parameterisation", _choice(value, "parameterisation", _PARAMETERISATIONS))

    @property
    def learning_rates(self):
        """The pairs (weight, bias) of the L layers."""
        return tuple(self._pair("ntk_mlp_get_learning_rates", ctypes.c_double, layer)
                     for layer in range(1, self.depth + 1))

    @property
    def layer_normalisation(self):
        """For each hidden layer its epsilon, or None where it is not normalised."""
        pairs = (self._pair("ntk_mlp_get_layer_normalisation", ctypes.c_int32, layer) for layer in range(1, self.depth))
        return tuple(epsilon if on else None for on, epsilon in pairs)

    @property
    def skips(self):
        """The distance of the skip that ends at each of the L layers; 0 for none."""
        return tuple(self._get("ntk_mlp_get_skip", ctypes.c_int64, layer) for layer in range(1, self.depth + 1))

    @property
    def dropout(self):
        """The rates of the hidden layers."""
        return tuple(self._get("ntk_mlp_get_dropout", ctypes.c_double, layer) for layer in range(1, self.depth))

    @property
    def parameter_count(self):
        return self._get("ntk_mlp_get_parameter_count", ctypes.c_int64)

    def __repr__(self):
        return (f"Mlp({list(self.widths)}, activations={self.activations}, weight_std={self.weight_std}, "
                f"bias_std={self.bias_std})")

    def _pair(self, getter, first, layer):
        one, other = first(), ctypes.c_double()
        self._call(getter, layer, ctypes.byref(one), ctypes.byref(other))
        return one.value, other.value

    def _each_layer(self, getter):
        return tuple(self._get(getter, ctypes.c_double, layer) for layer in range(1, self.depth + 1))
