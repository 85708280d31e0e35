/* |T_t - T_0| / |T_0|. */
#include "src/train/drift.h"

#include <math.h>

#include <ntk/empirical.h>

#include "lib/memory/memory.h"
#include "lib/ode/vector.h"

/* T with the parameters now (moved) or at the start. */
static ntk_status make_gram(const ntki_drift *work, bool moved, double *gram) {
    const ntk_trainer *const trainer = work->trainer;
    ntk_network *copy = NULL;
    ntk_kernel *kernel = NULL;
    ntk_status status = NTK_SUCCESS;
    if (moved && (status = ntk_network_copy(trainer->network, &copy)) == NTK_SUCCESS)
        ntki_train_parameters(trainer, copy->theta);
    if (status == NTK_SUCCESS)
        status = ntk_kernel_create_empirical(trainer->context, moved ? copy : trainer->network, NTK_KERNEL_NTK,
                                             NTK_OUTPUT_TRACE, &kernel);
    ntk_network_destroy(copy);
    if (status == NTK_SUCCESS)
        status = ntk_kernel_gram(kernel, work->m, work->z, work->ldz, gram, work->m);
    ntk_kernel_destroy(kernel);
    return ntki_train_relay(trainer->context, work->function, status);
}

ntk_status ntki_drift_begin(ntki_drift *work, const ntk_trainer *trainer, const char *function, int64_t m,
                            const double *z, int64_t ldz) {
    *work = (ntki_drift){.trainer = trainer, .function = function, .m = m, .z = z, .ldz = ldz};
    ntk_status status;
    if (ntki_train_is_linearised(trainer))
        return NTK_SUCCESS;
    if ((status = ntki_allocate_matrix(trainer->context, function, m, m, &work->start)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(trainer->context, function, m, m, &work->now)) != NTK_SUCCESS ||
        (status = make_gram(work, false, work->start)) != NTK_SUCCESS)
        return status;
    work->norm = ntki_vector_norm(trainer->context, m * m, work->start, NULL);
    return NTK_SUCCESS;
}

ntk_status ntki_drift_now(const ntki_drift *work, double *drift) {
    ntk_context *const context = work->trainer->context;
    if (work->start == NULL) {
        *drift = 0;
        return NTK_SUCCESS;
    }
    const ntk_status status = make_gram(work, true, work->now);
    if (status != NTK_SUCCESS)
        return status;
    const double moved = ntki_vector_norm(context, work->m * work->m, work->now, work->start);
    const double ratio = moved == 0 ? 0 : moved / work->norm;
    if (!isfinite(ratio))
        return ntki_fail(context, NTK_ERR_RANGE, work->function, "the kernel has moved by %g, from a norm of %g", moved,
                         work->norm);
    *drift = ratio;
    return NTK_SUCCESS;
}

void ntki_drift_end(ntki_drift *work) {
    if (work->trainer == NULL)
        return;
    ntki_release(work->trainer->context, work->start);
    ntki_release(work->trainer->context, work->now);
}
