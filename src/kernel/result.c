/* Tiles of the matrices that a call fills: one, or one for each layer and type that is wanted. */
#include "src/kernel/kernel.h"
#include "src/kernel/panels.h"

static double *moved(double *matrix, int64_t offset) { return matrix == NULL ? NULL : matrix + offset; }

ntk_status ntki_result_tile(const ntk_kernel *kernel, const char *function, const ntki_result *result,
                            const ntki_tile *place) {
    const int64_t offset = place->i0 * result->ldk + place->j0;
    ntki_tile tile = *place;
    tile.ldo = result->ldk;
    tile.out = moved(result->k, offset);
    for (int64_t v = 0; v < result->output_count; v++) {
        const ntki_layer_output *const whole = &result->outputs[v];
        ntki_layer_output *const part = &result->work[v];
        *part = (ntki_layer_output){whole->layer, moved(whole->nngp, offset), moved(whole->ntk, offset)};
        if (tile.out == NULL)
            tile.out = part->nngp != NULL ? part->nngp : part->ntk;
    }
    tile.outputs = result->work;
    tile.output_count = result->output_count;
    return kernel->evaluator->tile(kernel, function, &tile);
}

bool ntki_result_wants_tangent(const ntk_kernel *kernel, const ntki_result *result) {
    bool wanted = result->k != NULL && kernel->type == NTK_KERNEL_NTK;
    for (int64_t v = 0; v < result->output_count; v++)
        wanted = wanted || result->outputs[v].ntk != NULL;
    return wanted;
}

void ntki_result_spoil(const ntki_result *result, int64_t n, int64_t m) {
    if (result->k != NULL)
        ntki_fill_with_nan(n, m, result->k, result->ldk);
    for (int64_t v = 0; v < result->output_count; v++) {
        if (result->outputs[v].nngp != NULL)
            ntki_fill_with_nan(n, m, result->outputs[v].nngp, result->ldk);
        if (result->outputs[v].ntk != NULL)
            ntki_fill_with_nan(n, m, result->outputs[v].ntk, result->ldk);
    }
}
