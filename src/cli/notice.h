/* Lines on stderr that are no errors: what was understood, hints, warnings of the library. --quiet silences them. */
#ifndef NTK_CLI_NOTICE_H
#define NTK_CLI_NOTICE_H

#include <stdbool.h>

#include "src/cli/failure.h"

void notice_begin(bool quiet);

/* Prints "ntk: " and the sentence on stderr, unless the run is quiet. */
void notice(const char *format, ...) PRINTF_LIKE(1, 2);

/* Receives the library's log: its warnings become notices. Its errors are printed by fail_library() already. */
void notice_log(int32_t level, const char *message, void *user);

#endif
