# Locale, signals, progress, threads.

good "C locale" predict --train spread.csv --test spread.csv --bias-std 1.5 --time 0.5 --output c.csv --json
locale=$(locale -a 2>/dev/null | grep -Ei '^(de_DE|fr_FR|it_IT|es_ES|pt_BR|nl_NL|pl_PL)\.?utf-?8$' | head -1)
if [ -z "$locale" ] && localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" >/dev/null 2>&1; then
    export LOCPATH=$work
    locale=de_DE.UTF-8
fi
if [ -n "$locale" ]; then
    [ "$(env LC_ALL=$locale bash -c 'printf %.1f 0,5' 2>/dev/null)" = 0,5 ]
    verdict "$locale has a decimal comma" $?
    LC_ALL=$locale LANG=$locale "$ntk" predict --train spread.csv --test spread.csv --bias-std 1.5 --time 0.5 \
        --output l.csv --json >out 2>err
    [ $? -eq 0 ] && cmp -s c.csv l.csv && grep -q '"bias_std": 1.5' out
    verdict "the same output in $locale" $?
    unset LOCPATH
else
    skip "locale with a decimal comma: none is installed, and none can be made"
fi

# Ctrl-C, with enough work to be interrupted: 6000 points, 50 layers.
awk 'BEGIN { srand(1); for (i = 0; i < 6000; i++) print rand() "," rand() "," rand() }' >big.csv
for signal in INT:130 TERM:143 HUP:129; do
    # Started in the background by a shell without job control, this script ignores SIGINT, and so does ntk, as it must.
    if [ -n "$(trap -p "${signal%:*}")" ]; then
        skip "SIG${signal%:*}: it is ignored where these tests were started"
        continue
    fi
    rm -f never.npy
    # With job control the shell does not make background jobs ignore SIGINT.
    set -m
    "$ntk" kernel --input big.csv --depth 2000 --output never.npy >out 2>err </dev/null &
    job=$!
    set +m
    sleep 1
    kill -"${signal%:*}" $job
    wait $job 2>/dev/null
    code=$?
    [ $code -eq "${signal#*:}" ] && [ "$(complaints | wc -l)" -eq 1 ] && grep -q 'ntk: cancelled' err
    verdict "SIG${signal%:*} (exit $code)" $?
    [ ! -e never.npy ] && ! ls | grep -q 'never.*part'
    verdict "SIG${signal%:*} leaves no output" $?
done

# Ctrl-C while a pipe is waited for.
mkfifo pipe
if [ -z "$(trap -p INT)" ]; then
    set -m
    "$ntk" kernel --input pipe --output never.npy >out 2>err </dev/null &
    job=$!
    set +m
    sleep 0.5
    kill -INT $job
    wait $job 2>/dev/null
    code=$?
    [ $code -eq 130 ] && [ "$(wc -l <err)" -eq 1 ] && [ ! -e never.npy ]
    verdict "SIGINT while reading (exit $code)" $?
else
    skip "SIGINT while reading: it is ignored where these tests were started"
fi

# The bar is for terminals only.
good "no bar into a file" kernel --input big.csv --limit-input 500 --output k.npy
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
    script -qec "'$ntk' kernel --input big.csv --limit-input 500 --output k.npy" /dev/null >bar.txt 2>&1 </dev/null
    grep -q '%' bar.txt
    verdict "a bar on a terminal" $?
    script -qec "'$ntk' kernel --input big.csv --limit-input 500 --output k.npy --quiet" /dev/null >bar.txt 2>&1 \
        </dev/null
    ! grep -q '%' bar.txt
    verdict "no bar with --quiet" $?
else
    skip "progress bar: no script command"
fi

good "one thread" predict --train spread.csv --test spread.csv --bias-std 1 --threads 1 --json
[ "$(field threads)" = 1 ]
verdict "threads are reported" $?
[ "$(field peak_memory_bytes)" -gt 1000000 ]
verdict "peak memory is reported" $?
