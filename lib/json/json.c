/* A decoded string is never longer than it was written, so it fits where it stood: an escape of two bytes gives one, \uXXXX
 * gives at most three, a pair of them four. */
#include "lib/json/json.h"

#include <string.h>

#include "lib/json/utf8.h"

static void skip_space(ntki_json *json) {
    while (json->at < json->size && memchr(" \t\n\r", json->text[json->at], 4) != NULL)
        json->at++;
}

bool ntki_json_symbol(ntki_json *json, char symbol) {
    skip_space(json);
    if (json->at >= json->size || json->text[json->at] != symbol)
        return false;
    json->at++;
    return true;
}

bool ntki_json_end(ntki_json *json) {
    skip_space(json);
    return json->at == json->size;
}

bool ntki_json_whole(ntki_json *json, int64_t *value) {
    skip_space(json);
    int64_t at = json->at, sum = 0;
    for (; at < json->size && json->text[at] >= '0' && json->text[at] <= '9'; at++) {
        const int64_t digit = json->text[at] - '0';
        if (sum > (INT64_MAX - digit) / 10)
            return false;
        sum = 10 * sum + digit;
    }
    const int64_t digits = at - json->at;
    if (digits == 0 || (digits > 1 && json->text[json->at] == '0'))
        return false;
    if (at < json->size && memchr(".eE", json->text[at], 3) != NULL)
        return false;
    json->at = at;
    *value = sum;
    return true;
}

/* ---- strings ---- */

/* What is read and what is written of one string, in the same text. */
typedef struct {
    const char *text;
    int64_t size;
    int64_t from;
} source;

static bool read_hex(source *in, uint32_t *unit) {
    static const char digits[] = "0123456789abcdef";
    if (in->size - in->from < 4)
        return false;
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        const char c = in->text[in->from++];
        const char *const digit = memchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c, 16);
        if (digit == NULL)
            return false;
        *unit = *unit << 4 | (uint32_t)(digit - digits);
    }
    return true;
}

/* After \u. UTF-16: a high surrogate is followed by an escaped low one. */
static bool read_escaped_character(source *in, uint32_t *character) {
    uint32_t low = 0;
    if (!read_hex(in, character) || *character == 0 || (*character >= 0xdc00 && *character < 0xe000))
        return false;
    if (*character < 0xd800 || *character >= 0xe000)
        return true;
    if (in->size - in->from < 2 || memcmp(in->text + in->from, "\\u", 2) != 0)
        return false;
    in->from += 2;
    if (!read_hex(in, &low) || low < 0xdc00 || low >= 0xe000)
        return false;
    *character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* After the backslash. */
static bool read_escape(source *in, uint32_t *character) {
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (in->from >= in->size)
        return false;
    const char name = in->text[in->from++];
    if (name == 'u')
        return read_escaped_character(in, character);
    const char *const found = memchr(names, name, sizeof(names) - 1);
    if (found == NULL)
        return false;
    *character = (unsigned char)meanings[found - names];
    return true;
}

/* Whether the text holds a string from `at`; where it ends. Nothing is written when `out` is NULL. */
static bool decode(const char *text, int64_t size, int64_t *at, char *out) {
    source in = {text, size, *at + 1};
    char spare[4] = {0};
    while (in.from < size && text[in.from] != '"') {
        uint32_t character = 0;
        int64_t length = 0;
        if ((unsigned char)text[in.from] < 0x20)
            return false;
        if (text[in.from] == '\\') {
            in.from++;
            if (!read_escape(&in, &character))
                return false;
            length = ntki_utf8_write(character, out != NULL ? out : spare);
        } else {
            if ((length = ntki_utf8_length(text + in.from, size - in.from)) == 0)
                return false;
            if (out != NULL)
                memmove(out, text + in.from, (size_t)length);
            in.from += length;
        }
        out = out != NULL ? out + length : NULL;
    }
    if (in.from >= size)
        return false;
    if (out != NULL)
        *out = '\0';
    *at = in.from + 1;
    return true;
}

const char *ntki_json_string(ntki_json *json) {
    skip_space(json);
    int64_t end = json->at;
    if (json->at >= json->size || json->text[json->at] != '"' || !decode(json->text, json->size, &end, NULL))
        return NULL;
    char *const string = json->text + json->at;
    decode(json->text, json->size, &json->at, string);
    return string;
}

int64_t ntki_json_quote(const char *string, char *out) {
    static const char hex[] = "0123456789abcdef";
    const int64_t size = (int64_t)strlen(string);
    int64_t count = 1;
    for (int64_t i = 0, length = 0; i < size; i += length) {
        if ((length = ntki_utf8_length(string + i, size - i)) == 0)
            return -1;
        const unsigned char first = (unsigned char)string[i];
        const char escape[] = {'\\', 'u', '0', '0', hex[first >> 4], hex[first & 15]};
        const char marked[] = {'\\', string[i]};
        const char *piece = string + i;
        int64_t written = length;
        if (first < 0x20) {
            piece = escape;
            written = sizeof(escape);
        } else if (first == '"' || first == '\\') {
            piece = marked;
            written = sizeof(marked);
        }
        if (out != NULL)
            memcpy(out + count, piece, (size_t)written);
        count += written;
    }
    if (out != NULL)
        out[0] = out[count] = '"';
    return count + 1;
}
