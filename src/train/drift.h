/* How far the traced empirical NTK has moved at some points. */
#ifndef NTKI_DRIFT_H
#define NTKI_DRIFT_H

#include "src/train/train.h"

typedef struct {
    const ntk_trainer *trainer;
    const char *function;
    int64_t m;
    const double *z;
    int64_t ldz;
    double *start, *now; /* T_0 and T_t, m x m; NULL for the linearised model, whose kernel stays */
    double norm;         /* |T_0| */
} ntki_drift;

/* Makes T_0; `work` began as zeros. To be ended in any case. */
ntk_status ntki_drift_begin(ntki_drift *work, const ntk_trainer *trainer, const char *function, int64_t m,
                            const double *z, int64_t ldz);
ntk_status ntki_drift_now(const ntki_drift *work, double *drift);
void ntki_drift_end(ntki_drift *work);

#endif
