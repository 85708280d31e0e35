/* The argument `layer` of the setters and getters. */
#ifndef NTKI_LAYER_H
#define NTKI_LAYER_H

#include "src/mlp/mlp.h"

/* low <= layer <= high */
ntk_status ntki_check_layer(const ntk_mlp *mlp, const char *function, int64_t layer, int64_t low, int64_t high);

/* The layers that a setter's argument means: that one, or 1 to `last` for 0. */
typedef struct {
    int64_t first, last;
} ntki_layer_range;

static inline ntki_layer_range ntki_layers(int64_t layer, int64_t last) {
    const ntki_layer_range range = {layer == 0 ? 1 : layer, layer == 0 ? last : layer};
    return range;
}

#endif
