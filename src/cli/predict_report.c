/* What `ntk predict` prints: an aligned table for people, or one JSON object. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/cli/json.h"
#include "src/cli/number.h"
#include "src/cli/predict.h"

static bool is_gp(const struct predict *run) { return !isnan(run->settings.gp); }

/* What the stages are called; a process factors its matrix together with making it. */
static const char *const flow_stages[STAGE_COUNT] = {"read", "kernel", "train", "predict", "write"};
static const char *const gp_stages[STAGE_COUNT] = {"read", "kernel_and_factorization", "evidence", "predict", "write"};

static const char *stage_name(const struct predict *run, int stage) {
    return is_gp(run) ? gp_stages[stage] : flow_stages[stage];
}

static const char *task_name(const struct predict *run) {
    return run->targets.classification ? "classification" : "regression";
}

/* A column of the table of results: which number, and what it is called in text. */
struct column {
    const char *name;
    double (*value)(const struct predict *run, const struct result *result);
};

static double time_of(const struct predict *run, const struct result *r) { return (void)run, r->time; }
static double train_accuracy(const struct predict *run, const struct result *r) { return (void)run, r->train.accuracy; }
static double train_rmse(const struct predict *run, const struct result *r) { return (void)run, r->train.rmse; }
static double test_accuracy(const struct predict *run, const struct result *r) { return (void)run, r->test.accuracy; }
static double test_rmse(const struct predict *run, const struct result *r) { return (void)run, r->test.rmse; }
static double test_nll(const struct predict *run, const struct result *r) { return (void)run, r->test.nll; }
static double test_coverage(const struct predict *run, const struct result *r) { return (void)run, r->test.coverage; }
static double evidence(const struct predict *run, const struct result *r) { return (void)r, run->log_evidence; }

static const struct column columns[] = {{"time", time_of},
                                        {"train accuracy", train_accuracy},
                                        {"train RMSE", train_rmse},
                                        {"test accuracy", test_accuracy},
                                        {"test RMSE", test_rmse},
                                        {"test NLL", test_nll},
                                        {"90 % coverage", test_coverage},
                                        {"log evidence", evidence}};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* Columns without any number are left out; only a process has a log evidence. */
static bool is_shown(const struct predict *run, int column) {
    if (columns[column].value == evidence)
        return is_gp(run);
    for (int64_t i = 0; i < run->steps; i++)
        if (!isnan(columns[column].value(run, &run->results[i])))
            return true;
    return false;
}

static void print_results(const struct predict *run) {
    enum { WIDTH = 14 };
    putchar('\n');
    for (int j = 0; j < COLUMNS; j++)
        if (is_shown(run, j))
            printf("  %*s", WIDTH, columns[j].name);
    putchar('\n');
    for (int64_t i = 0; i < run->steps; i++) {
        for (int j = 0; j < COLUMNS; j++)
            if (is_shown(run, j))
                printf("  %*.6g", WIDTH, columns[j].value(run, &run->results[i]));
        putchar('\n');
    }
}

static void print_set(const char *title, const struct dataset *set, int64_t rows, int64_t d) {
    printf("%-14s %s (%s), %lld x %lld\n", title, set->features.path, set->features.format, (long long)rows,
           (long long)d);
}

static void print_method(const struct predict *run) {
    const struct predict_settings *settings = &run->settings;
    const char *kernel = settings->network.kernel == NTK_KERNEL_NNGP ? "NNGP" : "NTK";
    if (is_gp(run))
        printf("method         Gaussian process with the %s, noise variance %.6g\n", kernel, settings->gp);
    else
        printf("method         gradient flow with the %s, learning rate %.6g, ridge %.6g\n", kernel,
               isnan(settings->learning_rate) ? 1.0 : settings->learning_rate,
               isnan(settings->ridge) ? 0.0 : settings->ridge);
}

static void print_costs(const struct predict *run) {
    if (run->settings.session.timings)
        for (int i = 0; i < STAGE_COUNT; i++)
            printf("  %-24s %10.3f s\n", stage_name(run, i), run->watch.seconds[i]);
    printf("wall time      %.3f s\n", stopwatch_total(&run->watch));
    const int64_t peak = peak_memory_bytes();
    if (peak >= 0)
        printf("peak memory    %.1f MB (kernel matrix %.1f MB)\n", (double)peak / 1e6,
               8e-6 * (double)run->n * (double)run->n);
}

void predict_report_text(const struct predict *run) {
    print_set("training set", &run->train, run->n, run->d);
    print_set("test set", &run->test, run->m, run->d);
    const char *chosen = run->targets.automatic ? " (chosen automatically; --task overrides)" : "";
    if (run->targets.classification)
        printf("task           classification, %lld classes, one-hot targets minus %.6g%s\n", (long long)run->c,
               run->targets.offset, chosen);
    else
        printf("task           regression, %lld output%s%s\n", (long long)run->c, run->c == 1 ? "" : "s", chosen);
    network_report_text(&run->settings.network);
    network_report_bound(run->error_bound);
    print_method(run);
    print_results(run);
    putchar('\n');
    print_costs(run);
}

static void json_metrics(const char *key, const struct metrics *metrics, bool distribution) {
    json_begin_object(key);
    json_number("accuracy", metrics->accuracy);
    json_number("rmse", metrics->rmse);
    if (distribution) {
        json_number("nll", metrics->nll);
        json_number("coverage90", metrics->coverage);
    }
    json_end_object();
}

static void json_results(const struct predict *run) {
    char number[NUMBER_TEXT_SIZE];
    json_begin_array("results");
    for (int64_t i = 0; i < run->steps; i++) {
        const struct result *result = &run->results[i];
        json_begin_object(NULL);
        if (is_gp(run)) {
            json_number("log_evidence", run->log_evidence);
        } else {
            json_number("time", result->time);
            json_text("time_text", number_format(number, result->time));
            json_metrics("train", &result->train, false);
        }
        json_metrics("test", &result->test, is_gp(run));
        json_end_object();
    }
    json_end_array();
}

static void json_set(const char *key, const char *path, const struct dataset *set, int64_t rows) {
    json_begin_object(key);
    json_text("file", path);
    json_text("format", set->features.format);
    json_text("label_file", set->label_path);
    json_integer("rows", rows);
    json_end_object();
}

static void json_task(const struct predict *run) {
    const struct targets *targets = &run->targets;
    json_text("task", task_name(run));
    json_bool("task_automatic", targets->automatic);
    if (!targets->classification) {
        json_null("classes");
        json_null("offset");
        return;
    }
    json_begin_array("classes");
    for (int64_t j = 0; j < run->c; j++) {
        if (targets->texts)
            json_text(NULL, targets->texts->texts[j]);
        else
            json_number(NULL, targets->values[j]);
    }
    json_end_array();
    json_number("offset", targets->offset);
}

static void json_method(const struct predict *run) {
    const struct predict_settings *settings = &run->settings;
    json_text("method", is_gp(run) ? "gp" : "flow");
    if (is_gp(run)) {
        json_number("noise_variance", settings->gp);
        return;
    }
    json_number("learning_rate", isnan(settings->learning_rate) ? 1.0 : settings->learning_rate);
    json_number("ridge", isnan(settings->ridge) ? 0.0 : settings->ridge);
}

void predict_report_json(const struct predict *run) {
    int32_t threads = 0;
    ntk_context_get_threads(run->context, &threads);
    json_begin_object(NULL);
    json_text("command", "predict");
    json_text("version", ntk_version());
    json_set("train", run->settings.train, &run->train, run->n);
    json_set("test", run->settings.test, &run->test, run->m);
    json_integer("n", run->n);
    json_integer("m", run->m);
    json_integer("d", run->d);
    json_integer("outputs", run->c);
    json_task(run);
    network_report_json(&run->settings.network);
    json_number("error_bound", run->error_bound);
    json_method(run);
    json_results(run);
    json_text("output", run->settings.output);
    json_integer("threads", threads);
    json_begin_object("seconds");
    for (int i = 0; i < STAGE_COUNT; i++)
        json_number(stage_name(run, i), run->watch.seconds[i]);
    json_number("total", stopwatch_total(&run->watch));
    json_end_object();
    json_integer("peak_memory_bytes", peak_memory_bytes());
    json_number("gram_bytes", 8.0 * (double)run->n * (double)run->n);
    json_end_object();
    json_finish();
}
