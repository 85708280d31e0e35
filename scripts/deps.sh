#!/bin/sh
# make deps: installs what building, testing and the demo need. Debian and Ubuntu, as root or with a sudo that asks for no
# password: only what is missing, by apt-get. Elsewhere: says what is missing and under which names, and fails.
# Arguments: sets of tools (build check demo ci); default: build check demo.
set -eu

[ $# -gt 0 ] || set -- build check demo
PKG_CONFIG=${PKG_CONFIG:-pkg-config}

has_command() { command -v "$1" >/dev/null 2>&1; }
has_package() { has_command "$PKG_CONFIG" && "$PKG_CONFIG" --exists "$1" 2>/dev/null; }
has_numpy() {
    for python in python3 /usr/bin/python3; do
        if has_command "$python" && "$python" -c 'import numpy' >/dev/null 2>&1; then return 0; fi
    done
    return 1
}
has_compiler() { has_command "${CC:-cc}" || has_command gcc || has_command clang; }
has_libc() {
    has_compiler && echo '#include <stdio.h>' | "${CC:-cc}" -E - >/dev/null 2>&1
}
has_blas() {
    [ -n "${BLAS_LIBS:-}" ] || [ -n "${BLAS:-}" ] || has_package openblas || has_package mkl-sdl || has_package blis ||
        has_package cblas
}
# Some builds of OpenBLAS, and MKL, carry LAPACKE inside.
has_lapacke() {
    if [ -n "${BLAS_LIBS:-}" ] || has_package lapacke; then return 0; fi
    for package in openblas mkl-sdl; do
        if has_package "$package" && has_compiler; then
            # shellcheck disable=SC2046
            if printf 'void LAPACKE_dpotrf_work(void); int main(void) { LAPACKE_dpotrf_work(); return 0; }' |
                "${CC:-cc}" -x c - -o /dev/null $("$PKG_CONFIG" --libs "$package") >/dev/null 2>&1; then return 0; fi
        fi
    done
    return 1
}
is_debian() { has_command apt-get && has_command dpkg; }

# set | test | what for | Debian and Ubuntu | Fedora | Arch | macOS (Homebrew)
table='
build|has_compiler|C compiler|gcc|gcc|gcc|Xcode command line tools
build|has_libc|C library headers|libc6-dev|glibc-devel|glibc|Xcode command line tools
build|has_command pkg-config|pkg-config|pkg-config|pkgconf-pkg-config|pkgconf|pkgconf
build|has_blas|CBLAS|libopenblas-dev|openblas-devel|openblas|openblas
build|has_lapacke|LAPACKE|liblapacke-dev|lapack-devel|lapacke|openblas
build|has_package zlib|zlib (reads .gz)|zlib1g-dev|zlib-devel|zlib|zlib
check|has_command c++|C++ compiler (test of the headers)|g++|gcc-c++|gcc|Xcode command line tools
check|has_package check|Check (unit tests)|check|check-devel|check|check
check|has_command python3|Python (ctypes example)|python3|python3|python|python
check|has_numpy|NumPy (ctypes example)|python3-numpy|python3-numpy|python-numpy|numpy
demo|has_command gnuplot|gnuplot (learning curve)|gnuplot-nox|gnuplot|gnuplot|gnuplot
ci|has_command clang|clang|clang|clang|clang|llvm
ci|has_command clang-format|clang-format|clang-format|clang-tools-extra|clang|clang-format
ci|has_command cppcheck|cppcheck|cppcheck|cppcheck|cppcheck|cppcheck
ci|has_command abidiff|libabigail|abigail-tools|libabigail|libabigail|libabigail
ci|has_command valgrind|valgrind|valgrind|valgrind|valgrind|valgrind
ci|has_package openblas64|CBLAS with 64-bit integers|libopenblas64-pthread-dev|openblas-devel|openblas64|openblas
ci|has_package lapacke64|LAPACKE with 64-bit integers|liblapacke64-dev|lapack-devel|openblas64|openblas
'

# absent COLUMN: the names, in that column, of all that is missing from the chosen sets.
absent() {
    column=$1
    shift
    printf '%s' "$table" | while IFS='|' read -r set test purpose debian fedora arch macos; do
        case " $* " in *" $set "*) ;; *) continue ;; esac
        # A test is a command with arguments.
        # shellcheck disable=SC2086
        if [ -z "$set" ] || $test; then continue; fi
        case $column in
            purpose) printf '%s\n' "$purpose" ;;
            debian) printf '%s\n' "$debian" ;;
            fedora) printf '%s\n' "$fedora" ;;
            arch) printf '%s\n' "$arch" ;;
            macos) printf '%s\n' "$macos" ;;
        esac
    done | awk '!seen[$0]++'
}
in_one_line() { absent "$@" | paste -s -d ' ' -; }

missing=$(absent purpose "$@" | paste -s -d ',' - | sed 's/,/, /g')
if [ -z "$missing" ]; then
    echo 'deps: everything is there'
    exit 0
fi
echo "deps: missing: $missing"

as_root=none
if is_debian; then
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif has_command sudo && sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    fi
fi

if [ "$as_root" = none ]; then
    {
        echo "deps: cannot install here (that takes Debian or Ubuntu, and root or a sudo without password). Packages:"
        echo "  Debian, Ubuntu: apt-get install $(in_one_line debian "$@")"
        echo "  Fedora:         dnf install $(in_one_line fedora "$@")"
        echo "  Arch:           pacman -S $(in_one_line arch "$@")"
        echo "  macOS:          brew install $(absent macos "$@" | grep -v Xcode | paste -s -d ' ' -) (and xcode-select --install)"
    } >&2
    exit 1
fi

packages=$(in_one_line debian "$@")
echo "deps: apt-get install $packages"
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages

# Without the rest the library can be built and used; the tests and the demo then say what they skip.
left=$(absent purpose build | paste -s -d ',' -)
if [ -n "$left" ]; then
    echo "deps: still missing after the installation: $left" >&2
    exit 1
fi
left=$(absent purpose "$@" | paste -s -d ',' -)
[ -z "$left" ] || echo "deps: still missing, but not needed to build: $left"
echo 'deps: done'
