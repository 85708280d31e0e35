/* Parameters in and out, in one precision: theta in the order of network.h. */
#include <stdatomic.h>

#include "lib/matrix/matrix.h"
#include "lib/threads/parallel.h"
#include "src/network/typed.h"

enum { PARAMETERS_AT_A_TIME = 1 << 15 };

typedef struct {
    const ntk_network *network;
    NTKI_REAL *to;
    atomic_bool overflow;
} rounding_job;

static void round_some(int64_t index, void *argument) {
    rounding_job *const job = argument;
    const int64_t first = index * PARAMETERS_AT_A_TIME;
    const int64_t end = ntki_smaller(first + PARAMETERS_AT_A_TIME, job->network->parameter_count);
    const double *const from = job->network->theta;
    int overflows = 0;
    for (int64_t p = first; p < end; p++)
        overflows |= !isfinite((NTKI_REAL)from[p]);
    if (overflows)
        atomic_store(&job->overflow, true);
    for (int64_t p = first; job->to != NULL && p < end; p++)
        job->to[p] = (NTKI_REAL)from[p];
}

/* The parameters in this precision; to = NULL: nowhere. False when one of them is too large for it. */
static bool round_parameters(const ntk_network *network, NTKI_REAL *to) {
    rounding_job job = {.network = network, .to = to};
    atomic_init(&job.overflow, false);
    ntki_parallel_for(network->context, (network->parameter_count - 1) / PARAMETERS_AT_A_TIME + 1, round_some, &job);
    return !atomic_load(&job.overflow);
}

static ntk_status check_theta(const ntk_network *network, const char *function, int64_t p, const NTKI_REAL *theta) {
    if (p != network->parameter_count)
        return ntki_fail(network->context, NTK_ERR_SIZE, function, "p is %lld; the network has %lld parameters",
                         (long long)p, (long long)network->parameter_count);
    return ntki_check_pointer(network->context, function, "theta", theta);
}

static ntk_status refuse_parameter(const ntk_network *network, const char *function) {
    int64_t p = 0;
    while (isfinite((NTKI_REAL)network->theta[p]))
        p++;
    return ntki_fail(network->context, NTK_ERR_RANGE, function, "theta[%lld] exceeds the " NTKI_TYPE_NAME " range",
                     (long long)p);
}

ntk_status NTKI_PUBLIC(ntk_network_get_parameters)(const ntk_network *network, int64_t p, NTKI_REAL *theta) {
    if (network == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = check_theta(network, __func__, p, theta);
    if (status != NTK_SUCCESS)
        return status;
    if (sizeof(NTKI_REAL) < sizeof(double) && !round_parameters(network, NULL))
        return refuse_parameter(network, __func__);
    round_parameters(network, theta);
    return NTK_SUCCESS;
}

ntk_status NTKI_PUBLIC(ntk_network_set_parameters)(ntk_network *network, int64_t p, const NTKI_REAL *theta) {
    if (network == NULL)
        return NTK_ERR_NULL;
    ntk_status status = check_theta(network, __func__, p, theta);
    if (status == NTK_SUCCESS)
        status = NTKI_CHECK_FINITE_VECTOR(network->context, __func__, "theta", p, theta);
    for (int64_t i = 0; status == NTK_SUCCESS && i < p; i++)
        network->theta[i] = (double)theta[i];
    return status;
}
