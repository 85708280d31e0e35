/* The list of texts that serve as labels. See labels.h. */
#define _POSIX_C_SOURCE 200809L

#include "src/cli/labels.h"

#include <stdlib.h>
#include <string.h>

void labels_free(struct labels *labels) {
    for (int64_t i = 0; i < labels->count; i++)
        free(labels->texts[i]);
    free(labels->texts);
    *labels = (struct labels){0};
}

int64_t labels_find(const struct labels *labels, const char *text, size_t length) {
    for (int64_t i = 0; i < labels->count; i++)
        if (strlen(labels->texts[i]) == length && memcmp(labels->texts[i], text, length) == 0)
            return i;
    return -1;
}

bool labels_add(struct labels *labels, const char *text, size_t length) {
    if (labels->count == labels->capacity) {
        const int64_t capacity = labels->capacity ? 2 * labels->capacity : 16;
        char **texts = realloc(labels->texts, (size_t)capacity * sizeof *texts);
        if (!texts)
            return false;
        labels->texts = texts;
        labels->capacity = capacity;
    }
    char *copy = strndup(text, length);
    if (!copy)
        return false;
    labels->texts[labels->count++] = copy;
    return true;
}
