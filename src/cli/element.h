/* The types of numbers in binary files, and their conversion to double. Shared by the NPY and IDX readers. */
#ifndef NTK_CLI_ELEMENT_H
#define NTK_CLI_ELEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "src/cli/source.h"
#include "src/cli/table.h"

enum element_kind { ELEMENT_SIGNED, ELEMENT_UNSIGNED, ELEMENT_FLOAT };

struct element {
    enum element_kind kind;
    int size; /* bytes: 1, 2, 4 or 8; a float has 4 or 8 */
    bool big_endian;
};

/* Reads `count` elements and appends them to the table; memory grows with what arrives. Returns an exit code. */
int element_read(struct source *source, const struct element *element, int64_t count, struct table *table);

/* Whether the file can hold `claimed` more elements, as far as can be told before reading them. */
int element_check_claim(const struct source *source, const struct element *element, int64_t claimed);

/* Reads and drops `count` elements. */
int element_skip(struct source *source, const struct element *element, int64_t count);

/* Reports bytes after the data. */
int element_expect_end(struct source *source);

/* a * b for sizes >= 0; false when it does not fit. */
bool sizes_multiply(int64_t a, int64_t b, int64_t *product);

#endif
