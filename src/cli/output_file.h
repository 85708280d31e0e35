/* An output file that appears under its name only when it is complete: it is written beside it under a temporary name
 * and renamed at the end. */
#ifndef NTK_CLI_OUTPUT_FILE_H
#define NTK_CLI_OUTPUT_FILE_H

#include <stdio.h>

struct output_file {
    char *path;      /* the real one, links resolved */
    char *temporary; /* NULL when a device or a pipe is written directly */
    FILE *stream;
};

/* Opens `path` for writing, before the work is done, so that a wrong path is known early. Returns an exit code. */
int output_open(struct output_file *output, const char *path);

/* Finishes the file and gives it its name. Returns an exit code; the file is gone on failure. */
int output_commit(struct output_file *output);

/* Removes what was written; does nothing after output_commit() or for a zeroed struct. */
void output_discard(struct output_file *output);

#endif
