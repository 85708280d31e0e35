/* Status texts, and the sentence that a context keeps of its last failure. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/context/context.h"

typedef struct {
    ntk_status number;
    const char *name;
    const char *text;
} status_row;

#define STATUS_ROW(name, number, text) {number, #name, text},
static const status_row status_table[] = {NTK_STATUS_TABLE(STATUS_ROW)};
#undef STATUS_ROW

static const status_row *find_status(ntk_status status) {
    for (size_t i = 0; i < sizeof(status_table) / sizeof(status_table[0]); i++)
        if (status_table[i].number == status)
            return &status_table[i];
    return NULL;
}

const char *ntk_status_string(ntk_status status) {
    const status_row *row = find_status(status);
    return row != NULL ? row->text : "unknown status";
}

const char *ntk_status_name(ntk_status status) {
    const status_row *row = find_status(status);
    return row != NULL ? row->name : "unknown status";
}

ntk_status ntki_fail(ntk_context *context, ntk_status status, const char *function, const char *format, ...) {
    if (context == NULL)
        return status;
    context->last_status = status;
    const int prefix = snprintf(context->last_error, NTKI_ERROR_LENGTH, "%s: ", function);
    if (prefix > 0 && prefix < NTKI_ERROR_LENGTH) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(context->last_error + prefix, NTKI_ERROR_LENGTH - (size_t)prefix, format, arguments);
        va_end(arguments);
    }
    if (context->log != NULL)
        context->log(NTK_LOG_ERROR, context->last_error, context->log_user);
    return status;
}

void ntki_log(ntk_context *context, int32_t level, const char *format, ...) {
    char message[NTKI_ERROR_LENGTH];
    if (context->log == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    context->log(level, message, context->log_user);
}

const char *ntk_context_last_error(const ntk_context *context) { return context != NULL ? context->last_error : ""; }

ntk_status ntk_context_last_status(const ntk_context *context) {
    return context != NULL ? context->last_status : NTK_SUCCESS;
}
