/* The options that describe the infinitely wide network, and the kernel made from them. */
#ifndef NTK_CLI_NETWORK_H
#define NTK_CLI_NETWORK_H

#include <ntk/ntk.h>

#include "src/cli/options.h"

struct network_settings {
    int64_t depth; /* hidden layers: the library's L is one more */
    const char *activation;
    double weight_std; /* NaN if not given */
    double bias_std;
    int initialisation; /* an NTK_INITIALISATION_ number; -1 if not given */
    int parameterisation;
    int64_t width;    /* of the hidden layers; 0 if not given */
    double epsilon;   /* of layer normalisation; NaN for none, negative for the default */
    double dropout;   /* the rate */
    int64_t skip;     /* layers in a residual block; 0 for none */
    double tolerance; /* NaN if not given */
    int64_t terms;    /* the most; 0 if not given */
    int kernel;       /* NTK_KERNEL_NTK or NTK_KERNEL_NNGP; -1 if not given */
};

extern const struct network_settings network_defaults;
extern const struct option network_options[];
extern const size_t network_option_count;

/* Checks what can be checked without data: that the options make a network. */
int network_check(const char *command, const struct network_settings *settings);

/* The kernel of the network for inputs of `dimension` entries. settings->kernel must be set; settings->weight_std and
 * epsilon become what was left to the command. Returns an exit code. */
int network_create_kernel(ntk_context *context, struct network_settings *settings, int64_t dimension, ntk_kernel **out);

/* Says on stderr that outputs scale with |x| where they do: without biases, with an activation that scales too. */
void network_hint(const struct network_settings *settings);

/* "ntk" or "nngp", for reports. */
const char *network_kernel_name(int32_t kernel);

/* Members of a JSON object, and the same as lines of text. */
void network_report_json(const struct network_settings *settings);
void network_report_text(const struct network_settings *settings);

/* The kernel's error bound, or `bound` if that is larger. */
double network_error_bound(const ntk_kernel *kernel, double bound);

/* A line of text, where there is a bound. */
void network_report_bound(double bound);

#endif
