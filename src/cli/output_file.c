/* Output files that are never half-written. See output_file.h. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700 /* realpath */

#include "src/cli/output_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cli/failure.h"
#include "src/cli/interrupt.h"

static int fail_to_write(const struct output_file *output, int error) {
    return fail(OUTPUT_ERROR, "%s: cannot write: %s", output->path, strerror(error));
}

/* Opens a temporary file beside output->path, with the permissions that a new file would have. */
static int open_temporary(struct output_file *output) {
    static const char suffix[] = ".part-XXXXXX";
    const size_t length = strlen(output->path);
    output->temporary = malloc(length + sizeof suffix);
    if (!output->temporary)
        return fail_memory("opening the output");
    memcpy(output->temporary, output->path, length);
    memcpy(output->temporary + length, suffix, sizeof suffix);
    const int descriptor = mkstemp(output->temporary);
    if (descriptor < 0) {
        const int error = errno;
        free(output->temporary);
        output->temporary = NULL;
        return fail_to_write(output, error);
    }
    const mode_t mask = umask(0);
    umask(mask);
    output->stream = fchmod(descriptor, 0666 & ~mask) == 0 ? fdopen(descriptor, "wb") : NULL;
    if (!output->stream) {
        const int error = errno;
        close(descriptor);
        return fail_to_write(output, error);
    }
    return DONE;
}

int output_open(struct output_file *output, const char *path) {
    *output = (struct output_file){0};
    /* Through a link, the file that it points to is replaced, not the link. */
    output->path = realpath(path, NULL);
    const int missing = errno == ENOENT;
    if (!output->path && missing)
        output->path = strdup(path);
    if (!output->path)
        return fail(OUTPUT_ERROR, "%s: cannot write: %s", path, strerror(errno));
    struct stat status;
    int code = DONE;
    if (stat(output->path, &status) == 0 && !S_ISREG(status.st_mode)) {
        errno = EISDIR;
        output->stream = S_ISDIR(status.st_mode) ? NULL : fopen(output->path, "wb");
        if (!output->stream)
            code = fail_to_write(output, errno);
    } else {
        code = open_temporary(output);
    }
    if (code != DONE)
        output_discard(output);
    return code;
}

int output_commit(struct output_file *output) {
    errno = 0;
    const int failed = fflush(output->stream) != 0 || ferror(output->stream);
    int error = failed ? errno : 0;
    if (fclose(output->stream) != 0 && !failed)
        error = errno;
    output->stream = NULL;
    int code = DONE;
    if (interrupt_requested())
        code = fail_interrupted();
    else if (failed || error)
        code = fail_to_write(output, error ? error : EIO);
    else if (output->temporary && rename(output->temporary, output->path) != 0)
        code = fail_to_write(output, errno);
    if (code == DONE) {
        free(output->temporary);
        output->temporary = NULL;
    }
    output_discard(output);
    return code;
}

void output_discard(struct output_file *output) {
    if (output->stream)
        fclose(output->stream);
    if (output->temporary)
        unlink(output->temporary);
    free(output->temporary);
    free(output->path);
    *output = (struct output_file){0};
}
