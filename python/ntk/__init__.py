"""The Neural Tangent Kernel of multi-layer perceptrons: a ctypes wrapper of libntk on NumPy.

    import numpy as np, ntk
    mlp = ntk.Mlp([64, 1024, 1024, 10], activation="relu", weight_std=2**0.5, bias_std=0.1)
    kernel = ntk.Kernel(mlp, "ntk")
    flow = ntk.Flow(kernel, x, y)          # x: n x 64, y: n x 10
    f = flow.predict(np.inf, z)            # the trained network at z
    f = flow.predict([1, 10, np.inf], z)   # 3 x m x 10: at several times
    flow = ntk.Flow(kernel, x, y, loss="cross_entropy", weight_decay=1e-4)
    mean, variance = ntk.Ensemble(kernel, ntk.Kernel(mlp, "nngp"), x, y).predict(10, z)
    classes = ntk.Svm(kernel, x, labels, cost=10).fit().predict(z)
    trainer = ntk.Trainer(ntk.Network(mlp, seed=1), x, y, method="flow")
    rms, largest = trainer.compare_linearised([1, 10, 100], z)

Arrays. A float64 matrix whose rows are contiguous is read where it lies, also as a slice of rows or of leading columns
of a larger one (its row stride becomes the leading dimension). Anything else is converted to such a matrix first.
Complex numbers are refused. Results are new arrays, or `out` where a method takes it: a writable float64 matrix with
contiguous rows. With dtype=np.float32 the methods of Kernel do the same with float32.

Activations. Those of the library go by name, with parameters as ntk.Activation("elu", [0.5]). A Python function of
arrays is one by ntk.Activation.from_function(numpy.tanh), and the duals alone by from_dual(). What they raise comes out
of the method that needed them.

Errors. ntk.Error carries the status of the library and its sentence. Where a value is at fault it is an
ntk.InvalidValue, which is a ValueError as well; an argument of a wrong type is a TypeError. Ctrl-C stops long work: the
library is asked to cancel at its next progress report, and KeyboardInterrupt is raised.

Threads. The interpreter's lock is released during a call. Calls of objects of one context wait for each other;
different contexts run side by side.

The library is looked for at the path in the environment variable NTK_LIBRARY, then beside this package, then in build/
of the source tree that holds this package, then by ctypes.util.find_library("ntk").
"""

from ._context import Context
from ._library import Error, InvalidValue, library_path, version
from .ensemble import Ensemble
from .flow import Flow, Work
from .gp import GP
from .kernel import Kernel
from .loss import Loss
from .mlp import Activation, Mlp
from .network import Network
from .svm import Report, Svm
from .trainer import Record, Trainer

__all__ = [
    "Activation", "Context", "Ensemble", "Error", "Flow", "GP", "InvalidValue", "Kernel", "Loss", "Mlp", "Network",
    "Record", "Report", "Svm", "Trainer", "Work", "library_path", "version"
]
__version__ = "0.3.0"
