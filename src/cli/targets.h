/* From labels to what the network is trained on: one-hot columns for classes, the numbers themselves for regression. */
#ifndef NTK_CLI_TARGETS_H
#define NTK_CLI_TARGETS_H

#include "src/cli/dataset.h"

/* In the order of TASK_WORDS. */
enum task { TASK_AUTO, TASK_CLASSIFICATION, TASK_REGRESSION };
#define TASK_WORDS "auto|classification|regression"

struct target_settings {
    int task;        /* enum task */
    int64_t classes; /* 0 if not given */
    double offset;   /* what is taken from every one-hot entry; NaN for 1/c */
    bool center;     /* regression: train on y minus its mean, and add it to predictions */
};

struct targets {
    bool classification;
    bool automatic;  /* nobody asked for this task */
    int64_t outputs; /* c: classes, or columns of numbers */
    double *values;  /* classification: the label of each class, increasing; regression: what is added to predictions */
    double offset;
    const struct labels *texts; /* the names of the classes; NULL if they are numbers */
};

/* Decides on task, classes and offsets from the training labels. The default task is classification if the labels are
 * texts or of an integer type (IDX, NPY), or integers with at most 100 different values of which each occurs twice on
 * average; else regression. Returns an exit code. */
int targets_decide(const struct target_settings *settings, const struct dataset *train, const struct labels *texts,
                   struct targets *targets);

/* *y (rows x outputs), and for classification *classes (the index of each row's class; NULL for regression): new arrays
 * that the caller frees, in any case. */
int targets_encode(const struct targets *targets, const struct dataset *dataset, double **y, int64_t **classes);

/* The name of class `index`, as it stands in the training labels; it may be written to `buffer`. */
const char *targets_class_name(const struct targets *targets, int64_t index, char *buffer);

void targets_free(struct targets *targets);

#endif
