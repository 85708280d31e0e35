"""Google's neural-tangents on JAX: jitted (but for the integrator of (g)), every result waited for. Its compile time is in the first run."""

import collections
import functools
import sys
import types

# One module of experiments imports TensorFlow; nothing here uses it.
sys.modules["neural_tangents.experimental"] = types.ModuleType("neural_tangents.experimental")
sys.modules["neural_tangents.experimental"].empirical_tf = None

import jax
import jax.numpy as jnp
from jax._src import source_info_util
from jax.interpreters import ad

# Where neural-tangents looks for them; this JAX has them elsewhere.
ad.source_info_util, ad.config = source_info_util, jax.config

import neural_tangents as nt
import numpy as np
from neural_tangents import stax

import inputs
from sides import libntk

_DTYPES = {"f64": np.float64, "f32": np.float32}
_NODES = 25  # of the Gauss-Hermite rule in each of two dimensions, for tanh


def versions():
    return {"neural-tangents": nt.__version__, "jax": jax.__version__, "jaxlib": jax.lib.__version__}


def _activation(name):
    return {"relu": stax.Relu, "erf": stax.Erf, "gelu": stax.Gelu,
            "tanh": lambda: stax.ElementwiseNumerical(jnp.tanh, deg=_NODES)}[name]()


def network(task, width=1, outputs=1):
    layers = []
    for _ in range(task["hidden"]):
        layers += [stax.Dense(width, W_std=task["weight_std"], b_std=task["bias_std"]), _activation(task["activation"])]
    return stax.serial(*layers, stax.Dense(outputs, W_std=task["weight_std"], b_std=task["bias_std"]))


def prepare(task, dtype, threads):
    """JAX takes all processors; there is no supported way to ask for fewer."""
    assert jnp.zeros(1, _DTYPES[dtype]).dtype == _DTYPES[dtype]
    return _TASKS[task["kind"]](task, _DTYPES[dtype])


def _kernel(task):
    return jax.jit(functools.partial(network(task)[2], get="ntk"))


def _gram(task, dtype):
    kernel, x = _kernel(task), jnp.asarray(inputs.rows(task["n"], task["d"]), dtype)
    return lambda: kernel(x, None).block_until_ready()


def _cross(task, dtype):
    kernel = _kernel(task)
    x = jnp.asarray(inputs.rows(task["n"], task["d"]), dtype)
    z = jnp.asarray(inputs.rows(task["m"], task["d"], 1), dtype)
    return lambda: kernel(x, z).block_until_ready()


def _entries(task, dtype):
    kernel = _kernel(task)
    x, z = (jnp.asarray(rows, dtype) for rows in inputs.near_rows(task["distances"], task["pairs"], task["d"]))
    return lambda: jnp.diagonal(kernel(x, z))


def _flow(task, dtype):
    """Its time is ours times the number of outputs: its loss is a mean over samples and outputs."""
    gram, cross, _, y = (jnp.asarray(matrix, dtype) for matrix in libntk.regression_matrices(task))
    times = jnp.asarray(task["times"], dtype) * task["outputs"]
    f0_train, f0_test = jnp.zeros_like(y), jnp.zeros((task["m"], task["outputs"]), dtype)

    @jax.jit
    def outputs(gram, cross, y):
        return nt.predict.gradient_descent_mse(gram, y)(times, f0_train, f0_test, cross)[1]

    def work():
        f = np.asarray(outputs(gram, cross, y).block_until_ready())
        return {f"t = {t:g}": value for t, value in zip(task["times"], f)}
    return work


def _ensemble(task, dtype):
    """With kernel matrices that were computed before. Its time: see _flow."""
    matrices, y = libntk.ensemble_matrices(task)
    matrices = {name: {which: jnp.asarray(matrix, dtype) for which, matrix in own.items()} for name, own in matrices.items()}
    x, z, y = jnp.zeros((task["n"], 1), dtype), jnp.ones((task["m"], 1), dtype), jnp.asarray(y, dtype)
    both = collections.namedtuple("both", "nngp ntk")

    @jax.jit
    def moments(matrices, y):
        def kernel(a, b, get):
            which = "cross" if b is not None else "train" if a is x else "test"
            return matrices[get][which] if isinstance(get, str) else both(*(matrices[name][which] for name in get))

        predict = nt.predict.gradient_descent_mse_ensemble(kernel, x, y)
        return predict(task["time"] * task["outputs"], z, "ntk", compute_cov=True)

    def work():
        found = moments(matrices, y)
        return {"mean": np.asarray(found.mean), "covariance": np.asarray(found.covariance)}
    return work


def _cross_entropy(task, dtype):
    gram, _, _, _ = libntk.regression_matrices(task)
    gram = jnp.asarray(gram, dtype)
    y = jax.nn.one_hot(inputs.labels(task["n"], task["d"], task["outputs"]), task["outputs"], dtype=dtype)

    def loss(f, y):
        return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(f), axis=-1))

    predict = nt.predict.gradient_descent(loss, gram, y)
    return lambda: {"outputs": np.asarray(predict(task["time"], jnp.zeros_like(y)))}


def _empirical(task, dtype):
    """By structured derivatives, which Novak et al. 2022 find the fastest for such networks."""
    widths = task["widths"]
    _, apply, _ = network(dict(task, hidden=len(widths) - 2), widths[1], widths[-1])
    parameters = [tuple(jnp.asarray(part, dtype) for part in (w, b[None])) for w, b in inputs.parameters(widths)]
    parameters = [part for layer in parameters for part in (layer, ())][:-1]
    kernel = jax.jit(nt.empirical_ntk_fn(apply, trace_axes=(-1,), vmap_axes=0,
                                         implementation=nt.NtkImplementation.STRUCTURED_DERIVATIVES))
    x = jnp.asarray(inputs.rows(task["n"], widths[0]), dtype)
    return lambda: kernel(x, None, parameters).block_until_ready()


_TASKS = {"cross": _cross, "cross_entropy": _cross_entropy, "empirical": _empirical, "ensemble": _ensemble,
          "entries": _entries, "flow": _flow, "gram": _gram}
