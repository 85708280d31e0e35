/* SIGINT and SIGTERM: the library's work is cancelled, and the command leaves in good order, without half an output. */
#ifndef NTK_CLI_INTERRUPT_H
#define NTK_CLI_INTERRUPT_H

#include <stdbool.h>

#include <ntk/context.h>

/* From now on a signal cancels the work that runs in `context`. A second signal ends the process at once. */
void interrupt_install(ntk_context *context);

/* To be called before the context is destroyed. */
void interrupt_forget(void);

/* Whether a signal has come. */
bool interrupt_requested(void);

/* 128 + the number of the signal that came; INTERRUPTED when the library was cancelled without one. */
int interrupt_exit_code(void);

#endif
