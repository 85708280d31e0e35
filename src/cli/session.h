/* What every computing command needs around it: a context with threads, progress and cancellation. */
#ifndef NTK_CLI_SESSION_H
#define NTK_CLI_SESSION_H

#include <ntk/ntk.h>

#include "src/cli/options.h"

struct session_settings {
    int64_t threads; /* 0: as many as the machine offers */
    bool json, quiet, timings;
};

extern const struct option session_options[];
extern const size_t session_option_count;

/* Creates the context. Returns an exit code. */
int session_begin(const struct session_settings *settings, ntk_context **context);

/* Wipes the progress bar and gives up the context; NULL is allowed. */
void session_end(ntk_context *context);

#endif
