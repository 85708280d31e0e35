"""Networks with PyTorch's weights against PyTorch: outputs, Jacobian, products with it, second order and NTK in double
precision. run.sh runs it; it needs NumPy and torch, and says so where there is no torch."""

import json
import os
import pathlib
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"python/tests/autograd.py: skipped: no {missing.name}")
    sys.exit()

import ntk

N, WIDTHS = 7, [5, 16, 12, 9, 3]
EPS = np.finfo(np.float64).eps


class Erf(torch.nn.Module):
    def forward(self, x):
        return torch.erf(x)


class Sin(torch.nn.Module):
    def forward(self, x):
        return torch.sin(x)


class HardSigmoid(torch.nn.Module):  # the derivative of torch.nn.Hardsigmoid has 1/6 rounded to a float
    def forward(self, x):
        return torch.nn.functional.relu6(x + 3) / 6


ACTIVATIONS = {
    "relu": torch.nn.ReLU, "leaky_relu": torch.nn.LeakyReLU, "erf": Erf, "sin": Sin, "gelu": torch.nn.GELU,
    "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid, "softplus": torch.nn.Softplus, "silu": torch.nn.SiLU,
    "mish": torch.nn.Mish, "gelu_tanh": lambda: torch.nn.GELU(approximate="tanh"), "elu": torch.nn.ELU,
    "selu": torch.nn.SELU, "hard_tanh": torch.nn.Hardtanh, "hard_sigmoid": HardSigmoid,
    "relu6": torch.nn.ReLU6,
}


def save(model, path):
    """The state of a model as safetensors.torch.save_file() writes it: header with offsets, then the numbers."""
    header, data = {}, b""
    for name, tensor in model.state_dict().items():
        numbers = tensor.detach().numpy().astype("<f8").tobytes()
        header[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def model_of(activation):
    torch.manual_seed(len(activation))
    layers = []
    for inputs, units in zip(WIDTHS, WIDTHS[1:]):
        layers += [torch.nn.Linear(inputs, units), ACTIVATIONS[activation]()]
    return torch.nn.Sequential(*layers[:-1]).double()


class Case:
    """The same network twice. theta is libntk's, in its order: W^l is the transpose of PyTorch's weight over s_w."""

    def __init__(self, activation, parameterisation):
        self.model = model_of(activation)
        self.mlp = ntk.Mlp(WIDTHS, activation, 1.3, 0.7, parameterisation=parameterisation)
        self.network = ntk.Network(self.mlp)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.safetensors")
            save(self.model, path)
            self.network.import_safetensors(path)
        ntk_scaled = parameterisation == "ntk"
        self.scales = []
        for inputs in WIDTHS[:-1]:
            self.scales += [1.3 / np.sqrt(inputs), 0.7] if ntk_scaled else [1.0, 1.0]
        self.names = [name for name, _ in self.model.named_parameters()]
        self.x = torch.randn(N, WIDTHS[0], dtype=torch.float64)

    def parameters(self):
        return {name: value.detach() for name, value in self.model.named_parameters()}

    def call(self, parameters):
        return torch.func.functional_call(self.model, parameters, (self.x,))

    def jacobian(self):
        """PyTorch's Jacobian in libntk's parameters."""
        parts = torch.func.jacrev(self.call)(self.parameters())
        columns = []
        for name, scale in zip(self.names, self.scales):
            part = parts[name].numpy()
            part = part.swapaxes(2, 3) if part.ndim == 4 else part
            columns.append(scale * part.reshape(N, WIDTHS[-1], -1))
        return np.concatenate(columns, axis=2)

    def split(self, theta):
        """A direction in libntk's parameters as one in PyTorch's."""
        parts, at = {}, 0
        for name, scale in zip(self.names, self.scales):
            shape = self.parameters()[name].shape
            size = int(np.prod(shape))
            part = scale * theta[at:at + size]
            parts[name] = torch.from_numpy(part.reshape(shape[::-1]).T.copy())
            at += size
        return parts

    def second(self, direction):
        """d^2 F(theta + s direction) / ds^2 at s = 0, by two reverse passes for each output."""
        s = torch.zeros((), dtype=torch.float64, requires_grad=True)
        f = self.call({name: value + s * direction[name] for name, value in self.parameters().items()})
        values = []
        for output in f.reshape(-1):
            first, = torch.autograd.grad(output, s, create_graph=True)
            second = torch.autograd.grad(first, s, retain_graph=True, allow_unused=True)[0] if first.requires_grad else None
            values.append(0.0 if second is None else second.item())
        return np.array(values).reshape(f.shape)


class Autograd(unittest.TestCase):
    def close(self, got, expected, what):
        """Sums of up to 16 terms in four layers, forwards and backwards: some 100 roundings, of the largest entries."""
        self.assertEqual(got.shape, expected.shape)
        self.assertGreater(abs(expected).max(), 1e-3)
        worst = abs(got - expected).max() / abs(expected).max() / EPS
        self.worst = max(self.worst, worst)
        self.assertLessEqual(worst, 100, what)

    def test_against_autograd(self):
        for activation in ACTIVATIONS:
            for parameterisation in "ntk", "standard":
                with self.subTest(activation=activation, parameterisation=parameterisation):
                    self.compare(Case(activation, parameterisation))

    def setUp(self):
        self.worst = 0

    def tearDown(self):
        print(f"{len(ACTIVATIONS)} activations: worst difference {self.worst:.1f} eps of the largest entry", flush=True)

    def compare(self, case):
        x, network = case.x.numpy(), case.network
        random = np.random.default_rng(1)
        v, u = random.standard_normal(network.parameter_count), random.standard_normal((N, WIDTHS[-1]))
        jacobian = case.jacobian()
        rows = jacobian.reshape(N * WIDTHS[-1], -1)
        f = case.call(case.parameters()).numpy()
        direction = case.split(v)
        _, along = torch.func.jvp(case.call, (case.parameters(),), (direction,))
        kernel = rows @ rows.T
        blocks = kernel.reshape(N, WIDTHS[-1], N, WIDTHS[-1])
        self.close(network(x), f, "outputs")
        self.close(network.jacobian(x), jacobian, "Jacobian")
        self.close(network.jvp(x, v), along.numpy(), "J v")
        self.close(network.vjp(x, u), u.reshape(-1) @ rows, "J' u")
        self.close(network.taylor(x, v, 2), f + along.numpy() + 0.5 * case.second(direction), "Taylor series")
        self.close(ntk.Kernel.empirical(network, output="full").gram(x), kernel, "full NTK")
        self.close(ntk.Kernel.empirical(network).gram(x), np.einsum("iaja->ij", blocks) / WIDTHS[-1], "traced NTK")


if __name__ == "__main__":
    unittest.main()
