"""Arora et al. 2020, "Harnessing the power of infinitely wide deep nets on small-data tasks": support vector machines
with the NTK on 90 classification sets of UCI, as pre-processed by Fernandez-Delgado et al. 2014.

The sets are those with at most 5000 samples and no test file of their own. For each of them a kernel and a cost are
chosen by the accuracy on one split into halves (conxuntos.dat), and then the mean accuracy over four splits
(conxuntos_kfold.dat) is reported. There are 15 kernels: those of networks of L = 1 ... 5 layers with ReLU units between
them, no biases, of which the first F = 0 ... L - 1 layers are not trained, each with costs of 10^-2 ... 10^4. The paper
reports a mean accuracy of 81.95 %.

The protocol in the authors' code, which this follows:
- Layers are S^1 = X X', and S^(l+1) = E[relu relu] with standard deviations of 1, so that kernels of deeper networks
  are smaller (the paper's formulas have a factor 2 there). The features are taken as they are in the files.
- scikit-learn's SVC: one machine for each pair of classes, a bias, tolerance 1e-3.
- Of equal accuracies on the first split the first wins, in the order of L, F, cost. Many are equal: what a
  solver makes of the last digits, and so which one of them wins, moves single sets by some tenths of a per cent.

    python3 examples/arora_uci.py --data FOLDER      the folder or the .tar.xz with NAME/NAME.txt, NAME/NAME_R.dat, ...;
                                                     or set NTK_UCI
    python3 examples/arora_uci.py --sets 20          the 20 smallest sets

Sets run side by side, each in a context of its own. Prints a line for each set, then the mean.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import sys
import tarfile
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the sets share the processors, not the products
import numpy as np  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))
import ntk  # noqa: E402

DEPTH = 5
COSTS = [10.0**k for k in range(-2, 5)]
MOST_SAMPLES = 5000
MOST_ITERATIONS = 10**9  # SVC has no limit; contradictory labels of equal samples and C = 10^4 take more than 10^7
PUBLISHED = 81.95

Problem = collections.namedtuple("Problem", "name x y choose folds")
Result = collections.namedtuple("Result", "problem layers frozen cost validation test seconds")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("NTK_UCI"),
                        help="a folder or a .tar.xz; default: the environment variable NTK_UCI")
    parser.add_argument("--sets", type=int, help="so many of the smallest sets")
    parser.add_argument("--names", nargs="+", help="these sets")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="sets at a time")
    return parser.parse_args()


# ---- data ----


def files(path):
    """{NAME/file: text}: of a folder, or of an archive."""
    if path.is_dir():
        return {f"{one.parent.name}/{one.name}": one.read_text() for one in path.glob("*/*") if one.is_file()}
    with tarfile.open(path) as archive:
        members = [one for one in archive.getmembers() if one.isfile()]
        return {"/".join(one.name.split("/")[-2:]): archive.extractfile(one).read().decode() for one in members}


def rows(text):
    """The rows of a file of splits: 0-based sample numbers."""
    return [np.array(line.split(), dtype=int) for line in text.splitlines() if line.strip()]


def problems(path):
    """The sets of the paper, the smallest first."""
    texts, result = files(path), []
    for name in sorted({key.split("/")[0] for key in texts}):
        about = dict(line.split() for line in texts.get(f"{name}/{name}.txt", "").splitlines() if line.strip())
        if "n_patrons1=" not in about or "n_patrons2=" in about or int(about["n_patrons1="]) > MOST_SAMPLES:
            continue
        lines = texts[f"{name}/{about['fich1=']}"].splitlines()[1:]
        table = np.array([line.split()[1:] for line in lines], dtype=float)
        choose, folds = (rows(texts[f"{name}/{one}.dat"]) for one in ("conxuntos", "conxuntos_kfold"))
        result.append(Problem(name, table[:, :-1], table[:, -1].astype(int), choose[:2],
                              list(zip(folds[0:8:2], folds[1:8:2]))))
    return sorted(result, key=lambda one: (len(one.x), one.name))


# ---- kernels and machines ----


def kernel(context, d, layers, frozen):
    """The NTK of so many layers, of which the first `frozen` are not trained."""
    mlp = ntk.Mlp([d] + [1] * layers, "relu", weight_std=[d**0.5] + [1.0] * (layers - 1), context=context)
    for layer in range(1, frozen + 1):
        mlp.set_learning_rates(weight=0.0, layer=layer)
    return ntk.Kernel(mlp, "ntk")


def accuracies(gram, y, train, test, costs, context):
    """One for each cost."""
    machine = ntk.Svm.from_gram(gram[np.ix_(train, train)], y[train], context=context, most_iterations=MOST_ITERATIONS)
    cross, result = gram[np.ix_(test, train)], []
    for cost in costs:
        machine.set_cost(cost)
        result.append(np.mean(machine.fit().predict_cross(cross) == y[test]))
    return result


def choose(problem, context):
    """(accuracy, layers, frozen, cost) of the best on the first split."""
    best = []
    for frozen in range(DEPTH):
        layers = list(range(frozen + 1, DEPTH + 1))
        grams = kernel(context, problem.x.shape[1], DEPTH, frozen).gram_layers(problem.x, layers, nngp=False)[1]
        for one, gram in zip(layers, grams):
            found = accuracies(gram, problem.y, *problem.choose, COSTS, context)
            best += [(accuracy, one, frozen, cost) for accuracy, cost in zip(found, COSTS)]
    return min(best, key=lambda one: (-one[0],) + one[1:])


def evaluate(problem):
    start, context = time.perf_counter(), ntk.Context(threads=1)
    validation, layers, frozen, cost = choose(problem, context)
    gram = kernel(context, problem.x.shape[1], layers, frozen).gram(problem.x)
    test = [accuracies(gram, problem.y, train, rest, [cost], context)[0] for train, rest in problem.folds]
    return Result(problem, layers, frozen, cost, validation, np.mean(test), time.perf_counter() - start)


def main():
    options = arguments()
    if options.data is None or not pathlib.Path(options.data).exists():
        print("skipped: no data; --data names the folder or archive of the UCI sets")
        return
    start = time.perf_counter()
    chosen = [one for one in problems(pathlib.Path(options.data)) if not options.names or one.name in options.names]
    chosen = chosen[:options.sets]
    heading = f"{'set':31} {'n':>5} {'d':>4} {'classes':>7} {'layers':>6} {'frozen':>6} {'C':>6} "
    print(heading + f"{'chosen at':>9} {'accuracy':>8} {'seconds':>8}")
    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        # the largest first, so that none of them is left for the end
        for job in concurrent.futures.as_completed([pool.submit(evaluate, one) for one in reversed(chosen)]):
            one = job.result()
            results.append(one)
            n, d = one.problem.x.shape
            print(f"{one.problem.name:31} {n:5} {d:4} {len(np.unique(one.problem.y)):7} {one.layers:6} {one.frozen:6} "
                  f"{one.cost:6g} {100 * one.validation:8.2f}% {100 * one.test:7.2f}% {one.seconds:8.1f}", flush=True)
    mean = 100 * np.mean([one.test for one in results])
    print(f"{len(results)} sets in {time.perf_counter() - start:.0f} s: mean accuracy {mean:.2f} %"
          f" (published: {PUBLISHED} % on 90)")


if __name__ == "__main__":
    main()
