"""Runs the sides of a row in turn, and compares what they return."""

import pathlib
import statistics
import tempfile

import numpy as np

from process import Failed, Side

ROUNDS = 5


def measure(row, python, threads, refused, log, rounds=ROUNDS):
    """{(side, dtype): its figures, or the reason why it has none}"""
    results, running = {}, {}
    try:
        for side, dtype in row.sides:
            key = side, dtype
            try:
                if side in refused:
                    raise Failed(f"not installed: {refused[side]}")
                running[key] = Side(python, side, row.task, dtype, threads, log)
                first = running[key].run(row.limit)
                results[key] = {"first": first, "times": [], "versions": running[key].versions}
            except Failed as reason:
                _drop(running, results, key, reason)
        for _ in range(rounds):
            for key in list(running):
                try:
                    results[key]["times"].append(running[key].run(row.limit))
                except Failed as reason:
                    _drop(running, results, key, reason)
        _finish(row, running, results)
    finally:
        for side in running.values():
            side.close()
    return results


def _drop(running, results, key, reason):
    results[key] = {"failed": str(reason)}
    if key in running:
        running.pop(key).close()


def _finish(row, running, results):
    """Medians, memory and differences."""
    with tempfile.TemporaryDirectory() as folder:
        values = {}
        for key, side in list(running.items()):
            result, path = results[key], pathlib.Path(folder) / "result.npz"
            try:
                memory = side.ask("memory", 60)["bytes"]
                side.ask("save", 60, path=str(path))
            except Failed as reason:
                _drop(running, results, key, reason)
                continue
            seconds = statistics.median(result["times"])
            result.update(seconds=seconds, compile=result["first"] - seconds, memory=memory)
            with np.load(path) as saved:
                values[key] = {name: saved[name] for name in saved.files}
        _compare(row, values, results)


def _compare(row, values, results):
    truth = values.get(("libntk", "f64"))
    for key, result in results.items():
        if "failed" in result or truth is None:
            continue
        own = results.get(("libntk", key[1]))
        if own is not None and "seconds" in own:
            result["ratio"] = result["seconds"] / own["seconds"]
        if {name: value.shape for name, value in values[key].items()} != {name: value.shape for name, value in truth.items()}:
            results[key] = {"failed": "returned other arrays than libntk"}
            continue
        result["difference"] = {name: difference(values[key][name], truth[name]) for name in truth}
        result["agrees"] = all(result["difference"][name] <= tolerance(row, name, key[1]) for name in truth)


def tolerance(row, name, dtype):
    """Of a diagonal, which may have one of its own, or of the rest."""
    return row.tolerance.get((name, dtype), row.tolerance[dtype])


def difference(value, truth):
    """The largest difference over the largest value; infinite where a value is no number."""
    if not np.all(np.isfinite(value)):
        return float("inf")
    return float(np.max(np.abs(value - truth)) / np.max(np.abs(truth)))
