# Files that cannot be read, that are malformed, or that lie about their size; outputs that cannot be written.

# text TITLE CONTENT PATTERN OPTIONS: reading CONTENT (printf escapes) ends with exit code 3 and PATTERN
text() {
    local title=$1 content=$2 pattern=$3
    shift 3
    printf "$content" >bad.csv
    bad "$title" 3 "ntk: bad.csv$pattern" kernel --input bad.csv --output k.npy "$@"
}
text "empty file" '' ': the file is empty'
text "only blank lines" '\n\n  \n' ': the file holds no rows'
text "only comments" '# a\n# b\n' ': the file holds no rows'
text "only a header" 'a,b\n' ': there is only a header line, no rows'
text "only a header, told" 'a,b\n' ': there is only a header line, no rows' --header yes
text "header that is not recognised" 'a,2020\n1,2\n' \
    ':1:1: field 1 is .a., which is not a number; if line 1 is a header, use --header yes'
text "texts below the header" 'a,b\n1,2\nx,3\n' ':3:1: field 1 is .x., which is not a number$'
text "texts below a header that was told" 'a,b\nx,3\n' ':2:1: field 1 is .x., which is not a number$' --header yes
text "ragged, short" '1,2\n3\n' ':2:1: the line has 1 fields where line 1 has 2'
text "ragged, long" '# c\n1,2\n\n3,4,5\n' ':4:5: the line has 3 fields where line 2 has 2'
text "not a number" '1,2\n3,4x\n' ':2:3: field 2 is .4x., which is not a number'
text "column in bytes" '1,2\n  3 , abc\n' ':2:7: field 2 is .abc.'
text "text in the last column" '1,2,a\n1,2,b\n' ':1:5: field 3 is .a.'
text "empty field" '1,,3\n' ':1:3: field 2 is empty'
text "empty last field" '1,2,\n' ':1:5: field 3 is empty'
text "empty last field, tabs" '1\t2\t\n' ':1:5: field 3 is empty'
text "NaN" '1,2\n3,nan\n' ':2:3: field 2 is .nan.; every value must be finite'
text "infinity" '1,2\n-inf,4\n' ':2:1: field 1 is .-inf.'
text "too large" '1,2\n3,1e999\n' ':2:3: field 2 is .1e999.'
text "hexadecimal" '0x10,2\n3,4\n' ':1:1: field 1 is .0x10.'
text "number with a tail" '1e,2\n' ':1:1: field 1 is .1e.'
text "decimal commas" '1,5;2\n3,5;4\n' ':1:1: field 1 is .1,5.: decimal commas are not read'
text "decimal commas below a header" 'a;b\n1,5;-2,5e3\n' ':2:1: field 1 is .1,5.: decimal commas are not read'
text "decimal commas in quotes" '2,"-1,5"\n' ':1:3: field 2 is .-1,5.: decimal commas are not read'
text "open quote" '1,2\n"3,4\n' ':2:1: a quote is opened'
text "text after a quote" '"1"2,3\n' ':1:4: text after the closing quote'
text "zero byte" '1,2\n3,\0004\n' ':2:3: a zero byte'
text "UTF-16" '\377\3761\000' ':1:1: this is UTF-16'
text "binary rubbish" '\201\202\203\204\n\205\206\n' ':1:1: field 1 is .\?\?\?\?.'
text "LIBSVM without a label" '1:2 3:4\n' ':1:1: the label .1:2. is not a finite number' --format libsvm
text "LIBSVM index 0" '1 0:5\n' ':1:3: the index 0 is out of range'
text "LIBSVM order" '1 1:5 3:1\n2 3:5 2:4\n' ':2:7: the index 2 follows 3'
text "LIBSVM value" '1 1:5\n2 1:x\n' ':2:5: the value .x. is not a finite number'
text "LIBSVM no colon" '1 1:5\n2 17\n' ':2:3: .17. is not of the form index:value'
text "LIBSVM NaN" '1 1:5\n2 1:nan\n' ':2:5: the value .nan.'
text "LIBSVM huge index" '1 1:5\n2 4000000000:1\n' ': the largest index, 4000000000, would make'
text "LIBSVM index beyond int64" '1 1:5\n2 99999999999999999999:1\n' ':2:3: .99999999999999999999:1. is not of the form'
text "LIBSVM largest index" '1 9223372036854775807:1\n' ': the largest index, 9223372036854775807, would make'
printf '1,2,cat\n3,4,5\n' >mixed.csv
good "a number among texts is a text" predict --train mixed.csv --test mixed.csv
printf '1,2,5\n3,4,cat\n' >mixed.csv
bad "a text among numbers" 3 "mixed.csv:2:5: the label 'cat' is a text where earlier labels are numbers" predict \
    --train mixed.csv --test mixed.csv
awk 'BEGIN { for (i = 0; i < 5000; i++) print i ",name" i }' >many.csv
bad "too many texts" 3 "many.csv:4097:.*more than 4096 different texts" predict --train many.csv --test many.csv
bad "no file" 3 "ntk: nowhere.csv: cannot open: No such file" kernel --input nowhere.csv --output k.npy
bad "a directory" 3 "ntk: .: is a directory" kernel --input . --output k.npy
bad "not IDX" 3 "offset 0: this is not an IDX file" kernel --input plain.csv --format idx --output k.npy
bad "not NPY" 3 "offset 0: this is not an NPY file" kernel --input plain.csv --format npy --output k.npy
printf '1,2\n1e200,4\n' >large.csv
bad "values whose kernel overflows" 1 "ntk" kernel --input large.csv --output k.npy
bad "values that scaling takes beyond double" 3 "row 2, column 1: the value is infinite" kernel --input large.csv \
    --scale 1e200 --output k.npy
bad "values too large to standardise" 3 "large.csv: column 1: the values are too large" kernel --input large.csv \
    --standardize --output k.npy

# Headers that promise more than there is: a sentence, and no memory for the promise. Where the shell can limit memory
# (a sanitized build does not start under a limit), 2 GB are all that may be reserved.
limit=2000000
if ! bash -c "ulimit -v $limit && '$ntk' info" >/dev/null 2>&1; then
    limit=unlimited
    skip "memory limit for headers that lie: ntk does not start under it"
fi
binary() {
    local title=$1 content=$2 pattern=$3
    printf "$content" >bad.bin
    code=$( (ulimit -v $limit && "$ntk" kernel --input bad.bin --output k.npy >out 2>err </dev/null); echo $?)
    [ "$code" -eq 3 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -Eq "^ntk: bad.bin: $pattern" err
    verdict "$title (exit $code)" $?
}
binary "IDX of 4 GB" '\0\0\010\2\0\1\0\0\0\1\0\0abc' \
    'offset 12: the header claims 4294967296 bytes of data, and the file has 3'
binary "IDX beyond int64" '\0\0\016\3\377\377\377\377\377\377\377\377\377\377\377\377' \
    'offset .*(than any file|than a file can hold)'
binary "IDX that ends in its header" '\0\0\010\3\0\0\0\2\0' 'offset [0-9]+: the file ends inside its header'
binary "IDX of dimension 0" '\0\0\010\2\0\0\0\2\0\0\0\0' 'offset 8: dimension 2 is 0'
binary "IDX with a tail" '\0\0\010\1\0\0\0\2\1\2\3' 'offset 10: the file goes on'
binary "IDX, one byte short" '\0\0\010\1\0\0\0\2\1' 'offset 8: the header claims 2 bytes of data, and the file has 1'
binary "IDX of 255 dimensions" '\0\0\010\377\0\0\0\2' 'offset 8: the file ends inside its header'
npy() { printf '\\223NUMPY\\1\\0\\166\\0%-117s\\n' "$1"; }
binary "NPY of 8 EB" "$(npy "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000), }")" \
    'offset 128: .*claims'
binary "NPY beyond int64" "$(npy "{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000, 10000000000), }")" \
    'offset 128: the NPY header claims'
binary "NPY of 4 GB in Fortran order" "$(npy "{'descr': '<f8', 'fortran_order': True, 'shape': (1000, 500000), }")abc" \
    'offset 128: the header claims 4000000000 bytes of data, and the file has 3'
binary "NPY of no rows" "$(npy "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }")" '.*empty table'
binary "NPY of one number" "$(npy "{'descr': '<f8', 'fortran_order': False, 'shape': (), }")12345678" '.*single number'
binary "NPY of complex numbers" "$(npy "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }")" \
    '.*type that is not read'
binary "NPY of records" "$(npy "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }")" \
    '.*type that is not read'
binary "NPY without shape" "$(npy "{'descr': '<f8', 'fortran_order': False, }")" '.*lacks one of'
binary "NPY with a broken shape" "$(npy "{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 2), }")" \
    '.*shape that cannot'
binary "NPY with an open shape" "$(npy "{'descr': '<f8', 'fortran_order': False, 'shape': (3")" '.*shape that cannot'
binary "NPY with a broken order" "$(npy "{'descr': '<f8', 'fortran_order': 1, 'shape': (3,), }")" \
    '.*neither True nor False'
binary "NPY with a tail" "$(npy "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }")1234" \
    'offset 131: the file goes on'
binary "NPY, short" "$(npy "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }")12" \
    'offset 128: .*claims 3 bytes .* has 2'
binary "NPY with a NaN" "$(npy "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }")\0\0\0\0\0\0\300\177" \
    'row 1, column 2: the value is NaN'
binary "NPY of version 9" '\223NUMPY\11\0\0\0' 'offset 8: .*unknown version'
binary "NPY header of 4 GB" '\223NUMPY\2\0\377\377\377\377' 'offset 12: .*longer than 65536'
binary "NPY that ends in its header" '\223NUMPY\1\0\166\0{' 'offset 11: the file ends inside its header'
if "$ntk" info --json | grep -q '"zlib": true' && command -v gzip >/dev/null; then
    printf '\0\0\010\2\0\1\0\0\0\1\0\0abc' | gzip -c >liar.idx.gz
    code=$( (ulimit -v $limit && "$ntk" kernel --input liar.idx.gz --output k.npy >out 2>err </dev/null); echo $?)
    [ "$code" -eq 3 ] && grep -q 'liar.idx.gz: offset 15: the file ends inside its data' err
    verdict "compressed IDX of 4 GB (exit $code)" $?
else
    skip "compressed file that lies: no gzip or no zlib"
fi

# Every beginning of good files: a sentence or a result, never anything else.
zoo() {
    local file=$1 length size
    size=$(wc -c <"$file")
    for ((length = 0; length < size; length += $2)); do
        head -c "$length" "$file" >prefix.bin
        run kernel --input prefix.bin --output k.npy
        if [ $code -ne 0 ] &&
            ! { [ $code -eq 3 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "^ntk: prefix.bin" err; }; then
            fail "the first $length bytes of $file (exit $code)"
            return
        fi
    done
    pass
}
zoo plain.csv 1
zoo u1.idx 1
zoo u1.npy 5
zoo plain.libsvm 3
[ -e plain.csv.gz ] && zoo plain.csv.gz 4

# Outputs.
printf 'precious\n' >kept.csv
bad "input error keeps an old output" 3 "bad.csv" kernel --input bad.csv --output kept.csv
[ "$(cat kept.csv)" = precious ]
verdict "an old output survives a failure" $?
good "a good run replaces it" kernel --input one.csv --output kept.csv
[ "$(wc -l <kept.csv)" -eq 1 ] && ! grep -q precious kept.csv
verdict "and only then" $?
bad "no such directory" 4 "ntk: nowhere/k.npy: cannot write: No such file" kernel --input one.csv --output nowhere/k.npy
mkdir -p folder.npy
bad "output is a directory" 4 "folder.npy: cannot write: Is a directory" kernel --input one.csv --output folder.npy
bad "predict: no such directory" 4 "cannot write" predict --train one.csv --test one.csv --output nowhere/p.csv
ln -sf kept.csv link.csv
good "through a link" kernel --input one.csv --diagonal --output link.csv
[ -L link.csv ] && [ -f kept.csv ]
verdict "a link stays a link" $?
if [ -c /dev/full ]; then
    ln -sf /dev/full full.csv
    bad "full device" 4 "cannot write: No space left" kernel --input one.csv --output full.csv
    "$ntk" info >/dev/full 2>err
    [ $? -eq 4 ] && grep -q 'cannot write to standard output' err
    verdict "full standard output" $?
else
    skip "full device: there is no /dev/full"
fi
ls | grep -q 'part-'
[ $? -ne 0 ]
verdict "no temporary file is left" $?
