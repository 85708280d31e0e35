#!/bin/sh
# Prints the C and C++ sources below a folder (default: the repository), one a line; what programs
# wrote does not count: build folders, and the tables of numbers in tests/reference.
set -eu

cd "${1:-"$(dirname "$0")/../.."}"
for folder in include lib src tests bench examples; do
    [ ! -d "$folder" ] || find "$folder" -name build -prune -o -path 'tests/reference/*_values.h' -prune -o \
        \( -name '*.c' -o -name '*.h' -o -name '*.cpp' -o -name '*.hpp' \) -print
done | LC_ALL=C sort
