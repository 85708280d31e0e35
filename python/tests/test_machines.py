"""Kernel machines against their optimality conditions, and certificates."""

import unittest

import numpy as np

import ntk


def kernel(d, context=None):
    return ntk.Kernel(ntk.Mlp([d, 1, 1], "relu", context=context))


class Machines(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(8)
        self.x, self.z = random.normal(size=(40, 3)), random.normal(size=(9, 3))
        self.f = self.x[:, 0] * self.x[:, 1] + 0.3 * random.normal(size=40)
        self.y = np.where(self.f > 0, 4, -2)
        self.kernel = kernel(3)
        self.gram, self.cross = self.kernel(self.x), self.kernel(self.z, self.x)

    # Every sample: y f >= 1 where a = 0, y f <= 1 where |a| = C, else y f = 1; to the tolerance asked for.
    def test_conditions(self):
        signs = np.where(self.y > 0, 1, -1)  # the larger label is +1
        for bias in [True, False]:
            for machine in [ntk.Svm(self.kernel, self.x, self.y, 0.5, bias=bias, tolerance=1e-8).fit(),
                            ntk.Svm.from_gram(self.gram, self.y, 0.5, bias=bias, tolerance=1e-8).fit()]:
                a, b = machine.solution()
                a, margin = a[:, 0], signs * (self.gram @ a[:, 0] + b[0])
                self.assertTrue(np.all(signs * a >= 0) and np.all(abs(a) <= 0.5))
                self.assertTrue(np.all(margin[a == 0] >= 1 - 1e-7))
                self.assertTrue(np.all(margin[abs(a) == 0.5] <= 1 + 1e-7))
                inside = (a != 0) & (abs(a) < 0.5)
                np.testing.assert_allclose(margin[inside], 1, rtol=0, atol=1e-7)
                self.assertLess(abs(a.sum()) if bias else abs(b[0]), 1e-12)
                report = machine.report()
                value = a @ self.gram @ a / 2 + 0.5 * np.maximum(0, 1 - margin).sum()
                self.assertAlmostEqual(report.objective, value, delta=1e-10 * value)
                self.assertLess(report.gap, 1e-5)
                self.assertEqual(report.support_vectors, np.count_nonzero(a))

    def test_predictions(self):
        machine = ntk.Svm(self.kernel, self.x, self.y).fit()
        a, b = machine.solution()
        f = machine.decide(self.z)
        np.testing.assert_allclose(f, self.cross @ a[:, 0] + b[0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(machine.decide_cross(self.cross), f, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(machine.predict(self.z), np.where(f > 0, 4, -2))
        np.testing.assert_array_equal(machine.predict_cross(self.cross), machine.predict(self.z))
        self.assertEqual((machine.classes.tolist(), machine.classes.dtype, machine.machines, machine.samples),
                         ([-2, 4], self.y.dtype, 1, 40))

    def test_several_classes(self):
        y = np.digitize(self.f, [-0.5, 0, 0.5])
        for multiclass, count in [("one_vs_one", 6), ("one_vs_rest", 4)]:
            machine = ntk.Svm(self.kernel, self.x, y, 50, multiclass=multiclass).fit()
            self.assertEqual((machine.machines, machine.decide(self.z).shape), (count, (9, count)))
            self.assertGreater(np.mean(machine.predict(self.x) == y), 0.9)
            self.assertEqual(machine.solution()[0].shape, (40, count))
            machine.report(count - 1)
            with self.assertRaises(ValueError):
                machine.report(count)

    def test_ridge_and_weights(self):
        w = np.linspace(0.5, 2, 40)
        machine = ntk.Svm(self.kernel, self.x, self.f, 3.0, type="ridge", sample_weights=w).fit()
        expected = self.cross @ np.linalg.solve(self.gram + np.diag(1 / (3 * w)), self.f)
        np.testing.assert_allclose(machine.predict(self.z), expected, rtol=0, atol=1e-11)
        self.assertEqual(machine.classes.size, 0)

    # The gradient of the cost in f(x_i): a_i = -C dloss/df.
    def test_logistic_and_regression(self):
        signs = np.where(self.y > 0, 1, -1)
        machine = ntk.Svm(self.kernel, self.x, self.y, 2.0, type="logistic", class_costs={4: 3.0}, tolerance=1e-10)
        machine.fit()
        a, cost = machine.solution()[0][:, 0], np.where(self.y > 0, 6.0, 2.0)
        np.testing.assert_allclose(a, cost * signs / (1 + np.exp(signs * (self.gram @ a))), rtol=0, atol=1e-8)
        tube = ntk.Svm(self.kernel, self.x, self.f, 5.0, type="svr", epsilon=0.2, tolerance=1e-9).fit()
        a, error = tube.solution()[0][:, 0], tube.decide(self.x) - self.f
        inside = (a != 0) & (abs(a) < 5.0)
        np.testing.assert_allclose(error[inside], -0.2 * np.sign(a[inside]), rtol=0, atol=1e-8)
        self.assertTrue(np.all(abs(error[a == 0]) <= 0.2 + 1e-8))

    def test_bound(self):
        machine = ntk.Svm(self.kernel, self.x, self.y, 0.1, bias=False).fit()
        a, n = machine.solution()[0][:, 0], 40
        margin = np.where(self.y > 0, 1, -1) * (self.gram @ a)
        k = np.ceil(np.log2(np.sqrt(a @ self.gram @ a)))
        share = (np.pi**2 / 3 - 1) * (abs(k) + 1) ** 2  # of the ball of radius 2^k
        expected = (np.clip(1 - margin, 0, 1).mean() + 2 * 2.0**k * np.sqrt(np.trace(self.gram)) / n +
                    3 * np.sqrt(np.log(2 * share / 0.1) / (2 * n)))
        self.assertAlmostEqual(machine.bound(0.9), expected, delta=1e-12)

    def test_refused(self):
        with self.assertRaises(ntk.Error):
            ntk.Svm(self.kernel, self.x, self.y).decide(self.z)  # not fitted
        with self.assertRaises(ValueError):
            ntk.Svm(self.kernel, self.x, np.ones(40))
        with self.assertRaisesRegex(ValueError, "y has the shape"):
            ntk.Svm(self.kernel, self.x, self.y[:3])
        with self.assertRaises(ValueError):
            ntk.Svm(self.kernel, self.x, self.y, type="tree")
        with self.assertRaisesRegex(TypeError, "depth"):
            ntk.Svm(self.kernel, self.x, self.y, depth=3)
        with self.assertRaises(ValueError):
            ntk.Svm(self.kernel, self.x, self.y, class_costs={7: 1.0})
        with self.assertRaises(ValueError):
            ntk.Svm(self.kernel, self.x, self.y, cost=0)
        with self.assertRaises(TypeError):
            ntk.Svm(self.kernel, self.x, self.y, bias=1)
        with self.assertRaises(ntk.Error):
            ntk.Svm.from_gram(self.gram, self.y).fit().predict(self.z)

    def test_shown(self):
        self.assertEqual(repr(ntk.Svm(self.kernel, self.x, self.y, 2)), "Svm(samples=40, type='svc', cost=2.0)")

    # The published bounds in NumPy, and bisection.
    def test_certificate(self):
        machine = ntk.Svm(self.kernel, self.x, self.y, 5.0).fit()
        a, b = machine.solution()
        radii = self.kernel.certificate(self.x, a[:, 0], self.z, b[0])
        norms, u_least = np.linalg.norm(self.x, axis=1), -0.79423
        h = lambda u: 2 * u * (np.pi - np.arccos(u)) + np.sqrt(1 - u**2)
        for z, sign, radius in zip(self.z, np.sign(machine.decide(self.z)), radii):

            def proved(r):
                low, high = np.linalg.norm(z) - 3**0.5 * r, np.linalg.norm(z) + 3**0.5 * r
                bottom, top = self.x @ z - 3**0.5 * r * norms, self.x @ z + 3**0.5 * r * norms
                if low <= 0:
                    return False  # no radius here is that large
                u = np.clip([bottom / np.where(bottom < 0, low, high) / norms,
                             top / np.where(top > 0, low, high) / norms], -1, 1)
                least = np.where((u[0] < u_least) & (u[1] > u_least), h(u_least), h(u).min(axis=0))
                most = h(u).max(axis=0)
                k = [least * np.where(least > 0, low, high), most * np.where(most > 0, high, low)]
                w = sign * a[:, 0] * norms / (6 * np.pi)
                return np.sum(np.where(w > 0, w * k[0], w * k[1])) + sign * b[0] > 0

            self.assertTrue(proved(radius * (1 - 1e-6)) and not proved(radius * (1 + 1e-5)))
        self.assertTrue(np.all(self.kernel.certificate(self.x, a[:, 0], self.z, b[0], bounds="box") >= radii))
        with self.assertRaises(ValueError):
            self.kernel.certificate(self.x, a[:, 0], self.z, bounds="none")
        with self.assertRaisesRegex(ValueError, "a has the shape"):
            self.kernel.certificate(self.x, a[1:, 0], self.z)


if __name__ == "__main__":
    unittest.main()
