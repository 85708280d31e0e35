"""The parent's end of worker.py."""

import contextlib
import json
import os
import pathlib
import select
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent


class Failed(Exception):
    """The side could not do what it was asked, or not in time."""


class Side:
    """A side at a task, in a process of its own."""

    def __init__(self, python, name, task, dtype, threads, log):
        number = str(threads)
        environment = dict(os.environ, OMP_NUM_THREADS=number, OPENBLAS_NUM_THREADS=number, MKL_NUM_THREADS=number,
                           JAX_PLATFORMS="cpu", JAX_ENABLE_X64="1" if dtype == "f64" else "0",
                           PYTHONPATH=str(HERE.parents[1] / "python"))
        self.name, self.dtype = name, dtype
        self._log = open(log, "a", encoding="utf-8")
        self._child = subprocess.Popen([python, str(HERE / "worker.py")], cwd=HERE, env=environment,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True)
        try:
            self.versions = self.ask("prepare", 600, side=name, task=task, dtype=dtype, threads=threads)["versions"]
        except BaseException:
            self.close()
            raise

    def ask(self, what, limit, **values):
        """The answer to a request within `limit` seconds."""
        try:
            self._child.stdin.write(json.dumps(dict(values, do=what)) + "\n")
            self._child.stdin.flush()
        except OSError as reason:
            raise Failed(f"ended with status {self._child.wait()}") from reason
        answer = self._line(limit)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def _line(self, limit):
        end = time.monotonic() + limit
        while not select.select([self._child.stdout], [], [], 1)[0]:
            if time.monotonic() > end:
                raise Failed(f"more than {limit:.0f} s")
        line = self._child.stdout.readline()
        if not line:
            raise Failed(f"ended with status {self._child.wait()}")
        try:
            return json.loads(line)
        except ValueError:
            raise Failed(f"answered {line[:80]!r}") from None

    def run(self, limit):
        return self.ask("run", limit)["seconds"]

    def close(self):
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout, self._log):
            with contextlib.suppress(OSError):  # what was not sent cannot be
                stream.close()
