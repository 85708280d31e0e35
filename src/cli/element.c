/* Binary numbers. See element.h. */
#include "src/cli/element.h"

#include <string.h>

#include "src/cli/failure.h"

enum { CHUNK = 2048 }; /* elements converted at a time */

bool sizes_multiply(int64_t a, int64_t b, int64_t *product) {
    if (a > 0 && b > INT64_MAX / a)
        return false;
    *product = a * b;
    return true;
}

static uint64_t assemble(const unsigned char *bytes, const struct element *element) {
    uint64_t bits = 0;
    for (int i = 0; i < element->size; i++) {
        const int position = element->big_endian ? i : element->size - 1 - i;
        bits = bits << 8 | bytes[position];
    }
    return bits;
}

static double convert_float(uint64_t bits, int size) {
    if (size == 4) {
        const uint32_t half = (uint32_t)bits;
        float value;
        memcpy(&value, &half, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double convert(const unsigned char *bytes, const struct element *element) {
    const uint64_t bits = assemble(bytes, element);
    if (element->kind == ELEMENT_FLOAT)
        return convert_float(bits, element->size);
    if (element->kind == ELEMENT_UNSIGNED)
        return (double)bits;
    const uint64_t sign = UINT64_C(1) << (8 * element->size - 1);
    if (!(bits & sign))
        return (double)bits;
    /* Two's complement: -(magnitude), where the magnitude is the distance to 2^(8 size). */
    const uint64_t mask = sign | (sign - 1);
    return -(double)((~bits & mask) + 1);
}

int element_read(struct source *source, const struct element *element, int64_t count, struct table *table) {
    unsigned char bytes[CHUNK * 8];
    double values[CHUNK];
    while (count > 0) {
        const int64_t part = count < CHUNK ? count : CHUNK;
        int code = source_read(source, bytes, (size_t)(part * element->size), "its data");
        if (code != DONE)
            return code;
        for (int64_t i = 0; i < part; i++)
            values[i] = convert(bytes + i * element->size, element);
        code = table_append(table, part, values);
        if (code != DONE)
            return code;
        count -= part;
    }
    return DONE;
}

int element_check_claim(const struct source *source, const struct element *element, int64_t claimed) {
    const int64_t remaining = source_remaining(source);
    int64_t bytes = 0;
    if (!sizes_multiply(claimed, element->size, &bytes))
        return fail(INPUT_ERROR, "%s: offset %lld: the header claims more data than a file can hold",
                    source_path(source), (long long)source_offset(source));
    if (remaining >= 0 && bytes > remaining)
        return fail(INPUT_ERROR, "%s: offset %lld: the header claims %lld bytes of data, and the file has %lld",
                    source_path(source), (long long)source_offset(source), (long long)bytes, (long long)remaining);
    return DONE;
}

int element_skip(struct source *source, const struct element *element, int64_t count) {
    unsigned char bytes[CHUNK * 8];
    while (count > 0) {
        const int64_t part = count < CHUNK ? count : CHUNK;
        const int code = source_read(source, bytes, (size_t)(part * element->size), "its data");
        if (code != DONE)
            return code;
        count -= part;
    }
    return DONE;
}

int element_expect_end(struct source *source) {
    const unsigned char *bytes = NULL;
    size_t count = 0;
    const int code = source_peek(source, &bytes, &count);
    if (code != DONE || count == 0)
        return code;
    return fail(INPUT_ERROR, "%s: offset %lld: the file goes on after the data that its header announces",
                source_path(source), (long long)source_offset(source));
}
