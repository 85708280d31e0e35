/* A training set as every solver keeps it: targets, the Gram matrix, and, when it came from a kernel, kernel and inputs. */
#ifndef NTKI_TRAINING_H
#define NTKI_TRAINING_H

#include "src/kernel/kernel.h"

typedef struct {
    ntk_context *context;
    int64_t n; /* rows of the Gram matrix and of the targets */
    int64_t c;
    double *gram;       /* n x n, both triangles */
    double *y;          /* n x c */
    ntk_kernel *kernel; /* NULL when the Gram was given */
    int64_t points;     /* n = points times the kernel's block */
    double *x;          /* points x d */
} ntki_training;

/* A given Gram and targets are copied. On failure nothing is held. */
ntk_status ntki_training_from_gram(ntki_training *set, ntk_context *context, const char *function, int64_t n, int64_t c,
                                   const double *gram, int64_t ldk, const double *y, int64_t ldy);

/* The Gram is computed in its final place. */
ntk_status ntki_training_from_kernel(ntki_training *set, ntk_kernel *kernel, const char *function, int64_t points,
                                     const double *x, int64_t ldx, int64_t c, const double *y, int64_t ldy);

/* Frees all but the hold on the context. */
void ntki_training_release(ntki_training *set);

/* Rows of a block of the stream. */
enum { NTKI_TRAINING_BLOCK = 192 };

/* m points z have *rows rows in K(Z,X). NTK_ERR_UNSUPPORTED for a set that was made from a Gram. */
ntk_status ntki_training_order(const ntki_training *set, const char *function, int64_t m, int64_t *rows);
ntk_status ntki_training_check_points(const ntki_training *set, const char *function, int64_t m, const double *z,
                                      int64_t ldz);

/* Calls `consume` with blocks of K(Z,X). The points z were checked. */
ntk_status ntki_training_stream(const ntki_training *set, const char *function, int64_t m, const double *z, int64_t ldz,
                                ntki_consume consume, void *user);

/* product = K(Z,X) a, with ld = set->c. The points z were checked. */
ntk_status ntki_training_multiply(const ntki_training *set, const char *function, int64_t m, const double *z,
                                  int64_t ldz, const double *a, double *product);

#endif
