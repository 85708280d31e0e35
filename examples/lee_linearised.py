"""Lee et al. 2019: a network trained by gradient flow and its linearisation, against its width.

Networks with 3 hidden layers are trained on 128 images of digits (ten classes, squared loss) from t = 0 to --horizon,
in units of n / (largest eigenvalue of the NTK of infinite width), and beside each of them its linearisation
F(x; theta_0) + J(x; theta_0) (theta - theta_0). For each width, over several networks:

    difference  sup over times of the root mean square over test images and outputs of f_t - f_t^lin
    movement    |theta_t - theta_0| / sqrt(width) at the end, where it is largest
    drift       |T_t - T_0| / |T_0| of the empirical NTK on test images at the end

Theorem 2.1 of the paper bounds all three by a multiple of width^(-1/2); measured there, the kernel's drift is closer to
width^-1.

    python3 examples/lee_linearised.py                 two cores: some 10 minutes
    python3 examples/lee_linearised.py --mnist FOLDER  on MNIST: train-images-idx3-ubyte[.gz], and three others
    python3 examples/lee_linearised.py --quick         small widths, seconds

Writes lee-linearised.txt and, with gnuplot, lee-linearised.svg to build/. Ends with an error if what must hold does
not.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "python"), str(HERE)]
import digit_images  # noqa: E402
import ntk  # noqa: E402

QUANTITIES = ("difference", "movement", "drift")
TEST_IMAGES, DRIFT_IMAGES = 256, 64


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=int, nargs="+", default=[2**k for k in range(5, 12)])
    parser.add_argument("--networks", type=int, default=4, help="of each width")
    parser.add_argument("--hidden", type=int, default=3, help="hidden layers")
    parser.add_argument("--activation", default="erf",
                        help="smooth, as the theorem wants it; the flow of relu has kinks and takes many more steps")
    parser.add_argument("--weight-std", type=float, default=1.0)
    parser.add_argument("--bias-std", type=float, default=0.1)
    parser.add_argument("--horizon", type=float, default=256)
    parser.add_argument("--samples", type=int, default=128)
    parser.add_argument("--fit-from", type=int, default=128, help="the slopes are those of the widths from this on")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="of the flow")
    parser.add_argument("--mnist", type=pathlib.Path, help="a folder")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build"), help="a folder")
    parser.add_argument("--quick", action="store_true", help="widths 64, 128, 256; 32 images; horizon 16")
    options = parser.parse_args()
    if options.quick:
        options.widths, options.samples, options.horizon, options.fit_from = [64, 128, 256], 32, 16, 64
    options.widths = sorted(options.widths)
    if sum(width >= options.fit_from for width in options.widths) < 2 or options.networks < 2:
        parser.error("a slope with its error needs two widths from --fit-from on, and two networks of each")
    return options


def specification(options, inputs, width):
    widths = [inputs] + options.hidden * [width] + [digit_images.CLASSES]
    return ntk.Mlp(widths, options.activation, options.weight_std, options.bias_std)


def run(options, data, width, seed, times):
    """The three quantities of one network, and what it cost."""
    x, y, z, _ = data
    started = time.perf_counter()
    trainer = ntk.Trainer(ntk.Network(specification(options, x.shape[1], width), seed), x, y, method="flow",
                          tolerance=options.tolerance)
    start = trainer.loss
    rms, _ = trainer.compare_linearised(times, z)
    movement = trainer.distance / np.sqrt(width)
    drift = trainer.kernel_drift(z[:DRIFT_IMAGES])
    print(f"width {width:5d}, seed {seed}: loss {start:.3f} -> {trainer.loss:.2e}, {trainer.evaluations} gradients, "
          f"{time.perf_counter() - started:.1f} s", flush=True)
    return rms.max(), movement, drift


def slopes(options, values):
    """{quantity: (slope of log quantity against log width, its standard error)}: the mean over the networks of one
    slope each, and its error. values is widths x networks x quantities."""
    chosen = np.array(options.widths) >= options.fit_from
    u = np.log(np.array(options.widths)[chosen])
    u = (u - u.mean()) / np.sum((u - u.mean()) ** 2)
    each = np.tensordot(u, np.log(values[chosen]), axes=1)  # networks x quantities
    error = each.std(axis=0, ddof=1) / np.sqrt(len(each))
    return dict(zip(QUANTITIES, zip(each.mean(axis=0), error)))


def verdicts(fitted):
    """(what must hold, whether it does). Three standard errors, or 0.15 for what powers of higher order do to a slope
    over a few octaves."""
    for name, (slope, error) in fitted.items():
        margin = max(0.15, 3 * error)
        lowest = -0.5 if name == "movement" else -1.0
        expected = "-1/2" if name == "movement" else "between -1 and -1/2"
        yield f"{name}: the slope {slope:.2f} is {expected}, to {margin:.2f}", \
            lowest - margin <= slope <= -0.5 + margin


def write(path, options, values):
    """For gnuplot: a block of all networks, and one of geometric means."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"# width {' '.join(QUANTITIES)}: each network\n")
        for width, networks in zip(options.widths, values):
            for row in networks:
                file.write(f"{width} " + " ".join(f"{value:.6g}" for value in row) + "\n")
        file.write("\n\n# geometric means over the networks\n")
        for width, networks in zip(options.widths, values):
            file.write(f"{width} " + " ".join(f"{value:.6g}" for value in np.exp(np.log(networks).mean(axis=0))) + "\n")


def draw(options, table, fitted, what):
    picture = table.with_suffix(".svg")
    if not shutil.which("gnuplot"):
        print(f"Not drawn: no gnuplot. The numbers are in {table}.")
        return
    variables = {"table": table, "picture": picture, "what": what}
    for name, (slope, error) in fitted.items():
        variables[name] = f"slope {slope:.2f} ± {error:.2f}"
    numbers = f"from={options.fit_from}; "
    subprocess.run(["gnuplot", "-e", numbers + "; ".join(f"{name}='{value}'" for name, value in variables.items()),
                    str(HERE / "lee_linearised.gp")], check=True)
    print(f"Drawn to {picture} from {table}.")


def main():
    options = arguments()
    *data, name = digit_images.load(options.mnist, options.samples, TEST_IMAGES)
    x = data[0]
    limit = ntk.Kernel(specification(options, x.shape[1], 1)).gram(x)
    unit = len(x) / np.linalg.eigvalsh(limit)[-1]
    times = unit * options.horizon / 2.0 ** np.arange(11, -1, -1)
    what = (f"{len(x)} {name}; {options.hidden} hidden layers, {options.activation}; "
            f"{options.networks} networks a width")
    print(f"{what}; flow to t = {times[-1]:.4g}")
    values = np.array([[run(options, data, width, seed, times) for seed in range(options.networks)]
                       for width in options.widths])

    fitted = slopes(options, values)
    print(f"\nGeometric means over {options.networks} networks")
    print(f"{'width':>6} " + " ".join(f"{name:>12}" for name in QUANTITIES))
    for width, networks in zip(options.widths, values):
        print(f"{width:6d} " + " ".join(f"{value:12.4g}" for value in np.exp(np.log(networks).mean(axis=0))))
    print(f"{'slope':>6} " + " ".join(f"{slope:12.3f}" for slope, _ in fitted.values()) +
          f"   widths from {options.fit_from} on")
    print(f"{'+-':>6} " + " ".join(f"{error:12.3f}" for _, error in fitted.values()))
    options.output.mkdir(parents=True, exist_ok=True)
    table = options.output / "lee-linearised.txt"
    write(table, options, values)
    draw(options, table, fitted, what)
    failed = 0
    for sentence, holds in verdicts(fitted):
        print(f"{'holds' if holds else 'FAILS'}: {sentence}")
        failed += not holds
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
