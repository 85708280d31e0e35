#!/bin/sh
# abi.sh update           writes tests/abi/baseline.abi: the ABI that the public headers declare.
# abi.sh compare LIBRARY  compares LIBRARY (built with debug information) with the committed baseline.
#
# The baseline is made from a library of empty functions with the prototypes of the headers, so that it holds no private
# type; abidiff takes an incomplete struct in it for the same as the library's own.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
action=${1:-}
library=${2:-}
baseline=$root/tests/abi/baseline.abi
work=$(mktemp -d "${TMPDIR:-/tmp}/ntk-abi.XXXXXX")
trap 'rm -rf "$work"' EXIT

# describe INCLUDE FILE: the ABI of the headers below INCLUDE/ntk, in libabigail's format. Nothing of the machine goes in:
# no path, no line number, no list of needed libraries.
describe() {
    {
        echo '#include <ntk/ntk.h>'
        awk '{ text = text " " $0 }
            END {
                while ((at = index(text, "/*")) > 0) {
                    rest = substr(text, at + 2)
                    text = substr(text, 1, at - 1) " " substr(rest, index(rest, "*/") + 2)
                }
                count = split(text, part, "NTK_API ")
                for (i = 2; i <= count; i++) {
                    end = index(part[i], ");")
                    prototype = substr(part[i], 1, end)
                    if (end && prototype ~ /ntk_[a-z0-9_]+\(/)
                        print prototype (prototype ~ /^void [^*]/ ? " {}" : " { return 0; }")
                }
            }' "$1"/ntk/*.h
    } >"$work/empty.c"
    (
        cd "$work"
        ${CC:-cc} -std=c11 -g -fPIC -fvisibility=hidden -shared "-I$1" "-Wl,-soname,libntk.so.${SOVERSION:-0}" \
            "-Wl,--version-script=$root/src/ntk.map" empty.c -o empty.so
    )
    abidw --no-show-locs --no-comp-dir-path --no-corpus-path --no-elf-needed --no-architecture --out-file "$2" "$work/empty.so"
}

# differs LIBRARY_OR_BASELINE LIBRARY_OR_BASELINE: abidiff's report, with the exit status of a comparison.
differs() { ! abidiff --no-architecture "$1" "$2" >"$work/report" 2>&1; }

must_see() { differs "$1" "$2" || { echo "abi: the test of the test failed: $3 is not seen" >&2; exit 1; }; }

case $action in
update)
    describe "$root/include" "$baseline"
    echo "abi: wrote ${baseline#"$root/"}"
    ;;
compare)
    [ -f "$baseline" ] || { echo 'abi: no baseline; write it with: make abi-baseline' >&2; exit 1; }

    # --- The library ---
    if differs "$baseline" "$library"; then
        cat "$work/report" >&2
        echo 'abi: the ABI differs from tests/abi/baseline.abi. If it must: make abi-baseline, note it under ABI in' \
            'CHANGELOG.md, and where callers break raise SOVERSION in the Makefile' >&2
        exit 1
    fi

    # --- It could have failed ---
    mkdir -p "$work/include"
    plant() {
        rm -rf "$work/include/ntk"
        cp -r "$root/include/ntk" "$work/include/ntk"
        sed "$2" "$root/include/ntk/$1" >"$work/include/ntk/$1"
        cmp -s "$root/include/ntk/$1" "$work/include/ntk/$1" && { echo "abi: nothing planted in $1" >&2; exit 1; }
        describe "$work/include" "$work/planted.abi"
    }
    plant version.h 's/^NTK_API const char \*ntk_version(void);//'
    must_see "$work/planted.abi" "$library" 'a new function'
    must_see "$library" "$work/planted.abi" 'a lost function'
    plant context.h 's/int32_t threads);/int64_t threads);/'
    must_see "$work/planted.abi" "$library" 'another type of an argument'
    plant context.h 's/^    void \*user;$/    void *user; int32_t more;/'
    must_see "$work/planted.abi" "$library" 'another struct'
    plant kernel.h 's/ntk_kernel_gram(ntk_kernel \*kernel, /ntk_kernel_gram(ntk_context *kernel, /'
    must_see "$work/planted.abi" "$library" 'another handle'
    echo 'abi: ok'
    ;;
*)
    echo 'usage: abi.sh update | compare LIBRARY' >&2
    exit 2
    ;;
esac
