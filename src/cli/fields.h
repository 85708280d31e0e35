/* A line of text cut into fields. */
#ifndef NTK_CLI_FIELDS_H
#define NTK_CLI_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/cli/lines.h"

struct field {
    char *text; /* in the line; without blanks around it and without quotes */
    size_t length;
    size_t column; /* where it begins in the line, in bytes from 0 */
    bool quoted;
};

struct fields {
    struct field *fields;
    int64_t count, capacity;
};

void fields_free(struct fields *fields);

/* Cuts the current line at `delimiter`; ' ' stands for any run of spaces and tabs. A field may be in double quotes,
 * with
 * "" for a quote inside. The line is changed: it ends up holding the unquoted texts. Returns an exit code. */
int fields_split(struct fields *fields, const struct lines *lines, char delimiter);

/* The delimiter that a line seems to use: a tab, a semicolon or a comma outside quotes, tried in this order; else ' '.
 */
char fields_guess_delimiter(const struct lines *lines);

#endif
