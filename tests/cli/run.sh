#!/usr/bin/env bash
# Tests of the `ntk` command: right answers on tiny data, every input format, outputs, errors, malformed files.
# Usage: tests/cli/run.sh PATH/TO/ntk     Ends with a line 'N passed, N failed'; returns non-zero if any failed.
# Numbers written here were computed by hand (the formula stands beside them); reference.py computes others with NumPy
# and is left out, visibly, where Python or NumPy is missing.
set -u
ntk=$(realpath "${1:?usage: run.sh PATH/TO/ntk}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export LC_ALL=C

passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
    [ -s out ] && sed 's/^/    stdout: /' out | head -20
    [ -s err ] && sed 's/^/    stderr: /' err | head -20
}
skip() {
    skipped=$((skipped + 1))
    echo "skipped: $1"
}
verdict() { if [ "$2" -eq 0 ]; then pass; else fail "$1"; fi; }

# run ARGUMENTS: stdout to out, stderr to err, exit code to $code
run() {
    "$ntk" "$@" >out 2>err </dev/null
    code=$?
}

# Lines on stderr that are no errors. Their text is tested in 6-notices.sh.
notices='^ntk: (hint: with --bias-std 0 |warning: |read [0-9]+ x [0-9]+ from |the test table has no label column: )'

# complaints: what is on stderr beside notices
complaints() { grep -Ev "$notices" err; }

# good TITLE ARGUMENTS: exits with 0 and says nothing on stderr but notices
good() {
    local title=$1
    shift
    run "$@"
    [ $code -eq 0 ] && [ -z "$(complaints)" ]
    verdict "$title (exit $code)" $?
}

# bad TITLE CODE PATTERN ARGUMENTS: exits with CODE, prints nothing on stdout and, beside notices, one line on stderr,
# which begins with "ntk" and matches the extended regular expression PATTERN
bad() {
    local title=$1 expected=$2 pattern=$3
    shift 3
    run "$@"
    [ $code -eq "$expected" ] && [ ! -s out ] && [ "$(complaints | wc -l)" -eq 1 ] && complaints | grep -q '^ntk' &&
        complaints | grep -Eq -- "$pattern"
    verdict "$title (exit $code, expected $expected and '$pattern')" $?
}

# near VALUE EXPECTED RELATIVE: |value - expected| <= relative * max(|expected|, 1)
near() {
    awk -v v="$1" -v e="$2" -v r="$3" 'BEGIN {
        if (v !~ /^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$/) exit 1
        s = e < 0 ? -e : e; if (s < 1) s = 1; d = v - e; if (d < 0) d = -d; exit !(d <= r * s) }'
}

# field NAME: the first number of that name in the JSON object in out
field() { grep -o "\"$1\": [^,}]*" out | head -1 | sed 's/.*: //'; }

# is TITLE VALUE EXPECTED RELATIVE
is() {
    near "$2" "$3" "$4"
    verdict "$1: '$2' is not '$3'" $?
}

for part in "$here"/parts/*.sh; do
    . "$part"
done

[ $skipped -gt 0 ] && echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
