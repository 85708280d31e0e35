/* Status numbers and texts are part of the ABI: each is written out here, so that a change of the table is seen. */
#include "tests/suite.h"

static const struct {
    ntk_status status;
    int number;
    const char *name;
    const char *text;
} pinned[] = {
    {NTK_SUCCESS, 0, "NTK_SUCCESS", "success"},
    {NTK_ERR_NULL, -1, "NTK_ERR_NULL", "a required pointer is NULL"},
    {NTK_ERR_SIZE, -2, "NTK_ERR_SIZE", "a size is zero, negative or out of its range"},
    {NTK_ERR_LEADING_DIMENSION, -3, "NTK_ERR_LEADING_DIMENSION", "a leading dimension is smaller than the row length"},
    {NTK_ERR_NOT_FINITE, -4, "NTK_ERR_NOT_FINITE", "an input holds a NaN or an infinity"},
    {NTK_ERR_SHAPE, -5, "NTK_ERR_SHAPE", "the shapes of two arguments do not match"},
    {NTK_ERR_OVERFLOW, -6, "NTK_ERR_OVERFLOW", "a product of sizes does not fit the address space"},
    {NTK_ERR_DOMAIN, -7, "NTK_ERR_DOMAIN", "a parameter is outside its domain"},
    {NTK_ERR_ENUM, -8, "NTK_ERR_ENUM", "an enumerator is unknown"},
    {NTK_ERR_NO_MEMORY, -9, "NTK_ERR_NO_MEMORY", "out of memory"},
    {NTK_ERR_CANCELLED, -10, "NTK_ERR_CANCELLED", "cancelled by the caller"},
    {NTK_ERR_ALIAS, -11, "NTK_ERR_ALIAS", "an output overlaps another argument"},
    {NTK_ERR_NOT_SYMMETRIC, -12, "NTK_ERR_NOT_SYMMETRIC", "a matrix that must be symmetric is not"},
    {NTK_ERR_NOT_POSITIVE, -13, "NTK_ERR_NOT_POSITIVE", "a matrix that must be positive (semi-)definite is not"},
    {NTK_ERR_RANGE, -14, "NTK_ERR_RANGE", "a result is too large for the number format"},
    {NTK_ERR_UNSUPPORTED, -15, "NTK_ERR_UNSUPPORTED", "this combination is not offered by this version"},
    {NTK_ERR_BLAS, -16, "NTK_ERR_BLAS", "the BLAS or LAPACK in use cannot do what was asked"},
    {NTK_ERR_CONVERGENCE, -17, "NTK_ERR_CONVERGENCE", "an iteration did not converge"},
    {NTK_ERR_CALLBACK, -18, "NTK_ERR_CALLBACK", "a function of the caller reported failure"},
    {NTK_ERR_ACCURACY, -19, "NTK_ERR_ACCURACY", "the requested accuracy was not reached"},
    {NTK_ERR_IO, -20, "NTK_ERR_IO", "a file cannot be read or written"},
    {NTK_ERR_FORMAT, -21, "NTK_ERR_FORMAT", "a file does not hold what it should"},
};

enum { PINNED = sizeof(pinned) / sizeof(*pinned) };

START_TEST(numbers_are_pinned) {
    for (int i = 0; i < PINNED; i++)
        ck_assert_int_eq(pinned[i].status, pinned[i].number);
    ck_assert_uint_eq(sizeof(ntk_status), 4);
#define COUNT_ROW(name, number, text) +1
    const int rows = NTK_STATUS_TABLE(COUNT_ROW);
    ck_assert_int_eq(rows, PINNED); /* a new status needs a row above */
}
END_TEST

START_TEST(names_and_texts) {
    for (int i = 0; i < PINNED; i++) {
        ck_assert_str_eq(ntk_status_name(pinned[i].status), pinned[i].name);
        ck_assert_str_eq(ntk_status_string(pinned[i].status), pinned[i].text);
    }
    const ntk_status unknown[] = {1, 2, -22, -1000, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
        ck_assert_str_eq(ntk_status_string(unknown[i]), "unknown status");
        ck_assert_ptr_nonnull(ntk_status_name(unknown[i]));
        ck_assert(strncmp(ntk_status_name(unknown[i]), "NTK_ERR", 7) != 0);
    }
}
END_TEST

START_TEST(enumerators_are_pinned) {
    ck_assert_int_eq(NTK_ACTIVATION_IDENTITY, 0);
    ck_assert_int_eq(NTK_ACTIVATION_RELU, 1);
    ck_assert_int_eq(NTK_ACTIVATION_LEAKY_RELU, 2);
    ck_assert_int_eq(NTK_ACTIVATION_ERF, 3);
    ck_assert_int_eq(NTK_KERNEL_NTK, 0);
    ck_assert_int_eq(NTK_KERNEL_NNGP, 1);
    ck_assert_int_eq(NTK_LOSS_SQUARED, 0);
    ck_assert_int_eq(NTK_LOG_ERROR, 0);
    ck_assert_int_eq(NTK_LOG_WARNING, 1);
    ck_assert_int_eq(NTK_LOG_INFO, 2);
}
END_TEST

START_TEST(versions_agree) {
    char composed[64];
    snprintf(composed, sizeof(composed), "%d.%d.%d", NTK_VERSION_MAJOR, NTK_VERSION_MINOR, NTK_VERSION_PATCH);
    ck_assert_str_eq(NTK_VERSION_STRING, composed);
    ck_assert_str_eq(ntk_version(), NTK_VERSION_STRING);
}
END_TEST

/* The file VERSION lies two folders up from tests/test_status.c as the compiler was told its name. */
START_TEST(version_file_agrees) {
    char path[4096], line[64] = "";
    snprintf(path, sizeof(path), "%s", __FILE__);
    char *const slash = strrchr(path, '/');
    ck_assert_ptr_nonnull(slash);
    snprintf(slash, sizeof(path) - (size_t)(slash - path), "/../VERSION");
    FILE *const file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s: run the suites from the root of the repository", path);
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
    fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    ck_assert_str_eq(line, NTK_VERSION_STRING);
}
END_TEST

SUITE("status", numbers_are_pinned, names_and_texts, enumerators_are_pinned, versions_agree, version_file_agrees)
