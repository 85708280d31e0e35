/* Labels and classes. */
#ifndef NTKI_SVM_CLASSES_H
#define NTKI_SVM_CLASSES_H

#include "lib/context/context.h"

/* The different numbers of y in ascending order, and which of them each y[i] is. NTK_ERR_DOMAIN for one class only. What
 * was allocated is the caller's, also on failure. */
ntk_status ntki_svm_find_classes(ntk_context *context, const char *function, int64_t n, const double *y,
                                 int64_t *classes, double **labels, int64_t **class_of);

#endif
