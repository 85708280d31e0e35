/* The `ntk` command: a table of commands, help and version. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ntk/ntk.h>

#include "src/cli/commands.h"
#include "src/cli/failure.h"
#include "src/cli/number.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"predict", command_predict, "train the infinitely wide network on one table and predict another"},
    {"kernel", command_kernel, "write a kernel matrix of a table"},
    {"info", command_info, "versions, BLAS, CPU path, threads, file formats"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const char help_end[] =
    "\n"
    "'ntk COMMAND --help' explains the options of a command. 'ntk --version' tells the version.\n"
    "\n"
    "Example\n"
    "  $ cat train.csv                  $ cat test.csv\n"
    "  width,length,kind                width,length,kind\n"
    "  0.1,0.3,short                    0.2,0.2,short\n"
    "  0.2,0.4,short                    0.1,0.9,long\n"
    "  0.2,0.9,long\n"
    "  0.1,0.8,long\n"
    "  $ ntk predict --train train.csv --test test.csv --depth 2 --bias-std 1 --output out.csv\n"
    "trains a network with two hidden layers to the end, prints how many kinds of test.csv it\n"
    "gets right, and writes its outputs to out.csv.\n"
    "\n"
    "Input files (told by their first bytes and names; each may be compressed by gzip)\n"
    "  CSV     text, one row a line; comma, semicolon, tab or blanks; a header line or none;\n"
    "          decimal points; # begins a comment; the label is the last column, a number or a text\n"
    "  NPY     NumPy arrays of numbers; the first dimension counts the rows, others are flattened\n"
    "  IDX     the format of MNIST, likewise; labels come in a file of their own\n"
    "  LIBSVM  'label index:value ...' a line; indices from 1\n"
    "  One of the files may be '-', standard input.\n"
    "\n"
    "Exit codes\n"
    "  0    done\n"
    "  1    the library could not compute it, or memory ran out\n"
    "  2    the command line makes no sense\n"
    "  3    an input file cannot be read or parsed, or does not fit the others\n"
    "  4    an output cannot be written\n"
    "  130  interrupted (Ctrl-C); 143 for a request to terminate, 129 for a closed\n"
    "       terminal. Output files are either complete or not there.\n";

static int print_help(void) {
    fputs("ntk: the neural tangent kernel, and what an infinitely wide network predicts\n"
          "\n"
          "Usage: ntk COMMAND [options]\n"
          "\n"
          "Commands\n",
          stdout);
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-8s  %s\n", commands[i].name, commands[i].help);
    fputs(help_end, stdout);
    return DONE;
}

static int print_version(void) {
    printf("ntk %s\n", ntk_version());
    return DONE;
}

static int run(int argc, char **argv) {
    if (argc < 2) {
        fail_usage(NULL, "a command is needed: predict, kernel or info");
        return USAGE_ERROR;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0)
        return print_version();
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    return fail_usage(NULL, argv[1][0] == '-' ? "unknown option '%s'" : "unknown command '%s'", argv[1]);
}

int main(int argc, char **argv) {
    if (!number_begin())
        return fail_memory("starting");
    int code = run(argc, argv);
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == DONE)
        code = fail(OUTPUT_ERROR, "cannot write to standard output: %s", strerror(errno));
    number_end();
    return code;
}
