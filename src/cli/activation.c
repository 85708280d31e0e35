/* NAME[:P1[,P2...]]. See activation.h. */
#include "src/cli/activation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/cli/failure.h"
#include "src/cli/number.h"

enum { LONGEST_NAME = 32, LONGEST_LIST = 1024 };

bool activation_has_name(int32_t kind) {
    return ntk_activation_kind_name(kind) && kind != NTK_ACTIVATION_FUNCTION && kind != NTK_ACTIVATION_DUAL;
}

bool activation_is_homogeneous(int32_t kind) {
    static const int32_t kinds[] = {NTK_ACTIVATION_IDENTITY, NTK_ACTIVATION_RELU,      NTK_ACTIVATION_LEAKY_RELU,
                                    NTK_ACTIVATION_ABS,      NTK_ACTIVATION_TWO_SLOPE, NTK_ACTIVATION_NORMALISED_EXP};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

/* The names that can be given, as "a, b, c". */
static void list_names(char *text, size_t size) {
    size_t length = 0;
    text[0] = '\0';
    for (int32_t kind = 0; ntk_activation_kind_name(kind) && length < size; kind++)
        if (activation_has_name(kind))
            length += (size_t)snprintf(text + length, size - length, "%s%s", kind ? ", " : "",
                                       ntk_activation_kind_name(kind));
}

static int parse_parameters(const char *command, const char *text, struct activation_choice *choice) {
    for (;; text++) {
        const size_t length = strcspn(text, ",");
        double value = 0.0;
        if (!number_parse(text, length, &value) || !isfinite(value))
            return fail_usage(command, "the parameter '%.*s' of --activation is not a finite number", (int)length,
                              text);
        if (choice->count == ACTIVATION_PARAMETERS)
            return fail_usage(command, "--activation takes at most %d parameters", ACTIVATION_PARAMETERS);
        choice->parameters[choice->count++] = value;
        text += length;
        if (!*text)
            return DONE;
    }
}

int activation_parse(const char *command, const char *text, struct activation_choice *choice) {
    const size_t length = strcspn(text, ":");
    char name[LONGEST_NAME] = "", known[LONGEST_LIST];
    if (length < sizeof name)
        memcpy(name, text, length);
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    *choice = (struct activation_choice){.kind = -1};
    if (ntk_activation_kind_from_name(name, &choice->kind) != NTK_SUCCESS || !activation_has_name(choice->kind)) {
        list_names(known, sizeof known);
        return fail_usage(command, "--activation knows %s, not '%.*s'", known, (int)length, text);
    }
    return text[length] ? parse_parameters(command, text + length + 1, choice) : DONE;
}
