#!/bin/sh
# Whether the compiler vectorised the loops over pairs: every row_* function of the AVX2 and AVX-512 objects must use full
# vectors, and not many more scalar square roots (of remainder loops) than vector ones. A call that is not inlined, or a
# branch that is not converted, would make a loop scalar without a word, and several times slower.
# Usage: vectorised.sh FOLDER-WITH-OBJECTS
set -eu
folder=$1
[ "$(uname -m)" = x86_64 ] || { echo 'vectorised: SKIPPED: no x86-64'; exit 0; }
status=0
for object in "$folder"/pair_avx2.o "$folder"/pair_avx512.o "$folder"/pair_avx2_f32.o "$folder"/pair_avx512_f32.o; do
    objdump -d --no-show-raw-insn "$object" | awk -v object="${object##*/}" '
        /^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name); sub(/\..*/, "", name); if (name ~ /^row_/) seen[name] = 1 }
        name ~ /^row_/ && /v(mul|add|sub|fn?m(add|sub)[0-9]*)p[sd] .*%[yz]mm/ { packed[name]++ }
        name ~ /^row_/ && /vsqrtp[sd] .*%[yz]mm/ { packed_roots[name]++ }
        name ~ /^row_/ && /vsqrts[sd] / { scalar_roots[name]++ }
        END {
            bad = 0
            for (name in seen) {
                count++
                if (packed[name] + 0 == 0 || 2 * packed_roots[name] < scalar_roots[name]) {
                    printf "vectorised: %s: %s is scalar (%d vector operations, %d vector and %d scalar roots)\n", object, name,
                        packed[name], packed_roots[name], scalar_roots[name]
                    bad = 1
                }
            }
            if (count + 0 == 0) { print "vectorised: " object ": no row_ functions"; bad = 1 }
            exit bad
        }' || status=1
done
# Inner products: the innermost loops of the functions for most rows at once have nothing but fused multiply-adds of full
# vectors: no scalar ones, and no sums that went to memory meanwhile.
for object in "$folder"/../../lib/product/product_avx2.o "$folder"/../../lib/product/product_avx512.o; do
    objdump -d --no-show-raw-insn "$object" | awk -v object="${object##*/}" '
        /^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name) }
        name ~ /_rows_(6|12)$/ && /vfmadd[0-9]*p[sd] .*%[yz]mm/ { fused[name]++ }
        name ~ /_rows_(6|12)$/ && /vfmadd[0-9]*s[sd] / { bad = 1 }
        END {
            for (name in fused) count++
            least = object ~ /512/ ? 24 : 12
            for (name in fused) if (name ~ (object ~ /512/ ? "_12$" : "_6$") && fused[name] < least) bad = 1
            if (count < 2 || bad) print "vectorised: " object ": inner products are not made by fused full vectors"
            exit count < 2 || bad
        }' || status=1
done
[ "$status" -eq 0 ] && echo 'vectorised: every loop over pairs'
exit "$status"
