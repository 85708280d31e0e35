/* Matrices as files: NPY (version 1, C order, doubles) or CSV (numbers that read back as the same doubles). */
#ifndef NTK_CLI_WRITE_MATRIX_H
#define NTK_CLI_WRITE_MATRIX_H

#include <stdint.h>
#include <stdio.h>

enum matrix_format { MATRIX_UNKNOWN, MATRIX_NPY, MATRIX_CSV };

/* The format that the ending of a path asks for. */
enum matrix_format matrix_format_of(const char *path);

/* The NPY header of an array of doubles in this machine's byte order. */
void write_npy_header(FILE *stream, int dimensions, const int64_t *shape);

/* Values in this machine's byte order, as they follow the header. */
void write_npy_values(FILE *stream, int64_t count, const double *values);

/* A number, the shortest that reads back the same. */
void write_csv_number(FILE *stream, double value);

/* A text, in quotes where needed. */
void write_csv_text(FILE *stream, const char *text);

/* A whole matrix, rows x columns without gaps; columns = 0 stands for a vector of `rows` entries (one dimension in NPY,
 * one column in CSV). */
void write_matrix(FILE *stream, enum matrix_format format, int64_t rows, int64_t columns, const double *values);

#endif
