/* `ntk kernel`: writes a Gram matrix, a cross matrix or a diagonal of the network's kernel. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/commands.h"
#include "src/cli/dataset.h"
#include "src/cli/failure.h"
#include "src/cli/input.h"
#include "src/cli/json.h"
#include "src/cli/network.h"
#include "src/cli/notice.h"
#include "src/cli/output_file.h"
#include "src/cli/progress.h"
#include "src/cli/session.h"
#include "src/cli/stopwatch.h"
#include "src/cli/write_matrix.h"

static const char command[] = "kernel";

struct kernel_settings {
    const char *input, *other, *output, *drop_column;
    bool diagonal, every_layer;
    int64_t limit_input, limit_other;
    struct input_settings read;
    struct network_settings network;
    struct session_settings session;
};

struct kernel_run {
    struct kernel_settings settings;
    struct column_choice label; /* the column that is left out */
    ntk_context *context;
    ntk_kernel *kernel;
    struct labels labels;
    struct dataset input, other; /* other.features.values is NULL without --other */
    double *values;
    double error_bound;
    int64_t rows, columns; /* columns = 0: a diagonal */
    int64_t layers;        /* how many are written */
    enum matrix_format format;
    struct output_file file;
    struct stopwatch watch;
};

#define MEMBER(name) offsetof(struct kernel_settings, name)
static const struct option data_options[] = {
    {"--input", OPTION_TEXT, MEMBER(input), "FILE", "the rows x_1 ... x_n; needed; '-' is standard input"},
    {"--other", OPTION_TEXT, MEMBER(other), "FILE", "other rows z_1 ... z_m: the result is K(x_i, z_j), n x m"},
    {"--drop-column", OPTION_TEXT, MEMBER(drop_column), "N|first|last|NAME",
     "leave out this column of both tables, for instance the label that 'ntk predict' takes\n"
     "from the last column; whatever it holds is not looked at. A table with one column\n"
     "fewer than --input is taken to lack it"},
    {"--diagonal", OPTION_FLAG, MEMBER(diagonal), NULL, "only the n values K(x_i, x_i)"},
    {"--every-layer", OPTION_FLAG, MEMBER(every_layer), NULL,
     "the values of all H + 1 weight layers, made in one pass: FILE.npy gets one more\n"
     "dimension in front"},
    {"--output", OPTION_TEXT, MEMBER(output), "FILE", "where the matrix goes, FILE.npy or FILE.csv; needed"},
    {"--limit-input", OPTION_COUNT, MEMBER(limit_input), "N", "use only the first N rows of --input"},
    {"--limit-other", OPTION_COUNT, MEMBER(limit_other), "N", "use only the first N rows of --other"},
};

enum { GROUPS = 4 };

static void make_groups(struct kernel_settings *settings, struct option_group groups[GROUPS]) {
    const struct option_group made[GROUPS] = {
        {"Data", data_options, sizeof data_options / sizeof data_options[0], settings},
        {"Reading and preparing features", input_options, input_option_count, &settings->read},
        {"Network", network_options, network_option_count, &settings->network},
        {"Running", session_options, session_option_count, &settings->session}};
    memcpy(groups, made, sizeof made);
}

static const char introduction[] =
    "Usage: ntk kernel --input FILE [--other FILE | --diagonal] --output FILE [options]\n"
    "\n"
    "Writes the kernel of the infinitely wide network between the rows of a table: the n x n\n"
    "Gram matrix, the n x m matrix to the rows of another table, or the diagonal. All columns\n"
    "are features, unlike in 'ntk predict', which takes the last one for the label; --drop-column\n"
    "leaves one out (--label-column does the same; the labels of a LIBSVM file always are).\n"
    "\n"
    "Example: the neural tangent kernel of three hidden layers of ReLU\n"
    "  ntk kernel --input points.csv --output gram.npy --depth 3 --weight-std 1.4142135623730951 \\\n"
    "      --bias-std 0.1\n";

static int check(struct kernel_run *run) {
    struct kernel_settings *settings = &run->settings;
    if (!settings->input || !settings->output)
        return fail_usage(command, "%s FILE is needed", settings->input ? "--output" : "--input");
    if (settings->other && settings->diagonal)
        return fail_usage(command, "--other and --diagonal exclude each other");
    if (settings->limit_other && !settings->other)
        return fail_usage(command, "--limit-other needs --other");
    run->format = matrix_format_of(settings->output);
    if (run->format == MATRIX_UNKNOWN)
        return fail_usage(command, "--output takes a name that ends in .csv or .npy, not '%s'", settings->output);
    if (settings->every_layer && run->format != MATRIX_NPY)
        return fail_usage(command, "--every-layer writes an array of three dimensions: --output takes FILE.npy");
    if (settings->network.kernel < 0)
        settings->network.kernel = NTK_KERNEL_NTK;
    if (settings->drop_column && settings->read.label_column)
        return fail_usage(command, "--drop-column and --label-column exclude each other");
    const char *const paths[] = {settings->input, settings->other};
    int code = input_check_paths(command, 2, paths);
    if (code == DONE)
        code = input_check(command, &settings->read, &run->label);
    if (code == DONE && settings->drop_column)
        code = input_read_column(command, "--drop-column", settings->drop_column, &run->label);
    return code == DONE ? network_check(command, &settings->network) : code;
}

static int read_set(struct kernel_run *run, const char *path, int64_t limit, int64_t features, struct dataset *set) {
    struct read_request request = input_request(&run->settings.read, path, limit, &run->labels);
    request.label = run->label;
    request.drop_label = true;
    request.features = features;
    return dataset_read(&request, NULL, set);
}

/* What was taken as features, since a label among them would go unnoticed. */
static void tell_features(const struct table *table) {
    char list[NAMES_LIST_SIZE];
    notice("read %lld x %lld from %s%s%s", (long long)table->rows, (long long)table->columns, table->path,
           table->names.count ? ": " : "", names_list(&table->names, list));
}

static int read_sets(struct kernel_run *run) {
    const struct kernel_settings *settings = &run->settings;
    int code = read_set(run, settings->input, settings->limit_input, 0, &run->input);
    const char *format = run->input.features.format;
    if (code == DONE && settings->drop_column && strcmp(format, "CSV") != 0 && strcmp(format, "NPY") != 0)
        code = fail_usage(command, "--drop-column is for CSV and NPY tables, and %s is %s", run->input.features.path,
                          format);
    if (code == DONE && settings->other)
        code = read_set(run, settings->other, settings->limit_other, run->input.features.columns, &run->other);
    if (code == DONE && settings->other)
        code = tables_match(&run->input.features, &run->other.features, settings->read.ignore_names);
    if (code == DONE)
        code = input_prepare(&settings->read, &run->input.features, settings->other ? &run->other.features : NULL);
    if (code != DONE)
        return code;
    tell_features(&run->input.features);
    if (settings->other)
        tell_features(&run->other.features);
    run->rows = run->input.features.rows;
    run->columns = settings->diagonal ? 0 : settings->other ? run->other.features.rows : run->rows;
    return DONE;
}

/* Layer after layer, each in a matrix of its own. */
static ntk_status compute_layers(const struct kernel_run *run, ntk_layer_values *values) {
    const struct table *x = &run->input.features, *z = &run->other.features;
    const int64_t width = run->columns ? run->columns : 1;
    for (int64_t l = 0; l < run->layers; l++) {
        double *const matrix = run->values + l * run->rows * width;
        const bool nngp = run->settings.network.kernel == NTK_KERNEL_NNGP;
        values[l] = (ntk_layer_values){sizeof values[l], l + 1, nngp ? matrix : NULL, nngp ? NULL : matrix};
    }
    if (run->settings.diagonal)
        return ntk_kernel_diagonal_layers(run->kernel, x->rows, x->values, x->columns, run->layers, values);
    if (run->settings.other)
        return ntk_kernel_cross_layers(run->kernel, x->rows, x->values, x->columns, z->rows, z->values, z->columns,
                                       run->layers, values, width);
    return ntk_kernel_gram_layers(run->kernel, x->rows, x->values, x->columns, run->layers, values, width);
}

static ntk_status compute_kernel(const struct kernel_run *run) {
    const struct table *x = &run->input.features, *z = &run->other.features;
    if (run->settings.diagonal)
        return ntk_kernel_diagonal(run->kernel, x->rows, x->values, x->columns, run->values);
    if (run->settings.other)
        return ntk_kernel_cross(run->kernel, x->rows, x->values, x->columns, z->rows, z->values, z->columns,
                                run->values, run->columns);
    return ntk_kernel_gram(run->kernel, x->rows, x->values, x->columns, run->values, run->columns);
}

static int compute(struct kernel_run *run) {
    const int64_t width = run->columns ? run->columns : 1;
    ntk_layer_values *layers = NULL;
    run->layers = run->settings.every_layer ? run->settings.network.depth + 1 : 1;
    if (width > INT64_MAX / 16 / run->rows / run->layers)
        return fail_memory("making room for the matrix");
    run->values = malloc((size_t)(run->layers * run->rows * width) * sizeof(double));
    layers = malloc((size_t)run->layers * sizeof *layers);
    if (!run->values || !layers) {
        free(layers);
        return fail_memory("making room for the matrix");
    }
    const ntk_status status = run->settings.every_layer ? compute_layers(run, layers) : compute_kernel(run);
    free(layers);
    if (status != NTK_SUCCESS)
        return fail_library(run->context, status);
    run->error_bound = network_error_bound(run->kernel, 0.0);
    return DONE;
}

static void write_values(const struct kernel_run *run) {
    if (!run->settings.every_layer) {
        write_matrix(run->file.stream, run->format, run->rows, run->columns, run->values);
        return;
    }
    const int64_t width = run->columns ? run->columns : 1, shape[3] = {run->layers, run->rows, width};
    write_npy_header(run->file.stream, run->columns ? 3 : 2, shape);
    write_npy_values(run->file.stream, run->layers * run->rows * width, run->values);
}

static void report_json(const struct kernel_run *run, const char *what) {
    json_begin_object(NULL);
    json_text("command", command);
    json_text("version", ntk_version());
    json_text("input", run->settings.input);
    json_text("other", run->settings.other);
    json_text("output", run->settings.output);
    json_text("result", what);
    json_integer("rows", run->rows);
    json_integer("columns", run->columns ? run->columns : 1);
    json_integer("layers", run->layers);
    json_integer("d", run->input.features.columns);
    network_report_json(&run->settings.network);
    json_number("error_bound", run->error_bound);
    json_begin_object("seconds");
    json_number("read", run->watch.seconds[STAGE_READ]);
    json_number("kernel", run->watch.seconds[STAGE_KERNEL]);
    json_number("write", run->watch.seconds[STAGE_WRITE]);
    json_number("total", stopwatch_total(&run->watch));
    json_end_object();
    json_integer("peak_memory_bytes", peak_memory_bytes());
    json_end_object();
    json_finish();
}

static void report_text(const struct kernel_run *run, const char *what) {
    printf("%s of the %s, %lld x %lld, %swritten to %s\n", what, network_kernel_name(run->settings.network.kernel),
           (long long)run->rows, (long long)(run->columns ? run->columns : 1),
           run->settings.every_layer ? "for every layer, " : "", run->settings.output);
    network_report_text(&run->settings.network);
    network_report_bound(run->error_bound);
    if (run->settings.session.timings)
        printf("read           %.3f s\nkernel         %.3f s\nwrite          %.3f s\n", run->watch.seconds[STAGE_READ],
               run->watch.seconds[STAGE_KERNEL], run->watch.seconds[STAGE_WRITE]);
    printf("wall time      %.3f s\npeak memory    %.1f MB\n", stopwatch_total(&run->watch),
           (double)peak_memory_bytes() / 1e6);
}

static int execute(struct kernel_run *run) {
    const char *what = run->settings.diagonal ? "diagonal" : run->settings.other ? "cross matrix" : "gram matrix";
    int code = session_begin(&run->settings.session, &run->context);
    if (code == DONE)
        code = output_open(&run->file, run->settings.output);
    if (code == DONE)
        code = read_sets(run);
    if (code == DONE)
        code = network_create_kernel(run->context, &run->settings.network, run->input.features.columns, &run->kernel);
    stopwatch_lap(&run->watch, STAGE_READ);
    if (code == DONE)
        code = compute(run);
    stopwatch_lap(&run->watch, STAGE_KERNEL);
    if (code == DONE) {
        write_values(run);
        code = output_commit(&run->file);
    }
    stopwatch_lap(&run->watch, STAGE_WRITE);
    progress_clear();
    if (code == DONE && run->settings.session.json)
        report_json(run, what);
    else if (code == DONE)
        report_text(run, what);
    return code;
}

static void release(struct kernel_run *run) {
    output_discard(&run->file);
    ntk_kernel_destroy(run->kernel);
    free(run->values);
    dataset_free(&run->other);
    dataset_free(&run->input);
    labels_free(&run->labels);
    session_end(run->context);
}

int command_kernel(int argc, char **argv) {
    struct kernel_run run = {.label = {LABEL_COLUMN_NONE, NULL}};
    run.settings.read = input_defaults;
    run.settings.network = network_defaults;
    struct option_group groups[GROUPS];
    bool help = false;
    stopwatch_begin(&run.watch);
    make_groups(&run.settings, groups);
    int code = options_parse(command, groups, GROUPS, argc, argv, &help);
    if (code == DONE && help) {
        fputs(introduction, stdout);
        options_print(groups, GROUPS);
        return DONE;
    }
    if (code == DONE)
        code = check(&run);
    if (code == DONE)
        code = execute(&run);
    release(&run);
    return code;
}
