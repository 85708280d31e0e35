"""torch.func: the Jacobian of every parameter by reverse mode, then its contraction with itself, traced over the outputs: the first
way of PyTorch's own tutorial; where the Jacobian of all outputs takes more than a third of the machine's memory (as much again is
in use while it is made), one output after the other."""

import torch
from torch.func import grad, jacrev, vmap

import inputs

_DTYPES = {"f64": torch.float64, "f32": torch.float32}


def _memory(kind):
    with open("/proc/meminfo", encoding="ascii") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(kind))


def versions():
    return {"torch": torch.__version__}


def prepare(task, dtype, threads):
    torch.set_num_threads(threads)
    widths, dtype = task["widths"], _DTYPES[dtype]
    parameters = [tuple(torch.tensor(part, dtype=dtype) for part in layer) for layer in inputs.parameters(widths)]
    count = sum(part.numel() for layer in parameters for part in layer)
    needed = task["n"] * count * parameters[0][0].element_size()
    together = 3 * widths[-1] * needed < _memory("MemTotal")
    if 2.2 * (widths[-1] if together else 1) * needed > _memory("MemAvailable"):
        raise MemoryError(f"the Jacobian of one output takes {needed / 1e9:.1f} GB, and twice that while it is made: not run")
    x = torch.tensor(inputs.rows(task["n"], widths[0]), dtype=dtype)

    def forward(layers, row):
        for number, (w, b) in enumerate(layers):
            row = (row @ w) * (task["weight_std"] / w.shape[0] ** 0.5) + task["bias_std"] * b
            if number + 1 < len(layers):
                row = torch.relu(row)
        return row

    def contraction(jacobian):
        parts = [part.flatten(1) for layer in jacobian for part in layer]
        return sum(part @ part.T for part in parts) / widths[-1]

    def at_once():
        return contraction(vmap(jacrev(forward), (None, 0))(parameters, x))

    def one_by_one():
        return sum(contraction(vmap(grad(lambda layers, row: forward(layers, row)[output]), (None, 0))(parameters, x))
                   for output in range(widths[-1]))

    def work():
        with torch.no_grad():
            return (at_once if together else one_by_one)().numpy()
    return work
