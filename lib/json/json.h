/* JSON (RFC 8259), strictly, one token at a time: the caller knows the grammar of what it reads, so that nothing nests
 * deeper than it asks for and nothing is allocated. Made for texts that may be hostile. */
#ifndef NTKI_JSON_H
#define NTKI_JSON_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char *text; /* is changed: strings are decoded where they stand */
    int64_t size;
    int64_t at;
} ntki_json;

/* Each of the three skips white space, and takes the token that it wants or leaves the text as it is. */

/* One of { } [ ] : and the comma. */
bool ntki_json_symbol(ntki_json *json, char symbol);

/* A string, decoded and ended by NUL, which lives as long as the text; NULL where there is none, or one that is no UTF-8, has
 * a bare control character, a wrong escape, half a surrogate pair, or U+0000. */
const char *ntki_json_string(ntki_json *json);

/* A whole number from 0 to 2^63 - 1, without sign, fraction or exponent. */
bool ntki_json_whole(ntki_json *json, int64_t *value);

/* Only white space is left. */
bool ntki_json_end(ntki_json *json);

/* Writes `string` as JSON with its quotes, without NUL, and returns the number of bytes; only counts them where `out` is
 * NULL. -1 where the string is not UTF-8. */
int64_t ntki_json_quote(const char *string, char *out);

#endif
