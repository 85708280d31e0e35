/* The specification of a network. */
#ifndef NTKI_MLP_H
#define NTKI_MLP_H

#include "src/mlp/activation.h"

enum { NTKI_MLP_MOST_LAYERS = 10000 };

/* One weight layer and, but for the last, the activation after it. */
typedef struct {
    double weight_std;
    double bias_std;
    ntki_activation activation;
} ntki_mlp_layer;

struct ntk_mlp {
    ntk_context *context;
    int64_t depth;         /* L */
    int64_t *widths;       /* N_0 ... N_L */
    ntki_mlp_layer *layer; /* layer[l - 1] is layer l */
};

#endif
