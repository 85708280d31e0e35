#!/bin/sh
# Tests the Python wrapper. Needs python3 with NumPy and the built library ($NTK_LIBRARY, or build/libntk.so); the comparison
# with PyTorch runs where python3, or the interpreter $NTK_TEST_TORCH_PYTHON, has torch.
set -eu
cd "$(dirname "$0")/.."
if ! python3 -c 'import numpy' 2>/dev/null; then
    echo 'python/tests: skipped: no python3 with NumPy'
    exit 0
fi
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=. python3 -m unittest discover -s tests "$@"
PYTHONDONTWRITEBYTECODE=1 exec "${NTK_TEST_TORCH_PYTHON:-python3}" tests/autograd.py
