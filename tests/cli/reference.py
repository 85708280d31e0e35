"""Compares `ntk` with a computation in NumPy that shares no code with it: kernels by the textbook recursion, flows by
eigen-decomposition, Gaussian processes by solving, every NPY type read back. Usage: reference.py NTK DIRECTORY"""

import gzip
import json
import math
import os
import subprocess
import sys

import numpy as np

ntk, folder = sys.argv[1], sys.argv[2]
os.makedirs(folder, exist_ok=True)
os.chdir(folder)
failures = 0


def check(title, good):
    global failures
    failures += not good
    print("ok" if good else "FAILED", title)


def run(*arguments):
    done = subprocess.run([ntk, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr)
    return done.stdout


def erf_pair(k, q, r):
    norm = np.sqrt((1 + 2 * q) * (1 + 2 * r))
    ratio = 2 * k / norm
    return 2 / np.pi * np.arcsin(ratio), 4 / np.pi / (norm * np.sqrt(1 - ratio**2))


def relu_pair(k, q, r):
    norm = np.sqrt(q * r)
    cosine = np.clip(k / norm, -1, 1)
    angle = np.arccos(cosine)
    return norm * (np.sin(angle) + (np.pi - angle) * cosine) / (2 * np.pi), (np.pi - angle) / (2 * np.pi)


def leaky_pair(slope):
    def pair(k, q, r):
        value, slope_value = relu_pair(k, q, r)
        return (1 - slope) ** 2 * value + slope * k, (1 - slope) ** 2 * slope_value + slope

    return pair


def tanh_pair(k, q, r):
    """The trapezoid rule in the plane with step 0.1: tanh is analytic up to i pi / 2, so its error is of the order of
    exp(-2 pi (pi / 2 s) / 0.1), below 1e-15 for standard deviations s to 2.5."""
    nodes = np.arange(-9, 9.1, 0.1)
    density = 0.1 * np.exp(-nodes**2 / 2) / np.sqrt(2 * np.pi)
    s, t = np.sqrt(q), np.sqrt(r)
    cosine = np.clip(k / (s * t), -1, 1)
    sine = np.sqrt(1 - cosine**2)
    value, slope = np.zeros_like(k), np.zeros_like(k)
    for a, p in zip(nodes, density):
        u = np.tanh(s * a)
        v = np.tanh(t * (cosine * a + sine * nodes[:, None, None]))
        value += p * u * np.tensordot(density, v, 1).reshape(k.shape)
        slope += p * (1 - u**2) * np.tensordot(density, 1 - v**2, 1).reshape(k.shape)
    return value, slope


def kernel(x, z, hidden, pair, sw, sb, kind):
    """S and T of the hidden + 1 layers; the diagonals go through the same recursion with k = q = r."""
    d = x.shape[1]
    s = sw**2 * x @ z.T / d + sb**2
    q = (sw**2 * (x * x).sum(1) / d + sb**2)[:, None]
    r = (sw**2 * (z * z).sum(1) / d + sb**2)[None, :]
    t = s
    for _ in range(hidden):
        value, derivative = pair(s, q, r)
        s = sw**2 * value + sb**2
        t = t * sw**2 * derivative + s
        q = sw**2 * pair(q, q, q)[0] + sb**2
        r = sw**2 * pair(r, r, r)[0] + sb**2
    return t if kind == "ntk" else s


def diagonal(x, hidden, pair, sw, sb, kind):
    """The same for x = z, where the cosine is 1 without rounding."""
    s = t = sw**2 * (x * x).sum(1) / x.shape[1] + sb**2
    for _ in range(hidden):
        value, derivative = pair(s, s, s)
        s = sw**2 * value + sb**2
        t = t * sw**2 * derivative + s
    return t if kind == "ntk" else s


def close(a, b, tolerance):
    return a.shape == b.shape and np.max(np.abs(a - b)) <= tolerance * max(1.0, np.max(np.abs(b)))


rng = np.random.default_rng(1)
n, m, d = 40, 25, 6
x, z = rng.standard_normal((n, d)), rng.standard_normal((m, d))
classes = rng.integers(0, 3, n)
truth = rng.integers(0, 3, m)
y = np.sin(x @ np.arange(1, d + 1))[:, None]
np.save("x.npy", x)
np.save("z.npy", z)
np.save("y.npy", y)
np.save("classes.npy", classes)
np.save("truth.npy", truth)
np.save("z_target.npy", np.sin(z @ np.arange(1, d + 1)))
target = np.sin(z @ np.arange(1, d + 1))[:, None]

# Kernels. 1e-13: some 100 roundings of 1.1e-16 a layer; the cosine of random rows stays away from 1, and on the
# diagonal it is 1 exactly.
activations = {"relu": relu_pair, "erf": erf_pair, "leaky_relu:0.3": leaky_pair(0.3)}
for name, pair in activations.items():
    for kind in ("ntk", "nngp"):
        for hidden in (1, 3):
            options = ["--depth", hidden, "--activation", name, "--kernel", kind]
            options += ["--weight-std", 1.3, "--bias-std", 0.2]
            run("kernel", "--input", "x.npy", "--other", "z.npy", "--output", "k.npy", *options)
            check(f"cross {name} {kind} {hidden}",
                  close(np.load("k.npy"), kernel(x, z, hidden, pair, 1.3, 0.2, kind), 1e-13))
            run("kernel", "--input", "x.npy", "--output", "g.npy", *options)
            gram = np.load("g.npy")
            expected = kernel(x, x, hidden, pair, 1.3, 0.2, kind)
            np.fill_diagonal(expected, diagonal(x, hidden, pair, 1.3, 0.2, kind))
            check(f"gram {name} {kind} {hidden}", np.array_equal(gram, gram.T) and close(gram, expected, 1e-13))
            run("kernel", "--input", "x.npy", "--diagonal", "--output", "d.npy", *options)
            check(f"diagonal {name} {kind} {hidden}", np.array_equal(np.load("d.npy"), np.diag(gram)))

# An activation whose duals are series: within the bound that is reported, beside the rounding of above.
for kind in ("ntk", "nngp"):
    report = json.loads(run("kernel", "--input", "x.npy", "--other", "z.npy", "--output", "k.npy", "--depth", 2,
                            "--activation", "tanh", "--weight-std", 1.3, "--bias-std", 0.2, "--kernel", kind,
                            "--tolerance", 1e-8, "--json"))
    expected = kernel(x, z, 2, tanh_pair, 1.3, 0.2, kind)
    size = np.sqrt(np.outer(*(diagonal(rows[:, :, None], 2, tanh_pair, 1.3, 0.2, kind) for rows in (x, z))))
    error = np.max(np.abs(np.load("k.npy") - expected) / size)
    check(f"tanh {kind}: {error:.1e} within {report['error_bound']:.1e}",
          1e-12 < report["error_bound"] < 1e-6 and error <= report["error_bound"] + 1e-12)

# Flow and process on kernels of ntk itself (checked above), so that only the solver is judged. 1e-9: eps times the
# condition number, which is below 1e5 here.
options = ["--depth", 2, "--weight-std", 1.4142135623730951, "--bias-std", 0.1]
run("kernel", "--input", "x.npy", "--output", "g.npy", *options)
run("kernel", "--input", "z.npy", "--other", "x.npy", "--output", "c.npy", *options)
gram, cross = np.load("g.npy"), np.load("c.npy")
values, vectors = np.linalg.eigh(gram)
check("the kernel matrix is well conditioned", values[0] > 1e-5 * values[-1])


def flow(time, targets, ridge=0.0, rate=1.0):
    mu = rate * (values + ridge) / n
    growth = 1 / mu if math.isinf(time) else -np.expm1(-mu * time) / mu
    return cross @ (vectors @ ((rate / n * growth)[:, None] * (vectors.T @ targets)))


times = [0, 1e-3, 3, 1e4, math.inf]
report = json.loads(run("predict", "--train", "x.npy", "--train-labels", "y.npy", "--test", "z.npy", "--test-labels",
                        "z_target.npy", "--json", "--output", "p.npy", "--time", "0,1e-3,3,1e4,inf", *options))
predictions = np.load("p.npy")
check("regression: shape", predictions.shape == (len(times), m, 1))
for i, time in enumerate(times):
    expected = flow(time, y)
    check(f"regression at t = {time}", close(predictions[i], expected, 1e-9))
    rmse = np.sqrt(np.mean((expected - target) ** 2))
    check(f"RMSE at t = {time}", abs(report["results"][i]["test"]["rmse"] - rmse) < 1e-9)
check("JSON: n, m, d", (report["n"], report["m"], report["d"]) == (n, m, d))
check("JSON: an infinite time is null", report["results"][-1]["time"] is None)

run("predict", "--train", "x.npy", "--train-labels", "y.npy", "--test", "z.npy", "--output", "p.npy", "--time",
    "7,inf", "--ridge", 0.3, "--learning-rate", 2, *options)
predictions = np.load("p.npy")
check("ridge at t = 7", close(predictions[0], flow(7, y, 0.3, 2.0), 1e-9))
check("ridge at the end", close(predictions[1], cross @ np.linalg.solve(gram + 0.3 * np.eye(n), y), 1e-9))

onehot = np.eye(3)[classes] - 1 / 3
report = json.loads(run("predict", "--train", "x.npy", "--train-labels", "classes.npy", "--test", "z.npy",
                        "--test-labels", "truth.npy", "--json", "--output", "p.npy", *options))
expected = flow(math.inf, onehot)
check("classification", report["task"] == "classification" and close(np.load("p.npy"), expected, 1e-9))
accuracy = np.mean(np.argmax(expected, 1) == truth)
check("accuracy", abs(report["results"][0]["test"]["accuracy"] - accuracy) < 1e-15)

# Gaussian process; the default kernel is the NNGP.
run("kernel", "--input", "x.npy", "--output", "g.npy", "--kernel", "nngp", *options)
run("kernel", "--input", "z.npy", "--other", "x.npy", "--output", "c.npy", "--kernel", "nngp", *options)
run("kernel", "--input", "z.npy", "--diagonal", "--output", "d.npy", "--kernel", "nngp", *options)
noise = 0.05
covariance = np.load("g.npy") + noise * np.eye(n)
cross, prior = np.load("c.npy"), np.load("d.npy")
for name, train_targets, labels, test_labels in (("regression", y, "y.npy", "z_target.npy"),
                                                 ("classification", onehot, "classes.npy", "truth.npy")):
    report = json.loads(run("predict", "--train", "x.npy", "--train-labels", labels, "--test", "z.npy",
                            "--test-labels", test_labels, "--json", "--output", "p.npy", "--gp", noise, *options))
    mean = cross @ np.linalg.solve(covariance, train_targets)
    variance = prior - np.sum(cross * np.linalg.solve(covariance, cross.T).T, 1)
    evidence = sum(-0.5 * (c @ np.linalg.solve(covariance, c) + np.linalg.slogdet(covariance)[1]
                           + n * np.log(2 * np.pi)) for c in train_targets.T)
    test_targets = target if name == "regression" else np.eye(3)[truth] - 1 / 3
    total = (variance + noise)[:, None]
    error = test_targets - mean
    nll = np.mean(0.5 * (error**2 / total + np.log(total) + np.log(2 * np.pi)))
    coverage = np.mean(np.abs(error) <= 1.6448536269514722 * np.sqrt(total))
    test = report["results"][0]["test"]
    check(f"process, {name}: mean and variance", close(np.load("p.npy"), np.column_stack([mean, variance]), 1e-9))
    check(f"process, {name}: evidence", abs(report["results"][0]["log_evidence"] - evidence) < 1e-9 * abs(evidence))
    check(f"process, {name}: NLL", abs(test["nll"] - nll) < 1e-8)
    check(f"process, {name}: coverage", abs(test["coverage90"] - coverage) < 1e-15)
    check(f"process, {name}: RMSE", abs(test["rmse"] - np.sqrt(np.mean(error**2))) < 1e-9)

# Every NPY type, order, version and shape reads as NumPy reads it. The linear kernel of integers is an integer up to
# rounding, and a wrong entry changes it by 1 or more: 1e-12 leaves room for the rounding of numbers up to 1e6.
whole = rng.integers(0, 2, (5, 4))
run("kernel", "--input", "x.npy", "--output", "k.npy")


def same(title, array, version=(1, 0), zipped=False):
    with open("a.npy", "wb") as file:
        np.lib.format.write_array(file, array, version)
    if zipped:
        with open("a.npy", "rb") as plain, gzip.open("a.npy.gz", "wb") as packed:
            packed.write(plain.read())
    rows = np.asarray(array, dtype=float).reshape(array.shape[0], -1)
    run("kernel", "--input", "a.npy.gz" if zipped else "a.npy", "--output", "k.npy", "--depth", 0, "--scale",
        rows.shape[1], "--limit-input", array.shape[0])
    result = np.load("k.npy")
    os.remove("k.npy")
    check(title, close(result, rows.shape[1] * rows @ rows.T, 1e-12))  # x.z/d, with x and z multiplied by d


for kind in ("<f4", "<f8", "i1", "<i2", "<i4", "<i8", "u1", "<u2", "<u4", "<u8", "?", ">f4", ">f8", ">i4", ">u2"):
    same(f"NPY {kind}", whole.astype(kind))
same("NPY negative", -whole.astype("<i4"))
same("NPY version 2", whole.astype("<i4"), (2, 0))
same("NPY version 3", whole.astype("<i4"), (3, 0))
same("NPY Fortran order", np.asfortranarray(np.arange(20.0).reshape(5, 4)))
same("NPY one dimension", np.arange(5.0))
cube = np.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5)
same("NPY four dimensions", cube)
same("NPY four dimensions, Fortran order", np.asfortranarray(cube))
if json.loads(run("info", "--json"))["zlib"]:
    same("NPY gzip", cube, zipped=True)
else:
    print("skipped: NPY gzip: built without zlib")

# The files of ntk are what NumPy's are, and decimal output is exact.
run("kernel", "--input", "x.npy", "--output", "k.npy", *options)
run("kernel", "--input", "x.npy", "--output", "k.csv", *options)
check("CSV output reads back to the same bits", np.array_equal(np.load("k.npy"), np.loadtxt("k.csv", delimiter=",")))
with open("k.npy", "rb") as file, open("again.npy", "wb") as copy:
    np.save(copy, np.load(file))
with open("k.npy", "rb") as file, open("again.npy", "rb") as copy:
    check("NPY output is byte for byte NumPy's", file.read() == copy.read())
sys.exit(failures > 0)
