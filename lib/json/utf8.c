#include "lib/json/utf8.h"

/* By the first byte: the length, and what the second byte may be. Unicode Standard, table 3-7. */
static const struct {
    unsigned char first, last;
    unsigned char length;
    unsigned char low, high;
} forms[] = {
    {0x00, 0x7f, 1, 0x00, 0x00}, {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

int64_t ntki_utf8_length(const char *text, int64_t size) {
    const unsigned char *const byte = (const unsigned char *)text;
    for (unsigned i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        if (byte[0] < forms[i].first || byte[0] > forms[i].last)
            continue;
        const int64_t length = forms[i].length;
        if (length > size || (length > 1 && (byte[1] < forms[i].low || byte[1] > forms[i].high)))
            return 0;
        for (int64_t k = 2; k < length; k++)
            if ((byte[k] & 0xc0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}

int64_t ntki_utf8_write(uint32_t character, char *out) {
    static const uint32_t most[] = {0x7f, 0x7ff, 0xffff};
    static const unsigned char mark[] = {0x00, 0xc0, 0xe0, 0xf0};
    int64_t extra = 0;
    while (extra < 3 && character > most[extra])
        extra++;
    out[0] = (char)(unsigned char)(mark[extra] | character >> (6 * extra));
    for (int64_t k = 1; k <= extra; k++)
        out[k] = (char)(unsigned char)(0x80 | (character >> (6 * (extra - k)) & 0x3f));
    return extra + 1;
}
