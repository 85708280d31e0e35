"""Networks of real width, trained from many starts, against mean and covariance of the infinite ensemble.

Networks are trained on images of digits (ten classes, squared loss) by gradient flow, from many seeds. Mean and
covariance of their outputs over the seeds (for the covariance also over the ten outputs, which are independent at
infinite width and share it) are compared with ntk.Ensemble. For each width and time:

    mean         root mean square over test images and outputs of the mean over seeds, minus that of the ensemble
    +-           what the noise of so many seeds would make of it by itself, by the ensemble's variances
    variance     mean variance on test images, over the ensemble's
    covariance   Frobenius norm of the covariance between test images minus the ensemble's, over that of the ensemble's
    +-           what the noise would make of it by itself

and the last three again on the training images, where variances go to 0. Then the same for networks whose last layer
alone is trained.

    python3 bench/ensemble_spread.py            two cores: two minutes
    python3 bench/ensemble_spread.py --quick    seconds

Prints a table, writes it to build/ensemble_spread.md, and ends with an error if what must hold does not.
"""

import argparse
import pathlib
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "examples")]
import digit_images  # noqa: E402
import ntk  # noqa: E402

WEIGHT_STD, BIAS_STD = 1.0, 0.1
WIDE = 2048


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=int, nargs="+", default=[32, 256, 2048])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--hidden", type=int, default=1, help="hidden layers")
    parser.add_argument("--activation", default="erf",
                        help="smooth; the flow of relu has kinks and takes many more steps")
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--test", type=int, default=24)
    parser.add_argument("--horizon", type=float, default=16,
                        help="the last time, in units of n / (largest eigenvalue of the analytic NTK)")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="of the flow")
    parser.add_argument("--last-layer", choices=["no", "yes", "both"], default="both")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build"), help="a folder")
    parser.add_argument("--quick", action="store_true", help="widths 32 and 256, 30 seeds")
    options = parser.parse_args()
    if options.quick:
        options.widths, options.seeds = [32, 256], 30
    if options.seeds < 10:
        parser.error("a covariance needs ten seeds")
    return options


def specification(options, inputs, width, last_layer):
    """Every learning rate is 1; with last_layer those of the hidden layers are 0."""
    widths = [inputs] + options.hidden * [width] + [digit_images.CLASSES]
    mlp = ntk.Mlp(widths, options.activation, WEIGHT_STD, BIAS_STD)
    for layer in range(1, options.hidden + 1) if last_layer else ():
        mlp.set_learning_rates(0.0, 0.0, layer)
    return mlp


def noise(covariance, count):
    """The Frobenius norm that the sampling error of a covariance has, from so many samples of a Gaussian."""
    variance = np.diag(covariance)
    return np.sqrt((np.sum(np.square(covariance)) + np.sum(variance)**2) / count)


def compared(outputs, mean, covariance):
    """Of one time: mean off, its noise, variance ratio, covariance off, its noise. outputs is seeds x points x c."""
    seeds, _, c = outputs.shape
    left = outputs - mean
    off = np.sqrt(np.mean(np.square(left.mean(axis=0))))
    rows = left.transpose(0, 2, 1).reshape(seeds * c, -1)
    found = rows.T @ rows / len(rows)
    size = np.linalg.norm(covariance)
    return (off, np.sqrt(np.trace(covariance) / len(covariance) / seeds), np.trace(found) / np.trace(covariance),
            np.linalg.norm(found - covariance) / size, noise(covariance, len(rows)) / size)


def run(options, x, y, z, ensemble, times, width, last_layer):
    outputs = {"train": [], "test": []}
    started = time.perf_counter()
    for seed in range(options.seeds):
        network = ntk.Network(specification(options, x.shape[1], width, last_layer), seed)
        trainer = ntk.Trainer(network, x, y, method="flow", tolerance=options.tolerance)
        record = trainer.record(times, np.concatenate([x, z]))
        outputs["train"].append(record.f[:, :len(x)])
        outputs["test"].append(record.f[:, len(x):])
    seconds = (time.perf_counter() - started) / options.seeds
    print(f"width {width}{', last layer' * last_layer}: {seconds:.2f} s a network", flush=True)
    for k, t in enumerate(times):
        test = compared(np.array(outputs["test"])[:, k], *ensemble.predict(t, z, covariance=True))
        train = compared(np.array(outputs["train"])[:, k], *ensemble.train(t, covariance=True))
        yield ("last layer" if last_layer else "all", width, t, *test, *train[2:])


def markdown(options, what, rows):
    lines = ["# Trained networks and the covariance of the infinite ensemble", "",
             f"{what}: {options.samples} to train on, {options.test} others. {options.hidden} hidden layers, "
             f"{options.activation}, {options.seeds} seeds; libntk {ntk.version()}.", "",
             "| trained | width | time | mean | ± | variance | covariance | ± | samples: variance | covariance | ± |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    for trained, width, t, *figures in rows:
        lines.append(f"| {trained} | {width} | {t:.3g} | " + " | ".join(f"{one:.3f}" for one in figures) + " |")
    return "\n".join(lines) + "\n"


def verdicts(rows):
    """(what must hold, whether it does). Few directions carry most of a covariance, so that the size of its noise varies
    by a half."""
    for trained, width, t, off, error, _, spread, spread_error, _, own, own_error in rows:
        if width >= WIDE:
            where = f"{trained}, width {width}, t = {t:.3g}"
            yield f"{where}: mean {off:.3f} within 2 x {error:.3f}", off <= 2 * error
            yield f"{where}: covariance {spread:.3f} within 2 x {spread_error:.3f}", spread <= 2 * spread_error
            yield f"{where}: on the samples {own:.3f} within 2 x {own_error:.3f}", own <= 2 * own_error


def main():
    options = arguments()
    x, y, z, _, name = digit_images.load(None, options.samples, options.test)
    rows = []
    for last_layer in {"no": [False], "yes": [True], "both": [False, True]}[options.last_layer]:
        mlp = specification(options, x.shape[1], 1, last_layer)
        limits = ntk.Kernel(mlp), ntk.Kernel(mlp, "nngp")
        unit = len(x) / np.linalg.eigvalsh(limits[last_layer].gram(x))[-1]
        times = [unit * options.horizon / fraction for fraction in (16, 4, 1)]
        ensemble = ntk.Ensemble(None if last_layer else limits[0], limits[1], x, y)
        for width in options.widths:
            rows += run(options, x, y, z, ensemble, times, width, last_layer)
    text = markdown(options, name, rows)
    print("\n" + text)
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "ensemble_spread.md"
    path.write_text(text, encoding="utf-8")
    print(f"Written to {path}.")
    failed = 0
    for sentence, holds in verdicts(rows):
        print(f"{'holds' if holds else 'FAILS'}: {sentence}")
        failed += not holds
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
