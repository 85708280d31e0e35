#!/bin/sh
# Enumerators are numbers in the callers' programs, which no linker and no abidiff checks: tests/abi/constants.txt pins every
# one (name value). A changed or lost value fails; a new one has to be added. With `update`, new ones are added.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
ledger=tests/abi/constants.txt
work=$(mktemp -d "${TMPDIR:-/tmp}/ntk-constants.XXXXXX")
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

# The names between the braces of every enum, after the preprocessor, and the values that the compiler gives them.
printf '#include <ntk/ntk.h>\n' >"$work/all.c"
${CC:-cc} -Iinclude -E -P "$work/all.c" | tr '\n' ' ' | grep -o 'enum *[a-z_]* *{[^}]*}' | sed 's/.*{//; s/}//' | tr ',' '\n' |
    sed -n 's/^ *\(NTK_[A-Z0-9_]*\).*/\1/p' | grep -v '_END_$' | sort -u >"$work/names"
[ -s "$work/names" ] || { echo 'constants: no enumerator found in the headers' >&2; exit 1; }
{
    printf '#include <stdio.h>\n#include <ntk/ntk.h>\nint main(void) {\n'
    sed 's/.*/    printf("%s %ld\\n", "&", (long)&);/' "$work/names"
    printf '    return 0;\n}\n'
} >"$work/print.c"
${CC:-cc} -Iinclude "$work/print.c" -o "$work/print"
"$work/print" >"$work/now"

if [ "${1:-}" = update ]; then
    grep -v '^#' "$ledger" 2>/dev/null | sort >"$work/old" || :
    { grep '^#' "$ledger" || :; cut -d' ' -f1 "$work/old" >"$work/known"
      grep -v -x -F -f "$work/known" "$work/names" >"$work/new" || :
      { cat "$work/old"; grep -w -F -f "$work/new" "$work/now" || :; } | sort -u; } >"$work/ledger"
    cp "$work/ledger" "$ledger"
fi
grep -v '^#' "$ledger" | sort >"$work/pinned"
if ! cmp -s "$work/pinned" "$work/now"; then
    diff "$work/pinned" "$work/now" | sed -n 's/^</constants: pinned, but not so in the headers: /p; s/^>/constants: in the headers, but not pinned so: /p' >&2
    echo 'constants: FAILED (new ones: sh tests/abi/constants.sh update; others never change)' >&2
    exit 1
fi
echo "constants: ok ($(wc -l <"$work/now") enumerators)"
