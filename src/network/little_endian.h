/* Numbers in files: little-endian, doubles and floats as IEEE 754 bits, whatever the machine. */
#ifndef NTKI_LITTLE_ENDIAN_H
#define NTKI_LITTLE_ENDIAN_H

#include <stdint.h>
#include <string.h>

static inline uint64_t ntki_get_bytes(const unsigned char *bytes, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static inline void ntki_put_bytes(unsigned char *bytes, int count, uint64_t value) {
    for (int i = 0; i < count; i++)
        bytes[i] = (unsigned char)(value >> (8 * i) & 0xff);
}

#define NTKI_LITTLE_ENDIAN(name, real, word)                               \
    static inline real ntki_get_##name(const unsigned char *bytes) {       \
        const word bits = (word)ntki_get_bytes(bytes, (int)sizeof(word));  \
        real value;                                                        \
        memcpy(&value, &bits, sizeof(value));                              \
        return value;                                                      \
    }                                                                      \
    static inline void ntki_put_##name(unsigned char *bytes, real value) { \
        word bits;                                                         \
        memcpy(&bits, &value, sizeof(bits));                               \
        ntki_put_bytes(bytes, (int)sizeof(word), bits);                    \
    }

NTKI_LITTLE_ENDIAN(f64, double, uint64_t)
NTKI_LITTLE_ENDIAN(f32, float, uint32_t)

#endif
