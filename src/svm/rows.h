/* Rows of K over all n samples: those of a Gram, or made by a kernel when they are asked for and kept while there is room. */
#ifndef NTKI_SVM_ROWS_H
#define NTKI_SVM_ROWS_H

#include "src/kernel/kernel.h"

typedef struct {
    ntk_context *context;
    const char *function;
    int64_t n;
    const double *gram; /* NULL with a kernel */
    ntk_kernel *kernel;
    ntki_rows *prepared;
    double *diagonal; /* n */
    double largest;   /* of the diagonal */
    /* The cache: the least recently used row gives way. */
    int64_t capacity, used; /* slots */
    double *storage;        /* capacity x n */
    int64_t *slot_of;       /* n: -1 when the row is not kept */
    int64_t *row_of;        /* capacity */
    int64_t *older, *newer; /* capacity + 1: a ring, closed by the slot `capacity` */
    double *gathered;       /* of the machine under way: see smo_rows.c */
    int64_t gathered_size;
    double fraction; /* of the progress, while rows are made */
} ntki_svm_rows;

/* Either gram, or kernel and x (n x d, ld = d). On failure nothing is held. */
ntk_status ntki_svm_rows_open(ntki_svm_rows *rows, ntk_context *context, const char *function, int64_t n,
                              const double *gram, ntk_kernel *kernel, const double *x, int64_t bytes);

/* Returns `status`. */
ntk_status ntki_svm_rows_close(ntki_svm_rows *rows, ntk_status status);

/* Row i, valid until two other rows have been asked for. */
ntk_status ntki_svm_rows_get(ntki_svm_rows *rows, int64_t i, const double **row);

#endif
