#!/bin/sh
# Uses the library as strangers do: installed into an empty prefix and found by pkg-config or CMake, from C and C++, shared
# and static; moved to another folder; and vendored, as sources compiled by one command without our Makefile.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
CC=${CC:-cc}
CXX=${CXX:-c++}
MAKE=${MAKE:-make}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
case $root in
*' '*)
    echo 'consumers: SKIPPED: pkg-config and make cannot hold a path with spaces'
    exit 0
    ;;
esac
mkdir -p "${BUILD:-build}"
build=$(cd "${BUILD:-build}" && pwd)
here=$root/tests/consumers
prefix=$build/consumer-prefix
moved=$build/consumer-moved
staged=$build/consumer-staged
log=$build/consumers.log
rm -rf "$prefix" "$moved" "$staged"

fail() {
    echo "consumers: FAILED: $*" >&2
    cat "$log" >&2
    exit 1
}
install_to() { $MAKE --no-print-directory BUILD="$build" "$@" >"$log" 2>&1 || fail "make $*"; }

install_to install PREFIX="$prefix"
for file in bin/ntk include/ntk/ntk.h lib/libntk.a lib/libntk.so "lib/libntk.so.${SOVERSION:-0}" lib/pkgconfig/ntk.pc \
    lib/cmake/ntk/ntk-config.cmake; do
    [ -e "$prefix/$file" ] || fail "$file is not installed"
done

# packages PREFIX ARGUMENTS...: pkg-config that sees the library in this prefix.
packages() {
    folder=$1
    shift
    PKG_CONFIG_PATH="$folder/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}" "$PKG_CONFIG" \
        --define-variable=prefix="$folder" "$@"
}
needs_ntk() { readelf -d "$1" | grep -q "NEEDED.*libntk.so.${SOVERSION:-0}"; }

[ "$(packages "$prefix" --modversion ntk)" = "$(cat VERSION)" ] || fail 'pkg-config reports another version'

# build_and_run NAME PREFIX COMPILE...: shared when the program then needs libntk.so, static when not.
build_and_run() {
    name=$1
    folder=$2
    shift 2
    # The compiler is a list of words.
    # shellcheck disable=SC2068
    $@ -o "$build/$name" >"$log" 2>&1 || fail "compiling $name: $*"
    LD_LIBRARY_PATH="$folder/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$build/$name" >"$log" 2>&1 || fail "running $name"
    grep -q 'consumer: ok' "$log" || fail "$name does not say that all is well"
    case $name in
    *shared*) needs_ntk "$build/$name" || fail "$name does not use the shared library" ;;
    *) if needs_ntk "$build/$name"; then fail "$name uses the shared library"; fi ;;
    esac
    done="$done $name"
}
done=

# A static consumer has no shared library in sight; the linker would take that one.
cp -R "$prefix" "$moved"
rm -f "$moved"/lib/libntk.so* "$moved"/lib/libntk*.dylib

# shellcheck disable=SC2046
build_and_run consumer-shared-c "$prefix" $CC -std=c99 "$here/consumer.c" $(packages "$prefix" --cflags --libs ntk) -lm
# shellcheck disable=SC2046
build_and_run consumer-static-c "$moved" $CC -std=c99 "$here/consumer.c" $(packages "$moved" --cflags --static --libs ntk)
if command -v "$CXX" >/dev/null 2>&1; then
    # shellcheck disable=SC2046
    build_and_run consumer-shared-cpp "$prefix" $CXX -std=c++17 "$here/consumer.cpp" $(packages "$prefix" --cflags --libs ntk)
    # shellcheck disable=SC2046
    build_and_run consumer-static-cpp "$moved" $CXX -std=c++17 "$here/consumer.cpp" \
        $(packages "$moved" --cflags --static --libs ntk)
else
    echo 'consumers: SKIPPED the C++ programs: no C++ compiler'
fi

if command -v cmake >/dev/null 2>&1 && cmake --version >/dev/null 2>&1; then
    rm -rf "$build/consumer-cmake"
    cmake -S "$here" -B "$build/consumer-cmake" -DCMAKE_C_COMPILER="${CC%% *}" -DCMAKE_PREFIX_PATH="$prefix" >"$log" 2>&1 ||
        fail 'cmake does not find the library'
    cmake --build "$build/consumer-cmake" >"$log" 2>&1 || fail 'cmake --build'
    for kind in shared static; do
        "$build/consumer-cmake/consumer-$kind" >"$log" 2>&1 || fail "running the $kind program of cmake"
        if needs_ntk "$build/consumer-cmake/consumer-$kind"; then found=shared; else found=static; fi
        [ "$found" = "$kind" ] || fail "cmake linked the $kind program $found"
        done="$done cmake-$kind"
    done
else
    echo 'consumers: SKIPPED the CMake programs: no cmake'
fi

# Vendored: all sources and the program in one command, with the compiler's own defaults otherwise.
# shellcheck disable=SC2046,SC2086
build_and_run consumer-vendored "$prefix" $CC -std=c11 -O1 -Iinclude -I. "$here/consumer.c" $(ls lib/*/*.c src/*/*.c | grep -v '^src/cli/') \
    ${BLAS_LIBS:?} -lm

# Packagers stage an installation; uninstall takes away all that install put there.
install_to install DESTDIR="$staged" PREFIX=/opt/ntk
[ -f "$staged/opt/ntk/lib/pkgconfig/ntk.pc" ] || fail 'DESTDIR is not put before the paths'
grep -q '^prefix=/opt/ntk$' "$staged/opt/ntk/lib/pkgconfig/ntk.pc" || fail 'ntk.pc names the staging folder'
install_to uninstall DESTDIR="$staged" PREFIX=/opt/ntk
left=$(find "$staged" ! -type d)
[ -z "$left" ] || fail "uninstall leaves $left"

echo "consumers: ok ($(echo "$done" | wc -w) programs:$done)"
