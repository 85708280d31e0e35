/* Duals by series: with the normalised probabilists' Hermite polynomials h_j and a_j(s) = E[phi(s z) h_j(z)],
 *   E[phi(u) phi(v)] = sum_j a_j(s) a_j(s') rho^j,   E[phi'(u) phi'(v)] = sum_j j a_j(s) a_j(s') rho^(j-1) / (s s')
 * for u, v of standard deviations s, s' and correlation rho (Daniely, Frostig and Singer 2016). What is cut off is bounded by Parseval and
 * Cauchy-Schwarz: with t^2 = E[phi^2] - sum_{j < J} a_j^2, no pair loses more than t t'.
 *
 * Powers. Half of the coefficients of most activations are zero. A series has the powers
 *   0, 1, first, first + step, first + 2 step, ...   with (first, step) = (2, 1), (2, 2) or (3, 2).
 *
 * The remainder. Two more coefficients stand for all that was cut off: with p the next power,
 *   value: t t' rho^p,   slope: p t t' rho^(p-1) + d d' rho^(p+step-1)
 * where t and d are such that both series are exact at rho = 1 for equal inputs. So the matrices stay positive semidefinite,
 * the diagonal is exact, and pairs join it continuously; the error of a pair is at most twice what was cut off.
 *
 * A caller's phi with kinks has slow series: kinks.h says how they are taken out. */
#ifndef NTKI_HERMITE_H
#define NTKI_HERMITE_H

#include "src/kernel/kinks.h"
#include "src/mlp/activation.h"

/* Inputs of a standard deviation below this count as having it: the ratios m / s of zero rows stay finite. */
#define NTKI_SMALLEST_STD 1e-150
/* A zero row of which E[phi^2] has a smaller root than this has phi(0) = 0. */
#define NTKI_LEAST_RMS 1e-140

/* Thresholds stand at every 8th number of terms. */
enum { NTKI_SERIES_LADDER = 8 };

typedef struct {
    int64_t n;
    int64_t terms; /* at least 2 */
    int64_t first, step;
    bool finite;       /* a polynomial: nothing is cut off */
    bool slope_wanted; /* else the slope may be worse than the tolerance */
    double tolerance;  /* that it was made for */
    double *std;       /* n */
    double *value;     /* n: E[phi(s z)^2] */
    double *slope;     /* n: E[phi'(s z)^2] */
    /* (terms + 2) x n: coefficient[r n + i] is a_j(s_i) / sqrt(value_i) of the r-th power, and last t and d in the same
     * unit. Behind them, at (terms + 2) n + g for 0 < g and 8 g < terms, the 1 - |rho| from which on the first 8 g terms
     * are enough: what the others could add is below 2^-56. Then zeros: a whole vector may be read at every place. */
    double *coefficient;
    bool kinked;
    ntki_kink_set kinks; /* of the kinked series, which have other coefficients: kinks.h */
    /* terms + 1 each: the largest t / sqrt(value) of a row when the first r terms are kept, and the same of the slope. Of kinked
     * series: of the smooth part, then of the kinks; and the roots of what rounding does. */
    double *tail_value, *tail_slope, *kink_value, *kink_slope;
    double rounding_value, rounding_slope;
} ntki_series;

/* For inputs of the given standard deviations, with as few terms as keep E[phi phi] and, where it is wanted, E[phi' phi']
 * within the tolerance (relative to sqrt(value_i value_j), sqrt(slope_i slope_j)). NTK_ERR_ACCURACY when `most_terms` do not suffice or phi cannot be
 * integrated; NTK_ERR_CALLBACK, NTK_ERR_NOT_FINITE from the caller's phi; NTK_ERR_NO_MEMORY. `layer` is for the sentence. */
ntk_status ntki_series_create(ntk_context *context, const char *function, const ntki_activation *activation,
                              int64_t layer, double tolerance, bool slope_wanted, int64_t most_terms, int64_t n,
                              const double *std, ntki_series **out);

/* Makes the number of terms `terms`, so that the series of two sets of inputs agree; what fails changes nothing. Frees the
 * old coefficients: whoever points to them must be told. */
ntk_status ntki_series_extend(ntk_context *context, const char *function, const ntki_activation *activation,
                              int64_t layer, int64_t terms, ntki_series *series);

/* NULL is allowed. */
void ntki_series_destroy(ntk_context *context, ntki_series *series);

/* What truncation does to the duals of any pair of the two sets (of as many terms), relative to sqrt(value value') and
 * sqrt(slope slope'). */
void ntki_series_bounds(const ntki_series *a, const ntki_series *b, double *value_bound, double *slope_bound);

/* Whether the series of an activation are kinked ones, with a row step of their own. */
bool ntki_series_kinked(const ntki_activation *activation);

/* Fills constants[0] and constants[1] with `first` and `step` of an activation, for the row step. */
void ntki_series_constants(const ntki_activation *activation, double *constants);

#endif
