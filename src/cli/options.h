/* Command-line options from tables: one row says how an option is read, where its value goes and what help says of it,
 * so that parser and help cannot disagree. */
#ifndef NTK_CLI_OPTIONS_H
#define NTK_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an option takes and the type of the member that receives it. */
enum option_kind {
    OPTION_FLAG,        /* nothing; bool, set to true */
    OPTION_TEXT,        /* any text; const char * */
    OPTION_REAL,        /* a finite number; double */
    OPTION_POSITIVE,    /* a finite number > 0; double */
    OPTION_NONNEGATIVE, /* a finite number >= 0; double */
    OPTION_COUNT,       /* an integer >= 1; int64_t */
    OPTION_CARDINAL,    /* an integer >= 0; int64_t */
    OPTION_CHOICE,      /* one of the words of the placeholder ("a|b|c"); int, the index of the word */
    OPTION_SWITCH       /* nothing, or =V with a finite number >= 0; double, -1 without V */
};

struct option {
    const char *name; /* with the dashes */
    enum option_kind kind;
    size_t member; /* offset in the settings of the group */
    /* What help calls the value; NULL for a flag; for a choice its words; for a switch with the =. */
    const char *placeholder;
    const char *help; /* may hold newlines */
};

/* A titled table with the settings that it fills. */
struct option_group {
    const char *title;
    const struct option *options;
    size_t count;
    void *settings;
};

/* Reads argv[0..argc). --help or -h anywhere sets *help and ends the reading. Returns an exit code. */
int options_parse(const char *command, const struct option_group *groups, size_t group_count, int argc, char **argv,
                  bool *help);

/* Prints the options of all groups on stdout. */
void options_print(const struct option_group *groups, size_t group_count);

#endif
