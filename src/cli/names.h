/* The names of a table's columns, from its header line. */
#ifndef NTK_CLI_NAMES_H
#define NTK_CLI_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "src/cli/fields.h"

struct names {
    char **names;
    int64_t count; /* 0: there is no header */
};

void names_free(struct names *names);

/* Copies the fields of a header line. Returns an exit code. */
int names_read(struct names *names, const struct fields *fields);

/* The index of `name`, from `start` on; -1 if there is none. */
int64_t names_find(const struct names *names, const char *name, int64_t start);

void names_remove(struct names *names, int64_t index);

/* The first index at which two lists of the same length differ; -1 if they are equal. */
int64_t names_difference(const struct names *a, const struct names *b);

/* The names as "a, b, c", cut where the buffer or patience ends. Returns `buffer`. */
enum { NAMES_LIST_SIZE = 240 };
const char *names_list(const struct names *names, char buffer[NAMES_LIST_SIZE]);

#endif
