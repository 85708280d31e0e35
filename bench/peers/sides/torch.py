"""torch.func: the Jacobian of every parameter by reverse mode, then its contraction with itself, traced over the outputs: the first
way of PyTorch's own tutorial."""

import torch
from torch.func import jacrev, vmap

import inputs

_DTYPES = {"f64": torch.float64, "f32": torch.float32}


def _available():
    with open("/proc/meminfo", encoding="ascii") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))


def versions():
    return {"torch": torch.__version__}


def prepare(task, dtype, threads):
    torch.set_num_threads(threads)
    widths, dtype = task["widths"], _DTYPES[dtype]
    parameters = [tuple(torch.tensor(part, dtype=dtype) for part in layer) for layer in inputs.parameters(widths)]
    count = sum(part.numel() for layer in parameters for part in layer)
    needed = task["n"] * widths[-1] * count * parameters[0][0].element_size()
    if 2.2 * needed > _available():  # as much again is in use while it is made
        raise MemoryError(f"the Jacobian takes {needed / 1e9:.0f} GB, and twice that while it is made: not run")
    x = torch.tensor(inputs.rows(task["n"], widths[0]), dtype=dtype)

    def forward(layers, row):
        for number, (w, b) in enumerate(layers):
            row = (row @ w) * (task["weight_std"] / w.shape[0] ** 0.5) + task["bias_std"] * b
            if number + 1 < len(layers):
                row = torch.relu(row)
        return row

    def work():
        with torch.no_grad():
            jacobian = vmap(jacrev(forward), (None, 0))(parameters, x)
            parts = [part.flatten(1) for layer in jacobian for part in layer]
            kernel = sum(part @ part.T for part in parts) / widths[-1]
        return kernel.numpy()
    return work
