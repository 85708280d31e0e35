#!/bin/sh
# run-tests.sh PROGRAM...: runs each test program, says which failed, and fails if one did. NTK_TEST_WRAPPER, if set, is a
# command put before each program (e.g. valgrind).
set -eu

[ $# -gt 0 ] || { echo "run-tests: no test programs" >&2; exit 1; }
passed=0
failed=
start=$(date +%s)
slow=
for program in "$@"; do
    began=$(date +%s)
    # The wrapper is a list of words.
    # shellcheck disable=SC2086
    if ${NTK_TEST_WRAPPER:-} "$program"; then
        passed=$((passed + 1))
    else
        echo "FAILED ($?): $program" >&2
        failed="$failed $program"
    fi
    took=$(($(date +%s) - began))
    [ "$took" -lt 10 ] || slow="$slow ${program##*/} ($took s)"
done
seconds=$(($(date +%s) - start))
set -- $failed
echo "test programs: $passed passed, $# failed, $seconds s${slow:+; ten seconds and more:$slow}"
for program in "$@"; do echo "  failed: $program" >&2; done
[ $# -eq 0 ]
