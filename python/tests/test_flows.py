"""Flows with every loss and setting, and ensembles, against NumPy."""

import unittest

import numpy as np

import ntk

EPS = np.finfo(float).eps


def kernels(d, context=None):
    context = context or ntk.Context()
    mlp = ntk.Mlp([d, 1, 1, 1], "relu", weight_std=2**0.5, bias_std=0.1, context=context)
    return ntk.Kernel(mlp, "ntk"), ntk.Kernel(mlp, "nngp")


class Flows(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(6)
        self.x, self.z = random.normal(size=(20, 4)), random.normal(size=(7, 4))
        self.y, self.signs = random.normal(size=(20, 2)), np.sign(random.normal(size=20))
        self.w = random.uniform(0.5, 2, size=20)
        self.kernel, self.nngp = kernels(4)
        self.gram, self.cross = self.kernel(self.x), self.kernel(self.z, self.x)
        self.rounding = 20 * EPS * np.linalg.cond(self.gram) * 10

    # Steps written out. Each rounds as a product with a contraction does, so that errors do not grow.
    def test_descent(self):
        for reduction, s in [("mean", 1 / 20), ("sum", 1.0)]:
            flow = ntk.Flow(self.kernel, self.x, self.y, dynamics="descent", momentum=0.5, reduction=reduction,
                            weight_decay=0.01, sample_weights=self.w)
            rate = flow.learning_rate = 0.7 * flow.largest_learning_rate
            root = np.sqrt(self.w)
            kappa = np.linalg.eigvalsh(root[:, None] * self.gram * root)[-1]
            self.assertAlmostEqual(rate * s * kappa / 0.7 / (3 - 0.01), 1, delta=1e-12)
            a, v = np.zeros((20, 2)), np.zeros((20, 2))
            for _ in range(25):
                v = 0.5 * v - 0.01 * a - rate * s * self.w[:, None] * (self.gram @ a - self.y)
                a += v
            np.testing.assert_allclose(flow.train(25), self.gram @ a, rtol=0, atol=1e-11)
            np.testing.assert_allclose(flow.predict([25], self.z)[0], self.cross @ a, rtol=0, atol=1e-11)
        with self.assertRaisesRegex(ntk.InvalidValue, "t"):
            flow.train(0.5)

    def test_weighted_limit(self):
        flow = ntk.Flow(self.kernel, self.x, self.y, weight_decay=0.1, sample_weights=self.w)
        a = np.linalg.solve(self.gram + np.diag(20 * 0.1 / self.w), self.y)
        np.testing.assert_allclose(flow.coefficients(np.inf), a, rtol=0, atol=1e-12)
        flow.set_sample_weights(None)
        a = np.linalg.solve(self.gram + 2 * np.eye(20), self.y)
        np.testing.assert_allclose(flow.coefficients(np.inf), a, rtol=0, atol=1e-12)

    # Small explicit steps with their error removed by extrapolation; the flow is asked for 1e-9.
    def test_losses(self):
        huber = ntk.Loss("huber", 0.5, context=self.kernel.context)
        softmax = np.abs(self.y) / abs(self.y).sum(1)[:, None]
        mine = ntk.Loss.from_function(lambda f, y: f - y, context=self.kernel.context)
        for loss, y in [("logistic", self.signs), ("squared_hinge", self.signs), ("cross_entropy", softmax),
                        (huber, self.y), (mine, self.y), ("squared", self.y)]:
            flow = ntk.Flow(self.kernel, self.x, y, loss=loss, weight_decay=0.05, tolerance=1e-9)
            gradient = (ntk.Loss(loss) if isinstance(loss, str) else loss).gradient

            def steps(count, rate=1.0):
                a = np.zeros_like(y)
                for _ in range(count):
                    h = 2.0 / count
                    half = a - h / 2 * (0.05 * a + rate / 20 * gradient(self.gram @ a, y))
                    a = a - h * (0.05 * half + rate / 20 * gradient(self.gram @ half, y))
                return self.gram @ a

            with self.subTest(loss):
                expected = (4 * steps(400) - steps(200)) / 3
                np.testing.assert_allclose(flow.train(2.0), expected, rtol=0, atol=1e-5)
                self.assertLess(flow.work.error, 1e-6)
        self.assertEqual(flow.tolerance, 1e-9)

    # 0 = a / C - y clipped: the limit of the hinge's flow is the machine without bias.
    def test_hinge_is_the_machine(self):
        flow = ntk.Flow(self.kernel, self.x, self.signs, loss="hinge", weight_decay=0.01, learning_rate=2.0)
        machine = ntk.Svm(self.kernel, self.x, self.signs, cost=2.0 / (20 * 0.01), bias=False, tolerance=1e-10).fit()
        np.testing.assert_allclose(flow.predict(np.inf, self.z), machine.decide(self.z), rtol=0, atol=1e-6)
        np.testing.assert_allclose(flow.predict(1e5, self.z), machine.decide(self.z), rtol=0, atol=1e-6)

    def test_wrong_targets_and_settings(self):
        with self.assertRaisesRegex(ntk.InvalidValue, "y"):
            ntk.Flow(self.kernel, self.x, self.y, loss="logistic")
        for name in ["loss", "reduction", "dynamics", "solver"]:
            with self.assertRaisesRegex(ntk.InvalidValue, "cubic"):
                ntk.Flow(self.kernel, self.x, self.y, **{name: "cubic"})
        with self.assertRaises(TypeError):
            ntk.Flow(self.kernel, self.x, self.y, speed=1)
        with self.assertRaisesRegex(ntk.InvalidValue, "sample_weights has the shape"):
            ntk.Flow(self.kernel, self.x, self.y, sample_weights=[1, 2])
        with self.assertRaisesRegex(ntk.InvalidValue, "momentum"):
            ntk.Flow(self.kernel, self.x, self.y, momentum=1)
        with self.assertRaisesRegex(ntk.InvalidValue, "start has 3 rows"):
            ntk.Flow(self.kernel, self.x, self.y, start=np.zeros((3, 2)))

    def test_start(self):
        for y in [self.y, self.y[:, 0]]:
            first = ntk.Flow(self.kernel, self.x, y, weight_decay=0.1)
            second = ntk.Flow(self.kernel, self.x, y, weight_decay=0.1, start=first.coefficients(2))
            np.testing.assert_allclose(second.predict(3, self.z), first.predict(5, self.z), rtol=0, atol=self.rounding)

    def test_krylov(self):
        exact = ntk.Flow(self.kernel, self.x, self.y)
        flow = ntk.Flow(self.kernel, self.x, self.y, solver="krylov", tolerance=1e-10)
        for t in [0.1, 1, 10]:
            f = exact.train(t)
            np.testing.assert_allclose(flow.train(t), f, rtol=0, atol=1e-9 * np.linalg.norm(f))
        self.assertGreater(flow.work.steps, 0)

    # n = 20 roundings of the sum, and of the products with K.
    def test_cost(self):
        flow = ntk.Flow.from_gram(self.gram, self.y, sample_weights=self.w)
        for t in [0, 1.0, 10.0]:
            error = flow.train(t) - self.y
            cost = np.sum(self.w[:, None] * error**2) / 2 / 20
            g = self.w[:, None] * error / 20
            self.assertAlmostEqual(flow.cost(t) / cost, 1, delta=1e-13)
            self.assertAlmostEqual(flow.gradient_norm(t) / np.sqrt(np.sum(g * (self.gram @ g))), 1, delta=1e-12)
        np.testing.assert_array_equal(flow.cost([0, 1.0]), [flow.cost(0), flow.cost(1.0)])

    def test_follow(self):
        for y in [self.y, self.y[:, 0]]:
            flow, seen = ntk.Flow(self.kernel, self.x, y), []

            def visit(t, f, a, cost, gradient_norm):
                self.assertEqual((f.shape, a.shape), (y.shape, y.shape))
                seen.append((t, f, a, cost, gradient_norm))
                return t >= 3

            self.assertEqual(flow.follow([0, 1, 2, 3, 4, 5], visit), 4)
            for t, f, a, cost, gradient_norm in seen:
                np.testing.assert_allclose(f, flow.train(t), rtol=0, atol=self.rounding)
                np.testing.assert_allclose(a, flow.coefficients(t), rtol=0, atol=self.rounding)
                self.assertAlmostEqual(cost, flow.cost(t), delta=1e-12)
                self.assertAlmostEqual(gradient_norm, flow.gradient_norm(t), delta=1e-12)
            self.assertEqual(flow.follow([0, 1, 2, 3], cost=flow.cost(1.5)), 3)
            self.assertEqual(flow.follow([0, 1, 2, 3], gradient_norm=flow.gradient_norm(0.5)), 2)
            self.assertEqual(flow.follow([0, 1, 2, 3]), 4)
        with self.assertRaises(ValueError):
            flow.follow([1, 0])
        with self.assertRaises(TypeError):
            flow.follow([1], visit=3)
        with self.assertRaises(ZeroDivisionError):
            flow.follow([0, 1], lambda *all: 1 / 0)
        self.assertEqual(flow.follow([0, 1]), 2)

    def test_functions_are_kept(self):
        import gc
        flow = ntk.Flow(self.kernel, self.x, self.y,
                        loss=ntk.Loss.from_function(lambda f, y: f - y, lambda f, y: ((f - y)**2).sum(1) / 2))
        gc.collect()
        np.testing.assert_allclose(flow.train(1.0), ntk.Flow(self.kernel, self.x, self.y).train(1.0), rtol=0, atol=1e-4)
        self.assertGreater(flow.cost(1.0), 0)
        with self.assertRaisesRegex(ntk.Error, "value"):
            ntk.Flow(self.kernel, self.x, self.y, loss=ntk.Loss.from_function(lambda f, y: f - y)).cost(1.0)

        def fails(f, y):
            raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            ntk.Flow(self.kernel, self.x, self.y, loss=ntk.Loss.from_function(fails)).train(1.0)

    def test_shown(self):
        flow = ntk.Flow(self.kernel, self.x, self.signs, loss="hinge")
        self.assertEqual(repr(flow), "Flow(samples=20, outputs=1, learning_rate=1.0, weight_decay=0.0, "
                                     "loss=Loss('hinge'))")


class Ensembles(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(7)
        self.x, self.z, self.y = random.normal(size=(15, 3)), random.normal(size=(6, 3)), random.normal(size=(15, 2))
        self.ntk, self.nngp = kernels(3)

    def moments(self, theta, prior, theta_cross, prior_cross, prior_test, t):
        values, vectors = np.linalg.eigh(theta)
        q = vectors @ ((-np.expm1(-t * values / 15) / values)[:, None] * vectors.T)
        b = theta_cross @ q
        mixed = b @ prior_cross.T
        return b @ self.y, prior_test + b @ prior @ b.T - mixed - mixed.T

    # Differences of numbers of the size of K, through Theta^{-1}.
    def test_against_numpy(self):
        for first in [self.ntk, None]:
            train = first or self.nngp
            ensemble = ntk.Ensemble(first, self.nngp, self.x, self.y)
            theta = train(self.x)
            grams = ntk.Ensemble.from_grams(first and theta, self.nngp(self.x), self.y)
            tolerance = 1e-13 * np.linalg.cond(theta)
            for t in [0.0, 0.3, 20.0, np.inf]:
                at_z = self.moments(theta, self.nngp(self.x), train(self.z, self.x), self.nngp(self.z, self.x),
                                    self.nngp(self.z), t)
                at_x = self.moments(theta, self.nngp(self.x), theta, self.nngp(self.x), self.nngp(self.x), t)
                crosses = first and first(self.z, self.x), self.nngp(self.z, self.x)
                for expected, got in [(at_z, ensemble.predict(t, self.z, covariance=True)),
                                      (at_z, grams.predict_cross(t, *crosses, self.nngp(self.z), covariance=True)),
                                      (at_x, ensemble.train(t, covariance=True))]:
                    np.testing.assert_allclose(got[0], expected[0], rtol=0, atol=tolerance)
                    np.testing.assert_allclose(got[1], expected[1], rtol=0, atol=tolerance)
                mean, variance = ensemble.predict(t, self.z)
                np.testing.assert_allclose(variance, np.diag(at_z[1]), rtol=0, atol=tolerance)
                np.testing.assert_allclose(ensemble.mean(t, self.z), at_z[0], rtol=0, atol=tolerance)
                np.testing.assert_allclose(ensemble.mean(t), at_x[0], rtol=0, atol=tolerance)
                variance = grams.predict_cross(t, *crosses, self.nngp.diagonal(self.z))[1]
                np.testing.assert_allclose(variance, np.diag(at_z[1]), rtol=0, atol=tolerance)

    def test_several_times_and_vectors(self):
        one = ntk.Ensemble(self.ntk, self.nngp, self.x, self.y[:, 0], learning_rate=2.0, weight_decay=0.1)
        two = ntk.Ensemble(self.ntk, self.nngp, self.x, self.y, learning_rate=2.0, weight_decay=0.1)
        mean, covariance = one.predict([0, 1], self.z, covariance=True)
        self.assertEqual((mean.shape, covariance.shape), ((2, 6), (2, 6, 6)))
        np.testing.assert_allclose(mean, two.mean([0, 1], self.z)[..., 0], rtol=0, atol=1e-13)
        flow = ntk.Flow(self.ntk, self.x, self.y, learning_rate=2.0, weight_decay=0.1)
        np.testing.assert_allclose(two.mean(1, self.z), flow.predict(1, self.z), rtol=0, atol=1e-12)
        self.assertEqual(repr(one), "Ensemble(samples=15, outputs=1, trained='all layers')")
        self.assertEqual((one.samples, one.outputs), (15, 1))

    def test_descent(self):
        ensemble = ntk.Ensemble(self.ntk, self.nngp, self.x, self.y, reduction="sum", dynamics="descent", momentum=0.3,
                                learning_rate=0.01)
        flow = ntk.Flow(self.ntk, self.x, self.y, reduction="sum", dynamics="descent", momentum=0.3, learning_rate=0.01)
        np.testing.assert_allclose(ensemble.mean(9, self.z), flow.predict(9, self.z), rtol=0, atol=1e-12)

    def test_refused(self):
        with self.assertRaises(TypeError):
            ntk.Ensemble(self.x, self.nngp, self.x, self.y)
        with self.assertRaises(TypeError):
            ntk.Ensemble(self.ntk, None, self.x, self.y)
        with self.assertRaisesRegex(ValueError, "expected a square"):
            ntk.Ensemble.from_grams(None, np.ones((3, 2)), self.y)
        with self.assertRaisesRegex(ValueError, "expected \\(15, 15\\)"):
            ntk.Ensemble.from_grams(np.eye(3), self.nngp(self.x), self.y)
        with self.assertRaises(ntk.InvalidValue):
            ntk.Ensemble(self.ntk, self.nngp, self.x, self.y, dynamics="uphill")
        with self.assertRaises(ntk.InvalidValue):
            ntk.Ensemble(kernels(3)[0], self.nngp, self.x, self.y)  # of another context
        with self.assertRaises(ntk.Error):
            ntk.Ensemble.from_grams(None, self.nngp(self.x), self.y).predict(1, self.z)
        with self.assertRaisesRegex(ValueError, "t"):
            ntk.Ensemble(self.ntk, self.nngp, self.x, self.y).train(-1)


if __name__ == "__main__":
    unittest.main()
