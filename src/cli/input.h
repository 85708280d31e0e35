/* The options that say how input files are read and how features are prepared, shared by the commands. */
#ifndef NTK_CLI_INPUT_H
#define NTK_CLI_INPUT_H

#include "src/cli/options.h"
#include "src/cli/read_table.h"

struct input_settings {
    int format, header, delimiter; /* see read_table.h */
    const char *label_column;      /* NULL if not given */
    double scale;                  /* NaN if not given */
    bool scale_pixels;
    bool standardize;
    bool ignore_names;
};

extern const struct input_settings input_defaults;
extern const struct option input_options[];
extern const size_t input_option_count;

/* Checks the settings against each other, and reads --label-column into *label (unchanged if it was not given). */
int input_check(const char *command, const struct input_settings *settings, struct column_choice *label);

/* Reads first, last, a number from 1 up, or else a name. `option` is the option that takes it. */
int input_read_column(const char *command, const char *option, const char *text, struct column_choice *choice);

/* At most one of `count` paths (each may be NULL) may be standard input. */
int input_check_paths(const char *command, size_t count, const char *const *paths);

/* A request to read `path` under these settings. */
struct read_request input_request(const struct input_settings *settings, const char *path, int64_t limit,
                                  struct labels *labels);

/* Scales the features of `first` and of `second` (which may be NULL), and standardises both by the mean and the
 * standard deviation of `first`, if asked; a column that is constant in `first` becomes 0 in both. */
int input_prepare(const struct input_settings *settings, struct table *first, struct table *second);

#endif
