/* The activation of --activation: NAME[:P1[,P2...]]. */
#ifndef NTK_CLI_ACTIVATION_H
#define NTK_CLI_ACTIVATION_H

#include <stdbool.h>

#include <ntk/ntk.h>

/* Room for more than any kind takes, so that the library has the last word on their number. */
enum { ACTIVATION_PARAMETERS = 64 };

struct activation_choice {
    int32_t kind;
    int64_t count;
    double parameters[ACTIVATION_PARAMETERS];
};

/* Hyphens in the name stand for underscores. Returns an exit code. */
int activation_parse(const char *command, const char *text, struct activation_choice *choice);

/* Whether the kind has a name that --activation takes; false beyond the last one and for those that need functions. */
bool activation_has_name(int32_t kind);

/* Whether phi(s x) = s phi(x) for s > 0, or E[phi phi] scales as if it were so. */
bool activation_is_homogeneous(int32_t kind);

#endif
