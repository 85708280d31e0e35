"""Support vector machines beside LIBSVM (scikit-learn's SVC) on twenty UCI sets: cost, predictions, time.

    make bench-svm SVM_FLAGS='--uci FILE'           everything: some five minutes on two cores
    make bench-svm SVM_FLAGS='--uci FILE --quick'   five small sets: only shows that it runs

FILE is the archive uci121-jmlr2014.tar.xz of [FernandezDelgado14], or a folder with its contents; the environment variable
NTK_UCI names it too. Both sides get the same matrix K, the NTK of two hidden layers of ReLU units (weight_std = sqrt 2, no
biases) on the first training part of conxuntos_kfold.dat, the same C and the same tolerance, and use one thread; a machine
for each pair of classes, with bias. LIBSVM keeps K in floats, this library in doubles.

    cost         from a and b of either side, in doubles and summed over the pairs: the dual sum y a - |f|^2 / 2, which is
                 what both solve (LIBSVM prints it as obj), and the primal |f|^2 / 2 + C sum max(0, 1 - y f). Columns: the
                 difference, LIBSVM's minus ours, relative to ours
    gap          primal minus dual of ours, relative to the primal: violations up to the tolerance cost C times themselves
                 in the primal, and only their square in the dual
    predictions  test points that get another class
    time         processor time, the least of ROUNDS: our copy of K with its checks; our fit(); fit() of scikit-learn, which
                 checks K too but does not copy it. The ratio is that of the two fits, and the last column has our copy in it

Writes svm-peers.md, and ends with 1 where the dual differs by more than 1e-6, the primal by more than that and the gaps of
both, or a prediction is another one although the votes of no pair are within the violation of a tie."""

import argparse
import os
import pathlib
import statistics
import sys
import tarfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "bench" / "peers")]

SETS = ["ionosphere", "musk-1", "breast-cancer-wisc-diag", "ilpd-indian-liver", "credit-approval", "pima",
        "statlog-vehicle", "tic-tac-toe", "mammographic", "statlog-german-credit", "yeast", "semeion", "car", "titanic",
        "statlog-image", "ozone", "chess-krvkp", "bank", "spambase", "waveform"]
QUICK = 5
TOLERANCE, SAME_COST = 1e-6, 1e-6


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uci", type=pathlib.Path, default=os.environ.get("NTK_UCI"), help="the archive or a folder")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build"), help="the folder of svm-peers.md")
    parser.add_argument("--environment", type=pathlib.Path, help="the virtual environment; OUTPUT/peers unless given")
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--costs", type=float, nargs="+", default=[1.0, 100.0], help="C")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="the first five sets, one round")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.uci is None:
        parser.error("where are the sets? Give --uci, or NTK_UCI in the environment")
    if options.quick:
        options.sets, options.rounds = options.sets[:QUICK], 1
    return options


def enter_environment(options):
    """Again in the virtual environment of the peers, which has NumPy and scikit-learn."""
    import environment

    python, refused = environment.make(options.environment or options.output / "peers", "scikit-learn")
    if "scikit-learn" in refused:
        sys.exit(f"svm_libsvm: scikit-learn could not be installed: {refused['scikit-learn']}")
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    os.execv(python, [python, *sys.argv, "--inside"])


class Sets:
    """The files of the sets, from the archive (read once) or a folder."""

    def __init__(self, path, names):
        self.text = {}
        wanted = {f"{name}/{file}" for name in names for file in (f"{name}_R.dat", "conxuntos_kfold.dat")}
        if path.is_dir():
            self.text = {file: (path / file).read_text(encoding="latin-1") for file in wanted}
            return
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if name in wanted:
                    self.text[name] = archive.extractfile(member).read().decode("latin-1")

    def load(self, name):
        """x, y, and the indices of the first training and test part."""
        import numpy as np

        lines = self.text[f"{name}/{name}_R.dat"].splitlines()[1:]
        table = np.array([[float(field) for field in line.split()[1:]] for line in lines if line.strip()])
        parts = self.text[f"{name}/conxuntos_kfold.dat"].splitlines()[:2]
        train, test = (np.array([int(field) for field in part.split()]) for part in parts)
        return np.ascontiguousarray(table[:, :-1]), table[:, -1], train, test


def ours(gram, y, cost):
    """The machine, and the seconds of its creation and of fit()."""
    import ntk

    start = time.process_time()
    svm = ntk.Svm.from_gram(gram, y, cost, tolerance=TOLERANCE)
    made = time.process_time()
    svm.fit()
    return svm, made - start, time.process_time() - made


def libsvm(gram, y, cost):
    import sklearn.svm

    svm = sklearn.svm.SVC(C=cost, kernel="precomputed", tol=TOLERANCE, cache_size=1000)
    start = time.process_time()
    svm.fit(gram, y)
    return svm, time.process_time() - start


def our_machines(svm, classes):
    a, b = svm.solution()
    pairs = [(p, q) for p in range(classes) for q in range(p + 1, classes)]
    return {pair: (a[:, j], b[j]) for j, pair in enumerate(pairs)}


def their_machines(svm, n, classes):
    """dual_coef_ has a row for each other class; scikit-learn turns the sign with two classes. Ours: the later class is +1."""
    import numpy as np

    coefficients, intercepts = np.asarray(svm._dual_coef_), np.asarray(svm._intercept_)
    first = np.concatenate([[0], np.cumsum(svm.n_support_)])
    machines, j = {}, 0
    for p in range(classes):
        for q in range(p + 1, classes):
            a = np.zeros(n)
            of_p, of_q = slice(first[p], first[p + 1]), slice(first[q], first[q + 1])
            a[svm.support_[of_p]] = coefficients[q - 1, of_p]
            a[svm.support_[of_q]] = coefficients[p, of_q]
            machines[p, q] = -a, -intercepts[j]
            j += 1
    return machines


def costs(machines, gram, index, cost):
    """Primal and dual, summed over the pairs."""
    import numpy as np

    primal = dual = 0.0
    for (p, q), (a, b) in machines.items():
        inside = (index == p) | (index == q)
        y = np.where(index[inside] == q, 1.0, -1.0)
        f = gram[inside] @ a
        square = a[inside] @ f
        primal += square / 2 + cost * np.maximum(0, 1 - y * (f + b)).sum()
        dual += y @ a[inside] - square / 2
    return primal, dual


def near_tie(machines, cross, point):
    """Whether the value of a pair is within what the tolerance leaves open."""
    return any(abs(cross[point] @ a + b) < 100 * TOLERANCE for a, b in machines.values())


def compare(name, sets, cost, options):
    import numpy as np
    import ntk

    x, y, train, test = sets.load(name)
    labels, index = np.unique(y[train], return_inverse=True)
    kernel = ntk.Kernel(ntk.Mlp([x.shape[1], 1, 1, 1], "relu", weight_std=np.sqrt(2)))
    gram, cross = kernel.gram(x[train]), kernel.cross(x[test], x[train])
    runs = [(ours(gram, y[train], cost), libsvm(gram, y[train], cost)) for _ in range(options.rounds)]
    own, peer = runs[0][0][0], runs[0][1][0]
    copy, fit = (min(run[0][k] for run in runs) for k in (1, 2))
    theirs = min(run[1][1] for run in runs)
    machines = our_machines(own, len(labels))
    primal, dual = costs(machines, gram, index, cost)
    their_primal, their_dual = costs(their_machines(peer, len(train), len(labels)), gram, index, cost)
    other = np.flatnonzero(own.predict_cross(cross) != peer.predict(cross))
    undecided = sum(near_tie(machines, cross, point) for point in other)
    return dict(name=name, n=len(train), d=x.shape[1], classes=len(labels), cost=cost, primal=primal,
                primal_difference=(their_primal - primal) / primal, dual_difference=(their_dual - dual) / dual,
                gap=(primal - dual) / primal, their_gap=(their_primal - their_dual) / primal, other=len(other),
                undecided=undecided, test=len(test),
                copy=copy, fit=fit, theirs=theirs, ratio=theirs / fit, whole=theirs / (copy + fit))


def table(rows):
    lines = ["| set | n | d | classes | C | cost | dual differs by | primal differs by | gap | other predictions | "
             "our copy, ms | our fit, ms | LIBSVM, ms | LIBSVM / fit | LIBSVM / both |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for row in rows:
        lines.append(f"| {row['name']} | {row['n']} | {row['d']} | {row['classes']} | {row['cost']:g} | "
                     f"{row['primal']:.6g} | {row['dual_difference']:.1e} | {row['primal_difference']:.1e} | "
                     f"{row['gap']:.1e} | {row['other']} of {row['test']} | {1e3 * row['copy']:.1f} | "
                     f"{1e3 * row['fit']:.1f} | {1e3 * row['theirs']:.1f} | {row['ratio']:.2f} | {row['whole']:.2f} |")
    return lines


def failures(rows):
    for row in rows:
        if not abs(row["dual_difference"]) <= SAME_COST:
            yield f"{row['name']}, C = {row['cost']:g}: the duals differ by more than {SAME_COST:g}"
        if not abs(row["primal_difference"]) <= SAME_COST + row["gap"] + row["their_gap"]:
            yield f"{row['name']}, C = {row['cost']:g}: the primals differ by more than the gaps"
        if row["other"] > row["undecided"]:
            yield f"{row['name']}, C = {row['cost']:g}: {row['other']} other predictions, {row['undecided']} near a tie"


def main():
    options = arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    if not options.inside:
        enter_environment(options)
    import environment
    import sklearn

    sets, rows = Sets(options.uci, options.sets), []
    for cost in options.costs:
        for name in options.sets:
            rows.append(compare(name, sets, cost, options))
            print(table(rows)[-1], flush=True)
    where = environment.describe("make bench-svm")
    wrong = list(failures(rows))
    ratios, whole = [row["ratio"] for row in rows], [row["whole"] for row in rows]
    worst = {key: max(abs(row[f"{key}_difference"]) for row in rows) for key in ("dual", "primal")}
    summary = [f"{len(rows)} problems on {len(options.sets)} sets, tolerance {TOLERANCE:g}: the duals differ by at most "
               f"{worst['dual']:.1e}, the primals by at most {worst['primal']:.1e}, {sum(row['other'] for row in rows)} of {sum(row['test'] for row in rows)} predictions are "
               f"others. LIBSVM (scikit-learn {sklearn.__version__}) takes {statistics.median(ratios):.2f} times as long "
               f"as our fit in the median, from {min(ratios):.2f} to {max(ratios):.2f} times, and "
               f"{statistics.median(whole):.2f} times as long as our fit with the copy and checks of K.",
               f"{where['date']}, {where['processor']}, one thread."]
    text = "\n".join(table(rows) + [""] + summary + [f"- FAILED: {line}" for line in wrong]) + "\n"
    (options.output / "svm-peers.md").write_text(text, encoding="utf-8")
    print("\n".join(summary + wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
