/* The specification of a network. */
#ifndef NTKI_MLP_H
#define NTKI_MLP_H

#include "src/mlp/activation.h"

enum { NTKI_MLP_MOST_LAYERS = 10000 };

/* One weight layer and, but for the last, what comes after it: skip, normalisation, activation, dropout. */
typedef struct {
    double weight_std;
    double bias_std;
    double weight_rate; /* learning-rate factors */
    double bias_rate;
    int64_t skip; /* z^l += z^{l-skip}; 0: none */
    bool normalise;
    double epsilon;
    ntki_activation activation;
    double dropout;
} ntki_mlp_layer;

struct ntk_mlp {
    ntk_context *context;
    int64_t depth;         /* L */
    int64_t *widths;       /* N_0 ... N_L */
    ntki_mlp_layer *layer; /* layer[l - 1] is layer l */
    int32_t parameterisation;
};

/* A copy in `context`, of which it takes a hold of its own. */
ntk_status ntki_mlp_copy(const ntk_mlp *mlp, ntk_context *context, const char *function, ntk_mlp **out);

/* P; NTK_ERR_OVERFLOW, recorded in `context`. */
ntk_status ntki_mlp_parameter_count(const ntk_mlp *mlp, ntk_context *context, const char *function, int64_t *count);

#endif
