#!/bin/sh
# Finds the BLAS, LAPACKE, zlib and Check, and prints the answers as make variables. The Makefile keeps them in
# $(BUILD)/config.mk. Reads CC, CFLAGS, LDFLAGS, PKG_CONFIG, BLAS, BLAS_CFLAGS, BLAS_LIBS, BLAS_SUFFIX,
# ZLIB from the environment.
set -eu

CC=${CC:-cc}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
ZLIB=${ZLIB:-auto}
work=$(mktemp -d "${TMPDIR:-/tmp}/ntk-configure.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
    printf '%s\n' "configure: $*" >&2
    exit 1
}

# links SOURCE FLAGS...: does this program compile and link?
links() {
    printf '%s\n' "$1" >"$work/probe.c"
    shift
    # CC and the flags are lists of words.
    # shellcheck disable=SC2086
    $CC ${CFLAGS:-} "$work/probe.c" -o "$work/probe" ${LDFLAGS:-} "$@" >"$work/log" 2>&1
}

has() { "$PKG_CONFIG" --exists "$@" 2>/dev/null; }

$CC --version >/dev/null 2>&1 || fail "no C compiler ('$CC'); try: make deps"
links 'int main(void) { return 0; }' || { cat "$work/log" >&2; fail "'$CC ${CFLAGS:-} ${LDFLAGS:-}' cannot make a program"; }
command -v "$PKG_CONFIG" >/dev/null 2>&1 || [ -n "${BLAS_LIBS:-}" ] || fail "no pkg-config; try: make deps"

# A program that needs CBLAS and LAPACKE but none of their headers.
blas_source="
extern void cblas_dgemm${BLAS_SUFFIX:-}(void);
extern void LAPACKE_dpotrf_work${BLAS_SUFFIX:-}(void);
int main(void) { cblas_dgemm${BLAS_SUFFIX:-}(); LAPACKE_dpotrf_work${BLAS_SUFFIX:-}(); return 0; }"

# try_blas PACKAGES: are they there, and do they link? Adds LAPACKE where the BLAS does not carry it.
try_blas() {
    # shellcheck disable=SC2086
    has $1 || return 1
    for extra in '' lapacke; do
        [ -z "$extra" ] || has lapacke || continue
        # shellcheck disable=SC2086
        blas_libs=$("$PKG_CONFIG" --libs $1 $extra)
        # shellcheck disable=SC2086
        blas_cflags=$("$PKG_CONFIG" --cflags $1 $extra)
        # shellcheck disable=SC2086
        if links "$blas_source" $blas_libs -lm; then return 0; fi
        # shellcheck disable=SC2086
        if [ -z "$extra" ] && ! has lapacke && links "$blas_source" $blas_libs -llapacke -lm; then
            blas_libs="$blas_libs -llapacke"
            return 0
        fi
    done
    return 1
}

provider=
if [ -n "${BLAS_LIBS:-}" ]; then
    blas_libs=$BLAS_LIBS
    blas_cflags=${BLAS_CFLAGS:-}
    # shellcheck disable=SC2086
    links "$blas_source" $blas_libs -lm || { cat "$work/log" >&2; fail "BLAS_LIBS='$BLAS_LIBS' does not give CBLAS and LAPACKE"; }
    provider=custom
elif [ -n "${BLAS:-}" ]; then
    try_blas "$BLAS" || { cat "$work/log" 2>/dev/null >&2; fail "the packages BLAS='$BLAS' are missing or do not give CBLAS and LAPACKE"; }
    provider=${BLAS%% *}
else
    for packages in openblas mkl-sdl 'blis lapacke' 'cblas lapacke blas lapack'; do
        if try_blas "$packages"; then
            provider=${packages%% *}
            break
        fi
    done
    [ -n "$provider" ] || fail "no CBLAS with LAPACKE found by pkg-config (tried openblas, mkl-sdl, blis, cblas); try: make deps, or give BLAS or BLAS_LIBS"
fi

zlib=0
zlib_cflags=
zlib_libs=
if [ "$ZLIB" != 0 ]; then
    if has zlib; then
        zlib=1
        zlib_cflags=$("$PKG_CONFIG" --cflags zlib)
        zlib_libs=$("$PKG_CONFIG" --libs zlib)
    elif [ "$ZLIB" = 1 ]; then
        fail 'ZLIB=1, but pkg-config does not find zlib'
    fi
fi

# For the tests only, so that their absence does not stop a build.
check_cflags=
check_libs=
if has check; then
    check_cflags=$("$PKG_CONFIG" --cflags check)
    check_libs=$("$PKG_CONFIG" --libs check)
fi

printf '%s\n' \
    "CONFIG_BLAS_PROVIDER := $provider" \
    "CONFIG_BLAS_CFLAGS := $blas_cflags" \
    "CONFIG_BLAS_LIBS := $blas_libs" \
    "CONFIG_ZLIB := $zlib" \
    "CONFIG_ZLIB_CFLAGS := $zlib_cflags" \
    "CONFIG_ZLIB_LIBS := $zlib_libs" \
    "CONFIG_CHECK_CFLAGS := $check_cflags" \
    "CONFIG_CHECK_LIBS := $check_libs"
printf '%s\n' "configured: $CC, BLAS $provider ($blas_libs), zlib $zlib" >&2
