/* The state of one run of `ntk predict`, shared by its stages: reading, computing (flow or Gaussian process),
 * reporting. */
#ifndef NTK_CLI_PREDICT_H
#define NTK_CLI_PREDICT_H

#include <ntk/ntk.h>

#include "src/cli/dataset.h"
#include "src/cli/input.h"
#include "src/cli/metrics.h"
#include "src/cli/network.h"
#include "src/cli/output_file.h"
#include "src/cli/session.h"
#include "src/cli/stopwatch.h"
#include "src/cli/targets.h"
#include "src/cli/write_matrix.h"

struct predict_settings {
    const char *train, *train_labels, *test, *test_labels, *output;
    int64_t limit_train, limit_test; /* 0: all rows */
    struct input_settings input;
    struct target_settings target;
    struct network_settings network;
    const char *times;    /* NULL if not given */
    double ridge;         /* NaN if not given */
    double learning_rate; /* NaN if not given */
    double gp;            /* the noise variance; NaN for a flow */
    struct session_settings session;
};

/* One row of results: a time of the flow, or the posterior of a Gaussian process. */
struct result {
    double time; /* NaN for a process */
    struct metrics train, test;
};

struct predict {
    struct predict_settings settings;
    struct column_choice label;
    double *times; /* of the flow; not for a process */
    int64_t steps; /* rows of results: the number of times, 1 for a process */
    ntk_context *context;
    ntk_kernel *kernel;
    struct labels labels;
    struct dataset train, test;
    struct targets targets;
    int64_t n, m, d, c;
    double *train_y, *test_y; /* test_y is NULL if the test set has no labels */
    int64_t *train_classes, *test_classes;
    double *outputs;  /* steps x m x c */
    double *variance; /* m; of a process */
    double log_evidence;
    double error_bound;     /* of the kernel values, the largest of all steps */
    struct result *results; /* steps */
    struct stopwatch watch;
    struct output_file file;
    enum matrix_format file_format;
};

/* The computations; each fills outputs and results, and for a process variance and log_evidence. */
int predict_with_flow(struct predict *run);
int predict_with_gp(struct predict *run);

/* Puts the predictions into run->file. */
void predict_write(struct predict *run);

/* Prints the report on stdout. */
void predict_report_text(const struct predict *run);
void predict_report_json(const struct predict *run);

/* Fills the settings from the command line, checks them, and reads the list of times. *help: only help was asked for,
 * and it is printed. */
int predict_read_options(int argc, char **argv, struct predict *run, bool *help);

#endif
