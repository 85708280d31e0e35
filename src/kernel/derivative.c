/* What derivatives start from: the steps of the layers, of which one may depend on a standard deviation. */
#include "src/kernel/derivative.h"

#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"

/* re + i im. (The factor I of <complex.h> need not be imaginary, and would then round.) */
static double _Complex with_derivative(double value, double derivative) {
    const double parts[2] = {value, NTKI_STEP * derivative};
    double _Complex z;
    memcpy(&z, parts, sizeof(z));
    return z;
}

/* `which` is the std of the weights or the biases that changes, by its logarithm, so that small stds have no large steps, or
 * NOTHING. A variance sw^2 / N then has the derivative 2 sw^2 / N, and so has, times the learning-rate factor, the weights'
 * part of the tangent, but in the standard parameterisation. The biases likewise. */
enum { NOTHING = -1 };

static ntki_layer_step_complex complex_step(const ntki_analytic *analytic, int64_t l, int32_t which) {
    const ntki_layer_step *const step = &analytic->layer[l].step;
    const double weight = which == NTK_STD_WEIGHT ? 2 : 0, bias = which == NTK_STD_BIAS ? 2 : 0;
    const double tangent = analytic->standard ? 0 : 1;
    return (ntki_layer_step_complex){
        .weight_variance = with_derivative(step->weight_variance, weight * step->weight_variance),
        .bias_variance = with_derivative(step->bias_variance, bias * step->bias_variance),
        .weight_tangent = with_derivative(step->weight_tangent, tangent * weight * step->weight_tangent),
        .bias_tangent = with_derivative(step->bias_tangent, tangent * bias * step->bias_tangent),
        .spread = step->spread,
        .constants = step->constants};
}

static ntk_status check_kernel(const ntk_kernel *kernel, const char *function) {
    if (kernel->evaluator->tile != ntki_analytic_tile)
        return ntki_fail(kernel->context, NTK_ERR_UNSUPPORTED, function,
                         "only kernels from ntk_kernel_create_analytic() have derivatives");
    for (int64_t l = 1; l < kernel->depth; l++) {
        const ntki_analytic_layer *const layer = &ntki_analytic_of(kernel)->layer[l];
        if (layer->form == NTKI_DUAL_CALLER)
            return ntki_fail(kernel->context, NTK_ERR_UNSUPPORTED, function,
                             "layer %lld has the caller's duals, whose derivatives are not known", (long long)l);
        if (ntki_series_kinked(&layer->activation))
            return ntki_fail(kernel->context, NTK_ERR_UNSUPPORTED, function,
                             "layer %lld has a phi of the caller with kinks, whose derivatives are not known",
                             (long long)l);
    }
    return NTK_SUCCESS;
}

ntk_status ntki_derivative_open(ntk_kernel *kernel, const char *function, ntki_derivative *out) {
    ntk_status status = check_kernel(kernel, function);
    ntki_kernel_begin(kernel, true, false); /* E[phi' phi'] is the derivative of E[phi phi] too */
    *out = (ntki_derivative){ntki_analytic_of(kernel), function, NULL, 1};
    if (status == NTK_SUCCESS)
        status = ntki_allocate(kernel->context, function, kernel->depth, sizeof(*out->step), &out->step);
    for (int64_t l = 0; status == NTK_SUCCESS && l < kernel->depth; l++)
        out->step[l] = complex_step(out->analytic, l, NOTHING);
    return status;
}

ntk_status ntki_derivative_of_std(ntki_derivative *derivative, int32_t which, int64_t layer) {
    const ntk_kernel *const kernel = &derivative->analytic->kernel;
    if (which != NTK_STD_WEIGHT && which != NTK_STD_BIAS)
        return ntki_fail(kernel->context, NTK_ERR_ENUM, derivative->function, "which is %d; it is no NTK_STD_ number",
                         (int)which);
    if (layer < 1 || layer > kernel->depth)
        return ntki_fail(kernel->context, NTK_ERR_SIZE, derivative->function,
                         "layer is %lld; this kernel has layers 1 to %lld", (long long)layer, (long long)kernel->depth);
    const ntki_layer_step *const step = &derivative->analytic->layer[layer - 1].step;
    const double fan_in = layer == 1 ? (double)kernel->input_dimension : 1;
    const double std = sqrt(which == NTK_STD_WEIGHT ? step->weight_variance * fan_in : step->bias_variance);
    derivative->unit = std > 0 ? std : 1;
    derivative->step[layer - 1] = complex_step(derivative->analytic, layer - 1, which);
    return NTK_SUCCESS;
}

void ntki_derivative_close(const ntki_derivative *derivative) {
    ntki_release(derivative->analytic->kernel.context, derivative->step);
}
