"""Losses, trained networks and Monte-Carlo kernels give what NumPy gives."""

import os
import tempfile
import unittest

import numpy as np

import ntk

EPS = np.finfo(float).eps


def softmax(f):
    e = np.exp(f - f.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# name: parameter, targets from random numbers, values of entries (rows for the cross-entropy), gradient
def formulas():
    signs = lambda y: np.where(y < 0, -1.0, 1.0)
    hinge = lambda f, y: np.maximum(0, 1 - y * f)
    return {
        "squared": (None, lambda y: y, lambda f, y: (f - y)**2 / 2, lambda f, y: f - y),
        "logistic": (None, signs, lambda f, y: np.log1p(np.exp(-y * f)), lambda f, y: -y / (1 + np.exp(y * f))),
        "cross_entropy": (None, softmax, lambda f, y: -y * np.log(softmax(f)), lambda f, y: softmax(f) - y),
        "hinge": (None, signs, hinge, lambda f, y: -y * (y * f < 1)),
        "squared_hinge": (None, signs, lambda f, y: hinge(f, y)**2 / 2, lambda f, y: -y * hinge(f, y)),
        "epsilon_insensitive": (0.3, lambda y: y, lambda f, y: np.maximum(0, abs(f - y) - 0.3),
                                lambda f, y: np.sign(f - y) * (abs(f - y) > 0.3)),
        "huber": (0.5, lambda y: y,
                  lambda f, y: np.where(abs(f - y) <= 0.5, (f - y)**2 / 2, 0.5 * (abs(f - y) - 0.25)),
                  lambda f, y: np.clip(f - y, -0.5, 0.5)),
    }


class Losses(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(1)
        self.f, self.y = random.normal(size=(20, 3)), random.normal(size=(20, 3))

    # A few roundings of numbers of order 1.
    def test_against_numpy(self):
        for name, (parameter, targets, values, gradient) in formulas().items():
            with self.subTest(name):
                loss, y = ntk.Loss(name, parameter), targets(self.y)
                np.testing.assert_allclose(loss.values(self.f, y), values(self.f, y).sum(axis=1), rtol=0, atol=50 * EPS)
                np.testing.assert_allclose(loss.gradient(self.f, y), gradient(self.f, y), rtol=0, atol=20 * EPS)
                self.assertAlmostEqual(loss(self.f, y), values(self.f, y).sum() / 20, delta=50 * EPS)

    def test_vectors_and_slices(self):
        loss = ntk.Loss("huber")
        np.testing.assert_array_equal(loss.gradient(self.f[:, 0], self.y[:, 0]),
                                      loss.gradient(self.f[:, :1], self.y[:, :1])[:, 0])
        np.testing.assert_array_equal(loss.values(self.f[:, :2], self.y[:, 1:]),
                                      loss.values(self.f[:, :2].copy(), self.y[:, 1:].copy()))

    def test_of_callables(self):
        squared = ntk.Loss()
        mine = ntk.Loss.from_function(lambda f, y: f - y, lambda f, y: ((f - y)**2 / 2).sum(axis=1))
        np.testing.assert_array_equal(mine.gradient(self.f, self.y), squared.gradient(self.f, self.y))
        np.testing.assert_allclose(mine.values(self.f, self.y), squared.values(self.f, self.y), rtol=4 * EPS)
        without = ntk.Loss.from_function(lambda f, y: f - y)
        with self.assertRaisesRegex(ntk.Error, "without one") as caught:
            without(self.f, self.y)
        self.assertEqual(caught.exception.name, "NTK_ERR_UNSUPPORTED")
        with self.assertRaisesRegex(ZeroDivisionError, "zero"):
            ntk.Loss.from_function(lambda f, y: 1 // 0).gradient(self.f, self.y)
        with self.assertRaisesRegex(ValueError, "shape"):
            ntk.Loss.from_function(lambda f, y: f[0]).gradient(self.f, self.y)
        with self.assertRaisesRegex(TypeError, "complex"):
            ntk.Loss.from_function(lambda f, y: f * 1j).gradient(self.f, self.y)
        with self.assertRaises(TypeError):
            ntk.Loss.from_function(None)

    def test_refused(self):
        cases = [(lambda: ntk.Loss("mse"), ntk.InvalidValue, "squared, logistic, cross_entropy, hinge"),
                 (lambda: ntk.Loss("function"), ntk.InvalidValue, "from_function"),
                 (lambda: ntk.Loss(3), TypeError, "loss is 3"),
                 (lambda: ntk.Loss("huber", -1), ntk.InvalidValue, "delta is -1"),
                 (lambda: ntk.Loss("squared", 1), ntk.InvalidValue, "no parameters"),
                 (lambda: ntk.Loss("logistic")(self.f, self.y), ntk.InvalidValue, "-1 and 1"),
                 (lambda: ntk.Loss()(self.f, self.y[1:]), ntk.InvalidValue, "rows"),
                 (lambda: ntk.Loss()(self.f, self.y[:, 1:]), ntk.InvalidValue, "columns")]
        for make, kind, sentence in cases:
            with self.assertRaisesRegex(kind, sentence):
                make()
        self.assertEqual(repr(ntk.Loss("huber", 2)), "Loss('huber', 2)")


class Taylor(unittest.TestCase):
    def test_orders(self):
        network = ntk.Network(ntk.Mlp([3, 8, 7, 2], "tanh", 1.5, 0.5), seed=7)
        random = np.random.default_rng(8)
        x, delta = random.normal(size=(4, 3)), random.normal(size=network.parameter_count)
        np.testing.assert_array_equal(network.taylor(x, delta, 0), network(x))
        np.testing.assert_allclose(network.taylor(x, delta), network(x) + network.jvp(x, delta), rtol=0, atol=1e-13)
        single = network.taylor(x, delta, 2, dtype=np.float32)
        self.assertEqual(single.dtype, np.float32)
        np.testing.assert_allclose(single, network.taylor(x, delta, 2), rtol=1e-4)  # 800 eps
        theta, far = network.get_parameters(), network.copy()
        errors = []
        for step in (1e-2, 5e-3):
            far.set_parameters(theta + step * delta)
            errors.append(abs(far(x) - network.taylor(x, step * delta, 2)).max())
        self.assertGreater(errors[0], 6 * errors[1])  # of third order: 8, and 1 + O(step)
        with self.assertRaises(ntk.InvalidValue):
            network.taylor(x, delta, 3)
        with self.assertRaises(ntk.InvalidValue):
            network.taylor(x, delta[1:])


class Trainers(unittest.TestCase):
    def setUp(self):
        self.network = ntk.Network(ntk.Mlp([3, 16, 12, 2], "tanh", 1.5, 0.3), seed=5)
        random = np.random.default_rng(2)
        self.x, self.y, self.z = random.normal(size=(9, 3)), random.normal(size=(9, 2)), random.normal(size=(4, 3))
        self.theta = self.network.get_parameters()

    def gradient(self, theta, weights=1.0, base=0.0):
        """Of the mean squared loss."""
        network = self.network.copy()
        network.set_parameters(theta)
        return network.vjp(self.x, weights * (network(self.x) - base - self.y)) / 9

    # The same operations in another order, over a few steps: 1e-12 is 4500 eps of parameters of order 1.
    def test_descent(self):
        w = np.linspace(0.5, 1.5, 9)
        trainer = ntk.Trainer(self.network, self.x, self.y, learning_rate=0.1, momentum=0.5, weight_decay=0.01,
                              initial_decay=0.02, sample_weights=w, centred=True)
        theta, velocity, base = self.theta, 0, self.network(self.x)
        for _ in range(5):
            g = 0.1 * self.gradient(theta, w[:, None], base) + 0.01 * theta + 0.02 * (theta - self.theta)
            velocity = 0.5 * velocity - g
            theta = theta + velocity
        trainer.advance(5)
        self.assertEqual((trainer.time, trainer.steps, trainer.learning_rate), (5, 5, 0.1))
        self.assertGreaterEqual(trainer.evaluations, 5)
        np.testing.assert_allclose(trainer.get_parameters(), theta, rtol=0, atol=1e-12)
        self.assertAlmostEqual(trainer.distance, np.linalg.norm(theta - self.theta), delta=1e-12)
        network = self.network.copy()
        network.set_parameters(theta)
        np.testing.assert_allclose(trainer.predict(self.z), network(self.z) - self.network(self.z), rtol=0, atol=1e-11)
        np.testing.assert_allclose(trainer.network()(self.z), network(self.z), rtol=0, atol=1e-11)
        residual = network(self.x) - base - self.y
        self.assertAlmostEqual(trainer.loss, (w[:, None] * residual**2).sum() / 18, delta=1e-11)
        np.testing.assert_array_equal(self.network.get_parameters(), self.theta)  # it has a copy

    def test_default_rate(self):
        gram = ntk.Kernel.empirical(self.network, output="full").gram(self.x)
        trainer = ntk.Trainer(self.network, self.x, self.y)
        self.assertAlmostEqual(trainer.learning_rate * np.linalg.eigvalsh(gram)[-1] / 9, 1, delta=0.011)
        trainer.learning_rate = 0.25
        self.assertEqual(trainer.learning_rate, 0.25)
        self.assertEqual(ntk.Trainer(self.network, self.x, self.y, method="flow").learning_rate, 1)

    # The linearised network's flow is that of its kernel in function space, to the tolerance of the integration.
    def test_linearised_flow(self):
        trainer = ntk.Trainer(self.network, self.x, self.y, method="flow", model="linearised", learning_rate=0.5,
                              tolerance=1e-9)
        trainer.advance(7)
        kernel = ntk.Kernel.empirical(self.network, output="full")
        flow = ntk.Flow.from_gram(kernel.gram(self.x), self.y.ravel(), learning_rate=0.5 * 2,
                                  initial=self.network(self.x).ravel())
        cross, f0 = kernel.cross(self.z, self.x), self.network(self.z).ravel()
        expected = flow.predict_cross(7, cross, f0).reshape(4, 2)
        self.assertGreater(abs(expected - self.network(self.z)).max(), 0.1)
        np.testing.assert_allclose(trainer.predict(self.z), expected, rtol=0, atol=1e-6)

    def test_record(self):
        make = lambda: ntk.Trainer(self.network, self.x, self.y, method="flow", learning_rate=0.5)
        trainer, other, times = make(), make(), [0.0, 1.0, 3.0]
        record = trainer.record(times, self.z, drift=True)
        self.assertEqual(record.f.shape, (3, 4, 2))
        for j, t in enumerate(times):
            other.advance(t)
            np.testing.assert_array_equal(record.f[j], other.predict(self.z))
            self.assertEqual((record.loss[j], record.distance[j]), (other.loss, other.distance))
            self.assertEqual(record.drift[j], other.kernel_drift(self.z))
        empirical = lambda network: ntk.Kernel.empirical(network).gram(self.z)
        start, now = empirical(self.network), empirical(other.network())
        self.assertAlmostEqual(record.drift[2], np.linalg.norm(now - start) / np.linalg.norm(start), delta=1e-12)
        short = make().record(times)
        self.assertEqual((short.f, short.drift), (None, None))
        np.testing.assert_array_equal(short.loss, record.loss)
        with self.assertRaises(TypeError):
            trainer.record([4.0], drift=True)

    def test_vector_targets(self):
        network = ntk.Network(ntk.Mlp([3, 8, 1], "tanh"), seed=1)
        trainer = ntk.Trainer(network, self.x, self.y[:, 0])
        record = trainer.record([0, 5], self.z)
        self.assertEqual((record.f.shape, trainer.predict(self.z).shape), ((2, 4), (4,)))
        self.assertLess(record.loss[1], record.loss[0])

    def test_compare_linearised(self):
        make = lambda model: ntk.Trainer(self.network, self.x, self.y, model=model, learning_rate=0.1)
        rms, largest = make("network").compare_linearised([0, 4, 8], self.z)
        for j, t in enumerate([0, 4, 8]):
            pair = [make("network"), make("linearised")]
            for trainer in pair:
                trainer.advance(t)
            off = pair[0].predict(self.z) - pair[1].predict(self.z)
            self.assertAlmostEqual(largest[j], abs(off).max(), delta=1e-12)
            self.assertAlmostEqual(rms[j], np.sqrt(np.mean(off**2)), delta=1e-12)
        self.assertGreater(largest[2], 1e-4)

    def test_losses(self):
        signs = np.where(self.y < 0, -1.0, 1.0)
        mine = ntk.Loss.from_function(lambda f, y: -y / (1 + np.exp(y * f)))
        trainers = [ntk.Trainer(self.network, self.x, signs, loss, learning_rate=1.0, batch=4, seed=3)
                    for loss in ("logistic", ntk.Loss("logistic"), mine)]
        del mine
        for trainer in trainers:
            trainer.advance(7)
        np.testing.assert_array_equal(trainers[0].get_parameters(), trainers[1].get_parameters())
        np.testing.assert_allclose(trainers[2].get_parameters(), trainers[0].get_parameters(), rtol=0, atol=1e-12)
        with self.assertRaisesRegex(ntk.InvalidValue, "-1 and 1"):
            ntk.Trainer(self.network, self.x, self.y, "logistic")

    def test_save_and_restore(self):
        settings = dict(learning_rate=0.1, momentum=0.3, batch=4, seed=9)
        trainer = ntk.Trainer(self.network, self.x, self.y, **settings)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "run")
            trainer.advance(6)
            trainer.save(path)
            trainer.advance(11)
            again = ntk.Trainer(self.network, self.x, self.y)
            again.restore(path)
            self.assertEqual(again.time, 6)
            again.advance(11)
            np.testing.assert_array_equal(again.get_parameters(), trainer.get_parameters())
            with self.assertRaisesRegex(ntk.Error, "nowhere"):
                again.restore(os.path.join(folder, "nowhere"))
            with self.assertRaises(ntk.InvalidValue):
                ntk.Trainer(self.network, self.x + 1, self.y).restore(path)

    def test_failures(self):
        calls = []

        def gradient(f, y):
            calls.append(1)
            if len(calls) > 3:
                raise KeyError("mine")
            return f - y

        value = lambda f, y: ((f - y)**2 / 2).sum(axis=1)
        trainer = ntk.Trainer(self.network, self.x, self.y, ntk.Loss.from_function(gradient, value), learning_rate=0.01)
        with self.assertRaisesRegex(KeyError, "mine") as caught:
            trainer.record([0, 1, 2, 3, 4, 5], self.z)
        self.assertEqual((len(caught.exception.record.loss), trainer.steps), (4, 3))
        np.testing.assert_array_equal(caught.exception.record.f[-1], trainer.predict(self.z))
        calls.clear()
        trainer.advance(5)  # it goes on
        self.assertEqual(trainer.time, 5)
        make = lambda **settings: ntk.Trainer(self.network, self.x, self.y, **settings)
        for call, sentence in [(lambda: make(method="adam"), "'descent', 'flow'"),
                               (lambda: make(momentum=1), "momentum"),
                               (lambda: make(sample_weights=[1]), "sample_weights"),
                               (lambda: ntk.Trainer(self.network, self.x, self.y[:, 0]), "1 columns; expected 2"),
                               (lambda: trainer.advance(1), "t is 1")]:
            with self.assertRaisesRegex(ntk.InvalidValue, sentence):
                call()
        with self.assertRaises(ntk.Error) as caught:
            make(learning_rate=1e6).advance(1000)
        self.assertEqual(caught.exception.name, "NTK_ERR_RANGE")


class MonteCarlo(unittest.TestCase):
    # Sums of five numbers, and of five squares, in another order.
    def test_against_its_networks(self):
        mlp = ntk.Mlp([3, 10, 8, 2], "relu", 1.4, 0.2)
        random = np.random.default_rng(4)
        x, z = random.normal(size=(6, 3)), random.normal(size=(4, 3))
        for kind in ("ntk", "nngp"):
            kernel = ntk.Kernel.monte_carlo(mlp, 5, kind, seed=11)
            each = [ntk.Kernel.empirical(ntk.Network(mlp, seed=11 + m), kind) for m in range(5)]
            grams, crosses = np.array([one.gram(x) for one in each]), np.array([one.cross(x, z) for one in each])
            size = abs(grams).max()
            np.testing.assert_allclose(kernel.gram(x), grams.mean(axis=0), rtol=0, atol=20 * EPS * size)
            mean, error = kernel.gram_estimates(x)
            np.testing.assert_allclose(mean, grams.mean(axis=0), rtol=0, atol=20 * EPS * size)
            np.testing.assert_allclose(error, grams.std(axis=0, ddof=1) / 5**0.5, rtol=0, atol=1e-13 * size)
            mean, error = kernel.cross_estimates(x, z, [2, 4])
            self.assertEqual((mean.shape, error.shape), ((2, 6, 4), (2, 6, 4)))
            np.testing.assert_allclose(mean[0], crosses[:2].mean(axis=0), rtol=0, atol=20 * EPS * size)
            np.testing.assert_allclose(error[1], crosses[:4].std(axis=0, ddof=1) / 2, rtol=0, atol=1e-13 * size)
            self.assertIsNone(kernel.gram_estimates(x, 1, error=False)[1])
        with self.assertRaises(ntk.InvalidValue):
            kernel.gram_estimates(x, 6)
        with self.assertRaises(ntk.InvalidValue):
            ntk.Kernel.monte_carlo(mlp, 0)


if __name__ == "__main__":
    unittest.main()
