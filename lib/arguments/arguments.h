/* Checks of arguments. Each records a sentence that names the argument and its value, and returns the status. */
#ifndef NTKI_ARGUMENTS_H
#define NTKI_ARGUMENTS_H

#include "lib/context/context.h"

/* A row-major matrix argument; the names are those of the header. */
typedef struct {
    const char *name;
    const void *data;
    int64_t rows;
    int64_t columns;
    int64_t ld;
    const char *ld_name;
} ntki_matrix;

/* value >= 1 */
ntk_status ntki_check_size(ntk_context *context, const char *function, const char *name, int64_t value);
ntk_status ntki_check_pointer(ntk_context *context, const char *function, const char *name, const void *pointer);

/* Finite and > 0 (or >= 0). */
ntk_status ntki_check_positive(ntk_context *context, const char *function, const char *name, double value);
ntk_status ntki_check_nonnegative(ntk_context *context, const char *function, const char *name, double value);

/* A standard deviation: its square must not leave the range. `zero`: 0 is allowed too. */
#define NTKI_LEAST_STD 1e-100
#define NTKI_MOST_STD 1e100
ntk_status ntki_check_std(ntk_context *context, const char *function, const char *name, double value, bool zero);

/* Leading dimension, extent in the address space, non-NULL. Sizes were checked before; nothing is read. */
ntk_status ntki_check_extent(ntk_context *context, const char *function, const ntki_matrix *matrix);

/* The same, and sizes that fit the integers of the BLAS. */
ntk_status ntki_check_matrix(ntk_context *context, const char *function, const ntki_matrix *matrix);

/* NTK_ERR_ALIAS when the output shares an element with the other matrix. */
ntk_status ntki_check_disjoint(ntk_context *context, const char *function, const ntki_matrix *output,
                               const ntki_matrix *other);

/* Every entry is finite. */
ntk_status ntki_check_finite(ntk_context *context, const char *function, const ntki_matrix *matrix);

/* The same for matrices of floats. */
ntk_status ntki_check_extent_f32(ntk_context *context, const char *function, const ntki_matrix *matrix);
ntk_status ntki_check_matrix_f32(ntk_context *context, const char *function, const ntki_matrix *matrix);
ntk_status ntki_check_disjoint_f32(ntk_context *context, const char *function, const ntki_matrix *output,
                                   const ntki_matrix *other);
ntk_status ntki_check_finite_f32(ntk_context *context, const char *function, const ntki_matrix *matrix);

ntk_status ntki_check_finite_vector(ntk_context *context, const char *function, const char *name, int64_t n,
                                    const double *values);
ntk_status ntki_check_finite_vector_f32(ntk_context *context, const char *function, const char *name, int64_t n,
                                        const float *values);

/* A Gram matrix: finite, diagonal >= 0, symmetric to 1e-10 of the largest diagonal entry. */
ntk_status ntki_check_gram(ntk_context *context, const char *function, const ntki_matrix *gram);

#endif
