/* The constants of the dual of max(x, 0)^n: see dual_rectified_monomial.h. */
#ifndef NTKI_RECTIFIED_H
#define NTKI_RECTIFIED_H

enum {
    NTKI_RECTIFIED_DEGREE = 16, /* the largest n */
    NTKI_RECTIFIED_TERMS = NTKI_RECTIFIED_DEGREE / 2 + 1,
    NTKI_RECTIFIED_HALF = 10, /* K_n has twice as many terms: those of even powers, then those of odd ones */
    /* where in the array: */
    NTKI_RECTIFIED_TAIL = 0,                                              /* K_n */
    NTKI_RECTIFIED_SLOPE_TAIL = 2 * NTKI_RECTIFIED_HALF,                  /* n^2 K_{n-1} */
    NTKI_RECTIFIED_E = 4 * NTKI_RECTIFIED_HALF,                           /* E_n / 2 */
    NTKI_RECTIFIED_D = NTKI_RECTIFIED_E + NTKI_RECTIFIED_TERMS,           /* D_n / 2 */
    NTKI_RECTIFIED_SLOPE_E = NTKI_RECTIFIED_D + NTKI_RECTIFIED_TERMS - 1, /* n^2 E_{n-1} / 2 */
    NTKI_RECTIFIED_BITS = NTKI_RECTIFIED_SLOPE_E + NTKI_RECTIFIED_TERMS,  /* of max(n - 1, 0), lowest first */
    NTKI_RECTIFIED_POSITIVE = NTKI_RECTIFIED_BITS + 4,                    /* n > 0 */
    NTKI_RECTIFIED_ODD = NTKI_RECTIFIED_POSITIVE + 1,                     /* n is odd */
    NTKI_RECTIFIED_MEAN = NTKI_RECTIFIED_ODD + 1,                         /* M_n(1) / 2 */
    NTKI_RECTIFIED_CONSTANTS = NTKI_RECTIFIED_MEAN + 1
};

/* Fills NTKI_RECTIFIED_CONSTANTS doubles for 0 <= n <= NTKI_RECTIFIED_DEGREE. */
void ntki_rectified_constants(int n, double *constants);

#endif
