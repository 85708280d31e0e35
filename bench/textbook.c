#include "bench/textbook.h"

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lib/cpu/isa.h"

static const double PI = 3.14159265358979323846;

static void trigonometric(int64_t count, double *restrict rho, double *restrict theta) {
    for (int64_t j = 0; j < count; j++) {
        const double angle = acos(rho[j]), rest = PI - angle;
        theta[j] = theta[j] * (rest / PI) + (sin(angle) + rest * cos(angle)) / PI;
        rho[j] = (sin(angle) + rest * cos(angle)) / PI;
    }
}

static void algebraic(int64_t count, double *restrict rho, double *restrict theta) {
    for (int64_t j = 0; j < count; j++) {
        const double rest = PI - acos(rho[j]), next = (sqrt(1 - rho[j] * rho[j]) + rest * rho[j]) / PI;
        theta[j] = theta[j] * (rest / PI) + next;
        rho[j] = next < 1 ? next : 1;
    }
}

#if NTKI_X86_PATHS && defined(__GNUC__) && !defined(__clang__)
#define HAVE_VECTOR_WAYS 1
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")

#include <immintrin.h>

/* The vector forms of one arc cosine, as libmvec and SLEEF export them. */
typedef __m256d (*arc_cosine_4)(__m256d);
typedef __m512d (*arc_cosine_8)(__m512d);
static arc_cosine_4 libmvec_4, sleef_4;
static arc_cosine_8 libmvec_8, sleef_8;

#define DEFINE_LAYER(name, target_name, vector, width, prefix, function)                                    \
    __attribute__((target(target_name))) static void name(int64_t count, double *restrict rho,              \
                                                          double *restrict theta) {                         \
        const vector pi = prefix##_set1_pd(PI), one = prefix##_set1_pd(1), part = prefix##_set1_pd(1 / PI); \
        for (int64_t j = 0; j + (width) <= count; j += (width)) {                                           \
            const vector r = prefix##_loadu_pd(rho + j), rest = prefix##_sub_pd(pi, function(r));           \
            const vector sine = prefix##_sqrt_pd(prefix##_fnmadd_pd(r, r, one));                            \
            const vector next = prefix##_mul_pd(prefix##_fmadd_pd(rest, r, sine), part);                    \
            const vector t = prefix##_loadu_pd(theta + j);                                                  \
            prefix##_storeu_pd(theta + j, prefix##_fmadd_pd(t, prefix##_mul_pd(rest, part), next));         \
            prefix##_storeu_pd(rho + j, prefix##_min_pd(next, one));                                        \
        }                                                                                                   \
    }
DEFINE_LAYER(libmvec_avx2, "avx2,fma", __m256d, 4, _mm256, libmvec_4)
DEFINE_LAYER(sleef_avx2, "avx2,fma", __m256d, 4, _mm256, sleef_4)
DEFINE_LAYER(libmvec_avx512, "avx512f,fma", __m512d, 8, _mm512, libmvec_8)
DEFINE_LAYER(sleef_avx512, "avx512f,fma", __m512d, 8, _mm512, sleef_8)

static void *symbol(const char *library, const char *name) {
    void *const handle = dlopen(library, RTLD_NOW);
    return handle == NULL ? NULL : dlsym(handle, name);
}

static bench_layer find(const char *library, const char *name_8, const char *name_4, arc_cosine_8 *wide,
                        arc_cosine_4 *narrow, bench_layer with_8, bench_layer with_4, ntki_isa isa) {
    const bool has_512 = isa == NTKI_ISA_AVX512;
    void *const found = has_512 ? symbol(library, name_8) : isa == NTKI_ISA_AVX2 ? symbol(library, name_4) : NULL;
    if (has_512)
        memcpy(wide, &found, sizeof(*wide));
    else
        memcpy(narrow, &found, sizeof(*narrow));
    return found == NULL ? NULL : has_512 ? with_8 : with_4;
}
#endif

void bench_find_ways(bench_way ways[BENCH_WAYS], ntki_isa isa) {
    ways[0] = (bench_way){"libm: acos, sin, cos", trigonometric, NULL};
    ways[1] = (bench_way){"libm: acos, sqrt", algebraic, NULL};
    ways[2] = (bench_way){"libmvec: acos, sqrt", NULL, "no libmvec with an arc cosine (glibc 2.35, gcc, x86)"};
    ways[3] = (bench_way){"SLEEF u10: acos, sqrt", NULL, "no libsleef.so.3 (Debian: libsleef3)"};
    (void)isa;
#ifdef HAVE_VECTOR_WAYS
    ways[2].run = find("libmvec.so.1", "_ZGVeN8v_acos", "_ZGVdN4v_acos", &libmvec_8, &libmvec_4, libmvec_avx512,
                       libmvec_avx2, isa);
    ways[3].run = find("libsleef.so.3", "Sleef_acosd8_u10avx512f", "Sleef_acosd4_u10avx2", &sleef_8, &sleef_4,
                       sleef_avx512, sleef_avx2, isa);
#endif
}
