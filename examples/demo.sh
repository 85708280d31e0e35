#!/bin/sh
# make demo: the infinitely wide network on handwritten digits, by the ntk command and by a C program; the learning curve.
set -eu

cd "$(dirname "$0")/.."
build=${BUILD:-build}
train=data/digits/digits-train.csv
test=data/digits/digits-test.csv
network='--depth 3 --activation relu --weight-std 1.4142135623730951 --bias-std 0.1'

say() { printf '\n== %s\n' "$*"; }
# Shows a command before it runs.
run() {
    printf '$ %s\n' "$*"
    "$@"
}

say 'The infinitely wide network at several training times, and at the end (neural tangent kernel)'
# The options are a list of words.
# shellcheck disable=SC2086
run "$build/ntk" predict --train $train --test $test --scale 0.0625 $network --time 1,10,100,1000,10000,inf --timings

say 'The same network as a Gaussian process: its posterior, without training (NNGP kernel)'
# shellcheck disable=SC2086
run "$build/ntk" predict --train $train --test $test --scale 0.0625 $network --gp 1e-4 --timings

say 'The same from C (examples/digits.c), at more times'
printf "$ %s\n" "$build/examples/digits $train $test"
"$build/examples/digits" $train $test >"$build/digits.txt"
cat "$build/digits.txt"

say 'The learning curve'
if command -v gnuplot >/dev/null 2>&1; then
    gnuplot -e "table='$build/digits.txt'; picture='$build/learning-curve.svg'" examples/learning-curve.gp
    echo "Drawn to $build/learning-curve.svg from $build/digits.txt."
else
    echo "Not drawn: no gnuplot. The numbers are in $build/digits.txt."
fi
