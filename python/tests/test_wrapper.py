"""The wrapper gives what NumPy gives, reads arrays in place, and turns statuses into exceptions."""

import gc
import os
import pathlib
import pickle
import re
import signal
import tempfile
import threading
import unittest

import numpy as np

import ntk
from ntk import _arrays, _library
from reference import relu_diagonals, relu_kernels

DEPTH, WEIGHT_STD, BIAS_STD = 4, 2**0.5, 0.1


def network(d, **options):
    return ntk.Mlp([d, 32, 32, 32, 1], "relu", WEIGHT_STD, BIAS_STD, **options)


class Kernels(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(1)
        self.x, self.z = random.normal(size=(40, 7)), random.normal(size=(25, 7))

    # Both sides do one inner product and 3 layers in doubles. For random pairs the angle is of order one, where the
    # recursion in NumPy loses nothing to speak of: 1e-13 is 450 eps, and the entries of order one need about 20.
    def test_against_numpy(self):
        for index, kind in enumerate(["ntk", "nngp"]):
            kernel = ntk.Kernel(network(7), kind)
            np.testing.assert_allclose(kernel.cross(self.x, self.z),
                                       relu_kernels(self.x, self.z, DEPTH, WEIGHT_STD, BIAS_STD)[index], rtol=1e-13)
            gram = kernel(self.x)
            np.testing.assert_array_equal(gram, gram.T)
            np.testing.assert_allclose(kernel.diagonal(self.x),
                                       relu_diagonals(self.x, DEPTH, WEIGHT_STD, BIAS_STD)[index], rtol=1e-14)
            np.testing.assert_allclose(np.diag(gram), kernel.diagonal(self.x), rtol=1e-14)
            off = ~np.eye(40, dtype=bool)
            expected = relu_kernels(self.x, self.x, DEPTH, WEIGHT_STD, BIAS_STD)[index]
            np.testing.assert_allclose(gram[off], expected[off], rtol=1e-13)

    def test_apply(self):
        kernel = ntk.Kernel(network(7))
        a = np.random.default_rng(2).normal(size=(25, 3))
        np.testing.assert_allclose(kernel.apply(self.x, self.z, a), kernel(self.x, self.z) @ a, rtol=0, atol=1e-12)

    def test_activations(self):
        leaky = ntk.Activation("leaky_relu", [0.2])
        np.testing.assert_array_equal(leaky([[-1.0, 2.0]]), [[-0.2, 2.0]])
        np.testing.assert_array_equal(leaky.derivative([-1.0, 2.0]), [0.2, 1.0])
        mlp = ntk.Mlp([3, 5, 5, 2], leaky, weight_std=[1.0, 2.0, 3.0])
        self.assertEqual((mlp.depth, mlp.widths, mlp.activations), (3, (3, 5, 5, 2), ("leaky_relu", "leaky_relu")))
        self.assertEqual((mlp.weight_std, mlp.bias_std), ((1.0, 2.0, 3.0), (0.0, 0.0, 0.0)))
        self.assertEqual(mlp.parameter_count, 4 * 5 + 6 * 5 + 6 * 2)
        mlp.weight_std, mlp.bias_std = 1.5, [0.0, 0.1, 0.2]
        self.assertEqual((mlp.weight_std, mlp.bias_std), ((1.5, 1.5, 1.5), (0.0, 0.1, 0.2)))


class Solvers(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(3)
        self.x, self.z = random.normal(size=(30, 5)), random.normal(size=(11, 5))
        self.y = random.normal(size=(30, 2))
        self.kernel = ntk.Kernel(network(5))
        self.gram, self.cross = self.kernel(self.x), self.kernel(self.z, self.x)

    def solution(self, t):
        values, vectors = np.linalg.eigh(self.gram)
        factors = 1 / values if np.isinf(t) else -np.expm1(-t * values / 30) / values
        return self.cross @ (vectors @ (factors[:, None] * (vectors.T @ self.y)))

    # Two backward stable solutions differ by about n eps cond(K) relative to |y|.
    def test_flow(self):
        tolerance = 30 * 2.2e-16 * np.linalg.cond(self.gram) * abs(self.y).max() * 10
        flow = ntk.Flow(self.kernel, self.x, self.y)
        by_gram = ntk.Flow.from_gram(self.gram, self.y)
        for t in [0.0, 1e-3, 1.0, 100.0, np.inf]:
            np.testing.assert_allclose(flow.predict(t, self.z), self.solution(t), rtol=0, atol=tolerance)
            np.testing.assert_allclose(by_gram.predict_cross(t, self.cross), self.solution(t), rtol=0, atol=tolerance)
            np.testing.assert_allclose(self.gram @ flow.coefficients(t), flow.train(t), rtol=0, atol=tolerance)
        self.assertEqual(flow.rank, 30)

    def test_ridge(self):
        flow = ntk.Flow(self.kernel, self.x, self.y, learning_rate=0.5, weight_decay=0.01)
        self.assertEqual((flow.learning_rate, flow.weight_decay), (0.5, 0.01))
        ridge = 30 * 0.01 / 0.5
        expected = self.cross @ np.linalg.solve(self.gram + ridge * np.eye(30), self.y)
        np.testing.assert_allclose(flow.predict(np.inf, self.z), expected, rtol=0, atol=1e-11)

    def test_initial(self):
        f0, g0 = np.ones((30, 2)), np.full((11, 2), 2.0)
        flow = ntk.Flow(self.kernel, self.x, self.y, initial=f0)
        np.testing.assert_array_equal(flow.train(0), f0)
        np.testing.assert_array_equal(flow.predict(0, self.z, g0), g0)
        with self.assertRaisesRegex(ValueError, "f0 has 30 rows; expected 11"):
            flow.predict(0, self.z, f0)

    def test_wrong_initial_is_named(self):
        for bad in [np.ones((29, 2)), np.ones((30, 3)), np.ones(30), np.ones((30, 2, 1))]:
            with self.assertRaisesRegex(ntk.InvalidValue, "^initial has "):
                ntk.Flow(self.kernel, self.x, self.y, initial=bad)

    # K(Z,X) once or streamed: the sums run in another order, over 30 terms of the size of cross and coefficients.
    def test_several_times(self):
        times = [0, 0.5, np.float32(2), np.inf]
        for y in [self.y, self.y[:, 0]]:
            flow = ntk.Flow(self.kernel, self.x, y)
            by_gram = ntk.Flow.from_gram(self.gram, y)
            for predict, points in [(flow.predict, self.z), (by_gram.predict_cross, self.cross)]:
                result, out = predict(times, points), np.empty((4, 11) + y.shape[1:])
                self.assertEqual(result.shape, out.shape)
                self.assertIs(predict(np.array(times), points, out=out), out)
                np.testing.assert_array_equal(out, result)
                for one, f in zip(times, result):
                    scale = 30 * 2.2e-16 * abs(self.cross).max() * abs(flow.coefficients(one)).sum()
                    np.testing.assert_allclose(f, predict(one, points), rtol=0, atol=10 * scale)
            self.assertEqual(flow.train(times).shape, (4,) + y.shape)
            np.testing.assert_array_equal(flow.coefficients(times)[1], flow.coefficients(0.5))
            self.assertEqual(flow.predict([], self.z).shape, (0, 11) + y.shape[1:])

    # K(Z,X) in one pass for all times: each column rounds as in a product of its own.
    def test_several_times_in_one_call(self):
        flow, out = ntk.Flow(self.kernel, self.x, self.y), np.empty((2, 2, 11)).transpose(0, 2, 1)
        result = flow.predict([1.0, np.inf], self.z)
        for one, t in zip(result, [1.0, np.inf]):
            scale = 30 * 2.2e-16 * abs(self.cross).max() * abs(flow.coefficients(t)).sum()
            np.testing.assert_allclose(one, flow.predict(t, self.z), rtol=0, atol=10 * scale)
        self.assertIs(flow.predict([1.0, np.inf], self.z, out=out), out)
        np.testing.assert_array_equal(out, result)

    def test_times(self):
        flow = ntk.Flow(self.kernel, self.x, self.y)
        np.testing.assert_array_equal(flow.predict(np.float32(2), self.z), flow.predict(2, self.z))
        for bad, name in [("soon", "t is 'soon'"), (None, "t is None"), ([1, None], "an entry of t is None")]:
            with self.assertRaisesRegex(TypeError, name):
                flow.predict(bad, self.z)
        with self.assertRaisesRegex(ValueError, "times\\[1\\] is -1"):
            flow.train([1, -1])
        with self.assertRaisesRegex(ValueError, "t has 2 dimensions"):
            flow.train([[1.0]])
        with self.assertRaisesRegex(ValueError, "out must be an array of shape"):
            flow.train([1.0, 2.0], out=np.empty((30, 2)))

    def test_own_copy_of_the_data(self):
        x = self.x.copy()
        flow = ntk.Flow(self.kernel, x, self.y)
        before = flow.predict([1.0, 2.0], self.z)
        x[:] = 0
        np.testing.assert_array_equal(flow.predict([1.0, 2.0], self.z), before)

    def test_shown(self):
        gp = ntk.GP(self.kernel, self.x, self.y, 0.1)
        flow = ntk.Flow(self.kernel, self.x, self.y, learning_rate=0.5)
        self.assertEqual((flow.samples, flow.outputs, gp.samples, gp.outputs), (30, 2, 30, 2))
        self.assertEqual(repr(flow), "Flow(samples=30, outputs=2, learning_rate=0.5, weight_decay=0.0)")
        self.assertEqual(repr(gp), "GP(samples=30, outputs=2)")
        self.assertEqual(repr(self.kernel), "Kernel('ntk', input_dimension=5)")
        self.assertEqual(repr(ntk.Context(threads=1)), "Context(threads=1)")
        self.assertEqual(repr(ntk.Activation("leaky_relu", [0.2])), "Activation('leaky_relu', [0.2])")
        self.assertEqual(repr(ntk.Mlp([3, 4, 1], "erf")),
                         "Mlp([3, 4, 1], activations=('erf',), weight_std=(1.0, 1.0), bias_std=(0.0, 0.0))")

    def test_vector_targets(self):
        one = ntk.Flow(self.kernel, self.x, self.y[:, 0]).predict(1.0, self.z)
        self.assertEqual(one.shape, (11,))
        np.testing.assert_allclose(one, ntk.Flow(self.kernel, self.x, self.y).predict(1.0, self.z)[:, 0], atol=1e-12)

    def test_gp(self):
        noise = 0.1
        for gp in [ntk.GP(self.kernel, self.x, self.y, noise), ntk.GP.from_gram(self.gram, self.y, noise)]:
            if gp._input_dimension:
                mean, variance = gp.predict(self.z)
            else:
                mean, variance = gp.predict_cross(self.cross, self.kernel.diagonal(self.z))
            covariance = self.gram + noise * np.eye(30)
            np.testing.assert_allclose(mean, self.cross @ np.linalg.solve(covariance, self.y), rtol=0, atol=1e-11)
            explained = np.einsum("ij,ji->i", self.cross, np.linalg.solve(covariance, self.cross.T))
            np.testing.assert_allclose(variance, self.kernel.diagonal(self.z) - explained, rtol=0, atol=1e-11)
            fit = np.sum(self.y * np.linalg.solve(covariance, self.y))
            evidence = -fit / 2 - np.linalg.slogdet(covariance)[1] - 30 * np.log(2 * np.pi)
            self.assertAlmostEqual(gp.log_evidence / evidence, 1, delta=1e-12)


class Networks(unittest.TestCase):
    def setUp(self):
        self.network = ntk.Network(ntk.Mlp([3, 6, 5, 2], "tanh", 1.5, 0.5), seed=7)
        self.x = np.random.default_rng(8).normal(size=(4, 3))

    def test_products(self):
        j = self.network.jacobian(self.x)
        rng = np.random.default_rng(9)
        v, u = rng.normal(size=self.network.parameter_count), rng.normal(size=(4, 2))
        np.testing.assert_allclose(self.network.jvp(self.x, v), j @ v, rtol=0, atol=1e-13)
        np.testing.assert_allclose(self.network.vjp(self.x, u), np.einsum("ik,ikp->p", u, j), rtol=0, atol=1e-13)
        single = self.network.jvp(self.x, v, dtype=np.float32)
        self.assertEqual(single.dtype, np.float32)
        np.testing.assert_allclose(single, j @ v, rtol=0, atol=1e-4)

    def test_kernels(self):
        j = self.network.jacobian(self.x)
        full = j.reshape(8, -1) @ j.reshape(8, -1).T
        np.testing.assert_allclose(ntk.Kernel.empirical(self.network, output="full").gram(self.x), full, rtol=1e-13)
        traced = np.einsum("ikp,jkp->ij", j, j) / 2
        np.testing.assert_allclose(ntk.Kernel.empirical(self.network).gram(self.x), traced, rtol=1e-13)
        pair = ntk.Kernel.empirical(self.network, output="pair", outputs=(0, 1)).cross(self.x, self.x)
        np.testing.assert_allclose(pair, j[:, 0] @ j[:, 1].T, rtol=0, atol=1e-13 * np.max(np.abs(full)))
        with self.assertRaises(ntk.InvalidValue):
            ntk.Kernel.empirical(self.network, output="all")

    # All outputs: the same solvers on the Gram matrix that the Jacobian gives. Two backward stable solutions of 8
    # equations differ by about 8 eps cond(K + 0.1 I) relative to |y|, and variances relative to K.
    def test_solvers_of_all_outputs(self):
        full, z = ntk.Kernel.empirical(self.network, output="full"), np.random.default_rng(10).normal(size=(3, 3))
        j, jz = (self.network.jacobian(points).reshape(-1, self.network.parameter_count) for points in (self.x, z))
        gram, cross, inverse = j @ j.T, jz @ j.T, np.linalg.inv(j @ j.T + 0.1 * np.eye(8))
        rounding = 8 * 2.2e-16 * np.linalg.cond(gram + 0.1 * np.eye(8))
        for y in [self.network(self.x).reshape(8, 1), np.arange(8.0), np.random.default_rng(11).normal(size=(8, 3))]:
            flow, gp = ntk.Flow(full, self.x, y, weight_decay=0.1 / 8), ntk.GP(full, self.x, y, 0.1)
            self.assertEqual((flow.samples, gp.samples), (8, 8))
            expected, tolerance = cross @ inverse @ y, rounding * np.abs(y).max()
            for f in [flow.predict(np.inf, z), flow.predict([1.0, np.inf], z)[1], gp.predict(z)[0]]:
                self.assertEqual(f.shape, (6,) + y.shape[1:])
                np.testing.assert_allclose(f, expected, rtol=0, atol=tolerance)
            np.testing.assert_allclose(flow.train(np.inf), gram @ inverse @ y, rtol=0, atol=tolerance)
            np.testing.assert_allclose(gp.predict(z)[1], np.diag(jz @ jz.T - cross @ inverse @ cross.T), rtol=0,
                                       atol=rounding * np.abs(gram).max())
            initial = np.ones((6,) + y.shape[1:])
            np.testing.assert_array_equal(flow.predict(0, z, initial), initial)
        for solver in [lambda y: ntk.Flow(full, self.x, y), lambda y: ntk.GP(full, self.x, y, 0.1)]:
            with self.assertRaisesRegex(ValueError, "y has 4 rows; expected 8"):
                solver(self.network(self.x))

    def test_parameters_and_files(self):
        theta = self.network.get_parameters()
        with tempfile.TemporaryDirectory() as folder:
            self.network.save(os.path.join(folder, "network"))
            self.network.export_safetensors(os.path.join(folder, "tensors"))
            again = ntk.Network.load(os.path.join(folder, "network"))
            np.testing.assert_array_equal(again.get_parameters(), theta)
            again.randomise(3)
            self.assertFalse(np.array_equal(again.get_parameters(), theta))
            again.import_safetensors(os.path.join(folder, "tensors"))
            np.testing.assert_allclose(again(self.x), self.network(self.x), rtol=1e-13)
            with self.assertRaisesRegex(ntk.Error, "nowhere"):
                ntk.Network.load(os.path.join(folder, "nowhere"))
        copy = self.network.copy()
        copy.set_parameters(2 * theta)
        np.testing.assert_array_equal(self.network.get_parameters(), theta)
        with self.assertRaises(ntk.InvalidValue):
            copy.set_parameters(theta[1:])


class Surface(unittest.TestCase):
    # Python has its own allocator; everything else that the library exports is declared here.
    NOT_WRAPPED = {"ntk_context_create_with_allocator"}

    def test_every_function_is_declared(self):
        exports = pathlib.Path(__file__).resolve().parents[2] / "src" / "ntk.map"
        if not exports.exists():
            self.skipTest("no source tree")
        names = set(re.findall(r"^ *(ntk_\w+);", exports.read_text(), re.M))
        declared = {*_library._STATUS_FUNCTIONS, *_library._VOID_FUNCTIONS, *_library._TEXT_FUNCTIONS}
        self.assertEqual(names - self.NOT_WRAPPED, declared)


class Arrays(unittest.TestCase):
    def test_read_in_place(self):
        whole = np.zeros((10, 8))
        for array in [whole, whole[2:5], whole[:, :5], whole[::2, 1:4], whole[3:4], whole[:, :1]]:
            rows = _arrays.Rows(array, "x")
            self.assertIs(rows.array, array)
            self.assertEqual(rows.address, array.ctypes.data)
        self.assertEqual(_arrays.Rows(whole[::2, 1:4], "x").ld, 16)

    def test_copied(self):
        whole = np.arange(80.0).reshape(10, 8)
        broadcast = np.broadcast_to(np.arange(8.0), (10, 8))
        for array in [whole.T, whole[::-1], whole[:, ::2], whole.astype(np.float32), whole.astype(">f8"), broadcast,
                      whole.astype(int), whole.tolist()]:
            rows = _arrays.Rows(array, "x")
            self.assertIsNot(rows.array, array)
            np.testing.assert_array_equal(rows.array, array)
            self.assertEqual(rows.ld, rows.columns)

    def test_slices_give_the_same_bits(self):
        kernel = ntk.Kernel(network(3))
        wide = np.random.default_rng(4).normal(size=(12, 9))
        np.testing.assert_array_equal(kernel(wide[::2, 2:5]), kernel(wide[::2, 2:5].copy()))

    def test_out(self):
        kernel = ntk.Kernel(network(3))
        x = np.random.default_rng(5).normal(size=(4, 3))
        frame = np.full((6, 9), -1.0)
        result = kernel.gram(x, out=frame[1:5, 2:6])
        np.testing.assert_array_equal(result, kernel(x))
        frame[1:5, 2:6] = -1
        np.testing.assert_array_equal(frame, -1)  # nothing beside the window was written
        for bad in [np.empty((4, 5)), np.empty((4, 4), np.float32), np.empty((4, 4)).T, "no array"]:
            with self.assertRaises(ValueError):
                kernel.gram(x, out=bad)

    def test_refused(self):
        kernel = ntk.Kernel(network(3))
        with self.assertRaisesRegex(ValueError, "x has 2 columns; expected 3"):
            kernel(np.zeros((4, 2)))
        with self.assertRaisesRegex(ValueError, "dimension"):
            kernel(np.zeros(3))
        with self.assertRaises(TypeError):
            kernel(np.zeros((4, 3), complex))


class Failures(unittest.TestCase):
    def test_error(self):
        kernel = ntk.Kernel(network(3))
        x = np.ones((4, 3))
        x[2, 1] = np.nan
        with self.assertRaises(ntk.Error) as caught:
            kernel(x)
        self.assertEqual((caught.exception.status, caught.exception.name), (-4, "NTK_ERR_NOT_FINITE"))
        self.assertRegex(str(caught.exception), r"x\[2\]\[1\]")
        kernel(np.ones((4, 3)))  # and the handle still works

    def test_bad_parameters(self):
        for make, name in [(lambda: ntk.Mlp([3, 0, 1]), "NTK_ERR_SIZE"), (lambda: ntk.Mlp([3]), "NTK_ERR_SIZE"),
                           (lambda: ntk.Mlp([3, 1], "swish"), "NTK_ERR_ENUM"),
                           (lambda: ntk.Mlp([3, 1], weight_std=-1), "NTK_ERR_DOMAIN"),
                           (lambda: ntk.GP.from_gram(np.eye(2), [1.0, 2.0], 0.0), "NTK_ERR_DOMAIN"),
                           (lambda: ntk.Flow.from_gram(-np.eye(2), [1.0, 2.0]), "NTK_ERR_NOT_POSITIVE")]:
            with self.assertRaises(ntk.Error) as caught:
                make()
            self.assertEqual(caught.exception.name, name)

    def test_kinds_of_failure(self):
        cases = [(lambda: ntk.Mlp([5]), ntk.InvalidValue, r"widths is \[5\]; it needs at least two entries"),
                 (lambda: ntk.Mlp([]), ntk.InvalidValue, r"widths is \[\]"),
                 (lambda: ntk.Mlp([3.0, 1.0]), TypeError, "integers"),
                 (lambda: ntk.Mlp([3, 1], "swish"), ntk.InvalidValue, "identity, relu, leaky_relu, erf"),
                 (lambda: ntk.Mlp([3, 1], 7), TypeError, "activation is 7"),
                 (lambda: ntk.Mlp([3, 1], weight_std="big"), TypeError, "weight_std is 'big'"),
                 (lambda: ntk.Kernel(network(3), "rbf"), ntk.InvalidValue, "type is 'rbf'"),
                 (lambda: ntk.GP.from_gram(np.eye(2), [1.0, 2.0], None), TypeError, "noise_variance is None")]
        for make, kind, sentence in cases:
            with self.assertRaisesRegex(kind, sentence):
                make()
        self.assertTrue(issubclass(ntk.InvalidValue, ntk.Error) and issubclass(ntk.InvalidValue, ValueError))
        context = ntk.Context(progress=lambda fraction, phase: True)
        with self.assertRaises(ntk.Error) as caught:  # cancelled: no value is at fault
            ntk.Kernel(network(3, context=context))(np.ones((300, 3)))
        self.assertNotIsInstance(caught.exception, ValueError)
        copy = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual((copy.status, str(copy)), (caught.exception.status, str(caught.exception)))

    def test_wrong_library_is_named(self):
        import subprocess
        import sys
        environment = dict(os.environ, NTK_LIBRARY="/nowhere/libntk.so")
        run = subprocess.run([sys.executable, "-c", "import ntk"], env=environment, capture_output=True, text=True)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("/nowhere/libntk.so", run.stderr)


class Contexts(unittest.TestCase):
    def setUp(self):
        self.x = np.random.default_rng(6).normal(size=(400, 3))

    def test_progress_and_cancel(self):
        context = ntk.Context(threads=1)
        self.assertEqual(context.threads, 1)
        kernel = ntk.Kernel(network(3, context=context))
        seen = []
        context.progress = lambda fraction, phase: seen.append((fraction, phase))
        kernel(self.x)
        self.assertEqual(seen[0][0], 0)
        self.assertEqual([f for f, _ in seen], sorted(f for f, _ in seen))
        context.progress = lambda fraction, phase: True
        with self.assertRaises(ntk.Error) as caught:
            kernel(self.x)
        self.assertEqual(caught.exception.name, "NTK_ERR_CANCELLED")
        context.progress = None
        kernel(self.x)

    def test_exception_of_a_callback(self):
        context = ntk.Context()
        kernel = ntk.Kernel(network(3, context=context))

        def fail(fraction, phase):
            raise KeyError("mine")

        context.progress = fail
        with self.assertRaisesRegex(KeyError, "mine"):
            kernel(self.x)
        context.progress = lambda fraction, phase: kernel(self.x)
        with self.assertRaisesRegex(RuntimeError, "must not use its own context"):
            kernel(self.x)

    def test_interrupt(self):
        # a job that a shell put into the background starts with SIGINT ignored
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        context = ntk.Context()
        kernel = ntk.Kernel(network(3, context=context))
        context.progress = lambda fraction, phase: os.kill(os.getpid(), signal.SIGINT)
        with self.assertRaises(KeyboardInterrupt):
            kernel(self.x)
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        context.progress = None
        kernel(self.x)  # no request is left over

    def test_threads(self):
        kernel = ntk.Kernel(network(3))
        expected, results = kernel(self.x), [None] * 4

        def work(i):
            results[i] = kernel(self.x)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            np.testing.assert_array_equal(result, expected)

    def test_lifetimes(self):
        kernel = ntk.Kernel(network(3))  # the network and its context are gone as names
        gc.collect()
        flow = ntk.Flow(kernel, self.x[:20], self.x[:20, 0])
        session = kernel._session
        del kernel
        gc.collect()
        self.assertTrue(np.isfinite(flow.predict(np.inf, self.x)).all())
        self.assertEqual(len(session.retired), 0)

        def drop_inside_a_call(fraction, phase):
            nonlocal spare
            spare = None  # the last reference: its handle must wait for the end of the call

        spare = ntk.Mlp([3, 4, 1], context=flow.context)
        flow.context.progress = drop_inside_a_call
        flow.predict(1.0, self.x)
        self.assertIsNone(spare)
        self.assertEqual(len(session.retired), 0)


if __name__ == "__main__":
    unittest.main()
