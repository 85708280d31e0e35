"""The virtual environment of the peers, and what it runs on."""

import datetime
import os
import pathlib
import platform
import subprocess
import sys

NOT_ASKED_FOR = "not asked for"
HERE = pathlib.Path(__file__).resolve().parent


def sections():
    """{peer: its pinned requirements}"""
    found, name = {}, None
    for line in (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# [") and line.endswith("]"):
            name = line[3:-1]
            found[name] = []
        elif line and not line.startswith("#"):
            found[name].append(line)
    return found


def _has_pip(python):
    return python.exists() and subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True).returncode == 0


def make(folder, peers):
    """The Python of the environment, and {peer: why it could not be installed}. `peers` names some of them, or is None."""
    wanted = None if peers is None else {"numpy", *peers.split(",")}
    python = folder / "bin" / "python"
    if not _has_pip(python):
        done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"peers: no virtual environment (Debian: apt install python3-venv): {done.stdout.strip()[:300]}")
    refused = {}
    for name, requirements in sections().items():
        if wanted is not None and name not in wanted:
            refused[name] = NOT_ASKED_FOR
            continue
        print(f"peers: installing {name}", flush=True)
        done = subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", *requirements],
                              capture_output=True, text=True)
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            refused[name] = next((line for line in lines if line.startswith("ERROR")), lines[-1])
    return str(python), refused


def processor():
    try:
        with open("/proc/cpuinfo", encoding="ascii") as file:
            lines = [line.split(":", 1) for line in file if ":" in line]
    except OSError:
        return platform.processor()
    first = {}
    for name, value in lines:
        first.setdefault(name.strip(), value.strip())
    flags = first.get("flags", "").split()
    best = next((flag for flag in ("avx512f", "avx2", "sse2") if flag in flags), "")
    return f"{first.get('model name', platform.machine())} (family {first.get('cpu family', '?')}, " \
           f"model {first.get('model', '?')}, {best})"


def describe(command):
    return {"date": datetime.date.today().isoformat(), "command": command, "processor": processor(),
            "processors": os.cpu_count(), "python": platform.python_version(),
            "system": " ".join(platform.freedesktop_os_release().get(key, "") for key in ("NAME", "VERSION_ID")),
            "load": os.getloadavg()[0]}
