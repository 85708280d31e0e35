/* Data sets. See dataset.h. */
#include "src/cli/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"

void dataset_free(struct dataset *dataset) {
    table_free(&dataset->features);
    free(dataset->labels);
    *dataset = (struct dataset){0};
}

/* The label column of the features' own file, if it has one. */
static int split_labels(struct dataset *dataset) {
    struct table *table = &dataset->features;
    if (table->label_column < 0)
        return DONE;
    dataset->label_columns = 1;
    dataset->label_path = table->path;
    dataset->integer_labels = table->integers;
    dataset->text_labels = table->text_labels;
    return table_take_column(table, table->label_column, &dataset->labels);
}

static int read_labels(const struct read_request *request, const char *path, struct dataset *dataset) {
    struct read_request label_request = *request;
    struct table table = {0};
    label_request.path = path;
    label_request.count_all = true;
    label_request.features = 0;
    label_request.label = (struct column_choice){LABEL_COLUMN_LAST, NULL};
    int code = read_table(&label_request, &table);
    if (code == DONE && strcmp(table.format, "LIBSVM") == 0)
        code = fail(INPUT_ERROR, "%s: a LIBSVM file holds features with their labels, not labels alone", table.path);
    /* Counted to the ends of both files: a limit must not hide that they do not belong together. */
    if (code == DONE && table.available != dataset->features.available)
        code = fail(INPUT_ERROR,
                    "%s: there are %lld rows of labels for the %lld rows of features in %s (a header of text over "
                    "text labels cannot be told from a label: take it out)",
                    table.path, (long long)table.available, (long long)dataset->features.available,
                    dataset->features.path);
    if (code == DONE) {
        dataset->labels = table.values;
        dataset->label_columns = table.columns;
        dataset->label_path = table.path;
        dataset->integer_labels = table.integers;
        dataset->text_labels = table.text_labels;
        table.values = NULL;
    }
    table_free(&table);
    return code;
}

int dataset_read(const struct read_request *request, const char *label_path, struct dataset *dataset) {
    struct read_request feature_request = *request;
    *dataset = (struct dataset){0};
    feature_request.count_all = label_path != NULL;
    if (label_path)
        feature_request.label = (struct column_choice){LABEL_COLUMN_NONE, NULL};
    int code = read_table(&feature_request, &dataset->features);
    if (code == DONE)
        code = split_labels(dataset);
    if (code == DONE && label_path) {
        free(dataset->labels); /* a LIBSVM file has labels of its own; the other file's count */
        dataset->labels = NULL;
        code = read_labels(request, label_path, dataset);
    }
    if (code == DONE && dataset->features.columns == 0)
        code = fail(INPUT_ERROR, "%s: there are no features beside the label column", dataset->features.path);
    return code;
}

static int match_names(const struct table *first, const struct table *second) {
    char mine[EXCERPT_SIZE], other[EXCERPT_SIZE];
    const int64_t i = names_difference(&first->names, &second->names);
    if (i < 0)
        return DONE;
    const char *name = second->names.names[i], *expected = first->names.names[i];
    return fail(INPUT_ERROR, "%s: feature %lld is called '%s' where %s has '%s'; --ignore-names takes them as equal",
                second->path, (long long)i + 1, text_excerpt(mine, name, strlen(name)), first->path,
                text_excerpt(other, expected, strlen(expected)));
}

int tables_match(struct table *first, struct table *second, bool ignore_names) {
    if (first->columns == second->columns)
        return ignore_names ? DONE : match_names(first, second);
    struct table *narrow = first->columns < second->columns ? first : second;
    const struct table *wide = narrow == first ? second : first;
    if (strcmp(narrow->format, "LIBSVM") == 0)
        return table_widen(narrow, wide->columns);
    return fail(INPUT_ERROR, "%s: %lld features do not match the %lld features of %s", second->path,
                (long long)second->columns, (long long)first->columns, first->path);
}
