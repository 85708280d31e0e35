#include "lib/arguments/arguments.h"

#include <math.h>
#include <string.h>

#include "lib/matrix/matrix.h"

ntk_status ntki_check_size(ntk_context *context, const char *function, const char *name, int64_t value) {
    if (value >= 1)
        return NTK_SUCCESS;
    return ntki_fail(context, NTK_ERR_SIZE, function, "%s is %lld; it must be at least 1", name, (long long)value);
}

ntk_status ntki_check_pointer(ntk_context *context, const char *function, const char *name, const void *pointer) {
    return pointer != NULL ? NTK_SUCCESS : ntki_fail(context, NTK_ERR_NULL, function, "%s is NULL", name);
}

ntk_status ntki_check_positive(ntk_context *context, const char *function, const char *name, double value) {
    if (isfinite(value) && value > 0)
        return NTK_SUCCESS;
    return ntki_fail(context, NTK_ERR_DOMAIN, function, "%s is %g; it must be positive and finite", name, value);
}

ntk_status ntki_check_std(ntk_context *context, const char *function, const char *name, double value, bool zero) {
    if ((value >= NTKI_LEAST_STD && value <= NTKI_MOST_STD) || (zero && value == 0))
        return NTK_SUCCESS;
    return ntki_fail(context, NTK_ERR_DOMAIN, function, "%s is %g; it must be %sfrom %g to %g", name, value,
                     zero ? "0 or " : "", NTKI_LEAST_STD, NTKI_MOST_STD);
}

ntk_status ntki_check_nonnegative(ntk_context *context, const char *function, const char *name, double value) {
    if (isfinite(value) && value >= 0)
        return NTK_SUCCESS;
    return ntki_fail(context, NTK_ERR_DOMAIN, function, "%s is %g; it must be finite and not negative", name, value);
}

static ntk_status check_extent(ntk_context *context, const char *function, const ntki_matrix *matrix, size_t size) {
    if (matrix->data == NULL)
        return ntki_fail(context, NTK_ERR_NULL, function, "%s is NULL", matrix->name);
    if (matrix->ld < matrix->columns)
        return ntki_fail(context, NTK_ERR_LEADING_DIMENSION, function,
                         "%s is %lld; it must be at least %lld, the row length of %s", matrix->ld_name,
                         (long long)matrix->ld, (long long)matrix->columns, matrix->name);
    const int64_t most = (int64_t)(PTRDIFF_MAX / (ptrdiff_t)size);
    if (matrix->rows > most / matrix->ld)
        return ntki_fail(context, NTK_ERR_OVERFLOW, function, "%s: %lld rows of %lld %s do not fit the address space",
                         matrix->name, (long long)matrix->rows, (long long)matrix->ld,
                         size == sizeof(double) ? "doubles" : "floats");
    return NTK_SUCCESS;
}

ntk_status ntki_check_extent(ntk_context *context, const char *function, const ntki_matrix *matrix) {
    return check_extent(context, function, matrix, sizeof(double));
}

ntk_status ntki_check_extent_f32(ntk_context *context, const char *function, const ntki_matrix *matrix) {
    return check_extent(context, function, matrix, sizeof(float));
}

static ntk_status check_integers(ntk_context *context, const char *function, const ntki_matrix *matrix) {
    if (!ntki_blas_fits(&context->blas, matrix->rows) || !ntki_blas_fits(&context->blas, matrix->ld))
        return ntki_fail(context, NTK_ERR_BLAS, function,
                         "%s: %lld rows with %s %lld exceed the 32-bit integers of the BLAS in use", matrix->name,
                         (long long)matrix->rows, matrix->ld_name, (long long)matrix->ld);
    return NTK_SUCCESS;
}

ntk_status ntki_check_matrix(ntk_context *context, const char *function, const ntki_matrix *matrix) {
    const ntk_status status = ntki_check_extent(context, function, matrix);
    return status != NTK_SUCCESS ? status : check_integers(context, function, matrix);
}

ntk_status ntki_check_matrix_f32(ntk_context *context, const char *function, const ntki_matrix *matrix) {
    const ntk_status status = ntki_check_extent_f32(context, function, matrix);
    return status != NTK_SUCCESS ? status : check_integers(context, function, matrix);
}

/* Two sub-matrices of one buffer (equal ld) may interleave without sharing an element; any other overlap of the address
 * ranges counts. */
static bool overlap(const ntki_matrix *a, const ntki_matrix *b, size_t size) {
    const uintptr_t a0 = (uintptr_t)a->data, b0 = (uintptr_t)b->data;
    const uintptr_t a1 = a0 + size * (uintptr_t)((a->rows - 1) * a->ld + a->columns);
    const uintptr_t b1 = b0 + size * (uintptr_t)((b->rows - 1) * b->ld + b->columns);
    if (a1 <= b0 || b1 <= a0)
        return false;
    if (a->ld != b->ld)
        return true;
    const int64_t pitch = (int64_t)size * a->ld;
    const int64_t shift = ((int64_t)(b0 - a0) % pitch + pitch) % pitch;
    return shift < (int64_t)size * a->columns || shift + (int64_t)size * b->columns > pitch;
}

static ntk_status check_disjoint(ntk_context *context, const char *function, const ntki_matrix *output,
                                 const ntki_matrix *other, size_t size) {
    if (output->data == NULL || other->data == NULL || !overlap(output, other, size))
        return NTK_SUCCESS;
    return ntki_fail(context, NTK_ERR_ALIAS, function, "the output %s overlaps %s", output->name, other->name);
}

ntk_status ntki_check_disjoint(ntk_context *context, const char *function, const ntki_matrix *output,
                               const ntki_matrix *other) {
    return check_disjoint(context, function, output, other, sizeof(double));
}

ntk_status ntki_check_disjoint_f32(ntk_context *context, const char *function, const ntki_matrix *output,
                                   const ntki_matrix *other) {
    return check_disjoint(context, function, output, other, sizeof(float));
}

/* On the bits, so that the loop vectorises: all ones in the exponent is an infinity or a NaN. */
static bool row_is_finite(const double *row, int64_t columns) {
    const uint64_t exponent = UINT64_C(0x7ff0000000000000);
    uint64_t bad = 0;
    for (int64_t j = 0; j < columns; j++) {
        uint64_t bits;
        memcpy(&bits, &row[j], sizeof(bits));
        bad |= (uint64_t)((bits & exponent) == exponent);
    }
    return bad == 0;
}

/* printf leaves the spelling, and the sign of a NaN, to the C library. */
static const char *name_of(double value) { return isnan(value) ? "NaN" : value > 0 ? "infinity" : "-infinity"; }

ntk_status ntki_check_finite(ntk_context *context, const char *function, const ntki_matrix *matrix) {
    for (int64_t i = 0; i < matrix->rows; i++) {
        const double *const row = (const double *)matrix->data + i * matrix->ld;
        if (row_is_finite(row, matrix->columns))
            continue;
        for (int64_t j = 0; j < matrix->columns; j++)
            if (!isfinite(row[j]))
                return ntki_fail(context, NTK_ERR_NOT_FINITE, function,
                                 "%s[%lld][%lld] is %s; every input must be finite", matrix->name, (long long)i,
                                 (long long)j, name_of(row[j]));
    }
    return NTK_SUCCESS;
}

ntk_status ntki_check_finite_f32(ntk_context *context, const char *function, const ntki_matrix *matrix) {
    for (int64_t i = 0; i < matrix->rows; i++)
        for (int64_t j = 0; j < matrix->columns; j++) {
            const double entry = (double)((const float *)matrix->data)[i * matrix->ld + j];
            if (!isfinite(entry))
                return ntki_fail(context, NTK_ERR_NOT_FINITE, function,
                                 "%s[%lld][%lld] is %s; every input must be finite", matrix->name, (long long)i,
                                 (long long)j, name_of(entry));
        }
    return NTK_SUCCESS;
}

static ntk_status refuse_number(ntk_context *context, const char *function, const char *name, int64_t i, double value) {
    return ntki_fail(context, NTK_ERR_NOT_FINITE, function, "%s[%lld] is %s; every input must be finite", name,
                     (long long)i, name_of(value));
}

ntk_status ntki_check_finite_vector(ntk_context *context, const char *function, const char *name, int64_t n,
                                    const double *values) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return refuse_number(context, function, name, i, values[i]);
    return NTK_SUCCESS;
}

ntk_status ntki_check_finite_vector_f32(ntk_context *context, const char *function, const char *name, int64_t n,
                                        const float *values) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return refuse_number(context, function, name, i, (double)values[i]);
    return NTK_SUCCESS;
}

/* In blocks, since one of the two entries is always read down a column. */
static ntk_status check_symmetric(ntk_context *context, const char *function, const ntki_matrix *gram,
                                  double tolerance) {
    enum { BLOCK = 64 };
    const double *const k = gram->data;
    const int64_t n = gram->rows, ld = gram->ld;
    for (int64_t i0 = 0; i0 < n; i0 += BLOCK)
        for (int64_t j0 = 0; j0 <= i0; j0 += BLOCK)
            for (int64_t i = i0; i < ntki_smaller(i0 + BLOCK, n); i++)
                for (int64_t j = j0; j < ntki_smaller(j0 + BLOCK, i); j++)
                    if (fabs(k[i * ld + j] - k[j * ld + i]) > tolerance)
                        return ntki_fail(context, NTK_ERR_NOT_SYMMETRIC, function,
                                         "%s[%lld][%lld] is %.17g but %s[%lld][%lld] is %.17g", gram->name,
                                         (long long)i, (long long)j, k[i * ld + j], gram->name, (long long)j,
                                         (long long)i, k[j * ld + i]);
    return NTK_SUCCESS;
}

ntk_status ntki_check_gram(ntk_context *context, const char *function, const ntki_matrix *gram) {
    const ntk_status status = ntki_check_finite(context, function, gram);
    if (status != NTK_SUCCESS)
        return status;
    double largest = 0;
    for (int64_t i = 0; i < gram->rows; i++) {
        const double entry = ((const double *)gram->data)[i * gram->ld + i];
        if (entry < 0)
            return ntki_fail(context, NTK_ERR_NOT_POSITIVE, function,
                             "%s[%lld][%lld] is %g; a Gram matrix has no negative diagonal entry", gram->name,
                             (long long)i, (long long)i, entry);
        largest = fmax(largest, entry);
    }
    return check_symmetric(context, function, gram, 1e-10 * largest);
}
