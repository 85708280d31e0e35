/* LIBSVM's sparse text: `label index:value index:value ...` a line, indices from 1, in increasing order; what is
 * missing is 0. The table gets the label in column 0 and feature j in column j. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"
#include "src/cli/lines.h"
#include "src/cli/number.h"
#include "src/cli/read_table.h"

struct entry {
    int64_t column; /* 0 for the label, which also begins a row */
    double value;
};

struct sparse {
    struct entry *entries;
    int64_t count, capacity;
    int64_t rows, features;
};

static bool add_entry(struct sparse *sparse, int64_t column, double value) {
    if (sparse->count == sparse->capacity) {
        const int64_t capacity = sparse->capacity ? 2 * sparse->capacity : 1024;
        struct entry *entries = realloc(sparse->entries, (size_t)capacity * sizeof *entries);
        if (!entries)
            return false;
        sparse->entries = entries;
        sparse->capacity = capacity;
    }
    sparse->entries[sparse->count++] = (struct entry){column, value};
    return true;
}

/* A finite number at [begin, end) of the line. */
static int parse_value(const struct lines *lines, size_t begin, size_t end, const char *what, double *value) {
    char excerpt[EXCERPT_SIZE];
    if (number_parse(lines->text + begin, end - begin, value) && isfinite(*value))
        return DONE;
    return lines_fail(lines, begin, "the %s '%s' is not a finite number", what,
                      text_excerpt(excerpt, lines->text + begin, end - begin));
}

/* `index:value` at [begin, end) of the line. */
static int parse_entry(const struct lines *lines, size_t begin, size_t end, int64_t previous, struct entry *entry) {
    const char *text = lines->text + begin;
    char excerpt[EXCERPT_SIZE];
    const char *colon = memchr(text, ':', end - begin);
    if (!colon || !integer_parse(text, (size_t)(colon - text), &entry->column))
        return lines_fail(lines, begin, "'%s' is not of the form index:value",
                          text_excerpt(excerpt, text, end - begin));
    if (entry->column < 1)
        return lines_fail(lines, begin, "the index %lld is out of range: the first feature has index 1",
                          (long long)entry->column);
    if (entry->column <= previous)
        return lines_fail(lines, begin, "the index %lld follows %lld: indices must increase along a line",
                          (long long)entry->column, (long long)previous);
    return parse_value(lines, begin + (size_t)(colon - text) + 1, end, "value", &entry->value);
}

static int parse_line(const struct lines *lines, struct sparse *sparse) {
    int64_t previous = -1; /* no label yet */
    for (size_t i = 0; i < lines->length;) {
        i += strspn(lines->text + i, " \t");
        const size_t end = i + strcspn(lines->text + i, " \t");
        if (end == i)
            break;
        struct entry entry = {0, 0.0};
        const int code = previous < 0 ? parse_value(lines, i, end, "label", &entry.value)
                                      : parse_entry(lines, i, end, previous, &entry);
        if (code != DONE)
            return code;
        if (!add_entry(sparse, entry.column, entry.value))
            return fail_memory("reading a sparse table");
        previous = entry.column;
        i = end;
    }
    if (previous > sparse->features)
        sparse->features = previous;
    sparse->rows++;
    return DONE;
}

static int make_dense(const char *path, const struct sparse *sparse, struct table *table) {
    table->stored = sparse->count;
    if (!table_may_fill(table, sparse->rows, sparse->features))
        return fail(INPUT_ERROR,
                    "%s: the largest index, %lld, would make a table of %lld x %lld from %lld numbers in the file",
                    path, (long long)sparse->features, (long long)sparse->rows, (long long)sparse->features,
                    (long long)sparse->count);
    const int64_t columns = sparse->features + 1;
    const int64_t total = sparse->rows * columns;
    const int code = table_reserve(table, total);
    if (code != DONE)
        return code;
    for (int64_t i = 0; i < total; i++)
        table->values[i] = 0.0;
    int64_t row = -1;
    for (int64_t i = 0; i < sparse->count; i++) {
        const struct entry *entry = &sparse->entries[i];
        row += entry->column == 0;
        table->values[row * columns + entry->column] = entry->value;
    }
    table->rows = sparse->rows;
    table->columns = columns;
    table->count = total;
    return DONE;
}

int read_libsvm(struct source *source, const struct read_request *request, struct table *table) {
    struct lines lines;
    struct sparse sparse = {0};
    lines_begin(&lines, source);
    table->format = "LIBSVM";
    int code = DONE;
    bool more = true;
    while (code == DONE && more && !(request->limit > 0 && sparse.rows >= request->limit)) {
        code = lines_next(&lines, &more);
        if (code == DONE && more)
            code = parse_line(&lines, &sparse);
    }
    table->available = sparse.rows;
    while (code == DONE && more && request->count_all) {
        code = lines_next(&lines, &more);
        table->available += code == DONE && more;
    }
    if (code == DONE && sparse.rows > 0)
        code = make_dense(source_path(source), &sparse, table);
    free(sparse.entries);
    lines_free(&lines);
    return code;
}
