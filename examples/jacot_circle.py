"""Figure 1 of Jacot et al. 2018: the NTK of ReLU networks of real width on the unit circle, before and after training.

K(x_0, x) for x_0 = (1, 0) and x = (cos g, sin g), of networks with 4 weight layers (3 hidden) drawn at random: at the
start, and after 200 steps of gradient descent with learning rate 1 towards f*(x) = x_1 x_2 on inputs N(0, I), squared
loss; and the kernel of infinite width. The paper's layers are W a / sqrt(width) + 0.1 b with W and b of N(0, 1), so
weight_std = 1 and bias_std = 0.1. It does not say how many inputs it trains on; here they are --samples, the same for
all networks.

    python3 examples/jacot_circle.py             two cores: some 15 minutes and 8 GB
    python3 examples/jacot_circle.py --quick     small widths, seconds

Writes jacot-circle.txt and, with gnuplot, jacot-circle.svg to build/. Ends with an error if what must hold does not.
"""

import argparse
import math
import pathlib
import shutil
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))
import ntk  # noqa: E402

BIAS_STD = 0.1
LEARNING_RATE = 1.0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=int, nargs=2, default=(500, 10000), metavar=("NARROW", "WIDE"))
    parser.add_argument("--networks", type=int, nargs=2, default=(10, 10), help="drawn at random, of each width")
    parser.add_argument("--trained", type=int, nargs=2, default=(10, 2), help="how many of them are trained")
    parser.add_argument("--samples", type=int, default=100, help="inputs to train on")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--angles", type=int, default=121, help="on the circle; odd, so that 0 is one of them")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build"), help="a folder")
    parser.add_argument("--quick", action="store_true", help="widths 40 and 160, all networks trained")
    options = parser.parse_args()
    if options.quick:
        options.widths, options.trained = (40, 160), options.networks
    if min(options.trained) < 1 or min(options.networks) < 2 or options.angles % 2 == 0:
        parser.error("at least two networks, one of them trained, and an odd number of angles")
    return options


def specification(width):
    return ntk.Mlp([2, width, width, width, 1], "relu", weight_std=1.0, bias_std=BIAS_STD)


def on_circle(network, circle):
    """K(x_0, x) for all x of the circle. x_0 is the point in the middle."""
    middle = len(circle) // 2
    return ntk.Kernel.empirical(network).cross(circle[middle:middle + 1], circle)[0]


def run(width, networks, trained, data, circle, steps):
    """(kernels at the start, kernels after training): a row for each network."""
    before, after = [], []
    for seed in range(networks):
        started = time.perf_counter()
        network = ntk.Network(specification(width), seed=seed)
        before.append(on_circle(network, circle))
        if seed < trained:
            trainer = ntk.Trainer(network, *data, learning_rate=LEARNING_RATE)
            del network  # the trainer has its own copy
            loss = trainer.loss
            trainer.advance(steps)
            after.append(on_circle(trainer.network(), circle))
            print(f"width {width}, seed {seed}: loss {loss:.4f} -> {trainer.loss:.5f} in {steps} steps, "
                  f"{time.perf_counter() - started:.1f} s", flush=True)
            del trainer
    return np.array(before), np.array(after)


def rms(values, axis=None):
    return np.sqrt(np.mean(np.square(values), axis))


def figures(before, after, limit):
    """What is said of the kernels of one width, relative to the largest value of the limit."""
    peak, middle = limit.max(), limit.size // 2
    spread = rms(before.std(axis=0, ddof=1)) / peak
    return {
        "difference": rms(before.mean(axis=0) - limit) / peak,
        "error": spread / math.sqrt(len(before)),
        "spread": spread,
        "change": float(np.mean(rms(after - before[:len(after)], axis=1))) / peak,
        "inflation": float(np.mean(after[:, middle] / before[:len(after), middle])) - 1,
    }


def verdicts(widths, rows):
    """(what must hold, whether it does)"""
    narrow, wide = rows
    expected = math.sqrt(widths[1] / widths[0])
    for width, row in zip(widths, rows):
        # The mean's bias, O(1/width), is far below its error.
        yield f"width {width}: the mean before training is within 4 standard errors of the limit", \
            row["difference"] <= 4 * row["error"]
    # With ten networks the ratio of two standard deviations is known to a third or so.
    ratio = narrow["spread"] / wide["spread"]
    yield f"the spread falls by {ratio:.1f}, within a factor 2 of sqrt(width): {expected:.1f}", \
        expected / 2 <= ratio <= expected * 2
    fall = narrow["change"] / wide["change"]
    yield f"the change by training falls by {fall:.1f}, no less than half of sqrt(width)", fall >= expected / 2


def write(path, options, angles, limit, kernels):
    """Blocks for gnuplot: the limit, then before and after of each width; a column for each network."""
    with open(path, "w", encoding="utf-8") as file:
        def block(title, columns):
            file.write(f"# {title}\n")
            for row in np.column_stack([angles, *columns]):
                file.write(" ".join(f"{value:.6g}" for value in row) + "\n")
            file.write("\n\n")

        block("angle, infinite width", [limit])
        for width, (before, after) in zip(options.widths, kernels):
            block(f"angle, {len(before)} networks of width {width} before training", before)
            block(f"angle, {len(after)} of them after {options.steps} steps", after)


def draw(options, table):
    picture = table.with_suffix(".svg")
    if not shutil.which("gnuplot"):
        print(f"Not drawn: no gnuplot. The numbers are in {table}.")
        return
    titles = [f"width {width}: {networks} networks, {trained} of them trained"
              for width, networks, trained in zip(options.widths, options.networks, options.trained)]
    variables = {"table": table, "picture": picture, "left": titles[0], "right": titles[1],
                 "trained": f"after {options.steps} steps"}
    subprocess.run(["gnuplot", "-e", "; ".join(f"{name}='{value}'" for name, value in variables.items()),
                    str(HERE / "jacot_circle.gp")], check=True)
    print(f"Drawn to {picture} from {table}.")


def main():
    options = arguments()
    options.trained = [min(pair) for pair in zip(options.trained, options.networks)]
    x = np.random.default_rng(2018).standard_normal((options.samples, 2))
    angles = np.linspace(-np.pi, np.pi, options.angles)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    middle = options.angles // 2
    limit = ntk.Kernel(specification(1)).cross(circle[middle:middle + 1], circle)[0]
    kernels = [run(width, networks, trained, (x, x[:, 0] * x[:, 1]), circle, options.steps)
               for width, networks, trained in zip(options.widths, options.networks, options.trained)]

    rows = [figures(before, after, limit) for before, after in kernels]
    print(f"\nThe NTK on the circle, root mean squares over {options.angles} angles in % of the limit's peak "
          f"{limit.max():.4f}; {options.samples} inputs, {options.steps} steps")
    print(f"{'width':>6} {'networks':>8} {'mean - limit':>12} {'std. error':>10} {'spread':>7} {'trained':>7} "
          f"{'change':>7} {'peak grows by':>13}")
    for width, (before, after), row in zip(options.widths, kernels, rows):
        percent = {name: 100 * value for name, value in row.items()}
        print(f"{width:6d} {len(before):8d} {percent['difference']:12.3f} {percent['error']:10.3f} "
              f"{percent['spread']:7.3f} {len(after):7d} {percent['change']:7.3f} {percent['inflation']:13.3f}")
    options.output.mkdir(parents=True, exist_ok=True)
    table = options.output / "jacot-circle.txt"
    write(table, options, angles, limit, kernels)
    draw(options, table)
    failed = 0
    for sentence, holds in verdicts(options.widths, rows):
        print(f"{'holds' if holds else 'FAILS'}: {sentence}")
        failed += not holds
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
