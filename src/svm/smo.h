/* Decomposition methods: the state, and the two rules that choose and solve working sets.
 *
 *   minimise  D(a) = a' K a / 2 - p' a,   lower_v <= a_v <= upper_v,   and with bias  sum_v a_v = 0
 *
 * Signs are in a: SVC has p = y and a_i between 0 and y_i C_i; SVR has two variables for a sample, p = y - epsilon with
 * 0 <= a <= C and p = y + epsilon with -C <= a <= 0. So all coefficients of the constraint are 1, and g = K a - p is what is
 * missing in units of f. */
#ifndef NTKI_SMO_H
#define NTKI_SMO_H

#include "src/svm/svm.h"

/* Rows that are kept as they were gathered: see smo_rows.c. */
typedef struct {
    int64_t capacity, used, next; /* slots */
    int64_t *slot_of;             /* of the places: -1 when the row is not kept */
    int64_t *place_of;            /* of the slots */
} ntki_gathered;

/* Variables stand in places 0 ... count - 1, those that are not shrunk in front, in both parts in their order. */
typedef struct {
    const ntki_svm_problem *problem;
    int64_t count, active;
    bool direct; /* the active variables are the rows of K, in their order */
    int64_t *variable, *sample;
    double *a, *g, *p, *lower, *upper, *diagonal;
    double *rise, *fall;  /* 0 where a may rise (fall), else infinity */
    double *gain;         /* of each as the second one of a pair */
    double *order, *room; /* work areas */
    ntki_gathered gathered;
    double *f;     /* K a for the samples of the problem */
    double *total; /* a for the samples of the problem */
} ntki_smo;

/* The working set: i, and j or -1. `from_i` is the row of i. */
typedef struct {
    int64_t i, j, last; /* last: with bias, the one that has `most` */
    const double *from_i, *from_j;
    double violation;   /* of all active variables */
    double least, most; /* with bias: the ends of the violation, over those that may grow and those that may fall */
} ntki_working_set;

typedef struct {
    /* i and the violation; i is -1 when there is none. */
    void (*first)(const ntki_smo *smo, ntki_working_set *set);
    void (*second)(const ntki_smo *smo, ntki_working_set *set);
    /* Where the variables of the set go: NTK_ERR_NOT_POSITIVE. */
    ntk_status (*solve)(const ntki_smo *smo, const ntki_working_set *set, double *next_i, double *next_j);
    /* Whether a variable at its bound will hardly move. */
    bool (*rests)(const ntki_smo *smo, const ntki_working_set *set, int64_t place);
    double (*bias)(const ntki_smo *smo, const ntki_working_set *set);
} ntki_smo_rule;

extern const ntki_smo_rule ntki_smo_pairs; /* with bias */
extern const ntki_smo_rule ntki_smo_boxes; /* without */

static inline double ntki_clamp(double value, double lower, double upper) {
    return value < lower ? lower : value > upper ? upper : value;
}

/* What a curvature may be below 0 by rounding: as asymmetric as a Gram may be. */
static inline double ntki_smo_rounding(const ntki_smo *smo) { return 1e-10 * smo->problem->rows->largest; }

/* Room for gathered rows, which the machines of a fit share. */
ntk_status ntki_smo_open_rows(ntki_smo *smo);
void ntki_smo_close_rows(ntki_smo *smo);
/* After each change of the places. */
void ntki_smo_forget_rows(ntki_smo *smo);
/* The row of a place; that of the place `keep` stays valid. */
ntk_status ntki_smo_row(ntki_smo *smo, int64_t at, int64_t keep, const double **row);

ntk_status ntki_smo_indefinite(const ntki_smo *smo, const ntki_working_set *set, double entry);

#endif
