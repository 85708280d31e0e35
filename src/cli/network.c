/* From the options to the kernel. See network.h. */
#include "src/cli/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/cli/activation.h"
#include "src/cli/failure.h"
#include "src/cli/notice.h"

enum { DEEPEST = 9999 };

static const double default_epsilon = 1e-5;

const struct network_settings network_defaults = {.depth = 1,
                                                  .activation = "relu",
                                                  .weight_std = NAN,
                                                  .initialisation = -1,
                                                  .parameterisation = NTK_PARAMETERISATION_NTK,
                                                  .epsilon = NAN,
                                                  .tolerance = NAN,
                                                  .kernel = -1};

/* The words of the choices stand in the order of the library's numbers. */
#define MEMBER(name) offsetof(struct network_settings, name)
const struct option network_options[] = {
    {"--depth", OPTION_CARDINAL, MEMBER(depth), "H",
     "number of HIDDEN layers (default 1); the output layer comes on top, so that a paper\n"
     "that counts weight layers calls this network H + 1 layers deep; 0 is a linear model"},
    {"--activation", OPTION_TEXT, MEMBER(activation), "NAME[:P,...]",
     "after every hidden layer, with its parameters: relu (default), erf, gelu, tanh, silu,\n"
     "leaky_relu:0.2, two_slope:0.1,1, polynomial:0,1,0.5, ... 'ntk info' lists the names"},
    {"--weight-std", OPTION_POSITIVE, MEMBER(weight_std), "S",
     "standard deviation of the weights, in units of 1/sqrt(fan-in) (default 1)"},
    {"--init", OPTION_CHOICE, MEMBER(initialisation), "lecun|he|critical",
     "instead of --weight-std, a rule: 1, sqrt(2), or what keeps signals of the activation\n"
     "and --bias-std from growing or dying with depth (the edge of chaos)"},
    {"--bias-std", OPTION_NONNEGATIVE, MEMBER(bias_std), "S",
     "standard deviation of the biases (default 0: outputs of a ReLU network then scale with\n"
     "the length of x, which suits images and hardly a table of few features)"},
    {"--layer-norm", OPTION_SWITCH, MEMBER(epsilon), "[=EPS]",
     "layer normalisation before each activation: mean 0 and variance 1 over the units, with\n"
     "EPS added to the variance (1e-5 if not given)"},
    {"--dropout", OPTION_NONNEGATIVE, MEMBER(dropout), "RATE",
     "each hidden unit is dropped with this probability, below 1 (default 0)"},
    {"--skip", OPTION_COUNT, MEMBER(skip), "K",
     "residual blocks of K hidden layers: layer 1 is added to layer 1 + K, that to layer\n"
     "1 + 2K, and so on, before their activations"},
    {"--parameterisation", OPTION_CHOICE, MEMBER(parameterisation), "ntk|standard",
     "ntk (default): weights N(0,1) times S/sqrt(fan-in); standard: weights N(0, S^2/fan-in).\n"
     "Only the NTK differs: in the standard one layers learn in proportion to their --width"},
    {"--width", OPTION_COUNT, MEMBER(width), "N",
     "units of each hidden layer, which matter in the standard parameterisation only"},
    {"--kernel", OPTION_CHOICE, MEMBER(kernel), "ntk|nngp",
     "ntk: all layers are trained (default); nngp: only the last one is (default with --gp)"},
    {"--tolerance", OPTION_POSITIVE, MEMBER(tolerance), "TOL",
     "for activations without a closed form (tanh, silu, ...): the relative accuracy of each\n"
     "layer's expectations, from 1e-14 (default 1e-10). The report has the bound for the kernel"},
    {"--most-terms", OPTION_COUNT, MEMBER(terms), "N",
     "the most terms that may be spent on that, from 8 to 65536 (default 2048)"},
};
const size_t network_option_count = sizeof network_options / sizeof network_options[0];

static bool given(double value) { return !isnan(value); }

static int check_options(const char *command, const struct network_settings *settings) {
    if (settings->depth > DEEPEST)
        return fail_usage(command, "--depth takes at most %d hidden layers", DEEPEST);
    if (settings->initialisation >= 0 && given(settings->weight_std))
        return fail_usage(command, "--init and --weight-std exclude each other");
    if (!(settings->dropout < 1.0))
        return fail_usage(command, "--dropout takes a rate below 1, not %g", settings->dropout);
    if (settings->skip >= settings->depth && settings->skip > 0)
        return fail_usage(command,
                          "--skip %lld needs a --depth of at least %lld: a block goes from one hidden layer to another",
                          (long long)settings->skip, (long long)settings->skip + 1);
    const bool standard = settings->parameterisation == NTK_PARAMETERISATION_STANDARD;
    if (standard && settings->width == 0 && settings->depth > 0)
        return fail_usage(command, "--parameterisation standard needs --width N: its NTK depends on the widths");
    if (!standard && settings->width > 0)
        return fail_usage(command, "--width is for --parameterisation standard: in the other the widths do not matter");
    return DONE;
}

/* Widths 1 unless others were given: most kernels of infinite width look at the input's only. */
static int64_t *make_widths(const struct network_settings *settings, int64_t dimension) {
    const int64_t depth = settings->depth;
    int64_t *widths = malloc(((size_t)depth + 2) * sizeof *widths);
    if (!widths)
        return NULL;
    widths[0] = dimension;
    for (int64_t i = 1; i <= depth; i++)
        widths[i] = settings->width > 0 ? settings->width : 1;
    widths[depth + 1] = 1;
    return widths;
}

static ntk_status set_skips(ntk_mlp *mlp, const struct network_settings *settings) {
    ntk_status status = NTK_SUCCESS;
    if (settings->skip > 0)
        for (int64_t layer = 1 + settings->skip; layer <= settings->depth && status == NTK_SUCCESS;
             layer += settings->skip)
            status = ntk_mlp_set_skip(mlp, layer, settings->skip);
    return status;
}

/* The rule looks at activations and biases, so it comes last. */
static ntk_status set_network(ntk_mlp *mlp, const ntk_activation *activation, struct network_settings *settings) {
    ntk_status status;
    if ((status = ntk_mlp_set_activation(mlp, 0, activation)) != NTK_SUCCESS ||
        (status = ntk_mlp_set_bias_std(mlp, settings->bias_std)) != NTK_SUCCESS ||
        (status = ntk_mlp_set_parameterisation(mlp, settings->parameterisation)) != NTK_SUCCESS ||
        (status = ntk_mlp_set_dropout(mlp, 0, settings->dropout)) != NTK_SUCCESS ||
        (status = set_skips(mlp, settings)) != NTK_SUCCESS)
        return status;
    if (settings->epsilon < 0)
        settings->epsilon = default_epsilon;
    if (given(settings->epsilon) &&
        (status = ntk_mlp_set_layer_normalisation(mlp, 0, 1, settings->epsilon)) != NTK_SUCCESS)
        return status;
    if (settings->initialisation >= 0)
        status = ntk_mlp_set_initialisation(mlp, settings->initialisation);
    else
        status = ntk_mlp_set_weight_std(mlp, given(settings->weight_std) ? settings->weight_std : 1.0);
    return status == NTK_SUCCESS ? ntk_mlp_get_layer_weight_std(mlp, 1, &settings->weight_std) : status;
}

static ntk_status set_accuracy(ntk_kernel *kernel, const struct network_settings *settings) {
    ntk_status status = NTK_SUCCESS;
    if (given(settings->tolerance))
        status = ntk_kernel_set_tolerance(kernel, settings->tolerance);
    if (status == NTK_SUCCESS && settings->terms > 0)
        status = ntk_kernel_set_most_terms(kernel, settings->terms);
    return status;
}

/* settings->weight_std and epsilon become what was left to the command. */
static ntk_status build(ntk_context *context, struct network_settings *settings, const struct activation_choice *choice,
                        const int64_t *widths, ntk_kernel **out) {
    ntk_activation *activation = NULL;
    ntk_mlp *mlp = NULL;
    ntk_status status = ntk_activation_create(context, choice->kind, choice->parameters, choice->count, &activation);
    if (status == NTK_SUCCESS)
        status = ntk_mlp_create(context, settings->depth + 1, widths, choice->kind, &mlp);
    if (status == NTK_SUCCESS)
        status = set_network(mlp, activation, settings);
    if (status == NTK_SUCCESS)
        status = ntk_kernel_create_analytic(context, mlp, settings->kernel, out);
    if (status == NTK_SUCCESS)
        status = set_accuracy(*out, settings);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    return status;
}

int network_create_kernel(ntk_context *context, struct network_settings *settings, int64_t dimension,
                          ntk_kernel **out) {
    struct activation_choice choice;
    const int code = activation_parse(NULL, settings->activation, &choice);
    if (code != DONE)
        return code;
    int64_t *widths = make_widths(settings, dimension);
    if (!widths)
        return fail_memory("describing the network");
    const ntk_status status = build(context, settings, &choice, widths, out);
    free(widths);
    return status == NTK_SUCCESS ? DONE : fail_library(context, status);
}

/* Makes the network for inputs of one entry, so that the library judges values before any data are read. */
static int check_values(const char *command, const struct network_settings *settings,
                        const struct activation_choice *choice) {
    struct network_settings copy = *settings;
    ntk_context *context = NULL;
    ntk_kernel *kernel = NULL;
    int64_t *widths = make_widths(settings, 1);
    if (!widths)
        return fail_memory("describing the network");
    copy.kernel = NTK_KERNEL_NTK;
    ntk_status status = ntk_context_create(&context);
    if (status == NTK_SUCCESS)
        status = build(context, &copy, choice, widths, &kernel);
    int code = DONE;
    if (status == NTK_ERR_SIZE || status == NTK_ERR_DOMAIN)
        code = fail_usage(command, "%s", ntk_context_last_error(context));
    else if (status != NTK_SUCCESS)
        code = fail_library(context, status);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
    free(widths);
    return code;
}

int network_check(const char *command, const struct network_settings *settings) {
    struct activation_choice choice;
    int code = check_options(command, settings);
    if (code == DONE)
        code = activation_parse(command, settings->activation, &choice);
    return code == DONE ? check_values(command, settings, &choice) : code;
}

void network_hint(const struct network_settings *settings) {
    struct activation_choice choice;
    if (settings->bias_std > 0.0 || activation_parse(NULL, settings->activation, &choice) != DONE)
        return;
    if (settings->parameterisation == NTK_PARAMETERISATION_STANDARD && settings->kernel == NTK_KERNEL_NTK)
        return; /* the gradients of the biases do not scale */
    if (settings->depth == 0 || (activation_is_homogeneous(choice.kind) && !given(settings->epsilon)))
        notice("hint: with --bias-std 0 the outputs scale with |x|; --bias-std 0.1 lets them depend on it freely");
}

double network_error_bound(const ntk_kernel *kernel, double bound) {
    double now = 0.0;
    return ntk_kernel_get_error_bound(kernel, &now) == NTK_SUCCESS && now > bound ? now : bound;
}
