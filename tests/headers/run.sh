#!/bin/sh
# Every public header compiles alone, twice in one file, without a warning: as C99, C11, C++11 and C++20, with each compiler
# that is there. Everything in them can be called from other languages: no varargs, no bit-fields, no struct by value, no
# struct that lacks struct_size. Before the real run the test proves, on a planted header, that it can fail.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/ntk-headers.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0
compiled=0

warnings='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Werror'

complain() {
    echo "headers: $*" >&2
    failed=1
}

# compile COMPILER LANGUAGE STANDARD INCLUDES HEADER
compile() {
    printf '#include <ntk/%s>\n#include <ntk/%s>\n' "$5" "$5" >"$work/alone.${2}"
    extra=
    [ "$2" = cpp ] || extra='-Wstrict-prototypes -Wmissing-prototypes'
    # shellcheck disable=SC2086
    "$1" "-std=$3" $warnings $extra "-I$4" -fsyntax-only "$work/alone.$2" 2>"$work/log"
}

# structure FILE: what a foreign caller could not call. Comments are taken out first.
structure() {
    awk '{
            line = line $0 "\n"
        }
        END {
            text = line
            while ((at = index(text, "/*")) > 0) {
                rest = substr(text, at + 2)
                end = index(rest, "*/")
                if (end == 0) break
                text = substr(text, 1, at - 1) " " substr(rest, end + 2)
            }
            if (text ~ /\.\.\./) print "varargs"
            count = split(text, lines, "\n")
            for (i = 1; i <= count; i++) {
                if (lines[i] ~ /^[ \t]+[A-Za-z_][A-Za-z0-9_ ]*[ \t]*:[ \t]*[0-9]+[ \t]*;/) print "bit-field: " lines[i]
                if (lines[i] ~ /struct [A-Za-z_]* *\{/ && lines[i + 1] !~ /size_t struct_size;/)
                    print "public struct without struct_size: " lines[i]
            }
            gsub(/\n/, " ", text)
            # Handles and structs travel by pointer: a lower-case ntk_ type that is not followed by a star.
            count = split(text, calls, "NTK_API")
            for (i = 2; i <= count; i++) {
                call = calls[i]
                sub(/;.*/, "", call)
                if (call !~ /\(/) continue
                arguments = call
                sub(/^[^(]*\(/, "", arguments)
                items = split(arguments, item, ",")
                for (j = 1; j <= items; j++)
                    if (item[j] ~ /^ *(const )?(struct )?ntk_[a-z_]+ +[a-z]/ && item[j] !~ /ntk_(status|[a-z_]*callback|[a-z_]*function) /)
                        print "by value: " item[j]
            }
        }' "$1"
}

# --- It can fail ---
mkdir -p "$work/planted/ntk"
cat >"$work/planted/ntk/bad.h" <<'END'
#ifndef BAD_H
#define BAD_H
#include <stdint.h>
typedef struct ntk_pair {
    int32_t first : 3;
} ntk_pair;
NTK_API int32_t ntk_bad(ntk_pair pair, const char *format, ...);
#endif
END
echo 'int32_t ntk_needs_stdint(void);' >"$work/planted/ntk/incomplete.h"
printf '#include <stdint.h>\nint32_t ntk_name(int32_t class);\n' >"$work/planted/ntk/keyword.h"
printf '#include <stdint.h>\nint32_t ntk_old();\n' >"$work/planted/ntk/prototype.h"
printf '#include <stdint.h>\nint32_t ntk_fine(void);\n' >"$work/planted/ntk/fine.h"
found=$(structure "$work/planted/ntk/bad.h")
for want in varargs bit-field 'without struct_size' 'by value'; do
    case $found in *"$want"*) ;; *) complain "the test of the test failed: no \"$want\"" ;; esac
done
rejects() { if compile "$1" "$2" "$3" "$work/planted" "$4"; then complain "the test of the test failed: $1 accepts $4"; fi; }
accepts() { compile "$1" "$2" "$3" "$work/planted" "$4" || complain "the test of the test failed: $1 refuses $4"; }
rejects "${CC:-cc}" c c99 incomplete.h
rejects "${CC:-cc}" c c99 prototype.h
accepts "${CC:-cc}" c c99 keyword.h
accepts "${CC:-cc}" c c99 fine.h
if command -v "${CXX:-c++}" >/dev/null 2>&1; then
    rejects "${CXX:-c++}" cpp c++11 keyword.h
    accepts "${CXX:-c++}" cpp c++11 fine.h
fi

# --- The repository ---
cd "$root"
major=$(sed -n 's/^#define NTK_VERSION_MAJOR //p' include/ntk/version.h)
minor=$(sed -n 's/^#define NTK_VERSION_MINOR //p' include/ntk/version.h)
patch=$(sed -n 's/^#define NTK_VERSION_PATCH //p' include/ntk/version.h)
text=$(sed -n 's/^#define NTK_VERSION_STRING "\(.*\)"/\1/p' include/ntk/version.h)
[ "$major.$minor.$patch" = "$(cat VERSION)" ] && [ "$text" = "$(cat VERSION)" ] ||
    complain "version.h says $major.$minor.$patch and $text, VERSION says $(cat VERSION)"

compilers="${CC:-cc} gcc clang"
cxx_compilers="${CXX:-c++} g++ clang++"
tried=
for header in include/ntk/*.h include/ntk/*.hpp; do
    [ -f "$header" ] || continue
    name=${header##*/}
    case $name in *.h)
        found=$(structure "$header")
        [ -z "$found" ] || complain "$header: $found"
        case $name in ntk.h | export.h) ;; *)
            grep -q "#include <ntk/$name>" include/ntk/ntk.h || [ "$name" = export.h ] || complain "ntk.h does not include $name"
            ;;
        esac
        ;;
    esac
    tried=' '
    for compiler in $compilers; do
        case $name in *.hpp) break ;; esac
        command -v "$compiler" >/dev/null 2>&1 || continue
        case $tried in *" $compiler "*) continue ;; esac
        tried="$tried$compiler "
        for standard in c99 c11; do
            compile "$compiler" c "$standard" include "$name" || { complain "$header: $compiler $standard"; cat "$work/log" >&2; }
            compiled=$((compiled + 1))
        done
    done
    for compiler in $cxx_compilers; do
        command -v "$compiler" >/dev/null 2>&1 || continue
        case $tried in *" $compiler "*) continue ;; esac
        tried="$tried$compiler "
        for standard in c++11 c++20; do
            compile "$compiler" cpp "$standard" include "$name" || { complain "$header: $compiler $standard"; cat "$work/log" >&2; }
            compiled=$((compiled + 1))
        done
    done
done
command -v "${CXX:-c++}" >/dev/null 2>&1 || echo 'headers: SKIPPED the C++ part: no C++ compiler'
[ "$compiled" -gt 0 ] || complain 'nothing was compiled'
[ "$failed" = 0 ] || exit 1
echo "headers: ok ($compiled compilations)"
