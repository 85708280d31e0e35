/* Tables in text: one row a line, fields between commas, semicolons, tabs or blanks, an optional header line. Every
 * field is a finite number, but for the label column, which may hold texts. */
#include <math.h>
#include <stdio.h>
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
    int64_t left_out;   /* a row that was looked at for the header's sake, behind the limit */
    bool named;         /* a header line was read */
};

static bool is_number(const struct field *field) {
    double value = 0.0;
    return number_parse(field->text, field->length, &value);
}

/* Whether a field would be a number if its only comma were a point. */
static bool has_decimal_comma(const struct field *field) {
    char *comma = memchr(field->text, ',', field->length);
    double value = 0.0;
    if (!comma)
        return false;
    *comma = '.';
    const bool number = number_parse(field->text, field->length, &value);
    *comma = ',';
    return number;
}

/* Numbers with a decimal comma count: they make a line one of data, though of data that is not read. */
static int64_t count_numbers(const struct fields *fields) {
    int64_t count = 0;
    for (int64_t i = 0; i < fields->count; i++)
        count += is_number(&fields->fields[i]) || has_decimal_comma(&fields->fields[i]);
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

/* A text where a number must be. In the first row it may be a header that was not recognised. */
static int fail_text(const struct csv *csv, int64_t index) {
    const struct field *field = &csv->fields.fields[index];
    char excerpt[EXCERPT_SIZE], advice[80] = "";
    if (csv->table->rows == 0 && !csv->named)
        snprintf(advice, sizeof advice, "; if line %lld is a header, use --header yes", (long long)csv->lines.number);
    return lines_fail(&csv->lines, field->column, "field %lld is '%s', which is not a number%s", (long long)index + 1,
                      text_excerpt(excerpt, field->text, field->length), advice);
}

/* The value of a field. In the label column the first row decides between numbers and texts. */
static int read_field(struct csv *csv, int64_t index, double *value) {
    const struct field *field = &csv->fields.fields[index];
    char excerpt[EXCERPT_SIZE];
    const bool is_label = index == csv->table->label_column;
    if (is_label && csv->request->drop_label) {
        *value = 0.0;
        return DONE;
    }
    const bool number = number_parse(field->text, field->length, value);
    if (field->length == 0)
        return lines_fail(&csv->lines, field->column, "field %lld is empty; every field must hold a value",
                          (long long)index + 1);
    if (!number && has_decimal_comma(field) && !(is_label && field->quoted))
        return lines_fail(&csv->lines, field->column, "field %lld is '%s': decimal commas are not read",
                          (long long)index + 1, text_excerpt(excerpt, field->text, field->length));
    if (is_label) {
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
        return fail_text(csv, index);
    if (!isfinite(*value))
        return lines_fail(&csv->lines, field->column, "field %lld is '%s'; every value must be finite",
                          (long long)index + 1, text_excerpt(excerpt, field->text, field->length));
    return DONE;
}

/* What the first row decides: the number of columns, and which of them is the label. */
static int begin_rows(struct csv *csv) {
    struct table *table = csv->table;
    table->columns = csv->fields.count;
    csv->first_line = csv->lines.number;
    if (table->names.count != table->columns)
        names_free(&table->names); /* nobody can tell which name belongs to which column */
    return read_label_column(csv->request, table);
}

static int append_row(struct csv *csv) {
    struct table *table = csv->table;
    const int64_t count = csv->fields.count;
    int code = table->rows == 0 ? begin_rows(csv) : DONE;
    if (code != DONE)
        return code;
    if (count != table->columns) {
        const int64_t at = count > table->columns ? table->columns : count - 1;
        return lines_fail(&csv->lines, csv->fields.fields[at].column,
                          "the line has %lld fields where line %lld has %lld", (long long)count,
                          (long long)csv->first_line, (long long)table->columns);
    }
    code = table_reserve(table, count);
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

/* The current line names the columns. */
static int take_names(struct csv *csv) {
    csv->named = true;
    return names_read(&csv->table->names, &csv->fields);
}

/* Has a line that was kept taken as a row, or as the header. */
static int take_kept(struct csv *csv, const struct kept_line *kept, int (*take)(struct csv *)) {
    const struct lines current = csv->lines;
    csv->lines.text = kept->text;
    csv->lines.length = kept->length;
    csv->lines.number = kept->number;
    int code = fields_split(&csv->fields, &csv->lines, csv->delimiter);
    if (code == DONE)
        code = take(csv);
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
    /* A line of texts without another one can only be data where it is just a label. */
    const bool one_label = csv->fields.count == 1 && csv->request->label.number != LABEL_COLUMN_NONE;
    const bool header = more ? count_numbers(&csv->fields) > 0 : !one_label;
    if (code == DONE)
        code = take_kept(csv, first, header ? take_names : append_row);
    if (code == DONE && more && csv->request->limit == csv->table->rows && csv->table->rows > 0)
        csv->left_out = 1;
    else if (code == DONE && more)
        code = take_kept(csv, &second, append_row);
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
    if (csv->request->header == HEADER_YES) {
        code = fields_split(&csv->fields, &csv->lines, csv->delimiter);
        return code == DONE ? take_names(csv) : code;
    }
    struct kept_line first;
    if (!keep_line(&csv->lines, &first))
        return fail_memory("reading a line");
    code = fields_split(&csv->fields, &csv->lines, csv->delimiter);
    if (code == DONE && (csv->request->header == HEADER_NO || count_numbers(&csv->fields) > 0))
        code = take_kept(csv, &first, append_row);
    else if (code == DONE)
        code = decide_header(csv, &first);
    free(first.text);
    return code;
}

int read_csv(struct source *source, const struct read_request *request, struct table *table) {
    struct csv csv = {.request = request, .table = table};
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
    table->available = table->rows + csv.left_out;
    while (code == DONE && more && request->count_all) {
        code = lines_next(&csv.lines, &more);
        table->available += code == DONE && more;
    }
    if (code == DONE && table->rows == 0 && csv.named)
        code = fail(INPUT_ERROR, "%s: there is only a header line, no rows", table->path);
    fields_free(&csv.fields);
    lines_free(&csv.lines);
    return code;
}
