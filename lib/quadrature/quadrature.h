/* Integrals of functions that are smooth between given points: panels with a Gauss-Legendre rule of 16 points, which
 * are halved until nothing changes any more. */
#ifndef NTKI_QUADRATURE_H
#define NTKI_QUADRATURE_H

#include "lib/context/context.h"

enum { NTKI_LEGENDRE_POINTS = 16, NTKI_QUADRATURE_PANELS = 1024, NTKI_QUADRATURE_COMPONENTS = 2 };

/* On [-1, 1]. */
typedef struct {
    double point[NTKI_LEGENDRE_POINTS];
    double weight[NTKI_LEGENDRE_POINTS];
    /* differentiate[i][j]: p'(point_i) = sum_j differentiate[i][j] p(point_j) for polynomials p of degree below 16. */
    double differentiate[NTKI_LEGENDRE_POINTS][NTKI_LEGENDRE_POINTS];
} ntki_legendre;

void ntki_legendre_make(ntki_legendre *rule);

/* The points centre + half * point_i. */
typedef struct {
    double centre, half;
} ntki_panel;

/* Several non-negative integrands at once. */
typedef struct {
    int32_t components;
    /* values[(p * components + c) * NTKI_LEGENDRE_POINTS + i] is component c at point i of panel p, for `count`
     * panels. */
    ntk_status (*evaluate)(void *user, const ntki_legendre *rule, int64_t count, const ntki_panel *panel,
                           double *values);
    void *user;
} ntki_integrand;

/* The rule and room for the panels. */
typedef struct ntki_quadrature ntki_quadrature;

/* NTK_ERR_NO_MEMORY. */
ntk_status ntki_quadrature_create(ntk_context *context, const char *function, ntki_quadrature **out);
/* NULL is allowed. */
void ntki_quadrature_destroy(ntk_context *context, ntki_quadrature *quadrature);

/* integral[c] over breaks[0] ... breaks[count - 1] (ascending, at most NTKI_QUADRATURE_PANELS + 1) of component c,
 * each within about `tolerance` of itself. What evaluate() returns other than NTK_SUCCESS; NTK_ERR_CONVERGENCE when
 * the panels do not suffice or an integral is not finite, without a sentence: the caller knows what was integrated. */
ntk_status ntki_integrate(ntki_quadrature *quadrature, const ntki_integrand *integrand, int64_t count,
                          const double *breaks, double tolerance, double *integral);

#endif
