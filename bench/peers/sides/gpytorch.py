"""GPyTorch's exact Gaussian process on a kernel matrix that was computed before: by Cholesky, since its conjugate gradients
stop at a tolerance of 1e-2 or so unless told otherwise."""

import gpytorch
import torch

from sides import libntk


def versions():
    return {"gpytorch": gpytorch.__version__, "torch": torch.__version__}


class Precomputed(gpytorch.kernels.Kernel):
    """Looks entries up: the "points" are indices, the training points first."""

    def __init__(self, joint):
        super().__init__()
        self.joint = joint

    def forward(self, x, z, diag=False, **ignored):
        i, j = (points[..., 0].long() for points in (x, z))
        if diag:
            return self.joint[i, j]
        return self.joint[int(i[0]):int(i[-1]) + 1, int(j[0]):int(j[-1]) + 1]  # they are consecutive: no copy


class Process(gpytorch.models.ExactGP):
    def __init__(self, x, y, likelihood, joint):
        super().__init__(x, y, likelihood)
        self.mean_module, self.covar_module = gpytorch.means.ZeroMean(), Precomputed(joint)

    def forward(self, x):
        return gpytorch.distributions.MultivariateNormal(self.mean_module(x), self.covar_module(x))


def prepare(task, dtype, threads):
    torch.set_num_threads(threads)
    torch.set_default_dtype(torch.float64)
    gram, cross, prior, y = (torch.from_numpy(matrix) for matrix in libntk.regression_matrices(task))
    n, m = len(gram), len(cross)
    joint = torch.zeros(n + m, n + m)  # between test points only the diagonal is used
    joint[:n, :n], joint[n:, :n], joint[:n, n:] = gram, cross, cross.T
    joint[n:, n:] = torch.diag(prior)
    train, test = torch.arange(n, dtype=torch.float64)[:, None], torch.arange(n, n + m, dtype=torch.float64)[:, None]

    def work():
        likelihood = gpytorch.likelihoods.GaussianLikelihood(
            noise_constraint=gpytorch.constraints.GreaterThan(0.0))
        likelihood.noise = task["noise_variance"]
        process = Process(train, y[:, 0], likelihood, joint)
        process.eval()
        likelihood.eval()
        with torch.no_grad(), gpytorch.settings.fast_computations(False, False, False), \
                gpytorch.settings.fast_pred_var(False), gpytorch.settings.max_cholesky_size(10**9):
            posterior = process(test)
            return {"mean": posterior.mean.numpy()[:, None], "std": posterior.variance.sqrt().numpy()}
    return work
