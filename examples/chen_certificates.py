"""Chen, Huang, Nguyen, Weng 2021, "On the equivalence between neural network and support vector machine": accuracy and
robustness certificates of infinitely wide networks on MNIST, 0 against 1.

All 12,665 images of the two digits to train, 2,115 to test, pixels in [0,1], labels -1 and +1; the NTK of one hidden
layer of ReLU units without biases, with standard deviations of 1: this library's default, 1/784 in it as in theirs.
Kernel ridge regression a = (K + (lambda / 2) I)^-1 y, and a support vector machine without bias with C = 15.625. The
certificate is the mean over test images of the largest l-infinity radius in which the sign of f is proved to stay.

    published   their table 3 (ridge regression) and table 2 (the machine, on all test images)
    euclidean   their bounds, with this library's radii: to a relative 1e-6
    box         the same with tighter intervals, ntk_kernel_certificate()'s other kind

What the paper leaves open, and how it is read here, after the authors' code:
- Labels are -1 for 0 and +1 for 1, and the mean is over all test images, also those that are classified wrongly.
- C = 15.625 = 1 / (64 * 0.001) is where their stochastic subgradient descent would end: batches of 64, lambda = 0.001,
  a_i <- (1 - lambda) a_i + y_i / 64 [y_i f < 1] for the samples of the batch only. They stop it after 100 epochs, when
  a_i is at most 1.49. The row "sgd" repeats that, with our order of the samples; "svm" is the minimum itself. The
  published mean lies between the two: the repetition comes to 0.0080 after some 280 epochs.
- Their radius ends when the bound on f is between 0 and 0.001, and is at most 0.3: a little smaller than the largest.
- Their matrices are single precision, so that lambda = 0 is not quite interpolation.

    python3 examples/chen_certificates.py --mnist FOLDER     train-images-idx3-ubyte[.gz], and three others; 4 GB of
                                                             memory, some minutes; or set NTK_MNIST
    python3 examples/chen_certificates.py --quick            the first 1000 images, 100 to test

Ends with an error if a certificate "box" is smaller than "euclidean", or, on all images, an accuracy is not the
published one to 0.1 %.
"""

import argparse
import os
import pathlib
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "python"), str(HERE)]
import digit_images  # noqa: E402
import ntk  # noqa: E402

# lambda: accuracy in per cent, mean certificate
RIDGE = {0: (99.95, 3.302e-5), 0.001: (99.95, 3.756e-5), 0.01: (99.95, 6.506e-5), 0.1: (99.95, 2.230e-4),
         1: (99.95, 0.001005), 10: (99.91, 0.005181), 100: (99.86, 0.020456), 1000: (99.76, 0.026088)}
MACHINE = (99.95, 0.0079733)
COST = 15.625
EPOCHS, BATCH, DECAY = 100, 64, 0.001


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=pathlib.Path, default=os.environ.get("NTK_MNIST"),
                        help="a folder; default: the environment variable NTK_MNIST")
    parser.add_argument("--quick", action="store_true", help="1000 images to train, 100 to test")
    parser.add_argument("--rows", nargs="+", choices=[*map(str, RIDGE), "svm", "sgd"], help="these only")
    return parser.parse_args()


def images(folder, part, count):
    """Zeros and ones of MNIST, n x 784 in [0,1], with -1 for the zeros."""
    pixels, labels = digit_images.read_mnist(folder, part)
    chosen = np.flatnonzero(labels <= 1)[:count]
    return pixels[chosen] / 255, np.where(labels[chosen] == 0, -1.0, 1.0)


def descend(gram, y):
    """The published subgradient descent; f is kept, since few coefficients of a batch change."""
    random, a, f = np.random.default_rng(6), np.zeros(len(y)), np.zeros(len(y))
    for _ in range(EPOCHS):
        order = random.permutation(len(y))
        for begin in range(0, len(y), BATCH):
            batch = order[begin:begin + BATCH]
            change = (y[batch] * f[batch] < 1) * y[batch] / len(batch) - DECAY * a[batch]
            moved = np.flatnonzero(change)
            f += change[moved] @ gram[batch[moved]]
            a[batch] += change
    return a


def coefficients(gram, y, which, context):
    """a of the row with this name."""
    if which == "svm":
        machine = ntk.Svm.from_gram(gram, y, cost=COST, bias=False, tolerance=1e-6, context=context).fit()
        report = machine.report()
        print(f"  svm: objective {report.objective:.9g}, gap {report.gap:.2g}, {report.support_vectors} vectors")
        return machine.solution()[0][:, 0]
    if which == "sgd":
        return descend(gram, y)
    # of a flow: the ridge n weight_decay / learning_rate
    flow = ntk.Flow.from_gram(gram, y, weight_decay=float(which) / 2 / len(y), context=context)
    return flow.coefficients(np.inf)


def show(name, published, accuracy, radii, seconds):
    means = " ".join(f"{np.mean(one):10.4g} +-{np.std(one):8.2g}" for one in radii)
    known = f"{published[0]:8.2f} {published[1]:11.4g}" if published else f"{'':8} {'':11}"
    print(f"{name:>12} {known} | {accuracy:8.2f} {means} {np.median(radii[0]):9.3g} {seconds:7.1f}", flush=True)


def main():
    options = arguments()
    if options.mnist is None or not pathlib.Path(options.mnist).is_dir():
        print("skipped: no MNIST; --mnist names the folder with its files")
        return
    n, m = (1000, 100) if options.quick else (None, None)
    folder = pathlib.Path(options.mnist)
    (x, y), (z, labels) = images(folder, "train", n), images(folder, "t10k", m)
    start = time.perf_counter()
    kernel = ntk.Kernel(ntk.Mlp([x.shape[1], 1, 1], "relu"))
    gram, cross = kernel(x), kernel(z, x)
    print(f"{len(x)} images to train, {len(z)} to test; the Gram matrix in {time.perf_counter() - start:.1f} s")
    print(f"{'':12} {'published':>20} | {'here':>8} {'euclidean':>21} {'box':>21} {'median':>9} {'seconds':>7}")
    failed = []
    for which in options.rows or [*map(str, RIDGE), "svm", "sgd"]:
        start = time.perf_counter()
        a = coefficients(gram, y, which, kernel.context)
        accuracy = 100 * np.mean(np.sign(cross @ a) == labels)
        radii = [kernel.certificate(x, a, z, bounds=bounds) for bounds in ("euclidean", "box")]
        published = MACHINE if which in ("svm", "sgd") else RIDGE[float(which)]
        name = which if which in ("svm", "sgd") else f"lambda {which}"
        show(name, None if options.quick else published, accuracy, radii, time.perf_counter() - start)
        if np.any(radii[1] < radii[0] * (1 - 2e-6)) or not options.quick and abs(accuracy - published[0]) > 0.1:
            failed.append(which)
    if failed:
        sys.exit(f"not as it must be: {', '.join(failed)}")


if __name__ == "__main__":
    main()
