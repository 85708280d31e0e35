/* Status codes: every fallible function returns one. The numbers are pinned: they are never renumbered or reused. */
#ifndef NTK_STATUS_H
#define NTK_STATUS_H

#include <ntk/export.h>

NTK_BEGIN_DECLS

/* 0 is success, errors are negative. */
typedef int32_t ntk_status;

/* X(NAME, number, text): the one table from which the enumerators and ntk_status_string() are made. */
#define NTK_STATUS_TABLE(X)                                                                \
    X(NTK_SUCCESS, 0, "success")                                                           \
    X(NTK_ERR_NULL, -1, "a required pointer is NULL")                                      \
    X(NTK_ERR_SIZE, -2, "a size is zero, negative or out of its range")                    \
    X(NTK_ERR_LEADING_DIMENSION, -3, "a leading dimension is smaller than the row length") \
    X(NTK_ERR_NOT_FINITE, -4, "an input holds a NaN or an infinity")                       \
    X(NTK_ERR_SHAPE, -5, "the shapes of two arguments do not match")                       \
    X(NTK_ERR_OVERFLOW, -6, "a product of sizes does not fit the address space")           \
    X(NTK_ERR_DOMAIN, -7, "a parameter is outside its domain")                             \
    X(NTK_ERR_ENUM, -8, "an enumerator is unknown")                                        \
    X(NTK_ERR_NO_MEMORY, -9, "out of memory")                                              \
    X(NTK_ERR_CANCELLED, -10, "cancelled by the caller")                                   \
    X(NTK_ERR_ALIAS, -11, "an output overlaps another argument")                           \
    X(NTK_ERR_NOT_SYMMETRIC, -12, "a matrix that must be symmetric is not")                \
    X(NTK_ERR_NOT_POSITIVE, -13, "a matrix that must be positive (semi-)definite is not")  \
    X(NTK_ERR_RANGE, -14, "a result is too large for the number format")                   \
    X(NTK_ERR_UNSUPPORTED, -15, "this combination is not offered by this version")         \
    X(NTK_ERR_BLAS, -16, "the BLAS or LAPACK in use cannot do what was asked")             \
    X(NTK_ERR_CONVERGENCE, -17, "an iteration did not converge")                           \
    X(NTK_ERR_CALLBACK, -18, "a function of the caller reported failure")                  \
    X(NTK_ERR_ACCURACY, -19, "the requested accuracy was not reached")                     \
    X(NTK_ERR_IO, -20, "a file cannot be read or written")                                 \
    X(NTK_ERR_FORMAT, -21, "a file does not hold what it should")

#define NTK_STATUS_ENUMERATOR(name, number, text) name = number,
enum { NTK_STATUS_TABLE(NTK_STATUS_ENUMERATOR) };
#undef NTK_STATUS_ENUMERATOR

/* The fixed English text of a status, e.g. "out of memory"; never NULL, "unknown status" for a number that is not in the
 * table. The string is static. For the sentence with the offending argument and value see ntk_context_last_error().
 * Since 0.1. */
NTK_API const char *ntk_status_string(ntk_status status);

/* The name of the enumerator, e.g. "NTK_ERR_NO_MEMORY"; never NULL. Since 0.1. */
NTK_API const char *ntk_status_name(ntk_status status);

NTK_END_DECLS

#endif
