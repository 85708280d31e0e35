"""How networks of finite width meet the kernel of infinite width: bias and noise of Monte-Carlo NTKs, ten activations, two
parameterisations, widths 128 to 4096.

    make bench-limit                          everything: about twenty minutes on two cores
    make bench-limit LIMIT_FLAGS=--quick      small: only shows that it runs

A network of width w has the kernel K_m, a matrix over a few inputs; A is the analytic one, of the same widths and
parameterisation. Two experiments:

    noise   the scatter of means over M networks, root mean square over entries, relative to |A|; theory: c (M w)^(-1/2).
            Two hidden layers, 200 networks for each width.
    bias    the mean of <K_m - A, B> for one fixed B; theory: c / w + O(w^-2). Four hidden layers (with one there is no
            bias, and it grows with depth), many more networks, smaller widths.

Bias and noise are equal at M = constant * w, so 200 networks of width 4096 show noise alone, as the last columns of the first
table say. And most of the noise is a common factor of all entries, which B must not see: B = S^-1 b, with covariance S and
bias b of networks of their own at the smallest width, is the linear statistic of the best ratio of the two (Fisher). Its scale is
that of a noise of w^(-1/2) for one network, so (bias times width) = r means that 9 w / r^2 networks show the bias at
three standard errors. Rounds of networks are drawn until the slope of the bias has its error, at most ROUNDS.

Slopes are weighted least squares with the errors of the points, and their +- is one standard error, times the root of chi^2 per
degree of freedom where that exceeds 1. It is statistical: the next order in 1/width, which bends the line of the bias at small
widths, is not in it. bias = c w^-a is fitted to the values and not to their logarithms, so every width enters, seen or not.
Beside it stands bias = c / w + d / w^2, which has the next order; c and chi^2 in the table are of this fit.

Writes infinite-limit.md, and exits with 1 where
    a slope misses the theory by more than four standard errors and 0.15 (room for the next order in 1/width), or chi^2 of
    c / w + d / w^2 is too large (a law c / w^a with another a, or none), or
    nothing is decided, so that the former could hardly fail: a slope is so uncertain that one 0.5 away from the theory would
    pass, the bias is less than four standard errors at width 32, or c is. --quick only tells of this."""

import argparse
import pathlib
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))

import ntk

ACTIVATIONS = ["relu", "leaky_relu", "erf", "tanh", "gelu", "sin", "sigmoid", "softplus", "silu", "elu"]
PARAMETERISATIONS = ["ntk", "standard"]
# Networks for each width, of the two experiments; those of the bias for each round.
NOISE = {128: 200, 256: 200, 512: 200, 1024: 200, 4096: 200}
BIAS = {16: 12000, 32: 16000, 64: 12000, 128: 4000, 256: 500}
QUICK_NOISE, QUICK_BIAS = {64: 200, 128: 200, 256: 100}, {16: 3000, 32: 2000, 64: 1000}
ROUNDS, QUICK_ROUNDS = 5, 1
INPUTS, ROWS, AT_ONCE, GROUPS, LEAST_GROUPS = 6, 4, 500, (1, 4, 16, 64), 30
# What passes, and what counts as decided: a slope that is off by OFF must miss.
STANDARD_ERRORS, NEXT_ORDER, OFF, SEEN_AT = 4, 0.15, 0.5, 32


def network(activation, parameterisation, width, hidden):
    return ntk.Mlp([INPUTS] + [width] * hidden + [1], activation, weight_std=1.4, bias_std=0.3,
                   parameterisation=parameterisation)


def inputs():
    """Rows of length sqrt(d)."""
    x = np.random.default_rng(1).standard_normal((ROWS, INPUTS))
    return x * np.sqrt(INPUTS) / np.linalg.norm(x, axis=1, keepdims=True)


def kernels(mlp, x, count, seed):
    """The kernels of the networks seed ... seed + count - 1, count x n x n, from the means after 1, 2, ... networks."""
    parts = []
    for first in range(0, count, AT_ONCE):
        part = min(AT_ONCE, count - first)
        kernel = ntk.Kernel.monte_carlo(mlp, part, "ntk", seed + first)
        means, _ = kernel.gram_estimates(x, np.arange(1, part + 1), error=False)
        sums = means * np.arange(1, part + 1)[:, None, None]
        parts.append(np.diff(sums, axis=0, prepend=0))
    return np.concatenate(parts)


def deviations(activation, parameterisation, width, hidden, count, seed):
    """K_m - A of each network, relative to the root mean square of A, count x n x n."""
    mlp, x = network(activation, parameterisation, width, hidden), inputs()
    analytic = ntk.Kernel(mlp).gram(x)
    return (kernels(mlp, x, count, seed) - analytic) / np.sqrt((analytic ** 2).mean())


def scatter(values):
    """Root mean square deviation of matrices from their mean; what its relative uncertainty is times the root of their number;
    and that number."""
    count = len(values)
    squares = ((values - values.mean(0)) ** 2).mean((1, 2)) * count / (count - 1)
    return np.sqrt(squares.mean()), 0.5 * squares.std(ddof=1) / squares.mean(), count


class NoisePoint:
    """One width: what the mean of all is off, and the noise of means over groups, each of networks of its own."""

    def __init__(self, width, values):
        self.width, self.networks = width, len(values)
        self.distance = np.sqrt((values.mean(0) ** 2).mean())
        self.one = scatter(values)
        self.noise = self.one[0] / np.sqrt(len(values))
        self.groups = []
        for part, size in zip(np.array_split(values, len(GROUPS)), GROUPS):
            means = part[: len(part) // size * size].reshape((-1, size) + part.shape[1:]).mean(1)
            if len(means) >= LEAST_GROUPS:
                self.groups.append((size,) + scatter(means))


class BiasPoint:
    """One width: the statistic with its standard error."""

    def __init__(self, width, values, direction):
        along = values.reshape(len(values), -1) @ direction
        self.width, self.networks = width, len(values)
        self.bias, self.error = along.mean(), along.std(ddof=1) / np.sqrt(len(along))


def best_direction(values, width):
    """B = S^-1 b, with a ridge that keeps what is all but noiseless from deciding."""
    flat = values.reshape(len(values), -1)
    covariance = np.cov(flat.T)
    ridge = 1e-4 * np.trace(covariance) / len(covariance)
    direction = np.linalg.solve(covariance + ridge * np.eye(len(covariance)), flat.mean(0))
    return direction / np.sqrt(direction @ covariance @ direction * width)


def linear_fit(columns, values, errors):
    """Coefficients of weighted least squares, their standard errors, and chi^2 per degree of freedom."""
    weighted = np.stack(columns, axis=1) / errors[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    coefficients = covariance @ (weighted.T @ (values / errors))
    chi = ((values / errors - weighted @ coefficients) ** 2).sum() / max(len(values) - len(columns), 1)
    return coefficients, np.sqrt(np.diag(covariance)), chi


def widened(error, chi):
    return error * np.sqrt(max(1, chi))


def pooled(spread, count, alike):
    """Relative errors, with the root mean square of `spread` over what is alike. Squared deviations have heavy tails: where few
    happen to be large, a point of its own spread is low and seems to be certain, and would pull the line down."""
    means = {key: np.sqrt((spread[alike == key] ** 2).mean()) for key in set(alike)}
    return np.array([means[key] for key in alike]) / np.sqrt(count)


def slope_in_width(points):
    """log noise = constant + slope log width: the slope and its standard error."""
    width, noise, spread, count = np.array([(point.width, *point.one) for point in points]).T
    error = pooled(spread, count, np.ones(len(points)))
    coefficients, errors, chi = linear_fit([np.ones(len(points)), np.log(width)], np.log(noise), error)
    return coefficients[1], widened(errors[1], chi)


def slope_in_networks(points):
    """log noise = a constant of each width + slope log M."""
    rows = [(point.width, *group) for point in points if len(point.groups) > 1 for group in point.groups]
    width, size, noise, spread, count = np.array(rows).T
    constants = [(width == each).astype(float) for each in np.unique(width)]
    coefficients, errors, chi = linear_fit([*constants, np.log(size)], np.log(noise), pooled(spread, count, size))
    return coefficients[-1], widened(errors[-1], chi)


def arrays(points):
    return (np.array([getattr(point, name) for point in points]) for name in ("width", "bias", "error"))


def fit_power(points):
    """bias = c width^slope by Gauss-Newton from c / width: the slope and its standard error."""
    width, bias, error = arrays(points)
    log = np.log(width / width[0])
    (c,), *_ = linear_fit([width[0] / width], bias, error)
    slope = -1.0
    for _ in range(100):
        power = np.exp(slope * log)
        step, errors, chi = linear_fit([power, c * power * log], bias - c * power, error)
        c, slope = c + step[0], slope + np.clip(step[1], -0.2, 0.2)
    return slope, widened(errors[1], chi)


def fit_orders(points):
    """bias = c / width + d / width^2: c, its standard error, and chi^2 per degree of freedom."""
    width, bias, error = arrays(points)
    coefficients, errors, chi = linear_fit([1 / width, width**-2.0], bias, error)
    return coefficients[0], widened(errors[0], chi), chi


def largest_chi(degrees):
    """chi^2 per degree of freedom that is as rare as STANDARD_ERRORS of a normal number (Wilson and Hilferty 1931)."""
    part = 2 / (9 * degrees)
    return (1 - part + STANDARD_ERRORS * np.sqrt(part)) ** 3


def passes(slope, error, theory):
    return abs(slope - theory) <= STANDARD_ERRORS * error + NEXT_ORDER


def decides(error):
    return STANDARD_ERRORS * error + NEXT_ORDER < OFF


class Row:
    """One activation and parameterisation."""

    def __init__(self, activation, parameterisation, noise_sizes, bias_sizes, rounds, seed):
        def draw(width, hidden, count, number):
            return deviations(activation, parameterisation, width, hidden, count, seed + 100000 * number)

        self.activation, self.parameterisation = activation, parameterisation
        least, most = next(iter(bias_sizes.items()))
        direction = best_direction(draw(least, 4, most, 0), least)
        values = {width: [] for width in bias_sizes}
        for number in range(rounds):
            for place, (width, count) in enumerate(bias_sizes.items(), start=1):
                values[width].append(draw(width, 4, count, 10 * number + place))
            self.bias_points = [BiasPoint(width, np.concatenate(parts), direction) for width, parts in values.items()]
            self.bias = fit_power(self.bias_points)
            if decides(self.bias[1]):
                break
        self.noise_points = [NoisePoint(width, draw(width, 2, count, number))
                             for number, (width, count) in enumerate(noise_sizes.items(), start=90)]
        self.constant, self.constant_error, self.chi = fit_orders(self.bias_points)
        self.in_width = slope_in_width(self.noise_points)
        self.in_networks = slope_in_networks([NoisePoint(width, np.concatenate(parts)) for width, parts in values.items()])
        self.slopes = [("bias", *self.bias, -1), ("width", *self.in_width, -0.5), ("networks", *self.in_networks, -0.5)]

    def seen(self):
        """The largest width at which, as at all smaller ones, the bias is three times its standard error."""
        largest = None
        for point in self.bias_points:
            if abs(point.bias) < 3 * point.error:
                break
            largest = point.width
        return largest

    def misses(self):
        """What is off the theory."""
        wrong = [name for name, *slope in self.slopes if not passes(*slope)]
        degrees = max(len(self.bias_points) - 2, 1)
        return wrong + ["chi^2"] * (not self.chi <= largest_chi(degrees))

    def undecided(self):
        """What is so uncertain that misses() says little."""
        open_ = [name for name, _, error, _ in self.slopes if not decides(error)]
        at = next((point for point in self.bias_points if point.width == SEEN_AT), None)
        if at is None or not abs(at.bias) >= STANDARD_ERRORS * at.error:
            open_.append(f"bias at width {SEEN_AT}")
        if not abs(self.constant) >= STANDARD_ERRORS * self.constant_error:
            open_.append("c")
        return open_

    def line(self):
        last = self.noise_points[-1]
        slopes = " | ".join(f"{slope:.2f} ± {error:.2f}" for _, slope, error, _ in self.slopes)
        return (f"| {self.activation} | {self.parameterisation} | {slopes} | {self.constant:.2f} ± {self.constant_error:.2f} | "
                f"{self.chi:.1f} | {self.seen() or 'none'} | {last.distance:.5f} | {last.noise:.5f} |")


MEANING = ("± is one standard error: statistical, without the next order in 1/width. c and χ² per degree of freedom are of the fit "
           "bias = c / width + d / width².")


def header(most):
    return (f"| activation | parameterisation | bias ~ width^ | noise ~ width^ | noise ~ M^ | c | χ² | "
            f"bias seen up to | error at {most} | its noise |\n|{'---|' * 10}\n| theory | | −1 | −0.5 | −0.5 | | 1 | | | |")


def points_table(row):
    """The points of the fits of one row."""
    lines = [f"The points of {row.activation}, {row.parameterisation} parameterisation.", "",
             "| width | networks | error of the mean | its noise |", "|---|---|---|---|"]
    lines += [f"| {point.width} | {point.networks} | {point.distance:.5f} | {point.noise:.5f} |" for point in row.noise_points]
    lines += ["", "| width | networks | bias, in units of the noise of one network of width 1 |", "|---|---|---|"]
    return lines + [f"| {point.width} | {point.networks} | {point.bias:+.5f} ± {point.error:.5f} |" for point in row.bias_points]


def report(rows, sizes, seconds):
    lines = [f"NTK, weight_std 1.4, bias_std 0.3, {ROWS} inputs of length √{INPUTS} in R^{INPUTS}. libntk {ntk.version()}; "
             f"{seconds:.0f} s.", "", MEANING, "", header(list(sizes)[-1]), *(row.line() for row in rows), ""]
    return "\n".join(lines + points_table(next((row for row in rows if row.activation == "erf"), rows[0]))) + "\n"


def told(rows, what):
    return "; ".join(f"{row.activation} ({row.parameterisation}): {', '.join(what(row))}" for row in rows if what(row))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, required=True, help="the folder of infinite-limit.md")
    parser.add_argument("--quick", action="store_true", help="few and narrow networks, two activations")
    parser.add_argument("--activations", help="some of them, by commas")
    parser.add_argument("--most-width", type=int, default=1 << 62, help="leave out larger widths")
    options = parser.parse_args()
    noise, bias = ({width: count for width, count in sizes.items() if width <= options.most_width}
                   for sizes in ((QUICK_NOISE, QUICK_BIAS) if options.quick else (NOISE, BIAS)))
    names = ["relu", "erf"] if options.quick else ACTIVATIONS
    if options.activations:
        names = options.activations.split(",")
    start, rows = time.perf_counter(), []
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    print(MEANING)
    print(header(list(noise)[-1]), flush=True)
    for activation in names:
        for parameterisation in PARAMETERISATIONS:
            rows.append(Row(activation, parameterisation, noise, bias, rounds, 10**9 + 10**7 * len(rows)))
            print(rows[-1].line(), flush=True)
    seconds = time.perf_counter() - start
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "infinite-limit.md"
    path.write_text(report(rows, noise, seconds), encoding="utf-8")
    print(f"{seconds:.0f} s; {path}")
    missed, undecided = (told(rows, what) for what in (Row.misses, Row.undecided))
    if undecided:
        print("not decided: " + undecided)
    if missed:
        sys.exit("off the theory: " + missed)
    if undecided and not options.quick:
        sys.exit(1)


if __name__ == "__main__":
    main()
