"""One side of the comparison, in a process of its own: reads requests as lines of JSON, answers each with one.

    {"do": "prepare", "side", "task", "dtype", "threads"}  imports the side and makes the inputs -> versions
    {"do": "run"}                                          once -> seconds
    {"do": "save", "path"}                                 the last result, or the part of it that is compared
    {"do": "memory"}                                       -> bytes: the peak since "prepare", over what there was then

What the libraries print goes to the standard error.
"""

import contextlib
import gc
import importlib
import json
import os
import sys
import time
import traceback

import numpy as np


def resident(field):
    """A line of /proc/self/status in bytes."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(field + ":"):
                return 1024 * int(line.split()[1])
    raise RuntimeError(f"no {field} in /proc/self/status")


class Worker:
    def prepare(self, request):
        side = importlib.import_module("sides." + request["side"].replace("-", "_"))
        self.work = side.prepare(request["task"], request["dtype"], request["threads"])
        gc.collect()
        with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as peak:
            peak.write("5")  # the peak starts anew; where that is not allowed it is that of the whole life
        self.before = resident("VmRSS")
        return {"versions": side.versions()}

    def run(self, request):
        self.result = None
        gc.collect()
        start = time.perf_counter()
        self.result = self.work()
        return {"seconds": time.perf_counter() - start}

    def save(self, request):
        np.savez(request["path"], **compared(self.result))
        return {}

    def memory(self, request):
        return {"bytes": max(resident("VmHWM") - self.before, 0)}


def compared(result):
    """Named arrays; of a large matrix a hundred random rows and the last. A Gram matrix is compared apart from its diagonal."""
    if isinstance(result, dict):
        return {name: np.array(value, dtype=np.float64) for name, value in result.items()}
    if np.ndim(result) != 2:
        return {"entries": np.array(result, dtype=np.float64)}
    n = result.shape[0]
    chosen = np.arange(n) if n <= 200 else np.unique(np.append(np.random.default_rng(n).integers(n, size=100), n - 1))
    entries = np.array(result[chosen], dtype=np.float64)
    if result.shape[0] != result.shape[1]:
        return {"entries": entries}
    place = np.arange(len(chosen)), chosen
    diagonal = entries[place].copy()
    entries[place] = 0
    return {"entries": entries, "diagonal": diagonal}


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(worker, request["do"])(request)
        except BaseException as reason:  # whatever it is, the parent reports it
            traceback.print_exc()
            answer = {"error": f"{type(reason).__name__}: {reason}".splitlines()[0][:200]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
