/* Notices on stderr. See notice.h. */
#include "src/cli/notice.h"

#include <stdarg.h>
#include <stdio.h>

#include "src/cli/progress.h"

static bool silent = false;

void notice_begin(bool quiet) { silent = quiet; }

void notice(const char *format, ...) {
    if (silent)
        return;
    progress_clear();
    fputs("ntk: ", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void notice_log(int32_t level, const char *message, void *user) {
    (void)user;
    if (level == NTK_LOG_WARNING)
        notice("warning: %s", message);
}
