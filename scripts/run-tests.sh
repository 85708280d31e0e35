#!/bin/sh
# run-tests.sh PROGRAM...: runs each test program, says which failed, and fails if one did. Settings from the environment:
#   NTK_TEST_WRAPPER   a command put before each program (e.g. valgrind)
#   NTK_TEST_JOBS      how many programs run side by side: 1 unless it is set. What they print is shown in their order
set -eu

[ $# -gt 0 ] || { echo "run-tests: no test programs" >&2; exit 1; }
jobs=${NTK_TEST_JOBS:-1}
start=$(date +%s)
printed=$(mktemp -d)
trap 'rm -rf "$printed"' EXIT

# One program: what it prints to FOLDER/NAME.out (to the terminal, with one job), "STATUS SECONDS" to FOLDER/NAME.end.
# The wrapper is a list of words.
one='
    name=$2/${1##*/}
    began=$(date +%s)
    status=0
    if [ "$3" -eq 1 ]; then $NTK_TEST_WRAPPER "$1" || status=$?
    else $NTK_TEST_WRAPPER "$1" >"$name.out" 2>&1 || status=$?; fi
    [ "$status" -eq 0 ] || echo "FAILED ($status): $1" >&2
    echo "$status $(($(date +%s) - began))" >"$name.end"
'
NTK_TEST_WRAPPER=${NTK_TEST_WRAPPER:-}
export NTK_TEST_WRAPPER
printf '%s\n' "$@" | xargs -P "$jobs" -I {} sh -c "$one" one {} "$printed" "$jobs"

passed=0
failed=
slow=
for program in "$@"; do
    name=$printed/${program##*/}
    [ ! -f "$name.out" ] || cat "$name.out"
    read -r status took <"$name.end"
    if [ "$status" -eq 0 ]; then passed=$((passed + 1)); else failed="$failed $program"; fi
    [ "$took" -lt 10 ] || slow="$slow ${program##*/} ($took s)"
done
seconds=$(($(date +%s) - start))
set -- $failed
echo "test programs: $passed passed, $# failed, $seconds s${slow:+; ten seconds and more:$slow}"
for program in "$@"; do echo "  failed: $program" >&2; done
[ $# -eq 0 ]
