#!/bin/sh
# Checks the pages against the sources: the table of docs/errors.md is that of status.h, every relative link leads somewhere,
# every public function stands in the map of ntk.h, the README's examples are examples/quickstart.c and .py, its figures of
# other libraries those of docs/peers.md, the command for vendoring names every room, and every [Key99] in pages and sources
# is in references.bib. Before the real run it proves, on planted errors, that it can fail.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/ntk-docs.XXXXXX")
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

# "NAME|number|text" of each status, from the header and from the page.
statuses_of_header() { sed -n 's/^ *X(\(NTK_[A-Z_]*\), *\(-\{0,1\}[0-9]*\), *"\(.*\)").*/\1|\2|\3/p' "$1"; }
statuses_of_page() { sed -n 's/^| *\(NTK_[A-Z_]*\) *| *\(-\{0,1\}[0-9]*\) *| *\(.*[^ ]\) *|$/\1|\2|\3/p' "$1"; }

statuses() {
    statuses_of_header "$1/include/ntk/status.h" >"$work/header"
    statuses_of_page "$1/docs/errors.md" >"$work/page"
    [ -s "$work/header" ] || echo 'status.h: no table found'
    cmp -s "$work/header" "$work/page" || echo 'docs/errors.md: the table differs from that of status.h'
}

pages() { (cd "$1" && find . -name build -prune -o -name .git -prune -o -name '*.md' -print | sed 's|^\./||' | sort); }

# Links to files, outside of code blocks.
links() {
    pages "$1" | while read -r page; do
        awk '/^ *```/ { code = !code } !code' "$1/$page" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//; s/#.*//' |
            grep -v -e '^[a-z]*:' -e '^$' | while read -r target; do
            [ -e "$1/$(dirname "$page")/$target" ] || echo "$page: no $target"
        done
    done
}

# Names in the map, with the short forms ("_destroy") spelled out: each belongs to the noun of the full name before it.
mapped() {
    awk '{ print } /\*\// { exit }' "$1" | grep -o '[a-z]*_[a-z_0-9]*' | awk '
        /^ntk_/ { print; noun = $0; sub(/^ntk_/, "", noun); sub(/_.*/, "", noun); next }
        /^_/ { print "ntk_" noun $0 }'
}
map() {
    mapped "$1/include/ntk/ntk.h" | sort -u >"$work/mapped"
    awk '{ text = text " " $0 }
        END {
            while ((at = index(text, "/*")) > 0) {
                rest = substr(text, at + 2)
                text = substr(text, 1, at - 1) " " substr(rest, index(rest, "*/") + 2)
            }
            count = split(text, part, "NTK_API ")
            for (i = 2; i <= count; i++)
                if (match(part[i], /ntk_[a-z0-9_]+\(/)) print substr(part[i], RSTART, RLENGTH - 1)
        }' "$1"/include/ntk/*.h | sort -u >"$work/declared"
    comm -23 "$work/declared" "$work/mapped" | sed 's/^/include\/ntk\/ntk.h: the map lacks /'
    comm -13 "$work/declared" "$work/mapped" | grep -v -x -e 'ntk_[a-z]*' | sed 's/^/include\/ntk\/ntk.h: the map names the unknown /'
}

# block NAME FILE: the fenced block after <!-- check: NAME -->.
block() {
    awk -v mark="<!-- check: $1 -->" '
        index($0, mark) { wanted = 1; next }
        wanted && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$2"
}
examples() {
    block quickstart-c "$1/README.md" | cmp -s - "$1/examples/quickstart.c" ||
        echo 'README.md: the C example is not examples/quickstart.c'
    block quickstart-python "$1/README.md" | cmp -s - "$1/examples/quickstart.py" ||
        echo 'README.md: the Python example is not examples/quickstart.py'
}

# What the README says of other libraries is what was measured: its table is made of lines of docs/peers.md.
measured() {
    awk '/<!-- check: peers -->/ { wanted = 1; next } wanted && /^$/ { exit } wanted' "$1/README.md" >"$work/quoted"
    [ -s "$work/quoted" ] || echo 'README.md: no table of peers'
    [ -f "$1/docs/peers.md" ] || { echo 'docs/peers.md is missing'; return 0; }
    grep -F -x -v -f "$1/docs/peers.md" "$work/quoted" | sed 's/^/README.md: not in docs\/peers.md: /'
    return 0
}

# The command of docs/building.md compiles every folder of src/ that the library is made of.
vendored() {
    (cd "$root" && ls -d src/*/*.c) | sed 's|/[^/]*$||' | sort -u | grep -v -x src/cli | while read -r room; do
        grep -q -F "$room/*.c" "$1/docs/building.md" || echo "docs/building.md: the command for vendoring lacks $room"
    done
}

# Keys such as Jacot18 or RasmussenWilliams06, in brackets.
references() {
    sed -n 's/^@[a-z]*{\([A-Za-z0-9]*\),.*/\1/p' "$1/docs/references.bib" | sort >"$work/keys"
    {
        pages "$1" | sed "s|^|$1/|"
        find "$1/lib" "$1/src" "$1/include" "$1/tests" -name '*.[ch]' 2>/dev/null
    } | while read -r file; do
        grep -o '\[[A-Z][A-Za-z]*[0-9][0-9][],][^]]*' "$file" | grep -o '[A-Z][A-Za-z]*[0-9][0-9]' | sort -u |
            comm -23 - "$work/keys" | sed "s|^|${file#"$1/"}: references.bib lacks |"
    done
}

complaints() { statuses "$1"; links "$1"; map "$1"; examples "$1"; measured "$1"; vendored "$1"; references "$1"; }

# --- It can fail ---
planted=$work/planted
mkdir -p "$planted"
for item in include docs README.md examples; do cp -R "$root/$item" "$planted/$item"; done
# plant FILE SCRIPT COMPLAINT
plant() {
    cp "$planted/$1" "$work/kept"
    sed "$2" "$work/kept" >"$planted/$1"
    if cmp -s "$planted/$1" "$work/kept"; then echo "docs: nothing planted in $1" >&2; exit 1; fi
    case $(complaints "$planted") in
    *"$3"*) ;;
    *) echo "docs: the test of the test failed: no \"$3\"" >&2; exit 1 ;;
    esac
    cp "$work/kept" "$planted/$1"
}
plant docs/errors.md 's/| out of memory |/| memory is out |/' 'differs from that of status.h'
plant docs/errors.md 's/^| NTK_ERR_ENUM | -8 /| NTK_ERR_ENUM | -9 /' 'differs from that of status.h'
plant docs/abi.md '1s/.*/[no](nowhere.md)/' 'docs/abi.md: no nowhere.md'
plant include/ntk/ntk.h 's/ntk_kernel_apply/ntk_kernel_nothing/' 'the map lacks ntk_kernel_apply'
plant include/ntk/ntk.h 's/ntk_kernel_apply/ntk_kernel_nothing/' 'the map names the unknown ntk_kernel_nothing'
plant examples/quickstart.c '1s/.*/changed/' 'the C example is not'
plant README.md '/<!-- check: peers -->/,/^$/s/| neural-tangents |/| nobody |/' 'not in docs/peers.md'
plant docs/building.md 's|src/train/\*.c||' 'lacks src/train'
plant docs/theory/gaussian-process.md '1s/.*/[Nobody99]/' 'references.bib lacks Nobody99'

# --- The repository ---
found=$(complaints "$root")
if [ -n "$found" ]; then
    printf '%s\n' "$found" >&2
    echo 'docs: FAILED' >&2
    exit 1
fi
echo "docs: ok ($(pages "$root" | wc -l) pages)"
