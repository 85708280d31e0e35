/* NPY, versions 1 to 3: "\x93NUMPY", the version, the length of the header, the header (a Python dictionary with the
 * keys descr, fortran_order and shape), then the data. The first dimension counts the rows; the others are flattened in
 * C order; one dimension makes one column. */
#include <stdlib.h>
#include <string.h>

#include "src/cli/element.h"
#include "src/cli/failure.h"
#include "src/cli/number.h"
#include "src/cli/read_table.h"

enum { MOST_DIMENSIONS = 32, LONGEST_HEADER = 1 << 16 };

struct npy_header {
    struct element element;
    bool fortran;
    int dimensions;
    int64_t shape[MOST_DIMENSIONS];
};

static int fail_header(const struct source *source, const char *reason) {
    return fail(INPUT_ERROR, "%s: offset %lld: the NPY header %s", source_path(source),
                (long long)source_offset(source), reason);
}

/* The text after `'key':`, or NULL. */
static const char *find_key(const char *header, const char *key) {
    const size_t length = strlen(key);
    for (const char *at = strstr(header, key); at; at = strstr(at + 1, key)) {
        const bool quoted = at > header && (at[-1] == '\'' || at[-1] == '"') && at[length] == at[-1];
        if (!quoted)
            continue;
        const char *colon = at + length + 1;
        colon += strspn(colon, " ");
        if (*colon == ':')
            return colon + 1 + strspn(colon + 1, " ");
    }
    return NULL;
}

static bool parse_type(const char *text, struct element *element) {
    static const struct {
        char name[3];
        enum element_kind kind;
        int size;
    } types[] = {{"f4", ELEMENT_FLOAT, 4},    {"f8", ELEMENT_FLOAT, 8},    {"i1", ELEMENT_SIGNED, 1},
                 {"i2", ELEMENT_SIGNED, 2},   {"i4", ELEMENT_SIGNED, 4},   {"i8", ELEMENT_SIGNED, 8},
                 {"b1", ELEMENT_UNSIGNED, 1}, {"u1", ELEMENT_UNSIGNED, 1}, {"u2", ELEMENT_UNSIGNED, 2},
                 {"u4", ELEMENT_UNSIGNED, 4}, {"u8", ELEMENT_UNSIGNED, 8}};
    const char quote = text[0];
    if ((quote != '\'' && quote != '"') || text[1] == '\0' || !strchr("<>|", text[1]))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strncmp(text + 2, types[i].name, 2) == 0 && text[4] == quote) {
            *element = (struct element){types[i].kind, types[i].size, text[1] == '>'};
            return text[1] != '|' || types[i].size == 1;
        }
    return false;
}

/* "(3, 4)", "(3,)". */
static bool parse_shape(const char *text, struct npy_header *header) {
    if (*text++ != '(')
        return false;
    for (header->dimensions = 0; header->dimensions < MOST_DIMENSIONS; header->dimensions++) {
        text += strspn(text, " ");
        if (*text == ')')
            return true;
        const size_t digits = strspn(text, "0123456789");
        if (!integer_parse(text, digits, &header->shape[header->dimensions]))
            return false;
        text += digits + strspn(text + digits, " L");
        if (*text == ',')
            text++;
        else if (*text != ')')
            return false;
    }
    return false;
}

static int parse_header(const struct source *source, const char *text, struct npy_header *header) {
    const char *type = find_key(text, "descr");
    const char *order = find_key(text, "fortran_order");
    const char *shape = find_key(text, "shape");
    if (!type || !order || !shape)
        return fail_header(source, "lacks one of descr, fortran_order and shape");
    if (!parse_type(type, &header->element))
        return fail_header(source, "announces a type that is not read; read are f4, f8, i1 to i8, u1 to u8 and bool");
    header->fortran = strncmp(order, "True", 4) == 0;
    if (!header->fortran && strncmp(order, "False", 5) != 0)
        return fail_header(source, "has a fortran_order that is neither True nor False");
    if (!parse_shape(shape, header))
        return fail_header(source, "has a shape that cannot be understood");
    return DONE;
}

static int read_header(struct source *source, struct npy_header *header) {
    unsigned char magic[8], length_bytes[4] = {0};
    int code = source_read(source, magic, sizeof magic, "its header");
    if (code != DONE)
        return code;
    if (memcmp(magic, "\x93NUMPY", 6) != 0)
        return fail(INPUT_ERROR, "%s: offset 0: this is not an NPY file", source_path(source));
    if (magic[6] < 1 || magic[6] > 3)
        return fail_header(source, "has an unknown version; 1, 2 and 3 are read");
    code = source_read(source, length_bytes, magic[6] == 1 ? 2 : 4, "its header");
    if (code != DONE)
        return code;
    const uint32_t length = (uint32_t)length_bytes[0] | (uint32_t)length_bytes[1] << 8 |
                            (uint32_t)length_bytes[2] << 16 | (uint32_t)length_bytes[3] << 24;
    if (length > LONGEST_HEADER)
        return fail_header(source, "claims to be longer than 65536 bytes");
    char *text = calloc((size_t)length + 1, 1);
    if (!text)
        return fail_memory("reading an NPY header");
    code = source_read(source, text, length, "its header");
    if (code == DONE)
        code = parse_header(source, text, header);
    free(text);
    return code;
}

/* rows x columns, and that they are neither empty nor more than the file can hold. */
static int check_shape(struct source *source, const struct npy_header *header, struct table *table) {
    if (header->dimensions == 0)
        return fail_header(source, "announces a single number, not a table");
    int64_t claimed = 0;
    table->rows = header->shape[0];
    table->columns = 1;
    bool fits = true, empty = table->rows == 0;
    for (int i = 1; i < header->dimensions; i++) {
        empty = empty || header->shape[i] == 0;
        fits = fits && sizes_multiply(table->columns, header->shape[i], &table->columns);
    }
    if (empty)
        return fail_header(source, "announces an empty table");
    if (!fits || !sizes_multiply(table->rows, table->columns, &claimed))
        return fail_header(source, "claims more data than a file can hold");
    return element_check_claim(source, &header->element, claimed);
}

/* Where the column that is stored as number `stored` in Fortran order belongs when the dimensions after the first are
 * flattened in C order. */
static int64_t column_in_c_order(const struct npy_header *header, int64_t stored) {
    int64_t index[MOST_DIMENSIONS] = {0};
    int64_t column = 0;
    for (int i = 1; i < header->dimensions; i++) {
        index[i] = stored % header->shape[i];
        stored /= header->shape[i];
    }
    for (int i = 1; i < header->dimensions; i++)
        column = column * header->shape[i] + index[i];
    return column;
}

/* Fortran order: whole columns, of which the first `rows` entries are kept. */
static int read_columns(struct source *source, const struct npy_header *header, int64_t rows, struct table *table) {
    struct table transposed = {.path = table->path};
    int code = DONE;
    for (int64_t j = 0; code == DONE && j < table->columns; j++) {
        code = element_read(source, &header->element, rows, &transposed);
        if (code == DONE)
            code = element_skip(source, &header->element, header->shape[0] - rows);
    }
    if (code == DONE)
        code = table_reserve(table, rows * table->columns);
    for (int64_t j = 0; code == DONE && j < table->columns; j++) {
        const int64_t column = column_in_c_order(header, j);
        for (int64_t i = 0; i < rows; i++)
            table->values[i * table->columns + column] = transposed.values[j * rows + i];
    }
    if (code == DONE)
        table->count = rows * table->columns;
    table_free(&transposed);
    return code;
}

int read_npy(struct source *source, const struct read_request *request, struct table *table) {
    struct npy_header header = {0};
    table->format = "NPY";
    int code = read_header(source, &header);
    if (code == DONE)
        code = check_shape(source, &header, table);
    if (code != DONE)
        return code;
    table->integers = header.element.kind != ELEMENT_FLOAT;
    table->available = table->rows;
    const bool all = request->limit == 0 || request->limit >= table->rows;
    const bool by_column = header.fortran && header.dimensions > 1;
    const int64_t rows = all ? table->rows : request->limit;
    if (by_column)
        code = read_columns(source, &header, rows, table);
    else
        code = element_read(source, &header.element, rows * table->columns, table);
    table->rows = rows;
    return code == DONE && (all || by_column) ? element_expect_end(source) : code;
}
