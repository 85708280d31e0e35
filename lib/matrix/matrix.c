#include "lib/matrix/matrix.h"

#include <math.h>
#include <string.h>

void ntki_copy_rows(int64_t rows, int64_t columns, const double *from, int64_t ld_from, double *to, int64_t ld_to) {
    for (int64_t i = 0; i < rows; i++)
        memcpy(to + i * ld_to, from + i * ld_from, (size_t)columns * sizeof(double));
}

ntk_status ntki_deliver(ntk_context *context, const char *function, const char *name, int64_t rows, int64_t columns,
                        const double *result, double *out, int64_t ldo) {
    for (int64_t i = 0; i < rows * columns; i++)
        if (!isfinite(result[i]))
            return ntki_fail(context, NTK_ERR_RANGE, function, "%s[%lld][%lld] exceeds the double range", name,
                             (long long)(i / columns), (long long)(i % columns));
    ntki_copy_rows(rows, columns, result, columns, out, ldo);
    return NTK_SUCCESS;
}
