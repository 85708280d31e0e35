"""LIBSVM's own Python interface on a kernel matrix that was computed before."""

import importlib.metadata

import numpy as np
from libsvm.svmutil import svm_predict, svm_problem, svm_train

import inputs
from sides import libntk


def versions():
    return {"libsvm": importlib.metadata.version("libsvm-official")}


def prepare(task, dtype, threads):
    gram, cross, _, _ = libntk.regression_matrices(task)
    y = inputs.signs(task["n"], task["d"])
    numbered = np.hstack([np.arange(1, len(gram) + 1)[:, None], gram])
    test = np.hstack([np.zeros((len(cross), 1)), cross])
    problem = svm_problem(y, numbered, isKernel=True)

    def work():
        model = svm_train(problem, f"-q -t 4 -c {task['C']} -e 1e-6 -m 1000")
        values = np.array(svm_predict([], test, model, "-q")[2])[:, 0]
        return {"decision": values * model.get_labels()[0]}
    return work
