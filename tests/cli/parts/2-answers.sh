# Answers that can be worked out by hand. With --depth 0 and one feature the kernel is K(x,z) = x z (weight std 1).

# 1e-12: a handful of operations on numbers of size 1 to 40, each good to 1.1e-16.
tolerance=1e-12

printf '1,2\n' >one.csv
printf '3,5\n' >three.csv
linear="--train one.csv --test three.csv --task regression --depth 0 --json"

good "linear, t = inf" predict $linear --output p.csv
is "f(3) = 3 * 2" "$(tail -1 p.csv)" 6 $tolerance
is "RMSE = |6 - 5|" "$(grep -o '"test": {"accuracy": null, "rmse": [^}]*' out | sed 's/.* //')" 1 $tolerance
grep -q '"time": null, "time_text": "inf"' out
verdict "an infinite time is null in JSON" $?

# f_t(3) = 3 * 2 (1 - exp(-t)) for n = 1 and K = 1
good "linear, several times" predict $linear --time 0,1,inf --output p.csv
is "t = 0" "$(sed -n 2p p.csv | cut -d, -f2)" 0 $tolerance
is "t = 1" "$(sed -n 3p p.csv | cut -d, -f2)" 3.79272335297134606 $tolerance
is "t = inf" "$(sed -n 4p p.csv | cut -d, -f2)" 6 $tolerance
[ "$(head -1 p.csv)" = time,output ] && [ "$(sed -n 4p p.csv | cut -d, -f1)" = inf ]
verdict "CSV of several times has a column of times" $?
good "learning rate 2 at t = 0.5 is rate 1 at t = 1" predict $linear --time 0.5 --learning-rate 2 --output p.csv
is "f" "$(tail -1 p.csv)" 3.79272335297134606 $tolerance
# ridge 1: 3 * 2 / (1 + 1); the learning rate does not move the limit
good "ridge" predict $linear --ridge 1 --learning-rate 7 --output p.csv
is "f(3) = 3" "$(tail -1 p.csv)" 3 $tolerance

# Process with noise 1: mean 3 * 2 / 2, variance 9 - 9 / 2; evidence -4/4 - log(2)/2 - log(2 pi)/2;
# NLL (2^2 / 5.5 + log 5.5 + log 2 pi) / 2; the error 2 is inside 1.645 sqrt(5.5) = 3.86
good "process" predict $linear --gp 1 --kernel ntk --output p.csv
[ "$(head -1 p.csv)" = output,variance ]
verdict "CSV of a process has a column of variances" $?
is "mean" "$(tail -1 p.csv | cut -d, -f1)" 3 $tolerance
is "variance" "$(tail -1 p.csv | cut -d, -f2)" 4.5 $tolerance
is "log evidence" "$(field log_evidence)" -2.26551212348464539 $tolerance
is "NLL" "$(field nll)" 2.13494894296024877 $tolerance
is "coverage" "$(field coverage90)" 1 0
printf '3,50\n' >far.csv
good "process, outside the interval" predict --train one.csv --test far.csv --task regression --depth 0 --json --gp 1
is "coverage" "$(field coverage90)" 0 0

# Singular kernel matrix (rank 1): x = 1, 2 with y = 2, 4 lie on a line, and f(3) = 6. 1e-10: condition of a rank
# decision, sqrt(eps) is the worst that a careless solver would show.
printf '1,2\n2,4\n' >line.csv
good "singular kernel matrix" predict --train line.csv --test three.csv --task regression --depth 0 --output p.csv
is "f(3) = 6" "$(tail -1 p.csv)" 6 1e-10

# Centred targets: y = 2 alone is its own mean, so that f = 0 + 2 everywhere.
good "centred targets" predict --train one.csv --test three.csv --task regression --center-targets --output p.csv
is "f = 2" "$(tail -1 p.csv)" 2 $tolerance

# One hidden layer of ReLU, x = (1,0), z = (0,1): K(x,x) = 1/2, K(x,z) = 1 / (4 pi); NNGP: 1/4 and 1 / (4 pi).
printf '1,0\n0,1\n' >axes.csv
good "ReLU NTK" kernel --input axes.csv --output k.csv
is "K(x,x)" "$(sed -n 1p k.csv | cut -d, -f1)" 0.5 $tolerance
is "K(x,z)" "$(sed -n 1p k.csv | cut -d, -f2)" 0.0795774715459476679 $tolerance
good "ReLU NNGP" kernel --input axes.csv --output k.csv --kernel nngp
is "K(x,x)" "$(sed -n 1p k.csv | cut -d, -f1)" 0.25 $tolerance
is "K(x,z)" "$(sed -n 2p k.csv | cut -d, -f1)" 0.0795774715459476679 $tolerance
good "diagonal" kernel --input axes.csv --diagonal --output k.csv
[ "$(wc -l <k.csv)" -eq 2 ]
verdict "a diagonal is one column" $?
is "K(z,z)" "$(tail -1 k.csv)" 0.5 $tolerance
# Slope 1 makes leaky ReLU the identity: K = x.z/2 * 2 = x.z for the NTK with one hidden layer.
good "leaky ReLU of slope 1" kernel --input axes.csv --output k.csv --activation leaky-relu:1
is "K(x,x)" "$(sed -n 1p k.csv | cut -d, -f1)" 1 $tolerance
is "K(x,z)" "$(sed -n 1p k.csv | cut -d, -f2)" 0 $tolerance
# erf: S1 = 1/2, S2 = (2/pi) asin(2 S1 / (1 + 2 S1)) = (2/pi) asin(1/2) = 1/3
good "erf NNGP" kernel --input axes.csv --output k.csv --activation erf --kernel nngp
is "K(x,x)" "$(sed -n 1p k.csv | cut -d, -f1)" 0.333333333333333333 $tolerance
# Depth 0 with biases: x.z/2 * 4 + 9
good "linear with biases" kernel --input axes.csv --output k.csv --depth 0 --weight-std 2 --bias-std 3
is "K(x,x)" "$(sed -n 1p k.csv | cut -d, -f1)" 11 $tolerance
is "K(x,z)" "$(sed -n 1p k.csv | cut -d, -f2)" 9 $tolerance

# Classification: two clear groups; labels as texts, in order of first appearance.
cat >train.csv <<'END'
width,length,kind
0.1,0.3,short
0.2,0.4,short
0.2,0.9,long
0.1,0.8,long
END
printf 'width,length,kind\n0.2,0.2,short\n0.1,0.9,long\n0.15,0.95,short\n' >test.csv
good "classes that are texts" predict --train train.csv --test test.csv --depth 2 --bias-std 1 --json --output p.csv
grep -q '"classes": \["short", "long"\]' out && grep -q '"offset": 0.5' out
verdict "classes in order of first appearance, offset 1/c" $?
[ "$(cut -d, -f1 p.csv | tr '\n' ' ')" = "class short long long " ]
verdict "predicted classes" $?
is "test accuracy 2/3" "$(grep -o '"test": {"accuracy": [0-9.]*' out | sed 's/.* //')" 0.666666666666666667 1e-15
is "train accuracy" "$(grep -o '"train": {"accuracy": [0-9.]*' out | sed 's/.* //')" 1 0
good "text report" predict --train train.csv --test test.csv --depth 2 --bias-std 1 --timings
grep -q 'classification, 2 classes' out && grep -q 'test accuracy' out && grep -q 'peak memory' out &&
    grep -q 'wall time' out && grep -Eq 'inf +1 ' out
verdict "text report has the task, the table, time and memory" $?
# Ties go to the lowest index: with a test point at 0 and no bias the kernel is 0 and all outputs are equal.
printf '0,0,long\n0,0,short\n' >zero.csv
good "ties" predict --train train.csv --test zero.csv --json --output p.csv
[ "$(sed 1d p.csv | cut -d, -f1 | tr '\n' ' ')" = "short short " ]
verdict "a tie goes to the first class" $?
printf '0.2,0.2\n0.1,0.9\n' >unlabelled.csv
good "test set without labels" predict --train train.csv --test unlabelled.csv --json --output p.csv
grep -q '"test": {"accuracy": null, "rmse": null}' out && [ "$(wc -l <p.csv)" -eq 3 ]
verdict "a test set without labels is predicted, not judged" $?

# Tasks: integers that repeat are classes, others are not; --task and --classes decide.
printf '1,0\n2,0\n3,1\n4,1\n' >repeat.csv
printf '1,0\n2,5\n3,7\n4,1\n' >spread.csv
printf '1,0.5\n2,0.5\n3,1\n4,1\n' >broken.csv
task_is() {
    good "$1" predict --train "$2" --test "$2" --bias-std 1 --json "${@:4}"
    grep -q "\"task\": \"$3\"" out
    verdict "$1: task $3" $?
}
task_is "integers that repeat" repeat.csv classification
task_is "integers that do not repeat" spread.csv regression
task_is "numbers with decimals" broken.csv regression
task_is "asked for regression" repeat.csv regression --task regression
task_is "asked for classification" spread.csv classification --task classification
task_is "asked for ten classes" spread.csv classification --task classification --classes 10
is "ten outputs" "$(field outputs)" 10 0
is "offset 1/10" "$(field offset)" 0.1 0
task_is "another offset" repeat.csv classification --offset -0.25
is "offset" "$(field offset)" -0.25 0
bad "classification of decimals" 3 "row 1: the label 0.5 is not an integer" predict --train broken.csv --test \
    broken.csv --task classification
bad "regression of texts" 3 "texts.*regression needs numbers" predict --train train.csv --test test.csv --task \
    regression
bad "too few classes" 3 "with --classes 3 labels must be 0 to 2, and one is 7" predict --train spread.csv --test \
    spread.csv --task classification --classes 3
printf '1,9\n' >unseen.csv
bad "label that was not trained" 3 "unseen.csv: row 1: the label 9 does not occur" predict --train repeat.csv \
    --test unseen.csv
printf '0.1,0.2,medium\n' >unseen.csv
bad "text that was not trained" 3 "unseen.csv:1:9: the label 'medium' does not occur" predict --train train.csv \
    --test unseen.csv

# Label columns, limits, several outputs, labels in a file of their own.
printf '2,1\n' >first.csv
printf '5,3\n' >first3.csv
good "label in the first column" predict --train first.csv --test first3.csv --label-column first --task regression \
    --depth 0 --output p.csv
is "f(3) = 6" "$(tail -1 p.csv)" 6 $tolerance
printf '9,2,1\n9,2,3\n' >middle.csv
good "label in column 2" kernel --input middle.csv --label-column 2 --depth 0 --output k.csv
is "K = (81 + 3) / 2" "$(head -1 k.csv | cut -d, -f2)" 42 $tolerance
bad "label column that is not there" 3 "no column 7 for the labels: the table has 2" predict --train one.csv --test \
    one.csv --label-column 7
printf '1\n' >x.csv
printf '3\n' >z.csv
printf '2,-4\n' >y.csv
good "two outputs" predict --train x.csv --train-labels y.csv --test z.csv --depth 0 --output p.csv
[ "$(head -1 p.csv)" = output_1,output_2 ]
verdict "two outputs have two columns" $?
is "first output" "$(tail -1 p.csv | cut -d, -f1)" 6 $tolerance
is "second output" "$(tail -1 p.csv | cut -d, -f2)" -12 $tolerance
bad "two columns are no classes" 3 "takes one column of labels, and there are 2" predict --train x.csv --train-labels \
    y.csv --test z.csv --task classification
bad "labels of another length" 3 "2 rows of labels for the 1 rows" predict --train x.csv --train-labels line.csv \
    --test z.csv
# A limit must not hide that two files do not belong together, whatever their formats.
printf '1\n2\n3\n4\n' >four.csv
printf 'kind\nshort\nlong\nshort\nlong\n' >kinds.csv
bad "a limit hides no header of the labels" 3 "5 rows of labels for the 4 rows" predict --train four.csv --train-labels \
    kinds.csv --test four.csv --limit-train 2
printf '0 1:1\n1 1:2\n0 1:3\n' >three.svm
bad "a limit hides no row of LIBSVM" 3 "4 rows of labels for the 3 rows" predict --train three.svm --train-labels \
    four.csv --test three.svm --limit-train 1
good "limit" predict --train spread.csv --test spread.csv --limit-train 3 --limit-test 2 --json --bias-std 1
[ "$(field n)" = 3 ] && [ "$(field m)" = 2 ]
verdict "only the first rows are used" $?
printf "1,2,3,0\n" >wide.csv
bad "different features" 3 "wide.csv: 3 features do not match the 1 features of one.csv" predict --train one.csv \
    --test wide.csv
bad "only a label" 3 "no features beside the label column" predict --train x.csv --test z.csv

# Scaling: K of x/255 is K(x,x)/255^2; standardised columns: (-1, 1), a constant column gives 0 in the test set too.
printf '255\n' >pixel.csv
good "pixels" kernel --input pixel.csv --scale-pixels --depth 0 --output k.csv
is "K = 1" "$(cat k.csv)" 1 $tolerance
good "scale" kernel --input pixel.csv --scale 2 --depth 0 --output k.csv
is "K = 510^2" "$(cat k.csv)" 260100 $tolerance
printf '3,7\n5,7\n' >pair.csv
printf '6,9\n' >point.csv
good "standardise" kernel --input pair.csv --other point.csv --standardize --depth 0 --output k.csv
is "K((3,7),(6,9)) = -1 * 2 / 2" "$(sed -n 1p k.csv)" -1 $tolerance
is "K((5,7),(6,9)) = 1 * 2 / 2" "$(sed -n 2p k.csv)" 1 $tolerance

# The same with NumPy, on data that no closed form covers by hand.
if python3 -c 'import numpy' 2>/dev/null; then
    python3 "$here/reference.py" "$ntk" "$work"/numpy >reference.log 2>&1
    code=$?
    ok=$(grep -c '^ok' reference.log) not_ok=$(grep -c '^FAILED' reference.log)
    grep '^skipped' reference.log
    skipped=$((skipped + $(grep -c '^skipped' reference.log)))
    passed=$((passed + ok)) failed=$((failed + not_ok))
    [ $code -ne 0 ] && grep -v '^ok' reference.log
    # A script that stops early (exit code neither 0 nor that of counted failures) fails by itself.
    [ $code -eq 0 ] || [ "$not_ok" -gt 0 ]
    verdict "comparison with NumPy runs to its end" $?
else
    skip "comparison with NumPy: no python3 with numpy"
fi
