/* Notices on stderr. See notice.h. */
#include "src/cli/notice.h"

#include <stdarg.h>

#include "src/cli/failure.h"

static bool silent = false;

void notice_begin(bool quiet) { silent = quiet; }

void notice(const char *format, ...) {
    if (silent)
        return;
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void notice_log(int32_t level, const char *message, void *user) {
    (void)user;
    if (level == NTK_LOG_WARNING)
        notice("warning: %s", message);
}
