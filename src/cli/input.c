/* Reading options and the preparation of features. See input.h. */
#include "src/cli/input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"
#include "src/cli/number.h"

const struct input_settings input_defaults = {.scale = NAN};

#define MEMBER(name) offsetof(struct input_settings, name)
const struct option input_options[] = {
    {"--format", OPTION_CHOICE, MEMBER(format), READ_FORMAT_WORDS,
     "what the input files are; auto (default) looks at their first bytes and names"},
    {"--header", OPTION_CHOICE, MEMBER(header), READ_HEADER_WORDS,
     "whether the first line of a CSV file names the columns; auto (default): it does\n"
     "if it holds no number and the second line holds one"},
    {"--delimiter", OPTION_CHOICE, MEMBER(delimiter), READ_DELIMITER_WORDS,
     "what separates the fields of a CSV file; auto (default): a tab, else a semicolon,\n"
     "else a comma, else blanks, whichever the first line holds"},
    {"--label-column", OPTION_TEXT, MEMBER(label_column), "N|first|last|NAME",
     "the column of a CSV or NPY table that holds the label or target: counted from 1, or\n"
     "its name in the header line"},
    {"--ignore-names", OPTION_FLAG, MEMBER(ignore_names), NULL,
     "go on when the header lines of the two tables name the features differently, or in\n"
     "another order"},
    {"--scale", OPTION_REAL, MEMBER(scale), "S", "multiply all features by S"},
    {"--scale-pixels", OPTION_FLAG, MEMBER(scale_pixels), NULL,
     "divide all features by 255: grey levels of 8 bits become 0 ... 1"},
    {"--standardize", OPTION_FLAG, MEMBER(standardize), NULL,
     "shift and scale each feature to mean 0 and standard deviation 1 over the first table;\n"
     "a feature that is constant there becomes 0"},
};
const size_t input_option_count = sizeof input_options / sizeof input_options[0];

int input_check(const char *command, const struct input_settings *settings, struct column_choice *label) {
    if (!isnan(settings->scale) && settings->scale_pixels)
        return fail_usage(command, "--scale and --scale-pixels exclude each other");
    if (!settings->label_column)
        return DONE;
    return input_read_column(command, "--label-column", settings->label_column, label);
}

int input_read_column(const char *command, const char *option, const char *text, struct column_choice *choice) {
    double value = 0.0;
    int64_t number = 1;
    *choice = (struct column_choice){1, NULL};
    if (strcmp(text, "first") == 0)
        return DONE;
    if (strcmp(text, "last") == 0)
        choice->number = LABEL_COLUMN_LAST;
    else if (integer_parse(text, strlen(text), &number) && number >= 1)
        choice->number = number;
    else if (text[0] == '\0' || number_parse(text, strlen(text), &value))
        return fail_usage(command, "%s takes a number from 1 up, first, last or a name, not '%s'", option, text);
    else
        choice->name = text;
    return DONE;
}

int input_check_paths(const char *command, size_t count, const char *const *paths) {
    int standard = 0;
    for (size_t i = 0; i < count; i++)
        standard += paths[i] && strcmp(paths[i], "-") == 0;
    return standard > 1 ? fail_usage(command, "standard input ('-') can be only one of the files") : DONE;
}

struct read_request input_request(const struct input_settings *settings, const char *path, int64_t limit,
                                  struct labels *labels) {
    return (struct read_request){.path = path,
                                 .format = settings->format,
                                 .header = settings->header,
                                 .delimiter = settings->delimiter,
                                 .limit = limit,
                                 .labels = labels};
}

/* The mean and the standard deviation (dividing by n) of each column, in two passes. */
static void measure_columns(const struct table *table, double *mean, double *deviation) {
    const double n = (double)table->rows;
    for (int64_t j = 0; j < table->columns; j++)
        mean[j] = deviation[j] = 0.0;
    for (int64_t i = 0; i < table->rows; i++)
        for (int64_t j = 0; j < table->columns; j++)
            mean[j] += table->values[i * table->columns + j] / n;
    for (int64_t i = 0; i < table->rows; i++)
        for (int64_t j = 0; j < table->columns; j++) {
            const double difference = table->values[i * table->columns + j] - mean[j];
            deviation[j] += difference * difference / n;
        }
    for (int64_t j = 0; j < table->columns; j++)
        deviation[j] = sqrt(deviation[j]);
}

/* Constant columns are told by comparing, not by a deviation of 0, which rounding of the mean may miss. */
static void mark_constant(const struct table *table, double *deviation) {
    for (int64_t j = 0; j < table->columns; j++) {
        bool constant = true;
        for (int64_t i = 1; constant && i < table->rows; i++)
            constant = !(table->values[i * table->columns + j] < table->values[j]) &&
                       !(table->values[i * table->columns + j] > table->values[j]);
        if (constant)
            deviation[j] = 0.0;
    }
}

static int check_spread(const struct table *table, const double *deviation) {
    for (int64_t j = 0; j < table->columns; j++)
        if (!isfinite(deviation[j]))
            return fail(INPUT_ERROR, "%s: column %lld: the values are too large to be standardised", table->path,
                        (long long)j + 1);
    return DONE;
}

static void standardize(struct table *table, const double *mean, const double *deviation) {
    for (int64_t i = 0; i < table->rows; i++)
        for (int64_t j = 0; j < table->columns; j++) {
            double *value = &table->values[i * table->columns + j];
            *value = deviation[j] > 0.0 ? (*value - mean[j]) / deviation[j] : 0.0;
        }
}

static void scale(struct table *table, const struct input_settings *settings) {
    for (int64_t i = 0; i < table->count; i++)
        table->values[i] = settings->scale_pixels ? table->values[i] / 255.0 : table->values[i] * settings->scale;
}

int input_prepare(const struct input_settings *settings, struct table *first, struct table *second) {
    struct table *const tables[] = {first, second};
    const bool scaled = settings->scale_pixels || !isnan(settings->scale);
    int code = DONE;
    double *mean = NULL;
    if (settings->standardize) {
        mean = malloc(2 * (size_t)first->columns * sizeof(double));
        if (!mean)
            return fail_memory("standardising features");
    }
    for (int i = 0; scaled && i < 2; i++)
        if (tables[i])
            scale(tables[i], settings);
    if (mean) {
        double *deviation = mean + first->columns;
        measure_columns(first, mean, deviation);
        mark_constant(first, deviation);
        code = check_spread(first, deviation);
        for (int i = 0; code == DONE && i < 2; i++)
            if (tables[i])
                standardize(tables[i], mean, deviation);
    }
    free(mean);
    if (code == DONE)
        code = table_check_finite(first);
    return code == DONE && second ? table_check_finite(second) : code;
}
