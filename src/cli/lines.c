/* Data lines of text files. See lines.h. */
#include "src/cli/lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lines_begin(struct lines *lines, struct source *source) { *lines = (struct lines){.source = source}; }

void lines_free(struct lines *lines) {
    free(lines->text);
    *lines = (struct lines){0};
}

int lines_fail(const struct lines *lines, size_t column, const char *format, ...) {
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return fail(INPUT_ERROR, "%s:%lld:%lld: %s", source_path(lines->source), (long long)lines->number,
                (long long)column + 1, sentence);
}

const char *text_excerpt(char buffer[EXCERPT_SIZE], const char *text, size_t length) {
    const size_t most = EXCERPT_SIZE - 4;
    const size_t kept = length < most ? length : most;
    for (size_t i = 0; i < kept; i++)
        buffer[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    snprintf(buffer + kept, EXCERPT_SIZE - kept, "%s", length > most ? "..." : "");
    return buffer;
}

static int append(struct lines *lines, const unsigned char *bytes, size_t count) {
    if (count > SIZE_MAX / 4 - lines->length)
        return fail_memory("reading a line");
    const size_t needed = lines->length + count + 1;
    if (needed > lines->capacity) {
        const size_t capacity = needed < 256 ? 256 : 2 * needed;
        char *text = realloc(lines->text, capacity);
        if (!text)
            return fail_memory("reading a line");
        lines->text = text;
        lines->capacity = capacity;
    }
    if (count > 0)
        memcpy(lines->text + lines->length, bytes, count);
    lines->length += count;
    lines->text[lines->length] = '\0';
    return DONE;
}

/* Reads up to and with the next LF; *more is false when nothing was left. */
static int read_raw(struct lines *lines, bool *more) {
    lines->length = 0;
    int code = append(lines, NULL, 0);
    *more = false;
    bool complete = false;
    while (code == DONE && !complete) {
        const unsigned char *bytes = NULL;
        size_t count = 0;
        code = source_peek(lines->source, &bytes, &count);
        if (code != DONE || count == 0)
            break;
        *more = true;
        const unsigned char *end = memchr(bytes, '\n', count);
        const size_t part = end ? (size_t)(end - bytes) : count;
        complete = end != NULL;
        code = append(lines, bytes, part);
        source_take(lines->source, part + complete);
    }
    if (*more)
        lines->number++;
    return code;
}

/* The length of the line without the comment and the blanks at its end. */
static size_t data_length(const char *text, size_t length) {
    bool quoted = false;
    size_t end = length;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        if (text[i] == '#' && !quoted && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t')) {
            end = i;
            break;
        }
    }
    const bool comment = end < length;
    /* A tab before the line's end may be an empty last field, so only spaces go there; before a comment all blanks go.
     */
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\r' || (comment && text[end - 1] == '\t')))
        end--;
    return end;
}

static bool is_blank(const char *text) { return text[strspn(text, " \t")] == '\0'; }

int lines_next(struct lines *lines, bool *more) {
    for (;;) {
        int code = read_raw(lines, more);
        if (code != DONE || !*more)
            return code;
        const char *zero = memchr(lines->text, '\0', lines->length);
        if (zero)
            return lines_fail(lines, (size_t)(zero - lines->text), "a zero byte: this is not a text file");
        if (lines->number == 1 && strncmp(lines->text, "\xef\xbb\xbf", 3) == 0) {
            lines->length -= 3;
            memmove(lines->text, lines->text + 3, lines->length + 1);
        }
        lines->length = data_length(lines->text, lines->length);
        lines->text[lines->length] = '\0';
        if (!is_blank(lines->text))
            return DONE;
    }
}
