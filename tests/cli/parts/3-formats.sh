# Every format reads back equal: the same 4 x 3 table in many spellings gives the same kernel, bit for bit.

printf '1,2,3\n4,5.5,6\n-7,8,9\n0.125,11,1e2\n' >plain.csv
good "plain CSV" kernel --input plain.csv --bias-std 0.5 --depth 2 --output reference.npy

# same TITLE FILE OPTIONS: the kernel of FILE is that of plain.csv
same() {
    local title=$1 file=$2
    shift 2
    rm -f k.npy
    good "$title" kernel --input "$file" --bias-std 0.5 --depth 2 --output k.npy "$@"
    cmp -s k.npy reference.npy
    verdict "$title reads equal" $?
}

tr ',' ';' <plain.csv >semicolon.csv && same "semicolons" semicolon.csv
tr ',' '\t' <plain.csv >tab.tsv && same "tabs" tab.tsv
tr ',' ' ' <plain.csv >blank.txt && same "blanks" blank.txt
sed 's/,/   \t /g; s/^/  /; s/$/ /' plain.csv >blanks.txt && same "many blanks" blanks.txt --delimiter blank
sed 's/,/ , /g; s/^/ /' plain.csv >spaced.csv && same "blanks around commas" spaced.csv
sed 's/$/\r/' plain.csv >crlf.csv && same "CRLF" crlf.csv
{ printf '\357\273\277' && cat plain.csv; } >bom.csv && same "byte order mark" bom.csv
printf %s "$(cat plain.csv)" >unfinished.csv && same "no final newline" unfinished.csv
{ echo 'a,b,c' && cat plain.csv; } >header.csv && same "header" header.csv &&
    same "header, told" header.csv --header yes
{ echo '1,2,3' && cat plain.csv; } >number_header.csv && same "header of numbers, told" number_header.csv --header yes
{ printf '\357\273\277"width, cm";"a ""quoted"" name";c\r\n' && sed 's/$/\r/' semicolon.csv; } >quoted.csv
same "quoted header with delimiters inside" quoted.csv
sed 's/[^,]*/"&"/g' plain.csv >quoted_numbers.csv && same "quoted numbers" quoted_numbers.csv
{ echo '# a comment' && echo && sed 's/$/ # of a line/' plain.csv && echo '   # more' && echo; } >comments.csv
same "comments and blank lines" comments.csv
printf '+1,2.0,3.\n0004,0.55E+1,60e-1\n-7.000000000000000000000000,8,9\n.125,11,100.0\n' >spelled.csv &&
    same "spellings" spelled.csv
{ cat plain.csv && echo '5,5,5'; } >longer.csv && same "limit" longer.csv --limit-input 4
{ cat plain.csv && echo 'rubbish'; } >rubbish.csv &&
    same "rows beyond the limit are not read" rubbish.csv --limit-input 4
same "delimiter, told" plain.csv --delimiter comma
cp plain.csv plain.dat && same "no known ending" plain.dat && same "format, told" plain.dat --format csv
awk -F, '{ print $0 ",label" NR }' plain.csv >labelled.csv &&
    same "label column left out" labelled.csv --label-column last
printf '5 1:1 2:2 3:3\n-1 1:4 2:5.5 3:6\n+1 1:-7 2:8 3:9 # comment\n2 1:0.125 2:11 3:1e2\n' >plain.libsvm
same "LIBSVM" plain.libsvm
cp plain.libsvm sparse.txt && same "LIBSVM by its content" sparse.txt

# Doubles in IDX (type 0x0e, big-endian) and in NPY (little-endian). The bytes are those of IEEE 754.
octal_be=$(
    cat <<'END' | tr -d ' \n'
\77\360\0\0\0\0\0\0 \100\0\0\0\0\0\0\0 \100\10\0\0\0\0\0\0
\100\20\0\0\0\0\0\0 \100\26\0\0\0\0\0\0 \100\30\0\0\0\0\0\0
\300\34\0\0\0\0\0\0 \100\40\0\0\0\0\0\0 \100\42\0\0\0\0\0\0
\77\300\0\0\0\0\0\0 \100\46\0\0\0\0\0\0 \100\131\0\0\0\0\0\0
END
)
printf '\0\0\016\2\0\0\0\4\0\0\0\3'"$octal_be" >plain.idx
same "IDX of doubles" plain.idx
printf '\0\0\016\3\0\0\0\4\0\0\0\1\0\0\0\3'"$octal_be" >cube.idx && same "IDX of three dimensions" cube.idx
npy_header() { printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '$1', 'fortran_order': $2, 'shape': $3, }"; }
{ npy_header '>f8' False '(4, 3)' && printf "$octal_be"; } >big.npy && same "NPY, big-endian" big.npy
{ npy_header '>f8' False '(4, 1, 3)' && printf "$octal_be"; } >cube.npy && same "NPY of three dimensions" cube.npy

# Integer types against the same numbers in CSV.
printf '1,255\n128,3\n' >bytes.csv
printf '1,-1\n-128,3\n' >signed.csv
integers() {
    good "$1" kernel --input "$2" --depth 0 --output k.npy
    good "$1: CSV" kernel --input "$3" --depth 0 --output c.npy
    cmp -s k.npy c.npy
    verdict "$1 reads equal" $?
}
printf '\0\0\010\2\0\0\0\2\0\0\0\2\1\377\200\3' >u1.idx && integers "IDX of unsigned bytes" u1.idx bytes.csv
printf '\0\0\011\2\0\0\0\2\0\0\0\2\1\377\200\3' >i1.idx && integers "IDX of signed bytes" i1.idx signed.csv
printf '\0\0\013\2\0\0\0\2\0\0\0\2\0\1\377\377\377\200\0\3' >i2.idx &&
    integers "IDX of 2-byte integers" i2.idx signed.csv
printf '\0\0\014\2\0\0\0\2\0\0\0\2\0\0\0\1\377\377\377\377\377\377\377\200\0\0\0\3' >i4.idx
integers "IDX of 4-byte integers" i4.idx signed.csv
printf '\0\0\015\2\0\0\0\2\0\0\0\2\77\200\0\0\277\200\0\0\303\0\0\0\100\100\0\0' >f4.idx
integers "IDX of floats" f4.idx signed.csv
{ npy_header '|u1' False '(2, 2)' && printf '\1\377\200\3'; } >u1.npy && integers "NPY of bytes" u1.npy bytes.csv
{ npy_header '|i1' True '(2, 2)' && printf '\1\200\377\3'; } >i1.npy &&
    integers "NPY in Fortran order" i1.npy signed.csv
good "NPY in Fortran order, limited" kernel --input i1.npy --limit-input 1 --depth 0 --output k.csv
is "K = (1 + 1) / 2" "$(cat k.csv)" 1 1e-15

# Sparse rows: missing entries are 0; both files get the wider one's features.
printf '1 1:1\n2 3:2\n3\n' >narrow.libsvm
printf '1 4:5 \n' >wide.libsvm
printf '1,0,0,0\n0,0,2,0\n0,0,0,0\n' >narrow.csv
printf '0,0,0,5\n' >wide.csv
good "LIBSVM, narrow against wide" kernel --input narrow.libsvm --other wide.libsvm --bias-std 1 --output k.npy
good "the same in CSV" kernel --input narrow.csv --other wide.csv --bias-std 1 --output c.npy
cmp -s k.npy c.npy
verdict "sparse rows are filled with zeros" $?
good "LIBSVM, wide against narrow" kernel --input wide.libsvm --other narrow.libsvm --bias-std 1 --output k.npy
good "the same in CSV" kernel --input wide.csv --other narrow.csv --bias-std 1 --output c.npy
cmp -s k.npy c.npy
verdict "also the other way round" $?

# gzip, told by the first bytes.
if "$ntk" info --json | grep -q '"zlib": true' && command -v gzip >/dev/null; then
    for file in plain.csv plain.libsvm plain.idx big.npy quoted.csv; do
        gzip -c "$file" >"$file.gz" && same "gzip $file" "$file.gz"
        cp "$file.gz" "zipped.${file#*.}" && same "gzip $file without .gz" "zipped.${file#*.}"
    done
    { head -2 plain.csv | gzip -c && tail -2 plain.csv | gzip -c; } >members.csv.gz &&
        same "two gzip members" members.csv.gz
    head -c 40 plain.csv.gz >short.csv.gz
    bad "truncated gzip" 3 "short.csv.gz: offset 40: .*truncated" kernel --input short.csv.gz --output k.npy
    { head -c 30 plain.csv.gz && printf 'garbagegarbage' && tail -c +45 plain.csv.gz; } >damaged.csv.gz
    bad "damaged gzip" 3 "damaged.csv.gz: offset [0-9]+: the compressed data are damaged" kernel \
        --input damaged.csv.gz \
        --output k.npy
    printf 'trailing' | cat plain.csv.gz - >trailing.csv.gz
    bad "rubbish after gzip" 3 "trailing.csv.gz: offset [0-9]+: the compressed data are damaged" kernel \
        --input trailing.csv.gz --output k.npy
else
    skip "gzip: no gzip, or ntk is built without zlib"
    printf '\037\213\010' >some.csv.gz
    bad "gzip without zlib" 3 "built without zlib" kernel --input some.csv.gz --output k.npy
fi

# Kernel matrices round trip: written as NPY and as CSV they are the same table.
good "write NPY" kernel --input plain.csv --depth 3 --weight-std 1.3 --output a.npy
good "write CSV" kernel --input plain.csv --depth 3 --weight-std 1.3 --output a.csv
good "read NPY" kernel --input a.npy --depth 1 --output b.npy
good "read CSV" kernel --input a.csv --depth 1 --output c.npy
cmp -s b.npy c.npy
verdict "NPY and CSV output are the same numbers" $?
good "cross of a table with itself" kernel --input plain.csv --other plain.csv --depth 3 --weight-std 1.3 --output c.csv
[ "$(wc -l <c.csv)" -eq 4 ] && [ "$(head -1 c.csv | cut -d, -f1)" = "$(head -1 a.csv | cut -d, -f1)" ]
verdict "its diagonal is that of the Gram matrix" $?

# Labels of IDX and NPY files, label-only CSV files of texts.
printf '\0\0\010\1\0\0\0\4\3\7\3\7' >labels.idx
good "IDX labels" predict --train plain.idx --train-labels labels.idx --test plain.idx --test-labels labels.idx --json
grep -q '"classes": \[3, 7\]' out && grep -q '"accuracy": 1,' out
verdict "IDX labels are classes" $?
printf 'cat\ndog\ncat\ndog\n' >names.csv
good "a column of texts" predict --train plain.csv --train-labels names.csv --test plain.idx --test-labels names.csv \
    --json --output p.csv
[ "$(cut -d, -f1 p.csv | tr '\n' ' ')" = "class cat dog cat dog " ]
verdict "texts come back" $?
printf 'name\ncat\ndog\ncat\ndog\n' >named.csv
good "a column of texts with a header, told" predict --train plain.idx --train-labels named.csv --test plain.idx \
    --header yes --json
bad "IDX without labels" 2 "plain.idx has no labels in it: --train-labels is needed" predict --train plain.idx \
    --test plain.idx
bad "texts against numbers" 3 "texts and numbers are mixed" predict --train plain.csv --train-labels names.csv \
    --test plain.csv --test-labels labels.idx
printf '1,a\n2,b\n3,"a b, c"\n4,a\n' >odd_names.csv
good "names with commas" predict --train odd_names.csv --test odd_names.csv --bias-std 1 --output p.csv
grep -q '^"a b, c",' p.csv && head -1 p.csv | grep -q '"output_a b, c"'
verdict "names with commas are quoted" $?

# An odd file name in JSON.
cp plain.csv "$(printf 'a"b\\c\377\tname.csv')"
good "odd file name" predict --train "$(printf 'a"b\\c\377\tname.csv')" --test plain.csv --json
if command -v python3 >/dev/null; then
    python3 -c 'import json; assert json.load(open("out"))["train"]["file"] == "a\"b\\c\ufffd\tname.csv"'
    verdict "JSON stays valid" $?
else
    skip "JSON of an odd file name: no python3"
fi
