/* Labels that are words: a list of different texts in order of first appearance in the training set. A label column is
 * either all numbers or all texts; the first label decides, and the test set follows the training set. */
#ifndef NTK_CLI_LABELS_H
#define NTK_CLI_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum label_kind { LABELS_UNKNOWN, LABELS_NUMBERS, LABELS_TEXTS };

struct labels {
    enum label_kind kind;
    bool frozen; /* the training set is read: no new texts */
    char **texts;
    int64_t count, capacity;
};

/* More different texts than this are taken for a mistake. */
enum { LABELS_MOST_TEXTS = 4096 };

void labels_free(struct labels *labels);

/* The index of a text, -1 if it is unknown. */
int64_t labels_find(const struct labels *labels, const char *text, size_t length);

/* Adds a text that is not in the list; false when memory ran out. */
bool labels_add(struct labels *labels, const char *text, size_t length);

#endif
