/* Declarations of the provider's functions for either integer width. No header of a provider is included, since each
 * fixes one width at build time; each function is declared under one name for either
 * width, both bound to the same symbol, and the probe says which one may be called. */
#ifndef NTKI_BLAS_PROVIDER_H
#define NTKI_BLAS_PROVIDER_H

#include <stdint.h>

/* Names, for providers that append something, e.g. -DNTK_BLAS_SUFFIX='"64_"' */
#ifndef NTK_BLAS_SUFFIX
#define NTK_BLAS_SUFFIX ""
#endif
#ifndef NTK_LAPACKE_SUFFIX
#define NTK_LAPACKE_SUFFIX NTK_BLAS_SUFFIX
#endif

/* The label of a C symbol: Mach-O puts an underscore before it. */
#define NTKI_STRING_(text) #text
#define NTKI_STRING(text) NTKI_STRING_(text)
#define NTKI_LABEL(name, suffix) __asm__(NTKI_STRING(__USER_LABEL_PREFIX__) name suffix)

/* One symbol of the provider, declared once for each width I of its integers: NAME_lp64 and NAME_ilp64. */
#define NTKI_CBLAS(result, name, ARGUMENTS)                                                   \
    extern result name##_lp64 ARGUMENTS(int32_t) NTKI_LABEL("cblas_" #name, NTK_BLAS_SUFFIX); \
    extern result name##_ilp64 ARGUMENTS(int64_t) NTKI_LABEL("cblas_" #name, NTK_BLAS_SUFFIX)

#define NTKI_LAPACKE(name, ARGUMENTS)                                                                       \
    extern int32_t name##_lp64 ARGUMENTS(int32_t) NTKI_LABEL("LAPACKE_" #name "_work", NTK_LAPACKE_SUFFIX); \
    extern int64_t name##_ilp64 ARGUMENTS(int64_t) NTKI_LABEL("LAPACKE_" #name "_work", NTK_LAPACKE_SUFFIX)

#define NTKI_DDOT(I) (I, const double *, I, const double *, I)
#define NTKI_DGEMM(I) (int, int, int, I, I, I, double, const double *, I, const double *, I, double, double *, I)
#define NTKI_SGEMM(I) (int, int, int, I, I, I, float, const float *, I, const float *, I, float, float *, I)
#define NTKI_DTRSM(I) (int, int, int, int, int, I, I, double, const double *, I, double *, I)
#define NTKI_DTRSV(I) (int, int, int, int, I, const double *, I, double *, I)
#define NTKI_DSYMV(I) (int, int, I, double, const double *, I, const double *, I, double, double *, I)
#define NTKI_DSYMM(I) (int, int, int, I, I, double, const double *, I, const double *, I, double, double *, I)
#define NTKI_DLACPY(I) (int, char, I, I, const double *, I, double *, I)
#define NTKI_DPOTRF(I) (int, char, I, double *, I)
#define NTKI_DPOTRI(I) (int, char, I, double *, I)
#define NTKI_DPOCON(I) (int, char, I, const double *, I, double, double *, double *, I *)
#define NTKI_DSYTRD(I) (int, char, I, double *, I, double *, double *, double *, double *, I)
#define NTKI_DSTEDC(I) (int, char, I, double *, double *, double *, I, double *, I, I *, I)
#define NTKI_DORMTR(I) (int, char, char, char, I, I, const double *, I, const double *, double *, I, double *, I)

NTKI_CBLAS(double, ddot, NTKI_DDOT);
NTKI_CBLAS(void, dgemm, NTKI_DGEMM);
NTKI_CBLAS(void, sgemm, NTKI_SGEMM);
NTKI_CBLAS(void, dtrsm, NTKI_DTRSM);
NTKI_CBLAS(void, dtrsv, NTKI_DTRSV);
NTKI_CBLAS(void, dsymv, NTKI_DSYMV);
NTKI_CBLAS(void, dsymm, NTKI_DSYMM);
NTKI_LAPACKE(dlacpy, NTKI_DLACPY);
NTKI_LAPACKE(dpotrf, NTKI_DPOTRF);
NTKI_LAPACKE(dpotri, NTKI_DPOTRI);
NTKI_LAPACKE(dpocon, NTKI_DPOCON);
NTKI_LAPACKE(dsytrd, NTKI_DSYTRD);
NTKI_LAPACKE(dstedc, NTKI_DSTEDC);
NTKI_LAPACKE(dormtr, NTKI_DORMTR);

/* Narrowing that cannot lose anything: callers have refused sizes that do not fit (ntki_blas_fits). */
#define NTKI_N32(size) ((int32_t)(size))

enum { NTKI_ROW_MAJOR = 101, NTKI_COLUMN_MAJOR = 102, NTKI_UPPER = 121, NTKI_LOWER = 122, NTKI_NON_UNIT = 131 };

#endif
