/* Tables in text: one row a line, fields between commas, semicolons, tabs or blanks, an optional header line. Every
 * field is a finite number, but for the label column, which may hold texts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"
#include "src/cli/fields.h"
#include "src/cli/number.h"
#include "src/cli/read_table.h"

struct csv {
    const struct read_request *request;
    struct table *table;
    struct lines lines;
    struct fields fields;
    char delimiter;
    int64_t first_line; /* number of the first row's line, for messages */
    int64_t label_column;
};

static bool is_number(const struct field *field) {
    double value = 0.0;
    return number_parse(field->text, field->length, &value);
}

static int64_t count_numbers(const struct fields *fields) {
    int64_t count = 0;
    for (int64_t i = 0; i < fields->count; i++)
        count += is_number(&fields->fields[i]);
    return count;
}

static int label_as_text(struct csv *csv, const struct field *field, double *value) {
    struct labels *labels = csv->request->labels;
    char excerpt[EXCERPT_SIZE];
    int64_t index = labels_find(labels, field->text, field->length);
    if (index < 0 && labels->frozen)
        return lines_fail(&csv->lines, field->column, "the label '%s' does not occur in the training set",
                          text_excerpt(excerpt, field->text, field->length));
    if (index < 0 && labels->count == LABELS_MOST_TEXTS)
        return lines_fail(&csv->lines, field->column, "more than %d different texts in the label column",
                          LABELS_MOST_TEXTS);
    if (index < 0) {
        index = labels->count;
        if (!labels_add(labels, field->text, field->length))
            return fail_memory("reading labels");
    }
    *value = (double)index;
    return DONE;
}

/* The value of a field. In the label column the first row decides between numbers and texts. */
static int read_field(struct csv *csv, int64_t index, double *value) {
    const struct field *field = &csv->fields.fields[index];
    char excerpt[EXCERPT_SIZE];
    const bool number = number_parse(field->text, field->length, value);
    if (field->length == 0)
        return lines_fail(&csv->lines, field->column, "field %lld is empty; every field must hold a value",
                          (long long)index + 1);
    if (index == csv->label_column) {
        struct labels *labels = csv->request->labels;
        if (labels->kind == LABELS_UNKNOWN)
            labels->kind = number ? LABELS_NUMBERS : LABELS_TEXTS;
        csv->table->text_labels = labels->kind == LABELS_TEXTS;
        if (csv->table->text_labels)
            return label_as_text(csv, field, value);
        if (!number)
            return lines_fail(&csv->lines, field->column, "the label '%s' is a text where earlier labels are numbers",
                              text_excerpt(excerpt, field->text, field->length));
    }
    if (!number)
        return lines_fail(&csv->lines, field->column, "field %lld is '%s', which is not a number", (long long)index + 1,
                          text_excerpt(excerpt, field->text, field->length));
    if (!isfinite(*value))
        return lines_fail(&csv->lines, field->column, "field %lld is '%s'; every value must be finite",
                          (long long)index + 1, text_excerpt(excerpt, field->text, field->length));
    return DONE;
}

static int append_row(struct csv *csv) {
    struct table *table = csv->table;
    const int64_t count = csv->fields.count;
    if (table->rows == 0) {
        table->columns = count;
        csv->first_line = csv->lines.number;
        csv->label_column = read_label_column(csv->request, count);
    }
    if (count != table->columns) {
        const int64_t at = count > table->columns ? table->columns : count - 1;
        return lines_fail(&csv->lines, csv->fields.fields[at].column,
                          "the line has %lld fields where line %lld has %lld", (long long)count,
                          (long long)csv->first_line, (long long)table->columns);
    }
    int code = table_reserve(table, count);
    for (int64_t i = 0; code == DONE && i < count; i++)
        code = read_field(csv, i, &table->values[table->count + i]);
    if (code != DONE)
        return code;
    table->count += count;
    table->rows++;
    return DONE;
}

/* The current line, kept while the next one is looked at. */
struct kept_line {
    char *text;
    size_t length;
    int64_t number;
};

static bool keep_line(const struct lines *lines, struct kept_line *kept) {
    *kept = (struct kept_line){malloc(lines->length + 1), lines->length, lines->number};
    if (kept->text)
        memcpy(kept->text, lines->text, lines->length + 1);
    return kept->text != NULL;
}

/* Adds a line that was kept, as a row. */
static int append_kept(struct csv *csv, const struct kept_line *kept) {
    const struct lines current = csv->lines;
    csv->lines.text = kept->text;
    csv->lines.length = kept->length;
    csv->lines.number = kept->number;
    int code = fields_split(&csv->fields, &csv->lines, csv->delimiter);
    if (code == DONE)
        code = append_row(csv);
    csv->lines = current;
    return code;
}

/* A first line without any number is a header if the second line has a number; where it isn't, both are rows. */
static int decide_header(struct csv *csv, const struct kept_line *first) {
    bool more = false;
    int code = lines_next(&csv->lines, &more);
    if (code != DONE)
        return code;
    struct kept_line second = {NULL, 0, 0};
    if (more && !keep_line(&csv->lines, &second))
        return fail_memory("reading a line");
    if (more)
        code = fields_split(&csv->fields, &csv->lines, csv->delimiter);
    const bool header = more && code == DONE && count_numbers(&csv->fields) > 0;
    if (code == DONE && !header)
        code = append_kept(csv, first);
    if (code == DONE && more && !(csv->request->limit == csv->table->rows && csv->table->rows > 0))
        code = append_kept(csv, &second);
    free(second.text);
    return code;
}

static int read_first_lines(struct csv *csv) {
    static const char delimiters[] = {'\0', ',', ';', '\t', ' '};
    bool more = false;
    int code = lines_next(&csv->lines, &more);
    if (code != DONE || !more)
        return code;
    const char asked = delimiters[csv->request->delimiter];
    csv->delimiter = asked ? asked : fields_guess_delimiter(&csv->lines);
    if (csv->request->header == HEADER_YES)
        return DONE;
    struct kept_line first;
    if (!keep_line(&csv->lines, &first))
        return fail_memory("reading a line");
    code = fields_split(&csv->fields, &csv->lines, csv->delimiter);
    if (code == DONE && (csv->request->header == HEADER_NO || count_numbers(&csv->fields) > 0))
        code = append_kept(csv, &first);
    else if (code == DONE)
        code = decide_header(csv, &first);
    free(first.text);
    return code;
}

int read_csv(struct source *source, const struct read_request *request, struct table *table) {
    struct csv csv = {.request = request, .table = table, .label_column = -1};
    lines_begin(&csv.lines, source);
    table->format = "CSV";
    int code = read_first_lines(&csv);
    bool more = code == DONE;
    while (code == DONE && more && !(request->limit > 0 && table->rows >= request->limit)) {
        code = lines_next(&csv.lines, &more);
        if (code == DONE && more)
            code = fields_split(&csv.fields, &csv.lines, csv.delimiter);
        if (code == DONE && more)
            code = append_row(&csv);
    }
    fields_free(&csv.fields);
    lines_free(&csv.lines);
    return code;
}
