/* Gaussian process regression: the handle. */
#ifndef NTKI_GP_H
#define NTKI_GP_H

#include <ntk/bayes.h>

#include "src/solve/training.h"

struct ntk_gp {
    ntki_training training; /* gram holds the factor L in its lower triangle */
    double *alpha;          /* n x c */
    double log_evidence;
};

#endif
