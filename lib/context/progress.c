/* Progress reports and cancellation. */
#include "lib/context/context.h"

void ntk_context_cancel(ntk_context *context) {
    if (context != NULL)
        atomic_store(&context->cancel, 1);
}

void ntk_context_clear_cancel(ntk_context *context) {
    if (context != NULL)
        atomic_store(&context->cancel, 0);
}

ntk_status ntki_progress(ntk_context *context, const char *function, double fraction, const char *phase) {
    if (atomic_exchange(&context->cancel, 0) != 0)
        return ntki_fail(context, NTK_ERR_CANCELLED, function, "cancelled by ntk_context_cancel at %.0f %% of the %s",
                         100 * fraction, phase);
    if (context->progress == NULL)
        return NTK_SUCCESS;
    const int32_t answer = context->progress(fraction, phase, context->progress_user);
    if (answer != 0)
        return ntki_fail(context, NTK_ERR_CANCELLED, function,
                         "cancelled: the progress callback returned %d at %.0f %% of the %s", (int)answer,
                         100 * fraction, phase);
    return NTK_SUCCESS;
}
