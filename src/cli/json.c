/* The JSON writer. See json.h. */
#include "src/cli/json.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "src/cli/number.h"

enum { DEEPEST = 8 };

static struct {
    int depth;
    bool filled[DEEPEST]; /* whether the container at this depth has a member already */
} writer;

/* The length of the UTF-8 sequence at `text` (overlong forms and surrogates are not UTF-8), or 0. */
static size_t utf8_length(const unsigned char *text) {
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                 {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
                 {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    if (text[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (text[0] < forms[i].first_low || text[0] > forms[i].first_high || text[1] < forms[i].second_low ||
            text[1] > forms[i].second_high)
            continue;
        for (size_t j = 2; j < forms[i].length; j++)
            if ((text[j] & 0xc0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}

static void write_string(const char *value) {
    const unsigned char *text = (const unsigned char *)value;
    putchar('"');
    while (*text) {
        const size_t length = utf8_length(text);
        if (length == 0)
            fputs("\\ufffd", stdout);
        else if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if (*text < 0x20 || *text == 0x7f)
            printf("\\u%04x", (unsigned)*text);
        else
            fwrite(text, 1, length, stdout);
        text += length ? length : 1;
    }
    putchar('"');
}

static void begin_value(const char *key) {
    if (writer.depth > 0) {
        fputs(writer.filled[writer.depth - 1] ? ", " : "", stdout);
        writer.filled[writer.depth - 1] = true;
    }
    if (key) {
        write_string(key);
        fputs(": ", stdout);
    }
}

static void open_container(const char *key, char bracket) {
    begin_value(key);
    putchar(bracket);
    writer.filled[writer.depth++] = false; /* the reports nest three deep; DEEPEST is ample */
}

static void close_container(char bracket) {
    writer.depth--;
    putchar(bracket);
}

void json_begin_object(const char *key) { open_container(key, '{'); }

void json_end_object(void) { close_container('}'); }

void json_begin_array(const char *key) { open_container(key, '['); }

void json_end_array(void) { close_container(']'); }

void json_number(const char *key, double value) {
    char buffer[NUMBER_TEXT_SIZE];
    begin_value(key);
    fputs(isfinite(value) ? number_format(buffer, value) : "null", stdout);
}

void json_integer(const char *key, int64_t value) {
    begin_value(key);
    printf("%lld", (long long)value);
}

void json_text(const char *key, const char *value) {
    begin_value(key);
    if (value)
        write_string(value);
    else
        fputs("null", stdout);
}

void json_bool(const char *key, bool value) {
    begin_value(key);
    fputs(value ? "true" : "false", stdout);
}

void json_null(const char *key) { json_text(key, NULL); }

void json_finish(void) { putchar('\n'); }
