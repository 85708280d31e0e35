/* Features and labels of one data set, from one file or from two. */
#ifndef NTK_CLI_DATASET_H
#define NTK_CLI_DATASET_H

#include "src/cli/read_table.h"

struct dataset {
    struct table features;
    double *labels; /* rows x label_columns; NULL if there are none */
    int64_t label_columns;
    const char *label_path;
    bool integer_labels; /* the type in the file is an integer type */
    bool text_labels;    /* they are indices into the list of texts */
};

/* Reads features from request->path and labels from `label_path`; where that is NULL, from the label column of the same
 * file, if it has one. Returns an exit code; *dataset is to be freed in any case. */
int dataset_read(const struct read_request *request, const char *label_path, struct dataset *dataset);

void dataset_free(struct dataset *dataset);

/* Gives two tables the same number of features: a sparse file does not tell how many it has, so the narrower one gets
 * zeros; tables of other formats must agree. Where both have a header, their features must have the same names in the
 * same order, unless these are to be ignored. Returns an exit code. */
int tables_match(struct table *first, struct table *second, bool ignore_names);

#endif
