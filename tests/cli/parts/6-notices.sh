# What the command says beside results and errors: hints, what it read, warnings; names of columns; standard input.

# quiet TITLE ARGUMENTS: with --quiet nothing at all is said on stderr
quiet() {
    local title=$1
    shift
    run "$@" --quiet
    [ $code -eq 0 ] && [ ! -s err ]
    verdict "$title (exit $code)" $?
}
# says TITLE PATTERN ARGUMENTS: a good run with a line on stderr that is PATTERN; --quiet silences it
says() {
    local title=$1 pattern=$2
    shift 2
    good "$title" "$@"
    grep -Eqx -- "$pattern" err
    verdict "$title: says '$pattern'" $?
    quiet "$title: --quiet" "$@"
}
# silent TITLE PATTERN ARGUMENTS: a good run without such a line
silent() {
    local title=$1 pattern=$2
    shift 2
    good "$title" "$@"
    ! grep -Eq -- "$pattern" err
    verdict "$title: does not say '$pattern'" $?
}

# Without biases a ReLU network only scales with |x|: in one dimension it is a line through 0 on each side.
hint='ntk: hint: with --bias-std 0 the outputs scale with \|x\|; --bias-std 0.1 lets them depend on it freely'
for activation in identity relu leaky_relu:0.2; do
    says "hint for $activation" "$hint" predict --train spread.csv --test spread.csv --activation $activation
done
says "hint for a linear model" "$hint" predict --train spread.csv --test spread.csv --activation erf --depth 0
silent "no hint for erf" hint predict --train spread.csv --test spread.csv --activation erf
silent "no hint with biases" hint predict --train spread.csv --test spread.csv --bias-std 0.1
silent "no hint in JSON" hint predict --train spread.csv --test spread.csv --json

# Warnings of the library: three points in a linear model with biases, whose kernel matrix has rank 2.
printf '1,0\n1.5,1\n2,3\n' >rank2.csv
says "singular kernel matrix" 'ntk: warning: .*Gram matrix is singular.*' predict --train rank2.csv --test rank2.csv \
    --task regression --bias-std 1 --depth 0
silent "regular kernel matrix" warning predict --train rank2.csv --test rank2.csv --task regression --bias-std 1 \
    --depth 1 --activation erf
bad "errors are not doubled" 1 "ntk" kernel --input large.csv --output k.npy

# A test table without a label column.
says "unlabelled test table" 'ntk: the test table has no label column: predicted, not judged' predict \
    --train train.csv --test unlabelled.csv --bias-std 1
says "unlabelled test table, JSON" 'ntk: the test table has no label column: predicted, not judged' predict \
    --train train.csv --test unlabelled.csv --json
silent "labelled test table" 'no label column' predict --train train.csv --test test.csv --bias-std 1

# The kernel command takes all columns, and says so.
says "all columns" 'ntk: read 4 x 3 from plain.csv' kernel --input plain.csv --output k.npy
says "names of the columns" 'ntk: read 4 x 3 from header.csv: a, b, c' kernel --input header.csv --output k.npy
says "column dropped by number" 'ntk: read 4 x 2 from header.csv: a, c' kernel --input header.csv --output k.npy \
    --drop-column 2
says "column dropped by name" 'ntk: read 4 x 2 from header.csv: b, c' kernel --input header.csv --output k.npy \
    --drop-column a
says "last column dropped" 'ntk: read 4 x 2 from train.csv: width, length' kernel --input train.csv --output k.npy \
    --drop-column last
says "both tables" 'ntk: read 3 x 2 from test.csv: width, length' kernel --input train.csv --other test.csv \
    --drop-column kind --output k.npy
says "the other table lacks the column" 'ntk: read 2 x 2 from unlabelled.csv' kernel --input train.csv \
    --other unlabelled.csv --drop-column last --output k.npy
awk 'BEGIN { for (i = 1; i < 300; i++) printf "feature%d,", i; print "z"
    for (i = 1; i < 300; i++) printf "1,"; print 2 }' \
    >many_names.csv
says "many names are cut" 'ntk: read 1 x 300 from many_names.csv: feature1, .*, \.\.\.' kernel --input many_names.csv \
    --output k.npy
printf '1,2,3\n4,5.5,x\n7,8,\n' >rubbish_last.csv
printf '1,2\n4,5.5\n7,8\n' >without_last.csv
good "a dropped column may hold anything" kernel --input rubbish_last.csv --drop-column last --output k.npy
good "the same table without it" kernel --input without_last.csv --output c.npy
cmp -s k.npy c.npy
verdict "dropping a column is not having it" $?
printf 'a,b\n1,2\n3,4\n' >two.csv
printf '1,2\n3,4\n' >two_bare.csv
printf 'a,a\n1,2\n' >twins.csv
bad "no such name" 3 "two.csv: no column is called 'c'; the columns are a, b" kernel --input two.csv --drop-column c \
    --output k.npy
bad "name without a header" 3 "two_bare.csv: no column is called 'a': there is no header" kernel --input two_bare.csv \
    --drop-column a --output k.npy
bad "name in an NPY file" 3 "cube.npy: no column is called 'a': there is no header" kernel --input cube.npy \
    --drop-column a --output k.npy
bad "name twice" 3 "twins.csv: more than one column is called 'a'" kernel --input twins.csv --drop-column a \
    --output k.npy
bad "column dropped from IDX" 2 "--drop-column is for CSV and NPY tables, and plain.idx is IDX" kernel \
    --input plain.idx --drop-column 1 --output k.npy
bad "only a column to drop" 3 "no features beside" kernel --input x.csv --drop-column 1 --output k.npy

# Labels by name, wherever they stand.
printf 'kind,width,length\nshort,0.2,0.2\nlong,0.1,0.9\n' >kind_first.csv
good "label by name" predict --train train.csv --test kind_first.csv --label-column kind --bias-std 1 --json
is "accuracy" "$(grep -o '"test": {"accuracy": [0-9.]*' out | sed 's/.* //')" 1 0
says "label by name, unlabelled test table" 'ntk: the test table has no label column: predicted, not judged' predict \
    --train kind_first.csv --test unlabelled.csv --label-column kind --bias-std 1
bad "label name that is not there" 3 "train.csv: no column is called 'sort'; the columns are width, length, kind" \
    predict --train train.csv --test test.csv --label-column sort

# Names of features must agree where both tables have them.
printf 'length,width,kind\n0.3,0.1,short\n' >swapped.csv
printf 'width,height,kind\n0.3,0.1,short\n' >other_name.csv
printf 'length,width\n0.3,0.1\n' >swapped_unlabelled.csv
printf 'width,length,sort\n0.3,0.1,short\n' >other_label.csv
bad "features in another order" 3 "swapped.csv: feature 1 is called 'length' where train.csv has 'width'; --ignore" \
    predict --train train.csv --test swapped.csv
bad "another feature" 3 "other_name.csv: feature 2 is called 'height' where train.csv has 'length'" predict \
    --train train.csv --test other_name.csv
bad "another order without labels" 3 "feature 1 is called 'length' where train.csv has 'width'" predict \
    --train train.csv --test swapped_unlabelled.csv
bad "another order in kernel" 3 "feature 1 is called 'length'" kernel --input train.csv --other swapped.csv \
    --drop-column last --output k.npy
good "names ignored" predict --train train.csv --test swapped.csv --ignore-names --bias-std 1
good "names ignored in kernel" kernel --input train.csv --other swapped.csv --drop-column last --output k.npy \
    --ignore-names
good "another name of the label" predict --train train.csv --test other_label.csv --bias-std 1
good "a header in one table only" predict --train train.csv --test zero.csv --bias-std 1

# Tasks that nobody asked for.
good "task chosen" predict --train repeat.csv --test repeat.csv --bias-std 1
grep -q '^task  *classification, 2 classes.*(chosen automatically; --task overrides)$' out
verdict "the report says that the task was chosen automatically" $?
good "task chosen: regression" predict --train spread.csv --test spread.csv --bias-std 1
grep -q '^task  *regression, 1 output (chosen automatically; --task overrides)$' out
verdict "also for regression" $?
good "task asked for" predict --train repeat.csv --test repeat.csv --bias-std 1 --task classification
grep -q '^task  *classification' out && ! grep -q 'automatically' out
verdict "and not when it was asked for" $?
good "task chosen, JSON" predict --train repeat.csv --test repeat.csv --json
grep -q '"task_automatic": true' out
verdict "JSON tells it" $?
good "task asked for, JSON" predict --train repeat.csv --test repeat.csv --json --task regression
grep -q '"task_automatic": false' out
verdict "JSON tells that too" $?
printf '1,9\n' >unseen.csv
regression='or --task regression if these are numbers to be fitted'
bad "a new label" 3 "label 9 does not occur.*$regression" predict --train repeat.csv --test unseen.csv
bad "a label beyond the classes" 3 "must be 0 to 0.*$regression" predict --train repeat.csv --test unseen.csv \
    --classes 1
bad "a label that is no integer" 3 "not an integer.*$regression" predict --train broken.csv --test broken.csv --task \
    classification
bad "centred classes chosen by the labels" 2 "--center-targets is for regression.*--task regression" predict \
    --train repeat.csv --test repeat.csv --center-targets
printf '1;2,5\n2;3,5\n' >comma_labels.csv
bad "labels with decimal commas" 3 "comma_labels.csv:1:3: field 2 is '2,5': decimal commas are not read" predict \
    --train comma_labels.csv --test comma_labels.csv

# Stages have names that are true: a process factors its matrix with making it.
good "timings of a flow" predict --train spread.csv --test spread.csv --bias-std 1 --timings
[ "$(sed -n 's/^  \([a-z_]*\)  *[0-9.]* s$/\1/p' out | tr '\n' ' ')" = "read kernel train predict write " ]
verdict "stages of a flow" $?
good "timings of a process" predict --train spread.csv --test spread.csv --bias-std 1 --timings --gp 1
[ "$(sed -n 's/^  \([a-z_]*\)  *[0-9.]* s$/\1/p' out | tr '\n' ' ')" = \
    "read kernel_and_factorization evidence predict write " ]
verdict "stages of a process" $?
good "timings of a process, JSON" predict --train spread.csv --test spread.csv --gp 1 --json
grep -q '"kernel_and_factorization": [0-9]' out && ! grep -q '"train": [0-9]' out
verdict "stages of a process in JSON" $?

# Standard input.
# piped FILE TITLE ARGUMENTS: a good run that reads FILE from a pipe
piped() {
    local file=$1 title=$2
    shift 2
    cat "$file" | "$ntk" "$@" >out 2>err
    code=$?
    [ $code -eq 0 ] && [ -z "$(complaints)" ]
    verdict "$title (exit $code)" $?
}
good "from a file" kernel --input header.csv --output c.npy
piped header.csv "CSV from standard input" kernel --input - --output k.npy
cmp -s k.npy c.npy && grep -q '^ntk: read 4 x 3 from standard input: a, b, c$' err
verdict "standard input reads equal" $?
piped big.npy "NPY from standard input" kernel --input - --output k.npy
cmp -s k.npy c.npy
verdict "NPY from standard input reads equal" $?
[ -e plain.csv.gz ] && piped plain.csv.gz "gzip from standard input" kernel --input - --output k.npy
for set in train test; do
    other=$([ $set = train ] && echo test || echo train)
    piped $set.csv "--$set from standard input" predict --$set - --$other $other.csv --bias-std 1 --json
    grep -q '"file": "-"' out
    verdict "JSON has the argument (--$set)" $?
done
{ read -r skipped_line && "$ntk" kernel --input - --output k.npy >out 2>err; } <big.csv
[ $? -eq 0 ] && grep -q 'read 5999 x 3 from standard input' err
verdict "standard input that was read in part" $?
printf '1,x\n' | "$ntk" kernel --input - --output k.npy >out 2>err
[ $? -eq 3 ] && grep -q '^ntk: standard input:1:3: field 2 is' err
verdict "errors name standard input" $?
bad "empty standard input" 3 "standard input: the file is empty" kernel --input - --output k.npy
