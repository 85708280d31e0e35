/* A table of numbers as it came from a file: rows x columns, row-major, without gaps. */
#ifndef NTK_CLI_TABLE_H
#define NTK_CLI_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/cli/names.h"

struct table {
    const char *path;
    const char *format; /* "CSV", "NPY", "IDX" or "LIBSVM" */
    int64_t rows, columns;
    int64_t available;  /* rows of the file, of which `rows` were taken; counted where the request asks for it */
    struct names names; /* of the columns, or none */
    double *values;
    int64_t count;        /* values in use; rows * columns once the table is complete */
    int64_t capacity;     /* values allocated */
    int64_t stored;       /* numbers in the file, of a sparse format; 0 otherwise */
    bool integers;        /* the file's type of numbers is an integer type */
    int64_t label_column; /* the column that holds labels, -1 for none */
    bool text_labels;     /* that column holds numbers of texts (see labels.h) */
};

void table_free(struct table *table);

/* Appends values; memory grows with what arrives. Returns an exit code. */
int table_append(struct table *table, int64_t count, const double *values);

/* Makes room for `count` more values, to be written at values + count by the caller. */
int table_reserve(struct table *table, int64_t count);

/* Gives back what was allocated beyond `count`. */
void table_trim(struct table *table);

/* Moves column `column` into a new array of `rows` values, which the caller frees. */
int table_take_column(struct table *table, int64_t column, double **values);

/* Whether `rows` rows with `columns` features of a sparse file may become a dense table: a table that would have
 * thousands of zeros for each number in the file is a mistaken index rather than data. */
bool table_may_fill(const struct table *table, int64_t rows, int64_t columns);

/* Appends columns of zeros to a table from a sparse file until there are `columns`. */
int table_widen(struct table *table, int64_t columns);

/* Reports the first value that is NaN or infinite (for binary files; text is checked as it is read). */
int table_check_finite(const struct table *table);

#endif
