/* Names of columns. See names.h. */
#define _POSIX_C_SOURCE 200809L

#include "src/cli/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"

void names_free(struct names *names) {
    for (int64_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct names){0};
}

int names_read(struct names *names, const struct fields *fields) {
    if (fields->count == 0)
        return DONE;
    names->names = calloc((size_t)fields->count, sizeof *names->names);
    if (!names->names)
        return fail_memory("reading a header");
    for (; names->count < fields->count; names->count++) {
        const struct field *field = &fields->fields[names->count];
        names->names[names->count] = strndup(field->text, field->length);
        if (!names->names[names->count])
            return fail_memory("reading a header");
    }
    return DONE;
}

int64_t names_find(const struct names *names, const char *name, int64_t start) {
    for (int64_t i = start; i < names->count; i++)
        if (strcmp(names->names[i], name) == 0)
            return i;
    return -1;
}

void names_remove(struct names *names, int64_t index) {
    if (index >= names->count)
        return;
    free(names->names[index]);
    names->count--;
    memmove(names->names + index, names->names + index + 1, (size_t)(names->count - index) * sizeof *names->names);
    if (names->count == 0)
        names_free(names);
}

int64_t names_difference(const struct names *a, const struct names *b) {
    for (int64_t i = 0; i < a->count && i < b->count; i++)
        if (strcmp(a->names[i], b->names[i]) != 0)
            return i;
    return -1;
}

const char *names_list(const struct names *names, char buffer[NAMES_LIST_SIZE]) {
    const size_t room = NAMES_LIST_SIZE - 8; /* for the dots */
    char excerpt[EXCERPT_SIZE];
    size_t length = 0;
    buffer[0] = '\0';
    for (int64_t i = 0; i < names->count; i++) {
        text_excerpt(excerpt, names->names[i], strlen(names->names[i]));
        if (length + strlen(excerpt) + 2 > room) {
            snprintf(buffer + length, NAMES_LIST_SIZE - length, ", ...");
            break;
        }
        length += (size_t)snprintf(buffer + length, NAMES_LIST_SIZE - length, "%s%s", i ? ", " : "", excerpt);
    }
    return buffer;
}
