/* IDX (the format of MNIST): two zero bytes, a type, the number of dimensions, the dimensions as 4-byte big-endian
 * integers, then the data, big-endian, in C order. The first dimension counts the rows; the others are flattened. */
#include "src/cli/element.h"
#include "src/cli/failure.h"
#include "src/cli/read_table.h"

static bool find_type(unsigned char code, struct element *element) {
    static const struct {
        unsigned char code;
        enum element_kind kind;
        int size;
    } types[] = {{0x08, ELEMENT_UNSIGNED, 1}, {0x09, ELEMENT_SIGNED, 1}, {0x0b, ELEMENT_SIGNED, 2},
                 {0x0c, ELEMENT_SIGNED, 4},   {0x0d, ELEMENT_FLOAT, 4},  {0x0e, ELEMENT_FLOAT, 8}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].code == code) {
            *element = (struct element){types[i].kind, types[i].size, true};
            return true;
        }
    return false;
}

static int read_dimensions(struct source *source, int dimensions, int64_t *rows, int64_t *columns) {
    *rows = 0;
    *columns = 1;
    for (int i = 0; i < dimensions; i++) {
        unsigned char bytes[4];
        const int code = source_read(source, bytes, sizeof bytes, "its header");
        if (code != DONE)
            return code;
        const int64_t size = (int64_t)bytes[0] << 24 | (int64_t)bytes[1] << 16 | (int64_t)bytes[2] << 8 | bytes[3];
        if (size == 0)
            return fail(INPUT_ERROR, "%s: offset %lld: dimension %d is 0: the table is empty", source_path(source),
                        (long long)source_offset(source) - 4, i + 1);
        if (i == 0)
            *rows = size;
        else if (!sizes_multiply(*columns, size, columns))
            return fail(INPUT_ERROR, "%s: offset %lld: the dimensions are larger than any file", source_path(source),
                        (long long)source_offset(source) - 4);
    }
    return DONE;
}

int read_idx(struct source *source, const struct read_request *request, struct table *table) {
    unsigned char magic[4];
    struct element element;
    int code = source_read(source, magic, sizeof magic, "its header");
    if (code != DONE)
        return code;
    if (magic[0] != 0 || magic[1] != 0 || magic[3] == 0 || !find_type(magic[2], &element))
        return fail(INPUT_ERROR, "%s: offset 0: this is not an IDX file: its first bytes are %02x %02x %02x %02x",
                    source_path(source), (unsigned)magic[0], (unsigned)magic[1], (unsigned)magic[2],
                    (unsigned)magic[3]);
    code = read_dimensions(source, magic[3], &table->rows, &table->columns);
    if (code != DONE)
        return code;
    int64_t claimed = 0;
    if (!sizes_multiply(table->rows, table->columns, &claimed))
        return fail(INPUT_ERROR, "%s: offset 4: the dimensions are larger than any file", source_path(source));
    code = element_check_claim(source, &element, claimed);
    if (code != DONE)
        return code;
    table->format = "IDX";
    table->integers = element.kind != ELEMENT_FLOAT;
    table->available = table->rows;
    const bool all = request->limit == 0 || request->limit >= table->rows;
    if (!all)
        table->rows = request->limit;
    code = element_read(source, &element, table->rows * table->columns, table);
    return code == DONE && all ? element_expect_end(source) : code;
}
