/* By descriptors: stdio would take heap that is not the context's. */
#undef _GNU_SOURCE /* its strerror_r is another */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700 /* realpath */
#define _FILE_OFFSET_BITS 64

#include "src/network/file_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

_Static_assert(sizeof(off_t) >= 8, "files of more than 2 GB");

enum { PATH_SHOWN = 200, MOST_TEMPORARIES = 1000, MOST_AT_ONCE = 1 << 30 };

/* ---- sentences ---- */

/* The path, or its end where it is long: the reason must find room behind it. */
static const char *shown(const char *path, const char **dots) {
    const size_t length = strlen(path);
    *dots = length > PATH_SHOWN ? "..." : "";
    if (length <= PATH_SHOWN)
        return path;
    path += length - PATH_SHOWN;
    while (((unsigned char)*path & 0xc0) == 0x80) /* inside of a character of UTF-8 */
        path++;
    return path;
}

ntk_status ntki_file_refuse(const ntki_file *file, const char *format, ...) {
    char text[NTKI_ERROR_LENGTH];
    const char *dots = NULL, *const path = shown(file->path, &dots);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return ntki_fail(file->context, NTK_ERR_FORMAT, file->function, "%s%s: %s", dots, path, text);
}

/* NTK_ERR_IO with the system's reason. */
static ntk_status fail(const ntki_file *file, const char *what, int error) {
    char reason[128];
    const char *dots = NULL, *const path = shown(file->path, &dots);
    if (error == 0 || strerror_r(error, reason, sizeof(reason)) != 0)
        snprintf(reason, sizeof(reason), "error %d", error);
    return ntki_fail(file->context, NTK_ERR_IO, file->function, "%s%s: cannot be %s: %s", dots, path, what, reason);
}

static ntk_status fail_as_special(const ntki_file *file) {
    const char *dots = NULL, *const path = shown(file->path, &dots);
    return ntki_fail(file->context, NTK_ERR_IO, file->function, "%s%s: is a folder, a device or a pipe, not a file",
                     dots, path);
}

/* ---- reading ---- */

static void close_descriptor(int *descriptor) {
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

ntk_status ntki_file_open(ntki_file_reader *reader, ntk_context *context, const char *function, const char *path) {
    *reader = (ntki_file_reader){.named = {context, function, path}, .descriptor = -1};
    struct stat state;
    const ntk_status status = ntki_check_pointer(context, function, "path", path);
    if (status != NTK_SUCCESS)
        return status;
    /* Before opening: to open a pipe is to wait for its other end. */
    if (stat(path, &state) != 0)
        return fail(&reader->named, "read", errno);
    if (!S_ISREG(state.st_mode))
        return fail_as_special(&reader->named);
    reader->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (reader->descriptor < 0 || fstat(reader->descriptor, &state) != 0)
        return fail(&reader->named, "read", errno);
    reader->size = state.st_size;
    return NTK_SUCCESS;
}

ntk_status ntki_file_read(ntki_file_reader *reader, int64_t bytes, void *buffer) {
    char *at = buffer;
    while (bytes > 0) {
        const ssize_t got = read(reader->descriptor, at, (size_t)(bytes < MOST_AT_ONCE ? bytes : MOST_AT_ONCE));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(&reader->named, "read", errno);
        if (got == 0)
            return ntki_file_refuse(&reader->named, "ends early");
        at += got;
        bytes -= got;
        reader->position += got;
    }
    return NTK_SUCCESS;
}

ntk_status ntki_file_seek(ntki_file_reader *reader, int64_t position) {
    if (position != reader->position && lseek(reader->descriptor, position, SEEK_SET) < 0)
        return fail(&reader->named, "read", errno);
    reader->position = position;
    return NTK_SUCCESS;
}

void ntki_file_close(ntki_file_reader *reader) { close_descriptor(&reader->descriptor); }

/* ---- writing ---- */

/* Through a link the file that it points to is replaced, not the link. */
static ntk_status find_target(ntki_file_writer *writer) {
    const ntki_file *const named = &writer->named;
    struct stat state;
    const size_t length = strlen(named->path);
    const int64_t room = (int64_t)(length < PATH_MAX ? PATH_MAX : length) + 1;
    const ntk_status status = ntki_allocate(named->context, named->function, room, 1, &writer->target);
    if (status != NTK_SUCCESS)
        return status;
    if (realpath(named->path, writer->target) == NULL) {
        if (errno != ENOENT)
            return fail(named, "written", errno);
        memcpy(writer->target, named->path, length + 1);
    } else if (stat(writer->target, &state) == 0) {
        if (!S_ISREG(state.st_mode))
            return fail_as_special(named);
        writer->mode = state.st_mode & 0777;
    }
    return NTK_SUCCESS;
}

/* FOLDER/.ntk-NUMBER.part, the first that nobody has taken. */
static ntk_status open_temporary(ntki_file_writer *writer) {
    const ntki_file *const named = &writer->named;
    const char *const slash = strrchr(writer->target, '/');
    const size_t folder = slash != NULL ? (size_t)(slash - writer->target) + 1 : 0;
    char *name = NULL;
    const ntk_status status = ntki_allocate(named->context, named->function, (int64_t)folder + 32, 1, &name);
    if (status != NTK_SUCCESS)
        return status;
    memcpy(name, writer->target, folder);
    errno = EEXIST;
    for (int number = 0; number < MOST_TEMPORARIES && writer->descriptor < 0 && errno == EEXIST; number++) {
        snprintf(name + folder, 32, ".ntk-%d.part", number);
        writer->descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)writer->mode);
    }
    if (writer->descriptor < 0) {
        const int error = errno;
        ntki_release(named->context, name);
        return fail(named, "written", error);
    }
    writer->temporary = name;
    return NTK_SUCCESS;
}

ntk_status ntki_file_begin(ntki_file_writer *writer, ntk_context *context, const char *function, const char *path) {
    *writer = (ntki_file_writer){.named = {context, function, path}, .descriptor = -1, .mode = 0666};
    ntk_status status;
    if ((status = ntki_check_pointer(context, function, "path", path)) != NTK_SUCCESS ||
        (status = find_target(writer)) != NTK_SUCCESS)
        return status;
    return open_temporary(writer);
}

ntk_status ntki_file_write(ntki_file_writer *writer, int64_t bytes, const void *buffer) {
    const char *at = buffer;
    while (bytes > 0) {
        const ssize_t put = write(writer->descriptor, at, (size_t)(bytes < MOST_AT_ONCE ? bytes : MOST_AT_ONCE));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail(&writer->named, "written", errno);
        at += put;
        bytes -= put;
    }
    return NTK_SUCCESS;
}

ntk_status ntki_file_commit(ntki_file_writer *writer) {
    /* Else a crash of the machine could leave the new name with nothing in it. */
    if (fsync(writer->descriptor) != 0)
        return fail(&writer->named, "written", errno);
    const int descriptor = writer->descriptor;
    writer->descriptor = -1;
    if (close(descriptor) != 0 || rename(writer->temporary, writer->target) != 0)
        return fail(&writer->named, "written", errno);
    ntki_release(writer->named.context, writer->temporary);
    writer->temporary = NULL;
    return NTK_SUCCESS;
}

void ntki_file_abandon(ntki_file_writer *writer) {
    close_descriptor(&writer->descriptor);
    if (writer->temporary != NULL)
        unlink(writer->temporary);
    ntki_release(writer->named.context, writer->temporary);
    ntki_release(writer->named.context, writer->target);
    writer->temporary = writer->target = NULL;
}
