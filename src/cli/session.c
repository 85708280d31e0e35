/* The surroundings of a computation. See session.h. */
#include "src/cli/session.h"

#include "src/cli/failure.h"
#include "src/cli/interrupt.h"
#include "src/cli/notice.h"
#include "src/cli/progress.h"

#define MEMBER(name) offsetof(struct session_settings, name)
const struct option session_options[] = {
    {"--threads", OPTION_CARDINAL, MEMBER(threads), "N",
     "threads of the library's own loops; 0 (default): as many as the machine offers.\n"
     "The BLAS has its own, e.g. OPENBLAS_NUM_THREADS"},
    {"--json", OPTION_FLAG, MEMBER(json), NULL, "report one JSON object on stdout instead of text"},
    {"--timings", OPTION_FLAG, MEMBER(timings), NULL, "report the wall time of each stage (always in JSON)"},
    {"--quiet", OPTION_FLAG, MEMBER(quiet), NULL,
     "nothing on stderr but errors: no progress bar (there is none anyway unless stderr is a\n"
     "terminal), no hints, no warnings"},
};
const size_t session_option_count = sizeof session_options / sizeof session_options[0];

int session_begin(const struct session_settings *settings, ntk_context **context) {
    *context = NULL;
    if (settings->threads > INT32_MAX)
        return fail_usage(NULL, "--threads is too large");
    ntk_status status = ntk_context_create(context);
    if (status != NTK_SUCCESS)
        return fail_library(NULL, status);
    interrupt_install(*context);
    progress_begin(settings->quiet);
    notice_begin(settings->quiet);
    status = ntk_context_set_threads(*context, (int32_t)settings->threads);
    if (status == NTK_SUCCESS)
        status = ntk_context_set_progress(*context, progress_report, NULL);
    if (status == NTK_SUCCESS)
        status = ntk_context_set_log(*context, notice_log, NULL);
    return status == NTK_SUCCESS ? DONE : fail_library(*context, status);
}

void session_end(ntk_context *context) {
    progress_clear();
    interrupt_forget();
    ntk_context_destroy(context);
}
