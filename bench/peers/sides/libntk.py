"""libntk through its Python package, which is ctypes: what a call returns is allocated in the call."""

import numpy as np

import inputs
import ntk

_DTYPES = {"f64": np.float64, "f32": np.float32}


def versions():
    context = ntk.Context()
    return {"libntk": f"{ntk.version()} ({context.cpu_path}, {context.blas_description})", "numpy": np.__version__}


def kernel_of(task, threads, type="ntk"):
    context = ntk.Context()
    context.threads = threads
    widths = [task["d"]] + [1] * (task["hidden"] + 1)
    mlp = ntk.Mlp(widths, task["activation"], task["weight_std"], task["bias_std"], context)
    return ntk.Kernel(mlp, type, tolerance=task.get("tolerance"))


def regression_matrices(task):
    """(K(X,X), K(Z,X), diagonal of K(Z,Z), Y) for the tasks that begin with a kernel matrix, on any side."""
    kernel = kernel_of(task, 2)
    x, z = inputs.rows(task["n"], task["d"]), inputs.rows(task["m"], task["d"], 1)
    y = inputs.targets(x, task["outputs"])
    return kernel.gram(x), kernel.cross(z, x), kernel.diagonal(z), y


def prepare(task, dtype, threads):
    return _TASKS[task["kind"]](task, _DTYPES[dtype], threads)


def _gram(task, dtype, threads):
    kernel, x = kernel_of(task, threads), inputs.rows(task["n"], task["d"]).astype(dtype)
    return lambda: kernel.gram(x, dtype=dtype)


def _cross(task, dtype, threads):
    kernel = kernel_of(task, threads)
    x, z = inputs.rows(task["n"], task["d"]).astype(dtype), inputs.rows(task["m"], task["d"], 1).astype(dtype)
    return lambda: kernel.cross(x, z, dtype=dtype)


def _entries(task, dtype, threads):
    kernel = kernel_of(task, threads)
    x, z = (rows.astype(dtype) for rows in inputs.near_rows(task["distances"], task["pairs"], task["d"]))
    return lambda: np.diagonal(kernel.cross(x, z, dtype=dtype)).copy()


def _flow(task, dtype, threads):
    gram, cross, _, y = regression_matrices(task)
    context = ntk.Context(threads)

    def work():
        flow = ntk.Flow.from_gram(gram, y, context=context)
        return {f"t = {t:g}": f for t, f in zip(task["times"], flow.predict_cross(task["times"], cross))}
    return work


def ensemble_matrices(task):
    """K(X,X), K(Z,X) and K(Z,Z) of the NTK and of the NNGP, and Y."""
    x, z = inputs.rows(task["n"], task["d"]), inputs.rows(task["m"], task["d"], 1)
    kernels = {name: kernel_of(task, 2, name) for name in ("ntk", "nngp")}
    return ({name: {"train": kernel.gram(x), "cross": kernel.cross(z, x), "test": kernel.gram(z)}
             for name, kernel in kernels.items()}, inputs.targets(x, task["outputs"]))


def _ensemble(task, dtype, threads):
    matrices, y = ensemble_matrices(task)
    ntks, nngps = matrices["ntk"], matrices["nngp"]
    context = ntk.Context(threads)

    def work():
        ensemble = ntk.Ensemble.from_grams(ntks["train"], nngps["train"], y, context=context)
        mean, covariance = ensemble.predict_cross(task["time"], ntks["cross"], nngps["cross"], nngps["test"], True)
        return {"mean": mean, "covariance": covariance}
    return work


def _gp(task, dtype, threads):
    gram, cross, prior, y = regression_matrices(task)
    context = ntk.Context(threads)

    def work():
        process = ntk.GP.from_gram(gram, y, task["noise_variance"], context)
        mean, variance = process.predict_cross(cross, prior)
        return {"mean": mean, "std": np.sqrt(variance)}
    return work


def _empirical(task, dtype, threads):
    context = ntk.Context()
    context.threads = threads
    widths = task["widths"]
    network = ntk.Network(ntk.Mlp(widths, task["activation"], task["weight_std"], task["bias_std"], context))
    network.set_parameters(np.concatenate([part.ravel() for layer in inputs.parameters(widths) for part in layer]))
    kernel, x = ntk.Kernel.empirical(network), inputs.rows(task["n"], widths[0]).astype(dtype)
    return lambda: kernel.gram(x, dtype=dtype)


def _cross_entropy(task, dtype, threads):
    gram, _, _, _ = regression_matrices(task)
    y = np.eye(task["outputs"])[inputs.labels(task["n"], task["d"], task["outputs"])]
    context = ntk.Context(threads)

    def work():
        flow = ntk.Flow.from_gram(gram, y, loss="cross_entropy", context=context)
        return {"outputs": flow.train(task["time"])}
    return work


def _svm(task, dtype, threads):
    gram, cross, _, _ = regression_matrices(task)
    y = inputs.signs(task["n"], task["d"])
    context = ntk.Context(threads)

    def work():
        machine = ntk.Svm.from_gram(gram, y, task["C"], tolerance=1e-6, context=context).fit()
        return {"decision": machine.decide_cross(cross)}
    return work


_TASKS = {"cross": _cross, "cross_entropy": _cross_entropy, "empirical": _empirical, "ensemble": _ensemble,
          "entries": _entries, "flow": _flow, "gp": _gp, "gram": _gram, "svm": _svm}
