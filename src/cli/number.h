/* Numbers as text, in and out, always in the C locale: a decimal point is a point wherever the command runs. */
#ifndef NTK_CLI_NUMBER_H
#define NTK_CLI_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_SIZE = 40 };

/* Puts the calling thread into the C locale (of this thread only; setlocale() is never called). Once, at the start. */
bool number_begin(void);
void number_end(void);

/* Reads text[0..length) as one decimal number, with nothing left over: 1, -2.5, +3e-7, .5, inf, nan. The text must lie
 * in a NUL-terminated buffer. A number too large for a double becomes an infinity, one too small 0 or a subnormal. */
bool number_parse(const char *text, size_t length, double *value);

/* Reads text[0..length) as a decimal integer that fits; false otherwise. */
bool integer_parse(const char *text, size_t length, int64_t *value);

/* The shortest text that reads back as the same double; "inf", "-inf" or "nan" for the others. Returns `buffer`. */
const char *number_format(char buffer[NUMBER_TEXT_SIZE], double value);

#endif
