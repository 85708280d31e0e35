#!/bin/sh
# Runs the examples of README.md as they stand there. An HTML comment <!-- check: quickstart-c --> (or quickstart-python)
# stands before the fenced block.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
case ${BUILD:-build} in
/*) build=$BUILD ;;
*) build=$root/${BUILD:-build} ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/ntk-readme.XXXXXX")
trap 'rm -rf "$work"' EXIT

# block NAME FILE: the text of the fenced block that follows the comment.
block() {
    awk -v mark="<!-- check: $1 -->" '
        index($0, mark) { wanted = 1; next }
        wanted && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$2"
}

# --- It can fail ---
printf 'text\n```c\nno\n```\n<!-- check: quickstart-c -->\n```c\nyes\n```\n```c\nno\n```\n' >"$work/planted.md"
[ "$(block quickstart-c "$work/planted.md")" = yes ] || { echo 'readme: the test of the test failed' >&2; exit 1; }
[ -z "$(block quickstart-python "$work/planted.md")" ] || { echo 'readme: the test of the test failed' >&2; exit 1; }

# The examples run where a reader would stand: in the repository, after make.
for folder in include python data examples; do
    [ ! -d "$root/$folder" ] || ln -s "$root/$folder" "$work/$folder"
done
ln -s "$build" "$work/build"
cd "$work"
LD_LIBRARY_PATH=$build${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

missing() {
    echo "readme: FAILED: README.md has no block after <!-- check: $1 -->" >&2
    exit 1
}
[ -f "$root/README.md" ] || { echo 'readme: FAILED: no README.md' >&2; exit 1; }

block quickstart-c "$root/README.md" >quickstart.c
[ -s quickstart.c ] || missing quickstart-c
# shellcheck disable=SC2086
${CC:-cc} -Wall -Wextra -Werror -Iinclude quickstart.c -Lbuild -lntk -lm -o quickstart
./quickstart >quickstart.out || { echo 'readme: FAILED: the C example' >&2; exit 1; }
[ -s quickstart.out ] || { echo 'readme: FAILED: the C example prints nothing' >&2; exit 1; }
echo "readme: C example ok ($(wc -l <quickstart.c) lines)"

block quickstart-python "$root/README.md" >quickstart.py
[ -s quickstart.py ] || missing quickstart-python
for python in python3 /usr/bin/python3; do
    command -v "$python" >/dev/null 2>&1 && "$python" -c 'import numpy' >/dev/null 2>&1 || continue
    "$python" quickstart.py >quickstart.out || { echo 'readme: FAILED: the Python example' >&2; exit 1; }
    [ -s quickstart.out ] || { echo 'readme: FAILED: the Python example prints nothing' >&2; exit 1; }
    echo "readme: Python example ok ($(wc -l <quickstart.py) lines)"
    exit 0
done
echo 'readme: SKIPPED the Python example: no NumPy'
