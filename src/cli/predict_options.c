/* The command line of `ntk predict`: options, their checks, help. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"
#include "src/cli/number.h"
#include "src/cli/predict.h"

static const char command[] = "predict";

#define MEMBER(name) offsetof(struct predict_settings, name)
static const struct option data_options[] = {
    {"--train", OPTION_TEXT, MEMBER(train), "FILE", "the training set; needed; '-' is standard input"},
    {"--train-labels", OPTION_TEXT, MEMBER(train_labels), "FILE",
     "its labels or targets, if they are in a file of their own; several columns\n"
     "are several outputs (regression)"},
    {"--test", OPTION_TEXT, MEMBER(test), "FILE",
     "the set to predict; needed. It may lack labels: a CSV or NPY table with just the\n"
     "training set's features is predicted without being judged"},
    {"--test-labels", OPTION_TEXT, MEMBER(test_labels), "FILE", "its labels, likewise"},
    {"--limit-train", OPTION_COUNT, MEMBER(limit_train), "N", "use only the first N training rows"},
    {"--limit-test", OPTION_COUNT, MEMBER(limit_test), "N", "use only the first N test rows"},
};

static const struct option task_options[] = {
    {"--task", OPTION_CHOICE, MEMBER(target.task), TASK_WORDS,
     "auto (default): classification if the training labels are texts or of an integer\n"
     "type (IDX, NPY), or integers with at most 100 different values of which each occurs\n"
     "twice on average; else regression. The report says what was chosen"},
    {"--classes", OPTION_COUNT, MEMBER(target.classes), "C",
     "the classes are 0 to C-1 (default: the different labels of the training set)"},
    {"--offset", OPTION_REAL, MEMBER(target.offset), "V",
     "train on one-hot minus V (default 1/C: with 10 classes 0.9 and -0.1)"},
    {"--center-targets", OPTION_FLAG, MEMBER(target.center), NULL,
     "regression: train on the targets minus their mean; predictions get it back"},
};

static const struct option method_options[] = {
    {"--time", OPTION_TEXT, MEMBER(times), "T[,T...]",
     "training times, each >= 0 or inf (default inf, the end of training); in units\n"
     "where the training outputs f obey df/dt = -(1/n) K (f - y)"},
    {"--ridge", OPTION_NONNEGATIVE, MEMBER(ridge), "R",
     "weight decay R * (learning rate) / n, so that t = inf is kernel ridge regression\n"
     "with K + R I (default 0)"},
    {"--learning-rate", OPTION_POSITIVE, MEMBER(learning_rate), "E", "multiplies the speed of training (default 1)"},
    {"--gp", OPTION_POSITIVE, MEMBER(gp), "S2",
     "instead of training: the posterior of a Gaussian process with noise of variance S2:\n"
     "mean, variance, log evidence"},
};

static const struct option output_options[] = {
    {"--output", OPTION_TEXT, MEMBER(output), "FILE",
     "write the predictions: FILE.csv (with the class where there are classes) or FILE.npy\n"
     "(test rows x outputs; times x rows x outputs for several times; with --gp the\n"
     "variance is the last column)"},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
enum { GROUPS = 7 };

static void make_groups(struct predict_settings *settings, struct option_group groups[GROUPS]) {
    const struct option_group made[GROUPS] = {
        {"Data", data_options, COUNT(data_options), settings},
        {"Reading and preparing features", input_options, input_option_count, &settings->input},
        {"Task", task_options, COUNT(task_options), settings},
        {"Network", network_options, network_option_count, &settings->network},
        {"Method", method_options, COUNT(method_options), settings},
        {"Output", output_options, COUNT(output_options), settings},
        {"Running", session_options, session_option_count, &settings->session}};
    memcpy(groups, made, sizeof made);
}

static const char introduction[] =
    "Usage: ntk predict --train FILE --test FILE [options]\n"
    "\n"
    "Trains the infinitely wide network on one table and predicts another one. No weights\n"
    "are involved: a network of infinite width is its kernel, and its training has a\n"
    "closed form at any time t, the end (t = inf) included.\n"
    "\n"
    "Example: the digits of MNIST, three hidden layers of ReLU, trained to the end\n"
    "  ntk predict --train train-images-idx3-ubyte.gz --train-labels train-labels-idx1-ubyte.gz \\\n"
    "      --test t10k-images-idx3-ubyte.gz --test-labels t10k-labels-idx1-ubyte.gz \\\n"
    "      --limit-train 10000 --scale-pixels --depth 3 --weight-std 1.4142135623730951 --bias-std 0.1\n"
    "Example: a CSV file whose last column is the target, a Gaussian process with noise\n"
    "  ntk predict --train train.csv --test test.csv --standardize --bias-std 0.1 --gp 0.01 \\\n"
    "      --task regression --output posterior.csv\n";

static const char notes[] =
    "\n"
    "Reported for training and test set\n"
    "  accuracy    share of rows whose largest output is that of their class (a tie: the first)\n"
    "  RMSE        root of the mean of (f - y)^2 over rows and outputs; for classes y is the\n"
    "              one-hot row minus the offset\n"
    "and with --gp, for the test set, with Gaussian predictive distributions N(mean,\n"
    "variance + S2) for every output by itself (for classes too: of the one-hot targets)\n"
    "  NLL         mean over rows and outputs of the negative log density of y\n"
    "  coverage    share of the y inside the central 90 % interval; 0.9 is well calibrated\n"
    "Log evidence is log p(y) of the training targets, summed over outputs.\n"
    "\n"
    "In memory there are the n x n kernel matrix of the training set (8 n^2 bytes; about three\n"
    "times that for a finite time) and both tables.\n";

static int fail_times(const char *text, size_t length) {
    return fail_usage(command, "--time takes numbers from 0 up and inf, separated by commas, not '%.*s'", (int)length,
                      text);
}

static int read_times(const char *text, struct predict *run) {
    int64_t count = 1;
    for (const char *c = text; *c; c++)
        count += *c == ',';
    run->times = malloc((size_t)count * sizeof(double));
    if (!run->times)
        return fail_memory("reading the command line");
    for (int64_t i = 0; i < count; i++) {
        const size_t length = strcspn(text, ",");
        if (!number_parse(text, length, &run->times[i]) || !(run->times[i] >= 0.0))
            return fail_times(text, length);
        text += length + 1;
    }
    run->steps = count;
    return DONE;
}

static int check_method(const struct predict_settings *settings) {
    if (settings->target.center && settings->target.task == TASK_CLASSIFICATION)
        return fail_usage(command, "--center-targets is for regression, and --task says classification");
    if (isnan(settings->gp))
        return DONE;
    if (settings->times || !isnan(settings->ridge) || !isnan(settings->learning_rate))
        return fail_usage(command, "--gp excludes --time, --ridge and --learning-rate: nothing is trained");
    return DONE;
}

static int check(struct predict *run) {
    struct predict_settings *settings = &run->settings;
    if (!settings->train || !settings->test)
        return fail_usage(command, "%s FILE is needed", settings->train ? "--test" : "--train");
    if (settings->train_labels && settings->input.label_column)
        return fail_usage(command, "--train-labels and --label-column exclude each other");
    const char *const paths[] = {settings->train, settings->train_labels, settings->test, settings->test_labels};
    int code = input_check_paths(command, COUNT(paths), paths);
    if (code == DONE)
        code = input_check(command, &settings->input, &run->label);
    if (code == DONE)
        code = network_check(command, &settings->network);
    if (code == DONE)
        code = check_method(settings);
    if (code == DONE && settings->output) {
        run->file_format = matrix_format_of(settings->output);
        if (run->file_format == MATRIX_UNKNOWN)
            code = fail_usage(command, "--output takes a name that ends in .csv or .npy, not '%s'", settings->output);
    }
    return code == DONE ? read_times(settings->times ? settings->times : "inf", run) : code;
}

int predict_read_options(int argc, char **argv, struct predict *run, bool *help) {
    struct option_group groups[GROUPS];
    struct predict_settings *settings = &run->settings;
    *settings = (struct predict_settings){.input = input_defaults,
                                          .target = {.offset = NAN},
                                          .network = network_defaults,
                                          .ridge = NAN,
                                          .learning_rate = NAN,
                                          .gp = NAN};
    run->label.number = LABEL_COLUMN_LAST;
    make_groups(settings, groups);
    int code = options_parse(command, groups, GROUPS, argc, argv, help);
    if (code != DONE)
        return code;
    if (*help) {
        fputs(introduction, stdout);
        options_print(groups, GROUPS);
        fputs(notes, stdout);
        return DONE;
    }
    code = check(run);
    if (settings->network.kernel < 0)
        settings->network.kernel = isnan(settings->gp) ? NTK_KERNEL_NTK : NTK_KERNEL_NNGP;
    return code;
}
