/* Lines of a text file, without what is not data: line ends (LF or CRLF), a byte order mark, blank lines and comments.
 */
#ifndef NTK_CLI_LINES_H
#define NTK_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/cli/failure.h"
#include "src/cli/source.h"

struct lines {
    struct source *source;
    char *text; /* the current line, NUL-terminated; valid until the next one */
    size_t length;
    size_t capacity;
    int64_t number; /* of the current line, from 1 */
};

void lines_begin(struct lines *lines, struct source *source);
void lines_free(struct lines *lines);

/* Steps to the next line that holds data; *more is false at the end. A comment runs from a # at the start of a line or
 * after a blank, outside quotes, to the end of the line. Returns an exit code. */
int lines_next(struct lines *lines, bool *more);

/* Reports a mistake at `column` (in bytes, from 0) of the current line: "ntk: PATH:LINE:COLUMN: " and the sentence. */
int lines_fail(const struct lines *lines, size_t column, const char *format, ...) PRINTF_LIKE(3, 4);

/* A copy of text[0..length) that is short and printable, to be quoted in a message. Returns `buffer`. */
enum { EXCERPT_SIZE = 44 };
const char *text_excerpt(char buffer[EXCERPT_SIZE], const char *text, size_t length);

#endif
