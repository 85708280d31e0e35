#!/bin/sh
# The names that the library shows and needs. tests/abi/symbols.txt is the ledger (symbol, introduced, deprecated or -): it
# must name exactly what the headers declare, what src/ntk.map lists and what the shared library exports. The static library
# adds ntki_ names only. The library refers to nothing that prints, exits, seeds, or changes the process or the BLAS.
# Before the real run the test proves, on a planted library, that it can fail.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
build=${BUILD:-build}
CC=${CC:-cc}
work=$(mktemp -d "${TMPDIR:-/tmp}/ntk-symbols.XXXXXX")
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
failed=0

complain() {
    echo "symbols: $*" >&2
    failed=1
}

# What a library may do to its process is listed in docs/ABI.md; these are the ways to break it.
forbidden='exit _exit _Exit quick_exit abort atexit raise signal sigaction __assert_fail
printf vprintf __printf_chk __vprintf_chk fprintf vfprintf __fprintf_chk __vfprintf_chk puts putchar putc fputs fputc fwrite
perror stdout stderr rand srand random srandom drand48 srand48 lrand48 getenv secure_getenv setenv putenv setlocale
openblas_set_num_threads goto_set_num_threads omp_set_num_threads omp_set_dynamic MKL_Set_Num_Threads bli_thread_set_num_threads
malloc_usable_size system popen fork fopen time clock'

# Files that the caller names are the business of one source, which goes by descriptors (stdio would take heap that is not the
# context's). Nothing else of the library may refer to these; without them nothing can write anywhere.
files='open open64 creat openat read write pread pwrite lseek lseek64 close fsync rename unlink remove mkstemp
realpath __realpath_chk stat stat64 __xstat __xstat64 fstat fstat64 __fxstat __fxstat64'
files_source=file_stream.o

# Defined and undefined global names of an object, archive or shared library.
exported() { nm -D --defined-only "$1" | awk '$2 != "A" && NF == 3 { sub(/@.*/, "", $3); print $3 }' | sort -u; }
defined() { nm -g --defined-only "$1" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u; }
needed() { nm -u "$1" 2>/dev/null | awk '$1 == "U" || $1 == "w" { sub(/@.*/, "", $2); print $2 }' | sort -u; }
forbidden_in() { printf '%s\n' "$forbidden" | tr ' ' '\n' | sort >"$work/forbidden"; needed "$1" | comm -12 - "$work/forbidden"; }
# Members of an archive, but for the one source, that refer to files.
files_in() {
    printf '%s\n' "$files" | tr ' ' '\n' >"$work/files"
    nm -A -u "$1" 2>/dev/null | awk -v mine="$files_source" 'NR == FNR { known[$1]; next }
        { name = $NF; sub(/@.*/, "", name); member = $1; sub(/:$/, "", member); sub(/.*:/, "", member) }
        (name in known) && member != mine { print member ":" name }' "$work/files" - | sort -u
}
# The sanitizers and the coverage tool bring symbols of their own.
strange_in() { defined "$1" | grep -v -E '^(ntk_|ntki_|__(asan|odr_asan|tsan|ubsan|sancov|gcov|llvm))' || true; }

declared() {
    awk '{ text = text " " $0 }
        END {
            while ((at = index(text, "/*")) > 0) {
                rest = substr(text, at + 2)
                text = substr(text, 1, at - 1) " " substr(rest, index(rest, "*/") + 2)
            }
            count = split(text, part, "NTK_API ")
            for (i = 2; i <= count; i++)
                if (match(part[i], /ntk_[a-z0-9_]+\(/)) print substr(part[i], RSTART, RLENGTH - 1)
        }' "$@" | sort
}

# same NAME FILE NAME FILE: complains about each line that is in one only.
same() {
    comm -23 "$2" "$4" | while read -r name; do echo "symbols: $name is in $1, but not in $3" >&2; done
    comm -13 "$2" "$4" | while read -r name; do echo "symbols: $name is in $3, but not in $1" >&2; done
    cmp -s "$2" "$4" || failed=1
}

# --- It can fail ---
cat >"$work/planted.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
void ntk_fine(void);
void stranger(void);
void ntk_fine(void) { exit(rand()); }
void stranger(void) { printf("%d\n", (int)(size_t)getenv("X")); }
END
$CC -fPIC -c "$work/planted.c" -o "$work/planted.o"
$CC -shared "$work/planted.o" -o "$work/planted.so"
[ "$(strange_in "$work/planted.o")" = stranger ] || complain 'the test of the test failed: a strange name is not seen'
[ "$(exported "$work/planted.so" | grep -c -x -e stranger -e ntk_fine)" = 2 ] || complain 'the test of the test failed: exports are not seen'
[ "$(forbidden_in "$work/planted.o" | tr '\n' ' ')" = 'exit getenv printf rand ' ] || complain 'the test of the test failed: forbidden names are not seen'
printf 'int write(int, const void *, unsigned long);\nint ntki_bad(void);\nint ntki_bad(void) { return write(1, "x", 1); }\n' >"$work/bad.c"
cp "$work/bad.c" "$work/${files_source%.o}.c"
for name in bad "${files_source%.o}"; do $CC -c "$work/$name.c" -o "$work/$name.o"; done
ar rc "$work/planted.a" "$work/bad.o" "$work/$files_source"
[ "$(files_in "$work/planted.a")" = bad.o:write ] || complain 'the test of the test failed: a write by others is not seen'

# --- The repository ---
grep -v '^#' tests/abi/symbols.txt | awk 'NF' >"$work/rows"
awk 'NF != 3 || $2 !~ /^[0-9]+\.[0-9]+$/ || $3 !~ /^(-|[0-9]+\.[0-9]+)$/ { print "symbols: bad line in symbols.txt: " $0; bad = 1 } END { exit bad }' \
    "$work/rows" >&2 || failed=1
awk '{ print $1 }' "$work/rows" >"$work/ledger"
sort -c -u "$work/ledger" 2>/dev/null || complain 'symbols.txt is not sorted, or names a symbol twice'
declared include/ntk/*.h >"$work/headers"
sed -n 's/^ *\(ntk_[a-z0-9_]*\);.*/\1/p' src/ntk.map | sort >"$work/map"
same headers "$work/headers" tests/abi/symbols.txt "$work/ledger"
same src/ntk.map "$work/map" tests/abi/symbols.txt "$work/ledger"

if command -v readelf >/dev/null 2>&1 && [ -f "$build/libntk.so" ]; then
    exported "$build/libntk.so" >"$work/exports"
    same 'the exports of libntk.so' "$work/exports" tests/abi/symbols.txt "$work/ledger"
    soname=$(readelf -d "$build/libntk.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
    [ "$soname" = "libntk.so.${SOVERSION:-0}" ] || complain "the SONAME is $soname"
    [ -L "$build/$soname" ] || complain "no link $soname"
    found=$(forbidden_in "$build/libntk.so")
    [ -z "$found" ] || complain "libntk.so refers to" $found
    # A library that writes to its text or needs an executable stack is refused by hardened systems.
    readelf -d "$build/libntk.so" | grep -q TEXTREL && complain 'libntk.so has text relocations'
    readelf -lW "$build/libntk.so" | grep GNU_STACK | grep -q 'E ' && complain 'libntk.so needs an executable stack'
fi
strange=$(strange_in "$build/libntk.a")
[ -z "$strange" ] || complain 'libntk.a defines' $strange
found=$(forbidden_in "$build/libntk.a")
[ -z "$found" ] || complain 'libntk.a refers to' $found
found=$(files_in "$build/libntk.a")
[ -z "$found" ] || complain 'files are touched outside of file_stream.c:' $found

sh tests/abi/constants.sh || failed=1
[ "$failed" = 0 ] || exit 1
echo "symbols: ok ($(wc -l <"$work/ledger") functions)"
