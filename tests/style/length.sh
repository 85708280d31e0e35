#!/bin/sh
# Lengths and names: functions of at most 80 lines (40 is the aim), files of at most 400, no file that is called after
# nothing (util, misc, common, helper). Exceptions stand in length-allowed.txt, each with its reason. Before the real run the
# test proves, on planted violations, that it can fail. Relies on the layout that clang-format gives.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

# measure ROOT: lines "FILE - LINES" and "FILE FUNCTION LINES".
measure() {
    (
        cd "$1"
        sh "$here/sources.sh" "$1" | while read -r file; do
            awk -v file="$file" '
                # Signatures begin in the first column; the last line that does so before the brace names the function.
                /^[A-Za-z_].*\(/ && !inside { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name); start = FNR }
                (/^[A-Za-z_ ].*\) (const )?\{$/ || /^\{$/) && !inside && start && !/^(if|for|while|switch) / { inside = 1 }
                /^\}/ && inside { print file, name, FNR - start + 1; inside = 0; start = 0 }
                /^[^ ].*;$/ && !inside { start = 0 }
                END { print file, "-", FNR }' "$file"
        done
    )
}

# judge ALLOWED: reads measurements, prints what is wrong.
judge() {
    awk -v allowed="$1" '
        BEGIN {
            while ((getline line <allowed) > 0) {
                if (line ~ /^#/ || line ~ /^[[:space:]]*$/) continue
                split(line, field, "|")
                count = split(field[1], word, " ")
                if (count != 3 || field[2] !~ /[^ ]/) { print allowed ": want \"file function lines | reason\": " line; continue }
                limit[word[1], word[2]] = word[3]
            }
        }
        {
            most = $2 == "-" ? 400 : 80
            key = $1 SUBSEP $2
            if ($3 > most && !(key in limit)) print $1 ": " ($2 == "-" ? "the file" : $2 "()") " has " $3 " lines, more than " most
            if (key in limit) {
                if ($3 <= most) print allowed ": no longer needed: " $1 " " $2
                else if ($3 > limit[key]) print $1 ": " $2 " has " $3 " lines, more than the " limit[key] " allowed"
                seen[key] = 1
            }
            if ($2 == "-") {
                name = $1
                sub(/.*\//, "", name)
                if (name ~ /(^|_)(utils?|misc|common|helpers?)[_.]/) print $1 ": a name that says nothing"
            }
        }
        END { for (key in limit) if (!(key in seen)) { split(key, part, SUBSEP); print allowed ": there is no " part[1] " " part[2] } }'
}

# --- It can fail ---
planted=$(mktemp -d "${TMPDIR:-/tmp}/ntk-length.XXXXXX")
trap 'rm -rf "$planted"' EXIT
mkdir -p "$planted/lib/x" "$planted/src/x"
body() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print "    x++;" }'; }
{ printf 'static int long_one(int a,\n                    int b) {\n'; body 90; echo '}'; } >"$planted/lib/x/function.c"
{ printf 'int\nlong_two(int a)\n{\n'; body 90; echo '}'; } >"$planted/lib/x/other.c"
{ printf 'int fine(void) {\n'; body 70; printf '}\n\nint fine_too(void) {\n'; body 70; echo '}'; } >"$planted/lib/x/fine.c"
body 401 >"$planted/src/x/file.c"
echo 'int x;' >"$planted/src/x/io_utils.c"
: >"$planted/allowed"
found=$(measure "$planted" | judge "$planted/allowed")
for want in 'long_one() has 93' 'long_two() has 93' 'file.c: the file has 401' 'io_utils.c: a name'; do
    case $found in *"$want"*) ;; *)
        printf 'length: the test of the test failed: no "%s" in:\n%s\n' "$want" "$found" >&2
        exit 1
        ;;
    esac
done
[ "$(printf '%s\n' "$found" | wc -l)" = 4 ] || { printf 'length: the test of the test saw too much:\n%s\n' "$found" >&2; exit 1; }
printf 'src/x/file.c - 401 | planted\nlib/x/fine.c - 500 | not needed\n' >"$planted/allowed"
found=$(measure "$planted" | judge "$planted/allowed")
case $found in *'file has 401'*) echo 'length: the allow-list does not work' >&2; exit 1 ;; *'no longer needed: lib/x/fine.c'*) ;; *)
    echo 'length: a needless entry of the allow-list was not seen' >&2
    exit 1
    ;;
esac

# --- The repository ---
measurements=$(measure "$root")
found=$(printf '%s\n' "$measurements" | judge "$here/length-allowed.txt")
if [ -n "$found" ]; then
    printf '%s\n' "$found" >&2
    echo 'length: FAILED' >&2
    exit 1
fi
printf '%s\n' "$measurements" | awk '$2 == "-" { files++ } $2 != "-" { functions++; if ($3 > 40) long++ }
    END { printf "length: ok (%d functions in %d files, %d above the 40 lines aimed at)\n", functions, files, long }'
