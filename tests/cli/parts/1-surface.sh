# Help, version, info and the command line itself.

good "help" --help
grep -q 'Exit codes' out && grep -q 'predict' out && grep -q 'kernel' out && grep -q 'info' out
verdict "help names commands and exit codes" $?
for command in predict kernel info; do
    good "$command --help" $command --help
    grep -q "Usage: ntk $command" out
    verdict "$command --help shows its usage" $?
done
good "predict --help beside other options" predict --depth 3 --help
for command in predict kernel; do
    run $command --help
    grep -q 'number of HIDDEN layers' out && grep -q 'Example' out
    verdict "$command --help explains depth and has an example" $?
    # An example is a line of ntk with those that its backslash goes on to.
    awk '/^  (\$ )?ntk / { whole = $0; while (whole ~ /\\$/ && (getline more) > 0) whole = whole more; count++
        if (whole !~ /--bias-std/) missing++ } END { exit !(count > 0 && !missing) }' out
    verdict "$command --help: every example has --bias-std" $?
done
good "version" --version
grep -Eq '^ntk [0-9]+\.[0-9]+\.[0-9]+$' out
verdict "version is a number" $?
good "info" info
grep -q 'BLAS' out && grep -q 'threads' out && grep -q 'zlib' out && grep -q 'LIBSVM' out
verdict "info tells what it must" $?
good "info --json" info --json
grep -q '"blas_integer_bits": \(32\|64\),' out
verdict "info --json has the width of BLAS integers" $?

bad "no command" 2 "a command is needed.*ntk --help"
bad "unknown command" 2 "unknown command 'learn'.*--help" learn
bad "unknown option of ntk" 2 "unknown option '--wrong'.*--help" --wrong
bad "unknown option" 2 "ntk predict: unknown option '--dept'; see 'ntk predict --help'" predict --dept 3
bad "unknown option with a value" 2 "unknown option '--dept'" predict --dept=3
bad "stray argument" 2 "unexpected argument 'x.csv'" predict x.csv
bad "missing value" 2 "--depth needs a value" predict --depth
bad "missing value before an option" 2 "--train needs a value" predict --train --test x
bad "flag with a value" 2 "--json takes no value" predict --json=yes
bad "no training set" 2 "--train FILE is needed" predict --test x.csv
bad "no test set" 2 "--test FILE is needed" predict --train x.csv
bad "no input" 2 "--input FILE is needed" kernel --output k.npy
bad "no output" 2 "--output FILE is needed" kernel --input x.csv
bad "negative depth" 2 "--depth takes an integer from 0 up, not '-1'" predict --depth -1
bad "depth that is no integer" 2 "--depth .*'2.5'" predict --depth 2.5
bad "depth beyond int64" 2 "--depth .*'99999999999999999999'" predict --depth 99999999999999999999
bad "too deep" 2 "at most 9999" predict --train x --test x --depth 10000
bad "limit 0" 2 "--limit-train takes an integer from 1 up" predict --limit-train 0
bad "weight std 0" 2 "--weight-std takes a finite number greater than 0" predict --weight-std 0
bad "weight std NaN" 2 "--weight-std" predict --weight-std nan
bad "bias std negative" 2 "--bias-std takes .* not negative" predict --bias-std -0.1
bad "hexadecimal number" 2 "--bias-std" predict --bias-std 0x1p3
bad "decimal comma" 2 "--bias-std" predict --bias-std 0,1
bad "kernel word" 2 "--kernel takes ntk\|nngp, not 'rbf'" predict --kernel rbf
bad "unknown activation" 2 "--activation knows .*relu.*, not 'swosh'" predict --train x --test x --activation swosh
bad "parameter of relu" 2 "relu takes 0 parameters" predict --train x --test x --activation relu:1
bad "bad parameter" 2 "'abc' .* not a finite number" predict --train x --test x --activation leaky_relu:abc
bad "time negative" 2 "--time takes .*'-1'" predict --train x --test x --time 1,-1
bad "time empty" 2 "--time takes" predict --train x --test x --time 1,,2
bad "time NaN" 2 "--time takes" predict --train x --test x --time nan
bad "noise 0" 2 "--gp takes a finite number greater than 0" predict --gp 0
bad "gp with time" 2 "--gp excludes" predict --train x --test x --gp 1 --time 3
bad "gp with ridge" 2 "--gp excludes" predict --train x --test x --gp 1 --ridge 3
bad "two scales" 2 "exclude each other" predict --train x --test x --scale 2 --scale-pixels
bad "labels twice" 2 "exclude each other" predict --train x --train-labels y --test x --label-column 1
bad "label column 0" 2 "--label-column takes" predict --train x --test x --label-column 0
bad "label column empty" 2 "--label-column takes" predict --train x --test x --label-column ""
bad "label column 1.5" 2 "--label-column takes .*'1.5'" predict --train x --test x --label-column 1.5
bad "drop column -1" 2 "--drop-column takes .*'-1'" kernel --input x --output k.npy --drop-column -1
bad "drop column and label column" 2 "exclude each other" kernel --input x --output k.npy --drop-column 1 \
    --label-column 1
bad "standard input twice" 2 "standard input .'-'. can be only one" predict --train - --test -
bad "standard input twice in kernel" 2 "can be only one" kernel --input - --other - --output k.npy
bad "centred classes" 2 "--center-targets is for regression" predict --train x --test x --task classification \
    --center-targets
bad "no --times" 2 "unknown option '--times'" predict --train x --test x --times
bad "output without a known ending" 2 "ends in .csv or .npy" predict --train x --test x --output out.txt
bad "other and diagonal" 2 "exclude each other" kernel --input x --other y --diagonal --output k.npy
bad "limit without other" 2 "--limit-other needs --other" kernel --input x --output k.npy --limit-other 3
