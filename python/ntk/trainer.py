"""Training of networks of real width. See include/ntk/train.h."""

import collections
import ctypes

import numpy as np

from ._arrays import (Result, Rows, address, boolean, choice, integer, number, seed_of, targets, vector,
                      wrong_shape)
from ._context import Owner, checked
from .loss import as_loss
from .network import Network, _path

_METHODS = {"descent": 0, "flow": 1}
_MODELS = {"network": 0, "linearised": 1}

Record = collections.namedtuple("Record", "times loss f distance drift")
Record.__doc__ = """What Trainer.record() saw at each of the times: the loss, the outputs at z, |theta - theta_0|, the
kernel's drift at z. What was not asked for is None."""


def _times(times):
    result = np.ascontiguousarray(times, dtype=np.float64)
    if result.ndim != 1:
        raise wrong_shape(f"times has {result.ndim} dimensions; expected a sequence of numbers")
    return result


class Trainer(Owner):
    """Trains a copy of a Network, or its linearisation, on x (n x N_0) and y (n x c, or n targets of a network with one
    output; then outputs are vectors too). It belongs to the network's context.

    loss            a name or a Loss
    method          "descent": time counts steps; "flow": the differential equation, to `tolerance`
    model           "network" or "linearised"
    learning_rate   None or 0, the default: 1 for the flow, and for descent half of the largest stable one at the start
    momentum        of descent only, 0 <= momentum < 1; the flow has none
    batch, seed     samples of a step, 0 for all, and the seed of their order, 0 <= seed < 2**64; of descent only: the
                    flow takes all samples
    weight_decay, initial_decay   towards 0, and towards the parameters at the start
    sample_weights  n numbers, or None for ones
    centred         True: the function is F(x; theta) - F(x; theta_0)
    tolerance       of the flow only: the error of a step relative to |theta - theta_0|, 1e-12 ... 0.1, 1e-5 unless it
                    is set; that of a whole run is about tolerance**(2/3)

    Flow(Kernel.empirical(network, output="full"), x, y.reshape(-1, 1), learning_rate=c) is in function space what
    method="flow", model="linearised" with learning_rate=1 integrates in parameter space; see Flow.
    """

    def __init__(self, network, x, y, loss="squared", *, method="descent", model="network", learning_rate=None,
                 momentum=None, batch=None, seed=0, weight_decay=None, initial_decay=None, sample_weights=None,
                 centred=False, tolerance=None):
        x = checked(network, Network, "network")._rows(x)
        seed, centred = seed_of(seed), boolean(centred, "centred")
        y, self._vector = targets(y, x.n)
        if y.columns != network.outputs:
            raise wrong_shape(f"y has {y.columns} columns; expected {network.outputs}")
        loss = as_loss(loss, network.context)
        self._network_trampolines = network._trampolines
        self._trampolines = network._trampolines + loss._trampolines  # the C trainer calls them
        self.inputs, self.outputs, self.parameter_count = network.inputs, network.outputs, network.parameter_count
        self.samples = x.n
        self._settings, self._loss = f"method={method!r}, model={model!r}, ", loss
        self._adopt(network.context, "ntk_trainer_create", "ntk_trainer_destroy", network._handle, *x.rows, *y.matrix,
                    loss._handle)
        self._call("ntk_trainer_set_method", choice(method, "method", _METHODS))
        self._call("ntk_trainer_set_model", choice(model, "model", _MODELS))
        for setter, value in ((self.set_momentum, momentum), (self.set_weight_decay, weight_decay),
                              (self.set_initial_decay, initial_decay), (self.set_tolerance, tolerance)):
            if value is not None:
                setter(value)
        if batch is not None:
            self._call("ntk_trainer_set_batch", integer(batch, "batch"), seed)
        if sample_weights is not None:
            w = vector(sample_weights, "sample_weights", x.n)
            self._call("ntk_trainer_set_sample_weights", w.size, w.ctypes.data)
        self._call("ntk_trainer_set_centred", centred)
        if learning_rate is not None:
            self.learning_rate = learning_rate

    @property
    def learning_rate(self):
        """eta. The default is computed when it is first needed; None and 0 stand for it."""
        return self._get("ntk_trainer_get_learning_rate", ctypes.c_double)

    @learning_rate.setter
    def learning_rate(self, value):
        value = 0.0 if value is None else number(value, "learning_rate")
        self._call("ntk_trainer_set_learning_rate", value)

    def set_momentum(self, momentum):
        self._call("ntk_trainer_set_momentum", number(momentum, "momentum"))

    def set_weight_decay(self, weight_decay):
        self._call("ntk_trainer_set_weight_decay", number(weight_decay, "weight_decay"))

    def set_initial_decay(self, initial_decay):
        self._call("ntk_trainer_set_initial_decay", number(initial_decay, "initial_decay"))

    def set_tolerance(self, tolerance):
        self._call("ntk_trainer_set_tolerance", number(tolerance, "tolerance"))

    def advance(self, t):
        """Goes on to time t. After a failure the trainer stands at the last completed step and can go on."""
        self._call("ntk_trainer_advance", number(t, "t"))

    def _progress(self):
        time, steps, evaluations = ctypes.c_double(), ctypes.c_int64(), ctypes.c_int64()
        self._call("ntk_trainer_get_time", *map(ctypes.byref, (time, steps, evaluations)))
        return time.value, steps.value, evaluations.value

    @property
    def time(self):
        return self._progress()[0]

    @property
    def steps(self):
        return self._progress()[1]

    @property
    def evaluations(self):
        """How often the gradient was evaluated."""
        return self._progress()[2]

    @property
    def loss(self):
        """The loss on the training set, without decay terms."""
        return self._get("ntk_trainer_get_loss", ctypes.c_double)

    @property
    def distance(self):
        """|theta - theta_0|"""
        return self._get("ntk_trainer_get_distance", ctypes.c_double)

    def predict(self, z):
        """The model's outputs at z, m x c."""
        z = self._points(z)
        f = Result((z.n, self.outputs), None)
        self._call("ntk_trainer_predict", *z.rows, *f.matrix)
        return f.array[:, 0] if self._vector else f.array

    def kernel_drift(self, z):
        """|T_t - T_0| / |T_0| of the empirical NTK at the points z."""
        return self._get("ntk_trainer_get_kernel_drift", ctypes.c_double, *self._points(z).rows)

    def get_parameters(self):
        """theta, as Network.get_parameters() has it."""
        theta = np.empty(self.parameter_count)
        self._call("ntk_trainer_get_parameters", theta.size, theta.ctypes.data)
        return theta

    def network(self):
        """A Network with the parameters now."""
        network = Network.__new__(Network)
        network._adopt(self.context, "ntk_trainer_get_network", "ntk_network_destroy", self._handle)
        network._learn(self._network_trampolines)
        return network

    def record(self, times, z=None, drift=False):
        """Advances through ascending times and gives a Record; without z, of loss and distance only. The drift costs
        Gram matrices of z. An exception that ends it early has what was reached as its attribute `record`."""
        times = _times(times)
        if drift and z is None:
            raise TypeError("the drift needs points z")
        points = None if z is None else self._points(z)
        m, place, ld = (0, None, self.inputs) if points is None else points.rows
        loss, distance = np.empty(times.size), np.empty(times.size)
        f = None if points is None else np.empty((times.size, m, self.outputs))
        moved = np.empty(times.size) if drift else None
        reached = ctypes.c_int64()

        def seen(count):
            outputs = f if f is None or not self._vector else f[..., 0]
            return Record(*(None if one is None else one[:count] for one in (times, loss, outputs, distance, moved)))

        try:
            self._call("ntk_trainer_record", times.size, address(times), m, place, ld, address(loss), address(f),
                       self.outputs, address(distance), address(moved), ctypes.byref(reached))
        except BaseException as raised:
            raised.record = seen(reached.value)
            raise
        return seen(times.size)

    def compare_linearised(self, times, z):
        """Trains this network, which must stand at time 0, and beside it its linearisation. (rms, largest): at each of
        the times the root mean square and the maximum over z and outputs of their difference."""
        times, z = _times(times), self._points(z)
        rms, largest = np.empty(times.size), np.empty(times.size)
        self._call("ntk_trainer_compare_linearised", times.size, address(times), *z.rows, address(rms),
                   address(largest))
        return rms, largest

    def save(self, path):
        """The state of the run to a file: parameters, start, velocity, time, settings; not data and loss."""
        self._call("ntk_trainer_save", _path(path))

    def restore(self, path):
        """The state that save() wrote, into a trainer made from the same network's shape, data and loss."""
        self._call("ntk_trainer_restore", _path(path))
        self._settings = ""  # those of the file, which the library does not tell

    def _points(self, z):
        return Rows(z, "z", self.inputs)

    def __repr__(self):
        return (f"Trainer({self._settings}loss={self._loss!r}, samples={self.samples}, "
                f"parameters={self.parameter_count}, time={self.time:g})")
