/* Reads a table from a file in any of the known formats. */
#ifndef NTK_CLI_READ_TABLE_H
#define NTK_CLI_READ_TABLE_H

#include "src/cli/labels.h"
#include "src/cli/source.h"
#include "src/cli/table.h"

/* In the order of READ_FORMAT_WORDS. */
enum read_format { FORMAT_AUTO, FORMAT_CSV, FORMAT_NPY, FORMAT_IDX, FORMAT_LIBSVM };
#define READ_FORMAT_WORDS "auto|csv|npy|idx|libsvm"

/* In the order of READ_HEADER_WORDS. */
enum read_header { HEADER_AUTO, HEADER_YES, HEADER_NO };
#define READ_HEADER_WORDS "auto|yes|no"

/* In the order of READ_DELIMITER_WORDS. */
enum read_delimiter { DELIMITER_AUTO, DELIMITER_COMMA, DELIMITER_SEMICOLON, DELIMITER_TAB, DELIMITER_BLANK };
#define READ_DELIMITER_WORDS "auto|comma|semicolon|tab|blank"

/* Which column holds the label: counted from 1, or one of these; or the column of that name, if it is not NULL. */
enum { LABEL_COLUMN_NONE = 0, LABEL_COLUMN_LAST = -1 };

struct column_choice {
    int64_t number;
    const char *name;
};

struct read_request {
    const char *path;
    int format;                 /* enum read_format */
    int header;                 /* enum read_header */
    int delimiter;              /* enum read_delimiter */
    int64_t limit;              /* the most rows to take; 0 for all */
    bool count_all;             /* count the rows behind the limit too */
    struct column_choice label; /* of CSV and NPY; in LIBSVM it is always the first entry, and IDX has none */
    bool drop_label;            /* nobody looks at the labels, so that they may be anything */
    int64_t features;           /* a CSV or NPY table of just this many columns has no label column; 0 if unknown */
    struct labels *labels;      /* receives labels that are texts */
};

/* Fills *table, to be freed with table_free() in any case. Returns an exit code. */
int read_table(const struct read_request *request, struct table *table);

/* Sets table->label_column by the request; columns and names of the table are known. Returns an exit code. */
int read_label_column(const struct read_request *request, struct table *table);

/* The readers of the formats: they fill values, count, rows, columns, format and integers; that of
 * CSV also names and label_column. */
int read_csv(struct source *source, const struct read_request *request, struct table *table);
int read_npy(struct source *source, const struct read_request *request, struct table *table);
int read_idx(struct source *source, const struct read_request *request, struct table *table);
int read_libsvm(struct source *source, const struct read_request *request, struct table *table);

#endif
