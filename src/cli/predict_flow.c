/* `ntk predict` by gradient flow: the infinitely wide network at each asked time. Kernel rows of the test set are
 * streamed, so that memory is that of the training set's Gram matrix. */
#include <math.h>
#include <stdlib.h>

#include "src/cli/failure.h"
#include "src/cli/predict.h"

static int create(struct predict *run, ntk_flow **flow) {
    const struct predict_settings *settings = &run->settings;
    const double rate = isnan(settings->learning_rate) ? 1.0 : settings->learning_rate;
    const double ridge = isnan(settings->ridge) ? 0.0 : settings->ridge;
    ntk_status status =
        ntk_flow_create_from_kernel(run->kernel, run->n, run->train.features.values, run->train.features.columns,
                                    run->c, run->train_y, run->c, NTK_LOSS_SQUARED, flow);
    if (status == NTK_SUCCESS)
        status = ntk_flow_set_learning_rate(*flow, rate);
    if (status == NTK_SUCCESS)
        status = ntk_flow_set_weight_decay(*flow, ridge * rate / (double)run->n);
    stopwatch_lap(&run->watch, STAGE_KERNEL);
    run->error_bound = network_error_bound(run->kernel, run->error_bound);
    return status == NTK_SUCCESS ? DONE : fail_library(run->context, status);
}

/* Outputs on both sets at one time. `fitted` is room for n x c numbers. */
static int run_step(struct predict *run, ntk_flow *flow, int64_t step, double *fitted) {
    const double time = run->times[step];
    double *outputs = run->outputs + step * run->m * run->c;
    struct result *result = &run->results[step];
    ntk_status status = ntk_flow_train(flow, time, fitted, run->c);
    if (status != NTK_SUCCESS)
        return fail_library(run->context, status);
    result->train = metrics_compute(run->n, run->c, fitted, run->train_y, run->train_classes, NULL, 0.0);
    stopwatch_lap(&run->watch, STAGE_TRAIN);
    status = ntk_flow_predict_at(flow, time, run->m, run->test.features.values, run->test.features.columns, NULL, 0,
                                 outputs, run->c);
    if (status != NTK_SUCCESS)
        return fail_library(run->context, status);
    run->error_bound = network_error_bound(run->kernel, run->error_bound);
    result->test = run->test_y ? metrics_compute(run->m, run->c, outputs, run->test_y, run->test_classes, NULL, 0.0)
                               : metrics_none;
    result->time = time;
    stopwatch_lap(&run->watch, STAGE_PREDICT);
    return DONE;
}

int predict_with_flow(struct predict *run) {
    ntk_flow *flow = NULL;
    double *fitted = NULL;
    int code = create(run, &flow);
    if (code != DONE)
        goto cleanup;
    table_free(&run->train.features); /* the flow keeps what it needs */
    fitted = malloc((size_t)(run->n * run->c) * sizeof(double));
    if (!fitted)
        code = fail_memory("training");
    for (int64_t step = 0; code == DONE && step < run->steps; step++)
        code = run_step(run, flow, step, fitted);
cleanup:
    free(fitted);
    ntk_flow_destroy(flow);
    return code;
}
