/* Targets. See targets.h. */
#include "src/cli/targets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"
#include "src/cli/number.h"

enum { MOST_GUESSED_CLASSES = 100 };

#define OR_REGRESSION "or --task regression if these are numbers to be fitted"

/* Beyond 2^53 neighbouring integers are the same double, so two classes could be taken for one. */
static bool is_class_number(double value) {
    const double largest = 9007199254740992.0;
    return fabs(value) <= largest && !(value < floor(value)) && !(value > floor(value));
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The different values among the labels, increasing, in a new array. */
static double *find_distinct(const struct dataset *dataset, int64_t *count) {
    const int64_t rows = dataset->features.rows;
    double *values = malloc((size_t)rows * sizeof(double));
    if (!values)
        return NULL;
    memcpy(values, dataset->labels, (size_t)rows * sizeof(double));
    qsort(values, (size_t)rows, sizeof(double), compare);
    *count = 0;
    for (int64_t i = 0; i < rows; i++)
        if (i == 0 || values[i] > values[*count - 1])
            values[(*count)++] = values[i];
    return values;
}

/* The row whose label cannot be a class, or -1. */
static int64_t find_odd_label(const struct dataset *dataset) {
    for (int64_t i = 0; i < dataset->features.rows; i++)
        if (!is_class_number(dataset->labels[i]))
            return i;
    return -1;
}

static bool guess_classification(const struct dataset *train, int64_t distinct) {
    if (train->label_columns != 1)
        return false;
    if (train->text_labels || train->integer_labels)
        return true;
    return find_odd_label(train) < 0 && distinct <= MOST_GUESSED_CLASSES && 2 * distinct <= train->features.rows;
}

/* --classes C: the classes are 0 ... C - 1, whether or not all of them occur. */
static int number_classes(int64_t wanted, const struct dataset *train, struct targets *targets) {
    const double *found = targets->values;
    if (targets->texts && wanted != targets->outputs)
        return fail(INPUT_ERROR, "%s: there are %lld different labels, and --classes says %lld", train->label_path,
                    (long long)targets->outputs, (long long)wanted);
    if (targets->texts)
        return DONE;
    if (found[0] < 0.0 || found[targets->outputs - 1] >= (double)wanted)
        return fail(INPUT_ERROR, "%s: with --classes %lld labels must be 0 to %lld, and one is %.17g; " OR_REGRESSION,
                    train->label_path, (long long)wanted, (long long)wanted - 1,
                    found[0] < 0.0 ? found[0] : found[targets->outputs - 1]);
    double *values = malloc((size_t)wanted * sizeof(double));
    if (!values)
        return fail_memory("numbering classes");
    for (int64_t i = 0; i < wanted; i++)
        values[i] = (double)i;
    free(targets->values);
    targets->values = values;
    targets->outputs = wanted;
    return DONE;
}

static int decide_classes(const struct target_settings *settings, const struct dataset *train,
                          struct targets *targets) {
    if (train->label_columns != 1)
        return fail(INPUT_ERROR, "%s: classification takes one column of labels, and there are %lld", train->label_path,
                    (long long)train->label_columns);
    const int64_t odd = find_odd_label(train);
    if (odd >= 0)
        return fail(INPUT_ERROR,
                    "%s: row %lld: the label %.17g is not an integer, as classification needs; " OR_REGRESSION,
                    train->label_path, (long long)odd + 1, train->labels[odd]);
    const int64_t most = train->features.rows; /* one class a row, for a start */
    if (settings->classes > INT32_MAX || (settings->classes > most && settings->classes > 1000000))
        return fail(USAGE_ERROR, "--classes %lld is far more than there are training rows",
                    (long long)settings->classes);
    const int code = settings->classes ? number_classes(settings->classes, train, targets) : DONE;
    targets->offset = isnan(settings->offset) ? 1.0 / (double)targets->outputs : settings->offset;
    return code;
}

/* The means of the training targets, or zeros. */
static int decide_center(const struct target_settings *settings, const struct dataset *train, struct targets *targets) {
    const int64_t c = train->label_columns;
    free(targets->values);
    targets->values = calloc((size_t)c, sizeof(double));
    targets->outputs = c;
    if (!targets->values)
        return fail_memory("preparing targets");
    for (int64_t i = 0; settings->center && i < train->features.rows; i++)
        for (int64_t j = 0; j < c; j++)
            targets->values[j] += train->labels[i * c + j] / (double)train->features.rows;
    return DONE;
}

int targets_decide(const struct target_settings *settings, const struct dataset *train, const struct labels *texts,
                   struct targets *targets) {
    *targets = (struct targets){.outputs = 0};
    if (train->label_columns == 1) {
        targets->values = find_distinct(train, &targets->outputs);
        if (!targets->values)
            return fail_memory("finding the classes");
    }
    targets->classification = settings->task == TASK_CLASSIFICATION ||
                              (settings->task == TASK_AUTO && guess_classification(train, targets->outputs));
    targets->automatic = settings->task == TASK_AUTO;
    if (targets->classification && settings->center)
        return fail_usage("predict", "--center-targets is for regression, and the task is classification%s",
                          targets->automatic ? " (chosen by the labels; --task regression fits them as numbers)" : "");
    if (targets->classification) {
        targets->texts = train->text_labels ? texts : NULL;
        return decide_classes(settings, train, targets);
    }
    if (train->text_labels)
        return fail(INPUT_ERROR, "%s: the labels are texts, and regression needs numbers", train->label_path);
    return decide_center(settings, train, targets);
}

static int64_t find_class(const struct targets *targets, double label) {
    const double *found = bsearch(&label, targets->values, (size_t)targets->outputs, sizeof(double), compare);
    return found ? found - targets->values : -1;
}

static int encode_classes(const struct targets *targets, const struct dataset *dataset, double *y, int64_t *classes) {
    const int64_t c = targets->outputs;
    for (int64_t i = 0; i < dataset->features.rows; i++) {
        classes[i] = find_class(targets, dataset->labels[i]);
        if (classes[i] < 0)
            return fail(INPUT_ERROR,
                        "%s: row %lld: the label %.17g does not occur in the training set; --classes C allows 0 to "
                        "C-1, " OR_REGRESSION,
                        dataset->label_path, (long long)i + 1, dataset->labels[i]);
        for (int64_t j = 0; j < c; j++)
            y[i * c + j] = (j == classes[i] ? 1.0 : 0.0) - targets->offset;
    }
    return DONE;
}

int targets_encode(const struct targets *targets, const struct dataset *dataset, double **y, int64_t **classes) {
    const int64_t rows = dataset->features.rows, c = targets->outputs;
    *y = NULL;
    *classes = NULL;
    if ((targets->texts != NULL) != dataset->text_labels)
        return fail(INPUT_ERROR, "%s: texts and numbers are mixed between the labels of training and test set",
                    dataset->label_path);
    if (dataset->label_columns != (targets->classification ? 1 : c))
        return fail(INPUT_ERROR, "%s: there are %lld columns of labels where the training set has %lld",
                    dataset->label_path, (long long)dataset->label_columns,
                    targets->classification ? 1LL : (long long)c);
    *y = c > INT64_MAX / 16 / rows ? NULL : malloc((size_t)(rows * c) * sizeof(double));
    *classes = *y && targets->classification ? malloc((size_t)rows * sizeof(int64_t)) : NULL;
    if (!*y || (targets->classification && !*classes))
        return fail_memory("preparing targets");
    if (targets->classification)
        return encode_classes(targets, dataset, *y, *classes);
    for (int64_t i = 0; i < rows * c; i++)
        (*y)[i] = dataset->labels[i] - targets->values[i % c];
    return DONE;
}

const char *targets_class_name(const struct targets *targets, int64_t index, char *buffer) {
    return targets->texts ? targets->texts->texts[index] : number_format(buffer, targets->values[index]);
}

void targets_free(struct targets *targets) {
    free(targets->values);
    *targets = (struct targets){.outputs = 0};
}
