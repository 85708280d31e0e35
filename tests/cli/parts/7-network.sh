# Activations and options of the network. Inputs x = (1,0), z = (0,1): S1(x,x) = 1/2 and S1(x,z) = 0 with weight std 1.

# entry ROW COLUMN: of k.csv
entry() { sed -n "$1p" k.csv | cut -d, -f"$2"; }
# kernel_is TITLE K(x,x) K(x,z) OPTIONS
kernel_is() {
    local title=$1 own=$2 other=$3
    shift 3
    good "$title" kernel --input axes.csv --output k.csv "$@"
    is "$title: K(x,x)" "$(entry 1 1)" "$own" $tolerance
    is "$title: K(x,z)" "$(entry 1 2)" "$other" $tolerance
}

# Parameters. |x|: E|u||v| = 2/pi sqrt(q q') for independent u, v. A polynomial 3 + 2x: 9 + 4 k.
kernel_is "identity by two slopes" 1 0 --activation two_slope:1,1
kernel_is "absolute value" 0.5 0.318309886183790672 --activation abs --kernel nngp
kernel_is "two slopes -1, 1" 0.5 0.318309886183790672 --activation two-slope:-1,1 --kernel nngp
kernel_is "polynomial" 11 9 --activation polynomial:3,2 --kernel nngp
# 2 sin(x): E = 2 (exp(-(q + q' - 2k) / 2) - exp(-(q + q' + 2k) / 2)): 2 (1 - exp(-1)) and 0
kernel_is "sine" 1.26424111765711536 0 --activation sin:2,1,0 --kernel nngp
# exp(-|u - v|^2): 1 and exp(-1)
kernel_is "RBF" 1 0.367879441171442322 --activation rbf:1 --kernel nngp
# x^3: E[x^6] = 15 q^3; independent: 0
kernel_is "monomial" 1.875 0 --activation monomial:3 --kernel nngp

# Rules. He: S1(x,x) = 1 and S2 = 2 * 1/2; across 2 * 1/(2 pi). LeCun: as without. Critical for erf without biases:
# sw^2 (2 / sqrt(pi))^2 = 1.
kernel_is "He" 1 0.318309886183790672 --init he --kernel nngp
kernel_is "LeCun" 0.25 0.0795774715459476679 --init lecun --kernel nngp
good "critical" kernel --input axes.csv --output k.csv --init critical --activation erf --json
is "critical weight std of erf" "$(field weight_std)" 0.886226925452758014 $tolerance
grep -q '"initialisation": "critical"' out
verdict "the rule is reported" $?
bad "no critical weight std" 1 "no weight_std was found.*step" kernel --input axes.csv --output k.csv --init critical \
    --activation step

# Dropout: only the diagonal is divided by 1 - 0.5.
kernel_is "dropout" 0.5 0.0795774715459476679 --dropout 0.5 --kernel nngp
# Normalisation makes S(x,x) 1/2 / (1/2 + epsilon). NTK for epsilon = 0: T1 = 1, T2 = 1 * 1/2 + 1/2; across T1 = 0 and
# S2 = 1 / (2 pi).
kernel_is "layer normalisation" 1 0.159154943091895336 --layer-norm=0
kernel_is "layer normalisation, epsilon 1/2" 0.25 0.0795774715459476679 --layer-norm=0.5 --kernel nngp
kernel_is "layer normalisation, epsilon 1e-5" 0.499990000199996 0.159151760056519206 --layer-norm --kernel nngp
# A skip over one layer, identity: S2 = 1/2 + 1/2, S3 = 1; T1 = 1/2, T2 = T1 + 1/2 + T1 = 3/2, T3 = 3/2 + 1.
kernel_is "residual blocks" 1 0 --depth 2 --skip 1 --activation identity --kernel nngp
kernel_is "residual blocks, NTK" 2.5 0 --depth 2 --skip 1 --activation identity
# Blocks of 2 with 5 layers: S1 = S2 = 1/2, S3 = 1/2 + S1 = 1, S4 = 1, S5 = S4 + S3 = 2, S6 = 2.
kernel_is "residual blocks of 2" 2 0 --depth 5 --skip 2 --activation identity --kernel nngp
# Standard parameterisation of width 10, identity: T1 = x.x + 1, T2 = T1 + 10 S1 + 1; across 1 and 1 + 0 + 1.
kernel_is "standard parameterisation" 8 2 --parameterisation standard --width 10 --activation identity
kernel_is "standard parameterisation, NNGP" 0.5 0 --parameterisation standard --width 10 --activation identity \
    --kernel nngp
good "the report names the options" kernel --input axes.csv --output k.csv --depth 3 --skip 2 --dropout 0.25 \
    --layer-norm=0.01 --parameterisation standard --width 7
grep -q 'standard parameterisation of width 7, layer normalisation (epsilon 0.01), dropout 0.25, residual blocks of 2$' out
verdict "all of them" $?
good "JSON names the options" kernel --input axes.csv --output k.csv --json
grep -q '"initialisation": null, "parameterisation": "ntk", "width": null, "layer_norm": null, "dropout": 0, "skip": 0}' out
verdict "also those that were not given" $?

# Series and their bound.
for method in "kernel --input spread.csv --output k.csv" "predict --train spread.csv --test spread.csv --time 1,inf" \
    "predict --train spread.csv --test spread.csv --gp 0.1"; do
    for activation in tanh relu; do
        good "error bound of $activation in ${method%% *}" $method --activation $activation --bias-std 1 --json
        bound=$(field error_bound)
        if [ $activation = relu ]; then
            is "no bound for a closed form" "$bound" 0 0
        else # the tolerance, 1e-10, as it comes out of one layer: for this one below 1e-9
            awk -v b="$bound" 'BEGIN { exit !(b > 0 && b < 1e-9) }'
            verdict "bound of tanh: $bound" $?
        fi
    done
done
good "bound in the text" kernel --input spread.csv --output k.csv --activation tanh --bias-std 1 --tolerance 1e-6
grep -Eq '^error bound +[0-9.]+e-[0-9]+ of sqrt' out
verdict "the report has the bound" $?
bound=$(sed -n 's/^error bound *\([^ ]*\) .*/\1/p' out)
awk -v b="$bound" 'BEGIN { exit !(b > 1e-12 && b < 1e-5) }'
verdict "of the size of the tolerance: $bound" $?
bad "budget" 1 "8 terms give .* the tolerance is 1e-12" kernel --input spread.csv --output k.csv --activation tanh \
    --bias-std 1 --tolerance 1e-12 --most-terms 8

# Every layer at once.
if python3 -c 'import numpy' 2>/dev/null; then
    good "every layer" kernel --input spread.csv --output every.npy --depth 2 --bias-std 1 --every-layer --json
    is "three layers" "$(field layers)" 3 0
    good "one layer" kernel --input spread.csv --output one_layer.npy --depth 1 --bias-std 1
    good "all layers" kernel --input spread.csv --output last.npy --depth 2 --bias-std 1
    good "every layer, cross" kernel --input spread.csv --other spread.csv --output cross.npy --depth 2 --bias-std 1 \
        --every-layer --kernel nngp
    good "every layer, diagonal" kernel --input spread.csv --output diagonal.npy --depth 2 --bias-std 1 --every-layer \
        --diagonal
    python3 - <<'END' # the same arithmetic layer by layer: equal to the bit
import numpy as np
every, cross, diagonal = np.load("every.npy"), np.load("cross.npy"), np.load("diagonal.npy")
assert every.shape == cross.shape == (3, 4, 4) and diagonal.shape == (3, 4)
assert np.array_equal(every[1], np.load("one_layer.npy")) and np.array_equal(every[2], np.load("last.npy"))
assert np.array_equal(every[0], cross[0]) and (every[1:] > cross[1:]).all()
assert np.array_equal(np.einsum("lii->li", every), diagonal)
END
    verdict "layers are what networks of less depth give" $?
else
    skip "every layer: no python3 with numpy"
fi

# Every name that 'ntk info' lists can be given, and no other one.
good "info" info --json
names=$(sed 's/.*"activations": \[\([^]]*\)\].*/\1/' out | tr -d '",')
[ "$(echo $names | wc -w)" -ge 32 ] && ! echo " $names " | grep -Eq ' (function|dual) '
verdict "info lists activations that have names" $?
for name in $names; do
    good "activation $name" kernel --input axes.csv --output k.csv --activation $name
done

# What makes no sense.
net="kernel --input axes.csv --output k.csv"
bad "a function by name" 2 "--activation knows .*, not 'function'" $net --activation function
bad "duals by name" 2 "--activation knows .*, not 'dual'" $net --activation dual
bad "no name" 2 "--activation knows .*, not ''" $net --activation :1
bad "an empty parameter" 2 "the parameter '' .* not a finite number" $net --activation sin:1,,2
bad "no parameter behind the colon" 2 "the parameter '' .* not a finite number" $net --activation leaky_relu:
bad "too few parameters" 2 "sin takes 3 parameters" $net --activation sin:1,2
bad "too many for the library" 2 "polynomial takes 1 to 33" $net --activation "polynomial:$(seq -s, 34)"
bad "too many for the command" 2 "at most 64 parameters" $net --activation "polynomial:$(seq -s, 65)"
bad "parameter outside its domain" 2 "b, params\[1\], must not be negative" $net --activation gaussian:1,-1
bad "a degree that is no integer" 2 "whole number" $net --activation monomial:2.5
bad "rule and number" 2 "--init and --weight-std exclude each other" $net --init he --weight-std 2
bad "unknown rule" 2 "--init takes lecun\|he\|critical, not 'xavier'" $net --init xavier
bad "dropout of everything" 2 "--dropout takes a rate below 1, not 1" $net --dropout 1
bad "skip over nothing" 2 "--skip 2 needs a --depth of at least 3" $net --depth 2 --skip 2
bad "standard without widths" 2 "--parameterisation standard needs --width" $net --parameterisation standard
bad "widths that do not matter" 2 "--width is for --parameterisation standard" $net --width 10
bad "negative epsilon" 2 "--layer-norm takes a finite number that is not negative, not '-1'" $net --layer-norm=-1
bad "epsilon apart" 2 "unexpected argument '0.1'" $net --layer-norm 0.1
bad "tolerance beyond doubles" 2 "tolerance is 1e-20" $net --tolerance 1e-20
bad "tolerance 0" 2 "--tolerance takes a finite number greater than 0" $net --tolerance 0
bad "too few terms" 2 "terms" $net --most-terms 3
bad "weight std beyond the library's" 2 "weight_std is 1e\+200" $net --weight-std 1e200
bad "every layer as text" 2 "--every-layer writes .* FILE.npy" $net --every-layer
