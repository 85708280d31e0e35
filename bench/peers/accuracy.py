"""Part e: relative errors of kernel entries against 40 digits, by distance of the two rows."""

import pathlib
import tempfile

import mpmath
import numpy as np

import inputs
import reference
from environment import NOT_ASKED_FOR
from process import Failed, Side

SIDES = [("libntk", "f64"), ("neural-tangents", "f64"), ("numpy", "f64"),
         ("libntk", "f32"), ("neural-tangents", "f32"), ("numpy", "f32")]


def measure(task, python, threads, refused, log):
    """{(side, dtype): the worst error at each distance, or the reason why there is none}"""
    truths = {dtype: reference.entries(task, *(rows.astype(real) for rows in inputs.near_rows(
        task["distances"], task["pairs"], task["d"]))) for dtype, real in (("f64", np.float64), ("f32", np.float32))}
    found = {}
    for side, dtype in SIDES:
        if side == "numpy" and task["activation"] != "relu" or refused.get(side) == NOT_ASKED_FOR:
            continue
        try:
            if side in refused:
                raise Failed(f"not installed: {refused[side]}")
            values = _values(Side(python, side, task, dtype, threads, log))
            found[side, dtype] = {"errors": _errors(task, values, truths[dtype])}
        except Failed as reason:
            found[side, dtype] = {"failed": str(reason)}
    return found


def _values(side):
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "entries.npz"
            side.run(300)
            side.ask("save", 60, path=str(path))
            with np.load(path) as saved:
                return saved["entries"]
    finally:
        side.close()


def _errors(task, values, truths):
    """The worst relative error for each distance."""
    with mpmath.workdps(40):
        errors = [float(abs(mpmath.mpf(float(value)) / truth - 1)) if np.isfinite(value) else float("inf")
                  for value, truth in zip(values, truths)]
    return np.max(np.reshape(errors, (-1, task["pairs"])), axis=1).tolist()
