/* Exit codes of the command, and the one way in which it reports that something went wrong: one sentence on stderr. */
#ifndef NTK_CLI_FAILURE_H
#define NTK_CLI_FAILURE_H

#include <stdarg.h>

#include <ntk/ntk.h>

/* The codes are documented in `ntk --help`; keep both in step. Functions of the command return one of them. */
enum exit_code {
    DONE = 0,
    LIBRARY_FAILURE = 1, /* the library could not compute what was asked, or memory ran out */
    USAGE_ERROR = 2,     /* the command line makes no sense */
    INPUT_ERROR = 3,     /* an input file cannot be read or parsed, or does not fit the others */
    OUTPUT_ERROR = 4,    /* an output cannot be written */
    INTERRUPTED = 130    /* SIGINT (128 + 2); SIGTERM gives 143 */
};

#if defined(__GNUC__) || defined(__clang__)
#define PRINTF_LIKE(position, first) __attribute__((format(printf, position, first)))
#else
#define PRINTF_LIKE(position, first)
#endif

/* One line on stderr, "ntk: " and the sentence, in the place of a progress bar. */
void say(const char *format, va_list arguments) PRINTF_LIKE(1, 0);

/* Prints "ntk: " and the sentence on stderr, and returns `code`. */
int fail(int code, const char *format, ...) PRINTF_LIKE(2, 3);

/* Prints "ntk COMMAND: ", the sentence and where to find help; returns USAGE_ERROR. `command` may be NULL. */
int fail_usage(const char *command, const char *format, ...) PRINTF_LIKE(2, 3);

/* Reports the context's last error (or the text of `status` when there is none). */
int fail_library(const ntk_context *context, ntk_status status);

/* Memory ran out while doing `what`, e.g. "reading a.csv". */
int fail_memory(const char *what);

/* The run was cancelled by a signal. */
int fail_interrupted(void);

#endif
