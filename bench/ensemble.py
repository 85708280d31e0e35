"""Trained networks of real width against the mean of the infinite ensemble, in the sense of Lee et al. 2019.

Networks with 2 hidden layers are trained on 128 images of digits (ten classes, squared loss) by gradient flow. The mean
of their predictions over the seeds is compared with mu_t, the mean over all networks of infinite width: the flow of the
analytic NTK from f_0 = 0. For each width and time, root mean squares over test images and outputs:

    plain      mean over the seeds of f_t(z), minus mu_t(z)
    corrected  the same of f_t(z) - g_t(z), where g_t is the flow of this network's own NTK at the start from its f_0 to
               the targets 0: what is left of the random start. A network with the signs of its last layer turned is as
               likely; it has the same NTK, and -f_0 and -g_t. So the mean of g_t over networks of any width is 0, and
               taking it off takes noise away and nothing else.

and beside each what the noise of so many seeds would make of it by itself: the standard error of the mean.

    python3 bench/ensemble.py             two cores: some 15 minutes
    python3 bench/ensemble.py --quick     small widths, seconds

Prints a table, writes it to build/ensemble.md, and ends with an error if what must hold does not.
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

GOAL, GOAL_WIDTH = 1e-2, 4096
WEIGHT_STD, BIAS_STD = 1.0, 0.1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 256, 1024, 4096])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--hidden", type=int, default=2, help="hidden layers")
    parser.add_argument("--activation", default="erf",
                        help="smooth; the flow of relu has kinks and takes many more steps")
    parser.add_argument("--samples", type=int, default=128)
    parser.add_argument("--test", type=int, default=256)
    parser.add_argument("--horizon", type=float, default=256,
                        help="the last time, in units of n / (largest eigenvalue of the analytic NTK)")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="of the flow")
    parser.add_argument("--mnist", type=pathlib.Path, help="a folder with the four IDX files, instead of data/digits")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build"), help="a folder")
    parser.add_argument("--quick", action="store_true", help="widths 64 and 256, 32 images, horizon 16")
    options = parser.parse_args()
    if options.quick:
        options.widths, options.samples, options.horizon = [64, 256], 32, 16
    if options.seeds < 2:
        parser.error("a standard error needs two seeds")
    return options


def specification(options, inputs, width):
    widths = [inputs] + options.hidden * [width] + [digit_images.CLASSES]
    return ntk.Mlp(widths, options.activation, WEIGHT_STD, BIAS_STD)


def rest(network, times, x, z):
    """What is left of the network's random start at each of the times, at the points z: times x m x c."""
    kernel = ntk.Kernel.empirical(network, output="full")  # a row of x has c rows of the matrix
    start, start_at_z = network(x), network(z)
    # The flow's loss is a mean over the rows of the matrix, the network's over images.
    flow = ntk.Flow.from_gram(kernel.gram(x), np.zeros(start.size), learning_rate=network.outputs,
                              initial=start.ravel())
    return flow.predict_cross(times, kernel.cross(z, x), start_at_z.ravel()).reshape(len(times), *start_at_z.shape)


def rms(values):
    return np.sqrt(np.mean(np.square(values), axis=(-2, -1)))


def compared(samples, mean):
    """(root mean square of the mean over seeds minus `mean`, its standard error), each for every time. samples is
    seeds x times x images x outputs."""
    return rms(samples.mean(axis=0) - mean), rms(samples.std(axis=0, ddof=1)) / np.sqrt(len(samples))


def run(options, data, mean, times, width):
    """One row for each time: plain and corrected, each a pair as of compared(); the loss; and the seconds of a seed."""
    x, y, z, _ = data
    plain, corrected, losses = [], [], []
    started = time.perf_counter()
    for seed in range(options.seeds):
        network = ntk.Network(specification(options, x.shape[1], width), seed)
        start = rest(network, times, x, z)
        trainer = ntk.Trainer(network, x, y, method="flow", tolerance=options.tolerance)
        del network
        record = trainer.record(times, z)
        plain.append(record.f)
        corrected.append(record.f - start)
        losses.append(record.loss)
    seconds = (time.perf_counter() - started) / options.seeds
    print(f"width {width}: {trainer.parameter_count} parameters, {trainer.evaluations} gradients, {seconds:.1f} s a "
          "network", flush=True)
    both = compared(np.array(plain), mean) + compared(np.array(corrected), mean)
    columns = zip(times, np.mean(losses, axis=0), *both)
    return [(width, *column, seconds) for column in columns]


def markdown(options, what, rows):
    lines = ["# Trained networks and the infinite ensemble", "",
             f"{what}: {options.samples} to train on, {options.test} others. {options.hidden} hidden layers, "
             f"{options.activation}, {options.seeds} seeds; libntk {ntk.version()}.", "",
             "Root mean squares over test images and outputs of (mean over seeds − mean of the infinite ensemble),",
             "with the standard error of the mean. bench/ensemble.py says what is corrected.", "",
             "| width | time | training loss | plain | ± | corrected | ± | seconds a network |",
             "|---|---|---|---|---|---|---|---|"]
    for width, t, loss, plain, error, corrected, left, seconds in rows:
        figures = " | ".join(f"{one:.4f}" for one in (plain, error, corrected, left))
        lines.append(f"| {width} | {t:.3g} | {loss:.2e} | {figures} | {seconds:.1f} |")
    return "\n".join(lines) + "\n"


def verdicts(options, rows):
    """(what must hold, whether it does)"""
    for width, t, _, plain, error, corrected, _, _ in rows:
        if width >= GOAL_WIDTH:
            yield f"width {width}, t = {t:.3g}: {corrected:.4f} <= {GOAL:g}", corrected <= GOAL
            # The images' errors depend on each other, the ten outputs' do not: some ten degrees of freedom or more.
            yield f"width {width}, t = {t:.3g}: plain {plain:.4f} is within 2 standard errors, and {GOAL:g}", \
                plain <= 2 * error + GOAL
    last = {width: corrected for width, *_, corrected, _, _ in rows}
    widest, narrowest = max(last), min(last)
    if widest > narrowest:
        yield f"the widest networks are nearer, {last[widest]:.4f}, than the narrowest, {last[narrowest]:.4f}", \
            last[widest] < last[narrowest]


def main():
    options = arguments()
    *data, name = digit_images.load(options.mnist, options.samples, options.test)
    x, y, z, _ = data
    limit = ntk.Kernel(specification(options, x.shape[1], 1))
    unit = len(x) / np.linalg.eigvalsh(limit.gram(x))[-1]
    times = [unit * options.horizon / fraction for fraction in (64, 8, 1)]
    mean = ntk.Flow(limit, x, y).predict(times, z)
    rows = [row for width in options.widths for row in run(options, data, mean, times, width)]
    text = markdown(options, name, rows)
    print("\n" + text)
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "ensemble.md"
    path.write_text(text, encoding="utf-8")
    print(f"Written to {path}.")
    failed = 0
    for sentence, holds in verdicts(options, rows):
        print(f"{'holds' if holds else 'FAILS'}: {sentence}")
        failed += not holds
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
