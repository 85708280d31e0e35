/* Eight bytes a step: table[k][b] is what byte b adds when k more bytes follow it. */
#include "lib/checksum/crc64.h"

static const uint64_t polynomial = UINT64_C(0xc96c5795d7870f42);

void ntki_crc64_start(ntki_crc64 *crc) {
    for (uint64_t byte = 0; byte < 256; byte++) {
        uint64_t value = byte;
        for (int bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
        crc->table[0][byte] = value;
    }
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++) {
            const uint64_t before = crc->table[k - 1][byte];
            crc->table[k][byte] = crc->table[0][before & 0xff] ^ before >> 8;
        }
    crc->state = UINT64_MAX;
}

static uint64_t step(const ntki_crc64 *crc, uint64_t state, const unsigned char *bytes) {
    uint64_t next = 0;
    for (int i = 0; i < 8; i++)
        next ^= crc->table[7 - i][(state >> (8 * i) & 0xff) ^ bytes[i]];
    return next;
}

void ntki_crc64_add(ntki_crc64 *crc, size_t size, const void *bytes) {
    const unsigned char *at = bytes;
    uint64_t state = crc->state;
    for (; size >= 8; size -= 8, at += 8)
        state = step(crc, state, at);
    for (; size > 0; size--, at++)
        state = crc->table[0][(state & 0xff) ^ *at] ^ state >> 8;
    crc->state = state;
}

uint64_t ntki_crc64_value(const ntki_crc64 *crc) { return ~crc->state; }
