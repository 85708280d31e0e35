/* UTF-8 as RFC 3629 has it: the shortest form, no surrogates, at most U+10FFFF. */
#ifndef NTKI_UTF8_H
#define NTKI_UTF8_H

#include <stdint.h>

/* The number of bytes of the character that `text` begins with, of which `size` > 0 bytes may be read; 0 for none. */
int64_t ntki_utf8_length(const char *text, int64_t size);

/* Writes the character; returns its number of bytes, 1 to 4. */
int64_t ntki_utf8_write(uint32_t character, char *out);

#endif
