/* A buffered byte source with optional decompression. See source.h. */
#define _POSIX_C_SOURCE 200809L

#include "src/cli/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "src/cli/failure.h"
#include "src/cli/gunzip.h"
#include "src/cli/interrupt.h"

enum { BUFFER_SIZE = 1 << 17 };

struct source {
    const char *path;
    FILE *file;
    bool standard;         /* the file is standard input */
    struct gunzip *gunzip; /* NULL for a plain file */
    int64_t size;          /* bytes of a plain regular file, or -1 */
    int64_t offset;        /* bytes handed out */
    size_t begin, end;     /* what waits in the buffer */
    bool ended;
    unsigned char buffer[BUFFER_SIZE];
};

static int read_plain(void *user, unsigned char *destination, size_t capacity, size_t *count) {
    struct source *source = user;
    *count = fread(destination, 1, capacity, source->file);
    if (interrupt_requested())
        return fail_interrupted();
    if (*count < capacity && ferror(source->file))
        return fail(INPUT_ERROR, "%s: cannot read: %s", source->path, strerror(errno));
    return DONE;
}

/* Moves what waits to the front of the buffer and fills the rest. */
static int refill(struct source *source) {
    if (interrupt_requested())
        return fail_interrupted();
    memmove(source->buffer, source->buffer + source->begin, source->end - source->begin);
    source->end -= source->begin;
    source->begin = 0;
    while (!source->ended && source->end < SOURCE_LOOK_AHEAD) {
        size_t count = 0;
        unsigned char *free_part = source->buffer + source->end;
        const size_t room = BUFFER_SIZE - source->end;
        const int code = source->gunzip ? gunzip_read(source->gunzip, free_part, room, &count)
                                        : read_plain(source, free_part, room, &count);
        if (code != DONE)
            return code;
        source->ended = count == 0;
        source->end += count;
    }
    return DONE;
}

static int open_file(struct source *source) {
    struct stat status;
    errno = 0;
    source->file = source->standard ? stdin : fopen(source->path, "rb");
    if (interrupt_requested())
        return fail_interrupted();
    if (!source->file || fstat(fileno(source->file), &status) != 0)
        return fail(INPUT_ERROR, "%s: cannot open: %s", source->path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return fail(INPUT_ERROR, "%s: is a directory, not a file", source->path);
    /* Of standard input somebody may have read a part. */
    source->size = S_ISREG(status.st_mode) && !source->standard ? (int64_t)status.st_size : -1;
    return refill(source);
}

/* Puts the decompressor between the file and the buffer, and feeds it what was already read. */
static int begin_gunzip(struct source *source) {
    source->size = -1;
    const int code = gunzip_create(source->path, read_plain, source, source->buffer, source->end, &source->gunzip);
    if (code != DONE)
        return code;
    source->begin = source->end = 0;
    source->ended = false;
    return refill(source);
}

int source_open(const char *path, struct source **out) {
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return fail_memory("opening a file");
    source->standard = strcmp(path, "-") == 0;
    source->path = source_name(path);
    source->size = -1;
    int code = open_file(source);
    if (code == DONE && source->end >= 2 && source->buffer[0] == 0x1f && source->buffer[1] == 0x8b)
        code = begin_gunzip(source);
    if (code == DONE && source->end == 0)
        code = fail(INPUT_ERROR, "%s: the file is empty", source->path);
    if (code != DONE) {
        source_close(source);
        return code;
    }
    *out = source;
    return DONE;
}

void source_close(struct source *source) {
    if (!source)
        return;
    gunzip_destroy(source->gunzip);
    if (source->file && !source->standard)
        fclose(source->file);
    free(source);
}

const char *source_name(const char *path) { return strcmp(path, "-") == 0 ? "standard input" : path; }

const char *source_path(const struct source *source) { return source->path; }

int64_t source_offset(const struct source *source) { return source->offset; }

int64_t source_remaining(const struct source *source) { return source->size < 0 ? -1 : source->size - source->offset; }

int source_peek(struct source *source, const unsigned char **bytes, size_t *count) {
    if (source->end - source->begin < SOURCE_LOOK_AHEAD && !source->ended) {
        const int code = refill(source);
        if (code != DONE)
            return code;
    }
    *bytes = source->buffer + source->begin;
    *count = source->end - source->begin;
    return DONE;
}

void source_take(struct source *source, size_t count) {
    source->begin += count;
    source->offset += (int64_t)count;
}

int source_read(struct source *source, void *destination, size_t count, const char *what) {
    unsigned char *out = destination;
    while (count > 0) {
        const unsigned char *bytes = NULL;
        size_t available = 0;
        const int code = source_peek(source, &bytes, &available);
        if (code != DONE)
            return code;
        if (available == 0)
            return fail(INPUT_ERROR, "%s: offset %lld: the file ends inside %s", source->path,
                        (long long)source->offset, what);
        const size_t part = available < count ? available : count;
        memcpy(out, bytes, part);
        source_take(source, part);
        out += part;
        count -= part;
    }
    return DONE;
}
