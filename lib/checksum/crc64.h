/* CRC-64/XZ: polynomial of ECMA-182, reflected, all ones before and after. Every error within 64 neighbouring bits changes
 * it. */
#ifndef NTKI_CRC64_H
#define NTKI_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* The tables are made at the start of each sum, in microseconds, so that nothing is kept between calls. */
typedef struct {
    uint64_t table[8][256];
    uint64_t state;
} ntki_crc64;

void ntki_crc64_start(ntki_crc64 *crc);
void ntki_crc64_add(ntki_crc64 *crc, size_t size, const void *bytes);

/* Of all bytes since the start; more may be added afterwards. */
uint64_t ntki_crc64_value(const ntki_crc64 *crc);

#endif
