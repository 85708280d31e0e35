/* `ntk predict --gp`: the posterior of a Gaussian process with the network's kernel. */
#include <math.h>
#include <stdlib.h>

#include "src/cli/failure.h"
#include "src/cli/predict.h"

int predict_with_gp(struct predict *run) {
    const double noise = run->settings.gp;
    struct result *result = &run->results[0];
    ntk_gp *gp = NULL;
    run->variance = malloc((size_t)run->m * sizeof(double));
    if (!run->variance)
        return fail_memory("predicting");
    ntk_status status =
        ntk_gp_create_from_kernel(run->kernel, run->n, run->train.features.values, run->train.features.columns, run->c,
                                  run->train_y, run->c, noise, &gp);
    stopwatch_lap(&run->watch, STAGE_KERNEL);
    run->error_bound = network_error_bound(run->kernel, run->error_bound);
    table_free(&run->train.features); /* the process keeps what it needs */
    if (status == NTK_SUCCESS)
        status = ntk_gp_log_evidence(gp, &run->log_evidence);
    stopwatch_lap(&run->watch, STAGE_TRAIN);
    if (status == NTK_SUCCESS)
        status = ntk_gp_predict_at(gp, run->m, run->test.features.values, run->test.features.columns, run->outputs,
                                   run->c, run->variance);
    run->error_bound = network_error_bound(run->kernel, run->error_bound);
    const int code = status == NTK_SUCCESS ? DONE : fail_library(run->context, status);
    if (code == DONE) {
        *result = (struct result){NAN, metrics_none, metrics_none};
        if (run->test_y)
            result->test =
                metrics_compute(run->m, run->c, run->outputs, run->test_y, run->test_classes, run->variance, noise);
    }
    stopwatch_lap(&run->watch, STAGE_PREDICT);
    ntk_gp_destroy(gp);
    return code;
}
