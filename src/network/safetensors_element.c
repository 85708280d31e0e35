/* The types of safetensors. Half precision and bfloat16 are converted by their bits, exactly: every one is a double. */
#include <string.h>

#include "src/network/little_endian.h"
#include "src/network/safetensors.h"

static double get_f64(const unsigned char *bytes) { return ntki_get_f64(bytes); }

static double get_f32(const unsigned char *bytes) { return ntki_get_f32(bytes); }

/* The upper half of a float. */
static double get_bf16(const unsigned char *bytes) {
    const unsigned char whole[] = {0, 0, bytes[0], bytes[1]};
    return ntki_get_f32(whole);
}

/* IEEE 754 binary16: 5 bits of exponent with bias 15, 10 of significand. */
static double get_f16(const unsigned char *bytes) {
    const uint64_t bits = ntki_get_bytes(bytes, 2), sign = bits >> 15, exponent = bits >> 10 & 0x1f,
                   rest = bits & 0x3ff;
    if (exponent == 0)
        return (sign != 0 ? -1.0 : 1.0) * (double)rest * 0x1p-24;
    unsigned char whole[8];
    const uint64_t wide = exponent == 0x1f ? 0x7ff : exponent + 1023 - 15;
    ntki_put_bytes(whole, 8, sign << 63 | wide << 52 | rest << 42);
    return ntki_get_f64(whole);
}

static const ntki_element elements[] = {
    {"F64", 8, get_f64},  {"F32", 4, get_f32},  {"F16", 2, get_f16}, {"BF16", 2, get_bf16}, {"I64", 8, NULL},
    {"U64", 8, NULL},     {"C64", 8, NULL},     {"I32", 4, NULL},    {"U32", 4, NULL},      {"I16", 2, NULL},
    {"U16", 2, NULL},     {"I8", 1, NULL},      {"U8", 1, NULL},     {"BOOL", 1, NULL},     {"F8_E4M3", 1, NULL},
    {"F8_E5M2", 1, NULL}, {"F8_E8M0", 1, NULL},
};

const ntki_element *ntki_element_find(const char *name) {
    for (size_t i = 0; i < sizeof(elements) / sizeof(*elements); i++)
        if (strcmp(elements[i].name, name) == 0)
            return &elements[i];
    return NULL;
}
