#!/bin/sh
# make examples: runs every example and shows what it prints. The forms of the quickstart must agree.
set -eu

cd "$(dirname "$0")/.."
build=${BUILD:-build}
show() {
    printf '\n== %s\n' "$1"
    shift
    "$@"
}

show quickstart.c "$build/examples/quickstart"
if [ -x "$build/examples/quickstart-cpp" ]; then
    show quickstart.cpp "$build/examples/quickstart-cpp"
    "$build/examples/quickstart" >"$build/examples/quickstart.txt"
    "$build/examples/quickstart-cpp" | grep '^t = ' | cmp - "$build/examples/quickstart.txt"
fi
show activations.c "$build/examples/activations"
show digits.c "$build/examples/digits" data/digits/digits-train.csv data/digits/digits-test.csv
show train.c "$build/examples/train" data/digits/digits-train.csv data/digits/digits-test.csv
if python3 -c 'import numpy' 2>/dev/null; then
    show from_pytorch.py env NTK_LIBRARY="${NTK_LIBRARY:-$build/libntk.so}" python3 examples/from_pytorch.py
    show quickstart.py env NTK_LIBRARY="${NTK_LIBRARY:-$build/libntk.so}" python3 examples/quickstart.py
else
    printf '\n== quickstart.py\nskipped: no python3 with NumPy\n'
fi
