/* Finds out what kind of table a file holds, and has it read. See read_table.h. */
#include "src/cli/read_table.h"

#include <string.h>

#include "src/cli/failure.h"
#include "src/cli/number.h"

static bool ends_with(const char *path, size_t length, const char *ending) {
    const size_t ending_length = strlen(ending);
    return length >= ending_length && strncmp(path + length - ending_length, ending, ending_length) == 0;
}

static enum read_format format_of_name(const char *path) {
    static const struct {
        const char *ending;
        enum read_format format;
    } endings[] = {{".csv", FORMAT_CSV},       {".tsv", FORMAT_CSV},    {".npy", FORMAT_NPY},
                   {".libsvm", FORMAT_LIBSVM}, {".svm", FORMAT_LIBSVM}, {".svmlight", FORMAT_LIBSVM}};
    size_t length = strlen(path);
    if (ends_with(path, length, ".gz"))
        length -= 3;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (ends_with(path, length, endings[i].ending))
            return endings[i].format;
    return FORMAT_AUTO;
}

/* Whether a line begins with a number, blanks and `digits:`, as a line of LIBSVM does. */
static bool looks_like_libsvm(const char *line, size_t length) {
    double label = 0.0;
    size_t i = 0;
    while (i < length && line[i] != ' ' && line[i] != '\t')
        i++;
    if (i == 0 || i == length || !number_parse(line, i, &label))
        return false;
    while (i < length && (line[i] == ' ' || line[i] == '\t'))
        i++;
    const size_t digits = i;
    while (i < length && line[i] >= '0' && line[i] <= '9')
        i++;
    return i > digits && i < length && line[i] == ':';
}

/* Whether one of the first lines is one of LIBSVM. */
static bool begins_with_libsvm(const unsigned char *bytes, size_t count) {
    char start[SOURCE_LOOK_AHEAD + 1];
    const size_t kept = count < SOURCE_LOOK_AHEAD ? count : SOURCE_LOOK_AHEAD;
    memcpy(start, bytes, kept);
    start[kept] = '\0';
    for (const char *line = start; *line;) {
        const size_t length = strcspn(line, "\r\n");
        if (looks_like_libsvm(line, length))
            return true;
        /* A label alone is a row of zeros in LIBSVM, so later lines are looked at too; a comment tells nothing. */
        line += length;
        line += strspn(line, "\r\n");
    }
    return false;
}

static enum read_format guess_format(const char *path, const unsigned char *bytes, size_t count) {
    if (count >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0)
        return FORMAT_NPY;
    if (count >= 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] >= 0x08 && bytes[2] <= 0x0e && bytes[3] > 0)
        return FORMAT_IDX;
    const enum read_format named = format_of_name(path);
    if (named != FORMAT_NPY && begins_with_libsvm(bytes, count))
        return FORMAT_LIBSVM; /* whatever the name: such a line is no row of CSV */
    return named != FORMAT_AUTO ? named : FORMAT_CSV;
}

static int read_as(int format, struct source *source, const struct read_request *request, struct table *table) {
    static int (*const readers[])(struct source *, const struct read_request *, struct table *) = {
        [FORMAT_CSV] = read_csv, [FORMAT_NPY] = read_npy, [FORMAT_IDX] = read_idx, [FORMAT_LIBSVM] = read_libsvm};
    const unsigned char *bytes = NULL;
    size_t count = 0;
    const int code = source_peek(source, &bytes, &count);
    if (code != DONE)
        return code;
    if (format == FORMAT_AUTO)
        format = (int)guess_format(request->path, bytes, count);
    if (format != FORMAT_NPY && count >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
        return fail(INPUT_ERROR, "%s:1:1: this is UTF-16 text; save it as UTF-8", table->path);
    return readers[format](source, request, table);
}

static int find_named_column(const struct read_request *request, struct table *table) {
    const char *name = request->label.name;
    table->label_column = names_find(&table->names, name, 0);
    if (table->label_column >= 0 && names_find(&table->names, name, table->label_column + 1) >= 0)
        return fail(INPUT_ERROR, "%s: more than one column is called '%s'", table->path, name);
    if (table->label_column >= 0 || table->columns == request->features)
        return DONE;
    if (table->names.count == 0)
        return fail(INPUT_ERROR, "%s: no column is called '%s': there is no header line that names the columns",
                    table->path, name);
    char list[NAMES_LIST_SIZE];
    return fail(INPUT_ERROR, "%s: no column is called '%s'; the columns are %s", table->path, name,
                names_list(&table->names, list));
}

int read_label_column(const struct read_request *request, struct table *table) {
    if (request->label.name)
        return find_named_column(request, table);
    if (request->label.number == LABEL_COLUMN_NONE || table->columns == request->features)
        return DONE;
    const int64_t number = request->label.number == LABEL_COLUMN_LAST ? table->columns : request->label.number;
    if (number > table->columns)
        return fail(INPUT_ERROR, "%s: there is no column %lld for the labels: the table has %lld columns", table->path,
                    (long long)number, (long long)table->columns);
    table->label_column = number - 1;
    return DONE;
}

int read_table(const struct read_request *request, struct table *table) {
    struct source *source = NULL;
    *table = (struct table){.path = source_name(request->path), .format = "", .label_column = -1};
    int code = source_open(request->path, &source);
    if (code != DONE)
        return code;
    code = read_as(request->format, source, request, table);
    source_close(source);
    if (code != DONE)
        return code;
    if (table->rows == 0)
        return fail(INPUT_ERROR, "%s: the file holds no rows of data", table->path);
    table_trim(table);
    if (strcmp(table->format, "LIBSVM") == 0)
        table->label_column = 0;
    else if (strcmp(table->format, "NPY") == 0)
        code = read_label_column(request, table);
    return code == DONE ? table_check_finite(table) : code;
}
