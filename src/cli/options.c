/* The table-driven option parser. See options.h. */
#include "src/cli/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/cli/failure.h"
#include "src/cli/number.h"

struct match {
    const struct option *option;
    void *destination;
};

static bool names_option(const struct option *option, const char *argument, size_t length) {
    return strlen(option->name) == length && strncmp(option->name, argument, length) == 0;
}

static struct match find_option(const struct option_group *groups, size_t group_count, const char *argument,
                                size_t length) {
    for (size_t g = 0; g < group_count; g++)
        for (size_t i = 0; i < groups[g].count; i++) {
            const struct option *option = &groups[g].options[i];
            if (names_option(option, argument, length))
                return (struct match){option, (char *)groups[g].settings + option->member};
        }
    return (struct match){NULL, NULL};
}

/* The index of `value` among the words of "a|b|c", or -1. */
static int find_word(const char *words, const char *value) {
    const size_t length = strlen(value);
    int index = 0;
    for (const char *word = words; word; index++) {
        const char *bar = strchr(word, '|');
        const size_t word_length = bar ? (size_t)(bar - word) : strlen(word);
        if (word_length == length && strncmp(word, value, length) == 0)
            return index;
        word = bar ? bar + 1 : NULL;
    }
    return -1;
}

static int read_real(const char *command, const struct option *option, const char *value, double *destination) {
    static const struct {
        enum option_kind kind;
        const char *wanted;
    } kinds[] = {{OPTION_REAL, "a finite number"},
                 {OPTION_POSITIVE, "a finite number greater than 0"},
                 {OPTION_NONNEGATIVE, "a finite number that is not negative"},
                 {OPTION_SWITCH, "a finite number that is not negative"}};
    double number = 0.0;
    bool good = number_parse(value, strlen(value), &number) && isfinite(number);
    good = good && (option->kind != OPTION_POSITIVE || number > 0.0);
    good = good && ((option->kind != OPTION_NONNEGATIVE && option->kind != OPTION_SWITCH) || number >= 0.0);
    for (size_t i = 0; !good && i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].kind == option->kind)
            return fail_usage(command, "%s takes %s, not '%s'", option->name, kinds[i].wanted, value);
    *destination = number;
    return DONE;
}

static int read_integer(const char *command, const struct option *option, const char *value, int64_t *destination) {
    const int64_t least = option->kind == OPTION_COUNT ? 1 : 0;
    int64_t number = 0;
    if (!integer_parse(value, strlen(value), &number) || number < least)
        return fail_usage(command, "%s takes an integer from %d up, not '%s'", option->name, (int)least, value);
    *destination = number;
    return DONE;
}

static int read_choice(const char *command, const struct option *option, const char *value, int *destination) {
    const int index = find_word(option->placeholder, value);
    if (index < 0)
        return fail_usage(command, "%s takes %s, not '%s'", option->name, option->placeholder, value);
    *destination = index;
    return DONE;
}

static int read_value(const char *command, const struct match *match, const char *value) {
    switch (match->option->kind) {
    case OPTION_FLAG:
        *(bool *)match->destination = true;
        return DONE;
    case OPTION_TEXT:
        *(const char **)match->destination = value;
        return DONE;
    case OPTION_REAL:
    case OPTION_POSITIVE:
    case OPTION_NONNEGATIVE:
    case OPTION_SWITCH:
        return read_real(command, match->option, value, match->destination);
    case OPTION_COUNT:
    case OPTION_CARDINAL:
        return read_integer(command, match->option, value, match->destination);
    case OPTION_CHOICE:
        return read_choice(command, match->option, value, match->destination);
    }
    return USAGE_ERROR;
}

/* Reads the option at argv[*i], with its value, and moves *i past it. */
static int parse_one(const char *command, const struct option_group *groups, size_t group_count, int argc, char **argv,
                     int *i) {
    const char *argument = argv[(*i)++];
    if (argument[0] != '-' || argument[1] == '\0')
        return fail_usage(command, "unexpected argument '%s': files and values follow an option", argument);
    const char *equals = strchr(argument, '=');
    const size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
    const struct match match = find_option(groups, group_count, argument, length);
    if (!match.option)
        return fail_usage(command, "unknown option '%.*s'", (int)length, argument);
    const char *value = equals ? equals + 1 : NULL;
    if (match.option->kind == OPTION_FLAG && value)
        return fail_usage(command, "%s takes no value", match.option->name);
    if (match.option->kind == OPTION_SWITCH && !value) {
        *(double *)match.destination = -1.0;
        return DONE;
    }
    if (match.option->kind != OPTION_FLAG && !value) {
        if (*i >= argc || strncmp(argv[*i], "--", 2) == 0)
            return fail_usage(command, "%s needs a value (%s)", match.option->name, match.option->placeholder);
        value = argv[(*i)++];
    }
    return read_value(command, &match, value);
}

int options_parse(const char *command, const struct option_group *groups, size_t group_count, int argc, char **argv,
                  bool *help) {
    *help = false;
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            *help = true;
            return DONE;
        }
    for (int i = 0; i < argc;) {
        const int code = parse_one(command, groups, group_count, argc, argv, &i);
        if (code != DONE)
            return code;
    }
    return DONE;
}

static void print_option(const struct option *option) {
    enum { COLUMN = 28 };
    const bool spaced = option->placeholder && option->kind != OPTION_SWITCH;
    const int used =
        printf("  %s%s%s", option->name, spaced ? " " : "", option->placeholder ? option->placeholder : "");
    int position = used;
    if (position > COLUMN - 2) {
        putchar('\n');
        position = 0;
    }
    printf("%*s", COLUMN - position, "");
    for (const char *c = option->help; *c; c++) {
        putchar(*c);
        if (*c == '\n')
            printf("%*s", COLUMN, "");
    }
    putchar('\n');
}

void options_print(const struct option_group *groups, size_t group_count) {
    for (size_t g = 0; g < group_count; g++) {
        printf("\n%s\n", groups[g].title);
        for (size_t i = 0; i < groups[g].count; i++)
            print_option(&groups[g].options[i]);
    }
}
