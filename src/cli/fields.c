/* Cuts lines into fields. See fields.h. */
#include "src/cli/fields.h"

#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"

void fields_free(struct fields *fields) {
    free(fields->fields);
    *fields = (struct fields){0};
}

static bool add(struct fields *fields, struct field field) {
    if (fields->count == fields->capacity) {
        const int64_t capacity = fields->capacity ? 2 * fields->capacity : 64;
        struct field *grown = realloc(fields->fields, (size_t)capacity * sizeof *grown);
        if (!grown)
            return false;
        fields->fields = grown;
        fields->capacity = capacity;
    }
    fields->fields[fields->count++] = field;
    return true;
}

static bool ends_field(char c, char delimiter) { return c == delimiter || (delimiter == ' ' && c == '\t'); }

static size_t skip_blanks(const char *text, size_t i, char delimiter) {
    while (text[i] == ' ' || (text[i] == '\t' && delimiter != '\t'))
        i++;
    return i;
}

/* The quoted field that opens at text[i]; *next is the index after the closing quote. */
static int take_quoted(const struct lines *lines, size_t i, struct field *field, size_t *next) {
    char *text = lines->text;
    *field = (struct field){.text = text + i + 1, .column = i, .quoted = true};
    size_t to = i + 1; /* the text without its quotes moves to the front */
    size_t from = to;
    for (; from < lines->length; from++) {
        if (text[from] == '"' && text[from + 1] != '"')
            break;
        from += text[from] == '"';
        text[to++] = text[from];
    }
    if (from >= lines->length)
        return lines_fail(lines, i, "a quote is opened and not closed on the same line");
    field->length = to - (i + 1);
    *next = from + 1;
    return DONE;
}

static void take_plain(const struct lines *lines, size_t i, char delimiter, struct field *field, size_t *next) {
    size_t end = i;
    while (end < lines->length && !ends_field(lines->text[end], delimiter))
        end++;
    *next = end;
    while (end > i && (lines->text[end - 1] == ' ' || lines->text[end - 1] == '\t'))
        end--;
    *field = (struct field){.text = lines->text + i, .length = end - i, .column = i};
}

int fields_split(struct fields *fields, const struct lines *lines, char delimiter) {
    fields->count = 0;
    for (size_t i = 0; i <= lines->length;) {
        struct field field;
        i = skip_blanks(lines->text, i, delimiter);
        if (i >= lines->length && delimiter == ' ')
            break;
        if (lines->text[i] == '"') {
            const int code = take_quoted(lines, i, &field, &i);
            if (code != DONE)
                return code;
            i = skip_blanks(lines->text, i, delimiter);
            const bool blank_before = lines->text[i - 1] == ' ' || lines->text[i - 1] == '\t';
            if (i < lines->length && !ends_field(lines->text[i], delimiter) && !(delimiter == ' ' && blank_before))
                return lines_fail(lines, i, "text after the closing quote of a field");
        } else {
            take_plain(lines, i, delimiter, &field, &i);
        }
        if (!add(fields, field))
            return fail_memory("reading a line");
        /* With blanks, the next round skips them; otherwise one delimiter is between two fields. */
        if (delimiter != ' ')
            i++;
    }
    return DONE;
}

char fields_guess_delimiter(const struct lines *lines) {
    static const char candidates[] = "\t;,";
    size_t best = sizeof candidates - 1;
    bool quoted = false;
    for (size_t i = 0; i < lines->length; i++) {
        if (lines->text[i] == '"')
            quoted = !quoted;
        const char *found = quoted ? NULL : strchr(candidates, lines->text[i]);
        if (found && (size_t)(found - candidates) < best)
            best = (size_t)(found - candidates);
    }
    return best < sizeof candidates - 1 ? candidates[best] : ' ';
}
