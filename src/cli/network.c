/* From the options to the kernel. See network.h. */
#include "src/cli/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"
#include "src/cli/json.h"
#include "src/cli/notice.h"
#include "src/cli/number.h"

enum { DEEPEST = 9999, LONGEST_NAME = 32 };

const struct network_settings network_defaults = {
    .depth = 1, .activation = "relu", .weight_std = 1.0, .bias_std = 0.0, .kernel = -1};

#define MEMBER(name) offsetof(struct network_settings, name)
const struct option network_options[] = {
    {"--depth", OPTION_CARDINAL, MEMBER(depth), "H",
     "number of HIDDEN layers (default 1); the output layer comes on top, so that a paper\n"
     "that counts weight layers calls this network H + 1 layers deep; 0 is a linear model"},
    {"--activation", OPTION_TEXT, MEMBER(activation), "NAME[:P]",
     "relu (default), leaky_relu[:SLOPE] (0.01), erf or identity, after every hidden layer"},
    {"--weight-std", OPTION_POSITIVE, MEMBER(weight_std), "S",
     "standard deviation of the weights, in units of 1/sqrt(fan-in) (default 1)"},
    {"--bias-std", OPTION_NONNEGATIVE, MEMBER(bias_std), "S",
     "standard deviation of the biases (default 0: outputs of a ReLU network then scale with\n"
     "the length of x, which suits images and hardly a table of few features)"},
    {"--kernel", OPTION_CHOICE, MEMBER(kernel), "ntk|nngp",
     "ntk: all layers are trained (default); nngp: only the last one is (default with --gp)"},
};
const size_t network_option_count = sizeof network_options / sizeof network_options[0];

const char *network_kernel_name(int32_t kernel) { return kernel == NTK_KERNEL_NNGP ? "nngp" : "ntk"; }

struct activation_choice {
    int32_t kind;
    int64_t parameters; /* 0 or 1 */
    double parameter;
};

/* The names that the library knows, as "a, b, c". */
static void list_names(char *text, size_t size) {
    size_t length = 0;
    text[0] = '\0';
    for (int32_t kind = 0; ntk_activation_kind_name(kind) && length < size; kind++)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", kind ? ", " : "", ntk_activation_kind_name(kind));
}

static int parse_activation(const char *command, const char *text, struct activation_choice *choice) {
    const char *colon = strchr(text, ':');
    const size_t length = colon ? (size_t)(colon - text) : strlen(text);
    char name[LONGEST_NAME] = "", known[256];
    if (length < sizeof name)
        memcpy(name, text, length);
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    *choice = (struct activation_choice){0};
    if (ntk_activation_kind_from_name(name, &choice->kind) != NTK_SUCCESS) {
        list_names(known, sizeof known);
        return fail_usage(command, "--activation knows %s, not '%.*s'", known, (int)length, text);
    }
    choice->parameters = colon != NULL;
    if (colon && (!number_parse(colon + 1, strlen(colon + 1), &choice->parameter) || !isfinite(choice->parameter)))
        return fail_usage(command, "the parameter '%s' of --activation is not a finite number", colon + 1);
    return DONE;
}

/* Makes an activation once, to learn whether its kind takes the parameter. */
int network_check(const char *command, const struct network_settings *settings) {
    struct activation_choice choice;
    if (settings->depth > DEEPEST)
        return fail_usage(command, "--depth takes at most %d hidden layers", DEEPEST);
    const int code = parse_activation(command, settings->activation, &choice);
    if (code != DONE)
        return code;
    ntk_activation *activation = NULL;
    const ntk_status status =
        ntk_activation_create(NULL, choice.kind, &choice.parameter, choice.parameters, &activation);
    ntk_activation_destroy(activation);
    if (status == NTK_ERR_SIZE)
        return fail_usage(command, "the activation %s takes no parameter", ntk_activation_kind_name(choice.kind));
    return status == NTK_SUCCESS ? DONE : fail_library(NULL, status);
}

/* Widths 1 beyond the input: the kernels of infinite width look at the input's only. */
static int64_t *make_widths(int64_t depth, int64_t dimension) {
    int64_t *widths = malloc(((size_t)depth + 2) * sizeof *widths);
    if (!widths)
        return NULL;
    widths[0] = dimension;
    for (int64_t i = 1; i <= depth + 1; i++)
        widths[i] = 1;
    return widths;
}

int network_create_kernel(ntk_context *context, const struct network_settings *settings, int64_t dimension,
                          ntk_kernel **out) {
    struct activation_choice choice;
    ntk_activation *activation = NULL;
    ntk_mlp *mlp = NULL;
    int code = parse_activation(NULL, settings->activation, &choice);
    if (code != DONE)
        return code;
    int64_t *widths = make_widths(settings->depth, dimension);
    if (!widths)
        return fail_memory("describing the network");
    ntk_status status = ntk_activation_create(context, choice.kind, &choice.parameter, choice.parameters, &activation);
    if (status == NTK_SUCCESS)
        status = ntk_mlp_create(context, settings->depth + 1, widths, choice.kind, &mlp);
    if (status == NTK_SUCCESS)
        status = ntk_mlp_set_activation(mlp, 0, activation);
    if (status == NTK_SUCCESS)
        status = ntk_mlp_set_weight_std(mlp, settings->weight_std);
    if (status == NTK_SUCCESS)
        status = ntk_mlp_set_bias_std(mlp, settings->bias_std);
    if (status == NTK_SUCCESS)
        status = ntk_kernel_create_analytic(context, mlp, settings->kernel, out);
    if (status != NTK_SUCCESS)
        code = fail_library(context, status);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    free(widths);
    return code;
}

void network_hint(const struct network_settings *settings) {
    struct activation_choice choice;
    if (settings->bias_std > 0.0 || parse_activation(NULL, settings->activation, &choice) != DONE)
        return;
    if (settings->depth == 0 || choice.kind == NTK_ACTIVATION_IDENTITY || choice.kind == NTK_ACTIVATION_RELU ||
        choice.kind == NTK_ACTIVATION_LEAKY_RELU)
        notice("hint: with --bias-std 0 the outputs scale with |x|; --bias-std 0.1 lets them depend on it freely");
}

void network_report_json(const struct network_settings *settings) {
    json_begin_object("network");
    json_text("kernel", network_kernel_name(settings->kernel));
    json_integer("hidden_layers", settings->depth);
    json_text("activation", settings->activation);
    json_number("weight_std", settings->weight_std);
    json_number("bias_std", settings->bias_std);
    json_end_object();
}

void network_report_text(const struct network_settings *settings) {
    printf("network        infinitely wide, %lld hidden layer%s of %s, weight std %.6g, bias std %.6g\n",
           (long long)settings->depth, settings->depth == 1 ? "" : "s", settings->activation, settings->weight_std,
           settings->bias_std);
}
