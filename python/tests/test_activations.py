"""Activations by name and by callable, the options of a network, and the further forms of kernels."""

import gc
import unittest
import weakref

import numpy as np

import ntk


def network(activation, depth=3, d=3, **options):
    return ntk.Mlp([d] + [8] * (depth - 1) + [1], activation, 1.3, 0.2, **options)


X = np.random.default_rng(11).normal(size=(20, 3))
Z = np.random.default_rng(12).normal(size=(7, 3))


def sin_dual(q, q_other, k):
    """E[sin u sin v] and E[cos u cos v]."""
    near, far = np.exp(k - (q + q_other) / 2), np.exp(-k - (q + q_other) / 2)
    return (near - far) / 2, (near + far) / 2


class Activations(unittest.TestCase):
    def test_by_name(self):
        points = np.array([-2.0, -0.5, 0.0, 1.5])
        for name, parameters, value in [("tanh", [], np.tanh), ("sin", [2, 3, 0.5], lambda x: 2 * np.sin(3 * x + 0.5)),
                                        ("monomial", [3], lambda x: x**3), ("step", [], lambda x: 1.0 * (x > 0))]:
            np.testing.assert_allclose(ntk.Activation(name, parameters)(points), value(points), rtol=1e-15, atol=1e-15)
        for name, parameters in [("monomial", [0.5]), ("gaussian", [1, -1])]:
            with self.assertRaises(ntk.InvalidValue):
                ntk.Activation(name, parameters)
        for name in ["function", "dual"]:
            with self.assertRaisesRegex(ntk.InvalidValue, f"Activation.from_{name}"):
                ntk.Activation(name)
            with self.assertRaisesRegex(ntk.InvalidValue, f"Activation.from_{name}"):
                ntk.Mlp([3, 1], name)
        with self.assertRaisesRegex(ntk.InvalidValue, "relu6$"):
            ntk.Activation("swish")

    def test_function(self):
        tanh = ntk.Activation.from_function(np.tanh, lambda x: 1 - np.tanh(x)**2, parity="odd")
        points = np.linspace(-3, 3, 12).reshape(3, 4)
        np.testing.assert_array_equal(tanh(points), np.tanh(points))
        np.testing.assert_array_equal(tanh.derivative(points), 1 - np.tanh(points)**2)
        self.assertEqual(repr(tanh), "Activation.from_function(...)")
        with self.assertRaisesRegex(ntk.Error, "derivative"):
            ntk.Activation.from_function(np.tanh).derivative(points)

    # The series of both are made to the tolerance 1e-10 of sqrt(K K'), and no entry here is 1000 times smaller.
    def test_kernel_of_a_function(self):
        for name, activation in [
                ("tanh", ntk.Activation.from_function(np.tanh, parity="odd")),
                ("tanh", ntk.Activation.from_function(np.tanh, lambda x: 1 - np.tanh(x)**2)),
                ("hard_tanh", ntk.Activation.from_function(lambda x: np.clip(x, -1, 1), kinks=[1, -1]))]:
            for kind in ["ntk", "nngp"]:
                expected = ntk.Kernel(network(name), kind)(X, Z)
                np.testing.assert_allclose(ntk.Kernel(network(activation), kind)(X, Z), expected, rtol=1e-6)

    def test_kernel_of_duals(self):
        activation = ntk.Activation.from_dual(sin_dual)
        self.assertEqual(repr(activation), "Activation.from_dual(...)")
        for kind in ["ntk", "nngp"]:
            expected = ntk.Kernel(network("sin"), kind)(X, Z)
            np.testing.assert_allclose(ntk.Kernel(network(activation), kind)(X, Z), expected, rtol=1e-11)
        with self.assertRaisesRegex(ntk.Error, "duals"):
            activation(X)

    def test_refused(self):
        for make, kind in [(lambda: ntk.Activation.from_function("tanh"), TypeError),
                           (lambda: ntk.Activation.from_function(None), TypeError),
                           (lambda: ntk.Activation.from_function(np.tanh, 3), TypeError),
                           (lambda: ntk.Activation.from_dual(None), TypeError),
                           (lambda: ntk.Activation.from_function(np.tanh, kinks=[1, 1]), ntk.InvalidValue),
                           (lambda: ntk.Activation.from_function(np.tanh, kinks=range(17)), ntk.InvalidValue),
                           (lambda: ntk.Activation.from_function(np.tanh, kinks=[np.nan]), ntk.InvalidValue),
                           (lambda: ntk.Activation.from_function(np.tanh, parity="strange"), ntk.InvalidValue)]:
            with self.assertRaises(kind):
                make()

    def test_exceptions_come_through(self):
        def fail(x):
            raise KeyError("mine")

        for function, kind, sentence in [(fail, KeyError, "mine"), (lambda x: x[:-1], ValueError, "broadcast"),
                                         (lambda x: "text", ValueError, "text"),
                                         (lambda x: x * 1j, TypeError, "complex"),
                                         (lambda x: x * np.nan, ntk.InvalidValue, "NaN")]:
            activation = ntk.Activation.from_function(function)
            mlp = network(activation)
            with self.assertRaisesRegex(kind, sentence):
                mlp.initialise("critical")
            self.assertEqual(mlp.weight_std, (1.3, 1.3, 1.3))
            with self.assertRaisesRegex(kind, sentence):
                ntk.Kernel(mlp)(X)
            if kind is not ntk.InvalidValue:
                with self.assertRaisesRegex(kind, sentence):
                    activation(X)
        with self.assertRaisesRegex(ValueError, "returned 1 arrays; expected 2"):
            ntk.Kernel(network(ntk.Activation.from_dual(lambda q, p, k: (k,))))(X)
        np.testing.assert_array_equal(ntk.Activation.from_function(lambda x: 2)(X), np.full(X.shape, 2.0))  # broadcast

    def test_a_callback_may_use_another_context(self):
        relu = ntk.Activation("relu")
        outer = ntk.Activation.from_function(lambda x: relu(x), kinks=[0])
        np.testing.assert_array_equal(outer(X), np.maximum(X, 0))
        itself = ntk.Activation.from_function(lambda x: itself(x))
        with self.assertRaisesRegex(RuntimeError, "must not use its own context"):
            itself(X)

        def fail(x):
            raise KeyError("inner")

        inner = ntk.Activation.from_function(fail)
        with self.assertRaisesRegex(KeyError, "inner"):
            ntk.Activation.from_function(lambda x: inner(x))(X)

    def test_functions_are_kept(self):
        def made(make):
            """Makes something of a function of which nothing else is left."""
            def function(x):
                return np.tanh(x)

            reference = weakref.ref(function)
            result = make(ntk.Activation.from_function(function))
            del function
            gc.collect()
            self.assertIsNotNone(reference())
            return result, reference

        y = X[:, 0]
        for make, use in [(network, lambda mlp: ntk.Kernel(mlp)(X)), (lambda a: ntk.Kernel(network(a)), lambda k: k(X)),
                          (lambda a: ntk.Flow(ntk.Kernel(network(a)), X, y), lambda flow: flow.predict(np.inf, Z)),
                          (lambda a: ntk.GP(ntk.Kernel(network(a)), X, y, 0.1), lambda gp: gp.predict(Z)[0])]:
            result, reference = made(make)
            self.assertTrue(np.isfinite(use(result)).all())
            del result
            gc.collect()
            self.assertIsNone(reference())  # and no longer


class Options(unittest.TestCase):
    def test_read_back(self):
        mlp = ntk.Mlp([3, 6, 6, 6, 2], "tanh", parameterisation="standard")
        self.assertEqual(mlp.parameterisation, "standard")
        self.assertEqual(mlp.learning_rates, ((1.0, 1.0),) * 4)
        self.assertEqual((mlp.layer_normalisation, mlp.skips, mlp.dropout), ((None,) * 3, (0,) * 4, (0.0,) * 3))
        mlp.parameterisation = "ntk"
        mlp.set_learning_rates(0.5, 0)
        mlp.set_learning_rates(weight=0, layer=1)
        mlp.set_layer_normalisation(1e-5)
        mlp.set_layer_normalisation(None, layer=2)
        mlp.set_skip(3, 2)
        mlp.set_dropout(0.1)
        mlp.set_dropout(0.5, layer=3)
        self.assertEqual(mlp.parameterisation, "ntk")
        self.assertEqual(mlp.learning_rates, ((0.0, 1.0), (0.5, 0.0), (0.5, 0.0), (0.5, 0.0)))
        self.assertEqual(mlp.layer_normalisation, (1e-5, None, 1e-5))
        self.assertEqual((mlp.skips, mlp.dropout), ((0, 0, 2, 0), (0.1, 0.1, 0.5)))

    def test_activations(self):
        gelu = ntk.Activation("gelu")
        mlp = ntk.Mlp([3, 6, 6, 6, 2], ["relu", gelu, "tanh"])
        self.assertEqual(mlp.activations, ("relu", "gelu", "tanh"))
        mlp.set_activation("erf", 2)
        mlp.set_activation(ntk.Activation.from_function(np.tanh), 1)
        self.assertEqual(mlp.activations, ("function", "erf", "tanh"))
        mlp.set_activation("abs")
        self.assertEqual((mlp.activations, any(mlp._trampolines.values())), (("abs",) * 3, False))
        self.assertEqual(ntk.Mlp([3, 1], []).activations, ())

    def test_initialisation(self):
        mlp = ntk.Mlp([3, 6, 6, 2], "erf", bias_std=0.0, initialisation="critical")
        np.testing.assert_allclose(mlp.weight_std, [np.sqrt(np.pi) / 2] * 3, rtol=1e-15)
        for rule, value in [("he", 2**0.5), ("lecun", 1.0)]:
            mlp.initialise(rule)
            self.assertEqual(mlp.weight_std, (value,) * 3)
        with self.assertRaisesRegex(ntk.Error, "layer 1 critical"):
            ntk.Mlp([3, 6, 6, 2], "relu", bias_std=0.1, initialisation="critical")

    def test_refused(self):
        mlp = ntk.Mlp([3, 6, 5, 2], "tanh")
        for call, sentence in [(lambda: ntk.Mlp([3, 1], parameterisation="mine"), "'mine'; expected one of 'ntk'"),
                               (lambda: ntk.Mlp([3, 1], initialisation=["he"]), "expected one of 'lecun', 'he'"),
                               (lambda: ntk.Mlp([3, 4, 1], ["relu", "relu"]), "2 entries; there are 1 hidden"),
                               (lambda: mlp.set_skip(2, 1), "6 units and layer 2 has 5"),
                               (lambda: mlp.set_dropout(1.0), "rate is 1"),
                               (lambda: mlp.set_learning_rates(-1.0), "weight_rate is -1"),
                               (lambda: mlp.set_layer_normalisation(-1.0), "epsilon is -1"),
                               (lambda: mlp.set_dropout(0.5, 3), "layer is 3")]:
            with self.assertRaisesRegex(ntk.InvalidValue, sentence):
                call()
        with self.assertRaises(TypeError):
            mlp.set_dropout("half")
        with self.assertRaises(TypeError):
            mlp.set_skip(2.0, 1)


class Forms(unittest.TestCase):
    def test_accuracy(self):
        kernel = ntk.Kernel(network("tanh"), tolerance=1e-6)
        coarse, bound = kernel(X), kernel.error_bound
        self.assertTrue(0 < bound < 1e-4)
        kernel.set_tolerance(1e-13)
        fine, finer_bound = kernel(X), kernel.error_bound
        self.assertTrue(0 < finer_bound < 1e-10)
        scale = np.sqrt(np.outer(np.diag(fine), np.diag(fine)))
        self.assertLess(np.max(abs(coarse - fine) / scale), bound + finer_bound + 1e-14)
        with self.assertRaises(ntk.Error) as caught:
            ntk.Kernel(network("tanh"), tolerance=1e-13, most_terms=8)(50 * X)
        self.assertEqual(caught.exception.name, "NTK_ERR_ACCURACY")
        relu = ntk.Kernel(network("relu"))
        relu(X)
        self.assertEqual(relu.error_bound, 0)
        for bad in [0, 1, 1e-15]:
            with self.assertRaises(ntk.InvalidValue):
                kernel.set_tolerance(bad)
        for bad in [7, 2**17]:
            with self.assertRaises(ntk.InvalidValue):
                kernel.set_most_terms(bad)

    # A pass that gives several layers computes each as the pass that gives one, so to the rounding of an inner product.
    def test_layers(self):
        mlp = network("relu", depth=4)
        kernel = ntk.Kernel(mlp)
        nngp, tangent = kernel.gram_layers(X)
        self.assertEqual((nngp.shape, tangent.shape), ((4, 20, 20), (4, 20, 20)))
        np.testing.assert_array_equal(nngp, nngp.transpose(0, 2, 1))
        np.testing.assert_allclose(tangent[3], kernel(X), rtol=1e-13)
        np.testing.assert_allclose(nngp[3], ntk.Kernel(mlp, "nngp")(X), rtol=1e-13)
        np.testing.assert_allclose(nngp[0], 1.3**2 * X @ X.T / 3 + 0.04, rtol=0, atol=1e-14 * nngp[0].max())
        for got, all_layers in zip(kernel.cross_layers(X, X[:5], [4, 2]), (nngp, tangent)):
            np.testing.assert_allclose(got, all_layers[[3, 1], :, :5], rtol=1e-13)
        only, none = kernel.diagonal_layers(X, [2], ntk=False)
        self.assertIsNone(none)
        np.testing.assert_allclose(only, [np.diag(nngp[1])], rtol=1e-14)
        for layers in [[], [0], [5], [2, 2]]:
            with self.assertRaises(ntk.InvalidValue):
                kernel.gram_layers(X, layers)

    def test_packed(self):
        kernel = ntk.Kernel(network("relu"))
        for n in [1, 2, 19, 20]:
            full, packed = kernel(X[:n]), kernel.gram_packed(X[:n])
            # Gustavson et al. 2010: column-major, the first columns of the lower triangle, the rest transposed beside.
            rows, columns = (n, (n + 1) // 2) if n % 2 else (n + 1, n // 2)
            blocks = packed.reshape(columns, rows).T
            shift = 0 if n % 2 else 1
            for j in range(columns):
                np.testing.assert_allclose(blocks[j + shift:, j], full[j:, j], rtol=1e-13)
            first = columns
            for j in range(first, n):
                i = j - first
                expected = full[first + i:n, j][:columns - i - 1 + shift]
                np.testing.assert_allclose(blocks[i, i + 1 - shift:columns], expected, rtol=1e-13)

    # Central differences over 1e-5: their error is 1e-10 third derivatives, and some 1e-16 / 1e-5 from rounding.
    def test_derivatives(self):
        step, a = 1e-5, np.random.default_rng(14).normal(size=(7, 2))
        for name in ["relu", "erf"]:
            for kind in ["ntk", "nngp"]:
                kernel = ntk.Kernel(network(name), kind)
                gradient = kernel.cross_gradient(X, Z)
                self.assertEqual(gradient.shape, (20, 7, 3))
                for e in range(3):
                    shift = step * np.eye(3)[e]
                    differences = (kernel(X + shift, Z) - kernel(X - shift, Z)) / (2 * step)
                    np.testing.assert_allclose(gradient[:, :, e], differences, rtol=0, atol=1e-8 * abs(gradient).max())
                np.testing.assert_allclose(kernel.apply_gradient(X, Z, a), np.einsum("imd,mc->icd", gradient, a),
                                           rtol=0, atol=1e-12 * abs(gradient).max())
                for std, layer in [("weight_std", 1), ("weight_std", 3), ("bias_std", 2)]:
                    def at(change):
                        mlp = network(name)
                        values = list(getattr(mlp, std))
                        values[layer - 1] += change
                        setattr(mlp, std, values)
                        return ntk.Kernel(mlp, kind)

                    differences = (at(step)(X, Z) - at(-step)(X, Z)) / (2 * step)
                    derivative = kernel.cross_derivative(X, Z, std, layer)
                    scale = abs(derivative).max()
                    np.testing.assert_allclose(derivative, differences, rtol=0, atol=1e-8 * scale)
                    gram = kernel.gram_derivative(X, std, layer)
                    np.testing.assert_array_equal(gram, gram.T)
                    np.testing.assert_allclose(gram[:, :5], kernel.cross_derivative(X, X[:5], std, layer), rtol=0,
                                               atol=1e-12 * abs(gram).max())
                    np.testing.assert_array_equal(kernel.diagonal_derivative(X, std, layer), np.diag(gram))
        kernel = ntk.Kernel(network("relu"))
        with self.assertRaisesRegex(ntk.InvalidValue, "std is 'weights'"):
            kernel.gram_derivative(X, "weights", 1)
        with self.assertRaisesRegex(ntk.InvalidValue, "layer is 4"):
            kernel.diagonal_derivative(X, "bias_std", 4)
        with self.assertRaisesRegex(ntk.InvalidValue, "a has 6 rows; expected 7"):
            kernel.apply_gradient(X, Z, a[:6])

    # Rounding the inputs to single precision is the same for both sides.
    def test_single_precision(self):
        x, z = X.astype(np.float32), Z.astype(np.float32)
        a = np.random.default_rng(13).normal(size=(7, 2)).astype(np.float32)
        for name in ["relu", "erf"]:
            kernel = ntk.Kernel(network(name))
            for got, expected in [(kernel.gram(x, dtype=np.float32), kernel(x)),
                                  (kernel.cross(x, z, dtype="float32"), kernel(x, z)),
                                  (kernel.diagonal(x, dtype=np.float32), kernel.diagonal(x))]:
                self.assertEqual((got.dtype, expected.dtype), (np.float32, np.float64))
                np.testing.assert_allclose(got, expected, rtol=64 * 2.0**-23)  # the promise of the header
            got = kernel.apply(x, z, a, dtype=np.float32)
            size = abs(kernel(x, z)) @ abs(a)
            self.assertTrue((abs(got - kernel.apply(x, z, a)) <= 100 * 2.0**-23 * size).all())
        frame = np.full((6, 9), -1, np.float32)
        result = kernel.gram(x[:4], out=frame[1:5, 2:6], dtype=np.float32)
        np.testing.assert_array_equal(result, kernel.gram(X[:4].astype(np.float32), dtype=np.float32))
        frame[1:5, 2:6] = -1
        np.testing.assert_array_equal(frame, -1)
        with self.assertRaisesRegex(ValueError, "writable float32"):
            kernel.gram(x, out=np.empty((20, 20)), dtype=np.float32)
        with self.assertRaisesRegex(TypeError, "float16"):
            kernel.gram(x, dtype=np.float16)


if __name__ == "__main__":
    unittest.main()
