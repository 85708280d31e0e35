/* Whether a kernel of given rows can be made in floats. */
#include <math.h>

#include "src/kernel/dual.h"
#include "src/kernel/single.h"

/* Variances between these keep every product of two of them, and 1 - |cos| times one, inside the float range. */
static const double least_variance = 1e-24, most_variance = 1e24;

/* Where K at right angles is a smaller part of sqrt(K(x,x) K(x',x')) than this, too many pairs would have to be made anew
 * in double precision (see single_tile.c): linear networks above all. */
static const double least_at_right_angles = 0.125;

ntk_status ntki_norm_range_add(ntk_context *context, const char *function, const ntki_matrix *matrix,
                               ntki_norm_range *range) {
    enum { LANES = 8 };
    for (int64_t i = 0; i < matrix->rows; i++) {
        const float *const row = (const float *)matrix->data + i * matrix->ld;
        double sums[LANES] = {0}, sum = 0;
        int64_t j = 0;
        for (; j + LANES <= matrix->columns; j += LANES)
            for (int lane = 0; lane < LANES; lane++)
                sums[lane] += (double)row[j + lane] * (double)row[j + lane];
        for (; j < matrix->columns; j++)
            sum += (double)row[j] * (double)row[j];
        for (int lane = 0; lane < LANES; lane++)
            sum += sums[lane];
        if (!isfinite(sum)) /* squares of floats are doubles: only an infinity or a NaN gives another */
            return ntki_check_finite_f32(context, function, matrix);
        const double norm = sqrt(sum);
        if (norm == 0)
            continue;
        range->least = range->any && range->least < norm ? range->least : norm;
        range->most = range->any && range->most > norm ? range->most : norm;
        range->any = true;
    }
    return NTK_SUCCESS;
}

static bool in_range(double value) { return value == 0 || (value >= least_variance && value <= most_variance); }

static bool is_family(int32_t kind) {
#define NTKI_IS_FAMILY(number, name) [number] = true,
    static const bool family[] = {NTKI_FAMILY_KINDS(NTKI_IS_FAMILY)};
    return kind >= 0 && kind < (int32_t)sizeof(family) && family[kind];
}

/* A layer whose step exists in floats. */
static bool is_plain(const ntki_analytic_layer *layer, bool first) {
    const ntki_layer_step *const step = &layer->step;
    return (first || (layer->form == NTKI_DUAL_CLOSED && is_family(layer->activation.kind))) && layer->from < 0 &&
           !layer->normalise && step->spread == 0 && in_range(step->weight_variance) && in_range(step->bias_variance) &&
           in_range(step->weight_tangent) && in_range(step->bias_tangent);
}

/* Runs an input of the given norm, and a pair of two such at right angles, through the layers. */
static bool serves_norm(const ntki_analytic *analytic, double norm, double *right_angle) {
    double k = 0, theta = 0, std = norm, pair_k = 0, pair_near = 1, pair_theta = 0;
    for (int64_t l = 0; l < analytic->kernel.depth; l++) {
        const ntki_analytic_layer *const layer = &analytic->layer[l];
        const ntki_layer_step *const step = &layer->step;
        double square = norm * norm, slope = 1;
        if (l > 0)
            layer->diagonal(step->constants, 1, &std, &k, &square, &slope);
        theta = theta * (step->weight_variance * slope) + (step->weight_tangent * square + step->bias_tangent);
        k = step->weight_variance * square + step->bias_variance;
        if (!in_range(square) || !in_range(k) || !in_range(theta))
            return false;
        const double rms = sqrt(square), next_std = sqrt(k), next_inverse = next_std > 0 ? 1 / next_std : 0;
        const ntki_layer_side side = {.std = &std, .rms = &rms, .next_std = &next_std, .next_inverse = &next_inverse};
        layer->run(step, &side, 0, &side, 0, 1, &pair_k, &pair_near, &pair_theta);
        std = next_std;
    }
    const bool tangent = analytic->kernel.type == NTK_KERNEL_NTK;
    *right_angle = tangent ? pair_theta / theta : pair_k / k;
    return true;
}

const ntki_evaluator_f32 *ntki_evaluator_f32_choose(const ntk_kernel *kernel, const ntki_norm_range *range) {
    if (kernel->evaluator->single != NULL)
        return kernel->evaluator->single;
    if (kernel->evaluator->tile != ntki_analytic_tile)
        return &ntki_evaluator_widened;
    const ntki_analytic *const analytic = ntki_analytic_of(kernel);
    bool serves = true;
    for (int64_t l = 0; l < kernel->depth; l++)
        serves = serves && is_plain(&analytic->layer[l], l == 0);
    double least = 1, most = 1;
    serves = serves && serves_norm(analytic, range->any ? range->least : 1, &least) &&
             serves_norm(analytic, range->any ? range->most : 1, &most);
    return serves && least >= least_at_right_angles && most >= least_at_right_angles ? &ntki_evaluator_single
                                                                                     : &ntki_evaluator_widened;
}
