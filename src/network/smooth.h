/* phi and phi' of smooth activations in loops that the compiler vectorises, for each instruction set. They agree with
 * ntki_activation_values() and _derivatives() to a few eps of max(|phi|, 1) (of max(|phi'|, 1)); in the tails, where
 * these keep relative accuracy, exp(-x^2) here has the relative error x^2 eps. */
#ifndef NTKI_SMOOTH_H
#define NTKI_SMOOTH_H

#include <stdint.h>

#include "lib/cpu/cpu.h"

/* y[i] = phi(x[i]) (or phi'(x[i])) for finite x; y and x do not overlap. */
typedef void (*ntki_smooth_loop)(const double *parameters, int64_t n, const double *x, double *y);

typedef struct {
    int32_t kind;
    ntki_smooth_loop values, derivatives;
} ntki_smooth_row;

/* NULL for a kind without loops. */
const ntki_smooth_row *ntki_smooth_find(ntki_isa isa, int32_t kind);

enum { NTKI_SMOOTH_KINDS = 8 };
extern const ntki_smooth_row ntki_smooth_baseline[NTKI_SMOOTH_KINDS];
extern const ntki_smooth_row ntki_smooth_avx2[NTKI_SMOOTH_KINDS];
extern const ntki_smooth_row ntki_smooth_avx512[NTKI_SMOOTH_KINDS];

#endif
