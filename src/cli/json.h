/* Writes one JSON value (RFC 8259) on stdout: numbers that are not finite become null, strings are escaped, bytes that
 * are not UTF-8 become U+FFFD. */
#ifndef NTK_CLI_JSON_H
#define NTK_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>

/* `key` is the name of the member in an object, and NULL in an array or at the top. */
void json_begin_object(const char *key);
void json_end_object(void);
void json_begin_array(const char *key);
void json_end_array(void);
void json_number(const char *key, double value);
void json_integer(const char *key, int64_t value);
void json_text(const char *key, const char *value); /* NULL gives null */
void json_bool(const char *key, bool value);
void json_null(const char *key);

/* Ends the line after the outermost value. */
void json_finish(void);

#endif
