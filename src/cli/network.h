/* The options that describe the infinitely wide network, and the kernel made from them. */
#ifndef NTK_CLI_NETWORK_H
#define NTK_CLI_NETWORK_H

#include <ntk/ntk.h>

#include "src/cli/options.h"

struct network_settings {
    int64_t depth; /* hidden layers: the library's L is one more */
    const char *activation;
    double weight_std, bias_std;
    int kernel; /* NTK_KERNEL_NTK or NTK_KERNEL_NNGP; -1 if not given */
};

extern const struct network_settings network_defaults;
extern const struct option network_options[];
extern const size_t network_option_count;

/* Checks what can be checked without data: that the activation exists. */
int network_check(const char *command, const struct network_settings *settings);

/* The kernel of the network for inputs of `dimension` entries. settings->kernel must be set. Returns an exit code. */
int network_create_kernel(ntk_context *context, const struct network_settings *settings, int64_t dimension,
                          ntk_kernel **out);

/* Says on stderr that outputs scale with |x| where they do: without biases, with an activation that scales too. */
void network_hint(const struct network_settings *settings);

/* "ntk" or "nngp", for reports. */
const char *network_kernel_name(int32_t kernel);

/* Members of a JSON object, and the same as a line of text. */
void network_report_json(const struct network_settings *settings);
void network_report_text(const struct network_settings *settings);

#endif
