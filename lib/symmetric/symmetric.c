#include "lib/symmetric/symmetric.h"

#include <math.h>
#include <string.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"

enum { BLOCK = 64 };

/* a[j][i] = a[i][j] for j < i, in blocks, since one of the two is read down a column. */
static void mirror_lower(int64_t n, double *a) {
    for (int64_t i0 = 0; i0 < n; i0 += BLOCK)
        for (int64_t j0 = 0; j0 <= i0; j0 += BLOCK)
            for (int64_t i = i0; i < ntki_smaller(i0 + BLOCK, n); i++)
                for (int64_t j = j0; j < ntki_smaller(j0 + BLOCK, i); j++)
                    a[j * n + i] = a[i * n + j];
}

void ntki_symmetric_copy(int64_t n, const double *k, int64_t ldk, double *copy) {
    for (int64_t i = 0; i < n; i++)
        memcpy(copy + i * n, k + i * ldk, (size_t)(i + 1) * sizeof(double));
    mirror_lower(n, copy);
}

double ntki_symmetric_norm(int64_t n, const double *a) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++)
            sum += fabs(a[i * n + j]);
        largest = fmax(largest, sum);
    }
    return largest;
}

void ntki_symmetric_restore(int64_t n, double *a, const double *diagonal) {
    for (int64_t i0 = 0; i0 < n; i0 += BLOCK)
        for (int64_t j0 = 0; j0 <= i0; j0 += BLOCK)
            for (int64_t i = i0; i < ntki_smaller(i0 + BLOCK, n); i++)
                for (int64_t j = j0; j < ntki_smaller(j0 + BLOCK, i); j++)
                    a[i * n + j] = a[j * n + i];
    for (int64_t i = 0; i < n; i++)
        a[i * n + i] = diagonal[i];
}

static void exchange_diagonal(int64_t n, double *a, double *diagonal) {
    for (int64_t i = 0; i < n; i++) {
        const double entry = a[i * n + i];
        a[i * n + i] = diagonal[i];
        diagonal[i] = entry;
    }
}

void ntki_symmetric_multiply(ntk_context *context, int64_t n, double *a, double *diagonal, int64_t c, const double *b,
                             double *out) {
    exchange_diagonal(n, a, diagonal);
    ntki_dsymm_upper(&context->blas, n, c, a, n, b, c, out, c);
    exchange_diagonal(n, a, diagonal);
}

int64_t ntki_symmetric_factor(ntk_context *context, int64_t n, double *a) {
    return ntki_dpotrf_lower(&context->blas, n, a, n);
}

ntk_status ntki_symmetric_reciprocal_condition(ntk_context *context, const char *function, int64_t n,
                                               const double *factor, double norm, double *reciprocal) {
    double *work = NULL;
    const ntk_status status = ntki_allocate_matrix(context, function, 4, n, &work);
    if (status != NTK_SUCCESS)
        return status;
    *reciprocal = ntki_dpocon_lower(&context->blas, n, factor, n, norm, work, (int64_t *)(void *)(work + 3 * n));
    ntki_release(context, work);
    return NTK_SUCCESS;
}
