/* Compiling one source for several instruction sets. A file that is to run in a variant defines NTKI_ISA_NAME and, for
 * x86, includes this header and opens with NTKI_TARGET_AVX2 or NTKI_TARGET_AVX512, closing with NTKI_TARGET_END. Nothing
 * depends on compiler flags, so that the sources can be vendored with any build. */
#ifndef NTKI_ISA_H
#define NTKI_ISA_H

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__)) && !defined(NTKI_NO_X86_PATHS)
#define NTKI_X86_PATHS 1
#else
#define NTKI_X86_PATHS 0
#endif

/* A function of a vectorised loop: a call that is left in it would keep it scalar. */
#if defined(__GNUC__)
#define NTKI_INLINE static inline __attribute__((always_inline))
#else
#define NTKI_INLINE static inline
#endif

/* Opens a file whose loops must be vectorised and whose arithmetic must be done as written: a contraction that one loop
 * gets and another does not would make equal inputs give unequal bits. */
#if defined(__clang__)
#define NTKI_STRICT_ARITHMETIC _Pragma("clang fp contract(off)")
#elif defined(__GNUC__)
#define NTKI_STRICT_ARITHMETIC \
    _Pragma("GCC optimize(\"O3\", \"no-math-errno\", \"no-trapping-math\", \"fp-contract=off\")")
#else
#define NTKI_STRICT_ARITHMETIC
#endif

#if defined(__clang__)
#define NTKI_TARGET_AVX2 _Pragma("clang attribute push(__attribute__((target(\"avx2,fma\"))), apply_to = function)")
#define NTKI_TARGET_AVX512 \
    _Pragma(               \
        "clang attribute push(__attribute__((target(\"avx2,fma,avx512f,avx512dq,avx512vl\"))), apply_to = function)")
#define NTKI_TARGET_END _Pragma("clang attribute pop")
#elif defined(__GNUC__)
#define NTKI_TARGET_AVX2 _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma\")")
#define NTKI_TARGET_AVX512 \
    _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma,avx512f,avx512dq,avx512vl,prefer-vector-width=512\")")
#define NTKI_TARGET_END _Pragma("GCC pop_options")
#endif

#endif
