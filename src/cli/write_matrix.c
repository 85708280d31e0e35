/* NPY and CSV output. See write_matrix.h. Write errors stay in the stream, where output_commit() finds them. */
#include "src/cli/write_matrix.h"

#include <stdbool.h>
#include <string.h>

#include "src/cli/interrupt.h"
#include "src/cli/number.h"

enum matrix_format matrix_format_of(const char *path) {
    const size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, ".npy") == 0)
        return MATRIX_NPY;
    if (length > 4 && strcmp(path + length - 4, ".csv") == 0)
        return MATRIX_CSV;
    return MATRIX_UNKNOWN;
}

static char byte_order(void) {
    const uint16_t one = 1;
    unsigned char first = 0;
    memcpy(&first, &one, 1);
    return first == 1 ? '<' : '>';
}

void write_npy_header(FILE *stream, int dimensions, const int64_t *shape) {
    char text[256] = "";
    size_t length =
        (size_t)snprintf(text, sizeof text, "{'descr': '%cf8', 'fortran_order': False, 'shape': (", byte_order());
    for (int i = 0; i < dimensions; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, i ? " %lld," : "%lld,", (long long)shape[i]);
    if (dimensions > 1)
        length--; /* only a tuple of one needs its comma */
    length += (size_t)snprintf(text + length, sizeof text - length, "), }");
    /* 10 bytes come before the text; the data begin at a multiple of 64, after a newline. */
    const size_t padded = (10 + length + 1 + 63) / 64 * 64 - 10;
    memset(text + length, ' ', padded - length - 1);
    text[padded - 1] = '\n';
    const unsigned char begin[10] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(padded & 0xff), (unsigned char)(padded >> 8)};
    fwrite(begin, 1, sizeof begin, stream);
    fwrite(text, 1, padded, stream);
}

void write_npy_values(FILE *stream, int64_t count, const double *values) {
    enum { PIECE = 1 << 16 };
    for (int64_t i = 0; i < count && !interrupt_requested(); i += PIECE)
        fwrite(values + i, sizeof(double), (size_t)(count - i < PIECE ? count - i : PIECE), stream);
}

void write_csv_number(FILE *stream, double value) {
    char buffer[NUMBER_TEXT_SIZE];
    fputs(number_format(buffer, value), stream);
}

void write_csv_text(FILE *stream, const char *text) {
    if (!strpbrk(text, ",;\"\t#") && strchr(text, ' ') == NULL) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', stream);
        fputc(*text, stream);
    }
    fputc('"', stream);
}

static void write_csv(FILE *stream, int64_t rows, int64_t columns, const double *values) {
    for (int64_t i = 0; i < rows && !interrupt_requested(); i++)
        for (int64_t j = 0; j < columns; j++) {
            write_csv_number(stream, values[i * columns + j]);
            fputc(j + 1 < columns ? ',' : '\n', stream);
        }
}

void write_matrix(FILE *stream, enum matrix_format format, int64_t rows, int64_t columns, const double *values) {
    const int64_t shape[2] = {rows, columns};
    const int64_t width = columns ? columns : 1;
    if (format == MATRIX_CSV) {
        write_csv(stream, rows, width, values);
        return;
    }
    write_npy_header(stream, columns ? 2 : 1, shape);
    write_npy_values(stream, rows * width, values);
}
