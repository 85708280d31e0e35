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

static inline double ntki_get_f64(const unsigned char *bytes) {
    const uint64_t bits = ntki_get_bytes(bytes, 8);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline void ntki_put_f64(unsigned char *bytes, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    ntki_put_bytes(bytes, 8, bits);
}

static inline float ntki_get_f32(const unsigned char *bytes) {
    const uint32_t bits = (uint32_t)ntki_get_bytes(bytes, 4);
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline void ntki_put_f32(unsigned char *bytes, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    ntki_put_bytes(bytes, 4, bits);
}

#endif
