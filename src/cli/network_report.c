/* What reports say of the network. See network.h. */
#include <math.h>
#include <stdio.h>

#include "src/cli/json.h"
#include "src/cli/network.h"

static const char *const initialisations[] = {"lecun", "he", "critical"};
static const char *const parameterisations[] = {"ntk", "standard"};

const char *network_kernel_name(int32_t kernel) { return kernel == NTK_KERNEL_NNGP ? "nngp" : "ntk"; }

void network_report_json(const struct network_settings *settings) {
    json_begin_object("network");
    json_text("kernel", network_kernel_name(settings->kernel));
    json_integer("hidden_layers", settings->depth);
    json_text("activation", settings->activation);
    json_number("weight_std", settings->weight_std);
    json_number("bias_std", settings->bias_std);
    json_text("initialisation", settings->initialisation < 0 ? NULL : initialisations[settings->initialisation]);
    json_text("parameterisation", parameterisations[settings->parameterisation]);
    if (settings->width > 0)
        json_integer("width", settings->width);
    else
        json_null("width");
    json_number("layer_norm", settings->epsilon);
    json_number("dropout", settings->dropout);
    json_integer("skip", settings->skip);
    json_end_object();
}

static void report_options(const struct network_settings *settings) {
    if (settings->parameterisation == NTK_PARAMETERISATION_STANDARD)
        printf(", standard parameterisation");
    if (settings->width > 0)
        printf(" of width %lld", (long long)settings->width);
    if (!isnan(settings->epsilon))
        printf(", layer normalisation (epsilon %.6g)", settings->epsilon);
    if (settings->dropout > 0.0)
        printf(", dropout %.6g", settings->dropout);
    if (settings->skip > 0)
        printf(", residual blocks of %lld", (long long)settings->skip);
}

void network_report_text(const struct network_settings *settings) {
    printf("network        infinitely wide, %lld hidden layer%s of %s, weight std %.6g, bias std %.6g",
           (long long)settings->depth, settings->depth == 1 ? "" : "s", settings->activation, settings->weight_std,
           settings->bias_std);
    report_options(settings);
    putchar('\n');
}

void network_report_bound(double bound) {
    if (bound > 0.0)
        printf("error bound    %.2g of sqrt(K(x,x) K(x',x')), from truncated series\n", bound);
}
