/* A finite network: a specification and its parameters. */
#ifndef NTKI_NETWORK_H
#define NTKI_NETWORK_H

#include <ntk/network.h>

#include "src/mlp/mlp.h"

/* z^l = weight_scale W^l' f^{l-1} + bias_scale b^l (+ a skip), in either parameterisation: (sw / sqrt N_{l-1}, sb) or
 * (1, 1). The term of layer l in the NTK has the factors r_w weight_scale^2 and r_b bias_scale^2. */
typedef struct {
    int64_t inputs, units; /* N_{l-1}, N_l */
    double weight_scale, bias_scale;
    int64_t weights, bias; /* where W^l and b^l begin in theta */
} ntki_dense;

struct ntk_network {
    ntk_context *context; /* a hold */
    ntk_mlp *mlp;         /* its own copy */
    ntki_dense *dense;    /* dense[l - 1] is layer l */
    int64_t parameter_count;
    double *theta;
};

/* A network of that specification (copied) in `context`, all parameters 0. Checks what ntk_network_create() checks
 * of the specification. `context` is held by the network from then on, on success only. */
ntk_status ntki_network_make(ntk_context *context, const char *function, const ntk_mlp *mlp, ntk_network **out);

/* NTK_ERR_UNSUPPORTED when the activation of a hidden layer l >= lowest has no phi' (of any hidden layer: no phi''). */
ntk_status ntki_network_check_derivatives(const ntk_network *network, const char *function, int64_t lowest);
ntk_status ntki_network_check_seconds(const ntk_network *network, const char *function);

#endif
