/* Kinks taken out of series (hermite.h). Where phi' jumps the coefficients fall like j^(-5/4), and the slope's series like
 * j^(-3/2). So
 *   phi(s z) = s w(z) + r(s z),   w(z) = sum_i c_i max(sigma_i z - h_i, 0),   h_i = |t_i| / s,  sigma_i the sign of t_i,
 * with c_i the jump of phi' at t_i (a kink at 0 is c |x| / 2, half on either side): r' is continuous. The duals of w have
 * closed forms (bivariate_kinks.h), and with the coefficients k_j of w and x_j of phi (s k_j and r's together)
 *   E[phi phi] = g g' s s' E[w w'] + sum_{j < J} (x_j x_j' - g g' s s' k_j k_j') rho^j + t t' rho^J.
 * What is cut off is, but for g and t, sum_{j >= J} (x_j x_j' - s s' k_j k_j') rho^j, where each product has a coefficient of
 * r in it: at most the tail of r times that of phi. It vanishes when r is a straight line. g <= 1 and t make the diagonal
 * exact: t^2 - (1 - g^2) tail of w = tail of phi - tail of w (one of t and 1 - g is 0), so that the matrices stay positive
 * semidefinite as sums of products. The same for the slope, with a g and a t of its own. */
#ifndef NTKI_KINKS_H
#define NTKI_KINKS_H

#include <stdint.h>

#include "src/mlp/activation.h"

enum { NTKI_MOST_KINKS = NTKI_ACTIVATION_KINKS + 1 };

typedef struct {
    double size; /* |t| */
    double side; /* 1 or -1 */
    double jump; /* c */
} ntki_kink;

/* Doubles alone, so that it can follow the coefficients of a series. */
typedef struct {
    double count;
    double parity; /* of w: 1 even, -1 odd, 0 neither */
    ntki_kink kink[NTKI_MOST_KINKS];
} ntki_kink_set;

/* The coefficients of a kinked series of J terms: row r of n numbers is
 *   r <= J: x_r / m, with t / m last;   J < r <= 2 J: k_{r - J - 1};   and then these, after which the ntki_kink_set. */
enum {
    NTKI_KINKED_SLOPE_REST, /* the slope's t */
    NTKI_KINKED_SCALE,      /* g s / m */
    NTKI_KINKED_SLOPE_SCALE,
    NTKI_KINKED_TAIL,    /* sum of k_j^2 from j = J on */
    NTKI_KINKED_INVERSE, /* 1 / s */
    NTKI_KINKED_ROWS
};
static inline int64_t ntki_kinked_row(int64_t terms, int64_t which) { return 2 * terms + 1 + which; }

/* Beyond this many standard deviations a kink does not count. */
#define NTKI_FARTHEST_KINK 40.0

#endif
