/* Parameters in and out: theta in the order of network.h. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "src/network/network.h"

static ntk_status check(const ntk_network *network, const char *function, int64_t p, const void *theta) {
    if (p != network->parameter_count)
        return ntki_fail(network->context, NTK_ERR_SIZE, function, "p is %lld; the network has %lld parameters",
                         (long long)p, (long long)network->parameter_count);
    return ntki_check_pointer(network->context, function, "theta", theta);
}

ntk_status ntk_network_get_parameters(const ntk_network *network, int64_t p, double *theta) {
    if (network == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = check(network, __func__, p, theta);
    if (status == NTK_SUCCESS)
        memcpy(theta, network->theta, (size_t)p * sizeof(double));
    return status;
}

ntk_status ntk_network_set_parameters(ntk_network *network, int64_t p, const double *theta) {
    if (network == NULL)
        return NTK_ERR_NULL;
    ntk_status status = check(network, __func__, p, theta);
    if (status == NTK_SUCCESS)
        status = ntki_check_finite_vector(network->context, __func__, "theta", p, theta);
    if (status == NTK_SUCCESS)
        memcpy(network->theta, theta, (size_t)p * sizeof(double));
    return status;
}

ntk_status ntk_network_get_parameters_f32(const ntk_network *network, int64_t p, float *theta) {
    if (network == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = check(network, __func__, p, theta);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < p; i++)
        if (!isfinite((float)network->theta[i]))
            return ntki_fail(network->context, NTK_ERR_RANGE, __func__, "theta[%lld] exceeds the float range",
                             (long long)i);
    for (int64_t i = 0; i < p; i++)
        theta[i] = (float)network->theta[i];
    return NTK_SUCCESS;
}

ntk_status ntk_network_set_parameters_f32(ntk_network *network, int64_t p, const float *theta) {
    if (network == NULL)
        return NTK_ERR_NULL;
    ntk_status status = check(network, __func__, p, theta);
    if (status == NTK_SUCCESS)
        status = ntki_check_finite_vector_f32(network->context, __func__, "theta", p, theta);
    for (int64_t i = 0; status == NTK_SUCCESS && i < p; i++)
        network->theta[i] = (double)theta[i];
    return status;
}
