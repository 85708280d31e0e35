/* One row a kind of loss: name, parameter, targets, value and gradient. */
#ifndef NTKI_LOSS_KINDS_H
#define NTKI_LOSS_KINDS_H

#include <stdbool.h>

#include <ntk/loss.h>

/* What y may be. */
typedef enum {
    NTKI_TARGET_REAL,
    NTKI_TARGET_SIGN,       /* -1 or 1 */
    NTKI_TARGET_PROBABILITY /* the rows are distributions over two classes or more */
} ntki_target;

typedef struct {
    const char *name;
    const char *parameter; /* its name; NULL where there is none */
    double parameter_default;
    bool parameter_may_be_zero;
    ntki_target target;
    double curvature; /* the largest second derivative, 1 where there is none */
    /* Of one output: the loss is their sum. NULL for the two kinds below. */
    double (*value)(double parameter, double f, double y);
    double (*slope)(double parameter, double f, double y);
    /* Of a row of c outputs; `gradient` may be f. NULL for the others and for NTK_LOSS_FUNCTION. */
    double (*row_value)(int64_t c, const double *f, const double *y);
    void (*row_gradient)(int64_t c, const double *f, const double *y, double *gradient);
} ntki_loss_row;

/* NULL for an unknown kind. */
const ntki_loss_row *ntki_loss_find(int32_t kind);

#endif
