#!/bin/sh
# Which folder may include which, after ARCHITECTURE.md: lib never includes src, the command uses the public API only, and
# rooms include only what stands in the table. Before the real run the test proves, on planted violations, that it can fail.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..

# room: what it may include beside itself and the public headers. Rooms that are not listed may include nothing.
table='
lib:
src/mlp: lib
src/loss: lib
src/network: lib src/mlp
src/kernel: lib src/mlp src/network
src/train: lib src/mlp src/loss src/network src/kernel
src/features: lib src/mlp src/kernel
src/solve: lib src/kernel
src/flow: lib src/loss src/kernel src/solve
src/bayes: lib src/kernel src/solve src/network
src/svm: lib src/loss src/kernel
src/spectrum: lib src/kernel
src/cli:
include:
examples:
'

# violations ROOT: one line for each include that is not allowed.
violations() {
    (
        cd "$1"
        sh "$here/sources.sh" "$1" | grep -E '^(include|lib|src|examples)/' | while read -r file; do
            sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*\([<"][^>"]*\).*/\1/p' "$file" | sed "s|^|$file |"
        done | awk -v table="$table" '
            function room(path, parts) {
                split(path, parts, "/")
                return parts[1] == "src" ? parts[1] "/" parts[2] : parts[1]
            }
            BEGIN {
                count = split(table, rows, "\n")
                for (i = 1; i <= count; i++) {
                    split(rows[i], sides, ":")
                    words = split(sides[2], targets, " ")
                    for (j = 1; j <= words; j++) allowed[sides[1], targets[j]] = 1
                }
            }
            {
                from = room($1)
                name = substr($2, 2)
                if (substr($2, 1, 1) == "<") {
                    if (name ~ /^(lib|src)\//) print $1 ": <" name ">: internal headers take quotes"
                    next
                }
                if (name ~ /\.\./) { print $1 ": \"" name "\": no way up"; next }
                # A path without a folder is in the folder of the file itself.
                to = name ~ /\// ? room(name) : from
                if (to == "ntk") print $1 ": \"" name "\": public headers take angle brackets"
                else if (to != from && !((from, to) in allowed)) print $1 ": " from " must not include \"" name "\""
            }'
    )
}

# --- It can fail ---
planted=$(mktemp -d "${TMPDIR:-/tmp}/ntk-direction.XXXXXX")
trap 'rm -rf "$planted"' EXIT
mkdir -p "$planted/lib/memory" "$planted/src/mlp" "$planted/src/flow" "$planted/src/bayes" "$planted/src/cli"
echo '#include "src/mlp/mlp.h"' >"$planted/lib/memory/bad.c"
echo '#include "src/bayes/gp.h"' >"$planted/src/flow/bad.c"
echo '#  include "src/flow/flow.h"' >"$planted/src/bayes/bad.h"
echo '#include "lib/memory/memory.h"' >"$planted/src/cli/bad.c"
echo '#include "../kernel/kernel.h"' >"$planted/src/mlp/bad.c"
printf '#include <ntk/ntk.h>\n#include "lib/memory/memory.h"\n#include "src/kernel/kernel.h"\n' >"$planted/src/flow/good.c"
printf '#include <stdio.h>\n#include "src/cli/table.h"\n' >"$planted/src/cli/good.c"
found=$(violations "$planted")
if [ "$(printf '%s\n' "$found" | grep -c bad)" != 5 ] || printf '%s\n' "$found" | grep -q good; then
    printf 'direction: the test of the test failed; it saw:\n%s\n' "$found" >&2
    exit 1
fi

# --- The repository ---
found=$(violations "$(cd "$root" && pwd)")
if [ -n "$found" ]; then
    printf '%s\n' "$found" >&2
    echo 'direction: FAILED' >&2
    exit 1
fi
echo 'direction: ok'
