/* `ntk predict`: trains the infinitely wide network on one table and predicts another. */
#include "src/cli/predict.h"

#include <math.h>
#include <stdlib.h>

#include "src/cli/commands.h"
#include "src/cli/failure.h"
#include "src/cli/notice.h"
#include "src/cli/progress.h"

static int read_training_set(struct predict *run) {
    const struct predict_settings *settings = &run->settings;
    struct read_request request = input_request(&settings->input, settings->train, settings->limit_train, &run->labels);
    request.label = run->label;
    int code = dataset_read(&request, settings->train_labels, &run->train);
    if (code == DONE && !run->train.labels)
        code = fail_usage("predict", "%s has no labels in it: --train-labels is needed", run->train.features.path);
    if (run->labels.kind == LABELS_UNKNOWN)
        run->labels.kind = LABELS_NUMBERS;
    run->labels.frozen = true;
    return code;
}

static int read_test_set(struct predict *run) {
    const struct predict_settings *settings = &run->settings;
    struct read_request request = input_request(&settings->input, settings->test, settings->limit_test, &run->labels);
    request.label = run->label;
    request.features = run->train.features.columns;
    const int code = dataset_read(&request, settings->test_labels, &run->test);
    if (code == DONE && !run->test.labels && !settings->train_labels)
        notice("the test table has no label column: predicted, not judged");
    return code;
}

/* Reads both sets and makes features and targets of them. */
static int prepare(struct predict *run) {
    int code = read_training_set(run);
    if (code == DONE)
        code = read_test_set(run);
    if (code == DONE)
        code = tables_match(&run->train.features, &run->test.features, run->settings.input.ignore_names);
    if (code == DONE)
        code = input_prepare(&run->settings.input, &run->train.features, &run->test.features);
    if (code == DONE)
        code = targets_decide(&run->settings.target, &run->train, &run->labels, &run->targets);
    if (code == DONE)
        code = targets_encode(&run->targets, &run->train, &run->train_y, &run->train_classes);
    if (code == DONE && run->test.labels)
        code = targets_encode(&run->targets, &run->test, &run->test_y, &run->test_classes);
    if (code != DONE)
        return code;
    run->n = run->train.features.rows;
    run->m = run->test.features.rows;
    run->d = run->train.features.columns;
    run->c = run->targets.outputs;
    return DONE;
}

static int make_room(struct predict *run) {
    /* m c fits, since so many targets or labels do; steps is bounded by the length of the command line. */
    if (run->steps > INT64_MAX / 16 / run->c / run->m)
        return fail_memory("making room for predictions");
    run->outputs = malloc((size_t)(run->steps * run->m * run->c) * sizeof(double));
    run->results = calloc((size_t)run->steps, sizeof *run->results);
    return run->outputs && run->results ? DONE : fail_memory("making room for predictions");
}

static int compute(struct predict *run) {
    int code = make_room(run);
    if (code == DONE)
        code = network_create_kernel(run->context, &run->settings.network, run->d, &run->kernel);
    stopwatch_lap(&run->watch, STAGE_READ);
    if (code != DONE)
        return code;
    return isnan(run->settings.gp) ? predict_with_flow(run) : predict_with_gp(run);
}

static int execute(struct predict *run) {
    int code = session_begin(&run->settings.session, &run->context);
    if (code == DONE && run->settings.output)
        code = output_open(&run->file, run->settings.output);
    if (code == DONE)
        code = prepare(run);
    if (code == DONE)
        code = compute(run);
    if (code == DONE && run->settings.output) {
        predict_write(run);
        code = output_commit(&run->file);
    }
    stopwatch_lap(&run->watch, STAGE_WRITE);
    if (code != DONE)
        return code;
    progress_clear();
    if (run->settings.session.json) {
        predict_report_json(run);
        return DONE;
    }
    predict_report_text(run);
    network_hint(&run->settings.network);
    return DONE;
}

static void release(struct predict *run) {
    output_discard(&run->file);
    ntk_kernel_destroy(run->kernel);
    free(run->results);
    free(run->variance);
    free(run->outputs);
    free(run->test_classes);
    free(run->train_classes);
    free(run->test_y);
    free(run->train_y);
    targets_free(&run->targets);
    dataset_free(&run->test);
    dataset_free(&run->train);
    labels_free(&run->labels);
    free(run->times);
    session_end(run->context);
}

int command_predict(int argc, char **argv) {
    struct predict run = {.steps = 0};
    bool help = false;
    stopwatch_begin(&run.watch);
    int code = predict_read_options(argc, argv, &run, &help);
    if (code == DONE && !help)
        code = execute(&run);
    release(&run);
    return code;
}
