#ifndef NTKI_RKC_STAGES_H
#define NTKI_RKC_STAGES_H

#include "lib/ode/rkc.h"

/* f at a point that is only tried: where it fails with NTK_ERR_RANGE or NTK_ERR_NOT_FINITE, NTK_ERR_RANGE, with the
 * context's last failure as it was before. */
ntk_status ntki_rkc_try(const ntki_rkc *rkc, const double *y, double *dy);

/* A step of h from rkc->y in so many stages: the new y is in `even` or `odd`, as their number is, and f of it in f. Fails as
 * ntki_rkc_try() does. */
ntk_status ntki_rkc_stages(const ntki_rkc *rkc, int64_t stages, double h, double *even, double *odd, double *f);

/* The spectral radius of f' at rkc->y, with a margin, in rkc->at.radius; its direction in rkc->direction. Fails as f
 * does where the nearest points that can be told from y are out of range. Uses the spare vector and those of the end
 * before. */
ntk_status ntki_rkc_radius(ntki_rkc *rkc, const char *function);

#endif
