/* Error sentences on stderr. See failure.h. */
#include "src/cli/failure.h"

#include <stdarg.h>
#include <stdio.h>

#include "src/cli/interrupt.h"
#include "src/cli/progress.h"

void say(const char *format, va_list arguments) {
    progress_clear();
    fputs("ntk: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int fail(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return code;
}

int fail_usage(const char *command, const char *format, ...) {
    const char *space = command ? " " : "";
    const char *name = command ? command : "";
    progress_clear();
    fprintf(stderr, "ntk%s%s: ", space, name);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; see 'ntk%s%s --help'\n", space, name);
    return USAGE_ERROR;
}

int fail_library(const ntk_context *context, ntk_status status) {
    if (status == NTK_ERR_CANCELLED)
        return fail_interrupted();
    const char *sentence = context ? ntk_context_last_error(context) : "";
    return fail(LIBRARY_FAILURE, "%s", sentence[0] ? sentence : ntk_status_string(status));
}

int fail_memory(const char *what) { return fail(LIBRARY_FAILURE, "out of memory while %s", what); }

int fail_interrupted(void) {
    const int code = interrupt_exit_code();
    return fail(code, "cancelled by signal %d", code - 128);
}
