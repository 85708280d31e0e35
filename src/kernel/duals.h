/* How the dual of each kind of activation is made. */
#ifndef NTKI_DUALS_H
#define NTKI_DUALS_H

#include "src/mlp/activation.h"

typedef enum {
    NTKI_DUAL_NONE,
    NTKI_DUAL_CLOSED, /* a dual_*.h */
    NTKI_DUAL_SERIES, /* Hermite coefficients of each row: hermite.h */
    NTKI_DUAL_CALLER  /* a function of the caller */
} ntki_dual_form;

typedef struct {
    ntki_dual_form form;
    /* Fills at most NTKI_CONSTANTS doubles for the dual; NULL: it needs none. */
    void (*constants)(const ntki_activation *activation, double *constants);
} ntki_dual_row;

/* NULL for a kind without a dual. */
const ntki_dual_row *ntki_dual_find(int32_t kind);

#endif
