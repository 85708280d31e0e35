/* `ntk info`: what this command and its library are made of. */
#include <stdio.h>
#include <string.h>

#include <ntk/ntk.h>

#include "src/cli/activation.h"
#include "src/cli/commands.h"
#include "src/cli/failure.h"
#include "src/cli/gunzip.h"
#include "src/cli/json.h"
#include "src/cli/options.h"

struct info {
    bool json;
    int32_t threads, blas_bits;
    const char *blas, *cpu;
};

static const char *const formats_read[] = {"CSV", "NPY", "IDX", "LIBSVM"};
static const char *const formats_written[] = {"CSV", "NPY"};

static void list_json(const char *key, const char *const *names, size_t count) {
    json_begin_array(key);
    for (size_t i = 0; i < count; i++)
        json_text(NULL, names[i]);
    json_end_array();
}

static void report_json(const struct info *info) {
    json_begin_object(NULL);
    json_text("command", "info");
    json_text("version", ntk_version());
    json_text("header_version", NTK_VERSION_STRING);
    json_text("blas", info->blas);
    json_integer("blas_integer_bits", info->blas_bits);
    json_text("cpu_path", info->cpu);
    json_integer("threads", info->threads);
    json_bool("zlib", gunzip_available());
    json_text("zlib_version", gunzip_available() ? gunzip_version() : NULL);
    list_json("formats_read", formats_read, sizeof formats_read / sizeof formats_read[0]);
    list_json("formats_written", formats_written, sizeof formats_written / sizeof formats_written[0]);
    json_begin_array("activations");
    for (int32_t kind = 0; ntk_activation_kind_name(kind); kind++)
        if (activation_has_name(kind))
            json_text(NULL, ntk_activation_kind_name(kind));
    json_end_array();
    json_end_object();
    json_finish();
}

static void list_text(const char *title, const char *const *names, size_t count) {
    printf("%-18s", title);
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i ? ", " : "", names[i]);
    putchar('\n');
}

/* In lines of readable length. */
static void print_activations(void) {
    enum { INDENT = 18, WIDTH = 100 };
    int position = printf("%-*s", INDENT, "activations");
    for (int32_t kind = 0; ntk_activation_kind_name(kind); kind++) {
        const char *const name = ntk_activation_kind_name(kind);
        if (!activation_has_name(kind))
            continue;
        if (position + (int)strlen(name) + 2 > WIDTH)
            position = printf(",\n%*s", INDENT, "") - 2;
        else if (kind > 0)
            position += printf(", ");
        position += printf("%s", name);
    }
    putchar('\n');
}

static void report_text(const struct info *info) {
    printf("%-18s%s (built with the headers of %s)\n", "libntk", ntk_version(), NTK_VERSION_STRING);
    printf("%-18s%s, %d-bit integers\n", "BLAS", info->blas, (int)info->blas_bits);
    printf("%-18s%s\n", "CPU path", info->cpu);
    printf("%-18s%d\n", "threads", (int)info->threads);
    printf("%-18s%s%s\n", "zlib", gunzip_available() ? "yes, " : "no: .gz files are not read", gunzip_version());
    list_text("formats read", formats_read, sizeof formats_read / sizeof formats_read[0]);
    list_text("formats written", formats_written, sizeof formats_written / sizeof formats_written[0]);
    print_activations();
}

static int collect(ntk_context *context, struct info *info) {
    ntk_status status = ntk_context_get_threads(context, &info->threads);
    if (status == NTK_SUCCESS)
        status = ntk_context_get_blas_integer_bits(context, &info->blas_bits);
    info->blas = ntk_context_blas_description(context);
    info->cpu = ntk_context_cpu_path(context);
    return status == NTK_SUCCESS ? DONE : fail_library(context, status);
}

int command_info(int argc, char **argv) {
    static const struct option options[] = {
        {"--json", OPTION_FLAG, offsetof(struct info, json), NULL, "one JSON object instead of text"}};
    struct info info = {.json = false};
    const struct option_group group = {"Options", options, 1, &info};
    ntk_context *context = NULL;
    bool help = false;
    int code = options_parse("info", &group, 1, argc, argv, &help);
    if (code == DONE && help) {
        fputs("Usage: ntk info [--json]\n\nTells versions, BLAS, CPU path, threads and file formats.\n", stdout);
        options_print(&group, 1);
        return DONE;
    }
    if (code != DONE)
        return code;
    const ntk_status status = ntk_context_create(&context);
    code = status == NTK_SUCCESS ? collect(context, &info) : fail_library(NULL, status);
    if (code == DONE && info.json)
        report_json(&info);
    else if (code == DONE)
        report_text(&info);
    ntk_context_destroy(context);
    return code;
}
